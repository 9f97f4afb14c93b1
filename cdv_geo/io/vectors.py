"""Read and write layers with geometry; the coordinate reference system is never guessed."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import GEOSException

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNREADABLE = (
    DataSourceError,
    DataLayerError,
    GEOSException,
    pa.ArrowException,
    pyproj.exceptions.ProjError,
    ValueError,
    OSError,
)
_SQLITE = b"SQLite format 3\x00"
_DRIVER_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".zip")


def read_layer(path: Path, *, crs: str) -> gpd.GeoDataFrame:
    """Read the first layer of a vector file and bring it to the territory's metric CRS.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (plain or zipped) or GeoParquet.
    crs
        CRS wanted, such as ``"EPSG:2154"``.

    Raises
    ------
    DataError
        The file is missing or unreadable, has several layers, no geometry or no stated CRS.
    """
    _require_file(path)
    _require_content(path)
    frame = _read(path)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(f"{path} has no geometry; a layer of points or polygons is expected.")
    require_crs(path, frame.crs)
    return frame.to_crs(crs)


def _require_content(path: Path) -> None:
    """Look into a file before GDAL does.

    GDAL goes by content and not by name: a file that only bears the name of a GeoPackage or of
    GeoJSON may be a description that makes it open other files or call the network.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        with path.open("rb") as file:
            if not file.read(len(_SQLITE)) == _SQLITE:
                raise DataError(f"{path} is no GeoPackage, though it is called one.")
    if suffix in {".geojson", ".json"}:
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, OSError):
            content = None
        if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
            raise DataError(f"{path} is no GeoJSON FeatureCollection, though it is called one.")
        crs = content.get("crs")
        if crs is not None and not (isinstance(crs, dict) and crs.get("type") == "name"):
            raise DataError(f"{path} has the crs “{crs}”, which is no name; it is not followed.")


def _read(path: Path) -> gpd.GeoDataFrame:
    with faults_named(path):
        if path.suffix.lower() == ".parquet":
            return gpd.read_parquet(path)
        _require_one_layer(path)
        return gpd.read_file(path)


def open_layer(path: Path) -> dict[str, Any]:
    """Look into a vector file before its rows are read: its fields, CRS and number of rows.

    Raises
    ------
    DataError
        As for `read_layer`.
    """
    _require_file(path)
    _require_content(path)
    with faults_named(path):
        _require_one_layer(path)
        info: dict[str, Any] = pyogrio.read_info(path, force_feature_count=True)
    if info["geometry_type"] is None:
        raise DataError(f"{path} has no geometry; a layer of points or polygons is expected.")
    require_crs(path, info["crs"])
    return info


@contextlib.contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn what a library says of a file that it cannot read into one sentence."""
    try:
        yield
    except _UNREADABLE as error:
        reason = str(error).strip().rstrip(".")
        raise DataError(f"{path} cannot be read: {reason}.") from None


def _require_one_layer(path: Path) -> None:
    if path.suffix.lower() not in _DRIVER_SUFFIXES:
        raise DataError(
            f"{path.name} is of no kind that is read here; accepted are "
            f"{', '.join((*_DRIVER_SUFFIXES, '.parquet'))}."
        )
    layers = pyogrio.list_layers(path)
    if len(layers) != 1:
        names = ", ".join(str(layer) for layer in layers[:, 0])
        raise DataError(f"{path} has {len(layers)} layers ({names}); one is expected.")


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"{path} does not exist; a vector file is expected there.")


def require_crs(path: Path, crs: object) -> None:
    """Refuse a file that does not say its coordinate reference system."""
    if crs is None:
        raise DataError(
            f"{path} does not say its coordinate reference system; "
            "state it in the file (for a Shapefile, its .prj), since it is never guessed."
        )
