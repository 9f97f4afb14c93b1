"""The atlas of the home territory, made by the program and opened in a real browser."""

from __future__ import annotations

import pytest
from browser.page_scenes import soon
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MAPS = (
    "vue-d-ensemble",
    "actions",
    "equipements",
    "evolution-2015-2024",
    "niveau-de-vie",
    "chomage",
    "population",
    "habitants",
    "zoom-quartier-QN07301M",
    "zoom-quartier-QN07302M",
)


def drawn(page, layer):
    """Find the outlines of a layer, by its French name in the legend."""
    rank = page.evaluate(f"cdv.layers.all.findIndex((layer) => layer.name === {layer!r})")
    assert rank >= 0
    return page.locator(f".leaflet-layer-{rank}-pane path")


def test_the_index_leads_to_every_file(atlas, open_page):
    page = open_page(atlas / "index.html").page
    made = {path.name for path in atlas.iterdir()} - {"index.html", "manifest.json"}
    soon(lambda: {a.get_attribute("href") for a in page.locator("a").all()}, made)
    wide = "all => all.map((picture) => picture.naturalWidth > 1000)"
    soon(lambda: page.locator("img").evaluate_all(wide), [True] * len(MAPS))
    rows = "all => all.map((table) => table.querySelectorAll('tbody tr').length)"
    soon(lambda: page.locator("table").evaluate_all(rows), [19, 19 + 9 + 1])


@pytest.mark.parametrize("width", [1280, 375])
def test_notes_and_links_to_fiches_are_seen_whole(atlas, open_page, width):
    page = open_page(atlas / "index.html").page
    page.set_viewport_size({"width": width, "height": 800})
    soon(lambda: page.evaluate("innerWidth"), width)
    notes = page.locator("p.note")
    shown = notes.or_(page.locator("table.texts a"))
    expect(shown).to_have_count(2 + 2 * 19)

    def all_lie_within_the_window():
        found = [part.bounding_box() for part in shown.all()]
        return all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in found)

    soon(all_lie_within_the_window, expected=True)
    region = page.get_by_role("region", name="Fiches par quartier")
    soon(lambda: region.evaluate("r => r.scrollWidth <= r.clientWidth"), expected=True)
    described = [t.get_attribute("aria-describedby") for t in page.locator("table").all()]
    assert described == [note.get_attribute("id") for note in notes.all()]


def test_the_sources_are_a_page_and_not_a_file_of_marks(atlas, open_page):
    page = open_page(atlas / "sources.html").page
    expect(page.locator("h1")).to_have_count(1)
    soon(lambda: page.locator("h2, h3").count() > 10, expected=True)
    text = page.locator("main").inner_text()
    assert "Licence Ouverte" in text
    assert "ODbL" in text
    assert "**" not in text


def test_the_overview_shows_the_two_qpv_and_the_nine_communes(atlas, open_page):
    page = open_page(atlas / "vue-d-ensemble.html").page
    expect(drawn(page, "Quartiers")).to_have_count(2)
    expect(drawn(page, "Communes")).to_have_count(9)
    labels = page.locator(".label.quartier")
    soon(lambda: set(labels.all_inner_texts()), {"Biollay - Bellevue", "Les Hauts De Chambéry"})
    hidden = page.locator("#not-drawn li")
    expect(hidden).to_have_count(9)  # one line per commune
    assert any("Le Piochet" in line for line in hidden.all_inner_texts())


def test_equipment_is_shown_as_points_and_what_has_no_place_is_named(atlas, open_page):
    page = open_page(atlas / "equipements.html").page
    expect(page.get_by_text("Équipements (46 lignes)")).to_have_count(1)
    expect(drawn(page, "Quartiers")).to_have_count(2)
    text = page.locator("#not-drawn").inner_text()
    assert "Équipements sans position (25)" in text
    assert "Mairie de quartier du Biollay" in text


def test_a_sheet_of_each_quartier_numbers_what_is_near(atlas, open_page):
    page = open_page(atlas / "zoom-quartier-QN07301M.html").page
    soon(page.locator("h1").inner_text, "Zoom sur Biollay - Bellevue")
    expect(page.locator("#lists li", has_text="3. Médiathèque de Cognin")).to_have_count(1)
    labels = page.locator(".label.number")
    soon(lambda: sorted(labels.all_inner_texts()), ["1", "2", "3", "4", "5", "6"])


def test_no_action_is_drawn_as_a_point_and_perimeters_show_their_counts(atlas, open_page):
    page = open_page(atlas / "actions.html").page
    labels = page.locator(".label.quartier")
    counts = ["nommément\u00a0: 8, dont 1\u00a0envisagée", "nommément\u00a0: 8"]
    soon(lambda: [label.splitlines()[1] for label in labels.all_inner_texts()], counts)
    expect(drawn(page, "Quartiers et actions")).to_have_count(2)


def test_the_change_has_its_three_parts_and_the_cells_are_all_there(atlas, open_page):
    page = open_page(atlas / "evolution-2015-2024.html").page
    legend = page.locator("#legend").inner_text()
    assert "Conservé en 2024 (64,2\u00a0ha)" in legend  # 31.95 + 32.20
    assert "Entré en 2024 (52,8\u00a0ha)" in legend  # 5.56 + 47.20
    assert "Sorti en 2024 (7,4\u00a0ha)" in legend  # 5.60 + 1.78
    cells = drawn(open_page(atlas / "niveau-de-vie.html").page, "Carreaux imputés")
    soon(lambda: cells.count() > 500, expected=True)
