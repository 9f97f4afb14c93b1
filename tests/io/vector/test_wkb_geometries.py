from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.io.vector.wkb_geometries import read_geometries

from curved import EXTRA, KINDS, disc, line, made_of, places

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
MADE_STRAIGHT = "its arcs were made straight lines, 0.01 m from them at most"


def read(*written, tolerance=0.01):
    return read_geometries(pa.array(written, pa.binary()), tolerance)


def polygon(*points):
    return struct.pack("<BII", 1, KINDS["Polygon"], 1) + places(*points)


def postgis(content, *, system=None, flags=0):
    """The same geometry with the codes of PostGIS: flags beside the kind, perhaps a system."""
    code = struct.unpack("<I", content[1:5])[0] % 1000 | flags
    number = b"" if system is None else struct.pack("<I", system)
    return (
        content[:1] + struct.pack("<I", code | (0x20000000 if number else 0)) + number + content[5:]
    )


@pytest.mark.parametrize("dimension", EXTRA)
def test_a_polygon_with_arcs_is_drawn_with_lines_whatever_its_dimensions(dimension):
    found = read(disc(0, 0, 100, dimension))
    assert found.shapes[0].geom_type == "Polygon"
    assert found.shapes[0].area == pytest.approx(31_415.93, abs=6.28)
    assert not found.shapes[0].has_z
    assert found.mended == {0: MADE_STRAIGHT}


def test_codes_of_postgis_are_read_as_those_of_the_standard():
    flat = disc(0, 0, 100)
    high = postgis(disc(0, 0, 100, "Z"), flags=0x80000000)
    all_of_it = postgis(disc(0, 0, 100, "ZM"), system=2154, flags=0xC0000000)
    found = read(flat, postgis(flat, system=2154), high, all_of_it)
    assert [shape.equals(found.shapes[0]) for shape in found.shapes] == [True] * 4


def test_every_kind_that_has_arcs_is_read():
    half = line("CircularString", (0, 0), (100, 100), (200, 0))
    bow = made_of("CompoundCurve", half, line("LineString", (200, 0), (0, 0)))
    found = read(
        half,
        bow,
        made_of("CurvePolygon", bow),
        made_of("MultiCurve", half, bow, line("LineString", (0, 0), (3, 4))),
        made_of("MultiSurface", disc(0, 0, 100), polygon(*SQUARE)),
        made_of("MultiPolygon", disc(0, 0, 100)),
        made_of("GeometryCollection", disc(0, 0, 100), line("LineString", (0, 0), (3, 4))),
    )
    assert [shape.geom_type for shape in found.shapes] == [
        "LineString", "LineString", "Polygon", "MultiLineString", "MultiPolygon", "MultiPolygon",
        "GeometryCollection",
    ]  # fmt: skip
    assert found.shapes[2].area == pytest.approx(31_415.93 / 2, abs=3.2)
    assert found.shapes[3].length == pytest.approx(314.16 * 2 + 200 + 5, abs=0.1)
    assert found.shapes[4].area == pytest.approx(31_415.93 + 100, abs=6.3)
    assert set(found.mended) == set(range(7))


def test_curves_that_are_straight_are_read_and_nothing_is_said():
    ring = made_of("CompoundCurve", line("LineString", *SQUARE))
    found = read(made_of("MultiSurface", made_of("CurvePolygon", ring)))
    assert found.shapes[0].area == 100
    assert found.mended == {}


def test_a_ring_that_is_not_closed_is_closed_and_said():
    found = read(polygon(*SQUARE[:-1]), polygon(*SQUARE))
    assert [shape.area for shape in found.shapes] == [100, 100]
    assert found.mended == {0: "a ring did not end where it began; it was closed"}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (made_of("TIN"), "it is a TIN; points, lines, polygons and arcs are read"),
        (made_of("PolyhedralSurface"), "it is a PolyhedralSurface"),
        (made_of("Triangle"), "it is a Triangle"),
        (b"POINT(5 45)", "it is no well-known binary"),
        (b"\1", "it ends too early"),
        (struct.pack("<BI", 1, 99), "its kind is 99, which is none"),
        (disc(0, 0, 100)[:-4], "it ends too early"),
        (struct.pack("<BII", 1, 12, 0xFFFFFFFF), "it ends too early"),
        (line("CircularString", (0, 0), (1, 1)), "a string of arcs has 2 points"),
        (
            made_of("CompoundCurve", *[line("LineString", (0, 0), (3, 4))] * 2),
            "the parts of a curve do not meet",
        ),
        (made_of("CurvePolygon", polygon(*SQUARE)), "a Polygon is part of a curve"),
    ],
)
def test_what_cannot_be_read_says_why_and_the_rest_is_read(written, why):
    found = read(polygon(*SQUARE), written, None, disc(0, 0, 100))
    assert [shape is None for shape in found.shapes] == [False, True, True, False]
    assert found.unread.keys() == {1}
    assert f"the geometry cannot be read: {why}" in found.unread[1]


@pytest.mark.parametrize("kind", ["GeometryCollection", "MultiPolygon", "CompoundCurve"])
def test_a_million_geometries_within_each_other_are_no_crash(kind):
    head = struct.pack("<BII", 1, KINDS[kind], 1)
    found = read(head * 1_000_000 + line("LineString", (0, 0), (3, 4)))
    assert found.unread.keys() == {0}


def test_arcs_that_would_take_all_memory_are_left_out():
    many = [(x % 2 * 20_000, x * 1_000) for x in range(5_001)]
    found = read(*[line("CircularString", *many)] * 3, polygon(*SQUARE))
    assert "take too many points" in found.unread[2]
    assert found.shapes[3].area == 100


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_make_anything_but_a_geometry_or_a_reason(noise, cut):
    whole = made_of("GeometryCollection", disc(0, 0, 100), polygon(*SQUARE))
    found = read(whole[:cut] + noise)
    assert (found.shapes[0] is None) == (0 in found.unread or not (whole[:cut] + noise))


def test_plain_geometries_are_those_that_geos_reads_in_any_slice_and_byte_order():
    shapes = np.array([shapely.box(0, 0, 1, 1), None, shapely.Point(1, 2)], dtype=object)
    for order in (0, 1):
        column = pa.array(shapely.to_wkb(shapes, byte_order=order), pa.binary())
        found = read_geometries(pa.chunked_array([column, column.slice(1)]), 0.01)
        assert found.shapes.tolist() == [*shapes, *shapes[1:]]
        assert (found.mended, found.unread) == ({}, {})
