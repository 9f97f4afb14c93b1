"""Sum the cells of a raster over polygons, each polygon in its own window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely

from cdv_geo.analysis.spatial_index.numbered_groups import steps_within
from cdv_geo.analysis.spatial_index.outline_distances import Outlines, polygonal
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

# What rounding leaves in a cell that a polygon does not reach: less than a billionth of it.
_NOTHING: Final = 1e-9

Weights = Literal["area", "centre"]


@dataclass(frozen=True)
class Lattice:
    """Square cells in rows from north to south.

    Parameters
    ----------
    left, top
        Corner of the window, metres.
    cell_size
        Side of a cell, metres.
    rows, columns
        How many there are.
    """

    left: float
    top: float
    cell_size: float
    rows: int
    columns: int

    def window(self) -> BaseGeometry:
        """Give the rectangle of all cells."""
        right = self.left + self.columns * self.cell_size
        return shapely.box(self.left, self.top - self.rows * self.cell_size, right, self.top)


@dataclass(frozen=True)
class Raster:
    """Values on a lattice.

    Parameters
    ----------
    values
        One number per cell, rows by columns; NaN where nothing is known.
    left, top
        Corner of the window, metres.
    cell_size
        Side of a cell, metres.
    """

    values: NDArray[np.float64]
    left: float
    top: float
    cell_size: float

    @property
    def lattice(self) -> Lattice:
        """The cells."""
        rows, columns = self.values.shape
        return Lattice(self.left, self.top, self.cell_size, rows, columns)


@dataclass(frozen=True)
class CellShares:
    """Which cells each polygon covers, and how much of them; ordered by polygon, row, column.

    Parameters
    ----------
    polygon, row, column
        Positions of the polygon and of the cell.
    share
        Share of the cell's area in the polygon, above 0 and at most 1; by centres always 1.
    """

    polygon: NDArray[np.intp]
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    share: NDArray[np.float64]


@dataclass(frozen=True)
class Zonal:
    """Sums over polygons.

    Parameters
    ----------
    total
        Weighted sum of the known cells; NaN for a polygon of which nothing is covered.
    covered_share
        Share of the polygon that lies on known cells, 0 to 1; NaN for one without outline.
    """

    total: NDArray[np.float64]
    covered_share: NDArray[np.float64]


def zonal(
    raster: Raster,
    polygons: Sequence[BaseGeometry | None] | NDArray[np.object_],
    *,
    weights: Weights = "area",
) -> Zonal:
    """Sum a raster over polygons, cells weighted by the area inside or counted by their centre.

    Polygons may overlap: each has its own sum. Weighting by area supposes that what is counted is
    spread evenly over a cell; counting by centres loses whole cells where polygons are small.

    Parameters
    ----------
    raster
        Values, in the CRS of the polygons.
    polygons
        Valid Polygons or MultiPolygons, or None.
    weights
        `area` or `centre`.

    Raises
    ------
    DataError
        The weights are neither, or a geometry is no polygon.
    """
    outlines = polygonal(polygons)
    shares = cell_shares(raster.lattice, outlines, weights=weights)
    values = raster.values[shares.row, shares.column]
    known = np.isfinite(values)

    def summed(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(shares.polygon, weight, len(outlines)).astype(np.float64)

    weighed, on_known = summed(shares.share), summed(shares.share * known)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a polygon holds no cell
        covered = window_share(raster.lattice, outlines) * (on_known / weighed)
    total = summed(np.where(known, values, 0.0) * shares.share)
    covered = np.where((weighed > 0) | shapely.is_missing(outlines), covered, 0.0)
    return Zonal(np.where(on_known > 0, total, np.nan), covered)


def window_share(lattice: Lattice, polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Measure which share of each polygon's area lies in the window; NaN without outline."""
    window = lattice.window()
    low, high = np.split(shapely.bounds(polygons), 2, axis=1)
    left, bottom, right, top = window.bounds
    within = ((low >= [left, bottom]) & (high <= [right, top])).all(axis=1)
    share = np.where(within, 1.0, np.nan)
    rest = np.flatnonzero(~within & ~shapely.is_missing(polygons))
    inside = shapely.area(shapely.intersection(polygons[rest], window))
    with np.errstate(invalid="ignore"):  # 0 / 0 for an empty polygon
        share[rest] = inside / shapely.area(polygons[rest])
    return share


def cell_shares(
    lattice: Lattice,
    polygons: Sequence[BaseGeometry | None] | NDArray[np.object_],
    *,
    weights: Weights = "area",
) -> CellShares:
    """List the cells that each polygon covers: by area, or by their centres.

    Parameters
    ----------
    lattice
        Cells, in the CRS of the polygons.
    polygons
        Valid Polygons or MultiPolygons, or None, which covers nothing.
    weights
        `area`: every cell of which the polygon covers more than a billionth, with that share.
        `centre`: every cell whose centre lies in the polygon or on its border.

    Raises
    ------
    DataError
        The weights are neither, or a geometry is no polygon.
    """
    if weights not in {"area", "centre"}:
        raise DataError(f"weights “{weights}” are not accepted; accepted are area, centre.")
    outlines = polygonal(polygons)
    windows = _Windows.of(lattice, outlines)
    polygon, row, column = windows.cells()
    if weights == "area":
        share = _areas_inside(lattice, outlines, windows)
    else:
        x = lattice.left + (column + 0.5) * lattice.cell_size
        y = lattice.top - (row + 0.5) * lattice.cell_size
        shapely.prepare(outlines)
        share = shapely.intersects_xy(outlines[polygon], x, y).astype(np.float64)
    kept = np.flatnonzero(share > _NOTHING)
    return CellShares(polygon[kept], row[kept], column[kept], np.minimum(share[kept], 1.0))


@dataclass(frozen=True)
class _Windows:
    """The rows and columns of a lattice that the box of each polygon lies over.

    A window without cells is left out. In tables of all windows one after the other each row has
    one column more than the window, for what lies to the right of it.
    """

    polygon: NDArray[np.intp]
    top: NDArray[np.intp]
    left: NDArray[np.intp]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @classmethod
    def of(cls, lattice: Lattice, polygons: NDArray[np.object_]) -> _Windows:
        drawn = np.flatnonzero(~shapely.is_missing(polygons))
        west, south, east, north = shapely.bounds(polygons[drawn]).T

        def cells(distance: NDArray[np.float64], most: int) -> NDArray[np.intp]:
            return np.clip(distance / lattice.cell_size, 0, most).astype(np.intp)

        left = cells(west - lattice.left, lattice.columns)
        top = cells(lattice.top - north, lattice.rows)
        right = cells(east - lattice.left + lattice.cell_size, lattice.columns)
        bottom = cells(lattice.top - south + lattice.cell_size, lattice.rows)
        held = (right > left) & (bottom > top)
        chosen = (drawn, top, left, bottom - top, right - left)
        return cls(*(values[held] for values in chosen))

    def take(self, windows: NDArray[np.intp]) -> _Windows:
        """Give the window of each position."""
        columns = (self.polygon, self.top, self.left, self.rows, self.columns)
        return _Windows(*(values[windows] for values in columns))

    def cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Give the polygon, the row and the column of every cell of every window."""
        size = self.rows * self.columns
        window = np.repeat(np.arange(len(size)), size)
        down, aside = np.divmod(steps_within(size), self.columns[window])
        return self.polygon[window], self.top[window] + down, self.left[window] + aside

    def first_of_table(self) -> NDArray[np.intp]:
        """Give where each window begins in a table of all of them, and where the table ends."""
        return np.concatenate([[0], np.cumsum(self.rows * (self.columns + 1))])

    def without_last_column(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the values of the cells alone, in the order of `cells`."""
        width = np.repeat(self.columns + 1, self.rows)
        return table[steps_within(width) < np.repeat(self.columns, self.rows).repeat(width)]


def _areas_inside(
    lattice: Lattice, polygons: NDArray[np.object_], windows: _Windows
) -> NDArray[np.float64]:
    """Measure the share of each cell of each window that the polygon covers, exactly.

    The method by which outlines of letters are drawn: cut all segments at the borders of the
    cells; each piece covers, in its row, a part of its own cell and all cells to the right of it,
    counted positive on the way down and negative on the way up. The sum along a row is the share.
    """
    outlines = Outlines.of(shapely.orient_polygons(polygons, exterior_cw=False))
    window_of = np.full(len(polygons), -1)
    window_of[windows.polygon] = np.arange(len(windows.polygon))
    window = window_of[outlines.polygon]
    kept = np.flatnonzero(window >= 0)
    origin = np.array([lattice.left, lattice.top])
    scale = np.array([1.0, -1.0]) / lattice.cell_size
    start, end = (outlines.start[kept] - origin) * scale, (outlines.end[kept] - origin) * scale
    segment, start, end = _pieces(start, end, windows.take(window[kept]))
    table = _sum_along_rows(windows, window[kept][segment], start, end)
    return windows.without_last_column(table)


def _sum_along_rows(
    windows: _Windows,
    window: NDArray[np.intp],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Sum what pieces cover: in their own cell in part, and right of it in full."""
    middle = (start + end) / 2
    row = np.floor(middle[:, 1]).astype(np.intp) - windows.top[window]
    held = np.flatnonzero((row >= 0) & (row < windows.rows[window]))
    window, row = window[held], row[held]
    columns = windows.columns[window]
    across = np.clip(middle[held, 0] - windows.left[window], 0, columns)
    column = across.astype(np.intp)
    down = end[held, 1] - start[held, 1]
    right = down * (across - column)
    first = windows.first_of_table()
    cell = first[window] + row * (columns + 1) + column
    change = np.bincount(cell, down - right, first[-1] + 1)
    change += np.bincount(cell + 1, right, first[-1] + 1)
    return np.cumsum(change[:-1])


def _pieces(
    start: NDArray[np.float64], end: NDArray[np.float64], windows: _Windows
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Cut segments, in units of cells, wherever they pass from one cell of a window to another."""
    across = _crossings(start[:, 0], end[:, 0], windows.left, windows.left + windows.columns)
    down = _crossings(start[:, 1], end[:, 1], windows.top, windows.top + windows.rows)
    segment = np.concatenate([np.arange(len(start)), across[0], down[0]])
    begin = np.concatenate([np.zeros(len(start)), across[1], down[1]])
    order = np.lexsort((begin, segment))
    segment, begin = segment[order], begin[order]
    finish = np.ones(len(segment))
    finish[:-1] = np.where(segment[1:] == segment[:-1], begin[1:], 1.0)
    along, origin = (end - start)[segment], start[segment]
    return segment, origin + along * begin[:, None], origin + along * finish[:, None]


def _crossings(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find where segments cross whole numbers, from the first to the last that matter to each.

    Returns
    -------
    Which segment, and at what share of its length.
    """
    low = np.maximum(np.floor(np.minimum(start, end)) + 1, first).astype(np.intp)
    high = np.minimum(np.ceil(np.maximum(start, end)) - 1, last).astype(np.intp)
    count = np.maximum(high - low + 1, 0)
    segment = np.repeat(np.arange(len(start)), count)
    line = low[segment] + steps_within(count)
    return segment, (line - start[segment]) / (end - start)[segment]
