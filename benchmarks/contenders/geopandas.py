"""What a GIS person would write with geopandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from france import CELL_M, CRS
from tasks import REACH_M, Attempt, Result, from_file_to_file, in_order

if TYPE_CHECKING:
    from pathlib import Path

    from france import France


def points_in_polygons(france: France) -> Attempt:
    """Join points and polygons that intersect."""
    points, zones = france.points[["geometry"]], france.zones
    return Attempt(
        run=lambda: points.sjoin(zones, predicate="intersects"),
        result=lambda joined: in_order(
            point=joined.index.to_numpy(), polygon=joined["index_right"].to_numpy()
        ),
    )


def points_within(france: France) -> Attempt:
    """Join what is near, then measure each pair."""
    points, zones = france.points[["geometry"]], france.zones

    def run() -> gpd.GeoDataFrame:
        joined = points.sjoin(zones, predicate="dwithin", distance=REACH_M)
        outlines = zones.geometry.loc[joined["index_right"]]
        return joined.assign(distance=joined.geometry.distance(outlines, align=False))

    def result(joined: gpd.GeoDataFrame) -> Result:
        return in_order(
            point=joined.index.to_numpy(),
            polygon=joined["index_right"].to_numpy(),
            distance=joined["distance"].to_numpy(),
        )

    return Attempt(run, result)


def nearest_of_kinds(france: France) -> Attempt:
    """Join the cells with their nearest facilities, type by type."""
    points = france.points
    centres = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*france.cell_centres), crs=CRS)

    def run() -> list[pd.Series]:
        return [_distance(centres, of_kind) for _, of_kind in points.groupby("type")]

    return Attempt(run, lambda distances: {"distance": np.array(distances)})


def residents_reached(france: France) -> Attempt:
    """Cut the cells with the polygons, join each with its nearest facilities, group."""
    points, zones = france.points, france.zones.rename_axis("zone").reset_index()
    x, y = france.cell_centres
    half = CELL_M / 2
    cells = gpd.GeoDataFrame(
        {"x": x, "y": y, "residents": france.residents},
        geometry=shapely.box(x - half, y - half, x + half, y + half),
        crs=CRS,
    )

    def run() -> pd.DataFrame:
        pieces = cells.overlay(zones, how="intersection")
        pieces["residents"] *= pieces.area / CELL_M**2
        centres = pieces.set_geometry(gpd.points_from_xy(pieces["x"], pieces["y"], crs=CRS))
        everybody = pieces.groupby("zone")["residents"].sum()
        shares = {}
        for kind, of_kind in points.groupby("type"):
            near = pieces[_distance(centres, of_kind) <= REACH_M]
            reached = near.groupby("zone")["residents"].sum()
            shares[kind] = reached.reindex(everybody.index, fill_value=0.0) / everybody
        return pd.DataFrame(shares, index=zones["zone"])

    return Attempt(run, lambda table: {"share": table.to_numpy()})


def file_to_links(france: France) -> Attempt:
    """Read, join and write."""
    zones = france.zones.assign(code=france.codes)

    def link(points: Path, links: Path) -> None:
        joined = gpd.read_parquet(points, columns=["id", "geometry"]).sjoin(zones)
        pd.DataFrame(joined[["id", "code"]]).to_parquet(links)

    return from_file_to_file("geopandas", france, link)


def _distance(centres: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> pd.Series:
    """Give the distance to the nearest; several that are equally near make several rows."""
    joined = centres.sjoin_nearest(facilities[["geometry"]], distance_col="distance")
    return joined.loc[~joined.index.duplicated(), "distance"]
