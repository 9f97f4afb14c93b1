"""Zonal sums with exactextract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from france import CELL_M
from tasks import Attempt

if TYPE_CHECKING:
    from france import France


def sums_by_area(france: France) -> Attempt:
    """Weigh the cells by the area inside."""
    zones, raster = france.zones, france.raster
    rows, columns = france.shape
    right, bottom = france.left + columns * CELL_M, france.top - rows * CELL_M
    source = NumPyRasterSource(
        raster, france.left, bottom, right, france.top, srs_wkt=zones.crs.to_wkt()
    )
    return Attempt(
        run=lambda: exact_extract(source, zones, ["sum"], output="pandas"),
        result=lambda table: {"sum": table["sum"].fillna(0.0).to_numpy()},
    )
