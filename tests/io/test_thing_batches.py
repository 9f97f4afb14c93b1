from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely

import cdv_geo
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_parts, open_sources
from cdv_geo.io.writing.output_files import writing_table

from squares import CRS, X0, Y0, points

READING = Reading(CRS, {"exacte": 0.0, "rue": 50.0}, batch_rows=2)
FIVE = points(
    (550, 550), (650, 550), None, (1500, 1500), (3500, 500),
    nom=["un", "deux", "trois", "quatre", "cinq"],
    code_insee=["73001", None, "01004", None, "2A004"],
    ignored=[1, 2, 3, 4, 5],
)  # fmt: skip


def read(path, reading=READING):
    (source,) = open_sources([path], reading)
    return list(source.batches())


def write(frame, path, **options):
    if path.suffix == ".csv":
        degrees = frame.to_crs(4326).geometry
        table = pd.DataFrame(frame.drop(columns="geometry"))
        table.assign(longitude=degrees.x, latitude=degrees.y).to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, **options)
    else:
        frame.to_file(path, **options)
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet", "gpkg", "geojson", "shp"])
def test_every_format_gives_the_same_rows_places_and_texts(tmp_path, ending):
    batches = read(write(FIVE, tmp_path / f"five.{ending}"))
    table = pd.concat([batch.table for batch in batches], ignore_index=True)
    x, y = (np.concatenate([getattr(batch, axis) for batch in batches]) for axis in "xy")
    assert table["id"].tolist() == ["p0", "p1", "p2", "p3", "p4"]
    assert table["code_insee"].dropna().tolist() == ["73001", "01004", "2A004"]
    assert np.isnan([x[2], y[2]]).all()
    expected = [X0 + 550, X0 + 650, X0 + 1500, X0 + 3500]
    assert np.delete(x, 2) == pytest.approx(expected, abs=1e-3)  # GeoJSON: seven decimals
    assert np.delete(y, 2) == pytest.approx([Y0 + 550, Y0 + 550, Y0 + 1500, Y0 + 500], abs=1e-3)


@pytest.mark.parametrize("ending", ["parquet", "gpkg"])
def test_a_file_is_read_in_batches_and_no_other_column_is_read(tmp_path, ending):
    batches = read(write(FIVE, tmp_path / f"five.{ending}"))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert set(batches[0].table) == {"id", "nom", "code_insee"}


def test_a_csv_file_is_read_in_blocks(tmp_path):
    rows = 12_000  # some 11 MB: more than one block
    path = tmp_path / "many.csv"
    numbers = pd.Series(range(rows), dtype="str")
    frame = pd.DataFrame(
        {"id": "ligne " + numbers, "nom": "n" * 900, "longitude": "5,92", "latitude": "45,59"}
    )
    frame.to_csv(path, index=False, sep=";")
    (source,) = open_sources([path], READING)
    batches = list(source.batches())
    assert len(batches) > 1
    assert sum(map(len, batches)) == rows
    assert batches[-1].table["id"].iloc[-1] == "ligne 11999"
    assert source.rows == pytest.approx(rows, rel=0.05)  # an estimate, for the progress bar


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet_in_degrees_is_brought_to_metres(tmp_path, encoding):
    path = write(FIVE.to_crs(4326), tmp_path / "f.parquet", geometry_encoding=encoding)
    assert read(path)[0].x == pytest.approx([X0 + 550, X0 + 650], abs=1e-6)


def test_geoparquet_that_names_no_crs_is_in_degrees_and_one_of_unknown_crs_is_refused(tmp_path):
    path = write(FIVE.to_crs(4326), tmp_path / "f.parquet")
    table = pa.parquet.read_table(path)
    for crs, accepted in (({}, True), ({"crs": None}, False)):
        geo = json.loads(table.schema.metadata[b"geo"])
        geo["columns"]["geometry"].pop("crs")
        geo["columns"]["geometry"] |= crs
        meta = {**table.schema.metadata, b"geo": json.dumps(geo).encode()}
        pa.parquet.write_table(table.replace_schema_metadata(meta), path)
        if accepted:
            assert read(path)[0].x[0] == pytest.approx(X0 + 550, abs=1e-6)
        else:
            with pytest.raises(cdv_geo.DataError, match="does not say its coordinate reference"):
                read(path)


@pytest.mark.parametrize("geo", ["{}", "[]", '{"primary_column": "g", "columns": {}}', "no JSON"])
def test_broken_geoparquet_metadata_are_refused_in_one_sentence(tmp_path, geo):
    path = write(FIVE, tmp_path / "f.parquet")
    table = pa.parquet.read_table(path).replace_schema_metadata({b"geo": geo.encode()})
    pa.parquet.write_table(table, path)
    with pytest.raises(cdv_geo.DataError, match=r"f\.parquet (has “geo” metadata|cannot be read)"):
        read(path)


def test_a_parquet_table_with_longitude_and_latitude_is_read_like_a_csv_file(tmp_path):
    path = tmp_path / "t.parquet"
    table = {"id": [7, 8, None], "longitude": [5.92, 200.0, None], "latitude": [45.59, 45.0, 45.0]}
    pd.DataFrame(table).astype({"id": "Int64"}).to_parquet(path)
    first, second = read(path)
    assert first.table["id"].tolist() == [7, 8]  # and not 7.0
    assert "a number from -180 to 180 is expected" in first.faults[1]
    assert "one of them is empty" in second.faults[0]
    assert second.table["id"].isna().all()


def test_ids_stay_whole_numbers_where_some_are_missing(tmp_path):
    layer = points((0, 0), (1, 1)).assign(id=pd.array([7, None], dtype="Int64"))
    for ending in ("parquet", "gpkg"):
        (batch,) = read(write(layer, tmp_path / f"i.{ending}"))
        assert batch.table["id"].astype("str").fillna("none").tolist()[0] == "7"
        assert batch.table["id"].isna().tolist() == [False, True]


def test_precisions_are_looked_up_and_unknown_ones_are_faults(tmp_path):
    layer = points((2, 2), (1, 1), precision_position=["rue, milieu", "bidon"])
    (batch,) = read(write(layer, tmp_path / "p.gpkg"))
    assert batch.error_m.tolist() == [50, 0]
    assert "“bidon” is not accepted; accepted are “exacte…”, “rue…”" in batch.faults[1]


def test_other_geometries_are_faults_of_their_rows(tmp_path):
    layer = points((0, 0), (1, 1))
    layer.loc[1, "geometry"] = shapely.LineString([(X0, Y0), (X0, Y0 + 1)])
    (batch,) = read(write(layer, tmp_path / "l.parquet"))
    assert batch.faults == {1: "row 2, geometry: its geometry is a LineString, a point is expected"}


def test_a_place_that_cannot_be_is_a_fault_of_its_row(tmp_path):
    places = [shapely.Point(0, 91), shapely.Point(5.92, 45.59)]
    away = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=places, crs="EPSG:4326")
    (batch,) = read(write(away, tmp_path / "a.parquet"))
    assert batch.faults == {0: "row 1, geometry: 0 91 is not in France in EPSG:4326"}


def test_files_that_are_linked_together_have_the_same_columns(tmp_path):
    first = write(FIVE, tmp_path / "a.parquet")
    second = write(FIVE.drop(columns="nom"), tmp_path / "b.parquet")
    with pytest.raises(cdv_geo.DataError, match=r"b\.parquet has the columns id, code_insee, and"):
        open_sources([first, second], READING)


def test_every_row_group_is_a_part_and_only_parquet_has_parts(tmp_path):
    path = write(FIVE, tmp_path / "f.parquet", row_group_size=2)
    parts = open_parts([path], READING)
    assert [part.rows for part in parts] == [2, 2, 1]
    ids = [batch.table["id"].tolist() for part in parts for batch in part.batches()]
    assert ids == [["p0", "p1"], ["p2", "p3"], ["p4"]]
    with pytest.raises(cdv_geo.DataError, match=r"is of the kind GeoPackage; accepted here are"):
        open_parts([write(FIVE, tmp_path / "f.gpkg")], READING)


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else", b"PAR1" + bytes(40) + b"PAR1"])
def test_what_is_no_parquet_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(cdv_geo.DataError, match=r"x\.parquet (cannot be read|is empty)"):
        read(path)


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "shp", "csv"])
def test_rows_without_id_are_called_by_their_number(tmp_path, ending):
    path = write(FIVE.drop(columns="id"), tmp_path / f"n.{ending}")
    (source,) = open_sources([path], READING)
    ids = [name for batch in source.batches() for name in batch.table["id"]]
    first = 2 if ending == "csv" else 1  # row 1 of a table is its header
    assert ids == [f"n {number}" for number in range(first, first + 5)]
    assert "id" in {note.column for note in source.notes if note.row is None}
    if ending == "parquet":
        with pytest.raises(cdv_geo.DataError, match="has no column “id”; files that are read in"):
            open_parts([path], READING)


def test_a_layer_without_crs_is_refused(tmp_path):
    path = write(FIVE, tmp_path / "s.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(cdv_geo.DataError, match="does not say its coordinate reference system"):
        read(path)


@pytest.mark.parametrize("ending", ["csv", "gpkg", "geojson", "shp", "parquet"])
def test_a_file_without_rows_is_refused(tmp_path, ending):
    with pytest.raises(cdv_geo.DataError, match=r"has no (row|feature)"):
        read(write(FIVE.iloc[:0], tmp_path / f"none.{ending}"))


def test_a_parquet_file_without_row_groups_is_refused_in_parts_too(tmp_path):
    schema = pa.parquet.read_schema(write(FIVE, tmp_path / "f.parquet"))
    path = tmp_path / "none.parquet"
    with pa.parquet.ParquetWriter(path, schema):
        pass
    for opening in (open_parts, open_sources):
        with pytest.raises(cdv_geo.DataError, match="has no row; at least one is expected"):
            opening([path], READING)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([None, None, True], pa.bool_()),
        pa.array([None, None, 19_000], pa.date32()),
        pa.array([None, None, ["a"]], pa.list_(pa.string())),
        pa.array([None, None, "a"]).dictionary_encode(),
        pa.nulls(3),
    ],
)
def test_a_column_is_of_one_kind_in_every_batch(tmp_path, territory, values):
    path, links = tmp_path / "t.parquet", tmp_path / "links.parquet"
    table = pa.table({"id": ["a", "b", "c"], "territoires_cites": ["Bellevue"] * 3, "nom": values})
    pa.parquet.write_table(table, path)
    (source,) = open_sources([path], Reading(territory.crs, {}, batch_rows=1))
    with writing_table(links, overwrite=False) as write_links:
        for linking in territory.linker().link_batches(source.batches()):
            write_links(linking.links)
    names = pa.parquet.read_table(links)["name"].to_pylist()
    wanted = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    texts = [";".join(v) if isinstance(v, list) else v for v in wanted.drop_null().to_pylist()]
    assert [name for name in names if name is not None] == texts * 2


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"crs": "EPSG:banana"}, "“EPSG:banana”, which is in no register"),
        ({"crs": {"type": "x"}}, "which is in no register"),
        ({"encoding": "WKT"}, "encoded as “WKT”; accepted are WKB, point"),
    ],
)
def test_what_the_metadata_say_of_the_geometry_is_checked(tmp_path, column, message):
    path = write(FIVE, tmp_path / "f.parquet")
    table = pa.parquet.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    geo["columns"]["geometry"] |= column
    meta = {b"geo": json.dumps(geo).encode()}
    pa.parquet.write_table(table.replace_schema_metadata(meta), path)
    with pytest.raises(cdv_geo.DataError, match=message):
        read(path)


def test_a_geometry_that_is_missing_or_is_none_is_refused(tmp_path):
    geo = {"primary_column": "g", "columns": {"g": {"encoding": "WKB"}}}
    meta = {b"geo": json.dumps(geo).encode()}
    for columns, message in (
        ({}, "has no column “g”"),
        ({"g": [1]}, "the column “g” holds int64, no geometry; well-known binary"),
    ):
        table = pa.table({"id": ["a"], **columns}).replace_schema_metadata(meta)
        pa.parquet.write_table(table, tmp_path / "g.parquet")
        with pytest.raises(cdv_geo.DataError, match=message):
            read(tmp_path / "g.parquet")


def test_files_that_are_linked_together_have_columns_of_the_same_kinds(tmp_path):
    whole = write(points((0, 0)).assign(id=[1]), tmp_path / "a.parquet")
    text = write(points((0, 0)), tmp_path / "b.gpkg")
    with pytest.raises(cdv_geo.DataError, match=r"b\.gpkg has columns of the kinds text, and"):
        open_sources([whole, text], READING)


def test_a_table_of_two_systems_says_how_many_rows_are_in_the_one(tmp_path):
    path = tmp_path / "t.csv"
    rows = ["id,x,y", f"a,{X0},{Y0}", f"b,{X0 + 10},{Y0}", "c,5.92,45.57", "d,5.93,45.57"]
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(cdv_geo.DataError, match="x and y are Lambert-93 in 2 of 4 rows only"):
        open_sources([path], READING)


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        (["11;A;73065", "12;B;73065"], ["11", "12"]),
        (["11;A;73065", ";B;73065"], ["lieux 2", "lieux 3"]),
        (["11;A;73065", "11;B;73065"], ["lieux 2", "lieux 3"]),
    ],
)
def test_the_number_of_an_establishment_is_an_id_only_where_each_row_has_its_own(
    tmp_path, rows, ids
):
    path = tmp_path / "lieux.csv"
    path.write_text("\n".join(["SIRET;nom;code_insee", *rows, ""]), encoding="utf-8")
    (source,) = open_sources([path], READING)
    (things,) = source.batches()
    assert things.table["id"].tolist() == ids
    assert not things.faults
    assert [note.column for note in source.notes] == ["id"] * (ids[0] != "11")


def test_a_table_of_which_each_line_is_quoted_as_a_whole_is_refused_with_that_reason(tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text('"id,""nom"",""quartier"""\n"1,""A"",""Biollay"""\n', encoding="utf-8")
    with pytest.raises(cdv_geo.DataError, match="each line is quoted as a whole"):
        open_sources([path], READING)
