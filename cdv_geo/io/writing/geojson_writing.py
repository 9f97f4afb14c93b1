"""Write a table as GeoJSON (RFC 7946), feature by feature."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from cdv_geo.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

_WGS84: Final = "EPSG:4326"
_DECIMALS: Final = 7  # about a centimetre


@contextlib.contextmanager
def writing_geojson(path: Path, title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that appends the rows of a table as features.

    Parameters
    ----------
    path
        A new file.
    title
        Stands as the member `name` of the collection.

    Raises
    ------
    OutputError
        A table has no geometry or no reference system, or holds what JSON does not know.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        name = json.dumps(title, ensure_ascii=False)
        file.write(f'{{"type":"FeatureCollection","name":{name},"features":[\n')
        separators = _separators()

        def write(frame: pd.DataFrame) -> None:
            for feature in _features(frame, path.name):
                file.write(next(separators) + feature)

        yield write
        file.write(f"{next(separators)[1:]}]}}\n")


def _separators() -> Iterator[str]:
    """Give what stands before each feature: nothing, then a comma and a new line."""
    yield ""
    while True:
        yield ",\n"


def _features(frame: pd.DataFrame, name: str) -> Iterator[str]:
    geometries = _geometries(frame, name)
    plain = frame.drop(columns=frame.geometry.name)
    columns = [
        column.astype(object).where(column.notna(), None).tolist() for _, column in plain.items()
    ]
    names = [str(column) for column in plain.columns]
    for row, geometry in enumerate(geometries):
        values = {name: column[row] for name, column in zip(names, columns, strict=True)}
        try:
            properties = _ENCODER.encode(values)
        except (ValueError, TypeError) as error:
            raise OutputError(f"{name} cannot be written as GeoJSON: {error}.") from None
        shape = "null" if geometry is None else geometry
        yield f'{{"type":"Feature","properties":{properties},"geometry":{shape}}}'


def _value(value: Any) -> object:  # noqa: ANN401  # json hands over whatever it does not know
    if isinstance(value, np.generic):
        return value.item()
    return value.isoformat() if isinstance(value, date) else str(value)


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_value
)


def _geometries(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Give each geometry as text: in longitude and latitude, rounded, outlines anticlockwise."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise OutputError(f"{name} needs a geometry; a table without one goes into .csv.")
    if frame.crs is None:
        raise OutputError(f"{name} needs a geometry whose reference system is known.")
    places = frame.geometry.to_crs(_WGS84).to_numpy()
    # None keeps each geometry's own dimension; the stubs of shapely do not know it.
    rounded = shapely.transform(places, _round, include_z=None)  # type: ignore[call-overload]
    if not np.isfinite(shapely.get_coordinates(rounded)).all():
        raise OutputError(f"{name} cannot hold a position that has no longitude and latitude.")
    texts: NDArray[np.object_] = shapely.to_geojson(
        shapely.orient_polygons(rounded, exterior_cw=False)
    )
    return texts


def _round(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(coordinates, _DECIMALS) + 0.0  # -0.0 becomes 0.0
