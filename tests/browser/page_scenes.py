"""Small scenes whose figures can be worked out by hand, and how to wait for their page.

A page answers a moment after it was touched: a table is made after it was opened, and a map glides.
Nothing is asserted at once, and that nothing happened only when the page has come to rest.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from playwright.sync_api import expect

from cdv_geo.cartography.scene import (
    Layer,
    Scene,
    Subject,
    SubjectLink,
    SymbolClass,
    TextList,
)
from cdv_geo.cartography.style import MARKERS, Style

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

PATIENCE_S = 60  # a busy machine is no fault of the page
X, Y = 925_000, 6_500_000
HOSTILE = (
    "<img src=x onerror=window.__pwned=1>"
    "</script><script>window.__pwned=1</script>"
    "`${window.__pwned=1}` {{7*7}} {{ 7*7 }} C:\\2019 \"'& javascript:window.__pwned=1"
)
# Words that mean something to JavaScript, and so must not be looked up in a plain object.
HOSTILE_KEYS = ("__proto__", "constructor", "javascript:window.__pwned=1", HOSTILE)


def soon(measured: Callable[[], object], expected: object) -> None:
    """Assert that something becomes what is expected, as `expect` does for elements.

    Texts are compared as they are, where `expect` takes a narrow no-break space for any other. The
    content policy of the page stops Playwright's own `wait_for_function` at its second look.
    """
    end = time.monotonic() + PATIENCE_S
    while (found := measured()) != expected and time.monotonic() < end:
        time.sleep(0.05)
    assert found == expected, f"{found!r} instead of {expected!r}"


def wait_for_a_frame(page: Page) -> None:
    """Wait until what was changed has been drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def settle(page: Page) -> None:
    """Wait until all that a page asks for, or complains of, has been heard of."""
    page.wait_for_load_state("networkidle")
    wait_for_a_frame(page)
    with page.expect_console_message(lambda message: message.text == "settled"):
        page.evaluate("console.log('settled')")


def wait_for_the_map(page: Page) -> None:
    """Wait until the map has made room for a card."""
    wait_for_a_frame(page)
    expect(page.locator(".leaflet-pan-anim")).to_have_count(0)


def open_tables(page: Page) -> None:
    """Open all tables; each of them is made a moment after it was opened."""
    for details in page.locator("#tables details").all():
        details.locator("summary").click()
        expect(details.locator("table")).to_be_visible()


def boxes(parts: Locator) -> list[shapely.Polygon]:
    """Say where all elements that a locator finds lie in the window, at one moment."""
    sides = parts.evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect())"
        ".map(({ left, top, right, bottom }) => [left, top, right, bottom])"
    )
    return [shapely.box(*each) for each in sides]


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
            Layer(
                "Communes",
                communes,
                (SymbolClass("limite", Style(fill="#ffffff")),),
                label_role="commune",
                theme="Fond",
            ),
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
    """The hostile text wherever a text may stand, and hostile words as keys."""
    style = Style(fill="#0072b2", marker="star", size=30)
    columns = {HOSTILE: [HOSTILE], "label": [HOSTILE]}
    point = frame([shapely.Point(X + 500, Y + 500)], key=[HOSTILE_KEYS[0]], **columns)
    area = frame([square(0, 0, 1000)], key=[HOSTILE_KEYS[1]], **columns)
    layers = tuple(
        Layer(HOSTILE, features, (SymbolClass(HOSTILE, style),), (HOSTILE,), theme=HOSTILE)
        for features in (area, point)
    )
    kinds = ("equipment", "quartier", "action", "action")
    subjects = tuple(
        Subject(key, kind, HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE if kind == "action" else "")
        for key, kind in zip(HOSTILE_KEYS, kinds, strict=True)
    )
    links = tuple(
        SubjectLink(HOSTILE_KEYS[1], thing, HOSTILE, HOSTILE, certain=certain)
        for thing, certain in (
            (HOSTILE_KEYS[0], True),
            (HOSTILE_KEYS[2], False),
            (HOSTILE_KEYS[3], True),
        )
    )
    texts, lists = (HOSTILE,), (TextList(HOSTILE, (HOSTILE,)),)
    return Scene(
        title=HOSTILE,
        subtitle=HOSTILE,
        layers=layers,
        extent=(X, Y, X + 1000, Y + 1000),
        notes=texts,
        lists=lists,
        not_drawn=lists,
        sources=texts,
        subjects=subjects,
        links=links,
    )


def linked_scene() -> Scene:
    """The squares, with two quartiers that have an outline and one that has none.

    The action « Jardin » names Ouest and the hidden quartier, and perhaps reaches Est. The school
    lies within 500 m of Ouest.
    """
    scene = square_scene()
    communes, quartiers, _ = scene.layers
    keyed = quartiers.features.assign(key=["QN1", "QN2"])
    school = frame([shapely.Point(X + 1700, Y + 1000)], key=["E1"], Nom=["École"])
    figures = tuple((f"Taux {n}", f"{n} % (2018, INSEE)") for n in range(8))
    why = "Aucun contour n’est publié."
    return Scene(
        title=scene.title,
        subtitle=scene.subtitle,
        layers=(
            communes,
            Layer("Quartiers", keyed, quartiers.classes, quartiers.details, theme="Périmètres"),
            Layer("Écoles", school, (SymbolClass("école", Style(marker="square")),), ("Nom",)),
        ),
        extent=scene.extent,
        not_drawn=(TextList("Sans contour", ("Nord",)),),
        subjects=(
            Subject("QN1", "quartier", "Ouest", figures),
            Subject("QN2", "quartier", "Est"),
            Subject("V1", "quartier", "Nord", not_drawn=why),
            Subject("A1", "action", "Jardin partagé", (("Année", "2022"),), "Sans lieu connu."),
            Subject("A2", "action", "Aide aux leçons", (), "Sans lieu connu."),
            Subject("E1", "equipment", "École"),
        ),
        links=(
            SubjectLink("QN1", "A1", "Nomme le quartier"),
            SubjectLink("V1", "A1", "Nomme le quartier"),
            SubjectLink("QN2", "A1", "Dans le quartier", "peut-être", certain=False),
            SubjectLink("QN1", "A2", "Nomme tout le contrat"),
            SubjectLink("QN1", "E1", "À moins de 500 m", "200 m"),
        ),
    )
