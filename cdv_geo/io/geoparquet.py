"""Look into Parquet files: which column holds the geometry, in which system; rows by the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet

from cdv_geo.errors import DataError
from cdv_geo.io.arrow import faults_named, some_batches
from cdv_geo.io.reference_systems import require_crs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyproj

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.stated import Stated

_BUFFER: Final = 1 << 20  # bytes
_ENCODINGS: Final = ("WKB", "point")


def has_geometry(opened: Opened) -> bool:
    """Tell whether a Parquet file is a layer.

    Raises
    ------
    DataError
        It cannot be read.
    """
    with faults_named(opened.path):
        return b"geo" in (pa.parquet.read_schema(opened.file).metadata or {})


def read_batches(
    path: Path, columns: Sequence[str], rows: int, groups: list[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read columns of a Parquet file, of all its row groups or some, so many rows at a time."""
    # Arrow's own default keeps all that it has read of a file until it is closed.
    slim = {"pre_buffer": False, "buffer_size": _BUFFER}
    with faults_named(path), pa.parquet.ParquetFile(path, **slim) as file:
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
        yield from some_batches(file.iter_batches(rows, groups, list(columns)), schema)


def geometry_of(path: Path, geo: dict[str, Any], stated: Stated) -> tuple[str, pyproj.CRS]:
    """Read from the metadata of a GeoParquet file which column holds the geometry, in which CRS.

    Raises
    ------
    DataError
        The metadata are not those of the format, or state no CRS that is in a register.
    """
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
    return name, require_crs(path, stated.crs or crs)
