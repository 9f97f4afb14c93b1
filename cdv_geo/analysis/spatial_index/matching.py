"""Match points with the polygons they lie in, touch, or come within a distance of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from cdv_geo.analysis.spatial_index.boxes import BoxIndex
from cdv_geo.analysis.spatial_index.outlines import measure_to_outlines
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_POLYGONAL: Final = (3, 6)  # GEOS numbers of Polygon and MultiPolygon
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
    `linking`. The pairs are those of GEOS, `intersects` or `dwithin`, not one more or less: a
    lattice and plain arithmetic leave out what is far, and GEOS decides what is near. Distances
    are measured to the outline itself and not to a buffer, which is a polygon of chords and would
    lose true pairs.

    Parameters
    ----------
    x, y
        Coordinates of the points, metres; NaN for a point without a position.
    polygons
        Polygons or MultiPolygons in the same CRS; None and empty ones match nothing.
    within
        Greatest distance, metres; without it, what lies in a polygon or on its border matches.

    Raises
    ------
    DataError
        A geometry is no polygon, or the distance is none.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    outlines = _polygonal(polygons)
    unplaced = len(x) - int(np.count_nonzero(np.isfinite(x) & np.isfinite(y)))
    point, polygon = _lying_in(x, y, outlines)
    if within is None:
        return Matches(point, polygon, np.full(len(point), np.nan), unplaced)
    if not (np.isfinite(within) and within >= 0):
        raise DataError(f"“{within}” is no distance; metres from 0 up are expected.")
    inside = point * len(outlines) + polygon
    near, outline, distance = _near(x, y, outlines, within)
    key = near * len(outlines) + outline
    key, signed = _signed(inside, key, distance)
    point, polygon = np.divmod(key, max(len(outlines), 1))
    return Matches(point, polygon, signed, unplaced)


def _polygonal(
    polygons: Sequence[BaseGeometry | None] | NDArray[np.object_],
) -> NDArray[np.object_]:
    outlines = np.array(polygons, dtype=object)
    kind = shapely.get_type_id(outlines)
    odd = ~np.isin(kind, _POLYGONAL) & (kind >= 0)
    if odd.any():
        first = int(np.flatnonzero(odd)[0])
        raise DataError(
            f"geometry {first} is a {outlines[first].geom_type}; polygons are expected."
        )
    outlines[shapely.is_empty(outlines)] = None
    return outlines


def _lying_in(
    x: NDArray[np.float64], y: NDArray[np.float64], polygons: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    drawn = np.flatnonzero(~shapely.is_missing(polygons))
    if not len(drawn):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    point, box = BoxIndex(shapely.bounds(polygons[drawn])).pairs(x, y)
    shapely.prepare(polygons)
    polygon = drawn[box]
    meets = shapely.intersects_xy(polygons[polygon], x[point], y[point])
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
        spots = shapely.points(x[point[doubtful]], y[point[doubtful]])
        close[doubtful] = shapely.dwithin(polygons[polygon[doubtful]], spots, within)
    return point[close], polygon[close], np.minimum(distance[close], within)


def _signed(
    inside: NDArray[np.intp], near: NDArray[np.intp], distance: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Join the pairs that lie inside with those near an outline; both are sorted."""
    held = np.isin(near, inside, assume_unique=True)
    deep = np.setdiff1d(inside, near, assume_unique=True)
    key = np.concatenate([near, deep])
    signed = np.where(held, -distance, distance) + 0.0  # no negative zero
    signed = np.concatenate([signed, np.full(len(deep), -np.inf)])
    order = np.argsort(key, kind="stable")
    return key[order], signed[order]
