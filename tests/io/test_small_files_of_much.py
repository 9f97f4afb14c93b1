"""Small files that say a lot: each is refused by what it would take, before it is taken."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet
import pytest

import cdv_geo
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources
from cdv_geo.io.vector import geojson_reading, geoparquet

from hostile_files.opening import open_layer
from squares import CRS

PLACE = {"type": "Point", "coordinates": [5.92, 45.57]}


def read_all(path):
    (source,) = open_sources([path], Reading(CRS, {}))
    return sum(len(things) for things in source.batches())


def parquet(tmp_path, columns, **options):
    path = tmp_path / "t.parquet"
    pa.parquet.write_table(pa.table(columns), path, compression="zstd", **options)
    return path


def equal(value, rows):
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([value]))


@pytest.mark.parametrize(
    ("rows", "value", "said"),
    [
        (1_000_000, "a", "for 1,000,000 values of .* MB; at most one value a byte"),
        (90_000, "a" * 100_000, "for 90,000 values of 8,58[0-9] MB; .*200 times its size"),
        (2, "a" * 17_000_000, "a value of the column “id” has 16 MB; at most 16 MB are read"),
        (2, "a" * 70_000_000, "“id” would unpack to 67 MB, more than 200 times its size"),
    ],
)
def test_equal_rows_that_take_no_byte_are_refused(tmp_path, rows, value, said):
    place = {"longitude": equal(5.92, rows).cast("double"), "latitude": [45.57] * rows}
    path = parquet(tmp_path, {"id": equal(value, rows), **place})
    assert path.stat().st_size < 100_000
    with pytest.raises(cdv_geo.DataError, match=said):
        read_all(path)


def test_what_is_long_is_read_in_fewer_rows_at_once(tmp_path):
    # 2,000 texts of 100 kB take 200 MB: no more than 64 MB of them are held.
    path = parquet(tmp_path, {"id": equal("a" * 100_000, 2_000)})
    sizes = [len(batch) for batch in geoparquet.read_batches(path, ["id"], 1 << 16)]
    assert sum(sizes) == 2_000
    assert max(sizes) <= (64 << 20) // 100_000


def test_usual_columns_are_read_in_as_many_rows_as_is_asked(tmp_path):
    columns = {"id": [f"a{n}" for n in range(70_000)], "nom": ["école"] * 70_000}
    batches = geoparquet.read_batches(parquet(tmp_path, columns), ["id", "nom"], 1 << 16)
    assert [len(batch) for batch in batches] == [1 << 16, 70_000 - (1 << 16)]


def test_many_columns_and_many_groups_are_refused(tmp_path):
    place = {"longitude": [5.92] * 10_001, "latitude": [45.57] * 10_001}
    path = parquet(tmp_path, {"id": [str(n) for n in range(10_001)], **place}, row_group_size=1)
    with pytest.raises(cdv_geo.DataError, match="has 10,001 row groups; at most 10,000"):
        read_all(path)
    path = parquet(tmp_path, {f"c{n}": [1] for n in range(1_001)})
    with pytest.raises(cdv_geo.DataError, match="has 1,001 columns; at most 1,000 are read"):
        read_all(path)


@pytest.mark.parametrize("kind", ["int64", "bool", "string", "timestamp[s]", "null"])
def test_a_geometry_of_another_kind_is_said_once(tmp_path, kind):
    meta = {"primary_column": "g", "columns": {"g": {"encoding": "WKB"}}}
    table = pa.table({"id": ["a"], "g": pa.array([None], pa.type_for_alias(kind))})
    pa.parquet.write_table(
        table.replace_schema_metadata({"geo": json.dumps(meta)}), tmp_path / "g.parquet"
    )
    with pytest.raises(
        cdv_geo.DataError, match=r"the column “g” holds .*, no geometry; well-known"
    ):
        open_layer(tmp_path / "g.parquet")


def features(tmp_path, *members):
    path = tmp_path / "j.geojson"
    content = ",".join(f'{{"type":"Feature",{member}}}' for member in members)
    path.write_text(f'{{"type":"FeatureCollection","features":[{content}]}}', encoding="utf-8")
    return path


def nested(deep):
    inner = json.dumps(PLACE)
    return '{"type":"GeometryCollection","geometries":[' * deep + inner + "]}" * deep


def test_a_collection_nested_too_deeply_rejects_its_row_alone(tmp_path):
    path = features(tmp_path, *(f'"geometry":{nested(deep)}' for deep in (1, 32, 33, 450)))
    found = open_layer(path)
    assert [(fault.row, fault.message) for fault in found.notes] == [
        (3, "the geometry cannot be read: it is nested more than 32 deep"),
        (4, "the geometry cannot be read: it is nested more than 32 deep"),
    ]


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (f'"properties":{{"a":{"[" * 100_000}{"]" * 100_000}}}', "is nested too deeply"),
        (f'"properties":{{"a":{"9" * 5_000}}}', r"4300 digits.*5000 digits\.$"),
        (
            f'"properties":{json.dumps({f"c{n}": 1 for n in range(1_001)})}',
            "has 1,001 properties; at most 1,000 are read",
        ),
    ],
)
def test_what_is_too_deep_or_too_long_refuses_the_file(tmp_path, member, said):
    with pytest.raises(cdv_geo.DataError, match=said):
        open_layer(features(tmp_path, member))


def test_numbers_beyond_all_measure_are_texts_or_infinite(tmp_path):
    whole = "9" * 400
    members = (f'"properties":{{"a":{n}}}' for n in (whole, "1.5"))
    path = features(tmp_path, *members)
    (batch,) = open_layer(path).batches(["a"], 10)
    assert batch.column("a").to_pylist() == [whole, "1.5"]


def test_what_would_take_too_much_once_it_is_read_is_refused_first(tmp_path, monkeypatch):
    monkeypatch.setattr(geojson_reading, "_MOST_BYTES", 1 << 20)
    path = features(tmp_path, *(['"properties":{}'] * 5_000))
    with pytest.raises(cdv_geo.DataError, match="takes about 2 MB to read; at most 1 MB"):
        open_layer(path)
