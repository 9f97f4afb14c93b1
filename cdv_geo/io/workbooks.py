"""Write a table as a workbook of one sheet, in which nothing runs and no text is changed."""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.errors import OutputError
from cdv_geo.io import xlsx
from cdv_geo.io.formats import without_geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

_OTHER: Final = ".csv"  # takes what a sheet does not
_WIDEST_COLUMN: Final = 48
_HEADER_HEIGHT: Final = 75  # points: five lines of a long header
_LONGEST_TITLE: Final = 31
_FIRST_YEAR: Final = 1900
_RESERVED_TITLE: Final = "history"


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
    xlsx.require_room(len(table), len(table.columns), _OTHER)
    name = _sheet_name(title)
    with xlsx.open_book(path, name) as book:
        header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        dates = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
        }
        sheet = book.add_worksheet(name)
        for place, (column, values) in enumerate(table.items()):
            label = vocabulary.column_label(str(column))
            xlsx.write_cell(sheet, 0, place, label, header, other=_OTHER)
            number = book.add_format({"num_format": _number_format(str(column))})
            missing = "n. d." if pd.api.types.is_numeric_dtype(values) else ""
            longest = 12
            for row, value in enumerate(values, start=1):
                cell = _cell(str(column), value, missing)
                style = dates[type(cell)] if isinstance(cell, date) else number
                xlsx.write_cell(sheet, row, place, cell, style, other=_OTHER)
                longest = max(longest, len(cell) if isinstance(cell, str) else 0)
            sheet.set_column(place, place, min(longest + 2, _WIDEST_COLUMN))
        _lay_out(sheet, table)


def _lay_out(sheet: Worksheet, table: pd.DataFrame) -> None:
    names = [str(name) for name in table.columns]
    sheet.freeze_panes(1, names.index("nom") + 1 if "nom" in names else 0)
    sheet.set_row(0, _HEADER_HEIGHT)
    sheet.autofilter(0, 0, max(len(table), 1), max(len(names) - 1, 0))
    xlsx.set_paper(sheet)
    sheet.repeat_rows(0)


def _cell(column: str, value: Any, missing: str) -> xlsx.Cell:  # noqa: ANN401
    """Give a value as the kind of cell it becomes; what a cell cannot hold exactly becomes text."""
    if isinstance(value, str):
        return vocabulary.value_label(column, value)
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return missing
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, date):
        return _date(value)
    return xlsx.number(value)


def _date(value: date) -> xlsx.Cell:
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
    while xlsx.units(plain) > _LONGEST_TITLE:
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
