"""Look into a GeoPackage before GDAL does: a database can hold more than tables."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_APPLICATIONS: Final = (0x47504B47, 0x47503130, 0x47503131)  # GPKG, GP10, GP11
# What a trigger of the standard, or of GDAL's count of features, may change.
_CHANGES: Final = re.compile(
    r"\b(?:(?:INSERT(?:\s+OR\s+\w+)?|REPLACE)\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+"
    r"[\"`\[]?(\w+)",
    re.IGNORECASE,
)
_SAYS_NONE: Final = re.compile(r"undefined\s*$|\bundefined [\w ]*SRS\b", re.IGNORECASE)
_REGISTERS: Final = ("EPSG", "ESRI", "IGNF")
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_OWN_TABLES: Final = re.compile(r"rtree_\w+|gpkg_ogr_contents", re.IGNORECASE)
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_VIRTUAL: Final = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\b", re.IGNORECASE)
_OWN_VIRTUAL: Final = re.compile(r"\bUSING\s+rtree(?:_i32)?\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class Contents:
    """What a GeoPackage holds.

    Parameters
    ----------
    layer
        The layer that is read.
    rows
        How many rows it has, counted.
    system
        The code of its coordinate reference system, and how the file describes it; None where it
        does not say.
    notes
        What is odd about it.
    """

    layer: str
    rows: int
    system: tuple[str | None, str | None]
    notes: list[Fault]


def look_into(path: Path, layer: str | None) -> Contents:
    """Check a GeoPackage, and choose its layer.

    Parameters
    ----------
    path
        The file.
    layer
        The one that is wanted; None where the file has one.

    Raises
    ------
    DataError
        It is damaged or no GeoPackage, is open elsewhere, holds a view, a foreign trigger or a
        virtual table, or has several layers and none is named.
    """
    _require_closed(path)
    with _database(path) as database:
        if database.execute("PRAGMA application_id").fetchone()[0] not in _APPLICATIONS:
            raise DataError(f"{path} is an SQLite database, and no GeoPackage.")
        _require_plain(path, database)
        chosen = _layer(path, database, layer)
        rows = int(database.execute(f'SELECT count(*) FROM "{_quoted(chosen)}"').fetchone()[0])  # noqa: S608  # a name of the file, quoted
        system = _system(database, chosen)
        return Contents(chosen, rows, system, _count_notes(database, chosen, rows))


def _require_closed(path: Path) -> None:
    """Refuse a file with changes that another program has not written into it yet."""
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_size:
            raise DataError(
                f"{path} has changes beside it ({beside.name}) that are not part of it yet; close "
                "it in the program that has it open."
            )


@contextlib.contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    # `immutable` keeps SQLite from making a file beside it, even where it may write.
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            damage = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise DataError(f"{path} is damaged: {damage.splitlines()[-1]}.")
            yield database
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be read as a GeoPackage: {error}.") from None


def _require_plain(path: Path, database: sqlite3.Connection) -> None:
    found = database.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    for kind, name, written in found:
        # Literals first: what looks like a comment within one is none.
        sql = _COMMENT.sub(" ", _LITERAL.sub("''", written))
        if kind == "view":
            raise DataError(f"{path} has the view “{name}”; a GeoPackage of tables is read.")
        if kind == "trigger" and not _is_of_the_standard(sql):
            raise DataError(
                f"{path} has the trigger “{name}”, which is not of the standard; save its layer in "
                "a new file."
            )
        if _VIRTUAL.match(sql) and not _OWN_VIRTUAL.search(sql):
            raise DataError(
                f"{path} has “{name}”, a virtual table; a GeoPackage of tables is read."
            )


def _is_of_the_standard(sql: str) -> bool:
    """Tell whether a trigger keeps an index or a count up to date, or checks values."""
    body = re.split(r"\bBEGIN\b", sql, maxsplit=1, flags=re.IGNORECASE)[-1]
    return all(_OWN_TABLES.fullmatch(table) for table in _CHANGES.findall(body))


def _layer(path: Path, database: sqlite3.Connection, layer: str | None) -> str:
    layers = [
        row[0]
        for row in database.execute(
            "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g "
            "ON g.table_name = c.table_name WHERE c.data_type = 'features' ORDER BY 1"
        )
    ]
    if layer is not None:
        if layer not in layers:
            raise DataError(f"{path} has no layer “{layer}”; its layers are {listed(layers)}.")
        return layer
    if len(layers) != 1:
        names = ", ".join(layers) or "none with a geometry"
        raise DataError(
            f"{path} has {len(layers)} layers ({names}); one is expected, or --layer names it."
        )
    return str(layers[0])


def _system(database: sqlite3.Connection, layer: str) -> tuple[str | None, str | None]:
    """Give the code of the system of a layer, and its description, in the newer form if need be."""
    found = database.execute(
        "SELECT s.* FROM gpkg_spatial_ref_sys s JOIN gpkg_geometry_columns g "
        "ON g.srs_id = s.srs_id WHERE g.table_name = ?",
        (layer,),
    )
    names = [column[0] for column in found.description]
    row = dict(zip(names, found.fetchone() or [None] * len(names), strict=True))
    described = [row.get(name) for name in ("definition", "definition_12_063")]
    definition = next((text for text in described if text and not _SAYS_NONE.search(text)), None)
    known = str(row["organization"]).upper() in _REGISTERS
    code = f"{row['organization']}:{row['organization_coordsys_id']}" if known else None
    return code, definition


def _count_notes(database: sqlite3.Connection, layer: str, rows: int) -> list[Fault]:
    """Compare the count that the file keeps of its rows: readers that trust it lose some."""
    try:
        claimed = database.execute(
            "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?", (layer,)
        ).fetchone()
    except sqlite3.OperationalError:
        return []  # the table is GDAL's own, and not part of the standard
    if claimed is None or claimed[0] in (None, rows):
        return []
    why = f"the file says that it has {claimed[0]} rows, and has {rows}; all of them are read"
    return [Fault(None, "", why, str(claimed[0]), ACCEPTED)]


def _quoted(name: str) -> str:
    return name.replace('"', '""')
