"""In which perimeters a point lies, with three answers: inside, outside, undetermined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo import vocabulary
from cdv_geo.analysis.containment import (
    certain,
    commune_of,
    require_same_crs,
    select_generation,
    settle_borders,
    sight,
    undetermined,
)
from cdv_geo.analysis.things import Things
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_COLUMNS: Final = (
    "commune",
    "type",
    "generation",
    "status",
    "codes",
    "likely",
    "nearest",
    "distance_m",
    "shared_with",
    "reason",
)


def locate(
    points: gpd.GeoDataFrame,
    perimeters: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    generation: int,
) -> pd.DataFrame:
    """Say for each point and kind of perimeter whether it is inside, outside or undetermined.

    Parameters
    ----------
    points
        Points in the metric CRS, with `position_error_m` where it is known (metres).
    perimeters, communes
        Tables of the territory.
    generation
        Which QPV count; quartiers in veille active always do.

    Returns
    -------
    Two rows per point, indexed by the point's own index and `type` (`qpv`, `veille_active`):
    `commune` (INSEE code, missing outside them all), `status`, `codes` (the perimeters it lies
    in or, where undetermined, may lie in; `;` between them), `likely` (`inside`, `outside` or
    missing), `nearest` and `distance_m` (the nearest outline of that kind and the metres to it,
    0 inside), `shared_with` (other perimeters whose border it is on), `reason`.

    Raises
    ------
    DataError
        The CRS differ, a geometry is no point, or no QPV bears the generation.
    """
    require_same_crs(points.crs, perimeters.crs, communes.crs)
    places = Things.of(points)
    for row, fault in places.faults.items():
        raise DataError(f"point {points.index[row]}: {fault}.")
    zones = select_generation(perimeters, generation)
    commune = commune_of(places, communes).astype("str")
    pairs = settle_borders(sight(places, zones, communes), zones)
    parts = [_locate_in_kind(places, commune, pairs, zones, kind) for kind in vocabulary.KINDS]
    result = pd.concat([part.set_axis(points.index) for part in parts])
    order = np.argsort(np.tile(np.arange(len(points)), len(parts)), kind="stable")
    answers = result.assign(generation=generation).iloc[order]
    return answers[list(_COLUMNS)].set_index("type", append=True)


def _locate_in_kind(
    places: Things,
    commune: pd.Series,
    pairs: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    kind: str,
) -> pd.DataFrame:
    of_kind = zones["type"] == kind
    near = _described(pairs[of_kind.to_numpy()[pairs["zone"]]], zones)
    by_point = near.groupby("point")
    every = range(len(places))
    inside = by_point["sure"].any().reindex(every, fill_value=False)
    in_doubt = by_point["doubt"].any().reindex(every, fill_value=False) & ~inside
    listed = near[near["sure"] | (near["doubt"] & near["point"].map(in_doubt))]
    doubtful = listed[listed["doubt"] & ~listed["sure"] & listed["point"].map(in_doubt)]
    holds = doubtful[doubtful["holds"]].groupby("point").size().reindex(every).notna()
    hidden = doubtful[~doubtful["drawn"]].groupby("point").size().reindex(every).notna()
    nowhere = pd.Series(~places.placed)
    status = np.select([nowhere | in_doubt, inside], ["undetermined", "inside"], "outside")
    stranger = (status == "outside") & commune.isna().to_numpy()
    likely = pd.Series(np.where(holds, "inside", "outside")).where(in_doubt & (holds | ~hidden))
    reason = _reasons(doubtful).reindex(every)
    reason = reason.mask(stranger, "the point is outside the communes")
    nearest, distance = _nearest_outline(places, zones[of_kind & zones.geometry.notna()])
    return pd.DataFrame(
        {
            "commune": commune.to_numpy(),
            "type": kind,
            "status": status,
            "codes": listed.groupby("point")["code"].agg(";".join).reindex(every),
            "likely": likely,
            "nearest": nearest,
            "distance_m": distance,
            "shared_with": near[~near["yields"]].groupby("point")["shared_with"].first(),
            "reason": reason.mask(nowhere, "the point has no position"),
        },
        index=every,
    )


def _described(near: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add to each pair what it says of its point: in the zone for certain, or perhaps."""
    return near.assign(
        code=zones["code"].to_numpy()[near["zone"]],
        nom=zones["nom"].to_numpy()[near["zone"]],
        sure=certain(near) & ~near["yields"],
        doubt=undetermined(near),
        holds=(near["signed_m"] <= 0) & ~near["yields"],
        drawn=near["signed_m"].notna(),
    )


def _reasons(doubtful: pd.DataFrame) -> pd.Series:
    """Say of each point why its answer is open: a border too near, outlines that are missing."""
    drawn = doubtful[doubtful["drawn"]]
    borders = [
        f"the point is {abs(metres):.0f} m {'inside' if metres <= 0 else 'outside'} the outline of "
        f"{code}, nearer than the stated error of {error:.0f} m"
        for code, metres, error in zip(
            drawn["code"], drawn["signed_m"], drawn["tolerance_m"], strict=True
        )
    ]
    names = doubtful[~doubtful["drawn"]].groupby("point")["nom"]
    counted = names.agg(lambda noms: f"{len(noms)} perimeter(s) without an outline: ")
    missing = "the commune has " + counted + names.agg(", ".join)
    said = pd.concat([pd.Series(borders, drawn["point"], dtype="str"), missing.astype("str")])
    return said.groupby(level=0, sort=True).agg("; ".join)


def _nearest_outline(
    places: Things, drawn: gpd.GeoDataFrame
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    nearest = np.full(len(places), None, dtype=object)
    distance = np.full(len(places), np.nan)
    placed = np.flatnonzero(places.placed)
    if len(drawn) and len(placed):
        tree = shapely.STRtree(drawn.geometry.array)
        at = shapely.points(places.x[placed], places.y[placed])
        (point, zone), metres = tree.query_nearest(at, return_distance=True, all_matches=True)
        order = np.lexsort((zone, point))
        point, zone, metres = point[order], zone[order], metres[order]
        first = np.unique(point, return_index=True)[1]  # of equals, the smallest code
        nearest[placed[point[first]]] = drawn["code"].to_numpy()[zone[first]]
        distance[placed[point[first]]] = metres[first]
    return nearest, distance
