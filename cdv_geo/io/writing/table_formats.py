"""Write tables part by part as CSV, Parquet and GeoPackage."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio

from cdv_geo.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TextIO

# A date inside a file would make two runs differ; the edition of the data is said in the content.
FIXED_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)
PLAIN: Final = "plain"
EXCEL_FR: Final = "excel-fr"
DIALECTS: Final = (PLAIN, EXCEL_FR)

_FLOATS: Final = "%.15g"
# Also as East Asian keyboards write them, small, raised and lowered: Unicode says that they are the
# same, and so do spreadsheets there. Old ones take `|` and `%` for the beginning of a command.
_STARTS_A_FORMULA: Final = tuple(
    "=+-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05\ufe66\ufe62\ufe63\ufe6b\ufe6a\u207c\u207a\u208c\u208a"
    "\u2a75\u2a76\ufb29\u2212"
)
# Blanks, controls and marks of no width: what some programs leave out before they look at a cell.
_UNSEEN: Final = "".join(
    map(
        chr,
        (
            *range(0x21), *range(0x7F, 0xA1), 0xAD, 0x61C, 0x1680, 0x180E, *range(0x2000, 0x2010),
            *range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0xFEFF, *range(0xFFF9, 0xFFFC),
        ),
    )
)  # fmt: skip
_BREAKS: Final = ("\t", "\r", "\n")  # a cell that begins so may be read as the next one


def without_geometry(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table without its geometry.

    Parameters
    ----------
    frame
        Any table.
    """
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        return pd.DataFrame(frame.drop(columns=frame.active_geometry_name))
    return pd.DataFrame(frame)


@contextlib.contextmanager
def writing_csv(path: Path, dialect: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that appends the rows of a table to a CSV file.

    Parameters
    ----------
    path
        A new file.
    dialect
        One of `DIALECTS`.
    """
    plain = dialect == PLAIN
    encoding = "utf-8" if plain else "utf-8-sig"
    with path.open("w", encoding=encoding, newline="") as file:

        def write(frame: pd.DataFrame) -> None:
            header = file.tell() == 0
            table = without_geometry(frame)
            if plain:
                _write_plain(table, file, header=header)
            else:
                _write_excel(table, file, header=header)

        yield write


def _write_plain(table: pd.DataFrame, file: TextIO, *, header: bool) -> None:
    # Before Python 3.13 a lone carriage return is quoted only in rows that end in one themselves.
    returns = _holds(table, "\r")
    rows = _LineFeeds(file) if returns else file
    table.to_csv(
        rows,  # type: ignore[arg-type]  # it needs no more than `write`
        header=header,
        index=False,
        lineterminator="\r\n" if returns else "\n",
        float_format=_FLOATS,
    )


class _LineFeeds:
    """Hand rows that end in a carriage return and a line feed on with the line feed alone."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def _write_excel(table: pd.DataFrame, file: TextIO, *, header: bool) -> None:
    cells = table.set_axis([_inert(str(name)) for name in table.columns], axis=1)
    for place, (_, column) in enumerate(table.items()):
        if pd.api.types.is_float_dtype(column.dtype):
            cells.isetitem(place, column.to_numpy("float64", na_value=float("nan")))
        elif _may_hold_text(column):
            cells.isetitem(place, column.astype(object).map(_excel_text, na_action="ignore").array)
    cells.to_csv(
        file,
        header=header,
        index=False,
        sep=";",
        decimal=",",
        lineterminator="\r\n",
        float_format=_FLOATS,
    )


def _excel_text(value: Any) -> str:  # noqa: ANN401  # a column of objects may hold anything
    if isinstance(value, Real | Decimal):
        text = str(value) if isinstance(value, Integral) else _FLOATS % value
        return text.replace(".", ",")
    return _inert(str(value))


def _inert(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    odd = text.startswith(_BREAKS) or text.lstrip(_UNSEEN).startswith(_STARTS_A_FORMULA)
    return f"'{text}" if odd else text


def _may_hold_text(column: pd.Series) -> bool:
    kinds = pd.api.types
    return not (kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column))


def _holds(table: pd.DataFrame, mark: str) -> bool:
    """Tell whether a character stands anywhere in the texts or the names of a table."""
    return any(mark in str(name) for name in table.columns) or any(
        bool(column.astype("str").str.contains(mark, regex=False, na=False).any())
        for _, column in table.items()
        if _may_hold_text(column)
    )


@contextlib.contextmanager
def writing_parquet(path: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that appends the rows of a table to a Parquet file.

    A geometry goes in as GeoParquet 1.0 says, so that every part can be added.

    Parameters
    ----------
    path
        A new file.
    """
    with contextlib.ExitStack() as stack:
        writers: list[pa.parquet.ParquetWriter] = []

        def write(frame: pd.DataFrame) -> None:
            table = _arrow_table(frame)
            if not writers:
                writers.append(pa.parquet.ParquetWriter(path, table.schema))
                stack.enter_context(writers[0])
            try:
                writers[0].write_table(table.cast(writers[0].schema))
            except (pa.ArrowException, ValueError) as error:
                raise OutputError(f"{path.name} cannot be written in parts: {error}.") from None

        yield write


def _arrow_table(frame: pd.DataFrame) -> pa.Table:
    if not isinstance(frame, gpd.GeoDataFrame):
        return pa.Table.from_pandas(frame, preserve_index=False)
    name = frame.geometry.name
    table = pa.Table.from_pandas(pd.DataFrame(frame.to_wkb()), preserve_index=False)
    # Where no row of the first part has a place, Arrow would take the column for one of nothing.
    table = table.set_column(
        table.schema.get_field_index(name), name, table.column(name).cast(pa.binary())
    )
    crs = None if frame.crs is None else frame.crs.to_json_dict()
    geo = {
        "version": "1.0.0",
        "primary_column": name,
        "columns": {name: {"encoding": "WKB", "geometry_types": [], "crs": crs}},
    }
    metadata = {**(table.schema.metadata or {}), b"geo": json.dumps(geo).encode("utf-8")}
    return table.replace_schema_metadata(metadata)


@contextlib.contextmanager
def writing_gpkg(path: Path, title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that appends the rows of a table to a layer of a GeoPackage.

    Parameters
    ----------
    path
        A new file, or one to which this layer is added.
    title
        Name of the layer.

    Raises
    ------
    OutputError
        A text holds the character NUL, at which SQLite and GDAL would cut it.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def write(frame: pd.DataFrame) -> None:
        if not _is_layer_name(title):
            raise OutputError(f"{path.name} cannot have a layer “{title}”; choose another name.")
        if "\0" in title or _holds(without_geometry(frame), "\0"):
            raise OutputError(f"{path.name} cannot hold the character NUL, which is in a text.")
        table = frame.rename(columns=str)
        try:
            pyogrio.write_dataframe(table, path, layer=title, driver="GPKG", append=path.exists())
        except (ValueError, TypeError, NotImplementedError) as error:
            if isinstance(error, UnicodeEncodeError):
                raise
            raise OutputError(f"{path.name} cannot hold this table: {error}.") from None

    yield write


def _is_layer_name(title: str) -> bool:
    """Tell whether GDAL takes a name: none of SQLite's own, nor one that begins with a mark."""
    return not (
        title.lower().startswith(("gpkg", "sqlite_"))
        or title.startswith(tuple("`~!@#$%^&*()+-={}|[]\\:\";'<>?,./"))
    )
