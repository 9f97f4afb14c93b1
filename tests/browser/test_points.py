"""Points: many in one path, each of them found under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from browser.page_scenes import X, Y, frame, soon, square
from playwright.sync_api import expect

from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.cartography.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenPage
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

EXTENT = (X, Y, X + 1000, Y + 1000)
CIRCLE = Style(fill="#0072b2", marker="circle", size=20)
SQUARE = Style(fill="#d55e00", marker="square", size=20)


def schools() -> Scene:
    """Three places on one spot, two of one class; another place 600 m to the east."""
    spots = [(200, 500), (200, 500), (200, 500), (800, 500)]
    points = frame(
        [shapely.Point(X + x, Y + y) for x, y in spots],
        class_index=[0, 0, 1, 1],
        Nom=["Collège A", "Collège B", "École C", "École D"],
    )
    classes = (SymbolClass("collège", CIRCLE), SymbolClass("école", SQUARE))
    area = frame([square(0, 0, 1000)], label=["Fond"])
    layers = (
        Layer(
            "Communes", area, (SymbolClass("limite", Style(fill="#ffffff")),), label_role="commune"
        ),
        Layer("Lieux", points, classes, ("Nom",)),
    )
    return Scene("t", "s", layers, EXTENT)


@pytest.fixture
def page(open_page: OpenPage, write: Callable[[Scene], Path]) -> Page:
    return open_page(write(schools())).page


def subpaths(page: Page, layer: int, index: int) -> int:
    path = page.locator(f".leaflet-layer-{layer}-pane path").nth(index)
    return path.get_attribute("d").count("M")


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a place of the scene, in metres from its corner, lies in the window."""
    corner = frame([shapely.Point(X + x, Y + y)]).to_crs("EPSG:4326").geometry[0]
    at = page.evaluate(
        "([lat, lng]) => { const p = map_scene.latLngToContainerPoint([lat, lng]);"
        " const b = map_scene.getContainer().getBoundingClientRect();"
        " return [b.x + p.x, b.y + p.y]; }",
        [corner.y, corner.x],
    )
    return at[0], at[1]


def test_one_path_for_each_class_and_one_symbol_for_each_pixel(page: Page):
    expect(page.locator(".leaflet-layer-1-pane path")).to_have_count(2)
    soon(lambda: subpaths(page, 1, 0), 1)  # two places on one spot
    soon(lambda: subpaths(page, 1, 1), 2)


def test_all_places_on_one_spot_can_be_reached(page: Page):
    page.mouse.move(*spot(page, 200, 500))
    soon(page.locator(".leaflet-tooltip").inner_text, "3 lieux ici")
    page.mouse.click(*spot(page, 200, 500))
    card = page.locator(".leaflet-popup .card")
    soon(card.locator("h2").inner_text, "3 lieux ici")
    names = card.locator("li button")
    soon(lambda: sorted(names.all_inner_texts()), ["Collège A", "Collège B", "École C"])
    card.get_by_role("button", name="Collège B").click()
    soon(page.locator(".leaflet-popup h2").inner_text, "Collège B")


def test_a_place_alone_is_named_under_the_pointer_and_opens_at_once(page: Page):
    page.mouse.move(*spot(page, 800, 500))
    soon(page.locator(".leaflet-tooltip").inner_text, "École D")
    page.mouse.move(*spot(page, 500, 200))
    expect(page.locator(".leaflet-tooltip")).to_have_count(0)
    page.mouse.click(*spot(page, 800, 500))
    soon(page.locator(".leaflet-popup h2").inner_text, "École D")


def test_a_reader_may_show_one_class_alone(page: Page):
    paths = page.locator(".leaflet-layer-1-pane path")
    page.get_by_role("checkbox", name="école").uncheck()
    expect(paths).to_have_count(1)
    page.mouse.click(*spot(page, 200, 500))
    names = page.locator(".leaflet-popup li button")
    soon(lambda: sorted(names.all_inner_texts()), ["Collège A", "Collège B"])
    # The layer as a whole goes and comes back as it was.
    layer = page.get_by_role("checkbox", name="Lieux")
    layer.uncheck()
    expect(paths).to_have_count(0)
    layer.check()
    expect(paths).to_have_count(1)
    page.get_by_role("checkbox", name="école").check()
    expect(paths).to_have_count(2)


def test_the_area_below_a_symbol_can_be_clicked_beside_it(page: Page):
    page.mouse.click(*spot(page, 500, 200))
    soon(page.locator(".leaflet-popup h2").inner_text, "Fond")


def test_symbols_have_the_size_of_their_row(open_page: OpenPage, write: Callable[[Scene], Path]):
    points = frame(
        [shapely.Point(X + 200, Y + 500), shapely.Point(X + 800, Y + 500)],
        Nom=["petit", "grand"],
        size=[10.0, 60.0],
    )
    style = Style(fill="#0072b2", stroke=None, marker="circle")
    layer = Layer("Lieux", points, (SymbolClass("habitants", style),), ("Nom",))
    page = open_page(write(Scene("t", "s", (layer,), EXTENT))).page
    path = page.locator(".leaflet-layer-0-pane path")

    def radii() -> list[str]:
        return [part.split(",")[0] for part in path.get_attribute("d").split("a")[1::2]]

    soon(radii, ["30", "5"])  # the widest is drawn first, below the others
    # The lines of its legend are a scale: there is nothing in them to switch off.
    expect(page.locator("#legend .layer li")).to_have_count(1)
    expect(page.locator("#legend .layer li input")).to_have_count(0)


def test_numbers_stand_beside_their_points(open_page: OpenPage, write: Callable[[Scene], Path]):
    points = frame(
        [shapely.Point(X + 300, Y + 500), shapely.Point(X + 700, Y + 500)],
        label=["1", "2"],
        Nom=["Mairie", "Gare"],
    )
    layer = Layer("Lieux", points, (SymbolClass("lieu", CIRCLE),), ("Nom",), label_role="number")
    page = open_page(write(Scene("t", "s", (layer,), EXTENT))).page

    def stands_beside() -> bool:
        (x, y), box = spot(page, 300, 500), page.locator(".label", has_text="1").bounding_box()
        # Right of a symbol whose radius is 10 pixels.
        return 10 <= box["x"] - x <= 16 and box["y"] < y < box["y"] + box["height"]

    soon(stands_beside, expected=True)
    page.mouse.click(*spot(page, 300, 500))
    soon(page.locator(".leaflet-popup h2").inner_text, "Mairie")


def test_only_points_in_sight_are_drawn_of_thousands(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    """A lattice of 50 by 50 points, 100 m apart."""
    xs, ys = np.meshgrid(np.arange(50) * 100.0, np.arange(50) * 100.0)
    points = frame(
        list(shapely.points(X + xs.ravel(), Y + ys.ravel())),
        Nom=[f"Lieu {n}" for n in range(2_500)],
    )
    layer = Layer("Lieux", points, (SymbolClass("lieu", CIRCLE),), ("Nom",))
    page = open_page(write(Scene("t", "s", (layer,), (X, Y, X + 4900, Y + 4900)))).page
    soon(lambda: subpaths(page, 0, 0), 2_500)
    corner = frame([shapely.Point(X + 2500, Y + 2500)]).to_crs("EPSG:4326").geometry[0]
    page.evaluate(f"map_scene.setView([{corner.y}, {corner.x}], 17, {{ animate: false }})")
    # The window is about 1.1 km wide with its margin: a dozen columns and rows at most.
    soon(lambda: 20 < subpaths(page, 0, 0) < 200, expected=True)
    page.mouse.click(*spot(page, 2500, 2500))
    soon(page.locator(".leaflet-popup h2").inner_text, "Lieu 1275")
