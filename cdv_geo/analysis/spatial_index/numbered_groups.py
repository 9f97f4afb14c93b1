"""Arrays whose entries belong to numbered groups: ordering and counting without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def order_by_group(group: NDArray[np.integer], groups: int) -> NDArray[np.intp]:
    """Give the order in which the groups follow each other, each in the order it had.

    Numbers below 65,536 are kept in two bytes at most, which numpy sorts by counting: some ten
    times as fast.

    Parameters
    ----------
    group
        Number of the group of each entry, 0 to `groups`.
    groups
        The largest number that may occur.
    """
    return np.argsort(group.astype(np.min_scalar_type(groups)), kind="stable")


def steps_within(counts: NDArray[np.integer]) -> NDArray[np.intp]:
    """Count 0, 1, 2… anew within each group: for counts 2 and 3, 0 1 0 1 2."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(counts.sum()) - np.repeat(ends - counts, counts))
