"""Write tables as the sheets of a workbook, in which nothing runs and no text is changed."""

from __future__ import annotations

import contextlib
import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo.errors import OutputError
from cdv_geo.french import table_labels, typography
from cdv_geo.io.writing import xlsx_cell_writing
from cdv_geo.io.writing.table_formats import without_geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# With a plain space, so that it can be typed into a filter.
MISSING: Final = typography.NO_FIGURE.replace(typography.NO_BREAK_SPACE, " ")
"""Stands in a column of figures where one is not available."""
WHOLE: Final = "#,##0"
_PLAIN: Final = "0"
_OTHER: Final = ".csv"  # takes what a sheet does not
# In characters.
_WIDEST_COLUMN: Final = 64
_WRAPPING: Final = 48  # a longer text may take several lines
_NARROWEST_COLUMN: Final = 10
_MARGIN: Final = 4
_LETTERS: Final = 1.1  # letters are narrower than digits, by which widths are measured
_WIDEST_PAGE: Final = 200  # what is wider would be too small to read on one page
_LINE_HEIGHT: Final = 15  # points
_HIGHEST_ROW: Final = 409  # points
_HEADER_LINES: Final = 3
_CELL_LINES: Final = 3
_LONGEST_TITLE: Final = 31
_FIRST_YEAR: Final = 1900
_RESERVED_TITLE: Final = "history"
_CELL: Final = {"valign": "top", "align": "left", "indent": 1}
_HEADER: Final = _CELL | {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#DCE6F1"}
_DATES: Final = {date: "dd/mm/yyyy", datetime: "dd/mm/yyyy hh:mm:ss"}
# Where these are empty there is none to be known: a commune has no generation.
_NOT_APPLICABLE: Final = frozenset({"generation", "within_m"})
_FORMATS: Final = {
    "area_ha": "#,##0.00",
    "generation": _PLAIN,
    "within_m": _PLAIN,
    "longitude": "0.000000",
    "latitude": "0.000000",
}


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet, as its reader sees it.

    Parameters
    ----------
    header
        What stands at its head.
    cells
        One per row, of the kinds that `cdv_geo.io.writing.xlsx_cell_writing` writes.
    number_format
        Of its numbers: one for all, or one per row.
    figures
        Whether it holds figures, which are set to the right, « n. d. » among them.
    widest
        Characters that it may be wide; longer texts wrap.
    """

    header: str
    cells: Sequence[xlsx_cell_writing.Cell]
    number_format: str | Sequence[str] = WHOLE
    figures: bool = False
    widest: int = _WIDEST_COLUMN

    @cached_property
    def longest(self) -> int:
        """The length of the longest line of text in its cells."""
        texts = (cell for cell in self.cells if isinstance(cell, str))
        return max((len(line) for text in texts for line in text.split("\n")), default=0)


@dataclass(frozen=True)
class TableSheet:
    """One sheet: a header, and a row below it for each row of a table.

    Parameters
    ----------
    name
        Of the sheet; characters that Excel does not take in one are replaced.
    columns
        From left to right, all of one length.
    frozen
        How many of them stay in view, and stand on every printed page.
    """

    name: str
    columns: tuple[SheetColumn, ...]
    frozen: int = 0

    def __len__(self) -> int:
        """Count the rows below the header."""
        return len(self.columns[0].cells) if self.columns else 0


def columns_of(
    table: pd.DataFrame, labels: Mapping[str, str] | None = None
) -> tuple[SheetColumn, ...]:
    """Give the columns of a table with French headers and French words for its keys.

    Parameters
    ----------
    table
        Any table without a geometry.
    labels
        Headers of columns that are not computed, by their names; one that is not among them keeps
        its name.
    """
    known = labels or {}
    return tuple(
        _column(str(name), values, known.get(str(name)) or table_labels.column_label(str(name)))
        for name, values in table.items()
    )


def write_workbook(
    sheets: Sequence[TableSheet], path: Path, *, title: str = "", subject: str = ""
) -> None:
    """Write sheets as a workbook; the same sheets give the same bytes.

    Parameters
    ----------
    sheets
        In order.
    path
        A new file.
    title, subject
        Of the document, among its properties; the title is the name of the first sheet where it is
        not given.

    Raises
    ------
    OutputError
        A table is larger than a sheet, or a text longer than a cell.
    """
    names = [_sheet_name(sheet.name) for sheet in sheets]
    for sheet in sheets:
        xlsx_cell_writing.require_room(len(sheet), len(sheet.columns), _OTHER)
    with xlsx_cell_writing.open_book(path, title or names[0], subject) as book:
        for name, sheet in zip(names, sheets, strict=True):
            _add_sheet(book, name, sheet)


@contextlib.contextmanager
def writing_xlsx(path: Path, title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that writes a table as a workbook of one sheet, once.

    Parameters
    ----------
    path
        A new file.
    title
        Name of the sheet; characters that Excel does not take in one are replaced.

    Raises
    ------
    OutputError
        The table is larger than a sheet, or a text longer than a cell; or it comes in parts.
    """
    written = False

    def write(frame: pd.DataFrame) -> None:
        nonlocal written
        if written:
            raise OutputError(f"{path.name} cannot be written in parts; .csv can.")
        written = True
        table = without_geometry(frame)
        xlsx_cell_writing.require_room(len(table), len(table.columns), _OTHER)
        names = [str(name) for name in table.columns]
        frozen = names.index("nom") + 1 if "nom" in names else 0
        write_workbook([TableSheet(title, columns_of(table), frozen)], path)

    yield write


def _column(name: str, values: pd.Series, header: str) -> SheetColumn:
    figures = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    missing = MISSING if figures and name not in _NOT_APPLICABLE else ""
    cells = [_cell(name, value, missing) for value in values]
    return SheetColumn(header, cells, _number_format(name), figures)


def _add_sheet(book: Workbook, name: str, sheet: TableSheet) -> None:
    paper = book.add_worksheet(name)
    header = book.add_format(_HEADER)
    widths = [_width(column) for column in sheet.columns]
    for place, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
        xlsx_cell_writing.write_cell(paper, 0, place, column.header, header, other=_OTHER)
        _write_cells(book, paper, place, column)
        paper.set_column(place, place, width)
    _set_heights(paper, sheet, widths)
    paper.freeze_panes(1, sheet.frozen)
    paper.autofilter(0, 0, max(len(sheet), 1), max(len(sheet.columns) - 1, 0))
    # Codes are text on purpose; Excel would mark each of them as a fault.
    paper.ignore_errors({"number_stored_as_text": f"A1:XFD{xlsx_cell_writing.LAST_ROW + 1}"})
    _set_print(paper, sum(widths), sheet.frozen)


def _write_cells(book: Workbook, paper: Worksheet, place: int, column: SheetColumn) -> None:
    """Write the cells of a column; each of its formats is made once."""
    look: dict[str, Any] = {**_CELL, "text_wrap": _wraps(column)}
    look |= {"align": "right"} if column.figures else {}
    dates = {kind: book.add_format(look | {"num_format": text}) for kind, text in _DATES.items()}
    given = column.number_format
    each = [given] * len(column.cells) if isinstance(given, str) else given
    styles = {text: book.add_format(look | {"num_format": text}) for text in dict.fromkeys(each)}
    for row, (cell, number_format) in enumerate(zip(column.cells, each, strict=True), start=1):
        style = dates[type(cell)] if isinstance(cell, date) else styles[number_format]
        xlsx_cell_writing.write_cell(paper, row, place, cell, style, other=_OTHER)


def _set_heights(paper: Worksheet, sheet: TableSheet, widths: Sequence[int]) -> None:
    """Make rows as high as their longest cell; not every spreadsheet program sees to that."""
    headers = zip(sheet.columns, widths, strict=True)
    lines = max((_lines_of(column.header, width - _MARGIN) for column, width in headers), default=1)
    # The line that is left over is for the arrow of the filter.
    paper.set_row(0, (lines + 1) * _LINE_HEIGHT)
    heights: dict[int, int] = {}
    for column, width in zip(sheet.columns, widths, strict=True):
        if _wraps(column):
            for row, cell in enumerate(column.cells, start=1):
                if isinstance(cell, str):
                    heights[row] = max(heights.get(row, 1), _lines_of(cell, width))
    for row, height in heights.items():
        if height > 1:
            paper.set_row(row, min(height * _LINE_HEIGHT, _HIGHEST_ROW))


def _lines_of(text: str, width: int) -> int:
    return xlsx_cell_writing.line_count(text, round(width * _LETTERS))


def _wraps(column: SheetColumn) -> bool:
    return column.longest > _width(column) - _MARGIN


def _width(column: SheetColumn) -> int:
    """Choose a width that holds the header in a few lines of whole words, and most cells in one."""
    header = max(len(word) for word in column.header.split(" "))
    while header < column.widest and _lines_of(column.header, header) > _HEADER_LINES:
        header += 1
    text = min(column.longest, max(_WRAPPING, math.ceil(column.longest / _CELL_LINES)))
    return min(max(_NARROWEST_COLUMN, header + _MARGIN, text + _MARGIN), column.widest)


def _set_print(paper: Worksheet, width: int, frozen: int) -> None:
    """Print the header on every page, and no more pages side by side than can be read."""
    xlsx_cell_writing.set_paper(paper)
    paper.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    paper.set_footer("&L&A&R&P / &N")
    paper.repeat_rows(0)
    paper.fit_to_pages(max(1, math.ceil(width / _WIDEST_PAGE)), 0)
    if frozen and width > _WIDEST_PAGE:
        paper.repeat_columns(0, frozen - 1)


def _cell(column: str, value: Any, missing: str) -> xlsx_cell_writing.Cell:  # noqa: ANN401
    """Give a value as the kind of cell it becomes; what a cell cannot hold exactly becomes text."""
    if isinstance(value, str):
        return table_labels.value_label(column, value)
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return missing
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, date):
        return _date(value)
    return xlsx_cell_writing.number(value)


def _date(value: date) -> xlsx_cell_writing.Cell:
    """Give a day, or a moment as its clock shows it; text before the calendar of Excel begins."""
    if value.year < _FIRST_YEAR:
        return value.isoformat()
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    if not isinstance(value, datetime):
        return value
    moment = value.replace(tzinfo=None)
    return moment.date() if moment == datetime.combine(moment, datetime.min.time()) else moment


def _sheet_name(title: str) -> str:
    """Make a name that Excel takes for a sheet."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "_", title).strip("' ")
    while xlsx_cell_writing.units(plain) > _LONGEST_TITLE:
        plain = plain[:-1]
    plain = plain.rstrip("' ")
    return f"{plain}_" if plain.lower() == _RESERVED_TITLE else plain or "Feuille"


def _number_format(column: str) -> str:
    if column in _FORMATS:
        return _FORMATS[column]
    if column.endswith(("_share", "share_of_population")):
        return "0.0%"
    return "#,##0.00" if column.endswith("_per_1000") else WHOLE
