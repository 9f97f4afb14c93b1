"""Write workbooks that people fill in by hand and that the program reads as they stand."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo import schemas
from cdv_geo.errors import OutputError
from cdv_geo.french.template_texts import (
    COLUMNS_HEADING,
    GUIDE_HEADER,
    GUIDE_SHEET,
    LISTS_HEADER,
    LISTS_SHEET,
    REASON,
    REFUSED_HEADING,
    RULES_HEADING,
    SAMPLE_PREFIX,
    TEMPLATES,
    UNLOCATED,
    Explanation,
    TemplateTexts,
    accepted,
    label_of,
)
from cdv_geo.french.typography import typeset
from cdv_geo.io.writing import xlsx_cell_writing
from cdv_geo.io.writing.output_files import replacing
from cdv_geo.schemas import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["SAMPLE_PREFIX", "TEMPLATE_COLUMNS", "write_template", "write_unlocated"]

# A workbook has no outlines, so `absente` is the only status that is not refused afterwards.
_PERIMETERS: Final = tuple(
    replace(column, choices=("absente",)) if column.name == "statut_geometrie" else column
    for column in schemas.PERIMETERS
)
TEMPLATE_COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "actions": schemas.ACTIONS,
    "equipment": schemas.EQUIPMENT,
    "perimeters": _PERIMETERS,
}
_TO_FILL: Final = tuple(column.name for column in schemas.POSITION)
# Of a table of things that have no place: what tells them apart, then what is to be filled in.
_FIRST: Final = ("id", "intitule", "nom", "adresse", "code_insee", *_TO_FILL)

# In characters.
_WIDTHS: Final = {
    "intitule": 28,
    "nom": 28,
    "adresse": 26,
    "longitude": 14,
    "latitude": 14,
    "source": 26,
    REASON: 30,
}
_NARROWEST: Final = 11
_WIDEST: Final = 30
_MARGIN: Final = 3
_BOLD: Final = 1.15  # a bold character is wider
_GUIDE_WIDTHS: Final = (22, 56, 14, 46, 42)
_LINE_HEIGHT: Final = 15.0  # points
_ROW_MARGIN: Final = 4.0
_HEADER_HEIGHT: Final = 22.0
_HIGHEST: Final = 409.0  # points that a row can have
# Text everywhere else, so that codes keep their zeros, `2/4` is no date and `=1+1` no formula.
_TEXT_FORMAT: Final = "@"
_NUMBER_FORMATS: Final = {
    "longitude": "0.00000#",
    "latitude": "0.00000#",
    "montant": "#,##0.00",
    "precision_m": "0",
}
_CELL: Final = {"valign": "vcenter", "text_wrap": True, "align": "left", "indent": 1}
_HEADER: Final = _CELL | {"text_wrap": False, "border": 1}
_REQUIRED: Final = _HEADER | {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864"}
_OPTIONAL: Final = _HEADER | {"font_color": "#1F3864", "bg_color": "#DCE6F1"}
_SAMPLE: Final = {"italic": True, "font_color": "#7F7F7F"}
_HIGHLIGHTED: Final = {"bg_color": "#FFF2CC", "border": 1, "border_color": "#BF9000"}


def write_template(
    kind: str, path: Path, *, overwrite: bool, precisions: Mapping[str, float] | None = None
) -> None:
    """Write an empty workbook for one kind of table, with two sample rows and a guide.

    Parameters
    ----------
    kind
        `actions`, `equipment` or `perimeters`.
    path
        Ends in `.xlsx`.
    overwrite
        Whether a file that exists is replaced.
    precisions
        The territory's metres by the beginning of `precision_position`, to choose from.

    Raises
    ------
    OutputError
        The ending is not accepted, or the file cannot be written.
    """
    text, columns = TEMPLATES[kind], TEMPLATE_COLUMNS[kind]
    listed = tuple(precisions or ())
    rows = [[_sample_value(sample, c.name, listed) for c in columns] for sample in text.samples]
    with _writing(path, text.sheet, overwrite=overwrite) as book:
        styles = [_style(book, column.name, _SAMPLE) for column in columns]
        sheet = _add_table(book, text.sheet, columns, rows, styles)
        for position, column in enumerate(columns):
            _guard(sheet, position, column, text.columns[column.name], listed)
        _add_guide(book, columns, text, listed)
        _add_lists(book, columns, precisions or {})


def write_unlocated(
    frame: pd.DataFrame,
    path: Path,
    *,
    overwrite: bool,
    precisions: Mapping[str, float] | None = None,
) -> None:
    """Write the things that could not be located into a workbook, their places to be filled in.

    Parameters
    ----------
    frame
        Any table with `id` and `motif_cdv_geo`, the reason, which becomes the last column. All
        other columns are kept but a geometry; a position that is stated is shown, to be corrected.
    path, overwrite, precisions
        As for `write_template`.

    Raises
    ------
    OutputError
        The ending is not accepted, the table is too large for a sheet, or the file cannot be
        written.
    """
    table = _unlocated_table(frame)
    xlsx_cell_writing.require_room(*table.shape)
    known = {column.name: column for column in schemas.POSITION}
    columns = [known.get(name) or Column(name, required=name == "id") for name in table.columns]
    explained = [column for column in columns if column.name in UNLOCATED.columns]
    listed = tuple(precisions or ())
    cells = [[_cell(str(name), value) for value in table[name]] for name in table.columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    looks = [_HIGHLIGHTED if column.name in _TO_FILL else {} for column in columns]
    with _writing(path, UNLOCATED.sheet, overwrite=overwrite) as book:
        styles = [_style(book, c.name, look) for c, look in zip(columns, looks, strict=True)]
        sheet = _add_table(book, UNLOCATED.sheet, columns, rows, styles)
        for position, column in enumerate(columns):
            if column in explained:
                _guard(sheet, position, column, UNLOCATED.columns[column.name], listed)
        _add_guide(book, explained, UNLOCATED, listed)
        _add_lists(book, columns, precisions or {})


def _unlocated_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring the columns into order, the reason last."""
    names = [name for name in frame.columns if str(frame[name].dtype) != "geometry"]
    plain = pd.DataFrame({str(name): frame[name] for name in names})
    kept = plain.drop(columns=REASON)
    schema = {column.name for column in (*schemas.ACTIONS, *schemas.EQUIPMENT)}
    order = dict.fromkeys([*_FIRST, *sorted(kept.columns, key=lambda name: name not in schema)])
    wanted = [name for name in order if name in kept or name in _TO_FILL]
    return kept.reindex(columns=wanted).assign(**{REASON: plain[REASON]})


@contextlib.contextmanager
def _writing(path: Path, title: str, *, overwrite: bool) -> Iterator[Workbook]:
    if path.suffix.lower() != ".xlsx":
        raise OutputError(f"{path.name} ends in “{path.suffix}”; accepted is .xlsx.")
    with (
        replacing(path, overwrite=overwrite) as part,
        xlsx_cell_writing.open_book(part, title) as book,
    ):
        yield book


def _add_table(
    book: Workbook,
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[xlsx_cell_writing.Cell]],
    styles: Sequence[Format],
) -> Worksheet:
    """Add the sheet of the table: its headers, its rows, and the formats of what is typed below."""
    sheet = book.add_worksheet(name)
    widths = [_width(c.name, [row[p] for row in rows]) for p, c in enumerate(columns)]
    for position, column in enumerate(columns):
        header = book.add_format(_REQUIRED if column.required else _OPTIONAL)
        xlsx_cell_writing.write_cell(sheet, 0, position, column.name, header)
        sheet.set_column(position, position, widths[position], _style(book, column.name, {}))
    sheet.set_row(0, _HEADER_HEIGHT)
    for number, row in enumerate(rows, start=1):
        _write_row(sheet, number, row, styles, widths)
    sheet.freeze_panes(1, min(2, len(columns)))
    # Codes are text on purpose; Excel would mark each of them as a fault.
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{xlsx_cell_writing.LAST_ROW + 1}"})
    sheet.hide_gridlines(0)  # not on paper either
    sheet.repeat_rows(0)
    _set_print(sheet)
    return sheet


def _width(name: str, values: Sequence[xlsx_cell_writing.Cell]) -> int:
    """Choose the width of a column: its header fits, and long cells wrap."""
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    header = math.ceil(len(name) * _BOLD) + _MARGIN
    return max(_WIDTHS.get(name, _NARROWEST), header, min(longest + _MARGIN, _WIDEST))


def _write_row(
    sheet: Worksheet,
    number: int,
    row: Sequence[xlsx_cell_writing.Cell],
    styles: Sequence[Format],
    widths: Sequence[int],
) -> None:
    """Write a row as high as its longest cell; not every spreadsheet program sees to that."""
    lines = 1
    for position, (value, style) in enumerate(zip(row, styles, strict=True)):
        xlsx_cell_writing.write_cell(sheet, number, position, value, style)
        if isinstance(value, str):
            lines = max(lines, xlsx_cell_writing.line_count(value, widths[position]))
    sheet.set_row(number, min(lines * _LINE_HEIGHT + _ROW_MARGIN, _HIGHEST))


def _set_print(sheet: Worksheet) -> None:
    xlsx_cell_writing.set_paper(sheet)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _style(book: Workbook, name: str, look: Mapping[str, Any]) -> Format:
    number_format = _NUMBER_FORMATS.get(name, _TEXT_FORMAT)
    is_text = number_format == _TEXT_FORMAT
    side = {} if is_text else {"align": "right", "text_wrap": False}
    return book.add_format({**_CELL, "num_format": number_format, **side, **look})


def _sample_value(
    sample: Mapping[str, Any], name: str, listed: tuple[str, ...]
) -> xlsx_cell_writing.Cell:
    """Take a value of a sample; a precision is one that the territory knows."""
    value: xlsx_cell_writing.Cell = sample.get(name)
    if name == "precision_position" and value and listed and value not in listed:
        return listed[0]
    return value


def _cell(name: str, value: Any) -> str | float | None:  # noqa: ANN401
    """Turn a value into what a cell holds; an id, and what a number would round, is text."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    cell = str(value) if isinstance(value, bool | np.bool_) else xlsx_cell_writing.number(value)
    if name == "id" and isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(value)
    return cell


def _guard(
    sheet: Worksheet,
    position: int,
    column: Column,
    explanation: Explanation,
    listed: tuple[str, ...],
) -> None:
    """Tell who selects a cell of the column what it holds, and refuse what it cannot hold."""
    listed = listed if column.name == "precision_position" else ()
    values = accepted(column, explanation, listed)
    lines = [explanation.meaning, values, "Obligatoire." if column.required else "Facultatif."]
    if explanation.example:
        lines.append(f"Exemple : {explanation.example}")
    options = {
        "input_title": typeset(label_of(column.name, explanation)),
        "input_message": typeset("\n".join(lines)),
        "error_title": REFUSED_HEADING,
        "error_message": typeset(values),
        **_rule(column, listed),
    }
    sheet.data_validation(1, position, xlsx_cell_writing.LAST_ROW, position, options)


def _rule(column: Column, listed: tuple[str, ...]) -> dict[str, Any]:
    if listed:
        source = f"='{LISTS_SHEET}'!$A$2:$A${len(listed) + 1}"
        # A precision may go on after its beginning, so another value is only asked about.
        return {"validate": "list", "source": source, "error_type": "warning"}
    if column.choices:
        return {"validate": "list", "source": list(column.choices)}
    if column.number:
        lowest, highest = column.number
        if math.isfinite(highest):
            return {
                "validate": "decimal",
                "criteria": "between",
                "minimum": lowest,
                "maximum": highest,
            }
        return {"validate": "decimal", "criteria": ">=", "value": lowest}
    if column.name == "code_insee":
        return {"validate": "length", "criteria": "==", "value": 5}
    return {"validate": "any"}


def _add_guide(
    book: Workbook, columns: Sequence[Column], text: TemplateTexts, listed: tuple[str, ...]
) -> None:
    """Add the sheet that explains the columns and gives the rules."""
    sheet = book.add_worksheet(GUIDE_SHEET)
    heading = book.add_format({"bold": True, "font_size": 13, "font_color": "#1F3864"})
    header, cell = book.add_format(_REQUIRED), book.add_format(_CELL | {"border": 1})
    for position, width in enumerate(_GUIDE_WIDTHS):
        sheet.set_column(position, position, width)
    rules = [f"{number}. {rule}" for number, rule in enumerate(text.rules, start=1)]
    headings = {text.title, RULES_HEADING, COLUMNS_HEADING}
    lines = [text.title, *text.intro, "", RULES_HEADING, *rules, "", COLUMNS_HEADING]
    for row, line in enumerate(lines):
        # Not wrapped: a line runs over the empty cells to its right, as wide as the table.
        style = heading if line in headings else None
        xlsx_cell_writing.write_cell(sheet, row, 0, typeset(line), style)
    _write_row(sheet, len(lines), GUIDE_HEADER, [header] * len(GUIDE_HEADER), _GUIDE_WIDTHS)
    sheet.set_row(len(lines), _HEADER_HEIGHT)
    for row, column in enumerate(columns, start=len(lines) + 1):
        cells = _guide_row(column, text.columns[column.name], listed)
        _write_row(sheet, row, cells, [cell] * len(cells), _GUIDE_WIDTHS)
    _set_print(sheet)


def _guide_row(
    column: Column, explanation: Explanation, listed: tuple[str, ...]
) -> tuple[str, str, str, str, str]:
    listed = listed if column.name == "precision_position" else ()
    return (
        column.name,
        typeset(explanation.meaning),
        "oui" if column.required else "non",
        typeset(accepted(column, explanation, listed)),
        explanation.example,
    )


def _add_lists(book: Workbook, columns: Sequence[Column], precisions: Mapping[str, float]) -> None:
    """Add the sheet of the precisions; some hold a comma, so no list inside a rule can."""
    if not precisions or "precision_position" not in {column.name for column in columns}:
        return
    sheet = book.add_worksheet(LISTS_SHEET)
    header, cell = book.add_format(_REQUIRED), book.add_format({"num_format": "@"})
    sheet.set_column(0, 1, 24)
    sheet.set_row(0, _HEADER_HEIGHT)
    for position, name in enumerate(LISTS_HEADER):
        xlsx_cell_writing.write_cell(sheet, 0, position, name, header)
    for row, (name, metres) in enumerate(precisions.items(), start=1):
        xlsx_cell_writing.write_cell(sheet, row, 0, name, cell)
        xlsx_cell_writing.write_cell(sheet, row, 1, metres, None)
    _set_print(sheet)
