"""Write files whole or not at all; the same content gives the same bytes."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import xlsxwriter
from pyogrio.errors import DataSourceError
from xlsxwriter.exceptions import FileCreateError

from cdv_geo import vocabulary
from cdv_geo.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A date inside a file would make two runs differ; the edition of the data is said in the content.
_FIXED_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)
MANIFEST: Final = "manifest.json"
_MAKER: Final = "cdv_geo"
_WIDEST_COLUMN: Final = 48
_HEADER_HEIGHT: Final = 75  # points: five lines of a long header
_A4: Final = 9  # its number in the file format

_TableWriter = Callable[[Path, str], AbstractContextManager[Callable[[pd.DataFrame], None]]]


@contextlib.contextmanager
def replacing(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary path beside the target; put it in its place once it is whole.

    A reader, or a run that is killed, sees the old file or the new one and never a part.

    Raises
    ------
    OutputError
        The file exists and may not be replaced, or its folder cannot be written.
    """
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; give --overwrite to replace it.")
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, DataSourceError, FileCreateError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{path} cannot be written: {reason}.") from None
    finally:
        part.unlink(missing_ok=True)


def write_bytes(content: bytes, path: Path, *, overwrite: bool) -> None:
    """Write bytes to a file, whole or not at all."""
    with replacing(path, overwrite=overwrite) as part:
        part.write_bytes(content)


def write_table(frame: pd.DataFrame, path: Path, *, overwrite: bool, title: str = "") -> None:
    """Write a table in the format of the file's ending.

    Parameters
    ----------
    frame
        Any table; a geometry goes into a GeoPackage or GeoParquet and is left out elsewhere.
    path
        Ends in `.csv` (UTF-8, comma, machine keys), `.xlsx` (French headers), `.gpkg` or
        `.parquet`.
    overwrite
        Whether a file that exists is replaced.
    title
        Name of the sheet or of the layer.

    Raises
    ------
    OutputError
        The ending is not accepted, or the file cannot be written.
    """
    with writing_table(path, overwrite=overwrite, title=title) as write:
        write(frame)


@contextlib.contextmanager
def writing_table(
    path: Path, *, overwrite: bool, title: str = ""
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that writes a table part by part; the file is there when all is written.

    Parameters
    ----------
    path, overwrite, title
        As for `write_table`; a workbook takes one part only. Every part has the same columns.

    Raises
    ------
    OutputError
        As for `write_table`.
    """
    writer = _table_writer(path)
    with (
        replacing(path, overwrite=overwrite) as part,
        writer(part, title or path.stem) as write,
    ):
        yield write


def _table_writer(path: Path) -> _TableWriter:
    writers: dict[str, _TableWriter] = {
        ".csv": _writing_csv,
        ".xlsx": _writing_xlsx,
        ".gpkg": _writing_gpkg,
        ".parquet": _writing_parquet,
    }
    if path.suffix.lower() not in writers:
        accepted = ", ".join(writers)
        raise OutputError(f"{path.name} ends in “{path.suffix}”; accepted are {accepted}.")
    return writers[path.suffix.lower()]


def write_layers(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write several tables into one new GeoPackage, one layer each, for QGIS."""
    for name, frame in layers.items():
        with _writing_gpkg(path, name) as write:
            write(frame)


def rebuild_folder(
    folder: Path,
    writers: Mapping[str, Callable[[Path], None]],
    *,
    overwrite: bool,
    step: Callable[[str, int, int], None],
) -> list[Path]:
    """Write the files of a folder, and remove those that an earlier run made and this one does not.

    The manifest in the folder names what the program made. It is written first, so that a run
    that is stopped half-way leaves nothing behind that the next run would not know as its own.

    Parameters
    ----------
    folder
        Made where it is missing; files that the manifest does not name are left alone.
    writers
        By file name, what writes it to a given path.
    overwrite
        Whether a file that no earlier run made may be replaced.
    step
        Told what is being made, how many files are done and of how many.

    Raises
    ------
    OutputError
        A file is in the way, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}.") from None
    manifest = folder / MANIFEST
    known = _read_manifest(manifest)
    strangers = [n for n in writers if n not in known and (folder / n).exists()]
    if strangers and not overwrite:
        raise OutputError(
            f"{folder / strangers[0]} exists and was not made by an earlier run; "
            "give --overwrite to replace it."
        )
    _write_manifest(manifest, sorted({*known, *writers}))
    for done, (name, writer) in enumerate(writers.items()):
        step(name, done, len(writers))
        with replacing(folder / name, overwrite=True) as part:
            writer(part)
    for name in set(known) - set(writers):
        (folder / name).unlink(missing_ok=True)
    _write_manifest(manifest, sorted(writers))
    return [folder / name for name in writers]


def _read_manifest(path: Path) -> list[str]:
    """Read the names that an earlier run made; a manifest of another program is never obeyed."""
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        names = content["files"] if content["made_by"] == _MAKER else None
    except (OSError, ValueError, KeyError, TypeError):
        names = None
    if not isinstance(names, list) or not all(_is_plain_name(name) for name in names):
        raise OutputError(f"{path} was not made by this program; choose another folder.")
    return names


def _is_plain_name(name: object) -> bool:
    """Tell whether a name stays in its folder."""
    return isinstance(name, str) and name not in {"", ".", ".."} and Path(name).name == name


def _write_manifest(path: Path, names: list[str]) -> None:
    content = json.dumps({"made_by": _MAKER, "files": names}, ensure_ascii=False, indent=2)
    write_bytes(content.encode("utf-8"), path, overwrite=True)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return frame


@contextlib.contextmanager
def _writing_csv(path: Path, _title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    with path.open("w", encoding="utf-8", newline="") as file:

        def write(frame: pd.DataFrame) -> None:
            _plain(frame).to_csv(
                file,
                header=file.tell() == 0,
                index=False,
                lineterminator="\n",
                float_format="%.15g",
            )

        yield write


@contextlib.contextmanager
def _writing_parquet(path: Path, _title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Write Parquet; a geometry goes in as GeoParquet 1.0 says, so that every part can be added."""
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
    crs = None if frame.crs is None else frame.crs.to_json_dict()
    geo = {
        "version": "1.0.0",
        "primary_column": name,
        "columns": {name: {"encoding": "WKB", "geometry_types": [], "crs": crs}},
    }
    metadata = {**(table.schema.metadata or {}), b"geo": json.dumps(geo).encode("utf-8")}
    return table.replace_schema_metadata(metadata)


@contextlib.contextmanager
def _writing_gpkg(path: Path, title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    pyogrio.set_gdal_config_options(
        {"OGR_CURRENT_DATE": _FIXED_DATE.strftime("%Y-%m-%dT%H:%M:%SZ")}
    )

    def write(frame: pd.DataFrame) -> None:
        pyogrio.write_dataframe(frame, path, layer=title, driver="GPKG", append=path.exists())

    yield write


@contextlib.contextmanager
def _writing_xlsx(path: Path, title: str) -> Iterator[Callable[[pd.DataFrame], None]]:
    yield lambda frame: _write_xlsx(frame, path, title)


def _write_xlsx(frame: pd.DataFrame, path: Path, title: str) -> None:
    """Write one sheet with French headers; text stays text and never becomes a formula."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": title, "created": _FIXED_DATE.replace(tzinfo=None)})
        header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        sheet = book.add_worksheet(title[:31])
        plain = _plain(frame)
        for column, name in enumerate(plain.columns):
            label = vocabulary.column_label(str(name))
            missing = "n. d." if pd.api.types.is_numeric_dtype(plain[name]) else ""
            cells = [missing if pd.isna(v) else _cell(name, v) for v in plain[name]]
            sheet.write_string(0, column, label, header)
            style = book.add_format({"num_format": _number_format(str(name))})
            for row, cell in enumerate(cells, start=1):
                sheet.write(row, column, cell, style)
            longest = max([12, *(len(str(cell)) for cell in cells if isinstance(cell, str))])
            sheet.set_column(column, column, min(longest + 2, _WIDEST_COLUMN))
        names = [str(name) for name in plain.columns]
        sheet.freeze_panes(1, names.index("nom") + 1 if "nom" in names else 0)
        sheet.set_row(0, _HEADER_HEIGHT)
        sheet.autofilter(0, 0, max(len(plain), 1), max(len(plain.columns) - 1, 0))
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.repeat_rows(0)


def _cell(column: str, value: Any) -> str | float:  # noqa: ANN401
    return vocabulary.value_label(column, value) if isinstance(value, str) else float(value)


def _number_format(column: str) -> str:
    if column.endswith(("_share", "share_of_population")):
        return "0.0%"
    if column.endswith("_per_1000") or column == "area_ha":
        return "#,##0.00"
    if column in {"generation", "within_m"}:
        return "0"
    return "#,##0"
