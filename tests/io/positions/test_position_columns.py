from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.faults import PLACE, REJECTED
from cdv_geo.file_checking import check
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.positions.position_texts import kind_of, read_positions
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources

from squares import CRS

HOME = (5.8, 45.5, 6.0, 45.65)  # around Chambéry
LON, LAT = 5.91766, 45.59153
POINT = shapely.Point(LON, LAT)
IN_LAMBERT93 = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
EWKB = shapely.to_wkb(shapely.set_srid(POINT, 4326), hex=True, include_srid=True)


def read(tmp_path, header, *rows):
    path = tmp_path / "lieux.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    (source,) = open_sources([path], Reading(CRS, {}, home=HOME))
    (things,) = source.batches()
    return source, things


def is_there(things):
    x, y = IN_LAMBERT93.transform(LON, LAT)
    return things.x == pytest.approx(x, abs=0.01) and things.y == pytest.approx(y, abs=0.01)


def cell(text):
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize(
    "text",
    [
        "45.59153, 5.91766", "5.91766, 45.59153", "[5.91766,45.59153]", "45,59153 ; 5,91766",
        "(45.59153,5.91766)", "POINT (5.91766 45.59153)", "POINT(5.91766 45.59153)",
        "Point Z (5.91766 45.59153 270)", "SRID=4326;POINT(5.91766 45.59153)",
        "MULTIPOINT ((5.91766 45.59153))", "SRID=2154;POINT(927430.64 6503315.16)",
        "POINT (927430.64 6503315.16)", "927430.64, 6503315.16",
        '{"lon": 5.91766, "lat": 45.59153}', "{'lat': 45.59153, 'lon': 5.91766}",
        '{"latitude": "45.59153", "longitude": "5.91766"}',
        '{"coordinates": [5.91766, 45.59153], "type": "Point"}',
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [5.91766, 45.59153]}}',
        EWKB, EWKB.lower(), shapely.to_wkb(POINT, hex=True),
        "\\x" + shapely.to_wkb(POINT, hex=True),
        shapely.to_wkb(POINT, hex=True, byte_order=0),
        shapely.to_wkb(shapely.Point(LON, LAT, 270), hex=True),
    ],
)  # fmt: skip
def test_a_position_in_one_cell_is_read_however_it_is_written(tmp_path, text):
    _, things = read(tmp_path, "id\tgeom", f"a\t{cell(text)}")
    assert not things.faults
    assert is_there(things)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (shapely.box(5.9, 45.5, 5.95, 45.6), "Polygon"),
        (shapely.LineString([(5.9, 45.5), (5.95, 45.6)]), "LineString"),
        (shapely.MultiPoint([(5.9, 45.5), (5.95, 45.6)]), "MultiPoint"),
        (shapely.MultiPolygon([shapely.box(5.9, 45.5, 5.95, 45.6)]), "MultiPolygon"),
    ],
)
def test_another_geometry_is_rejected_with_its_kind(tmp_path, shape, kind):
    texts = [shape.wkt, shapely.to_wkb(shape, hex=True), shapely.to_geojson(shape)]
    rows = [f"{n}\t{cell(text)}" for n, text in enumerate(texts)]
    _, things = read(tmp_path, "id\tgeom", *rows, f"z\t{POINT.wkt}")
    rejected = [f for f in things.notes if f.done == REJECTED]
    assert [fault.row for fault in rejected] == [2, 3, 4]
    assert {fault.message for fault in rejected} == {
        f"its geometry is a {kind}, a point is expected"
    }
    assert {fault.kind for fault in rejected} == {PLACE}


@pytest.mark.parametrize("text", ["ici", "48,5", "1 2 3 4 5", "{}", "01ff", "POINT (a b)"])
def test_what_is_no_place_is_rejected_with_what_stands_there(tmp_path, text):
    _, things = read(tmp_path, "id\tgeom", f"a\t{cell(text)}", f"z\t{POINT.wkt}")
    (fault,) = things.notes
    assert (fault.row, fault.column, fault.value) == (2, "coordonnees", text)


def test_an_empty_geometry_is_no_position(tmp_path):
    _, things = read(tmp_path, "id\tgeom", "a\tPOINT EMPTY", f"z\t{POINT.wkt}")
    assert not things.notes
    assert np.isnan(things.x).tolist() == [True, False]


@given(st.text(max_size=60) | st.binary(max_size=60).map(bytes.hex))
def test_no_text_makes_a_cell_fail_and_each_is_a_place_or_told(text):
    cells = read_positions(pd.Series([text], dtype="str"))
    placed = np.isfinite(cells.x[0] + cells.y[0])
    assert placed or 0 in cells.unread or kind_of(text) == ""


@given(st.floats(-5, 9), st.floats(42, 51))
def test_any_point_of_france_comes_back_from_every_spelling(lon, lat):
    point = shapely.Point(lon, lat)
    texts = [
        shapely.to_wkt(point, rounding_precision=-1),
        shapely.to_wkb(point, hex=True),
        json.dumps({"type": "Point", "coordinates": [lon, lat]}),
        json.dumps({"lon": lon, "lat": lat}),
    ]
    cells = read_positions(pd.Series(texts, dtype="str"))
    assert cells.x == pytest.approx([lon] * 4)
    assert cells.y == pytest.approx([lat] * 4)


def test_the_order_of_two_numbers_is_told_by_france_and_said(tmp_path):
    source, things = read(
        tmp_path, "id\tcoordonnees", "a\t5.91766, 45.59153", "b\t5.91767, 45.59154"
    )
    (note,) = source.notes
    assert note.message == (
        "longitude stands before latitude in each cell, as the places in France tell"
    )
    assert not things.faults


def test_a_row_in_the_other_order_than_most_is_rejected(tmp_path):
    rows = ["a\t5.91766, 45.59153", "b\t5.91767, 45.59154", "c\t45.59155, 5.91768"]
    _, things = read(tmp_path, "id\tcoordonnees", *rows)
    (fault,) = things.notes
    assert fault.row == 4
    assert "they would be in France if they were swapped" in fault.message


def test_x_and_y_that_are_degrees_are_read_so_and_it_is_said(tmp_path):
    source, things = read(tmp_path, "id;X;Y", f"a;{LON};{LAT}")
    assert is_there(things)
    (note,) = source.notes
    assert "x and y are read as degrees (EPSG:4326)" in note.message


def test_each_row_may_state_its_system(tmp_path):
    reunion = pyproj.Transformer.from_crs(4326, 2975, always_xy=True).transform(55.451, -20.881)
    _, things = read(
        tmp_path,
        "id;x;y;epsg",
        "a;927430.64;6503315.16;2154",
        f"b;{reunion[0]};{reunion[1]};EPSG:2975",
        "c;927430.64;6503315.16;9999",
        "d;927430.64;6503315.16;",
        "e;927430.64;6503315.16;2975",
    )
    x, y = IN_LAMBERT93.transform([LON, 55.451], [LAT, -20.881])
    assert things.x[[0, 3]] == pytest.approx(x[0], abs=1)
    assert things.x[1] == pytest.approx(x[1], abs=1)
    assert things.y[1] == pytest.approx(y[1], abs=1)
    assert list(things.faults) == [2, 4]
    assert "“9999” is no coordinate reference system that is known" in things.faults[2]
    assert "is not in France in EPSG:2975" in things.faults[4]


def test_the_system_that_is_stated_for_the_file_goes_before_that_of_a_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id;x;y;epsg\na;5.91766;45.59153;2154\n", encoding="utf-8")
    reading = Reading(CRS, {}, home=HOME, options=OpenOptions(crs="EPSG:4326"))
    (things,) = open_sources([path], reading)[0].batches()
    assert is_there(things)


def test_two_pairs_that_agree_are_one_position_and_nothing_is_said(tmp_path):
    source, things = read(tmp_path, "id;x;y;lon;lat", f"a;927430.64;6503315.16;{LON};{LAT}")
    assert is_there(things)
    assert [*source.notes, *things.notes] == []


def test_two_pairs_that_disagree_are_said(tmp_path):
    _, things = read(
        tmp_path,
        "id;x;y;lon;lat",
        f"a;927430.64;6503315.16;{LON};{LAT}",
        f"b;927430.64;6503815.16;{LON};{LAT}",
    )
    (note,) = things.notes
    assert (note.row, note.column, note.done) == (3, "longitude", "accepted")
    assert note.message.startswith("x and y lie 500 m from longitude and latitude, which are read;")
    assert not things.faults


def test_a_column_that_holds_positions_under_an_unknown_name_is_pointed_at(tmp_path):
    source, _ = read(tmp_path, "id\tquartier\tendroit", f"a\tBellevue\t{POINT.wkt}")
    (note,) = source.notes
    assert note.message == (
        "“endroit” holds positions and is not read; --columns says that it is coordonnees"
    )


@pytest.mark.parametrize(
    ("row", "pointed_at"),
    [
        (f"a;;;{LON};{LAT}", True),
        ("a;;;927430,64;6503315,16", True),
        (f"a;{LON};{LAT};{LON};{LAT}", False),  # it has another position
        ("a;;;12;7", False),  # of no place in France
        ("a;;;;", False),
    ],
)
def test_a_pair_of_columns_that_is_not_read_is_pointed_at_where_a_row_has_no_other(
    tmp_path, row, pointed_at
):
    source, things = read(tmp_path, "id;longitude;latitude;lon_corrigee;lat_corrigee", row)
    said = [note.message for note in source.notes if "hold positions" in note.message]
    why = (
        "“lon_corrigee” and “lat_corrigee” hold positions and are not read; --columns says that "
        "they are longitude and latitude, or x and y"
    )
    assert said == [why] * pointed_at
    assert not things.faults


@pytest.mark.parametrize(
    "names",
    ["coordonnees_lon;coordonnees_lat", "GPS X;GPS Y", "EquGpsX;EquGpsY", "coordgps_x;coordgps_y"],
)
def test_usual_pairs_of_columns_are_read(tmp_path, names):
    _, things = read(tmp_path, f"id;{names}", f"a;{LON};{LAT}")
    assert is_there(things)


@pytest.mark.parametrize(
    ("row", "column"),
    [("a;au coin;6503315,16", "x"), ("a;927430,64;ici", "y"), ("a;[ND];[ND]", None), ("a;;", None)],
)
def test_a_coordinate_in_metres_that_is_no_number_is_not_read_as_none(tmp_path, row, column):
    _, things = read(tmp_path, "id;x;y", row, "b;927430,64;6503315,16")
    rejected = [(fault.row, fault.column) for fault in things.notes if fault.done == "rejected"]
    assert rejected == ([(2, column)] if column else [])
    assert np.isnan(things.x[0] + things.y[0])
    assert things.placed[1]


def test_a_mapping_file_names_the_column_of_positions(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"id\tendroit\na\t{POINT.wkt}\n", encoding="utf-8")
    with pytest.raises(cdv_geo.DataError, match=r"has none of .*“endroit” holds positions and is"):
        open_sources([path], Reading(CRS, {}))
    reading = Reading(CRS, {}, options=OpenOptions(columns={"endroit": "coordonnees"}))
    (things,) = open_sources([path], reading)[0].batches()
    assert is_there(things)


def test_a_parquet_file_with_packed_shapes_is_read_by_its_other_columns(tmp_path):
    path = tmp_path / "t.parquet"
    table = pd.DataFrame({"id": ["a"], "lon": [LON], "lat": [LAT], "geom": [shapely.to_wkb(POINT)]})
    table.to_parquet(path)
    (source,) = open_sources([path], Reading(CRS, {}))
    (things,) = source.batches()
    assert is_there(things)
    assert [note.message for note in source.notes] == [
        "“geom” is not read: longitude and latitude say where the rows are"
    ]


def test_a_layer_that_has_columns_of_positions_too_says_that_they_are_not_read(tmp_path):
    path = tmp_path / "t.gpkg"
    columns = {"id": ["a"], "lon": [LON], "lat": [LAT]}
    gpd.GeoDataFrame(columns, geometry=[POINT], crs=4326).to_file(path)
    (source,) = open_sources([path], Reading(CRS, {}))
    assert [note.message for note in source.notes] == [
        "longitude and latitude are not read: the geometry of each row says where it is"
    ]


def test_figures_of_areas_may_bring_their_outlines(tmp_path):
    path = tmp_path / "t.csv"
    outline = shapely.box(5.9, 45.5, 5.95, 45.6).wkt
    path.write_text(f"code_insee;population;geom\n73065;59000;{outline}\n", encoding="utf-8")
    found = check(path, cdv_geo.load_territory(), role="indicators")
    assert found.rows["rejected"] == 0
