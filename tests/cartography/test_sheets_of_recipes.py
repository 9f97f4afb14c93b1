"""Every map of the program on every page: its names, its text, its frame."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import shapely
from matplotlib.text import Text

from cdv_geo.cartography import printed_sheet
from cdv_geo.cartography.composition import compose
from cdv_geo.cartography.lettering import place_names
from cdv_geo.cartography.recipe_checking import load_recipes
from cdv_geo.cartography.scene import Scene
from cdv_geo.cartography.sheet_layout import PAGES
from cdv_geo.territory import load_territory

MAPS = ("vue-d-ensemble", "actions", "equipements", "evolution-2015-2024", "niveau-de-vie")
LEAST_SIZE = 5.5


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    territory = load_territory()
    recipes = load_recipes(territory.recipe_folders(), default_generation=2024)
    return {recipe.name: compose(recipe, territory) for recipe in recipes if recipe.name in MAPS}


@pytest.fixture(autouse=True)
def _no_more_pixels_than_needed() -> Iterator[None]:
    """Free a sheet: figure and canvas hold each other, and up to 70 MB of pixels until then."""
    yield
    gc.collect()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", MAPS)
def test_a_sheet_is_whole_and_its_names_are_clear(
    scenes: dict[str, Scene], name: str, page: str, monkeypatch: pytest.MonkeyPatch
):
    found = []

    def noted(*arguments, **options):
        found.append(place_names(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(printed_sheet, "place_names", noted)
    figure = printed_sheet.render_sheet(replace(scenes[name], page=page))
    placed, missed = found[-1]
    assert missed == ()
    _assert_names_are_clear(placed)
    for text, box in _texts(figure):
        assert text.get_size() >= LEAST_SIZE
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    for (one, box), (other, other_box) in combinations(_texts(figure), 2):
        assert not box.overlaps(other_box), f"{one.get_text()!r} over {other.get_text()!r}"


def _texts(figure):
    renderer = figure.canvas.get_renderer()
    shown = [text for text in figure.findobj(Text) if text.get_text()]
    return [(text, text.get_window_extent(renderer)) for text in shown]


def _assert_names_are_clear(placed):
    boxes = np.array([spot.box for spot in placed], dtype=object)
    leaders = np.array([spot.leader for spot in placed], dtype=object)
    features = np.array([spot.label.feature for spot in placed], dtype=object)
    other = ~np.eye(len(placed), dtype=bool)
    assert not (shapely.intersects(boxes[:, None], boxes) & other).any()
    assert not (shapely.intersects(leaders[:, None], boxes) & other).any()
    assert not (shapely.intersects(leaders[:, None], leaders) & other).any()
    assert not (shapely.covers(boxes[:, None], features) & other).any()
