"""Measure from points to the outlines of polygons: all rings, holes included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from cdv_geo.analysis.spatial_index.bounding_boxes import BoxIndex
from cdv_geo.analysis.spatial_index.numbered_groups import order_by_group
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

# GEOS's numbers of what is missing, of Polygon and of MultiPolygon.
_POLYGONAL: Final = (-1, 3, 6)
# Outlines are measured in runs of neighbouring segments, each with a box of its own, so that a
# point meets only the runs near it. Shorter runs are slower, longer ones no faster, and so with
# the tables of segments x points, which stay in a processor's cache: docs/kernel.md.
_SEGMENTS_IN_RUN: Final = 128
_TABLE: Final = 1 << 16


@dataclass(frozen=True)
class Outlines:
    """The segments of the outlines of some polygons.

    Parameters
    ----------
    start, end
        Coordinates of both ends, metres; one row per segment, ordered by polygon.
    polygon
        Position of the polygon that each segment belongs to.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    polygon: NDArray[np.intp]

    @classmethod
    def of(cls, polygons: NDArray[np.object_]) -> Outlines:
        """Take polygons apart; None and empty ones have no segments."""
        parts, polygon = shapely.get_parts(polygons, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        vertices, ring = shapely.get_coordinates(rings, return_index=True)
        joined = ring[1:] == ring[:-1]
        return cls(vertices[:-1][joined], vertices[1:][joined], polygon[part][ring[1:][joined]])

    def runs(self) -> NDArray[np.intp]:
        """Give where each run of segments begins; a run belongs to one polygon."""
        first = np.searchsorted(self.polygon, self.polygon)
        return np.flatnonzero((np.arange(len(self.polygon)) - first) % _SEGMENTS_IN_RUN == 0)

    def boxes(self, runs: NDArray[np.intp], margin: float) -> NDArray[np.float64]:
        """Give the box of each run, wider by a margin on every side."""
        low = np.minimum.reduceat(np.minimum(self.start, self.end), runs)
        high = np.maximum.reduceat(np.maximum(self.start, self.end), runs)
        return np.hstack([low - margin, high + margin])


def polygonal(
    polygons: Sequence[BaseGeometry | None] | NDArray[np.object_],
) -> NDArray[np.object_]:
    """Give polygons as an array, None for an empty one.

    Raises
    ------
    DataError
        A geometry is no polygon, or has a coordinate that is no number.
    """
    outlines = np.array(polygons, dtype=object)
    kind = shapely.get_type_id(outlines)
    for row in np.flatnonzero(~np.isin(kind, _POLYGONAL)):
        raise DataError(f"geometry {row} is a {outlines[row].geom_type}; polygons are expected.")
    outlines[shapely.is_empty(outlines)] = None
    drawn = ~shapely.is_missing(outlines)
    for row in np.flatnonzero(drawn & ~np.isfinite(shapely.bounds(outlines)).all(axis=1)):
        raise DataError(f"geometry {row} has a coordinate that is no number.")
    return outlines


def measure_to_outlines(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    polygons: NDArray[np.object_],
    *,
    within: float,
    slack: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Measure from each point to every outline at most that far, from inside or outside.

    Parameters
    ----------
    x, y
        Coordinates, metres; NaN is near nothing.
    polygons
        Polygons or MultiPolygons in the same CRS; None and empty ones are near nothing.
    within
        Greatest distance, metres. Some pairs that are farther are among the result too.
    slack
        Metres that rounding may cost: what is about that far is not left out.

    Returns
    -------
    Position of the point, of the polygon, and metres to its outline, ordered by point, then by
    polygon.
    """
    outlines = Outlines.of(polygons)
    if not len(outlines.polygon):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
    runs = outlines.runs()
    point, run = BoxIndex(outlines.boxes(runs, within + slack)).pairs(x, y)
    distance = _distances_by_run(x[point], y[point], run, runs, outlines)
    polygon = outlines.polygon[runs][run]
    if not len(point):
        return point, polygon, distance
    changes = (np.diff(point) != 0) | (np.diff(polygon) != 0)
    first = np.concatenate([[0], np.flatnonzero(changes) + 1])
    return point[first], polygon[first], np.minimum.reduceat(distance, first)


def _distances_by_run(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    run: NDArray[np.intp],
    runs: NDArray[np.intp],
    outlines: Outlines,
) -> NDArray[np.float64]:
    """Measure each point to the run it is paired with, all points of a run together."""
    order = order_by_group(run, len(runs))
    px, py = x[order], y[order]
    bounds = np.searchsorted(run[order], np.arange(len(runs) + 1))
    ends = np.append(runs[1:], len(outlines.polygon))
    sorted_distance = np.empty(len(run))
    for first, last, low, high in zip(runs, ends, bounds[:-1], bounds[1:], strict=True):
        start, end = outlines.start[first:last], outlines.end[first:last]
        portion = max(1, _TABLE // (last - first))
        for begin in range(low, high, portion):
            some = slice(begin, min(begin + portion, high))
            sorted_distance[some] = _distance_to_segments(px[some], py[some], start, end)
    distance = np.empty(len(run))
    distance[order] = sorted_distance
    return distance


def _distance_to_segments(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Measure each point to the nearest of some segments, in one table of segments x points.

    The foot of the perpendicular, held between both ends of the segment: a + t (b - a), with
    t = (p - a)·(b - a) / |b - a|² in [0, 1].
    """
    start_x, start_y = start[:, :1], start[:, 1:]
    along_x, along_y = end[:, :1] - start_x, end[:, 1:] - start_y
    square = along_x**2 + along_y**2
    square[square == 0] = 1.0  # both ends are one point: t is 0
    dx, dy = x - start_x, y - start_y
    t = dx * (along_x / square)
    product = dy * (along_y / square)
    t += product
    np.clip(t, 0, 1, out=t)
    dx -= np.multiply(t, along_x, out=product)
    dy -= np.multiply(t, along_y, out=product)
    dx *= dx
    dy *= dy
    dx += dy
    return np.asarray(np.sqrt(dx.min(axis=0)))
