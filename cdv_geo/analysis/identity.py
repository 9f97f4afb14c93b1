"""Which ids stand on an earlier row, among more rows than fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def hashes_of(ids: pd.Series) -> NDArray[np.uint64]:
    """Give the 64-bit hash of each id.

    Whole numbers have a hash each. Of texts, two have the same by chance once in 6,000 million
    rows (the square root of 2 to the 65th).
    """
    return np.asarray(pd.util.hash_pandas_object(ids, index=False), dtype=np.uint64)


class SeenIds:
    """The ids of all rows so far, eight bytes for each."""

    def __init__(self) -> None:
        self._sorted = np.zeros(0, dtype=np.uint64)
        self._latest = np.zeros(0, dtype=np.uint64)

    def repeated(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which ids stand on an earlier row, of this batch or of one before it."""
        again = pd.Series(hashes).duplicated().to_numpy() | self._contains(hashes)
        self._latest = hashes[~again]
        return np.asarray(again)

    def _contains(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        # Both parts are sorted, so that the stable sort merges them.
        both = np.concatenate([self._sorted, np.sort(self._latest)])
        self._sorted = np.sort(both, kind="stable")
        if not len(self._sorted):
            return np.zeros(len(hashes), dtype=bool)
        order = np.argsort(hashes)  # sorted needles find their places in the cache
        place = np.searchsorted(self._sorted, hashes[order])
        found = np.empty(len(hashes), dtype=bool)
        found[order] = self._sorted[np.minimum(place, len(self._sorted) - 1)] == hashes[order]
        return found
