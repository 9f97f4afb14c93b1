"""Read `territory.toml`: what a contrat de ville is called, and where its tables are."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import pyproj

from cdv_geo import schemas, vocabulary
from cdv_geo.errors import DataError
from cdv_geo.io.guard import require_regular_file
from cdv_geo.toml_files import fault_of_line, fault_of_name, read_toml, value_shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FARTHEST: Final = 2e7  # metres: half the way round the Earth
_MOST_PARTS: Final = 100  # of one layer; rasters
FILE_NAME: Final = "territory.toml"
_SETTINGS: Final = ("name", "crs", "edition", "default_generation", "position_error_m")
_OPTIONAL_SETTINGS: Final = ("veille_active_list",)
_LAYERS: Final = ("communes", "perimeters", *schemas.TABLES, "population")
_RASTERS: Final = "rasters"
_RASTER_KEYS: Final = {
    "name": str,
    "path": str,
    "band": int,
    "label": str,
    "unit": str,
    "source": str,
}
_REQUIRED_LAYERS: Final = ("communes", "perimeters")
_LAYER_KEYS: Final = {"path": str, "source": str}
_OWN_KEYS: Final[dict[str, dict[str, type]]] = {
    "indicators": {"population": list},
    "population": {"cell_size": float, "corner": list},
}


def read_description(folder: Path) -> dict[str, Any]:
    """Read and check the description of a territory.

    Raises
    ------
    DataError
        It is missing, is no TOML, or has a key or a value that is not accepted.
    """
    path = folder / FILE_NAME
    if not path.exists():
        raise DataError(
            f"{folder} is no territory: it has no {FILE_NAME}; see docs/data-folder.md."
        )
    require_regular_file(path)
    description = read_toml(path, DataError)
    _require_keys(description, path)
    _require_settings(description, path)
    for name in set(_LAYERS) & set(description):
        _require_layer(name, description[name], path)
    _require_rasters(description.get(_RASTERS, []), path)
    return description


def source_by_layer(description: Mapping[str, Any]) -> dict[str, str]:
    """Give the source line of each layer that states one."""
    sources = {}
    for name in _LAYERS:
        lines = [part["source"] for part in _parts(description.get(name, [])) if "source" in part]
        if lines:
            sources[name] = " ; ".join(lines)
    for raster in description.get(_RASTERS, []):
        sources[raster_layer(raster["name"])] = raster["source"]
    return sources


def raster_layer(name: str) -> str:
    """Give the name under which the source of a raster is kept."""
    return f"raster {name}"


def _parts(layer: Any) -> list[Any]:  # noqa: ANN401
    return layer if isinstance(layer, list) else [layer]


def _require_keys(description: Mapping[str, Any], path: Path) -> None:
    known = (*_SETTINGS, *_OPTIONAL_SETTINGS, *_LAYERS, _RASTERS)
    for key in description:
        if key not in known:
            raise DataError(
                f"{path} has the unknown key “{value_shown(key)}”; accepted are {', '.join(known)}."
            )
    for key in (*_SETTINGS, *_REQUIRED_LAYERS):
        if key not in description:
            raise DataError(f"{path} lacks the key “{key}”, which every territory has.")


def _require_settings(description: Mapping[str, Any], path: Path) -> None:
    for key in ("name", "crs", "edition", *(set(_OPTIONAL_SETTINGS) & set(description))):
        if not isinstance(description[key], str):
            raise DataError(f"{path}: {key} “{value_shown(description[key])}” is no text.")
        find = fault_of_name if key in _SETTINGS else fault_of_line
        if fault := find(description[key]):
            raise DataError(f"{path}: {key} {fault}.")
    generation = description["default_generation"]
    if not isinstance(generation, int) or generation not in vocabulary.GENERATIONS:
        accepted = ", ".join(map(str, vocabulary.GENERATIONS))
        raise DataError(
            f"{path}: default_generation “{value_shown(generation)}” is not accepted; accepted are "
            f"{accepted}."
        )
    errors = description["position_error_m"]
    if not isinstance(errors, dict) or not all(_is_length(value) for value in errors.values()):
        raise DataError(
            f"{path}: position_error_m “{value_shown(errors)}” is not accepted; metres by the "
            "beginning of a precision are expected."
        )
    _require_metric(description["crs"], path)


def _is_length(value: object) -> TypeGuard[float]:
    return _is_number(value) and 0 <= value <= _FARTHEST


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _require_metric(crs: str, path: Path) -> None:
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise DataError(
            f"{path}: crs “{value_shown(crs)}” is not known; EPSG:2154 is one that is."
        ) from None
    if not parsed.is_projected or parsed.axis_info[0].unit_name != "metre":
        raise DataError(
            f"{path}: crs “{value_shown(crs)}” is not metric; a projected CRS in metres is "
            "expected."
        )


def _require_layer(name: str, layer: Any, path: Path) -> None:  # noqa: ANN401
    if (name == "perimeters") != isinstance(layer, list):
        wanted = "[[perimeters]]" if name == "perimeters" else f"[{name}]"
        raise DataError(f"{path}: {name} is not accepted as it stands; {wanted} is expected.")
    keys = {**_LAYER_KEYS, **_OWN_KEYS.get(name, {})}
    _require_few(name, _parts(layer), path)
    for part in _parts(layer):
        if not isinstance(part, dict) or not isinstance(part.get("path"), str):
            raise DataError(f"{path}: {name} lacks “path”, the file it is read from.")
        _require_inside(name, part["path"], path)
        for key, value in part.items():
            if key not in keys or not _is_accepted(key, value, keys[key]):
                raise DataError(
                    f"{path}: {name} has “{value_shown(f'{key} = {value}')}”, which is not "
                    f"accepted; accepted keys are {', '.join(keys)}."
                )


def _is_accepted(key: str, value: Any, kind: type) -> bool:  # noqa: ANN401
    if key == "cell_size":
        return _is_length(value) and value > 0
    if key == "corner":
        is_pair = isinstance(value, list) and len(value) == 2  # noqa: PLR2004  # x and y
        return is_pair and all(map(_is_number, value))
    if key == "population":
        is_list = isinstance(value, list) and len(value) <= _MOST_PARTS
        return is_list and all(isinstance(part, str) for part in value)
    return isinstance(value, kind) and not fault_of_line(str(value))


def _require_rasters(rasters: Any, path: Path) -> None:  # noqa: ANN401
    if not isinstance(rasters, list) or not all(isinstance(part, dict) for part in rasters):
        raise DataError(f"{path}: rasters is not accepted as it stands; [[rasters]] is expected.")
    _require_few("rasters", rasters, path)
    names = []
    for part in rasters:
        _require_raster(part, path)
        names.append(part["name"])
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path} has two rasters called “{name}”; each needs its own name.")


def _require_raster(part: dict[str, Any], path: Path) -> None:
    for key in {**_RASTER_KEYS, **part}:
        kind = _RASTER_KEYS.get(key)
        value = part.get(key)
        if kind is None or not isinstance(value, kind) or isinstance(value, bool):
            raise DataError(
                f"{path}: a raster has “{value_shown(f'{key} = {value}')}”, which is not accepted; "
                f"every raster has {', '.join(_RASTER_KEYS)}."
            )
        find = fault_of_name if key == "name" else fault_of_line
        if isinstance(value, str) and (fault := find(value)):
            raise DataError(f"{path}: the {key} of a raster {fault}.")
    _require_inside("rasters", part["path"], path)


def _require_few(name: str, parts: list[Any], path: Path) -> None:
    if len(parts) > _MOST_PARTS:
        raise DataError(f"{path} has {len(parts):,} {name}; at most {_MOST_PARTS} are accepted.")


def _require_inside(name: str, file: str, path: Path) -> None:
    """Refuse a file outside the folder: a territory that is handed on must be whole."""
    parts = PurePath(file)
    if parts.is_absolute() or ".." in parts.parts:
        raise DataError(
            f"{path}: {name} has the path “{value_shown(file)}”, which leads out of the folder; "
            "a file within it is expected."
        )
