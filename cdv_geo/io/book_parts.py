"""Look at the parts of a workbook before its cells are made: whether a spreadsheet writes such.

A few kilobytes can state billions of cells, and a library makes all of them; it also counts from
the end where a number is below 0, and of two parts of one name takes the last.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING, Final

from openpyxl.utils import range_boundaries

from cdv_geo.errors import DataError, listed
from cdv_geo.io.guard import open_archive, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.io.guard import Opened

_FORMULA: Final = re.compile(rb"<f[ >/]")
# Merged areas and links, of which each cell is made.
_MERGED: Final = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink)\s[^<>]*?\bref=[\"']([A-Za-z0-9:$]{1,40})[\"']"
)
_MOST_MERGED: Final = 500_000  # each is made a cell
_BOOK: Final = "xl/workbook.xml"
_STRICT: Final = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})")
_ENCODINGS: Final = (b"utf-8", b"us-ascii", b"iso-8859-1")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
# How many of each kind one part may hold: with more of them a reader takes longer than 10 s.
_CELL, _ROW, _TEXT = (
    re.compile(rb"<(?:\w+:)?" + name + rb"[\s/>]") for name in (b"c", b"row", b"si")
)
_PLAIN: Final = re.compile(rb"<(?:/|(?:\w+:)?(?:c|v|row|f|is|t|si)[\s/>])")
_MOST_CELLS: Final = 500_000
_MOST_OTHERS: Final = 200_000
_MOST_TAGS: Final = 8 * _MOST_CELLS  # more are not even counted by their kind
_MOST_PARTS: Final = 1_000  # a sheet is one or two
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


def require_parts(opened: Opened) -> bool:
    """Refuse a workbook that would be read wrongly, or not at all; tell if it holds a formula.

    Raises
    ------
    DataError
        It is such a workbook.
    """
    path, formulas, merged = opened.path, False, 0
    with open_archive(path, opened.file) as archive:
        names = archive.namelist()
        if len(names) > _MOST_PARTS:
            raise DataError(f"{path} has {len(names):,} parts; at most {_MOST_PARTS:,} are read.")
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise DataError(f"{path} holds {listed(twice)} twice; only one of them could be read.")
        for name in names:
            part = unpack(path, archive, name)
            if not part.startswith(_UTF16) and part[:99].lstrip(_BLANKS)[:1] != b"<":
                continue  # a picture, a program
            _require_few(path, name, part)
            _require_text(path, name, part)
            if name == _BOOK and _STRICT in part:
                raise DataError(
                    f"{path} is a “Strict Open XML” workbook; save it as a plain .xlsx one."
                )
            formulas = formulas or _FORMULA.search(part) is not None
            merged += sum(_cells_of(found[1].decode()) for found in _MERGED.finditer(part))
    if merged > _MOST_MERGED:
        raise DataError(
            f"{path} merges or links {merged:,} cells; at most {_MOST_MERGED:,} are accepted."
        )
    return formulas


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


def _require_few(path: Path, name: str, part: bytes) -> None:
    """Refuse a part that holds more than can be read in some seconds."""
    tags = part.count(b"<")
    if tags > _MOST_TAGS:
        raise DataError(
            f"{path}: {name} holds {tags:,} tags; at most {_MOST_TAGS:,} are read: save the table "
            "as CSV."
        )
    others = tags - sum(1 for _ in _PLAIN.finditer(part))
    counts = [
        ("cells", sum(1 for _ in _CELL.finditer(part)), _MOST_CELLS),
        ("rows", sum(1 for _ in _ROW.finditer(part)), _MOST_CELLS),
        ("texts", sum(1 for _ in _TEXT.finditer(part)), _MOST_CELLS),
        ("formats, rules, links or the like", others, _MOST_OTHERS),
    ]
    for what, count, most in counts:
        if count > most:
            raise DataError(
                f"{path}: {name} holds {count:,} {what}; at most {most:,} are read: save the table "
                "as CSV."
            )


def _cells_of(area: str) -> int:
    """Count the cells of an area such as A1:C3."""
    try:
        left, top, right, bottom = range_boundaries(area)
        return (int(right) - int(left) + 1) * (int(bottom) - int(top) + 1)
    except (ValueError, TypeError):  # openpyxl says what is wrong with it when it reads it
        return 0
