"""What each format says of a table, and what it refuses to say."""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import closing
from decimal import Decimal

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import cdv_geo
from cdv_geo.io.writing.output_files import (
    write_table,
    writing_table,
)

from squares import points

FRAME = pd.DataFrame({"code": ["01004", "=1+1"], "area_ha": [1.5, float("nan")]})


def written(folder, frame, ending, **options):
    path = folder / f"t.{ending}"
    write_table(frame, path, overwrite=True, **options)
    return path


def test_a_missing_text_and_an_empty_one_are_the_same_cell_of_a_csv(tmp_path):
    frame = pd.DataFrame({"a": ["", None], "b": [1, 2]})
    assert written(tmp_path, frame, "csv").read_text() == "a,b\n,1\n,2\n"
    alone = written(tmp_path, frame[["a"]], "csv").read_text()
    assert alone == 'a\n""\n""\n'  # or the row would be no row


def test_french_csv_writes_numbers_the_french_way_and_marks_no_number(tmp_path):
    frame = pd.DataFrame(
        {
            "real": [-1.5, float("nan")],
            "nullable": pd.array([-2.25, None], dtype="Float64"),
            "whole": [-1, 2],
            "any": [-1.5, "-1,5"],
            "numpy": pd.Series([np.float32(-0.5), np.int64(-3)], dtype=object),
            "exact": [Decimal("-1.25"), True],
            "kind": pd.Categorical(["@a", "b"]),
            "day": pd.to_datetime(["2024-01-02", None]),
        }
    )
    assert written(tmp_path, frame, "csv", dialect="excel-fr").read_bytes().decode("utf-8-sig") == (
        "real;nullable;whole;any;numpy;exact;kind;day\r\n"
        "-1,5;-2,25;-1;-1,5;-0,5;-1,25;'@a;2024-01-02\r\n"
        ";;2;'-1,5;-3;True;b;\r\n"
    )


def test_french_csv_written_in_parts_has_one_mark_and_one_header(tmp_path):
    path = tmp_path / "t.csv"
    with writing_table(path, overwrite=False, dialect="excel-fr") as write:
        write(FRAME)
        write(FRAME)
    rows = "01004;1,5\r\n'=1+1;\r\n"
    assert path.read_bytes() == b"\xef\xbb\xbf" + f"code;area_ha\r\n{rows}{rows}".encode()


@pytest.mark.parametrize(
    ("name", "dialect", "said"),
    [
        ("t.csv", "excel", "“excel” is no dialect; accepted are plain, excel-fr"),
        ("t.xlsx", "excel-fr", "t.xlsx is no .csv, which alone has the dialect “excel-fr”"),
    ],
)
def test_a_dialect_that_does_not_fit_is_refused(tmp_path, name, dialect, said):
    with pytest.raises(cdv_geo.OutputError, match=re.escape(said)):
        write_table(FRAME, tmp_path / name, overwrite=False, dialect=dialect)


def test_geojson_is_as_its_standard_says(tmp_path):
    clockwise = shapely.Polygon([(5, 45), (5, 46), (6.123456789, 46), (6, 45)])
    frame = gpd.GeoDataFrame(
        {
            "n": [1.5, float("nan")],
            "day": pd.to_datetime(["2024-01-02", None]),
            "open": [True, False],
        },
        geometry=[clockwise, None],
        crs="EPSG:4326",
    )
    path = written(tmp_path, frame, "geojson", title="t")
    assert path.read_text() == (
        '{"type":"FeatureCollection","name":"t","features":[\n'
        '{"type":"Feature","properties":{"n":1.5,"day":"2024-01-02T00:00:00","open":true},'
        '"geometry":{"type":"Polygon","coordinates":'
        "[[[5.0,45.0],[6.0,45.0],[6.1234568,46.0],[5.0,46.0],[5.0,45.0]]]}},\n"
        '{"type":"Feature","properties":{"n":null,"day":null,"open":false},"geometry":null}\n'
        "]}\n"
    )


def test_geojson_turns_metres_into_longitude_and_latitude(tmp_path):
    content = json.loads(written(tmp_path, points((0, 0)), "geojson").read_text())
    longitude, latitude = content["features"][0]["geometry"]["coordinates"]
    assert (round(longitude, 1), round(latitude, 1)) == (5.9, 45.6)
    assert "crs" not in content


def test_an_empty_table_is_an_empty_collection(tmp_path):
    path = written(tmp_path, points((0, 0)).iloc[:0], "geojson")
    assert json.loads(path.read_text())["features"] == []


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (FRAME, "needs a geometry; a table without one goes into .csv"),
        (points((0, 0)).set_crs(None, allow_override=True), "whose reference system is known"),
        (points((float("inf"), 0)), "a position that has no longitude and latitude"),
        (points((0, 0), n=[float("inf")]), "cannot be written as GeoJSON: Out of range float"),
    ],
)
def test_geojson_refuses_what_it_cannot_say(tmp_path, frame, said):
    with pytest.raises(cdv_geo.OutputError, match=rf"t\.geojson .*{said}"):
        written(tmp_path, frame, "geojson")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "geojson"])
def test_two_columns_of_one_name_are_refused(tmp_path, ending):
    frame = points((0, 0), a=[1], b=[2]).rename(columns={"b": "a"})
    with pytest.raises(cdv_geo.OutputError, match="cannot hold two columns of the same name"):
        written(tmp_path, frame, ending)


def test_a_workbook_has_real_dates_and_booleans(tmp_path):
    frame = pd.DataFrame(
        {
            "open": [True, False],
            "day": [dt.date(2024, 1, 2), dt.date(1850, 1, 1)],
            "moment": pd.to_datetime(["2024-01-02 03:04", None]),
            "long": [10**17 + 1, 1],
            "real": [float("inf"), 1.5],
        }
    )
    with closing(openpyxl.load_workbook(written(tmp_path, frame, "xlsx"))) as book:
        rows = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]
        assert book.active["A2"].data_type == "b"
        assert book.active["B2"].number_format == "dd/mm/yyyy"
    assert rows == [
        [
            True,
            pd.Timestamp(2024, 1, 2),
            pd.Timestamp(2024, 1, 2, 3, 4),
            "100000000000000001",
            "inf",
        ],
        [False, "1850-01-01", None, 1, 1.5],
    ]


def test_a_text_longer_than_a_cell_is_refused_and_never_cut(tmp_path):
    written(tmp_path, pd.DataFrame({"a": ["é" * 32_767]}), "xlsx")
    for text in ("é" * 32_768, "😀" * 16_384, "\1" * 32_000):
        with pytest.raises(cdv_geo.OutputError, match="Row 2, column 1 of the sheet holds a text"):
            written(tmp_path, pd.DataFrame({"a": [text]}), "xlsx")


def test_a_table_longer_than_a_sheet_is_refused(tmp_path):
    with pytest.raises(cdv_geo.OutputError, match="this table has 1048576 and 1; write it as"):
        written(tmp_path, pd.DataFrame({"a": np.zeros(1_048_576)}), "xlsx")


def test_a_workbook_takes_one_part(tmp_path):
    def twice():
        with writing_table(tmp_path / "t.xlsx", overwrite=False) as write:
            write(FRAME)
            write(FRAME)

    with pytest.raises(cdv_geo.OutputError, match=r"t\.xlsx cannot be written in parts"):
        twice()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("couverture", "couverture"),
        ("a[b]:c*d?e/f\\g", "a_b__c_d_e_f_g"),
        ("'quoted'", "quoted"),
        ("x" * 30 + "'y", "x" * 30),
        ("😀" * 20, "😀" * 15),
        ("History", "History_"),
        ("'", "Feuille"),
        ("a\x01b", "a_b"),
    ],
)
def test_a_sheet_has_a_name_that_excel_takes(tmp_path, title, name):
    with closing(openpyxl.load_workbook(written(tmp_path, FRAME, "xlsx", title=title))) as book:
        assert book.sheetnames == [name]
