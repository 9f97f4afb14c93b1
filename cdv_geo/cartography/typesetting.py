"""Set text in lines: fonts, the width of a text, where lines break, how lines fill columns.

All lengths are typographic points. Text is measured with the very font that is drawn, so that
nothing overlaps and nothing leaves the page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import matplotlib as mpl
import shapely
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags

from cdv_geo.visible_letters import Letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely.geometry import Polygon

    from cdv_geo.cartography.style import Style

Face = Literal["regular", "bold", "italic"]

INK: Final = "#1c2329"
QUIET_INK: Final = "#56616b"

# From one baseline to the next, in font sizes: room for an accent on a capital above a descender.
PITCH: Final = 1.28
# From the bottom of a line to its baseline, in font sizes.
DESCENT: Final = 0.28

_FONT_FILES: Final[dict[Face, str]] = {
    "regular": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "italic": "DejaVuSans-Oblique.ttf",
}
# Glyphs are measured large, so that nothing is rounded.
_MEASURED_SIZE: Final = 100.0
# A text is set in either of them; the italic face has fewer letters, and stands in no one's way.
_UPRIGHT: Final[tuple[Face, ...]] = ("regular", "bold")


@dataclass(frozen=True)
class Box:
    """A rectangle of the page, in points."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Give the right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Give the upper edge."""
        return self.bottom + self.height

    @property
    def polygon(self) -> Polygon:
        """Give the rectangle as a geometry."""
        return shapely.box(self.left, self.bottom, self.right, self.top)


@dataclass(frozen=True)
class Line:
    """One line of text, already broken, and the white space it wants.

    Parameters
    ----------
    text, size, face, colour
        What is set, and how; `size` in points.
    gap
        White space above the line, in points; none at the top of a column.
    indent
        White space at the left, in points.
    height
        From the top of the line to its bottom, in points.
    style
        The look of the swatch in the indent, or None.
    mark
        The number in the indent; may be empty.
    """

    text: str
    size: float
    height: float
    face: Face = "regular"
    colour: str = INK
    gap: float = 0.0
    indent: float = 0.0
    style: Style | None = None
    mark: str = ""


@dataclass(frozen=True)
class PlacedLine:
    """A line and the left end of its slot; `middle` is half way up the slot."""

    line: Line
    left: float
    middle: float

    @property
    def baseline(self) -> float:
        """Give the height at which the letters stand."""
        return self.middle + (DESCENT - PITCH / 2) * self.line.size


Block = tuple[Line, ...]
"""Lines that are not parted by a column break."""


def font_file(face: Face) -> str:
    """Find the file of a font in matplotlib itself."""
    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / _FONT_FILES[face])


@cache
def sized_font(face: Face, size: float) -> FontProperties:
    """Give the font that matplotlib brings, so that no sheet depends on what a machine has."""
    return FontProperties(fname=font_file(face), size=size)


def paper_letters(*, isolated: bool = False) -> Letters:
    """Give what shows texts in the fonts of paper, and remembers what these do not have.

    Parameters
    ----------
    isolated
        As for `Letters`. A line that is drawn here is set apart when it is drawn, since a text
        that is broken in lines would be parted from its own signs.
    """
    return Letters(has_glyph, isolated=isolated)


def has_glyph(char: str, faces: tuple[Face, ...] = _UPRIGHT) -> bool:
    """Tell whether a character can be drawn in each of some faces: regular and bold by default."""
    return char in _drawable(faces)


@cache
def _drawable(faces: tuple[Face, ...]) -> frozenset[str]:
    known = (map(chr, get_font(font_file(face)).get_charmap()) for face in faces)
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
    return sum(_advance(char, face) for char in text if char != "\n") * size


@cache
def _advance(char: str, face: Face) -> float:
    """Measure one character, in font sizes."""
    opened = get_font(font_file(face))
    opened.set_size(_MEASURED_SIZE, 72)
    glyph = opened.load_char(ord(char), flags=LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 65536 / _MEASURED_SIZE


def fits(text: str, width: float, size: float, face: Face = "regular") -> bool:
    """Tell whether a text fits on one line."""
    return text_width(text, size, face) <= width


@cache
def wrap(text: str, width: float, size: float, face: Face = "regular") -> tuple[str, ...]:
    """Break a text into lines at its ordinary spaces only; every letter of it can be drawn.

    No-break spaces hold, so that a figure stays whole. A word wider than a whole line, such as a
    web address, is cut where the line ends.
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _cut_words(paragraph, width, size, face):
            longer = f"{line} {word}" if line else word
            if fits(longer, width, size, face):
                line = longer
            else:
                lines += [line] if line else []
                line = word
        lines.append(line)
    return tuple(lines)


def _cut_words(paragraph: str, width: float, size: float, face: Face) -> Iterator[str]:
    """Give the words of a paragraph, those too wide for a line in several parts."""
    for word in paragraph.split(" "):
        part, room = "", width
        for character in word:
            wide = text_width(character, size, face)
            if part and wide > room:
                yield part
                part, room = "", width
            part += character
            room -= wide
        if part:
            yield part


def set_paragraph(
    text: str,
    width: float,
    size: float,
    *,
    face: Face = "regular",
    colour: str = INK,
    gap: float = 0.0,
) -> Block:
    """Break a text into lines of one look; the gap stands above the first."""
    lines = wrap(text, width, size, face)
    return tuple(
        Line(line, size, PITCH * size, face, colour, gap if index == 0 else 0.0)
        for index, line in enumerate(lines)
    )


def total_height(lines: Iterable[Line]) -> float:
    """Measure lines that stand one below the other, with their gaps."""
    return sum(line.gap + line.height for line in lines)


def stack(lines: Block, left: float, top: float) -> list[PlacedLine]:
    """Place lines one below the other."""
    placed = []
    for line in lines:
        top -= line.gap
        placed.append(PlacedLine(line, left, top - line.height / 2))
        top -= line.height
    return placed


def flow(blocks: list[Block], columns: list[Box]) -> tuple[PlacedLine, ...] | None:
    """Fill the columns with blocks from left to right; None when they do not hold them all."""
    placed: list[PlacedLine] = []
    free = iter(columns)
    column = next(free)
    top = column.top
    for block in blocks:
        if top < column.top and top - total_height(block) < column.bottom:
            following = next(free, None)
            if following is None:
                return None
            column, top = following, following.top
        lines = block if top < column.top else (replace(block[0], gap=0.0), *block[1:])
        if total_height(lines) > top - column.bottom:
            return None
        placed += stack(lines, column.left, top)
        top -= total_height(lines)
    return tuple(placed)
