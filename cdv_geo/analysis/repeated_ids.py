"""Which ids stand on an earlier row, among more rows than fit into memory."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The least hash of each highest byte.
_SHELVES: Final = np.arange(256, dtype=np.uint64) << np.uint64(56)


def hashes_of(ids: pd.Series) -> NDArray[np.uint64]:
    """Give the 64-bit hash of each id.

    Whole numbers have a hash each. Of texts, two have the same by chance once in 6,000 million
    rows (the square root of 2 to the 65th).
    """
    if pd.api.types.is_integer_dtype(ids):
        ids = ids.fillna(0).astype("int64")  # a gap would make them decimal numbers, and inexact
    return np.asarray(pd.util.hash_pandas_object(ids, index=False), dtype=np.uint64)


class SeenIds:
    """The ids of all rows so far, eight bytes for each.

    Hashes are kept sorted, in one array for each value of their highest byte: a batch is then
    merged into short arrays one after the other, and never needs all of them twice.
    """

    def __init__(self) -> None:
        nothing = np.zeros(0, dtype=np.uint64)
        self._kept = [nothing] * len(_SHELVES)

    def repeated(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which ids stand on an earlier row, of this batch or of one before it."""
        order = np.argsort(hashes, kind="stable")  # of equals, the earliest row first
        ordered = hashes[order]
        again = np.zeros(len(hashes), dtype=bool)
        again[1:] = ordered[1:] == ordered[:-1]
        bounds = np.append(np.searchsorted(ordered, _SHELVES), len(ordered))
        for shelf, (first, last) in enumerate(pairwise(bounds)):
            if first < last:
                again[first:last] |= self._put(shelf, ordered[first:last], again[first:last])
        repeated = np.empty(len(hashes), dtype=bool)
        repeated[order] = again
        return repeated

    def _put(
        self, shelf: int, hashes: NDArray[np.uint64], again: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Say which sorted hashes are on a shelf already, and add the others to it."""
        kept = self._kept[shelf]
        place = np.searchsorted(kept, hashes)
        known = np.zeros(len(hashes), dtype=bool)
        inner = place < len(kept)
        known[inner] = kept[place[inner]] == hashes[inner]
        fresh = ~(known | again)
        self._kept[shelf] = np.insert(kept, place[fresh], hashes[fresh])
        return known
