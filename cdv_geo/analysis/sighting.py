"""How a position stands to a perimeter, with the error of both: the three answers.

A *sighting* is one row per (point, perimeter) that are near each other, or that may be. `link` and
`locate` read their answers from it, so that both always agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo.analysis.spatial_index import match_points
from cdv_geo.errors import DataError
from cdv_geo.names import split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

_APART_M: Final = 0.001  # a millimetre: more than 0, less than any distance that is asked for


def select_generation(perimeters: gpd.GeoDataFrame, generation: int) -> gpd.GeoDataFrame:
    """Keep the QPV of one generation, and every quartier in veille active.

    An empty outline becomes none, so that nobody takes it for a place.

    Raises
    ------
    DataError
        There are QPV, and none bears that generation.
    """
    is_qpv = perimeters["type"] == "qpv"
    known = sorted(set(perimeters.loc[is_qpv, "generation"]))
    if known and generation not in known:
        raise DataError(
            f"generation {generation} is not among the QPV loaded; "
            f"accepted are {', '.join(map(str, known))}."
        )
    kept = perimeters[~is_qpv | (perimeters["generation"] == generation)]
    ordered = kept.sort_values("code").reset_index(drop=True)
    return ordered.set_geometry(without_empty(ordered.geometry))


def without_empty(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Turn empty geometries into missing ones: neither is a place."""
    return geometry.where(~geometry.is_empty, None)


def sorted_distances(within: float | Sequence[float]) -> tuple[float, ...]:
    """Bring one or several distances into order.

    Raises
    ------
    DataError
        One of them is negative or no number.
    """
    values = [within] if isinstance(within, (int, float)) else list(within)
    for value in values:
        if not (np.isfinite(value) and value >= 0):
            raise DataError(f"within “{value}” is no distance; metres from 0 up are expected.")
    return tuple(sorted({float(value) for value in values}))


def require_same_crs(
    points: gpd.GeoDataFrame, perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame
) -> None:
    """Refuse layers that are not in one CRS, since distances between them would be nonsense."""
    if not points.crs == perimeters.crs == communes.crs:
        raise DataError(
            f"the points are in {points.crs}, the perimeters in {perimeters.crs} and the communes "
            f"in {communes.crs}; bring them to one metric CRS with to_crs()."
        )


def coordinates(points: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the x and y of points as arrays, NaN where there is no position."""
    geometry = without_empty(points.geometry).array
    return shapely.get_x(geometry), shapely.get_y(geometry)


def sight(
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    reach: float = 0.0,
) -> pd.DataFrame:
    """Pair each point with the zones it is in, near to, or may be in.

    A zone without an outline lies somewhere in its communes: a point of these communes (or within
    `reach` of them) is paired with it, and nothing can be said of the distance. Where the commune
    of the thing is stated, `code_insee`, that settles which communes these are.

    Parameters
    ----------
    points
        Points in the metric CRS, with `position_error_m` (metres; absent or missing: exact).
    zones
        `code, communes, precision_m` and outline or None; the index is 0, 1, 2…
    communes
        Outlines by `code_insee`.
    reach
        Greatest distance that matters, metres.

    Returns
    -------
    One row per pair: `point, zone` (positions), `signed_m` (metres to the outline, negative
    inside, missing without outline), `tolerance_m` (the larger of both errors), `touches` (the
    point is on the border itself), `region_m` (metres to the communes of a zone without outline,
    missing where there is one).
    """
    require_same_crs(points, zones, communes)
    drawn = _sight_outlines(points, zones, reach)
    hidden = _sight_hidden(points, zones, communes, reach)
    pairs = pd.concat([drawn, hidden], ignore_index=True)
    return pairs.sort_values(["point", "zone"]).reset_index(drop=True)


def certain(pairs: pd.DataFrame, threshold: float = 0.0) -> pd.Series:
    """Tell which pairs are nearer than the threshold whatever the errors are."""
    near = pairs["signed_m"] <= threshold
    return near & ((pairs["signed_m"] - threshold).abs() >= pairs["tolerance_m"])


def undetermined(pairs: pd.DataFrame, threshold: float = 0.0) -> pd.Series:
    """Tell which pairs the errors, or a missing outline, leave open."""
    near_border = (pairs["signed_m"] - threshold).abs() < pairs["tolerance_m"]
    return near_border | (pairs["region_m"] - pairs["tolerance_m"] <= threshold)


def commune_of(points: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Find the INSEE code of the commune each point lies in, missing outside all of them.

    A point on the border of two communes belongs to the smaller code.
    """
    by_code = communes.sort_values("code_insee")
    matches = match_points(*coordinates(points), by_code.geometry.array)
    first = pd.Series(by_code["code_insee"].to_numpy()[matches.polygon], index=matches.point)
    first = first[~first.index.duplicated()]
    return pd.Series(first.reindex(range(len(points))).to_numpy(), index=points.index, dtype="str")


def position_errors(points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Give the error of each position in metres, 0 where none is stated."""
    if "position_error_m" not in points:
        return np.zeros(len(points))
    return np.asarray(points["position_error_m"].fillna(0.0), dtype=np.float64)


def _sight_outlines(
    points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, reach: float
) -> pd.DataFrame:
    errors = position_errors(points)
    precision = zones["precision_m"].fillna(0.0).to_numpy(dtype=np.float64)
    widest = max(errors.max(initial=0.0), precision.max(initial=0.0))
    x, y = coordinates(points)
    outlines = zones.geometry.array
    matches = match_points(x, y, outlines, within=reach + widest)
    spots = shapely.points(x[matches.point], y[matches.point])
    polygons = outlines[matches.polygon]
    depth = shapely.distance(spots, shapely.boundary(polygons))
    pairs = pd.DataFrame(
        {
            "point": matches.point,
            "zone": matches.polygon,
            "signed_m": np.where(matches.distance_m > 0, matches.distance_m, -depth),
            "tolerance_m": np.maximum(errors[matches.point], precision[matches.polygon]),
            "touches": shapely.touches(polygons, spots),
            "region_m": np.nan,
        }
    )
    return pairs[pairs["signed_m"] - reach <= pairs["tolerance_m"]]


def _sight_hidden(
    points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, reach: float
) -> pd.DataFrame:
    hidden = np.flatnonzero(zones.geometry.isna())
    outlines = communes.set_index("code_insee").geometry
    where = [
        outlines[outlines.index.isin(split_list(codes))].union_all()
        for codes in zones["communes"].iloc[hidden]
    ]
    errors = position_errors(points)
    matches = match_points(
        *coordinates(points),
        np.array(where, dtype=object),
        within=reach + float(errors.max(initial=0.0)),
    )
    zone, point = hidden[matches.polygon], matches.point
    stated, elsewhere = _stated_communes(points, zones, point, zone)
    # A place in another commune is outside the region, however near to it.
    region = np.where(elsewhere, np.maximum(matches.distance_m, _APART_M), matches.distance_m)
    return pd.DataFrame(
        {
            "point": point,
            "zone": zone,
            "signed_m": np.nan,
            "tolerance_m": np.where(stated, 0.0, errors[point]),
            "touches": False,
            "region_m": np.where(stated & ~elsewhere, 0.0, region),
        }
    )


def _stated_communes(
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    point: NDArray[np.intp],
    zone: NDArray[np.intp],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell, pair by pair, whether the commune of the thing is stated, and is not the zone's."""
    if "code_insee" not in points:
        nowhere = np.zeros(len(point), dtype=bool)
        return nowhere, nowhere
    codes = points["code_insee"].to_numpy(dtype=object)[point]
    communes = zones["communes"].to_numpy(dtype=object)[zone]
    stated = np.array([isinstance(code, str) for code in codes], dtype=bool)
    same = [code in split_list(where) for code, where in zip(codes, communes, strict=True)]
    return stated, stated & ~np.array(same, dtype=bool)


def settle_borders(pairs: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give a point on a shared border to one zone of each type: the smallest code.

    The others are named in `shared_with` and count as outside, unless the point lies in the
    interior of one of them: then that one has it. Where the outline has a stated error this
    settles only the likely answer, since such a point is undetermined anyhow.

    Returns
    -------
    The pairs with two more columns: `shared_with` (codes, `;` between them, missing where the
    point is on no shared border) and `yields` (the point belongs to another zone by this rule).
    """
    result = pairs.assign(shared_with=pd.Series(np.nan, pairs.index, dtype="str"), yields=False)
    held = pairs["signed_m"] <= 0
    on_border = pairs[pairs["touches"] & held]
    types = zones["type"].to_numpy()[pairs["zone"]]
    codes = zones["code"].to_numpy()[pairs["zone"]]
    for (point, kind), _ in on_border.groupby(["point", types[on_border.index]], sort=True):
        rivals = pairs[held & (pairs["point"] == point) & (types == kind)]
        interior = rivals[~rivals["touches"]]
        winners = interior.index if len(interior) else rivals.index[:1]
        losers = rivals.index.difference(winners)
        if losers.empty:
            continue
        result.loc[winners, "shared_with"] = ";".join(sorted(codes[losers]))
        result.loc[losers, "shared_with"] = ";".join(sorted(codes[winners]))
        result.loc[losers, "yields"] = True
    return result


def overlapping(perimeters: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """List the pairs of perimeters of one type and generation whose interiors meet.

    That is an overlap, or one that lies in the other; a shared border is neither. A point in both
    is counted in both.
    """
    pairs = []
    for _, group in perimeters.groupby(["type", "generation"]):
        drawn = group[without_empty(group.geometry).notna()].sort_values("code")
        outlines, codes = drawn.geometry.array, drawn["code"].to_numpy()
        first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
        meet = (first < second) & shapely.relate_pattern(
            outlines[first], outlines[second], "T********"
        )
        pairs += list(zip(codes[first[meet]], codes[second[meet]], strict=True))
    return pairs
