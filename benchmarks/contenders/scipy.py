"""scipy's KD-tree, as one would use it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from france import KINDS
from scipy.spatial import KDTree
from tasks import Attempt

if TYPE_CHECKING:
    from france import France
    from numpy.typing import NDArray


def nearest_of_kinds(france: France) -> Attempt:
    """Build and ask a tree for each type."""
    centres = np.column_stack(france.cell_centres)
    facilities = np.column_stack([france.x, france.y])

    def run() -> list[NDArray[np.float64]]:
        return [KDTree(facilities[france.kind == kind]).query(centres)[0] for kind in range(KINDS)]

    return Attempt(run, lambda distances: {"distance": np.array(distances)})
