"""What a map draws, shape by shape, as SVG: one point of paper stands for ten metres."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image
from shapely.geometry.base import BaseGeometry

from cdv_geo.cartography.map_layers import draw_layers
from cdv_geo.cartography.map_legend import legend_sign
from cdv_geo.cartography.printed_extent import Window, fit_window
from cdv_geo.cartography.scene import ClassedImage, Layer, SymbolClass
from cdv_geo.cartography.style import MARKERS, Style
from cdv_geo.cartography.svg_drawing import Canvas

from paper import SVG, read_svg

QPV = Style(fill="#56b4e9", fill_opacity=0.8, stroke="#0b3c5d", stroke_width=1.2, dashed=True)
VEILLE = Style(fill="#d55e00", stroke="#a84300", hatched=True, dashed=True)
COMMUNE = Style(fill="#fcfbf8", stroke="#8b959d", stroke_width=0.8)
DOT = Style(fill="#0072b2", marker="square")
LOW, HIGH = Style(fill="#ff0000", stroke=None), Style(fill="#0000ff", stroke=None)
RED, BLUE, CLEAR = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
# 4 km by 3 km.
WINDOW = Window(400.0, 300.0, 0.0, 0.0, 0.1)


def layer(
    geometries: Sequence[BaseGeometry], *looks: Style, index: Sequence[int] = (), **columns: object
) -> Layer:
    data = {"class_index": list(index) or [0] * len(geometries), "label": "", **columns}
    features = gpd.GeoDataFrame(data, geometry=list(geometries), crs=2154)
    return Layer(
        "Essai", features, tuple(SymbolClass(f"Genre {n}", s) for n, s in enumerate(looks))
    )


def image_layer(epsg: int) -> Layer:
    """Four cells of a kilometre: above red and none, below blue and red."""
    cells = np.array([[0, -1], [1, 0]], dtype=np.int16)
    corners = gpd.GeoSeries([shapely.box(0, 0, 2000, 2000)], crs=2154).to_crs(epsg).total_bounds
    return replace(layer([], LOW, HIGH), image=ClassedImage(cells, tuple(corners), f"EPSG:{epsg}"))


def drawn(*layers: Layer, window: Window = WINDOW) -> ET.Element:
    canvas = Canvas(window.width, window.height)
    return read_svg(canvas.document(draw_layers(layers, window)))


def paths(root: ET.Element) -> list[ET.Element]:
    """Lines and areas, not symbols, which stand in groups."""
    return root.findall(f"{SVG}path")


def outlines(path: ET.Element) -> list[list[tuple[float, float]]]:
    """The lines of a path, corner by corner; `y` grows downwards."""
    lines = path.get("d").removeprefix("M").split("M")
    return [
        [tuple(map(float, pair.split(","))) for pair in line.rstrip("Z").split("L")]
        for line in lines
    ]


def places(root: ET.Element) -> list[tuple[float, float]]:
    """Where symbols stand, in the order drawn, in metres."""
    starts = [re.match(r"M([\d.]+),([\d.]+)m", path.get("d")) for path in root.iter(f"{SVG}path")]
    return [(10 * float(s[1]), 3000 - 10 * float(s[2])) for s in starts if s]


def colour_at(root: ET.Element, x: float, y: float) -> tuple[int, ...] | None:
    """The colour of the picture on a map at a place in points; None beside it."""
    image = root.find(f"{SVG}image")
    left, top, width, height = (float(image.get(n)) for n in ("x", "y", "width", "height"))
    picture = Image.open(io.BytesIO(base64.b64decode(image.get("href").split(",")[1])))
    across, down = (x - left) / width, (float(root.get("height")) - y - top) / height
    if not (0 <= across < 1 and 0 <= down < 1):
        return None
    cell = int(across * picture.width), int(down * picture.height)
    colour = picture.convert("RGBA").getpixel(cell)
    return colour if colour[3] else CLEAR


def test_an_area_stands_where_it_lies_with_north_above():
    (path,) = paths(drawn(layer([shapely.box(100, 200, 400, 800)], COMMUNE)))
    (ring,) = outlines(path)
    assert set(ring) == {(10, 280), (40, 280), (40, 220), (10, 220)}
    assert path.attrib.items() >= {"fill": "#fcfbf8", "fill-opacity": "1"}.items()
    assert path.attrib.items() >= {"stroke": "#8b959d", "stroke-width": "0.8"}.items()


def test_an_estimated_outline_is_dashed_and_an_official_one_is_not():
    dashed, solid = paths(
        drawn(layer([shapely.box(0, 0, 500, 500)] * 2, QPV, COMMUNE, index=[0, 1]))
    )
    assert dashed.get("stroke-dasharray") == "4.8 2.4"
    assert "stroke-dasharray" not in solid.attrib
    assert (dashed.get("fill"), dashed.get("fill-opacity")) == ("#56b4e9", "0.8")


def test_veille_active_is_hatched_in_place_of_a_fill():
    root = drawn(layer([shapely.box(0, 0, 500, 500)], VEILLE))
    hatching, outline = paths(root)
    (pattern,) = root.findall(f"{SVG}defs/{SVG}pattern")
    assert hatching.get("fill") == f"url(#{pattern.get('id')})"
    assert pattern.find(f"{SVG}path").get("stroke") == "#a84300"
    assert pattern.get("patternTransform") == "rotate(45)"
    assert (outline.get("fill"), outline.get("stroke-dasharray")) == ("none", "4 2")


def test_a_strong_line_without_fill_has_a_white_edge():
    shape = [shapely.box(0, 0, 500, 500)]
    casing, line = paths(drawn(layer(shape, Style(stroke="#c4007a", stroke_width=1.8))))
    assert (casing.get("stroke"), casing.get("stroke-width")) == ("#ffffff", "3.6")
    assert (line.get("stroke"), line.get("stroke-width")) == ("#c4007a", "1.8")
    assert casing.get("d") == line.get("d")
    for plain in (Style(stroke="#c4007a", stroke_width=1.4), replace(QPV, stroke_width=1.8)):
        assert len(paths(drawn(layer(shape, plain)))) == 1


def test_holes_stay_open():
    """Whichever way a file draws them: here, both rings the same way round."""
    outer, hole = shapely.box(900, 900, 1300, 1300), shapely.box(1000, 1000, 1100, 1100)
    holed = shapely.Polygon(outer.exterior, [hole.exterior])
    (path,) = paths(drawn(layer([holed], QPV)))
    rings = [shapely.LinearRing(ring) for ring in outlines(path)]
    assert [shapely.Polygon(ring).area for ring in rings] == [1600, 100]
    assert rings[0].is_ccw != rings[1].is_ccw


def test_areas_without_an_outline_are_merged():
    cells = [shapely.box(200 * i, 0, 200 * i + 200, 200) for i in range(3)]
    (merged,) = paths(drawn(layer(cells, LOW)))
    (ring,) = outlines(merged)
    assert shapely.Polygon(ring).bounds == (0, 280, 60, 300)
    (apart,) = paths(drawn(layer(cells, COMMUNE)))
    assert len(outlines(apart)) == 3


def test_lines_and_collections_are_drawn():
    mixed = shapely.GeometryCollection(
        [shapely.LineString([(0, 0), (900, 900)]), shapely.MultiPoint([(50, 50), (90, 90)])]
    )
    root = drawn(layer([mixed], QPV))
    (line,) = paths(root)
    assert outlines(line) == [[(0, 300), (90, 210)]]
    assert line.get("fill") == "none"
    assert places(root) == [(50, 50), (90, 90)]


def test_what_lies_off_the_map_is_not_drawn():
    far, near = shapely.box(9e6, 9e6, 9.1e6, 9.1e6), shapely.box(0, 0, 100, 100)
    (path,) = paths(drawn(layer([far, near], COMMUNE)))
    assert shapely.Polygon(outlines(path)[0]).bounds == (0, 290, 10, 300)


def test_each_class_has_its_own_symbol_where_its_place_is():
    spots = [(300.0 + 400 * n, 2500.0 - 40 * n) for n in range(len(MARKERS))]
    looks = [replace(DOT, marker=marker) for marker in MARKERS]
    root = drawn(layer(shapely.points(spots), *looks, index=range(len(MARKERS))))
    assert places(root) == spots
    shapes = [path.get("d").split("m", 1)[1] for path in root.iter(f"{SVG}path")]
    assert len(set(shapes)) == len(MARKERS)


def test_a_square_of_eight_points_has_its_corners_four_points_away():
    (path,) = drawn(layer([shapely.Point(1000, 1000)], DOT)).iter(f"{SVG}path")
    steps = re.findall(r"[ml](-?[\d.]+),(-?[\d.]+)", path.get("d"))
    corners = np.cumsum(np.array(steps, dtype=float), axis=0)
    assert corners == pytest.approx(np.array([(4, -4), (4, 4), (-4, 4), (-4, -4)]), abs=0.02)


def test_a_circle_has_the_diameter_of_its_feature():
    (path,) = drawn(layer([shapely.Point(0, 0)], replace(DOT, marker="circle"), size=[12.0])).iter(
        f"{SVG}path"
    )
    assert path.get("d") == "M0.00,300.00m-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z"


def test_the_largest_symbols_lie_below_whatever_their_class():
    spots = [(500.0, 500.0), (900.0, 900.0), (1300.0, 1300.0)]
    other = replace(DOT, fill="#d55e00")
    root = drawn(layer(shapely.points(spots), DOT, other, index=[0, 1, 0], size=[6.0, 40.0, 12.0]))
    assert places(root) == [spots[1], spots[2], spots[0]]
    assert [group.get("fill") for group in root.iter(f"{SVG}g")] == ["#d55e00", "#0072b2"]


def test_without_sizes_the_classes_lie_in_the_order_of_the_legend():
    spots = [(500.0, 500.0), (900.0, 900.0), (1300.0, 1300.0)]
    root = drawn(layer(shapely.points(spots), DOT, replace(DOT, fill="#d55e00"), index=[1, 0, 1]))
    assert places(root) == [spots[1], spots[0], spots[2]]


def test_the_sign_of_a_class_looks_as_it_does_on_the_map():
    shape, spot = [shapely.box(0, 0, 500, 500)], [shapely.Point(500, 500)]
    for look, there in ((QPV, shape), (VEILLE, shape), (COMMUNE, shape), (DOT, spot)):
        sign = legend_sign(SymbolClass("Genre", look))
        on_map, in_legend = drawn(layer(there, look)), read_svg(sign["sign"])
        for root in (on_map, in_legend):
            for element in root.iter():
                element.attrib = {
                    name: value
                    for name, value in element.attrib.items()
                    if name not in {"d", "width", "height", "viewBox"}
                }
        assert ET.tostring(on_map) == ET.tostring(in_legend)
        assert sign["width"] >= 20


def test_the_sign_of_a_large_symbol_has_room_for_it():
    sign = legend_sign(SymbolClass("Genre", replace(DOT, size=40.0)))
    assert (sign["width"], sign["height"]) == (
        55.0,
        55.0,
    )  # 1.3 times 40, its stroke of 1, an edge of 1


def test_cells_of_the_same_crs_keep_their_corners_and_colours():
    window = Window(4000.0, 3000.0, 0.0, 0.0, 1.0)
    root = drawn(image_layer(2154), window=window)
    assert colour_at(root, 999, 1001) == RED
    assert colour_at(root, 1001, 1001) == CLEAR
    assert colour_at(root, 999, 999) == BLUE
    assert colour_at(root, 1001, 999) == RED
    assert colour_at(root, 2001, 999) is None
    assert root.find(f"{SVG}image").get("image-rendering") == "optimizeSpeed"


def test_cells_of_another_crs_are_turned_with_the_map():
    window = Window(520.0, 520.0, -300.0, -300.0, 0.2)
    root = drawn(image_layer(3035), window=window)
    west, south, east, north = (
        gpd.GeoSeries([shapely.box(0, 0, 2000, 2000)], crs=2154).to_crs(3035).total_bounds
    )
    for x, y in ((500, 1500), (1500, 1500), (500, 500), (1500, 500), (-200, 1000)):
        (spot,) = gpd.GeoSeries.from_xy([x], [y], crs=2154).to_crs(3035)
        across = int((spot.x - west) // ((east - west) / 2))
        down = int((north - spot.y) // ((north - south) / 2))
        inside = across in {0, 1} and down in {0, 1}
        expected = [[RED, CLEAR], [BLUE, RED]][down][across] if inside else CLEAR
        assert colour_at(root, (x + 300) / 5, (y + 300) / 5) == expected


def test_the_map_shows_the_whole_extent_at_one_scale_with_some_air():
    window = fit_window((0.0, 0.0, 4000.0, 3000.0), 424.0, 424.0)
    assert window.points_per_metre == pytest.approx(0.1)
    assert window.bounds == pytest.approx((-120, -620, 4120, 3620))


def test_an_extent_of_one_point_still_makes_a_map():
    left, bottom, right, top = fit_window((100.0, 100.0, 100.0, 100.0), 500.0, 300.0).bounds
    assert top - bottom == pytest.approx(212)
    assert (left + right, bottom + top) == pytest.approx((200, 200))
