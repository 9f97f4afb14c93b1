"""Layers whose outlines have arcs, as ArcGIS, PostGIS and QGIS save them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely
from click.testing import CliRunner

import cdv_geo
from cdv_geo import file_checking
from cdv_geo.cli.command_group import cli
from cdv_geo.faults import REJECTED, REPAIRED

from curved import disc, made_of
from squares import CRS, X0, Y0, perimeters, points, square

MADE_STRAIGHT = "its arcs were made straight lines, 0.01 m from them at most"
COLUMNS = perimeters(*({"code": code, "geometry": square(0, 0, 1)} for code in "ABC")).drop(
    columns="geometry"
)
OUTLINES = [
    shapely.to_wkb(square(0, 0, 200)),
    made_of("MultiSurface", disc(X0 + 500, Y0 + 100, 100)),
    made_of("TIN"),
]


def as_parquet(path, columns, outlines):
    table = pa.Table.from_pandas(columns, preserve_index=False)
    table = table.append_column("geometry", pa.array(outlines, pa.binary()))
    geometry = {"encoding": "WKB", "crs": json.loads(gpd.GeoSeries(crs=CRS).crs.to_json())}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    pa.parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)


def as_package(path, columns, outlines):
    anywhere = gpd.GeoSeries([square(0, 0, 1)] * len(columns), crs=CRS)
    columns.set_geometry(anywhere).to_file(path, layer="layer", SPATIAL_INDEX="NO")
    header = b"GP\0\1" + struct.pack("<i", 2154)
    with contextlib.closing(sqlite3.connect(path)) as database:
        for row, outline in enumerate(outlines, start=1):
            database.execute("UPDATE layer SET geom = ? WHERE fid = ?", (header + outline, row))
        database.commit()


WRITERS = pytest.mark.parametrize(
    ("ending", "write"), [("parquet", as_parquet), ("gpkg", as_package)]
)


@pytest.fixture
def folder(make_territory):
    return make_territory(perimeters({"code": "A", "geometry": square(0, 0, 200)}))


@WRITERS
def test_arcs_are_read_and_said_wherever_a_layer_is_read(ending, write, folder, tmp_path):
    path = tmp_path / f"outlines.{ending}"
    write(path, COLUMNS, OUTLINES)
    found = file_checking.check(path, cdv_geo.load_territory(folder))
    assert found.rows["input"] == 3
    assert (found.rows["accepted"], found.rows["repaired"], found.rows["rejected"]) == (1, 1, 1)
    said = {(f.row, f.done): f.message for f in found.faults if f.row is not None}
    assert said[2, REPAIRED] == MADE_STRAIGHT
    assert said[3, REJECTED].startswith("the geometry cannot be read")


@WRITERS
def test_a_territory_whose_outlines_have_arcs_answers(ending, write, folder):
    name = f"perimeters.{ending}"
    (folder / "perimeters.gpkg").unlink()
    write(folder / name, COLUMNS.head(2), OUTLINES[:2])
    description = folder / "territory.toml"
    description.write_text(description.read_text().replace("perimeters.gpkg", name))
    territory = cdv_geo.load_territory(folder)
    assert territory.perimeters.geometry.area.round(-2).tolist() == [40_000, 31_400]
    located = territory.locate(points((100, 100), (500, 199.5), (500, 200.5)))
    codes = located.xs("qpv", level="type")["codes"]
    assert codes.fillna("").tolist() == ["A", "B", ""]
    result = CliRunner().invoke(cli, ["--territory", str(folder), "perimeters"])
    assert result.exit_code == 0, result.output


@WRITERS
def test_an_arc_among_things_to_link_is_one_row_that_is_rejected(ending, write, folder, tmp_path):
    path = tmp_path / f"things.{ending}"
    place = shapely.to_wkb(shapely.Point(X0 + 100, Y0 + 100))
    write(path, COLUMNS[["nom"]].head(2), [place, disc(X0, Y0, 100)])
    found = file_checking.check(path, cdv_geo.load_territory(folder), role="equipment")
    assert (found.rows["accepted"], found.rows["rejected"]) == (1, 1)
    assert [f.message for f in found.faults if f.row == 2] == [
        "its geometry is a Polygon, a point is expected"
    ]
