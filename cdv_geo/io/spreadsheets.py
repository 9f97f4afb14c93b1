"""Read XLSX workbooks as offices write them: merged cells, hidden sheets, formulas, dates."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import openpyxl
import pandas as pd

from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault
from cdv_geo.io.guard import open_archive, unpack
from cdv_geo.io.headers import find_header, known_name

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.stated import Stated

_FORMULA: Final = re.compile(rb"<f[ >/]")
_SEARCHED_ROWS: Final = 30
_LONGEST_REASON: Final = 200
_EXACT: Final = 1e15  # up to here a whole number is itself in a spreadsheet


@dataclass
class Sheet:
    """The cells of one sheet, as text.

    Parameters
    ----------
    name
        Of the sheet.
    cells
        Text by row and column, both from 1; cells without a value are left out.
    last_row
        The last row that holds anything, be it a space.
    faults
        Cells that hold something else than a value, or one that was filled in; the column by its
        number.
    """

    name: str
    cells: dict[int, dict[int, str]]
    last_row: int
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Grid:
    """A table of a workbook.

    Parameters
    ----------
    sheet
        Name of the sheet.
    columns
        The names that the header gives.
    header_row
        Its number.
    frame
        Text, by position of the column; the index is the number of each row.
    apart
        How many rows are blank, and how many above the header hold a title.
    faults
        What was found while reading.
    """

    sheet: str
    columns: tuple[str, ...]
    header_row: int
    frame: pd.DataFrame
    apart: Counter[str]
    faults: list[Fault]


def read_grid(opened: Opened, stated: Stated) -> Grid:
    """Read the table of a workbook: of the one visible sheet that holds one, unless stated.

    Raises
    ------
    DataError
        The workbook is broken or empty, or several sheets may be meant.
    """
    path, book = opened.path, _book(opened, values=True)
    faults: list[Fault] = []
    sheet = _sheet_of(path, book, stated, faults)
    _note_formulas(opened, book, sheet)
    numbers = sorted(sheet.cells)
    rows = [_texts(sheet.cells[number]) for number in numbers[:_SEARCHED_ROWS]]
    header_row = stated.header_row or numbers[find_header(rows)]
    header = sheet.cells.get(header_row)
    if header is None:
        raise DataError(f"{path} has nothing in row {header_row} of sheet “{sheet.name}”.")
    below = {row: sheet.cells[row] for row in numbers if row > header_row}
    used = sorted({column for cells in (header, *below.values()) for column in cells})
    names = tuple(header.get(column, "") for column in used)
    frame = pd.DataFrame(
        [[cells.get(column) for column in used] for cells in below.values()],
        columns=range(len(used)),
        index=pd.Index(list(below), dtype="int64"),
        dtype="str",
    )
    titles = sum(row < header_row for row in numbers)
    blank = sheet.last_row - titles - 1 - len(below)
    faults += [_named(fault, used, names) for fault in sheet.faults]
    apart = Counter({"title": titles, "blank": blank})
    return Grid(sheet.name, names, header_row, frame, apart, faults)


def _named(fault: Fault, used: list[int], names: tuple[str, ...]) -> Fault:
    """Give a fault the name of its column in place of its number."""
    number = int(fault.column)
    name = names[used.index(number)] if number in used else f"column {number}"
    return Fault(fault.row, name, fault.message, fault.value, fault.done)


def _book(opened: Opened, *, values: bool) -> Any:  # noqa: ANN401  # openpyxl has no types
    """Read a workbook: with the values of its formulas, or with the formulas themselves."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not read here
            return openpyxl.load_workbook(opened.file, data_only=values, keep_links=False)
    except Exception as error:  # noqa: BLE001  # a hostile workbook can raise anything in there
        reason = " ".join(str(error).split())[:_LONGEST_REASON].rstrip(".")
        raise DataError(f"{opened.path} cannot be read as a workbook: {reason}.") from None


def _sheet_of(path: Path, book: Any, stated: Stated, faults: list[Fault]) -> Sheet:  # noqa: ANN401
    if stated.sheet is not None:
        names = [sheet.title for sheet in book.worksheets]  # a chart can be a sheet without cells
        if stated.sheet not in names:
            raise DataError(
                f"{path}: “{stated.sheet}” is no sheet of cells; its sheets are {listed(names)}."
            )
        sheet = _read(book[stated.sheet])
        if not sheet.cells:
            raise DataError(f"{path}: the sheet “{stated.sheet}” is empty.")
        return sheet
    hidden = [s.title for s in book.worksheets if s.sheet_state != "visible"]
    if hidden:
        why = f"the hidden sheet(s) {', '.join(hidden)} are not read"
        faults.append(Fault(None, "", why, "", ACCEPTED))
    sheets = [_read(s) for s in book.worksheets if s.sheet_state == "visible"]
    return _likeliest(path, [sheet for sheet in sheets if sheet.cells], faults)


def _likeliest(path: Path, sheets: list[Sheet], faults: list[Fault]) -> Sheet:
    """Choose the sheet with the most names of columns that are known."""
    if not sheets:
        raise DataError(f"{path} has no visible sheet with anything in it.")
    known = [_known_names(sheet) for sheet in sheets]
    chosen = sheets[known.index(max(known))]
    if len(sheets) > 1:
        names = ", ".join(sheet.name for sheet in sheets)
        if known.count(max(known)) > 1:
            raise DataError(f"{path} has several sheets ({names}); --sheet says which is meant.")
        why = f"of the sheets {names}, “{chosen.name}” is read"
        faults.append(Fault(None, "", why, "", ACCEPTED))
    return chosen


def _known_names(sheet: Sheet) -> int:
    rows = [sheet.cells[number] for number in sorted(sheet.cells)[:_SEARCHED_ROWS]]
    return max(len({known_name(text) for text in row.values()} - {None}) for row in rows)


def _texts(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(1, max(cells) + 1)]


def _read(sheet: Any) -> Sheet:  # noqa: ANN401
    """Take the cells that are there, and no others.

    A sheet may state a million rows and hold two: its own table of cells is gone through, since
    every other way makes the missing ones as well.
    """
    read = Sheet(sheet.title, {}, 0)
    for (row, column), cell in sorted(sheet._cells.items()):  # noqa: SLF001
        read.last_row = max(read.last_row, row)
        if cell.data_type == "e":
            why = f"the cell holds the error {cell.value}, it is read as empty"
            read.faults.append(Fault(row, str(column), why, str(cell.value), ACCEPTED))
        elif (text := _text(cell.value)) is not None:
            read.cells.setdefault(row, {})[column] = text
    for merged in sorted(sheet.merged_cells.ranges, key=lambda area: area.coord):
        _fill_down(read, merged)
    return read


def _fill_down(sheet: Sheet, area: Any) -> None:  # noqa: ANN401
    """Give the rows of a merged area the value that stands in its first, where they hold more."""
    value = sheet.cells.get(area.min_row, {}).get(area.min_col)
    if value is None:
        return
    for row in range(area.min_row + 1, min(area.max_row, sheet.last_row) + 1):
        if row in sheet.cells and area.min_col not in sheet.cells[row]:
            sheet.cells[row][area.min_col] = value
            why = f"its cell is merged with that of row {area.min_row}, whose value it takes"
            sheet.faults.append(Fault(row, str(area.min_col), why, value, REPAIRED))


def _text(value: object) -> str | None:
    """Write the value of a cell as its sheet shows it, without thousands."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    elif isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        text = value.date().isoformat() if midnight else value.isoformat(sep=" ")
    else:
        text = str(value)
    return text.strip() or None


def _note_formulas(opened: Opened, book: Any, sheet: Sheet) -> None:  # noqa: ANN401
    """Note the formulas of a sheet whose value was never computed: they read as empty."""
    with open_archive(opened.path, opened.file) as archive:
        parts = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(_FORMULA.search(unpack(opened.path, archive, part)) for part in parts):
            return
    values = book[sheet.name]._cells  # noqa: SLF001
    formulas = _book(opened, values=False)[sheet.name]._cells  # noqa: SLF001
    for place, cell in sorted(formulas.items()):
        if cell.data_type == "f" and values[place].value is None:
            why = (
                "the cell holds a formula whose value was never computed, it is read as empty; "
                "open and save the workbook in a spreadsheet program"
            )
            sheet.faults.append(Fault(place[0], str(place[1]), why, str(cell.value), ACCEPTED))
