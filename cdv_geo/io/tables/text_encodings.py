"""How the text of a file is encoded: all of it, or line by line where two encodings are mixed."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from cdv_geo.errors import DataError
from cdv_geo.io.guard import looks_like_utf16

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cdv_geo.io.guard import Opened

UTF8: Final = "utf-8"
CP1252: Final = "cp1252"
SAMPLE: Final = 1 << 20
"""Bytes of a file that are looked at before it is read."""
BLOCK: Final = 1 << 23
"""Bytes that are held at a time: enough to be fast, little beside any machine's memory."""
LINE: Final = re.compile(rb"[^\r\n]*+(?:\r\n?|\n|\Z)")
"""A line and its end."""
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What French text holds besides ASCII; curved quotes, dashes and the like not within words. Text of
# cp850 or of a Mac and broken UTF-8 hold other characters where they are read as cp1252.
_LETTERS: Final = (
    "ÀÂÄÆÇÈÉÊËÎÏÑÔÖÙÛÜŒŸàâäæçèéêëîïñôöùûüœÿáíóú«»°º²³€§·\u2019\u00b4\u00a0\u202f\u2011"
)
_SIGNS: Final = "[\u2018\u201c\u201d\u2026\u2013\u2014\u2022]"
_FRENCH: Final = re.compile(rf"(?:[\0-\x7f{_LETTERS}]|(?<![a-z]){_SIGNS}|{_SIGNS}(?![a-z]))*+")


@dataclass(frozen=True)
class Encoding:
    """How a file is encoded.

    Parameters
    ----------
    name
        As Python calls it.
    mixed
        Some of its lines are UTF-8 and others cp1252; `name` says which of them most are.
    """

    name: str
    mixed: bool = False

    @property
    def is_utf8(self) -> bool:
        """Tell whether it is UTF-8, or is so but for some lines."""
        return codecs.lookup(self.name).name.startswith(UTF8)

    def read(self, line: bytes) -> tuple[str | None, str]:
        """Read a line of a mixed file; give its text, None where it is of neither, and how.

        A line is read otherwise than most only where French comes out: one that is of neither
        encoding would be spoilt in silence.
        """
        as_utf8, as_cp1252 = _text(line, UTF8), _text(line, CP1252)
        if self.is_utf8:
            if as_utf8 is not None:
                return as_utf8, UTF8
            return (as_cp1252 if _is_french(as_cp1252) else None), CP1252
        return (as_utf8, UTF8) if _is_french(as_utf8) else (as_cp1252, CP1252)


def find_encoding(opened: Opened, stated: str | None) -> Encoding:
    """Tell the encoding of a text: as stated, by its mark, else UTF-8 or cp1252 by its lines.

    Guessers of character sets take French cp1252 for other code pages, so none is asked.

    Raises
    ------
    DataError
        What is stated is no encoding, or the text is not of it.
    """
    try:
        "".encode(stated or UTF8)
    except (LookupError, ValueError):
        raise DataError(
            f"“{stated}” is no encoding of text; utf-8, utf-16, cp1252 and cp850 are some."
        ) from None
    opened.file.seek(0)
    marked = _marked(opened.file.read(SAMPLE))
    encoding = Encoding(stated or marked or UTF8)
    fault = _first_fault(opened, encoding)
    if fault is None:
        return encoding
    name = encoding.name
    if encoding.is_utf8:
        utf8, others = _votes(opened)
        if utf8 > others or (marked and not stated):
            return Encoding(name, mixed=True)
        if not stated:
            name, fault = f"{UTF8} or {CP1252}", _first_fault(opened, Encoding(CP1252))
            if fault is None:
                return Encoding(CP1252, mixed=utf8 > 0)
    raise DataError(f"{opened.path} is not {name} text: {fault}; state its encoding.")


def line_blocks(path: Path, file: IO[bytes], encoding: Encoding, size: int) -> Iterator[bytes]:
    """Read a file in blocks of whole lines: UTF-8, or as they stand where encodings are mixed.

    Raises
    ------
    DataError
        A line is longer than any row.
    """
    file.seek(0)
    chunks = iter(lambda: file.read(size), b"")
    as_it_stands = encoding.is_utf8 or encoding.mixed
    rest, at_start = b"", True
    for chunk in chunks if as_it_stands else _recoded(chunks, encoding.name):
        whole = chunk.removeprefix(codecs.BOM_UTF8) if at_start else chunk
        at_start = False
        # A carriage return in the end may be the half of a line end.
        end = max(whole.rfind(b"\n"), whole.rfind(b"\r", 0, -1)) + 1
        if end:
            yield rest + whole[:end]
            rest = whole[end:]
        else:
            rest += whole
        if len(rest) >= BLOCK:
            beginning = rest[:40].decode(errors="replace")
            raise DataError(
                f"{path} cannot be read as a table: it has a line of more than {BLOCK >> 20} MB, "
                f"which no row of up to 1,000 columns has; it begins “{beginning}”."
            )
    if rest:
        yield rest


def count_lines(data: bytes) -> int:
    """Count the lines that end in some bytes, in any of the usual ways."""
    lines = data.count(b"\n")
    return lines + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else lines


def _recoded(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)()
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()


def _marked(head: bytes) -> str | None:
    """Give the encoding that the beginning of a file gives away, if it does."""
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if looks_like_utf16(head):
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    return None


def _first_fault(opened: Opened, encoding: Encoding) -> str | None:
    """Say which byte of a file is not of an encoding, and in which line; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    done, held, chunk = 0, b"", b" "
    opened.file.seek(0)
    while chunk:
        chunk = opened.file.read(SAMPLE)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            at = done - len(held) + error.start
            line = _line_at(opened.file, at)
            return f"byte {at} is 0x{error.object[error.start]:02x}, in line {line}"
        except UnicodeError as error:
            return f"{error}, after line {_line_at(opened.file, done)}"
        if "\0" in text:
            before = text[: text.index("\0")].encode(encoding.name)
            line = _line_at(opened.file, done - len(held) + len(before))
            raise DataError(
                f"{opened.path} is not {encoding.name} text: it holds a zero character, in line "
                f"{line}; state its encoding."
            )
        done, held = done + len(chunk), decoder.getstate()[0]
    return None


def _line_at(file: IO[bytes], position: int) -> int:
    """Give the number of the line in which a byte of a file stands, from 1."""
    line, last = 1, b""
    file.seek(0)
    while position > 0 and (chunk := file.read(min(SAMPLE, position))):
        position -= len(chunk)
        letters = chunk.replace(b"\0", b"")  # every second byte of Western text in UTF-16
        line += count_lines(letters) - (last == b"\r" and letters[:1] == b"\n")
        last = letters[-1:]
    return line


def _votes(opened: Opened) -> tuple[int, int]:
    """Count the lines beyond ASCII that are UTF-8, and those that are not."""
    utf8 = others = 0
    for block in line_blocks(opened.path, opened.file, Encoding(UTF8, mixed=True), SAMPLE):
        for line in block.splitlines():
            if not line.isascii():
                is_utf8 = _text(line, UTF8) is not None
                utf8, others = utf8 + is_utf8, others + (not is_utf8)
    return utf8, others


def _text(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_french(text: str | None) -> bool:
    return text is not None and _FRENCH.fullmatch(text) is not None
