"""Every map of the program on paper: its names and its text, and what is read aloud of it."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pikepdf
import pytest

from cdv_geo.cartography.composition import compose, maps_by_perimeter
from cdv_geo.cartography.printed_sheet import PAGES, render_sheet
from cdv_geo.cartography.recipe_checking import load_recipes
from cdv_geo.cartography.scene import Scene
from cdv_geo.french.map_texts import INSET_ALTERNATIVE

from paper import off_the_page, overlapping, read_paper, tags
from thinning import singles

EACH = "zoom-quartier"
RECIPES = sorted(path.stem for path in (Path(__file__).parents[2] / "maps").glob("*.toml"))
NAMES = [*(name for name in RECIPES if name != EACH), f"{EACH}-QN07301M", f"{EACH}-QN07302M"]
LEAST_SIZE = 7.0


@pytest.fixture(scope="module")
def scenes(territory) -> dict[str, Scene]:
    made = {}
    for recipe in load_recipes(territory.recipe_folders(), default_generation=2024):
        maps = maps_by_perimeter(recipe, territory) if recipe.name == EACH else {recipe.name: None}
        made |= {name: compose(recipe, territory, perimeter=code) for name, code in maps.items()}
    return made


@pytest.fixture(scope="module")
def sheets(scenes: dict[str, Scene]) -> dict[str, bytes]:
    """Each on the page that its recipe asks for."""
    return {name: render_sheet(scene) for name, scene in scenes.items()}


def test_all_recipes_are_tried(scenes: dict[str, Scene]):
    assert sorted(scenes) == sorted(NAMES)


@pytest.mark.parametrize(("name", "page"), singles(product(NAMES, PAGES)))
def test_a_sheet_is_whole_and_its_text_is_clear(scenes: dict[str, Scene], name: str, page: str):
    paper = read_paper(render_sheet(replace(scenes[name], page=page)))
    assert off_the_page(paper) == []
    assert overlapping(paper) == []
    assert min(word.size for word in paper.words) >= LEAST_SIZE - 1e-6
    assert "Non étiqueté" not in paper.text


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_says_its_language_its_title_and_its_standard(scenes, sheets, name):
    with pikepdf.open(io.BytesIO(sheets[name])) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang) == "fr-FR"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == str(pdf.docinfo["/Title"]) == scenes[name].title
            assert metadata["pdfuaid:part"] == "1"


@pytest.mark.parametrize("name", NAMES)
def test_reading_begins_with_the_title_and_skips_no_level(scenes, sheets, name):
    found = [tag for tag in tags(sheets[name]) if tag.name != "Document"]
    assert (found[0].name, found[0].heading) == ("H1", scenes[name].title)
    levels = [int(tag.name[1]) for tag in found if tag.heading]
    assert levels.count(1) == 1
    assert levels.count(2) >= 2
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


@pytest.mark.parametrize("name", NAMES)
def test_the_map_is_described_with_the_counts_of_its_legend(scenes, sheets, name):
    scene = scenes[name]
    said = [tag.alternative for tag in tags(sheets[name]) if tag.name == "Figure"]
    assert len(said) == (1 if scene.inset is None else 2)
    assert said[0].startswith(f"Carte\u00a0: {scene.title}. ")
    labels = [line.label for layer in scene.layers for line in layer.classes]
    assert len(labels) >= 2
    assert [label for label in labels if label not in said[0]] == []
    assert said[1:] == ([] if scene.inset is None else [INSET_ALTERNATIVE])


@pytest.mark.parametrize("name", NAMES)
def test_bookmarks_are_the_headings(sheets, name):
    with pikepdf.open(io.BytesIO(sheets[name])) as pdf, pdf.open_outline() as outline:
        (title,) = outline.root
        marked = [title.title, *titles(title.children)]
    assert marked == [tag.heading for tag in tags(sheets[name]) if tag.heading]


def titles(items: list[pikepdf.OutlineItem]) -> list[str]:
    return [title for item in items for title in (item.title, *titles(item.children))]


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_tagged_or_marked_as_an_artifact(sheets, name):
    with pikepdf.open(io.BytesIO(sheets[name])) as pdf:
        for page in pdf.pages:
            depth, shown = 0, 0
            for _, operator in pikepdf.parse_content_stream(page):
                depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
                if str(operator) in {"Tj", "TJ"}:
                    shown += 1
                    assert depth > 0
            assert shown > 20
            assert depth == 0


def test_names_on_the_map_are_read_once(sheets):
    text = read_paper(sheets["vue-d-ensemble"]).text
    for name in ("CHAMBÉRY", "BARBERAZ", "COGNIN"):
        assert text.count(name) == 1
