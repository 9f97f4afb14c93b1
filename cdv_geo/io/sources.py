"""Files of things to link, read in batches: a file may be larger than memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyproj

from cdv_geo.analysis.linking import COLUMNS_READ
from cdv_geo.errors import DataError
from cdv_geo.io.coordinates import points_of
from cdv_geo.io.tables import estimate_rows, read_header, read_table_in_blocks
from cdv_geo.io.things import CITATIONS, things_at, things_of_table
from cdv_geo.io.vectors import faults_named, open_layer, require_crs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cdv_geo.analysis.things import Things

BATCH_ROWS: Final = 1 << 19
"""Rows that are held at a time: some 200 MB with all that is made of them."""
_BUFFER: Final = 1 << 20  # bytes
_LONGITUDE, _LATITUDE = "longitude", "latitude"
_NUMPY_KINDS: Final = {"O": "text", "i": "whole", "u": "whole", "f": "decimal"}
_ENCODINGS: Final = ("WKB", "point")


@dataclass(frozen=True)
class Source:
    """A file of things to link, or a part of one.

    Parameters
    ----------
    path
        The file.
    columns
        Those of its columns that are read.
    kinds
        What these hold: `text`, `whole`, `decimal`, or the name of another kind.
    rows
        How many rows it has; of a CSV file, about how many.
    batches
        Reads it, from the beginning.
    """

    path: Path
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: int
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
        Which columns are read of a layer, besides the places, where it has them; all that `link`
        understands where not given.
    """

    crs: str
    errors: Mapping[str, float]
    batch_rows: int = BATCH_ROWS
    columns: tuple[str, ...] = (*COLUMNS_READ, "precision_position")


def open_sources(paths: Sequence[Path], reading: Reading) -> list[Source]:
    """Open files of things to link, in the order given.

    Parameters
    ----------
    paths
        CSV or Parquet with `id` and either `longitude, latitude` (degrees, WGS84) or names in
        `territoires_cites` or `quartier_cite`; or GeoParquet, GeoPackage, GeoJSON or Shapefile
        with `id` and points.
    reading
        CRS wanted, and errors of positions.

    Raises
    ------
    DataError
        A file cannot be read, has no `id`, or neither positions nor names; or the files do not
        have the same columns.
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
        if path.suffix.lower() != ".parquet":
            raise DataError(f"{path} is no .parquet file; only these are read in parts.")
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
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _open_csv(path, reading)
    return _open_parquet(path, reading) if suffix == ".parquet" else _open_layer(path, reading)


def _open_csv(path: Path, reading: Reading) -> Source:
    columns = read_header(path).columns
    _require_columns(path, columns)

    def batches() -> Iterator[Things]:
        for block in read_table_in_blocks(path):
            yield things_of_table(block, crs=reading.crs, errors=reading.errors)

    read = _read_of(columns, reading)
    return Source(path, read, ("text",) * len(read), estimate_rows(path), batches)


def _open_layer(path: Path, reading: Reading) -> Source:
    info = open_layer(path)
    with faults_named(path):
        crs = pyproj.CRS(info["crs"])
    columns = _read_of(info["fields"], reading)
    _require_id(path, info["fields"])

    def batches() -> Iterator[Things]:
        with (
            faults_named(path),
            pyogrio.open_arrow(
                path, columns=list(columns), batch_size=reading.batch_rows, use_pyarrow=True
            ) as (meta, reader),
        ):
            geometry = meta["geometry_name"] or "wkb_geometry"
            for batch in _some(reader, reader.schema):
                yield _things(geometry, crs, batch, reading)

    kind_of = dict(zip(info["fields"], info["dtypes"], strict=True))
    kinds = tuple(_NUMPY_KINDS.get(np.dtype(kind_of[c]).kind, str(kind_of[c])) for c in columns)
    return Source(path, columns, kinds, info["features"], batches)


def _open_parquet(path: Path, reading: Reading, groups: list[int] | None = None) -> Source:
    with faults_named(path), pa.parquet.ParquetFile(path) as file:
        chosen = list(range(file.num_row_groups)) if groups is None else groups
        rows = sum(file.metadata.row_group(group).num_rows for group in chosen)
        schema = file.schema_arrow
    columns = _read_of(schema.names, reading)
    places, things_of = _layout(path, schema)

    def batches() -> Iterator[Things]:
        # Arrow's own default keeps all that it has read of a file until it is closed.
        slim = {"pre_buffer": False, "buffer_size": _BUFFER}
        with faults_named(path), pa.parquet.ParquetFile(path, **slim) as file:
            read = pa.schema([schema.field(name) for name in (*columns, *places)])
            found = file.iter_batches(reading.batch_rows, chosen, read.names)
            for batch in _some(found, read):
                yield things_of(batch, reading)

    kinds = tuple(_arrow_kind(schema.field(name).type) for name in columns)
    return Source(path, columns, kinds, rows, batches)


def _arrow_kind(arrow: pa.DataType) -> str:
    if pa.types.is_dictionary(arrow):
        return _arrow_kind(arrow.value_type)
    if pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_null(arrow):
        return "text"
    if pa.types.is_integer(arrow):
        return "whole"
    return "decimal" if pa.types.is_floating(arrow) else str(arrow)


def _some(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give the batches, or one without rows where there are none: a table has columns anyhow."""
    found = False
    for batch in batches:
        found = True
        yield batch
    if not found:
        yield pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)


def _layout(
    path: Path, schema: pa.Schema
) -> tuple[list[str], Callable[[pa.RecordBatch, Reading], Things]]:
    """Tell from the schema of a Parquet file which columns hold the places, and how."""
    meta = schema.metadata or {}
    if b"geo" in meta:
        _require_id(path, schema.names)
        with faults_named(path):
            geometry, crs = _geometry_of(path, json.loads(meta[b"geo"]))
        if geometry not in schema.names:
            raise DataError(f"{path} has no column “{geometry}”, which its “geo” metadata name.")
        return [geometry], partial(_things, geometry, crs)
    _require_columns(path, schema.names)
    degrees = [name for name in (_LONGITUDE, _LATITUDE) if name in schema.names]
    return degrees, _things_of_degrees


def _geometry_of(path: Path, geo: Any) -> tuple[str, pyproj.CRS]:  # noqa: ANN401
    """Read from the metadata of a GeoParquet file which column holds the points, in which CRS."""
    try:
        name = geo["primary_column"]
        column = geo["columns"][name]
        encoding = column["encoding"]
        crs = column.get("crs", "OGC:CRS84")  # the format's own default where nothing is said
    except (KeyError, TypeError, AttributeError):
        raise DataError(f"{path} has “geo” metadata that are not those of GeoParquet.") from None
    if encoding not in _ENCODINGS:
        accepted = ", ".join(_ENCODINGS)
        raise DataError(
            f"{path}: the geometry is encoded as “{encoding}”; accepted are {accepted}."
        )
    require_crs(path, crs)
    return name, pyproj.CRS(crs)


def _things_of_degrees(batch: pa.RecordBatch, reading: Reading) -> Things:
    return things_of_table(_plain(batch), crs=reading.crs, errors=reading.errors)


def _things(geometry: str, crs: pyproj.CRS, batch: pa.RecordBatch, reading: Reading) -> Things:
    x, y, odd = points_of(batch.column(geometry))
    table = _plain(batch.drop_columns([geometry]))
    return things_at(table, (x, y), odd, crs=(crs, reading.crs), errors=reading.errors)


def _plain(batch: pa.RecordBatch) -> pd.DataFrame:
    """Turn Arrow columns into pandas'; whole numbers stay whole where some are missing."""
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch]
    columns = [c.cast(pa.string()) if pa.types.is_null(c.type) else c for c in columns]
    plain = pa.Table.from_arrays(columns, names=batch.schema.names)
    frame: pd.DataFrame = plain.to_pandas(types_mapper=_kind_of)
    return frame


def _kind_of(arrow: pa.DataType) -> pd.ArrowDtype | None:
    """Keep Arrow's own kind, but for texts and decimal numbers, which pandas has itself."""
    if pa.types.is_integer(arrow):
        return pd.ArrowDtype(pa.int64())
    itself = pa.types.is_string(arrow) or pa.types.is_large_string(arrow)
    return None if itself or pa.types.is_floating(arrow) else pd.ArrowDtype(arrow)


def _read_of(names: Sequence[str], reading: Reading) -> tuple[str, ...]:
    return tuple(name for name in reading.columns if name in names)


def _require_id(path: Path, names: Sequence[str]) -> None:
    if "id" not in names:
        raise DataError(f"{path.name} has no column “id”; its columns are {', '.join(names)}.")


def _require_columns(path: Path, names: Sequence[str]) -> None:
    _require_id(path, names)
    if not {_LONGITUDE, *CITATIONS} & set(names):
        raise DataError(
            f"{path.name} has none of the columns longitude and latitude, {', '.join(CITATIONS)}; "
            f"its columns are {', '.join(names)}."
        )
