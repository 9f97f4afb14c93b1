"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import expect

from cdv_geo.cartography.interactive import render_page
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.style import MARKERS, Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenedPage, OpenPage

pytestmark = pytest.mark.browser

X, Y = 925_000, 6_500_000
HOSTILE = (
    "<img src=x onerror=window.__pwned=1>"
    "</script><script>window.__pwned=1</script>"
    "`${window.__pwned=1}` {{ 7*7 }} C:\\2019 \"'&"
)


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + side, Y + y + side)


def frame(geometries: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    defaults = {"class_index": [0] * len(geometries), "label": [""] * len(geometries)}
    return gpd.GeoDataFrame({**defaults, **columns}, geometry=geometries, crs="EPSG:2154")


def square_scene() -> Scene:
    """A commune of 4 km, two quartiers in it, and one point of each shape along a line."""
    communes = frame([square(0, 0, 4000)], label=["Grand Carré"])
    quartiers = frame(
        [square(500, 500, 1000), square(2500, 500, 1000)],
        class_index=[0, 1],
        label=["Ouest", "Est"],
        Habitants=[1200, None],
    )
    points = frame(
        [shapely.Point(X + 400 * i + 400, Y + 3500) for i in range(len(MARKERS))],
        class_index=list(range(len(MARKERS))),
        Nom=[f"Lieu {marker}" for marker in MARKERS],
        Adresse=["1 rue du Carré", *[None] * (len(MARKERS) - 1)],
    )
    symbols = tuple(SymbolClass(m, Style(fill="#0072b2", marker=m, size=14)) for m in MARKERS)
    return Scene(
        title="Carrés",
        subtitle="Pour l’essai",
        layers=(
            Layer("Communes", communes, (SymbolClass("limite", Style()),), label_role="commune"),
            Layer(
                "Quartiers",
                quartiers,
                (
                    SymbolClass("simplifié", Style(fill="#009e73", dashed=True)),
                    SymbolClass("estimé", Style(hatched=True, stroke="#d55e00")),
                ),
                details=("Habitants",),
            ),
            Layer("Lieux", points, symbols, details=("Nom", "Adresse")),
        ),
        extent=(X, Y, X + 4000, Y + 4000),
        notes=("Une note.",),
        not_drawn=(TextList("Sans position", ("Le Séquoia",)),),
        sources=("Une source.",),
    )


def hostile_scene() -> Scene:
    style = Style(fill="#0072b2", marker="star", size=30)
    columns = {HOSTILE: [HOSTILE], "label": [HOSTILE]}
    point = frame([shapely.Point(X + 500, Y + 500)], **columns)
    area = frame([square(0, 0, 1000)], **columns)
    layers = tuple(
        Layer(HOSTILE, features, (SymbolClass(HOSTILE, style),), (HOSTILE,))
        for features in (area, point)
    )
    missing = (TextList(HOSTILE, (HOSTILE,)),)
    extent = (X, Y, X + 1000, Y + 1000)
    texts = (HOSTILE,)
    return Scene(HOSTILE, HOSTILE, layers, extent, notes=texts, not_drawn=missing, sources=texts)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Scene], Path]:
    def written(scene: Scene) -> Path:
        path = tmp_path / "carte.html"
        path.write_text(render_page(scene), encoding="utf-8", newline="\n")
        return path

    return written


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
    in_legend = opened.page.locator("#legend > li:first-child .swatch path").all()
    corners = [len(path.get_attribute("d").split("L")) for path in on_map]
    assert corners == [len(path.get_attribute("d").split("L")) for path in in_legend]
    assert corners == [1, 4, 3, 4, 3, 5, 10, 6, 8]
    sizes = [path.bounding_box()["width"] for path in on_map]
    assert all(12 <= size <= 24 for size in sizes)


def test_legend_reads_from_top_layer_down(opened: OpenedPage):
    names = opened.page.locator("#legend > li > label").all_inner_texts()
    assert names == ["Lieux", "Quartiers", "Communes"]
    assert opened.page.locator("#legend li li").count() == 3 + len(MARKERS)


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
    assert card.locator("dd").first.inner_text() == f"Lieu {MARKERS[index]}"
    expect(opened.page.locator(".leaflet-tooltip")).to_have_count(0)  # it fades out
    # An empty address is left out.
    assert card.locator("dt").count() == (2 if index == 0 else 1)


def test_popup_of_an_area_has_its_label_and_details(opened: OpenedPage):
    opened.page.locator(".leaflet-layer-1-pane path").first.click()
    card = opened.page.locator(".card")
    assert card.locator("h3").inner_text() == "Ouest"
    assert card.locator("dl").inner_text().split() == ["Habitants", "1200"]
    assert opened.page.get_by_label("Fermer").count() == 1


def test_labels_never_cover_each_other_and_communes_give_way(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    """Three quartiers on one spot take the three places; none is left for their commune."""
    communes = frame([square(0, 150, 900)], label=["Commune"])  # centred on their upper edge
    quartiers = frame([square(300, 300, 300)] * 3, label=["Quartier A", "Quartier B", "Quartier C"])
    classes = (SymbolClass("contour", Style()),)
    layers = (
        Layer("Communes", communes, classes, label_role="commune"),
        Layer("Quartiers", quartiers, classes),
    )
    page = open_page(write(Scene("t", "s", layers, (X, Y, X + 900, Y + 900)))).page
    visible = [label for label in page.locator(".label").all() if label.is_visible()]
    texts = {label.inner_text() for label in visible}
    assert texts == {"Quartier A", "Quartier B", "Quartier C"}
    boxes = [
        shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"])
        for b in (label.bounding_box() for label in visible)
    ]
    shared = [a.intersection(b).area for i, a in enumerate(boxes) for b in boxes[:i]]
    assert max(shared) < 1
    page.get_by_role("checkbox", name="Quartiers").uncheck()
    assert page.locator(".label.commune").is_visible()


def test_tables_say_in_words_what_the_map_shows(opened: OpenedPage):
    tables = opened.page.locator("#tables table")
    assert tables.locator("caption").all_text_contents() == ["Quartiers", "Lieux"]
    headers = tables.first.locator("thead th").all_text_contents()
    assert headers == ["Nom", "Habitants", "Légende"]
    assert tables.first.locator("tbody th[scope=row]").all_text_contents() == ["Ouest", "Est"]
    assert tables.first.locator("tbody td").all_text_contents() == [
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
    symbol.click()
    card = page.locator(".card")
    shown = [
        page.locator("h1"),
        page.locator("#subtitle"),
        page.locator("#legend > li > label").first,
        page.locator("#legend li li").first,
        page.locator("#not-drawn h2"),
        page.locator("#not-drawn li"),
        page.locator("#remarks li"),
        page.locator("#sources li"),
        page.locator(".label").first,
        page.locator("caption").first,
        page.locator("td").first,
        card.locator("h3"),
        card.locator("dt"),
        card.locator("dd"),
    ]
    assert {place.text_content() for place in shown} == {HOSTILE}
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
