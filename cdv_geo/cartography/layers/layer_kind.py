"""What each kind of layer says of itself: one record, beside the code that makes such layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cdv_geo.french.table_labels import TABLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.scene import Layer

# Headings of the layer control that several kinds share.
PERIMETERS: Final = TABLE_NAMES["perimeters"]
FIGURES: Final = "Chiffres"


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer that a recipe may ask for.

    Parameters
    ----------
    name
        The `kind` of such a layer in a recipe.
    french_name
        What the layer is called; one of figures is called by its figure, and so where it is
        missing.
    theme
        French heading under which it stands in the layer control.
    build
        Makes the layers, finished French text and finished styles, from bottom to top; none where
        the territory has no data for them.
    tables
        Names the tables that a layer is made of, whose sources stand beside the map.
    keys
        Fields of `LayerRecipe` that it reads, in the order in which they are listed as accepted.
    required
        Those of them that every such layer gives.
    notes
        French sentences beside every map with such a layer.
    outlines
        The quartiers it draws: those of the map's `generation`, or the QPV of `both`; what is
        rough or missing of their outlines is said. A layer of figures `of` the perimeters draws
        those of the generation, whatever stands here.
    things
        What it shows or counts, if any: the map says which of these have no place on it.
    without_value
        Names the areas that it cannot draw, since their figure is not known.
    """

    name: str
    french_name: str
    theme: str
    build: Callable[[View, LayerRecipe], list[Layer]]
    tables: Callable[[View, LayerRecipe], tuple[str, ...]]
    keys: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    outlines: Literal["", "generation", "both"] = ""
    things: ThingKind | None = None
    without_value: Callable[[View, LayerRecipe], list[str]] = lambda *_: []
