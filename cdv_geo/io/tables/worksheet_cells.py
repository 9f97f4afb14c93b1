"""Read one sheet of a workbook as text: what its cells show, what hides, what cannot be known."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.faults import ACCEPTED, REPAIRED, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXACT: Final = 1e15  # up to here a whole number is itself in a spreadsheet
_THOUSANDS_UNIT: Final = re.compile(r"\b(?:[kKmM]\s?(?:€|EUR|euros?)|milliers|millions?)(?!\w)")
_SCALED: Final = re.compile(r"[0#?],+(?![0#?])")
_LONGEST_FORMAT: Final = 255  # characters that a spreadsheet takes
_LITERAL: Final = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.')


@dataclass
class Worksheet:
    """The cells of one sheet, as text.

    Parameters
    ----------
    name
        Of the sheet.
    cells
        Text by row and column, both from 1; cells without a value are left out.
    last_row
        The last row that holds anything, be it a space.
    hidden_rows, hidden_columns
        By a filter, by hand or since their outline is closed; without a height or a width.
    struck_rows
        Those with a cell that is struck through.
    titles
        Rows with one cell alone, merged over several columns: lines between parts of a table.
    certain
        Rows whose cell is a number with decimals in itself, by column.
    scaled
        Cells whose number is read in the unit that its format gives it.
    faults
        Cells that were filled in; the column by its number.
    lost
        Cells whose value cannot be known, which are left out: errors, formulas that were never
        computed.
    """

    name: str
    cells: dict[int, dict[int, str]]
    last_row: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    titles: set[int] = field(default_factory=set)
    certain: dict[int, set[int]] = field(default_factory=dict)
    scaled: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lost: list[Fault] = field(default_factory=list)


def read_sheet(sheet: Any, areas: list[Any]) -> Worksheet:  # noqa: ANN401  # openpyxl has no types
    """Take the cells that are there, and no others.

    A sheet may state a million rows and hold two: its own table of cells is gone through, since
    every other way makes the missing ones as well.

    Parameters
    ----------
    sheet, areas
        As `Book.fill` gives them.
    """
    read = Worksheet(sheet.title, {})
    struck = {at for at, font in enumerate(sheet.parent._fonts) if font.strike}  # noqa: SLF001
    for (row, column), cell in sorted(sheet._cells.items()):  # noqa: SLF001
        read.last_row = max(read.last_row, row)
        if cell.data_type == "e":
            why = f"the cell holds the error {cell.value}"
            read.lost.append(Fault(row, str(column), why, str(cell.value), ACCEPTED))
        elif cell.data_type == "f":
            why = "the cell holds a formula whose value was never computed"
            read.lost.append(Fault(row, str(column), why, str(cell.value), ACCEPTED))
        elif (text := _shown(cell)) is not None:
            read.cells.setdefault(row, {})[column] = text
            if _is_number(cell.value):
                _note_number(read, (row, column), cell.value, text)
            if struck and cell._style.fontId in struck:  # noqa: SLF001
                read.struck_rows.add(row)
    read.last_row = max([read.last_row, *(area.max_row for area in areas)])
    across = {area.min_row for area in areas if area.max_col > area.min_col}
    told = {fault.row for fault in read.lost}
    read.titles = {row for row in across - told if len(read.cells.get(row, ())) == 1}
    for merged in areas:
        _fill_down(read, merged)
    _note_hidden(read, sheet.row_dimensions, sheet.column_dimensions)
    return read


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _note_number(read: Worksheet, place: tuple[int, int], number: float, text: str) -> None:
    row, column = place
    if "." in text:
        read.certain.setdefault(column, set()).add(row)
    if text != _plain(number):
        why = "a number has the unit that its format gives it"
        read.scaled.append(Fault(row, str(column), why, f"{_plain(number)} as {text}", ACCEPTED))


def _note_hidden(read: Worksheet, rows: Mapping[int, Any], columns: Mapping[str, Any]) -> None:
    read.hidden_rows = {row for row, its in rows.items() if its.hidden or its.ht == 0}
    # A file may state a billion columns: only those that hold anything are asked for.
    hidden = [
        (its.min or 0, its.max or 0) for its in columns.values() if its.hidden or its.width == 0
    ]
    used = {column for cells in read.cells.values() for column in cells} if hidden else set()
    read.hidden_columns = {c for c in used if any(first <= c <= last for first, last in hidden)}


def _fill_down(sheet: Worksheet, area: Any) -> None:  # noqa: ANN401
    """Give the rows of a merged area the value that stands in its first, where they hold more."""
    value = sheet.cells.get(area.min_row, {}).get(area.min_col)
    if value is None:
        return
    for row in range(area.min_row + 1, min(area.max_row, sheet.last_row) + 1):
        if row in sheet.cells and area.min_col not in sheet.cells[row]:
            sheet.cells[row][area.min_col] = value
            why = f"its cell is merged with that of row {area.min_row}, whose value it takes"
            sheet.faults.append(Fault(row, str(area.min_col), why, value, REPAIRED))


def _shown(cell: Any) -> str | None:  # noqa: ANN401
    """Write the value of a cell as its sheet shows it, with all decimals and without thousands.

    What its format makes of a number is part of it where it changes the size: 0.364 that shows as
    36 % is 36.4 %, and 1500 that shows as 1 500 k€ is no amount in euros.
    """
    value = cell.value
    if _is_number(value) and cell.has_style:
        unit = _unit_of(cell.number_format)
        if unit == "%":
            return f"{_plain(float(Decimal(repr(value)) * 100))} %"
        return f"{_plain(value)} {unit}" if unit else _plain(value)
    return _text(value)


@lru_cache(maxsize=1 << 8)
def _unit_of(number_format: str) -> str:
    """Give the unit in which a format shows a number other than as it is stored."""
    number_format = number_format[:_LONGEST_FORMAT]
    literals = " ".join(filter(None, (found[1] for found in _LITERAL.finditer(number_format))))
    places = _LITERAL.sub("", number_format).split(";")[0]
    if "%" in places:
        return "%"
    unit = _THOUSANDS_UNIT.search(literals)
    return unit[0] if unit and not _SCALED.search(places) else ""


def _plain(number: float) -> str:
    if float(number).is_integer() and abs(number) < _EXACT:
        return str(int(number))
    return repr(number)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float):
        return _plain(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return str(value).strip() or None
