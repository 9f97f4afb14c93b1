"""How things look, once for both renderers: colours, hatching, symbols, class colours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import lcm
from typing import Final, Literal, get_args

from cdv_geo.errors import RecipeError

Marker = Literal[
    "circle",
    "square",
    "triangle",
    "diamond",
    "triangle-down",
    "pentagon",
    "star",
    "hexagon",
    "cross",
]

MARKERS: Final[tuple[Marker, ...]] = get_args(Marker)

# Okabe & Ito (2008), "Color Universal Design": told apart by colour-blind readers. Black is left
# to outlines, and the yellow to nothing: it is lost on white paper.
CATEGORY_COLOURS: Final[tuple[str, ...]] = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
)


@dataclass(frozen=True)
class Style:
    """The look of one class of features.

    Parameters
    ----------
    fill
        Colour as ``#rrggbb``, or None for no fill.
    fill_opacity
        0 to 1.
    stroke
        Outline colour as ``#rrggbb``, or None for no outline.
    stroke_width
        Typographic points on paper, CSS pixels on screen.
    dashed
        True where the outline is simplified or estimated, so that it looks it.
    hatched
        True for oblique lines in the stroke colour in place of a plain fill.
    marker
        Symbol of a point; None for lines and areas.
    size
        Diameter of the symbol, in points on paper and CSS pixels on screen.
    """

    fill: str | None = None
    fill_opacity: float = 1.0
    stroke: str | None = "#333333"
    stroke_width: float = 1.0
    dashed: bool = False
    hatched: bool = False
    marker: Marker | None = None
    size: float = 8.0


_RING_COLOURS: Final = ("#a6761d", "#7a3e00", "#1a1a1a")  # from the widest ring inwards
_OVERLAY: Final = "#c4007a"  # told apart from every colour of the sequential classes
COMMUNE_OUTLINE: Final = Style(stroke="#4d4d4d", stroke_width=0.8)
COMMUNE: Final = Style(fill="#fcfbf7", stroke="#8a8a8a", stroke_width=0.8)
CLOSED: Final = Style(fill="#ffffff", stroke="#555555", marker="circle")
UNSTATED: Final = Style(fill="#d9d9d9", stroke="#777777", marker="square", size=7)
SEVERAL: Final = Style(fill="#ffffff", stroke="#1a1a1a", stroke_width=1.4, marker="circle", size=9)
UNCERTAIN: Final = Style(fill="#d9d9d9", stroke="#777777", marker="diamond", size=7)
NO_VALUE: Final = Style(stroke="#8a8a8a", stroke_width=0.6, hatched=True)
PROPORTIONAL: Final = Style(
    fill="#d55e00", fill_opacity=0.75, stroke="#5a2600", stroke_width=0.8, marker="circle"
)
ZERO: Final = Style(fill="#ffffff", stroke="#5a2600", stroke_width=0.8, marker="circle", size=3)
IMPUTED: Final = Style(stroke="#6b6b6b", stroke_width=0.4, hatched=True)
CHANGE: Final = {
    "kept": Style(fill="#9ecae1", stroke="#0b3c5d", stroke_width=0.8),
    "entered": Style(fill="#009e73", fill_opacity=0.9, stroke="#00523c", stroke_width=0.8),
    # Hatched, since in greyscale the orange would be the green of what entered.
    "left": Style(stroke="#b34700", stroke_width=0.8, hatched=True),
}
INSET_COMMUNE: Final = Style(fill="#dcdfe1", stroke="#ffffff", stroke_width=0.5)
INSET_QUARTIER: Final = Style(fill="#26323a", stroke="#26323a", stroke_width=0.5)
INSET_EXTENT: Final = Style(stroke=_OVERLAY, stroke_width=1.1)
# ColorBrewer YlGnBu (Brewer & Harrower), darkest first: the darker, the lower the income. It stays
# ordered in greyscale and for colour-blind readers.
_SEQUENTIAL: Final = {
    1: ("#41b6c4",),
    2: ("#2c7fb8", "#edf8b1"),
    3: ("#2c7fb8", "#7fcdbb", "#edf8b1"),
    4: ("#225ea8", "#41b6c4", "#a1dab4", "#ffffcc"),
    5: ("#253494", "#2c7fb8", "#41b6c4", "#a1dab4", "#ffffcc"),
    6: ("#253494", "#2c7fb8", "#41b6c4", "#7fcdbb", "#c7e9b4", "#ffffcc"),
    7: ("#0c2c84", "#225ea8", "#1d91c0", "#41b6c4", "#7fcdbb", "#c7e9b4", "#ffffcc"),
}


def perimeter(kind: str, status: str) -> Style:
    """Give the style of a perimeter: QPV filled, veille active hatched, dashed if not official."""
    dashed = status != "officielle"
    if kind == "qpv":
        return Style(
            fill="#56b4e9", fill_opacity=0.65, stroke="#0b3c5d", stroke_width=1.4, dashed=dashed
        )
    return Style(stroke="#b34700", stroke_width=1.2, dashed=dashed, hatched=True)


def perimeter_outline(status: str) -> Style:
    """Give the style of a perimeter drawn over another layer, which must stay visible."""
    return Style(stroke=_OVERLAY, stroke_width=1.8, dashed=status != "officielle")


def as_perimeter(look: Style, *, dashed: bool) -> Style:
    """Give a perimeter that is filled by its figure the outline of a perimeter."""
    return replace(look, stroke="#0b3c5d", stroke_width=1.4, dashed=dashed)


def category(rank: int) -> Style:
    """Give the symbol of the n-th category: both its shape and its colour tell it apart.

    After the least common multiple of both counts the colours move on by one, so that each of the
    54 pairs comes once before any comes again.
    """
    turn = rank // lcm(len(CATEGORY_COLOURS), len(MARKERS))
    colour = CATEGORY_COLOURS[(rank + turn) % len(CATEGORY_COLOURS)]
    marker = MARKERS[rank % len(MARKERS)]
    return Style(fill=colour, stroke="#1a1a1a", stroke_width=0.7, marker=marker, size=8)


def ring(rank: int) -> Style:
    """Give the style of the n-th ring around the quartiers, the widest first.

    Rings have no fill, so that a colour on the map is always the colour in the legend.
    """
    return Style(stroke=_RING_COLOURS[rank % len(_RING_COLOURS)], stroke_width=0.9 + 0.5 * rank)


def sequential(count: int) -> tuple[str, ...]:
    """Give the colours of ordered classes, the lowest class first and darkest.

    Raises
    ------
    RecipeError
        There are no colours for that many classes.
    """
    if count not in _SEQUENTIAL:
        accepted = ", ".join(map(str, _SEQUENTIAL))
        raise RecipeError(f"{count} classes are not accepted; accepted are {accepted}.")
    return _SEQUENTIAL[count]


def cell(colour: str) -> Style:
    """Give the style of a grid cell."""
    return Style(fill=colour, fill_opacity=0.85, stroke="#ffffff", stroke_width=0.2)
