from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from cdv_geo.faults import REJECTED, REPAIRED
from cdv_geo.io.vector.outline_repair import mend_outlines

from squares import CRS, X0, Y0, square


def ring(*places):
    return [(X0 + x, Y0 + y) for x, y in places]


def outlines(*geometry, **columns):
    return gpd.GeoDataFrame(
        columns, geometry=list(geometry), crs=CRS, index=range(2, 2 + len(geometry))
    )


def mended(*geometry, **columns):
    kept, faults = mend_outlines(outlines(*geometry, **columns))
    return kept, [(fault.row, fault.done, fault.message) for fault in faults]


# Two triangles of 100 m by 50 m that meet in (50, 50): each has 2,500 m².
BOW_TIE = Polygon(ring((0, 0), (100, 100), (100, 0), (0, 100)))


def test_sound_outlines_pass_as_they_are():
    hole = square(0, 0, 100).difference(square(40, 40, 20))
    both = MultiPolygon([square(0, 0, 10), square(20, 0, 10)])
    kept, faults = mended(square(0, 0, 10), hole, both)
    assert faults == []
    assert kept.geometry.area.tolist() == [100, 9600, 200]


def test_a_bow_tie_keeps_both_of_its_triangles():
    kept, faults = mended(BOW_TIE)
    assert kept.geometry.area.tolist() == [5000]
    assert len(shapely.get_parts(kept.geometry.iloc[0])) == 2
    assert faults == [
        (2, REPAIRED, "the outline was repaired (self-intersection): 0 m² before, 5,000 m² after")
    ]


def test_a_hole_that_reaches_beyond_its_shell_is_no_land():
    hole = ring((50, 50), (150, 50), (150, 80), (50, 80))
    kept, faults = mended(Polygon(ring((0, 0), (100, 0), (100, 100), (0, 100)), [hole]))
    # The hole takes 50 m by 30 m of the square, and what of it is outside is nothing.
    assert kept.geometry.area.tolist() == [8500]
    assert kept.geometry.iloc[0].within(square(0, 0, 100))
    assert [fault[:2] for fault in faults] == [(2, REPAIRED)]


def test_a_hole_that_lies_outside_its_shell_is_no_land():
    hole = ring((200, 0), (300, 0), (300, 100), (200, 100))
    kept, faults = mended(Polygon(ring((0, 0), (100, 0), (100, 100), (0, 100)), [hole]))
    assert kept.geometry.area.tolist() == [10_000]
    assert kept.geometry.iloc[0].equals(square(0, 0, 100))
    assert [fault[:2] for fault in faults] == [(2, REPAIRED)]


def test_parts_that_overlap_count_once():
    kept, faults = mended(MultiPolygon([square(0, 0, 100), square(50, 0, 100)]))
    assert kept.geometry.area.tolist() == [15_000]
    assert [fault[:2] for fault in faults] == [(2, REPAIRED)]


def test_of_a_collection_the_polygons_are_taken():
    collection = GeometryCollection(
        [square(0, 0, 100), Point(X0, Y0), MultiPolygon([square(200, 0, 100)])]
    )
    kept, faults = mended(collection)
    assert kept.geometry.area.tolist() == [20_000]
    assert faults == [
        (2, REPAIRED, "of a collection, 2 polygon(s) are taken and 1 other part(s) left out")
    ]


@pytest.mark.parametrize("collection", [GeometryCollection([Point(X0, Y0)]), GeometryCollection()])
def test_a_collection_without_polygon_is_rejected(collection):
    kept, faults = mended(collection, square(0, 0, 10))
    assert kept.index.tolist() == [3]
    assert [fault[:2] for fault in faults if fault[1] == REJECTED] == [(2, REJECTED)]


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (Point(X0, Y0), "the geometry is a Point, no polygon"),
        (LineString(ring((0, 0), (1, 1))), "the geometry is a LineString, no polygon"),
        (Polygon(), "the outline is empty; statut_geometrie “absente” says so where meant"),
        (None, "there is no outline; statut_geometrie “absente” says so where meant"),
        (
            Polygon(ring((0, 0), (np.inf, 0), (0, 1))),
            "a coordinate is no number",
        ),
    ],
)
def test_what_is_no_outline_is_rejected_with_its_row(geometry, said):
    kept, faults = mended(square(0, 0, 10), geometry)
    assert kept.index.tolist() == [2]
    assert faults == [(3, REJECTED, said)]


@pytest.mark.parametrize(
    ("side", "accepted"),
    [(10, True), (9, False), (10_000, True), (10_001, False), (100_000, False)],
)
def test_an_outline_is_no_larger_and_no_smaller_than_a_quartier_may_be(side, accepted):
    kept, faults = mended(square(0, 0, side))
    assert len(kept) == accepted
    assert bool(faults) != accepted
    if faults:
        assert f"the outline has {side**2:,} m²; from 100 m² to 100 km² are expected" in faults[0]


@pytest.mark.parametrize(
    "collapsed",
    [
        Polygon(ring((0, 0), (100, 0), (0, 0))),
        Polygon(ring((0, 0), (50, 50), (100, 100), (0, 0))),
        Polygon(ring((0, 0), (0, 0), (0, 0))),
    ],
)
def test_an_outline_that_is_a_line_is_rejected_and_not_repaired(collapsed):
    kept, faults = mended(collapsed)
    assert len(kept) == 0
    assert [done for _, done, _ in faults] == [REJECTED]
    assert "the outline has 0 m²" in faults[0][2]


def test_only_where_its_absence_is_stated_may_an_outline_be_missing():
    kept, faults = mended(
        None, None, square(0, 0, 10), statut_geometrie=["absente", "officielle", "absente"]
    )
    assert kept.index.tolist() == [2, 4]
    assert [fault[:2] for fault in faults] == [(3, REJECTED)]


def test_an_empty_outline_whose_absence_is_stated_is_one_that_is_missing():
    kept, faults = mended(Polygon(), statut_geometrie=["absente"])
    assert (kept.index.tolist(), faults) == ([2], [])
    assert kept.geometry.isna().all()


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=3, max_size=9))
def test_whatever_is_kept_is_valid_lies_within_what_was_drawn_and_all_rows_are_told(places):
    drawn = Polygon(ring(*places))
    kept, faults = mended(drawn)
    rejected = [row for row, done, _ in faults if done == REJECTED]
    assert sorted([*kept.index, *rejected]) == [2]
    for outline in kept.geometry:
        assert outline.is_valid
        assert drawn.convex_hull.buffer(1e-6).covers(outline)
    assert (drawn.is_valid and drawn.area >= 100) <= (faults == [])


def test_polygons_are_taken_from_collections_within_collections():
    within = GeometryCollection([GeometryCollection([square(0, 0, 10), Point(X0, Y0)])])
    kept, faults = mended(GeometryCollection([within, MultiPolygon([square(20, 0, 10)])]))
    assert kept.geometry.area.tolist() == [200]
    said = "of a collection, 2 polygon(s) are taken and 1 other part(s) left out"
    assert faults == [(2, REPAIRED, said)]


def test_a_collection_without_a_polygon_is_called_so():
    _, faults = mended(GeometryCollection([Point(X0, Y0)]))
    assert faults == [(2, REJECTED, "the collection holds no polygon")]


def star(corners):
    """Draw a star whose sides all but pass through its middle, so that nearly all of them cross."""
    turn = 2 * np.pi * (corners // 2) / corners * np.arange(corners)
    return Polygon(ring(*zip(1000 * np.cos(turn), 1000 * np.sin(turn), strict=True)))


def test_an_outline_that_crosses_itself_hundreds_of_thousands_of_times_is_rejected():
    # Of 1,001 sides each crosses all but itself and the two beside it: 998 * 1,001 / 2 = 499,499.
    kept, faults = mended(star(1001), square(0, 0, 100))
    assert kept.index.tolist() == [3]
    assert [fault[:2] for fault in faults] == [(2, REJECTED)]
    assert "its outline crosses itself too often to be mended" in faults[0][2]


def test_an_outline_of_many_corners_that_crosses_itself_once_is_repaired():
    # A comb of 20,000 teeth on a bow tie's side: many sides, and few of them meet.
    teeth = [(x / 400, (x % 2) / 100) for x in range(40_001)]
    kept, faults = mended(Polygon(ring(*teeth, (0, 100), (100, 100))))
    assert [fault[:2] for fault in faults] == [(2, REPAIRED)]
    assert kept.geometry.area.iloc[0] == pytest.approx(5000, abs=1)


@pytest.mark.parametrize(("holes", "done"), [(9_999, None), (10_000, REJECTED)])
def test_an_outline_has_ten_thousand_rings_at_most(holes, done):
    left, bottom = np.divmod(np.arange(holes), 100)
    rings = [
        shapely.box(X0 + x, Y0 + y, X0 + x + 0.5, Y0 + y + 0.5).exterior
        for x, y in zip(left, bottom, strict=True)
    ]
    whole = shapely.box(X0 - 1, Y0 - 1, X0 + 101, Y0 + 101)
    kept, faults = mended(Polygon(whole.exterior, rings))
    assert [fault[1] for fault in faults] == ([done] if done else [])
    assert len(kept) == (0 if done else 1)


def test_what_outlines_of_one_file_may_cost_is_shared():
    # 401 sides meet in 398 * 401 / 2 = 79,799 places: one such outline can be mended.
    kept, faults = mended(star(401), star(401), star(401))
    assert kept.index.tolist() == [2]
    assert [fault[:2] for fault in faults] == [(2, REPAIRED), (3, REJECTED), (4, REJECTED)]
