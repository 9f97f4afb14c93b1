"""Write files whole or not at all; the same content gives the same bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd

from cdv_geo.errors import OutputError
from cdv_geo.file_names import name_as_text
from cdv_geo.io.writing.atomic_replacing import refusals, staged
from cdv_geo.io.writing.geojson_writing import writing_geojson
from cdv_geo.io.writing.read_back import verify
from cdv_geo.io.writing.table_formats import (
    DIALECTS,
    PLAIN,
    writing_csv,
    writing_gpkg,
    writing_parquet,
)
from cdv_geo.io.writing.workbook_writing import writing_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_Write = Callable[[pd.DataFrame], None]
_NEED_NAMES: Final = {".gpkg", ".parquet", ".geojson"}


@contextlib.contextmanager
def replacing(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary path beside the target; put it in its place once it is whole.

    A reader, or a run that is killed, sees the old file or the new one and never a part. What is
    written is read back before it goes to its place. What killed runs left in the folder is
    cleared away.

    Parameters
    ----------
    path
        The target: a plain file, or nothing yet. Its ending says how it is read back.
    overwrite
        Whether a file that exists is replaced. If not, one that appears meanwhile stays too.

    Raises
    ------
    OutputError
        The file exists and may not be replaced, is no plain file, or cannot be written.
    """
    with staged(path, overwrite=overwrite) as part, _naming(part, path):
        yield part
        verify(part)


def write_bytes(content: bytes, path: Path, *, overwrite: bool) -> None:
    """Write bytes to a file, whole or not at all."""
    with replacing(path, overwrite=overwrite) as part:
        part.write_bytes(content)


def write_table(
    frame: pd.DataFrame, path: Path, *, overwrite: bool, title: str = "", dialect: str = PLAIN
) -> None:
    """Write a table in the format of the file's ending.

    Parameters
    ----------
    frame
        Any table; a geometry goes into GeoPackage, GeoParquet or GeoJSON, which needs one, and is
        left out elsewhere.
    path
        Ends in `.csv` (machine keys), `.xlsx` (French headers), `.gpkg`, `.parquet` or `.geojson`
        (longitude and latitude with 7 decimals, as RFC 7946 says).
    overwrite
        Whether a file that exists is replaced.
    title
        Name of the sheet, of the layer or of the collection.
    dialect
        Of a `.csv`. `plain` is UTF-8 with commas and line feeds and keeps every text exactly.
        `excel-fr` opens in a French Excel by a double click: UTF-8 with a byte order mark,
        semicolons, decimal commas, CRLF; and a text or a name of a column that begins with
        `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe before it, so that it
        is no formula. Numbers get none. A text that looks like a number, such as 01004, stays
        as it is, and Excel will show it without its zeros: take `.xlsx` where that matters. In
        both, a missing value and an empty text are the same empty cell.

    Raises
    ------
    OutputError
        The ending or the dialect is not accepted, the format cannot hold the table, or the file
        cannot be written.
    """
    with writing_table(path, overwrite=overwrite, title=title, dialect=dialect) as write:
        write(frame)


@contextlib.contextmanager
def writing_table(
    path: Path, *, overwrite: bool, title: str = "", dialect: str = PLAIN
) -> Iterator[_Write]:
    """Give a function that writes a table part by part; the file is there when all is written.

    Parameters
    ----------
    path, overwrite, title, dialect
        As for `write_table`; a workbook takes one part only. Every part has the same columns.

    Raises
    ------
    OutputError
        As for `write_table`.
    """
    writer = _table_writer(path, title or name_as_text(path.stem), dialect)
    rows = 0
    with staged(path, overwrite=overwrite) as part, contextlib.ExitStack() as stack:
        with refusals(path):
            write_part = stack.enter_context(writer(part))

        def write(frame: pd.DataFrame) -> None:
            nonlocal rows
            _refuse_names(frame, path)
            with _naming(part, path):
                write_part(frame)
            rows += len(frame)

        try:
            yield write
        except BaseException:
            # The first fault is the one to tell; closing a file that is given up may fail again.
            with contextlib.suppress(Exception):
                stack.close()
            raise
        with _naming(part, path):
            stack.close()
            verify(part, rows)


@contextlib.contextmanager
def _naming(part: Path, path: Path) -> Iterator[None]:
    """Refuse with the name of the target, whatever goes wrong with the temporary file."""
    try:
        with refusals(path):
            yield
    except OutputError as error:
        text = str(error).replace(str(part), str(path)).replace(part.name, path.name)
        raise type(error)(text) from None


def _refuse_names(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix.lower() in _NEED_NAMES and not frame.columns.is_unique:
        raise OutputError(f"{path} cannot hold two columns of the same name.")


def _table_writer(
    path: Path, title: str, dialect: str
) -> Callable[[Path], AbstractContextManager[_Write]]:
    writers: dict[str, Callable[[Path], AbstractContextManager[_Write]]] = {
        ".csv": partial(writing_csv, dialect=dialect),
        ".xlsx": partial(writing_xlsx, title=title),
        ".gpkg": partial(writing_gpkg, title=title),
        ".parquet": writing_parquet,
        ".geojson": partial(writing_geojson, title=title),
    }
    ending = path.suffix.lower()
    if ending not in writers:
        accepted = ", ".join(writers)
        raise OutputError(f"{path.name} ends in “{path.suffix}”; accepted are {accepted}.")
    if dialect not in DIALECTS:
        raise OutputError(f"“{dialect}” is no dialect; accepted are {', '.join(DIALECTS)}.")
    if dialect != PLAIN and ending != ".csv":
        raise OutputError(f"{path.name} is no .csv, which alone has the dialect “{dialect}”.")
    return writers[ending]


def write_layers(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write several tables into one new GeoPackage, one layer each, for QGIS."""
    for name, frame in layers.items():
        with writing_gpkg(path, name) as write:
            write(frame)
