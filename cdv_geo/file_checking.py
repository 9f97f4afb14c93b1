"""Check files before they are used: what they hold, how they are written, and all that is wrong.

Like `territory`, this module joins the layers of the library.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from cdv_geo import schemas
from cdv_geo.analysis.containment import overlapping
from cdv_geo.analysis.likely_duplicates import likely_duplicates
from cdv_geo.analysis.repeated_ids import SeenIds, hashes_of
from cdv_geo.analysis.things import Things
from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, APART, REFUSED, TWICE, Fault, count_rows, rejected_rows
from cdv_geo.io import guard
from cdv_geo.io.checked_tables import check_perimeter_table, check_perimeters, check_table
from cdv_geo.io.open_options import NO_OPTIONS, OpenOptions
from cdv_geo.io.raster.population_grids import alignment_notes
from cdv_geo.io.raster.raster_files import read_raster
from cdv_geo.io.reading_context import LINKED
from cdv_geo.io.tables.cell_values import with_codes_of
from cdv_geo.io.tables.column_headers import SYNONYMS
from cdv_geo.io.tables.text_tables import TextTable, open_table
from cdv_geo.io.thing_batches import id_notes, open_sources, says_where, source_of_layer
from cdv_geo.io.vector.geoparquet import has_geometry
from cdv_geo.io.vector.vector_features import geometries_of
from cdv_geo.io.vector.vector_layers import VectorLayer, open_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from cdv_geo.analysis.likely_duplicates import Pair
    from cdv_geo.analysis.linking import Linker
    from cdv_geo.io.checked_tables import Checked
    from cdv_geo.io.guard import Opened
    from cdv_geo.io.reading_context import Reading
    from cdv_geo.io.thing_batches import Source
    from cdv_geo.territory import Territory

PERIMETERS: Final = "perimeters"
ACTIONS: Final = "actions"
EQUIPMENT: Final = "equipment"
INDICATORS: Final = "indicators"
RASTER: Final = "raster"
ROLES: Final = (PERIMETERS, ACTIONS, EQUIPMENT, INDICATORS, RASTER)
_SCHEMAS: Final = {
    PERIMETERS: schemas.PERIMETERS,
    ACTIONS: schemas.ACTIONS,
    EQUIPMENT: schemas.EQUIPMENT,
    INDICATORS: (*schemas.INDICATORS, schemas.COMMUNE),
}
_KEY: Final = {ACTIONS: ("id",), EQUIPMENT: ("id",)}
_SAMPLE_ROWS: Final = 1_000
_OF_ACTIONS: Final = {
    "intitule", "objectifs", "portee", "montant", "porteur", "territoires_cites"
}  # fmt: skip
# Columns that only one kind of table has; the first kind that a table fits is taken.
_TELLING: Final = (
    (INDICATORS, {"indicateur"}),
    (PERIMETERS, {"statut_geometrie"}),
    (ACTIONS, _OF_ACTIONS),
    (INDICATORS, {"code"}),
    (EQUIPMENT, {"longitude", "x", "coordonnees", "quartier_cite", "adresse", "type"}),
    (INDICATORS, {"code_insee"}),
)


@dataclass(frozen=True)
class Check:
    """What was found in one file.

    Parameters
    ----------
    path
        The file.
    kind
        Of `guard.KINDS`; None where it could not be told.
    role
        Of `ROLES`: what its rows are.
    rows
        `input` = `accepted` + `repaired` + `rejected`; beside them the lines that are no rows:
        `blank`, `title`, `total`, `sample`.
    detected
        How it is written.
    faults
        Everything that was found, the file itself first.
    """

    path: Path
    kind: str | None
    role: str | None
    rows: dict[str, int]
    detected: dict[str, Any]
    faults: tuple[Fault, ...] = ()

    @property
    def refused(self) -> bool:
        """Tell whether the file as a whole cannot be used."""
        return any(fault.done == REFUSED for fault in self.faults)

    @property
    def at_fault(self) -> bool:
        """Tell whether anything of it was refused or rejected."""
        return self.refused or self.rows["rejected"] > 0


def check(
    path: Path,
    territory: Territory,
    *,
    role: str | None = None,
    options: OpenOptions = NO_OPTIONS,
) -> Check:
    """Read a whole file as the other functions would, and say all that is found.

    Parameters
    ----------
    path
        Of any kind of `guard.KINDS`.
    territory
        For its metric CRS, where it is, and the errors of positions that it knows.
    role
        What the rows are; told from the columns and the geometry where not given.
    options
        What is stated of the file.
    """
    kind = None
    try:
        with guard.admitted(path) as found:
            kind, opened = found.kind, _table_or_layer(found, options)
        role = role or _role(path, kind, opened)
        schema = _SCHEMAS.get(role, LINKED)
        columns = (*(column.name for column in schema), "precision_position")
        reading = replace(territory.reading(options), columns=columns, schema=schema)
        return _check(path, kind, role, opened, territory, reading)
    except DataError as error:
        fault = Fault(None, "", str(error), "", REFUSED)
        return Check(path, kind, role, _rows(count_rows(0, []), {}), {}, (fault,))


def _table_or_layer(found: Opened, options: OpenOptions) -> TextTable | VectorLayer | None:
    """Open a table or a layer; a raster or a Parquet file without geometry is opened later."""
    if found.kind in guard.TABLES:
        return open_table(found, options)
    if found.kind == guard.GEOTIFF or (found.kind == guard.PARQUET and not has_geometry(found)):
        return None
    return open_layer(found, options)


def _role(path: Path, kind: str, opened: TextTable | VectorLayer | None) -> str:
    """Tell what the rows of a file are."""
    if opened is None:
        return RASTER if kind == guard.GEOTIFF else EQUIPMENT
    if isinstance(opened, TextTable):
        return _role_of(path, set(opened.columns))
    columns = set(opened.columns.values())
    if "code" in columns or _is_polygonal(opened):
        return PERIMETERS
    return ACTIONS if columns & _OF_ACTIONS else EQUIPMENT


def _role_of(path: Path, columns: set[str]) -> str:
    """Tell what the rows of a table are by the columns that only one kind of table has."""
    for role, telling in _TELLING:
        if columns & telling:
            return role
    raise DataError(
        f"{path}: the columns {listed(sorted(columns))} do not tell what its rows are; --as "
        f"says it: {', '.join(ROLES)}."
    )


def _is_polygonal(layer: VectorLayer) -> bool:
    """Tell whether most of a layer are outlines."""
    batch = next(layer.batches([], _SAMPLE_ROWS))
    if pa.types.is_nested(batch.column(layer.geometry).type):
        return False  # points of GeoArrow, the one nested encoding that is read
    kinds = shapely.get_type_id(geometries_of(layer, batch).shapes)
    outlines = [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON]
    return bool(np.isin(kinds, outlines).sum() * 2 > (kinds >= 0).sum())


def _check(
    path: Path,
    kind: str,
    role: str,
    opened: TextTable | VectorLayer | None,
    territory: Territory,
    reading: Reading,
) -> Check:
    if role == RASTER and opened is None:
        return _check_raster(path, reading, territory)
    if isinstance(opened, TextTable) and role in _SCHEMAS:
        return _check_table(opened, role, reading, territory)
    if role == PERIMETERS and isinstance(opened, VectorLayer):
        found = check_perimeters(opened, reading)
        return _of_checked(found, role, _overlaps(found.frame))
    if role in {ACTIONS, EQUIPMENT} and isinstance(opened, VectorLayer):
        return _check_things(source_of_layer(opened, reading), role, territory.linker())
    if role in {ACTIONS, EQUIPMENT} and kind == guard.PARQUET:
        (source,) = open_sources([path], reading)
        return _check_things(source, role, territory.linker())
    raise DataError(f"{path} is of the kind {guard.KINDS[kind]}, which has no {role}.")


def _overlaps(perimeters: pd.DataFrame) -> list[Fault]:
    coded = perimeters if "code" in perimeters else perimeters.assign(code=perimeters["nom"])
    return [
        Fault(None, "geometry", f"{first} and {second} overlap", f"{first} {second}", ACCEPTED)
        for first, second in overlapping(coded)
    ]


def _rows(counts: Mapping[str, int], apart: Mapping[str, int]) -> dict[str, int]:
    return {**counts, **{what: apart.get(what, 0) for what in APART}}


def _check_table(table: TextTable, role: str, reading: Reading, territory: Territory) -> Check:
    if role == PERIMETERS:
        found = check_perimeter_table(table, reading)
    else:
        found = check_table(table, _SCHEMAS[role], reading, key=_KEY.get(role, ()))
    columns = set(found.frame.columns)
    if role in {PERIMETERS, INDICATORS} and not columns & {"code", "code_insee"}:
        raise DataError(
            f"{table.path} has no column “code” (or code_qp, code_insee); its columns are "
            f"{listed(found.frame.columns)}."
        )
    if not columns & {*(column.name for column in _SCHEMAS[role]), *SYNONYMS}:
        raise DataError(
            f"{table.path} has no column that is known; its columns are {listed(columns)}."
        )
    if role == INDICATORS:
        frame, strangers = with_codes_of(found.frame, territory.codes)
        found = replace(found, frame=frame, faults=[*found.faults, *strangers])
    if role == INDICATORS and not _is_wide(found.frame, role):
        found = _without_contradictions(found, territory.population_indicators)
    notes: list[Fault] = []
    if role in {ACTIONS, EQUIPMENT}:
        notes = [*_lacks(columns), *_period_notes(found.frame)]
        notes += _duplicate_notes(found.frame, found.x, found.y)
        ids = found.frame.get("id", pd.Series(map(str, found.frame.index), found.frame.index))
        rows = found.frame.assign(id=ids).reset_index(drop=True)
        placed = Things(rows, found.x, found.y, found.error_m)
        notes += _findings(placed, found.frame.index, territory.linker())
    return _of_checked(found, role, notes)


def _findings(things: Things, numbers: pd.Index, linker: Linker) -> list[Fault]:
    """Say what `link` finds: names that are not known, a commune that the place contradicts."""
    once = np.zeros(len(things), dtype=bool)
    found = linker.link(things, repeated=once).outcomes["finding"]
    frame = things.table
    findings = found.astype("str").set_axis(numbers).dropna()
    cited = next((name for name in schemas.CITATIONS if name in frame), "")
    return [
        Fault(
            int(str(row)),
            "code_insee" if text.startswith("code_insee") else cited,
            text.rstrip("."),
            "",
            ACCEPTED,
        )
        for row, text in findings.items()
    ]


def _without_contradictions(found: Checked, population: Iterable[str]) -> Checked:
    """Reject figures that contradict themselves or each other, as a territory does."""
    if {"valeur", "statut", "code", "indicateur"} - set(found.frame.columns):
        return found
    faults = schemas.figure_faults(found.frame, population)
    kept = ~found.frame.index.isin(list(rejected_rows(faults)))
    return replace(found, frame=found.frame[kept], faults=[*found.faults, *faults])


def _lacks(columns: set[str]) -> list[Fault]:
    """Say what a table of things does without."""
    notes = []
    if not says_where(columns):
        why = (
            "nothing says where its rows are, no positions, no names of quartiers, no portee, no "
            "code_insee; `cdv-geo link` refuses it"
        )
        notes.append(Fault(None, "", why, "", ACCEPTED))
    return [*notes, *id_notes(columns)]


def _of_checked(found: Checked, role: str, notes: Iterable[Fault] = ()) -> Check:
    missing = [
        fault.column
        for fault in schemas.missing_columns(found.frame, _SCHEMAS[role])
        if fault.column != "id" and not _is_wide(found.frame, role)
    ]
    faults = [*found.faults, *notes]
    if missing:
        why = f"the table of a territory has {', '.join(missing)} too"
        faults.append(Fault(None, "", why, "", ACCEPTED))
    rows = _rows(found.counts(), found.apart)
    return Check(found.path, found.kind, role, rows, found.detected, _in_order(faults))


def _is_wide(frame: pd.DataFrame, role: str) -> bool:
    """Tell whether each figure has a column of its own, in place of a row."""
    return role == INDICATORS and "indicateur" not in frame


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda f: (f.row is not None, f.row or 0)))


def _check_things(source: Source, role: str, linker: Linker) -> Check:
    """Check things batch by batch, as `link` reads them."""
    faults: list[Fault] = [fault for fault in source.notes if fault.row is None]
    seen, rows = SeenIds(), 0
    for things in source.batches():
        faults += things.notes
        repeated = seen.repeated(hashes_of(things.table["id"]))
        for at in np.flatnonzero(repeated & things.table["id"].notna().to_numpy()).tolist():
            value = str(things.table["id"].iloc[at])
            faults.append(Fault(rows + at + 1, "id", f"“{value}” stands twice", value, kind=TWICE))
        numbered = things.table.set_axis(things.table.index + rows + 1)
        faults += _period_notes(numbered)
        faults += _duplicate_notes(numbered, things.x, things.y)
        faults += _findings(things, numbered.index, linker)
        rows += len(things)
    counts = _rows(count_rows(rows, faults), {})
    return Check(source.path, source.kind, role, counts, source.detected, _in_order(faults))


def _period_notes(frame: pd.DataFrame) -> list[Fault]:
    """Point to years that are several: coverage counts them in none."""
    if "annee" not in frame:
        return []
    years = frame["annee"].astype("str")
    why = "a period counts in no single year: the coverage table has it among the unknown ones"
    return [
        Fault(int(str(row)), "annee", why, year, ACCEPTED)
        for row, year in years[years.str.contains("-", regex=False, na=False)].items()
    ]


def _duplicate_notes(
    frame: pd.DataFrame, x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[Fault]:
    """Point to rows of one batch that may be one place said twice; they are never merged."""
    name = next((n for n in ("nom", "intitule") if n in frame), None)
    if name is None:
        return []
    return [
        Fault(int(frame.index[pair.second]), name, _why(frame, pair), pair.name, ACCEPTED)
        for pair in likely_duplicates(frame, name, x, y)
    ]


def _why(frame: pd.DataFrame, pair: Pair) -> str:
    where = "" if np.isnan(pair.distance_m) else f", {pair.distance_m:.0f} m apart"
    return f"likely the same as row {frame.index[pair.first]}: {pair.reason}{where}"


def _check_raster(path: Path, reading: Reading, territory: Territory) -> Check:
    raster = read_raster(path, reading.options, reading.home)
    outline = territory.communes.geometry.to_crs(raster.crs).union_all()
    inside = outline.intersection(shapely.box(*raster.bounds())).area / outline.area
    faults = guard.name_notes(path, guard.GEOTIFF)
    if inside < 1:
        why = f"it covers {inside:.1%} of the communes; of the rest it says nothing"
        faults.append(Fault(None, "", why, f"{inside:.4f}", ACCEPTED))
    faults += [*raster.notes, *alignment_notes(raster)]
    unknown = raster.unknown()
    if unknown:
        why = f"{unknown:,} of {raster.bands.size:,} cells hold no figure; they are left out"
        faults.append(Fault(None, "", why, str(unknown), ACCEPTED))
    detected = {
        "crs": raster.crs.to_string(),
        "bands": len(raster.bands),
        "cells": int(raster.bands[0].size),
        "sum": raster.sums(),
        "communes_share": round(float(inside), 4),
    }
    rows = _rows(count_rows(1, []), {})
    return Check(path, guard.GEOTIFF, RASTER, rows, detected, tuple(faults))
