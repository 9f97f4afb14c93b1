"""Things with a place, perhaps: actions, equipment, or the rows of somebody's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from cdv_geo import schemas
from cdv_geo.analysis.things import Things, no_errors, no_point

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CITATIONS: Final = ("territoires_cites", "quartier_cite")
WGS84: Final = "EPSG:4326"


def place_things(table: pd.DataFrame, *, crs: str, errors: Mapping[str, float]) -> gpd.GeoDataFrame:
    """Turn longitude and latitude into points, and say how far each may be off.

    Parameters
    ----------
    table
        Checked and typed, with `longitude, latitude` (degrees, WGS84) and `precision_position`.
    crs
        Metric CRS wanted.
    errors
        Metres by the beginning of `precision_position`; the longest that fits counts.

    Returns
    -------
    The table with points or none, and `position_error_m` (missing where the precision is not
    stated).
    """
    lon, lat = table["longitude"], table["latitude"]
    placed = lon.notna() & lat.notna()
    points = gpd.GeoSeries(
        gpd.points_from_xy(lon.fillna(0), lat.fillna(0)), index=table.index, crs=WGS84
    )
    things = gpd.GeoDataFrame(table, geometry=points.to_crs(crs).where(placed, None))
    return things.assign(position_error_m=position_errors(table["precision_position"], errors))


def position_errors(precision: pd.Series, errors: Mapping[str, float]) -> pd.Series:
    """Look up the metres of stated precisions, NaN where none is stated or it is not known."""
    number, texts = pd.factorize(precision)  # of a missing one, -1: the last of the metres
    metres = np.array([*(position_error(text, errors) for text in texts), np.nan])
    return pd.Series(metres[number], index=precision.index)


def position_error(precision: object, errors: Mapping[str, float]) -> float:
    """Look up the metres of a stated precision, NaN where none is stated or it is not known."""
    if not isinstance(precision, str):
        return np.nan
    fitting = [start for start in errors if precision.startswith(start)]
    return float(errors[max(fitting, key=len)]) if fitting else np.nan


def position_faults(table: pd.DataFrame, errors: Mapping[str, float]) -> list[schemas.Fault]:
    """List half positions and precisions that the territory does not know."""
    halves = table["longitude"].notna() != table["latitude"].notna()
    halved = "longitude and latitude go together, and one of them is empty"
    faults = [
        schemas.Fault(position + schemas.FIRST_DATA_ROW, "longitude", halved)
        for position in np.flatnonzero(halves).tolist()
    ]
    return faults + _precision_faults(table, errors)


def things_of_table(raw: pd.DataFrame, *, crs: str, errors: Mapping[str, float]) -> Things:
    """Take the rows of a table as it was read, text or numbers.

    Rows at fault are kept, each with its reason, so that `link` counts them as rejected and none
    is lost.

    Parameters
    ----------
    raw
        `id`, and `longitude, latitude` (degrees, WGS84) or names of quartiers.
    crs, errors
        As for `place_things`.
    """
    faults = schemas.find_faults(raw, (*schemas.POSITION, schemas.SCOPE))
    table = schemas.typed(raw, schemas.POSITION)
    faults += position_faults(table, errors)
    degrees = table["longitude"].to_numpy(), table["latitude"].to_numpy()
    things = things_at(table, degrees, {}, crs=(pyproj.CRS(WGS84), crs), errors=errors)
    return Things(
        things.table, things.x, things.y, things.error_m, {**things.faults, **_by_row(faults)}
    )


def things_at(
    table: pd.DataFrame,
    coordinates: tuple[NDArray[np.float64], NDArray[np.float64]],
    odd: Mapping[int, str],
    *,
    crs: tuple[pyproj.CRS, str],
    errors: Mapping[str, float],
) -> Things:
    """Bring coordinates to the metric CRS, with the error of each position.

    Parameters
    ----------
    table
        What the rows say of themselves.
    coordinates
        x and y, longitude before latitude; NaN where there is no position.
    odd
        Kind of geometry of each row that is no point.
    crs
        The one the coordinates are in, and the metric one wanted.
    errors
        Metres by the beginning of `precision_position`, where the table has one.
    """
    x, y = _moved(*coordinates, *crs)
    lost = np.isfinite(coordinates[0]) & np.isfinite(coordinates[1]) & ~np.isfinite(x + y)
    faults = {row: no_point(kind) for row, kind in odd.items()}
    faults |= dict.fromkeys(np.flatnonzero(lost).tolist(), f"its place is beyond {crs[1]}")
    error = no_errors(len(table))
    if "precision_position" in table:
        error = position_errors(table["precision_position"], errors).fillna(0.0).to_numpy()
        faults |= _by_row(_precision_faults(table, errors))
    return Things(table, x, y, error, faults)


def _moved(
    x: NDArray[np.float64], y: NDArray[np.float64], source: pyproj.CRS, target: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if source == pyproj.CRS(target):
        return x, y
    moved = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(x, y)
    return np.asarray(moved[0]), np.asarray(moved[1])


def _precision_faults(table: pd.DataFrame, errors: Mapping[str, float]) -> list[schemas.Fault]:
    stated = table["precision_position"]
    unknown = stated.notna() & position_errors(stated, errors).isna()
    accepted = ", ".join(f"“{start}…”" for start in errors)
    return [
        schemas.Fault(
            row + schemas.FIRST_DATA_ROW,
            "precision_position",
            f"“{stated.iloc[row]}” is not accepted; accepted are {accepted}",
        )
        for row in np.flatnonzero(unknown).tolist()
    ]


def _by_row(faults: list[schemas.Fault]) -> dict[int, str]:
    """Give the first fault of each row: it says most, what follows may be its consequence."""
    reasons: dict[int, str] = {}
    for fault in faults:
        reasons.setdefault(fault.row - schemas.FIRST_DATA_ROW, f"{fault.column}: {fault.message}")
    return reasons
