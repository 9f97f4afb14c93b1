"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from browser.page_scenes import (
    HOSTILE,
    HOSTILE_KEYS,
    X,
    Y,
    frame,
    hostile_scene,
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


@pytest.fixture
def opened(open_page: OpenPage, write: Callable[[Scene], Path]) -> OpenedPage:
    return open_page(write(square_scene()))


def test_page_asks_for_itself_only_and_nothing_goes_wrong(opened: OpenedPage):
    assert [url.rsplit("/", 1)[1] for url in opened.requests] == ["carte.html"]
    assert opened.errors == []
    assert opened.page.title() == opened.page.locator("h1").inner_text() == "Carrés"


def test_every_feature_is_drawn_with_its_own_style(opened: OpenedPage):
    counts = [opened.page.locator(f".leaflet-layer-{i}-pane path").count() for i in range(3)]
    assert counts == [1, 2, len(MARKERS)]
    dashed, hatched = opened.page.locator(".leaflet-layer-1-pane path").all()
    assert dashed.get_attribute("stroke-dasharray") == "6 4"
    fill = hatched.get_attribute("fill")
    assert opened.page.locator(f"pattern{fill.removeprefix('url(').removesuffix(')')}").count() == 1


def test_symbols_of_map_and_legend_have_the_same_shape(opened: OpenedPage):
    """Corners, not coordinates: the legend draws each symbol about another centre."""
    on_map = opened.page.locator(".leaflet-layer-2-pane path").all()
    in_legend = opened.page.locator("#legend .layer:has-text('Lieux') .swatch path").all()
    corners = [len(path.get_attribute("d").split("l")) for path in on_map]
    assert corners == [len(path.get_attribute("d").split("l")) for path in in_legend]
    assert corners == [1, 4, 3, 4, 3, 5, 10, 6, 8]
    sizes = [path.bounding_box()["width"] for path in on_map]
    assert all(12 <= size <= 24 for size in sizes)


def test_legend_reads_from_top_layer_down(opened: OpenedPage):
    names = opened.page.locator("#legend .layer > label").all_inner_texts()
    assert names == ["Lieux", "Quartiers", "Communes"]
    assert opened.page.locator("#legend .layer li").count() == 3 + len(MARKERS)
    assert opened.page.locator("#legend h3").all_text_contents() == ["Fond"]


def test_checkbox_switches_a_layer_off_and_on_in_its_place(opened: OpenedPage):
    paths = opened.page.locator(".leaflet-layer-1-pane path")
    label = opened.page.locator(".label", has_text="Ouest")
    box = opened.page.get_by_role("checkbox", name="Quartiers")
    box.uncheck()
    assert (paths.count(), label.count()) == (0, 0)
    box.check()
    assert (paths.count(), label.count()) == (2, 1)
    heights = opened.page.evaluate(
        "[0, 1, 2].map(i => document.querySelector(`.leaflet-layer-${i}-pane`).style.zIndex)"
    )
    assert heights == sorted(heights)


@pytest.mark.parametrize("index", range(len(MARKERS)))
def test_click_in_the_middle_of_a_symbol_opens_its_popup(opened: OpenedPage, index: int):
    opened.page.locator(".leaflet-layer-2-pane path").nth(index).click()
    card = opened.page.locator(".card")
    assert card.locator("h2").inner_text() == f"Lieu {MARKERS[index]}"
    expect(opened.page.locator(".leaflet-tooltip")).to_have_count(0)  # it fades out
    # The name is not said twice, and an empty address is left out.
    assert card.locator("dt").all_inner_texts() == (["Adresse"] if index == 0 else [])


def test_popup_of_an_area_has_its_label_and_details(opened: OpenedPage):
    opened.page.locator(".leaflet-layer-1-pane path").first.click()
    card = opened.page.locator(".card")
    assert card.locator("h2").inner_text() == "Ouest"
    assert card.locator("dl").inner_text().split() == ["Habitants", "1200"]
    assert opened.page.get_by_label("Fermer").count() == 1


def test_a_commune_is_named_in_the_part_that_is_in_sight(opened: OpenedPage):
    """The spot of its own is in the middle of 4 km, which is out of sight from its corner."""
    page = opened.page
    page.evaluate(f"map_scene.fitBounds({corner_of_the_commune()}, {{animate: false}})")
    name = page.locator(".label.commune").bounding_box()
    frame_box = page.locator("#map_scene").bounding_box()
    assert shapely.box(*sides(frame_box)).contains(shapely.box(*sides(name)))
    controls = page.locator(".leaflet-control").all()
    boxes = [shapely.box(*sides(control.bounding_box())) for control in controls]
    assert len(boxes) == 4
    assert not any(box.intersects(shapely.box(*sides(name))) for box in boxes)


def sides(box: dict[str, float]) -> tuple[float, float, float, float]:
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


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
    visible = [label for label in page.locator(".label").all() if label.is_visible()]
    texts = {label.inner_text() for label in visible}
    assert texts - {"Commune"} == set(names[:5])
    boxes = [
        shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"])
        for b in (label.bounding_box() for label in visible)
    ]
    shared = [a.intersection(b).area for i, a in enumerate(boxes) for b in boxes[:i]]
    assert max(shared) < 1
    page.get_by_role("checkbox", name="Quartiers").uncheck()
    assert page.locator(".label.commune").is_visible()


def test_tables_say_in_words_what_the_map_shows(opened: OpenedPage):
    for summary in opened.page.locator("#tables summary").all():
        summary.click()
    tables = opened.page.locator("#tables table")
    assert tables.locator("caption").all_text_contents() == ["Communes", "Quartiers", "Lieux"]
    tables = tables.nth(1)
    headers = tables.locator("thead th").all_text_contents()
    assert headers == ["Nom", "Habitants", "Légende"]
    assert tables.locator("tbody th[scope=row]").all_text_contents() == ["Ouest", "Est"]
    assert tables.locator("tbody td").all_text_contents() == [
        "1200",
        "simplifié",
        "",
        "estimé",
    ]


def test_texts_stand_on_the_page(opened: OpenedPage):
    assert opened.page.locator("#not-drawn").inner_text().split("\n") == [
        "Sans position",
        "Le Séquoia",
    ]
    assert opened.page.locator("#remarks li").inner_text() == "Une note."
    assert opened.page.locator("#sources li").inner_text() == "Une source."
    scale = opened.page.locator(".leaflet-control-scale").inner_text()
    assert scale.endswith("m")
    assert "mi" not in scale
    assert "ft" not in scale


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (390, 800)])
def test_page_is_never_wider_than_its_window(
    open_page: OpenPage, write: Callable[[Scene], Path], width: int, height: int
):
    page = open_page(write(square_scene()), width=width, height=height).page
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_map_and_legend_fit_a_laptop_window(opened: OpenedPage):
    for selector in ("#map_scene", "#panel"):
        box = opened.page.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 860
    # The whole scene is in sight: the commune lies within the map.
    commune = opened.page.locator(".leaflet-layer-0-pane path").bounding_box()
    assert commune["height"] > 400


def test_hostile_names_are_shown_and_never_run(open_page: OpenPage, write: Callable[[Scene], Path]):
    opened = open_page(write(hostile_scene()))
    page = opened.page
    symbol = page.locator(".leaflet-layer-1-pane path")
    symbol.hover()
    assert page.locator(".leaflet-tooltip").inner_text() == HOSTILE
    for summary in page.locator("#tables summary").all():
        summary.click()
    page.evaluate("scrollTo(0, 0)")
    symbol.click()
    shown = [
        page.locator(selector).first.text_content()
        for selector in (
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
    ]
    assert set(shown) == {HOSTILE}
    assert page.locator(".card summary").inner_text() == f"{HOSTILE} (1)"
    for key in HOSTILE_KEYS:
        page.evaluate("key => cdv.selection.select(cdv.subjects.things.get(key))", key)
        assert page.locator(".card h2").text_content() == HOSTILE
    page.locator("#query").fill("javascript onerror")
    assert page.locator("[role=option] span:first-child").all_text_contents() == [HOSTILE] * 4
    assert page.title() == HOSTILE
    assert page.locator("img, iframe, object").count() == 0
    assert page.evaluate("window.__pwned") is None
    assert len(opened.requests) == 1
    assert opened.errors == []


def test_policy_stops_a_script_that_would_get_in(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    """The second wall: markup that reached the page by another way would not run either."""
    opened = open_page(write(square_scene()))
    opened.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.__pwned=1>')"
    )
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("window.__pwned") is None
    assert any("Content Security Policy" in error for error in opened.errors)
