"""Read all rows of a layer, with their outlines brought to the metric system of a territory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from cdv_geo.errors import DataError
from cdv_geo.faults import PLACE, REJECTED, REPAIRED, Fault, rejected_rows
from cdv_geo.io import guard
from cdv_geo.io.crs.crs_plausibility import (
    accuracy_notes,
    impossible,
    moved,
    require_possible,
)
from cdv_geo.io.open_options import NO_OPTIONS
from cdv_geo.io.positions.coordinate_rounding import rounding_errors, rounding_notes, written_units
from cdv_geo.io.vector.arrow_tables import faults_named, plain_rows
from cdv_geo.io.vector.circular_arcs import tolerance_in
from cdv_geo.io.vector.wkb_geometries import Geometries, read_geometries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    import pyproj

    from cdv_geo.io.crs.crs_registers import Box

from cdv_geo.io.vector.vector_layers import VectorLayer, open_layer

_BATCH_ROWS: Final = 1 << 16
_MEGABYTE: Final = 1 << 20
# What is read as a whole: its shapes take several times as much while they are looked at.
_MOST_BYTES: Final = 128 * _MEGABYTE
_WHOLE: Final = pd.ArrowDtype(pa.int64())


@dataclass(frozen=True)
class Features:
    """All rows of a layer.

    Parameters
    ----------
    layer
        Where they are from.
    frame
        Its columns by the names known here, and `geometry` in the metric CRS; the index is the
        number of each feature, from 1.
    faults
        What was found; a row that is `rejected` is not in the frame.
    """

    layer: VectorLayer
    frame: gpd.GeoDataFrame
    faults: list[Fault]


def read_layer(path: Path, *, crs: str) -> gpd.GeoDataFrame:
    """Read a layer, bring it to the territory's metric CRS, and refuse it if a row is at fault.

    Parameters
    ----------
    path
        Of a kind that `open_layer` takes.
    crs
        CRS wanted, such as ``"EPSG:2154"``.

    Raises
    ------
    DataError
        It is no such file, or a geometry cannot be read or lies where it cannot be.
    """
    with guard.admitted(path, guard.LAYERS) as opened:
        features = read_features(open_layer(opened, NO_OPTIONS), crs=crs)
    for fault in features.faults:
        if fault.done == REJECTED:
            raise DataError(f"{path}: feature {fault.row}, {fault.message}.")
    return features.frame


def read_features(
    layer: VectorLayer, *, crs: str, home: Box | None = None, columns: Collection[str] | None = None
) -> Features:
    """Read all rows of a layer and bring them to the territory's metric CRS.

    Parameters
    ----------
    layer
        As opened.
    crs
        CRS wanted, such as ``"EPSG:2154"``.
    home
        West, south, east, north of the territory, degrees, where it is known.
    columns
        Those that are wanted, by the names known here; all where None.

    Raises
    ------
    DataError
        The coordinates cannot be where the file says, rows are missing, or they take too much
        memory.
    """
    path = layer.path
    with faults_named(path):
        own = {
            known: name
            for name, known in layer.columns.items()
            if _is_plain(layer, name) and (columns is None or known in columns)
        }
        table = _whole(path, layer.batches(list(own.values()), _BATCH_ROWS))
        if len(table) != layer.rows:
            raise DataError(f"{path} has {layer.rows} rows, and {len(table)} could be read.")
        found = geometries_of(layer, table)
    geometry = found.shapes
    x, y = _middles(geometry)
    require_possible(path, (x, y), layer.crs, home)
    faults = [
        *layer.notes,
        *layer.misfits(own),
        *(Fault(row + 1, "geometry", why, "", REPAIRED) for row, why in found.mended.items()),
        *(Fault(row + 1, "geometry", why, "") for row, why in found.unread.items()),
        *_misplaced(x, y, layer.crs),
        *accuracy_notes(layer.crs, crs, x, y),
        *_rounding_of_outlines(geometry, layer.crs),
    ]
    rows = plain_rows(path, table, own)
    faults += rows.faults
    frame = rows.frame
    whole = [n for n in frame if frame[n].dtype == _WHOLE and frame[n].notna().all()]
    frame = frame.astype(dict.fromkeys(whole, "int64"))
    placed = gpd.GeoDataFrame(frame, geometry=brought(geometry, layer.crs, crs), crs=crs)
    return Features(layer, placed[~placed.index.isin(list(rejected_rows(faults)))], faults)


def _whole(path: Path, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Join batches, as long as they do not take too much memory."""
    kept, taken = [], 0
    for batch in batches:
        kept.append(batch)
        taken += batch.nbytes
        if taken > _MOST_BYTES:
            raise DataError(
                f"{path} takes more than {_MOST_BYTES / _MEGABYTE:.0f} MB to read as a whole, as "
                "outlines are; a file of fewer or simpler ones is accepted."
            )
    return pa.Table.from_batches(kept)


def geometries_of(layer: VectorLayer, table: pa.Table | pa.RecordBatch) -> Geometries:
    """Make the geometries of rows of a layer, and say what cannot be read.

    Raises
    ------
    DataError
        They are in an encoding of GeoParquet other than well-known binary.
    """
    column = table.column(layer.geometry)
    if pa.types.is_nested(column.type):
        raise DataError(
            f"{layer.path}: outlines are encoded as {column.type}; WKB, the usual encoding of "
            "GeoParquet, is read."
        )
    return read_geometries(column, tolerance_in(layer.crs))


def _is_plain(layer: VectorLayer, name: str) -> bool:
    """Tell whether a column holds single values: not boxes, nor a second geometry."""
    kind = layer.kinds[name]
    return not (pa.types.is_struct(kind) or pa.types.is_binary(kind))


def brought(geometry: Any, source: pyproj.CRS, target: str) -> Any:  # noqa: ANN401
    """Bring geometries from one system to another, as `moved` does coordinates."""

    def move(places: Any) -> Any:  # noqa: ANN401
        return np.column_stack(moved(places[:, 0], places[:, 1], source, target))

    return shapely.transform(geometry, move)


def _middles(geometry: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Give the middle of the bounds of each geometry; NaN where there is none."""
    left, bottom, right, top = shapely.bounds(geometry).T
    return (left + right) / 2, (bottom + top) / 2


def _rounding_of_outlines(geometry: Any, crs: pyproj.CRS) -> list[Fault]:  # noqa: ANN401
    """Say that corners in degrees were rounded: what is drawn is off, whatever its precision says.

    Metres of a drawing may be round.
    """
    x, y = shapely.get_coordinates(geometry).T
    units = written_units(x, y, crs) if crs.is_geographic else None
    return rounding_notes("geometry", units, rounding_errors(x, y, crs, units))


def _misplaced(x: Any, y: Any, crs: pyproj.CRS) -> list[Fault]:  # noqa: ANN401
    return [
        Fault(row + 1, "geometry", why, f"{x[row]:.10g} {y[row]:.10g}", kind=PLACE)
        for row, why in impossible(x, y, crs).items()
    ]
