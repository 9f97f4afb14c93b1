"""The page as text: the same bytes every time, nothing fetched, nothing in the data alive."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pytest
import shapely

from cdv_geo.cartography.interactive import render_page
from cdv_geo.cartography.offline import inert_json
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.style import Style

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
    """Read back the JSON that a function of page.js is called with."""
    last_script = Document(html).bodies["script"][-1]
    found = re.findall(rf"cdv\.{function}\((\{{.*\}})\);", last_script)
    return [json.loads(argument) for argument in found]


def test_geometry_is_wgs84_with_six_decimals():
    (layer,) = calls(render_page(square_scene()), "addLayer")
    first, _, placeless = layer["features"]
    ring = first["geometry"]["coordinates"][0]
    # Lambert-93 (925 000, 6 500 000) by pyproj; the easting is far from 3° E, so the grid turns.
    to_wgs84 = gpd.GeoSeries([shapely.Point(ORIGIN)], crs="EPSG:2154").to_crs("EPSG:4326")
    assert [to_wgs84.x[0].round(6), to_wgs84.y[0].round(6)] in ring
    assert all(number == round(number, 6) for corner in ring for number in corner)
    assert placeless["geometry"] is None
    assert placeless["properties"]["anchor"] is None


def test_values_are_text_and_missing_ones_are_empty():
    (layer,) = calls(render_page(square_scene()), "addLayer")
    values = [feature["properties"]["values"] for feature in layer["features"]]
    assert values == [["Carré", "2024"], ["", ""], ["z", "12,5"]]
    assert [feature["properties"]["label"] for feature in layer["features"]] == ["Carré", "", ""]
    assert [feature["properties"]["classIndex"] for feature in layer["features"]] == [0, 1, 0]


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


@pytest.mark.parametrize("seed", ["1", "2"])
def test_same_bytes_whatever_the_hash_seed(seed: str):
    code = (
        "import hashlib, runpy, sys; test = runpy.run_path(sys.argv[1]);"
        "page = test['render_page'](test['square_scene']());"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
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
    assert layer["name"] == layer["columns"][0] == layer["classes"][0]["label"] == text
    assert layer["features"][0]["properties"]["values"][0] == text
    assert texts["title"] == texts["subtitle"] == text
    assert texts["notes"] == texts["sources"] == [text]
    assert texts["notDrawn"] == [{"heading": text, "items": [text]}]


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
