"""Sums over the population grid by area: how many residents a perimeter holds, and their income."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class PopulationGrid:
    """The INSEE grid of a territory, in an equal-area CRS.

    Parameters
    ----------
    individuals
        Residents of each cell; rows run from north to south.
    standard_of_living
        Sum over the residents of their winsorised standard of living, € a year.
    imputed
        True where INSEE spread the value from a larger cell.
    left, top
        Corner of the window, metres.
    cell_size
        Side of a cell, metres.
    crs
        The grid's own CRS, EPSG:3035 for INSEE.
    """

    individuals: NDArray[np.float64]
    standard_of_living: NDArray[np.float64]
    imputed: NDArray[np.bool_]
    left: float
    top: float
    cell_size: float
    crs: str

    @classmethod
    def unknown(cls) -> PopulationGrid:
        """Give a grid of no cells, for a territory of which no population raster is loaded."""
        nothing = np.zeros((0, 0))
        return cls(nothing, nothing, nothing > 0, 0.0, 0.0, 200.0, "EPSG:3035")

    def window(self) -> BaseGeometry:
        """Give the rectangle in which the grid is known."""
        rows, columns = self.individuals.shape
        right = self.left + columns * self.cell_size
        return shapely.box(self.left, self.top - rows * self.cell_size, right, self.top)

    def inhabited_cells(self) -> gpd.GeoDataFrame:
        """Give the cells that have residents: `individuals, standard_of_living, imputed`, squares.

        `standard_of_living` is here the mean of the cell, € a year per consumption unit.
        """
        row, column = np.nonzero(self.individuals > 0)
        individuals = self.individuals[row, column]
        left = self.left + column * self.cell_size
        top = self.top - row * self.cell_size
        return gpd.GeoDataFrame(
            {
                "individuals": individuals,
                "standard_of_living": self.standard_of_living[row, column] / individuals,
                "imputed": self.imputed[row, column],
            },
            geometry=shapely.box(left, top - self.cell_size, left + self.cell_size, top),
            crs=self.crs,
        )


def cells_by_zone(zones: gpd.GeoDataFrame, grid: PopulationGrid) -> pd.DataFrame:
    """List, for each zone, the cells it covers and the share of each that lies inside.

    Cells are weighted by area: allocating them by their centre loses whole blocks of flats in
    small perimeters. Areas are measured in the grid's own equal-area CRS.

    Parameters
    ----------
    zones
        Polygons in any CRS, or None; the index names them.
    grid
        Cells with residents.

    Returns
    -------
    One row per (zone, cell): `zone` (index value), `residents` (individuals x share inside),
    `standard_of_living` (mean of the cell, €), `imputed`, `x, y` (centre of the cell in the CRS of
    the zones, metres).
    """
    cells = grid.inhabited_cells()
    outlines = zones.geometry.to_crs(grid.crs)
    drawn = outlines[outlines.notna()]
    tree = shapely.STRtree(cells.geometry.array)
    zone, cell = tree.query(drawn.array, predicate="intersects")
    inside = shapely.area(shapely.intersection(drawn.array[zone], cells.geometry.array[cell]))
    share = np.asarray(inside) / grid.cell_size**2
    zone, cell, share = zone[share > 0], cell[share > 0], share[share > 0]
    centres = cells.geometry.centroid.to_crs(zones.crs).iloc[cell]
    return pd.DataFrame(
        {
            "zone": drawn.index[zone],
            "residents": cells["individuals"].to_numpy()[cell] * share,
            "standard_of_living": cells["standard_of_living"].to_numpy()[cell],
            "imputed": cells["imputed"].to_numpy()[cell],
            "x": centres.x.to_numpy(),
            "y": centres.y.to_numpy(),
        }
    )


def covered_share(zones: gpd.GeoDataFrame, grid: PopulationGrid) -> pd.Series:
    """Measure which share of each zone's area lies in the window of the grid.

    Beyond the window nothing is known, so that a sum over a zone that leaves it is no total. A
    zone without outline has no share.
    """
    outlines = zones.geometry.to_crs(grid.crs)
    inside = outlines.intersection(grid.window()).area
    return pd.Series(inside / outlines.area, index=zones.index, dtype="float64")
