"""Read the figures of rasters, checked before they are believed."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdv_geo.errors import DataError
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io import guard
from cdv_geo.io.crs.crs_plausibility import in_france, require_crs, require_possible
from cdv_geo.io.crs.crs_registers import metres_per_unit
from cdv_geo.io.open_options import NO_OPTIONS, OpenOptions
from cdv_geo.io.vector.arrow_tables import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyproj

    from cdv_geo.io.crs.crs_registers import Box

_BANDS: Final = 3
_MEGABYTE: Final = 1 << 20
# All bands as decimal numbers, and a block of the file beside them. The whole INSEE grid of 200 m
# of metropolitan France takes 690 MB in three bands.
_MOST_BYTES: Final = 700 * _MEGABYTE
_CELL_BYTES: Final = 8
_MOST_BANDS: Final = 200
_AT_ONCE: Final = 1 << 19  # cells that are read at once
# What stands beside a GeoTIFF could change what it says, or name other files: it is not read.
# GDAL would keep a twentieth of all memory of what it has unpacked.
_ALONE: Final = {
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_CACHEMAX": 4 * _CELL_BYTES * _AT_ONCE,
}
# INSEE's largest cells have 1 km: of larger ones no quartier takes a share that means anything.
_LARGEST_CELL_M: Final = 10_000.0
_COLOURS: Final = frozenset(
    {
        *("palette", "red", "green", "blue", "alpha", "hue", "saturation", "lightness"),
        *("cyan", "magenta", "yellow", "black", "Y", "Cb", "Cr"),
    }
)


@dataclass(frozen=True)
class RasterCells:
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

    def sums(self) -> list[float]:
        """Add up the figures of each band."""
        return [sum(float(np.nansum(cells)) for cells in _in_parts(band)) for band in self.bands]

    def unknown(self) -> int:
        """Count the cells of all bands that hold no figure."""
        return sum(int(np.isnan(cells).sum()) for cells in _in_parts(self.bands))


def _in_parts(cells: Any) -> Iterator[Any]:  # noqa: ANN401
    """Go through cells without a copy of them all."""
    flat = cells.reshape(-1)
    return (flat[at : at + _AT_ONCE] for at in range(0, len(flat), _AT_ONCE))


def read_raster(
    path: Path, options: OpenOptions = NO_OPTIONS, home: Box | None = None
) -> RasterCells:
    """Read all bands of a GeoTIFF, what is not known as NaN.

    Parameters
    ----------
    path
        GeoTIFF on a north-up grid.
    options
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
        _require_figures(path, raster)
        _require_budget(path, raster)
        _require_north_up(path, raster.transform)
        crs = require_crs(path, options.crs or (raster.crs.to_wkt() if raster.crs else None))
        _require_place(path, raster.bounds, crs, home)
        left, width, _, top, _, height = raster.transform.to_gdal()
        _require_small_cells(path, max(width, -height) * metres_per_unit(crs))
        bands, notes = _figures(path, raster, options.nodata)
    return RasterCells(bands, left, top, width, -height, crs, notes)


def _require_figures(path: Path, raster: Any) -> None:  # noqa: ANN401
    """Refuse what is no grid of numbers: pictures, complex numbers, scales that lose them."""
    if raster.count > _MOST_BANDS:
        raise DataError(f"{path} has {raster.count:,} bands; at most {_MOST_BANDS:,} are accepted.")
    if any(np.dtype(kind).kind not in "iuf" for kind in raster.dtypes):
        raise DataError(f"{path} has cells of {raster.dtypes[0]}; numbers are expected.")
    for band, meaning in enumerate(raster.colorinterp, 1):
        if meaning.name in _COLOURS:
            raise DataError(
                f"{path} is a picture: its band {band} is “{meaning.name}”; figures are expected."
            )
    for what, values in (("scale", raster.scales), ("offset", raster.offsets)):
        for band, value in enumerate(values, 1):
            if not np.isfinite(value) or (what == "scale" and not value):
                raise DataError(
                    f"{path}: band {band} has the {what} {value:g}, by which no cell has a figure."
                )


def _require_budget(path: Path, raster: Any) -> None:  # noqa: ANN401
    """Refuse what takes more memory than it may, before a cell is read.

    A block is unpacked as a whole, however little of it lies in the raster.
    """
    block = max(
        rows * columns * np.dtype(kind).itemsize
        for (rows, columns), kind in zip(raster.block_shapes, raster.dtypes, strict=True)
    )
    if raster.interleaving is not None and raster.interleaving.name == "pixel":
        block *= raster.count
    needed = raster.width * raster.height * raster.count * _CELL_BYTES + 2 * block
    if needed > _MOST_BYTES:
        raise DataError(
            f"{path} has {raster.width:,} by {raster.height:,} cells in {raster.count} band(s), "
            f"which take {needed / _MEGABYTE:,.0f} MB to read; at most "
            f"{_MOST_BYTES / _MEGABYTE:,.0f} MB are accepted."
        )


def _require_north_up(path: Path, transform: Any) -> None:  # noqa: ANN401
    upright = not (transform.b or transform.d) and transform.a > 0 and transform.e < 0
    if not upright or not np.isfinite(transform).all():
        raise DataError(f"{path} is rotated, upside down or nowhere; a north-up grid is expected.")


def _require_small_cells(path: Path, side_m: float) -> None:
    if side_m > _LARGEST_CELL_M:
        raise DataError(
            f"{path} has cells of {side_m / 1000:,.4g} km; at most {_LARGEST_CELL_M / 1000:g} km "
            "are accepted."
        )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import rasterio  # noqa: PLC0415  # slow, and most files are no rasters
    from rasterio._err import CPLE_BaseError  # noqa: PLC0415  # of GDAL, as it comes
    from rasterio.errors import NotGeoreferencedWarning, RasterioError  # noqa: PLC0415

    name = guard.name_for_libraries(path)
    try:
        with rasterio.Env(**_ALONE), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below
            with rasterio.open(name, driver="GTiff", sharing=False) as raster:
                yield raster
    except (RasterioError, CPLE_BaseError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a GeoTIFF: {reason_of(error)}.") from None


def _figures(path: Path, raster: Any, nodata: float | None) -> tuple[Any, tuple[Fault, ...]]:  # noqa: ANN401
    """Read all cells, some at a time: what is not known as NaN, what is scaled as it is meant.

    Raises
    ------
    DataError
        They are below 0 or infinite.
    """
    bands = np.empty((raster.count, raster.height, raster.width))
    scales, offsets = np.array([raster.scales, raster.offsets])[..., None, None]
    odd = _Odd()
    for window in _windows(raster):
        cells = raster.read(masked=True, window=window)
        rows, columns = window.toslices()
        part = bands[:, rows, columns]
        with np.errstate(all="ignore"):  # what is no number then is looked at
            part[...] = cells.data
            part[np.ma.getmaskarray(cells)] = np.nan
            if nodata is not None:
                part[cells.data == nodata] = np.nan
            odd.look_at_brim(cells.data, part)
            part *= scales
            part += offsets
        odd.look_at(part)
    odd.require_plausible(path)
    return bands, odd.notes()


def _windows(raster: Any) -> Iterator[Any]:  # noqa: ANN401
    """Cut a raster along its blocks, so that none is unpacked more often than need be."""
    from rasterio.windows import Window  # noqa: PLC0415

    block_rows, block_columns = raster.block_shapes[0]
    most = max(_AT_ONCE // raster.count, 1)
    columns = min(raster.width, block_columns * max(most // (block_rows * block_columns), 1))
    rows = min(raster.height, block_rows * max(most // (block_rows * columns), 1))
    for top in range(0, raster.height, rows):
        for left in range(0, raster.width, columns):
            size = min(columns, raster.width - left), min(rows, raster.height - top)
            yield Window(left, top, *size)


@dataclass
class _Odd:
    """What is odd about cells, counted while they are read.

    Parameters
    ----------
    below, least
        How many are below 0, and the least of them.
    infinite
        Whether one is.
    brim, most
        How many hold the largest value of their kind, a usual mark of no figure, and that value.
    """

    below: int = 0
    least: float = 0.0
    infinite: bool = False
    brim: int = 0
    most: int = 0

    def look_at_brim(self, written: Any, cells: Any) -> None:  # noqa: ANN401
        """Look at cells as they are written, and which of them hold a figure."""
        if written.dtype.kind in "iu":
            self.most = int(np.iinfo(written.dtype).max)
            self.brim += int(((written == self.most) & ~np.isnan(cells)).sum())

    def look_at(self, cells: Any) -> None:  # noqa: ANN401
        """Look at cells as they are meant."""
        below = cells[cells < 0]
        if len(below):
            self.below += len(below)
            self.least = min(self.least, float(below.min()))
        self.infinite = self.infinite or bool(np.isinf(cells).any())

    def require_plausible(self, path: Path) -> None:
        """Refuse values below 0: nothing that is counted can be, and -9999 is a usual mark."""
        if self.below:
            raise DataError(
                f"{path} has {self.below:,} cell(s) below 0, the least {self.least:.17g}; if they "
                f"hold no figure, --nodata {self.least:.17g} says so."
            )
        if self.infinite:
            raise DataError(f"{path} has infinite cells; finite numbers are expected.")

    def notes(self) -> tuple[Fault, ...]:
        """Point to cells that hold the largest value of their kind."""
        if not self.brim:
            return ()
        why = (
            f"{self.brim:,} cell(s) hold {self.most}, the largest value of their kind; if they "
            f"hold no figure, --nodata {self.most} says so"
        )
        return (Fault(None, "", why, str(self.most), ACCEPTED),)


def _require_place(path: Path, bounds: Box, crs: pyproj.CRS, home: Box | None) -> None:
    left, bottom, right, top = bounds
    x = np.linspace(left, right, 11)
    y = np.linspace(bottom, top, 11)
    grid = np.meshgrid(x, y)
    x, y = grid[0].ravel(), grid[1].ravel()
    require_possible(path, (x, y), crs, home)
    if not in_france(x, y, crs).any():
        raise DataError(f"{path} does not lie in France in {crs.to_string()}.")


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
