from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.io.vector.arrow_points import points_of

POINT, OTHER, HIGH = shapely.Point(1, 2), shapely.Point(-3, 4.5), shapely.Point(5, 6, 7)


def column(*geometry, **options):
    return pa.array(shapely.to_wkb(np.array(geometry, dtype=object), **options), pa.binary())


def test_plain_points_are_taken_as_they_are_and_none_is_nowhere():
    x, y, odd = points_of(column(POINT, None, OTHER))
    assert x.tolist()[::2] == [1, -3]
    assert y.tolist()[::2] == [2, 4.5]
    assert np.isnan([x[1], y[1]]).all()
    assert odd == {}


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_a_slice_of_a_column_is_read_from_its_own_beginning(kind):
    part = column(POINT, None, OTHER, POINT).cast(kind).slice(1, 2)
    x, y, _ = points_of(part)
    assert np.isnan(x[0])
    assert (x[1], y[1]) == (-3, 4.5)


@pytest.mark.parametrize(
    "written",
    [
        column(POINT, HIGH, output_dimension=3),
        column(POINT, shapely.Point(5, 6), byte_order=0),
        column(POINT, HIGH, flavor="iso", output_dimension=3),
        column(shapely.set_srid(POINT, 2154), HIGH, include_srid=True),
    ],
)
def test_height_other_byte_orders_and_an_srid_are_read_too(written):
    x, y, odd = points_of(written)
    assert (x.tolist(), y.tolist(), odd) == ([1, 5], [2, 6], {})


def test_what_is_no_point_is_named_with_its_row():
    x, _, odd = points_of(column(POINT, shapely.LineString([(0, 0), (1, 1)]), None))
    assert odd == {1: "its geometry is a LineString, a point is expected"}
    assert np.isnan(x[1:]).all()


def test_an_empty_point_is_nowhere():
    for geometry in (shapely.Point(), shapely.MultiPoint()):
        x, _, odd = points_of(column(POINT, geometry))
        assert x[0] == 1
        assert np.isnan(x[1])
        assert odd == {}


def test_a_structure_of_x_and_y_is_a_point():
    points = pa.array([{"x": 1.0, "y": 2.0}, None, {"x": -3.0, "y": 4.5}])
    x, y, _ = points_of(points.slice(1))
    assert np.isnan(x[0])
    assert (x[1], y[1]) == (-3, 4.5)


def test_a_structure_of_other_fields_is_refused():
    with pytest.raises(cdv_geo.DataError, match="fields x and y are expected"):
        points_of(pa.array([{"lat": 45.6, "lon": 5.9}]))


def test_no_rows_at_all():
    x, y, odd = points_of(column())
    assert (len(x), len(y), odd) == (0, 0, {})
    assert len(points_of(column(None, None))[0]) == 2


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(st.lists(st.none() | st.tuples(numbers, numbers), max_size=9))
def test_every_coordinate_comes_back_to_the_last_bit(places):
    geometry = [None if p is None else shapely.Point(p) for p in places]
    x, y, _ = points_of(column(*geometry))
    found = [None if np.isnan(a) else (a, b) for a, b in zip(x, y, strict=True)]
    assert found == places
