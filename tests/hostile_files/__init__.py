"""Wrong input files by the hundred, each with the behaviour that its user would want."""

from __future__ import annotations

from hostile_files import (
    archives,
    dialects,
    geojsons,
    geopackages,
    layouts,
    parquets,
    rasters,
    shapefiles,
    values,
    workbooks,
)

_MODULES = (
    dialects,
    layouts,
    values,
    workbooks,
    archives,
    geojsons,
    geopackages,
    shapefiles,
    parquets,
    rasters,
)
CASES = tuple(case for module in _MODULES for case in module.CASES)
