"""Files of things to link, read in batches: a file may be larger than memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyproj

from cdv_geo.analysis.linking import COLUMNS_READ
from cdv_geo.errors import DataError
from cdv_geo.io.coordinates import points_of
from cdv_geo.io.tables import estimate_rows, read_header, read_table_in_blocks
from cdv_geo.io.things import CITATIONS, WGS84, things_at, things_of_table
from cdv_geo.io.vectors import open_layer, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cdv_geo.analysis.things import Things

BATCH_ROWS: Final = 1 << 19
"""Rows that are held at a time: some 200 MB with all that is made of them."""
_READ: Final = (*COLUMNS_READ, "precision_position")
_LONGITUDE, _LATITUDE = "longitude", "latitude"


@dataclass(frozen=True)
class Source:
    """A file of things to link, or a part of one.

    Parameters
    ----------
    path
        The file.
    columns
        Those of its columns that are read.
    rows
        How many rows it has; of a CSV file, about how many.
    batches
        Reads it, from the beginning.
    """

    path: Path
    columns: tuple[str, ...]
    rows: int
    batches: Callable[[], Iterator[Things]]


@dataclass(frozen=True)
class Frame:
    """What coordinates are brought to.

    Parameters
    ----------
    crs
        Metric CRS wanted.
    errors
        Metres by which a position may be off, by the beginning of `precision_position`.
    """

    crs: str
    errors: Mapping[str, float]


def open_sources(paths: Sequence[Path], frame: Frame) -> list[Source]:
    """Open files of things to link, in the order given.

    Parameters
    ----------
    paths
        CSV or Parquet with `id` and either `longitude, latitude` (degrees, WGS84) or names in
        `territoires_cites` or `quartier_cite`; or GeoParquet, GeoPackage, GeoJSON or Shapefile
        with `id` and points.
    frame
        CRS wanted, and errors of positions.

    Raises
    ------
    DataError
        A file cannot be read, has no `id`, or neither positions nor names; or the files do not
        have the same columns.
    """
    sources = [_open(path, frame) for path in paths]
    for source in sources[1:]:
        if source.columns != sources[0].columns:
            raise DataError(
                f"{source.path} has the columns {', '.join(source.columns)}, and "
                f"{sources[0].path} has {', '.join(sources[0].columns)}; "
                "files that are linked together have the same."
            )
    return sources


def parquet_parts(path: Path, frame: Frame) -> list[Source]:
    """Open each row group of a Parquet file by itself, to be read on several machines.

    Raises
    ------
    DataError
        It is no Parquet file, or not one of things.
    """
    if path.suffix.lower() != ".parquet":
        raise DataError(f"{path} is no .parquet file; only these are read in parts.")
    with reading(path):
        groups = pa.parquet.ParquetFile(path).num_row_groups
    return [_open_parquet(path, frame, [group]) for group in range(groups)]


def _open(path: Path, frame: Frame) -> Source:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _open_csv(path, frame)
    return _open_parquet(path, frame) if suffix == ".parquet" else _open_layer(path, frame)


def _open_csv(path: Path, frame: Frame) -> Source:
    columns, _ = read_header(path)
    _require_columns(path, columns)

    def batches() -> Iterator[Things]:
        for block in read_table_in_blocks(path):
            yield things_of_table(block, crs=frame.crs, errors=frame.errors)

    return Source(path, _read_of(columns), estimate_rows(path), batches)


def _open_layer(path: Path, frame: Frame) -> Source:
    info = open_layer(path)
    columns = _read_of(info["fields"])
    _require_id(path, info["fields"])

    def batches() -> Iterator[Things]:
        with (
            reading(path),
            pyogrio.open_arrow(
                path, columns=list(columns), batch_size=BATCH_ROWS, use_pyarrow=True
            ) as (meta, reader),
        ):
            geometry = meta["geometry_name"] or "wkb_geometry"
            for batch in reader:
                yield _things(batch, geometry, pyproj.CRS(info["crs"]), frame)

    return Source(path, columns, info["features"], batches)


def _open_parquet(path: Path, frame: Frame, groups: list[int] | None = None) -> Source:
    with reading(path):
        file = pa.parquet.ParquetFile(path)
        names, meta = file.schema_arrow.names, file.schema_arrow.metadata or {}
        rows = sum(file.metadata.row_group(g).num_rows for g in _groups(file, groups))
    columns = _read_of(names)
    if b"geo" in meta:
        _require_id(path, names)
        geometry, crs = _geometry_of(path, json.loads(meta[b"geo"]))
        read = [*columns, geometry]
    else:
        _require_columns(path, names)
        geometry, crs = None, pyproj.CRS(WGS84)
        read = [name for name in names if name in {*columns, _LONGITUDE, _LATITUDE}]

    def batches() -> Iterator[Things]:
        with reading(path), pa.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, _groups(file, groups), read):
                if geometry is None:
                    yield things_of_table(_plain(batch), crs=frame.crs, errors=frame.errors)
                else:
                    yield _things(batch, geometry, crs, frame)

    return Source(path, columns, rows, batches)


def _groups(file: pa.parquet.ParquetFile, chosen: list[int] | None) -> list[int]:
    return list(range(file.num_row_groups)) if chosen is None else chosen


def _geometry_of(path: Path, geo: Mapping[str, Any]) -> tuple[str, pyproj.CRS]:
    """Read from the metadata of a GeoParquet file which column holds the points, in which CRS."""
    name = geo["primary_column"]
    column = geo["columns"][name]
    if column["encoding"] not in {"WKB", "point"}:
        raise DataError(
            f"{path}: the geometry is encoded as “{column['encoding']}”; accepted are WKB, point."
        )
    crs = column.get("crs", "OGC:CRS84")  # the format's own default where nothing is said
    if crs is None:
        raise DataError(
            f"{path} does not say its coordinate reference system; it is never guessed."
        )
    return name, pyproj.CRS(crs)


def _things(batch: pa.RecordBatch, geometry: str, crs: pyproj.CRS, frame: Frame) -> Things:
    x, y, odd = points_of(batch.column(geometry))
    table = _plain(batch.drop_columns([geometry]))
    return things_at(table, (x, y), odd, crs=(crs, frame.crs), errors=frame.errors)


def _plain(batch: pa.RecordBatch) -> pd.DataFrame:
    """Turn Arrow columns into pandas'; whole numbers stay whole where some are missing."""

    def kind(arrow: pa.DataType) -> pd.ArrowDtype | None:
        return pd.ArrowDtype(arrow) if pa.types.is_integer(arrow) else None

    frame: pd.DataFrame = batch.to_pandas(types_mapper=kind)
    return frame


def _read_of(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in _READ if name in names)


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
