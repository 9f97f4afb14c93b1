"""What a workbook states is looked at before its cells are made."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

import cdv_geo
from cdv_geo.io.guard import admitted
from cdv_geo.io.spreadsheets import read_grid
from cdv_geo.io.stated import NOTHING_STATED

SHEET = "xl/worksheets/sheet1.xml"


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
        archive.writestr("xl/media/a.bin", bytes(range(1, 256)) * 4_000)
    return book


def grid_of(book):
    with admitted(book) as opened:
        return read_grid(opened, NOTHING_STATED)


def test_a_plain_workbook_is_read_beside_a_picture(book):
    assert grid_of(changed(book, SHEET)).frame.to_numpy().tolist() == [["e1", "un"]]


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
        (b"</row></sheetData>", b"<c/>" * 500_001 + b"</row></sheetData>", "500,005 cells; at mo"),
        (b"</sheetData>", b"<row/>" * 500_001 + b"</sheetData>", "500,003 rows; at most 500,000"),
        (b"</sheetData>", b'</sheetData><hyperlink ref="A1:H99999"/>', "links 799,992 cells"),
        (b"</sheetData>", b"</sheetData>" + b"<a/>" * 200_001, "links or the like; at most 200,"),
        (b"</sheetData>", b"<c>" * 4_000_001 + b"</sheetData>", "tags; at most 4,000,000 are read"),
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
