"""Handle Arrow tables as libraries read them, and say in one sentence what they could not read."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import ShapelyError

from cdv_geo.errors import DataError
from cdv_geo.faults import Fault
from cdv_geo.gazetteer import CUT

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
    RecursionError,
    UnboundLocalError,  # of pyogrio, where the text of a system is no UTF-8
)
_TEXTS: Final = (
    pa.types.is_null,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_string_view,
)
_LONGEST: Final = 200  # characters of what a library says
_SHOWN: Final = 40  # bytes of a text that cannot be read
_WHOLE_DIGITS: Final = 18  # that any whole number of 64 bits can have


@contextlib.contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn what a library says of a file that it cannot read into one sentence."""
    try:
        yield
    except _UNREADABLE as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from None


def reason_of(error: object) -> str:
    """Say in one line, and not at length, what a library could not read."""
    if isinstance(error, UnicodeDecodeError):
        return f"{_shown(error.object)} is no UTF-8 text"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnboundLocalError):
        return "its coordinate reference system is no UTF-8 text"
    said = " ".join(str(error).split()).rstrip(".")
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _shown(content: bytes) -> str:
    text = content[:_SHOWN].decode("utf-8", "backslashreplace")
    return f"“{text}”" if len(content) <= _SHOWN else f"“{text}…”"


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


@dataclass(frozen=True)
class Rows:
    """Rows as they were read.

    Parameters
    ----------
    frame
        By the names known here; the index is the number of each row in its file.
    faults
        Rows of which a text cannot be read; nothing stands there.
    """

    frame: pd.DataFrame
    faults: list[Fault]


def plain_rows(
    path: Path, batch: pa.RecordBatch | pa.Table, own: Mapping[str, str], first: int = 1
) -> Rows:
    """Turn Arrow columns into pandas', by the names known here.

    Parameters
    ----------
    path
        The file, for the message.
    batch
        As read.
    own
        By the name that is known here, that of the file.
    first
        Number of its first row in the file.

    Raises
    ------
    DataError
        A column cannot be read.
    """
    columns, faults = {}, []
    for known, name in own.items():
        try:
            columns[known], unread = _plain(batch.column(name))
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise DataError(
                f"{path}: the column “{name}” cannot be read: {reason_of(error)}."
            ) from None
        faults += [
            Fault(first + at, known, f"{_shown(text)} is no UTF-8 text")
            for at, text in unread.items()
        ]
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=_kind_of)
    frame.index = pd.RangeIndex(first, first + len(batch))
    return Rows(frame, faults)


def _plain(
    column: pa.ChunkedArray | pa.Array,
) -> tuple[pa.ChunkedArray | pa.Array, dict[int, bytes]]:
    """Turn a column into one of single values: text, where it holds none.

    Returns
    -------
    The column, and by position what is no text; nothing stands there.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if is_list(kind):
        return _joined(column)
    if pa.types.is_decimal(kind):
        return column.cast(pa.int64() if kind_name(kind) == "whole" else pa.float64()), {}
    if not any(is_text(kind) for is_text in _TEXTS):
        return column, {}
    content = column.cast(pa.large_binary())
    try:
        return content.cast(pa.large_string()), {}  # which looks at every byte
    except pa.ArrowInvalid:
        return _texts(content.to_pylist())


def _joined(
    column: pa.ChunkedArray | pa.Array,
) -> tuple[pa.ChunkedArray | pa.Array, dict[int, bytes]]:
    """Write each list as one text with `;`; nothing within a list is left out."""
    if any(is_text(column.type.value_type) for is_text in _TEXTS):
        column = column.cast(pa.large_list(pa.large_binary()))
    lists = ([_bytes(v) for v in row or () if v is not None] for row in column.to_pylist())
    return _texts([b";".join(row) or None for row in lists])


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _texts(contents: list[bytes | None]) -> tuple[pa.Array, dict[int, bytes]]:
    """Decode texts one by one."""
    texts: list[str | None] = []
    unread = {}
    for at, content in enumerate(contents):
        try:
            texts.append(None if content is None else content.decode())
        except UnicodeDecodeError:
            texts.append(None)
            unread[at] = content or b""
    return pa.array(texts, pa.large_string()), unread


def is_list(kind: pa.DataType) -> bool:
    """Tell whether the cells of a column are lists."""
    kinds = pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list
    return any(is_one(kind) for is_one in kinds)


def kind_name(kind: pa.DataType) -> str:
    """Name what a column holds once it is plain: `text`, `whole`, `decimal`, or another kind."""
    if pa.types.is_dictionary(kind):
        return kind_name(kind.value_type)
    if any(is_text(kind) for is_text in _TEXTS):
        return "text"
    if pa.types.is_decimal(kind):
        return "whole" if kind.scale == 0 and kind.precision <= _WHOLE_DIGITS else "decimal"
    if pa.types.is_integer(kind):
        return "whole"
    return "decimal" if pa.types.is_floating(kind) else str(kind)


def _kind_of(arrow: pa.DataType) -> pd.ArrowDtype | None:
    """Keep Arrow's own kind, but for texts and decimal numbers, which pandas has itself.

    Whole numbers so stay whole where some are missing.
    """
    if pa.types.is_integer(arrow):
        return pd.ArrowDtype(pa.int64())
    itself = pa.types.is_string(arrow) or pa.types.is_large_string(arrow)
    return None if itself or pa.types.is_floating(arrow) else pd.ArrowDtype(arrow)
