"""Read a file back before it goes to its place: a light check of its kind."""

from __future__ import annotations

import codecs
import json
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet

from cdv_geo.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CHUNK: Final = 1 << 20  # bytes


def verify(part: Path, rows: int | None = None) -> None:
    """Refuse a file that is not whole.

    Parameters
    ----------
    part
        The file; its ending says what kind it is of. One of no known kind must hold something.
    rows
        How many rows it must hold, where its kind counts them; not compared where not given.

    Raises
    ------
    OutputError
        The file is not what its ending says, or rows are missing.
    OSError, sqlite3.Error, pyarrow.ArrowException, zipfile.BadZipFile
        The file cannot be read.
    """
    if part.stat().st_size == 0:
        raise _damaged(part, "it is empty")
    check = _CHECKS.get(part.suffix.lower())
    found = None if check is None else check(part)
    if rows is not None and found is not None and found != rows:
        raise _damaged(part, f"{rows} rows were written and {found} are in it")


def _damaged(part: Path, what: str) -> OutputError:
    return OutputError(f"{part} was not written whole: {what}.")


def _check_csv(part: Path) -> None:
    """Check that it is UTF-8, that no quote stands open and that the last row ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes, last = 0, b""
    try:
        for last in _chunks(part):
            decoder.decode(last)
            quotes += last.count(b'"')
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _damaged(part, "it is no UTF-8") from None
    if quotes % 2 or not last.endswith(b"\n"):
        raise _damaged(part, "its last row does not end")


def _chunks(part: Path) -> Iterator[bytes]:
    with part.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _check_parquet(part: Path) -> int:
    with pa.parquet.ParquetFile(part) as file:
        rows: int = file.metadata.num_rows
    return rows


def _check_gpkg(part: Path) -> int:
    with closing(sqlite3.connect(f"{part.absolute().as_uri()}?mode=ro", uri=True)) as database:
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _damaged(part, verdict)
        tables = [row[0] for row in database.execute("SELECT table_name FROM gpkg_contents")]
        if not tables:
            raise _damaged(part, "it has no layer")
        return sum(_count(database, table) for table in tables)


def _count(database: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    count: int = database.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0]  # noqa: S608
    return count


def _check_xlsx(part: Path) -> None:
    with zipfile.ZipFile(part) as archive:
        damaged = archive.testzip()
        if damaged is not None or "[Content_Types].xml" not in archive.namelist():
            raise _damaged(part, f"{damaged or '[Content_Types].xml'} is missing or damaged")


def _check_geojson(part: Path) -> int | None:
    """Parse line by line what has a feature a line, so that any size of file can be checked."""
    rows = 0
    try:
        with part.open(encoding="utf-8", newline="\n") as file:
            head = file.readline()
            if not head.endswith("[\n"):
                _parse(head + file.read())
                return None
            _parse(f"{head}]}}")
            for line in file:
                if line == "]}\n":
                    break
                _parse(line.removesuffix("\n").removesuffix(","))
                rows += 1
            else:
                raise _damaged(part, "it does not end")
    except ValueError as error:
        raise _damaged(part, f"it is no JSON ({error})") from None
    return rows


def _parse(text: str) -> None:
    json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


_CHECKS: Final[dict[str, Callable[[Path], int | None]]] = {
    ".csv": _check_csv,
    ".parquet": _check_parquet,
    ".gpkg": _check_gpkg,
    ".xlsx": _check_xlsx,
    ".geojson": _check_geojson,
}
