"""Match points with polygons and with their nearest sources, on plain coordinate arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Matches:
    """Pairs of points and polygons, ordered by point, then by polygon.

    Parameters
    ----------
    point, polygon
        Positions in the arrays that were matched.
    distance_m
        Metres from the point to the polygon, 0 inside and on the border.
    """

    point: NDArray[np.intp]
    polygon: NDArray[np.intp]
    distance_m: NDArray[np.float64]


def match_points(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    polygons: NDArray[np.object_],
    *,
    within: float = 0.0,
) -> Matches:
    """Find every polygon that a point lies in, touches or comes within a distance of.

    Borders count as touching: which of two neighbours a border point belongs to is decided in
    `linking`. Distances are measured to the outline itself and not to a buffer, which is a
    polygon of chords and would lose true pairs.

    Parameters
    ----------
    x, y
        Coordinates of the points, metres; NaN for a point without a position, which matches
        nothing.
    polygons
        Polygons or MultiPolygons in the same CRS; None and empty ones match nothing.
    within
        Greatest distance, metres.
    """
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    points = np.asarray(shapely.points(x[placed], y[placed]), dtype=object)
    tree = shapely.STRtree(polygons)
    point, polygon = tree.query(points, predicate="dwithin", distance=within)
    order = np.lexsort((polygon, point))
    point, polygon = point[order], polygon[order]
    distance = shapely.distance(points[point], polygons[polygon])
    return Matches(placed[point], polygon, np.asarray(distance, dtype=np.float64))


def distance_to_nearest(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    source_x: NDArray[np.float64],
    source_y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Measure from each point to the nearest of the sources, metres as the crow flies.

    Infinite where there is no source at all.
    """
    if not len(source_x):
        return np.full(len(x), np.inf)
    sources = np.column_stack([source_x, source_y])
    distance, _ = KDTree(sources).query(np.column_stack([x, y]))
    return np.asarray(distance, dtype=np.float64)
