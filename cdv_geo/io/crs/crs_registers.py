"""Find the system of a register that a description stands for: name and parameters must agree.

Programs identify a system by the name it bears, and a file may bear that of Lambert-93 with
another origin. Here the parameters decide, by where they put places of France.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyproj

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Box = tuple[float, float, float, float]

WGS84: Final = "EPSG:4326"
# Where France is: west, south, east, north, degrees; with a margin of some kilometres.
FRANCE: Final[tuple[Box, ...]] = (
    (-5.6, 41.1, 9.9, 51.4),  # metropolitan France
    (-63.3, 14.2, -60.7, 18.3),  # Saint-Martin, Saint-Barthélemy, Guadeloupe, Martinique
    (-54.9, 1.9, -51.3, 6.1),  # Guyane
    (55.0, -21.6, 56.1, -20.7),  # La Réunion
    (44.8, -13.3, 45.5, -12.4),  # Mayotte
    (-56.7, 46.6, -56.0, 47.3),  # Saint-Pierre-et-Miquelon
    (158.0, -23.0, 172.2, -17.8),  # Nouvelle-Calédonie
    (-155.0, -28.0, -134.0, -7.5),  # Polynésie française
    (-178.5, -14.6, -175.9, -13.0),  # Wallis-et-Futuna
)
# Systems in which French offices have coordinates, the likeliest first.
USUAL: Final = (
    "EPSG:2154", WGS84, "EPSG:27572", "EPSG:3945", "EPSG:3946", "EPSG:3944", "EPSG:3947",
    "EPSG:3943", "EPSG:3948", "EPSG:3942", "EPSG:3949", "EPSG:3950", "EPSG:3857", "EPSG:32631",
    "EPSG:32632", "EPSG:4807", "EPSG:5490", "EPSG:2972", "EPSG:2975", "EPSG:4471",
)  # fmt: skip
# `+init=FILE:section` has PROJ read a file when it only parses.
_OPENS_FILES: Final = re.compile(r"\binit\s*=", re.IGNORECASE)
_EARTH_RADIUS_M: Final = 6_378_137.0
# The editions of RGF93 and WGS84 itself are less than this apart, and no two projections are.
_SAME_M: Final = 1.0
_LEAST_CONFIDENCE: Final = 25  # of 100: the names of a Shapefile's .prj are its producer's own
_SURE: Final = 70  # PROJ finds the parameters equal, whatever the name
_BY_NAME: Final = 90  # and the name too
_MOST_LOOKED_AT: Final = 12
# A name of such words alone says how a system is made, and not which it is.
_SAYS_NOTHING: Final = frozenset((
    "lambert", "conformal", "conic", "2sp", "1sp", "transverse", "mercator", "unknown", "unnamed",
    "undefined", "custom", "user", "defined", "projection", "projected", "projcs", "pcs", "crs",
))  # fmt: skip

# A grid is downloaded by PROJ where its network is on; here no read may reach the network.
pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]


class _Candidate(NamedTuple):
    system: pyproj.CRS
    confidence: int
    apart_m: float


def registered(path: Path, stated: object) -> pyproj.CRS:
    """Give the system of a register that a description stands for.

    What else such a description may hold, such as the path of a grid, is left behind.

    Parameters
    ----------
    path
        The file, for the message.
    stated
        As the file or the user says it: a code, or a text with name and parameters.

    Raises
    ------
    DataError
        It is in no register, or bears the name of one with the parameters of another.
    """
    try:
        described = _parsed(stated)
        if described.is_projected or described.is_geographic:
            return _found(path, described)
    except (pyproj.exceptions.ProjError, ValueError, TypeError):
        pass
    said = stated if isinstance(stated, str) and len(stated) < 40 else _name_of(stated)  # noqa: PLR2004
    raise _unknown(path, said)


def _parsed(stated: object) -> pyproj.CRS:
    if _OPENS_FILES.search(str(stated)):
        raise ValueError(stated)
    return _horizontal(pyproj.CRS.from_user_input(stated))


def _horizontal(system: pyproj.CRS) -> pyproj.CRS:
    """Leave out heights, and a way to WGS84 that says nothing or names a grid, which is a file."""
    if system.is_compound:
        return _horizontal(system.sub_crs_list[0])
    # The way itself is not asked for where it may name a grid: PROJ would open it.
    if not system.is_bound:
        return system
    shifts = None if "PARAMETERFILE" in system.to_wkt() else system.coordinate_operation
    if shifts is None or not any(shifts.towgs84):
        return _horizontal(system.source_crs)  # type: ignore[arg-type]  # a bound one has a source
    return system


def _found(path: Path, described: pyproj.CRS) -> pyproj.CRS:
    candidates: list[_Candidate] = []
    for authority, code, confidence in _named(described):
        system = pyproj.CRS.from_authority(authority, code)
        if confidence < _BY_NAME and not _parts_of_france(system):
            continue
        candidates.append(_Candidate(system, confidence, metres_apart(described, system)))
        if candidates[-1].apart_m < _SAME_M and _may_be(described.name, system, confidence):
            return system
    fitting = (pyproj.CRS(name) for name in USUAL)
    same = next((s for s in fitting if metres_apart(described, s) < _SAME_M), None)
    if same is not None and _words(described.name) <= _SAYS_NOTHING:
        return same
    raise _contradiction(path, described.name, candidates, same)


def _named(described: pyproj.CRS) -> Iterator[tuple[str, str, int]]:
    """List the systems that a description may be by its name, the likeliest and EPSG's first."""
    system = described.source_crs if described.is_bound else described
    found = system.list_authority(min_confidence=_LEAST_CONFIDENCE) if system else []
    ordered = sorted(found, key=lambda m: (-(m.confidence >= _SURE), m.auth_name != "EPSG"))
    for match in ordered[:_MOST_LOOKED_AT]:
        yield match.auth_name, match.code, match.confidence


def require_alike(path: Path, system: pyproj.CRS, definition: str) -> None:
    """Refuse a system that a file gives by its code and describes with other parameters.

    Parameters
    ----------
    path
        The file, for the message.
    system
        The one of the code.
    definition
        The description; one that is no system says nothing.

    Raises
    ------
    DataError
        They put places a metre or more apart.
    """
    try:
        described = _parsed(definition)
    except (pyproj.exceptions.ProjError, ValueError):
        return
    if (apart := metres_apart(described, system)) >= _SAME_M:
        raise DataError(
            f"{path} gives its coordinate reference system as {system.to_string()} and describes "
            f"one, “{described.name}”, that puts places {_said(apart)} from there; --crs states "
            "what is meant."
        )


def metres_apart(described: pyproj.CRS, system: pyproj.CRS) -> float:
    """Measure how far a description puts places from where a system of a register has them.

    Parameters
    ----------
    described
        The description.
    system
        The other one; places of France in its area of use are looked at.

    Returns
    -------
    The greatest distance in metres, of the ellipsoids too; infinite where a place cannot be said
    in both.
    """
    if described.to_json() == system.to_json():
        return 0.0
    longitude, latitude = _places(system)
    try:
        there, here = (
            np.array(way(WGS84, crs.srs).transform(longitude, latitude))
            for crs in (described, system)
        )
    except pyproj.exceptions.ProjError:
        return np.inf
    apart = np.hypot(*(there - here)) * metres_per_unit(system)
    if not np.isfinite(apart).all():
        return np.inf
    # Of a datum that is not known PROJ takes degrees for those of any other.
    return max(
        float(apart.max()),
        *(abs(a - b) for a, b in zip(_axes(described), _axes(system), strict=True)),
    )


def metres_per_unit(crs: pyproj.CRS) -> float:
    """Give the metres of one unit of a system; a degree is taken at its greatest length."""
    unit = float(crs.axis_info[0].unit_conversion_factor)  # metres, or radians
    return unit * _EARTH_RADIUS_M if crs.is_geographic else unit


@cache
def way(source: str, target: str) -> pyproj.Transformer:
    """Look for the way between two systems, once: there are many, and it takes long."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _axes(system: pyproj.CRS) -> tuple[float, float]:
    """Give the two halves of the axes of the ellipsoid, metres."""
    ellipsoid = system.ellipsoid
    if ellipsoid is None:
        return np.inf, np.inf
    return ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre


def _places(system: pyproj.CRS) -> tuple[list[float], list[float]]:
    """Give longitudes and latitudes: nine in each part of France where a system is in use."""
    boxes = _parts_of_france(system) or [_use(system)]
    grids = [
        np.meshgrid(np.linspace(w, e, 5)[1:-1], np.linspace(s, n, 5)[1:-1]) for w, s, e, n in boxes
    ]
    return tuple(np.concatenate([grid[axis].ravel() for grid in grids]).tolist() for axis in (0, 1))


def _use(system: pyproj.CRS) -> Box:
    area = system.area_of_use
    return (-180.0, -90.0, 180.0, 90.0) if area is None else area.bounds


def _parts_of_france(system: pyproj.CRS) -> list[Box]:
    """Give the boxes of France in which a system is in use, degrees."""
    west, south, east, north = _use(system)
    boxes = [(max(w, west), max(s, south), min(e, east), min(n, north)) for w, s, e, n in FRANCE]
    return [(w, s, e, n) for w, s, e, n in boxes if w < e and s < n]


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", name.casefold()))


def _may_be(name: str, system: pyproj.CRS, confidence: int) -> bool:
    """Tell whether a description with the parameters of a system may bear a name."""
    if confidence >= _BY_NAME:
        return True
    words = _words(name)
    if not words - _SAYS_NOTHING or words <= _words(system.name):
        return True
    others = [pyproj.CRS(other).name for other in USUAL]
    return confidence >= _SURE and not any(words <= _words(other) for other in others)


def _contradiction(
    path: Path, name: str, candidates: list[_Candidate], same: pyproj.CRS | None
) -> DataError:
    """Say what a description bears the name of, and what its parameters are."""
    called = f"{path} calls its coordinate reference system “{name}”"
    if same is not None:
        return DataError(
            f"{called}, and its parameters are those of {same.to_string()} ({same.name}); --crs "
            "states which of them is meant."
        )
    plain = "".join(sorted(_words(name)))
    for system, confidence, apart in candidates:
        if confidence == 100 or "".join(sorted(_words(system.name))) == plain:  # noqa: PLR2004
            return DataError(
                f"{called}, and its parameters put places {_said(apart)} from where "
                f"{system.to_string()}, which bears that name, has them; --crs states what is "
                "meant."
            )
    return _unknown(path, name)


def _said(apart: float) -> str:
    return f"{apart:,.0f} m" if np.isfinite(apart) else "very far"


def _unknown(path: Path, said: str) -> DataError:
    return DataError(
        f"{path} states the coordinate reference system “{said}”, which is in no register; "
        "state one that is with --crs, such as EPSG:2154."
    )


def _name_of(stated: object) -> str:
    return str(getattr(stated, "name", stated)).replace("\n", " ")[:60]
