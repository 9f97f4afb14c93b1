"""Which things reach which perimeters, on which basis: the links, the central table of cdv_geo.

*Declared*, *inside* and *within* are three different statements, each in rows of its own. A link
is certain or undetermined; what is certainly not so has no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cdv_geo.analysis.declaring import declared_links
from cdv_geo.analysis.sighting import (
    certain,
    commune_of,
    position_errors,
    require_same_crs,
    select_generation,
    settle_borders,
    sight,
    sorted_distances,
    undetermined,
    without_empty,
)
from cdv_geo.errors import DataError
from cdv_geo.names import Gazetteer, split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

_CARRIED: Final = {
    "intitule": "name",
    "nom": "name",
    "annee": "annee",
    "objectifs": "objectifs",
    "type": "equipment_type",
    "statut": "statut",
    "code_insee": "code_insee",
}
OUTSIDE_COMMUNES: Final = "its place is outside the communes"
# A column that a reader of files adds, for rows that it found at fault.
READ_FAULT: Final = "cdv_geo_fault"
_KEY: Final = ("code", "nom", "type", "generation")
_ANSWER: Final = (
    "basis",
    "within_m",
    "status",
    "likely",
    "distance_m",
    "cited",
    "quartier",
    "agreement",
    "shared_with",
    "reason",
)


@dataclass(frozen=True)
class Linking:
    """The links of some things, and what became of each of them.

    Parameters
    ----------
    links
        One row per (thing, perimeter, basis): see `link`.
    outcomes
        One row per thing, in the order given: `id`, `outcome` (`linked`, `unlinked`,
        `rejected`), `undetermined` (it has no certain link and may have one), `reason` (of what is
        not linked), `finding` (names that are not known, a commune that its place contradicts).
    """

    links: pd.DataFrame
    outcomes: pd.DataFrame

    def with_places(self, things: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give the links with the point of each thing, where it has one."""
        places = things.drop_duplicates("id").set_index("id").geometry
        return gpd.GeoDataFrame(
            self.links, geometry=places.reindex(self.links["id"]).to_numpy(), crs=things.crs
        )

    def counts(self) -> dict[str, int]:
        """Count the outcomes: `input` = `linked` + `unlinked` + `rejected`.

        `undetermined` counts, among the unlinked, those that may be linked.
        """
        outcome = self.outcomes["outcome"]
        return {
            "input": len(self.outcomes),
            "linked": int((outcome == "linked").sum()),
            "unlinked": int((outcome == "unlinked").sum()),
            "undetermined": int(self.outcomes["undetermined"].sum()),
            "rejected": int((outcome == "rejected").sum()),
        }


def link(
    things: gpd.GeoDataFrame,
    perimeters: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    generation: int,
    within: float | Sequence[float] = (),
    quartiers: pd.DataFrame | None = None,
) -> Linking:
    """Link things to perimeters on every basis that holds, or may hold.

    Parameters
    ----------
    things
        `id` and a point or none, in the metric CRS. Read where present: `position_error_m`
        (metres), `territoires_cites` or `quartier_cite` (names, `;` between them), `portee`,
        `code_insee`, and what a link carries along (`intitule` or `nom`, `annee`, `objectifs`,
        `type`, `statut`).
    perimeters, communes
        Tables of the territory.
    generation
        Which QPV count; quartiers in veille active always do.
    within
        One or several distances, metres, as the crow flies; none where empty.
    quartiers
        Everyday names of quartiers; without it official names only.

    Returns
    -------
    Links with the columns `id, name, …, code, nom, type, generation, basis, within_m, status,
    likely, distance_m, cited, quartier, agreement, shared_with, reason`. A row without `code` may
    stand for any perimeter: with basis `inside`, the thing has no position (if its `code_insee` is
    known, it means those of that commune); with basis `declared`, the name it cites is not known.

    Raises
    ------
    DataError
        The CRS differ, no QPV bears the generation, or `id` is missing.
    """
    require_same_crs(things, perimeters, communes)
    zones = select_generation(perimeters, generation)
    things = things.set_geometry(without_empty(things.geometry))
    faults = _faults(things)
    accepted = things[faults.isna().to_numpy()].reset_index(drop=True)
    gazetteer = Gazetteer(perimeters, communes, quartiers, generation=generation)
    declared, problems = declared_links(accepted, zones, gazetteer)
    pairs = _settled_pairs(accepted, zones, communes, within)
    rows = [
        _with_agreement(declared, accepted, zones, pairs),
        _located_rows(pairs, zones, within),
        _unplaced_rows(accepted, communes),
    ]
    links = _finish(pd.concat(rows, ignore_index=True), accepted, zones)
    reasons = problems.fillna(_unlinked_reasons(accepted, communes))
    findings = problems.fillna(_contradictions(accepted, communes))
    return Linking(links, _outcomes(things, faults, links, reasons, findings))


def link_places(
    things: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    within: float | Sequence[float] = (),
) -> pd.DataFrame:
    """Link things to any zones by their place alone: the rows `inside` and `within` of `link`.

    It serves the communes and the contract as a whole, which nobody declares as a quartier. Where
    the commune of a thing is stated, it settles what the error of its position leaves open.
    """
    pairs = _settled_pairs(things, zones, communes, within)
    rows = _settled_by_statement(_located_rows(pairs, zones, within), things, zones)
    return _finish(rows, things, zones)


def _settled_pairs(
    things: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    within: float | Sequence[float],
) -> pd.DataFrame:
    reach = max(sorted_distances(within), default=0.0)
    return settle_borders(sight(things, zones, communes, reach=reach), zones)


def _settled_by_statement(
    rows: pd.DataFrame, things: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> pd.DataFrame:
    if "code_insee" not in things:
        return rows
    stated = things["code_insee"].to_numpy(dtype=object)[rows["thing"].to_numpy()]
    communes = rows["code"].map(dict(zip(zones["code"], zones["communes"], strict=True)))
    home = pd.Series(
        [code in split_list(where) for code, where in zip(stated, communes, strict=True)],
        index=rows.index,
        dtype=bool,
    )
    doubtful = (rows["status"] == "undetermined") & pd.Series(stated, rows.index).notna()
    settled = rows.assign(status=rows["status"].mask(doubtful & home, "certain"))
    return settled[~doubtful | home | (settled["basis"] != "inside")]


def _faults(things: gpd.GeoDataFrame) -> pd.Series:
    """Say why a row cannot be linked at all; missing where it can."""
    if "id" not in things:
        raise DataError(f"the things have no column “id”; theirs are {', '.join(things)}.")
    kind = things.geometry.geom_type
    odd = things.geometry.notna() & (kind != "Point")
    reason = ("its geometry is a " + kind + ", a point is expected").where(odd)
    if READ_FAULT in things:
        reason = things[READ_FAULT].fillna(reason)
    reason = reason.mask(things["id"].duplicated(), "its id stands on an earlier row")
    return pd.Series(reason.mask(things["id"].isna(), "it has no id"))


def _located_rows(
    pairs: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    within: float | Sequence[float],
) -> pd.DataFrame:
    return pd.concat(
        [
            _inside_rows(pairs, zones),
            *(_within_rows(pairs, zones, distance) for distance in sorted_distances(within)),
        ],
        ignore_index=True,
    )


def _inside_rows(pairs: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    sure = certain(pairs) & ~pairs["yields"]
    likely_inside = (pairs["signed_m"] <= 0) & ~pairs["yields"]
    return _answer_rows(pairs, zones, sure, undetermined(pairs), likely_inside).assign(
        basis="inside"
    )


def _within_rows(pairs: pd.DataFrame, zones: gpd.GeoDataFrame, distance: float) -> pd.DataFrame:
    sure = certain(pairs, distance)
    doubtful = undetermined(pairs, distance)
    likely = pairs["signed_m"] <= distance
    rows = _answer_rows(pairs, zones, sure, doubtful, likely)
    return rows.assign(basis="within", within_m=distance, shared_with=None)


def _answer_rows(
    pairs: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    sure: pd.Series,
    doubtful: pd.Series,
    likely: pd.Series,
) -> pd.DataFrame:
    kept = pairs[sure | doubtful]
    doubt = doubtful[kept.index]
    drawn = kept["signed_m"].notna()
    guess = pd.Series(np.where(likely[kept.index], "inside", "outside"), kept.index)
    near = [f"nearer to the limit than the stated error, {m:.0f} m" for m in kept["tolerance_m"]]
    reason = pd.Series(near, kept.index, dtype="str").where(drawn, "the perimeter has no outline")
    return pd.DataFrame(
        {
            "thing": kept["point"],
            "code": zones["code"].to_numpy()[kept["zone"]],
            "status": np.where(doubt, "undetermined", "certain"),
            "likely": guess.where(doubt & drawn),
            "distance_m": kept["signed_m"].clip(lower=0).round(1),
            "shared_with": kept["shared_with"],
            "reason": reason.where(doubt),
        }
    )


def _unplaced_rows(things: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of each thing without a position that it may be inside; one row for all perimeters.

    A thing whose stated commune is not of the contract is outside, and has no row.
    """
    unplaced = np.flatnonzero(things.geometry.isna() & ~_stated_outside(things, communes))
    return pd.DataFrame(
        {
            "thing": unplaced,
            "code": None,
            "basis": "inside",
            "status": "undetermined",
            "reason": "the thing has no position",
        }
    )


def _stated_outside(things: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    if "code_insee" not in things:
        return pd.Series(data=False, index=things.index)
    stated = things["code_insee"]
    return pd.Series(stated.notna() & ~stated.isin(communes["code_insee"]))


def _with_agreement(
    declared: pd.DataFrame,
    things: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
) -> pd.DataFrame:
    """Hold each certain declaration against the place of the thing, where it has one."""
    named = declared[(declared["basis"] == "declared") & (declared["status"] == "certain")]
    zone = pd.Index(zones["code"]).get_indexer(named["code"])
    place = things.geometry.array[named["thing"].to_numpy()]
    outline = zones.geometry.array[zone]
    open_pairs = pairs[undetermined(pairs)]
    doubtful = pd.MultiIndex.from_arrays([named["thing"], zone]).isin(
        pd.MultiIndex.from_frame(open_pairs[["point", "zone"]])
    )
    agrees = np.where(shapely.intersects(place, outline), "agrees", "disagrees")
    verdict = pd.Series(np.where(doubtful, "undetermined", agrees), named.index)
    placed = ~shapely.is_missing(place)
    distance = pd.Series(shapely.distance(place, outline).round(1), named.index)
    return declared.assign(agreement=verdict.where(placed), distance_m=distance)


def _finish(rows: pd.DataFrame, things: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add what the reader needs of the thing and of the perimeter, and put the rows in order."""
    present = {name: key for name, key in _CARRIED.items() if name in things}
    if "intitule" in present:
        present.pop("nom", None)  # a thing that bears both keeps its title
    carried = things[["id", *present]].rename(columns=present)
    known = zones[list(_KEY)].drop_duplicates("code")
    joined = rows.merge(known, on="code", how="left").join(carried, on="thing")
    joined = joined.reindex(columns=["thing", *carried.columns, *_KEY, *_ANSWER])
    joined["generation"] = joined["generation"].astype("Int64")
    rank = {"declared": 0, "declared_wide": 1, "inside": 2, "within": 3}
    joined["rank"] = joined["basis"].map(rank)
    ordered = joined.sort_values(["thing", "rank", "code", "within_m", "quartier"], kind="stable")
    return ordered.drop(columns=["thing", "rank"]).reset_index(drop=True)


def _unlinked_reasons(things: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Say of each thing why it could have no certain link."""
    placed = things.geometry.notna()
    commune = commune_of(things, communes)
    reason = pd.Series("it has no position and names no quartier", things.index)
    reason = reason.mask(placed, "its place is in no perimeter for certain")
    elsewhere = (placed & commune.isna()) | (~placed & _stated_outside(things, communes))
    return reason.mask(elsewhere, OUTSIDE_COMMUNES)


def _contradictions(things: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Say where the stated commune of a thing is not the one its place lies in."""
    found = commune_of(things, communes)
    if "code_insee" not in things:
        return pd.Series(np.nan, things.index, dtype="str")
    stated = things["code_insee"]
    outlines = stated.map(communes.set_index("code_insee").geometry)
    apart = shapely.distance(things.geometry.array, outlines.array) > position_errors(things)
    text = "code_insee is " + stated + ", and its place lies in " + found.fillna("no commune") + "."
    wrong = stated.notna() & (stated != found) & apart & things.geometry.notna()
    return pd.Series(text.where(wrong))


def _outcomes(
    things: gpd.GeoDataFrame,
    faults: pd.Series,
    links: pd.DataFrame,
    reasons: pd.Series,
    findings: pd.Series,
) -> pd.DataFrame:
    ids = things["id"]
    accepted = faults.isna()
    sure = set(links.loc[(links["status"] == "certain") & links["code"].notna(), "id"])
    doubtful = set(links.loc[links["status"] == "undetermined", "id"])
    linked = accepted & ids.isin(sure)
    reason, finding = faults.copy(), faults.mask(faults.notna())
    reason[accepted] = reasons.to_numpy()
    finding[accepted] = findings.to_numpy()
    return pd.DataFrame(
        {
            "id": ids,
            "outcome": np.where(linked, "linked", np.where(accepted, "unlinked", "rejected")),
            "undetermined": accepted & ~linked & ids.isin(doubtful),
            "reason": reason.mask(linked),
            "finding": finding,
        }
    ).reset_index(drop=True)
