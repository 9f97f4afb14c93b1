"""The atlas of the home territory, made by the program and opened in a real browser."""

from __future__ import annotations

import pytest

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
    """Count the outlines of a layer, by its French name in the legend."""
    rank = page.evaluate(f"cdv.layers.all.findIndex((layer) => layer.name === {layer!r})")
    assert rank >= 0
    return page.locator(f".leaflet-layer-{rank}-pane path").count()


def test_the_index_leads_to_every_file(atlas, open_page):
    page = open_page(atlas / "index.html").page
    links = {a.get_attribute("href") for a in page.locator("a").all()}
    made = {path.name for path in atlas.iterdir()} - {"index.html", "manifest.json"}
    assert links == made
    pictures = page.locator("img").all()
    assert len(pictures) == len(MAPS)
    assert all(picture.evaluate("p => p.naturalWidth") > 1000 for picture in pictures)
    tables = page.locator("table").all()
    assert [table.locator("tbody tr").count() for table in tables] == [19, 19 + 9 + 1]


@pytest.mark.parametrize("width", [1280, 375])
def test_notes_and_links_to_fiches_are_seen_whole(atlas, open_page, width):
    page = open_page(atlas / "index.html").page
    page.set_viewport_size({"width": width, "height": 800})
    notes = page.locator("p.note").all()
    shown = [*notes, *page.locator("table.texts a").all()]
    assert len(shown) == 2 + 2 * 19
    boxes = [part.bounding_box() for part in shown]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    region = page.get_by_role("region", name="Fiches par quartier")
    assert region.evaluate("r => r.scrollWidth <= r.clientWidth")
    described = [t.get_attribute("aria-describedby") for t in page.locator("table").all()]
    assert described == [note.get_attribute("id") for note in notes]


def test_the_sources_are_a_page_and_not_a_file_of_marks(atlas, open_page):
    page = open_page(atlas / "sources.html").page
    assert page.locator("h1").count() == 1
    assert page.locator("h2, h3").count() > 10
    text = page.locator("main").inner_text()
    assert "Licence Ouverte" in text
    assert "ODbL" in text
    assert "**" not in text


def test_the_overview_shows_the_two_qpv_and_the_nine_communes(atlas, open_page):
    opened = open_page(atlas / "vue-d-ensemble.html")
    assert drawn(opened.page, "Quartiers") == 2
    assert drawn(opened.page, "Communes") == 9
    labels = set(opened.page.locator(".label.quartier").all_inner_texts())
    assert labels == {"Biollay - Bellevue", "Les Hauts De Chambéry"}
    hidden = opened.page.locator("#not-drawn li").all_inner_texts()
    assert len(hidden) == 9  # one line per commune
    assert any("Le Piochet" in line for line in hidden)


def test_equipment_is_shown_as_points_and_what_has_no_place_is_named(atlas, open_page):
    opened = open_page(atlas / "equipements.html")
    assert opened.page.get_by_text("Équipements (46 lignes)").count() == 1
    assert drawn(opened.page, "Quartiers") == 2
    text = opened.page.locator("#not-drawn").inner_text()
    assert "Équipements sans position (25)" in text
    assert "Mairie de quartier du Biollay" in text


def test_a_sheet_of_each_quartier_numbers_what_is_near(atlas, open_page):
    page = open_page(atlas / "zoom-quartier-QN07301M.html").page
    assert page.locator("h1").inner_text() == "Zoom sur Biollay - Bellevue"
    assert page.locator("#lists li", has_text="3. Médiathèque de Cognin").count() == 1
    labels = page.locator(".label.number").all_inner_texts()
    assert sorted(labels) == ["1", "2", "3", "4", "5", "6"]


def test_no_action_is_drawn_as_a_point_and_perimeters_show_their_counts(atlas, open_page):
    opened = open_page(atlas / "actions.html")
    labels = opened.page.locator(".label.quartier").all_inner_texts()
    assert (
        sorted(label.splitlines()[1] for label in labels) == ["8 nommément · 8 plus largement"] * 2
    )
    assert drawn(opened.page, "Quartiers et actions") == 2


def test_the_change_has_its_three_parts_and_the_cells_are_all_there(atlas, open_page):
    page = open_page(atlas / "evolution-2015-2024.html").page
    legend = page.locator("#legend").inner_text()
    assert "Conservé en 2024 (64,2\u00a0ha)" in legend  # 31.95 + 32.20
    assert "Entré en 2024 (52,8\u00a0ha)" in legend  # 5.56 + 47.20
    assert "Sorti en 2024 (7,4\u00a0ha)" in legend  # 5.60 + 1.78
    assert drawn(open_page(atlas / "niveau-de-vie.html").page, "Carreaux imputés") > 500


@pytest.mark.parametrize("name", ["index", "sources", *MAPS])
def test_no_page_asks_for_anything_outside_its_folder_or_complains(atlas, open_page, name):
    opened = open_page(atlas / f"{name}.html")
    assert opened.errors == []
    assert all(request.startswith("file://") for request in opened.requests)
