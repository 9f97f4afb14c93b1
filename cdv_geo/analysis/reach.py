"""Which things reach which zones, and in which way: links gathered, and the one that counts.

Whoever asks what reaches a quartier asks here. Nothing above tests whether a link is certain, says
which of two bases is the better one, or measures how far a thing is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo import vocabulary
from cdv_geo.gazetteer import normalise, split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

DECLARED: Final = ("declared", "declared_wide")
_CARRIED: Final = (
    "kind",
    "quartier",
    "equipment_type",
    "statut",
    "objectifs",
    "annee",
    "etat",
    "code_insee",
)
_COLUMNS: Final = ("zone", "id", "basis", "status", "placed", *_CARRIED)
_RANKS: Final = {basis: rank for rank, basis in enumerate(vocabulary.BASES)}


def best_of(links: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Keep of each group the link that says most: a certain one, the better basis, the nearer.

    Parameters
    ----------
    links
        `status`; `basis` and `within_m` count where they are there.
    by
        Columns that make the groups.
    """
    order = pd.DataFrame({"unsure": links["status"] != "certain"})
    if "basis" in links:
        order["basis"] = links["basis"].map(_RANKS)
    if "within_m" in links:
        order["within"] = links["within_m"]
    first = order.sort_values([*map(str, order)], kind="stable").index
    best: pd.DataFrame = links.loc[first].drop_duplicates(list(by)).sort_index()
    return best


def ways_of(links: pd.DataFrame) -> pd.DataFrame:
    """Say of each thing and perimeter in which ways it reaches it, each way once.

    Parameters
    ----------
    links
        As made by `link`.

    Returns
    -------
    One link per (perimeter, thing, basis, quartier cited), in the order of perimeters, bases,
    quartiers and distances, with `certain`: whether it is. Of several distances the shortest that
    is certain counts, and none where the thing is certainly inside.
    """
    rows = links[links["code"].notna()].reset_index(drop=True)
    rows = rows.assign(certain=rows["status"] == "certain", quartier=rows["quartier"].fillna(""))
    pairs = pd.MultiIndex.from_frame(rows[["code", "id"]])
    inside = pairs[rows["certain"] & (rows["basis"] == "inside")]
    rows = rows[(rows["basis"] != "within") | ~pairs.isin(inside)]
    once = best_of(rows, ["code", "id", "basis", "quartier"])
    keys = once.assign(rank=once["basis"].map(_RANKS), unsure=~once["certain"])
    ordered = keys.sort_values(["code", "rank", "quartier", "unsure", "within_m", "id"])
    return once.loc[ordered.index].reset_index(drop=True)


def reached(links: pd.DataFrame) -> pd.DataFrame:
    """Say of each thing and perimeter on which bases it reaches it, each distance apart.

    Returns
    -------
    One link per (thing, perimeter, basis), with bases as those of `reach_of_zones` and `certain`.
    """
    rows = links[links["code"].notna()].reset_index(drop=True)
    # Without any distance the column is of numbers, which cannot hold the names of bases.
    near = rows["within_m"].map(within_basis, na_action="ignore").astype("object")
    named = rows.assign(basis=near.fillna(rows["basis"]), certain=rows["status"] == "certain")
    return best_of(named, ["id", "code", "basis"])


def doubtful_names(links: pd.DataFrame) -> pd.DataFrame:
    """Give the names of which it is not known what they stand for, once for each thing."""
    doubtful = (links["basis"] == "declared") & (links["status"] != "certain")
    return links[doubtful].drop_duplicates(["id", "cited"])


def doubtful_places(links: pd.DataFrame, code: str) -> set[str]:
    """Name the things of which it is open whether they are in a perimeter, or so near to it."""
    open_ = (links["status"] != "certain") & ~links["basis"].isin(DECLARED)
    return set(links.loc[open_ & (links["code"] == code), "id"])


def nearby(links: pd.DataFrame, codes: Sequence[str], within_m: float) -> pd.DataFrame:
    """List the things that lie within a distance of any of some perimeters, the likely ones too.

    Returns
    -------
    Indexed by id: `distance_m` from the nearest outline, 0 inside, and `certain`: whether it is in
    it, or beside it and so near.
    """
    here = links[links["code"].isin(list(codes))]
    sure = here["status"] == "certain"
    asked = here["within_m"] == within_m
    likely = here[asked & (sure | (here["likely"] == "inside"))]
    distance = likely.groupby("id")["distance_m"].min()
    is_inside = here["basis"] == "inside"
    inside, perhaps_inside = (set(here.loc[is_inside & which, "id"]) for which in (sure, ~sure))
    beside = set(here.loc[sure & asked, "id"]) - perhaps_inside
    certain = [thing in (beside if metres > 0 else inside) for thing, metres in distance.items()]
    near = pd.DataFrame({"distance_m": distance, "certain": np.array(certain, dtype=bool)})
    return near.rename_axis(None)


def within_basis(distance: float) -> str:
    """Name the basis of being within a distance: `within_300m`."""
    return f"within_{distance:g}m"


def reach_of_zones(
    zones: gpd.GeoDataFrame, links: pd.DataFrame, *, within: Sequence[float]
) -> pd.DataFrame:
    """Say of each thing and zone on which basis it reaches it, for certain or perhaps.

    A commune, and the contract, is reached by what is declared for a perimeter of it, and by what
    is located in it. A thing without a position may be in every zone that its commune allows, and
    one that cites a name that is not known may be for every zone.

    Parameters
    ----------
    zones
        As made by `study_zones`.
    links
        With `kind`; a row without `code` is a thing without a position, or a name not known.
    within
        Distances, metres.

    Returns
    -------
    One row per (zone, thing, basis) or more: `zone` (index value), `id, kind, basis` (`declared`,
    `declared_wide`, `inside`, `within_300m` …), `status`, `placed` (False where it is
    only known that the thing is somewhere), the `quartier` cited, and what the thing carries.
    """
    links = links.reindex(columns=list(dict.fromkeys([*links, *_CARRIED])))
    declared = links[links["basis"].isin(DECLARED)]
    located = links[~links["basis"].isin(DECLARED)]
    placed = located[located["code"].notna()]
    named = placed["within_m"].map(within_basis, na_action="ignore").fillna("inside")
    unplaced = located[located["code"].isna()]
    nameless = declared[declared["code"].isna()].assign(code_insee=np.nan)
    parts = [
        declared.merge(_perimeters_of_zones(zones), on="code").assign(placed=True),
        _spread(nameless, zones, None).assign(status="undetermined", placed=True),
        placed.assign(basis=named, placed=True).merge(_zone_of_code(zones), on="code"),
        _spread(unplaced, zones, None).assign(basis="inside"),
        *(_spread(unplaced, zones, d).assign(basis=within_basis(d)) for d in within),
    ]
    rows = pd.concat(parts, ignore_index=True).reindex(columns=list(_COLUMNS))
    return rows.astype({"basis": "str", "status": "str", "placed": "bool", "annee": "str"})


def reach_of_quartiers(reach: pd.DataFrame, quartiers: pd.DataFrame) -> pd.DataFrame:
    """Give each quartier of everyday speech what reaches it: its part of its perimeter's links.

    What names the whole perimeter, or more than it, reaches each of its quartiers; what names
    another part of it does not. Where a thing lies says nothing of a part.

    Parameters
    ----------
    reach
        As made by `reach_of_zones`.
    quartiers
        As made by `quartier_zones`.

    Returns
    -------
    The rows of `reach`, with the index of the quartier as `zone`.
    """
    own = quartiers[["perimeter", "names", "relation"]].rename_axis("zone").reset_index()
    rows = reach.rename(columns={"zone": "perimeter"}).merge(own, on="perimeter")
    cited = rows["quartier"].fillna("").map(normalise)
    named = [name in names for name, names in zip(cited, rows["names"], strict=True)]
    nameless = rows["quartier"].isna().to_numpy()  # a name that is not known may be that of each
    kept = np.where(
        rows["basis"].isin(DECLARED),
        (rows["basis"] != "declared") | nameless | np.array(named, dtype=bool),
        rows["relation"] == "entier",
    )
    return rows.loc[kept, list(_COLUMNS)].reset_index(drop=True)


def _spread(
    unplaced: pd.DataFrame, zones: gpd.GeoDataFrame, distance: float | None
) -> pd.DataFrame:
    """Spread things without a position over the zones that may hold them.

    Where its commune is known, a thing is certainly in that commune and in the contract, and may
    be in the perimeters of the commune, or within a distance of what is near the commune. Where
    it is not known, it may be anywhere.
    """
    spread = unplaced.merge(_zones_by_commune(zones, distance), how="cross")
    known = spread["code_insee"].notna()
    same = spread["code_insee"] == spread["commune"]
    spread["status"] = np.where(known & spread["whole"], "certain", "undetermined")
    return spread[same | ~known].assign(placed=False)


def _zones_by_commune(zones: gpd.GeoDataFrame, distance: float | None) -> pd.DataFrame:
    """List the zones that a place somewhere in a commune may be in, or within a distance of.

    `whole` says that all of the commune lies in the zone.
    """
    towns = zones[zones["level"] == "commune"]
    outlines = dict(zip(towns["code"], towns.geometry, strict=True))
    rows = []
    for zone in zones.itertuples():
        codes = split_list(zone.communes)
        where = zone.geometry or shapely.union_all([outlines[code] for code in codes])
        for commune, town in outlines.items():
            near = distance is not None and bool(shapely.dwithin(town, where, distance))
            if commune in codes or near:
                rows.append((zone.Index, commune, zone.level != "perimeter" and commune in codes))
    return pd.DataFrame(rows, columns=["zone", "commune", "whole"])


def _zone_of_code(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame({"zone": zones.index, "code": zones["code"]})


def _perimeters_of_zones(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """List which perimeters belong to each zone: itself, or all those of a commune."""
    perimeters = zones[zones["level"] == "perimeter"]
    rows = [
        (zone.Index, perimeter.code)
        for zone in zones.itertuples()
        for perimeter in perimeters.itertuples()
        if zone.code == perimeter.code
        or (zone.level != "perimeter" and _share_a_commune(zone.communes, perimeter.communes))
    ]
    return pd.DataFrame(rows, columns=["zone", "code"])


def _share_a_commune(first: str, second: str) -> bool:
    return not set(split_list(first)).isdisjoint(split_list(second))
