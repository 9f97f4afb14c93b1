"""Things with a place, perhaps: actions, equipment, or a file of somebody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import schemas
from cdv_geo.analysis.linking import READ_FAULT
from cdv_geo.errors import DataError
from cdv_geo.io.tables import read_table
from cdv_geo.io.vectors import read_layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CITATIONS: Final = ("territoires_cites", "quartier_cite")
_GEOGRAPHIC: Final = "EPSG:4326"


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
        gpd.points_from_xy(lon.fillna(0), lat.fillna(0)), index=table.index, crs=_GEOGRAPHIC
    )
    things = gpd.GeoDataFrame(table, geometry=points.to_crs(crs).where(placed, None))
    stated = table["precision_position"].map(lambda text: position_error(text, errors))
    return things.assign(position_error_m=stated.astype("float64"))


def position_error(precision: object, errors: Mapping[str, float]) -> float:
    """Look up the metres of a stated precision, NaN where none is stated or it is not known."""
    if not isinstance(precision, str):
        return np.nan
    fitting = [start for start in errors if precision.startswith(start)]
    return float(errors[max(fitting, key=len)]) if fitting else np.nan


def position_faults(table: pd.DataFrame, errors: Mapping[str, float]) -> list[schemas.Fault]:
    """List half positions and precisions that the territory does not know."""
    faults: list[schemas.Fault] = []
    halves = table["longitude"].notna() != table["latitude"].notna()
    halved = "longitude and latitude go together, and one of them is empty"
    faults += [
        schemas.Fault(position + schemas.FIRST_DATA_ROW, "longitude", halved)
        for position in np.flatnonzero(halves).tolist()
    ]
    return faults + _precision_faults(table, errors)


def _precision_faults(table: pd.DataFrame, errors: Mapping[str, float]) -> list[schemas.Fault]:
    faults = []
    for position, text in enumerate(table["precision_position"]):
        if isinstance(text, str) and np.isnan(position_error(text, errors)):
            accepted = ", ".join(f"“{start}…”" for start in errors)
            faults.append(
                schemas.Fault(
                    position + schemas.FIRST_DATA_ROW,
                    "precision_position",
                    f"“{text}” is not accepted; accepted are {accepted}",
                )
            )
    return faults


def read_things(path: Path, *, crs: str, errors: Mapping[str, float]) -> gpd.GeoDataFrame:
    """Read a file of things to link: a CSV table, or a layer of points.

    Rows at fault are kept, with the reason in a column of their own, so that `link` counts them
    as rejected and none is lost.

    Parameters
    ----------
    path
        CSV with `id` and either `longitude, latitude` (degrees) or names in `territoires_cites`
        or `quartier_cite`; or GeoPackage, GeoJSON, Shapefile or GeoParquet with `id` and points.
    crs
        Metric CRS wanted.
    errors
        Metres by the beginning of `precision_position`.

    Raises
    ------
    DataError
        The file cannot be read, has no `id`, or neither positions nor names.
    """
    if path.suffix.lower() == ".csv":
        return _read_csv_things(path, crs, errors)
    layer = read_layer(path, crs=crs)
    _require_id(layer, path)
    things = layer.assign(id=layer["id"].astype("str").where(layer["id"].notna()))
    if "precision_position" not in things:
        return things.assign(position_error_m=np.nan)  # as for a table that states none
    stated = things["precision_position"].map(lambda text: position_error(text, errors))
    return things.assign(
        position_error_m=stated.astype("float64"),
        **{READ_FAULT: _reasons(_precision_faults(things, errors), things)},
    )


def _read_csv_things(path: Path, crs: str, errors: Mapping[str, float]) -> gpd.GeoDataFrame:
    raw = read_table(path)
    _require_id(raw, path)
    if not {"longitude", *_CITATIONS} & set(raw):
        raise DataError(
            f"{path.name} has none of the columns longitude and latitude, {', '.join(_CITATIONS)}; "
            f"its columns are {', '.join(map(str, raw.columns))}."
        )
    faults = schemas.find_faults(raw, (*schemas.POSITION, schemas.SCOPE))
    table = schemas.typed(raw, schemas.POSITION)
    faults += position_faults(table, errors)
    return place_things(table, crs=crs, errors=errors).assign(
        **{READ_FAULT: _reasons(faults, table)}
    )


def _reasons(faults: list[schemas.Fault], table: pd.DataFrame) -> pd.Series:
    """Give the first fault of each row: it says most, what follows may be its consequence."""
    reasons: dict[int, str] = {}
    for fault in faults:
        row = fault.row - schemas.FIRST_DATA_ROW
        reasons.setdefault(row, f"{fault.column}: {fault.message}")
    return pd.Series(reasons, dtype="str").reindex(range(len(table))).set_axis(table.index)


def _require_id(table: pd.DataFrame, path: Path) -> None:
    if "id" not in table:
        raise DataError(
            f"{path.name} has no column “id”; its columns are {', '.join(map(str, table.columns))}."
        )
