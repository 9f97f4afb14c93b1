"""One recipe put to one territory: its tables, and the answers that several layers need."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import geopandas as gpd

from cdv_geo.analysis.coverage import published_population
from cdv_geo.analysis.sighting import select_generation
from cdv_geo.errors import RecipeError, listed
from cdv_geo.names import split_list

if TYPE_CHECKING:
    import pandas as pd

    from cdv_geo.analysis.linking import Linking
    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.territory import Territory

_RINGS: Final = (300.0, 500.0)  # metres, where the recipe draws none


class Study:
    """What is asked of a territory for one map; each answer is made once, when it is needed.

    Parameters
    ----------
    recipe
        Whose generation and distances count.
    territory
        Loaded tables.
    perimeter
        Code of the perimeter that the map is about; None where it is about all of them.

    Raises
    ------
    RecipeError
        That perimeter has no outline in the recipe's generation, or is not known.
    """

    def __init__(
        self, recipe: MapRecipe, territory: Territory, perimeter: str | None = None
    ) -> None:
        self.recipe = recipe
        self.territory = territory
        self.perimeter = perimeter
        if perimeter is not None and perimeter not in set(self.drawn["code"]):
            raise RecipeError(
                f"{recipe.name}: perimeter “{perimeter}” has no outline in the generation "
                f"{recipe.generation}; accepted are {listed(self.drawn['code'])}."
            )

    @cached_property
    def perimeters(self) -> gpd.GeoDataFrame:
        """All perimeters of the generation, with outline or without."""
        chosen = select_generation(self.territory.perimeters, self.recipe.generation)
        return chosen.reset_index(drop=True)

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

    @cached_property
    def centre(self) -> gpd.GeoDataFrame:
        """The perimeter that the map is about, or all that are drawn."""
        if self.perimeter is None:
            return self.drawn
        return gpd.GeoDataFrame(self.drawn[self.drawn["code"] == self.perimeter])

    @cached_property
    def compared(self) -> gpd.GeoDataFrame:
        """The QPV of every generation that have an outline."""
        frame = self._qpv
        return gpd.GeoDataFrame(frame[frame.geometry.notna()])

    @cached_property
    def not_compared(self) -> gpd.GeoDataFrame:
        """The QPV of every generation that have none: what they were or became is not known."""
        frame = self._qpv
        return gpd.GeoDataFrame(frame[frame.geometry.isna()])

    @property
    def rings(self) -> tuple[float, ...]:
        """Distances around the perimeters, metres, the shortest first."""
        asked = {d for layer in self.recipe.layers if layer.kind == "reach" for d in layer.within}
        return tuple(sorted(asked)) or _RINGS

    @cached_property
    def actions(self) -> Linking:
        """Which actions reach which perimeters."""
        return self._linked("action")

    @cached_property
    def equipment(self) -> Linking:
        """Which équipements reach which perimeters."""
        return self._linked("equipment")

    @cached_property
    def coverage(self) -> gpd.GeoDataFrame:
        """Counts, distances and shares of every perimeter and commune."""
        return self.territory.coverage(generation=self.recipe.generation, within=self.rings)

    @cached_property
    def published(self) -> pd.DataFrame:
        """Published population by code."""
        territory = self.territory
        return published_population(
            territory.indicators, territory.population_indicators, territory.communes
        )

    def commune_names(self, codes: str) -> str:
        """Write a `;` list of INSEE codes as names of communes."""
        return ", ".join(self._names_of_communes[code] for code in split_list(codes))

    @property
    def _qpv(self) -> gpd.GeoDataFrame:
        frame = self.territory.perimeters
        return gpd.GeoDataFrame(frame[frame["type"] == "qpv"])

    @cached_property
    def _names_of_communes(self) -> dict[str, str]:
        frame = self.territory.communes
        return dict(zip(frame["code_insee"], frame["nom"], strict=True))

    def _linked(self, kind: ThingKind) -> Linking:
        generation = self.recipe.generation
        return self.territory.own_links(kind, generation=generation, within=self.rings)
