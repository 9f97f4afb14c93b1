"""Find the nearest source of each group, as the crow flies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pykdtree.kdtree import KDTree

from cdv_geo.analysis.spatial_index.numbered_groups import order_by_group

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Nearest:
    """The nearest source of each group, for each point.

    Parameters
    ----------
    groups
        Labels of the groups, sorted; one label, None, where there are no groups.
    source
        Position of the nearest source, one row per group and one column per point; -1 where the
        group has none, or the point has no position. Of equals, any.
    distance_m
        Metres to it; infinite where the group has none, NaN where the point has no position.
    """

    groups: NDArray[np.object_]
    source: NDArray[np.int32]
    distance_m: NDArray[np.float64]


def nearest(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    sources_x: NDArray[np.float64],
    sources_y: NDArray[np.float64],
    group: pd.Series | NDArray[np.object_] | None = None,
) -> Nearest:
    """Find for each point the nearest source, or the nearest of each group of sources.

    Parameters
    ----------
    x, y
        Coordinates of the points, metres.
    sources_x, sources_y
        Coordinates of the sources, metres; one without a position (NaN) is left out.
    group
        Label of each source, such as the type of a facility; one without label is left out.
    """
    at = _in_strips(x, y)
    points = np.column_stack([x[at], y[at]])
    labels, members = _members(np.isfinite(sources_x) & np.isfinite(sources_y), group)
    source = np.empty((len(labels), len(x)), dtype=np.int32)
    distance = np.empty((len(labels), len(x)))
    nowhere = ~(np.isfinite(x) & np.isfinite(y))
    source[:, nowhere], distance[:, nowhere] = -1, np.nan
    for row, member in enumerate(members):
        distance[row, at], found = _query(points, sources_x[member], sources_y[member])
        source[row, at] = member[found] if len(member) else -1
    return Nearest(labels, source, distance)


def _in_strips(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.intp]:
    """Order the points that have a position strip by strip, so that neighbours follow each other.

    The tree then finds each query's part of it in the cache: measured, twice as fast.
    """
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(placed):
        return placed
    across = y[placed]
    height = np.ptp(across) / np.sqrt(len(placed)) or 1.0
    return placed[np.lexsort((x[placed], np.floor((across - across.min()) / height)))]


def _members(
    usable: NDArray[np.bool_], group: pd.Series | NDArray[np.object_] | None
) -> tuple[NDArray[np.object_], list[NDArray[np.intp]]]:
    """Give the labels, and for each the positions of its usable sources."""
    if group is None:
        return np.array([None]), [np.flatnonzero(usable)]
    number, labels = pd.factorize(group, sort=True)
    number[~usable | (number < 0)] = len(labels)
    number = number.astype(np.min_scalar_type(len(labels)))
    order = order_by_group(number, len(labels))
    bounds = np.searchsorted(number[order], np.arange(len(labels) + 1))
    return np.asarray(labels, dtype=object), [order[a:b] for a, b in pairwise(bounds)]


def _query(
    points: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    if not (len(points) and len(x)):
        return np.full(len(points), np.inf), np.zeros(0, dtype=np.uint32)
    distance, found = KDTree(np.column_stack([x, y])).query(points)
    return distance, found
