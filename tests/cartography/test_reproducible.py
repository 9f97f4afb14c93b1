"""The same data give the same bytes, in another process, at another time, in any hash order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdv_geo.cartography.map_formats import SUFFIXES

from thinning import LONG

RECIPES = sorted(path.stem for path in (Path(__file__).parents[2] / "maps").glob("*.toml"))


def test_every_recipe_is_in_the_atlas_in_every_format(atlas):
    names = [path.name for path in atlas.iterdir()]
    for recipe in RECIPES:
        for suffix in SUFFIXES:
            assert any(n.startswith(recipe) and n.endswith(suffix) for n in names), recipe + suffix


# In a process of its own: a file of each kind.
MAKE = """
from pathlib import Path
import cdv_geo
from cdv_geo.cartography.map_formats import SUFFIXES, render_scene
from cdv_geo.cartography.recipe_checking import find_recipe
from cdv_geo.io.writing.output_files import write_table
from cdv_geo.reports.document_formats import SUFFIXES as OF_FICHES, render_document

territory = cdv_geo.load_territory()
study = territory.study()
recipe = cdv_geo.load_recipe(find_recipe("actions", territory.recipe_folders()))
scene, document = cdv_geo.compose(recipe, territory), cdv_geo.fiche(study, "QN07301M")
made = {f"actions{suffix}": render_scene(scene, suffix) for suffix in SUFFIXES}
made |= {f"fiche-QN07301M{suffix}": render_document(document, suffix) for suffix in OF_FICHES}
for name, content in made.items():
    Path(name).write_bytes(content)
write_table(study.coverage, Path("coverage.csv"), overwrite=False)
"""


def test_a_file_of_each_kind_has_the_bytes_that_it_has_in_the_atlas(atlas, tmp_path):
    """Made by itself in another process, later, with another hash seed."""
    seed = {**os.environ, "PYTHONHASHSEED": "4242"}
    subprocess.run([sys.executable, "-c", MAKE], cwd=tmp_path, env=seed, check=True)
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == len(SUFFIXES) + 3
    assert [n for n in names if (atlas / n).read_bytes() != (tmp_path / n).read_bytes()] == []


@pytest.mark.skipif(not LONG, reason="the long run alone makes the whole of it twice")
def test_two_atlases_have_the_same_bytes(atlas, make_atlas, tmp_path):
    """One of two processes and one of a single one, seconds later, with another hash seed."""
    second = tmp_path / "atlas"
    make_atlas(second, seed=4242, jobs=1)
    names = sorted(path.name for path in atlas.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert [n for n in names if (atlas / n).read_bytes() != (second / n).read_bytes()] == []
