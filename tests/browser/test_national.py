"""As many quartiers as metropolitan France has, and 20,000 places, in one page."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from browser.page_scenes import settle, soon
from playwright.sync_api import expect

from cdv_geo.cartography.scene import Layer, Scene, Subject, SymbolClass
from cdv_geo.cartography.style import Style, category
from cdv_geo.cartography.web_page import render_page

pytestmark = pytest.mark.browser

CRS = "EPSG:2154"
QUARTIERS, VERTICES, PLACES = 1362, 48, 20_000
LARGEST = 5_000_000  # bytes
WEST, SOUTH, EAST, NORTH = EXTENT = (150_000.0, 6_100_000.0, 1_200_000.0, 7_100_000.0)
MIDDLE = np.array([(WEST + EAST) / 2, (SOUTH + NORTH) / 2])
ALONE_M = 30_000.0  # nothing else lies so near to the middle, where one place stands alone
TYPES = ("École", "Collège", "Crèche", "Pharmacie", "Médecin", "Bibliothèque")


def scattered(count, rng):
    """Scatter spots over the extent, but not around its middle."""
    spots = rng.uniform((WEST, SOUTH), (EAST, NORTH), (2 * count, 2))
    return spots[np.hypot(*(spots - MIDDLE).T) > ALONE_M][:count]


def outlines(rng):
    """Draw stars of some 260 m about their middles."""
    angle = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    reach = 260 * np.exp(rng.normal(scale=0.15, size=(QUARTIERS, VERTICES)))
    rays = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=-1)
    return shapely.polygons(scattered(QUARTIERS, rng)[:, None] + rays)


def quartiers(rng):
    codes = [f"QN{number:05d}M" for number in range(QUARTIERS)]
    names = [f"Quartier {number}" for number in range(QUARTIERS)]
    columns = {"class_index": 0, "label": names, "key": codes, "Code": codes}
    features = gpd.GeoDataFrame(columns, geometry=outlines(rng), crs=CRS)
    look = Style(fill="#56b4e9", stroke="#0b3c5d", dashed=True)
    subjects = [Subject(key, "quartier", name) for key, name in zip(codes, names, strict=True)]
    return Layer("Quartiers", features, (SymbolClass("QPV", look),), ("Code",)), subjects


def places(rng):
    spots = np.vstack([MIDDLE, scattered(PLACES - 1, rng)])
    keys = [f"equipment/{number}" for number in range(PLACES)]
    kinds = rng.integers(len(TYPES), size=PLACES)
    names = [f"{TYPES[kind]} {number}" for number, kind in enumerate(kinds)]
    names[0] = "Centre social du Milieu"
    columns = {
        "class_index": kinds,
        "label": "",
        "key": keys,
        "Nom": names,
        "Type": [TYPES[kind] for kind in kinds],
    }
    features = gpd.GeoDataFrame(columns, geometry=shapely.points(spots), crs=CRS)
    classes = tuple(SymbolClass(kind, category(rank)) for rank, kind in enumerate(TYPES))
    subjects = [Subject(key, "equipment", name) for key, name in zip(keys, names, strict=True)]
    return Layer("Lieux", features, classes, ("Nom", "Type")), subjects


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rng = np.random.default_rng(2154)
    (areas, named), (points, equipment) = quartiers(rng), places(rng)
    scene = Scene("France", "", (areas, points), EXTENT, subjects=(*named, *equipment))
    path = tmp_path_factory.mktemp("national") / "france.html"
    path.write_text(render_page(scene), encoding="utf-8", newline="\n")
    return path


def test_the_page_is_small_enough_to_be_sent(path):
    assert path.stat().st_size < LARGEST


def test_all_quartiers_are_drawn_offline_and_any_place_is_found(open_page, path):
    opened = open_page(path)
    page, card = opened.page, opened.page.locator(".card h2")
    expect(page.locator(".leaflet-layer-0-pane path")).to_have_count(QUARTIERS)
    box = page.locator("#map_scene").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    soon(card.inner_text, "Centre social du Milieu")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.get_by_role("combobox").fill("social milieu")
    page.get_by_role("option").click()
    soon(card.inner_text, "Centre social du Milieu")
    settle(page)
    assert opened.errors == []
    assert [url.rsplit("/", 1)[1] for url in opened.requests] == ["france.html"]
