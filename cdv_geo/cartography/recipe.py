"""A map recipe: what a map shows, and each of its layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cdv_geo.cartography.classification import Cut

EACH: Final = "perimeter"
"""The extent of a recipe that makes one map per perimeter."""


@dataclass(frozen=True)
class LayerRecipe:
    """One layer of a recipe; each kind of layer says which of these it reads.

    Parameters
    ----------
    kind
        Name of a kind of layer, of those in `layers`.
    types
        Types of equipment shown; all where empty.
    by
        Column of the equipment that tells symbols apart.
    numbered
        True where the places within reach, and no others, are numbered and listed beside the map.
    within
        Distances of the rings of a `reach` layer, metres.
    of
        Whose figures are shown: those of the `communes` or of the `perimeters`.
    value
        Code of an indicator, or a column of `coverage`.
    vintage
        Of the indicator; the latest where empty.
    method
        How classes are cut.
    classes
        Number of classes, 1 or more.
    breaks
        Upper limits of all classes but the last, for the method `fixed`.
    darkest
        Which end of the values is drawn darkest: `low` or `high`; of the cells of the population
        grid it is the low one where not given, else the high one.
    raster
        Name of a raster of the territory.
    above
        Cells at or below this value are not drawn.
    optional
        True where a territory may lack the figure or the raster: the layer is then named as missing
        beside the map, and not refused.
    outline_only
        True where outlines are drawn over another layer, without their fill.
    """

    kind: str
    types: tuple[str, ...] = ()
    by: str = "type"
    numbered: bool = False
    within: tuple[float, ...] = (300, 500)
    of: str = "communes"
    value: str = ""
    vintage: str = ""
    method: str = "quantiles"
    classes: int = 5
    breaks: tuple[float, ...] = ()
    darkest: str = ""
    raster: str = ""
    above: float = -math.inf
    optional: bool = False
    outline_only: bool = False

    @property
    def cut(self) -> Cut:
        """How its values are put into classes."""
        return Cut(self.method, self.classes, self.breaks)


@dataclass(frozen=True)
class MapRecipe:
    """A whole recipe.

    Parameters
    ----------
    name
        Name of the file, without its ending; the outputs bear it.
    title, subtitle
        French text of the map; `{territory}`, `{generation}` and `{perimeter}` are filled in.
    layers
        From bottom to top.
    generation
        Of the QPV; the territory's own where not given.
    extent
        `communes` (all of them), `qpv` (those of the generation), the code of a perimeter, or
        `perimeter`: one map for each.
    page
        Paper of the printed sheet.
    rank
        Place of the map in an atlas, smallest first.
    notes
        French sentences of the author, beside those that the layers bring.
    simplify
        Metres by which outlines may move on the web page.
    """

    name: str
    title: str
    layers: tuple[LayerRecipe, ...]
    subtitle: str = ""
    generation: int = 2024
    extent: str = "communes"
    page: str = "A4 landscape"
    rank: int = 100
    notes: tuple[str, ...] = ()
    simplify: float = 1.0
