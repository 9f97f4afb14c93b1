"""How far residents live from the nearest facility of each type, as the crow flies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.spatial_index import nearest
from cdv_geo.analysis.things import Things

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

_MEDIAN, _P90 = 0.5, 0.9
NEARNESS_ERROR_M: Final = 500.0
"""A position that may be off by more than this tells nothing of nearness."""


def proximity(
    zones: gpd.GeoDataFrame,
    residents: pd.DataFrame,
    equipment: gpd.GeoDataFrame,
    *,
    types: Sequence[str],
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
        `type, statut`, a point or none, `position_error_m`.
    types
        Types wanted, in order.
    within
        Distances for the shares, metres.

    Returns
    -------
    Per type: `…_distance_median_m`, `…_distance_p90_m` (weighted by residents) and one
    `…_reached_within_…m_share` (0 to 1) per distance; missing without residents or equipment.
    """
    places = Things.of(equipment)
    running = (equipment["statut"] == vocabulary.OPEN).to_numpy() & places.placed
    x, y = residents["x"].to_numpy(), residents["y"].to_numpy()
    weight = residents["residents"].to_numpy()
    rows_of_zone = {zone: rows.to_numpy() for zone, rows in _positions(residents).items()}
    # one table of distances for the quantiles, then one for each share
    distances = _distances_by_type(x, y, places, running, (NEARNESS_ERROR_M, *within))
    columns: dict[str, pd.Series] = {}
    for kind in types:
        prefix = equipment_prefix(kind)
        of_kind = [by_type.get(kind, np.full(len(x), np.inf)) for by_type in distances]
        measures = {
            zone: _measure([d[rows] for d in of_kind], weight[rows], within)
            for zone, rows in rows_of_zone.items()
        }
        names = [
            f"{prefix}_distance_median_m",
            f"{prefix}_distance_p90_m",
            *(f"{prefix}_reached_within_{metres:g}m_share" for metres in within),
        ]
        table = pd.DataFrame.from_dict(measures, orient="index", columns=names)
        known = table.reindex(zones.index).astype("float64")
        columns |= {name: known[name] for name in names}
    return pd.DataFrame(columns, index=zones.index)


def _distances_by_type(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    places: Things,
    running: NDArray[np.bool_],
    accepted: Sequence[float],
) -> list[dict[str, NDArray[np.float64]]]:
    """Measure to the nearest of each type, among places no less exact than is accepted.

    Where two limits leave the same places, they are measured once.
    """
    measured: dict[bytes, dict[str, NDArray[np.float64]]] = {}
    result = []
    for limit in accepted:
        usable = running & (places.error_m <= limit)
        key = usable.tobytes()
        if key not in measured:
            of_type = places.table["type"].to_numpy()[usable]
            found = nearest(x, y, places.x[usable], places.y[usable], of_type)
            measured[key] = dict(zip(found.groups, found.distance_m, strict=True))
        result.append(measured[key])
    return result


def equipment_prefix(kind: str) -> str:
    """Give the beginning of the columns of one type of equipment: `equipment_france_services`."""
    return f"equipment_{'_'.join(kind.split())}"


def weighted_quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], quantile: float
) -> float:
    """Give the smallest value that at least the given share of the weight does not exceed.

    The inverse of the weighted cumulative distribution, as Hyndman & Fan (1996), type 1, with
    weights: no value is made up between two cells.
    """
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    position = np.searchsorted(cumulative, quantile * cumulative[-1], side="left")
    return float(values[order][min(position, len(values) - 1)])


def _positions(residents: pd.DataFrame) -> dict[object, pd.Series]:
    rows = pd.Series(np.arange(len(residents)), index=residents.index)
    return dict(iter(rows.groupby(residents["zone"])))


def _measure(
    distances: list[NDArray[np.float64]], weight: NDArray[np.float64], within: Sequence[float]
) -> list[float]:
    """Give the quantiles of the first distances, and the share within each of the others."""
    nearest, *by_reach = distances
    quantiles = [
        round(weighted_quantile(nearest, weight, q), 1) if np.isfinite(nearest).all() else np.nan
        for q in (_MEDIAN, _P90)
    ]
    shares = [
        float(weight[distance <= metres].sum() / weight.sum())
        if np.isfinite(distance).all()
        else np.nan
        for distance, metres in zip(by_reach, within, strict=True)
    ]
    return [*quantiles, *shares]
