"""Read tables as text, so that no code loses its zero and no name becomes a missing value."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, MISFIT, PLACE, REJECTED, VALUE, Fault, rejected_rows
from cdv_geo.io import guard
from cdv_geo.io.tables import non_data_rows
from cdv_geo.io.tables.cell_values import (
    with_decimals,
    with_plain_keys,
    with_whole_numbers,
)
from cdv_geo.io.tables.column_headers import (
    id_of_establishments,
    known_name,
    match_columns,
    unread_synonyms,
    with_cited_codes,
)
from cdv_geo.io.tables.delimited_text import SEPARATORS, Cells, read_delimited_cells, read_dialect
from cdv_geo.schemas import CITATIONS, PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.open_options import OpenOptions
    from cdv_geo.io.tables.xlsx_tables import Grid

_END_OF_FILE: Final = "\x1a"  # as DOS marks it, after the last cell
_POSITIONS: Final = frozenset(name for names in PLACES for name in names)
_NO_VALUE: Final = "#N/A"  # a spreadsheet says itself that there is none
_WHERE: Final = _POSITIONS | {"code_insee"}
_SHOWN: Final = 80  # characters of a row that is rejected


@dataclass
class Records:
    """Rows of a table, each column text.

    Parameters
    ----------
    frame
        By name of the column; the index is the number of each row in its file. Rows at fault are
        here too.
    faults
        What was found in these rows.
    apart
        How many `blank`, `title` and `total` rows were set apart: they are no rows of the table.
    certain
        By column, the rows whose cell is a number in itself, with decimals: a workbook has such.
    """

    frame: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)
    apart: Counter[str] = field(default_factory=Counter)
    certain: Mapping[str, Collection[int]] = field(default_factory=dict)

    @property
    def rejected(self) -> set[int]:
        """Give the numbers of the rows that cannot be used."""
        return rejected_rows(self.faults)


@dataclass(frozen=True)
class TextTable:
    """A table that is opened, and how it was found to be written.

    Parameters
    ----------
    path
        The file.
    kind
        `csv` or `xlsx`.
    columns
        The names by which its columns are known here, or their own.
    detected
        How it is written: encoding, separator, sheet, row of the header, renamed columns.
    rows
        About how many rows it has.
    blocks
        Reads it, from the beginning.
    """

    path: Path
    kind: str
    columns: tuple[str, ...]
    detected: dict[str, Any]
    rows: int
    blocks: Callable[[], Iterator[Records]]


def read_records(table: TextTable) -> Records:
    """Read all rows of a table at once."""
    blocks = list(table.blocks())
    return Records(
        pd.concat([block.frame for block in blocks]),
        [fault for block in blocks for fault in block.faults],
        sum((block.apart for block in blocks), Counter()),
        blocks[0].certain,  # a workbook is one block
    )


def open_table(opened: Opened, options: OpenOptions, own: Sequence[str] = ()) -> TextTable:
    """Find out how a CSV file or a workbook is written.

    Parameters
    ----------
    opened
        CSV in UTF-8, UTF-16 or cp1252, with semicolons, commas, tabs or bars; or XLSX.
    options
        What the user states of it; the rest is detected.
    own
        Names of the schema that it is read by: they stand for themselves, and for no synonym.

    Raises
    ------
    DataError
        It cannot be read, is empty, or a name of its columns stands twice.
    """
    opener = {guard.CSV: _open_csv, guard.XLSX: _open_xlsx}[opened.kind]
    table = opener(opened, options, own)
    number = id_of_establishments(table.detected["columns"])
    if number is None or number in options.columns or _tells_apart(table):
        return table
    return opener(opened, replace(options, columns={**options.columns, number: number}), own)


def _tells_apart(table: TextTable) -> bool:
    """Tell whether each of the first rows has an id of its own."""
    ids = next((block.frame["id"] for block in table.blocks() if len(block.frame)), None)
    return ids is None or bool(ids.notna().all() and ids.is_unique)


def _open_csv(opened: Opened, options: OpenOptions, own: Sequence[str]) -> TextTable:
    path, dialect = opened.path, read_dialect(opened, options)
    _require_cells(path, dialect.columns)
    names, renamed = _names(path, dialect.columns, options, own)
    detected = {
        "encoding": dialect.encoding.name,
        "separator": dialect.separator,
        "header_row": dialect.header_row,
        "columns": renamed,
    }

    def blocks() -> Iterator[Records]:
        above = dialect.above
        notes = [*_encoding_notes(dialect.encoding.name), *dialect.notes]
        notes += unread_synonyms(dialect.columns, renamed)
        for cells in read_delimited_cells(path, dialect):
            records = _records(_whole(cells, dialect.separator), names, dialect.columns, above)
            _state_decimals(records, options)
            records.faults += notes
            yield records
            above, notes = Counter(), []

    return TextTable(path, guard.CSV, _kept(names), detected, dialect.rows, blocks)


def _require_cells(path: Path, columns: tuple[str, ...]) -> None:
    """Refuse a table of which a cell is a whole line."""
    names = (columns[0].split(mark) for mark in SEPARATORS)
    if len(columns) == 1 and any(sum(map(bool, map(known_name, parts))) > 1 for parts in names):
        raise DataError(
            f"{path} has one column, “{columns[0]}”, since each line is quoted as a whole; take "
            "away the quotation marks around the lines."
        )


def _encoding_notes(encoding: str) -> list[Fault]:
    if encoding.startswith("utf-8"):
        return []
    why = f"the file is no UTF-8, it is read as {encoding}; --encoding states another"
    return [Fault(None, "", why, encoding, ACCEPTED)]


def _open_xlsx(opened: Opened, options: OpenOptions, own: Sequence[str]) -> TextTable:
    from cdv_geo.io.tables.xlsx_tables import read_grid  # noqa: PLC0415  # slow, and seldom wanted

    path, grid = opened.path, read_grid(opened, options)
    names, renamed = _names(path, grid.columns, options, own)
    detected = {"sheet": grid.sheet, "header_row": grid.header_row, "columns": renamed}

    def blocks() -> Iterator[Records]:
        frame, told = _with_lost_rows(grid, names)
        own = [replace(f, column=renamed.get(f.column, f.column)) for f in (*grid.faults, *told)]
        blank = Counter(blank=len(frame) - len(grid.frame))
        own += non_data_rows.swallowed_rows(frame, names)
        raw = Records(frame, own)
        _set_apart(raw, "title", frame.index.isin(list(grid.titles)))
        records = _records(raw, names, grid.columns, grid.apart - blank)
        records.certain = {names[at]: rows for at, rows in grid.certain.items()}
        _state_decimals(records, options)
        records.faults += unread_synonyms(grid.columns, renamed)
        yield records

    return TextTable(path, guard.XLSX, _kept(names), detected, len(grid.frame), blocks)


def _state_decimals(records: Records, options: OpenOptions) -> None:
    records.frame, faults = with_decimals(records.frame, options.decimal, records.certain)
    records.faults += faults


def _with_lost_rows(grid: Grid, names: list[str]) -> tuple[pd.DataFrame, list[Fault]]:
    """Reject rows that say where they are, or what they name, in a cell that cannot be known.

    To read it as empty would make of a place, or of a quartier that is named, none at all. A row of
    which nothing else is known is a row all the same.
    """
    known = dict(zip(grid.columns, names, strict=True))
    named = grid.frame.set_axis(names, axis=1)
    held = [places for places in PLACES if set(places) <= set(names)]
    placed = {
        row for places in held for row in named.index[named[list(places)].notna().all(axis=1)]
    }
    told = []
    for fault in grid.lost:
        column = known.get(fault.column, "")
        telling = column in CITATIONS or (column in _WHERE and fault.row not in placed)
        if telling and fault.value != _NO_VALUE:
            kind = PLACE if column in _POSITIONS else VALUE
            why = f"{fault.message}, and what it says is not known"
            told.append(replace(fault, message=why, done=REJECTED, kind=kind))
        else:
            told.append(replace(fault, message=f"{fault.message}, it is read as empty"))
    rows = grid.frame.index.union(pd.Index(sorted(rejected_rows(told)), dtype="int64"))
    return grid.frame.reindex(rows), told


def _names(
    path: Path, columns: tuple[str, ...], options: OpenOptions, own: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """Give each column its name here; one that has none in the file is told by its place."""
    given = [unicodedata.normalize("NFC", name.strip()) for name in columns]
    for name, count in Counter(given).items():
        if name and count > 1:
            raise DataError(f"{path} cannot be read as a table: the column “{name}” stands twice.")
    found = match_columns(path, [name for name in given if name], options.columns, own)
    if "code" not in own:
        found = with_cited_codes(found, options.columns)
    names = [found.get(name, name) or f"column {n}" for n, name in enumerate(given, start=1)]
    for name, count in Counter(names).items():
        if count > 1:
            raise DataError(f"{path}: two columns read as “{name}”; a mapping file says which.")
    return names, {old: new for old, new in found.items() if old != new}


def _kept(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not re.fullmatch(r"column \d+", name))


def _whole(cells: Cells, separator: str) -> Records:
    """Put rows back that are longer by empty cells alone; reject the others that do not fit."""
    width = cells.frame.shape[1]
    records = Records(cells.frame, cells.faults)
    rejected = records.rejected
    rows: dict[int, list[str | None]] = {}
    for row, texts in cells.odd.items():
        filled = [text for text in texts if text.strip()]
        if row in rejected:
            rows[row] = [None] * width
        elif not filled:
            records.apart["blank"] += 1
        elif len(filled) == 1 and non_data_rows.is_footnote(filled[0]):
            records.apart["title"] += 1
        elif len(texts) > width and not any(text.strip() for text in texts[width:]):
            rows[row] = [text or None for text in texts[:width]]
        else:
            value = separator.join(texts)[:_SHOWN]
            why = f"{len(texts)} fields, {width} expected by the header"
            if row in cells.lines:
                why = f"{cells.lines[row]}: {why}; is a quotation closed?"
            records.faults.append(Fault(row, "", why, value, kind=MISFIT))
            rows[row] = [None] * width
    if rows:
        kept = pd.DataFrame(list(rows.values()), list(rows), range(width), dtype="str")
        whole = pd.concat([records.frame, kept]) if len(records.frame) else kept
        records.frame = whole.sort_index()
    return records


def _records(raw: Records, names: list[str], header: Sequence[str], above: Counter[str]) -> Records:
    """Name the columns, and set apart what is no row of the table."""
    frame = raw.frame.apply(_stripped)
    records = Records(frame, raw.faults, raw.apart + above)
    blank = frame.isna().all(axis=1) & ~frame.index.isin(list(records.rejected))
    _set_apart(records, "blank", blank.to_numpy())
    _set_apart(records, "title", non_data_rows.are_headers(records.frame, header))
    records.frame.columns = pd.Index(names)
    _leave_nameless(records)
    _set_apart(records, "title", non_data_rows.are_footnotes(records.frame))
    _set_apart(records, "total", non_data_rows.are_totals(records.frame))
    _set_apart(records, "sample", non_data_rows.are_samples(records.frame))
    for look in (non_data_rows.doubtful_totals, non_data_rows.mojibake):
        records.faults += look(records.frame)
    records.faults = [_of_a_row(fault, records.frame) for fault in records.faults]
    for clean in (with_plain_keys, with_whole_numbers):
        records.frame, faults = clean(records.frame)
        records.faults += faults
    return records


def _of_a_row(fault: Fault, frame: pd.DataFrame) -> Fault:
    """Say of a line that is no row of the table that it is accepted: it is counted apart."""
    there = fault.row is None or fault.done == ACCEPTED or fault.row in frame.index
    return fault if there else replace(fault, done=ACCEPTED)


def _stripped(column: pd.Series) -> pd.Series:
    text = column.astype("str").str.strip().str.rstrip(_END_OF_FILE)
    return text.mask(text == "")


def _set_apart(records: Records, what: str, rows: NDArray[np.bool_]) -> None:
    """Take lines out of the table, count them, and say of all but blank ones what they hold."""
    if not rows.any():
        return
    records.apart[what] += int(rows.sum())
    if what != "blank":
        for row, text in records.frame[rows].bfill(axis=1).iloc[:, 0].items():
            why = f"a {what} line, set apart: it is no row of the table"
            records.faults.append(Fault(int(str(row)), "", why, str(text), ACCEPTED))
    records.frame = records.frame[~rows]


def _leave_nameless(records: Records) -> None:
    """Leave out columns without a name, and say so if they hold anything."""
    frame = records.frame
    nameless = [name for name in frame if re.fullmatch(r"column \d+", str(name))]
    for name in nameless:
        held = frame[name].dropna()
        if len(held):
            why = f"{name} has no name in the header and is not read"
            value = str(held.iloc[0])
            records.faults.append(Fault(int(held.index[0]), str(name), why, value, ACCEPTED))
    records.frame = frame.drop(columns=nameless)
