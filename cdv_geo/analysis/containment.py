"""How a position stands to a perimeter, with the error of both: the three answers.

A *sighting* is one row per (point, perimeter) that are near each other, or that may be. `link` and
`locate` read their answers from it, so that both always agree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo.analysis.spatial_index import Matches, match_points
from cdv_geo.errors import DataError
from cdv_geo.gazetteer import split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    from cdv_geo.analysis.things import Things

# Metres; points whose errors lie between two of them are matched together.
_ERROR_BANDS: Final = (50.0, 500.0, 5_000.0)
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


def require_same_crs(points: pyproj.CRS, perimeters: pyproj.CRS, communes: pyproj.CRS) -> None:
    """Refuse layers that are not in one CRS, since distances between them would be nonsense."""
    if not points == perimeters == communes:
        raise DataError(
            f"the points are in {points}, the perimeters in {perimeters} and the communes in "
            f"{communes}; bring them to one metric CRS with to_crs()."
        )


def sight(
    things: Things,
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
    things
        Rows with their places in the metric CRS of the zones.
    zones
        `code, communes, precision_m` and outline or None; the index is 0, 1, 2…
    communes
        Outlines by `code_insee`.
    reach
        Greatest distance that matters, metres.

    Returns
    -------
    One row per pair: `point, zone` (positions), `signed_m` (metres to the outline, negative
    inside, missing without outline), `tolerance_m` (the larger of both errors), `statement` (of
    `things.statements`, that this is by; -1 where it goes without saying), `touches` (the point is
    on the border itself), `region_m` (metres to the communes of a zone without outline,
    missing where there is one).
    """
    drawn = _sight_outlines(things, zones, reach)
    hidden = _sight_hidden(things, zones, communes, reach)
    pairs = pd.concat([drawn, hidden], ignore_index=True)
    order = np.lexsort((pairs["zone"], pairs["point"]))
    return pairs.take(order).reset_index(drop=True)


def certain(pairs: pd.DataFrame, threshold: float = 0.0) -> pd.Series:
    """Tell which pairs are nearer than the threshold whatever the errors are."""
    near = pairs["signed_m"] <= threshold
    return near & ((pairs["signed_m"] - threshold).abs() >= pairs["tolerance_m"])


def undetermined(pairs: pd.DataFrame, threshold: float = 0.0) -> pd.Series:
    """Tell which pairs the errors, or a missing outline, leave open."""
    near_border = (pairs["signed_m"] - threshold).abs() < pairs["tolerance_m"]
    return near_border | (pairs["region_m"] - pairs["tolerance_m"] <= threshold)


def commune_of(things: Things, communes: gpd.GeoDataFrame) -> pd.Series:
    """Find the INSEE code of the commune each place lies in, missing outside all of them.

    A point on the border of two communes belongs to the smaller code.
    """
    by_code = communes.sort_values("code_insee")
    matches = match_points(things.x, things.y, by_code.geometry.array)
    commune = np.full(len(things), -1)
    # of several, the first is written last and stays
    commune[matches.point[::-1]] = matches.polygon[::-1]
    return pd.Series(pd.Categorical.from_codes(commune, by_code["code_insee"].to_numpy()))


def _sight_outlines(things: Things, zones: gpd.GeoDataFrame, reach: float) -> pd.DataFrame:
    precision = zones["precision_m"].fillna(0.0).to_numpy(dtype=np.float64)
    outlines = np.asarray(zones.geometry.array, dtype=object)
    matches = _match_by_error(things, outlines, reach, float(precision.max(initial=0.0)))
    point, zone, signed = matches.point, matches.polygon, matches.signed_m
    tolerance = np.maximum(things.error_m[point], precision[zone])
    near = signed - reach <= tolerance
    point, zone, signed = point[near], zone[near], signed[near]
    return pd.DataFrame(
        {
            "point": point,
            "zone": zone,
            "signed_m": signed,
            "tolerance_m": tolerance[near],
            "statement": _statements(things, point, tolerance[near]),
            "touches": _touches(things, outlines, point, zone, signed),
            "region_m": np.nan,
        }
    )


def _match_by_error(
    things: Things, outlines: NDArray[np.object_], reach: float, precision: float
) -> Matches:
    """Match each point as far as its error asks for, or that of the outlines.

    Points whose errors are alike go together: one that is known to its commune alone would else
    make all others be measured as far.
    """
    band = np.searchsorted(_ERROR_BANDS, things.error_m)
    found = []
    for number in np.flatnonzero(np.bincount(band)).tolist() or [0]:
        rows = np.flatnonzero(band == number)
        widest = max(things.error_m[rows].max(initial=0.0), precision)
        part = match_points(things.x[rows], things.y[rows], outlines, within=reach + widest)
        found.append(replace(part, point=rows[part.point]))
    unplaced = sum(part.unplaced for part in found)
    point, zone, signed = (
        np.concatenate([getattr(part, name) for part in found])
        for name in ("point", "polygon", "signed_m")
    )
    return Matches(point, zone, signed, unplaced)


def _statements(
    things: Things, point: NDArray[np.intp], tolerance: NDArray[np.float64]
) -> NDArray[np.int64] | int:
    """Tell by which statement of its position each pair has its tolerance, if by any."""
    if things.statement is None:
        return -1
    return np.where(things.error_m[point] >= tolerance, things.statement[point], -1)


def _touches(
    things: Things,
    outlines: NDArray[np.object_],
    point: NDArray[np.intp],
    zone: NDArray[np.intp],
    signed: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which points are on the border itself; only those at no distance from it are asked."""
    at_border = np.flatnonzero(np.abs(signed) < _APART_M)
    spots = shapely.points(things.x[point[at_border]], things.y[point[at_border]])
    touches = np.zeros(len(point), dtype=bool)
    touches[at_border] = shapely.touches(outlines[zone[at_border]], spots)
    return touches


def _sight_hidden(
    things: Things, zones: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, reach: float
) -> pd.DataFrame:
    hidden = np.flatnonzero(zones.geometry.isna())
    outlines = communes.set_index("code_insee").geometry
    regions, region_of = np.unique(zones["communes"].iloc[hidden], return_inverse=True)
    where = [outlines[outlines.index.isin(split_list(codes))].union_all() for codes in regions]
    matches = _match_by_error(things, np.array(where, dtype=object), reach, 0.0)
    point, zone, distance = _spread_over(matches, hidden, region_of)
    stated, elsewhere = _stated_communes(things, zones, point, zone)
    # What a commune is stated of lies in it, unless its place contradicts that.
    believed = stated & ~contradicts_commune(things, communes)[point]
    at_home, away = believed & ~elsewhere, believed & elsewhere
    # A place in another commune is outside the region, however near to it.
    region = np.where(away, np.maximum(distance, _APART_M), np.where(at_home, 0.0, distance))
    return pd.DataFrame(
        {
            "point": point,
            "zone": zone,
            "signed_m": np.nan,
            "tolerance_m": np.where(believed, 0.0, things.error_m[point]),
            "statement": -1,
            "touches": False,
            "region_m": region,
        }
    )


def contradicts_commune(things: Things, communes: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which places lie farther from their stated commune than their own error.

    A commune that is not of the contract has no outline here: what lies within the contract by more
    than its error is not there.
    """
    wrong = np.zeros(len(things), dtype=bool)
    if "code_insee" not in things.table:
        return wrong
    stated = things.table["code_insee"]
    elsewhere = stated != commune_of(things, communes).astype("str")
    apart = np.flatnonzero(stated.notna() & elsewhere & things.placed)
    outlines = stated.take(apart).map(communes.set_index("code_insee").geometry)
    spots = shapely.points(things.x[apart], things.y[apart])
    distance = shapely.distance(spots, np.asarray(outlines, dtype=object))
    wrong[apart] = distance > things.error_m[apart]
    strangers = apart[np.asarray(~stated.take(apart).isin(communes["code_insee"]), dtype=bool)]
    within = shapely.distance(
        shapely.points(things.x[strangers], things.y[strangers]),
        communes.geometry.union_all().boundary,
    )
    inside = commune_of(things, communes).notna().to_numpy()[strangers]
    wrong[strangers] = inside & (within > things.error_m[strangers])
    return wrong


def _spread_over(
    matches: Matches, hidden: NDArray[np.intp], region_of: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pair the points near a region with every hidden zone of that region."""
    zones_of = [hidden[region_of == region] for region in range(region_of.max(initial=-1) + 1)]
    pairs = [
        (np.repeat(rows, len(zones)), np.tile(zones, len(rows)))
        for region, zones in enumerate(zones_of)
        for rows in (np.flatnonzero(matches.polygon == region),)
    ]
    match = np.concatenate([np.zeros(0, dtype=np.intp), *(rows for rows, _ in pairs)])
    zone = np.concatenate([np.zeros(0, dtype=np.intp), *(zones for _, zones in pairs)])
    return matches.point[match], zone, matches.distance_m[match]


def _stated_communes(
    things: Things,
    zones: gpd.GeoDataFrame,
    point: NDArray[np.intp],
    zone: NDArray[np.intp],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell, pair by pair, whether the commune of the thing is stated, and is not the zone's."""
    if "code_insee" not in things.table:
        nowhere = np.zeros(len(point), dtype=bool)
        return nowhere, nowhere
    codes = things.table["code_insee"].to_numpy(dtype=object)[point]
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
    on_border = pairs.loc[held & pairs["touches"], "point"]
    rivals = pairs.loc[held & pairs["point"].isin(on_border), ["point", "zone", "touches"]]
    rivals["code"] = zones["code"].to_numpy()[rivals["zone"]]
    by_type = rivals.groupby([rivals["point"], zones["type"].to_numpy()[rivals["zone"]]])
    interior = ~rivals["touches"]
    within = interior.groupby(by_type.ngroup()).transform("any")
    rivals["wins"] = interior | (~within & (by_type.cumcount() == 0))
    rivals["contested"] = (~rivals["wins"]).groupby(by_type.ngroup()).transform("any")
    for _, group in rivals[rivals["contested"]].groupby(by_type.ngroup()):
        wins = group["wins"]
        result.loc[wins.index[wins], "shared_with"] = ";".join(sorted(group.loc[~wins, "code"]))
        result.loc[wins.index[~wins], "shared_with"] = ";".join(sorted(group.loc[wins, "code"]))
    result.loc[rivals.index[~rivals["wins"]], "yields"] = True
    return result


def overlapping(perimeters: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """List the pairs of perimeters of one type and generation whose interiors meet.

    That is an overlap, or one that lies in the other; a shared border is neither. A point in both
    is counted in both.
    """
    pairs = []
    stated = [name for name in ("type", "generation") if name in perimeters]
    groups = perimeters.groupby(stated) if stated else [((), perimeters)]
    for _, group in groups:
        drawn = group[without_empty(group.geometry).notna()].sort_values("code")
        outlines, codes = drawn.geometry.array, drawn["code"].to_numpy()
        first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
        once = first < second  # none is compared with itself, and no two of them twice
        first, second = first[once], second[once]
        meet = shapely.relate_pattern(outlines[first], outlines[second], "T********")
        pairs += list(zip(codes[first[meet]], codes[second[meet]], strict=True))
    return pairs
