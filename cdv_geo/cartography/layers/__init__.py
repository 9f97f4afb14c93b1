"""The kinds of layers that a recipe may ask for; each is one file here and one line of the list.

Every kind answers with finished French text and finished styles: a renderer only draws.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cdv_geo.cartography.layers.layer_kind import LayerKind
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.scene import Layer

# The files that hold a kind, `KIND`, in the order in which messages list them as accepted.
_FILES: Final = (
    "commune_outlines",
    "perimeter_outlines",
    "action_counts",
    "action_places",
    "equipment_places",
    "reach_rings",
    "generation_change",
    "population_cells",
    "choropleth",
    "proportional_symbols",
    "raster_classes",
)
_RECORDS: Final[list[LayerKind]] = [import_module(f"{__name__}.{file}").KIND for file in _FILES]
KINDS: Final = {kind.name: kind for kind in _RECORDS}


def layers_of(view: View, wanted: LayerRecipe) -> list[Layer]:
    """Make the layers of one entry of a recipe, under the heading of their kind.

    Raises
    ------
    RecipeError
        It asks for a figure or a type that is not there.
    """
    kind = KINDS[wanted.kind]
    return [replace(made, theme=kind.theme) for made in kind.build(view, wanted)]
