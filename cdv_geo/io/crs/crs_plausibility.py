"""Coordinate reference systems: which one is stated, and whether the coordinates can be in it.

A system is never guessed. What a file says of itself, or a user of the file, is believed where the
coordinates allow it; where they do not, the file is refused and the likely cause is named.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
from pyproj.transformer import TransformerGroup

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io.crs.crs_registers import FRANCE, USUAL, WGS84, registered, way

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.crs.crs_registers import Box

_MARGIN: Final = 1.0  # degrees: a projection is used a little beyond its area too
_NEARBY: Final = 0.5  # degrees around the territory
_LOOKED_AT: Final = 1_000


def require_crs(path: Path, stated: object) -> pyproj.CRS:
    """Give the coordinate reference system that a file states, by its number in a register.

    Parameters
    ----------
    path
        The file, for the message.
    stated
        As the file or the user says it; None where neither does.

    Raises
    ------
    DataError
        There is none, it is in no register, or its name and its parameters disagree.
    """
    if stated is None:
        raise DataError(
            f"{path} does not say its coordinate reference system; --crs states it, such as "
            "--crs EPSG:2154, since it is never guessed."
        )
    return registered(path, stated)


def in_france(x: NDArray[np.float64], y: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.bool_]:
    """Tell which coordinates lie in France, where the system is in use there.

    Parameters
    ----------
    x, y
        In units of the system, longitude before latitude; NaN where there is no place.
    crs
        The system they are said to be in.
    """
    inside = np.zeros(len(x), dtype=bool)
    for left, bottom, right, top in _boxes_of(crs.to_string()):
        inside |= (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return inside


@cache
def _boxes_of(crs: str) -> tuple[Box, ...]:
    """Give the boxes of France in a system, as far as its area of use goes."""
    system = pyproj.CRS(crs)
    if system.to_string() in {WGS84, "OGC:CRS84"}:
        return FRANCE
    west, south, east, north = -180.0, -90.0, 180.0, 90.0
    if (area := system.area_of_use) is not None:
        west, south = area.west - _MARGIN, area.south - _MARGIN
        east, north = area.east + _MARGIN, area.north + _MARGIN
    move = way(WGS84, crs)
    boxes = []
    for left, bottom, right, top in FRANCE:
        box = max(left, west), max(bottom, south), min(right, east), min(top, north)
        if box[0] < box[2] and box[1] < box[3]:
            boxes.append(move.transform_bounds(*box, densify_pts=21))
    return tuple(box for box in boxes if np.isfinite(box).all())


def likely_cause(
    x: NDArray[np.float64], y: NDArray[np.float64], home: Box | None
) -> tuple[str, bool] | None:
    """Say in which usual system coordinates would lie where they may, if in any.

    Parameters
    ----------
    x, y
        As they stand in the file.
    home
        West, south, east, north of the territory, degrees; all of France where None.

    Returns
    -------
    The system and whether x and y would have to be swapped; None where nothing fits.
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known][:_LOOKED_AT], y[known][:_LOOKED_AT]
    if not len(x):
        return None
    for box in (home, None) if home else (None,):
        for name in USUAL:
            for swapped in (False, True):
                east, north = (y, x) if swapped else (x, y)
                if _share_in(east, north, name, box) > 0.5:  # noqa: PLR2004  # most of them
                    return name, swapped
    return None


def _share_in(x: NDArray[np.float64], y: NDArray[np.float64], name: str, box: Box | None) -> float:
    system = pyproj.CRS(name)
    fits = in_france(x, y, system)
    if box is None or not fits.any():
        return float(fits.mean())
    return float((fits & near(x, y, system, box)).mean())


def near(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: pyproj.CRS, box: Box
) -> NDArray[np.bool_]:
    """Tell which coordinates lie in a box of degrees, or within some fifty kilometres of it.

    Parameters
    ----------
    x, y
        In units of the system, longitude before latitude.
    crs
        The system they are in.
    box
        West, south, east, north, degrees.
    """
    lon, lat = moved(x, y, crs, WGS84)
    west, south, east, north = box
    beside = (lon > west - _NEARBY) & (lon < east + _NEARBY)
    return np.asarray(beside & (lat > south - _NEARBY) & (lat < north + _NEARBY))


def require_possible(
    path: Path,
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    crs: pyproj.CRS,
    home: Box | None,
) -> None:
    """Refuse coordinates of which none can be where the file says, if the cause can be named.

    Where no usual system makes them possible, nothing speaks for a mistake of the file as a whole:
    then each is rejected by itself (`impossible`).

    Parameters
    ----------
    path
        The file, for the message.
    places
        x and y, as they stand in it.
    crs
        The system it states.
    home
        West, south, east, north of the territory, degrees, where it is known.

    Raises
    ------
    DataError
        None lies in France and the system's area of use, or none near the territory; and they
        would in another system.
    """
    x, y = places
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    possible = in_france(x, y, crs)
    if not len(x) or (possible.any() and (home is None or near(x, y, crs, home)[possible].any())):
        return
    cause = likely_cause(x, y, home)
    if cause is None:
        return
    east, north = (y, x) if cause[1] else (x, y)
    if possible.any() and not _share_in(east, north, cause[0], home):
        return  # of another part of France, and no mistake
    where = "the area of the territory" if possible.any() else "its area of use in France"
    raise DataError(
        f"{path}: the coordinates, such as {x[0]:.10g} {y[0]:.10g}, cannot be where "
        f"{crs.to_string()} puts them, outside {where}; {_said(cause)}."
    )


def _said(cause: tuple[str, bool]) -> str:
    name, swapped = cause
    fit = f"they fit {name} ({pyproj.CRS(name).name})"
    return f"{fit}, with x and y swapped" if swapped else f"{fit}: --crs {name} states it"


def impossible(x: NDArray[np.float64], y: NDArray[np.float64], crs: pyproj.CRS) -> dict[int, str]:
    """Say of single coordinates, by position, why they cannot be: outside France, or swapped.

    Parameters
    ----------
    x, y
        In units of the system, longitude before latitude; NaN where there is no place.
    crs
        The system they are said to be in.
    """
    odd = np.isfinite(x) & np.isfinite(y) & ~in_france(x, y, crs)
    swapped = in_france(y, x, crs)
    reasons = {}
    for row in np.flatnonzero(odd).tolist():
        hint = "; they would be in France if they were swapped" if swapped[row] else ""
        reasons[row] = f"{x[row]:.10g} {y[row]:.10g} is not in France in {crs.to_string()}{hint}"
    return reasons


def moved(
    x: NDArray[np.float64], y: NDArray[np.float64], source: pyproj.CRS, target: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bring coordinates from one system to another; what cannot be brought there is infinite.

    Parameters
    ----------
    x, y
        In units of the first system, longitude before latitude.
    source, target
        From which system to which.
    """
    if source == pyproj.CRS(target) or not np.isfinite(x).any():
        return x, y
    if target == WGS84:  # back by the way from there, which has been looked for already
        done = way(WGS84, source.to_string()).transform(x, y, direction="INVERSE")
    else:
        done = way(source.to_string(), target).transform(x, y)
    return np.asarray(done[0]), np.asarray(done[1])


def accuracy_notes(
    source: pyproj.CRS, target: str, x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[Fault]:
    """Say how exact the way between two systems is, where a grid for a better one is missing.

    Parameters
    ----------
    source, target
        From which system to which.
    x, y
        Places in the first; of several ways, the one that is taken depends on them.
    """
    held = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(held) or source.equals(pyproj.CRS(target), ignore_axis_order=True):
        return []
    if not _lacks_a_grid(source.to_string(), target):
        return []
    taken = way(source.to_string(), target)
    taken.transform(x[held[0]], y[held[0]])
    exact = f"within about {taken.accuracy:g} m" if taken.accuracy > 0 else "not known how exactly"
    why = (
        f"{source.to_string()} is brought to {target} {exact}: the grid of the best way is not "
        "installed"
    )
    return [Fault(None, "geometry", why, source.to_string(), ACCEPTED)]


@cache
def _lacks_a_grid(source: str, target: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the best one is not available is what is asked
        return not TransformerGroup(source, target, always_xy=True).best_available
