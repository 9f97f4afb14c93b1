"""Read XLSX workbooks as offices write them: merged cells, hidden sheets, formulas, dates."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pandas as pd
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cdv_geo.errors import CdvGeoError, DataError, listed
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault
from cdv_geo.io.tables.cell_values import holds_days
from cdv_geo.io.tables.column_headers import find_header, known_name
from cdv_geo.io.tables.dates import day_of_1904
from cdv_geo.io.tables.worksheet_cells import read_sheet
from cdv_geo.io.tables.xlsx_reading import XlsxBook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.open_options import OpenOptions
    from cdv_geo.io.tables.worksheet_cells import Worksheet

_LAST_ROW: Final = 1_048_576
_SEARCHED_ROWS: Final = 30
_LONGEST_REASON: Final = 200
_SKIP: Final = "skip"
_REMEDY: Final = "; open, mend and save the workbook in a spreadsheet program"


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
        How many rows are blank, how many above the header hold a title, and how many are left out
        since they are hidden.
    titles
        Rows below the header that hold one merged cell alone.
    certain
        By position of the column, the rows whose cell is a number with decimals in itself.
    faults
        What was found while reading.
    lost
        Cells below the header whose value cannot be known; they are empty.
    """

    sheet: str
    columns: tuple[str, ...]
    header_row: int
    frame: pd.DataFrame
    apart: Counter[str]
    titles: set[int]
    certain: dict[int, set[int]]
    faults: list[Fault]
    lost: list[Fault]


def read_grid(opened: Opened, options: OpenOptions) -> Grid:
    """Read the table of a workbook: of the one visible sheet that holds one, unless stated.

    Raises
    ------
    DataError
        The workbook is broken or empty, or several sheets may be meant.
    """
    faults: list[Fault] = []
    with _said(opened.path):
        book = XlsxBook(opened)
        sheet = _sheet_of(opened.path, book, options, faults)
    numbers = sorted(sheet.cells)
    header_row = _header_row(opened.path, sheet, options)
    header = sheet.cells[header_row]
    below = {row: sheet.cells[row] for row in numbers if row > header_row}
    used = sorted({column for cells in (header, *below.values()) for column in cells})
    names = {column: header.get(column, "") for column in used}
    faults += _looks(sheet, below, names, options)
    skipped = sheet.hidden_rows if options.hidden == _SKIP else set()
    frame = _frame({row: cells for row, cells in below.items() if row not in skipped}, used)
    filled, scaled = (
        [fault for fault in _named(found, names) if fault.row in frame.index]
        for found in (sheet.faults, sheet.scaled)
    )
    above = range(header_row + 1)
    lost = [f for f in _named(sheet.lost, names) if f.row not in above and f.row not in skipped]
    faults += [*filled, *_with_numbers(lost, _REMEDY), *_with_numbers(scaled, ", such as {0}")]
    if book.wb.epoch == CALENDAR_MAC_1904:
        faults += _days_of_1904(frame, names, options)
    titles = sum(row < header_row for row in numbers)
    blank = sheet.last_row - titles - 1 - len(below)
    apart = Counter({"title": titles, "blank": blank, "hidden": len(below) - len(frame)})
    certain = {used.index(at): rows for at, rows in sheet.certain.items() if at in names}
    sections = sheet.titles - {fault.row for fault in lost}
    return Grid(
        sheet.name,
        tuple(names.values()),
        header_row,
        frame,
        +apart,
        sections,
        certain,
        faults,
        lost,
    )


def _header_row(path: Path, sheet: Worksheet, options: OpenOptions) -> int:
    numbers = sorted(sheet.cells)
    for row in (numbers[0], numbers[-1]):
        if not 1 <= row <= _LAST_ROW:
            raise DataError(f"{path} has a cell in row {row}; a sheet has {_LAST_ROW:,}.")
    rows = [_texts(sheet.cells[number]) for number in numbers[:_SEARCHED_ROWS]]
    row = options.header_row or numbers[find_header(rows)]
    if row not in sheet.cells:
        raise DataError(f"{path} has nothing in row {row} of sheet “{sheet.name}”.")
    return row


def _frame(rows: dict[int, dict[int, str]], used: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        [[cells.get(column) for column in used] for cells in rows.values()],
        columns=range(len(used)),
        index=pd.Index(list(rows), dtype="int64"),
        dtype="str",
    )


def _named(faults: list[Fault], names: dict[int, str]) -> list[Fault]:
    """Give faults the name of their column in place of its number."""
    return [
        replace(fault, column=names.get(int(fault.column)) or f"column {fault.column}")
        for fault in faults
    ]


def _looks(
    sheet: Worksheet, below: dict[int, dict[int, str]], names: dict[int, str], options: OpenOptions
) -> list[Fault]:
    """Say what the reader of a sheet does not see, and what he sees struck through."""
    faults = []
    if hidden := sorted(sheet.hidden_rows & set(below)):
        done = "left out" if options.hidden == _SKIP else "read; --hidden skip leaves them out"
        why = f"{len(hidden)} hidden row(s) are {done}: {listed(map(str, hidden))}"
        faults.append(Fault(None, "", why, str(len(hidden)), ACCEPTED))
    if columns := [names[at] for at in sorted(sheet.hidden_columns & set(names)) if names[at]]:
        why = f"the hidden column(s) {listed(columns)} are read"
        faults.append(Fault(None, "", why, str(len(columns)), ACCEPTED))
    if struck := sorted(sheet.struck_rows & set(below)):
        why = f"{len(struck)} row(s) with cells struck through are read: {listed(map(str, struck))}"
        faults.append(Fault(None, "", why, str(len(struck)), ACCEPTED))
    return faults


def _with_numbers(cells: list[Fault], more: str) -> list[Fault]:
    """Say of each column of how many cells one thing is said."""
    groups: dict[tuple[str, str], list[Fault]] = {}
    for fault in cells:
        groups.setdefault((fault.column, fault.message), []).append(fault)
    faults = []
    for (column, message), own in groups.items():
        why = f"in {len(own)} row(s) {message}{more.format(own[0].value)}"
        faults.append(Fault(None, column, why, str(len(own)), ACCEPTED))
    return faults


def _days_of_1904(frame: pd.DataFrame, names: dict[int, str], options: OpenOptions) -> list[Fault]:
    """Turn bare numbers of days into dates, in a workbook that counts them from 1904."""
    faults = []
    for at, name in enumerate(names.values()):
        if not holds_days(options.columns.get(name) or known_name(name) or name):
            continue
        for row, text in frame[at].dropna().items():
            if day := day_of_1904(text):
                frame.loc[row, at] = day
                why = f"“{text}” is read as {day}: the workbook counts days from 1904"
                faults.append(Fault(int(str(row)), name, why, text, REPAIRED))
    return faults


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Say in one sentence what openpyxl raises: a hostile workbook can make it raise anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and dates that are not read here
            yield
    except CdvGeoError:
        raise
    except Exception as error:  # noqa: BLE001
        reason = " ".join(str(error).split())[:_LONGEST_REASON].rstrip(".")
        raise DataError(f"{path} cannot be read as a workbook: {reason}.") from None


def _sheet_of(path: Path, book: XlsxBook, options: OpenOptions, faults: list[Fault]) -> Worksheet:
    if options.sheet is not None:
        if options.sheet not in book.sheets:  # a chart can be a sheet without cells
            raise DataError(
                f"{path}: “{options.sheet}” is no sheet of cells; its sheets are "
                f"{listed(book.sheets)}."
            )
        sheet = read_sheet(*book.fill(options.sheet))
        if not sheet.cells:
            raise DataError(f"{path}: the sheet “{options.sheet}” is empty.")
        return sheet
    hidden = [n for n, sheet in book.sheets.items() if sheet.sheet_state != "visible"]
    if hidden:
        why = f"the hidden sheet(s) {', '.join(hidden)} are not read"
        faults.append(Fault(None, "", why, "", ACCEPTED))
    sheets = [read_sheet(*book.fill(name)) for name in book.sheets if name not in hidden]
    return _likeliest(path, [sheet for sheet in sheets if sheet.cells], faults)


def _likeliest(path: Path, sheets: list[Worksheet], faults: list[Fault]) -> Worksheet:
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


def _known_names(sheet: Worksheet) -> int:
    rows = [sheet.cells[number] for number in sorted(sheet.cells)[:_SEARCHED_ROWS]]
    return max(len({known_name(text) for text in row.values()} - {None}) for row in rows)


def _texts(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(1, max(cells) + 1)]
