from __future__ import annotations

import datetime as dt

import openpyxl
import pytest
from openpyxl.chart import BarChart

import cdv_geo
from cdv_geo.faults import REPAIRED
from cdv_geo.io import guard
from cdv_geo.io.spreadsheets import read_grid
from cdv_geo.io.stated import Stated
from cdv_geo.io.tables import read_records

from hostile_files.opening import open_table

HEADER = ("id", "nom", "type")


def book(tmp_path, *rows, title="Feuille", also=()):
    """Write a workbook: the rows of its first sheet, and those of others by name."""
    made = openpyxl.Workbook()
    made.active.title = title
    for name, its_rows in ((title, rows), *also):
        sheet = made[name] if name in made.sheetnames else made.create_sheet(name)
        for row in its_rows:
            sheet.append(row)
    path = tmp_path / "t.xlsx"
    made.save(path)
    return path


def changed(path, change):
    made = openpyxl.load_workbook(path)
    change(made)
    made.save(path)
    return path


def grid(path, **stated):
    with path.open("rb") as file:
        return read_grid(guard.Opened(path, guard.XLSX, file), Stated(**stated))


def rows(found):
    return found.frame.astype(object).where(found.frame.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (73065.0, "73065"),
        (73065, "73065"),
        (0.5, "0.5"),
        (5.91, "5.91"),
        ("01004", "01004"),
        ("1e5", "1e5"),
        (12345678901234.0, "12345678901234"),
        (True, "VRAI"),
        (False, "FAUX"),
        (dt.datetime(2024, 3, 4), "2024-03-04"),  # noqa: DTZ001  # a workbook knows no zones
        (dt.datetime(2024, 3, 4, 8, 30), "2024-03-04 08:30:00"),  # noqa: DTZ001
        (dt.date(2024, 3, 4), "2024-03-04"),
        (dt.time(8, 30), "08:30:00"),
        ("  Féjaz\u00a0", "Féjaz"),
        ("a\nb", "a\nb"),
        ("NA", "NA"),
    ],
)
def test_a_cell_is_read_as_text_that_a_reader_would_write(tmp_path, value, text):
    found = grid(book(tmp_path, HEADER, ("a", value, "x")))
    assert rows(found) == [["a", text, "x"]]
    assert found.frame.index.tolist() == [2]


def test_titles_above_the_header_and_blank_rows_are_counted_and_rows_keep_their_number(tmp_path):
    path = book(
        tmp_path, ("Équipements 2024",), (), HEADER, ("a", "Un", "x"), (), (None, " ", None),
        ("b", "Deux", "y"),
    )  # fmt: skip
    found = grid(path)
    assert (found.header_row, found.columns) == (3, HEADER)
    assert found.frame.index.tolist() == [4, 7]
    assert found.apart == {"title": 1, "blank": 3}


def test_the_row_of_the_header_can_be_stated(tmp_path):
    path = book(tmp_path, HEADER, ("code", "libellé", "genre"), ("a", "Un", "x"))
    found = grid(path, header_row=2)
    assert (found.columns, rows(found)) == (("code", "libellé", "genre"), [["a", "Un", "x"]])
    with pytest.raises(cdv_geo.DataError, match="has nothing in row 9 of sheet “Feuille”"):
        grid(path, header_row=9)


def test_a_cell_that_is_merged_downwards_gives_its_value_to_the_rows_and_it_is_said(tmp_path):
    path = book(
        tmp_path, HEADER, ("a", "Un", "école"), ("b", "Deux"), ("c", "Trois"), ("d", "x", "y")
    )
    found = grid(changed(path, lambda made: made.active.merge_cells("C2:C4")))
    assert [row[2] for row in rows(found)] == ["école", "école", "école", "y"]
    assert [(f.row, f.column, f.value, f.done) for f in found.faults] == [
        (3, "type", "école", REPAIRED),
        (4, "type", "école", REPAIRED),
    ]
    assert "is merged with that of row 2" in found.faults[0].message


def test_a_cell_that_is_merged_across_stands_in_its_first_column_alone(tmp_path):
    path = book(tmp_path, HEADER, ("a", "Un", None), ("b", "Deux", "x"))
    found = grid(changed(path, lambda made: made.active.merge_cells("B2:C2")))
    assert rows(found) == [["a", "Un", None], ["b", "Deux", "x"]]
    assert found.faults == []


def test_a_merged_title_is_no_column_and_fills_no_row(tmp_path):
    path = book(tmp_path, ("Équipements",), (), HEADER, ("a", "Un", "x"))
    found = grid(changed(path, lambda made: made.active.merge_cells("A1:C2")))
    assert (found.header_row, rows(found), found.faults) == (3, [["a", "Un", "x"]], [])
    assert found.apart == {"title": 1, "blank": 1}


def test_a_merged_area_that_reaches_below_the_rows_makes_none(tmp_path):
    path = book(tmp_path, HEADER, ("a", "Un", "x"))
    found = grid(changed(path, lambda made: made.active.merge_cells("C2:C5000")))
    assert rows(found) == [["a", "Un", "x"]]


def test_a_hidden_sheet_is_not_read_and_that_is_said(tmp_path):
    path = book(tmp_path, HEADER, ("a", "Un", "x"), also=[("Listes", [HEADER, ("z", "z", "z")])])
    for state in ("hidden", "veryHidden"):
        changed(path, lambda made, state=state: setattr(made["Listes"], "sheet_state", state))
        found = grid(path)
        assert rows(found) == [["a", "Un", "x"]]
        assert [fault.message for fault in found.faults] == [
            "the hidden sheet(s) Listes are not read"
        ]
        assert rows(grid(path, sheet="Listes")) == [["z", "z", "z"]]


def test_of_several_sheets_the_one_with_known_columns_is_read(tmp_path):
    notes = [("Mode d'emploi",), ("Remplir une ligne par équipement",)]
    path = book(tmp_path, *notes, title="Lisez-moi", also=[("Saisie", [HEADER, ("a", "Un", "x")])])
    found = grid(path)
    assert (found.sheet, rows(found)) == ("Saisie", [["a", "Un", "x"]])
    assert [fault.message for fault in found.faults] == [
        "of the sheets Lisez-moi, Saisie, “Saisie” is read"
    ]


def test_of_two_sheets_that_may_be_meant_one_has_to_be_stated(tmp_path):
    path = book(
        tmp_path, HEADER, ("a", "Un", "x"), title="2023", also=[("2024", [HEADER, ("b", "c", "d")])]
    )
    with pytest.raises(cdv_geo.DataError, match=r"several sheets \(2023, 2024\); --sheet says"):
        grid(path)
    assert rows(grid(path, sheet="2024")) == [["b", "c", "d"]]
    with pytest.raises(cdv_geo.DataError, match=r"“2025” is no sheet of cells; .* 2023, 2024"):
        grid(path, sheet="2025")


@pytest.mark.parametrize("name", ["vide", "graphique"])
def test_a_sheet_without_cells_is_said_to_be_empty(tmp_path, name):
    path = book(tmp_path, HEADER, also=[("vide", [])])
    changed(path, lambda made: made.create_chartsheet("graphique").add_chart(BarChart()))
    with pytest.raises(cdv_geo.DataError, match=f"“{name}” is (empty|no sheet of cells)"):
        grid(path, sheet=name)


def test_a_workbook_without_any_cell_is_refused(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="no visible sheet with anything in it"):
        grid(book(tmp_path))


def test_a_formula_that_was_never_computed_is_read_as_empty_and_said(tmp_path):
    found = grid(book(tmp_path, HEADER, ("a", "=B3", "x"), ("b", "Deux", "y")))
    assert rows(found) == [["a", None, "x"], ["b", "Deux", "y"]]
    (fault,) = found.faults
    assert (fault.row, fault.column, fault.value) == (2, "nom", "=B3")
    assert "whose value was never computed" in fault.message


def test_a_formula_alone_in_its_row_or_column_loses_nothing_silently(tmp_path):
    found = grid(book(tmp_path, HEADER, ("a", "Un", "x"), (None, "=B2", None)))
    assert [(fault.row, fault.column) for fault in found.faults] == [(3, "nom")]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"])
def test_an_error_in_a_cell_is_read_as_empty_and_said(tmp_path, error):
    found = grid(book(tmp_path, HEADER, ("a", error, "x")))
    assert rows(found) == [["a", None, "x"]]
    assert [(f.row, f.column, f.value) for f in found.faults] == [(2, "nom", error)]


def test_a_cell_in_the_last_corner_of_a_sheet_costs_no_more_than_its_row(tmp_path):
    path = book(tmp_path, HEADER, ("a", "Un", "x"))
    changed(path, lambda made: made.active.__setitem__("XFD1048576", "égaré"))
    found = grid(path)
    assert found.frame.shape == (2, 4)
    assert found.frame.index.tolist() == [2, 1_048_576]
    assert found.apart["blank"] == 1_048_573
    records = read_records(open_table(path))
    assert any(fault.row == 1_048_576 and fault.value == "égaré" for fault in records.faults)


def test_what_stands_under_no_name_is_said_and_not_read(tmp_path):
    records = read_records(open_table(book(tmp_path, HEADER, ("a", "Un", "x", "note"))))
    assert list(records.frame) == list(HEADER)
    assert [(f.row, f.value) for f in records.faults] == [(2, "note")]


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", None])
def test_a_broken_workbook_is_refused_in_one_sentence(tmp_path, content):
    path = book(tmp_path, HEADER, ("a", "Un", "x"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(
        cdv_geo.DataError, match=r"t\.xlsx cannot be read as an? (archive|workbook)"
    ):
        open_table(path)


def test_an_empty_cell_under_a_name_is_missing_and_a_column_of_none_stays(tmp_path):
    records = read_records(open_table(book(tmp_path, HEADER, ("a", "Un"), ("b", "Deux"))))
    assert list(records.frame) == list(HEADER)
    assert records.frame["type"].isna().all()


def test_a_cell_that_holds_rows_of_a_csv_file_is_rejected_and_one_of_prose_is_not(tmp_path):
    swallowed = ("1", "Les Amis;crèche\n2;Halle;salle\n3;Sport", "salle")
    prose = ("4", "12 rue des Combes ;\nbât. B\n73000 Chambéry, France", "salle")
    found = read_records(open_table(book(tmp_path, HEADER, swallowed, prose)))
    (fault,) = (fault for fault in found.faults if fault.row is not None)
    assert (fault.row, fault.column, fault.done) == (2, "nom", "rejected")
    assert fault.message == "a cell holds 3 lines that look like rows; is a quotation closed?"
