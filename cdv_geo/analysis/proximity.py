"""How far residents live from the nearest facility of each type, as the crow flies."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo import vocabulary
from cdv_geo.analysis.spatial_index import nearest
from cdv_geo.analysis.spatial_index.numbered_groups import order_by_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from cdv_geo.analysis.things import Things

_MEDIAN, _P90 = 0.5, 0.9
_ROUNDING: Final = 1e-9
ALL_PREFIX: Final = "equipment_all"
_TAKEN: Final = ("all", "closed", "declared")  # by columns that are of no type
NEARNESS_ERROR_M: Final = 500.0
"""A position that may be off by more than this tells nothing of nearness."""


def proximity(
    zones: gpd.GeoDataFrame,
    residents: pd.DataFrame,
    equipment: Things,
    *,
    within: Sequence[float],
) -> pd.DataFrame:
    """Measure, by zone and type, distances to the nearest and the share of residents near it.

    Only open equipment with a position counts, and of these not the ones whose position may be
    off by more than `NEARNESS_ERROR_M`; for the share within a distance, by more than that
    distance. A type of which none is left is missing, not far.

    Parameters
    ----------
    zones
        Its index names the rows of the result.
    residents
        As made by `cells_by_zone`: `zone, residents, x, y` in metres.
    equipment
        Places with `type, statut`.
    within
        Distances for the shares, metres.

    Returns
    -------
    Per type: `…_distance_median_m`, `…_distance_p90_m` (weighted by residents) and one
    `…_reached_within_…m_share` (0 to 1) per distance; missing without residents or equipment.
    """
    running = _running(equipment)
    x, y = residents["x"].to_numpy(), residents["y"].to_numpy()
    weight = residents["residents"].to_numpy()
    zone = zones.index.get_indexer(residents["zone"])
    # one table of distances for the quantiles, then one for each share
    for_quantiles, *for_shares = _distances_by_type(
        x, y, equipment, running, (NEARNESS_ERROR_M, *within)
    )
    columns: dict[str, NDArray[np.float64]] = {}
    for kind in sorted(equipment.table["type"].unique()):
        prefix = equipment_prefix(kind)
        median, p90 = weighted_quantiles(
            for_quantiles[kind], weight, zone, len(zones), (_MEDIAN, _P90)
        )
        columns[f"{prefix}_distance_median_m"] = median.round(1)
        columns[f"{prefix}_distance_p90_m"] = p90.round(1)
        for distances, metres in zip(for_shares, within, strict=True):
            name = f"{prefix}_reached_within_{metres:g}m_share"
            columns[name] = _share_within(distances[kind], metres, weight, zone, len(zones))
    return pd.DataFrame(columns, index=zones.index)


def nearest_of_types(outline: shapely.Geometry, equipment: Things) -> pd.DataFrame:
    """Find the open place of each type that is nearest to an outline.

    A place that may be off by more than `NEARNESS_ERROR_M` is nowhere near enough to be the
    nearest.

    Returns
    -------
    What is known of each place, and `distance_m`, whole metres, the nearest first: 0 inside, and
    at least 1 outside, however near.
    """
    usable = np.flatnonzero(_running(equipment) & (equipment.error_m <= NEARNESS_ERROR_M))
    spots = shapely.points(equipment.x[usable], equipment.y[usable])
    metres = pd.Series(shapely.distance(spots, outline), index=usable)
    whole = metres.where(metres == 0, metres.round().clip(lower=1))
    ordered = equipment.table.loc[usable].assign(distance_m=whole)
    return ordered.sort_values(["distance_m", "type", "nom", "id"]).drop_duplicates("type")


def _running(equipment: Things) -> NDArray[np.bool_]:
    """Tell which places are open and located."""
    return np.asarray(equipment.table["statut"] == vocabulary.OPEN) & equipment.placed


def _distances_by_type(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    places: Things,
    running: NDArray[np.bool_],
    accepted: Sequence[float],
) -> list[Mapping[str, NDArray[np.float64]]]:
    """Measure to the nearest of each type, among places no less exact than is accepted.

    Where two limits leave the same places, they are measured once; where they leave none of a
    type, its distances are infinite.
    """
    types = places.table["type"].astype("category")
    measured: dict[bytes, defaultdict[str, NDArray[np.float64]]] = {}
    result: list[Mapping[str, NDArray[np.float64]]] = []
    for limit in accepted:
        usable = running & (places.error_m <= limit)
        key = usable.tobytes()
        if key not in measured:
            # one without a type is left out
            found = nearest(x, y, places.x, places.y, types.where(usable))
            by_type = zip(found.groups, found.distance_m, strict=True)
            measured[key] = defaultdict(lambda: np.full(len(x), np.inf), by_type)
        result.append(measured[key])
    return result


def equipment_prefix(kind: str) -> str:
    """Give the beginning of the columns of one type of equipment: `equipment_france_services`."""
    name = "_".join(kind.split())
    return f"equipment_{name}_type" if name in _TAKEN else f"equipment_{name}"


def weighted_quantiles(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    zone: NDArray[np.intp],
    zones: int,
    quantiles: Sequence[float],
) -> list[NDArray[np.float64]]:
    """Give by zone the smallest value that at least a given share of its weight does not exceed.

    The inverse of the weighted cumulative distribution, as Hyndman & Fan (1996), type 1, with
    weights: no value is made up between two cells. A share that is met but for a billionth is
    met, so that rounding does not choose between two cells.

    Parameters
    ----------
    values, weights
        One of each per cell.
    zone
        Number of the zone of each cell, from 0 to `zones` - 1.
    zones
        How many there are.
    quantiles
        Shares of the weight, 0 to 1.

    Returns
    -------
    For each quantile an array of one value per zone, NaN where it has no cell or a value is
    infinite.
    """
    order = np.argsort(values)
    order = order[order_by_group(zone[order], zones)]
    sorted_zone, sorted_values = zone[order], values[order]
    share = weights[order] / np.bincount(zone, weights, zones)[sorted_zone]
    cumulative = np.cumsum(share)
    first, end = np.searchsorted(sorted_zone, [np.arange(zones), np.arange(1, zones + 1)])
    before = np.concatenate([[0.0], cumulative])[first]
    filled = np.flatnonzero(end > first)
    result = []
    for quantile in quantiles:
        place = np.searchsorted(cumulative, before[filled] + quantile - _ROUNDING)
        place = np.clip(place, first[filled], end[filled] - 1)
        found = np.full(zones, np.nan)
        found[filled] = np.where(
            np.isfinite(sorted_values[end[filled] - 1]), sorted_values[place], np.nan
        )
        result.append(found)
    return result


def _share_within(
    distance: NDArray[np.float64],
    metres: float,
    weight: NDArray[np.float64],
    zone: NDArray[np.intp],
    zones: int,
) -> NDArray[np.float64]:
    """Give by zone the share of the weight within a distance; NaN where nothing is anywhere."""
    near = np.bincount(zone, weight * (distance <= metres), zones)
    farthest = np.zeros(zones)
    np.maximum.at(farthest, zone, distance)
    with np.errstate(invalid="ignore"):  # 0 / 0 for a zone without residents
        return np.where(np.isfinite(farthest), near / np.bincount(zone, weight, zones), np.nan)
