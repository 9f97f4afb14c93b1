"""Read a whole file and check every row of it: what is accepted, repaired, rejected, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import schemas
from cdv_geo.analysis.things import no_errors
from cdv_geo.errors import DataError, listed
from cdv_geo.faults import TWICE, Fault, count_rows, refuse, rejected_rows
from cdv_geo.io import guard
from cdv_geo.io.located_rows import things_of_table
from cdv_geo.io.positions.position_columns import placing_of, statement_columns
from cdv_geo.io.tables.cell_values import (
    as_text,
    with_choices,
    with_dates,
    with_insee_codes,
    with_known_communes,
    with_plain_keys,
)
from cdv_geo.io.tables.column_headers import not_used
from cdv_geo.io.tables.text_tables import open_table, read_records
from cdv_geo.io.vector.outline_repair import contradictions, mend_outlines
from cdv_geo.io.vector.vector_features import read_features
from cdv_geo.io.vector.vector_layers import open_layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.io.reading_context import Reading
    from cdv_geo.io.tables.text_tables import TextTable
    from cdv_geo.io.vector.vector_layers import VectorLayer


@dataclass(frozen=True)
class Checked:
    """The rows of a file that can be used, and what was found in all of them.

    Parameters
    ----------
    path
        The file.
    kind
        Of `guard.KINDS`.
    frame
        Accepted and repaired rows, by the names known here; the index is the number of each in the
        file. A layer has its geometry in the metric CRS.
    x, y
        Where each row of a table is, metres in the metric CRS; NaN where it does not say.
    error_m
        Metres by which each of these may be off.
    faults
        What was found.
    rows
        How many rows the file has: those of the frame and the rejected ones.
    apart
        How many blank, title, total and sample lines were set apart.
    detected
        How the file was found to be written.
    """

    path: Path
    kind: str
    frame: pd.DataFrame
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error_m: NDArray[np.float64]
    faults: list[Fault]
    rows: int
    apart: Counter[str] = field(default_factory=Counter)
    detected: dict[str, Any] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Count the rows: `input` = `accepted` + `repaired` + `rejected`."""
        return count_rows(self.rows, self.faults)


def read_checked_table(
    path: Path, columns: Sequence[schemas.Column], reading: Reading, *, key: Sequence[str] = ()
) -> Checked:
    """Open a table, and check its rows as `check_table` does.

    Raises
    ------
    DataError
        As for `open_table` and `check_table`, or it is no table.
    """
    with guard.admitted(path, guard.TABLES) as opened:
        table = open_table(opened, reading.options, [column.name for column in columns])
        return check_table(table, columns, reading, key=key)


def read_perimeter_part(path: Path, reading: Reading) -> Checked:
    """Read perimeters, which are a layer, or a table where none of them has an outline.

    Raises
    ------
    DataError
        As for `check_table` and `check_perimeters`, or it is neither table nor layer.
    """
    with guard.admitted(path, (*guard.TABLES, *guard.LAYERS)) as opened:
        if opened.kind in guard.LAYERS:
            return check_perimeters(open_layer(opened, reading.options), reading)
        table = open_table(opened, reading.options, [c.name for c in schemas.PERIMETERS])
        return check_perimeter_table(table, reading)


def check_table(
    table: TextTable,
    columns: Sequence[schemas.Column],
    reading: Reading,
    *,
    key: Sequence[str] = (),
) -> Checked:
    """Check the rows of a table against a schema, and where they are if they say so.

    Parameters
    ----------
    table
        As opened.
    columns
        The schema; those that the file does not have are not checked.
    reading
        The metric CRS, the errors of positions, what is stated of the file.
    key
        Columns of which no two rows may have the same values; of those that do, the first counts.

    Raises
    ------
    DataError
        The file cannot be read, has no row, or its positions cannot be where it says.
    """
    records = read_records(table)
    if not len(records.frame):
        apart = [f"{count:,} {what}" for what, count in records.apart.items() if count]
        beside = f", but {' and '.join(apart)} lines" if apart else ""
        raise DataError(
            f"{table.path} has no row below its header{beside}; at least one is expected."
        )
    records.frame, dated = with_dates(records.frame)
    frame = records.frame
    if schemas.POSITION[0] not in columns:  # figures of an area, which may bring its outline
        frame = frame.drop(columns="coordonnees", errors="ignore")
    placing, notes = placing_of(table.path, frame, reading)
    things = things_of_table(
        records, placing, replace(reading, schema=tuple(columns), bare_metres=False)
    )
    frame = things.table.set_index(records.frame.index)
    faults = [*guard.name_notes(table.path, table.kind), *notes, *dated, *things.notes]
    if reading.options.decimal is None:
        faults += schemas.doubtful_numbers(frame, columns, records.certain)
    if key and set(key) <= set(frame.columns):
        faults += schemas.duplicate_faults(frame[frame[key[0]].notna()], list(key))
        faults += schemas.nearly_duplicate(frame, key[0])
    faults += _repeated(frame, faults)
    kept = ~frame.index.isin(list(rejected_rows(faults)))
    detected = {**table.detected, **_not_used(table, columns)}
    if placing.columns:
        detected["crs"] = placing.crs.to_string()
    return Checked(
        table.path,
        table.kind,
        frame[kept],
        things.x[kept],
        things.y[kept],
        things.error_m[kept],
        faults,
        len(frame),
        Counter(things.apart),
        detected,
    )


def check_perimeter_table(table: TextTable, reading: Reading) -> Checked:
    """Check the rows of a table of perimeters, none of which has an outline.

    Raises
    ------
    DataError
        As for `check_table`, or a code stands twice in one generation.
    """
    found = check_table(table, schemas.PERIMETERS, reading)
    refuse_repeated_codes(found.frame, where=str(table.path))
    faults = contradictions(found.frame, np.zeros(len(found.frame), dtype=bool))
    kept = found.frame[~found.frame.index.isin(list(rejected_rows(faults)))]
    return replace(found, frame=kept, faults=[*found.faults, *faults])


def _not_used(table: TextTable, columns: Sequence[schemas.Column]) -> dict[str, list[str]]:
    read = [column.name for column in columns]
    return not_used(table.columns, [*read, *statement_columns(table.columns)])


def _repeated(frame: pd.DataFrame, faults: Sequence[Fault]) -> list[Fault]:
    """Reject rows that are the same as an earlier one in all columns."""
    known = frame.index.isin(list(rejected_rows(faults)))
    again = frame[frame.duplicated() & frame.notna().any(axis=1) & ~known]
    why = "the row is the same as an earlier one"
    return [
        Fault(int(str(row)), "", why, ";".join(t for t in cells if isinstance(t, str)), kind=TWICE)
        for row, cells in zip(again.index, again.to_numpy(), strict=True)
    ]


def refuse_repeated_codes(frame: pd.DataFrame, *, where: str) -> None:
    """Refuse perimeters of which a code stands twice in one generation.

    Raises
    ------
    DataError
        So it is.
    """
    if "code" in frame:
        key = ["code", "generation"] if "generation" in frame else ["code"]
        coded = frame[frame["code"].notna()]
        coded = coded.assign(code=schemas.folded(coded["code"]))
        refuse(schemas.duplicate_faults(coded, key), where=where)


def check_perimeters(layer: VectorLayer, reading: Reading) -> Checked:
    """Check the rows of a layer of perimeters, and mend their outlines.

    Parameters
    ----------
    layer
        Of polygons; columns that it does not have are not checked.
    reading
        The metric CRS, what is stated of the file, where the territory is.

    Raises
    ------
    DataError
        The file cannot be read, has no codes, or a code stands twice in one generation.
    """
    path, columns = layer.path, schemas.PERIMETERS
    names = {"code_insee", *(column.name for column in columns)}
    features = read_features(layer, crs=reading.crs, home=reading.believed_home, columns=names)
    frame = pd.DataFrame(features.frame)  # a GeoDataFrame looks for its geometry at every step
    if not {"code", "nom"} & set(frame.columns):
        own = listed(features.layer.columns)
        raise DataError(f"{path} has neither “code” (or code_qp) nor “nom”; its columns are {own}.")
    texts = [column.name for column in columns if column.number is None and column.name in frame]
    frame = frame.assign(**{name: as_text(frame[name]).str.strip() for name in texts})
    frame, unmarked = with_plain_keys(frame)
    frame, spelled = with_choices(frame, columns)
    frame, padded = with_insee_codes(frame)
    frame, understood = with_known_communes(frame, reading.communes)
    mended, found = mend_outlines(gpd.GeoDataFrame(frame, crs=reading.crs))
    rows = schemas.find_faults(frame, columns)
    drawn = mended.geometry.notna().to_numpy()
    odd = contradictions(pd.DataFrame(mended), drawn)
    faults = [*features.faults, *unmarked, *padded, *understood, *spelled, *found, *rows, *odd]
    refuse_repeated_codes(frame, where=str(path))
    kept = mended[~mended.index.isin(list(rejected_rows(faults)))]
    nowhere, exact = np.full(len(kept), np.nan), no_errors(len(kept))
    detected = {"crs": features.layer.crs.to_string(), "columns": features.layer.renamed}
    detected |= not_used(features.layer.columns.values(), [column.name for column in columns])
    return Checked(
        path,
        features.layer.kind,
        kept,
        nowhere,
        nowhere,
        exact,
        faults,
        features.layer.rows,
        detected=detected,
    )
