"""Read CSV files as offices write them: which encoding, which separator, and where rows begin."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from cdv_geo.errors import DataError
from cdv_geo.io.guard import looks_like_utf16
from cdv_geo.io.headers import find_header, known_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.stated import Stated

SEPARATORS: Final = (";", ",", "\t", "|")
# Bytes that are held at a time: enough to be fast, little beside any machine's memory.
_BLOCK: Final = 1 << 23
_SAMPLE: Final = 1 << 20
_SAMPLE_ROWS: Final = 50
_LONGEST_CELL: Final = 1 << 30  # characters
_END_OF_FILE: Final = "\x1a"  # as DOS marks it
# What pyarrow says of a file that has nothing below its header.
_NO_ROWS: Final = ("Empty CSV file", "Could not skip initial")
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Parameters
    ----------
    encoding
        As Python calls it.
    separator
        What stands between two cells.
    columns
        The names that the header gives.
    header_row
        Number of the header among the rows, from 1.
    lines
        How many lines of the file all of it takes, down to the header.
    above
        How many rows above it are blank, and how many hold a title.
    rows
        About how many rows the file has, to say how long it will take.
    """

    encoding: str
    separator: str
    columns: tuple[str, ...]
    header_row: int
    lines: int
    above: Counter[str]
    rows: int


@dataclass
class Cells:
    """A part of a table as it stands in its file.

    Parameters
    ----------
    frame
        Text, by position of the column; the index is the number of each row.
    odd
        Cells of rows that are longer or shorter than the header, by number of the row.
    """

    frame: pd.DataFrame
    odd: dict[int, list[str]] = field(default_factory=dict)


def read_dialect(opened: Opened, stated: Stated) -> Dialect:
    """Find out how a CSV file is written, unless it is stated.

    Raises
    ------
    DataError
        It is neither UTF-8 nor UTF-16 nor cp1252, a quotation is not closed, or it has no row.
    """
    path, sample = opened.path, opened.file.read(_SAMPLE)
    encoding, marks = _encoding(opened, stated.encoding or _marked(sample))
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    separator = stated.separator or _separator(text)
    if marks % 2:
        _require_closed_quotations(opened, encoding, separator)
    rows, lines = _parsed(text, separator, stated.header_row or 0)
    if not any(any(row) for row in rows):
        raise DataError(f"{path} cannot be read as a table: it is empty.")
    at = find_header(rows) if stated.header_row is None else stated.header_row - 1
    if not 0 <= at < len(rows):
        raise DataError(f"{path} has no row {stated.header_row} among its first {len(rows)} rows.")
    above = Counter("title" if any(row) else "blank" for row in rows[:at])
    count = max(round(sample.count(b"\n") * opened.file.seek(0, io.SEEK_END) / len(sample)) - 1, 0)
    return Dialect(encoding, separator, tuple(rows[at]), at + 1, lines[at], above, count)


def read_cells(path: Path, dialect: Dialect) -> Iterator[Cells]:
    """Read what stands below the header, block by block, every cell as text.

    Raises
    ------
    DataError
        The file cannot be read as a table.
    """
    odd: dict[int, list[str]] = {}
    next_row, some = dialect.header_row + 1, False
    try:
        # The file is opened here, since pyarrow opens none whose name is no UTF-8.
        with path.open("rb") as file:
            for batch in _batches(file, dialect, odd):
                numbers = _row_numbers(next_row, len(batch), odd)
                next_row = int(numbers[-1]) + 1 if len(numbers) else next_row
                frame = batch.to_pandas()
                frame.columns, frame.index, some = range(len(dialect.columns)), numbers, True
                yield Cells(frame, {row: odd.pop(row) for row in sorted(odd) if row < next_row})
    except pa.ArrowInvalid as error:
        if not str(error).startswith(_NO_ROWS):
            raise DataError(f"{path} cannot be read as a table: {str(error).strip()}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if odd or not some:
        yield Cells(pd.DataFrame(columns=range(len(dialect.columns)), dtype="str"), odd)


def _batches(
    file: IO[bytes], dialect: Dialect, odd: dict[int, list[str]]
) -> Iterator[pa.RecordBatch]:
    """Read the rows that are as long as the header; keep the others by number."""
    # Above the header, pyarrow counts lines, where a row may take several.
    shift = dialect.lines - dialect.header_row

    def keep(row: Any) -> str:  # noqa: ANN401  # pyarrow's own kind is not public
        with _long_cells():
            cells = next(csv.reader([row.text], delimiter=dialect.separator), [])
        odd[row.number - shift] = [] if cells == [_END_OF_FILE] else cells
        return "skip"

    columns = [str(number) for number in range(len(dialect.columns))]
    yield from pa.csv.open_csv(
        file,
        pa.csv.ReadOptions(
            column_names=columns,
            skip_rows=dialect.lines,
            block_size=_BLOCK,
            encoding=dialect.encoding.removesuffix("-sig"),
            use_threads=False,  # with threads it does not number the rows that it leaves out
        ),
        pa.csv.ParseOptions(
            delimiter=dialect.separator,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


def _row_numbers(start: int, count: int, odd: Iterable[int]) -> NDArray[np.int64]:
    """Give the numbers of so many rows from a start on; those that were left out are jumped."""
    ahead = np.array(sorted(row for row in odd if row >= start), dtype=np.int64)
    numbers = np.arange(start, start + count + len(ahead))
    return np.setdiff1d(numbers, ahead, assume_unique=True)[:count]


def _marked(head: bytes) -> str | None:
    """Give the encoding that the beginning of a file gives away, if it does."""
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if looks_like_utf16(head):
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    return None


def _encoding(opened: Opened, said: str | None) -> tuple[str, int]:
    """Tell the encoding, UTF-8 or cp1252 unless another is said; count the quotation marks too.

    Guessers of character sets take French cp1252 for other code pages, so none is asked.
    """
    try:
        "".encode(said or "utf-8")
    except (LookupError, ValueError):
        raise DataError(
            f"“{said}” is no encoding of text; utf-8, utf-16, cp1252 and cp850 are some."
        ) from None
    for encoding in (said,) if said else ("utf-8", "cp1252"):
        fault, marks = _decoded(opened.file, encoding)
        if fault is None:
            return encoding, marks
    raise DataError(f"{opened.path} is not {encoding} text: {fault}; state its encoding.")


def _decoded(file: IO[bytes], encoding: str) -> tuple[str | None, int]:
    """Say which byte of a file is not of the encoding, None if all are; count quotation marks."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = marks = 0
    file.seek(0)
    try:
        while chunk := file.read(_SAMPLE):
            held = len(decoder.getstate()[0])
            if "\0" in decoder.decode(chunk):
                return "it holds a zero character", marks
            done += len(chunk)
            marks += chunk.count(b'"')
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return f"byte {done - held + error.start} is 0x{error.object[error.start]:02x}", marks
    except UnicodeError as error:
        return str(error), marks
    return None, marks


def _separator(text: str) -> str:
    """Choose the separator that gives the most names that are known, then the most even rows."""

    def merit(separator: str) -> tuple[int, float, int]:
        rows = [row for row in _parsed(text, separator)[0] if row]
        divided = [row for row in rows if len(row) > 1]  # one cell speaks for no separator
        widths = Counter(len(row) for row in rows)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        known = max((len({known_name(c) for c in row} - {None}) for row in divided), default=0)
        return known, count / max(len(rows), 1) if width > 1 else 0.0, width

    return max(SEPARATORS, key=lambda separator: (merit(separator), separator == ","))


def _parsed(text: str, separator: str, at_least: int = 0) -> tuple[list[list[str]], list[int]]:
    """Give the cells of the first rows, and after how many lines each ends."""
    rows, lines = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    with _long_cells():
        for row in reader:
            rows.append([cell.strip() for cell in row])
            lines.append(reader.line_num)
            if len(rows) == max(_SAMPLE_ROWS, at_least):
                break
    return rows, lines


def _require_closed_quotations(opened: Opened, encoding: str, separator: str) -> None:
    """Refuse a file of which a quotation is not closed: it would swallow every row after it."""
    opened.file.seek(0)
    text = io.TextIOWrapper(opened.file, encoding, newline="")
    with _long_cells():
        try:
            for _ in csv.reader(text, delimiter=separator, strict=True):
                pass
        except csv.Error as error:
            raise DataError(
                f"{opened.path} has quotation marks that do not pair ({error}), so that its rows "
                "cannot be told apart."
            ) from None
        finally:
            text.detach()  # the file is closed by who opened it


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """Let Python's own reader take cells of any length."""
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)
