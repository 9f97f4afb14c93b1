"""Every page by the rules of axe-core: no serious fault, at a desk or on a telephone.

As each is opened here, it is also seen to ask for nothing and to complain of nothing.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.page_scenes import open_tables, settle, soon, wait_for_a_frame, wait_for_the_map
from playwright.sync_api import expect

from thinning import singles

pytestmark = pytest.mark.browser

MAPS = sorted(path.stem for path in (Path(__file__).parents[2] / "maps").glob("*.toml"))
WIDTHS = {"desk": 1280, "telephone": 375}


def serious_faults(page):
    """List what axe finds that keeps a reader out, with the places where it is."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html']}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def look_for(page):
    """Type what several things answer to, so that the list is open."""
    page.get_by_role("combobox").fill("bi")
    soon(lambda: page.get_by_role("option").count() > 1, expected=True)


def choose_a_quartier(page):
    page.get_by_role("combobox").fill("Biollay - Bellevue")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup .card")).to_be_visible()
    wait_for_the_map(page)


def choose_an_action(page):
    page.get_by_role("combobox").fill("action")
    page.get_by_role("group", name="Actions").get_by_role("option").first.click()
    expect(page.locator("#selection .card")).to_be_visible()
    wait_for_the_map(page)


def open_the_tables(page):
    open_tables(page)
    expect(page.locator("#tables table").first).to_be_visible()


STATES = (look_for, choose_a_quartier, choose_an_action, open_the_tables)


def test_no_page_has_a_serious_fault_complains_or_asks_beyond_its_folder(atlas, open_page):
    paths = sorted(atlas.glob("*.html"))
    assert len(paths) >= 2 + len(MAPS)  # some recipes make several maps
    for path, width in singles(product(paths, WIDTHS)):
        opened = open_page(path, width=WIDTHS[width])
        settle(opened.page)
        assert opened.errors == [], path
        assert all(url.startswith("file://") for url in opened.requests), path
        assert serious_faults(opened.page) == [], path
        opened.page.close()


@pytest.mark.parametrize(("reach", "width"), singles(product(STATES, WIDTHS)))
def test_no_state_of_a_page_has_a_serious_fault(atlas, open_page, reach, width):
    page = open_page(atlas / "actions.html", width=WIDTHS[width]).page
    reach(page)
    wait_for_a_frame(page)
    assert serious_faults(page) == []


def test_a_fault_is_found(atlas, open_page):
    page = open_page(atlas / "index.html").page
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert serious_faults(page) == ["button-name: <button></button>"]
