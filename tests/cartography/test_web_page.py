"""The page as text: the same bytes every time, nothing fetched, nothing in the data alive."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from cdv_geo.cartography.inlined_assets import inert_json
from cdv_geo.cartography.scene import (
    ClassedImage,
    Layer,
    Scene,
    Subject,
    SubjectLink,
    SymbolClass,
    TextList,
)
from cdv_geo.cartography.style import Style
from cdv_geo.cartography.web_page import render_page

HOSTILE = (
    "<img src=x onerror=window.__pwned=1>",
    "</script><script>window.__pwned=1</script>",
    "`${window.__pwned=1}`",
    "{{ 7*7 }} {% raw %} {# #} {{{ 7*7 }}}",
    "C:\\2019\\'\"\n\u2028 & <!-- ",
)
ORIGIN = 925_000, 6_500_000


def square(x: float, y: float, side: float) -> shapely.Polygon:
    """Stand `side` metres wide, its lower left corner x and y metres from the origin."""
    return shapely.box(ORIGIN[0] + x, ORIGIN[1] + y, ORIGIN[0] + x + side, ORIGIN[1] + y + side)


def square_scene(text: str = "Carré") -> Scene:
    """Two squares and a place without a position; `text` stands wherever text may stand."""
    features = gpd.GeoDataFrame(
        {
            "class_index": [0, 1, 0],
            "label": [text, "", None],
            text: [text, None, "z"],
            "Année": [2024, np.nan, 12.5],
        },
        geometry=[square(0, 0, 100), square(200, 0, 100), None],
        crs="EPSG:2154",
    )
    classes = (
        SymbolClass(text, Style(fill="#0072b2", dashed=True)),
        SymbolClass("estimé", Style(hatched=True)),
    )
    layer = Layer(text, features, classes, details=(text, "Année"))
    extent = square(0, 0, 300).bounds
    missing = (TextList(text, (text,)),)
    return Scene(text, text, (layer,), extent, notes=(text,), not_drawn=missing, sources=(text,))


WHITE = Style(fill="#ffffff")


def one_layer(geometries: list[shapely.Geometry | None], look: Style = WHITE) -> Scene:
    """Draw geometries in one layer, without a word about them."""
    features = gpd.GeoDataFrame(
        {"class_index": [0] * len(geometries), "label": [""] * len(geometries)},
        geometry=geometries,
        crs="EPSG:2154",
    )
    layer = Layer("l", features, (SymbolClass("c", look),))
    return Scene("t", "s", (layer,), square(0, 0, 300).bounds)


class Document(HTMLParser):
    """Collect the tags with their attributes, and the bodies of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.bodies: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag = self.tags[-1][0] if self.tags else ""
        if tag in self.bodies and data.strip():
            self.bodies[tag].append(data)


def calls(html: str, function: str) -> list[dict[str, object]]:
    """Read back the JSON that a function of the page is called with."""
    blocks = re.findall(rf'cdv\.{function}\(cdv\.dom\.data\("(data-\d+)"\)\);', html)
    block = '<script type="application/json" id="{}">(.*?)</script>'
    return [json.loads(re.search(block.format(name), html, re.DOTALL)[1]) for name in blocks]


def texts_of(column: dict[str, list[object]]) -> list[str]:
    """Put the texts of a column back in their rows."""
    return [column["texts"][row] for row in column["rows"]]


def test_geometry_is_wgs84_with_five_decimals():
    (layer,) = calls(render_page(square_scene()), "addLayer")
    first, _, placeless = layer["coordinates"]
    ((ring,),) = first
    # Lambert-93 (925 000, 6 500 000) by pyproj; the easting is far from 3° E, so the grid turns.
    corner = gpd.GeoSeries([shapely.Point(ORIGIN)], crs="EPSG:2154").to_crs("EPSG:4326")[0]
    expected = (round(corner.x * 100_000), round(corner.y * 100_000))
    assert expected == (588_495, 4_556_250)
    assert expected in itertools.pairwise(ring)
    assert all(isinstance(number, int) for number in ring)
    assert len(ring) == 10  # four corners, and the first again
    assert placeless is None


def test_coordinates_nest_by_kind():
    square_with_hole = square(0, 0, 100).difference(square(40, 40, 20))
    x, y = ORIGIN
    geometries = [
        shapely.Point(x, y),
        shapely.MultiPoint([(x, y), (x + 100, y)]),
        shapely.LineString([(x, y), (x + 100, y)]),
        square_with_hole,
        shapely.MultiPolygon([square_with_hole, square(200, 0, 100)]),
        shapely.GeometryCollection([square(0, 0, 100), shapely.LineString([(x, y), (x, y - 9)])]),
        shapely.Polygon(),
        None,
    ]
    layer = calls(render_page(one_layer(geometries)), "addLayer")[0]
    point, points, line, holed, two, collection, empty, missing = layer["coordinates"]
    assert point == [588_495, 4_556_250]
    assert points[:2] == point
    assert len(points) == 4
    assert [len(part) for part in line] == [4]
    assert [[len(ring) for ring in area] for area in holed] == [[10, 10]]
    assert [[len(ring) for ring in area] for area in two] == [[10, 10], [10]]
    assert [[len(ring) for ring in area] for area in collection] == [[10]]
    assert (empty, missing) == (None, None)


def test_outlines_lose_vertices_within_the_tolerance_and_nothing_else():
    """A side of 100 m that bulges by 0.8 m, another by 3 m, and a square of half a metre."""
    x, y = ORIGIN
    corners = [(0, 0), (50, -0.8), (100, 0), (103, 50), (100, 100), (0, 100)]
    bulging = shapely.Polygon([(x + east, y + north) for east, north in corners])
    tiny = square(300, 0, 0.5)
    html = render_page(one_layer([bulging, tiny]))
    layer = calls(html, "addLayer")[0]
    ((ring,),), ((kept,),) = layer["coordinates"]
    assert len(ring) == 2 * 6  # five of the six corners, and the first again
    assert len(kept) == 2 * 4  # the least that is an area
    assert calls(html, "addText")[0]["simplifiedTo"] == 1.0
    # A bare line without a name is a curve around something, and stays one.
    curve = calls(render_page(one_layer([bulging], Style())), "addLayer")[0]["coordinates"]
    assert len(curve[0][0][0]) == 2 * 7
    exact = render_page(one_layer([square(0, 0, 100)]))
    assert calls(exact, "addText")[0]["simplifiedTo"] is None


def test_a_text_that_many_rows_share_is_written_once():
    frame = gpd.GeoDataFrame(
        {"class_index": 0, "label": "", "Source": "BPE 2023", "key": [f"k{n}" for n in range(50)]},
        geometry=[square(n, 0, 1) for n in range(50)],
        crs="EPSG:2154",
    )
    layer = Layer("l", frame, (SymbolClass("c", Style()),), ("Source",))
    html = render_page(Scene("t", "s", (layer,), square(0, 0, 300).bounds))
    assert html.count("BPE 2023") == 1
    (data,) = calls(html, "addLayer")
    assert data["columns"] == [{"name": "Source", "texts": ["BPE 2023"], "rows": [0] * 50}]
    assert texts_of(data["keys"])[49] == "k49"


def test_values_are_text_and_missing_ones_are_empty():
    (layer,) = calls(render_page(square_scene()), "addLayer")
    assert [texts_of(column) for column in layer["columns"]] == [
        ["Carré", "", "z"],
        ["2024", "", "12,5"],
    ]
    assert layer["labels"] == [[0, "Carré"]]
    assert layer["classIndex"] == [0, 1, 0]
    assert layer["keys"] is layer["sizes"] is layer["image"] is None


def test_links_name_subjects_by_their_position():
    scene = replace(
        square_scene(),
        subjects=(Subject("A", "action", "Jardin"), Subject("Q", "quartier", "Ouest")),
        links=(
            SubjectLink("Q", "A", "Nomme", "12 m", counted="2"),
            SubjectLink("Q", "A", "Proche", certain=False, counted="1 peut-être"),
            SubjectLink("Q", "A", "Nomme", counted="2"),
        ),
    )
    (data,) = calls(render_page(scene), "addSubjects")
    assert data["keys"] == ["A", "Q"]
    assert data["bases"] == ["Nomme", "Proche"]
    assert data["counts"] == ["2", "1 peut-être"]
    assert data["links"] == [
        [1, 0, 0, "12 m", 1, 0],
        [1, 0, 1, "", 0, 1],
        [1, 0, 0, "", 1, 0],
    ]
    with pytest.raises(KeyError, match="nobody"):
        render_page(replace(scene, links=(SubjectLink("nobody", "A", "Nomme"),)))


def test_names_of_communes_stand_within_them():
    """A commune in the shape of an L: its middle lies outside it."""
    shape = square(0, 0, 300).difference(square(100, 100, 200))
    layer = replace(one_layer([shape]).layers[0], label_role="commune")
    layer.features["label"] = "Équerre"
    (data,) = calls(render_page(Scene("t", "s", (layer,), square(0, 0, 300).bounds)), "addLayer")
    ((row, text, x, y),) = data["labels"]
    degrees = gpd.GeoSeries([shape], crs="EPSG:2154").to_crs("EPSG:4326")[0]
    assert (row, text) == (0, "Équerre")
    assert degrees.contains(shapely.Point(x / 1e5, y / 1e5))


def test_an_image_is_a_palette_of_its_classes():
    image = ClassedImage(
        np.array([[0, -1], [1, 0]], dtype=np.int16), square(0, 0, 400).bounds, "EPSG:2154"
    )
    classes = (
        SymbolClass("bas", Style(fill="#ff0000", fill_opacity=0.6)),
        SymbolClass("haut", Style(fill="#0000ff")),
    )
    layer = replace(one_layer([]).layers[0], classes=classes, image=image)
    scene = Scene("t", "s", (layer,), square(0, 0, 400).bounds)
    (data,) = calls(render_page(scene), "addLayer")
    uri = data["image"]["url"]
    picture = Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))
    assert picture.mode == "P"
    colours = {colour for _, colour in picture.convert("RGBA").getcolors()}
    assert colours == {(0, 0, 0, 0), (255, 0, 0, 153), (0, 0, 255, 255)}
    assert picture.convert("RGBA").getpixel((picture.width // 4, picture.height // 4))[0] == 255
    (south, west), (north, east) = data["image"]["bounds"]
    assert west == pytest.approx(5.88495, abs=2e-4)
    assert south == pytest.approx(45.5625, abs=4e-4)
    assert (north > south, east > west) == (True, True)
    assert render_page(scene) == render_page(scene)


def test_layers_keep_their_order_from_bottom_to_top():
    scene = square_scene()
    (layer,) = scene.layers
    names = ("bas", "milieu", "haut")
    layers = tuple(
        Layer(name, layer.features, layer.classes, layer_details)
        for name, layer_details in zip(names, ((), (), ("Année",)), strict=True)
    )
    html = render_page(Scene("t", "s", layers, scene.extent))
    assert [layer["name"] for layer in calls(html, "addLayer")] == list(names)


def test_head_is_french_and_titled():
    document = Document(render_page(square_scene()))
    assert ("html", {"lang": "fr"}) in document.tags
    assert document.bodies["title"] == ["Carré"]
    names = [tag for tag, _ in document.tags]
    assert names.count("main") == names.count("h1") == 1
    (viewport,) = [a["content"] for _, a in document.tags if a.get("name") == "viewport"]
    assert viewport == "width=device-width, initial-scale=1"


def test_same_scene_same_bytes():
    assert render_page(square_scene()) == render_page(square_scene())


def test_same_bytes_whatever_the_hash_seed():
    code = (
        "import hashlib, runpy, sys; test = runpy.run_path(sys.argv[1]);"
        "page = test['render_page'](test['square_scene']());"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}  # that of this process is any
    run = subprocess.run(
        [sys.executable, "-c", code, __file__],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = hashlib.sha256(render_page(square_scene()).encode()).hexdigest()
    assert run.stdout.strip() == expected


@pytest.mark.parametrize("text", ["Carré", *HOSTILE])
def test_nothing_is_fetched(text: str):
    html = render_page(square_scene(text))
    links = [
        value
        for _, attributes in Document(html).tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action"}
    ]
    assert links == ["data:,", "#notes", "#tables"]
    assert "sourceMappingURL" not in html
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", "".join(Document(html).bodies["style"]))
    assert not re.search(r"jquery|bootstrap|fontawesome|cdn|unpkg", html, re.IGNORECASE)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_markup_and_comes_back_whole(text: str):
    html = render_page(square_scene(text))
    plain = Document(render_page(square_scene())).tags
    hostile = Document(html).tags
    assert [tag for tag, _ in hostile] == [tag for tag, _ in plain]
    (layer,) = calls(html, "addLayer")
    (texts,) = calls(html, "addText")
    assert layer["columns"][0]["name"] == text
    text = text.replace("\u2028", "\n")
    assert layer["name"] == layer["classes"][0]["label"] == text
    assert texts_of(layer["columns"][0])[0] == text
    assert texts["title"] == texts["subtitle"] == text
    assert texts["notes"] == texts["sources"] == [text]
    assert texts["notDrawn"] == [{"heading": text, "items": [text]}]


def test_only_a_page_with_the_plan_of_ign_may_ask_for_its_tiles():
    with_plan = render_page(square_scene(), basemap=True)
    assert "img-src data: https://data.geopf.fr;" in with_plan
    (basemap,) = calls(with_plan, "start")
    assert basemap["url"].startswith("https://data.geopf.fr/wmts?")
    assert "geopf" not in render_page(square_scene())


@pytest.mark.parametrize("text", ["Carré", *HOSTILE])
def test_policy_names_every_script_and_style(text: str):
    html = render_page(square_scene(text))
    document = Document(html)
    head = [tag for tag, _ in document.tags][:4]
    assert head == ["html", "head", "meta", "meta"]
    policy = document.tags[3][1]["content"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["img-src"] == "data:"
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        bodies = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        digests = [hashlib.sha256(body.encode()).digest() for body in bodies]
        wanted = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
        assert directives[f"{kind}-src"].split(" ") == wanted
    assert not [attributes for _, attributes in document.tags if "style" in attributes]


def test_inert_json_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="Out of range float"):
        inert_json(float("nan"))
