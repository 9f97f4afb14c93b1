"""Read the population grid of a territory: its cells lie where INSEE's lie, or it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.analysis.population import PopulationGrid
from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, Fault

if TYPE_CHECKING:
    from pathlib import Path


from cdv_geo.io.raster.raster_files import RasterCells, read_raster

_BANDS: Final = 3
_INSEE_CELLS_M: Final = (200.0, 1000.0)
_OFF_M: Final = 0.5  # what a corner may be off by rounding


@dataclass(frozen=True)
class GridAlignment:
    """Where the cells of a population grid may lie.

    INSEE's cells have 200 m or 1 km, and corners that are multiples of it. A grid that was
    moved, cut or resampled looks the same, and its residents are elsewhere.

    Parameters
    ----------
    cell_size
        Side of a cell, metres; one of INSEE's where None.
    corner
        x and y of the corner of some cell, metres in the system of the grid.
    """

    cell_size: float | None = None
    corner: tuple[float, float] = (0.0, 0.0)

    def misfit(self, raster: RasterCells) -> str | None:
        """Say how the cells of a raster lie off it; None where they do not."""
        sizes = _INSEE_CELLS_M if self.cell_size is None else (self.cell_size,)
        if raster.cell_width not in sizes:
            accepted = " or ".join(f"{size:g} m" for size in sizes)
            return f"its cells have {raster.cell_width:,.10g} m, where {accepted} is expected"
        size = raster.cell_width
        off = [at - c for at, c in zip((raster.left, raster.top), self.corner, strict=True)]
        east, north = (shift - size * round(shift / size) for shift in off)
        if max(abs(east), abs(north)) <= _OFF_M:
            return None
        return (
            f"its corner, {raster.left:.10g} {raster.top:.10g}, lies {east:g} m east and "
            f"{north:g} m north of the lattice of {size:g} m"
        )


INSEE: Final = GridAlignment()


def alignment_notes(raster: RasterCells) -> list[Fault]:
    """Say of a raster that looks like a population grid where it lies off INSEE's lattice."""
    like_one = len(raster.bands) == _BANDS or raster.cell_width in _INSEE_CELLS_M
    why = INSEE.misfit(raster) if raster.crs.is_projected and like_one else None
    if why is None:
        return []
    why = f"{why}; a territory takes it for INSEE's cells only where territory.toml says so"
    return [Fault(None, "", why, "", ACCEPTED)]


def read_population(path: Path, alignment: GridAlignment = INSEE) -> PopulationGrid:
    """Read individuals, sum of standards of living and the imputed flag of each cell.

    Parameters
    ----------
    path
        GeoTIFF of three bands on a north-up metric grid: individuals, sum of winsorised standards
        of living (€), 1 where INSEE spread the value from a larger cell. A cell of 0 individuals
        inside the window has no resident; beyond the window nothing is known.
    alignment
        Where its cells may lie.

    Raises
    ------
    DataError
        The file is missing or is no such raster, or its cells lie off the lattice.
    """
    raster = read_raster(path)
    if len(raster.bands) != _BANDS:
        raise DataError(f"{path} has {len(raster.bands)} bands; {_BANDS} are expected.")
    if not raster.crs.is_projected:
        raise DataError(f"{path} has no metric coordinate reference system.")
    if raster.cell_width != raster.cell_height:
        raise DataError(f"{path} is not a north-up grid of square cells.")
    if (why := alignment.misfit(raster)) is not None:
        raise DataError(
            f"{path} is off its lattice: {why}; cell_size and corner in [population] of "
            "territory.toml state another."
        )
    if np.isnan(raster.bands).any():
        raise DataError(f"{path} has cells without a number; a cell without residents is 0.")
    individuals, standard_of_living, imputed = raster.bands
    return PopulationGrid(
        individuals=individuals,
        standard_of_living=standard_of_living,
        imputed=imputed > 0,
        left=raster.left,
        top=raster.top,
        cell_size=raster.cell_width,
        crs=raster.crs.to_string(),
    )
