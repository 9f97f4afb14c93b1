"""Find the boxes that points lie in, by a lattice of square cells: the first, coarse filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Points are looked up in portions whose arrays stay in a processor's cache (measured: twice as
# fast as all at once).
_PORTION: Final = 1 << 16
# Lookup table of at most 2048 x 2048 cells, 16 MB: a larger one is slower, since it leaves the
# cache.
_MOST_CELLS_ASIDE: Final = 2048


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
        self._origin = low - self._size  # the outermost cells hold no box, and catch what is beyond
        self._last = ((high - self._origin) / self._size).astype(np.int64) + 1
        self._row_length = np.int32(self._last[0] + 1)
        cell, box = self._cells_of_boxes()
        cells, first, count = np.unique(cell, return_index=True, return_counts=True)
        self._box_of_entry = box
        # Entry 0 is that of all empty cells.
        self._first = np.concatenate([[0], first])
        self._count = np.concatenate([[0], count])
        self._list_of_cell = np.zeros(self._row_length * (self._last[1] + 1), dtype=np.int32)
        self._list_of_cell[cells] = np.arange(1, len(cells) + 1)

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
            portion = slice(start, start + _PORTION)
            point, box = self._pairs_of_portion(x[portion], y[portion])
            yield point + start, box

    def _pairs_of_portion(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        listed = self._list_of_cell[self._row(y) * self._row_length + self._column(x)]
        hit = np.flatnonzero(listed > 0)
        listed = listed[hit]
        count = self._count[listed]
        point = np.repeat(hit, count)
        entry = np.repeat(self._first[listed], count) + steps_within(count)
        box = self._box_of_entry[entry]
        left, bottom, right, top = self._boxes[box].T
        px, py = x[point], y[point]
        inside = np.flatnonzero((px >= left) & (px <= right) & (py >= bottom) & (py <= top))
        return point[inside], box[inside]

    def _cells_of_boxes(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """List which cells each box lies over, ordered by cell, then by box."""
        left, bottom, right, top = self._boxes.T
        column, row = self._column(left), self._row(bottom)
        columns, rows = self._column(right) - column + 1, self._row(top) - row + 1
        box = np.repeat(np.arange(len(self._boxes)), columns * rows)
        step = steps_within(columns * rows)
        down, aside = np.divmod(step, columns[box])
        cell = (row[box] + down) * self._row_length + column[box] + aside
        order = np.argsort(cell, kind="stable")
        return cell[order], box[order]

    def _column(self, x: NDArray[np.float64]) -> NDArray[np.int32]:
        return self._step(x, 0)

    def _row(self, y: NDArray[np.float64]) -> NDArray[np.int32]:
        return self._step(y, 1)

    def _step(self, values: NDArray[np.float64], axis: int) -> NDArray[np.int32]:
        """Give the column or the row of coordinates.

        Boxes and points go through the same rising function, so that whatever its rounding, a
        point in a box is in one of the cells of that box. What is beyond the lattice or no number
        ends in some cell, and the comparison with the boxes leaves it out.
        """
        scaled = values - self._origin[axis]
        scaled *= 1 / self._size
        with np.errstate(invalid="ignore"):
            step = scaled.astype(np.int32)
        return np.asarray(np.clip(step, 0, self._last[axis], out=step))


def steps_within(counts: NDArray[np.integer]) -> NDArray[np.intp]:
    """Count 0, 1, 2… anew within each group: for counts 2 and 3, 0 1 0 1 2."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(counts.sum()) - np.repeat(ends - counts, counts))


def _cell_size(boxes: NDArray[np.float64], extent: float) -> float:
    """Choose cells about as large as a box: few boxes a cell, and few cells a box."""
    sides = boxes[:, 2:] - boxes[:, :2]
    usual = float(np.sqrt(sides.prod(axis=1).mean()))
    return max(usual, extent / _MOST_CELLS_ASIDE) or 1.0
