"""Read GeoJSON without GDAL: what a file says is taken from it alone, and nothing is followed."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Never

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from shapely.errors import ShapelyError

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault
from cdv_geo.io.crs.crs_plausibility import require_crs
from cdv_geo.io.crs.crs_registers import WGS84
from cdv_geo.io.tables.column_headers import MOST_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.io.guard import Opened

_REGISTERS: Final = ("URN:", "EPSG:", "OGC:", "IGNF:")
GEOMETRY: Final = "geometry"
_DEEPEST: Final = 32  # collections within collections
_MEGABYTE: Final = 1 << 20
# What a file takes once it is read: an object, a list, and each value within them, in bytes.
_TAKES: Final = {b"{": 200, b"[": 60, b",": 50}
_MOST_BYTES: Final = 500 * _MEGABYTE


@dataclass(frozen=True)
class FeatureCollection:
    """The features of a file.

    Parameters
    ----------
    table
        Their properties, and `geometry` as well-known binary.
    crs
        Longitude and latitude unless the file names another.
    faults
        By number of the feature, from 1: what was mended, and what cannot be read.
    """

    table: pa.RecordBatch
    crs: pyproj.CRS
    faults: list[Fault]


def read_feature_collection(opened: Opened, stated: str | None = None) -> FeatureCollection:
    """Read a GeoJSON FeatureCollection.

    Parameters
    ----------
    opened
        The file.
    stated
        Its coordinate reference system as the user states it, in place of what the file says.

    Raises
    ------
    DataError
        It is none, holds a key twice, has no feature, or a `crs` that is no name of a register.
    """
    path, content = opened.path, _parsed(opened)
    features = content.get("features")
    if content.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise DataError(f"{path} is no GeoJSON FeatureCollection, though it looks like one.")
    crs, faults = _crs(path, content.get("crs"), stated)
    if not features:
        raise DataError(f"{path} has no feature; at least one is expected.")
    if not all(isinstance(feature, dict) for feature in features):
        raise DataError(f"{path} has features that are no objects; each is expected to be one.")
    geometry = _geometries(features, faults)
    columns = _properties(path, features)
    arrays = [_array(values) for values in columns.values()]
    table = pa.RecordBatch.from_arrays(
        [*arrays, pa.array(shapely.to_wkb(geometry), pa.binary())], names=[*columns, GEOMETRY]
    )
    return FeatureCollection(table, crs, faults)


def _parsed(opened: Opened) -> dict[str, Any]:
    path, text = opened.path, opened.file.read()
    taken = sum(size * text.count(mark) for mark, size in _TAKES.items())
    if taken > _MOST_BYTES:
        raise DataError(
            f"{path} takes about {taken / _MEGABYTE:,.0f} MB to read; at most "
            f"{_MOST_BYTES / _MEGABYTE:.0f} MB are accepted: as GeoPackage it is read in parts."
        )
    try:
        content = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_once)
    except RecursionError:
        raise DataError(f"{path} is nested too deeply to be GeoJSON.") from None
    except ValueError as error:
        # Python says of numbers of more digits what a programmer could do.
        why = str(error).split(";", maxsplit=1)[0]
        raise DataError(f"{path} cannot be read as GeoJSON: {why}.") from None
    if not isinstance(content, dict):
        raise DataError(f"{path} is no GeoJSON FeatureCollection, though it looks like one.")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: readers differ in which of the two they take."""
    content = dict(pairs)
    if len(content) < len(pairs):
        (twice, _), *_others = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key “{twice}” stands twice in one object")
    return content


def _crs_name(member: object) -> object:
    """Give the name that a `crs` of GeoJSON states, in one of the two ways of its old editions."""
    if not isinstance(member, dict) or not isinstance(member.get("properties"), dict):
        return None
    properties = member["properties"]
    if member.get("type") == "EPSG" and isinstance(properties.get("code"), int):
        return f"EPSG:{properties['code']}"
    return properties.get("name") if member.get("type") == "name" else None


def _crs(path: Path, member: object, stated: str | None) -> tuple[pyproj.CRS, list[Fault]]:
    if member is None:
        return require_crs(path, stated or WGS84), []
    name = _crs_name(member)
    if not isinstance(name, str) or not name.upper().startswith(_REGISTERS):
        raise DataError(
            f"{path} has the crs “{member}”, which is not followed; the name of a register is "
            "accepted, such as urn:ogc:def:crs:EPSG::2154."
        )
    crs = require_crs(path, stated or name)
    if stated is not None:
        return crs, []
    if crs.to_string() == "OGC:CRS84":
        return pyproj.CRS(WGS84), []
    why = f"the file states {crs.to_string()} in an old way of GeoJSON; it is read so"
    return crs, [Fault(None, GEOMETRY, why, name, ACCEPTED)]


def _geometries(features: list[dict[str, Any]], faults: list[Fault]) -> Any:  # noqa: ANN401
    """Make the geometries; points, of which there may be millions, all at once."""
    geometry = np.full(len(features), None, dtype=object)
    members = [feature.get(GEOMETRY) for feature in features]
    points = {row: place for row, m in enumerate(members) if (place := _point(m)) is not None}
    if points:
        geometry[list(points)] = shapely.points(np.array(list(points.values())))
    for row, member in enumerate(members):
        if member is not None and row not in points:
            geometry[row] = _shape(row + 1, member, faults)
    return geometry


def _point(member: Any) -> tuple[float, float] | None:  # noqa: ANN401
    if not isinstance(member, dict) or member.get("type") != "Point":
        return None
    place = member.get("coordinates")
    if not isinstance(place, list) or len(place) < 2 or not all(map(_is_number, place[:2])):  # noqa: PLR2004
        return None
    return float(place[0]), float(place[1])


def _is_number(value: Any) -> bool:  # noqa: ANN401
    """Tell whether a value is a number that a coordinate can be; infinity and NaN are none."""
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_one and abs(value) <= sys.float_info.max


def _shape(number: int, member: Any, faults: list[Fault]) -> shapely.Geometry | None:  # noqa: ANN401
    try:
        if _is_deep(member):
            _refuse(f"it is nested more than {_DEEPEST} deep")
        if not _all_numbers(member):
            _refuse("a coordinate is no number")
        shape = shapely.geometry.shape(member)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        why = f"the geometry cannot be read: {error}"
        faults.append(Fault(number, GEOMETRY, why.splitlines()[0][:200]))
        return None
    if _has_open_ring(member):
        why = "a ring did not end where it began; it was closed"
        faults.append(Fault(number, GEOMETRY, why, "", REPAIRED))
    return shapely.force_2d(shape)


def _refuse(reason: str) -> Never:
    raise ValueError(reason)


def _is_deep(member: Any) -> bool:  # noqa: ANN401
    """Tell whether collections are nested more deeply than anything is drawn."""
    level = [member]
    for _ in range(_DEEPEST + 1):
        found = [m["geometries"] for m in level if isinstance(m, dict) and "geometries" in m]
        level = [part for parts in found if isinstance(parts, list) for part in parts]
    return bool(level)


def _all_numbers(member: Any) -> bool:  # noqa: ANN401
    """Tell whether all coordinates of a geometry are finite numbers."""
    parts = member.get("geometries") if isinstance(member, dict) else None
    if isinstance(parts, list):
        return all(_all_numbers(part) for part in parts)
    waiting = [member.get("coordinates")] if isinstance(member, dict) else [None]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif not _is_number(value):
            return False
    return True


def _has_open_ring(member: dict[str, Any]) -> bool:
    kind, coordinates = member.get("type"), member.get("coordinates")
    if kind == "GeometryCollection":
        return any(_has_open_ring(part) for part in member.get("geometries", []))
    polygons: list[Any] = []
    if kind in {"Polygon", "MultiPolygon"}:
        polygons = [coordinates] if kind == "Polygon" else list(coordinates or [])
    return any(ring and ring[0] != ring[-1] for rings in polygons for ring in rings)


def _properties(path: Path, features: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Give the values of each property; the id of the feature itself where none is called so."""
    rows = [p if isinstance(p := f.get("properties"), dict) else {} for f in features]
    names = list(dict.fromkeys(name for row in rows for name in row if name != GEOMETRY))
    if len(names) > MOST_COLUMNS:
        raise DataError(f"{path} has {len(names):,} properties; at most {MOST_COLUMNS:,} are read.")
    columns = {name: [_plain(row.get(name)) for row in rows] for name in names}
    if "id" not in columns and any("id" in feature for feature in features):
        columns["id"] = [_plain(feature.get("id")) for feature in features]
    return columns


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Write a list of texts as one text with `;`, and anything deeper as JSON."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ";".join(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return value


def _array(values: list[Any]) -> pa.Array:
    """Keep whole numbers whole; values of several kinds become text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int}:
        try:
            return pa.array(values, pa.int64()) if kinds else pa.array(values, pa.string())
        except (pa.ArrowException, OverflowError):
            kinds = {str, int}
    if kinds <= {int, float} and kinds:
        with contextlib.suppress(OverflowError):  # whole numbers of hundreds of digits
            return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    return pa.array([None if v is None else _readable(str(v)) for v in values], pa.string())


def _readable(text: str) -> str:
    """Replace halves of characters, which JSON can hold and no text can."""
    return text.encode("utf-8", "replace").decode("utf-8")
