"""The same data give the same bytes, in another process, at another time, in any hash order."""

from __future__ import annotations

from pathlib import Path

from cdv_geo.cartography.map_formats import SUFFIXES

RECIPES = sorted(path.stem for path in (Path(__file__).parents[2] / "maps").glob("*.toml"))


def test_every_recipe_is_in_the_atlas_in_every_format(atlas):
    names = [path.name for path in atlas.iterdir()]
    for recipe in RECIPES:
        for suffix in SUFFIXES:
            assert any(n.startswith(recipe) and n.endswith(suffix) for n in names), recipe + suffix


def test_two_atlases_have_the_same_bytes(atlas, make_atlas, tmp_path):
    """One of two processes and one of a single one, seconds later, with another hash seed."""
    second = tmp_path / "atlas"
    make_atlas(second, seed=4242, jobs=1)
    names = sorted(path.name for path in atlas.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert [n for n in names if (atlas / n).read_bytes() != (second / n).read_bytes()] == []
