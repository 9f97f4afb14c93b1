"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from browser.page_scenes import (
    HOSTILE,
    HOSTILE_KEYS,
    X,
    Y,
    boxes,
    frame,
    hostile_scene,
    open_tables,
    settle,
    soon,
    square,
    square_scene,
)
from playwright.sync_api import expect

from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.cartography.style import MARKERS, Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenedPage, OpenPage

pytestmark = pytest.mark.browser

# Every place of the page that shows a text of the scene.
PLACES = (
    "h1",
    "#subtitle",
    "#legend h3",
    "#legend .layer > label",
    "#legend .layer li",
    "#numbered h2",
    "#numbered li",
    "#not-drawn h2",
    "#not-drawn li",
    "#remarks li",
    "#sources li",
    ".label",
    "caption",
    "td",
    "#chosen",
    ".card h2",
    ".card dt",
    ".card dd",
    ".card li button",
    ".card li .note",
)


@pytest.fixture
def opened(open_page: OpenPage, write: Callable[[Scene], Path]) -> OpenedPage:
    return open_page(write(square_scene()))


def test_page_asks_for_itself_only_and_nothing_goes_wrong(opened: OpenedPage):
    soon(opened.page.locator("h1").inner_text, "Carrés")
    soon(opened.page.title, "Carrés")
    settle(opened.page)
    assert [url.rsplit("/", 1)[1] for url in opened.requests] == ["carte.html"]
    assert opened.errors == []


def test_every_feature_is_drawn_with_its_own_style(opened: OpenedPage):
    for rank, count in enumerate([1, 2, len(MARKERS)]):
        expect(opened.page.locator(f".leaflet-layer-{rank}-pane path")).to_have_count(count)
    dashed, hatched = opened.page.locator(".leaflet-layer-1-pane path").all()
    expect(dashed).to_have_attribute("stroke-dasharray", "6 4")
    fill = hatched.get_attribute("fill").removeprefix("url(").removesuffix(")")
    expect(opened.page.locator(f"pattern{fill}")).to_have_count(1)


def test_symbols_of_map_and_legend_have_the_same_shape(opened: OpenedPage):
    """Corners, not coordinates: the legend draws each symbol about another centre."""
    on_map = opened.page.locator(".leaflet-layer-2-pane path")
    in_legend = opened.page.locator("#legend .layer:has-text('Lieux') .swatch path")
    corners = "all => all.map((path) => path.getAttribute('d').split('l').length)"
    for paths in (on_map, in_legend):
        soon(lambda paths=paths: paths.evaluate_all(corners), [1, 4, 3, 4, 3, 5, 10, 6, 8])
    for path in on_map.all():
        soon(lambda path=path: 12 <= path.bounding_box()["width"] <= 24, expected=True)


def test_legend_reads_from_top_layer_down(opened: OpenedPage):
    names = opened.page.locator("#legend .layer > label")
    soon(names.all_inner_texts, ["Lieux", "Quartiers", "Communes"])
    expect(opened.page.locator("#legend .layer li")).to_have_count(3 + len(MARKERS))
    soon(opened.page.locator("#legend h3").all_text_contents, ["Fond"])


def test_checkbox_switches_a_layer_off_and_on_in_its_place(opened: OpenedPage):
    paths = opened.page.locator(".leaflet-layer-1-pane path")
    label = opened.page.locator(".label", has_text="Ouest")
    box = opened.page.get_by_role("checkbox", name="Quartiers")
    box.uncheck()
    soon(lambda: (paths.count(), label.count()), (0, 0))
    box.check()
    soon(lambda: (paths.count(), label.count()), (2, 1))
    heights = opened.page.evaluate(
        "[0, 1, 2].map(i => document.querySelector(`.leaflet-layer-${i}-pane`).style.zIndex)"
    )
    assert heights == sorted(heights)


@pytest.mark.parametrize("index", range(len(MARKERS)))
def test_click_in_the_middle_of_a_symbol_opens_its_popup(opened: OpenedPage, index: int):
    opened.page.locator(".leaflet-layer-2-pane path").nth(index).click()
    card = opened.page.locator(".card")
    soon(card.locator("h2").inner_text, f"Lieu {MARKERS[index]}")
    expect(opened.page.locator(".leaflet-tooltip")).to_have_count(0)
    # The name is not said twice, and an empty address is left out.
    soon(card.locator("dt").all_inner_texts, ["Adresse"] if index == 0 else [])


def test_popup_of_an_area_has_its_label_and_details(opened: OpenedPage):
    opened.page.locator(".leaflet-layer-1-pane path").first.click()
    card = opened.page.locator(".card")
    soon(card.locator("h2").inner_text, "Ouest")
    soon(lambda: card.locator("dl").inner_text().split(), ["Habitants", "1200"])
    expect(opened.page.get_by_label("Fermer")).to_have_count(1)


def test_a_commune_is_named_in_the_part_that_is_in_sight(opened: OpenedPage):
    """The spot of its own is in the middle of 4 km, which is out of sight from its corner."""
    page = opened.page
    page.evaluate(f"map_scene.fitBounds({corner_of_the_commune()}, {{animate: false}})")
    name, whole = page.locator(".label.commune"), page.locator("#map_scene")
    expect(name).to_be_visible()
    soon(lambda: boxes(whole)[0].contains(boxes(name)[0]), expected=True)
    controls = page.locator(".leaflet-control")
    soon(lambda: [box.intersects(boxes(name)[0]) for box in boxes(controls)], [False] * 4)


def corner_of_the_commune() -> list[list[float]]:
    corner = gpd.GeoSeries([square(100, 2600, 400)], crs=2154).to_crs(4326)
    west, south, east, north = corner.total_bounds.tolist()
    return [[south, west], [north, east]]


def test_labels_never_cover_each_other_and_the_last_one_gives_way(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    """Six quartiers on one spot have five places: around their outline and in its middle."""
    communes = frame([square(0, 150, 900)], label=["Commune"])  # centred on their upper edge
    names = [f"Quartier {letter}" for letter in "ABCDEF"]
    quartiers = frame([square(300, 300, 300)] * 6, label=names)
    classes = (SymbolClass("contour", Style()),)
    layers = (
        Layer("Communes", communes, classes, label_role="commune"),
        Layer("Quartiers", quartiers, classes),
    )
    page = open_page(write(Scene("t", "s", layers, (X, Y, X + 900, Y + 900)))).page
    visible = page.locator(".label").filter(visible=True)
    soon(lambda: set(visible.all_inner_texts()) - {"Commune"}, set(names[:5]))

    def shared() -> float:
        found = boxes(visible)
        return max(a.intersection(b).area for i, a in enumerate(found) for b in found[:i])

    soon(lambda: shared() < 1, expected=True)
    page.get_by_role("checkbox", name="Quartiers").uncheck()
    expect(page.locator(".label.quartier")).to_have_count(0)
    expect(page.locator(".label.commune")).to_be_visible()


def test_tables_say_in_words_what_the_map_shows(opened: OpenedPage):
    open_tables(opened.page)
    tables = opened.page.locator("#tables table")
    soon(tables.locator("caption").all_text_contents, ["Communes", "Quartiers", "Lieux"])
    table = tables.nth(1)
    soon(table.locator("thead th").all_text_contents, ["Nom", "Habitants", "Légende"])
    soon(table.locator("tbody th[scope=row]").all_text_contents, ["Ouest", "Est"])
    soon(table.locator("tbody td").all_text_contents, ["1200", "simplifié", "", "estimé"])


def test_texts_stand_on_the_page(opened: OpenedPage):
    missing = opened.page.locator("#not-drawn")
    soon(lambda: missing.inner_text().split("\n"), ["Sans position", "Le Séquoia"])
    soon(opened.page.locator("#remarks li").inner_text, "Une note.")
    soon(opened.page.locator("#sources li").inner_text, "Une source.")
    expect(opened.page.locator(".leaflet-control-scale")).to_contain_text("m")
    scale = opened.page.locator(".leaflet-control-scale").inner_text()
    assert scale.endswith("m")
    assert "mi" not in scale
    assert "ft" not in scale


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (390, 800)])
def test_page_is_never_wider_than_its_window(
    open_page: OpenPage, write: Callable[[Scene], Path], width: int, height: int
):
    page = open_page(write(square_scene()), width=width, height=height).page
    soon(lambda: page.evaluate("document.documentElement.scrollWidth"), width)


def test_map_and_legend_fit_a_laptop_window(opened: OpenedPage):
    def lower_edge(selector: str) -> float:
        box = opened.page.locator(selector).bounding_box()
        return box["y"] + box["height"]

    soon(lambda: lower_edge("#map_scene") <= 860, expected=True)
    soon(lambda: lower_edge("#panel") <= 860, expected=True)
    # The whole scene is in sight: the commune lies within the map.
    commune = opened.page.locator(".leaflet-layer-0-pane path")
    soon(lambda: commune.bounding_box()["height"] > 400, expected=True)


def test_hostile_names_are_shown_and_never_run(open_page: OpenPage, write: Callable[[Scene], Path]):
    opened = open_page(write(hostile_scene()))
    page = opened.page
    symbol = page.locator(".leaflet-layer-1-pane path")
    symbol.hover()
    soon(page.locator(".leaflet-tooltip").inner_text, HOSTILE)
    open_tables(page)
    page.evaluate("scrollTo(0, 0)")
    symbol.click()
    for place in PLACES:
        soon(page.locator(place).first.text_content, HOSTILE)
    soon(page.locator(".card summary").inner_text, f"{HOSTILE} (1)")
    for key in HOSTILE_KEYS:
        page.evaluate("key => cdv.selection.select(cdv.subjects.things.get(key))", key)
        soon(lambda: page.evaluate("cdv.selection.key()"), key)
        soon(page.locator(".card h2").text_content, HOSTILE)
    page.locator("#query").fill("javascript onerror")
    soon(page.locator("[role=option] span:first-child").all_text_contents, [HOSTILE] * 4)
    soon(page.title, HOSTILE)
    settle(page)
    assert page.locator("img, iframe, object").count() == 0
    assert page.evaluate("window.__pwned") is None
    assert len(opened.requests) == 1
    assert opened.errors == []


def test_policy_stops_a_script_that_would_get_in(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    """The second wall: markup that reached the page by another way would not run either."""
    opened = open_page(write(square_scene()))
    # The event for which that script waits, seen by a listener that comes after it.
    opened.page.evaluate(
        """() => new Promise((done) => {
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=window.__pwned=1>");
          document.body.lastElementChild.addEventListener("error", () => done());
        })"""
    )
    settle(opened.page)
    assert opened.page.evaluate("window.__pwned") is None
    assert any("Content Security Policy" in error for error in opened.errors)
