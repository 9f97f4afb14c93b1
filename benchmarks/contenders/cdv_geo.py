"""Our own kernel, on arrays of coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from france import CELL_M, CRS
from tasks import REACH_M, Attempt, Result, from_file_to_file

from cdv_geo.analysis import spatial_index
from cdv_geo.analysis.population import PopulationGrid, cells_by_zone
from cdv_geo.analysis.proximity import equipment_prefix, proximity
from cdv_geo.analysis.things import Things
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources
from cdv_geo.io.writing.output_files import writing_table
from cdv_geo.vocabulary import OPEN

if TYPE_CHECKING:
    from pathlib import Path

    from france import France


def points_in_polygons(france: France) -> Attempt:
    """Match without a distance."""
    return Attempt(
        run=lambda: spatial_index.match_points(france.x, france.y, france.polygons),
        result=lambda matches: {"point": matches.point, "polygon": matches.polygon},
    )


def points_within(france: France) -> Attempt:
    """Match with a distance."""
    return Attempt(
        run=lambda: spatial_index.match_points(france.x, france.y, france.polygons, within=REACH_M),
        result=lambda matches: {
            "point": matches.point,
            "polygon": matches.polygon,
            "distance": matches.distance_m,
        },
    )


def file_to_links(france: France) -> Attempt:
    """Read, match and write, batch by batch."""
    codes = pd.Series(france.codes, dtype="str")

    def link(points: Path, links: Path) -> None:
        (source,) = open_sources([points], Reading(CRS, {}, columns=("id",)))
        with writing_table(links, overwrite=True) as write:
            for things in source.batches():
                found = spatial_index.match_points(things.x, things.y, france.polygons)
                ids = things.table["id"].take(found.point).array
                write(pd.DataFrame({"id": ids, "code": codes.take(found.polygon).array}))

    return from_file_to_file("cdv_geo", france, link)


def nearest_of_kinds(france: France) -> Attempt:
    """Ask for the nearest of all groups at once."""
    x, y = france.cell_centres
    labels = france.labels
    return Attempt(
        run=lambda: spatial_index.nearest(x, y, france.x, france.y, labels),
        result=lambda found: {"distance": found.distance_m},
    )


def residents_reached(france: France) -> Attempt:
    """List cells by zone, then measure proximity."""
    is_open = pd.Categorical.from_codes(np.zeros(len(france.x), dtype=np.int8), [OPEN])
    zones, equipment = france.zones, Things.of(france.points.assign(statut=is_open))
    residents = france.raster.astype(np.float32)  # as rasters of residents are stored
    nowhere = np.zeros(france.shape, dtype=bool)
    grid = PopulationGrid(residents, residents, nowhere, france.left, france.top, CELL_M, CRS)
    kinds = sorted(set(france.labels))

    def run() -> pd.DataFrame:
        cells = cells_by_zone(zones, grid)
        return proximity(zones, cells, equipment, within=[REACH_M])

    def result(table: pd.DataFrame) -> Result:
        columns = [f"{equipment_prefix(k)}_reached_within_{REACH_M:g}m_share" for k in kinds]
        return {"share": table[columns].to_numpy()}

    return Attempt(run, result)


def sums_by_centre(france: France) -> Attempt:
    """Count the cells whose centres lie inside."""
    return _sums(france, "centre")


def sums_by_area(france: France) -> Attempt:
    """Weigh the cells by the area inside."""
    return _sums(france, "area")


def _sums(france: France, weights: spatial_index.Weights) -> Attempt:
    raster = spatial_index.Raster(france.raster, france.left, france.top, CELL_M)
    return Attempt(
        run=lambda: spatial_index.zonal(raster, france.polygons, weights=weights),
        result=lambda sums: {"sum": np.nan_to_num(sums.total)},
    )
