"""Columns of Parquet files, of all the kinds in which databases write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import cdv_geo
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources
from cdv_geo.io.vector.vector_features import read_layer

from squares import CRS

READING = Reading(CRS, {})
# Chambéry, some kilometres apart.
PLACES = {"longitude": ["5.9208", "5.9508", None], "latitude": ["45.5708", "45.6008", None]}


def things(tmp_path, **columns):
    path = tmp_path / "t.parquet"
    pa.parquet.write_table(pa.table(columns), path)
    (source,) = open_sources([path], READING)
    (batch,) = source.batches()
    return source, batch


def decimals(values, kind):
    return pa.array([None if v is None else Decimal(v) for v in values], kind)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [pa.decimal128(8, 4), pa.decimal128(38, 10), pa.decimal256(60, 4)])
def test_decimals_are_numbers_in_positions_ids_and_values(tmp_path, kind, packed):
    places = {name: decimals(values, kind) for name, values in PLACES.items()}
    if packed:
        places = {name: column.dictionary_encode() for name, column in places.items()}
    ids = decimals(["1", "2", "3"], pa.decimal128(18, 0))
    source, found = things(tmp_path, id=ids, **places)
    plain = [[None if v is None else float(v) for v in values] for values in PLACES.values()]
    _, expected = things(tmp_path, id=[1, 2, 3], longitude=plain[0], latitude=plain[1])
    assert found.x == pytest.approx(expected.x, nan_ok=True)
    assert found.y == pytest.approx(expected.y, nan_ok=True)
    assert found.table["id"].tolist() == expected.table["id"].tolist()
    assert source.kinds[0] == "whole"
    assert found.notes == ()


def test_a_place_that_is_no_number_is_none_like_one_that_is_missing(tmp_path):
    nowhere = [5.92, float("nan"), None]
    _, found = things(tmp_path, id=["a", "b", "c"], longitude=nowhere, latitude=nowhere)
    assert np.isfinite(found.x).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.string()),
        pa.large_list(pa.string()),
        pa.list_(pa.large_string()),
        pa.list_(pa.string(), 2),
    ],
)
def test_nothing_within_a_list_names_nothing(tmp_path, kind):
    lists = pa.array([["Biollay", None], [None, None], None, ["Biollay", "Bellevue"]], kind)
    _, found = things(tmp_path, id=list("abcd"), territoires_cites=lists)
    cited = found.table["territoires_cites"]
    assert cited.dropna().tolist() == ["Biollay", "Biollay;Bellevue"]
    assert cited.isna().tolist() == [False, True, True, False]


@pytest.mark.parametrize("kind", [pa.string_view(), pa.large_string(), pa.binary()])
def test_texts_of_any_kind_are_texts(tmp_path, kind):
    _, found = things(tmp_path, id=pa.array(["a", "é"], kind), quartier_cite=["Biollay", None])
    assert found.table["id"].tolist() == ["a", "é"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("quartier_cite", [True]),
        ("quartier_cite", [dt.time(1, 2)]),
        ("quartier_cite", [{"nom": "Biollay"}]),
        ("territoires_cites", [[{"nom": "Biollay"}]]),
        ("territoires_cites", [[["Biollay"]]]),
        ("territoires_cites", [[dt.date(2024, 1, 1)]]),
        ("code_insee", [["73065"]]),
        ("coordonnees", [[45.57, 5.92]]),
        ("id", [dt.date(2024, 1, 1)]),
    ],
)
def test_what_is_neither_text_nor_number_is_refused_in_one_sentence(tmp_path, name, values):
    columns = {"id": ["a"], "quartier_cite": ["Biollay"], name: values}
    with pytest.raises(cdv_geo.DataError, match=f"the column “{name}” holds .*; text or numbers"):
        things(tmp_path, **columns)


def test_decimals_of_a_layer_are_numbers(tmp_path):
    path = tmp_path / "p.parquet"
    places = gpd.GeoSeries.from_xy([926_000.0], [6_500_000.0], crs=CRS)
    gpd.GeoDataFrame({"precision_m": [2]}, geometry=places).to_parquet(path)
    table = pa.parquet.read_table(path)
    column = decimals(["2.5"], pa.decimal128(4, 1))
    pa.parquet.write_table(table.set_column(0, "precision_m", column), path)
    assert read_layer(path, crs=CRS)["precision_m"].tolist() == [2.5]
