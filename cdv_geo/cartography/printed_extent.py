"""The part of the country that a printed map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Polygon

    Geometries = NDArray[np.object_]
    Bounds = tuple[float, float, float, float]

# Share of the extent left free on each side, and the least side of a map, in metres: a map of one
# point has no extent.
_AIR: Final = 0.03
_LEAST_SIDE: Final = 200.0


@dataclass(frozen=True)
class Box:
    """A rectangle on a map, in points from its lower left corner."""

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
class Window:
    """What a map of a width and a height in points shows: `left` and `bottom` in metres."""

    width: float
    height: float
    left: float
    bottom: float
    points_per_metre: float

    @property
    def bounds(self) -> Bounds:
        """Give `(xmin, ymin, xmax, ymax)` in metres."""
        right = self.left + self.width / self.points_per_metre
        return self.left, self.bottom, right, self.bottom + self.height / self.points_per_metre

    @property
    def frame(self) -> Polygon:
        """Give the whole map as a geometry, in points."""
        return shapely.box(0, 0, self.width, self.height)

    def to_map(self, geometries: Geometries) -> Geometries:
        """Carry geometries from metres to points of the map."""
        origin = np.array([self.left, self.bottom])
        moved: Geometries = shapely.transform(
            geometries, lambda xy: (xy - origin) * self.points_per_metre
        )
        return moved


def fit_window(extent: Bounds, width: float, height: float) -> Window:
    """Widen an extent in metres to the shape of a map in points, with some air around it."""
    xmin, ymin, xmax, ymax = extent
    wide = max(xmax - xmin, _LEAST_SIDE) * (1 + 2 * _AIR)
    high = max(ymax - ymin, _LEAST_SIDE) * (1 + 2 * _AIR)
    scale = min(width / wide, height / high)
    left = (xmin + xmax) / 2 - width / scale / 2
    bottom = (ymin + ymax) / 2 - height / scale / 2
    return Window(width, height, left, bottom, scale)
