"""Things with a place, perhaps: actions, equipment, or the rows of somebody's own file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyproj

from cdv_geo import schemas
from cdv_geo.analysis.things import Things, no_errors
from cdv_geo.errors import DataError
from cdv_geo.faults import (
    ACCEPTED,
    HALF_PLACE,
    PLACE,
    REJECTED,
    Fault,
    located,
    rejected_rows,
)
from cdv_geo.io.cells import (
    with_choices,
    with_insee_codes,
    with_known_communes,
    with_years,
)
from cdv_geo.io.reference_systems import (
    accuracy_notes,
    impossible,
    in_france,
    likely_cause,
    moved,
    require_crs,
    require_possible,
)
from cdv_geo.io.registers import WGS84
from cdv_geo.numbers import doubtful_mark, to_numbers
from cdv_geo.schemas import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.reading import Reading
    from cdv_geo.io.tables import Records

_LAMBERT93: Final = "EPSG:2154"
# Latitude before longitude in one cell, as open-data portals and mapping services write it. A comma
# parts them only where it cannot stand before decimals: `48,5` alone is one number.
_OPEN, _CLOSE = r"^[\[(\s]*", r"[\])\s]*$"
_PAIRS: Final = tuple(
    _OPEN + pair + _CLOSE
    for pair in (
        r"([-+]?\d+\.\d+)\s*,\s*([-+]?\d+\.\d+)",
        r"([-+]?\d+(?:[.,]\d+)?)\s*,\s+([-+]?\d+(?:[.,]\d+)?)",
        r"([-+]?\d+(?:[.,]\d+)?)\s*(?:;|\s)\s*([-+]?\d+(?:[.,]\d+)?)",
    )
)
# Rows that are looked at before the rest: a file whose system is another is refused at once.
_SAMPLE_ROWS: Final = 1_000


@dataclass(frozen=True)
class Placing:
    """Where a table says where its rows are.

    Parameters
    ----------
    columns
        One of `schemas.PLACES`; none where no column does.
    crs
        The system that their numbers are in.
    """

    columns: tuple[str, ...]
    crs: pyproj.CRS


def place_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Give the columns of a table that may hold its positions; none if it has no such columns."""
    held = set(columns)
    return next((names for names in PLACES if held.issuperset(names)), ())


def placing_of(path: Path, table: pd.DataFrame, reading: Reading) -> tuple[Placing, list[Fault]]:
    """Find out how a table says where its rows are, and whether they can be there.

    Parameters
    ----------
    path
        The file, for the message.
    table
        Its first rows, or all; the index is the number of each.
    reading
        The metric CRS, what is stated of the file, where the territory is.

    Returns
    -------
    The columns and their system, and what is to be said of them.

    Raises
    ------
    DataError
        The first rows cannot be where the table says, and would be in France in another system.
    """
    columns = filled_places(table)
    crs, notes = place_crs(path, table, reading)
    x, y, _ = coordinates_of(table.head(_SAMPLE_ROWS), columns)
    require_possible(path, (x, y), crs, reading.believed_home)
    return Placing(columns, crs), [*notes, *accuracy_notes(crs, reading.crs, x, y)]


def filled_places(table: pd.DataFrame) -> tuple[str, ...]:
    """Give the columns that do hold positions: of several that may, the first with any value."""
    held = [names for names in PLACES if set(names) <= set(table.columns)]
    filled = [names for names in held if table[list(names)].notna().to_numpy().any()]
    return next(iter([*filled, *held]), ())


def place_crs(path: Path, table: pd.DataFrame, reading: Reading) -> tuple[pyproj.CRS, list[Fault]]:
    """Tell which system the positions of a table are in: degrees, unless they are x and y.

    The system of x and y is believed to be Lambert-93 only where it is the first of the usual ones
    that the coordinates fit, and this is said; the ranges of the usual systems of France do not
    overlap.

    Raises
    ------
    DataError
        x and y fit no Lambert-93, or what is stated is in no register.
    """
    if reading.stated.crs is not None:
        return require_crs(path, reading.stated.crs), []
    places = filled_places(table)
    if places != ("x", "y"):
        return pyproj.CRS(WGS84), []
    x, y, _ = coordinates_of(table, places)
    if not np.isfinite(x + y).any():
        return pyproj.CRS(_LAMBERT93), []  # of no row here; what may follow is checked against it
    cause = likely_cause(x, y, reading.home)
    if cause == (_LAMBERT93, False):
        why = f"x and y are read as {_LAMBERT93} (Lambert-93), which they fit; --crs states another"
        return pyproj.CRS(_LAMBERT93), [Fault(None, "x", why, _LAMBERT93, ACCEPTED)]
    hint = f"; they fit {cause[0]}{', swapped' if cause[1] else ''}" if cause else ""
    fitting = int(in_france(x, y, pyproj.CRS(_LAMBERT93)).sum())
    share = (
        f" in {np.isfinite(x + y).sum() - fitting} rows, and are in {fitting}" if fitting else ""
    )
    raise DataError(f"{path}: x and y are no Lambert-93{share}{hint}; --crs states what they are.")


def coordinates_of(
    table: pd.DataFrame, columns: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Fault]]:
    """Read the positions of a table of text.

    Parameters
    ----------
    table
        The index is the number of each row.
    columns
        Those that hold the positions, of `schemas.PLACES`; none where no column does.

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
    x, y = (to_numbers(table[axis]).to_numpy() for axis in columns)
    x, y = (np.where(np.isfinite(axis), axis, np.nan) for axis in (x, y))
    given = [table[axis].notna().to_numpy() for axis in columns]
    halves = np.flatnonzero(given[0] != given[1])
    why = f"{columns[0]} and {columns[1]} go together, and one of them is empty"
    faults += [
        Fault(int(table.index[row]), columns[0], why, kind=HALF_PLACE) for row in halves.tolist()
    ]
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
                Fault(int(table.index[row]), here, why, kind=PLACE)
                for row in np.flatnonzero(empty & there).tolist()
            ]
    return faults


def _split(cells: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Fault]]:
    """Read latitude and longitude that stand in one cell."""
    texts = cells.astype("str")
    pairs = texts.str.extract(_PAIRS[0])
    for other in _PAIRS[1:]:
        pairs = pairs.where(pairs.notna(), texts.str.extract(other))
    latitude, longitude = (to_numbers(pairs[column]).to_numpy() for column in pairs)
    unread = cells[cells.notna() & pairs[0].isna()]
    faults = [
        Fault(
            int(str(row)),
            "coordonnees",
            f"“{text}” is no place; latitude and longitude are expected, as in 45.57, 5.92",
            str(text),
            kind=PLACE,
        )
        for row, text in unread.items()
    ]
    return longitude, latitude, faults


def things_of_table(records: Records, placing: Placing, reading: Reading) -> Things:
    """Take the rows of a table as it was read.

    Rows at fault are kept, each with its reason, so that they are counted and none is lost.

    Parameters
    ----------
    records
        Rows of text.
    placing
        Where they say where they are.
    reading
        The metric CRS, the errors of positions, what cells may hold.
    """
    x, y, faults = coordinates_of(records.frame, placing.columns)
    found = [*records.faults, *faults]
    if not placing.crs.is_geographic and reading.stated.decimal is None:
        found += _thousandths(records.frame, placing.columns)
    return things_at(records.frame, (x, y), placing.crs, reading, faults=found, apart=records.apart)


def _thousandths(table: pd.DataFrame, columns: tuple[str, ...]) -> list[Fault]:
    """Reject rows whose metres may be thousands of them: nothing is at 927.430 m in France."""
    faults = []
    for name in columns:
        if pd.api.types.is_string_dtype(table[name]):
            marked = table[name].map(doubtful_mark, na_action="ignore").notna()
            for row, text in table.loc[marked, name].items():
                why = f"“{text}” may be a thousand times as much; --decimal says what it is"
                faults.append(Fault(int(str(row)), name, why, str(text), kind=PLACE))
    return faults


def things_at(
    table: pd.DataFrame,
    coordinates: tuple[NDArray[np.float64], NDArray[np.float64]],
    crs: pyproj.CRS,
    reading: Reading,
    *,
    odd: Mapping[int, str] | None = None,
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
    crs
        The system they are in.
    reading
        The metric CRS wanted, the errors of positions, what cells may hold.
    odd
        By position, why a row has no point, where it has another geometry.
    faults
        What was found before.
    apart
        Lines that were set apart before.
    """
    table, padded = with_insee_codes(table)
    table, understood = with_known_communes(table, reading.communes)
    table, spelled = with_choices(table, reading.schema)
    table, dated = with_years(table)
    unread = rejected_rows(faults)
    readable = table[~table.index.isin(list(unread))] if unread else table
    found = [
        *faults,
        *padded,
        *understood,
        *spelled,
        *dated,
        *schemas.find_faults(readable, _schema_in(crs, reading)),
    ]
    x, y = moved(*coordinates, crs, reading.crs)
    beyond = np.isfinite(coordinates[0]) & np.isfinite(coordinates[1]) & ~np.isfinite(x + y)
    lost = dict.fromkeys(
        np.flatnonzero(beyond).tolist(), f"its place cannot be said in {reading.crs}"
    )
    found += _place_faults(table, {**lost, **impossible(*coordinates, crs), **(odd or {})})
    error = no_errors(len(table))
    if "precision_position" in table:
        error = position_errors(table["precision_position"], reading.errors).fillna(0.0).to_numpy()
        found += _precision_faults(table, reading.errors)
    reasons = _by_position(table.index, found)
    plain = table.reset_index(drop=True)
    return Things(plain, x, y, error, reasons, tuple(found), apart or {}, table.index.to_numpy())


def _schema_in(crs: pyproj.CRS, reading: Reading) -> list[schemas.Column]:
    """Give what cells may hold: the bounds of degrees only where the system has degrees."""
    if crs.is_geographic:
        return list(reading.schema)
    degrees = {"longitude", "latitude"}
    numbers = [schemas.Column(n, required=False, number=(-np.inf, np.inf)) for n in degrees]
    return [*(column for column in reading.schema if column.name not in degrees), *numbers]


def _place_faults(table: pd.DataFrame, reasons: Mapping[int, str]) -> list[Fault]:
    if not reasons:
        return []
    columns = list(filled_places(table.iloc[list(reasons)]))
    name = " and ".join(columns) or "geometry"
    values = table[columns].iloc[list(reasons)].astype("str").to_numpy()
    return [
        Fault(int(table.index[at]), name, why, " ".join(map(str, cells)), kind=PLACE)
        for (at, why), cells in zip(reasons.items(), values, strict=True)
    ]


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


def _precision_faults(table: pd.DataFrame, errors: Mapping[str, float]) -> list[Fault]:
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
    rejected = [fault for fault in faults if fault.done == REJECTED]
    position_of = {int(number): at for at, number in enumerate(index)} if rejected else {}
    for fault in rejected:
        if fault.row in position_of:
            reasons.setdefault(position_of[fault.row], located(fault))
    return reasons
