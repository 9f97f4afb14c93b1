"""What a workbook states is looked at before its cells are made."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import openpyxl
import pytest

import cdv_geo
from cdv_geo.io.guard import admitted
from cdv_geo.io.open_options import NO_OPTIONS
from cdv_geo.io.tables.xlsx_tables import read_grid

SHEET = "xl/worksheets/sheet1.xml"
READ = [["e1", "un"]]


@pytest.fixture
def book(tmp_path):
    """A workbook of two rows."""
    book = openpyxl.Workbook()
    for row in (["id", "nom"], ["e1", "un"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def changed(book, name, *changes):
    """The workbook with other bytes in one of its parts."""
    with zipfile.ZipFile(book) as archive:
        parts = {member: archive.read(member) for member in archive.namelist()}
    for before, after in changes:
        assert before in parts[name]
        parts[name] = parts[name].replace(before, after, 1)
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in parts.items():
            archive.writestr(member, content)
        if "xl/media/a.bin" not in parts:
            archive.writestr("xl/media/a.bin", bytes(range(1, 256)) * 4_000, zipfile.ZIP_STORED)
    return book


def grid_of(book, **stated):
    with admitted(book) as opened:
        return read_grid(opened, replace(NO_OPTIONS, **stated))


def test_a_plain_workbook_is_read_beside_a_picture(book):
    assert grid_of(changed(book, SHEET)).frame.to_numpy().tolist() == READ


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("customXml/item1.xml", "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16")),
        ("xl/pivotCache/pivotCacheRecords1.xml", b"<r>" + b"<x/>" * 300_001 + b"</r>"),
        ("xl/externalLinks/externalLink1.xml", b"<!DOCTYPE a>"),
    ],
)
def test_a_part_that_is_not_needed_is_not_looked_at(book, part, content):
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr(part, content)
    assert grid_of(book).frame.to_numpy().tolist() == READ


def test_comments_links_rules_and_pictures_of_a_sheet_are_not_made(book):
    many = " ".join(f"C{row}" for row in range(1, 100_000)).encode()
    rules = b'<dataValidations><dataValidation sqref="' + many + b'"/></dataValidations>'
    links = b'<hyperlinks><hyperlink ref="A1:XFD1048576"/></hyperlinks>'
    shown = b'<drawing id="rId8"/><legacyDrawing id="rId7"/></worksheet>'
    changed(book, SHEET, (b"</worksheet>", rules + links + shown))
    read = grid_of(book)
    assert read.frame.to_numpy().tolist() == READ
    assert read.apart == {}


def test_many_parts_such_as_a_picture_for_each_row_are_accepted(book):
    with zipfile.ZipFile(book, "a") as archive:
        for at in range(1_200):
            archive.writestr(f"xl/media/image{at}.png", b"\x89PNG")
    assert grid_of(book).frame.to_numpy().tolist() == READ


def test_texts_of_two_fonts_are_read_without_the_fonts_and_the_reading(book):
    rich = b"<si><r><rPr><b/></rPr><t>d</t></r><r><t>eux</t></r><rPh><t>nom</t></rPh></si>"
    many = b"<si><t>x</t>" + b"<r><rPr><b/><i/></rPr></r>" * 100_000 + b"</si>"
    space = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    kind = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    shared = (
        b'<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" t="s"><v>0</v></c></row></sheetData>'
    )
    changed(book, "[Content_Types].xml", (b"</Types>", kind))
    changed(book, SHEET, (b"</sheetData>", shared))
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", space + rich + many + b"</sst>")
    assert grid_of(book).frame.to_numpy().tolist() == [*READ, ["x", "deux"]]


def test_only_the_sheets_that_are_looked_at_must_be_of_a_size_that_is_read(book):
    made = openpyxl.load_workbook(book)
    made.create_sheet("annexe")
    made.save(book)
    full = b"<row>" + b"<c/>" * 500_001 + b"</row></sheetData>"
    changed(book, "xl/worksheets/sheet2.xml", (b"</sheetData>", full))
    with pytest.raises(cdv_geo.DataError, match=r"500,005 cells would be read; .* \(--sheet\)"):
        grid_of(book)
    assert grid_of(book, sheet="Sheet").frame.to_numpy().tolist() == READ


def test_sheets_are_counted_together_though_they_be_one_part(book):
    made = openpyxl.load_workbook(book)
    made.create_sheet("annexe")
    made.save(book)
    full = b'<row r="1">' + b"<c/>" * 250_001 + b"</row></sheetData>"
    changed(book, "xl/worksheets/sheet2.xml", (b"</sheetData>", full))
    rels = "xl/_rels/workbook.xml.rels"
    changed(book, rels, (b"/xl/worksheets/sheet1.xml", b"/xl/worksheets/sheet2.xml"))
    with pytest.raises(cdv_geo.DataError, match="500,002 cells would be read"):
        grid_of(book)


@pytest.mark.parametrize(
    ("areas", "said"),
    [
        ([f"C{row}:D{row}" for row in range(10, 50_011)], "merges 50,001 areas; at most 50,000"),
        (["C10:C300009", "D10:D210010"], "merges 510,001 cells; at most 500,000"),
    ],
)
def test_merged_areas_are_counted_and_so_are_their_cells(book, areas, said):
    stated = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    merged = f"</sheetData><mergeCells>{stated}</mergeCells>".encode()
    with pytest.raises(cdv_geo.DataError, match=said):
        grid_of(changed(book, SHEET, (b"</sheetData>", merged)))


def test_an_area_stated_many_times_is_one(book):
    stated = b'<mergeCell ref="B2:C3"/>' * 100_000
    merged = b"</sheetData><mergeCells>" + stated + b"</mergeCells>"
    read = grid_of(changed(book, SHEET, (b"</sheetData>", merged)))
    assert (read.frame.to_numpy().tolist(), read.apart) == (READ, {"blank": 1})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'r="B2"', b'r="B0"', "a cell that no sheet has"),
        (b'r="B2"', b'r="ZZZZ2"', "a cell that no sheet has"),
        (b'r="B2"', b'r="B-2"', "a cell that no sheet has"),
        (b"</row></sheetData>", b'<c r="C2" t="s"><v>-1</v></c></row></sheetData>', "no sheet has"),
        (b"</row></sheetData>", b'<c r="C2" t="s"><v>7</v></c></row></sheetData>', "cannot be"),
        (b">nom<", b">" + b"\xc3\xa9" * 32_768 + b"<", "a text of 32,768 characters; a cell takes"),
        (b"<sheetData>", b"<!DOCTYPE a><sheetData>", "defines entities"),
        (b"<sheetData>", b"<x a='" + b"b" * 1_000_001 + b"'/><sheetData>", "a tag of more than 1"),
        (b"</row></sheetData>", b"<c/>" * 500_001 + b"</row></sheetData>", "500,005 cells would"),
        (b"</sheetData>", b"<row/>" * 500_001 + b"</sheetData>", "500,003 rows would be read"),
        (b"</sheetData>", b"</sheetData>" + b"<a/>" * 300_001, "links or the like would be"),
        (b"</sheetData>", b"<c>" * 6_000_001 + b"</sheetData>", "tags would be read; at most 6"),
        (b"</sheetData>", b'<row r="0"><c><v>1</v></c></row></sheetData>', "in row 0; a sheet"),
        (b"<sheetData>", b"<sheetData>" * 100_000, "cannot be read as a workbook"),
    ],
)  # fmt: skip
def test_what_no_spreadsheet_writes_is_refused(book, before, after, said):
    with pytest.raises(cdv_geo.DataError, match=said):
        grid_of(changed(book, SHEET, (before, after)))


def test_a_part_in_another_encoding_is_refused(book):
    utf16 = (b"<worksheet", b"<?xml version='1.0' encoding='UTF-16'?><worksheet")
    with pytest.raises(cdv_geo.DataError, match=r"sheet1\.xml is no UTF-8"):
        grid_of(changed(book, SHEET, utf16))


def test_columns_that_a_sheet_only_states_are_not_made(book):
    hidden = b'<cols><col min="2" max="999999999" hidden="1"/></cols><sheetData>'
    faults = grid_of(changed(book, SHEET, (b"<sheetData>", hidden))).faults
    assert [fault.message for fault in faults] == ["the hidden column(s) nom are read"]


def test_a_text_as_long_as_a_cell_is_read(book):
    read = grid_of(changed(book, SHEET, (b">un<", b">" + b"&amp;" * 32_767 + b"<")))
    assert read.frame.loc[2, 1] == "&" * 32_767
