"""What all workbooks have in common, whichever module lays them out."""

from __future__ import annotations

import re
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.french.template_texts import REASON
from cdv_geo.io.templates.workbook_templates import write_template, write_unlocated
from cdv_geo.io.writing import xlsx_cell_writing
from cdv_geo.io.writing.output_files import write_table

from thinning import examples

NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(path, *cells):
    """A workbook with one row of cells."""
    with xlsx_cell_writing.open_book(path, "titre") as book:
        sheet = book.add_worksheet()
        for place, cell in enumerate(cells):
            xlsx_cell_writing.write_cell(sheet, 0, place, cell, None)
    return path


def texts_of(path):
    """The texts of a workbook as the standard of the format says they are read."""
    with zipfile.ZipFile(path) as archive:
        shared = ET.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314  # our own
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    texts = ["".join(part.text or "" for part in item.iter(f"{NAMESPACE}t")) for item in shared]
    return [re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text) for text in texts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("texts")


@settings(max_examples=examples(60))
@given(text=st.text(st.sampled_from("_x0041DF<r>/&'\"=\0\ufffe😀")) | st.text())
@example(text="_x0041_x0042_")
@example(text="<r>&</r>")
def test_any_text_comes_back_from_every_kind_of_workbook(folder, text):
    assert texts_of(written(folder / "a.xlsx", f"{text}.")) == [f"{text}."]
    frame = pd.DataFrame({"id": ["a"], f"n{text}": [f"{text}."], REASON: [f"-{text}"]})
    write_unlocated(frame, folder / "b.xlsx", overwrite=True)
    assert {f"n{text}", f"{text}.", f"-{text}"} <= set(texts_of(folder / "b.xlsx"))


def test_cells_are_what_they_were(tmp_path):
    cells = ("=1+1", "", None, True, 1.5, pd.Timestamp(2026, 3, 1).to_pydatetime())
    sheet = openpyxl.load_workbook(written(tmp_path / "a.xlsx", *cells)).active
    assert [cell.value for cell in sheet[1]][:5] == ["=1+1", None, None, True, 1.5]
    assert sheet["A1"].data_type == "s"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (3, 3.0),
        (np.int64(-3), -3.0),
        (10**15 - 1, float(10**15 - 1)),
        (10**15, "1000000000000000"),
        (Decimal("12.5"), 12.5),
        (np.float64(0.1), 0.1),
        (float("inf"), "inf"),
        ("01004", "01004"),
    ],
)
def test_a_number_is_a_number_unless_it_would_be_rounded(value, cell):
    found = xlsx_cell_writing.number(value)
    assert (type(found), found) == (type(cell), cell)


@pytest.mark.parametrize(("text", "length"), [("", 0), ("é", 1), ("a😀", 3)])
def test_the_length_of_a_text_is_in_units_of_16_bits(text, length):
    assert xlsx_cell_writing.units(text) == length


@pytest.mark.parametrize(("rows", "columns"), [(1_048_576, 1), (1, 16_385)])
def test_a_table_larger_than_a_sheet_is_refused_with_what_takes_it(rows, columns):
    xlsx_cell_writing.require_room(1_048_575, 16_384)
    with pytest.raises(cdv_geo.OutputError, match=rf"has {rows} and {columns}\.$"):
        xlsx_cell_writing.require_room(rows, columns)
    with pytest.raises(cdv_geo.OutputError, match=r"; write it as \.csv\.$"):
        xlsx_cell_writing.require_room(rows, columns, ".csv")


def test_a_book_that_fails_is_not_written(tmp_path):
    path = tmp_path / "a.xlsx"
    with pytest.raises(cdv_geo.OutputError, match="Row 1, column 1 of the sheet holds a text"):
        written(path, "a" * 32_768)
    assert not path.exists()


def test_no_workbook_leaves_anything_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    frame = pd.DataFrame({"id": ["a"], REASON: ["r"]})
    write_template("actions", tmp_path / "a.xlsx", overwrite=False)
    write_unlocated(frame, tmp_path / "b.xlsx", overwrite=False)
    write_table(frame, tmp_path / "c.xlsx", overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx", "c.xlsx"]
