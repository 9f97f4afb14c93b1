"""Set names and numbers on a printed map: measure them, find their places, draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.textpath import TextPath

from cdv_geo.cartography.drawing import AREA, POINT, symbol_sizes, write
from cdv_geo.cartography.label_placement import Label, place_labels
from cdv_geo.cartography.typesetting import (
    DESCENT,
    INK,
    PITCH,
    Block,
    Line,
    quiet_capitals,
    sized_font,
    text_width,
    wrap,
)
from cdv_geo.visible_letters import has_ink, isolated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.label_placement import PlacedLabel
    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import LabelRole, Layer, Scene
    from cdv_geo.cartography.typesetting import Face

    Geometries = NDArray[np.object_]

_HALO_WIDTH: Final = 2.4
# Which names find their places first.
_RANKS: Final[dict[LabelRole, int]] = {"quartier": 0, "number": 1, "commune": 2}
_SIZES: Final[dict[LabelRole, float]] = {"quartier": 7.2, "number": 6.4, "commune": 6.8}
# White space around a text, in points, so that its halo covers no neighbour.
_SPACE: Final[dict[LabelRole, float]] = {"quartier": 2.0, "number": 0.6, "commune": 2.0}
_WIDEST: Final = 130.0  # a longer name is set on several lines
_NUMBERS_WIDTH: Final = 44.0
_EVEN: Final = 1.15  # how much wider than the mean a line of several may be
# Labels are placed against shapes simplified to half a point, which the eye does not see.
_SIMPLIFY: Final = 0.5
_FRAME_SPACE: Final = 2.0
_SLIVER: Final = 0.75  # of the length of a name: a part of a commune less wide has none
_COMMUNE_INK: Final = "#3d4852"  # read on the dark colours of a choropleth, yet behind quartiers


def obstacles(scene: Scene, window: Window) -> Geometries:
    """Give the symbols, and the perimeters of layers with names, that had better not be hidden."""
    found = []
    for layer in scene.layers:
        dimensions = shapely.get_dimensions(layer.features.geometry.to_numpy())
        shown = dimensions == POINT
        if layer.label_role == "quartier" and layer.features["label"].any():
            shown |= dimensions == AREA
        found.append(_footprints(layer, window, shown))
    shapes = np.concatenate([np.empty(0, dtype=object), *found])
    visible: Geometries = shapes[~shapely.is_empty(shapes)]
    return visible


def _footprints(layer: Layer, window: Window, chosen: NDArray[np.bool_]) -> Geometries:
    """Give what features cover of the map, in points; a point covers its symbol's square."""
    shapes = window.to_page(layer.features.geometry.to_numpy()[chosen])
    is_point = shapely.get_dimensions(shapes) == POINT
    radii = symbol_sizes(layer)[chosen][is_point] / 2
    shapes[is_point] = shapely.buffer(shapes[is_point], radii, cap_style="square")
    visible: Geometries = shapely.intersection(
        shapely.simplify(shapes, _SIMPLIFY), window.box.polygon
    )
    return visible


def place_names(
    scene: Scene,
    window: Window,
    scale: float,
    *,
    unlabelled: Sequence[str],
    blocked: Sequence[BaseGeometry],
    avoided: Geometries,
) -> tuple[tuple[PlacedLabel, ...], tuple[str, ...]]:
    """Find places for the names of the quartiers, then the numbers, then the communes.

    Parameters
    ----------
    scene
        Whose layers bear the names.
    window
        What the map shows.
    scale
        How much larger text is than on A4.
    unlabelled
        Names known to have no room.
    blocked
        Furniture of the map, in points.
    avoided
        What had better not be hidden: see `obstacles`.

    Returns
    -------
    tuple
        The placed names, then those without room.
    """
    labels = [
        _label(text, footprint, layer.label_role, scale)
        for layer in scene.layers
        for text, footprint in _texts(layer, window)
        if text not in unlabelled and not footprint.is_empty
    ]
    labels = [label for label in labels if not _is_sliver(label, window)]
    box = window.box
    placed, missed = place_labels(
        labels,
        frame=(
            box.left + _FRAME_SPACE,
            box.bottom + _FRAME_SPACE,
            box.right - _FRAME_SPACE,
            box.top - _FRAME_SPACE,
        ),
        blocked=blocked,
        avoided=avoided.tolist(),
    )
    return placed, tuple(dict.fromkeys(label.text for label in missed))


def _is_sliver(label: Label, window: Window) -> bool:
    """Tell whether the frame leaves so little of a commune that a name would only puzzle.

    It is cut, and nowhere nearly as wide as its name is long.
    """
    if not label.spreads or window.box.polygon.contains_properly(label.feature):
        return False
    return bool(label.feature.buffer(-_SLIVER * label.width / 2).is_empty)


def _texts(layer: Layer, window: Window) -> Iterator[tuple[str, BaseGeometry]]:
    """Give each text with what it names; the numbers of one place make one text."""
    named = np.array([bool(text) for text in layer.features["label"]], dtype=bool)
    texts = layer.features["label"].to_numpy()[named]
    pairs = zip(texts, _footprints(layer, window, named), strict=True)
    if layer.label_role != "number":
        yield from pairs
        return
    places: dict[BaseGeometry, list[str]] = {}
    for text, footprint in pairs:
        places.setdefault(footprint, []).append(text)
    for footprint, numbers in places.items():
        yield ", ".join(numbers), footprint


def _label(text: str, footprint: BaseGeometry, role: LabelRole, scale: float) -> Label:
    """Measure a name, with white space for its halo."""
    lines = _label_lines(text, role, scale)
    width = max(text_width(line.text, line.size, line.face) for line in lines)
    height = sum(line.height for line in lines)
    space = _SPACE[role]
    return Label(
        text,
        footprint,
        width + 2 * space,
        height + space,
        spreads=role == "commune",
        rank=_RANKS[role],
    )


def _label_lines(text: str, role: LabelRole, scale: float) -> Block:
    """Set a name: bold for a quartier, its figures below it, quiet capitals for a commune."""
    size = _SIZES[role] * scale
    first, *others = text.split("\n")
    if role == "commune":
        capitals, face = quiet_capitals(text)
        return _lines(capitals, size, face, _COMMUNE_INK)
    if role == "number":
        return _lines(text, size, "bold", INK, width=_NUMBERS_WIDTH)
    below = [line for other in others for line in _lines(other, size, "regular", INK)]
    return (*_lines(first, size, "bold", INK), *below)


def _lines(text: str, size: float, face: Face, colour: str, width: float = _WIDEST) -> Block:
    """Break a text in as few lines as may be, all of about the same width."""
    longest = width * size / _SIZES["quartier"]
    lines = wrap(text, longest, size, face)
    whole = sum(text_width(line, size, face) for line in lines)
    even = wrap(text, _EVEN * whole / len(lines), size, face) if len(lines) > 1 else lines
    lines = even if len(even) == len(lines) else lines
    return tuple(Line(line, size, PITCH * size, face, colour) for line in lines)


def draw_names(page: Axes, placed: Sequence[PlacedLabel], scale: float) -> None:
    """Draw the names over a white halo, with their leader lines."""
    halos = []
    for spot in placed:
        if spot.leader is not None:
            page.plot(*spot.leader.xy, color=INK, linewidth=0.5, zorder=2)
        role = next(role for role, rank in _RANKS.items() if rank == spot.label.rank)
        xmin, _, xmax, top = spot.box.bounds
        top -= _SPACE[role] / 2
        for line in _label_lines(spot.label.text, role, scale):
            left = (xmin + xmax - text_width(line.text, line.size, line.face)) / 2
            baseline = top - line.height + DESCENT * line.size
            prop = sized_font(line.face, line.size)
            if has_ink(line.text):
                text = isolated(line.text)
                halos.append(TextPath((left, baseline), text, size=line.size, prop=prop))
                write(page, line, left, baseline)
            top -= line.height
    halo = PathCollection(
        halos,
        facecolors="white",
        edgecolors="white",
        linewidths=_HALO_WIDTH,
        joinstyle="round",
        zorder=3,
    )
    page.add_collection(halo, autolim=False)
