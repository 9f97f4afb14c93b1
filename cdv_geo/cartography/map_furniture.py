"""Where what belongs to every map stands on it: the north arrow, the scale bar, the inset."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from cdv_geo.cartography.printed_extent import Box, fit_window
from cdv_geo.cartography.style import INSET_COMMUNE, INSET_EXTENT, INSET_QUARTIER
from cdv_geo.cartography.svg_drawing import Canvas
from cdv_geo.french.typography import NARROW_SPACE
from cdv_geo.typesetting.fonts import text_width

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import Inset

    Geometries = NDArray[np.object_]

# Points.
_NORTH: Final = (20.0, 40.0)
_EDGE: Final = 8.0  # from the frame of the map to its furniture
_BAR_HEIGHT: Final = 20.0
_BAR_SIZE: Final = 7.0
_INSET_SIDE: Final = 130.0  # that neither its width nor its height exceeds
_INSET_PADDING: Final = 4.0
_INSET_TITLE: Final = 12.0
# Shares of the width of the map, at most.
_BAR_SHARE: Final = 0.2
_INSET_SHARE: Final = 0.2
_KILOMETRE: Final = 1000


@dataclass(frozen=True)
class Furniture:
    """Where the furniture of a map stands; `inset` is None for a map without one."""

    north: Box
    scale_bar: Box
    inset: Box | None

    @property
    def shapes(self) -> list[BaseGeometry]:
        """Give what no name may touch."""
        return [box.polygon for box in (self.north, self.scale_bar, self.inset) if box]


def arrange_furniture(inset: Inset | None, window: Window, features: Geometries) -> Furniture:
    """Put each piece of furniture in the corner of the map where it hides the fewest features.

    Parameters
    ----------
    inset
        Of the scene, or None.
    window
        What the map shows.
    features
        Symbols and perimeters on the map, in its points.
    """
    north = _freest(_corners(window, _NORTH, [])[:2], features)
    scale_bar = _freest(_corners(window, (_bar_width(window), _BAR_HEIGHT), [])[2:], features)
    if inset is None:
        return Furniture(north, scale_bar, None)
    corners = _corners(window, _inset_size(inset, window), [north, scale_bar])
    return Furniture(north, scale_bar, _freest(corners[::-1], features))


def _corners(window: Window, size: tuple[float, float], taken: list[Box]) -> list[Box]:
    """List the corners of a map, the upper ones first; what is taken pushes them up or down."""
    width, height = size
    corners = []
    for at_top in (True, False):
        for left in (window.width - width - _EDGE, _EDGE):
            bottom = window.height - height - _EDGE if at_top else _EDGE
            for other in taken:
                if Box(left, bottom, width, height).polygon.intersects(other.polygon):
                    bottom = other.bottom - height - _EDGE if at_top else other.top + _EDGE
            corners.append(Box(left, bottom, width, height))
    return corners


def _freest(boxes: list[Box], features: Geometries) -> Box:
    """Give the box that hides the fewest features, the first of those."""
    hidden = [int(shapely.intersects(features, box.polygon).sum()) for box in boxes]
    return boxes[hidden.index(min(hidden))]


def scale_bar_length(window: Window) -> float:
    """Give the longest round distance, in metres, that takes up a fifth of the map or less."""
    most = _BAR_SHARE * window.width / window.points_per_metre
    unit = 10.0 ** floor(log10(most))
    return float(unit * max(step for step in (1, 2, 5) if step * unit <= most))


def _bar_width(window: Window) -> float:
    length = scale_bar_length(window)
    overhang = text_width(_distance(length), _BAR_SIZE) / 2 + 4.0
    return length * window.points_per_metre + 2 * overhang


def scale_bar_texts(window: Window) -> list[tuple[float, str]]:
    """Give the distances on the scale bar, each with the points from its left end.

    The one in the middle stands there where it touches neither of its neighbours.
    """
    length = scale_bar_length(window)
    points = length * window.points_per_metre
    ends = [(0.0, "0"), (points, _distance(length))]
    middle = _distance(length / 2)
    touches = 2 * text_width(middle, _BAR_SIZE) > points
    return ends if touches else [*ends, (points / 2, middle)]


def _distance(metres: float) -> str:
    """Write a distance the French way, in kilometres from one on."""
    value, unit = (metres / _KILOMETRE, "km") if metres >= _KILOMETRE else (metres, "m")
    return f"{value:g}{NARROW_SPACE}{unit}".replace(".", ",")


def _inset_map(inset: Inset, window: Window) -> tuple[float, float]:
    """Give the width and height of the small map, in the proportions of what it shows."""
    left, bottom, right, top = map(float, inset.communes.total_bounds)
    most = min(_INSET_SHARE * window.width, _INSET_SIDE)
    shrink = most / max(right - left, top - bottom)
    return max((right - left) * shrink, 0.6 * most), max((top - bottom) * shrink, 0.4 * most)


def _inset_size(inset: Inset, window: Window) -> tuple[float, float]:
    width, height = _inset_map(inset, window)
    return width + 2 * _INSET_PADDING, height + 2 * _INSET_PADDING + _INSET_TITLE


def draw_inset(inset: Inset, window: Window) -> tuple[str, float]:
    """Draw the small map as SVG, and give its width in points."""
    width, height = _inset_map(inset, window)
    small = fit_window(tuple(inset.communes.total_bounds), width, height)
    extent = shapely.intersection(shapely.box(*window.bounds), shapely.box(*small.bounds))
    looks = [
        (inset.communes.to_numpy(), INSET_COMMUNE),
        (inset.quartiers.to_numpy(), INSET_QUARTIER),
        (np.array([extent]), INSET_EXTENT),
    ]
    canvas = Canvas(width, height)
    parts = (
        canvas.features(small.to_map(shapes), look, np.full(len(shapes), look.size))
        for shapes, look in looks
    )
    return canvas.document("".join(parts), ground="#ffffff"), width
