"""Looking for things on the page, choosing them, and seeing what they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.page_scenes import X, Y, frame, linked_scene, soon, square, wait_for_the_map
from playwright.sync_api import expect

from cdv_geo.cartography.scene import Layer, Scene, Subject, SymbolClass
from cdv_geo.cartography.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenPage
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: OpenPage, write: Callable[[Scene], Path]) -> Page:
    return open_page(write(linked_scene())).page


def search(page: Page, query: str) -> None:
    page.get_by_role("combobox").fill(query)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_be_focused()


def groups(page: Page) -> Locator:
    return page.locator(".card summary")


def test_a_quartier_has_its_figures_and_links_folded_by_basis(page: Page):
    page.locator(".leaflet-layer-1-pane path").first.click()
    card = page.locator(".leaflet-popup .card")
    soon(card.locator("h2").inner_text, "Ouest")
    soon(card.locator("> dl dt").all_inner_texts, ["Habitants"])
    folded = [
        "Chiffres (8)",
        "Nomme le quartier (1)",
        "Nomme tout le contrat (1)",
        "À moins de 500 m (1)",
    ]
    soon(groups(page).all_inner_texts, folded)
    expect(card.get_by_role("button", name="École")).to_be_hidden()
    card.get_by_text("À moins de 500 m (1)").click()
    line = card.locator("li", has_text="École")
    soon(line.locator(".note").inner_text, "200 m")
    line.get_by_role("button").click()
    soon(page.locator(".leaflet-popup h2").inner_text, "École")


def test_an_undetermined_link_stands_apart_and_says_so(page: Page):
    search(page, "est")
    soon(groups(page).all_inner_texts, ["Dans le quartier – indéterminé (1)"])
    page.locator(".card summary").click()
    soon(page.locator(".card li").inner_text, "Jardin partagé indéterminé · peut-être")


def test_an_action_opens_beside_the_map_and_shows_whom_it_reaches(page: Page):
    search(page, "jardin")
    card = page.locator("#selection .card")
    soon(card.locator(".reason").inner_text, "Sans lieu connu.")
    reach = "Touche 1 quartier sur la carte, 1 sans contour ; 1 quartier indéterminé."
    soon(card.locator(".reach").inner_text, reach)
    folded = ["Nomme le quartier (2)", "Dans le quartier – indéterminé (1)"]
    soon(groups(page).all_inner_texts, folded)
    wait_for_the_map(page)
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    marks = page.locator(".leaflet-highlight-pane path")
    # Each of the two outlines is drawn as itself, with a casing, and with a line above.
    dashes = "all => all.map((path) => path.getAttribute('stroke-dasharray'))"
    soon(lambda: marks.evaluate_all(dashes), ["6 4", None, None, None, None, "9 7"])
    west = page.locator(".leaflet-layer-1-pane path").first.bounding_box()
    soon(lambda: marks.first.bounding_box()["x"], pytest.approx(west["x"], abs=1))
    said = page.locator("#announcement")
    soon(lambda: said.inner_text().startswith("Sélection : Jardin partagé."), expected=True)
    card.get_by_text("Nomme le quartier (2)").click()
    hidden = card.locator("li", has_text="Nord")
    soon(hidden.locator(".note").inner_text, "sans contour")
    hidden.get_by_role("button").click()
    soon(page.locator("#selection .reason").inner_text, "Aucun contour n’est publié.")


def test_escape_and_the_button_clear_the_selection(page: Page):
    search(page, "jardin")
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    expect(page.locator(".leaflet-highlight-pane path")).to_have_count(0)
    search(page, "ouest")
    page.get_by_role("button", name="Effacer la sélection").click()
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    soon(page.locator("#announcement").inner_text, "Sélection effacée")
    search(page, "ouest")
    page.get_by_label("Fermer").click()
    expect(page.locator("#selection")).to_be_hidden()


def test_the_focus_is_never_lost(page: Page):
    search(page, "ouest")
    page.get_by_label("Fermer").press("Enter")
    expect(page.locator("#map_scene")).to_be_focused()
    search(page, "ouest")
    page.get_by_label("Fermer").press("Escape")
    expect(page.locator("#query")).to_be_focused()
    search(page, "jardin")
    page.get_by_role("button", name="Effacer la sélection").press("Enter")
    expect(page.locator("#query")).to_be_focused()


def test_the_card_of_a_quartier_stands_in_for_its_name(page: Page):
    name = page.locator(".label.quartier", has_text="Ouest")
    expect(name).to_be_visible()
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
    soon(page.get_by_role("option").all_inner_texts, ["Aide aux leçons"])
    expect(box).to_have_attribute("aria-expanded", "true")
    soon(page.locator("#result-count").inner_text, "1 résultat")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    active = box.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    soon(page.locator(".card h2").inner_text, "Aide aux leçons")
    soon(lambda: page.evaluate("document.activeElement.textContent"), "Aide aux leçons")
    expect(box).to_have_attribute("aria-expanded", "false")


def test_search_groups_by_kind_and_says_when_nothing_is_found(page: Page):
    box = page.get_by_role("combobox")
    box.fill("o")
    headings = page.locator("#results .group")
    soon(headings.all_text_contents, ["Quartiers", "Actions", "Équipements"])
    names = page.locator("[role=option] span:first-child")
    soon(names.all_text_contents, ["Ouest", "Nord", "Aide aux leçons", "École"])
    page.keyboard.press("ArrowUp")
    expect(box).to_have_attribute("aria-activedescendant", "result-3")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "result-0")
    box.fill("zzz")
    soon(page.locator("#result-count").inner_text, "Aucun résultat")
    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    search(page, "grand carre")
    soon(page.locator(".card h2").inner_text, "Grand Carré")
    soon(lambda: page.locator(".card .kind").inner_text().lower(), "commune")


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
    expect(page.get_by_role("option")).to_have_count(12)
    count = "41 résultats, dont 12 affichés et 29 autres"
    soon(page.locator("#result-count").inner_text, count)


def test_choosing_brings_a_thing_into_sight(page: Page):
    page.evaluate("map_scene.setView([46.5, 3], 9, { animate: false })")
    search(page, "est")
    wait_for_the_map(page)

    def lies_within_the_map() -> bool:
        box = page.locator(".leaflet-layer-1-pane path").nth(1).bounding_box()
        whole = page.locator("#map_scene").bounding_box()
        left, right = whole["x"], whole["x"] + whole["width"]
        return left <= box["x"] and box["x"] + box["width"] <= right and box["width"] > 100

    soon(lies_within_the_map, expected=True)
