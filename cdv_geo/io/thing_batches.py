"""Files of things to link, read in batches: a file may be larger than memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from cdv_geo.analysis.repeated_ids import SeenIds
from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, TWICE, Fault
from cdv_geo.file_names import name_as_text
from cdv_geo.io import guard
from cdv_geo.io.crs.crs_plausibility import accuracy_notes, require_possible
from cdv_geo.io.located_rows import things_at, things_of_table
from cdv_geo.io.positions.coordinate_rounding import rounding_errors, rounding_notes, written_units
from cdv_geo.io.positions.position_columns import (
    Coordinates,
    Placing,
    place_columns,
    placing_of,
    statement_columns,
)
from cdv_geo.io.positions.stated_precision import may_state, stating_columns, unread_statements
from cdv_geo.io.positions.unread_position_columns import unread_places
from cdv_geo.io.tables.column_headers import not_used, unread_synonyms, with_cited_codes
from cdv_geo.io.tables.text_tables import Records, TextTable, open_table
from cdv_geo.io.vector.arrow_points import points_of
from cdv_geo.io.vector.arrow_tables import faults_named, is_list, kind_name, plain_rows
from cdv_geo.io.vector.geoparquet import read_batches
from cdv_geo.io.vector.vector_layers import VectorLayer, known_columns, open_layer
from cdv_geo.schemas import CITATIONS, PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cdv_geo.analysis.things import Things
    from cdv_geo.io.guard import Opened
    from cdv_geo.io.reading_context import Reading

_SAMPLE_ROWS: Final = 1_000
# Where there is no position: names of quartiers, a commune, the whole contract.
_WHEREABOUTS: Final = (*CITATIONS, "code_insee", "portee")
_PLACE_COLUMNS: Final = frozenset(name for names in PLACES for name in names)
_SINGLE: Final = _PLACE_COLUMNS | {"id", "code_insee", "precision_position"}
_TEXTS_OR_NUMBERS: Final = _SINGLE | {*CITATIONS}


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
class _Part:
    """A file or some row groups of one: how many rows it has, and how many come before."""

    rows: int
    before: int = 0
    groups: tuple[int, ...] = ()


def open_sources(paths: Sequence[Path], reading: Reading) -> list[Source]:
    """Open files of things to link, in the order given.

    Parameters
    ----------
    paths
        CSV, XLSX or Parquet with positions or with names in `territoires_cites` or
        `quartier_cite`; or GeoParquet, GeoPackage, GeoJSON or Shapefile with points. Where there
        is no `id`, rows are called by their number.
    reading
        CRS wanted, errors of positions, and what is stated of the files.

    Raises
    ------
    DataError
        A file cannot be read, has no row, nothing that says where its rows are, or coordinates
        that cannot be where it says; or the files do not have the same columns.
    """
    return _alike([_open(path, reading) for path in paths])


def _alike(sources: list[Source]) -> list[Source]:
    """Refuse sources that have not the same columns."""
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
        As for `open_sources`, or a file is no Parquet file or has no `id`.
    """
    parts = _alike([part for path in paths for part in _parts_of(path, reading)])
    for part in parts:  # the numbers that would stand for ids begin anew in every part
        if any(note.column == "id" and note.row is None for note in part.notes):
            raise DataError(
                f"{part.path} has no column “id”; files that are read in parts have one."
            )
    return parts


def _parts_of(path: Path, reading: Reading) -> Iterator[Source]:
    """Open each row group by itself."""
    with guard.admitted(path, (guard.PARQUET,)) as opened, faults_named(path):
        found = pa.parquet.read_metadata(opened.file)
        _require_rows(path, found.num_rows)
        for group in range(found.num_row_groups):
            yield _of_parquet(opened, reading, [group])


def _open(path: Path, reading: Reading) -> Source:
    with guard.admitted(path, (*guard.TABLES, *guard.LAYERS)) as opened:
        if opened.kind in guard.TABLES:
            return source_of_table(open_table(opened, reading.options), reading)
        if opened.kind == guard.PARQUET:
            source = _of_parquet(opened, reading)
            _require_rows(path, source.rows)
            return source
        return source_of_layer(open_layer(opened, reading.options), reading)


def source_of_table(table: TextTable, reading: Reading) -> Source:
    """Make the rows of a table ready to be linked or checked.

    Parameters
    ----------
    table
        As opened. Without `id`, each row is called by its number, and one that is the same as an
        earlier one is rejected.
    reading
        CRS wanted, errors of positions, what cells may hold.

    Raises
    ------
    DataError
        It has no row, nothing that says where they are, or positions that cannot be where it says.
    """
    path = table.path
    sample = next((block.frame for block in table.blocks() if len(block.frame)), None)
    _require_columns(path, table.columns, sample)
    if sample is None:
        raise DataError(f"{path} has no row of its own below its header; one is expected.")
    placing, notes = placing_of(path, sample, reading)

    def batches() -> Iterator[Things]:
        seen = SeenIds()
        for records in table.blocks():
            numbered = _with_ids(records, path, seen)
            yield things_of_table(numbered, placing, reading)

    detected = {**table.detected, **_not_used(table.columns, reading)}
    if placing.columns:
        detected["crs"] = placing.crs.to_string()
    read = _read_of(("id", *table.columns), reading)
    notes = [*guard.name_notes(path, table.kind), *id_notes(table.columns), *notes]
    kinds = ("text",) * len(read)
    return Source(path, table.kind, read, kinds, table.rows, detected, notes, batches)


def id_notes(columns: Iterable[str]) -> list[Fault]:
    """Say of a table without ids how its rows are called."""
    if "id" in columns:
        return []
    why = "there is no column “id”; each row is called by its number"
    return [Fault(None, "id", why, "", ACCEPTED)]


def _with_ids(records: Records, path: Path, seen: SeenIds) -> Records:
    """Call rows by their number where the table gives them no id; the same row counts once."""
    frame = records.frame
    if "id" in frame:
        return records
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy().astype(np.uint64)
    again = seen.repeated(hashes)
    read = ~frame.index.isin(list(records.rejected))
    why = "the row is the same as an earlier one"
    faults = [Fault(int(row), "", why, kind=TWICE) for row in frame.index[again & read]]
    return Records(_numbered(frame, path), [*records.faults, *faults], records.apart)


def _numbered(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Call rows by their number where they have no id."""
    if "id" in frame:
        return frame
    called = name_as_text(path.stem)
    ids = [f"{called} {row}" for row in frame.index]
    return frame.assign(id=pd.Series(ids, frame.index, dtype="str"))


def source_of_layer(layer: VectorLayer, reading: Reading) -> Source:
    """Make the features of a layer ready to be linked or checked.

    Parameters
    ----------
    layer
        As opened, of points.
    reading
        CRS wanted, errors of positions, which columns are read, what cells may hold.

    Raises
    ------
    DataError
        Its coordinates cannot be where it says.
    """
    _require_rows(layer.path, layer.rows)
    return _of_layer(layer, reading, _Part(layer.rows), layer.batches)


def _of_layer(
    layer: VectorLayer,
    reading: Reading,
    part: _Part,
    batches_of: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]],
) -> Source:
    cited = with_cited_codes(layer.columns, reading.options.columns)
    known = {name: own for own, name in cited.items()}
    own = {name: known[name] for name in _read_of(list(known), reading)}
    read = {**own, **{name: known[name] for name in stating_columns(known)}}
    _require_plain(layer.path, {name: layer.kinds[read[name]] for name in read})
    placing, notes = _placing_of_layer(layer, reading, batches_of)
    told = [*layer.notes, *layer.misfits(read)]
    notes = [*told, *id_notes(known), *notes]
    notes += [*unread_synonyms(list(layer.columns), layer.renamed), *_attribute_notes(known)]

    def batches() -> Iterator[Things]:
        done = part.before
        with faults_named(layer.path):
            for batch in batches_of(list(read.values()), reading.batch_rows):
                rows = plain_rows(layer.path, batch, read, done + 1)
                table = _numbered(rows.frame, layer.path)
                x, y, odd = points_of(batch.column(layer.geometry))
                faults = [note for note in told if note.row in table.index] + rows.faults
                places = Coordinates(x, y)
                yield things_at(table, places, placing, reading, odd=odd, faults=faults)
                done += len(batch)

    detected = {"crs": layer.crs.to_string(), "columns": layer.renamed}
    detected |= _not_used(known, reading)
    kinds = tuple(kind_name(layer.kinds[name]) for name in own.values())
    columns = tuple(own)
    if "id" not in own:
        columns, kinds = ("id", *columns), ("text", *kinds)
    return Source(layer.path, layer.kind, columns, kinds, part.rows, detected, notes, batches)


def _placing_of_layer(
    layer: VectorLayer,
    reading: Reading,
    batches_of: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]],
) -> tuple[Placing, list[Fault]]:
    """Look at the first points of a layer: whether they can be there, how finely they are written.

    Raises
    ------
    DataError
        They cannot be where it says.
    """
    known = {name: own for own, name in layer.columns.items()}
    read = {
        name: known[name]
        for name in may_state(known)
        if kind_name(layer.kinds[known[name]]) == "text"
    }
    with faults_named(layer.path):
        sample = next(batches_of(list(read.values()), _SAMPLE_ROWS))
        x, y, _ = points_of(sample.column(layer.geometry))
        words = plain_rows(layer.path, sample, read).frame
    require_possible(layer.path, (x, y), layer.crs, reading.believed_home)
    units = written_units(x, y, layer.crs)
    rounded = rounding_notes("geometry", units, rounding_errors(x, y, layer.crs, units))
    notes = [*accuracy_notes(layer.crs, reading.crs, x, y), *rounded]
    notes += unread_statements(known, words)
    return Placing((), layer.crs, units=units), notes


def _attribute_notes(names: Iterable[str]) -> list[Fault]:
    """Say of a layer that has columns of positions too that its geometry alone is read."""
    if not (columns := place_columns(names)):
        return []
    why = f"{' and '.join(columns)} are not read: the geometry of each row says where it is"
    return [Fault(None, columns[0], why, "", ACCEPTED)]


def _of_parquet(opened: Opened, reading: Reading, groups: list[int] | None = None) -> Source:
    path = opened.path
    with faults_named(path), pa.parquet.ParquetFile(opened.file) as file:
        counts = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        chosen = list(range(len(counts))) if groups is None else groups
        before = sum(counts[: chosen[0]]) if chosen else 0
        part = _Part(sum(counts[n] for n in chosen), before, tuple(chosen))
        schema = file.schema_arrow
    if b"geo" not in (schema.metadata or {}):
        return _open_plain_parquet(path, reading, schema, part)
    layer = open_layer(opened, reading.options)

    def batches_of(columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        yield from read_batches(path, [*columns, layer.geometry], size, chosen)

    return _of_layer(layer, reading, part, batches_of)


def _open_plain_parquet(path: Path, reading: Reading, schema: pa.Schema, part: _Part) -> Source:
    """Open a Parquet file without geometry, whose positions are numbers in columns."""
    known = known_columns(path, schema.names, reading.options)
    known = with_cited_codes(known, reading.options.columns)
    own = {name: column for column, name in known.items()}
    notes = _without_packed_places(own, schema)
    _require_columns(path, list(own))
    columns = _read_of(list(own), reading)
    places = [name for names in PLACES if set(names) <= set(own) for name in names]
    read = {name: own[name] for name in (*columns, *places, *statement_columns(own))}
    _require_plain(path, {name: schema.field(own[name]).type for name in read})

    def records(size: int) -> Iterator[Records]:
        done = part.before + 1
        for batch in read_batches(path, list(read.values()), size, list(part.groups)):
            rows = plain_rows(path, batch, read, done)
            done += len(batch)
            yield Records(_numbered(rows.frame, path), rows.faults)

    placing, found = placing_of(path, next(records(_SAMPLE_ROWS)).frame, reading)
    detected: dict[str, Any] = {"columns": {o: k for k, o in own.items() if o != k}}
    notes = [*guard.name_notes(path, guard.PARQUET), *id_notes(own), *notes]
    notes += [*unread_statements(own), *found]
    notes += unread_synonyms(schema.names, detected["columns"])

    def batches() -> Iterator[Things]:
        for rows in records(reading.batch_rows):
            yield things_of_table(rows, placing, reading)

    detected |= _not_used(own, reading)
    if placing.columns:
        detected["crs"] = placing.crs.to_string()
    kinds = tuple(kind_name(schema.field(own[name]).type) for name in columns)
    if "id" not in own:
        columns, kinds = ("id", *columns), ("text", *kinds)
    return Source(path, guard.PARQUET, columns, kinds, part.rows, detected, notes, batches)


def _without_packed_places(own: dict[str, str], schema: pa.Schema) -> list[Fault]:
    """Leave out shapes in bytes or lists where other columns hold the positions, and say so."""
    name = own.get("coordonnees")
    if name is None or place_columns(own) == ("coordonnees",):
        return []
    kind = schema.field(name).type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return []
    del own["coordonnees"]
    why = f"“{name}” is not read: {' and '.join(place_columns(own))} say where the rows are"
    return [Fault(None, name, why, "", ACCEPTED)]


def _require_plain(path: Path, kinds: Mapping[str, pa.DataType]) -> None:
    """Refuse columns whose cells are no single values; names may be lists, ids may not."""
    for name, kind in kinds.items():
        listed_kind = kind.value_type if is_list(kind) and name not in _SINGLE else kind
        nested = pa.types.is_nested(listed_kind)
        plain = kind_name(listed_kind) in {"text", "whole", "decimal"}
        if nested or (name in _TEXTS_OR_NUMBERS and not plain):
            raise DataError(f"{path}: the column “{name}” holds {kind}; text or numbers are read.")


def _not_used(names: Iterable[str], reading: Reading) -> dict[str, list[str]]:
    every = list(names)
    schema = [column.name for column in reading.schema]
    return not_used(every, (*reading.columns, *schema, *statement_columns(every)))


def _read_of(names: Sequence[str], reading: Reading) -> tuple[str, ...]:
    return tuple(name for name in reading.columns if name in names)


def says_where(names: Iterable[str]) -> bool:
    """Tell whether the columns of a table can say anything of where its rows are."""
    held = set(names)
    return bool(place_columns(held)) or not held.isdisjoint(_WHEREABOUTS)


def _require_columns(path: Path, names: Sequence[str], sample: pd.DataFrame | None = None) -> None:
    if says_where(names):
        return
    unread = [] if sample is None else unread_places(sample, ())
    raise DataError(
        f"{path.name} has none of the columns longitude and latitude, "
        f"{', '.join(_WHEREABOUTS)}; its columns are {listed(names)}"
        f"{''.join(f'; {note.message}' for note in unread)}."
    )


def _require_rows(path: Path, rows: int) -> None:
    if not rows:
        raise DataError(f"{path} has no row; at least one is expected.")
