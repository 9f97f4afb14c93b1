"""What the fiches of one territory have in common: its tables and links, each made once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo.analysis.gaps import gaps_to_commune, latest_figures
from cdv_geo.analysis.sighting import select_generation
from cdv_geo.errors import DataError, NameResolutionError, listed
from cdv_geo.names import normalise, plain_name, split_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.analysis.linking import Linking
    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.names import Gazetteer
    from cdv_geo.reports.document import Drawing
    from cdv_geo.territory import Territory

WITHIN: Final = (300.0, 500.0)  # metres


class Survey:
    """What is asked of a territory for its fiches.

    Parameters
    ----------
    territory
        Loaded tables.
    generation
        Of the QPV; the territory's own where not given.
    """

    def __init__(self, territory: Territory, *, generation: int | None = None) -> None:
        self.territory = territory
        self.generation = territory.generation(generation)
        self.positions: dict[str, Drawing] = {}  # shared by quartiers of one commune

    @cached_property
    def perimeters(self) -> gpd.GeoDataFrame:
        """The perimeters of the generation, by code."""
        chosen = select_generation(self.territory.perimeters, self.generation)
        return chosen.set_index("code", drop=False)

    @cached_property
    def coverage(self) -> gpd.GeoDataFrame:
        """What reaches each perimeter and who lives there, by code."""
        measured = self.territory.coverage(generation=self.generation, within=WITHIN)
        return measured[measured["level"] == "perimeter"].set_index("code", drop=False)

    def perimeter(self, code: str) -> Mapping[str, Any]:
        """Give what the tables say of a perimeter, besides its outline."""
        return self._perimeters[code]

    def outline(self, code: str) -> Any:  # noqa: ANN401  # a geometry, or None
        """Give the outline of a perimeter, if it has one."""
        return self._outlines[code]

    def measured(self, code: str) -> Mapping[str, Any]:
        """Give what was measured of a perimeter: its row of the coverage table."""
        return self._measured[code]

    def reaching(self, kind: ThingKind, code: str) -> pd.DataFrame:
        """Give the links of a perimeter, certain or not, of the actions or the équipements."""
        links = (self.actions if kind == "action" else self.equipment).links
        return pd.DataFrame(links.loc[self._links_by_code[kind].get(code, [])])

    @cached_property
    def unplaced(self) -> int:
        """How many actions have no position, of those that may be in a perimeter."""
        links = self.actions.links
        return int(links.loc[links["code"].isna() & (links["basis"] == "inside"), "id"].nunique())

    # One row of a wide table costs more than all of them at once, as plain values.

    @cached_property
    def _perimeters(self) -> dict[str, dict[str, Any]]:
        return _records(self.perimeters)

    @cached_property
    def _outlines(self) -> dict[str, BaseGeometry | None]:
        return dict(zip(self.perimeters.index, self.perimeters.geometry, strict=True))

    @cached_property
    def _measured(self) -> dict[str, dict[str, Any]]:
        return _records(self.coverage)

    @cached_property
    def _links_by_code(self) -> dict[ThingKind, dict[Any, Any]]:
        return {
            "action": self.actions.links.groupby("code").groups,
            "equipment": self.equipment.links.groupby("code").groups,
        }

    @cached_property
    def actions(self) -> Linking:
        """Which actions reach which perimeters."""
        return self.territory.own_links("action", generation=self.generation, within=WITHIN)

    @cached_property
    def equipment(self) -> Linking:
        """Which équipements reach which perimeters."""
        return self.territory.own_links("equipment", generation=self.generation, within=WITHIN)

    @cached_property
    def latest(self) -> pd.DataFrame:
        """The latest vintage of every figure."""
        return latest_figures(self.territory.indicators)

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

    def codes(self) -> list[str]:
        """List the perimeters, in the order of the tables."""
        return list(self.perimeters.index)

    def file_names(self) -> dict[str, str]:
        """Name the fiche of each perimeter, as a file can be called: codes by names.

        Raises
        ------
        DataError
            Two codes differ in characters alone that no name of a file should have.
        """
        named = {f"fiche-{plain_name(code)}": code for code in self.codes()}
        if len(named) < len(self.codes()):
            raise DataError("Two perimeters would have fiches of one name; change a code.")
        return named

    def code_of(self, name: str) -> str:
        """Find the perimeter that a code or an everyday name stands for.

        Raises
        ------
        NameResolutionError
            It stands for none, for several, or for a commune.
        """
        if name in self.perimeters.index:
            return name
        places = self.territory.resolve(name, generation=self.generation)
        codes = list(dict.fromkeys(place.code for place in places))
        if len(codes) != 1 or places[0].kind == "commune":
            found = listed(f"{place.nom} ({place.code})" for place in places)
            raise NameResolutionError(f"“{name}” stands for {found}; one perimeter is expected.")
        return codes[0]

    def communes_of(self, code: str) -> list[str]:
        """List the INSEE codes of the communes of a perimeter."""
        return split_list(self.perimeter(code)["communes"])

    def quartiers_of(self, code: str) -> pd.DataFrame:
        """List the everyday quartiers that a perimeter holds: `quartier`, `relation`."""
        nothing = pd.DataFrame({"quartier": [], "relation": []}, dtype="str")
        return self._quartiers.get(code, nothing)

    @cached_property
    def _quartiers(self) -> dict[str, pd.DataFrame]:
        # A quartier in veille active is listed with the contract that named it, whatever the QPV.
        own = self.perimeters.reset_index(drop=True)[["code", "generation"]]
        rows = self.territory.quartiers.merge(pd.DataFrame(own), on=["code", "generation"])
        named = rows[["quartier", "relation"]]
        return {str(code): named.loc[part] for code, part in rows.groupby("code").groups.items()}

    def about(self, table: pd.DataFrame, column: str, code: str) -> pd.DataFrame:
        """Pick the rows whose cited name stands for a perimeter or a part of it.

        A name is known by all its spellings, as in the links. One that several quartiers bear
        may mean any of them: its rows come with `ambiguous` true, for each of them.
        """
        cited = [self.bearers(name) for name in table[column]]
        chosen = table[np.array([code in codes for codes, _ in cited], dtype=bool)]
        doubts = [not certain for codes, certain in cited if code in codes]
        return pd.DataFrame(chosen.assign(ambiguous=np.array(doubts, dtype=bool)))

    def bearers(self, name: str) -> tuple[frozenset[str], bool]:
        """Give the codes of the perimeters that a name may stand for, and whether it names all."""
        if name not in self._cited:
            try:
                places, certain = self._gazetteer.resolve(name), True
            except NameResolutionError:
                places, certain = self._gazetteer.candidates(name), False
            codes = frozenset(place.code for place in places if place.kind != "commune")
            self._cited[name] = codes, certain
        return self._cited[name]

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        return self.territory.gazetteer(generation=self.generation)

    @cached_property
    def _cited(self) -> dict[str, tuple[frozenset[str], bool]]:
        return {}

    def whole_names_of(self, code: str) -> set[str]:
        """Give the normalised names that mean the whole of a perimeter, not a part of it."""
        whole = self.quartiers_of(code).query("relation == 'entier'")["quartier"]
        return {normalise(name) for name in (*whole, self.perimeter(code)["nom"])}

    def quartiers_meant(self, code: str, name: str) -> set[str]:
        """Give the normalised quartiers of a perimeter that a name of it stands for."""
        places = [place for place in self._gazetteer.candidates(name) if place.code == code]
        # A code stands for the whole.
        names = [place.quartier for place in places] or [self.perimeter(code)["nom"]]
        return {normalise(quartier) for quartier in names}

    def doubtful_places(self, code: str) -> set[str]:
        """Name the équipements of which it is not certain whether they are inside, or so near."""
        links = self.reaching("equipment", code)
        placed = links["basis"].isin(["inside", "within"])
        return set(links.loc[placed & (links["status"] != "certain"), "id"])

    def gaps(self, code: str) -> pd.DataFrame:
        """Put the figures of a perimeter beside those of its commune: see `gaps_to_commune`."""
        return gaps_to_commune(
            self.latest,
            self.territory.concordances,
            code=code,
            communes=self.communes_of(code),
            contract=self.territory.communes["code_insee"].tolist(),
        )


def _records(table: gpd.GeoDataFrame) -> dict[str, dict[str, Any]]:
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return dict(zip(plain.index, plain.to_dict("records"), strict=True))
