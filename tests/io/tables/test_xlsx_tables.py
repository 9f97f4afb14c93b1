from __future__ import annotations

import datetime as dt
import zipfile

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

import cdv_geo
from cdv_geo.faults import ACCEPTED, REJECTED, REPAIRED
from cdv_geo.io import guard
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.tables.text_tables import read_records
from cdv_geo.io.tables.xlsx_tables import read_grid
from cdv_geo.number_parsing import to_numbers
from cdv_geo.schemas import ACTIONS, doubtful_numbers

from hostile_files.opening import open_table

HEADER = ("id", "nom", "type")
# Rows and columns of size 0, as some programs hide them.
FLAT = ((b'ht="1"', b'ht="0"'), (b'width="1"', b'width="0"'))


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


def rewritten(path, *changes):
    """Write what no library of ours would: in all parts, one text for another."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            for old, new in changes:
                part = part.replace(old, new)  # noqa: PLW2901
            archive.writestr(name, part)
    return path


def grid(path, **stated):
    with path.open("rb") as file:
        return read_grid(guard.Opened(path, guard.XLSX, file), OpenOptions(**stated))


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


def test_a_line_of_one_cell_merged_over_columns_is_a_title_between_rows_and_it_is_said(tmp_path):
    path = book(
        tmp_path, HEADER, ("Nord",), ("a", "Un", "x"), ("Sud",), ("b", "Deux"), ("Est",), ("c", "x")
    )

    def change(made):
        for area in ("A2:C2", "A4:B4", "B5:C5"):  # row 6 is not merged, row 5 holds two cells
            made.active.merge_cells(area)

    found = read_records(open_table(changed(path, change)))
    assert found.frame.index.tolist() == [3, 5, 6, 7]
    assert found.apart == {"title": 2}
    assert [(f.row, f.value, f.done) for f in found.faults] == [
        (2, "Nord", ACCEPTED),
        (4, "Sud", ACCEPTED),
    ]


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
    found = grid(book(tmp_path, HEADER, ("a", "=B3", "x"), ("b", "=B2", "y")))
    assert rows(found) == [["a", None, "x"], ["b", None, "y"]]
    assert [(f.row, f.column, f.value) for f in found.lost] == [
        (2, "nom", "=B3"),
        (3, "nom", "=B2"),
    ]
    (counted,) = found.faults
    assert (counted.row, counted.column, counted.value) == (None, "nom", "2")
    assert "in 2 row(s) the cell holds a formula whose value was never computed" in counted.message


def test_a_formula_alone_in_its_row_or_column_loses_nothing_silently(tmp_path):
    found = grid(book(tmp_path, HEADER, ("a", "Un", "x"), (None, "=B2", None)))
    assert [(fault.row, fault.column) for fault in found.lost] == [(3, "nom")]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"])
def test_an_error_in_a_cell_is_read_as_empty_and_said(tmp_path, error):
    found = grid(book(tmp_path, HEADER, ("a", error, "x")))
    assert rows(found) == [["a", None, "x"]]
    assert [(f.row, f.column, f.value) for f in found.lost] == [(2, "nom", error)]


@pytest.mark.parametrize(
    ("column", "cell", "is_rejected"),
    [
        ("longitude", "=5.9", True), ("longitude", "#REF!", True), ("longitude", "#N/A", False),
        ("coordonnees", "=A1", True), ("code_insee", "=A1", True),
        ("territoires_cites", "=A1", True), ("montant", "=1", False),
    ],
)  # fmt: skip
def test_a_row_is_rejected_whose_place_or_quartier_stands_there_and_is_not_known(
    tmp_path, column, cell, is_rejected
):
    records = read_records(open_table(book(tmp_path, ("id", column), ("a", cell), ("b", None))))
    assert records.rejected == ({2} if is_rejected else set())
    assert len(records.frame) == 2


def test_a_row_of_formulas_alone_is_a_row(tmp_path):
    path = book(tmp_path, ("id", "latitude", "longitude"), ("=A9", "=B9", "=C9"), ("a", 45.5, 5.9))
    records = read_records(open_table(path))
    assert (records.frame.index.tolist(), records.rejected) == ([2, 3], {2})
    assert records.apart["blank"] == 0


def test_a_place_that_is_not_known_rejects_no_row_that_has_it_in_other_columns_too(tmp_path):
    header = ("id", "longitude", "latitude", "x", "y", "code_insee")
    path = book(tmp_path, header, ("a", "=C9", "=D9", 1.5, 2.5, "=E9"))
    assert read_records(open_table(path)).rejected == set()


def test_hidden_rows_are_read_and_said_or_left_out_and_counted(tmp_path):
    path = book(tmp_path, ("Titre",), HEADER, *[(letter, "n", "x") for letter in "abcdef"])

    def hide(made):
        rows_ = made.active.row_dimensions
        rows_[3].hidden = True  # as a filter does
        rows_.group(5, 6, hidden=True)  # as an outline that is closed
        rows_[8].height = 1
        rows_[1].hidden = True  # the title
        rows_[30].hidden = True  # and nothing in it

    found = grid(rewritten(changed(path, hide), *FLAT))
    assert [row[0] for row in rows(found)] == list("abcdef")
    assert [(f.row, f.done, f.message) for f in found.faults] == [
        (None, ACCEPTED, "4 hidden row(s) are read; --hidden skip leaves them out: 3, 5, 6, 8")
    ]
    skipped = grid(path, hidden="skip")
    assert [row[0] for row in rows(skipped)] == ["b", "e"]
    assert skipped.frame.index.tolist() == [4, 7]
    assert skipped.apart == {"title": 1, "hidden": 4}
    assert skipped.faults[0].message == "4 hidden row(s) are left out: 3, 5, 6, 8"
    assert grid(path, hidden="read").apart == found.apart


def test_columns_that_are_hidden_or_without_a_width_are_said(tmp_path):
    path = book(tmp_path, (*HEADER, "annee", "source"), ("a", "Un", "x", 2023, "s"))

    def hide(made):
        made.active.column_dimensions["B"].width = 1
        made.active.column_dimensions.group("D", "E", hidden=True)
        made.active.column_dimensions["J"].hidden = True

    found = grid(rewritten(changed(path, hide), *FLAT))
    assert [f.message for f in found.faults] == ["the hidden column(s) nom, annee, source are read"]
    assert rows(found) == [["a", "Un", "x", "2023", "s"]]


def test_rows_that_are_struck_through_are_read_and_said(tmp_path):
    path = book(tmp_path, HEADER, ("a", "Un", "x"), ("b", "Deux", "x"))
    changed(path, lambda made: setattr(made.active["A3"], "font", Font(strike=True)))
    found = grid(path)
    assert [f.message for f in found.faults] == ["1 row(s) with cells struck through are read: 3"]
    assert len(rows(found)) == 2


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.364, "0.0%", "36.4 %"), (0.364, "0%", "36.4 %"), (1, "0 %", "100 %"),
        (0.07, "0.00%", "7 %"), (1500, '#,##0 "k€"', "1500 k€"), (1.5, '0.0" M€"', "1.5 M€"),
        (1500000, '#,##0, "k€"', "1500000"),  # in euros, and shown in thousands
        (1500, '#,##0 "€"', "1500"), (1500, "#,##0.00 [$€-40C]", "1500"), (12.345, "0", "12.345"),
        (36.4, '0.0" %"', "36.4"),  # a sign that multiplies nothing
        (45.5, "0.0000", "45.5"), (7, '"QP"000', "7"),
    ],
)  # fmt: skip
def test_a_number_has_the_unit_that_its_format_gives_it_where_it_changes_its_size(
    tmp_path, value, number_format, text
):
    path = book(tmp_path, HEADER, ("a", value, "x"))
    changed(path, lambda made: setattr(made.active["B2"], "number_format", number_format))
    found = grid(path)
    assert rows(found) == [["a", text, "x"]]
    said = [
        f"in 1 row(s) a number has the unit that its format gives it, such as {value} as {text}"
    ]
    assert [fault.message for fault in found.faults] == (said if text.split(" ")[1:] else [])


def test_numbers_of_days_are_counted_as_the_workbook_counts_them(tmp_path):
    path = book(tmp_path, ("id", "annee", "date_fin", "montant"), ("a", 43524, 43524, 43524))
    assert rows(grid(path)) == [["a", "43524", "43524", "43524"]]
    found = grid(changed(path, lambda made: setattr(made, "epoch", CALENDAR_MAC_1904)))
    assert rows(found) == [["a", "2023-03-01", "2023-03-01", "43524"]]
    assert [(f.row, f.column, f.done) for f in found.faults] == [
        (2, "annee", REPAIRED),
        (2, "date_fin", REPAIRED),
    ]


def test_a_cell_that_holds_a_number_is_that_number_whatever_is_stated_of_the_marks(tmp_path):
    path = book(tmp_path, ("id", "montant"), ("a", 58.917), ("b", "58.917"), ("c", "12,5"))
    table = open_table(path, OpenOptions(decimal=","))
    records = read_records(table)
    assert to_numbers(records.frame["montant"]).tolist() == [58.917, 58917, 12.5]
    assert records.certain == {"montant": {2}}
    told = read_records(open_table(path))
    (doubt,) = doubtful_numbers(told.frame, ACTIONS, told.certain)
    assert (doubt.row, doubt.done) == (3, REJECTED)


@pytest.mark.parametrize("area", ["A10:XFD1048576", "C2:C1048576"])
def test_a_workbook_that_merges_more_cells_than_can_be_made_is_refused_at_once(tmp_path, area):
    path = book(tmp_path, HEADER, ("a", "Un", "x"))
    changed(path, lambda made: made.active.merge_cells("C2:C3"))
    rewritten(path, (b'ref="C2:C3"', f'ref="{area}"'.encode()))
    with pytest.raises(cdv_geo.DataError, match=r"merges .* cells; at most 500,000 are accepted"):
        grid(path)


def test_a_workbook_of_another_standard_is_named(tmp_path):
    plain = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strict = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    path = rewritten(book(tmp_path, HEADER, ("a", "Un", "x")), (plain, strict))
    with pytest.raises(cdv_geo.DataError, match="is a “Strict Open XML” workbook"):
        grid(path)


def test_a_workbook_that_holds_a_sheet_twice_or_a_row_beyond_the_last_is_refused(tmp_path):
    path = book(tmp_path, HEADER, ("a", "Un", "x"))
    rewritten(path, (b'"A2"', b'"A1048577"'), (b'r="2"', b'r="1048577"'))
    with pytest.raises(cdv_geo.DataError, match="a cell in row 1048577; a sheet has 1,048,576"):
        grid(path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    with pytest.raises(cdv_geo.DataError, match=r"holds xl/worksheets/sheet1\.xml twice"):
        grid(path)


def test_what_is_found_in_a_line_that_is_no_row_counts_as_none(tmp_path):
    path = book(tmp_path, ("N", "Quoi", None), ("id", "nom", "type"), ("a", "Un", "x"))
    changed(path, lambda made: made.active.merge_cells("C1:C2"))
    records = read_records(open_table(path))
    assert {fault.done for fault in records.faults} <= {ACCEPTED}


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
