"""One figure of each commune or perimeter by the colour of its class."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.cartography import style
from cdv_geo.cartography.classification import classed
from cdv_geo.cartography.layers.area_figures import (
    details_of,
    figure_features,
    figure_tables,
    known_figures,
)
from cdv_geo.cartography.layers.layer_kind import FIGURES, LayerKind
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.french import map_texts

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe


def _choropleth(view: View, layer: LayerRecipe) -> list[Layer]:
    figures = known_figures(view, layer)
    if figures is None:
        return []
    found = classed(
        figures.table["value"].to_numpy(dtype=np.float64),
        layer.cut,
        darkest=layer.darkest or "high",
        write=partial(map_texts.written_in_legend, unit=figures.unit),
    )
    classes, index = found.classes, found.class_index
    missing = index < 0
    if missing.any():
        label = map_texts.with_count(map_texts.VALUE_MISSING, int(missing.sum()))
        classes = (*classes, SymbolClass(label, style.NO_VALUE))
        index = np.where(missing, len(classes) - 1, index)
    if layer.of == "perimeters":
        # One line of the legend stands for many outlines: it is dashed where any of them is.
        rough = bool((view.study.drawn["statut_geometrie"] != "officielle").any())
        classes = tuple(
            replace(shown, style=style.as_perimeter(shown.style, dashed=rough)) for shown in classes
        )
    features = figure_features(figures.table, layer).assign(class_index=index)
    return [Layer(figures.heading, features, classes, details_of(features))]


KIND: Final = LayerKind(
    name="choropleth",
    french_name="Chiffres par territoire",
    theme=FIGURES,
    build=_choropleth,
    tables=figure_tables,
    keys=("of", "value", "vintage", "method", "classes", "breaks", "darkest", "optional"),
    required=("value",),
)
