"""Read CSV files as offices write them: which encoding, which separator, and where rows begin."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault
from cdv_geo.io.tables.column_headers import MOST_COLUMNS, find_header, known_name
from cdv_geo.io.tables.csv_records import (
    CsvRecord,
    Framer,
    Grammar,
    Verdict,
    bare,
    end_of,
    grammar_of,
    shown,
)
from cdv_geo.io.tables.text_encodings import (
    BLOCK,
    CP1252,
    LINE,
    SAMPLE,
    UTF8,
    count_lines,
    find_encoding,
    line_blocks,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.open_options import OpenOptions
    from cdv_geo.io.tables.text_encodings import Encoding

SEPARATORS: Final = (";", ",", "\t", "|")
_SAMPLE_ROWS: Final = 50
_END_OF_FILE: Final = "\x1a"  # as DOS marks it
# What pyarrow says of a file that has nothing below its header.
_NO_ROWS: Final = ("Empty CSV file", "Could not skip initial")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Parameters
    ----------
    encoding
        Of its text.
    separator
        What stands between two cells.
    columns
        The names that the header gives.
    header_row
        Number of the header among the rows, from 1.
    start
        How many bytes all of it takes, down to the header, as `line_blocks` gives them.
    above
        How many rows above it are blank, and how many hold a title.
    rows
        About how many rows the file has, to say how long it will take.
    notes
        What was found in the header.
    """

    encoding: Encoding
    separator: str
    columns: tuple[str, ...]
    header_row: int
    start: int
    above: Counter[str]
    rows: int
    notes: Sequence[Fault] = ()


@dataclass
class Cells:
    """A part of a table as it stands in its file.

    Parameters
    ----------
    frame
        Text, by position of the column; the index is the number of each row.
    odd
        Cells of rows that are longer or shorter than the header, by number of the row.
    lines
        The lines that some of these take, where the number of the row does not say it.
    faults
        What was found in the rows; of those that are rejected, `odd` has no cells.
    """

    frame: pd.DataFrame
    odd: dict[int, list[str]] = field(default_factory=dict)
    lines: dict[int, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def split(self, before: int, frame: pd.DataFrame) -> Cells:
        """Take out what is known of the rows before a number, of which a frame is given.

        More may be added meanwhile: pyarrow reads ahead in a thread of its own.
        """
        odd = {row: self.odd.pop(row) for row in sorted(self.odd) if row < before}
        lines = {row: self.lines.pop(row) for row in odd if row in self.lines}
        faults = [fault for fault in self.faults if (fault.row or 0) < before]
        del self.faults[: len(faults)]
        return Cells(frame, odd, lines, faults)


def read_dialect(opened: Opened, options: OpenOptions) -> Dialect:
    """Find out how a CSV file is written, unless it is stated.

    Raises
    ------
    DataError
        It is neither UTF-8 nor UTF-16 nor cp1252, or it has no row or too many columns.
    """
    path, file = opened.path, opened.file
    encoding = find_encoding(opened, options.encoding)
    sample = next(line_blocks(path, file, encoding, SAMPLE), b"")
    separator = options.separator or _separator(sample, encoding)
    if not separator.isascii():
        raise DataError(f"“{separator}” is no separator of cells; one ASCII character is expected.")
    rows, ends = _first_rows(sample, separator, encoding, options.header_row or 0)
    if not any(any(row) for row in rows):
        raise DataError(f"{path} cannot be read as a table: it is empty.")
    at = find_header(rows) if options.header_row is None else options.header_row - 1
    if not 0 <= at < len(rows):
        raise DataError(f"{path} has no row {options.header_row} among its first {len(rows)} rows.")
    header = sample[ends[at - 1] if at else 0 : ends[at]]
    columns = _texts(header, separator, encoding)
    _require_header(path, header, columns, separator)
    above = Counter("title" if any(row) else "blank" for row in rows[:at])
    return Dialect(
        encoding, separator, tuple(columns), at + 1, ends[at], above, _row_count(file),
        _header_notes(header, separator, encoding),
    )  # fmt: skip


def read_delimited_cells(path: Path, dialect: Dialect) -> Iterator[Cells]:
    """Read what stands below the header, block by block, every cell as text.

    Raises
    ------
    DataError
        The file cannot be read as a table.
    """
    ahead = Cells(pd.DataFrame(columns=range(len(dialect.columns)), dtype="str"))
    next_row, some = dialect.header_row + 1, False
    try:
        # The file is opened here, since pyarrow opens none whose name is no UTF-8.
        with path.open("rb") as file:
            stream = _Stream(_rows(path, file, dialect, ahead))
            for batch in _batches(stream, dialect, ahead.odd):
                numbers = _row_numbers(next_row, len(batch), ahead.odd)
                next_row = int(numbers[-1]) + 1 if len(numbers) else next_row
                frame = batch.to_pandas()
                frame.columns, frame.index, some = range(len(dialect.columns)), numbers, True
                yield ahead.split(next_row, frame)
    except pa.ArrowInvalid as error:
        if not str(error).startswith(_NO_ROWS):
            raise DataError(f"{path} cannot be read as a table: {str(error).strip()}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if ahead.odd or ahead.faults or not some:
        yield ahead


class _Stream(io.RawIOBase):
    """Bytes that come in parts, as a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left = parts, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # as `io` has it
        """Fill a buffer; what is less than that is the end."""
        filled = 0
        while filled < len(buffer):
            if not self._left:
                self._left = memoryview(next(self._parts, b""))
                if not self._left:
                    break
            size = min(len(buffer) - filled, len(self._left))
            buffer[filled : filled + size] = self._left[:size]
            filled, self._left = filled + size, self._left[size:]
        return filled


def _rows(path: Path, file: IO[bytes], dialect: Dialect, found: Cells) -> Iterator[bytes]:
    """Give the rows below the header in UTF-8; keep what was found in them."""
    blocks = line_blocks(path, file, dialect.encoding, BLOCK)
    first = next(blocks, b"")
    framer = Framer(
        grammar_of(dialect.separator),
        len(dialect.columns),
        dialect.header_row + 1,
        count_lines(first[: dialect.start]) + 1,
    )
    pieces = framer.pieces(chain([first[dialect.start :]], blocks))
    for piece in _in_utf8(pieces, dialect.encoding) if dialect.encoding.mixed else pieces:
        found.faults.extend(piece.faults)
        if piece.lines:
            found.lines[piece.row] = piece.lines
        if piece.data:
            yield piece.data


def _in_utf8(pieces: Iterable[CsvRecord], encoding: Encoding) -> Iterator[CsvRecord]:
    """Read each row in its own encoding; one that has none is left out."""
    for piece in pieces:
        if piece.data.isascii():
            yield piece
            continue
        rows = [piece.data] if piece.alone else piece.data.splitlines(keepends=True)
        texts, faults = [], list(piece.faults)
        for number, row in enumerate(rows, piece.row):
            text, used = encoding.read(row)
            texts.append(text or "\n")
            faults += _encoding_fault(number, row, encoding, text, used)
        yield replace(piece, data="".join(texts).encode(), faults=tuple(faults))


def _encoding_fault(
    number: int, row: bytes, encoding: Encoding, text: str | None, used: str
) -> list[Fault]:
    """Say of a row that it is not encoded as most are."""
    why = _otherwise(row, encoding, text, used)
    if text is None:
        return [Fault(number, "", f"the row {why}; it is not read", shown(row))]
    return [Fault(number, "", f"the row {why}", shown(text.encode()), REPAIRED)] if why else []


def _otherwise(row: bytes, encoding: Encoding, text: str | None, used: str) -> str:
    """Say how a row is read, if not as most rows are."""
    most = UTF8 if encoding.is_utf8 else CP1252
    if text is None:
        return f"is no {most}, as most rows are, and no French in {used}"
    read = f"is no {most}, as most rows are; it was read as {used}"
    return "" if used == most or row.isascii() else read


def _batches(
    file: _Stream, dialect: Dialect, odd: dict[int, list[str]]
) -> Iterator[pa.RecordBatch]:
    """Read the rows that are as long as the header; keep the others by number."""
    grammar = grammar_of(dialect.separator)

    def keep(row: Any) -> str:  # noqa: ANN401  # pyarrow's own kind is not public
        cells = [bare(cell).decode() for cell in grammar.cells(row.text.encode())]
        odd[row.number + dialect.header_row] = [] if cells == [_END_OF_FILE] else cells
        return "skip"

    columns = [str(number) for number in range(len(dialect.columns))]
    yield from pa.csv.open_csv(
        file,
        pa.csv.ReadOptions(
            column_names=columns,
            block_size=BLOCK,
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


def _row_count(file: IO[bytes]) -> int:
    """Tell about how many rows a file has, by its first lines."""
    file.seek(0)
    sample = file.read(SAMPLE)
    return max(round(sample.count(b"\n") * file.seek(0, io.SEEK_END) / len(sample)) - 1, 0)


def _separator(sample: bytes, encoding: Encoding) -> str:
    """Choose the separator that gives the most names that are known, then the most even rows."""

    def merit(separator: str) -> tuple[int, float, int]:
        rows = [row for row in _first_rows(sample, separator, encoding)[0] if row != [""]]
        divided = [row for row in rows if len(row) > 1]  # one cell speaks for no separator
        widths = Counter(len(row) for row in rows)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        known = max((len({known_name(c) for c in row} - {None}) for row in divided), default=0)
        return known, count / max(len(rows), 1) if width > 1 else 0.0, width

    return max(SEPARATORS, key=lambda separator: (merit(separator), separator == ","))


def _first_rows(
    sample: bytes, separator: str, encoding: Encoding, at_least: int = 0
) -> tuple[list[list[str]], list[int]]:
    """Give the cells of the first rows, no more than are read, and where each row ends."""
    rows: list[list[str]] = []
    ends = [0]
    while ends[-1] < len(sample) and len(rows) < max(_SAMPLE_ROWS, at_least):
        end = _row_end(sample, ends[-1], grammar_of(separator))
        rows.append(_texts(sample[ends[-1] : end], separator, encoding, MOST_COLUMNS))
        ends.append(end)
    return rows, ends[1:]


def _row_end(sample: bytes, at: int, grammar: Grammar) -> int:
    """Tell where a row ends whose width is not known yet: with its line, unless a cell goes on."""
    line, end = end_of(LINE, sample, at), end_of(grammar.row, sample, at)
    if end <= line:
        return line
    as_first = Framer(grammar, len(grammar.cells(sample[at:line])))
    return line if as_first.verdict(sample[at:end]) is Verdict.ROWS else end


def _texts(row: bytes, separator: str, encoding: Encoding, most: int | None = None) -> list[str]:
    """Give the cells of a row as text."""
    cells = [bare(cell) for cell in grammar_of(separator).cells(row)[:most]]
    texts = [encoding.read(cell)[0] if encoding.mixed else cell.decode() for cell in cells]
    pairs = zip(cells, texts, strict=True)
    return [(cell.decode(errors="replace") if t is None else t).strip() for cell, t in pairs]


def _require_header(path: Path, header: bytes, columns: list[str], separator: str) -> None:
    """Refuse a header that has too many columns, or may hold rows."""
    count = sum(bool(name) for name in columns)
    if count > MOST_COLUMNS:
        raise DataError(f"{path} has {count:,} columns; at most {MOST_COLUMNS:,} are read.")
    lines = count_lines(header)
    if lines > 1 and Framer(grammar_of(separator), len(columns)).verdict(header) is not (
        Verdict.ONE_ROW
    ):
        raise DataError(
            f"{path} cannot be read as a table: by its quotation marks its header takes {lines} "
            f"lines, from “{shown(header.splitlines()[0])}” on, which look like rows; is a "
            "quotation closed?"
        )


def _header_notes(header: bytes, separator: str, encoding: Encoding) -> list[Fault]:
    """Say of a header that it is not written as it should be, or not encoded as most rows are."""
    reasons = [
        f"holds “{shown(cell)}”, which is no whole quotation; it was read with its marks"
        for cell in grammar_of(separator).odd_cells(header)
    ]
    if encoding.mixed:
        text, used = encoding.read(header)
        why = _otherwise(header, encoding, text, used)
        reasons += [f"{why}; a letter is missing" if text is None else why] if why else []
    return [Fault(None, "", f"the header {why}", shown(header), ACCEPTED) for why in reasons]
