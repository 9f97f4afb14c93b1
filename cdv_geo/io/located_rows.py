"""Things with a place, perhaps: actions, equipment, or the rows of somebody's own file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo import schemas
from cdv_geo.analysis.things import Things, no_errors
from cdv_geo.faults import ACCEPTED, PLACE, REJECTED, Fault, located, rejected_rows
from cdv_geo.io.crs.crs_plausibility import impossible, moved
from cdv_geo.io.positions.coordinate_rounding import rounding_errors
from cdv_geo.io.positions.position_columns import (
    Coordinates,
    Placing,
    coordinates_of,
    filled_places,
)
from cdv_geo.io.positions.stated_precision import OWN, Precision, stated_precision, stating_columns
from cdv_geo.io.tables.cell_values import (
    with_choices,
    with_insee_codes,
    with_known_communes,
    with_years,
)
from cdv_geo.number_parsing import doubtful_mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyproj
    from numpy.typing import NDArray

    from cdv_geo.io.reading_context import Reading
    from cdv_geo.io.tables.text_tables import Records

# Two positions of one row that are farther apart are said: more than an entrance from its parcel.
_APART_M: Final = 100.0


@dataclass(frozen=True)
class _Spots:
    """Positions in the metric CRS.

    Parameters
    ----------
    x, y
        Metres; NaN or infinite where there is none.
    rounded_m
        Metres by which each may be off since it is rounded.
    reasons
        By position of the row, why it cannot be there.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    rounded_m: NDArray[np.float64]
    reasons: dict[int, str]


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
    places, faults = coordinates_of(records.frame, placing)
    found = [*records.faults, *faults]
    if not placing.crs.is_geographic and reading.options.decimal is None:
        found += _thousandths(records.frame, placing.columns)
    return things_at(records.frame, places, placing, reading, faults=found, apart=records.apart)


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
    places: Coordinates,
    placing: Placing,
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
    places
        Where they are, as it stands in the file.
    placing
        The system of the file, and how finely it is written.
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
        *schemas.find_faults(readable, _schema_in(placing.crs, reading)),
    ]
    spots = _spots(places, placing, reading.crs)
    found += _place_faults(table, {**spots.reasons, **(odd or {})})
    if placing.beside is not None:
        found += _disagreements(table, placing, spots, reading.crs)
    precision = _precision(table, spots, reading)
    reasons = _by_position(table.index, found := [*found, *precision.faults])
    plain = table.reset_index(drop=True)
    return Things(
        plain,
        spots.x,
        spots.y,
        precision.error_m,
        reasons,
        tuple(found),
        apart or {},
        table.index.to_numpy(),
        precision.statement,
        precision.statements,
    )


def _schema_in(crs: pyproj.CRS, reading: Reading) -> list[schemas.Column]:
    """Give what cells may hold: the bounds of degrees only where the system has degrees."""
    if crs.is_geographic:
        return list(reading.schema)
    degrees = {"longitude", "latitude"}
    numbers = [schemas.Column(n, required=False, number=(-np.inf, np.inf)) for n in degrees]
    return [*(column for column in reading.schema if column.name not in degrees), *numbers]


def _spots(places: Coordinates, placing: Placing, target: str) -> _Spots:
    """Bring positions to the metric CRS, each from its own system."""
    parts = places.by_system(placing.crs)
    if len(parts) == 1:
        return _spots_in(parts[0][0], places.x, places.y, placing.units, target)
    x, y, rounded = np.full((3, len(places.x)), np.nan)
    reasons: dict[int, str] = {}
    for crs, rows in parts:
        part = _spots_in(crs, places.x[rows], places.y[rows], placing.units, target)
        x[rows], y[rows], rounded[rows] = part.x, part.y, part.rounded_m
        numbers = np.arange(len(x))[rows]
        reasons |= {int(numbers[at]): why for at, why in part.reasons.items()}
    return _Spots(x, y, rounded, reasons)


def _spots_in(
    crs: pyproj.CRS,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    units: tuple[int, int] | None,
    target: str,
) -> _Spots:
    there_x, there_y = moved(x, y, crs, target)
    beyond = np.isfinite(x) & np.isfinite(y) & ~np.isfinite(there_x + there_y)
    lost = dict.fromkeys(np.flatnonzero(beyond).tolist(), f"its place cannot be said in {target}")
    rounded = rounding_errors(x, y, crs, units)
    return _Spots(there_x, there_y, rounded, {**lost, **impossible(x, y, crs)})


def _disagreements(
    table: pd.DataFrame, placing: Placing, spots: _Spots, target: str
) -> list[Fault]:
    """Say that rows lie elsewhere by another pair of columns than by the one that is read."""
    if placing.beside is None:
        return []
    others, _ = coordinates_of(table, placing.beside)
    other = _spots(others, placing.beside, target)
    apart = np.hypot(other.x - spots.x, other.y - spots.y)
    far = np.flatnonzero(np.isfinite(apart) & (apart > _APART_M + spots.rounded_m))
    if not len(far):
        return []
    here, there = (" and ".join(names) for names in (placing.columns, placing.beside.columns))
    why = (
        f"{there} lie {apart[far[0]]:,.0f} m from {here}, which are read; so more than "
        f"{_APART_M:.0f} m apart are {len(far):,} row(s)"
    )
    return [Fault(int(table.index[far[0]]), placing.columns[0], why, "", ACCEPTED)]


def _precision(table: pd.DataFrame, spots: _Spots, reading: Reading) -> Precision:
    """Give the error of each position: the widest of what is stated and of its rounding."""
    silent = OWN not in table and not stating_columns(map(str, table.columns))
    if silent and not spots.rounded_m.any():
        return Precision(no_errors(len(table)), None, (), [])
    stated = stated_precision(table, reading.errors, bare_metres=reading.bare_metres)
    return stated.widened(spots.rounded_m, "its coordinates are rounded")


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


def _by_position(index: pd.Index, faults: Sequence[Fault]) -> dict[int, str]:
    """Give the first reason to reject each row: it says most, what follows may follow from it."""
    reasons: dict[int, str] = {}
    rejected = [fault for fault in faults if fault.done == REJECTED]
    position_of = {int(number): at for at, number in enumerate(index)} if rejected else {}
    for fault in rejected:
        if fault.row in position_of:
            reasons.setdefault(position_of[fault.row], located(fault))
    return reasons
