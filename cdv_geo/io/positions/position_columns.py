"""Where a table says that its rows are: which columns, which system, how finely it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyproj

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, HALF_PLACE, PLACE, Fault
from cdv_geo.io.crs.crs_plausibility import (
    accuracy_notes,
    in_france,
    likely_cause,
    require_crs,
    require_possible,
)
from cdv_geo.io.crs.crs_registers import WGS84
from cdv_geo.io.positions.coordinate_rounding import rounding_errors, rounding_notes, written_units
from cdv_geo.io.positions.position_texts import read_positions
from cdv_geo.io.positions.stated_precision import stating_columns, unread_statements
from cdv_geo.io.positions.unread_position_columns import unread_places
from cdv_geo.io.tables.column_headers import plain_name
from cdv_geo.number_parsing import to_numbers
from cdv_geo.schemas import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.reading_context import Reading

_LAMBERT93: Final = "EPSG:2154"
_CELL: Final = ("coordonnees",)
# Rows that are looked at before the rest, wherever a batch ends: what they tell holds for the file.
_SAMPLE_ROWS: Final = 1_000
_SYSTEM_NAMES: Final = {"epsg", "code_epsg", "epsg_code", "srid"}
_EPSG: Final = re.compile(
    r"(?:EPSG\s*:{1,2}\s*|urn:ogc:def:crs:EPSG::)?([0-9]{4,6})(?:\.0)?", re.IGNORECASE
)
_UNKNOWN: Final = -1
_NOT_PUBLISHED: Final = "[ND]"  # as INSEE writes of establishments that asked for it


@dataclass(frozen=True)
class Placing:
    """Where a table or a layer says where its rows are.

    Parameters
    ----------
    columns
        One of `schemas.PLACES`; none where no column does.
    crs
        The system that their numbers are in.
    reversed
        Whether longitude stands before latitude in pairs in one cell.
    system_column
        The one that states the system of each row, where a table has it.
    units
        The powers of ten that the two numbers are rounded to; None where there is no position.
    beside
        Other columns with positions, to be held against these.
    """

    columns: tuple[str, ...]
    crs: pyproj.CRS
    reversed: bool = False
    system_column: str | None = None
    units: tuple[int, int] | None = None
    beside: Placing | None = None


@dataclass(frozen=True)
class Coordinates:
    """Positions as they stand in a file.

    Parameters
    ----------
    x, y
        Longitude before latitude; NaN where there is none.
    system
        Number of the system of each in the register of EPSG, 0 where it is that of the file; None
        where it is for all.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    system: NDArray[np.int64] | None = None

    def by_system(self, crs: pyproj.CRS) -> list[tuple[pyproj.CRS, NDArray[np.intp] | slice]]:
        """Part the rows by their system; `crs` is that of the file."""
        if self.system is None:
            return [(crs, slice(None))]
        numbers = np.unique(self.system).tolist()
        return [
            (system_of(number) or crs, np.flatnonzero(self.system == number)) for number in numbers
        ]


def place_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Give the columns of a table that may hold its positions; none if it has no such columns."""
    held = set(columns)
    return next((names for names in PLACES if held.issuperset(names)), ())


def system_columns(names: Iterable[str]) -> list[str]:
    """Give the columns that state the system of each row."""
    return [name for name in names if plain_name(name) in _SYSTEM_NAMES]


def statement_columns(names: Iterable[str]) -> list[str]:
    """Give the columns that say how exact a position is, and in which system."""
    every = list(names)
    return [*stating_columns(every), *system_columns(every)]


def filled_places(table: pd.DataFrame) -> tuple[str, ...]:
    """Give the columns that do hold positions: of several that may, the first with any value."""
    held = [names for names in PLACES if set(names) <= set(table.columns)]
    filled = [names for names in held if table[list(names)].notna().to_numpy().any()]
    return next(iter([*filled, *held]), ())


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
    if not columns:
        return Placing((), pyproj.CRS(WGS84)), unread_places(table, columns)
    sample = _sample(table, columns)
    found = _ordered(path, sample, columns, reading)
    crs, notes = _crs_of(path, sample, found, reading)
    found = replace(found, crs=crs)
    places, _ = coordinates_of(sample, found)
    if places.system is None:
        require_possible(path, (places.x, places.y), crs, reading.believed_home)
    found = replace(
        found, units=_units_of(places, crs), beside=_beside(path, table, columns, reading)
    )
    name = " and ".join(columns)
    rounded = rounding_errors(places.x, places.y, crs, found.units)
    notes += accuracy_notes(crs, reading.crs, places.x, places.y)
    notes += rounding_notes(name, found.units, rounded)
    notes += unread_places(table, columns)
    return found, [*notes, *_order_notes(found), *unread_statements(map(str, table.columns), table)]


def coordinates_of(table: pd.DataFrame, placing: Placing) -> tuple[Coordinates, list[Fault]]:
    """Read the positions of a table of text.

    Parameters
    ----------
    table
        The index is the number of each row.
    placing
        Which columns hold the positions.

    Returns
    -------
    They, and what is at fault: halves, what cannot be read, systems that are not known, and rows
    that have their position in other columns than these.
    """
    if not placing.columns:
        nowhere = np.full(len(table), np.nan)
        return Coordinates(nowhere, nowhere), []
    faults = _elsewhere(table, placing.columns)
    read = _of_cells if placing.columns == _CELL else _of_pairs
    places, found = read(table, placing)
    return places, [*faults, *found]


@cache
def system_of(number: int) -> pyproj.CRS | None:
    """Give a system of the register of EPSG by its number, None if coordinates cannot be in it."""
    try:
        crs = pyproj.CRS.from_epsg(number)
    except pyproj.exceptions.CRSError:
        return None
    return crs if crs.is_projected or crs.is_geographic else None


def _sample(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Take the first rows that have a position."""
    return table[table[list(columns)].notna().all(axis=1)].head(_SAMPLE_ROWS)


def _crs_of(
    path: Path, sample: pd.DataFrame, found: Placing, reading: Reading
) -> tuple[pyproj.CRS, list[Fault]]:
    """Tell which system the positions of a table are in: degrees, unless they are x and y.

    The system of x and y is believed to be Lambert-93 or degrees only where it is the first of the
    usual ones that the coordinates fit, and this is said; the ranges of the usual systems of France
    do not overlap.
    """
    if reading.options.crs is not None:
        return require_crs(path, reading.options.crs), []
    if not found.columns or found.columns == ("longitude", "latitude"):
        return pyproj.CRS(WGS84), []
    places, _ = coordinates_of(sample, found)
    own = np.isfinite(places.x + places.y)
    own &= True if places.system is None else places.system == 0
    usual = pyproj.CRS(WGS84 if found.columns == _CELL else _LAMBERT93)
    if not own.any():
        return usual, []  # of no row here; what may follow is checked against it
    name = " and ".join(found.columns)
    cause = likely_cause(places.x[own], places.y[own], reading.home)
    for crs, words in ((_LAMBERT93, f"{_LAMBERT93} (Lambert-93)"), (WGS84, f"degrees ({WGS84})")):
        if cause == (crs, False):
            if found.columns == _CELL and crs == WGS84:
                return usual, []
            why = f"{name} are read as {words}, which they fit; --crs states another"
            return pyproj.CRS(crs), [Fault(None, found.columns[0], why, crs, ACCEPTED)]
    if found.columns == _CELL:
        return usual, []
    hint = f"; they fit {cause[0]}{', swapped' if cause[1] else ''}" if cause else ""
    fitting = int(in_france(places.x[own], places.y[own], pyproj.CRS(_LAMBERT93)).sum())
    what = f"Lambert-93 in {fitting} of {own.sum()} rows only" if fitting else "no Lambert-93"
    raise DataError(f"{path}: x and y are {what}{hint}; --crs states what they are.")


def _ordered(
    path: Path, sample: pd.DataFrame, columns: tuple[str, ...], reading: Reading
) -> Placing:
    """Tell in which order numbers stand in one cell, and which column states the system of a row.

    Of latitude and longitude in France one is never the other: most of the first rows decide.
    """
    crs = pyproj.CRS(WGS84)
    if columns != _CELL:
        stating = system_columns(map(str, sample.columns))
        by_row = columns == ("x", "y") and stating and reading.options.crs is None
        return Placing(columns, crs, system_column=stating[0] if by_row else None)
    cells = read_positions(sample[_CELL[0]])
    first, second = cells.x[cells.paired], cells.y[cells.paired]
    stated = reading.options.crs
    systems = [crs, pyproj.CRS(_LAMBERT93)] if stated is None else [require_crs(path, stated)]
    ahead, behind = (
        sum(in_france(x, y, system).sum() for system in systems)
        for x, y in ((first, second), (second, first))
    )
    return Placing(columns, crs, reversed=bool(ahead > behind))


def _order_notes(placing: Placing) -> list[Fault]:
    if not placing.reversed or placing.crs.is_projected:  # where x goes before y
        return []
    why = "longitude stands before latitude in each cell, as the places in France tell"
    return [Fault(None, placing.columns[0], why, "", ACCEPTED)]


def _units_of(places: Coordinates, crs: pyproj.CRS) -> tuple[int, int] | None:
    """Tell to which powers of ten the first rows are rounded, those of one system."""
    crs, rows = places.by_system(crs)[0]
    return written_units(places.x[rows], places.y[rows], crs)


def _beside(
    path: Path, table: pd.DataFrame, columns: tuple[str, ...], reading: Reading
) -> Placing | None:
    """Find other columns that hold positions too, if their system can be told."""
    rest = table.drop(columns=[name for name in columns if name in table])
    others = filled_places(rest)
    if not others or not rest[list(others)].notna().to_numpy().any():
        return None
    sample = _sample(rest, others)
    found = _ordered(path, sample, others, reading)
    try:
        return replace(found, crs=_crs_of(path, sample, found, reading)[0])
    except DataError:
        return None


def _of_pairs(table: pd.DataFrame, placing: Placing) -> tuple[Coordinates, list[Fault]]:
    """Read positions of which each coordinate has a column."""
    columns = list(placing.columns)
    x, y = (to_numbers(table[axis]).to_numpy() for axis in columns)
    x, y = (np.where(np.isfinite(axis), axis, np.nan) for axis in (x, y))
    given = [table[axis].notna().to_numpy() for axis in columns]
    halves = np.flatnonzero(given[0] != given[1])
    why = f"{columns[0]} and {columns[1]} go together, and one of them is empty"
    faults = [
        Fault(int(table.index[row]), columns[0], why, kind=HALF_PLACE) for row in halves.tolist()
    ]
    if columns == ["x", "y"]:  # of degrees the schema says so
        for name, axis in (("x", x), ("y", y)):
            faults += _no_numbers(table[name][np.isnan(axis)].dropna())
    if placing.system_column is None:
        return Coordinates(x, y), faults
    return _with_systems(table, placing.system_column, Coordinates(x, y), faults)


def _no_numbers(cells: pd.Series) -> list[Fault]:
    """Reject rows of which a coordinate is no number, unless it says that it is not published."""
    why = "is no number; a coordinate is expected, as 927430.64"
    return [
        Fault(int(str(row)), str(cells.name), f"“{text}” {why}", str(text), kind=PLACE)
        for row, text in cells.items()
        if text != _NOT_PUBLISHED
    ]


def _with_systems(
    table: pd.DataFrame, column: str, places: Coordinates, faults: list[Fault]
) -> tuple[Coordinates, list[Fault]]:
    """Read the system that each row states, and reject the rows of one that is not known."""
    number, values = pd.factorize(table[column])
    systems = np.array([*(_number_of(str(value)) for value in values), 0])[number]
    unknown = (systems == _UNKNOWN) & np.isfinite(places.x + places.y)
    faults = [*faults, *_unknown_systems(table, column, np.flatnonzero(unknown).tolist())]
    x, y = (np.where(systems == _UNKNOWN, np.nan, axis) for axis in (places.x, places.y))
    return Coordinates(x, y, np.where(systems == _UNKNOWN, 0, systems)), faults


def _number_of(text: str) -> int:
    found = _EPSG.fullmatch(text.strip())
    return int(found[1]) if found and system_of(int(found[1])) is not None else _UNKNOWN


def _unknown_systems(table: pd.DataFrame, column: str, rows: list[int]) -> list[Fault]:
    why = "is no coordinate reference system that is known; a number of EPSG is expected, as 2154"
    values = table[column].iloc[rows].astype("str")
    return [
        Fault(int(table.index[row]), column, f"“{value}” {why}", value, kind=PLACE)
        for row, value in zip(rows, values, strict=True)
    ]


def _of_cells(table: pd.DataFrame, placing: Placing) -> tuple[Coordinates, list[Fault]]:
    """Read positions that stand in one cell each."""
    cells = read_positions(table[_CELL[0]])
    swapped = cells.paired if not placing.reversed else np.zeros(len(table), dtype=bool)
    x, y = np.where(swapped, cells.y, cells.x), np.where(swapped, cells.x, cells.y)
    faults = []
    for row, kind in cells.unread.items():
        text = str(table[_CELL[0]].iloc[row])
        why = f"“{text[:60]}” is no place; latitude and longitude are expected, as in 45.57, 5.92"
        if kind != "no place":
            why = f"its geometry is a {kind}, a point is expected"
        faults.append(Fault(int(table.index[row]), _CELL[0], why, text[:60], kind=PLACE))
    if not cells.system.any():
        return Coordinates(x, y), faults
    stated = pd.DataFrame({_CELL[0]: cells.system}, index=table.index).replace(0, None)
    return _with_systems(stated, _CELL[0], Coordinates(x, y), faults)


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
