"""Looking for things on the page, choosing them, and seeing what they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.page_scenes import X, Y, frame, linked_scene, square
from playwright.sync_api import expect

from cdv_geo.cartography.scene import Layer, Scene, Subject, SymbolClass
from cdv_geo.cartography.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenPage
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: OpenPage, write: Callable[[Scene], Path]) -> Page:
    return open_page(write(linked_scene())).page


def search(page: Page, query: str) -> None:
    page.get_by_role("combobox").fill(query)
    page.keyboard.press("Enter")


def groups(page: Page) -> list[str]:
    return page.locator(".card summary").all_inner_texts()


def test_a_quartier_has_its_figures_and_links_folded_by_basis(page: Page):
    page.locator(".leaflet-layer-1-pane path").first.click()
    card = page.locator(".leaflet-popup .card")
    assert card.locator("h2").inner_text() == "Ouest"
    assert card.locator("> dl dt").all_inner_texts() == ["Habitants"]
    assert groups(page) == [
        "Chiffres (8)",
        "Nomme le quartier (1)",
        "Nomme tout le contrat (1)",
        "À moins de 500 m (1)",
    ]
    assert not card.get_by_role("button", name="École").is_visible()
    card.get_by_text("À moins de 500 m (1)").click()
    line = card.locator("li", has_text="École")
    assert line.locator(".note").inner_text() == "200 m"
    line.get_by_role("button").click()
    assert page.locator(".leaflet-popup h2").inner_text() == "École"


def test_an_undetermined_link_stands_apart_and_says_so(page: Page):
    search(page, "est")
    assert groups(page) == ["Dans le quartier – indéterminé (1)"]
    page.locator(".card summary").click()
    assert page.locator(".card li").inner_text() == "Jardin partagé indéterminé · peut-être"


def test_an_action_opens_beside_the_map_and_shows_whom_it_reaches(page: Page):
    search(page, "jardin")
    card = page.locator("#selection .card")
    assert card.locator(".reason").inner_text() == "Sans lieu connu."
    assert card.locator(".reach").inner_text() == (
        "Touche 1 quartier sur la carte, 1 sans contour ; 1 quartier indéterminé."
    )
    assert groups(page) == ["Nomme le quartier (2)", "Dans le quartier – indéterminé (1)"]
    assert page.locator(".leaflet-popup").count() == 0
    marks = page.locator(".leaflet-highlight-pane path").all()
    # Each of the two outlines is drawn as itself, with a casing, and with a line above.
    dashes = [mark.get_attribute("stroke-dasharray") for mark in marks]
    assert dashes == ["6 4", None, None, None, None, "9 7"]
    west = page.locator(".leaflet-layer-1-pane path").first.bounding_box()
    assert marks[0].bounding_box()["x"] == pytest.approx(west["x"], abs=1)
    assert page.locator("#announcement").inner_text().startswith("Sélection : Jardin partagé.")
    card.get_by_text("Nomme le quartier (2)").click()
    hidden = card.locator("li", has_text="Nord")
    assert hidden.locator(".note").inner_text() == "sans contour"
    hidden.get_by_role("button").click()
    assert page.locator("#selection .reason").inner_text() == "Aucun contour n’est publié."


def test_escape_and_the_button_clear_the_selection(page: Page):
    search(page, "jardin")
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    assert page.locator(".leaflet-highlight-pane path").count() == 0
    search(page, "ouest")
    page.get_by_role("button", name="Effacer la sélection").click()
    assert page.locator(".leaflet-popup").count() == 0
    assert page.locator("#announcement").inner_text() == "Sélection effacée"
    search(page, "ouest")
    page.get_by_label("Fermer").click()
    expect(page.locator("#selection")).to_be_hidden()


def test_the_focus_is_never_lost(page: Page):
    focused = "document.activeElement.id"
    search(page, "ouest")
    page.get_by_label("Fermer").press("Enter")
    assert page.evaluate(focused) == "map_scene"
    search(page, "ouest")
    page.get_by_label("Fermer").press("Escape")
    assert page.evaluate(focused) == "query"
    search(page, "jardin")
    page.get_by_role("button", name="Effacer la sélection").press("Enter")
    assert page.evaluate(focused) == "query"


def test_the_card_of_a_quartier_stands_in_for_its_name(page: Page):
    name = page.locator(".label.quartier", has_text="Ouest")
    assert name.is_visible()
    search(page, "ouest")
    expect(name).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".leaflet-popup")).to_be_hidden()
    expect(page.locator("#chosen")).to_have_text("Ouest")
    expect(name).to_be_visible()


def test_search_by_keyboard_takes_words_in_any_order_without_accents(page: Page):
    box = page.get_by_role("combobox")
    box.fill("LECONS aide")
    assert page.get_by_role("option").all_inner_texts() == ["Aide aux leçons"]
    assert box.get_attribute("aria-expanded") == "true"
    assert page.locator("#result-count").inner_text() == "1 résultat"
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    assert page.locator(".card h2").inner_text() == "Aide aux leçons"
    assert page.evaluate("document.activeElement.textContent") == "Aide aux leçons"
    assert box.get_attribute("aria-expanded") == "false"


def test_search_groups_by_kind_and_says_when_nothing_is_found(page: Page):
    box = page.get_by_role("combobox")
    box.fill("o")
    headings = page.locator("#results .group").all_text_contents()
    assert headings == ["Quartiers", "Actions", "Équipements"]
    names = page.locator("[role=option] span:first-child").all_text_contents()
    assert names == ["Ouest", "Nord", "Aide aux leçons", "École"]
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") == "result-3"
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == "result-0"
    box.fill("zzz")
    assert page.locator("#result-count").inner_text() == "Aucun résultat"
    page.keyboard.press("Escape")
    assert box.input_value() == ""
    search(page, "grand carre")
    assert page.locator(".card h2").inner_text() == "Grand Carré"
    assert page.locator(".card .kind").inner_text().lower() == "commune"


def test_search_shows_twelve_and_counts_the_others(
    open_page: OpenPage, write: Callable[[Scene], Path]
):
    """Forty actions and one quartier: the quartier keeps its place, eleven actions follow."""
    layer = Layer("l", frame([square(0, 0, 100)]), (SymbolClass("c", Style()),))
    subjects = (
        *(Subject(f"A{n}", "action", f"Lieu {n}") for n in range(40)),
        Subject("Q", "quartier", "Lieu-dit"),
    )
    scene = Scene("t", "s", (layer,), (X, Y, X + 100, Y + 100), subjects=subjects)
    page = open_page(write(scene)).page
    page.get_by_role("combobox").fill("lieu")
    assert page.get_by_role("option").count() == 12
    count = page.locator("#result-count").inner_text()
    assert count == "41 résultats, dont 12 affichés et 29 autres"


def test_choosing_brings_a_thing_into_sight(page: Page):
    page.evaluate("map_scene.setView([46.5, 3], 9, { animate: false })")
    search(page, "est")
    box = page.locator(".leaflet-layer-1-pane path").nth(1).bounding_box()
    frame_box = page.locator("#map_scene").bounding_box()
    assert box["x"] >= frame_box["x"]
    assert box["x"] + box["width"] <= frame_box["x"] + frame_box["width"]
    assert box["width"] > 100
