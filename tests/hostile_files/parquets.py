"""Parquet files that are odd or broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from hostile_files.case import Make, accepted, lost, noticed, partly, raw, refused
from hostile_files.layers import METRIC, area, frame

Metadata = dict[str, object]


def _layer(change: Callable[[Metadata], object] = lambda geo: geo, crs: str = METRIC) -> Make:
    """A GeoParquet of the two squares, with other metadata."""

    def make(folder: Path) -> Path:
        path = folder / "qpv.parquet"
        frame(crs=crs).to_parquet(path)
        table = pq.read_table(path)
        changed = change(json.loads(table.schema.metadata[b"geo"]))
        text = changed if isinstance(changed, str) else json.dumps(changed)
        pq.write_table(table.replace_schema_metadata({"geo": text}), path)
        return path

    return make


def _column(**members: object) -> Make:
    """Other members of the metadata of the geometry."""

    def change(geo: Metadata) -> Metadata:
        column = {**geo["columns"]["geometry"], **members}
        return {**geo, "columns": {"geometry": column}}

    return _layer(change)


def _table(**columns: object) -> Make:
    """A plain Parquet of two équipements."""
    common = {
        "id": ["e1", "e2"],
        "nom": ["Crèche", "Gymnase"],
        "type": ["crèche", "gymnase"],
        "code_insee": ["73065", "73065"],
        "latitude": [45.571, 45.572],
        "longitude": [5.921, 5.922],
        "statut": ["ouvert", "ouvert"],
        "source": ["relevé", "relevé"],
    }
    return _written(pa.table({**common, **columns}))


def _written(table: pa.Table) -> Make:
    def make(folder: Path) -> Path:
        pq.write_table(table, folder / "a.parquet")
        return folder / "a.parquet"

    return make


def _cut(folder: Path) -> Path:
    path = _table()(folder)
    path.write_bytes(path.read_bytes()[:-30])
    return path


_TWICE = pa.Table.from_arrays(
    [pa.array(["e1"]), pa.array(["e2"]), pa.array([45.57]), pa.array([5.92])],
    names=["id", "id", "latitude", "longitude"],
)
_NO_ROW = pa.table({"id": pa.array([], pa.string()), "latitude": pa.array([], pa.float64())})
_NESTED = pa.array([{"a": "e1"}, {"a": "e2"}])
_WKB = [shapely.to_wkb(area(n)) for n in range(2)]
_INFINITE = float("inf")

PLACES = (
    accepted("a Parquet of équipements", _table(), kept=2),
    accepted("codes as numbers in Parquet", _table(code_insee=[1004, 73065]), "01004", kept=2,
             repaired=1),
    accepted("codes as decimals in Parquet", _table(code_insee=[1004.0, 73065.0]), "01004",
             kept=2),
    accepted("numbers as text in Parquet", _table(latitude=["45,571", "45,572"]), kept=2),
    noticed("ids that are bytes", _table(id=[b"e1", b"\xff\xfe"]), r"\bid\b"),
    lost("ids that are structures", _table(id=_NESTED), r"\bid\b"),
    lost("ids that are lists", _table(id=[["e1"], ["e2"]]), r"\bid\b"),
    accepted("ids that are numbers", _table(id=[1, 2]), kept=2),
    partly("an id that is null", _table(id=["e1", None]), r"\bid\b", kept=1),
    partly("an infinite latitude", _table(latitude=[45.57, _INFINITE]), "inf|latitude", kept=1),
    lost("latitudes that are dates", _table(latitude=pa.array([1, 2], pa.date32())), "latitude"),
    refused("a column twice in Parquet", _written(_TWICE), r"\bid\b"),
    refused("no row in Parquet", _written(_NO_ROW), "no row|empty|column"),
    refused("a Parquet cut short", _cut, "."),
    refused("a Parquet of noise", raw("a.parquet", b"PAR1" + b"\xff" * 64 + b"PAR1"), "."),
    refused("an empty Parquet", raw("a.parquet", b""), "empty|parquet"),
    refused("a footer of 4 GB", raw("a.parquet", b"PAR1" + b"\0" * 8 + b"\xff" * 4 + b"PAR1"), "."),
    noticed("Arrow under the name of Parquet", raw("a.parquet", b"ARROW1\0\0" + bytes(64)), "."),
)  # fmt: skip

LAYERS = (
    accepted("a GeoParquet", _layer(), "2154", kept=2),
    accepted("a GeoParquet without crs, which is WGS84", _layer(
        lambda geo: {**geo, "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}},
        crs="EPSG:4326"), kept=2),
    refused("metadata that is no JSON", _layer(lambda _: "{broken"), "."),
    refused("metadata that is a list", _layer(lambda _: []), "geo|metadata"),
    refused("metadata without columns", _layer(lambda _: {"version": "1.0.0"}), "geo|metadata"),
    refused("metadata of a column that is not there", _layer(
        lambda geo: {**geo, "primary_column": "shape"}), "shape|geo"),
    refused("a crs that is null in Parquet", _column(crs=None), "crs|reference"),
    refused("a crs that is an address in Parquet", _column(crs="http://evil.invalid/crs"), "crs"),
    noticed("a crs that is a text in Parquet", _column(crs="EPSG:2154"), "crs|2154"),
    noticed("a crs that is a number in Parquet", _column(crs=2154), "crs|2154"),
    refused("a crs that is an empty object", _column(crs={}), "crs|reference"),
    refused("a crs with a grid file in Parquet", _column(
        crs="+proj=longlat +nadgrids=/etc/passwd"), "crs|grid", hides=("root:",)),
    lost("Lambert-93 that is called WGS84 in Parquet", _layer(
        lambda geo: {**geo, "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}),
        "outside|area|range|metre|far|2154"),
    refused("an encoding that is not known", _column(encoding="TWKB"), "TWKB|encoding"),
    accepted("edges on the sphere", _column(edges="spherical")),
    refused("well-known binary without metadata", _written(pa.table(
        {"code_qp": ["A", "B"], "nom": ["a", "b"], "geometry": _WKB})), "geo|metadata|crs",
        arguments=("--as", "perimeters")),
)  # fmt: skip

CASES = (*PLACES, *LAYERS)
