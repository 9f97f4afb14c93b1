"""Find the boxes that points lie in, by a lattice of square cells: the first, coarse filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.analysis.spatial_index.numbered_groups import steps_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Points are looked up in portions whose arrays stay in a processor's cache, and so does the table
# of cells, a power of two aside. Other sizes were slower: docs/kernel.md.
_PORTION: Final = 1 << 16
_ASIDE: Final = 2048
# What bounds the memory: pairs of boxes and cells, and pairs of points and boxes at a time.
_MOST_ENTRIES: Final = 1 << 20
_MOST_PAIRS: Final = 1 << 20


class BoxIndex:
    """Boxes on a lattice of square cells, so that a point meets only the boxes of its own cell.

    Parameters
    ----------
    boxes
        One row per box: least x, least y, greatest x, greatest y, as `shapely.bounds` gives them.
        At least one, all finite.
    """

    def __init__(self, boxes: NDArray[np.float64]) -> None:
        self._boxes = boxes
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        self._size = _cell_size(boxes, float((high - low).max()))
        self._origin = low - self._size
        cell, self._box_of_entry = self._cells_of_boxes()
        cells, first, count = np.unique(cell, return_index=True, return_counts=True)
        self._first, self._count = first, count
        # Only the lists of listed cells are ever read, so that the others need no value.
        self._list_of_cell = np.empty(_ASIDE**2, dtype=np.int32)
        self._list_of_cell[cells] = np.arange(len(cells))
        self._is_listed = np.zeros(_ASIDE**2, dtype=bool)
        self._is_listed[cells] = True

    def pairs(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pair each point with the boxes it lies in or on, ordered by point, then by box.

        A coordinate that is NaN or infinite lies in none.
        """
        found = list(self._portions(x, y))
        points, boxes = zip(*found, strict=True) if found else ((), ())
        nothing = np.zeros(0, dtype=np.intp)
        return np.concatenate([nothing, *points]), np.concatenate([nothing, *boxes])

    def _portions(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        for start in range(0, len(x), _PORTION):
            px, py = x[start : start + _PORTION], y[start : start + _PORTION]
            cell = self._step(py, 1) * _ASIDE + self._step(px, 0)
            hit = np.flatnonzero(self._is_listed[cell])
            listed = self._list_of_cell[cell[hit]]
            # Where many boxes lie over one cell, a portion may have more pairs than fit in memory.
            share = np.cumsum(self._count[listed]) // _MOST_PAIRS
            for some in np.split(np.arange(len(hit)), np.flatnonzero(np.diff(share)) + 1):
                point, box = self._pairs_of_lists(hit[some], listed[some])
                left, bottom, right, top = self._boxes[box].T
                at_x, at_y = px[point], py[point]
                inside = (at_x >= left) & (at_x <= right) & (at_y >= bottom) & (at_y <= top)
                held = np.flatnonzero(inside)
                yield point[held] + start, box[held]

    def _pairs_of_lists(
        self, point: NDArray[np.intp], listed: NDArray[np.int32]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pair each point with all boxes of the list of its cell."""
        count = self._count[listed]
        entry = np.repeat(self._first[listed], count) + steps_within(count)
        return np.repeat(point, count), self._box_of_entry[entry]

    def _cells_of_boxes(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """List which cells each box lies over, ordered by cell, then by box."""
        left, bottom, right, top = self._boxes.T
        column, row = self._step(left, 0), self._step(bottom, 1)
        columns, rows = self._step(right, 0) - column + 1, self._step(top, 1) - row + 1
        box = np.repeat(np.arange(len(self._boxes)), columns * rows)
        down, aside = np.divmod(steps_within(columns * rows), columns[box])
        cell = (row[box] + down) * _ASIDE + column[box] + aside
        order = np.argsort(cell, kind="stable")
        return cell[order], box[order]

    def _step(self, values: NDArray[np.float64], axis: int) -> NDArray[np.int32]:
        """Give the column or the row of coordinates.

        Boxes and points go through the same rising function, so that whatever its rounding, a
        point in a box is in one of the cells of that box. What is beyond the lattice or no number
        falls into any cell, and the comparison with the boxes leaves it out.
        """
        scaled = values - self._origin[axis]
        scaled *= 1 / self._size
        with np.errstate(invalid="ignore"):
            step: NDArray[np.int32] = scaled.astype(np.int32)
        step &= _ASIDE - 1
        return step


def _cell_size(boxes: NDArray[np.float64], extent: float) -> float:
    """Choose cells about as large as most boxes: few boxes a cell, and few cells a box.

    Where some boxes are so much larger than most that they would fill the memory with cells, the
    cells are larger.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    usual = float(np.median(np.sqrt(sides.prod(axis=1))))
    size = max(usual, extent / (_ASIDE - 4)) or 1.0
    while (sides / size + 1).prod(axis=1).sum() > _MOST_ENTRIES + 8 * len(boxes):
        size *= 2
    return size
