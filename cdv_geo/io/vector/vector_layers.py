"""Open layers with geometry: the kind by the content, the coordinate reference system as stated.

Every kind is read as Arrow tables with the geometry as well-known binary, batch by batch, so that
one way leads from all of them to points and to outlines.
"""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyogrio

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io import guard
from cdv_geo.io.crs.crs_plausibility import (
    likely_cause,
    require_crs,
)
from cdv_geo.io.crs.crs_registers import require_alike
from cdv_geo.io.tables.column_headers import cut_name, known_name, match_columns
from cdv_geo.io.vector import geopackages
from cdv_geo.io.vector.arrow_tables import faults_named, marked_as_cut, some_batches
from cdv_geo.schemas import CITATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyproj

    from cdv_geo.io.guard import Opened
    from cdv_geo.io.open_options import OpenOptions

_BATCH_BYTES: Final = 64 << 20
_DBF_NAME: Final = 10  # characters
_FILLS: Final = "fills its field of {} bytes: it may be cut, and what stood beyond is not known"
_GDAL_WKB: Final = "wkb_geometry"


@dataclass(frozen=True)
class VectorLayer:
    """A layer that is opened.

    Parameters
    ----------
    path
        The file.
    kind
        Of `guard.KINDS`.
    crs
        The system its coordinates are in, as it states or the user does.
    geometry
        Name of its column of geometry.
    columns
        By its own name of each other column, the one by which it is known here.
    kinds
        Arrow kind of each of these.
    rows
        How many it has.
    notes
        What was found out when it was opened.
    batches
        Reads columns of it, by their own names, and the geometry: so many rows at a time.
    misfits
        Lists the values of columns, each by the name known here with its own, that are not what
        the column is declared to hold.
    """

    path: Path
    kind: str
    crs: pyproj.CRS
    geometry: str
    columns: dict[str, str]
    kinds: dict[str, pa.DataType]
    rows: int
    notes: list[Fault]
    batches: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]]
    misfits: Callable[[Mapping[str, str]], list[Fault]] = lambda _: []

    @property
    def renamed(self) -> dict[str, str]:
        """Give the columns that are known by another name than their own."""
        return {own: known for own, known in self.columns.items() if own != known}


def open_layer(opened: Opened, options: OpenOptions) -> VectorLayer:
    """Look at all that a layer says of itself, before its rows are read.

    Parameters
    ----------
    opened
        GeoPackage, GeoJSON, Shapefile (plain or zipped) or GeoParquet.
    options
        What the user states of it.

    Raises
    ------
    DataError
        It is damaged, has several layers, no geometry, or states no coordinate
        reference system that is in a register.
    """
    openers = {
        guard.GEOJSON: _open_geojson,
        guard.GEOPACKAGE: _open_geopackage,
        guard.SHAPEFILE: _open_shapefile,
        guard.PARQUET: _open_geoparquet,
    }
    layer = openers[opened.kind](opened, options)
    return replace(layer, notes=[*guard.name_notes(opened.path, opened.kind), *layer.notes])


def _open_geojson(opened: Opened, options: OpenOptions) -> VectorLayer:
    from cdv_geo.io.vector import geojson_reading  # noqa: PLC0415  # as those below: few layers need it

    with faults_named(opened.path):
        found = geojson_reading.read_feature_collection(opened, options.crs)
    names = [name for name in found.table.schema.names if name != geojson_reading.GEOMETRY]

    def batches(columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        table = pa.Table.from_batches([found.table.select([*columns, geojson_reading.GEOMETRY])])
        yield from some_batches(table.to_batches(max_chunksize=rows), table.schema)

    return VectorLayer(
        opened.path,
        guard.GEOJSON,
        found.crs,
        geojson_reading.GEOMETRY,
        known_columns(opened.path, names, options),
        {name: found.table.schema.field(name).type for name in names},
        len(found.table),
        found.faults,
        batches,
    )


def _open_geopackage(opened: Opened, options: OpenOptions) -> VectorLayer:
    path = opened.path
    contents = geopackages.look_into(path, options.layer)
    layer, notes = contents.layer, list(contents.notes)
    with _warnings_noted(notes), faults_named(path):
        info = pyogrio.read_info(
            guard.name_for_libraries(path), layer=layer, force_feature_count=True
        )

    def batches(columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        geopackages.require_small_cells(path, layer, [*columns, info["geometry_name"]])
        yield from _of_gdal(path, path, columns, rows, layer=layer)

    forms = geopackages.forms_of(info)

    def misfits(columns: Mapping[str, str]) -> list[Fault]:
        return geopackages.misfits(path, layer, columns, forms)

    code, definition = contents.system
    crs = require_crs(path, options.crs or code or definition)
    if options.crs is None and code and definition:
        require_alike(path, crs, definition)
    found = _of_info(path, guard.GEOPACKAGE, crs, info, contents.rows, notes, batches, options)
    return replace(found, misfits=misfits)


def _open_shapefile(opened: Opened, options: OpenOptions) -> VectorLayer:
    from cdv_geo.io.vector import shapefiles  # noqa: PLC0415

    path = opened.path
    with shapefiles.made_ready(path, options.layer) as ready:
        notes = list(ready.notes)
        with _warnings_noted(notes), faults_named(path):
            named = guard.name_for_libraries(ready.path)
            info = pyogrio.read_info(named, encoding=ready.encoding)
        said = options.crs or ready.crs
        if said is None:
            _refuse_without_crs(path, info["total_bounds"])
        crs = require_crs(path, said)

    # A Shapefile cuts the names of its columns.
    cut = {n: k for n in info["fields"] if not known_name(n) and (k := cut_name(n, _DBF_NAME))}
    options = replace(options, columns={**cut, **options.columns})

    known = known_columns(path, [str(name) for name in info["fields"]], options)
    texts = {own: texts for n, own in enumerate(known) if (texts := ready.cut.get(n)) is not None}
    notes += [
        Fault(row + 1, known[own], f"the text {_FILLS.format(cut.width)}", "", ACCEPTED)
        for own, cut in texts.items()
        for row in sorted(cut.rows)
    ]
    lists = {own: cut.rows for own, cut in texts.items() if known[own] in CITATIONS}

    def batches(columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        with shapefiles.made_ready(path, options.layer) as again:
            read = _of_gdal(path, again.path, columns, rows, encoding=again.encoding)
            yield from marked_as_cut(read, lists)

    return _of_info(path, guard.SHAPEFILE, crs, info, info["features"], notes, batches, options)


def _refuse_without_crs(path: Path, bounds: Sequence[float]) -> None:
    left, bottom, right, top = bounds
    middle = np.array([(left + right) / 2]), np.array([(bottom + top) / 2])
    cause = likely_cause(*middle, None)
    if cause is None or cause[1]:
        require_crs(path, None)
    else:
        raise DataError(
            f"{path} does not say its coordinate reference system (a Shapefile does so in its "
            f".prj); the coordinates fit {cause[0]}: --crs {cause[0]} states it."
        )


def _of_info(
    path: Path,
    kind: str,
    crs: pyproj.CRS,
    info: dict[str, Any],
    rows: int,
    notes: list[Fault],
    batches: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]],
    options: OpenOptions,
) -> VectorLayer:
    if info["geometry_type"] is None:
        raise DataError(f"{path} has no geometry; a layer of points or polygons is expected.")
    if not rows:
        raise DataError(f"{path} has no feature; at least one is expected.")
    names = [str(name) for name in info["fields"]]
    kinds = {name: _arrow_of(dtype) for name, dtype in zip(names, info["dtypes"], strict=True)}
    geometry = info["geometry_name"] or _GDAL_WKB
    columns = known_columns(path, names, options)
    return VectorLayer(path, kind, crs, geometry, columns, kinds, rows, notes, batches)


def _arrow_of(dtype: str) -> pa.DataType:
    kind = np.dtype(dtype)
    return pa.string() if kind.kind == "O" else pa.from_numpy_dtype(kind)


def known_columns(path: Path, names: Sequence[str], options: OpenOptions) -> dict[str, str]:
    """Give, by its own name, the one by which each column is known here.

    Raises
    ------
    DataError
        A name stands twice, or two columns stand for the same.
    """
    for name, times in Counter(names).items():
        if times > 1:
            raise DataError(f"{path} cannot be read: the column “{name}” stands twice.")
    found = match_columns(path, names, options.columns)
    return {name: found.get(name, name) for name in names}


def _of_gdal(
    path: Path, opened: Path, columns: Sequence[str], rows: int, **options: str
) -> Iterator[pa.RecordBatch]:
    # GDAL ends a batch where it takes so much; it would fill one of 2 GB. What it warns of while
    # Arrow takes a batch goes by Python: it is looked at before, and said.
    options_of_gdal = {"OGR_ARROW_MEM_LIMIT": str(_BATCH_BYTES), "CPL_LOG": os.devnull}
    pyogrio.set_gdal_config_options(options_of_gdal)
    with faults_named(path), contextlib.ExitStack() as stack:
        with _warnings_noted([]):  # they were noted when the file was opened
            _, reader = stack.enter_context(
                pyogrio.open_arrow(
                    guard.name_for_libraries(opened),
                    columns=list(columns),
                    batch_size=rows,
                    use_pyarrow=True,
                    **options,
                )
            )
        yield from some_batches(_quietly(reader), reader.schema)


def _quietly(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Read on without a line on stderr: what GDAL makes of odd rings is looked at, and said."""
    while True:
        with _warnings_noted([]):
            batch = next(iter(reader), None)
        if batch is None:
            return
        yield batch


@contextlib.contextmanager
def _warnings_noted(notes: list[Fault]) -> Iterator[None]:
    """Note what GDAL warns of, in place of a line on stderr."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    notes += [Fault(None, "", str(w.message).strip().rstrip("."), "", ACCEPTED) for w in caught]


def _open_geoparquet(opened: Opened, options: OpenOptions) -> VectorLayer:
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    from cdv_geo.io.vector import geoparquet  # noqa: PLC0415

    path = opened.path
    with faults_named(path), ParquetFile(opened.file) as file:
        rows, schema = file.metadata.num_rows, file.schema_arrow
        meta = schema.metadata or {}
    if b"geo" not in meta:
        raise DataError(f"{path} has no geometry; a layer of points or polygons is expected.")
    with faults_named(path):
        geometry, crs = geoparquet.geometry_of(path, schema, json.loads(meta[b"geo"]), options)
    names = [name for name in schema.names if name != geometry]

    def batches(columns: Sequence[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
        yield from geoparquet.read_batches(path, [*columns, geometry], batch_rows)

    kinds = {name: schema.field(name).type for name in names}
    columns = known_columns(path, names, options)
    return VectorLayer(path, guard.PARQUET, crs, geometry, columns, kinds, rows, [], batches)
