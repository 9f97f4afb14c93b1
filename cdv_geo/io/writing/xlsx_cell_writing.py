"""What all workbooks share: how they are opened, what a sheet and a cell hold, and their paper."""

from __future__ import annotations

import contextlib
import math
import re
import textwrap
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xlsxwriter

from cdv_geo.errors import OutputError
from cdv_geo.io.writing.table_formats import FIXED_DATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell = str | bool | float | date | datetime | None

LAST_ROW: Final = 1_048_575  # counted from 0, the header; so it is also how many rows follow that
_MOST_COLUMNS: Final = 16_384
_LONGEST_TEXT: Final = 32_767  # UTF-16 units, as for all lengths in a workbook
_MOST_DIGITS: Final = 10**15  # a number of more digits would be rounded
_A4: Final = 9  # its number in the file format
_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,  # otherwise a run that is killed leaves its sheets among the system's files
}
# What XML cannot hold, or would change, and what Excel would take for the escape of such.
_NO_XML: Final = "[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]"
_UNSAFE: Final = re.compile(f"{_NO_XML}|_(?=x[0-9a-fA-F]{{4}}_)")
_WIDE: Final = re.compile("[\U00010000-\U0010ffff]")  # two UTF-16 units each
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@contextlib.contextmanager
def open_book(path: Path, title: str, subject: str = "") -> Iterator[xlsxwriter.Workbook]:
    """Give a workbook in which nothing runs; it is written once all went well.

    Parameters
    ----------
    path
        A new file.
    title, subject
        Of the document, among its properties.
    """
    book = xlsxwriter.Workbook(path, _OPTIONS)
    created = FIXED_DATE.replace(tzinfo=None)
    book.set_properties({"title": _plain(title), "subject": _plain(subject), "created": created})
    yield book
    book.close()


def require_room(rows: int, columns: int, other: str = "") -> None:
    """Refuse what a sheet would cut off without a word.

    Parameters
    ----------
    rows, columns
        Of the table, without its header.
    other
        Ending of a file that takes it, if any is accepted.

    Raises
    ------
    OutputError
        The table is larger than a sheet.
    """
    if rows > LAST_ROW or columns > _MOST_COLUMNS:
        advice = f"; write it as {other}" if other else ""
        raise OutputError(
            f"A sheet holds {LAST_ROW} rows and {_MOST_COLUMNS} columns; "
            f"this table has {rows} and {columns}{advice}."
        )


def set_paper(sheet: Worksheet) -> None:
    """Print a sheet on A4, landscape."""
    sheet.set_landscape()
    sheet.set_paper(_A4)


def number(value: Any) -> float | str:  # noqa: ANN401
    """Give a number; as text what a cell would round, and what is no number."""
    if isinstance(value, int | np.integer):
        exact = abs(int(value)) < _MOST_DIGITS
    else:
        exact = isinstance(value, float | np.floating | Decimal) and math.isfinite(value)
    return float(value) if exact else str(value)


def write_cell(
    sheet: Worksheet, row: int, place: int, cell: Cell, style: Format | None, *, other: str = ""
) -> None:
    """Write a value as what it is; an empty text is an empty cell.

    Parameters
    ----------
    sheet
        Of a book that `open_book` gave.
    row, place
        Of the cell, counted from 0.
    cell, style
        Its value and its format.
    other
        As for `require_room`.

    Raises
    ------
    OutputError
        A text is longer than a cell.
    """
    if cell is None or cell == "":
        sheet.write_blank(row, place, None, style)
    elif isinstance(cell, str):
        _write_text(sheet, (row, place), cell, style, other)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, place, cell, style)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, style)
    else:
        sheet.write_number(row, place, cell, style)


def _write_text(
    sheet: Worksheet, at: tuple[int, int], text: str, style: Format | None, other: str
) -> None:
    row, place = at
    if units(text) > _LONGEST_TEXT or sheet.write_string(row, place, _escaped(text), style):
        advice = f"; write the table as {other}" if other else ""
        raise OutputError(
            f"Row {row + 1}, column {place + 1} of the sheet holds a text of {len(text)} "
            f"characters; a cell takes {_LONGEST_TEXT}{advice}."
        )


def units(text: str) -> int:
    """Measure a text as a workbook does, in UTF-16 units: an emoji is two."""
    return len(text) + len(_WIDE.findall(text))


def _plain(text: str) -> str:
    """Leave out of a property what XML cannot hold: there is no escape for it there."""
    return re.sub(_NO_XML, "", text)


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


def line_count(text: str, width: int) -> int:
    """Count the lines of a text wrapped at so many letters; most are short, wrapping is slow."""
    if len(text) <= width and "\n" not in text:
        return 1
    return sum(max(1, len(textwrap.wrap(line, width))) for line in text.splitlines())
