"""Places on one spot are one symbol on paper, which bears their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.cartography.sheet_scene import on_a_sheet
from cdv_geo.cartography.style import SEVERAL, Style
from cdv_geo.french.map_texts import SPOTS_NOTE

DOT = Style(fill="#0072b2", marker="circle")
CLASSES = (SymbolClass("École (3)", DOT), SymbolClass("Crèche (2)", replace(DOT, fill="#d55e00")))
A, B, C = (500.0, 500.0), (900.0, 500.0), (900.0, 503.0)


def scene(
    places: Sequence[tuple[float, float]], index: Sequence[int], **columns: Sequence[object]
) -> Scene:
    data = {"class_index": list(index), "label": "", "Adresse": "ici", **columns}
    features = gpd.GeoDataFrame(data, geometry=shapely.points(places), crs=2154)
    layer = Layer("Équipements", features, CLASSES, details=("Adresse",))
    return Scene("T", "S", (layer,), (0.0, 0.0, 2000.0, 2000.0), notes=("Une note.",))


def shown(layer: Layer) -> list[tuple[tuple[float, float], int, str]]:
    features = layer.features
    spots = [(point.x, point.y) for point in features.geometry]
    return list(zip(spots, features["class_index"], features["label"], strict=True))


def test_three_places_on_one_spot_are_one_symbol_that_bears_their_number():
    made = on_a_sheet(scene([A, B, A, A, C], [0, 1, 0, 0, 1]))
    (layer,) = made.layers
    assert shown(layer) == [(A, 0, "3"), (B, 1, ""), (C, 1, "")]
    assert (layer.classes, layer.label_role) == (CLASSES, "count")
    assert made.notes == ("Une note.", SPOTS_NOTE)


def test_places_of_two_classes_on_one_spot_have_a_class_of_their_own():
    (layer,) = on_a_sheet(scene([A, B, A, B, C, C], [0, 0, 1, 1, 1, 1])).layers
    assert shown(layer) == [(A, 2, "2"), (B, 2, "2"), (C, 1, "2")]
    assert layer.classes == (*CLASSES, SymbolClass("Plusieurs sortes au même endroit (2)", SEVERAL))


def test_places_less_than_a_hair_of_paper_apart_are_one():
    (layer,) = on_a_sheet(scene([A, (500.3, 499.8)], [0, 0])).layers
    assert shown(layer) == [(A, 0, "2")]


def test_places_apart_stay_as_they_are_and_nothing_is_said():
    made = on_a_sheet(scene([A, B, C], [0, 1, 0]))
    assert shown(made.layers[0]) == [(A, 0, ""), (B, 1, ""), (C, 0, "")]
    assert made.layers[0].label_role == "quartier"
    assert made.notes == ("Une note.",)


@pytest.mark.parametrize("columns", [{"label": ["1", "2", ""]}, {"size": [4.0, 9.0, 4.0]}])
def test_symbols_with_numbers_or_sizes_of_their_own_stay_apart(columns):
    (layer,) = on_a_sheet(scene([A, A, B], [0, 0, 1], **columns)).layers
    assert [spot for spot, _, _ in shown(layer)] == [A, A, B]


def test_what_a_page_alone_shows_is_left_out():
    (layer,) = on_a_sheet(scene([A, B], [0, 1], key=["equipment:1", "equipment:2"])).layers
    assert set(layer.features.columns) == {"class_index", "label", "geometry"}
    assert layer.details == ()


def test_what_is_on_a_sheet_stays_as_it_is():
    once = on_a_sheet(scene([A, B, A, B, C, C], [0, 0, 1, 1, 1, 1]))
    twice = on_a_sheet(once)
    (one,), (other,) = once.layers, twice.layers
    assert_geodataframe_equal(one.features, other.features)
    assert (one.classes, one.label_role, once.notes) == (
        other.classes,
        other.label_role,
        twice.notes,
    )
