"""A file is looked at where it is opened: nothing opens it again to ask one thing more."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest

from cdv_geo import schemas
from cdv_geo.io.checked_tables import read_checked_table, read_perimeter_part
from cdv_geo.io.reading_context import Reading

from squares import CRS, perimeters, square

READING = Reading(CRS, {"rue": 50.0})
ROWS = [("code", "nom", "type"), ("QN07301M", "Le “Cœur”", "qpv"), ("QN07302M", "Féjaz", "qpv")]
WATCHED = {"counted": None}


def _count(event, args):
    """Count the files that Python opens, while a test watches: a hook stays for good."""
    if (
        WATCHED["counted"] is not None
        and event == "open"
        and isinstance(args[0], (str, os.PathLike))
    ):
        WATCHED["counted"][Path(args[0]).name] += 1


sys.addaudithook(_count)


@pytest.fixture
def opens():
    WATCHED["counted"] = Counter()
    yield WATCHED["counted"]
    WATCHED["counted"] = None


def written(path, encoding="utf-8"):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.active["C4"] = "=C3"  # so that the workbook is read for its formulas too
        book.save(path)
    else:
        path.write_bytes("\n".join(map(";".join, ROWS)).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("t.csv", "utf-8"), ("t.csv", "utf-16"), ("t.csv", "cp1252"), ("t.xlsx", "")],
)
def test_a_table_is_opened_twice_at_most(tmp_path, opens, name, encoding):
    path = written(tmp_path / name, encoding)
    opens.clear()
    assert len(read_checked_table(path, schemas.PERIMETERS, READING).frame) == 2
    assert 1 <= opens[name] <= 2
    opens.clear()
    assert read_perimeter_part(path, READING).frame["code"].tolist() == ["QN07301M", "QN07302M"]
    assert 1 <= opens[name] <= 2


@pytest.mark.parametrize("name", ["p.gpkg", "p.geojson"])
def test_a_layer_of_perimeters_is_opened_once_before_its_reader_opens_it(tmp_path, opens, name):
    perimeters({"code": "QN07301M", "geometry": square(0, 0, 300)}).to_file(tmp_path / name)
    opens.clear()
    found = read_perimeter_part(tmp_path / name, READING)
    assert isinstance(found.frame, gpd.GeoDataFrame)
    assert opens[name] == 1
