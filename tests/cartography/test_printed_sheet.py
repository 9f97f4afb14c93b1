"""A sheet as its readers have it: its pages, its text, its title, whatever names hold."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import geopandas as gpd
import numpy as np
import pikepdf
import pytest
import shapely
from PIL import Image
from pypdf import PdfReader
from shapely.geometry.base import BaseGeometry

from cdv_geo.cartography.printed_sheet import (
    PAGES,
    map_file,
    render_sheet,
    sheet_content,
    sheet_file,
)
from cdv_geo.cartography.scene import (
    ClassedImage,
    Inset,
    LabelRole,
    Layer,
    Scene,
    SymbolClass,
    TextList,
)
from cdv_geo.cartography.style import CATEGORY_COLOURS, MARKERS, Style
from cdv_geo.errors import RecipeError

from paper import SVG, off_the_page, overlapping, read_paper, read_svg
from thinning import some

COMMUNE = Style(fill="#fcfbf8", stroke="#8b959d", stroke_width=0.8)
QPV = Style(fill="#56b4e9", fill_opacity=0.8, stroke="#0b3c5d", stroke_width=1.2, dashed=True)
VEILLE = Style(fill="#d55e00", stroke="#a84300", hatched=True, dashed=True)
EXTENT = (0.0, 0.0, 4000.0, 3000.0)
KINDS = ("pdf", "png", "svg")
RENDER_AGAIN = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
from test_printed_sheet import KINDS, long_scene
from cdv_geo.cartography.printed_sheet import sheet_content, sheet_file
sheet = sheet_content(long_scene())
for data in [sheet_file(sheet, kind) for kind in KINDS]:
    print(hashlib.sha256(data).hexdigest())
"""


def layer(
    name: str,
    geometries: Sequence[BaseGeometry],
    classes: Sequence[SymbolClass],
    *,
    labels: Sequence[str] | None = None,
    role: LabelRole = "quartier",
    index: Sequence[int] | None = None,
) -> Layer:
    count = len(geometries)
    columns = {"class_index": index or [0] * count, "label": labels or [""] * count}
    features = gpd.GeoDataFrame(columns, geometry=geometries, crs=2154)
    return Layer(name, features, tuple(classes), label_role=role)


def short_scene(**changes: object) -> Scene:
    communes = layer(
        "Communes",
        [shapely.box(0, 0, 2000, 3000), shapely.box(2000, 0, 4000, 3000)],
        [SymbolClass("Commune (2)", COMMUNE)],
        labels=["Chambéry", "Barby"],
        role="commune",
    )
    quartiers = layer(
        "Quartiers prioritaires",
        [shapely.box(900, 900, 1300, 1300) - shapely.box(1000, 1000, 1100, 1100)],
        [SymbolClass("QPV, contour simplifié (1)", QPV)],
        labels=["Biollay - Bellevue\n12 actions"],
    )
    scene = Scene(
        "Quartiers prioritaires en 2024",
        "Génération 2024",
        (communes, quartiers),
        EXTENT,
        sources=("ANCT, QPV 2024.",),
    )
    return replace(scene, **changes)


def whole() -> Inset:
    communes = gpd.GeoSeries([shapely.box(-9000, -9000, 9000, 9000)], crs=2154)
    return Inset("Situation", communes, gpd.GeoSeries([shapely.box(0, 0, 500, 500)], crs=2154))


def cells() -> Layer:
    """Cells of another system than the map's."""
    corners = gpd.GeoSeries([shapely.box(0, 0, 2000, 2000)], crs=2154).to_crs(3035).total_bounds
    image = ClassedImage(np.array([[0, -1], [1, 0]], dtype=np.int16), tuple(corners), "EPSG:3035")
    looks = (Style(fill="#ff0000", stroke=None), Style(fill="#0000ff", stroke=None))
    none = gpd.GeoDataFrame({"class_index": [], "label": []}, geometry=[], crs=2154)
    classes = (SymbolClass("Bas", looks[0]), SymbolClass("Haut", looks[1]))
    return Layer("Densité", none, classes, image=image)


def long_scene() -> Scene:
    """Every part that a sheet can have, and more of each than one page holds."""
    base = short_scene()
    points = shapely.points([[300 + 400 * i, 2500 - 40 * i] for i in range(len(MARKERS))])
    classes = [
        SymbolClass(
            f"Équipement de type {marker} ({number})",
            Style(fill=CATEGORY_COLOURS[number % 6], marker=marker, stroke_width=0.6),
        )
        for number, marker in enumerate(MARKERS)
    ]
    numbers = [str(number + 1) for number in range(len(MARKERS))]
    equipment = layer(
        "Équipements par type",
        points,
        classes,
        labels=numbers,
        role="number",
        index=list(range(len(MARKERS))),
    )
    watched = layer(
        "Veille active",
        [shapely.box(2600, 800, 3000, 1200)],
        [SymbolClass(f"Veille active, contour estimé ({n})", VEILLE) for n in range(3)],
        labels=["Les Épinettes"],
    )
    missing = tuple(
        TextList(
            f"Veille active sans contour\u202f: commune {group}",
            tuple(f"Quartier de {group} {item}" for item in range(2 if group < 8 else 1)),
        )
        for group in range(9)
    )
    notes = tuple(
        f"Note {n}\u202f: un point à moins de 10\u00a0m d’un bord est indéterminé "
        "\u2013 population 10\u202f788 habitants."
        for n in range(4)
    )
    items = tuple(f"{n}. Collège numéro {n} (collège), 240\u00a0m" for n in range(1, 31))
    return replace(
        base,
        layers=(cells(), *base.layers, watched, equipment),
        notes=notes,
        lists=(TextList("Équipements numérotés", items),),
        not_drawn=missing,
        sources=tuple(f"Producteur {n}, table des périmètres, Licence Ouverte." for n in range(6)),
        inset=whole(),
    )


@pytest.fixture(scope="module")
def long_sheets() -> dict[str, bytes]:
    sheet = sheet_content(long_scene())
    return {kind: sheet_file(sheet, kind) for kind in KINDS}


@pytest.fixture(scope="module")
def short_pdf() -> bytes:
    return render_sheet(short_scene())


def read(text: str) -> str:
    """Every kind of space alike: a line may break at one."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("page", "size"),
    [
        ("A4 landscape", (841.89, 595.28)),
        ("A4 portrait", (595.28, 841.89)),
        ("A3 landscape", (1190.55, 841.89)),
        ("A3 portrait", (841.89, 1190.55)),
    ],
)
def test_the_page_has_its_paper_size(page: str, size: tuple[float, float]):
    paper = read_paper(render_sheet(short_scene(page=page)))
    assert paper.pages == (pytest.approx(size, abs=0.01),)


@pytest.mark.parametrize("make", [render_sheet, map_file])
def test_an_unknown_page_is_refused_with_those_accepted(make):
    with pytest.raises(RecipeError, match=r"'A5'.*A4 landscape, A4 portrait, A3 landscape"):
        make(short_scene(page="A5"))


def test_the_pdf_can_be_searched(long_sheets: dict[str, bytes]):
    scene, found = long_scene(), read_paper(long_sheets["pdf"]).text
    for layer_ in scene.layers:
        assert layer_.name in found
        for symbol in layer_.classes:
            assert read(symbol.label) in found
    for expected in (scene.title, scene.subtitle, "CHAMBÉRY", "Biollay - Bellevue", "12 actions"):
        assert expected in found
    for source in scene.sources:
        assert source.rstrip(".") in found
    for part in (*scene.not_drawn, *scene.lists):
        assert read(part.heading) in found
        assert all(read(item).partition(". ")[2] or item in found for item in part.items)
    for note in scene.notes:
        assert read(note) in found


def test_the_pdf_bears_its_title_and_its_fonts(long_sheets: dict[str, bytes]):
    scene = long_scene()
    with pikepdf.open(io.BytesIO(long_sheets["pdf"])) as pdf:
        assert str(pdf.docinfo["/Title"]) == scene.title
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert {str(font.BaseFont).split("+")[1] for font in fonts} == {
            "DejaVuSans",
            "DejaVuSans-Bold",
            "DejaVuSans-Oblique",
        }
        for font in fonts:
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def test_a_pdf_bears_the_date_of_no_day_that_it_was_made_on(short_pdf: bytes):
    """PDF/UA wants one; it is the same for all files."""
    made = PdfReader(io.BytesIO(short_pdf)).metadata
    assert made.creation_date.year == made.modification_date.year == 2000


def test_png_and_svg_bear_the_title(long_sheets: dict[str, bytes]):
    png, svg = Image.open(io.BytesIO(long_sheets["png"])), long_sheets["svg"].decode()
    assert png.size == pytest.approx((3508, 2480), abs=1)
    assert png.info["Title"] == "Quartiers prioritaires en 2024"
    assert "<title>Quartiers prioritaires en 2024</title>" in svg
    assert "<dc:language>fr</dc:language>" in svg
    assert "<dc:date>" not in svg
    assert re.search(r'<svg [^>]*width="841.89pt" height="595.276pt"', svg)


def test_an_svg_needs_nothing_from_elsewhere(long_sheets: dict[str, bytes]):
    root = read_svg(long_sheets["svg"])
    links = [value for e in root.iter() for name, value in e.items() if name.endswith("href")]
    assert links
    assert [link for link in links if not re.match(r"#|data:image/", link)] == []
    assert not list(root.iter(f"{SVG}text"))  # no font is needed


def test_the_same_scene_gives_the_same_bytes_in_another_process_later(
    request: pytest.FixtureRequest, long_sheets: dict[str, bytes]
):
    time.sleep(1.1)
    result = subprocess.run(
        [sys.executable, "-c", RENDER_AGAIN, *map(str, request.path.parents[:2])],
        env={"PYTHONHASHSEED": "4711", "PYTHONPATH": str(request.config.rootpath)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == [
        hashlib.sha256(data).hexdigest() for data in long_sheets.values()
    ]


def test_one_drawing_gives_the_same_bytes_as_one_for_each_format(long_sheets: dict[str, bytes]):
    for kind in ("pdf", "svg"):
        assert render_sheet(long_scene(), kind) == long_sheets[kind]


@pytest.mark.parametrize(("page", "scene"), [*product(PAGES, (long_scene, short_scene))])
def test_no_text_overlaps_and_none_leaves_the_page(page: str, scene):
    paper = read_paper(render_sheet(replace(scene(), page=page)))
    assert len(paper.words) > 20
    assert off_the_page(paper) == []
    assert overlapping(paper) == []


def test_a_short_sheet_is_one_page_that_says_nothing_of_another(short_pdf: bytes):
    paper = read_paper(short_pdf)
    assert len(paper.pages) == 1
    assert "suite" not in paper.text.lower()


def test_sources_without_end_stand_among_the_text_and_go_on():
    sources = tuple(f"Source{n} " + "très longue " * 60 for n in range(60))
    paper = read_paper(render_sheet(short_scene(sources=sources)))
    assert len(paper.pages) > 1
    assert off_the_page(paper) == []
    written = [word.text for word in paper.words if word.text.startswith("Source")]
    assert [text for text in written if text != "Sources"] == [f"Source{n}" for n in range(60)]
    assert "Suite page 2 : Sources" in paper.on_page(1)
    assert "Quartiers prioritaires en 2024 – suite" in paper.on_page(2)


def test_a_single_class_named_like_its_layer_is_written_once():
    communes = replace(
        short_scene().layers[0], name="Communes", classes=(SymbolClass("Communes", COMMUNE),)
    )
    words = read_paper(render_sheet(short_scene(layers=(communes,)))).text.split()
    assert words.count("Communes") == 1


def test_a_name_without_room_is_told_beside_the_map():
    names = [f"Équipement{n}" for n in range(60)]
    crowd = layer(
        "Équipements",
        [shapely.Point(1000, 1000)] * 60,
        [SymbolClass("Équipement (60)", Style(fill="#0072b2", marker="circle"))],
        labels=names,
    )
    paper = read_paper(render_sheet(short_scene(layers=(crowd,))))
    heading = next(word for word in paper.words if word.text == "étiqueté").box.bounds
    shown = [word for word in paper.words if word.text.startswith("Équipement")]
    beside = {w.text.rstrip(",") for w in shown if w.box.bounds[0] > heading[0] - 50}
    on_map = {w.text for w in shown if w.box.bounds[2] < heading[0] - 50}
    assert 0 < len(beside & set(names)) < 60
    assert on_map == set(names) - beside


def test_a_map_without_any_name_is_a_map():
    bare = [replace(each, features=each.features.assign(label="")) for each in short_scene().layers]
    text = read_paper(render_sheet(short_scene(layers=tuple(bare)))).text
    assert "QPV, contour simplifié (1)" in text
    assert "CHAMBÉRY" not in text


def test_the_map_alone_has_its_names_as_text():
    root = read_svg(map_file(long_scene()))
    spans = root.iter(f"{SVG}tspan")
    names = {span.text for span in spans}
    assert {"CHAMBÉRY", "Biollay - Bellevue", "12 actions", "Les Épinettes", "1"} <= names
    assert root.find(f"{SVG}title").text == "Quartiers prioritaires en 2024"


HOSTILE = {
    "a call": '#eval("1") #read("/etc/passwd")',
    "mathematics": "a $x^2$ b $x$",
    "TeX": r"\n $\frac{",
    "emphasis": "*a* _b_ `c`",
    "a reference": "@b <c> = titre",
    "markup": "100 % & <b>{}</b> ]]> <!ENTITY",
    "comments": "// a /* b */",
    "controls": "tab\there \x00 \x1b",
    "turned round": "\u202esdrawkcab\u202c",
    "no letter of the font": "fête \U0001f389",
    "line break": "un\ndeux",
    "one word": "é" * 300,
}
UNKNOWN = str.maketrans(dict.fromkeys("\x00\x1b\u202e\u202c\U0001f389", "\ufffd") | {"\t": " "})
# Title and subtitle; a theme, three layers with a class of that name; heading, item and numbered
# item of a list; heading and item of what is not drawn; inset, note, source; and three times on the
# map, or once beside it where that has no room.
TIMES = 18


def hostile_scene(name: str) -> Scene:
    """Give a scene with one text in every place that holds text."""
    base = short_scene(title=name, subtitle=name, notes=(name,), sources=(name,))
    communes, quartiers = (
        replace(
            layer_,
            name=name,
            theme=name,
            classes=(SymbolClass(name, layer_.classes[0].style), layer_.classes[0]),
            features=layer_.features.assign(label=name),
        )
        for layer_ in base.layers
    )
    numbered = replace(quartiers, label_role="number")
    return replace(
        base,
        layers=(communes, numbered, quartiers),
        lists=(TextList(name, (name, f"1 {name}")),),
        not_drawn=(TextList(name, (name,)),),
        inset=replace(whole(), title=name),
        page="A3 landscape",
    )


def squeezed(text: str) -> str:
    """Leave out spaces, and capitals, in which communes are written."""
    return "".join(text.lower().split())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_prints_as_text(name: str):
    said = HOSTILE[name]
    sheet = sheet_content(hostile_scene(said))
    made = {kind: sheet_file(sheet, kind) for kind in ("pdf", "svg")}
    paper = read_paper(made["pdf"])
    assert off_the_page(paper) == []
    in_running_head = len(said) <= 60
    least = TIMES if in_running_head else TIMES - 1
    assert squeezed(paper.text).count(squeezed(said.translate(UNKNOWN))) >= least
    with pikepdf.open(io.BytesIO(made["pdf"])) as pdf:
        assert all("/Annots" not in page.obj for page in pdf.pages)
    for svg in (made["svg"], map_file(hostile_scene(said))):
        title = read_svg(svg).find(f"{SVG}title").text
        assert title == said.translate(UNKNOWN).replace("\n", " ")


@pytest.mark.parametrize("name", some(list(HOSTILE), 2))
def test_a_hostile_title_stands_in_the_png(name: str):
    png = Image.open(io.BytesIO(render_sheet(short_scene(title=HOSTILE[name]), "png")))
    assert png.info["Title"] == HOSTILE[name].translate(UNKNOWN).replace("\n", " ")
