"""Things with a place, perhaps: actions, equipment, or the rows of somebody's own file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyproj

from cdv_geo import schemas
from cdv_geo.analysis.things import Things, no_errors, no_point
from cdv_geo.errors import DataError
from cdv_geo.io.cells import with_insee_codes
from cdv_geo.io.reference_systems import WGS84, impossible, likely_cause, moved, require_crs
from cdv_geo.schemas import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.reference_systems import Box
    from cdv_geo.io.tables import Records

CITATIONS: Final = ("territoires_cites", "quartier_cite")
PLACES: Final = (("longitude", "latitude"), ("x", "y"), ("coordonnees",))
"""The columns that may hold a position, the first that a table has counts."""
LINKED: Final = (*schemas.POSITION, schemas.SCOPE, schemas.COMMUNE)
"""The columns of a row that are checked before it is linked."""
# Latitude before longitude in one cell, as open-data portals and mapping services write it.
_PAIR: Final = re.compile(r"([-+]?\d+(?:[.,]\d+)?)\s*(?:[;,]\s*|\s)([-+]?\d+(?:[.,]\d+)?)")


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


def place_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Give the columns of a table that may hold its positions; none if it has no such columns."""
    held = set(columns)
    return next((names for names in PLACES if held.issuperset(names)), ())


def filled_places(table: pd.DataFrame) -> tuple[str, ...]:
    """Give the columns that do hold positions: of several that may, the first with any value."""
    held = [names for names in PLACES if set(names) <= set(table.columns)]
    filled = [names for names in held if table[list(names)].notna().to_numpy().any()]
    return next(iter([*filled, *held]), ())


def place_crs(
    path: Path, table: pd.DataFrame, stated: str | None, home: Box | None
) -> tuple[pyproj.CRS, list[Fault]]:
    """Tell which system the positions of a table are in: degrees, unless they are x and y.

    The system of x and y is believed to be Lambert-93 only where it is the first of the usual ones
    that the coordinates fit, and this is said; the ranges of the usual systems of France do not
    overlap.

    Raises
    ------
    DataError
        x and y fit no Lambert-93, or what is stated is in no register.
    """
    if stated is not None:
        return require_crs(path, stated), []
    places = filled_places(table)
    x, y, _ = coordinates_of(table, places)
    if places != ("x", "y"):
        return pyproj.CRS(WGS84), []
    if not np.isfinite(x + y).any():
        return pyproj.CRS("EPSG:2154"), []  # of no row here; what may follow is checked against it
    cause = likely_cause(x, y, home)
    if cause == ("EPSG:2154", False):
        why = "x and y are read as EPSG:2154 (Lambert-93), which they fit; --crs states another"
        return pyproj.CRS("EPSG:2154"), [Fault(None, "x", why, "EPSG:2154", schemas.ACCEPTED)]
    hint = f"; they fit {cause[0]}{', swapped' if cause[1] else ''}" if cause else ""
    raise DataError(f"{path}: x and y are no Lambert-93{hint}; --crs states what they are.")


def coordinates_of(
    table: pd.DataFrame, columns: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Fault]]:
    """Read the positions of a table of text.

    Parameters
    ----------
    table
        The index is the number of each row.
    columns
        Those that hold the positions, of `PLACES`; none where no column does.

    Returns
    -------
    x and y, longitude before latitude, NaN where there is none; halves, what cannot be read, and
    rows that have their position in other columns than these.
    """
    faults = _elsewhere(table, columns)
    if columns == ("coordonnees",):
        x, y, found = _split(table["coordonnees"])
        return x, y, [*faults, *found]
    if not columns:
        nowhere = np.full(len(table), np.nan)
        return nowhere, nowhere, faults
    x, y = (schemas.to_numbers(table[axis]).to_numpy() for axis in columns)
    x, y = (np.where(np.isfinite(axis), axis, np.nan) for axis in (x, y))
    given = [table[axis].notna().to_numpy() for axis in columns]
    halves = np.flatnonzero(given[0] != given[1])
    why = f"{columns[0]} and {columns[1]} go together, and one of them is empty"
    faults += [Fault(int(table.index[row]), columns[0], why) for row in halves.tolist()]
    return x, y, faults


def _elsewhere(table: pd.DataFrame, columns: tuple[str, ...]) -> list[Fault]:
    """Reject rows whose position stands in other columns than that of the rest."""
    faults = []
    here = " and ".join(columns)
    empty = table[list(columns)].isna().all(axis=1).to_numpy()
    for names in PLACES:
        if names != columns and set(names) <= set(table.columns):
            there = table[list(names)].notna().all(axis=1).to_numpy()
            why = f"it has {' and '.join(names)} alone, where the rest has {here}; fill in one way"
            faults += [
                Fault(int(table.index[row]), here, why)
                for row in np.flatnonzero(empty & there).tolist()
            ]
    return faults


def _split(
    cells: pd.Series,
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Fault]]:
    x, y = np.full((2, len(cells)), np.nan)
    faults = []
    for position, (row, text) in enumerate(cells.items()):
        if not isinstance(text, str):
            continue
        found = _PAIR.fullmatch(text.strip("[]() "))
        if found is None:
            why = f"“{text}” is no place; latitude and longitude are expected, as in 45.57, 5.92"
            faults.append(Fault(int(str(row)), "coordonnees", why, text))
        else:
            y[position], x[position] = map(schemas.french_number, found.groups())
    return x, y, faults


def things_of_table(
    records: Records,
    *,
    places: tuple[str, ...],
    crs: tuple[pyproj.CRS, str],
    errors: Mapping[str, float],
) -> Things:
    """Take the rows of a table as it was read.

    Rows at fault are kept, each with its reason, so that `link` counts them as rejected and none
    is lost.

    Parameters
    ----------
    records
        Rows with `id`, and with positions or names of quartiers.
    places
        The columns that hold the positions, of `PLACES`.
    crs
        The one the positions are in, and the metric one wanted.
    errors
        As for `place_things`.
    """
    x, y, faults = coordinates_of(records.frame, places)
    return things_at(
        records.frame,
        (x, y),
        {},
        crs=crs,
        errors=errors,
        faults=[*records.faults, *faults],
        apart=records.apart,
    )


def things_at(
    table: pd.DataFrame,
    coordinates: tuple[NDArray[np.float64], NDArray[np.float64]],
    odd: Mapping[int, str],
    *,
    crs: tuple[pyproj.CRS, str],
    errors: Mapping[str, float],
    faults: Sequence[Fault] = (),
    apart: Mapping[str, int] | None = None,
) -> Things:
    """Check rows, and bring their coordinates to the metric CRS, with the error of each position.

    Parameters
    ----------
    table
        What the rows say of themselves; the index is the number of each in its file.
    coordinates
        x and y, longitude before latitude; NaN where there is no position.
    odd
        Kind of geometry, by position, of each row that is no point.
    crs
        The one the coordinates are in, and the metric one wanted.
    errors
        Metres by the beginning of `precision_position`, where the table has one.
    faults
        What was found before.
    apart
        Lines that were set apart before.
    """
    table, padded = with_insee_codes(table)
    unread = {fault.row for fault in faults if fault.done == schemas.REJECTED}
    readable = table[~table.index.isin(list(unread))] if unread else table
    found = [*faults, *padded, *schemas.find_faults(readable, LINKED)]
    no_points = {row: no_point(kind) for row, kind in odd.items()}
    for reasons in (no_points, impossible(*coordinates, crs[0])):
        found += [Fault(int(table.index[at]), "geometry", why) for at, why in reasons.items()]
    x, y = moved(*coordinates, *crs)
    lost = np.isfinite(coordinates[0]) & np.isfinite(coordinates[1]) & ~np.isfinite(x + y)
    found += [
        Fault(int(table.index[at]), "geometry", f"its place is beyond {crs[1]}")
        for at in np.flatnonzero(lost).tolist()
    ]
    error = no_errors(len(table))
    if "precision_position" in table:
        error = position_errors(table["precision_position"], errors).fillna(0.0).to_numpy()
        found += precision_faults(table, errors)
    plain = table.reset_index(drop=True)
    reasons = _by_position(table.index, found)
    return Things(plain, x, y, error, reasons, tuple(found), apart or {}, table.index.tolist())


def precision_faults(table: pd.DataFrame, errors: Mapping[str, float]) -> list[Fault]:
    """List precisions of positions that the territory does not know."""
    stated = table["precision_position"]
    unknown = stated.notna() & position_errors(stated, errors).isna()
    accepted = ", ".join(f"“{start}…”" for start in errors)
    return [
        Fault(
            int(table.index[at]),
            "precision_position",
            f"“{stated.iloc[at]}” is not accepted; accepted are {accepted}",
            str(stated.iloc[at]),
        )
        for at in np.flatnonzero(unknown).tolist()
    ]


def _by_position(index: pd.Index, faults: Sequence[Fault]) -> dict[int, str]:
    """Give the first reason to reject each row: it says most, what follows may follow from it."""
    reasons: dict[int, str] = {}
    rejected = [fault for fault in faults if fault.done == schemas.REJECTED]
    if rejected:
        position_of = {int(number): at for at, number in enumerate(index)}
        for fault in rejected:
            if fault.row in position_of:
                reasons.setdefault(position_of[fault.row], schemas.located(fault))
    return reasons
