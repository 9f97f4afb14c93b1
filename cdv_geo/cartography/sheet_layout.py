"""Lay out a printed sheet: where the map goes, and where every line of text around it goes.

All lengths are typographic points from the lower left corner of the page. Where the text beside
the map is too long it gets smaller, then takes a second column.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, groupby, product
from typing import TYPE_CHECKING, Final

from cdv_geo.cartography.typesetting import (
    QUIET_INK,
    Block,
    Box,
    PlacedLine,
    fits,
    flow,
    set_paragraph,
    stack,
    text_width,
    total_height,
)
from cdv_geo.errors import RecipeError
from cdv_geo.french import map_texts, shared_texts
from cdv_geo.french.typography import NARROW_SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdv_geo.cartography.scene import Inset, Layer, Scene, TextList

# ISO 216, in points.
PAGES: Final = {
    "A4 landscape": (841.89, 595.276),
    "A4 portrait": (595.276, 841.89),
    "A3 landscape": (1190.551, 841.89),
    "A3 portrait": (841.89, 1190.551),
}
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
# An inset stands below the text where the text need not be smaller than this for it.
_LEAST_BESIDE_INSET: Final = 7.5
_INSET_SIZE: Final = 7.0
# Of a map in a report: the text of its legend, the usual width of a column of it.
_FIGURE_SIZE: Final = 6.8
_FIGURE_COLUMN: Final = 150.0
_HALF_LINE: Final = 0.5
_INSET_SIDE: Final = 150.0  # points that neither its width nor its height exceeds, on A4


@dataclass(frozen=True)
class Plan:
    """A sheet before it is drawn.

    Parameters
    ----------
    width, height
        Of the page.
    scale
        How much larger text is than on A4.
    map_box
        Where the map goes.
    lines
        All text around it.
    inset_box
        Where the inset goes with its title; None where there is no room beside the map.
    """

    width: float
    height: float
    scale: float
    map_box: Box
    lines: tuple[PlacedLine, ...]
    inset_box: Box | None = None


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
    strip = _strip_lines(unlabelled, scene.sources, width - 2 * _MARGIN, scale)
    bottom = _MARGIN + total_height(strip) + 0.4 * _GUTTER
    top = height - _MARGIN - total_height(head) - 0.4 * _GUTTER
    body = Box(_MARGIN, bottom, width - 2 * _MARGIN, top - bottom)
    map_box, panel, inset_box = _fit_panel(scene, body, scale)
    placed_head = stack(head, _MARGIN, height - _MARGIN)
    placed_strip = stack(strip, _MARGIN, _MARGIN + total_height(strip))
    lines = (*placed_head, *panel, *placed_strip)
    return Plan(width, height, scale, map_box, lines, inset_box)


def plan_map(scene: Scene, width: float, height: float, unlabelled: tuple[str, ...] = ()) -> Plan:
    """Lay out a map with its legend below it, for a figure in a report.

    Parameters
    ----------
    scene
        What is drawn.
    width, height
        Of the figure.
    unlabelled
        As for `plan_sheet`.

    Raises
    ------
    RecipeError
        When the legend leaves no room for the map.
    """
    count = max(round(width / _FIGURE_COLUMN), 1)
    column = (width - (count - 1) * _GUTTER) / count
    legend = _legend(scene.layers[::-1], column, _FIGURE_SIZE)
    strip = _strip_lines(unlabelled, (), width, 1.0)
    foot = total_height(strip)
    for panel in _panel_heights(height - foot):
        columns = [Box(i * (column + _GUTTER), foot, column, panel) for i in range(count)]
        lines = flow(legend, columns)
        if lines is not None:
            bottom = foot + panel + (_FIGURE_SIZE if legend else 0.0)
            # Half a line of the frame lies outside the box.
            map_box = Box(_HALF_LINE, bottom, width - 2 * _HALF_LINE, height - bottom - _HALF_LINE)
            return Plan(width, height, 1.0, map_box, (*lines, *stack(strip, 0.0, foot)))
    raise RecipeError(
        f"the legend of “{scene.title}” leaves no room for the map on {width:.0f} x {height:.0f} "
        "points; choose fewer layers"
    )


def _panel_heights(height: float) -> Iterator[float]:
    """Give the heights that a legend may have, the least first; half is left to the map."""
    return (step * _FIGURE_SIZE for step in range(int(0.5 * height / _FIGURE_SIZE) + 1))


def inset_title(inset: Inset, width: float, scale: float) -> Block:
    """Set the title that stands above an inset."""
    size = _INSET_SIZE * scale
    lines = set_paragraph(inset.title, width, size) if inset.title else ()
    # White space between the last line and the frame of the inset.
    return (*lines[:-1], *(replace(line, height=line.height + 0.4 * size) for line in lines[-1:]))


def inset_size(inset: Inset, most_width: float, scale: float) -> tuple[float, float]:
    """Give the width and height of an inset with its title, in the proportions of what it shows."""
    left, bottom, right, top = map(float, inset.communes.total_bounds)
    most = min(most_width, _INSET_SIDE * scale)
    shrink = most / max(right - left, top - bottom)
    width = max((right - left) * shrink, 0.6 * most)
    height = max((top - bottom) * shrink, 0.4 * most)
    return width, height + total_height(inset_title(inset, width, scale))


def _head_lines(scene: Scene, width: float, scale: float) -> Block:
    """Set the title as large as fits on one line, and the subtitle."""
    sizes = [size * scale for size in _TITLE_SIZES]
    size = next((s for s in sizes if fits(scene.title, width, s, "bold")), sizes[-1])
    small = _SUBTITLE_SIZE * scale
    subtitle = (
        set_paragraph(scene.subtitle, width, small, colour=QUIET_INK) if scene.subtitle else ()
    )
    return (*set_paragraph(scene.title, width, size, face="bold"), *subtitle)


def _strip_lines(
    unlabelled: tuple[str, ...], sources: tuple[str, ...], width: float, scale: float
) -> Block:
    """Set what stands below the map: names without room, and sources."""
    named = list(unlabelled[:_MOST_NAMED])
    if len(unlabelled) > _MOST_NAMED:
        named.append(map_texts.others_unlabelled(len(unlabelled) - _MOST_NAMED))
    texts = {
        map_texts.UNLABELLED: [", ".join(named)],
        shared_texts.SOURCES: [source.rstrip(" .") for source in sources],
    }
    size = _STRIP_SIZE * scale
    return tuple(
        line
        for heading, parts in texts.items()
        if any(parts)
        for line in set_paragraph(
            f"{heading}{NARROW_SPACE}: {f'{NARROW_SPACE}; '.join(parts)}",
            width,
            size,
            colour=QUIET_INK,
        )
    )


def _fit_panel(
    scene: Scene, body: Box, scale: float
) -> tuple[Box, tuple[PlacedLine, ...], Box | None]:
    """Share the body between the map, the text and the inset, with the largest text that fits."""
    for beside in (True, False) if scene.inset else (False,):
        for map_box, columns, size in _arrangements(body, landscape="landscape" in scene.page):
            if map_box.height < _LEAST_MAP or (beside and size < _LEAST_BESIDE_INSET):
                continue
            inset_box, free = None, columns
            if beside and scene.inset:
                inset_box, free = _with_inset(scene.inset, columns, scale)
                if inset_box.top > columns[-1].top:
                    continue
            lines = flow(_panel_blocks(scene, columns[0].width, size * scale), free)
            if lines is not None:
                return map_box, lines, inset_box
    raise RecipeError(
        "the legend, the names without a place, the notes and the sources do not fit on "
        f"{scene.page}; choose a larger page, fewer layers or shorter notes"
    )


def _with_inset(inset: Inset, columns: list[Box], scale: float) -> tuple[Box, list[Box]]:
    """Put an inset at the foot of the last column; give it, and what is left of the columns."""
    *others, last = columns
    width, height = inset_size(inset, last.width, scale)
    rest = max(last.height - height - _GUTTER, 0.0)
    box = replace(last, width=width, height=height)
    return box, [*others, replace(last, bottom=last.top - rest, height=rest)]


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
    """Set the legend, the lists, what is not drawn, and the notes."""
    lists = [
        block
        for part in scene.lists
        for block in _section(part.heading, _items(part.items, width, size), width, size)
    ]
    missing = [block for part in scene.not_drawn for block in _missing(part, width, size)]
    notes = [
        set_paragraph(note, width, _SMALL * size, colour=QUIET_INK, gap=0.35 * size)
        for note in scene.notes
    ]
    return [
        *_legend(scene.layers[::-1], width, size),
        *lists,
        *_section(shared_texts.NOT_ON_MAP, missing, width, size),
        *_section(shared_texts.HOW_TO_READ_MAP, notes, width, size),
    ]


def _missing(part: TextList, width: float, size: float) -> list[Block]:
    """Set names without a place under their heading: short ones in a row, long ones in a list."""
    small = _SMALL * size
    heading = set_paragraph(part.heading, width, 0.92 * size, face="bold", gap=0.45 * size)
    if all(fits(item, _SHORT_ITEM * width, small) for item in part.items):
        return [(*heading, *set_paragraph(f"{NARROW_SPACE}; ".join(part.items), width, small))]
    first, *others = _items(part.items, width, size)
    return [(*heading, *first), *others]


def _items(items: tuple[str, ...], width: float, size: float) -> list[Block]:
    """Set items one below the other; a number at the head of an item stands in the margin."""
    small = _SMALL * size
    marks, texts = zip(*(_split_number(item) for item in items), strict=True)
    hanging = 0.8 * size
    margin = max(text_width(mark, small, "bold") for mark in marks)
    margin += 0.6 * size if margin else 0.0
    blocks = []
    for mark, text in zip(marks, texts, strict=True):
        indent = margin if mark else hanging
        first, *others = set_paragraph(text, width - indent, small, gap=0.1 * size)
        first = replace(first, indent=margin if mark else 0.0, mark=mark)
        blocks.append((first, *(replace(line, indent=indent) for line in others)))
    return blocks


def _split_number(item: str) -> tuple[str, str]:
    head, _, text = item.partition(" ")
    number = head.removesuffix(".")
    return (number, text) if number.isdecimal() and text else ("", item)


def _section(title: str, blocks: list[Block], width: float, size: float) -> list[Block]:
    """Put a heading above the first block, and hold the two together."""
    if not blocks:
        return []
    heading = set_paragraph(title, width, 1.05 * size, face="bold", gap=1.3 * size)
    return [(*heading, *blocks[0]), *blocks[1:]]


def _legend(layers: tuple[Layer, ...], width: float, size: float) -> list[Block]:
    """Set the legend, with a heading above neighbouring layers of one theme."""
    blocks = []
    for theme, group in groupby(layers, key=lambda layer: layer.theme):
        parts = [_legend_of(layer, width, size) for layer in group]
        themed = list(chain.from_iterable(parts))
        if theme and len(parts) > 1 and themed:
            heading = set_paragraph(theme, width, 1.2 * size, face="bold", gap=1.6 * size)
            first, *others = themed[0]
            themed[0] = (*heading, replace(first, gap=0.5 * size), *others)
        blocks += themed
    return blocks


def _legend_of(layer: Layer, width: float, size: float) -> list[Block]:
    """Set the legend lines of a layer under its name, which a single line may stand for."""
    indent = max([3.3 * size, *(symbol.style.size + 0.8 * size for symbol in layer.classes)])
    blocks: list[Block] = []
    for symbol in layer.classes:
        needed = symbol.style.size + 2.0 if symbol.style.marker else 0.0
        first, *others = set_paragraph(symbol.label or layer.name, width - indent, size)
        first = replace(first, height=max(1.6 * size, needed), style=symbol.style)
        blocks.append(tuple(replace(line, indent=indent) for line in (first, *others)))
    if [symbol.label for symbol in layer.classes] != [layer.name]:
        blocks = _section(layer.name, blocks, width, size)
    if 0 < len(blocks) <= _MOST_TOGETHER:
        return [tuple(chain.from_iterable(blocks))]
    return blocks
