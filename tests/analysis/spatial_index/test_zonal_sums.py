from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rasterio.features import geometry_mask
from rasterio.transform import from_origin

from cdv_geo import DataError
from cdv_geo.analysis.spatial_index import Lattice, Raster, cell_shares, zonal

from adversarial import box, lattice_polygons, star, star_polygons

# Four cells of 200 m from (0, 0) to (400, 400): 10 and 20 above, 30 and 0 below.
SQUARES = Raster(np.array([[10.0, 20.0], [30.0, 0.0]]), left=0, top=400, cell_size=200)
# The same with the 20, above right, unknown.
HOLED = Raster(np.array([[10.0, np.nan], [30.0, 0.0]]), left=0, top=400, cell_size=200)
WHOLE = box(0, 0, 400)
# Three rows and four columns of 2 m: whole numbers are lines, corners and centres.
LATTICE = Lattice(left=1, top=9, cell_size=2, rows=3, columns=4)


def table(lattice, polygons, weights="area"):
    """The shares as a table of polygons x rows x columns."""
    found = cell_shares(lattice, np.array(polygons, dtype=object), weights=weights)
    shares = np.zeros((len(polygons), lattice.rows, lattice.columns))
    assert ((found.share > 0) & (found.share <= 1)).all()
    np.add.at(shares, (found.polygon, found.row, found.column), found.share)
    return shares


def cells(lattice):
    """The corners and the boxes of the cells: left, top, box; rows by columns."""
    row, column = np.indices((lattice.rows, lattice.columns))
    left = lattice.left + column * lattice.cell_size
    top = lattice.top - row * lattice.cell_size
    size = lattice.cell_size
    return left, top, shapely.box(left, top - size, left + size, top)


def shares_of_geos(lattice, polygons):
    """Each polygon cut with each cell by GEOS."""
    _, _, boxes = cells(lattice)
    inside = shapely.intersection(np.array(polygons, dtype=object)[:, None, None], boxes)
    return np.nan_to_num(shapely.area(inside)) / lattice.cell_size**2


def test_cells_are_weighted_by_the_area_inside():
    half_of_the_10 = shapely.box(0, 200, 100, 400)
    quarter_of_each = box(100, 100, 200)
    below_the_diagonal = shapely.Polygon([(0, 0), (400, 0), (0, 400)])
    sums = zonal(SQUARES, [WHOLE, half_of_the_10, quarter_of_each, below_the_diagonal])
    # 10 + 20 + 30 + 0; 10 / 2; 60 / 4; 10 / 2 + 30 + 0 / 2
    assert sums.total.tolist() == pytest.approx([60, 5, 15, 35])
    assert sums.covered_share.tolist() == pytest.approx([1, 1, 1, 1])


def test_cells_are_counted_by_their_centres():
    around_the_centre_of_the_10 = box(90, 290, 20)
    half_of_the_10 = shapely.box(0, 200, 100, 400)  # its centre is on the border
    three_centres = shapely.Polygon([(0, 0), (400, 0), (0, 400)])  # two of them on the border
    polygons = [WHOLE, around_the_centre_of_the_10, half_of_the_10, three_centres]
    sums = zonal(SQUARES, polygons, weights="centre")
    assert sums.total.tolist() == [60, 10, 10, 10 + 30 + 0]
    assert sums.covered_share.tolist() == [1, 1, 1, 1]


def test_a_polygon_that_holds_no_centre_counts_nothing_by_centres():
    sums = zonal(SQUARES, [box(10, 310, 20)], weights="centre")
    assert np.isnan(sums.total).tolist() == [True]
    assert sums.covered_share.tolist() == [0]
    assert zonal(SQUARES, [box(10, 310, 20)]).total.tolist() == pytest.approx([10 / 100])


def test_the_cells_are_named_by_row_from_the_north_and_column_from_the_west():
    (share,) = table(SQUARES.lattice, [shapely.box(0, 0, 400, 100)])
    assert share.tolist() == [[0, 0], [0.5, 0.5]]
    (share,) = table(SQUARES.lattice, [shapely.box(250, 0, 300, 400)])
    assert share.tolist() == [[0, 0.25], [0, 0.25]]


def test_a_hole_is_left_out_and_its_island_counts():
    walls = WHOLE - box(100, 100, 200)
    island = box(150, 150, 100)
    (first, second) = table(SQUARES.lattice, [walls, shapely.union(walls, island)])
    assert first.tolist() == [[0.75, 0.75], [0.75, 0.75]]
    assert second.tolist() == [[0.8125, 0.8125], [0.8125, 0.8125]]  # and 50² / 200² more


def test_all_parts_count():
    parts = shapely.MultiPolygon([box(0, 200, 100), box(300, 300, 100), box(200, 0, 200)])
    assert table(SQUARES.lattice, [parts])[0].tolist() == [[0.25, 0.25], [0, 1]]


def test_the_direction_of_the_rings_does_not_matter():
    shell, hole = list(WHOLE.exterior.coords), list(box(100, 100, 200).exterior.coords)
    turned = [
        shapely.Polygon(one, [other])
        for one in (shell, shell[::-1])
        for other in (hole, hole[::-1])
    ]
    assert zonal(SQUARES, turned).total.tolist() == pytest.approx([45] * 4)


@pytest.mark.parametrize("weights", ["area", "centre"])
def test_polygons_that_overlap_each_have_their_own_sum(weights):
    left_half = shapely.box(0, 0, 200, 400)
    sums = zonal(SQUARES, [WHOLE, left_half, WHOLE, left_half], weights=weights)
    assert sums.total.tolist() == pytest.approx([60, 40, 60, 40])


@pytest.mark.parametrize("weights", ["area", "centre"])
def test_unknown_cells_count_nothing_and_are_not_covered(weights):
    left_half, the_unknown_one = shapely.box(0, 0, 200, 400), box(200, 200, 200)
    sums = zonal(HOLED, [WHOLE, left_half, the_unknown_one], weights=weights)
    np.testing.assert_allclose(sums.total, [40, 40, np.nan])
    assert sums.covered_share.tolist() == pytest.approx([0.75, 1, 0])


def test_a_known_nothing_is_nothing_and_not_unknown():
    sums = zonal(SQUARES, [box(200, 0, 200)])
    assert (sums.total.tolist(), sums.covered_share.tolist()) == ([0], [1])


def test_what_lies_beyond_the_window_is_not_covered():
    half_out, half_out_and_half_unknown = shapely.box(-400, 0, 400, 400), box(200, 200, 400)
    sums = zonal(HOLED, [half_out, half_out_and_half_unknown, box(-400, -400, 1200)])
    np.testing.assert_allclose(sums.total, [40, np.nan, 40])
    # 3 of 8 cells; no known one; 3 of 36
    assert sums.covered_share.tolist() == pytest.approx([3 / 8, 0, 3 / 36])


@pytest.mark.parametrize("weights", ["area", "centre"])
@pytest.mark.parametrize(
    "outside",
    [box(1000, 0, 400), box(0, -500, 400), box(-900, 900, 1), box(400, 0, 400), box(0, 400, 10)],
)
def test_a_polygon_outside_or_beside_the_window_has_no_sum(outside, weights):
    sums = zonal(SQUARES, [outside], weights=weights)
    assert np.isnan(sums.total).tolist() == [True]
    assert sums.covered_share.tolist() == [0]


@pytest.mark.parametrize("weights", ["area", "centre"])
@pytest.mark.parametrize("nothing", [None, shapely.Polygon(), shapely.MultiPolygon()])
def test_without_outline_there_is_no_sum_and_no_share(nothing, weights):
    sums = zonal(SQUARES, [nothing, WHOLE], weights=weights)
    np.testing.assert_array_equal(sums.total, [np.nan, 60])
    np.testing.assert_array_equal(sums.covered_share, [np.nan, 1])


@pytest.mark.parametrize("weights", ["area", "centre"])
def test_no_polygons_have_no_sums(weights):
    sums = zonal(SQUARES, [], weights=weights)
    assert sums.total.shape == sums.covered_share.shape == (0,)


@pytest.mark.parametrize("weights", ["area", "centre"])
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_a_raster_without_cells_covers_nothing(shape, weights):
    sums = zonal(Raster(np.zeros(shape), 0, 400, 200), [WHOLE], weights=weights)
    assert np.isnan(sums.total).tolist() == [True]
    assert sums.covered_share.tolist() == [0]


@pytest.mark.parametrize(
    "measure",
    [
        lambda **how: zonal(SQUARES, [WHOLE], **how),
        lambda **how: cell_shares(LATTICE, np.array([WHOLE]), **how),
    ],
)
def test_unknown_weights_are_refused(measure):
    with pytest.raises(DataError, match="weights “middle” are not accepted"):
        measure(weights="middle")


def test_the_shares_are_ordered_by_polygon_row_and_column():
    polygons = np.array([WHOLE, box(100, 100, 200)])
    found = cell_shares(SQUARES.lattice, polygons)
    order = list(
        zip(found.polygon.tolist(), found.row.tolist(), found.column.tolist(), strict=True)
    )
    assert order == [(p, row, column) for p in (0, 1) for row in (0, 1) for column in (0, 1)]


@pytest.mark.parametrize("size", [0.1, 1 / 3, 200, 1e-3])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (3_900_000.1, 2_500_000.7), (-1e7 / 3, 1e7 / 7)])
def test_outlines_along_the_lattice_cover_whole_cells_wherever_it_is(left, top, size):
    lattice = Lattice(left, top, size, rows=6, columns=9)
    x, y = left + np.array([2, 7]) * size, top - np.array([4, 1]) * size
    (share,) = table(lattice, [shapely.box(x[0], y[0], x[1], y[1])])
    expected = np.zeros((6, 9))
    expected[1:4, 2:7] = 1
    rounding = 4 * np.spacing(max(abs(left), abs(top), 1)) / size
    np.testing.assert_allclose(share, expected, rtol=0, atol=rounding)


def test_a_polygon_far_larger_than_the_window_covers_it_all():
    (share,) = table(LATTICE, [star([1e3, 2e3, 3e3, 2e3, 1e3])])
    assert share == pytest.approx(np.ones((3, 4)))


def test_a_sum_does_not_depend_on_the_other_polygons():
    random = np.random.default_rng(0)
    polygons = [star(random.uniform(1, 5, 9), random.uniform(0, 10, 2)) for _ in range(2000)]
    together = table(LATTICE, polygons)
    alone = np.concatenate([table(LATTICE, [polygon]) for polygon in polygons[::100]])
    np.testing.assert_allclose(together[::100], alone, rtol=0, atol=1e-12)


_polygons = st.lists(st.one_of(lattice_polygons(), star_polygons()), min_size=1, max_size=4)


@given(_polygons)
def test_area_shares_are_those_of_cutting_with_geos(polygons):
    np.testing.assert_allclose(
        table(LATTICE, polygons), shares_of_geos(LATTICE, polygons), rtol=0, atol=2e-9
    )


@given(_polygons)
def test_the_shares_sum_up_to_the_area_inside_the_window(polygons):
    window = shapely.box(1, 3, 9, 9)
    inside = shapely.area(shapely.intersection(np.array(polygons, dtype=object), window))
    covered = table(LATTICE, polygons).sum(axis=(1, 2)) * 4  # square metres to a cell
    np.testing.assert_allclose(covered, np.nan_to_num(inside), rtol=0, atol=1e-7)


@given(_polygons)
def test_centres_are_those_that_intersect_by_geos(polygons):
    left, top, _ = cells(LATTICE)
    centres = shapely.points(left + 1, top - 1)
    expected = shapely.intersects(np.array(polygons, dtype=object)[:, None, None], centres)
    assert table(LATTICE, polygons, "centre").tolist() == expected.tolist()


@given(_polygons)
def test_sums_are_the_shares_times_the_values(polygons):
    values = np.arange(12.0).reshape(3, 4)
    values[1, 2] = np.nan
    sums = zonal(Raster(values, 1, 9, 2), polygons)
    shares = shares_of_geos(LATTICE, polygons)
    known = np.where(np.isnan(values), 0, shares).sum(axis=(1, 2)) * 4
    total = (shares * np.nan_to_num(values)).sum(axis=(1, 2))
    drawn = [polygon is not None for polygon in polygons]
    area = shapely.area(np.array(polygons, dtype=object))
    np.testing.assert_allclose(np.nan_to_num(sums.total), total, rtol=0, atol=1e-7)
    share = sums.covered_share[drawn]
    np.testing.assert_allclose(share, (known / area)[drawn], rtol=0, atol=1e-7)


def test_centres_are_those_that_rasterio_marks():
    random = np.random.default_rng(0)
    lattice = Lattice(left=-7.3, top=41.9, cell_size=0.7, rows=60, columns=50)
    transform = from_origin(lattice.left, lattice.top, lattice.cell_size, lattice.cell_size)
    stars = [star(random.uniform(2, 15, 11), random.uniform(-5, 30, 2)) for _ in range(50)]
    expected = [
        geometry_mask([outline], (lattice.rows, lattice.columns), transform, invert=True)
        for outline in stars
    ]
    marked = table(lattice, stars, "centre") == 1
    assert np.array(expected).any(axis=(1, 2)).sum() > 40
    assert (marked == np.array(expected)).all()
