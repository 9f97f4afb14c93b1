"""The part of the country that a printed map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdv_geo.cartography.typesetting import Box

    Geometries = NDArray[np.object_]
    Bounds = tuple[float, float, float, float]

# Share of the extent left free on each side, and the least side of a map, in metres: a map of one
# point has no extent.
_AIR: Final = 0.03
_LEAST_SIDE: Final = 200.0


@dataclass(frozen=True)
class Window:
    """What a box of the page shows: `left` and `bottom` in metres."""

    box: Box
    left: float
    bottom: float
    points_per_metre: float

    @property
    def bounds(self) -> Bounds:
        """Give `(xmin, ymin, xmax, ymax)` in metres."""
        right = self.left + self.box.width / self.points_per_metre
        return self.left, self.bottom, right, self.bottom + self.box.height / self.points_per_metre

    def to_page(self, geometries: Geometries) -> Geometries:
        """Carry geometries from metres to points of the page."""
        origin = np.array([self.left, self.bottom])
        corner = np.array([self.box.left, self.box.bottom])
        moved: Geometries = shapely.transform(
            geometries, lambda xy: (xy - origin) * self.points_per_metre + corner
        )
        return moved


def fit_window(extent: Bounds, box: Box) -> Window:
    """Widen an extent in metres to the shape of a box in points, with some air around it."""
    xmin, ymin, xmax, ymax = extent
    width = max(xmax - xmin, _LEAST_SIDE) * (1 + 2 * _AIR)
    height = max(ymax - ymin, _LEAST_SIDE) * (1 + 2 * _AIR)
    scale = min(box.width / width, box.height / height)
    left = (xmin + xmax) / 2 - box.width / scale / 2
    bottom = (ymin + ymax) / 2 - box.height / scale / 2
    return Window(box, left, bottom, scale)
