"""The address of a view, the printed page, rasters, and the plan of IGN where it was asked for."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser.page_scenes import X, Y, frame, linked_scene, settle, soon, square, square_scene
from playwright.sync_api import expect
from pypdf import PdfReader

from cdv_geo.cartography.scene import ClassedImage, Layer, Scene, SymbolClass
from cdv_geo.cartography.style import Style
from cdv_geo.cartography.web_page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenPage
    from playwright.sync_api import BrowserContext, Page, Route

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def view_of(page: Page) -> list[float]:
    return page.evaluate(
        "[map_scene.getCenter().lat, map_scene.getCenter().lng, map_scene.getZoom()]"
    )


def bounds_of(page: Page) -> list[float]:
    return page.evaluate("map_scene.getBounds().toBBoxString().split(',').map(Number)")


def size_of_the_map(page: Page) -> list[float]:
    box = page.locator("#map_scene").bounding_box()
    return [box["width"], box["height"]]


def test_the_address_brings_the_same_view_back(open_page: OpenPage, write: Callable[[Scene], Path]):
    path = write(linked_scene())
    page = open_page(path).page
    page.get_by_role("checkbox", name="Écoles").uncheck()
    page.get_by_role("combobox").fill("jardin")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#selection .card")).to_be_visible()
    page.evaluate("map_scene.setView([45.58, 5.95], 13.5, { animate: false })")
    address = "#carte=45.58000/5.95000/13.5&choix=A1&masque=2"
    soon(lambda: page.evaluate("location.hash"), address)
    again = open_page(path.with_name("carte.html")).page
    again.goto(f"{path.as_uri()}{address}")
    again.reload()
    soon(lambda: view_of(again), pytest.approx([45.58, 5.95, 13.5]))
    soon(again.locator("#selection h2").last.inner_text, "Jardin partagé")
    expect(again.get_by_role("checkbox", name="Écoles")).not_to_be_checked()
    expect(again.locator(".leaflet-layer-2-pane path")).to_have_count(0)
    again.evaluate("location.hash = '#carte=45.6/5.9/12'")
    soon(lambda: view_of(again)[2], 12)
    expect(again.locator("#selection")).to_be_hidden()
    expect(again.get_by_role("checkbox", name="Écoles")).to_be_checked()


# What the map shows after each of them: where it was, unless the address says a view.
ADDRESSES = {
    "#carte=NaN/NaN/NaN": None,
    "#carte=91/5/12": None,
    "#carte=45/5/99": None,
    "#carte=45/5": None,
    "#carte=45/5/12/7": None,
    "#carte=1e3/5/12": None,
    "#carte=%F0%9F/%/12": None,
    "#<img src=x onerror=window.__pwned=1>": None,
    "#carte=45.58/5.95/13&choix=__proto__&masque=constructor,-1,99.99": [45.58, 5.95, 13],
    "#carte=45.57/5.94/12&choix=<script>window.__pwned=1</script>&masque=%00": [45.57, 5.94, 12],
}


def test_a_hostile_address_is_left_aside(open_page: OpenPage, write: Callable[[Scene], Path]):
    opened = open_page(write(linked_scene()))
    page = opened.page
    for address, view in ADDRESSES.items():
        expected = view or view_of(page)
        # This listener comes after that of the page.
        page.evaluate(
            """address => new Promise((done) => {
              addEventListener("hashchange", () => done(), { once: true });
              location.hash = address;
            })""",
            address,
        )
        settle(page)
        assert view_of(page) == pytest.approx(expected), address
        assert page.locator("#selection").is_hidden(), address
        assert page.locator("#legend input:not(:checked)").count() == 0, address
        assert page.evaluate("window.__pwned") is None, address
        assert opened.errors == [], address


def test_the_link_is_shown_where_there_is_no_clipboard(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    page = open_page(write(square_scene())).page
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copier le lien").click()
    field = page.get_by_label("Lien vers cette vue")
    soon(lambda: "carte.html#carte=" in field.input_value(), expected=True)
    soon(lambda: page.evaluate("getSelection().toString()"), field.input_value())


def test_the_whole_view_is_on_the_first_printed_page(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    page = open_page(write(square_scene())).page
    before = view_of(page)
    page.get_by_role("checkbox", name="Lieux").uncheck()
    expect(page.locator(".leaflet-layer-2-pane path")).to_have_count(0)
    file = page.pdf(prefer_css_page_size=True, print_background=True)
    pages = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(file)).pages]
    box = PdfReader(io.BytesIO(file)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (842, 595)  # A4 landscape
    for text in ("Carrés", "Ouest", "Est", "Légende", "estimé", "1 km"):
        assert text in pages[0]
    assert "Lieux" not in pages[0]  # hidden, so not in the legend either
    assert "Copier le lien" not in "".join(pages)
    assert "Le Séquoia" not in pages[0]
    for text in ("Le Séquoia", "Une note.", "Une source."):
        assert text in pages[1]
    soon(lambda: view_of(page), pytest.approx(before))


def test_the_map_is_fitted_to_the_paper_while_it_prints(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    page = open_page(write(square_scene()), width=390, height=800).page
    seen = bounds_of(page)
    pixel = 1.5e-4  # degrees, at most, of 4 km on 390: the map stands on whole pixels

    def holds_what_was_seen() -> bool:
        west, south, east, north = bounds_of(page)
        is_wide_enough = west - pixel <= seen[0] <= seen[2] <= east + pixel
        return is_wide_enough and south - pixel <= seen[1] <= seen[3] <= north + pixel

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper = [203 / 25.4 * 96, 164 / 25.4 * 96]
    soon(lambda: size_of_the_map(page), pytest.approx(paper, abs=1))
    soon(holds_what_was_seen, expected=True)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    soon(lambda: size_of_the_map(page)[0], 390)


def test_a_raster_lies_where_its_cells_are(open_page: OpenPage, write: Callable[[Scene], Path]):
    """Four cells of 1 km, of which one is empty; the same square is drawn beside as a polygon."""
    cells = np.array([[0, -1], [1, 0]], dtype=np.int16)
    image = ClassedImage(cells, (X, Y, X + 2000, Y + 2000), "EPSG:2154")
    classes = (
        SymbolClass("bas", Style(fill="#ff0000", stroke=None)),
        SymbolClass("haut", Style(fill="#0000ff", stroke=None)),
    )
    empty = frame([])
    outline = frame([square(0, 0, 1000)])
    layers = (
        Layer("Carreaux", empty, classes, image=image),
        Layer("Contour", outline, (SymbolClass("carré", Style(stroke="#00ff00")),)),
    )
    opened = open_page(write(Scene("t", "s", layers, (X, Y, X + 2000, Y + 2000))))
    page = opened.page
    raster = page.locator("img.raster")
    expect(raster).to_have_count(1)
    soon(lambda: raster.evaluate("i => i.complete && i.naturalWidth > 0"), expected=True)
    settle(page)
    assert opened.errors == []
    colours = page.evaluate(
        """() => {
          const image = document.querySelector("img.raster");
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0);
          const all = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          const blue = [];
          for (let i = 0; i < all.length; i += 4) {
            if (all[i + 2] === 255 && all[i] === 0 && all[i + 3] === 255) blue.push(i / 4);
          }
          const least = (list) => list.reduce((a, b) => Math.min(a, b));
          const most = (list) => list.reduce((a, b) => Math.max(a, b));
          const xs = blue.map((i) => i % canvas.width);
          const box = image.getBoundingClientRect();
          const scale = box.width / canvas.width;
          const ys = blue.map((i) => Math.floor(i / canvas.width));
          return [box.x + scale * least(xs), box.x + scale * (most(xs) + 1),
            box.y + scale * least(ys), box.y + scale * (most(ys) + 1)];
        }"""
    )
    drawn = page.evaluate(
        """() => {
          const path = document.querySelector(".leaflet-layer-1-pane path");
          const { left, right, top, bottom } = path.getBoundingClientRect();
          return [left, right, top, bottom];
        }"""
    )
    # The corners of a drawn path, and those of a picture, stand on whole pixels.
    assert colours == pytest.approx(drawn, abs=1.5)
    page.get_by_role("checkbox", name="Carreaux").uncheck()
    expect(raster).to_have_count(0)


@pytest.fixture
def with_plan(new_context: Callable[..., BrowserContext], tmp_path: Path):
    """Open a page with the plan of IGN; tiles are answered here, or not at all."""

    def opened(*, answered: bool) -> tuple[Page, list[str], list[str]]:
        path = tmp_path / "plan.html"
        path.write_text(render_page(square_scene(), basemap=True), encoding="utf-8")
        context = new_context(viewport={"width": 1280, "height": 860})
        requests: list[str] = []
        crashes: list[str] = []

        def answer(route: Route) -> None:
            if route.request.url.startswith("file:"):
                route.continue_()
                return
            requests.append(route.request.url)
            if answered:
                route.fulfill(body=PIXEL, content_type="image/png")
            else:
                route.abort()

        context.route("**/*", answer)
        page = context.new_page()
        page.on("pageerror", lambda error: crashes.append(str(error)))
        page.goto(path.as_uri())
        settle(page)
        return page, requests, crashes

    return opened


def test_the_plan_of_ign_is_asked_for_tiles_and_nothing_else(with_plan):
    page, requests, crashes = with_plan(answered=True)
    start = (
        "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png"
        "&TILEMATRIXSET=PM&TILEMATRIX="
    )
    assert requests
    assert all(request.startswith(start) for request in requests)
    assert crashes == []
    whole = page.locator("#map_scene")
    soon(lambda: "© IGN – Plan IGN (Géoplateforme)" in whole.inner_text(), expected=True)
    # Communes let the plan through, and can still be clicked.
    commune = page.locator(".leaflet-layer-0-pane path")
    expect(commune).to_have_css("fill-opacity", "0")
    page.get_by_label("Fond de carte en ligne (IGN)").uncheck()
    expect(page.locator(".leaflet-tile")).to_have_count(0)
    expect(commune).to_have_css("fill-opacity", "1")


def test_the_page_works_where_no_tile_comes(with_plan):
    page, _, crashes = with_plan(answered=False)
    page.locator(".leaflet-layer-1-pane path").first.click()
    soon(page.locator(".card h2").inner_text, "Ouest")
    settle(page)
    assert crashes == []


def test_without_being_asked_the_page_names_no_host():
    assert "geopf" not in render_page(square_scene())
