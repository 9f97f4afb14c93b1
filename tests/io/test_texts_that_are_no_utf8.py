"""Bytes that are no UTF-8 reject the row they stand in, by the name of the column, and no other."""

from __future__ import annotations

import contextlib
import sqlite3

import pyarrow as pa
import pyarrow.parquet
import pytest

import cdv_geo
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources

from squares import CRS, points

BYTES = [b"un", b"Q\xe9\xff", b"trois"]


def texts(kind, contents=BYTES):
    offsets = pa.array(contents, pa.large_binary() if kind == pa.large_string() else pa.binary())
    return pa.Array.from_buffers(kind, len(contents), offsets.buffers())


def things(path):
    (source,) = open_sources([path], Reading(CRS, {}))
    return next(source.batches())


def parquet(tmp_path, **columns):
    place = {"longitude": [5.92] * 3, "latitude": [45.57] * 3}
    pa.parquet.write_table(pa.table({**place, **columns}), tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("id", texts(pa.string())),
        ("id", texts(pa.large_string())),
        ("id", pa.array(BYTES, pa.binary())),
        ("territoires_cites", pa.ListArray.from_arrays([0, 1, 2, 3], texts(pa.string()))),
    ],
)
def test_the_row_is_rejected_and_the_others_are_read(tmp_path, column, values):
    columns = {"id": ["a", "b", "c"], column: values}
    found = things(parquet(tmp_path, **columns))
    assert found.faults == {1: rf"row 2, {column}: “Q\xe9\xff” is no UTF-8 text"}
    assert found.table[column].tolist()[::2] == ["un", "trois"]


def test_a_geopackage_goes_by_the_same_rule(tmp_path):
    path = tmp_path / "l.gpkg"
    points((0, 0), (10, 0), (20, 0), id=["un", "b", "trois"]).to_file(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)  # of a trigger
        database.execute("UPDATE l SET id = CAST(? AS TEXT) WHERE id = 'b'", (BYTES[1],))
        database.commit()
    found = things(path)
    assert found.faults == {1: r"row 2, id: “Q\xe9\xff” is no UTF-8 text"}
    assert found.table["id"].tolist()[::2] == ["un", "trois"]


def test_where_equal_texts_are_kept_once_the_column_alone_is_known(tmp_path):
    packed = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), texts(pa.string()))
    path = parquet(tmp_path, id=["a", "b", "c"], territoires_cites=packed)
    with pytest.raises(cdv_geo.DataError, match="a text in territoires_cites is no UTF-8"):
        things(path)


def test_a_name_that_is_no_utf8_refuses_the_file_in_one_sentence(tmp_path):
    path = parquet(tmp_path, id=["a", "b", "c"], nxm=["u", "v", "w"])
    path.write_bytes(path.read_bytes().replace(b"nxm", b"n\xe9m"))
    with pytest.raises(cdv_geo.DataError, match=r"t\.parquet cannot be read: .*no UTF-8 text"):
        things(path)
