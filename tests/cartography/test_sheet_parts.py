"""The parts of a sheet: its legend, its lists, and what belongs to every map."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pikepdf
import pytest
import shapely

from cdv_geo.cartography import style
from cdv_geo.cartography.map_furniture import (
    arrange_furniture,
    draw_inset,
    scale_bar_length,
    scale_bar_texts,
)
from cdv_geo.cartography.map_names import obstacles
from cdv_geo.cartography.printed_extent import Window, fit_window
from cdv_geo.cartography.printed_map import printed_map
from cdv_geo.cartography.printed_sheet import map_file, render_sheet
from cdv_geo.cartography.scene import ClassedImage, Inset, Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.style import Style
from cdv_geo.french import shared_texts

from paper import SVG, read_aloud, read_svg, tags

EXTENT = (0.0, 0.0, 2000.0, 2000.0)
DOT = Style(fill="#0072b2", marker="circle")
# 2 km by 2 km, and four metres to a point.
WINDOW = Window(500.0, 500.0, 0.0, 0.0, 0.25)


def points(
    places: Sequence[tuple[float, float]], labels: Sequence[str], **columns: Sequence[float]
) -> Layer:
    data = {"class_index": 0, "label": list(labels), **columns}
    features = gpd.GeoDataFrame(data, geometry=shapely.points(places), crs=2154)
    return Layer("Équipements", features, (SymbolClass("Équipement", DOT),), label_role="number")


def scene(*layers: Layer, **changes: object) -> Scene:
    return replace(Scene("Zoom", "Essai", layers, EXTENT), **changes)


def whole() -> Inset:
    """A commune of 18 km, and a quartier."""
    communes = gpd.GeoSeries([shapely.box(-9000, -9000, 9000, 9000)], crs=2154)
    return Inset("Situation", communes, gpd.GeoSeries([shapely.box(0, 0, 500, 500)], crs=2154))


def text_of(shown: Scene) -> str:
    return read_aloud(render_sheet(shown))


# What belongs to every map.


def test_furniture_stands_in_the_corners_that_hide_the_least():
    """Symbols crowd all corners but the upper left one, where the inset goes."""
    places = [(x, y) for x in (100, 300, 1700, 1900) for y in (100, 300, 1700, 1900)]
    upper_left = {(100, 1900), (300, 1900), (100, 1700), (300, 1700)}
    features = obstacles(scene(points([*set(places) - upper_left], [""] * 12)), WINDOW)
    crowded = arrange_furniture(None, WINDOW, features)
    assert (crowded.north.left, crowded.north.top) == (8, 492)
    furniture = arrange_furniture(whole(), WINDOW, features)
    assert furniture.inset.left == 8
    assert furniture.inset.top == furniture.north.bottom - 8
    empty = arrange_furniture(whole(), WINDOW, np.empty(0, dtype=object))
    assert (empty.north.right, empty.north.top) == (492, 492)
    assert (empty.scale_bar.right, empty.scale_bar.bottom) == (492, 8)
    assert (empty.inset.left, empty.inset.bottom) == (8, 8)
    for found in (crowded, furniture, empty):
        assert all(WINDOW.frame.covers(shape) for shape in found.shapes)
        assert not any(one.intersects(other) for one, other in combinations(found.shapes, 2))


def test_the_scale_bar_is_a_round_distance_of_a_fifth_of_the_map_or_less():
    for side, length in ((2_000, 200), (10_000, 2_000), (30_000, 5_000)):
        window = fit_window((0, 0, side, side), 500.0, 500.0)
        assert scale_bar_length(window) == length
        assert length * window.points_per_metre <= 0.2 * window.width


def test_the_scale_bar_says_its_distance_and_its_half_where_there_is_room():
    wide, narrow = (fit_window((0, 0, 3_000, 3_000), side, side) for side in (500.0, 250.0))
    assert [said for _, said in scale_bar_texts(wide)] == ["0", "500\u202fm", "250\u202fm"]
    assert [said for _, said in scale_bar_texts(narrow)] == ["0", "500\u202fm"]
    country = fit_window((0, 0, 13_000, 13_000), 500.0, 500.0)
    assert scale_bar_texts(country)[1][1] == "2\u202fkm"


def test_the_scale_bar_on_the_sheet_is_as_long_as_what_it_says():
    """A square of 2 km is ten times as wide as the bar, which says 200 m in two halves."""
    square = gpd.GeoDataFrame(
        {"class_index": [0], "label": [""]}, geometry=[shapely.box(*EXTENT)], crs=2154
    )
    shown = scene(Layer("Communes", square, (SymbolClass("Limite", style.COMMUNE),)))
    assert "0 200 m100 m" in text_of(shown)
    sheet = read_svg(render_sheet(shown, "svg"))
    halves = [
        float(half[1])
        for path in sheet.iter(f"{SVG}path")
        if (half := re.fullmatch(r"M 0 0v 3\.2h ([\d.]+)v -3\.2Z ", path.get("d")))
    ]
    (drawn,) = read_svg(map_file(shown)).findall(f"{SVG}path")
    assert len(halves) == 2
    assert sum(halves) == pytest.approx(np.ptp(corners(drawn.get("d")), axis=0)[0] / 10, abs=0.01)


def test_no_name_touches_the_furniture():
    places = [(x, y) for x in range(0, 2001, 250) for y in range(0, 2001, 250)]
    named = points(places, [f"Lieu {n}" for n in range(len(places))])
    made = printed_map(scene(replace(named, label_role="quartier"), inset=whole()), 500, 500, 1.0)
    furniture = shapely.union_all(made.furniture.shapes)
    assert len(made.names) > 40
    for name in made.names:
        left = name.middle - name.width / 2
        box = shapely.box(left, name.baseline, left + name.width, name.baseline + name.size)
        assert not box.intersects(furniture)


def test_an_inset_shows_the_extent_of_the_map_at_its_own_scale():
    svg, width = draw_inset(whole(), WINDOW)
    paths = {
        (path.get("fill"), path.get("stroke")): path.get("d")
        for path in read_svg(svg).iter(f"{SVG}path")
    }
    commune = paths[style.INSET_COMMUNE.fill, style.INSET_COMMUNE.stroke]
    extent = paths["none", style.INSET_EXTENT.stroke]
    large, small = (np.ptp(corners(d), axis=0) for d in (commune, extent))
    assert width == 100  # a fifth of the map
    assert small / large == pytest.approx(2 / 18, rel=2e-2)
    # The map lies from the middle of the commune to the upper right of it.
    assert corners(extent).mean(axis=0) == pytest.approx(
        corners(commune).mean(axis=0) + large / 18 * (1, -1), abs=0.1
    )


def corners(path: str) -> np.ndarray:
    pairs = path.strip("MZ").split("L")[:4]
    return np.array([pair.split(",") for pair in pairs], dtype=float)


def test_the_inset_and_the_scale_stand_on_the_sheet():
    text = text_of(scene(points([(500, 500)], ["1"]), inset=whole()))
    assert "Situation" in text
    assert "0 200 m100 m" in text  # the half stands between them, and comes last


# The legend and the lists.


def test_a_theme_heads_its_layers_once_and_each_line_stands_under_its_layer():
    one = replace(points([(500, 500)], [""]), name="Écoles", theme="Lieux")
    other = replace(points([(900, 500)], [""]), name="Santé", theme="Lieux")
    alone = replace(points([(900, 900)], [""]), name="Marchés", theme="Commerces")
    pdf = render_sheet(scene(alone, one, other))
    assert [(tag.name, tag.heading) for tag in tags(pdf) if tag.heading] == [
        ("H1", "Zoom"),
        ("H2", "Lieux"),
        ("H3", "Santé"),
        ("H3", "Écoles"),
        ("H2", "Marchés"),
    ]
    text = read_aloud(pdf)
    assert "Commerces" not in text
    assert "Santé Équipement Écoles Équipement Marchés Équipement" in text


def test_a_list_is_found_in_the_pdf_in_reading_order():
    items = [f"{n}. Collège numéro {n}, 240\u202fm" for n in range(1, 31)]
    text = text_of(scene(lists=(TextList("Équipements numérotés", tuple(items)),)))
    said = [f"{n} Collège numéro {n}, 240 m" for n in range(1, 31)]
    assert " ".join(["Équipements numérotés", *said]) in text


def test_numbers_of_the_list_are_on_the_map_and_items_without_number_stay_whole():
    items = ("1 Collège Côte Rousse (collège), 240\u00a0m", "2. École", "3 Crèche", "Sans numéro")
    layer = points([(500, 500), (500, 500), (1500, 900)], ["1", "2", "3"])
    text = text_of(scene(layer, lists=(TextList("Numéros", items),)))
    assert "1 Collège Côte Rousse (collège), 240 m 2 École 3 Crèche Sans numéro" in text
    assert text.count("1, 2") == 1


def test_short_names_that_are_not_drawn_stand_in_a_row_and_long_ones_in_a_list():
    long = ("Un lieu au nom très long, rue de la République", "Un autre au nom aussi long que lui")
    lists = (TextList("Sans contour", ("Le Nivolet", "La Cassine")), TextList("Sans lieu", long))
    text = text_of(scene(points([(500, 500)], [""]), not_drawn=lists))
    assert shared_texts.NOT_ON_MAP in text
    assert "Sans contour Le Nivolet ; La Cassine" in text
    assert f"Sans lieu – {long[0]} – {long[1]}" in text


def test_an_image_leaves_the_rest_of_a_pdf_in_vectors():
    cells = np.array([[0, -1], [1, 0]], dtype=np.int16)
    classes = (SymbolClass("Bas", DOT), SymbolClass("Haut", replace(DOT, fill="#d55e00")))
    none = gpd.GeoDataFrame({"class_index": [], "label": []}, geometry=[], crs=2154)
    layer = Layer("Densité", none, classes, image=ClassedImage(cells, EXTENT, "EPSG:2154"))
    pdf = render_sheet(scene(layer, points([(500, 500)], ["1"])))
    assert len(pictures(pdf)) == 1
    assert pictures(render_sheet(scene(points([(500, 500)], ["1"])))) == []


def pictures(pdf: bytes) -> list[object]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        streams = [o for o in opened.objects if isinstance(o, pikepdf.Stream)]
        shown = [o for o in streams if o.get("/Subtype") == "/Image"]
        masks = {o.SMask.objgen for o in shown if "/SMask" in o}
        return [o.objgen for o in shown if o.objgen not in masks]
