"""What is known of a territory for one generation of QPV and some distances, each made once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo.analysis import coverage as zones_of
from cdv_geo.analysis.containment import select_generation
from cdv_geo.analysis.counting import KINDS, count_of_table, totals_of
from cdv_geo.analysis.gaps_to_commune import gaps_to_commune, latest_figures
from cdv_geo.analysis.linking import link_places
from cdv_geo.analysis.reach import ways_of
from cdv_geo.errors import NameResolutionError, listed
from cdv_geo.gazetteer import normalise, split_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.analysis.counting import Count, Tally
    from cdv_geo.analysis.linking import Linking
    from cdv_geo.analysis.things import ThingKind, Things
    from cdv_geo.gazetteer import Gazetteer, Place
    from cdv_geo.territory import Territory


class Study:
    """One territory, one generation, some distances: perimeters, names, links, counts, gaps.

    Maps, fiches, workbook, atlas and command line read their answers here, so that they cannot
    contradict each other. `Territory.study` gives it.

    Parameters
    ----------
    territory
        Whose tables count.
    generation
        Of the QPV; the quartiers in veille active are always there.
    within
        Distances that count as near, metres, as the crow flies, the shortest first.
    """

    def __init__(self, territory: Territory, generation: int, within: tuple[float, ...]) -> None:
        self.territory = territory
        self.generation = generation
        self.within = within
        self._bearers: dict[str, tuple[list[Place], bool]] = {}

    # Perimeters.

    @cached_property
    def perimeters(self) -> gpd.GeoDataFrame:
        """All perimeters of the generation, with outline or without, in the order of codes."""
        return select_generation(self.territory.perimeters, self.generation)

    @cached_property
    def drawn(self) -> gpd.GeoDataFrame:
        """Those that have an outline."""
        frame = self.perimeters
        return gpd.GeoDataFrame(frame[frame.geometry.notna()]).reset_index(drop=True)

    @cached_property
    def hidden(self) -> gpd.GeoDataFrame:
        """Those that no map can draw."""
        frame = self.perimeters
        return gpd.GeoDataFrame(frame[frame.geometry.isna()])

    def perimeter(self, code: str) -> Mapping[str, Any]:
        """Give what the tables say of a perimeter, besides its outline."""
        return self._perimeters[code]

    def outline(self, code: str) -> Any:  # noqa: ANN401  # a geometry, or None
        """Give the outline of a perimeter, if it has one."""
        return self.perimeters.geometry[self._zones_by_code[code]]

    def communes_of(self, code: str) -> list[str]:
        """List the INSEE codes of the communes of a perimeter."""
        return split_list(self.perimeter(code)["communes"])

    @cached_property
    def commune_names(self) -> dict[str, str]:
        """Names of communes by their INSEE codes."""
        frame = self.territory.communes
        return dict(zip(frame["code_insee"], frame["nom"], strict=True))

    @cached_property
    def objectif_titles(self) -> dict[str, str]:
        """Titles of the objectifs by their numbers."""
        frame = self.territory.objectifs
        return dict(zip(frame["objectif"], frame["titre"], strict=True))

    # Names.

    @cached_property
    def names(self) -> dict[str, str]:
        """How each perimeter is called, by code: by name and code where two share a name."""
        frame = self.perimeters
        shared = frame["nom"].duplicated(keep=False)
        called = frame["nom"].where(~shared, frame["nom"] + " (" + frame["code"] + ")")
        return dict(zip(frame["code"], called, strict=True))

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """All names by which quartiers and communes are known."""
        return self.territory.gazetteer(generation=self.generation)

    def code_of(self, name: str) -> str:
        """Find the perimeter that a code or an everyday name stands for.

        Raises
        ------
        NameResolutionError
            It stands for none, for several, or for a commune.
        """
        if name in self._perimeters:
            return name
        places = self.gazetteer.resolve(name)
        codes = list(dict.fromkeys(place.code for place in places))
        if len(codes) != 1 or places[0].kind == "commune":
            found = listed(f"{place.nom} ({place.code})" for place in places)
            raise NameResolutionError(f"“{name}” stands for {found}; one perimeter is expected.")
        return codes[0]

    def bearers(self, name: str) -> tuple[list[Place], bool]:
        """Give the perimeters that a name may stand for, and whether it is certain of all."""
        if name not in self._bearers:
            try:
                places, certain = self.gazetteer.resolve(name), True
            except NameResolutionError:
                places, certain = self.gazetteer.candidates(name), False
            borne = [place for place in places if place.kind != "commune"]
            self._bearers[name] = borne, certain
        return self._bearers[name]

    def means_whole(self, code: str, name: str) -> bool:
        """Tell whether a name means the whole of a perimeter, and not a part of it."""
        return any(
            place.relation == "entier" or normalise(place.quartier) == normalise(place.nom)
            for place in self.bearers(name)[0]
            if place.code == code
        )

    def about(self, table: pd.DataFrame, column: str, code: str) -> pd.DataFrame:
        """Pick the rows whose cited name stands for a perimeter or a part of it.

        A name is known by all its spellings, as in the links. One that several quartiers bear
        may mean any of them: its rows come with `ambiguous` true, for each of them.
        """
        borne = [self.bearers(name) for name in table[column]]
        names_it = np.array(
            [any(place.code == code for place in places) for places, _ in borne], dtype=bool
        )
        doubtful = np.array([not certain for _, certain in borne], dtype=bool)
        return pd.DataFrame(table[names_it].assign(ambiguous=doubtful[names_it]))

    # What reaches what.

    def things(self, kind: ThingKind) -> Things:
        """Give the actions or the équipements."""
        return self.territory.things(kind)

    def is_known(self, kind: ThingKind) -> bool:
        """Tell whether the territory has any: of what it has no table for nothing is known."""
        return len(self.things(kind)) > 0

    def known(self, kind: ThingKind) -> Count:
        """Count all of them, whatever they reach."""
        return count_of_table(self.things(kind).table)

    def totals(self, kind: ThingKind) -> dict[str, int]:
        """Count those that reach any perimeter, each under its best basis, or as `perhaps`."""
        return totals_of(self._ways[kind])

    def linking(self, kind: ThingKind) -> Linking:
        """Give which of them reach which perimeters, and what became of each."""
        return self._linkings[kind]

    @cached_property
    def links(self) -> pd.DataFrame:
        """The links of both kinds, with `kind`."""
        parts = [self._linkings[kind].links.assign(kind=kind) for kind in KINDS]
        joined = pd.concat(parts, ignore_index=True)
        return joined[["kind", *(name for name in joined if name != "kind")]]

    def ways(self, kind: ThingKind, code: str | None = None) -> pd.DataFrame:
        """Give in which ways they reach the perimeters, or one of them: see `ways_of`."""
        every = self._ways[kind]
        if code is None:
            return every
        return pd.DataFrame(every.loc[self._ways_by_code[kind].get(code, [])])

    def ways_to_quartier(self, kind: ThingKind, code: str, name: str) -> pd.DataFrame:
        """Give in which ways they reach the quartier of a perimeter that a name stands for.

        What names another part of the perimeter does not reach it.
        """
        ways = self.ways(kind, code)
        meant = {place.quartier for place in self.bearers(name)[0] if place.code == code}
        own = self._quartiers[self._quartiers["code"] == code]
        parts = own.loc[own["quartier"].isin(meant), "names"]
        if parts.empty:
            return ways
        named = ways["quartier"].map(normalise).isin(set().union(*parts))
        return ways[named | (ways["basis"] != "declared")]

    def unplaced(self, kind: ThingKind) -> int:
        """Count those without a position that may be in a perimeter."""
        links = self._linkings[kind].links
        return int(links.loc[links["code"].isna() & (links["basis"] == "inside"), "id"].nunique())

    def count(self, code: str, name: str) -> Count:
        """Count what reaches a perimeter, a commune or the contract.

        Parameters
        ----------
        code
            Of the zone.
        name
            `action`, `action_declared`, `equipment_all_inside` …: a column of `coverage` without
            its `_count`.
        """
        return self._tally.count(self._zones_by_code[code], name)

    def counts(self, name: str) -> bool:
        """Tell whether there is a count of that name."""
        return name in self._tally.names

    @cached_property
    def coverage(self) -> gpd.GeoDataFrame:
        """Every perimeter, every commune and the whole contract: see `cdv_geo.coverage`."""
        return zones_of.coverage_of_tally(
            self._zones,
            self._tally,
            equipment=self.things("equipment"),
            population=self.published,
            grid=self.territory.population,
            within=self.within,
        )

    def measured(self, code: str) -> Mapping[str, Any]:
        """Give what was measured of a perimeter: its row of the coverage."""
        return self._measured[code]

    @cached_property
    def published(self) -> pd.DataFrame:
        """Published population by code."""
        territory = self.territory
        return zones_of.published_population(
            territory.indicators, territory.population_indicators, territory.communes
        )

    # Quartiers of everyday speech.

    @cached_property
    def quartiers(self) -> gpd.GeoDataFrame:
        """What reaches each quartier of everyday speech: one row each, with the counts of coverage.

        What names the whole perimeter counts for each of its quartiers; what depends on an outline
        is missing for a part, which has none of its own.
        """
        head = ["quartier", "relation", "code", "nom", "type", "generation", "communes"]
        named = pd.DataFrame(self._quartiers[head])
        table = pd.concat([named, self._quartier_tally.columns()], axis=1)
        return gpd.GeoDataFrame(table, geometry=self._quartiers.geometry)

    def parts_of(self, code: str) -> dict[str, Any]:
        """List the everyday quartiers that a perimeter is parted into, if any, with their zones."""
        own = self._quartiers[self._quartiers["code"] == code]
        own = own[own["relation"] != "entier"]
        if not (own["relation"] == "partie").any():
            return {}
        return dict(zip(own["quartier"], own.index, strict=True))

    def count_of_part(self, zone: int, name: str) -> Count:
        """Count what reaches a part of a perimeter: see `count`."""
        return self._quartier_tally.count(zone, name)

    def quartiers_of(self, code: str) -> pd.DataFrame:
        """List the everyday quartiers that a perimeter holds: `quartier`, `relation`."""
        # A quartier in veille active is listed with the contract that named it, whatever the QPV.
        table, generation = self.territory.quartiers, self.perimeter(code)["generation"]
        own = (table["code"] == code) & (table["generation"] == generation)
        return pd.DataFrame(table.loc[own, ["quartier", "relation"]])

    # Figures.

    @cached_property
    def latest(self) -> pd.DataFrame:
        """The latest vintage of every figure."""
        return latest_figures(self.territory.indicators)

    def gaps(self, code: str) -> pd.DataFrame:
        """Put the figures of a perimeter beside those of its commune: see `gaps_to_commune`."""
        return gaps_to_commune(
            self.latest,
            self.territory.concordances,
            code=code,
            communes=self.communes_of(code),
            contract=self.territory.communes["code_insee"].tolist(),
        )

    # What the answers above are made from.

    @cached_property
    def _linkings(self) -> dict[ThingKind, Linking]:
        linker = self.territory.linker(generation=self.generation, within=self.within)
        return {kind: next(linker.link_batches([self.things(kind)])) for kind in KINDS}

    @cached_property
    def _ways(self) -> dict[ThingKind, pd.DataFrame]:
        return {kind: ways_of(self._linkings[kind].links) for kind in KINDS}

    @cached_property
    def _ways_by_code(self) -> dict[ThingKind, dict[Any, Any]]:
        return {kind: ways.groupby("code").groups for kind, ways in self._ways.items()}

    @cached_property
    def _zones(self) -> gpd.GeoDataFrame:
        territory = self.territory
        return zones_of.study_zones(
            territory.perimeters, territory.communes, generation=self.generation
        )

    @cached_property
    def _zones_by_code(self) -> dict[str, int]:
        return dict(zip(self._zones["code"], self._zones.index, strict=True))

    @cached_property
    def _quartiers(self) -> gpd.GeoDataFrame:
        return zones_of.quartier_zones(self._zones, self.territory.quartiers)

    @cached_property
    def _links_to_zones(self) -> pd.DataFrame:
        communes = self.territory.communes
        context = self._zones[self._zones["level"] != "perimeter"].reset_index(drop=True)
        parts = [self.links]
        for kind in KINDS:
            places = link_places(self.things(kind), context, communes, within=self.within)
            placed = places[places["code"].notna()]  # `links` has the rows of unplaced things
            parts.append(placed.assign(kind=kind))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def _tally(self) -> Tally:
        types = sorted(self.things("equipment").table["type"].unique())
        return self._tally_of(types)

    @cached_property
    def _quartier_tally(self) -> Tally:
        return self._tally_of([], self._quartiers)

    def _tally_of(self, types: list[str], quartiers: gpd.GeoDataFrame | None = None) -> Tally:
        return zones_of.tally_of_zones(
            self._zones,
            self._links_to_zones,
            types=types,
            within=self.within,
            kinds=[kind for kind in KINDS if self.is_known(kind)],
            quartiers=quartiers,
        )

    # One row of a wide table costs more than all of them at once, as plain values.

    @cached_property
    def _perimeters(self) -> dict[str, dict[str, Any]]:
        return _records(self.perimeters)

    @cached_property
    def _measured(self) -> dict[str, dict[str, Any]]:
        return _records(self.coverage[self.coverage["level"] == "perimeter"])


def _records(table: gpd.GeoDataFrame) -> dict[str, dict[str, Any]]:
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return dict(zip(plain["code"], plain.to_dict("records"), strict=True))
