from __future__ import annotations

import json

import pytest
import shapely

import cdv_geo
from cdv_geo.faults import REJECTED, REPAIRED
from cdv_geo.io import guard
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.vector import geojson_reading

from hostile_files.opening import open_layer

POINT = {"type": "Point", "coordinates": [5.92, 45.57]}
SQUARE = [[5.9, 45.5], [5.91, 45.5], [5.91, 45.51], [5.9, 45.51], [5.9, 45.5]]
POLYGON = {"type": "Polygon", "coordinates": [SQUARE]}


def feature(geometry=POINT, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def write(tmp_path, *features, **members):
    path = tmp_path / "f.geojson"
    content = {"type": "FeatureCollection", "features": list(features), **members}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def raw(tmp_path, text):
    path = tmp_path / "f.geojson"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path):
    with path.open("rb") as file:
        return geojson_reading.read_feature_collection(guard.Opened(path, guard.GEOJSON, file))


def geometries(found):
    return shapely.from_wkb(found.table.column("geometry").to_numpy(zero_copy_only=False))


def values(found, name):
    return found.table.column(name).to_pylist()


def test_features_keep_their_properties_and_their_places(tmp_path):
    found = read(
        write(tmp_path, feature(nom="Un", rang=1), feature(POLYGON, nom="Deux"), feature(None))
    )
    assert values(found, "nom") == ["Un", "Deux", None]
    assert values(found, "rang") == [1, None, None]
    point, polygon, nothing = geometries(found)
    assert (point.x, point.y) == (5.92, 45.57)
    assert polygon.equals(shapely.box(5.9, 45.5, 5.91, 45.51))
    assert nothing is None
    assert (found.crs.to_string(), found.faults) == ("EPSG:4326", [])


def test_a_byte_order_mark_is_no_fault_and_other_encodings_are(tmp_path):
    text = write(tmp_path, feature(nom="Un")).read_text(encoding="utf-8")
    assert values(read(raw(tmp_path, "\ufeff" + text)), "nom") == ["Un"]
    with pytest.raises(cdv_geo.DataError, match=r"cannot be read as GeoJSON: .*utf-8"):
        read(raw(tmp_path, text.replace("Un", "é").encode("cp1252")))


@pytest.mark.parametrize(
    ("values_given", "kept"),
    [
        ([1, 2], [1, 2]),
        ([1, None], [1, None]),
        ([1, 2.5], [1.0, 2.5]),
        (["01004", 1004], ["01004", "1004"]),
        ([True, False], [True, False]),
        ([["a", "b"], []], ["a;b", ""]),
        ([{"a": 1}, "x"], ['{"a": 1}', "x"]),
        ([2**70, 1], [str(2**70), "1"]),
        ([None, None], [None, None]),
        (["\ud800x", "é"], ["?x", "é"]),
    ],
)
def test_values_of_a_property_are_of_one_kind(tmp_path, values_given, kept):
    found = read(write(tmp_path, *(feature(v=value) for value in values_given)))
    assert values(found, "v") == kept


def test_the_id_of_a_feature_is_its_id_where_no_property_is_called_so(tmp_path):
    assert values(read(write(tmp_path, {**feature(), "id": 7})), "id") == [7]
    assert values(read(write(tmp_path, {**feature(id="a"), "id": 7})), "id") == ["a"]


def test_a_property_called_geometry_is_lost_by_no_one_silently(tmp_path):
    path = write(tmp_path, feature(nom="Un", geometry="dans le parc"))
    found = read(path)
    said = " ".join(str(fault) for fault in found.faults)
    assert "dans le parc" in str(found.table.to_pydict()) or "geometry" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as GeoJSON"),
        ('{"type": "FeatureCollection"}', "is no GeoJSON FeatureCollection"),
        ('{"type": "Topology", "features": []}', "is no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "has no feature"),
        ('{"type": "FeatureCollection", "features": [1]}', "has features that are no objects"),
        ('{"type": "FeatureCollection", "features": {}}', "is no GeoJSON FeatureCollection"),
        ('{"a": 1, "a": 2}', "the key “a” stands twice in one object"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ('{"a": 1} x', "cannot be read as GeoJSON"),
        ('{"a": ' + "9" * 5000 + "}", "cannot be read as GeoJSON"),
    ],
)
def test_what_is_no_collection_of_features_is_refused_in_one_sentence(tmp_path, text, said):
    with pytest.raises(cdv_geo.DataError, match=said):
        read(raw(tmp_path, text))


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [5.9]},
        {"type": "Point", "coordinates": ["5.9", "45.5"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point", "coordinates": None},
        {"type": "Point"},
        {"type": "Polygon", "coordinates": [[[5.9, 45.5]]]},
        {"type": "Polygon", "coordinates": [[[5.9, None], [1, 2], [3, 4]]]},
        {"type": "Circle", "coordinates": [1, 2]},
        {"type": 3, "coordinates": [1, 2]},
        {"coordinates": [1, 2]},
        {},
        [],
        "POINT (1 2)",
        {"type": "GeometryCollection", "geometries": [{"type": "Point"}]},
        {"type": "GeometryCollection"},
        {"type": "Polygon", "coordinates": [5.9, 45.5]},
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
    ],
)
def test_a_geometry_that_cannot_be_read_is_a_fault_of_its_feature(tmp_path, geometry):
    found = read(write(tmp_path, feature(nom="Un"), feature(geometry, nom="Deux")))
    assert [(fault.row, fault.column, fault.done) for fault in found.faults] == [
        (2, "geometry", REJECTED)
    ]
    assert geometries(found)[0].x == 5.92
    assert values(found, "nom") == ["Un", "Deux"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_coordinate_that_is_no_finite_number_is_a_fault_of_its_feature(tmp_path, number):
    text = write(tmp_path, feature()).read_text(encoding="utf-8").replace("5.92", number)
    found = read(raw(tmp_path, text))
    assert [(fault.row, fault.done) for fault in found.faults] == [(1, REJECTED)]


def test_a_ring_that_is_not_closed_is_closed_and_it_is_said(tmp_path):
    opened = {"type": "Polygon", "coordinates": [SQUARE[:-1]]}
    both = {"type": "GeometryCollection", "geometries": [opened, POINT]}
    found = read(write(tmp_path, feature(opened), feature(both), feature(POLYGON)))
    assert [(fault.row, fault.done) for fault in found.faults] == [(1, REPAIRED), (2, REPAIRED)]
    assert geometries(found)[0].equals(shapely.box(5.9, 45.5, 5.91, 45.51))


def test_heights_are_left_out(tmp_path):
    line = {"type": "LineString", "coordinates": [[5.9, 45.5, 300], [5.8, 45.5, 310]]}
    point = {"type": "Point", "coordinates": [5.92, 45.57, 270.0]}
    found = read(write(tmp_path, feature(line), feature(point)))
    assert not shapely.has_z(geometries(found)).any()


def test_a_point_without_coordinates_is_no_place(tmp_path):
    found = read(write(tmp_path, feature({"type": "Point", "coordinates": []})))
    assert shapely.is_empty(geometries(found)).all()


def test_the_oldest_way_to_state_a_system_is_read_too(tmp_path):
    member = {"type": "EPSG", "properties": {"code": 2154}}
    assert read(write(tmp_path, feature(), crs=member)).crs.to_string() == "EPSG:2154"


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("urn:ogc:def:crs:EPSG::2154", "EPSG:2154"),
        ("IGNF:LAMB93", "IGNF:LAMB93"),
        ("EPSG:2154", "EPSG:2154"),
    ],
)
def test_a_system_that_an_old_file_states_is_read_and_said(tmp_path, name, crs):
    member = {"type": "name", "properties": {"name": name}}
    found = read(write(tmp_path, feature(), crs=member))
    assert found.crs.to_string() == crs
    assert bool(found.faults) == (crs != "EPSG:4326")


@pytest.mark.parametrize(
    "member",
    [
        {"type": "link", "properties": {"href": "https://example.org/crs"}},
        {"type": "name", "properties": {"name": "https://example.org/crs"}},
        {"type": "name", "properties": {"name": "/etc/hostname"}},
        {"type": "name"},
        "EPSG:2154",
        {"type": "name", "properties": {"name": "EPSG:0"}},
    ],
)
def test_a_system_that_would_have_to_be_fetched_is_not_followed(tmp_path, member):
    path = write(tmp_path, feature(), crs=member)
    with pytest.raises(cdv_geo.DataError, match=r"is not followed|is in no register"):
        read(path)


def test_a_system_that_the_user_states_goes_first_as_the_refusal_says(tmp_path):
    path = write(tmp_path, feature(), crs={"type": "name", "properties": {"name": "EPSG:0"}})
    with pytest.raises(cdv_geo.DataError, match="in no register; state one that is with --crs"):
        open_layer(path)
    assert open_layer(path, OpenOptions(crs="EPSG:2154")).crs.to_string() == "EPSG:2154"
