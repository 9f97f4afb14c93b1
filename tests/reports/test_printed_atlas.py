"""The atlas to print: every sheet and every fiche as it is by itself, in one document."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pikepdf
import pytest
from cli.in_process import run
from pypdf import PdfReader
from reports.test_pdf import (
    CONTROLS,
    MARKUP,
    TIMES,
    as_shown,
    attribute,
    elements,
    everywhere,
    squeezed,
    text_of,
)
from test_visible_letters import scene

from cdv_geo.cartography.printed_sheet import PAGES, sheet_content
from cdv_geo.french.typography import typeset
from cdv_geo.reports.document import Book
from cdv_geo.reports.pdf import render_book

from squares import perimeters, square

# In the order of the recipes' ranks, then of the perimeters.
SHEETS = (
    *("vue-d-ensemble", "actions", "equipements", "evolution-2015-2024", "niveau-de-vie"),
    *("chomage", "population", "habitants", "zoom-quartier-QN07301M", "zoom-quartier-QN07302M"),
)
TITLE = "Atlas – Contrat de ville de Grand Chambéry"
# Beside the map: title, subtitle, two lines of the legend, a list and what is missing with their
# headings, note, source.
ON_A_SHEET = 10
# All of it means something to typst.
TYPST = '#eval("1") $x$ *a* @b <c>'


@pytest.fixture(scope="module")
def bound(atlas):
    with pikepdf.open(atlas / "atlas.pdf") as pdf:
        yield pdf


@pytest.fixture(scope="module")
def whole(atlas, territory):
    """The files that are bound, in their order: each opened."""
    fiches = (f"fiche-{code}" for code in territory.study().perimeters["code"])
    files = [pikepdf.open(atlas / f"{name}.pdf") for name in (*SHEETS, *fiches)]
    yield files
    for file in files:
        file.close()


def headings(pdf: pikepdf.Pdf) -> list[tuple[int, str]]:
    """The headings in the order of reading, each with its level."""
    found = [e for e in elements(pdf) if str(e.S).startswith("/H")]
    return [(int(str(e.S)[2:]), squeezed(str(e.T))) for e in found]


def bookmarks(pdf: pikepdf.Pdf) -> list[tuple[str, int]]:
    """The bookmarks, none of which has others below it, with the numbers of their pages."""
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages)}
    with pdf.open_outline() as outline:
        assert not any(item.children for item in outline.root)
        return [(item.title, numbers[item.destination[0].objgen]) for item in outline.root]


def alternatives(pdf: pikepdf.Pdf) -> list[str]:
    return [str(e.Alt) for e in elements(pdf) if str(e.S) == "/Figure"]


def papers(pdf: pikepdf.Pdf) -> list[list[float]]:
    return [[round(float(side)) for side in page.mediabox[2:]] for page in pdf.pages]


def test_every_heading_stands_in_it_in_order_and_a_level_lower(bound, whole):
    own = [(level + 1, said) for pdf in whole for level, said in headings(pdf)]
    found = headings(bound)
    assert found == [(1, squeezed(TITLE)), *own]
    assert len(found) > 300
    assert all(later - earlier <= 1 for (earlier, _), (later, _) in pairwise(found))


def test_each_bookmark_leads_to_a_part_that_has_the_paper_and_pages_of_its_file(bound, whole):
    marks = bookmarks(bound)
    assert [title for title, _ in marks] == [str(pdf.docinfo["/Title"]) for pdf in whole]
    ends = [*(page for _, page in marks[1:]), len(bound.pages)]
    pages = [papers(bound)[start:end] for (_, start), end in zip(marks, ends, strict=True)]
    assert pages[: len(SHEETS)] == [papers(pdf) for pdf in whole[: len(SHEETS)]]
    assert max(map(len, pages[: len(SHEETS)])) == 2  # one goes on after its map page
    assert {tuple(page) for part in pages[len(SHEETS) :] for page in part} == {(595, 842)}


def test_every_map_and_chart_is_described_in_it(bound, whole):
    own = [described for pdf in whole for described in alternatives(pdf)]
    assert alternatives(bound) == own
    assert min(map(len, own)) > 0
    heads = [e for e in elements(bound) if str(e.S) == "/TH"]
    assert {attribute(e, "/Scope") for e in heads} == {"/Column"}


def test_it_says_its_title_its_language_and_its_standard(bound):
    with bound.open_metadata() as metadata:
        assert metadata["dc:title"] == TITLE
        assert metadata["pdfuaid:part"] == "1"
    assert str(bound.Root.Lang) == "fr-FR"
    assert bool(bound.Root.MarkInfo.Marked)


def test_each_sheet_keeps_its_own_paper_whatever_the_others_have():
    sheets = tuple(sheet_content(replace(scene("Aval"), page=page)) for page in PAGES)
    with pikepdf.open(io.BytesIO(render_book(Book("Atlas", "", sheets, "")))) as pdf:
        assert papers(pdf)[1:] == [[round(side) for side in PAGES[page]] for page in PAGES]


@pytest.mark.parametrize("name", [*MARKUP, *CONTROLS])
def test_any_text_is_set_as_text(name):
    """On the cover, on a sheet and in a report."""
    parts = (sheet_content(scene(name)), everywhere(name))
    content = render_book(Book(name, name, parts, name))
    pages = [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]
    shown = squeezed(as_shown(name))
    cover, report = pages[0], pages[-1]
    # Title, subtitle and foot; the contents name both parts.
    assert cover.count(shown) == 5
    assert "".join(pages[1:-1]).count(shown) >= ON_A_SHEET
    assert report.count(shown) >= TIMES
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert [squeezed(title) for title, _ in bookmarks(pdf)] == [shown, shown]


def test_names_of_a_territory_are_text_in_its_fiches_and_its_atlas(make_territory, tmp_path):
    outline = perimeters({"code": "Q1", "nom": TYPST, "geometry": square(100, 100, 500)})
    rows = {"id": ["1"], "intitule": [TYPST], "portee": ["contrat"], "source": ["x"]}
    folder = make_territory(outline, actions=pd.DataFrame(rows))
    done = run("--territory", folder, "atlas", "-o", tmp_path / "atlas", "--jobs", 1)
    assert done.returncode == 0, done.stderr
    shown = squeezed(typeset(TYPST))
    fiche = squeezed(text_of((tmp_path / "atlas" / "fiche-Q1.pdf").read_bytes()))
    # Its title, and the names of the action and of the quartier on its map.
    assert fiche.count(shown) >= 3
    sheet = squeezed(text_of((tmp_path / "atlas" / "zoom-quartier-Q1.pdf").read_bytes()))
    assert sheet.startswith(squeezed("Zoom sur ") + shown)
    with pikepdf.open(tmp_path / "atlas" / "atlas.pdf") as pdf:
        assert shown in {squeezed(title) for title, _ in bookmarks(pdf)}
