"""Look at the texts of a DBF, whose fields have a width in bytes: what fills one may be cut."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER: Final = 32
_FIELD: Final = 32  # bytes that describe one
_END_OF_FIELDS: Final = 0x0D
_BLANKS: Final = b" \0"
_WIDEST: Final = 254  # bytes of a text, and 255 where a program knows no better
# Programs that cut at a letter, and not within one, leave up to three bytes blank.
_LETTER: Final = 4  # bytes at most
# Fields are made as wide as their longest text, or of a round width, which then cuts.
_NARROWEST: Final = 20
_ROUND: Final = (32, 64, 128)


@dataclass(frozen=True)
class CutTexts:
    """The texts of a column that may have been cut.

    Parameters
    ----------
    width
        Of its field, bytes.
    rows
        From 0.
    """

    width: int
    rows: frozenset[int]


def without_halves(dbf: bytes) -> bytes:
    """Blank the half of a letter that UTF-8 writes in several bytes, where a field ends within it.

    Parameters
    ----------
    dbf
        The file, if its texts are UTF-8.
    """
    mended = bytearray(dbf)
    for _, cells in _text_fields(mended):
        for row in np.flatnonzero(cells[:, -1] >= 0x80).tolist():  # noqa: PLR2004  # no ASCII
            tail = bytes(cells[row, -_LETTER:])
            try:
                tail.lstrip(bytes(range(0x80, 0xC0))).decode()
            except UnicodeDecodeError as error:
                if error.reason == "unexpected end of data":
                    half = len(error.object) - error.start
                    cells[row, -half:] = ord(" ")
    return bytes(mended)


def cut_texts(dbf: bytes, mended: bytes) -> dict[int, CutTexts]:
    """Find texts that may have been cut, by the number of their field, from 0.

    A field as wide as a DBF allows cuts whatever is longer, and so does one of a round width (30,
    64, 100, …); there, a text of one word is taken for a code that is as long as all of them.

    Parameters
    ----------
    dbf
        The file.
    mended
        The same, halves of letters left out: what had one is cut for certain.
    """
    found = {}
    for (number, cells), (_, whole) in zip(_text_fields(dbf), _text_fields(mended), strict=True):
        width = cells.shape[1]
        sure = (cells != whole).any(axis=1)
        if width >= _WIDEST:
            full = ~np.isin(cells[:, -_LETTER:], list(_BLANKS)).all(axis=1)
        elif width >= _NARROWEST and (width % 10 == 0 or width in _ROUND):
            full = ~np.isin(cells[:, -1], list(_BLANKS))
            full &= np.isin(cells, list(b" ;,/")).any(axis=1)
        else:
            full = np.zeros(len(cells), dtype=bool)
        if rows := np.flatnonzero(sure | full).tolist():
            found[number] = CutTexts(width, frozenset(rows))
    return found


def _text_fields(dbf: bytes | bytearray) -> Iterator[tuple[int, Any]]:
    """Give the number of each field of text, and its bytes by row."""
    rows, header, width = struct.unpack("<IHH", dbf[4:12])
    records = np.frombuffer(dbf, np.uint8, rows * width, header).reshape(rows, width)
    begin = 1  # after the mark of a row that is deleted
    for number, at in enumerate(range(HEADER, header, _FIELD)):
        if dbf[at] == _END_OF_FIELDS or at + _FIELD > header:
            return
        length = dbf[at + 16]
        if dbf[at + 11] == ord("C") and length and begin + length <= width:
            yield number, records[:, begin : begin + length]
        begin += length
