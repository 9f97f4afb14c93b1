"""Files of things to link, read in batches: a file may be larger than memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from cdv_geo import schemas
from cdv_geo.analysis.linking import COLUMNS_READ
from cdv_geo.errors import DataError, listed
from cdv_geo.io import guard
from cdv_geo.io.coordinates import points_of
from cdv_geo.io.headers import match_columns
from cdv_geo.io.reference_systems import accuracy_notes, require_possible
from cdv_geo.io.stated import NOTHING_STATED, Stated
from cdv_geo.io.tables import Records, Table, open_table
from cdv_geo.io.things import (
    CITATIONS,
    PLACES,
    coordinates_of,
    filled_places,
    place_columns,
    place_crs,
    things_at,
    things_of_table,
)
from cdv_geo.io.vectors import Layer, faults_named, open_layer, parquet_batches, plain_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyproj

    from cdv_geo.analysis.things import Things
    from cdv_geo.io.reference_systems import Box
    from cdv_geo.schemas import Fault

BATCH_ROWS: Final = 1 << 19
"""Rows that are held at a time: some 200 MB with all that is made of them."""
_SAMPLE_ROWS: Final = 1_000
_SINGLE: Final = ("id", "code_insee", "precision_position")
_PLACE_COLUMNS: Final = frozenset(name for names in PLACES for name in names)


@dataclass(frozen=True)
class Source:
    """A file of things to link, or a part of one.

    Parameters
    ----------
    path
        The file.
    kind
        Of `guard.KINDS`.
    columns
        Those of its columns that are read, by the names known here.
    kinds
        What these hold: `text`, `whole`, `decimal`, or the name of another kind.
    rows
        How many rows it has; of a CSV file, about how many.
    detected
        How it was found to be written.
    notes
        What was found out when it was opened.
    batches
        Reads it, from the beginning.
    """

    path: Path
    kind: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: int
    detected: dict[str, Any]
    notes: Sequence[Fault]
    batches: Callable[[], Iterator[Things]]


@dataclass(frozen=True)
class Reading:
    """How files of things are read.

    Parameters
    ----------
    crs
        Metric CRS that coordinates are brought to.
    errors
        Metres by which a position may be off, by the beginning of `precision_position`.
    batch_rows
        How many rows are held at a time.
    columns
        Which columns are read, besides the places, where a file has them; all that `link`
        understands where not given. Of a table all are read.
    stated
        What the user states of the files.
    home
        West, south, east, north of the territory, degrees, where it is known.
    """

    crs: str
    errors: Mapping[str, float]
    batch_rows: int = BATCH_ROWS
    columns: tuple[str, ...] = (*COLUMNS_READ, "precision_position")
    stated: Stated = NOTHING_STATED
    home: Box | None = None

    @property
    def believed_home(self) -> Box | None:
        """Where the territory is, unless a system is stated: then nothing speaks against it."""
        return self.home if self.stated.crs is None else None


def open_sources(paths: Sequence[Path], reading: Reading) -> list[Source]:
    """Open files of things to link, in the order given.

    Parameters
    ----------
    paths
        CSV, XLSX or Parquet with positions or with names in `territoires_cites` or
        `quartier_cite`; or GeoParquet, GeoPackage, GeoJSON or Shapefile with points. All but CSV
        and XLSX have an `id`.
    reading
        CRS wanted, errors of positions, and what is stated of the files.

    Raises
    ------
    DataError
        A file cannot be read, has no `id`, neither positions nor names, or coordinates that cannot
        be where it says; or the files do not have the same columns.
    """
    sources = [_open(path, reading) for path in paths]
    for source in sources[1:]:
        if source.columns != sources[0].columns:
            raise DataError(
                f"{source.path} has the columns {', '.join(source.columns)}, and "
                f"{sources[0].path} has {', '.join(sources[0].columns)}; "
                "files that are linked together have the same."
            )
        if source.kinds != sources[0].kinds:
            raise DataError(
                f"{source.path} has columns of the kinds {', '.join(source.kinds)}, and "
                f"{sources[0].path} of {', '.join(sources[0].kinds)} "
                f"({', '.join(source.columns)}); files that are linked together have the same."
            )
    return sources


def open_parts(paths: Sequence[Path], reading: Reading) -> list[Source]:
    """Open each row group of Parquet files by itself, to be read on several machines.

    Raises
    ------
    DataError
        As for `open_sources`, or a file is no Parquet file.
    """
    for path in paths:
        guard.admit(path, (guard.PARQUET,))
    open_sources(paths, reading)
    return [
        _open_parquet(path, reading, groups)
        for path in paths
        for groups in _groups_apart(pa.parquet.read_metadata(path).num_row_groups)
    ]


def _groups_apart(count: int) -> list[list[int]]:
    """Give each row group by itself; a file without any is one part all the same."""
    return [[group] for group in range(count)] or [[]]


def _open(path: Path, reading: Reading) -> Source:
    kind = guard.admit(path).kind
    if kind in guard.TABLES:
        return _open_table(path, reading)
    return _open_parquet(path, reading) if kind == guard.PARQUET else _open_layer(path, reading)


def _open_table(path: Path, reading: Reading) -> Source:
    table = open_table(path, reading.stated)
    columns = table.columns if "id" in table.columns else ("id", *table.columns)
    _require_columns(path, columns)
    sample = next((block.frame for block in table.blocks() if len(block.frame)), None)
    if sample is None:
        raise DataError(f"{path} has no row below its header; at least one is expected.")
    crs, notes = place_crs(path, sample, reading.stated.crs, reading.home)
    notes = [*_id_notes(table), *notes]
    places = filled_places(sample)
    x, y, _ = coordinates_of(sample.head(_SAMPLE_ROWS), places)
    notes += _require_possible(path, (x, y), crs, reading)

    def batches() -> Iterator[Things]:
        for records in table.blocks():
            numbered = _with_ids(records, path)
            yield things_of_table(
                numbered, places=places, crs=(crs, reading.crs), errors=reading.errors
            )

    detected = {**table.detected, "crs": crs.to_string()}
    if not place_columns(columns):
        detected.pop("crs")
    read = _read_of(columns, reading)
    kinds = ("text",) * len(read)
    return Source(path, table.kind, read, kinds, table.rows, detected, notes, batches)


def _id_notes(table: Table) -> list[Fault]:
    if "id" in table.columns:
        return []
    why = "there is no column “id”; each row is called by its number"
    return [schemas.Fault(None, "id", why, "", schemas.ACCEPTED)]


def _with_ids(records: Records, path: Path) -> Records:
    """Call rows by their number where the table gives them no id."""
    if "id" in records.frame:
        return records
    ids = pd.Series([f"{path.stem} {row}" for row in records.frame.index], records.frame.index)
    return Records(records.frame.assign(id=ids.astype("str")), records.faults, records.apart)


def _require_possible(
    path: Path,
    places: tuple[Any, Any],
    crs: pyproj.CRS,
    reading: Reading,
) -> list[Fault]:
    x, y = places
    require_possible(path, places, crs, reading.believed_home)
    held = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    return accuracy_notes(crs, reading.crs, (x[held[0]], y[held[0]])) if len(held) else []


def _open_layer(path: Path, reading: Reading) -> Source:
    layer = open_layer(path, reading.stated)
    return _of_layer(layer, reading, layer.rows, layer.batches)


def _of_layer(
    layer: Layer,
    reading: Reading,
    rows: int,
    batches_of: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]],
) -> Source:
    own = {known: name for name, known in layer.columns.items()}
    _require_id(layer.path, list(own))
    columns = _read_of(list(own), reading)
    names = [own[column] for column in columns]
    _require_plain(layer.path, {column: layer.kinds[own[column]] for column in columns})
    with faults_named(layer.path):
        sample = next(batches_of([], _SAMPLE_ROWS))
        x, y, _ = points_of(sample.column(layer.geometry))
    notes = [*layer.notes, *_require_possible(layer.path, (x, y), layer.crs, reading)]
    unreadable = [fault for fault in layer.notes if fault.row is not None]

    def batches() -> Iterator[Things]:
        done = 0
        with faults_named(layer.path):
            for batch in batches_of(names, reading.batch_rows):
                yield _things(layer, columns, batch, (reading, done, unreadable))
                done += len(batch)

    detected = {"crs": layer.crs.to_string(), "columns": layer.renamed}
    kinds = tuple(_kind_name(layer.kinds[name]) for name in names)
    return Source(layer.path, layer.kind, columns, kinds, rows, detected, notes, batches)


def _things(
    layer: Layer,
    columns: tuple[str, ...],
    batch: pa.RecordBatch,
    at: tuple[Reading, int, list[Fault]],
) -> Things:
    reading, done, unreadable = at
    x, y, odd = points_of(batch.column(layer.geometry))
    own = {known: name for name, known in layer.columns.items()}
    table = plain_frame(layer.path, batch, {column: own[column] for column in columns})
    table.index = pd.RangeIndex(done + 1, done + len(batch) + 1)
    faults = [f for f in unreadable if f.row is not None and done < f.row <= done + len(batch)]
    return things_at(
        table, (x, y), odd, crs=(layer.crs, reading.crs), errors=reading.errors, faults=faults
    )


def _open_parquet(path: Path, reading: Reading, groups: list[int] | None = None) -> Source:
    with faults_named(path), pa.parquet.ParquetFile(path) as file:
        chosen = list(range(file.num_row_groups)) if groups is None else groups
        rows = sum(file.metadata.row_group(group).num_rows for group in chosen)
        schema = file.schema_arrow
    if b"geo" in (schema.metadata or {}):
        layer = open_layer(path, reading.stated)

        def batches_of(columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
            yield from parquet_batches(path, [*columns, layer.geometry], size, chosen)

        return _of_layer(layer, reading, rows, batches_of)
    return _open_plain_parquet(path, reading, schema, (chosen, rows))


def _open_plain_parquet(
    path: Path, reading: Reading, schema: pa.Schema, part: tuple[list[int], int]
) -> Source:
    """Open a Parquet file without geometry, whose positions are numbers in columns."""
    chosen, rows = part
    for name in schema.names:
        if schema.names.count(name) > 1:
            raise DataError(f"{path} cannot be read: the column “{name}” stands twice.")
    found = match_columns(path, schema.names, reading.stated.columns)
    own = {found.get(name, name): name for name in schema.names}
    _require_id(path, list(own))
    _require_columns(path, list(own))
    columns = _read_of(list(own), reading)
    held = [name for names in PLACES for name in names if name in own and set(names) <= set(own)]
    places = [name for name in held if name not in columns]
    names = [own[name] for name in (*columns, *places)]
    _require_plain(path, {name: schema.field(own[name]).type for name in (*columns, *places)})

    def frames(size: int) -> Iterator[pd.DataFrame]:
        done = 1
        for batch in parquet_batches(path, names, size, chosen):
            frame = plain_frame(path, batch, {name: own[name] for name in (*columns, *places)})
            frame.index = pd.RangeIndex(done, done + len(frame))
            done += len(frame)
            yield frame

    sample = next(frames(_SAMPLE_ROWS))
    crs, notes = place_crs(path, sample, reading.stated.crs, reading.home)
    chosen_places = filled_places(sample)
    x, y, _ = coordinates_of(sample, chosen_places)
    notes += _require_possible(path, (x, y), crs, reading)

    def batches() -> Iterator[Things]:
        for frame in frames(reading.batch_rows):
            yield things_of_table(
                Records(frame),
                places=chosen_places,
                crs=(crs, reading.crs),
                errors=reading.errors,
            )

    detected = {"crs": crs.to_string(), "columns": {o: k for k, o in own.items() if o != k}}
    kinds = tuple(_kind_name(schema.field(own[name]).type) for name in columns)
    return Source(path, guard.PARQUET, columns, kinds, rows, detected, notes, batches)


def _kind_name(arrow: pa.DataType) -> str:
    if pa.types.is_dictionary(arrow):
        return _kind_name(arrow.value_type)
    if pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_null(arrow):
        return "text"
    if pa.types.is_integer(arrow):
        return "whole"
    return "decimal" if pa.types.is_floating(arrow) else str(arrow)


def _require_plain(path: Path, kinds: Mapping[str, pa.DataType]) -> None:
    """Refuse columns whose cells are no single values; names may be lists, ids may not."""
    for name, kind in kinds.items():
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
        nested = pa.types.is_nested(kind) and not (is_list and name not in _SINGLE)
        if nested or (name in _PLACE_COLUMNS and not _is_number_or_text(kind)):
            raise DataError(f"{path}: the column “{name}” holds {kind}; text or numbers are read.")


def _is_number_or_text(kind: pa.DataType) -> bool:
    return _kind_name(kind) in {"text", "whole", "decimal"}


def _read_of(names: Sequence[str], reading: Reading) -> tuple[str, ...]:
    return tuple(name for name in reading.columns if name in names)


def _require_id(path: Path, names: Sequence[str]) -> None:
    if "id" not in names:
        raise DataError(f"{path.name} has no column “id”; its columns are {listed(names)}.")


def _require_columns(path: Path, names: Sequence[str]) -> None:
    if not place_columns(names) and not set(CITATIONS) & set(names):
        raise DataError(
            f"{path.name} has none of the columns longitude and latitude, {', '.join(CITATIONS)}; "
            f"its columns are {listed(names)}."
        )
