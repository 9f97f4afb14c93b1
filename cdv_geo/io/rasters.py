"""Read the population raster: the INSEE grid as arrays, with where each cell lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.errors import RasterioIOError

from cdv_geo.analysis.population import PopulationGrid
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_BANDS = 3


def read_population(path: Path) -> PopulationGrid:
    """Read individuals, sum of standards of living and the imputed flag of each cell.

    Parameters
    ----------
    path
        GeoTIFF of three bands on a north-up metric grid: individuals, sum of winsorised standards
        of living (€), 1 where INSEE spread the value from a larger cell. A cell of 0 individuals
        inside the window has no resident; beyond the window nothing is known.

    Raises
    ------
    DataError
        The file is missing or is no such raster.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            transform = raster.transform
            if raster.count != _BANDS:
                raise DataError(f"{path} has {raster.count} bands; {_BANDS} are expected.")
            if raster.crs is None or raster.crs.is_geographic:
                raise DataError(f"{path} has no metric coordinate reference system.")
            if transform.b or transform.d or transform.a != -transform.e:
                raise DataError(f"{path} is not a north-up grid of square cells.")
            individuals, standard_of_living, imputed = bands = raster.read()
            if not np.isfinite(bands).all() or bands.min() < 0:
                raise DataError(
                    f"{path} has cells below 0 or without a number; a cell without residents is 0."
                )
            return PopulationGrid(
                individuals=individuals,
                standard_of_living=standard_of_living,
                imputed=imputed > 0,
                left=transform.c,
                top=transform.f,
                cell_size=transform.a,
                crs=raster.crs.to_string(),
            )
    except RasterioIOError as error:
        raise DataError(f"{path} cannot be read as a GeoTIFF: {error}.") from None
