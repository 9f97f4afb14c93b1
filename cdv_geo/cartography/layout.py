"""Lay out a printed sheet: where the map goes, and where every line of text around it goes.

All lengths are typographic points from the lower left corner of the page. Text is measured with
the very font that is drawn, so that nothing overlaps and nothing leaves the page: where the text
beside the map is too long it gets smaller, then takes a second column.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import matplotlib as mpl
import shapely
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags

from cdv_geo.errors import RecipeError
from cdv_geo.vocabulary import NARROW_SPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely.geometry import Polygon

    from cdv_geo.cartography.scene import Layer, Scene, TextList
    from cdv_geo.cartography.style import Style

Face = Literal["regular", "bold", "italic"]

# ISO 216, in points.
PAGES: Final = {
    "A4 landscape": (841.89, 595.276),
    "A4 portrait": (595.276, 841.89),
    "A3 landscape": (1190.551, 841.89),
    "A3 portrait": (841.89, 1190.551),
}
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
_MARGIN: Final = 27.0
_GUTTER: Final = 18.0
_TITLE_SIZES: Final = (19.0, 18.0, 17.0, 16.0, 15.0, 14.0, 13.0)
_SUBTITLE_SIZE: Final = 10.0
_STRIP_SIZE: Final = 6.2
# The smallest text is set at 0.88 of these: never below 5.5 points.
_PANEL_SIZES: Final = (8.5, 8.0, 7.5, 7.0, 6.5, 6.25)
_SMALL: Final = 0.88
# Width of one column of text, then of each of two, as shares of the body.
_COLUMN_SHARES: Final = (0.235, 0.19)
_PORTRAIT_COLUMNS: Final = 3
_PORTRAIT_SHARES: Final = (0.16, 0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.45, 0.5)
# On a portrait page, a smaller map is traded for larger text: points of text per whole body.
_POINTS_PER_SHARE: Final = 14.0
# Items wider than this share of the column are set one below the other.
_SHORT_ITEM: Final = 0.7
# A map lower than this, in points, is no map.
_LEAST_MAP: Final = 150.0
# Longer legends may go on in the next column.
_MOST_TOGETHER: Final = 12
_MOST_NAMED: Final = 20


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
    """

    text: str
    size: float
    height: float
    face: Face = "regular"
    colour: str = INK
    gap: float = 0.0
    indent: float = 0.0
    style: Style | None = None


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


@dataclass(frozen=True)
class Plan:
    """A sheet before it is drawn; `scale` is how much larger text is than on A4."""

    width: float
    height: float
    scale: float
    map_box: Box
    lines: tuple[PlacedLine, ...]


Block = tuple[Line, ...]
"""Lines that are not parted by a column break."""


def font_file(face: Face) -> str:
    """Find the file of a font in matplotlib itself."""
    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / _FONT_FILES[face])


@cache
def font(face: Face) -> FontProperties:
    """Give the font that matplotlib brings, so that no sheet depends on what a machine has."""
    return FontProperties(fname=font_file(face))


def printable(text: str) -> str:
    """Replace what the font cannot show by its sign for an unknown character."""
    known = get_font(font_file("regular"))
    return "".join(
        char if char == "\n" or known.get_char_index(ord(char)) else "\ufffd" for char in text
    )


def text_width(text: str, size: float, face: Face = "regular") -> float:
    """Measure a line of text, in points; kerning and ligatures may make it a little shorter."""
    return sum(_advance(char, face) for char in text) * size


@cache
def _advance(char: str, face: Face) -> float:
    """Measure one character, in font sizes."""
    opened = get_font(font_file(face))
    opened.set_size(_MEASURED_SIZE, 72)
    glyph = opened.load_char(ord(char), flags=LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 65536 / _MEASURED_SIZE


def wrap(text: str, width: float, size: float, face: Face = "regular") -> list[str]:
    """Break a text into lines at its ordinary spaces only.

    No-break spaces hold, so that a figure stays whole. A word wider than a whole line, such as a
    web address, is cut where the line ends.
    """
    lines = []
    for paragraph in printable(text).split("\n"):
        line = ""
        for word in _cut_words(paragraph, width, size, face):
            longer = f"{line} {word}" if line else word
            if text_width(longer, size, face) <= width:
                line = longer
            else:
                lines += [line] if line else []
                line = word
        lines.append(line)
    return lines


def _cut_words(paragraph: str, width: float, size: float, face: Face) -> Iterator[str]:
    """Give the words of a paragraph, those too wide for a line in several parts."""
    for word in paragraph.split(" "):
        rest = word
        while text_width(rest, size, face) > width and len(rest) > 1:
            fitting = (n for n in range(len(rest) - 1, 1, -1) if _fits(rest[:n], width, size, face))
            cut = next(fitting, 1)
            yield rest[:cut]
            rest = rest[cut:]
        if rest:
            yield rest


def _fits(text: str, width: float, size: float, face: Face = "regular") -> bool:
    return text_width(text, size, face) <= width


def plan_sheet(scene: Scene, unlabelled: tuple[str, ...] = ()) -> Plan:
    """Lay out the sheet of a scene.

    Parameters
    ----------
    scene
        What is drawn.
    unlabelled
        Names that found no room on the map; the sheet names them below it.

    Raises
    ------
    RecipeError
        When the page is unknown, or when the text cannot fit on it.
    """
    if scene.page not in PAGES:
        raise RecipeError(
            f"the page {scene.page!r} is unknown; accepted pages are {', '.join(PAGES)}"
        )
    width, height = PAGES[scene.page]
    scale = (min(width, height) / PAGES["A4 portrait"][0]) ** 0.5
    head = _head_lines(scene, width - 2 * _MARGIN, scale)
    strip = _strip_lines(scene, unlabelled, width - 2 * _MARGIN, scale)
    bottom = _MARGIN + _total_height(strip) + 0.4 * _GUTTER
    top = height - _MARGIN - _total_height(head) - 0.4 * _GUTTER
    body = Box(_MARGIN, bottom, width - 2 * _MARGIN, top - bottom)
    map_box, panel = _fit_panel(scene, body, scale)
    placed_head = _stack(head, _MARGIN, height - _MARGIN)
    placed_strip = _stack(strip, _MARGIN, _MARGIN + _total_height(strip))
    return Plan(width, height, scale, map_box, (*placed_head, *panel, *placed_strip))


def _head_lines(scene: Scene, width: float, scale: float) -> Block:
    """Set the title as large as fits on one line, and the subtitle."""
    sizes = [size * scale for size in _TITLE_SIZES]
    size = next((s for s in sizes if _fits(printable(scene.title), width, s, "bold")), sizes[-1])
    small = _SUBTITLE_SIZE * scale
    return (
        *_paragraph(scene.title, width, size, face="bold"),
        *(_paragraph(scene.subtitle, width, small, colour=QUIET_INK) if scene.subtitle else ()),
    )


def _strip_lines(scene: Scene, unlabelled: tuple[str, ...], width: float, scale: float) -> Block:
    """Set what stands below the map: names without room, and sources."""
    named = list(unlabelled[:_MOST_NAMED])
    if len(unlabelled) > _MOST_NAMED:
        named.append(f"et {len(unlabelled) - _MOST_NAMED} autres")
    texts = {
        "Non étiqueté": [", ".join(named)],
        "Sources": [source.rstrip(" .") for source in scene.sources],
    }
    size = _STRIP_SIZE * scale
    return tuple(
        line
        for heading, parts in texts.items()
        if any(parts)
        for line in _paragraph(
            f"{heading}{NARROW_SPACE}: {f'{NARROW_SPACE}; '.join(parts)}",
            width,
            size,
            colour=QUIET_INK,
        )
    )


def _fit_panel(scene: Scene, body: Box, scale: float) -> tuple[Box, tuple[PlacedLine, ...]]:
    """Share the body between the map and the text, with the largest text that fits."""
    for map_box, columns, size in _arrangements(body, landscape="landscape" in scene.page):
        blocks = _panel_blocks(scene, columns[0].width, size * scale)
        lines = _flow(blocks, columns)
        if lines is not None and map_box.height >= _LEAST_MAP:
            return map_box, lines
    raise RecipeError(
        "the legend, the names without a place, the notes and the sources do not fit on "
        f"{scene.page}; choose a larger page, fewer layers or shorter notes"
    )


def _arrangements(body: Box, *, landscape: bool) -> Iterator[tuple[Box, list[Box], float]]:
    """Give the ways to share the body: map, columns of text, text size; the best ones first."""
    if landscape:
        for count, column_share in enumerate(_COLUMN_SHARES, start=1):
            width = column_share * body.width
            map_box = replace(body, width=body.width - count * (width + _GUTTER))
            lefts = [map_box.right + _GUTTER + i * (width + _GUTTER) for i in range(count)]
            columns = [Box(left, body.bottom, width, body.height) for left in lefts]
            yield from ((map_box, columns, size) for size in _PANEL_SIZES)
        return
    width = (body.width - (_PORTRAIT_COLUMNS - 1) * _GUTTER) / _PORTRAIT_COLUMNS
    lefts = [body.left + i * (width + _GUTTER) for i in range(_PORTRAIT_COLUMNS)]
    pairs = product(_PORTRAIT_SHARES, _PANEL_SIZES)
    for share, size in sorted(pairs, key=lambda pair: _POINTS_PER_SHARE * pair[0] - pair[1]):
        panel = replace(body, height=share * body.height)
        columns = [replace(panel, left=left, width=width) for left in lefts]
        bottom = panel.top + _GUTTER / 2
        yield replace(body, bottom=bottom, height=body.top - bottom), columns, size


def _panel_blocks(scene: Scene, width: float, size: float) -> list[Block]:
    """Set the legend, what is not drawn, and the notes."""
    legend = [block for layer in reversed(scene.layers) for block in _legend(layer, width, size)]
    missing = [block for part in scene.not_drawn for block in _missing(part, width, size)]
    notes = [
        _paragraph(note, width, _SMALL * size, colour=QUIET_INK, gap=0.35 * size)
        for note in scene.notes
    ]
    return [
        *legend,
        *_section("Non représenté sur la carte", missing, width, size),
        *_section("Pour lire la carte", notes, width, size),
    ]


def _missing(part: TextList, width: float, size: float) -> list[Block]:
    """Set names without a place under their heading: short ones in a row, long ones in a list."""
    small = _SMALL * size
    heading = _paragraph(part.heading, width, 0.92 * size, face="bold", gap=0.45 * size)
    if all(_fits(printable(item), _SHORT_ITEM * width, small) for item in part.items):
        return [(*heading, *_paragraph(f"{NARROW_SPACE}; ".join(part.items), width, small))]
    indent = 0.8 * size
    items = [_paragraph(item, width - indent, small, gap=0.1 * size) for item in part.items]
    first, *others = [
        (item[0], *(replace(line, indent=indent) for line in item[1:])) for item in items
    ]
    return [(*heading, *first), *others]


def _section(title: str, blocks: list[Block], width: float, size: float) -> list[Block]:
    """Put a heading above the first block, and hold the two together."""
    if not blocks:
        return []
    heading = _paragraph(title, width, 1.1 * size, face="bold", gap=1.4 * size)
    return [(*heading, *blocks[0]), *blocks[1:]]


def _legend(layer: Layer, width: float, size: float) -> list[Block]:
    """Set the legend lines of a layer under its name, which a single line may stand for."""
    indent = max([3.6 * size, *(symbol.style.size + 0.8 * size for symbol in layer.classes)])
    blocks: list[Block] = []
    for symbol in layer.classes:
        needed = symbol.style.size + 2.0 if symbol.style.marker else 0.0
        first, *others = _paragraph(symbol.label or layer.name, width - indent, size)
        first = replace(first, height=max(1.7 * size, needed), style=symbol.style)
        blocks.append(tuple(replace(line, indent=indent) for line in (first, *others)))
    if [symbol.label for symbol in layer.classes] != [layer.name]:
        blocks = _section(layer.name, blocks, width, size)
    if 0 < len(blocks) <= _MOST_TOGETHER:
        return [tuple(chain.from_iterable(blocks))]
    return blocks


def _paragraph(
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


def _total_height(lines: Iterable[Line]) -> float:
    return sum(line.gap + line.height for line in lines)


def _stack(lines: Block, left: float, top: float) -> list[PlacedLine]:
    """Place lines one below the other."""
    placed = []
    for line in lines:
        top -= line.gap
        placed.append(PlacedLine(line, left, top - line.height / 2))
        top -= line.height
    return placed


def _flow(blocks: list[Block], columns: list[Box]) -> tuple[PlacedLine, ...] | None:
    """Fill the columns with blocks from left to right; None when they do not hold them all."""
    placed: list[PlacedLine] = []
    free = iter(columns)
    column = next(free)
    top = column.top
    for block in blocks:
        if top < column.top and top - _total_height(block) < column.bottom:
            following = next(free, None)
            if following is None:
                return None
            column, top = following, following.top
        lines = block if top < column.top else (replace(block[0], gap=0.0), *block[1:])
        if _total_height(lines) > top - column.bottom:
            return None
        placed += _stack(lines, column.left, top)
        top -= _total_height(lines)
    return tuple(placed)
