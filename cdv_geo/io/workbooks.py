"""Write a table as a workbook of one sheet, in which nothing runs and no text is changed."""

from __future__ import annotations

import contextlib
import math
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import xlsxwriter

from cdv_geo import vocabulary
from cdv_geo.errors import OutputError
from cdv_geo.io.formats import FIXED_DATE, without_geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_WIDEST_COLUMN: Final = 48
_HEADER_HEIGHT: Final = 75  # points: five lines of a long header
_A4: Final = 9  # its number in the file format
_MOST_ROWS: Final = 1_048_575  # below the header
_MOST_COLUMNS: Final = 16_384
_LONGEST_TEXT: Final = 32_767  # UTF-16 units, as for all lengths in a workbook
_LONGEST_TITLE: Final = 31
_MOST_DIGITS: Final = 10**15  # a number of more digits would be rounded
_FIRST_YEAR: Final = 1900
_RESERVED_TITLE: Final = "history"
_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,  # otherwise a run that is killed leaves its sheets among the system's files
}
# What XML cannot hold, or would change, and what Excel would take for the escape of such.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
_WIDE: Final = re.compile("[\U00010000-\U0010ffff]")  # two UTF-16 units each
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@contextlib.contextmanager
def writing_xlsx(path: Path, title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that writes a table as a workbook, once.

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
        _write_book(without_geometry(frame), path, title)

    yield write


def _write_book(table: pd.DataFrame, path: Path, title: str) -> None:
    if len(table) > _MOST_ROWS or len(table.columns) > _MOST_COLUMNS:
        raise OutputError(
            f"A sheet holds {_MOST_ROWS} rows and {_MOST_COLUMNS} columns; "
            f"this table has {len(table)} and {len(table.columns)}; write it as .csv."
        )
    name = _sheet_name(title)
    book = xlsxwriter.Workbook(path, _OPTIONS)
    book.set_properties({"title": name, "created": FIXED_DATE.replace(tzinfo=None)})
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    dates = {
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
    }
    sheet = book.add_worksheet(name)
    for place, (column, values) in enumerate(table.items()):
        _write_text(sheet, 0, place, vocabulary.column_label(str(column)), header)
        number = book.add_format({"num_format": _number_format(str(column))})
        missing = "n. d." if pd.api.types.is_numeric_dtype(values) else ""
        longest = 12
        for row, value in enumerate(values, start=1):
            cell = _cell(str(column), value, missing)
            style = dates[type(cell)] if isinstance(cell, date) else number
            _write_cell(sheet, row, place, cell, style)
            longest = max(longest, len(cell) if isinstance(cell, str) else 0)
        sheet.set_column(place, place, min(longest + 2, _WIDEST_COLUMN))
    _lay_out(sheet, table)
    book.close()


def _lay_out(sheet: Worksheet, table: pd.DataFrame) -> None:
    names = [str(name) for name in table.columns]
    sheet.freeze_panes(1, names.index("nom") + 1 if "nom" in names else 0)
    sheet.set_row(0, _HEADER_HEIGHT)
    sheet.autofilter(0, 0, max(len(table), 1), max(len(names) - 1, 0))
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.repeat_rows(0)


_Cell = str | bool | float | date | datetime


def _cell(column: str, value: Any, missing: str) -> _Cell:  # noqa: ANN401
    """Give a value as the kind of cell it becomes; what a cell cannot hold exactly becomes text."""
    if isinstance(value, str):
        return vocabulary.value_label(column, value)
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return missing
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, date):
        return _date(value)
    return _number(value)


def _number(value: Any) -> float | str:  # noqa: ANN401
    if isinstance(value, int | np.integer):
        exact = abs(int(value)) < _MOST_DIGITS
    else:
        exact = isinstance(value, float | np.floating | Decimal) and math.isfinite(value)
    return float(value) if exact else str(value)


def _date(value: date) -> _Cell:
    """Give a day, or a moment as its clock shows it; text before the calendar of Excel begins."""
    if value.year < _FIRST_YEAR:
        return value.isoformat()
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    if not isinstance(value, datetime):
        return value
    moment = value.replace(tzinfo=None)
    return moment.date() if moment == datetime.combine(moment, datetime.min.time()) else moment


def _write_cell(sheet: Worksheet, row: int, place: int, cell: _Cell, style: Format) -> None:
    if isinstance(cell, str):
        _write_text(sheet, row, place, cell, style)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, place, cell, style)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, style)
    else:
        sheet.write_number(row, place, cell, style)


def _write_text(sheet: Worksheet, row: int, place: int, text: str, style: Format) -> None:
    if not text:
        sheet.write_blank(row, place, None, style)
    elif _units(text) > _LONGEST_TEXT or sheet.write_string(row, place, _escaped(text), style):
        raise OutputError(
            f"Row {row + 1}, column {place + 1} of the sheet holds a text of {len(text)} "
            f"characters; a cell takes {_LONGEST_TEXT}; write the table as .csv."
        )


def _units(text: str) -> int:
    return len(text) + len(_WIDE.findall(text))


def _escaped(text: str) -> str:
    """Write as `_xHHHH_` what XML cannot hold, and the underscore of a text that looks like that.

    xlsxwriter escapes too, but not where two such texts share an underscore, nor half of what XML
    forbids; and it takes a text in `<r>` for markup. A run that is marked up already is what it
    leaves alone, if the underscores of the escapes are hidden from it.
    """
    if not (_UNSAFE.search(text) or text.startswith("<r>")):
        return text
    safe = _UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text.translate(_MARKUP))
    return f'<r><t xml:space="preserve">{safe.replace("_", "&#95;")}</t></r>'


def _sheet_name(title: str) -> str:
    """Make a name that Excel takes for a sheet."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "_", title).strip("' ")
    while _units(plain) > _LONGEST_TITLE:
        plain = plain[:-1]
    plain = plain.rstrip("' ")
    return f"{plain}_" if plain.lower() == _RESERVED_TITLE else plain or "Feuille"


def _number_format(column: str) -> str:
    if column.endswith(("_share", "share_of_population")):
        return "0.0%"
    if column.endswith("_per_1000") or column == "area_ha":
        return "#,##0.00"
    if column in {"generation", "within_m"}:
        return "0"
    return "#,##0"
