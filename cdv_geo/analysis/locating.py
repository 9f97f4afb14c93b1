"""In which perimeters a point lies, with three answers: inside, outside, undetermined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo import vocabulary
from cdv_geo.analysis.sighting import (
    certain,
    commune_of,
    select_generation,
    settle_borders,
    sight,
    undetermined,
)

if TYPE_CHECKING:
    import geopandas as gpd

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
        The CRS differ, or no QPV bears the generation.
    """
    zones = select_generation(perimeters, generation)
    commune = commune_of(points, communes)
    pairs = settle_borders(sight(points, zones, communes), zones)
    parts = [_locate_in_kind(points, commune, pairs, zones, kind) for kind in vocabulary.KINDS]
    result = pd.concat(parts)
    order = np.argsort(np.tile(np.arange(len(points)), len(parts)), kind="stable")
    return (
        result.assign(generation=generation)
        .iloc[order][list(_COLUMNS)]
        .set_index("type", append=True)
    )


def _locate_in_kind(
    points: gpd.GeoDataFrame,
    commune: pd.Series,
    pairs: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    kind: str,
) -> pd.DataFrame:
    of_kind = zones["type"] == kind
    near = pairs[of_kind.to_numpy()[pairs["zone"]]]
    answers = [
        _answer(near[near["point"] == position], zones)
        if placed
        else _row("undetermined", reason="the point has no position")
        for position, placed in enumerate(points.geometry.notna())
    ]
    frame = pd.DataFrame(answers, index=points.index, dtype="object")
    stranger = (frame["status"] == "outside") & commune.isna()
    frame["reason"] = frame["reason"].mask(stranger, "the point is outside the communes")
    nearest, distance = _nearest_outline(points, zones[of_kind & zones.geometry.notna()])
    return frame.assign(type=kind, commune=commune, nearest=nearest, distance_m=distance)


def _answer(near: pd.DataFrame, zones: gpd.GeoDataFrame) -> dict[str, str | None]:
    codes = zones["code"].to_numpy()
    sure = near[certain(near) & ~near["yields"]]
    doubtful = near[undetermined(near)]
    shared = ";".join(sorted(set(near.loc[~near["yields"], "shared_with"].dropna()))) or None
    if len(sure):
        return _row("inside", codes=codes[sure["zone"]], shared_with=shared)
    if not len(doubtful):
        return _row("outside")
    hidden = doubtful[doubtful["signed_m"].isna()]
    drawn = doubtful.drop(hidden.index)
    reasons = [*_border_reasons(drawn, zones), *_outline_reasons(hidden, zones)]
    return _row(
        "undetermined",
        codes=codes[doubtful["zone"]],
        likely=_likely(drawn, hidden),
        shared_with=shared,
        reason="; ".join(reasons),
    )


def _row(
    status: str,
    *,
    codes: np.ndarray | tuple[str, ...] = (),
    likely: str | None = None,
    shared_with: str | None = None,
    reason: str | None = None,
) -> dict[str, str | None]:
    return {
        "status": status,
        "codes": ";".join(codes) or None,
        "likely": likely,
        "shared_with": shared_with,
        "reason": reason,
    }


def _likely(drawn: pd.DataFrame, hidden: pd.DataFrame) -> str | None:
    if ((drawn["signed_m"] <= 0) & ~drawn["yields"]).any():
        return "inside"
    return None if len(hidden) else "outside"


def _border_reasons(drawn: pd.DataFrame, zones: gpd.GeoDataFrame) -> list[str]:
    codes = zones["code"].to_numpy()[drawn["zone"]]
    return [
        f"the point is {abs(metres):.0f} m {'inside' if metres <= 0 else 'outside'} the outline of "
        f"{code}, nearer than the stated error of {error:.0f} m"
        for code, metres, error in zip(codes, drawn["signed_m"], drawn["tolerance_m"], strict=True)
    ]


def _outline_reasons(hidden: pd.DataFrame, zones: gpd.GeoDataFrame) -> list[str]:
    if hidden.empty:
        return []
    names = ", ".join(zones["nom"].iloc[hidden["zone"]])
    return [f"the commune has {len(hidden)} perimeter(s) without an outline: {names}"]


def _nearest_outline(
    points: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    nearest = np.full(len(points), None, dtype=object)
    distance = np.full(len(points), np.nan)
    placed = np.flatnonzero(points.geometry.notna())
    if len(drawn) and len(placed):
        tree = shapely.STRtree(drawn.geometry.array)
        at = points.geometry.array[placed]
        (point, zone), metres = tree.query_nearest(at, return_distance=True, all_matches=True)
        order = np.lexsort((zone, point))
        point, zone, metres = point[order], zone[order], metres[order]
        first = np.unique(point, return_index=True)[1]  # of equals, the smallest code
        nearest[placed[point[first]]] = drawn["code"].to_numpy()[zone[first]]
        distance[placed[point[first]]] = metres[first]
    return nearest, distance
