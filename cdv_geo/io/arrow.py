"""Handle Arrow tables as libraries read them, and say in one sentence what they could not read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import ShapelyError

from cdv_geo.errors import DataError
from cdv_geo.names import CUT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

_UNREADABLE: Final = (
    DataSourceError,
    DataLayerError,
    ShapelyError,
    NotImplementedError,
    pa.ArrowException,
    pyproj.exceptions.ProjError,
    ValueError,
    OSError,
)


@contextlib.contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn what a library says of a file that it cannot read into one sentence."""
    try:
        yield
    except _UNREADABLE as error:
        reason = str(error).strip().rstrip(".")
        raise DataError(f"{path} cannot be read: {reason}.") from None


def some_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give the batches, or one without rows where there are none: a table has columns anyhow."""
    found = False
    for batch in batches:
        found = True
        yield batch
    if not found:
        yield pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)


def marked_as_cut(
    batches: Iterable[pa.RecordBatch], cut: Mapping[str, Collection[int]]
) -> Iterator[pa.RecordBatch]:
    """End texts that may have been cut with the mark of it: so no list reads as if it were whole.

    Parameters
    ----------
    batches
        All rows of a file, in order.
    cut
        By column, the numbers of such rows, from 0.
    """
    done = 0
    for batch in batches:
        for name in set(cut) & set(batch.schema.names):
            at = batch.schema.get_field_index(name)
            texts = batch.column(at).to_pylist()
            for row in (row for row in range(len(texts)) if done + row in cut[name]):
                texts[row] = f"{texts[row]}{CUT}"
            batch = batch.set_column(at, name, pa.array(texts, pa.string()))  # noqa: PLW2901
        done += len(batch)
        yield batch


def plain_frame(
    path: Path, batch: pa.RecordBatch | pa.Table, own: Mapping[str, str]
) -> pd.DataFrame:
    """Turn Arrow columns into pandas', by the names known here.

    Parameters
    ----------
    path
        The file, for the message.
    batch
        As read.
    own
        By the name that is known here, that of the file.

    Raises
    ------
    DataError
        A column holds bytes that are no text.
    """
    columns = {}
    for known, name in own.items():
        try:
            columns[known] = _plain(batch.column(name))
        except pa.ArrowException as error:
            raise DataError(f"{path}: the column “{name}” cannot be read: {error}.") from None
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=_kind_of)
    return frame


def _plain(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Turn a column into one of single values: text, where it holds none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        texts = [None if row is None else ";".join(map(str, row)) for row in column.to_pylist()]
        column = pa.array(texts, pa.string())
    if pa.types.is_null(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = column.cast(pa.string())
    return column


def _kind_of(arrow: pa.DataType) -> pd.ArrowDtype | None:
    """Keep Arrow's own kind, but for texts and decimal numbers, which pandas has itself.

    Whole numbers so stay whole where some are missing.
    """
    if pa.types.is_integer(arrow):
        return pd.ArrowDtype(pa.int64())
    itself = pa.types.is_string(arrow) or pa.types.is_large_string(arrow)
    return None if itself or pa.types.is_floating(arrow) else pd.ArrowDtype(arrow)
