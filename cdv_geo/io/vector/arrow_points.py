"""Take coordinates from Arrow columns of points, without making a geometry of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import shapely

from cdv_geo.analysis.things import no_point
from cdv_geo.errors import DataError
from cdv_geo.io.vector.wkb_geometries import read_geometries

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A two-dimensional point in well-known binary: byte order, kind, x, y.
_POINT: Final = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


def points_of(
    column: pa.Array,
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, str]]:
    """Give the coordinates of a column of points, and what is no point.

    Parameters
    ----------
    column
        Well-known binary, or a structure of `x` and `y` (GeoArrow).

    Returns
    -------
    x, y (NaN where there is no point), and by row why there is none where there is a geometry.

    Raises
    ------
    DataError
        A structure has no x and y.
    """
    if pa.types.is_struct(column.type):
        if {"x", "y"} - {column.type.field(i).name for i in range(column.type.num_fields)}:
            raise DataError(f"the points are a {column.type}; fields x and y are expected.")
        return _coordinate(column, "x"), _coordinate(column, "y"), {}
    column = column.cast(pa.large_binary())
    bounds = np.frombuffer(column.buffers()[1], np.int64, len(column) + 1, 8 * column.offset)
    held = np.flatnonzero(np.diff(bounds))
    plain = _plain_points(column, bounds, held)
    if plain is None:
        return _parsed_points(column)
    x, y = np.full((2, len(column)), np.nan)
    x[held], y[held] = plain["x"], plain["y"]
    return x, y, {}


def _coordinate(column: pa.StructArray, name: str) -> NDArray[np.float64]:
    values = column.flatten()[column.type.get_field_index(name)]
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _plain_points(
    column: pa.Array, bounds: NDArray[np.int64], held: NDArray[np.intp]
) -> NDArray[np.void] | None:
    """View the bytes as points of two coordinates; None if some of them are anything else."""
    if (np.diff(bounds)[held] != _POINT.itemsize).any():
        return None
    values = column.buffers()[2]
    if not len(held) or values is None:
        return np.zeros(0, dtype=_POINT)
    points = np.frombuffer(values, _POINT, len(held), int(bounds[0]))
    is_plain = (points["order"] == 1) & (points["kind"] == 1)
    return points if is_plain.all() else None


def _parsed_points(
    column: pa.Array,
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, str]]:
    """Read any well-known binary: points with height, other byte orders, other geometries."""
    found = read_geometries(column, np.inf)  # of arcs no more is asked than that they are there
    geometry = found.shapes
    geometry[shapely.is_empty(geometry)] = None  # of which no coordinate can be taken
    alone = (shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(geometry) == 1
    )
    geometry[alone] = shapely.get_geometry(geometry[alone], 0)  # as databases write any point
    odd = ~shapely.is_missing(geometry) & (
        shapely.get_type_id(geometry) != shapely.GeometryType.POINT
    )
    kinds = {row: no_point(geometry[row].geom_type) for row in np.flatnonzero(odd).tolist()}
    return shapely.get_x(geometry), shapely.get_y(geometry), {**kinds, **found.unread}
