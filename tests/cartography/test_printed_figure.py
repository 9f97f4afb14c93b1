"""A map as a figure of a report: its size, its legend below it, and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from PIL import Image

from cdv_geo.cartography.printed_figure import figure_content
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.style import Style
from cdv_geo.reports.document import Document, Drawing, Picture, Section
from cdv_geo.reports.pdf import render_pdf

from paper import off_the_page, overlapping, read_paper

LIMITS = Style(stroke="#8b959d")
WIDTH, HEIGHT = 249.0, 227.0
HOSTILE = ('$x_1^2$ --><script>alert("1")</script>', "a\x00b", '#eval("1") &amp; ]]> <!ENTITY')
RENDER_AGAIN = """
import hashlib, json, sys
sys.path[:0] = sys.argv[1:]
from test_printed_figure import scene
from cdv_geo.reports.document import Drawing
drawing = Drawing(scene(), 88.0, 80.0)
for data in (json.dumps(drawing.content).encode(), drawing.png):
    print(hashlib.sha256(data).hexdigest())
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
            Layer("Communes", communes, (SymbolClass("Limites", LIMITS),), label_role="commune"),
            Layer("Quartiers", quartiers, kinds),
        ),
        (0.0, 0.0, 4000.0, 3000.0),
        notes=("une note",),
        lists=(TextList("une liste", ("un point",)),),
        sources=("une source",),
    )


def in_a_report(shown: Scene) -> bytes:
    picture = Picture(Drawing(shown, 88.0, 80.0), "en mots", "dessous")
    return render_pdf(Document("T", "", (Section("Carte", (picture,)),)))


def test_a_drawing_has_the_width_asked_for_and_300_dots_to_the_inch():
    image = Image.open(io.BytesIO(Drawing(scene(), 101.6, 76.2).png))
    # Half a point of white on each side, so that no frame is cut.
    assert image.size == pytest.approx((1200 + 300 / 72, 900 + 300 / 72), abs=2)
    assert image.info["Title"] == "Biollay"


def test_it_bears_names_and_legend_and_no_text_of_the_sheet():
    text = read_paper(in_a_report(scene())).text
    for shown in ("Biollay", "CHAMBÉRY", "Genre 0 Biollay", "Limites"):
        assert shown in text
    for left_out in ("un sous-titre", "une note", "une liste", "un point", "une source"):
        assert left_out not in text


def test_the_legend_stands_below_the_map_and_its_text_is_clear():
    paper = read_paper(in_a_report(scene(classes=3)))
    assert off_the_page(paper) == []
    assert overlapping(paper) == []
    below, name = (
        [word.box.bounds for word in paper.words if word.text == text]
        for text in ("Genre", "CHAMBÉRY")
    )
    assert len(below) == 3
    assert min(top for _, top, _, _ in below) > name[0][3]
    assert {round(w.size, 2) for w in paper.words if w.text in {"Genre", "Limites"}} == {7.0}


def test_more_legend_leaves_less_map_and_never_less_than_half():
    heights = [
        figure_content(scene(classes=n), WIDTH, HEIGHT)["map"]["height"] for n in (1, 8, 16, 99)
    ]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > heights[1] > heights[-1] == HEIGHT / 2


def test_a_drawing_grows_where_its_legend_needs_more_room():
    image = Image.open(io.BytesIO(Drawing(scene(classes=40), 88.0, 80.0).png))
    width, height = (side / 300 * 25.4 for side in image.size)
    assert width == pytest.approx(88.35, abs=0.2)
    assert height > 100


def test_a_drawing_holds_no_more_than_the_map():
    content = Drawing(scene(), 88.0, 80.0).content
    assert set(content) == {"title", "width", "height", "legend", "unlabelled", "map"}
    assert (content["width"], content["unlabelled"]) == (pytest.approx(249.4, abs=0.1), "")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_drawn_as_letters(name):
    shown = "".join(name.replace("\x00", "\ufffd").split())
    text = "".join(read_paper(in_a_report(scene(name))).text.split())
    assert text.count(shown) == 2  # on the map and in its legend
    drawing = Drawing(scene(name), 88.0, 80.0)
    assert drawing.png.startswith(b"\x89PNG")
    for forbidden in ("<script", "<!ENTITY", "\x00"):
        assert forbidden not in drawing.content["map"]["body"]
        assert forbidden not in drawing.content["map"]["halos"]


def test_the_same_map_has_the_same_bytes_in_any_process():
    drawing = Drawing(scene(), 88.0, 80.0)
    made = [json.dumps(drawing.content).encode(), drawing.png]
    done = subprocess.run(
        [sys.executable, "-c", RENDER_AGAIN, *Path(__file__).parents[:2]],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [hashlib.sha256(data).hexdigest() for data in made]
