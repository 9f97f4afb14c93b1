"""What one map shows of a territory: a recipe, the study that answers it, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd

from cdv_geo.gazetteer import split_list

if TYPE_CHECKING:
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.study import Study
    from cdv_geo.territory import Territory


@dataclass(frozen=True)
class View:
    """One map.

    Parameters
    ----------
    recipe
        What is shown.
    study
        Of what: the recipe's generation, and the distances that it draws.
    perimeter
        Code of the perimeter that the map is about; None where it is about all of them.
    """

    recipe: MapRecipe
    study: Study
    perimeter: str | None = None

    @property
    def territory(self) -> Territory:
        """Whose tables are shown."""
        return self.study.territory

    @property
    def centre(self) -> gpd.GeoDataFrame:
        """The perimeter that the map is about, or all that are drawn."""
        drawn = self.study.drawn
        if self.perimeter is None:
            return drawn
        return gpd.GeoDataFrame(drawn[drawn["code"] == self.perimeter])

    @property
    def compared(self) -> gpd.GeoDataFrame:
        """The QPV of every generation that have an outline."""
        frame = self._qpv
        return gpd.GeoDataFrame(frame[frame.geometry.notna()])

    @property
    def not_compared(self) -> gpd.GeoDataFrame:
        """The QPV of every generation that have none: what they were or became is not known."""
        frame = self._qpv
        return gpd.GeoDataFrame(frame[frame.geometry.isna()])

    def commune_names(self, codes: str) -> str:
        """Write a `;` list of INSEE codes as names of communes."""
        return ", ".join(self.study.commune_names[code] for code in split_list(codes))

    @property
    def _qpv(self) -> gpd.GeoDataFrame:
        frame = self.territory.perimeters
        return gpd.GeoDataFrame(frame[frame["type"] == "qpv"])
