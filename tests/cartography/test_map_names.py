"""Names and numbers on a map: what they say, how they are broken, where they may not stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from cdv_geo.cartography.map_names import MapName, number_ranges, obstacles, place_names
from cdv_geo.cartography.printed_extent import Window
from cdv_geo.cartography.scene import LabelRole, Layer, Scene, SymbolClass
from cdv_geo.cartography.style import Style
from cdv_geo.typesetting.fonts import text_width

DOT = Style(fill="#0072b2", marker="circle")
# 2 km by 2 km, and four metres to a point.
WINDOW = Window(500.0, 500.0, 0.0, 0.0, 0.25)


def layer(
    role: LabelRole, shapes: Sequence[BaseGeometry], labels: Sequence[str], **columns: object
) -> Layer:
    data = {"class_index": 0, "label": list(labels), **columns}
    features = gpd.GeoDataFrame(data, geometry=list(shapes), crs=2154)
    return Layer("Essai", features, (SymbolClass("Genre", DOT),), label_role=role)


def placed(
    *layers: Layer, window: Window = WINDOW, scale: float = 1.0
) -> tuple[tuple[MapName, ...], tuple[str, ...]]:
    scene = Scene("T", "", layers, window.bounds)
    return place_names(scene, window, scale, blocked=[], avoided=obstacles(scene, window))


def texts(names: Sequence[MapName]) -> list[str]:
    return ["\n".join(line.text for line in name.lines) for name in names]


def box_of(name: MapName) -> shapely.Polygon:
    """What a name takes up at most: no line rises above its letters' size."""
    left, below = name.middle - name.width / 2, (len(name.lines) - 1) * name.pitch
    return shapely.box(left, name.baseline - below, left + name.width, name.baseline + name.size)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("", ""),
        ("1", "1"),
        ("1 2", "1, 2"),
        ("1 2 3", "1–3"),
        ("1 2 4 5 6 9", "1, 2, 4–6, 9"),
        ("9 10 11 40", "9–11, 40"),
        ("3 2 1", "3, 2, 1"),
        ("A 1 2 3 B", "A, 1–3, B"),
    ],
)
def test_three_numbers_in_a_row_and_more_are_a_range(numbers: str, said: str):
    assert number_ranges(numbers.split()) == said


def test_numbers_of_one_place_make_one_label():
    spots = shapely.points([(500, 500), (500, 500), (1500, 900), (500, 500)])
    names, missed = placed(layer("number", spots, ["1", "2", "3", "4"]))
    assert sorted(texts(names)) == ["1, 2, 4", "3"]
    assert missed == ()


def test_a_quartier_is_bold_with_its_figures_below_and_a_commune_in_quiet_capitals():
    square, whole = shapely.box(600, 600, 900, 900), shapely.box(0, 0, 2000, 2000)
    quartiers = layer("quartier", [square], ["Biollay\n12 actions"])
    communes = layer("commune", [whole], ["Chambéry"])
    names, _ = placed(communes, quartiers, scale=1.5)
    assert texts(names) == ["Biollay\n12 actions", "CHAMBÉRY"]
    quartier, commune = names
    assert [line.face for line in quartier.lines] == ["bold", "regular"]
    assert [line.face for line in commune.lines] == ["italic"]
    assert (quartier.size, commune.size) == (12.0, 11.25)
    assert quartier.pitch == pytest.approx(1.28 * 12)


def test_a_long_name_is_broken_in_lines_of_about_one_width():
    words = "Centre socioculturel et associatif des Hauts-de-Chambéry"
    names, _ = placed(layer("quartier", [shapely.Point(1000, 1000)], [words]))
    (name,) = names
    lines = [line.text for line in name.lines]
    assert lines == ["Centre socioculturel", "et associatif des", "Hauts-de-Chambéry"]
    assert " ".join(lines) == words
    assert all(text_width(line, 1.0, "bold") <= 18 for line in lines)


def test_the_parts_of_a_name_that_stay_together_are_not_parted():
    words = "10\u202f788 habitants " * 3
    names, _ = placed(layer("quartier", [shapely.Point(1000, 1000)], [words.strip()]))
    lines = texts(names)[0].split("\n")
    assert len(lines) > 1
    assert "".join(lines).count("10\u202f788") == 3


def test_labels_stay_off_a_large_symbol():
    large = layer("quartier", [shapely.Point(1000, 1000)], [""], size=[60.0])
    named = layer("quartier", [shapely.Point(1000, 1130)], ["Maison"])
    names, _ = placed(large, named)
    assert texts(names) == ["Maison"]
    assert box_of(names[0]).distance(shapely.Point(250, 250)) > 30


def test_a_commune_of_which_the_frame_leaves_a_strip_is_not_named():
    """The frame ends at 2,000 m: the strip is 15 m wide there, the other commune 1,985 m."""
    communes = [shapely.box(-9000, -9000, 1985, 9000), shapely.box(1985, -9000, 9000, 9000)]
    names, missed = placed(layer("commune", communes, ["Vaste", "Bande"]))
    assert texts(names) == ["VASTE"]
    assert missed == ()


def test_what_lies_off_the_map_gets_no_name():
    far = layer("quartier", [shapely.box(9e6, 9e6, 9.1e6, 9.1e6)], ["Loin"])
    assert placed(far) == ((), ())


def test_names_without_room_are_told_and_the_others_touch_nothing():
    named = [f"Équipement {n}" for n in range(60)]
    names, missed = placed(layer("quartier", [shapely.Point(1000, 1000)] * 60, named))
    assert 0 < len(names) < 60
    assert sorted([*map(" ".join, map(str.split, texts(names))), *missed]) == sorted(named)
    boxes = [box_of(name) for name in names]
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    assert all(WINDOW.frame.covers(box) for box in boxes)


def test_counts_without_room_are_counted_and_not_told_one_by_one():
    spots = shapely.points([(1000 + n % 20, 1000 + n // 20) for n in range(200)])
    names, (said,) = placed(layer("count", spots, ["2"] * 200))
    assert said == f"{200 - len(names)}\u00a0endroits sans leur nombre de lieux"


def test_a_symbol_covers_the_square_of_its_size_and_areas_count_where_they_are_named():
    shapes = [shapely.box(0, 0, 400, 400)]
    scene = Scene(
        "T",
        "",
        (
            layer("quartier", [shapely.Point(1000, 1000)], [""], size=[8.0]),
            layer("quartier", shapes, [""]),
            layer("quartier", shapes, ["Biollay"]),
        ),
        WINDOW.bounds,
    )
    found = obstacles(scene, WINDOW)
    assert [shape.bounds for shape in found] == [(246, 246, 254, 254), (0, 0, 100, 100)]
    assert np.all(shapely.is_valid(found))
