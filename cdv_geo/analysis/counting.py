"""How many things reach a zone: the one place where things are counted.

Every count of the program is read from a `Tally`, under one name: the count `action_declared` is
the column `action_declared_count` of coverage, the figure of a label and the number of a fiche.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.proximity import ALL_PREFIX, equipment_prefix
from cdv_geo.analysis.reach import DECLARED, best_of
from cdv_geo.gazetteer import split_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from cdv_geo.analysis.things import ThingKind

KINDS: Final[tuple[ThingKind, ...]] = ("action", "equipment")
_PARTS: Final = ("certain", "perhaps", "envisaged", "wished")
# What each part of a count is called as a column of coverage.
_COLUMN: Final = dict(
    zip(_PARTS, ("count", "undetermined_count", "envisaged_count", "wished_count"), strict=True)
)
# Counts of these have columns for their parts only where some zone has any, or there would be four
# columns for each objectif and each year.
_BROKEN_DOWN: Final = ("action_objectif_", "action_year_")


@dataclass(frozen=True)
class Count:
    """How many things there are, how many more there may be, and how many are no more than a plan.

    Parameters
    ----------
    certain
        Things that are counted.
    perhaps
        Those that may come on top.
    envisaged, wished
        Of the certain ones, those that are only envisaged, and those that are a need expressed.
    unknown
        Why nothing can be counted: there is no `table` of such things, or no `outline` to say what
        lies in it; empty where it can.
    """

    certain: int = 0
    perhaps: int = 0
    envisaged: int = 0
    wished: int = 0
    unknown: Literal["", "table", "outline"] = ""


def count_of(rows: pd.DataFrame) -> Count:
    """Count the things of some links, each once, whatever the perimeter and the basis.

    Parameters
    ----------
    rows
        `id, status`, and `etat` of actions.
    """
    certain = set(rows.loc[rows["status"] == "certain", "id"])
    perhaps = set(rows["id"]) - certain
    state_of = dict(zip(rows["id"], rows["etat"], strict=True)) if "etat" in rows else {}
    stated = Counter(state_of.get(thing) for thing in certain)
    return Count(
        len(certain), len(perhaps), stated[vocabulary.ENVISAGED], stated[vocabulary.WISHED]
    )


def count_of_table(table: pd.DataFrame) -> Count:
    """Count all things of a table; where it has none, it is not known how many there are."""
    if table.empty:
        return Count(unknown="table")
    return count_of(table.assign(status="certain"))


def totals_of(ways: pd.DataFrame) -> dict[str, int]:
    """Count the things that reach any perimeter, each under its best basis, or under `perhaps`."""
    best = best_of(ways, ["id"])
    counts = best["basis"].where(best["certain"], "perhaps").value_counts()
    return {basis: int(counts.get(basis, 0)) for basis in (*vocabulary.BASES, "perhaps")}


def _parts(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Count by group each thing once: for certain where any of its rows is, else perhaps."""
    once = best_of(rows, [*by, "id"])
    sure = once["status"] == "certain"
    parts = {
        "certain": sure,
        "perhaps": ~sure,
        "envisaged": sure & (once["etat"] == vocabulary.ENVISAGED),
        "wished": sure & (once["etat"] == vocabulary.WISHED),
    }
    table = pd.DataFrame({part: found.astype("int64") for part, found in parts.items()})
    return table.groupby([once[name] for name in by]).sum()


class Tally:
    """The counts of some zones.

    Parameters
    ----------
    zones
        As made by `study_zones` or `quartier_zones`.
    reach
        As made by `reach_of_zones`, for these zones.
    kinds
        Those of which there is a table: nothing is known of how many there are of others.
    types
        Types of équipement that are counted apart.
    bases
        `inside`, then one for each distance.
    """

    def __init__(
        self,
        zones: gpd.GeoDataFrame,
        reach: pd.DataFrame,
        *,
        kinds: Sequence[ThingKind],
        types: Sequence[str],
        bases: Sequence[str],
    ) -> None:
        actions = _of_actions(reach[reach["kind"] == "action"])
        equipment = _of_equipment(reach[reach["kind"] == "equipment"], types)
        names = [*_action_names(bases, actions["what"].unique()), *_equipment_names(bases, types)]
        self.names = list(dict.fromkeys(names))
        found = _parts(pd.concat([actions[actions["counts"]], equipment]), ["zone", "what"])
        self._zones = zones.index
        self._numbers = {part: self._wide(found[part]) for part in _PARTS}
        self._no_table = [name for name in self.names if name.split("_")[0] not in kinds]
        self._by_place = [name for name in self.names if name.endswith(tuple(bases))]
        self._hidden = zones.geometry.isna()
        # Of a part of a perimeter, which has no outline of its own, nothing is even possible.
        self._parted = self._hidden & (zones.get("relation", "entier") != "entier")

    def _wide(self, numbers: pd.Series) -> pd.DataFrame:
        """Put the zones into rows and the counts into columns, 0 where nothing was found."""
        table = numbers.reset_index().pivot_table(
            index="zone", columns="what", values=numbers.name, aggfunc="sum"
        )
        wide = table.reindex(index=self._zones, columns=self.names)
        return wide.fillna(0.0).astype("float64")

    def count(self, zone: int, name: str) -> Count:
        """Give one count of a zone: `action_declared`, `equipment_all_inside`."""
        if name in self._no_table:
            return Count(unknown="table")
        certain, perhaps, envisaged, wished = (
            int(self._numbers[part][name][zone]) for part in _PARTS
        )
        count = Count(certain, perhaps, envisaged, wished)
        if name in self._by_place and self._hidden[zone]:
            return replace(count, unknown="outline")
        return count

    def columns(self) -> pd.DataFrame:
        """Give all counts as columns: `…_count`, `…_undetermined_count`, and of actions the rest.

        A count is missing where it is not known, and where none is certain and some may be.
        """
        columns = {}
        for name in self.names:
            for part in _PARTS if name.startswith("action") else _PARTS[:2]:
                values = self._column(part, name)
                if part == "certain" or not name.startswith(_BROKEN_DOWN) or values.any():
                    columns[f"{name}_{_COLUMN[part]}"] = values
        return pd.DataFrame(columns, index=self._zones)

    def _column(self, part: str, name: str) -> pd.Series:
        values = self._numbers[part][name]
        if name in self._no_table:
            return values.mask(values.notna())
        located = name in self._by_place
        if part != "certain":
            unknown = self._parted if part == "perhaps" else self._hidden
            return values.mask(unknown & located)
        open_ = (values == 0) & (self._numbers["perhaps"][name] > 0)
        return values.mask(open_ | (self._hidden & located))


def _of_actions(reach: pd.DataFrame) -> pd.DataFrame:
    """Name what each link of an action stands for: all, its basis, each objectif, the year.

    That an action without a position may happen inside is said by its basis; it `counts` for the
    others only where it reaches the zone for certain, or where its name or its place may.
    """
    known = (reach["status"] == "certain") | reach["placed"]
    links = reach.assign(counts=known)
    objectifs = links["objectifs"].map(split_list).explode().astype("str").fillna("unknown")
    years = links["annee"].str.replace(r"\.0$", "", regex=True)  # of numbers where some are missing
    # A period or other text is no year, and makes no column of its own.
    years = years.where(years.str.fullmatch("[0-9]{4}").fillna(value=False), "unknown")
    parts = [
        links.assign(what="action"),
        links.assign(what="action_" + links["basis"], counts=True),
        links.loc[objectifs.index].assign(what=("action_objectif_" + objectifs).to_numpy()),
        links.assign(what="action_year_" + years),
    ]
    return pd.concat(parts)


def _of_equipment(reach: pd.DataFrame, types: Sequence[str]) -> pd.DataFrame:
    """Name what each link of an équipement counts for: open ones by basis and type, closed ones."""
    is_open = reach["statut"] == vocabulary.OPEN
    running, closed = reach[is_open], reach[~is_open]
    declared = running["basis"] == "declared"
    placed = running[~running["basis"].isin(DECLARED)]
    typed = placed[placed["equipment_type"].isin(list(types))]
    prefixes = typed["equipment_type"].map({kind: equipment_prefix(kind) for kind in types})
    prefixes = prefixes.astype("str")
    parts = [
        running[declared].assign(what="equipment_declared"),
        closed.assign(what="equipment_closed_" + closed["basis"]),
        placed.assign(what=f"{ALL_PREFIX}_" + placed["basis"]),
        typed.assign(what=prefixes + "_" + typed["basis"]),
    ]
    return pd.concat(parts)


def _action_names(bases: Sequence[str], found: Iterable[str]) -> list[str]:
    """List the counts of actions in order; objectifs and years are those that are there."""
    parted = [
        sorted((name for name in found if name.startswith(start)), key=_by_number)
        for start in _BROKEN_DOWN
    ]
    unknown = [f"{start}unknown" for start in _BROKEN_DOWN]
    ordered = [
        [*(name for name in names if name != last), last]
        for names, last in zip(parted, unknown, strict=True)
    ]
    by_basis = [f"action_{basis}" for basis in (*DECLARED, *bases)]
    return ["action", *by_basis, *ordered[0], *ordered[1]]


def _by_number(name: str) -> tuple[int, str]:
    return len(name), name


def _equipment_names(bases: Sequence[str], types: Sequence[str]) -> list[str]:
    prefixes = [ALL_PREFIX, *map(equipment_prefix, types)]
    named = ["equipment_declared", "equipment_closed_declared", "equipment_closed_inside"]
    return [*named, *(f"{prefix}_{basis}" for prefix in prefixes for basis in bases)]
