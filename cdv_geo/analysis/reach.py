"""Which things reach which zones: links gathered by perimeter, by commune and for the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo.names import split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

_DECLARED: Final = ("declared", "declared_wide")
_CARRIED: Final = ("kind", "equipment_type", "statut", "objectifs", "annee", "code_insee")
_COLUMNS: Final = ("zone", "id", "basis", "status", *_CARRIED)


def within_basis(distance: float) -> str:
    """Name the basis of being within a distance: `within_300m`."""
    return f"within_{distance:g}m"


def reach_of_zones(
    zones: gpd.GeoDataFrame, links: pd.DataFrame, *, within: Sequence[float]
) -> pd.DataFrame:
    """Say of each thing and zone on which basis it reaches it, for certain or perhaps.

    A commune, and the contract, is reached by what is declared for a perimeter of it, and by what
    is located in it. A thing without a position may be in every zone that its commune allows.

    Parameters
    ----------
    zones
        As made by `study_zones`.
    links
        With `kind`; a row without `code` is a thing without a position.
    within
        Distances, metres.

    Returns
    -------
    One row per (zone, thing, basis) or more: `zone` (index value), `id, kind, basis` (`declared`,
    `declared_wide`, `inside`, `within_300m` …), `status`, and what the thing carries.
    """
    links = links.reindex(columns=list(dict.fromkeys([*links, *_CARRIED])))
    declared = links[links["basis"].isin(_DECLARED)]
    located = links[~links["basis"].isin(_DECLARED)]
    placed = located[located["code"].notna()]
    named = placed["within_m"].map(within_basis, na_action="ignore").fillna("inside")
    unplaced = located[located["code"].isna()]
    parts = [
        declared.merge(_perimeters_of_zones(zones), on="code"),
        placed.assign(basis=named).merge(_zone_of_code(zones), on="code"),
        _spread(unplaced, zones, None).assign(basis="inside"),
        *(_spread(unplaced, zones, d).assign(basis=within_basis(d)) for d in within),
    ]
    return pd.concat(parts, ignore_index=True).reindex(columns=list(_COLUMNS))


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
    return spread[same | ~known]


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
