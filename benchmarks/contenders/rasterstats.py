"""Zonal sums with rasterstats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from france import CELL_M
from rasterio.transform import from_origin
from rasterstats import zonal_stats
from tasks import Attempt

if TYPE_CHECKING:
    from france import France


def sums_by_centre(france: France) -> Attempt:
    """Count the cells whose centres lie inside."""
    zones, raster = france.zones, france.raster
    affine = from_origin(france.left, france.top, CELL_M, CELL_M)
    return Attempt(
        run=lambda: zonal_stats(
            zones, raster, affine=affine, stats=["sum"], all_touched=False, nodata=-1
        ),
        result=lambda rows: {"sum": np.array([row["sum"] or 0.0 for row in rows])},
    )
