"""Which things reach which perimeters, on which basis: the links, the central table of cdv_geo.

*Declared*, *inside* and *within* are three different statements, each in rows of its own. A link
is certain or undetermined; what is certainly not so has no row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cdv_geo.analysis.containment import (
    certain,
    require_same_crs,
    select_generation,
    settle_borders,
    sight,
    sorted_distances,
    undetermined,
)
from cdv_geo.analysis.declarations import NO_ZONE, Declarations
from cdv_geo.analysis.link_outcomes import outcomes_of, stated_outside
from cdv_geo.analysis.repeated_ids import SeenIds, hashes_of
from cdv_geo.analysis.things import Things, points_at
from cdv_geo.commune_codes import read_codes
from cdv_geo.errors import DataError
from cdv_geo.gazetteer import Gazetteer, split_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_CARRIED: Final = {
    "intitule": "name",
    "nom": "name",
    "annee": "annee",
    "objectifs": "objectifs",
    "etat": "etat",
    "type": "equipment_type",
    "statut": "statut",
    "code_insee": "code_insee",
}
COLUMNS_READ: Final = ("id", *_CARRIED, "territoires_cites", "quartier_cite", "portee")
"""What is read of a thing, besides its place."""
_KEY: Final = ("code", "nom", "type", "generation")
_RANK: Final = {"declared": 0, "declared_wide": 1, "inside": 2, "within": 3}
_ANSWER: Final = {
    "basis": "str",
    "within_m": "float64",
    "status": "str",
    "likely": "str",
    "distance_m": "float64",
    "cited": "str",
    "quartier": "str",
    "agreement": "str",
    "shared_with": "str",
    "reason": "str",
}


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
    x, y
        Where the thing of each link is, metres; NaN where it has no position.
    """

    links: pd.DataFrame
    outcomes: pd.DataFrame
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def with_places(self, crs: object) -> gpd.GeoDataFrame:
        """Give the links with the point of each thing, where it has one."""
        return gpd.GeoDataFrame(self.links, geometry=points_at(self.x, self.y), crs=crs)

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
        `etat`, `type`, `statut`).
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
    require_same_crs(things.crs, perimeters.crs, communes.crs)
    linker = Linker(perimeters, communes, generation=generation, within=within, quartiers=quartiers)
    return next(linker.link_batches([things_of(things, communes)]))


def things_of(frame: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> Things:
    """Take a table with points apart; a commune code that is of no commune says nothing."""
    things = Things.of(frame)
    if "code_insee" not in things.table:
        return things
    codes = things.table["code_insee"].map(_code_text, na_action="ignore")
    readings = read_codes(codes.dropna().unique(), tuple(communes["code_insee"]))
    today = {code: reading.code for code, reading in readings.items()}
    read = codes.map(lambda code: today.get(code, code), na_action="ignore").astype("str")
    return replace(things, table=things.table.assign(code_insee=read))


def _code_text(code: object) -> str:
    return code if isinstance(code, str) else f"{code:05.0f}"  # a number has lost its zero


class Linker:
    """Perimeters and their names, made ready once to link many batches of things.

    Parameters
    ----------
    perimeters, communes, generation, within, quartiers
        As for `link`.
    """

    def __init__(
        self,
        perimeters: gpd.GeoDataFrame,
        communes: gpd.GeoDataFrame,
        *,
        generation: int,
        within: float | Sequence[float] = (),
        quartiers: pd.DataFrame | None = None,
    ) -> None:
        self._zones = select_generation(perimeters, generation)
        self._communes = communes
        self._within = sorted_distances(within)
        gazetteer = Gazetteer(perimeters, communes, quartiers, generation=generation)
        self._declarations = Declarations(self._zones, gazetteer)

    def link_batches(self, batches: Iterable[Things]) -> Iterator[Linking]:
        """Link things batch by batch; an id is accepted once in all of them."""
        seen = SeenIds()
        for things in batches:
            yield self.link(things, repeated=seen.repeated(hashes_of(_ids(things))))

    def link(self, things: Things, *, repeated: NDArray[np.bool_]) -> Linking:
        """Link one batch of things.

        Parameters
        ----------
        things
            Rows with their places, in the CRS of the perimeters.
        repeated
            Whether the id of a row stands on an earlier row, of this batch or another.
        """
        faults = _faults(things, repeated)
        declared, problems = self._declarations.links(things.table)
        pairs = _settled_pairs(things, self._zones, self._communes, self._within)
        parts = [
            _with_agreement(declared, things, self._zones, pairs),
            _located_rows(pairs, self._within, things.statements),
            _unplaced_rows(things, self._communes),
        ]
        every = pd.concat(parts, ignore_index=True)
        rows = _in_order(every[~every["thing"].isin(list(faults))])
        links = _described(rows, things, self._zones)
        outcomes = outcomes_of(things, rows, self._communes, problems=problems, faults=faults)
        at = rows["thing"].to_numpy()
        return Linking(links, outcomes, things.x[at], things.y[at])


def link_places(
    things: Things,
    zones: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    within: float | Sequence[float] = (),
) -> pd.DataFrame:
    """Link things to any zones by their place alone: the rows `inside` and `within` of `link`.

    It serves the communes and the contract as a whole, which nobody declares as a quartier. Where
    the commune of a thing is stated, it settles what the error of its position leaves open.
    """
    distances = sorted_distances(within)
    pairs = _settled_pairs(things, zones, communes, distances)
    rows = _located_rows(pairs, distances, things.statements)
    return _described(_in_order(_settled_by_statement(rows, things.table, zones)), things, zones)


def _ids(things: Things) -> pd.Series:
    if "id" not in things.table:
        raise DataError(
            f"the things have no column “id”; theirs are {', '.join(map(str, things.table))}."
        )
    return things.table["id"]


def _settled_pairs(
    things: Things,
    zones: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    within: tuple[float, ...],
) -> pd.DataFrame:
    return settle_borders(sight(things, zones, communes, reach=max(within, default=0.0)), zones)


def _settled_by_statement(
    rows: pd.DataFrame, things: pd.DataFrame, zones: gpd.GeoDataFrame
) -> pd.DataFrame:
    if "code_insee" not in things:
        return rows
    stated = things["code_insee"].to_numpy(dtype=object)[rows["thing"].to_numpy()]
    communes = zones["communes"].to_numpy(dtype=object)[rows["zone"].to_numpy()]
    home = pd.Series(
        [code in split_list(where) for code, where in zip(stated, communes, strict=True)],
        index=rows.index,
        dtype=bool,
    )
    doubtful = (rows["status"] == "undetermined") & pd.Series(stated, rows.index).notna()
    settled = rows.assign(status=rows["status"].mask(doubtful & home, "certain"))
    return settled[~doubtful | home | (settled["basis"] != "inside")]


def _faults(things: Things, repeated: NDArray[np.bool_]) -> dict[int, str]:
    """Say by row why it cannot be linked at all; what the reader found says most."""
    missing = np.flatnonzero(_ids(things).isna()).tolist()
    again = np.flatnonzero(repeated).tolist()
    return {
        **{at: _of_row(things, at, "its id stands on an earlier row") for at in again},
        **{at: _of_row(things, at, "it has no id") for at in missing},
        **things.faults,
    }


def _of_row(things: Things, at: int, why: str) -> str:
    return why if things.row_numbers is None else f"row {things.row_numbers[at]}: {why}"


def _located_rows(
    pairs: pd.DataFrame, within: tuple[float, ...], statements: tuple[str, ...]
) -> pd.DataFrame:
    reason = _doubts(pairs, statements)
    parts = [_inside_rows(pairs, reason), *(_within_rows(pairs, reason, d) for d in within)]
    return pd.concat(parts, ignore_index=True)


def _inside_rows(pairs: pd.DataFrame, reason: pd.Series) -> pd.DataFrame:
    sure = certain(pairs) & ~pairs["yields"]
    likely_inside = (pairs["signed_m"] <= 0) & ~pairs["yields"]
    rows = _answer_rows(pairs, sure, undetermined(pairs), likely_inside, reason)
    return rows.assign(basis="inside", within_m=np.nan)


def _within_rows(pairs: pd.DataFrame, reason: pd.Series, distance: float) -> pd.DataFrame:
    sure, doubtful = certain(pairs, distance), undetermined(pairs, distance)
    rows = _answer_rows(pairs, sure, doubtful, pairs["signed_m"] <= distance, reason)
    return rows.assign(basis="within", within_m=distance, shared_with=None)


def _answer_rows(
    pairs: pd.DataFrame,
    sure: pd.Series,
    doubtful: pd.Series,
    likely: pd.Series,
    reason: pd.Series,
) -> pd.DataFrame:
    chosen = sure | doubtful
    kept, doubt = pairs[chosen], doubtful[chosen]
    drawn = kept["signed_m"].notna()
    guess = pd.Series(np.where(likely[chosen], "inside", "outside"), kept.index)
    return pd.DataFrame(
        {
            "thing": kept["point"],
            "zone": kept["zone"],
            "status": np.where(doubt, "undetermined", "certain"),
            "likely": guess.where(doubt & drawn),
            "distance_m": kept["signed_m"].clip(lower=0).round(1),
            "shared_with": kept["shared_with"],
            "reason": reason[chosen].where(doubt),
        }
    )


def _doubts(pairs: pd.DataFrame, statements: tuple[str, ...]) -> pd.Series:
    """Say of each pair why it is open, where it is: by the error, and by what the error is."""
    errors = pairs["tolerance_m"]
    near = errors.map({m: _nearer_than(m) for m in errors.unique()})
    if statements:
        said = np.array([*(f" ({text})" for text in statements), ""], dtype=object)
        near = near + said[pairs["statement"]]  # of -1, the last: nothing
    return near.where(pairs["signed_m"].notna(), "the perimeter has no outline")


def _nearer_than(error: float) -> str:
    return f"nearer to the limit than the stated error, {error:.0f} m"


def _unplaced_rows(things: Things, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of each thing without a position that it may be inside; one row for all perimeters.

    A thing whose stated commune is not of the contract is outside, and has no row.
    """
    unplaced = np.flatnonzero(~things.placed & ~stated_outside(things.table, communes))
    return pd.DataFrame(
        {
            "thing": unplaced,
            "zone": NO_ZONE,
            "basis": "inside",
            "status": "undetermined",
            "reason": "the thing has no position",
        }
    )


def _with_agreement(
    declared: pd.DataFrame, things: Things, zones: gpd.GeoDataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Hold each certain declaration against the place of the thing, where it has one."""
    named = (declared["basis"] == "declared") & (declared["status"] == "certain")
    placed = things.placed[declared["thing"]]
    held = declared[named & placed]
    thing, zone = held["thing"].to_numpy(), held["zone"].to_numpy()
    place = shapely.points(things.x[thing], things.y[thing])
    outline = np.asarray(zones.geometry.array, dtype=object)[zone]
    open_pairs = pairs[undetermined(pairs)]
    doubtful = np.isin(
        thing * len(zones) + zone, open_pairs["point"] * len(zones) + open_pairs["zone"]
    )
    agrees = np.where(shapely.intersects(place, outline), "agrees", "disagrees")
    verdict = np.where(doubtful, "undetermined", agrees)
    distance = shapely.distance(place, outline).round(1)
    return declared.assign(
        agreement=pd.Series(verdict, held.index, dtype="str"),
        distance_m=pd.Series(distance, held.index, dtype="float64"),
    )


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Order rows by thing, basis, perimeter (those of none last), distance and quartier."""
    rows = rows.reindex(columns=["thing", "zone", *_ANSWER])
    zone = rows["zone"].to_numpy()
    quartier = pd.factorize(rows["quartier"], sort=True)[0]
    keys = (
        np.where(quartier < 0, len(rows), quartier),
        rows["within_m"].fillna(0),
        np.where(zone == NO_ZONE, np.iinfo(np.int64).max, zone),
        rows["basis"].map(_RANK),
        rows["thing"],
    )
    return rows.take(np.lexsort(keys)).reset_index(drop=True)


def _described(rows: pd.DataFrame, things: Things, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add what the reader needs of the thing and of the perimeter."""
    present = {name: key for name, key in _CARRIED.items() if name in things.table}
    if "intitule" in present:
        present.pop("nom", None)  # a thing that bears both keeps its title
    carried = things.table[["id", *present]].rename(columns=present)
    known = pd.DataFrame(zones[list(_KEY)]).astype({"generation": "Int64"})
    of_zone = known.reindex(rows["zone"].replace(NO_ZONE, len(zones)))
    blocks = [
        carried.take(rows["thing"].to_numpy()).reset_index(drop=True),
        of_zone.reset_index(drop=True),
        rows[list(_ANSWER)].astype(_ANSWER),
    ]
    return pd.concat(blocks, axis=1)
