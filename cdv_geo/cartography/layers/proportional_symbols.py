"""One figure of each commune or perimeter by the area of a disc.

Source of the method: areas in proportion to the values, as in Bertin (1967), "Sémiologie
graphique". A value of 0 has no area and is a small ring, so that it is not taken for one that is
missing; what lies below 0 is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.cartography import style
from cdv_geo.cartography.layers.area_figures import (
    details_of,
    figure_features,
    figure_tables,
    figures_of,
    known_figures,
)
from cdv_geo.cartography.layers.layer_kind import FIGURES, LayerKind
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.errors import RecipeError
from cdv_geo.french import map_texts, typography

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe

_LARGEST_SYMBOL: Final = 34.0  # points on paper, pixels on screen
_SMALLEST_SYMBOL: Final = 3.0


def _symbols(view: View, layer: LayerRecipe) -> list[Layer]:
    figures = known_figures(view, layer)
    if figures is None:
        return []
    known = figures.known
    if known["value"].min() < 0:
        raise RecipeError(
            f"{view.recipe.name}, layer “symbols”: {layer.value} “{known['value'].min():g}” is "
            "below 0; a disc needs values from 0 on."
        )
    values = known["value"].to_numpy(dtype=np.float64)
    references = _round_values(values.max())
    features = figure_features(known, layer).assign(
        # Of the references the largest that a value reaches, or the smallest.
        class_index=np.searchsorted(-np.array(references[:-1]), -values, side="left"),
        size=np.maximum(_diameters(values, values.max()), _SMALLEST_SYMBOL),
    )
    features = features.set_geometry(known.geometry.representative_point())
    sizes = _diameters(np.array(references), values.max()).tolist()
    classes = [
        SymbolClass(
            map_texts.written_in_legend(value, figures.unit), replace(style.PROPORTIONAL, size=size)
        )
        for value, size in zip(references, sizes, strict=True)
    ]
    if not values.all():
        features["class_index"] = features["class_index"].where(values > 0, len(references))
        classes.append(SymbolClass(map_texts.written_in_legend(0, figures.unit), style.ZERO))
    return [Layer(figures.heading, features, tuple(classes), details_of(features))]


def _without_value(view: View, layer: LayerRecipe) -> list[str]:
    table = figures_of(view, layer).table
    return [typography.typeset(nom) for nom in table.loc[table["value"].isna(), "nom"]]


def _diameters(values: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    """Give the diameters of discs whose areas are in proportion to the values."""
    return np.asarray(_LARGEST_SYMBOL * np.sqrt(values / (largest or 1)))


def _round_values(largest: float) -> tuple[float, ...]:
    """Give round values for the legend of discs, at most the largest, a third and a tenth of it.

    There are none where the largest is 0.
    """
    if largest == 0:
        return ()
    return tuple(_rounded(largest / part) for part in (1, 3, 10))


def _rounded(value: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)) * power)


KIND: Final = LayerKind(
    name="symbols",
    french_name="Chiffres en symboles",
    theme=FIGURES,
    build=_symbols,
    tables=figure_tables,
    keys=("of", "value", "vintage", "optional"),
    required=("value",),
    notes=("La surface d’un symbole est proportionnelle à la valeur.",),
    without_value=_without_value,
)
