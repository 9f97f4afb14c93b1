"""The fonts of paper: those that matplotlib brings, whatever a machine has besides.

A name on a map is measured here with the very font that typst sets it in; all other text typst
measures itself.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

import matplotlib as mpl
from matplotlib.ft2font import FT2Font, LoadFlags

from cdv_geo.visible_letters import Letters

Face = Literal["regular", "bold", "italic"]

FAMILY: Final = "DejaVu Sans"
FOLDER: Final = Path(mpl.get_data_path()) / "fonts" / "ttf"

_FILES: Final[dict[Face, str]] = {
    "regular": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "italic": "DejaVuSans-Oblique.ttf",
}
# Glyphs are measured large, so that nothing is rounded.
_MEASURED_SIZE: Final = 100.0
# A line end, and the signs around what is written from right to left.
_WIDTHLESS: Final = "\n\u2067\u2069"
# A text is set in either of them; the italic face has fewer letters, and stands in no one's way.
_UPRIGHT: Final[tuple[Face, ...]] = ("regular", "bold")


def paper_letters() -> Letters:
    """Give what shows texts in the fonts of paper, and remembers what these do not have."""
    return Letters(has_glyph)


def has_glyph(char: str, faces: tuple[Face, ...] = _UPRIGHT) -> bool:
    """Tell whether a character can be set in each of some faces: regular and bold by default."""
    return char in _drawable(faces)


@cache
def _font(face: Face) -> FT2Font:
    font = FT2Font(str(FOLDER / _FILES[face]))
    font.set_size(_MEASURED_SIZE, 72)
    return font


@cache
def _drawable(faces: tuple[Face, ...]) -> frozenset[str]:
    known = (map(chr, _font(face).get_charmap()) for face in faces)
    return frozenset.intersection(*map(frozenset, known))


def quiet_capitals(text: str) -> tuple[str, Face]:
    """Write a name in capitals, and give the face for it: italic where that has all its letters.

    A letter whose capital no font has stays as it is: those of Georgian.
    """
    capitals = "".join(c.upper() if all(map(has_glyph, c.upper())) else c for c in text)
    has_all = all(has_glyph(char, ("italic",)) for char in capitals if char != "\n")
    return capitals, "italic" if has_all else "regular"


def text_width(text: str, size: float, face: Face = "regular") -> float:
    """Measure a line of text, in points; kerning may make it a little shorter."""
    return sum(_advance(char, face) for char in text) * size


@cache
def _advance(char: str, face: Face) -> float:
    """Measure one character, in font sizes."""
    if char in _WIDTHLESS:
        return 0.0
    glyph = _font(face).load_char(ord(char), flags=LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 65536 / _MEASURED_SIZE
