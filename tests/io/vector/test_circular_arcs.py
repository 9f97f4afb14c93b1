from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.io.vector.circular_arcs import TOLERANCE_M, straightened, tolerance_in

from squares import X0, Y0

PLACES = st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000))


def drawn(*points, tolerance=TOLERANCE_M):
    return straightened(np.array(points, dtype=float), tolerance)


@pytest.mark.parametrize(
    "circle",
    [
        [(X0 - 100, Y0), (X0 + 100, Y0), (X0 - 100, Y0)],
        [(X0 + 100, Y0), (X0 - 100, Y0), (X0 + 100, Y0)],
        [(X0 - 100, Y0), (X0, Y0 + 100), (X0 + 100, Y0), (X0, Y0 - 100), (X0 - 100, Y0)],
        [(X0, Y0 - 100), (X0 - 100, Y0), (X0, Y0 + 100), (X0 + 100, Y0), (X0, Y0 - 100)],
    ],
)
def test_a_circle_of_100_m_has_the_area_of_one_but_for_its_edge(circle):
    polygon = shapely.Polygon(drawn(*circle))
    # 31,415.93 m²; the lines lie inside, by 1 cm at most on 628 m.
    assert 31_415.93 - 6.28 <= polygon.area <= 31_415.93
    assert polygon.is_valid
    assert polygon.hausdorff_distance(shapely.Point(X0, Y0).buffer(100, 512)) < 2 * TOLERANCE_M


def test_half_a_circle_is_on_the_side_of_its_middle_point():
    half = drawn((0, 0), (100, 100), (200, 0))
    assert (half[:, 1] >= 0).all()
    assert shapely.LineString(half).length == pytest.approx(np.pi * 100, abs=0.1)
    assert np.hypot(*(half - [100, 0]).T) == pytest.approx(100, abs=1e-9)


def test_three_quarters_of_a_circle_go_the_long_way_round():
    most = drawn((100, 0), (-100, 0), (0, -100))
    assert shapely.LineString(most).length == pytest.approx(1.5 * np.pi * 100, abs=0.2)


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0), (1, 1), (3, 3)],
        [(0, 0), (0, 0), (5, 0)],
        [(0, 0), (5, 0), (5, 0)],
        [(2, 2), (2, 2), (2, 2)],
        [(0, 0), (5, 0), (3, 0)],
    ],
)
def test_an_arc_of_points_in_a_line_is_that_line(points):
    assert drawn(*points).tolist() == np.array(points, dtype=float).tolist()


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([(0, 0)], "has 1 points; 3, 5, 7, … are expected"),
        ([(0, 0), (1, 1), (2, 0), (3, 1)], "has 4 points"),
        ([(0, 0), (1, np.nan), (2, 0)], "a coordinate is no number"),
        ([(0, 0), (1e9, 1e9), (2e9, 0)], "radius of 1e\\+09, which is too large"),
    ],
)
def test_what_is_no_arc_is_refused(points, why):
    with pytest.raises(ValueError, match=why):
        drawn(*points)


def test_more_points_than_a_layer_may_take_are_refused():
    with pytest.raises(ValueError, match="too many points"):
        straightened(np.array([(0, 0), (100, 100), (200, 0)], dtype=float), 0.01, most=50)


@given(PLACES, PLACES, PLACES)
def test_an_arc_passes_its_points_and_is_never_farther_than_the_tolerance(first, middle, last):
    try:
        lines = drawn(first, middle, last)
        finer = drawn(first, middle, last, tolerance=TOLERANCE_M / 100)
    except ValueError:  # nearly in a line: a circle as large as a country
        return
    kept = {tuple(place) for place in lines}
    assert {first, middle, last} <= kept
    if len(lines) > 1 and len(finer) > 1:
        line, true = shapely.LineString(lines), shapely.LineString(finer)
        assert shapely.distance(line, shapely.points(finer)).max() <= 1.01 * TOLERANCE_M
        assert shapely.distance(true, shapely.points(lines)).max() <= 1.01 * TOLERANCE_M


@given(PLACES, PLACES, PLACES)
def test_neighbours_that_draw_an_arc_from_either_end_share_each_point(first, middle, last):
    if first == last:  # a circle has no end
        return
    try:
        there, back = drawn(first, middle, last), drawn(last, middle, first)
    except ValueError:
        return
    assert there.tolist() == back[::-1].tolist()


def test_the_tolerance_is_one_centimetre_in_any_system():
    assert tolerance_in(pyproj.CRS("EPSG:2154")) == 0.01
    # A degree has 111.3 km at most: 1 cm is some 9e-8 degrees, and 1e-7 grads.
    assert tolerance_in(pyproj.CRS("EPSG:4326")) == pytest.approx(0.01 / 111_319, rel=1e-4)
    assert tolerance_in(pyproj.CRS("EPSG:4807")) == pytest.approx(0.01 / 100_188, rel=1e-4)


def test_a_coordinate_beyond_the_earth_is_no_place():
    far = np.array([[0.0, 0.0], [1e200, 1.0], [2.0, 0.0]])
    with pytest.raises(ValueError, match=r"a coordinate of an arc is 1e\+200, which is no place"):
        straightened(far, 0.01)
