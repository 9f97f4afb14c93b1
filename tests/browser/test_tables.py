"""The tables below the map: made when opened, by pages, with a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely
from browser.page_scenes import X, Y, frame, linked_scene, open_tables, soon
from playwright.sync_api import expect

from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.cartography.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenPage
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def many(open_page: OpenPage, write: Callable[[Scene], Path]) -> Page:
    """A layer of 1,201 places, every tenth of them an « École »."""
    names = [f"{'École' if n % 10 == 0 else 'Gare'} {n}" for n in range(1201)]
    points = frame([shapely.Point(X + n, Y) for n in range(1201)], Nom=names)
    style = Style(fill="#0072b2", marker="circle")
    layer = Layer("Lieux", points, (SymbolClass("lieu", style),), ("Nom",))
    return open_page(write(Scene("t", "s", (layer,), (X, Y, X + 1201, Y + 1)))).page


def test_a_table_is_made_when_it_is_opened_five_hundred_rows_at_a_time(many: Page):
    soon(many.locator("#tables summary").inner_text, "Lieux (1\u202f201 lignes)")
    expect(many.locator("#tables tr")).to_have_count(0)
    many.locator("#tables summary").click()
    rows = many.locator("#tables tbody tr")
    expect(rows).to_have_count(500)
    soon(many.locator(".filter [role=status]").inner_text, "500 sur 1\u202f201 lignes")
    more = many.locator("#tables .more")
    more.click()
    soon(more.inner_text, "Afficher 201 lignes de plus")
    more.click()
    expect(rows).to_have_count(1201)
    expect(more).to_be_hidden()


def test_the_filter_knows_no_accents_and_a_name_leads_to_the_map(many: Page):
    many.locator("#tables summary").click()
    many.get_by_label("Filtrer « Lieux »").fill("120 ecole")
    names = many.locator("#tables tbody th")
    soon(names.all_inner_texts, ["École 120", "École 1120", "École 1200"])
    soon(many.locator(".filter [role=status]").inner_text, "3 lignes")
    many.get_by_role("button", name="École 1200").click()
    soon(many.locator(".leaflet-popup h2").inner_text, "École 1200")
    soon(lambda: many.locator("#map_scene").bounding_box()["y"] >= 0, expected=True)


def test_links_and_what_is_not_drawn_have_tables_too(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    page = open_page(write(linked_scene())).page
    summaries = [
        "Communes (1 ligne)",
        "Quartiers (2 lignes)",
        "Écoles (1 ligne)",
        "Liens entre les quartiers et ce qui les touche (5 lignes)",
        "Ce qui n’est pas dessiné sur la carte (3 lignes)",
    ]
    soon(page.locator("#tables summary").all_inner_texts, summaries)
    open_tables(page)

    def cells(table: int) -> list[list[str]]:
        rows = page.locator("#tables table").nth(table).locator("tbody tr").all_inner_texts()
        return [row.split("\t") for row in rows]

    links = [
        ["Ouest", "Jardin partagé", "Nomme le quartier", ""],
        ["Nord", "Jardin partagé", "Nomme le quartier", ""],
        ["Est", "Jardin partagé", "Dans le quartier", "indéterminé · peut-être"],
        ["Ouest", "Aide aux leçons", "Nomme tout le contrat", ""],
        ["Ouest", "École", "À moins de 500 m", "200 m"],
    ]
    soon(lambda: cells(3), links)
    hidden = [
        ["Nord", "Quartier", "Aucun contour n’est publié."],
        ["Jardin partagé", "Action", "Sans lieu connu."],
        ["Aide aux leçons", "Action", "Sans lieu connu."],
    ]
    soon(lambda: cells(4), hidden)
    page.locator("#tables").get_by_role("button", name="Aide aux leçons").click()
    soon(page.locator("#selection .card h2").inner_text, "Aide aux leçons")
