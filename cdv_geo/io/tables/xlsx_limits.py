"""Look at the parts of a workbook before its cells are made: whether a spreadsheet writes such.

A few kilobytes can state billions of cells, and a library makes all of them; it also counts from
the end where a number is below 0, and of two parts of one name takes the last.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from io import BytesIO
from typing import IO, TYPE_CHECKING, Final

from cdv_geo.errors import DataError, listed
from cdv_geo.io.guard import open_archive, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.io.guard import Opened

_STRICT: Final = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})")
_ENCODINGS: Final = (b"utf-8", b"us-ascii", b"iso-8859-1")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
# How many of each kind may be read: with more of them a reader takes longer than 10 s.
_COUNTED: Final = {
    what: re.compile(rb"<(?:\w+:)?" + tag + rb"[\s/>]")
    for what, tag in (("cells", b"c"), ("rows", b"row"), ("texts", b"si"))
}
_PLAIN: Final = re.compile(rb"<(?:/|(?:\w+:)?(?:c|v|row|f|is|t|si)[\s/>])")
_OTHERS: Final = "formats, rules, links or the like"
_FONTS: Final = "fonts within texts"  # of which nothing is made
_MOST: Final = {
    "tags": 6_000_000,  # with more, the others are not even counted
    "cells": 500_000,
    "rows": 500_000,
    "texts": 500_000,
    _OTHERS: 300_000,
    _FONTS: 2_000_000,
}
_LONGEST_TAG: Final = re.compile(rb"<[^<>]{1000000}")
_LONG_TEXT: Final = re.compile(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]{32768,})")
_LONGEST_TEXT: Final = 32_767  # characters that a cell takes
# A cell that counts from the end, or whose place or index is no number of a sheet.
_ODD_CELL: Final = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=[\"'](?![A-Za-z]{1,3}[1-9][0-9]{0,9}[\"'])"
    rb"|<(?:\w+:)?c\s[^<>]*?\bt=[\"']s[\"'][^<>]*>\s*+<(?:\w+:)?v>\s*+-"
    rb"|<(?:\w+:)?c\s[^<>]*?\bs=[\"']\s*+-"
)
_SHOWN: Final = 80


class Parts:
    """Give the parts of a workbook that are asked for, each looked at before.

    It stands for the archive in a library, so that nothing is refused for what nobody opens
    (pictures, comments, pivot tables, other sheets), and nothing is opened unseen.

    Parameters
    ----------
    opened
        The workbook.

    Raises
    ------
    DataError
        It is broken, or has two parts of one name; from all methods: a part is broken, would be
        read wrongly, or holds too much, alone or with those that were given before.
    """

    def __init__(self, opened: Opened) -> None:
        self._path = opened.path
        self._archive = open_archive(opened.path, opened.file)
        self._given: Counter[str] = Counter()
        twice = sorted(name for name, count in Counter(self.namelist()).items() if count > 1)
        if twice:
            raise DataError(
                f"{opened.path} holds {listed(twice)} twice; only one of them could be read."
            )

    def namelist(self) -> list[str]:
        """Name all parts."""
        return self._archive.namelist()

    def read(self, name: str) -> bytes:
        """Give a part as a whole."""
        return self._part(name, _OTHERS)

    def open(self, name: str) -> IO[bytes]:
        """Give a part as a file."""
        return BytesIO(self._part(name, _OTHERS))

    def open_texts(self, name: str) -> IO[bytes]:
        """Give the part of the shared texts, which may have many fonts within them."""
        return BytesIO(self._part(name, _FONTS))

    def _part(self, name: str, others: str) -> bytes:
        part = unpack(self._path, self._archive, name)
        _require_few(self._path, name, part, self._given, others)
        _require_text(self._path, name, part)
        if _STRICT in part:
            raise DataError(
                f"{self._path} is a “Strict Open XML” workbook; save it as a plain .xlsx one."
            )
        return part


def _require_text(path: Path, name: str, part: bytes) -> None:
    """Refuse what no spreadsheet writes: other encodings, definitions of entities, odd cells."""
    declared = _DECLARED.match(part[:400].lstrip(_BLANKS))
    if part.startswith(_UTF16) or (declared and declared[1].lower() not in _ENCODINGS):
        raise DataError(f"{path}: {name} is no UTF-8, in which spreadsheets write.")
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise DataError(f"{path}: {name} defines entities, which no spreadsheet does.")
    if _LONGEST_TAG.search(part):
        raise DataError(f"{path}: {name} holds a tag of more than 1 MB, which no spreadsheet has.")
    for found in _LONG_TEXT.finditer(part):
        length = len(unescape(found[1].decode(errors="replace")))
        if length > _LONGEST_TEXT:
            raise DataError(
                f"{path}: {name} holds a text of {length:,} characters; a cell takes "
                f"{_LONGEST_TEXT:,}."
            )
    if odd := _ODD_CELL.search(part):
        shown = part[odd.start() : odd.start() + _SHOWN].decode(errors="replace")
        raise DataError(f"{path}: {name} holds a cell that no sheet has, “{shown}”.")


def _require_few(path: Path, name: str, part: bytes, given: Counter[str], others: str) -> None:
    """Add what a part holds to what was given before; refuse more than is read in some seconds.

    Parameters
    ----------
    path, name, part
        The workbook, the name of the part and its content.
    given
        How many of each of `_MOST` were given.
    others
        What all tags are counted as that are no cells, rows or texts.
    """
    given["tags"] += part.count(b"<")
    _require_at_most(path, name, given)
    for what, pattern in _COUNTED.items():
        given[what] += sum(1 for _ in pattern.finditer(part))
    given[others] += part.count(b"<") - sum(1 for _ in _PLAIN.finditer(part))
    _require_at_most(path, name, given)


def _require_at_most(path: Path, name: str, given: Counter[str]) -> None:
    for what, most in _MOST.items():
        if given[what] > most:
            raise DataError(
                f"{path}: up to {name}, {given[what]:,} {what} would be read; at most {most:,} "
                "are: choose a sheet (--sheet), or save the table as CSV."
            )
