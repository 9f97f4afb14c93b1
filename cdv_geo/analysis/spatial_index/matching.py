"""Match points with the polygons they lie in, touch, or come within a distance of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from cdv_geo.analysis.spatial_index.bounding_boxes import BoxIndex
from cdv_geo.analysis.spatial_index.numbered_groups import order_by_group
from cdv_geo.analysis.spatial_index.outline_distances import measure_to_outlines, polygonal
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

# Distances come of a few products of differences of coordinates: rounding costs far less than
# this share of the largest coordinate.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Matches:
    """Pairs of points and polygons, ordered by point, then by polygon.

    Parameters
    ----------
    point, polygon
        Positions in the arrays that were matched.
    signed_m
        Metres to the outline, negative inside; minus infinity where the outline is farther than
        the distance that was asked for. NaN where no distance was asked for.
    unplaced
        How many points have no position (NaN, infinite): they match nothing.
    """

    point: NDArray[np.intp]
    polygon: NDArray[np.intp]
    signed_m: NDArray[np.float64]
    unplaced: int

    @property
    def distance_m(self) -> NDArray[np.float64]:
        """Metres from the point to the polygon, 0 inside; NaN where no distance was asked for."""
        return np.maximum(self.signed_m, 0.0)


def match_points(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    polygons: Sequence[BaseGeometry | None] | NDArray[np.object_],
    *,
    within: float | None = None,
) -> Matches:
    """Find every polygon that a point lies in, touches or comes within a distance of.

    Borders count as touching: which of two neighbours a border point belongs to is decided in
    `linking`. The pairs are those of `geopandas.sjoin` with `intersects` or `dwithin`, not one
    more or less: a lattice and plain arithmetic leave out what is far, and GEOS decides what is
    near. Distances are measured to the outline itself and not to a buffer, which is a polygon of
    chords and would lose true pairs.

    Parameters
    ----------
    x, y
        Coordinates of the points, metres; NaN for a point without a position.
    polygons
        Valid Polygons or MultiPolygons in the same CRS; None and empty ones match nothing. GEOS
        keeps an index with each of them, so that they are asked faster the next time.
    within
        Greatest distance, metres; without it, what lies in a polygon or on its border matches.

    Raises
    ------
    DataError
        A geometry is no polygon or has a coordinate that is no number, or the distance is none.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    outlines = polygonal(polygons)
    unplaced = len(x) - int(np.count_nonzero(np.isfinite(x) & np.isfinite(y)))
    point, polygon = _lying_in(x, y, outlines)
    if within is None:
        return Matches(point, polygon, np.full(len(point), np.nan), unplaced)
    if not (np.isfinite(within) and within >= 0):
        raise DataError(f"“{within}” is no distance; metres from 0 up are expected.")
    inside = point * len(outlines) + polygon
    near, outline, distance = _near(x, y, outlines, within)
    key, signed = _signed(inside, near * len(outlines) + outline, distance, within)
    point, polygon = np.divmod(key, max(len(outlines), 1))
    return Matches(point, polygon, signed, unplaced)


def _lying_in(
    x: NDArray[np.float64], y: NDArray[np.float64], polygons: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    drawn = np.flatnonzero(~shapely.is_missing(polygons))
    if not len(drawn):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    point, box = BoxIndex(shapely.bounds(polygons[drawn])).pairs(x, y)
    shapely.prepare(polygons)
    polygon = drawn[box]
    # All points of a polygon one after the other: its index is then in the cache.
    order = order_by_group(polygon, len(polygons))
    sorted_point = point[order]
    meets = np.empty(len(point), dtype=bool)
    meets[order] = shapely.intersects_xy(polygons[polygon[order]], x[sorted_point], y[sorted_point])
    return point[meets], polygon[meets]


def _near(
    x: NDArray[np.float64], y: NDArray[np.float64], polygons: NDArray[np.object_], within: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Find the outlines within a distance; what is about that far is left to GEOS."""
    farthest = np.nanmax(np.abs(shapely.bounds(polygons)), initial=0.0)
    slack = _ROUNDING * max(within, farthest)
    point, polygon, distance = measure_to_outlines(x, y, polygons, within=within, slack=slack)
    close = distance <= within
    doubtful = np.flatnonzero(np.abs(distance - within) <= slack)
    if len(doubtful):
        some = point[doubtful]
        close[doubtful] = _joined(x[some], y[some], polygons[polygon[doubtful]], within)
    return point[close], polygon[close], distance[close]


def _joined(
    x: NDArray[np.float64], y: NDArray[np.float64], polygons: NDArray[np.object_], within: float
) -> NDArray[np.bool_]:
    """Tell pair by pair what a spatial join says: boxes first, then the distance by GEOS.

    Both round, so that a tie in the last bit falls as it does in geopandas. The point stands
    before the polygon, since GEOS rounds otherwise when it asks a prepared polygon.
    """
    left, bottom, right, top = shapely.bounds(polygons).T
    boxes_meet = (x + within >= left) & (x - within <= right)
    boxes_meet &= (y + within >= bottom) & (y - within <= top)
    return np.asarray(boxes_meet & shapely.dwithin(shapely.points(x, y), polygons, within))


def _signed(
    inside: NDArray[np.intp],
    near: NDArray[np.intp],
    distance: NDArray[np.float64],
    within: float,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Join the pairs that lie inside with those near an outline; both are sorted."""
    held = np.isin(near, inside, assume_unique=True)
    depth = np.where(distance <= within, -distance, -np.inf) + 0.0  # no negative zero
    signed = np.where(held, depth, np.minimum(distance, within))
    deep = np.setdiff1d(inside, near, assume_unique=True)
    key = np.concatenate([near, deep])
    signed = np.concatenate([signed, np.full(len(deep), -np.inf)])
    order = np.argsort(key, kind="stable")
    return key[order], signed[order]
