from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.analysis.population import PopulationGrid, cells_by_zone, covered_share

GRID = "EPSG:3035"
LEFT, BOTTOM = 4_000_000, 2_500_000  # of the four cells of the fixture `grid`


def zones(*outlines: shapely.Geometry | None) -> gpd.GeoDataFrame:
    moved = [o and shapely.affinity.translate(o, LEFT, BOTTOM) for o in outlines]
    return gpd.GeoDataFrame(geometry=moved, crs=GRID)


def residents(frame: gpd.GeoDataFrame, grid: PopulationGrid) -> list[float]:
    sums = cells_by_zone(frame, grid).groupby("zone")["residents"].sum()
    return sums.reindex(frame.index, fill_value=0).tolist()


def test_residents_are_weighted_by_the_area_inside(grid):
    whole = shapely.box(0, 0, 400, 400)
    half_of_the_cell_of_10 = shapely.box(0, 200, 100, 400)
    quarter_of_each = shapely.box(100, 100, 300, 300)
    found = residents(zones(whole, half_of_the_cell_of_10, quarter_of_each), grid)
    assert found == pytest.approx([60, 5, (10 + 20 + 30) / 4])


def test_overlapping_zones_each_count_in_full(grid):
    whole = shapely.box(0, 0, 400, 400)
    assert residents(zones(whole, whole), grid) == pytest.approx([60, 60])


def test_a_cell_centre_is_where_it_is_and_the_mean_is_per_resident(grid):
    cells = cells_by_zone(zones(shapely.box(0, 200, 200, 400)), grid)
    (row,) = cells.itertuples()
    assert (row.x, row.y) == (LEFT + 100, BOTTOM + 300)
    assert (row.residents, row.standard_of_living, row.imputed) == (10, 10_000, False)


def test_a_zone_without_outline_has_no_cells(grid):
    assert residents(zones(None), grid) == [0]
    assert np.isnan(covered_share(zones(None), grid)[0])


def test_the_covered_share_is_the_part_inside_the_window(grid):
    frame = zones(shapely.box(0, 0, 400, 400), shapely.box(300, 0, 500, 400))
    assert covered_share(frame, grid).tolist() == pytest.approx([1, 0.5])


def test_an_unknown_grid_covers_nothing():
    frame = zones(shapely.box(0, 0, 400, 400))
    assert residents(frame, PopulationGrid.unknown()) == [0]
    assert covered_share(frame, PopulationGrid.unknown()).tolist() == [0]


@given(
    st.floats(0, 399), st.floats(0, 399), st.floats(1, 400), st.floats(1, 400), st.floats(0.1, 0.9)
)
def test_cutting_a_zone_in_two_never_changes_the_sum(left, bottom, width, height, cut):
    individuals = np.array([[10.0, 20.0], [30.0, 0.0]])
    flags = individuals > 100
    grid = PopulationGrid(individuals, individuals * 2, flags, LEFT, BOTTOM + 400, 200, GRID)
    zone = shapely.box(left, bottom, left + width, bottom + height)
    at = left + width * cut
    parts = [
        shapely.box(left, bottom, at, bottom + height),
        shapely.box(at, bottom, left + width, bottom + height),
    ]
    whole, first, second = residents(zones(zone, *parts), grid)
    assert first + second == pytest.approx(whole, abs=1e-6)
    assert whole <= 60 + 1e-9


def test_residents_of_the_nine_communes_against_an_independent_computation(territory):
    """Cells as polygons, cut by the communes with geopandas' overlay in Lambert-93."""
    cells = territory.population.inhabited_cells().to_crs(territory.crs)
    cells["cell_area"] = cells.area
    pieces = gpd.overlay(cells, territory.communes[["code_insee", "geometry"]], how="intersection")
    pieces["residents"] = pieces["individuals"] * pieces.area / pieces["cell_area"]
    expected = pieces.groupby("code_insee")["residents"].sum()
    communes = territory.communes.set_index("code_insee")
    found = cells_by_zone(communes, territory.population).groupby("zone")["residents"].sum()
    assert found.sort_index().to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-3)
    assert found.sum() == pytest.approx(103_267, abs=5)  # as in data/SOURCES.md


def test_the_raster_holds_the_cells_as_published(territory):
    grid = territory.population
    assert grid.individuals.sum() == pytest.approx(129_081.5)
    assert (grid.individuals > 0).sum() == 2188
    assert grid.imputed.sum() == 1258
    assert (grid.crs, grid.cell_size) == ("EPSG:3035", 200)
