"""A map as a figure of a report: its size, its legend below it, and nothing else."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from matplotlib.text import Text
from PIL import Image

from cdv_geo.cartography.printed_sheet import figure_bytes, render_map
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.sheet_layout import plan_map
from cdv_geo.cartography.style import Style
from cdv_geo.errors import RecipeError
from cdv_geo.reports.document import Drawing

WIDTH, HEIGHT = 249.0, 227.0
HOSTILE = ('$x_1^2$ --><script>alert("1")</script>', "a\x00b", "&amp; ]]> <!ENTITY")
RENDER_AGAIN = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from test_render_map import scene
from cdv_geo.reports.document import Drawing
drawing = Drawing(scene(), 88.0, 80.0)
print(hashlib.sha256(drawing.svg.encode()).hexdigest(), hashlib.sha256(drawing.png).hexdigest())
"""


def scene(name: str = "Biollay", classes: int = 1) -> Scene:
    communes = gpd.GeoDataFrame(
        {"class_index": [0], "label": ["Chambéry"]},
        geometry=[shapely.box(0, 0, 4000, 3000)],
        crs=2154,
    )
    quartiers = gpd.GeoDataFrame(
        {"class_index": [0], "label": [name]},
        geometry=[shapely.box(1500, 1000, 2500, 2000)],
        crs=2154,
    )
    look = Style(fill="#56b4e9", stroke="#0b3c5d", stroke_width=1.2)
    kinds = tuple(SymbolClass(f"Genre {n} {name}", look) for n in range(classes))
    return Scene(
        name,
        "un sous-titre",
        (
            Layer("Communes", communes, (SymbolClass("Limites", Style(stroke="#8b959d")),)),
            Layer("Quartiers", quartiers, kinds),
        ),
        (0.0, 0.0, 4000.0, 3000.0),
        notes=("une note",),
        lists=(TextList("une liste", ("un point",)),),
        sources=("une source",),
    )


def texts_of(figure):
    return [t.get_text() for t in figure.findobj(Text) if t.get_text()]


def test_the_figure_has_the_size_asked_for():
    figure = render_map(scene(), WIDTH, HEIGHT)
    assert (figure.get_size_inches() * 72).tolist() == pytest.approx([WIDTH, HEIGHT])
    svg = figure_bytes(figure, "svg", title="T").decode("utf-8")
    assert re.search(r'<svg [^>]*width="249pt" height="227pt"', svg)


def test_a_drawing_has_300_dots_to_the_inch():
    image = Image.open(io.BytesIO(Drawing(scene(), 101.6, 76.2).png))
    assert image.size == pytest.approx((1200, 900), abs=1)


def test_it_bears_names_and_legend_and_no_text_of_the_sheet():
    shown = texts_of(render_map(scene(), WIDTH, HEIGHT))
    assert {"Biollay", "Genre 0 Biollay", "Limites"} <= set(shown)
    joined = " ".join(shown)
    for left_out in ("un sous-titre", "une note", "une liste", "un point", "une source"):
        assert left_out not in joined


def test_the_legend_stands_below_the_map_and_inside_the_figure():
    plan = plan_map(scene(classes=3), WIDTH, HEIGHT)
    assert plan.lines
    assert all(line.middle < plan.map_box.bottom for line in plan.lines)
    assert min(line.baseline for line in plan.lines) > 0
    assert plan.map_box.top <= HEIGHT
    assert plan.map_box.right <= WIDTH


def test_more_legend_leaves_less_map_and_never_less_than_half():
    heights = [plan_map(scene(classes=n), WIDTH, HEIGHT).map_box.height for n in (1, 4, 8)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > heights[-1] >= HEIGHT / 2 - 10


def test_a_legend_that_leaves_no_room_is_refused():
    with pytest.raises(RecipeError, match=r"the legend of “Biollay” leaves no room .* 249 x 60"):
        render_map(scene(classes=9), WIDTH, 60.0)


def test_a_drawing_grows_where_its_legend_needs_more_room():
    with pytest.raises(RecipeError):
        render_map(scene(classes=24), 249.4, 226.8)  # 88 by 80 mm
    svg = Drawing(scene(classes=24), 88.0, 80.0).svg
    width, height = re.search(r'<svg [^>]*width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()
    assert float(width) == pytest.approx(249.4, abs=0.1)
    assert float(height) > 280


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_drawn_as_letters(name):
    drawing = Drawing(scene(name), 88.0, 80.0)
    for forbidden in ("<script", "<!ENTITY", "\x00"):
        assert forbidden not in drawing.svg
    assert drawing.png.startswith(b"\x89PNG")


def test_an_svg_needs_nothing_from_elsewhere():
    svg = Drawing(scene(), 88.0, 80.0).svg
    links = re.findall(r'(?:xlink:)?href="([^"]*)"', svg)
    assert [link for link in links if not link.startswith("#")] == []
    assert "<text" not in svg  # letters are outlines: no font is needed


def test_the_same_map_has_the_same_bytes_in_any_process():
    drawing = Drawing(scene(), 88.0, 80.0)
    made = [hashlib.sha256(data).hexdigest() for data in (drawing.svg.encode(), drawing.png)]
    done = subprocess.run(
        [sys.executable, "-c", RENDER_AGAIN, Path(__file__).parent],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == made
