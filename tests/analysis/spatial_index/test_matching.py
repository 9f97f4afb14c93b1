from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo import DataError
from cdv_geo.analysis.spatial_index import match_points, matching, outline_distances
from cdv_geo.analysis.spatial_index.bounding_boxes import BoxIndex

import thinning
from adversarial import (
    INF,
    OUTLINES,
    PLACES,
    around,
    box,
    crossing_rings,
    hairs,
    lattice_polygons,
    moved,
    on_outlines,
    pairs_of_geos,
    star_polygons,
    within_them,
)

EVERYWHERE = list(product(OUTLINES, PLACES))


def pairs(matches):
    return list(zip(matches.point.tolist(), matches.polygon.tolist(), strict=True))


def matched(spots, polygons, within=None):
    """Points as (x, y) matched with polygons."""
    x, y = np.asarray(spots, dtype=np.float64).reshape(-1, 2).T
    return match_points(x, y, polygons, within=within)


def assert_as_geos(spots, polygons, within=None, hair=1e-9):
    """The pairs and their order; with a distance, the distances and the signs too."""
    x, y = np.asarray(spots, dtype=np.float64).reshape(-1, 2).T
    expected = pairs_of_geos(x, y, polygons, within)
    matches = match_points(x, y, polygons, within=within)
    found = pairs(matches)
    assert sorted(set(found) ^ set(expected)) == []
    assert found == sorted(set(found))
    if within is not None:
        _assert_distances(matches, x, y, polygons, within, hair)


def _assert_distances(matches, x, y, polygons, within, hair):
    spots, outline = shapely.points(x, y)[matches.point], polygons[matches.polygon]
    expected = shapely.distance(outline, spots)
    assert (matches.signed_m <= within).all()
    np.testing.assert_allclose(matches.distance_m, expected, rtol=1e-9, atol=hair)
    to_border = shapely.distance(shapely.boundary(outline), spots)
    signed = np.where(shapely.intersects(outline, spots), -to_border, to_border)
    deep = np.isneginf(matches.signed_m)
    assert (signed[deep] < hair - within).all()
    np.testing.assert_allclose(matches.signed_m[~deep], signed[~deep], rtol=1e-9, atol=hair)


def test_a_point_matches_the_square_it_is_in_or_on():
    in_it, on_the_edge, on_the_corner, outside = (5, 5), (10, 5), (10, 10), (11, 5)
    matches = matched([in_it, on_the_edge, on_the_corner, outside], [box(0, 0, 10)])
    assert pairs(matches) == [(0, 0), (1, 0), (2, 0)]
    assert matches.unplaced == 0


def test_without_a_distance_none_is_measured():
    matches = matched([(5, 5), (10, 5)], [box(0, 0, 10)])
    assert np.isnan(matches.signed_m).tolist() == [True, True]
    assert np.isnan(matches.distance_m).tolist() == [True, True]


def test_a_point_on_a_shared_border_matches_all_that_share_it():
    four = [box(0, 0, 10), box(10, 0, 10), box(0, 10, 10), box(10, 10, 10)]
    assert pairs(matched([(10, 5)], four)) == [(0, 0), (0, 1)]
    assert pairs(matched([(10, 10)], four)) == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_the_border_of_a_hole_is_in_and_the_hole_is_out():
    walls = box(0, 0, 30) - box(10, 10, 10)
    assert pairs(matched([(10, 15), (15, 15), (5, 15)], [walls])) == [(0, 0), (2, 0)]


def test_the_distance_is_to_the_outline_and_negative_inside():
    walls = box(0, 0, 30) - box(10, 10, 10)
    beside, at_a_corner, in_the_wall, in_the_hole = (-2, 5), (33, 34), (3, 5), (13, 15)
    matches = matched([beside, at_a_corner, in_the_wall, in_the_hole, (30, 5)], [walls], within=5)
    assert pairs(matches) == [(point, 0) for point in range(5)]
    assert matches.signed_m.tolist() == [2, 5, -3, 3, 0]
    assert matches.distance_m.tolist() == [2, 5, 0, 3, 0]
    assert not np.signbit(matches.signed_m[-1])  # 0 on the border, not -0


def test_what_is_deeper_than_the_distance_is_at_minus_infinity():
    depths = [(5, 1), (5, 2), (5, np.nextafter(2, 3)), (5, 5)]
    matches = matched(depths, [box(0, 0, 10)], within=2)
    assert matches.signed_m.tolist() == [-1, -2, -INF, -INF]
    assert matches.distance_m.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("within", [0, 2])
def test_a_millimetre_too_deep_is_too_deep_at_chambery_too(within):
    square = box(926_000, 6_500_000, 10)
    matches = matched([(926_000 + within + 0.001, 6_500_005)], [square], within=within)
    assert matches.signed_m.tolist() == [-INF]


def test_exactly_the_distance_is_within_and_a_hair_more_is_not():
    square, corner_away, edge_away = box(0, 0, 10), (13, 14), (15, 5)
    more = [(np.nextafter(13, 14), 14), (13, np.nextafter(14, 15)), (np.nextafter(15, 16), 5)]
    matches = matched([corner_away, edge_away, *more], [square], within=5)
    assert pairs(matches) == [(0, 0), (1, 0)]
    assert matches.distance_m.tolist() == [5, 5]
    less = matched([corner_away, edge_away], [square], within=np.nextafter(5, 0))
    assert pairs(less) == []


def test_no_distance_at_all_leaves_what_is_in_or_on():
    a_hair_beside = (np.nextafter(10, 11), 5)
    matches = matched([(10, 5), (5, 5), a_hair_beside], [box(0, 0, 10)], within=0)
    assert pairs(matches) == [(0, 0), (1, 0)]
    assert matches.signed_m.tolist() == [0, -INF]


def test_a_nanometre_is_a_distance():
    matches = matched([(10 + 1e-9, 5), (10 + 2e-9, 5), (10, 5)], [box(0, 0, 10)], within=1.5e-9)
    assert pairs(matches) == [(0, 0), (2, 0)]


def test_a_huge_distance_reaches_everything():
    polygons = [box(0, 0, 10), None, box(1e7, 0, 10)]
    matches = matched([(5, 5), (-1e7, 5)], polygons, within=1e12)
    assert pairs(matches) == [(0, 0), (0, 2), (1, 0), (1, 2)]
    assert matches.signed_m.tolist() == [-5, 1e7 - 5, 1e7, 2e7]


def test_ties_at_a_huge_distance_fall_as_in_geos():
    polygons = np.array(
        [box(0.1, 0.2, 10.3), shapely.Polygon([(0.1, 0.3), (7.7, 3.1), (2.2, 9.9)])]
    )
    angle = np.arange(3000)
    circle = 5e12 * np.column_stack([np.cos(angle), np.sin(angle)])
    assert_as_geos(hairs(circle + np.array([10.4, 10.5])), polygons, within=5e12, hair=1e-3)


def test_heights_do_not_count():
    roof = shapely.Polygon([(0, 0, 90), (10, 0, 90), (10, 10, 95), (0, 10, 95)])
    assert matched([(13, 14), (2, 5)], [roof], within=5).signed_m.tolist() == [5, -2]


def test_missing_and_empty_polygons_keep_their_place_and_match_nothing():
    polygons = [None, box(0, 0, 10), shapely.Polygon(), shapely.MultiPolygon(), box(0, 0, 20)]
    assert pairs(matched([(5, 5)], polygons)) == [(0, 1), (0, 4)]
    assert pairs(matched([(5, 5)], polygons, within=3)) == [(0, 1), (0, 4)]


def test_the_polygons_of_the_caller_are_left_as_they_are():
    polygons = np.array([None, box(0, 0, 10), shapely.Polygon()], dtype=object)
    before = polygons.copy()
    matched([(5, 5)], polygons, within=3)
    assert all(now is then for now, then in zip(polygons, before, strict=True))


@pytest.mark.parametrize("within", [None, 0, 5])
@pytest.mark.parametrize("polygons", [[], [None], [None, None], [shapely.Polygon()]])
def test_no_polygons_match_nothing(polygons, within):
    matches = matched([(5, 5), (0, 0)], polygons, within)
    assert pairs(matches) == []
    assert matches.unplaced == 0
    assert len(matches.distance_m) == 0


@pytest.mark.parametrize("within", [None, 0, 5])
def test_no_points_match_nothing(within):
    matches = matched([], [box(0, 0, 10), None], within)
    assert pairs(matches) == []
    assert matches.unplaced == 0


@pytest.mark.parametrize("within", [None, 0, 5, 1e12])
def test_points_without_position_match_nothing_and_are_counted(within):
    nowhere = [(np.nan, np.nan), (np.nan, 5), (5, np.nan), (INF, 5), (5, -INF), (-INF, INF)]
    matches = matched([nowhere[0], (5, 5), *nowhere[1:], (6, 6)], [box(0, 0, 10)], within)
    assert pairs(matches) == [(1, 0), (7, 0)]
    assert matches.unplaced == 6


@pytest.mark.parametrize(
    "odd",
    [
        shapely.LineString([(0, 0), (10, 10)]),
        shapely.Point(5, 5),
        shapely.LinearRing([(0, 0), (10, 0), (10, 10)]),
        shapely.GeometryCollection([box(0, 0, 10)]),
    ],
)
def test_what_is_no_polygon_is_refused(odd):
    with pytest.raises(DataError, match=f"geometry 2 is a {odd.geom_type}"):
        matched([(5, 5)], [None, box(0, 0, 10), odd])


@pytest.mark.parametrize("within", [-1, -1e-300, np.nan, INF])
def test_what_is_no_distance_is_refused(within):
    with pytest.raises(DataError, match="is no distance"):
        matched([(5, 5)], [box(0, 0, 10)], within)


@pytest.mark.parametrize(("case", "place"), EVERYWHERE)
def test_the_pairs_are_those_of_intersects(case, place):
    polygons = moved(OUTLINES[case], place)
    spots = [on_outlines(polygons), within_them(polygons)]
    assert_as_geos(hairs(np.concatenate(spots)), polygons)


@pytest.mark.parametrize(
    ("case", "place", "metres"), thinning.pairs(product(OUTLINES, PLACES, (5, 0)))
)
def test_the_pairs_are_those_of_dwithin(case, place, metres):
    polygons = moved(OUTLINES[case], place)
    scale, *_ = PLACES[place]
    border = on_outlines(polygons, most=50)
    spots = [border, around(border, 5 * scale), within_them(polygons)]
    assert_as_geos(hairs(np.concatenate(spots)), polygons, metres * scale, hair=1e-9 * scale)


def test_all_outlines_at_once_match_as_geos_does():
    polygons = np.concatenate([moved(some, "at the origin") for some in OUTLINES.values()])
    spots = hairs(np.concatenate([on_outlines(polygons, most=300), within_them(polygons)]))
    assert_as_geos(spots, polygons)
    assert_as_geos(spots, polygons, within=5)


def lattice_corners(index, most=12):
    """The corners of the cells of an index, each with its hairs; an even choice of lines."""
    lines = []
    for axis in (0, 1):
        extent = index._boxes[:, 2 + axis].max() - index._origin[axis]
        count = int(extent / index._size) + 3
        lines.append(index._origin[axis] + index._size * np.arange(0, count, 1 + count // most))
    return hairs(np.stack(np.meshgrid(*lines), axis=-1))


@pytest.fixture
def lattices(monkeypatch):
    """Every index that is made while a test runs."""
    made = []

    class Recorded(BoxIndex):
        def __init__(self, boxes):
            super().__init__(boxes)
            made.append(self)

    monkeypatch.setattr(matching, "BoxIndex", Recorded)
    monkeypatch.setattr(outline_distances, "BoxIndex", Recorded)
    return made


@pytest.mark.parametrize(("case", "place"), thinning.singles(EVERYWHERE))
def test_points_on_corners_of_the_lattice_match_as_geos_does(case, place, lattices):
    polygons = moved(OUTLINES[case], place)
    scale, *_ = PLACES[place]
    matched([(0, 0)], polygons, within=5 * scale)
    spots = np.concatenate([lattice_corners(index) for index in lattices])
    assert len(lattices) == 2  # one of the polygons, one of their outlines
    assert_as_geos(spots, polygons)
    assert_as_geos(spots, polygons, 5 * scale, hair=1e-9 * scale)


_boxes = st.tuples(*[st.integers(-9, 9)] * 2, *[st.sampled_from([0, 1e-3, 1, 2, 15])] * 2)


@given(st.lists(_boxes, min_size=1, max_size=8), st.sampled_from([1, 0.1, 1e-9, 1e9]))
def test_an_index_pairs_points_with_exactly_the_boxes_they_lie_in(sides, scale):
    boxes = np.array([(x, y, x + width, y + height) for x, y, width, height in sides]) * scale
    index = BoxIndex(boxes)
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:]])
    beyond = corners + 2048 * index._size  # the lattice begins anew there
    spots = np.concatenate([hairs(corners), lattice_corners(index, most=6), beyond, [(INF, 0)]])
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    inside = ((spots >= low) & (spots <= high)).all(axis=2).T
    point, found = index.pairs(*spots.T)
    np.testing.assert_array_equal(np.column_stack([point, found]), np.argwhere(inside))


def test_one_place_a_million_times_matches_a_million_times():
    many = 1_000_000
    polygons = [box(0, 0, 10), box(20, 20, 10), box(5, 0, 10)]
    matches = match_points(np.full(many, 5.0), np.full(many, 5.0), polygons)
    assert (matches.point == np.repeat(np.arange(many), 2)).all()
    assert (matches.polygon == np.tile([0, 2], many)).all()


def test_many_points_around_a_long_outline_match_as_geos_does():
    polygons = moved(OUTLINES["more segments than a run"], "at Chambéry")
    around_them = np.random.default_rng(0).uniform(-150, 150, (70_000, 2))
    spots = around_them + np.array([926_000, 6_500_000])
    assert_as_geos(spots, polygons)
    assert_as_geos(spots[:5000], polygons, within=50)


@pytest.mark.parametrize("count", [255, 256, 257])
def test_any_number_of_polygons_keeps_its_numbers(count):
    row = [box(10 * n, 0, 10) for n in range(count)]
    middles = [(10 * n + 5, 4) for n in range(count)]
    matches = matched(middles, row, within=4)
    assert pairs(matches) == [(n, n) for n in range(count)]
    assert (matches.signed_m == -4).all()


_whole = st.lists(st.tuples(st.integers(-3, 13), st.integers(-3, 13)), max_size=20)
_distances = st.sampled_from([0, 1, 2, 5, 0.5, 1 / 3, 2**0.5, 5**0.5])


@given(st.lists(lattice_polygons(), max_size=5), _whole, _distances)
def test_any_polygons_on_whole_numbers_match_as_geos_does(polygons, spots, within):
    polygons = np.array(polygons, dtype=object)
    spots = np.concatenate([np.array(spots).reshape(-1, 2), on_outlines(polygons, most=20)])
    assert_as_geos(spots, polygons)
    assert_as_geos(spots, polygons, within)


@given(st.lists(crossing_rings(), min_size=1, max_size=3), _whole, _distances)
def test_any_rings_that_cross_themselves_match_as_geos_does(rings, spots, within):
    rings = np.array(rings, dtype=object)
    spots = np.concatenate([np.array(spots).reshape(-1, 2), on_outlines(rings, most=20)])
    assert_as_geos(spots, rings)
    assert_as_geos(spots, rings, within)


@given(st.lists(star_polygons(), min_size=1, max_size=5), st.floats(0, 10))
def test_any_stars_match_as_geos_does(polygons, within):
    polygons = np.array(polygons, dtype=object)
    border = on_outlines(polygons, most=30)
    spots = hairs(np.concatenate([border, around(border, within), within_them(polygons)]))
    assert_as_geos(spots, polygons)
    assert_as_geos(spots, polygons, within)


@given(st.lists(lattice_polygons(), min_size=1, max_size=4), st.permutations(range(49)))
def test_the_order_of_the_points_changes_nothing_else(polygons, order):
    spots = np.array([(x, y) for x in range(-2, 12, 2) for y in range(-2, 12, 2)])
    usual, changed = matched(spots, polygons, within=2), matched(spots[order], polygons, within=2)
    signs = dict(zip(pairs(usual), usual.signed_m, strict=True))
    positions = {old: new for new, old in enumerate(order)}
    renamed = {(positions[old], polygon): sign for (old, polygon), sign in signs.items()}
    assert pairs(changed) == sorted(renamed)
    assert changed.signed_m.tolist() == [renamed[pair] for pair in sorted(renamed)]


def test_a_pair_at_exactly_the_distance_of_one_part_of_five_is_found():
    """GEOS finds it, unless it is asked with a prepared polygon."""
    corners = [(0.3, 0, 0.4, 0.2), (0.4, 0.2, 0.5, 0.3), (0.1, 0.1, 0.2, 0.3), (0.1, 0.5, 0.5, 0.9)]
    parts = shapely.MultiPolygon([shapely.box(*some) for some in [*corners, (0.9, 0.9, 1.3, 1)]])
    spot, distance = (1.6, 0.9), 1.6 - 1.3  # from the right side of the last part
    assert shapely.distance(parts, shapely.Point(spot)) == distance
    assert pairs(matched([spot], [parts], within=distance)) == [(0, 0)]


def test_a_pair_that_is_a_hair_too_far_is_left_out():
    """GEOS leaves it out, unless it is asked with a prepared polygon."""
    parts = shapely.MultiPolygon([box(0, 0, 10), shapely.box(50, 0, 60, 90)])
    spot = (np.nextafter(30, 31), np.nextafter(-90, 0))
    distance = shapely.distance(parts, shapely.Point(spot))  # √(20² + 90²), about
    too_little = np.nextafter(distance, 0)
    assert pairs(matched([spot], [parts], within=distance)) == [(0, 0)]
    assert pairs(matched([spot], [parts], within=too_little)) == []


def test_a_tie_that_rounding_decides_falls_as_in_the_spatial_join():
    """From y = -3.1 to y = 1 are 4.1 m, but -3.1 + 4.1 is a hair less than 1 in a computer."""
    assert_as_geos([(1.2, -3.1)], np.array([box(1, 1, 1)]), within=4.1)
