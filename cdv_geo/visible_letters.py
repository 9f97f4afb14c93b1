"""Which characters of a text its readers are shown; the tables that go out hold them all.

A name may hold any character of Unicode. One that no reader can be shown, or that would change
how the text beside it reads, is replaced by the sign for an unknown character, and said. A stretch
of text that is written from right to left stands apart, so that the figures beside it keep their
places.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UNKNOWN: Final = "\ufffd"

# Nearly all texts are made of these, which all fonts have and which order nothing.
_PLAIN: Final = re.compile(
    "[\n -~\u00a0-\u00ac\u00ae-\u017f\u2013\u2014\u2018-\u201d\u2026\u202f]*"
)
_LINE_ENDS: Final = re.compile("\r\n|[\u2028\u2029]")
_BLANKS: Final = re.compile("[\t\u2800]")  # of a table, and of Braille
# Controls, halves of characters, and what each font has another sign for.
_NO_LETTERS: Final = frozenset({"Cc", "Cs", "Co"})
# Of these Unicode says that there will never be a character; XML refuses some of them.
_NONE: Final = re.compile(
    "[\ufdd0-\ufdef{}]".format(
        "".join(chr(0x10000 * n + e) for n in range(17) for e in (65534, 65535))
    )
)
# They turn the text that follows round, beyond the end of a name (Unicode Annex 9, 2.1 and 2.4), or
# stand for annotations and objects, which no plain text holds.
_SIGNS: Final = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb\ufffc"
)
# Without ink, by Unicode ("default ignorable"); the two joiners change their neighbours, and stay.
_INKLESS: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2065"
    "\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_INK: Final = re.compile("[^\\s\u200c\u200d]")
# Marks of these combining classes pile up above or below their letter; no writing needs more.
_PILING: Final = 100
_MOST_PILED: Final = 3
# Blocks of the scripts that are written from right to left: Unicode Annex 9, 3.2.
_RIGHT_TO_LEFT: Final = (
    "\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
)
_STRETCH: Final = re.compile(rf"[{_RIGHT_TO_LEFT}](?:[{_RIGHT_TO_LEFT}\W\d_]*[{_RIGHT_TO_LEFT}])?")


class Letters:
    """Give texts as an output shows them, and remember what it had to replace.

    Parameters
    ----------
    drawn
        Tells whether the fonts of the output have a character. None where the machine of the
        reader has the fonts.
    isolated
        Whether what is written from right to left is set apart.

    Attributes
    ----------
    replaced
        Each character that was replaced, with the first text that holds it.
    """

    def __init__(
        self, drawn: Callable[[str], bool] | None = None, *, isolated: bool = True
    ) -> None:
        self._drawn = drawn
        self._isolated = isolated
        self.replaced: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Give a text as it is shown; a line feed is a new line, and a tab is a space."""
        if _PLAIN.fullmatch(text):
            return text
        whole = _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text))
        if self._drawn is not None:
            whole = self._inked(unicodedata.normalize("NFC", whole))
        shown, piled = [], 0
        for character in whole:
            piled = _piled(character, piled)
            if self._shows(character) and piled <= _MOST_PILED:
                shown.append(character)
                continue
            self.replaced.setdefault(character, text)
            if piled <= _MOST_PILED + 1:  # one sign stands for all marks that are too many
                shown.append(UNKNOWN)
        whole = "".join(shown)
        return isolated(whole) if self._isolated else whole

    def _inked(self, text: str) -> str:
        """Leave out what has no ink, unless that is all there is."""
        inked = _INKLESS.sub("", text)
        if has_ink(inked) or not text.strip():
            return inked
        self.replaced.setdefault(text[0], text)
        return UNKNOWN

    def _shows(self, character: str) -> bool:
        if character == "\n":
            return True
        if unicodedata.category(character) in _NO_LETTERS or character in _SIGNS:
            return False
        return self._drawn(character) if self._drawn else not _NONE.match(character)


def has_ink(text: str) -> bool:
    """Tell whether anything of a text is seen, once it is as it is shown."""
    return _INK.search(text) is not None


def is_seen(text: str) -> bool:
    """Tell whether anything of a text is seen, which may be of unseen characters alone."""
    return has_ink(_INKLESS.sub("", text))


def isolated(text: str) -> str:
    """Set what is written from right to left apart from the text beside it, line by line."""
    return "\n".join(_STRETCH.sub("\u2067\\g<0>\u2069", line) for line in text.split("\n"))


def code_points(characters: Iterable[str], most: int) -> str:
    """List characters by their numbers in Unicode, the first ones of many."""
    return ", ".join(f"U+{ord(character):04X}" for character in islice(characters, most))


def _piled(character: str, before: int) -> int:
    """Count the marks above and below a letter, with the one that comes now."""
    if unicodedata.combining(character) >= _PILING:
        return before + 1
    return before if unicodedata.category(character) in {"Mn", "Me", "Cf"} else 0
