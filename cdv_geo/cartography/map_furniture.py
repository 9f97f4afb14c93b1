"""Draw what belongs to every map: the north arrow, the scale bar, the inset."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.patches import Polygon, Rectangle

from cdv_geo.cartography.drawing import draw_features, draw_line, write
from cdv_geo.cartography.printed_extent import fit_window
from cdv_geo.cartography.sheet_layout import inset_size, inset_title
from cdv_geo.cartography.style import INSET_COMMUNE, INSET_EXTENT, INSET_QUARTIER
from cdv_geo.cartography.typesetting import (
    INK,
    PITCH,
    Box,
    Line,
    stack,
    text_width,
    total_height,
)
from cdv_geo.french.typography import NARROW_SPACE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import Inset
    from cdv_geo.cartography.sheet_layout import Plan
    from cdv_geo.cartography.style import Style

    Geometries = NDArray[np.object_]

_GROUND: Final = 0.85  # opacity of the white ground of furniture
_NORTH_SIZE: Final = (20.0, 40.0)
_EDGE: Final = 8.0  # from the frame of the map to its furniture
_LETTER_SIZE: Final = 9.0
_BAR_SHARE: Final = 0.2  # of the width of the map, at most
_BAR_HEIGHT: Final = 3.2
_BAR_SIZE: Final = 6.5
_MIDDLE: Final = 1  # of the three figures of the bar
_INSET_PADDING: Final = 4.0
_INSET_SHARE: Final = 0.2  # of the width of the map, at most, where the inset lies on it
_HAIRLINE: Final = 0.6
_KILOMETRE: Final = 1000


@dataclass(frozen=True)
class Furniture:
    """Where the furniture of a map stands; `inset` is None for a map without one."""

    north: Box
    scale_bar: Box
    inset: Box | None

    def on_map(self, map_box: Box) -> list[BaseGeometry]:
        """Give what lies on the map itself."""
        boxes = [box.polygon for box in (self.north, self.scale_bar, self.inset) if box]
        return [shape for shape in boxes if shape.intersects(map_box.polygon)]


def arrange_furniture(
    inset: Inset | None, plan: Plan, window: Window, features: Geometries
) -> Furniture:
    """Put each piece of furniture in the corner of the map where it hides the fewest features.

    Parameters
    ----------
    inset
        Of the scene; it lies on the map where the plan has no room beside it.
    plan, window
        Of the sheet.
    features
        Symbols and perimeters on the map, in points of the page.
    """
    north = _freest(_corners(window.box, *_NORTH_SIZE, [])[:2], features)
    scale_bar = _freest(_corners(window.box, *_scale_bar_size(window), [])[2:], features)
    if inset is None or plan.inset_box is not None:
        return Furniture(north, scale_bar, plan.inset_box)
    width, height = inset_size(inset, _INSET_SHARE * window.box.width, plan.scale)
    width, height = width + 2 * _INSET_PADDING, height + 2 * _INSET_PADDING
    corners = _corners(window.box, width, height, [north, scale_bar])
    return Furniture(north, scale_bar, _freest(corners[::-1], features))


def _corners(outer: Box, width: float, height: float, taken: list[Box]) -> list[Box]:
    """List the corners of a box, the upper ones first; what is taken pushes them up or down."""
    corners = []
    for at_top in (True, False):
        for left in (outer.right - width - _EDGE, outer.left + _EDGE):
            bottom = outer.top - height - _EDGE if at_top else outer.bottom + _EDGE
            for other in taken:
                if Box(left, bottom, width, height).polygon.intersects(other.polygon):
                    bottom = other.bottom - height - _EDGE if at_top else other.top + _EDGE
            corners.append(Box(left, bottom, width, height))
    return corners


def _freest(boxes: list[Box], features: Geometries) -> Box:
    """Give the box that hides the fewest features, the first of those."""
    hidden = [int(shapely.intersects(features, box.polygon).sum()) for box in boxes]
    return boxes[hidden.index(min(hidden))]


def draw_north(page: Axes, box: Box) -> None:
    """Draw a slim arrow below an N."""
    _draw_ground(page, box)
    middle = box.left + box.width / 2
    tip, foot, notch = box.top - 14.5, box.bottom + 4.5, box.bottom + 9.0
    for side, colour in ((-5.0, INK), (5.0, "white")):
        corners = [(middle, tip), (middle + side, foot), (middle, notch)]
        page.add_patch(Polygon(corners, facecolor=colour, edgecolor=INK, linewidth=0.6, zorder=3))
    letter = Line("N", _LETTER_SIZE, _LETTER_SIZE * PITCH, "bold")
    write(page, letter, middle - text_width("N", _LETTER_SIZE, "bold") / 2, tip + 3.5)


def scale_bar_length(window: Window) -> float:
    """Give the longest round distance, in metres, that takes up a fifth of the map or less."""
    most = _BAR_SHARE * window.box.width / window.points_per_metre
    unit = 10.0 ** np.floor(log10(most))
    return float(unit * max(step for step in (1, 2, 5) if step * unit <= most))


def _scale_bar_size(window: Window) -> tuple[float, float]:
    length = scale_bar_length(window) * window.points_per_metre
    overhang = text_width(_bar_texts(window)[-1], _BAR_SIZE) / 2 + 4.0
    return length + 2 * overhang, _BAR_SIZE * PITCH + _BAR_HEIGHT + 8.0


def _bar_texts(window: Window) -> tuple[str, str, str]:
    length = scale_bar_length(window)
    return "0", _distance(length / 2), _distance(length)


def _distance(metres: float) -> str:
    """Write a distance the French way, in kilometres from one on."""
    value, unit = (metres / _KILOMETRE, "km") if metres >= _KILOMETRE else (metres, "m")
    return f"{value:g}{NARROW_SPACE}{unit}".replace(".", ",")


def draw_scale_bar(page: Axes, box: Box, window: Window) -> None:
    """Draw a bar in two halves, with the distance at its ends and in its middle."""
    _draw_ground(page, box)
    length = scale_bar_length(window) * window.points_per_metre
    start, bottom = box.left + (box.width - length) / 2, box.bottom + 3.5
    for half, colour in enumerate((INK, "white")):
        corner = start + half * length / 2, bottom
        page.add_patch(
            Rectangle(
                corner,
                length / 2,
                _BAR_HEIGHT,
                facecolor=colour,
                edgecolor=INK,
                linewidth=_HAIRLINE,
                zorder=3,
            )
        )
    for place, text in enumerate(_bar_texts(window)):
        width = text_width(text, _BAR_SIZE)
        if place == _MIDDLE and 2 * width > length:
            continue  # the figure in the middle would touch its neighbours
        left = start + place * length / 2 - width / 2
        write(page, Line(text, _BAR_SIZE, _BAR_SIZE * PITCH), left, bottom + _BAR_HEIGHT + 3.5)


def draw_inset(page: Axes, inset: Inset, box: Box, window: Window, plan: Plan) -> None:
    """Draw the small map under its title; on the large map it has a ground of its own."""
    if plan.inset_box is None:
        page.add_patch(_rectangle(box, facecolor="white", edgecolor=INK, linewidth=_HAIRLINE))
        box = Box(
            box.left + _INSET_PADDING,
            box.bottom + _INSET_PADDING,
            box.width - 2 * _INSET_PADDING,
            box.height - 2 * _INSET_PADDING,
        )
    title = inset_title(inset, box.width, plan.scale)
    for line in stack(title, box.left, box.top):
        draw_line(page, line)
    frame = Box(box.left, box.bottom, box.width, box.height - total_height(title))
    small = fit_window(tuple(inset.communes.total_bounds), frame)
    extent = shapely.intersection(shapely.box(*window.bounds), shapely.box(*small.bounds))
    looks: list[tuple[Geometries, Style]] = [
        (inset.communes.to_numpy(), INSET_COMMUNE),
        (inset.quartiers.to_numpy(), INSET_QUARTIER),
        (np.array([extent]), INSET_EXTENT),
    ]
    for geometries, style in looks:
        shapes = shapely.intersection(small.to_page(geometries), frame.polygon)
        draw_features(page, shapes, style, zorder=3, sizes=np.full(len(shapes), style.size))
    if plan.inset_box is not None:
        page.add_patch(_rectangle(frame, facecolor="none", edgecolor=INK, linewidth=_HAIRLINE))


def _draw_ground(page: Axes, box: Box) -> None:
    """Draw the pale ground on which furniture stands out from the map."""
    page.add_patch(_rectangle(box, facecolor="white", alpha=_GROUND, linewidth=0))


def _rectangle(box: Box, **look: Any) -> Rectangle:  # noqa: ANN401
    return Rectangle((box.left, box.bottom), box.width, box.height, zorder=2, **look)
