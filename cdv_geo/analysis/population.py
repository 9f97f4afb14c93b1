"""Residents by cell: how many a perimeter holds, where they live, and their income."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cdv_geo.analysis.spatial_index import Lattice, cell_shares
from cdv_geo.analysis.spatial_index.zonal_sums import window_share

if TYPE_CHECKING:
    from numpy.typing import NDArray


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

    @property
    def is_known(self) -> bool:
        """Whether there is a grid."""
        return self.individuals.size > 0

    @property
    def lattice(self) -> Lattice:
        """The cells, with residents or without."""
        rows, columns = self.individuals.shape
        return Lattice(self.left, self.top, self.cell_size, rows, columns)

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
    shares = cell_shares(grid.lattice, zones.geometry.to_crs(grid.crs).array)
    individuals = grid.individuals[shares.row, shares.column]
    lived_in = np.flatnonzero(individuals > 0)
    zone, row, column = shares.polygon[lived_in], shares.row[lived_in], shares.column[lived_in]
    individuals = individuals[lived_in]
    x, y = _centres(grid, row, column, zones.crs)
    return pd.DataFrame(
        {
            "zone": zones.index[zone],
            "residents": individuals * shares.share[lived_in],
            "standard_of_living": grid.standard_of_living[row, column] / individuals,
            "imputed": grid.imputed[row, column],
            "x": x,
            "y": y,
        }
    )


def _centres(
    grid: PopulationGrid, row: NDArray[np.intp], column: NDArray[np.intp], crs: pyproj.CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the centres of cells in another CRS; a cell in several zones is moved once."""
    cell, position = np.unique(row * grid.individuals.shape[1] + column, return_inverse=True)
    row, column = np.divmod(cell, grid.individuals.shape[1])
    to_zones = pyproj.Transformer.from_crs(grid.crs, crs, always_xy=True)
    x, y = to_zones.transform(
        grid.left + (column + 0.5) * grid.cell_size, grid.top - (row + 0.5) * grid.cell_size
    )
    return np.asarray(x)[position], np.asarray(y)[position]


def covered_share(zones: gpd.GeoDataFrame, grid: PopulationGrid) -> pd.Series:
    """Measure which share of each zone's area lies in the window of the grid.

    Beyond the window nothing is known, so that a sum over a zone that leaves it is no total. A
    zone without outline has no share.
    """
    outlines = np.asarray(zones.geometry.to_crs(grid.crs).array, dtype=object)
    return pd.Series(window_share(grid.lattice, outlines), index=zones.index, dtype="float64")
