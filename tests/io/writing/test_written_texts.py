"""Any text comes back from any format as it was, and nothing of it ever runs."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from unicodedata import category, normalize

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.io.writing.output_files import (
    write_table,
)

from squares import points
from thinning import examples

FRAME = pd.DataFrame({"code": ["01004", "=1+1"], "area_ha": [1.5, float("nan")]})


# Texts that some format or some reader takes for something else.
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(codec="utf-8", categories=["Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs"])),
    st.text(st.sampled_from("_x0041DF<r>/&'\"=+-@;,\\\r\n\t\0\ufeff\ufffe")),
)
TRAPS = (
    "=1+1",
    "-1",
    "'=1",
    "01004",
    "NA",
    "a\rb",
    "\ufeff",
    "\0",
    "_x0041_",
    "_x0041_x0042_",
    "_x005F_",
    "<r>&</r>",
    "https://example.org",
    "internal:t!A1",
    "{=1}",
    "\ufffe",
    "'\"",
    "gpkg",
    "sqlite_",
    "history",
    "[a]:b*?/\\",
    "x" * 40,
)


def any_text(test):
    for text in TRAPS:
        test = example(text=text)(test)
    return settings(max_examples=examples(60))(given(text=TEXTS)(test))


def written(folder, frame, ending, **options):
    path = folder / f"t.{ending}"
    write_table(frame, path, overwrite=True, **options)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("texts")


@any_text
def test_any_text_comes_back_from_plain_csv(folder, text):
    path = written(folder, pd.DataFrame({f"n{text}": [text, "x"], "two": "y"}), "csv", title=text)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [[f"n{text}", "two"], [text, "y"], ["x", "y"]]
    as_text = pa.csv.ConvertOptions(column_types={f"n{text}": pa.string()})
    parsing = pa.csv.ParseOptions(newlines_in_values=True)
    table = pa.csv.read_csv(path, parse_options=parsing, convert_options=as_text)
    assert table.column(0).to_pylist() == [text, "x"]


@any_text
def test_any_text_comes_back_from_french_csv_but_for_the_apostrophe(folder, text):
    frame = pd.DataFrame({text: [text, "x"], "two": "y"})
    path = written(folder, frame, "csv", dialect="excel-fr")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    written_text = rows[0][0]
    assert rows == [[written_text, "two"], [written_text, "y"], ["x", "y"]]
    assert written_text in {text, f"'{text}"}
    seen = next((c for c in written_text if not (c.isspace() or category(c) in {"Cc", "Cf"})), "")
    assert normalize("NFKC", seen)[:1] not in set("=+-@|%\u2212")
    if text[:1].isalnum():
        assert written_text == text


@pytest.mark.parametrize(
    "text",
    [
        "=1", "+1", "-1", "@a", "|a", "%a", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a", "\ufe661",
        "\u22121", "\ta", "\ra", "\na", " =1", "\u00a0\uff1d1", "\u3000=1", "\ufeff=1",
        "\u200b\u202e+1", "\0=1", "\x1f \t@a",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(folder, text):
    path = written(folder, pd.DataFrame({text: [text, "a=1"]}), "csv", dialect="excel-fr")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows == [[f"'{text}"], [f"'{text}"], ["a=1"]]


def texts_of(path):
    """The texts of a workbook as the standard of the format says they are read."""
    with zipfile.ZipFile(path) as archive:
        shared = ET.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314  # our own
        assert not any("hyperlink" in name for name in archive.namelist())
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    texts = ["".join(part.text or "" for part in item.iter(f"{space}t")) for item in shared]
    return [re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text) for text in texts]


@any_text
def test_any_text_comes_back_from_a_workbook_and_is_never_a_formula(folder, text):
    path = written(folder, pd.DataFrame({f"n{text}": [f"{text}.", text]}), "xlsx", title=text)
    assert set(texts_of(path)) == {f"n{text}", f"{text}.", text} - {""}
    with closing(openpyxl.load_workbook(path)) as book:
        cell = book.active["A2"]
        assert (cell.data_type, cell.hyperlink) == ("s", None)
        if not re.search(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|x005F_", text):
            assert cell.value == f"{text}."


@any_text
def test_any_text_comes_back_from_a_geopackage_or_is_refused(folder, text):
    frame = pd.DataFrame({"texte": [text]})
    if "\0" in text:
        with pytest.raises(cdv_geo.OutputError, match="cannot hold the character NUL"):
            written(folder, frame, "gpkg", title="t")
    else:
        path = written(folder, frame, "gpkg", title="t")
        assert pyogrio.read_dataframe(path)["texte"].tolist() == [text]


@any_text
def test_any_title_names_the_layer_of_a_geopackage_or_is_refused(folder, text):
    if "\0" in text:
        with pytest.raises(cdv_geo.OutputError, match="cannot hold the character NUL"):
            written(folder, FRAME, "gpkg", title=f"é{text}")
        return
    path = written(folder, FRAME, "gpkg", title=f"é{text}")
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT table_name FROM gpkg_contents").fetchall()
    assert names == [(f"é{text}",)]


@pytest.mark.parametrize("title", ["gpkg_x", "sqlite_x", "(1)", "."])
def test_a_title_that_gdal_does_not_take_is_refused(folder, title):
    with pytest.raises(cdv_geo.OutputError, match=r"t\.gpkg cannot have a layer “"):
        written(folder, FRAME, "gpkg", title=title)


@any_text
def test_any_text_comes_back_from_parquet(folder, text):
    path = written(folder, pd.DataFrame({text: [text]}), "parquet", title=text)
    assert pa.parquet.read_table(path).to_pylist() == [{text: text}]


@any_text
def test_any_text_comes_back_from_geojson(folder, text):
    path = written(folder, points((0, 0), **{f"n{text}": [text]}), "geojson", title=f"n{text}")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["name"] == f"n{text}"
    assert content["features"][0]["properties"] == {"id": "p0", f"n{text}": text}


@pytest.mark.parametrize("ending", ["csv", "gpkg", "parquet", "geojson"])
def test_half_a_character_is_refused_in_one_sentence(tmp_path, ending):
    frame = gpd.GeoDataFrame(
        {"a": pd.Series(["\ud800"], dtype=object)}, geometry=[shapely.Point(5, 45)], crs="EPSG:4326"
    )
    with pytest.raises(cdv_geo.OutputError, match="a text holds half a surrogate pair"):
        written(tmp_path, frame, ending)
    assert list(tmp_path.iterdir()) == []


def test_half_a_character_is_kept_as_an_escape_in_a_workbook(tmp_path):
    frame = pd.DataFrame({"a": pd.Series(["\ud800"], dtype=object)})
    assert texts_of(written(tmp_path, frame, "xlsx")) == ["a", "\ud800"]
