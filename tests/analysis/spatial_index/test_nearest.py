from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.analysis.spatial_index import nearest

INF = float("inf")


def find(points, sources, group=None):
    """The nearest of sources (x, y) to points (x, y)."""
    x, y = np.array(points, dtype=np.float64).reshape(-1, 2).T
    sources_x, sources_y = np.array(sources, dtype=np.float64).reshape(-1, 2).T
    labels = None if group is None else np.array(group, dtype=object)
    return nearest(x, y, sources_x, sources_y, labels)


def test_the_nearest_is_found_as_the_crow_flies():
    found = find([(0, 0), (10, 10), (103, 4)], [(3, 4), (100, 0), (10, 13)])
    assert found.groups.tolist() == [None]
    assert found.source.tolist() == [[0, 2, 1]]
    assert found.distance_m.tolist() == [[5, 3, 5]]


def test_each_group_has_its_own_nearest_and_the_labels_are_sorted():
    sources = [(3, 4), (6, 8), (0, 1), (5, 12)]
    found = find([(0, 0)], sources, ["école", "bus", "école", "bus"])
    assert found.groups.tolist() == ["bus", "école"]
    assert found.source.tolist() == [[1], [2]]
    assert found.distance_m.tolist() == [[10], [1]]


def test_on_the_source_itself_the_distance_is_nothing():
    found = find([(3, 4), (3, np.nextafter(4, 5))], [(3, 4)])
    assert found.distance_m.tolist() == [[0, np.nextafter(4, 5) - 4]]


@pytest.mark.parametrize("nowhere", [(np.nan, 1), (1, np.nan), (np.nan, np.nan), (INF, 1)])
def test_a_source_without_position_is_left_out(nowhere):
    found = find([(0, 0)], [nowhere, (3, 4), nowhere])
    assert (found.source.tolist(), found.distance_m.tolist()) == ([[1]], [[5]])


def test_a_source_without_label_is_left_out():
    found = find([(0, 0)], [(0, 1), (3, 4), (0, 2)], [None, "bus", np.nan])
    assert found.groups.tolist() == ["bus"]
    assert (found.source.tolist(), found.distance_m.tolist()) == ([[1]], [[5]])


def test_a_group_whose_sources_all_have_no_position_is_infinitely_far():
    found = find([(0, 0), (np.nan, 0)], [(np.nan, 1), (3, 4)], ["bus", "école"])
    assert found.groups.tolist() == ["bus", "école"]
    assert found.source.tolist() == [[-1, -1], [1, -1]]
    np.testing.assert_array_equal(found.distance_m, [[INF, np.nan], [5, np.nan]])


@pytest.mark.parametrize("nowhere", [(np.nan, 0), (0, np.nan), (INF, 0), (0, -INF)])
def test_a_point_without_position_has_no_nearest(nowhere):
    found = find([nowhere, (0, 0), nowhere], [(3, 4)])
    assert found.source.tolist() == [[-1, 0, -1]]
    np.testing.assert_array_equal(found.distance_m, [[np.nan, 5, np.nan]])


def test_points_that_all_have_no_position_have_no_nearest():
    found = find([(np.nan, 0), (0, np.nan)], [(3, 4)])
    assert found.source.tolist() == [[-1, -1]]
    assert np.isnan(found.distance_m).tolist() == [[True, True]]


def test_without_sources_all_is_infinitely_far():
    found = find([(0, 0), (1, 1), (np.nan, 1)], [])
    assert found.groups.tolist() == [None]
    assert found.source.tolist() == [[-1, -1, -1]]
    np.testing.assert_array_equal(found.distance_m, [[INF, INF, np.nan]])


@pytest.mark.parametrize(("sources", "group"), [([], []), ([(3, 4)], [None])])
def test_without_labels_there_are_no_groups(sources, group):
    found = find([(0, 0), (1, 1)], sources, group)
    assert found.groups.tolist() == []
    assert found.source.shape == found.distance_m.shape == (0, 2)


def test_without_points_there_is_a_row_per_group_and_no_column():
    found = find([], [(3, 4), (0, 1)], ["bus", "école"])
    assert found.groups.tolist() == ["bus", "école"]
    assert found.source.shape == found.distance_m.shape == (2, 0)


def test_any_of_equally_near_sources_is_given_and_the_distance_is_theirs():
    found = find([(0, 0)], [(3, 4), (-4, 3), (0, -5), (50, 0)])
    assert found.source[0, 0] in {0, 1, 2}
    assert found.distance_m.tolist() == [[5]]


def test_very_many_sources_in_one_place_are_one_distance():
    found = find([(0, 0), (3, 4)], [(3, 4)] * 5000)
    assert found.distance_m.tolist() == [[5, 0]]
    assert ((found.source >= 0) & (found.source < 5000)).all()


@pytest.mark.parametrize("count", [1, 255, 256, 257])
def test_any_number_of_groups_keeps_its_numbers(count):
    labels = [f"type {n:03}" for n in range(count)]
    found = find([(0, 0)], [(0, n) for n in range(count)], labels)
    assert found.groups.tolist() == labels
    assert found.source[:, 0].tolist() == list(range(count))
    assert found.distance_m[:, 0].tolist() == list(range(count))


def test_a_row_of_many_points_keeps_its_order():
    x = np.random.default_rng(0).permutation(10_000).astype(np.float64)
    found = nearest(x, np.full(10_000, 7.0), np.array([-3.0]), np.array([3.0]))
    assert found.distance_m[0] == pytest.approx(np.hypot(x + 3, 4), rel=1e-12)


def brute_force(points, sources):
    """All distances, points by sources."""
    return np.sqrt(((points[:, None, :] - sources[None, :, :]) ** 2).sum(axis=2))


_whole = st.tuples(st.integers(-5, 5), st.integers(-5, 5))
_any = st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000))
_nowhere = st.sampled_from([(np.nan, 0.0), (0.0, np.nan), (INF, 0.0), (np.nan, np.nan)])
_places = st.lists(st.one_of(_whole, _any, _nowhere), max_size=40)
_corners = st.sampled_from([(0, 0), (926_000, 6_500_000), (-1e9, 1e9)])


@given(
    _places,
    st.lists(st.tuples(st.one_of(_whole, _any, _nowhere), st.sampled_from("abc"))),
    _corners,
)
def test_the_nearest_of_each_group_is_that_of_brute_force(places, labelled, corner):
    points = np.array(places, dtype=np.float64).reshape(-1, 2) + corner
    sources = np.array([place for place, _ in labelled], dtype=np.float64).reshape(-1, 2) + corner
    group = np.array(["z", *(label for _, label in labelled)], dtype=object)
    sources = np.concatenate([[corner], sources])
    found = nearest(*points.T, *sources.T, group)
    assert found.groups.tolist() == sorted(set(group))
    placed = np.isfinite(points).all(axis=1)
    for label, source, distance in zip(found.groups, found.source, found.distance_m, strict=True):
        members = np.flatnonzero((group == label) & np.isfinite(sources).all(axis=1))
        least = brute_force(points, sources[members]).min(axis=1, initial=INF)
        np.testing.assert_allclose(distance, np.where(placed, least, np.nan), rtol=1e-9, atol=1e-12)
        has_one = np.isfinite(distance)
        assert (source[~has_one] == -1).all()
        assert np.isin(source[has_one], members).all()
        steps = points[has_one] - sources[source[has_one]]
        np.testing.assert_allclose(np.hypot(*steps.T), distance[has_one], rtol=1e-9, atol=1e-12)


def test_thousands_of_points_and_sources_agree_with_brute_force():
    random = np.random.default_rng(0)
    points, sources = random.uniform(0, 1e4, (2000, 2)), random.uniform(0, 1e4, (3000, 2))
    found = nearest(*points.T, *sources.T)
    distances = brute_force(points, sources)
    assert found.source[0].tolist() == distances.argmin(axis=1).tolist()
    assert found.distance_m[0] == pytest.approx(distances.min(axis=1), rel=1e-12)
