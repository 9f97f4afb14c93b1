"""Look into Parquet files: which column holds the geometry, in which system; rows by the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from cdv_geo.errors import DataError, listed
from cdv_geo.io.crs.crs_plausibility import require_crs
from cdv_geo.io.guard import name_for_libraries
from cdv_geo.io.vector.arrow_tables import faults_named, reason_of, some_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyproj

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.open_options import OpenOptions

_BUFFER: Final = 1 << 20  # bytes
_ENCODINGS: Final = ("WKB", "point")
_MEGABYTE: Final = 1 << 20
_BATCH_BYTES: Final = 64 * _MEGABYTE
_LARGEST_VALUE: Final = 16 * _MEGABYTE
# A value that stands for all rows takes no byte of the file: some are usual, and whole files of
# them are bombs, as is what is packed to a small part of itself.
_ROWS_OF_NO_BYTE: Final = 100_000
_MOST_UNPACKED: Final = 256 * _MEGABYTE
_HIGHEST_RATIO: Final = 200
_MOST_GROUPS: Final = 10_000


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
    with faults_named(path), pa.parquet.ParquetFile(name_for_libraries(path), **slim) as file:
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
        rows = min(rows, _rows_at_once(path, file, columns, groups))
        try:
            yield from some_batches(file.iter_batches(rows, groups, list(columns)), schema)
        except pa.ArrowInvalid as error:
            packed = [field.name for field in schema if pa.types.is_dictionary(field.type)]
            if not packed or "UTF8" not in str(error):
                raise
            # Arrow looks at the texts of such a column before it makes rows of them.
            raise DataError(
                f"{path}: a text in {listed(packed)} is no UTF-8; its row is not known, since "
                "equal texts of a column are kept once."
            ) from None


def _rows_at_once(
    path: Path, file: pa.parquet.ParquetFile, columns: Sequence[str], groups: list[int] | None
) -> int:
    """Give how many rows memory should hold, by what the file says that they take.

    Raises
    ------
    DataError
        They take so much more than the file that it is a bomb, or a value is too large.
    """
    meta = file.metadata
    if meta.num_row_groups > _MOST_GROUPS:
        raise DataError(
            f"{path} has {meta.num_row_groups:,} row groups; at most {_MOST_GROUPS:,} are accepted."
        )
    leaves = [
        at
        for at, leaf in enumerate(file.schema.column(n).path for n in range(meta.num_columns))
        if leaf in columns or leaf.split(".")[0] in columns
    ]
    fewest, unpacked, values = _BATCH_BYTES, 0, 0
    for group in range(meta.num_row_groups) if groups is None else groups:
        chunks = [meta.row_group(group).column(at) for at in leaves]
        longest = _longest_values(path, group, chunks)
        whole = [
            max(chunk.total_uncompressed_size, chunk.num_values * size)
            for chunk, size in zip(chunks, longest, strict=True)
        ]
        values += max((chunk.num_values for chunk in chunks), default=0)
        unpacked += sum(whole)
        fewest = min(fewest, _BATCH_BYTES * meta.row_group(group).num_rows // max(sum(whole), 1))
    size = path.stat().st_size
    many = values > max(size, _ROWS_OF_NO_BYTE)
    if many or unpacked > max(_MOST_UNPACKED, _HIGHEST_RATIO * size):
        raise DataError(
            f"{path} has {size:,} bytes for {values:,} values of {unpacked / _MEGABYTE:,.0f} MB; "
            f"at most one value a byte (or {_ROWS_OF_NO_BYTE:,}) and {_HIGHEST_RATIO} times its "
            f"size (or {_MOST_UNPACKED / _MEGABYTE:,.0f} MB) are accepted."
        )
    return max(fewest, 1)


def _longest_values(path: Path, group: int, chunks: list[Any]) -> list[int]:
    """Give the bytes of the longest value that stands once for many rows, of columns of a group.

    Raises
    ------
    DataError
        A column is packed too much to be looked into, or a value is too large.
    """
    longest = [0] * len(chunks)
    for at, chunk in enumerate(chunks):
        packed = chunk.total_uncompressed_size > _HIGHEST_RATIO * chunk.total_compressed_size
        if packed and chunk.total_uncompressed_size > _BATCH_BYTES:
            raise DataError(
                f"{path}: the column “{chunk.path_in_schema}” would unpack to "
                f"{chunk.total_uncompressed_size / _MEGABYTE:,.0f} MB, more than {_HIGHEST_RATIO} "
                "times its size."
            )
        # Below this, neither a value nor all of them can be too large.
        may_be_large = chunk.num_values * chunk.total_uncompressed_size > _LARGEST_VALUE
        if chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page and may_be_large:
            longest[at] = _longest_of_dictionary(path, group, chunk.path_in_schema)
            if longest[at] > _LARGEST_VALUE:
                raise DataError(
                    f"{path}: a value of the column “{chunk.path_in_schema}” has "
                    f"{longest[at] / _MEGABYTE:,.0f} MB; at most "
                    f"{_LARGEST_VALUE / _MEGABYTE:.0f} MB are read."
                )
    return longest


def _longest_of_dictionary(path: Path, group: int, leaf: str) -> int:
    """Read one row of a column, which brings the dictionary of all, and no row of it twice."""
    with pa.parquet.ParquetFile(
        name_for_libraries(path), read_dictionary=[leaf], pre_buffer=False
    ) as file:
        column = next(file.iter_batches(1, [group], [leaf])).column(0)
    while not pa.types.is_dictionary(column.type):
        if not pa.types.is_nested(column.type) or pa.types.is_struct(column.type):
            return 0
        column = column.values
    return int(pa.compute.max(pa.compute.binary_length(column.dictionary)).as_py() or 0)


def geometry_of(
    path: Path, schema: pa.Schema, geo: dict[str, Any], options: OpenOptions
) -> tuple[str, pyproj.CRS]:
    """Read from the metadata of a GeoParquet file which column holds the geometry, in which CRS.

    Raises
    ------
    DataError
        The metadata are not those of the format, name a column that is none or holds something
        else, or state no CRS that is in a register.
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
    if name not in schema.names:
        raise DataError(f"{path} has no column “{name}”, which its “geo” metadata name.")
    kind, points = schema.field(name).type, encoding == "point"
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    if not (_is_point(kind) if points else binary):
        expected = "x and y as decimal numbers" if points else "well-known binary"
        raise DataError(
            f"{path}: the column “{name}” holds {reason_of(kind)}, no geometry; {expected} as its "
            "“geo” metadata say is expected."
        )
    return name, require_crs(path, options.crs or crs)


def _is_point(kind: pa.DataType) -> bool:
    fields = {kind.field(n).name: kind.field(n).type for n in range(kind.num_fields)}
    return pa.types.is_struct(kind) and all(
        name in fields and pa.types.is_floating(fields[name]) for name in ("x", "y")
    )
