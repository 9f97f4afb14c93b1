"""Read rasters: the population grid of a territory, or any other, checked before it is believed."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdv_geo.analysis.population import PopulationGrid
from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io import guard
from cdv_geo.io.reference_systems import in_france, require_crs, require_possible
from cdv_geo.io.stated import NOTHING_STATED, Stated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyproj

    from cdv_geo.io.registers import Box

_BANDS: Final = 3
_INSEE_CELLS_M: Final = (200.0, 1000.0)
_OFF_M: Final = 0.5  # what a corner may be off by rounding
# Cells of all bands: 0.8 GB as decimal numbers. The whole INSEE grid of 200 m of metropolitan
# France has some 30 million in each band.
_MOST_CELLS: Final = 100_000_000
# What stands beside a GeoTIFF could change what it says, or name other files: it is not read.
_ALONE: Final = {"GDAL_PAM_ENABLED": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


@dataclass(frozen=True)
class Raster:
    """The cells of a raster, and where they lie.

    Parameters
    ----------
    bands
        Decimal numbers by band, row and column; NaN where nothing is known.
    left, top
        Corner of the first cell, in units of the CRS.
    cell_width, cell_height
        Of one cell, in the same units.
    crs
        Stated by the file or the user.
    notes
        What is odd about the cells.
    """

    bands: Any
    left: float
    top: float
    cell_width: float
    cell_height: float
    crs: pyproj.CRS
    notes: tuple[Fault, ...] = ()

    def bounds(self) -> Box:
        """Give left, bottom, right, top, in units of the CRS."""
        _, rows, columns = self.bands.shape
        right = self.left + columns * self.cell_width
        return self.left, self.top - rows * self.cell_height, right, self.top


def read_raster(path: Path, stated: Stated = NOTHING_STATED, home: Box | None = None) -> Raster:
    """Read all bands of a GeoTIFF, what is not known as NaN.

    Parameters
    ----------
    path
        GeoTIFF on a north-up grid.
    stated
        Its CRS and the value of cells without a figure, where it does not say them itself.
    home
        West, south, east, north of the territory, degrees, where it is known.

    Raises
    ------
    DataError
        The file is no such raster, is too large, states no CRS or one in which it cannot be where
        it says, or has values below 0 that are not said to mean that nothing is known.
    """
    with guard.admitted(path, (guard.GEOTIFF,)), _opened(path) as raster:
        if raster.width * raster.height * raster.count > _MOST_CELLS:
            raise DataError(
                f"{path} has {raster.width:,} by {raster.height:,} cells in {raster.count} "
                f"band(s); at most {_MOST_CELLS:,} cells are accepted."
            )
        transform = raster.transform
        if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise DataError(
                f"{path} is rotated, upside down or nowhere; a north-up grid is expected."
            )
        if any(np.dtype(kind).kind not in "iuf" for kind in raster.dtypes):
            raise DataError(f"{path} has cells of {raster.dtypes[0]}; numbers are expected.")
        said = stated.crs or (raster.crs.to_wkt() if raster.crs else None)
        crs = require_crs(path, said)
        cells = raster.read(masked=True)
        scales, offsets = np.array([raster.scales, raster.offsets])[..., None, None]
        bands = _known(cells, stated.nodata) * scales + offsets
        corner = transform.c, transform.f, transform.a, -transform.e
        found = Raster(bands, *corner, crs, _brim_notes(cells, bands))
    _require_place(path, found, home)
    _require_plausible(path, bands)
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import rasterio  # noqa: PLC0415  # slow, and most files are no rasters
    from rasterio.errors import NotGeoreferencedWarning, RasterioError  # noqa: PLC0415

    try:
        with rasterio.Env(**_ALONE), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below
            with rasterio.open(path.resolve(), driver="GTiff", sharing=False) as raster:
                yield raster
    except RasterioError as error:
        raise DataError(f"{path} cannot be read as a GeoTIFF: {error}.") from None


def _known(cells: Any, nodata: float | None) -> Any:  # noqa: ANN401
    """Write what a file marks as no figure, or the user does, as NaN."""
    bands = cells.astype(np.float64).filled(np.nan)
    if nodata is not None:
        bands[cells.data == nodata] = np.nan
    return bands


def _brim_notes(cells: Any, bands: Any) -> tuple[Fault, ...]:  # noqa: ANN401
    """Point to cells that hold the largest value of their kind: a usual mark of no figure."""
    if cells.dtype.kind not in "iu":
        return ()
    most = np.iinfo(cells.dtype).max
    count = int(((cells.data == most) & ~np.isnan(bands)).sum())
    if not count:
        return ()
    why = (
        f"{count:,} cell(s) hold {most}, the largest value of their kind; if they hold no figure, "
        f"--nodata {most} says so"
    )
    return (Fault(None, "", why, str(most), ACCEPTED),)


def _require_place(path: Path, raster: Raster, home: Box | None) -> None:
    left, bottom, right, top = raster.bounds()
    x = np.linspace(left, right, 11)
    y = np.linspace(bottom, top, 11)
    grid = np.meshgrid(x, y)
    x, y = grid[0].ravel(), grid[1].ravel()
    require_possible(path, (x, y), raster.crs, home)
    if not in_france(x, y, raster.crs).any():
        raise DataError(f"{path} does not lie in France in {raster.crs.to_string()}.")


def _require_plausible(path: Path, bands: Any) -> None:  # noqa: ANN401
    """Refuse values below 0: nothing that is counted here can be, and -9999 is a usual mark."""
    below = bands[bands < 0]
    if len(below):
        least = float(below.min())
        raise DataError(
            f"{path} has {len(below):,} cell(s) below 0, the least {least:.17g}; if they hold no "
            f"figure, --nodata {least:.17g} says so."
        )
    if np.isinf(bands).any():
        raise DataError(f"{path} has infinite cells; finite numbers are expected.")


@dataclass(frozen=True)
class Band:
    """One band of a raster that a map may show.

    Parameters
    ----------
    label, unit
        What it measures, in French, and in what.
    cells
        By row, from north to south, and column; NaN where nothing is known.
    bounds
        Left, bottom, right, top, in units of the CRS.
    crs
        As a text that names it.
    """

    label: str
    unit: str
    cells: Any
    bounds: Box
    crs: str


def read_band(path: Path, number: int, *, label: str, unit: str) -> Band:
    """Read one band of a raster, to be shown.

    Parameters
    ----------
    path
        GeoTIFF on a north-up grid.
    number
        Of the band, from 1.
    label, unit
        What it measures, in French.

    Raises
    ------
    DataError
        The file is no such raster (see `read_raster`), or has no such band.
    """
    raster = read_raster(path)
    if not 1 <= number <= len(raster.bands):
        raise DataError(f"{path} has no band {number}; it has {len(raster.bands)}.")
    crs = raster.crs.to_string()
    return Band(label, unit, raster.bands[number - 1], raster.bounds(), crs)


@dataclass(frozen=True)
class Lattice:
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

    def misfit(self, raster: Raster) -> str | None:
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


INSEE: Final = Lattice()


def lattice_notes(raster: Raster) -> list[Fault]:
    """Say of a raster that looks like a population grid where it lies off INSEE's lattice."""
    like_one = len(raster.bands) == _BANDS or raster.cell_width in _INSEE_CELLS_M
    why = INSEE.misfit(raster) if raster.crs.is_projected and like_one else None
    if why is None:
        return []
    why = f"{why}; a territory takes it for INSEE's cells only where territory.toml says so"
    return [Fault(None, "", why, "", ACCEPTED)]


def read_population(path: Path, lattice: Lattice = INSEE) -> PopulationGrid:
    """Read individuals, sum of standards of living and the imputed flag of each cell.

    Parameters
    ----------
    path
        GeoTIFF of three bands on a north-up metric grid: individuals, sum of winsorised standards
        of living (€), 1 where INSEE spread the value from a larger cell. A cell of 0 individuals
        inside the window has no resident; beyond the window nothing is known.
    lattice
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
    if (why := lattice.misfit(raster)) is not None:
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
