"""Rows that may have a place: what each says of itself, and where it is, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cdv_geo.faults import Fault

ThingKind = Literal["action", "equipment"]


@dataclass(frozen=True)
class Things:
    """Actions, equipment or rows of a file, with their places as coordinates.

    Parameters
    ----------
    table
        What the rows say of themselves; the index is 0, 1, 2…
    x, y
        Coordinates in the metric CRS, metres; NaN where there is no position.
    error_m
        Metres by which a position may be off; 0 where no error is stated.
    faults
        Why a row cannot be linked at all, by its position in the table.
    notes
        What was found while the rows were read, by their number in the file.
    apart
        How many blank, title, total and sample lines of the file were set apart: no rows of it.
    row_numbers
        Number of each row in its file; None where the rows come from no file.
    statement
        Which of `statements` the error of each position is by, -1 where it goes without saying;
        None where it does for all.
    statements
        What a file says of how exact positions are, such as « result_type is municipality ».
    """

    table: pd.DataFrame
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error_m: NDArray[np.float64]
    faults: Mapping[int, str] = field(default_factory=dict)
    notes: Sequence[Fault] = ()
    apart: Mapping[str, int] = field(default_factory=dict)
    row_numbers: NDArray[np.int64] | None = None
    statement: NDArray[np.int64] | None = None
    statements: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.table)

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame) -> Things:
        """Take a table with points apart; a geometry that is no point is a fault of its row."""
        geometry = np.array(frame.geometry.array, dtype=object)
        geometry[shapely.is_empty(geometry)] = None  # of which no coordinate can be taken
        x, y = shapely.get_x(geometry), shapely.get_y(geometry)
        no_places = np.flatnonzero(np.isnan(x))
        kind = shapely.get_type_id(geometry[no_places])
        odd = no_places[kind > shapely.GeometryType.POINT]
        return cls(
            pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True),
            x,
            y,
            _stated_errors(frame),
            {row: no_point(geometry[row].geom_type) for row in odd.tolist()},
        )

    def frame(self, crs: str) -> gpd.GeoDataFrame:
        """Give the rows with their points, for what draws or writes them."""
        return gpd.GeoDataFrame(self.table, geometry=points_at(self.x, self.y), crs=crs)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Whether each row has a position."""
        return np.isfinite(self.x) & np.isfinite(self.y)


def points_at(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.object_]:
    """Make the point of each row, None where it has no position."""
    placed = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(x), None, dtype=object)
    points[placed] = shapely.points(x[placed], y[placed])
    return points


def no_point(kind: str) -> str:
    """Say why a geometry of another kind cannot be linked."""
    return f"its geometry is a {kind}, a point is expected"


def _stated_errors(frame: pd.DataFrame) -> NDArray[np.float64]:
    if "position_error_m" not in frame:
        return no_errors(len(frame))
    return frame["position_error_m"].fillna(0.0).to_numpy(dtype=np.float64)


def no_errors(rows: int) -> NDArray[np.float64]:
    """Give an error of 0 for each row, all of them one number in memory."""
    return np.broadcast_to(0.0, rows)
