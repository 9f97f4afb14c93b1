"""Look into a GeoPackage before GDAL does: a database can hold more than tables."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io.vector.arrow_tables import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

_APPLICATIONS: Final = (0x47504B47, 0x47503130, 0x47503131)  # GPKG, GP10, GP11
_SAYS_NONE: Final = re.compile(r"undefined\s*$|\bundefined [\w ]*SRS\b", re.IGNORECASE)
_REGISTERS: Final = ("EPSG", "ESRI", "IGNF")
# A word, a name in any of its four quotations, a text, or a mark; comments and blanks go by.
_TOKEN: Final = re.compile(
    r"""(?: [ \t\n\f\r]++ | --[^\n]*+ | /\*.*?(?:\*/|\Z) )*+
    ( '(?:[^']|'')*+' | "(?:[^"]|"")*+" | `(?:[^`]|``)*+` | \[[^\]]*+\]
    | [\w$\x80-\U0010FFFF]++ | . )""",
    re.VERBOSE | re.DOTALL,
)
_NO_KIND: Final = ("TEMP", "TEMPORARY", "UNIQUE")
_OWN_MODULES: Final = ("rtree", "rtree_i32")
# What a trigger of the standard, or of GDAL's count of features, may change.
_OWN_TABLES: Final = re.compile(r"rtree_.+|gpkg_ogr_contents", re.IGNORECASE | re.DOTALL)
# A layer has some fifteen objects, and 2,000 columns are described in some 100 kB.
_MOST_OBJECTS: Final = 10_000
_LONGEST_DEFINITION: Final = 1 << 20  # characters
_LARGEST_CELL: Final = 16 << 20  # bytes: a million points
# Bytes of the box before a geometry, by three bits of the flags of its head.
_BOXES: Final = (0, 32, 48, 48, 64)
_HEAD: Final = 8 + 5  # bytes of the package's own and of well-known binary
_LONGEST_DEFAULT: Final = 1_000  # characters, which stand for every row that has none of its own

# Of a text that is a day, and only of such, SQLite makes the same text when it reckons with it. It
# also takes `now`, numbers and hours without a day, of which none begins with one.
_DAY: Final = "typeof({0}) = 'text' AND date(substr({0}, 1, 10), '+0 days') IS substr({0}, 1, 10)"
_WHOLE: Final = "typeof({{0}}) = 'integer' AND {{0}} BETWEEN {} AND {}"


@dataclass(frozen=True)
class Form:
    """How the values of a column have to be stored, and what they are called.

    Parameters
    ----------
    fits
        A condition of SQL, with `{0}` for the value.
    called
        What they are, in words.
    """

    fits: str
    called: str


_FORMS: Final = {
    "OFTReal": Form("typeof({0}) IN ('integer', 'real')", "number"),
    "OFTString": Form("typeof({0}) <> 'blob'", "text"),
    "OFTDate": Form(_DAY, "date (YYYY-MM-DD)"),
    "OFTDateTime": Form(
        f"{_DAY} AND datetime({{0}}) IS NOT NULL", "date and time (YYYY-MM-DDTHH:MM:SSZ)"
    ),
}


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
        It is damaged or no GeoPackage, is open elsewhere, holds a view, a foreign trigger, a
        virtual table or a column that is computed, or has several layers and none is named.
    """
    _require_closed(path)
    with _database(path) as database:
        if database.execute("PRAGMA application_id").fetchone()[0] not in _APPLICATIONS:
            raise DataError(f"{path} is an SQLite database, and no GeoPackage.")
        chosen = _layer(path, database, layer)
        rows = int(database.execute(f'SELECT count(*) FROM "{_quoted(chosen)}"').fetchone()[0])  # noqa: S608  # a name of the file, quoted
        system = _system(database, chosen)
        (geometry,) = database.execute(
            "SELECT CAST(column_name AS TEXT) FROM gpkg_geometry_columns WHERE table_name = ?",
            (chosen,),
        ).fetchone()
        _require_small_cells(path, database, chosen, geometry)
        heads = _without_head(database, chosen, geometry)
        notes = [*_count_notes(database, chosen, rows), *heads]
        return Contents(chosen, rows, system, notes)


def require_small_cells(path: Path, layer: str, columns: Iterable[str]) -> None:
    """Refuse a value that is too large to be read, in columns that are.

    Raises
    ------
    DataError
        There is one, or the file cannot be read.
    """
    if path.stat().st_size > _LARGEST_CELL:
        with _connected(path) as database:
            for column in columns:
                _require_small_cells(path, database, layer, column)


def _require_small_cells(path: Path, database: sqlite3.Connection, layer: str, column: str) -> None:
    name = f'"{_quoted(column)}"'
    # The length of a blob stands in the head of its row; that of a text ends at its first NUL.
    found = database.execute(
        f"SELECT max(CASE typeof({name}) WHEN 'blob' THEN length({name}) "  # noqa: S608  # names of the file, quoted
        f'ELSE length(CAST({name} AS BLOB)) END) FROM "{_quoted(layer)}"'
    )
    largest = found.fetchone()[0] or 0
    if largest > _LARGEST_CELL:
        raise DataError(
            f"{path}: a value of the column “{column}” has {largest / (1 << 20):,.0f} MB; at most "
            f"{_LARGEST_CELL >> 20} MB are read."
        )


def forms_of(info: Mapping[str, Any]) -> dict[str, Form]:
    """Give, by its name, how the values of each column have to be stored to be read as they are.

    Parameters
    ----------
    info
        What GDAL says of the layer: it reads a column as what is declared.
    """
    forms = {}
    described = (info[name] for name in ("fields", "ogr_types", "ogr_subtypes", "dtypes"))
    for name, kind, finer, dtype in zip(*described, strict=True):
        if finer == "OFSTBoolean":
            forms[name] = Form(_WHOLE.format(0, 1), "truth value (0 or 1)")
        elif kind in {"OFTInteger", "OFTInteger64"}:
            held = np.iinfo(dtype)
            bits = f"whole number of {held.bits} bits"
            forms[name] = Form(_WHOLE.format(f"({held.min})", held.max), bits)
        elif kind in _FORMS:
            forms[name] = _FORMS[kind]
    return forms


def misfits(
    path: Path, layer: str, columns: Mapping[str, str], forms: Mapping[str, Form]
) -> list[Fault]:
    """Reject rows with a value that is not of its column: GDAL reads `abc` in one of numbers as 0.

    SQLite keeps a value of any kind in a column of any.

    Parameters
    ----------
    path
        The file.
    layer
        Of it.
    columns
        By the names known here, the own name of each column that is read.
    forms
        Of `forms_of`.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    odd = {}
    for known, own in columns.items():
        if own in forms:
            name = f'"{_quoted(own)}"'
            odd[known] = f"{name} IS NOT NULL AND NOT ({forms[own].fits.format(name)})"
    if not odd:
        return []
    faults = []
    table = f'"{_quoted(layer)}"'
    with _connected(path) as database:
        each = ", ".join(f"max({condition})" for condition in odd.values())
        found = database.execute(f"SELECT {each} FROM {table}").fetchone()  # noqa: S608  # names of the file, quoted
        for known in (known for known, some in zip(odd, found, strict=True) if some):
            own = columns[known]
            value = f'CASE WHEN {odd[known]} THEN CAST("{_quoted(own)}" AS BLOB) END'
            rows = database.execute(f"SELECT {value} FROM {table} ORDER BY rowid")  # noqa: S608
            faults += [
                _misfit(row, known, content, forms[own].called)
                for row, (content,) in enumerate(rows, 1)
                if content is not None
            ]
    return faults


def _misfit(row: int, column: str, content: bytes, called: str) -> Fault:
    value = content.decode("utf-8", "backslashreplace")
    return Fault(row, column, f"“{value}” is no {called}", value)


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
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    # `immutable` keeps SQLite from making a file beside it, even where it may write.
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            yield database
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a GeoPackage: {reason_of(error)}.") from None


@contextlib.contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    with _connected(path) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")  # which can be any expression
        _require_plain(path, database)
        damage = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise DataError(f"{path} is damaged: {damage.splitlines()[-1]}.")
        yield database


def _require_plain(path: Path, database: sqlite3.Connection) -> None:
    """Refuse a database that holds more than tables, before anything in it is made use of."""
    count, longest = database.execute(
        "SELECT count(*), coalesce(max(length(sql)), 0) FROM sqlite_master"
    ).fetchone()
    if count > _MOST_OBJECTS or longest > _LONGEST_DEFINITION:
        raise DataError(
            f"{path} has {count:,} tables and indexes, the longest described in {longest:,} "
            f"characters; at most {_MOST_OBJECTS:,} and {_LONGEST_DEFINITION:,} are accepted."
        )
    found = database.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall()
    for name, sql in found:
        tokens = _tokens(sql)
        # By the statement, as SQLite does: what the table says of it beside can be wrong.
        kind = next((word for word in tokens[1:] if word not in _NO_KIND), "")
        if kind == "VIEW":
            raise DataError(f"{path} has the view “{name}”; a GeoPackage of tables is read.")
        if kind == "TRIGGER" and not _is_of_the_standard(tokens):
            raise DataError(
                f"{path} has the trigger “{name}”, which is not of the standard; save its layer in "
                "a new file."
            )
        if kind == "VIRTUAL" and _module(tokens) not in _OWN_MODULES:
            raise DataError(
                f"{path} has “{name}”, a virtual table; a GeoPackage of tables is read."
            )
    _require_stored(path, database)


def _require_stored(path: Path, database: sqlite3.Connection) -> None:
    """Refuse columns of which the values do not stand in the file: they can be of any size."""
    found = database.execute(
        "SELECT m.name, x.name, x.hidden > 1, coalesce(length(x.dflt_value), 0) "
        "FROM sqlite_master m, pragma_table_xinfo(m.name) x WHERE m.type = 'table'"
    )
    for table, column, computed, default in found:
        if computed:
            raise DataError(
                f"{path}: the column “{column}” of “{table}” is computed; a GeoPackage of stored "
                "columns is read."
            )
        if default > _LONGEST_DEFAULT:
            raise DataError(
                f"{path}: the column “{column}” of “{table}” has a default of {default:,} "
                f"characters; at most {_LONGEST_DEFAULT:,} are accepted."
            )


def _tokens(sql: str) -> list[str]:
    """Give words in capitals, and names as they are called, with a quotation mark before them."""
    found = (match[1] for match in _TOKEN.finditer(sql))
    return [_called(token) if token[0] in "\"`['" else token.upper() for token in found]


def _called(quoted: str) -> str:
    mark = quoted[0]
    return '"' + quoted[1:-1].replace(2 * mark, mark)


def _module(tokens: list[str]) -> str:
    """Give the module of a virtual table: the word after USING, which follows its name."""
    after = tokens[3:]  # CREATE VIRTUAL TABLE
    if after[:3] == ["IF", "NOT", "EXISTS"]:
        after = after[3:]
    if after[1:2] == ["."]:  # after the name of the database
        after = after[2:]
    return after[2].removeprefix('"').lower() if after[1:2] == ["USING"] else ""


def _is_of_the_standard(tokens: list[str]) -> bool:
    """Tell whether a trigger keeps an index or a count up to date, or checks values."""
    body = tokens[tokens.index("BEGIN") :] if "BEGIN" in tokens else tokens
    changed = []
    for at, word in enumerate(body):
        if word in {"INTO", "UPDATE"} or (word == "FROM" and body[at - 1] == "DELETE"):
            after = body[at + 1 : at + 4]
            changed += after[2:] if after[:1] == ["OR"] else after[:1]
    return all(_OWN_TABLES.fullmatch(name.removeprefix('"')) for name in changed)


def _layer(path: Path, database: sqlite3.Connection, layer: str | None) -> str:
    layers = [
        row[0]
        for row in database.execute(
            "SELECT CAST(c.table_name AS TEXT) FROM gpkg_contents c JOIN gpkg_geometry_columns g "
            "ON g.table_name = c.table_name WHERE c.data_type = 'features' ORDER BY 1"
        )
    ]
    if layer is not None:
        if layer not in layers:
            raise DataError(f"{path} has no layer “{layer}”; its layers are {listed(layers)}.")
        return layer
    if len(layers) != 1:
        names = listed(layers) or "none with a geometry"
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
    definition = next(
        (t for t in described if isinstance(t, str) and t and not _SAYS_NONE.search(t)), None
    )
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


def _without_head(database: sqlite3.Connection, layer: str, geometry: str) -> list[Fault]:
    """Reject rows whose geometry does not begin as one: GDAL reads it as none."""
    name, heads = f'"{_quoted(geometry)}"', []
    for box, size in enumerate(_BOXES):
        flags = (f"'{flag:02X}'" for flag in range(256) if flag >> 1 & 7 == box and not flag & 32)
        fits = f"hex(substr({name}, 4, 1)) IN ({','.join(flags)})"
        heads.append(f"(length({name}) >= {_HEAD + size} AND {fits})")
    begins = (
        f"typeof({name}) = 'blob' AND substr({name}, 1, 2) = x'4750' AND ({' OR '.join(heads)})"
    )
    odd = f"{name} IS NOT NULL AND NOT ({begins})"
    table = f'"{_quoted(layer)}"'
    if database.execute(f"SELECT 1 FROM {table} WHERE {odd} LIMIT 1").fetchone() is None:  # noqa: S608
        return []
    why = "the geometry cannot be read: it does not begin as those of a GeoPackage do"
    rows = database.execute(f"SELECT {odd} FROM {table} ORDER BY rowid")  # noqa: S608
    return [Fault(row, "geometry", why) for row, (is_odd,) in enumerate(rows, 1) if is_odd]


def _quoted(name: str) -> str:
    return name.replace('"', '""')
