"""Match coordinates with polygons, with their nearest sources and with rasters: the exact kernel.

Points are two arrays of coordinates, in metres; no geometry object is made for a point. `link`,
`locate` and `coverage` ask all their spatial questions here.
"""

from cdv_geo.analysis.spatial_index.matching import Matches, match_points
from cdv_geo.analysis.spatial_index.nearest import Nearest, nearest
from cdv_geo.analysis.spatial_index.zonal_sums import (
    CellShares,
    Lattice,
    Raster,
    Zonal,
    cell_shares,
    zonal,
)

__all__ = [
    "CellShares",
    "Lattice",
    "Matches",
    "Nearest",
    "Raster",
    "Zonal",
    "cell_shares",
    "match_points",
    "nearest",
    "zonal",
]
