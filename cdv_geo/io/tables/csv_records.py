"""Where the rows of a CSV file begin and end, whatever its quotation marks.

A cell that begins with a quotation mark may go on over many lines, until the next mark: one mark
too many, and it swallows the rows between. Here a cell takes several lines only where these are no
rows by themselves. What may be either is rejected, with its lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from cdv_geo.faults import MISFIT, REPAIRED, Fault
from cdv_geo.io.tables.text_encodings import CP1252, LINE, count_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

_MARK: Final = b'"'
_LINE_END: Final = b"\n"
_CLOSED: Final = re.compile(rb'"(?:[^"]++|"")*+" *+')
_LONGEST: Final = 1 << 20  # bytes of a row that takes several lines
# So many separators may by some chance make rows of the lines of a cell, or by none.
_SOME_CHANCE: Final = 3
_NO_CHANCE: Final = 6
_SHOWN: Final = 80  # characters of a row that is rejected


class Verdict(Enum):
    """What some lines are that one quotation joins."""

    ONE_ROW = auto()
    ROWS = auto()
    EITHER = auto()


@dataclass(frozen=True)
class Grammar:
    """How rows are written, as RFC 4180 has it; blanks may stand after a quotation.

    Parameters
    ----------
    separator
        What stands between two cells, one byte.
    """

    separator: bytes

    @cached_property
    def plain_rows(self) -> re.Pattern[bytes]:
        """As many rows of one line as follow one another."""
        return re.compile(rb"(?:" + self._row(rb'[^"\r\n]') + rb")*+")

    @cached_property
    def row(self) -> re.Pattern[bytes]:
        """A row of which quoted cells may hold line ends."""
        return re.compile(self._row(rb'[^"]'))

    @cached_property
    def open_row(self) -> re.Pattern[bytes]:
        """A row of which the last quotation is not closed."""
        cell, separator = self._cell(rb'[^"]'), re.escape(self.separator)
        return re.compile(rb"(?:" + cell + separator + rb')*+"(?:[^"]++|"")*+\Z')

    @cached_property
    def _cells(self) -> re.Pattern[bytes]:
        separator = re.escape(self.separator)
        quoted = _CLOSED.pattern + rb"(?=" + separator + rb"|[\r\n]|\Z)"
        return re.compile(rb"(?:\A|" + separator + rb")(" + quoted + rb"|" + self._bare + rb")")

    def cells(self, row: bytes) -> list[bytes]:
        """Divide a row into cells as they stand; a mark that is not closed is like any letter."""
        return self._cells.findall(row)

    def odd_cells(self, row: bytes) -> list[bytes]:
        """Give the cells that begin as a quotation and are none."""
        cells = self.cells(row)
        return [c for c in cells if c.startswith(_MARK) and not _CLOSED.fullmatch(c)]

    @property
    def _bare(self) -> bytes:
        return rb"[^" + re.escape(self.separator) + rb"\r\n]*+"

    def _cell(self, letter: bytes) -> bytes:
        return rb'(?:"(?:' + letter + rb'++|"")*+" *+|(?!")' + self._bare + rb")"

    def _row(self, letter: bytes) -> bytes:
        cell = self._cell(letter)
        return cell + rb"(?:" + re.escape(self.separator) + cell + rb")*+(?:\r\n?|\n)"


@lru_cache(maxsize=8)
def grammar_of(separator: str) -> Grammar:
    """Give the grammar of rows with a separator; it is made once."""
    return Grammar(separator.encode())


def bare(cell: bytes) -> bytes:
    """Take the marks off a cell that is a whole quotation."""
    if not _CLOSED.fullmatch(cell):
        return cell
    return cell.rstrip(b" ")[1:-1].replace(_MARK * 2, _MARK)


@dataclass(frozen=True)
class CsvRecord:
    """Rows that follow one another, written so that any reader sees the same rows.

    Parameters
    ----------
    row
        Number of the first of them.
    data
        The rows; each on a line of its own, unless it is one row alone.
    alone
        It is one row.
    lines
        The lines that it takes, where it is one row that does not fit the header.
    faults
        What was found in them.
    """

    row: int
    data: bytes
    alone: bool = False
    lines: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass
class Framer:
    """Divides lines into rows.

    Parameters
    ----------
    grammar
        How the rows are written.
    width
        How many cells the header has.
    row
        Number of the next row.
    line
        Number of the next line.
    """

    grammar: Grammar
    width: int
    row: int = 1
    line: int = 1

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[CsvRecord]:
        """Give the rows of blocks of whole lines: all of them, in order."""
        rest = b""
        for block in blocks:
            rest = yield from self._pieces(rest + block, final=False)
        if rest:
            yield from self._pieces(rest + _LINE_END * (rest[-1:] not in b"\r\n"), final=True)

    def verdict(self, row: bytes) -> Verdict:
        """Tell what the lines of a row are that takes several: one row, or rows by themselves."""
        whole, lines = self._fits(self.grammar.cells(row)), row.splitlines(keepends=True)
        longest = max(line.count(self.grammar.separator) for line in lines)
        if self.width > 1 and longest < self.width - 1:  # as most texts of several lines
            return Verdict.ONE_ROW
        alone, held = [self._is_row(line) for line in lines], self._held(row)
        between = sum(count for count, is_row in zip(held, alone, strict=True) if is_row)
        most = 2 * sum(alone) > sum(bool(line.strip()) for line in lines)
        if most and between >= (_NO_CHANCE if whole else _SOME_CHANCE):
            return Verdict.ROWS
        ends = self._may_be_row(lines[0]) and self._may_be_row(lines[-1])
        doubtful = between >= _SOME_CHANCE or (ends and not self._is_prose(row)) or self.width == 1
        return Verdict.EITHER if whole and doubtful else Verdict.ONE_ROW

    def _is_prose(self, row: bytes) -> bool:
        """Tell whether separators are marks of a text: blanks follow them, and no others do."""
        separator, cells = self.grammar.separator, self.grammar.cells(row)
        text = b"".join(cell for cell in cells if len(cell.splitlines()) > 1)
        marks = text.count(separator)
        spaced = marks == text.count(separator + b" ")
        return marks > 1 and spaced and not any(cell.startswith(b" ") for cell in cells)

    def _pieces(self, data: bytes, *, final: bool) -> Generator[CsvRecord, None, bytes]:
        """Give the rows that some lines hold; return the lines whose row is not whole yet."""
        at = 0
        while at < len(data):
            marked = data.find(_MARK, at) >= 0
            end = end_of(self.grammar.plain_rows, data, at) if marked else len(data)
            if end > at:
                plain = data[at:end]
                yield CsvRecord(self.row, plain)
                self.row += count_lines(plain)
                self.line += count_lines(plain)
            elif not final and self._goes_on(data, at):
                return data[at:]
            else:
                row, piece = self._odd_row(data, at)
                yield piece
                self.row, self.line, end = self.row + 1, self.line + count_lines(row), at + len(row)
            at = end
        return b""

    def _goes_on(self, data: bytes, at: int) -> bool:
        """Tell whether the row that begins here may end in lines that are not read yet."""
        if len(data) - at > _LONGEST or self.grammar.row.match(data, at):
            return False
        is_last = end_of(LINE, data, at) == len(data)
        return is_last or bool(self.grammar.open_row.match(data, at))

    def _odd_row(self, data: bytes, at: int) -> tuple[bytes, CsvRecord]:
        """Give a row that takes several lines, or has a mark that is not closed, and its piece."""
        match = self.grammar.row.match(data, at)
        if match and len(match[0]) <= _LONGEST:
            verdict = self.verdict(match[0])
            if verdict is not Verdict.ROWS:
                return match[0], self._of_lines(match[0], verdict)
        end = end_of(LINE, data, at)
        return data[at:end], self._by_itself(data[at:end], data[end : end_of(LINE, data, end)])

    def _of_lines(self, row: bytes, verdict: Verdict) -> CsvRecord:
        """Keep a row of several lines, or leave it out where each may be a row by itself."""
        lines = f"lines {self.line} to {self.line + count_lines(row) - 1}"
        if verdict is Verdict.ONE_ROW:
            whole = self._fits(self.grammar.cells(row))
            return CsvRecord(self.row, row, alone=True, lines="" if whole else lines)
        why = (
            f"{lines} are one row by their quotation marks, and may be several by their "
            "separators; is a quotation closed?"
        )
        fault = Fault(self.row, "", why, shown(row), kind=MISFIT)
        # A blank line stands for it, so that the rows after it keep their number.
        return CsvRecord(self.row, _LINE_END, alone=True, faults=(fault,))

    def _by_itself(self, line: bytes, after: bytes) -> CsvRecord:
        """Read a line as a row, and its marks that are not closed as they stand."""
        cells, odd = self.grammar.cells(line), self.grammar.odd_cells(line)
        marked = [_quoted(cell) if cell in odd else cell for cell in cells]
        data = self.grammar.separator.join(marked) + _LINE_END
        if not self._fits(cells):
            return CsvRecord(self.row, data, alone=True, lines=f"line {self.line}")
        what = f"“{shown(odd[0])}” is no whole quotation"
        if cells[-1] in odd and after.strip() and not self._may_be_row(after):
            why = f"{what}, and line {self.line + 1}, which is no row, may belong to it"
            fault = Fault(self.row, "", why, shown(line), kind=MISFIT)
            return CsvRecord(self.row, _LINE_END, alone=True, faults=(fault,))
        why = f"{what}; line {self.line} was read by itself, with its marks as they stand"
        fault = Fault(self.row, "", why, shown(line), REPAIRED)
        return CsvRecord(self.row, data, alone=True, faults=(fault,))

    def _fits(self, cells: Sequence[bytes]) -> bool:
        """Tell whether cells are as many as the header has; blank ones in the end do not count."""
        return len(cells) >= self.width and not any(bare(c).strip() for c in cells[self.width :])

    def _is_row(self, line: bytes) -> bool:
        """Tell whether a line is as long as a row, and no prose: no blank after a separator."""
        cells = self.grammar.cells(line)
        return self._fits(cells) and not any(cell.startswith(b" ") for cell in cells)

    def _may_be_row(self, line: bytes) -> bool:
        return self._fits(self.grammar.cells(line)) or self._fits(
            line.rstrip(b"\r\n").split(self.grammar.separator)
        )

    def _held(self, row: bytes) -> list[int]:
        """Count the separators in each line of a row that stand within a cell of several lines."""
        counts = [0]
        for cell in self.grammar.cells(row):
            held = [part.count(self.grammar.separator) for part in cell.splitlines()]
            if len(held) > 1:
                counts[-1] += held[0]
                counts += held[1:]
        return counts


def shown(row: bytes) -> str:
    """Give the beginning of a row as text, for a message."""
    try:
        return row.decode().strip()[:_SHOWN]
    except UnicodeDecodeError:
        return row.decode(CP1252, errors="replace").strip()[:_SHOWN]


def end_of(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Tell where something ends that begins in some bytes; where it begins, if it is not there."""
    match = pattern.match(data, at)
    return match.end() if match else at


def _quoted(cell: bytes) -> bytes:
    return _MARK + cell.replace(_MARK, _MARK * 2) + _MARK
