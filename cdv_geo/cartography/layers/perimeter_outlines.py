"""The outlines of the QPV and of veille active, with what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.cartography.layers.layer_kind import PERIMETERS, LayerKind
from cdv_geo.cartography.layers.outline_features import (
    outline_layer,
    outline_texts,
    population_texts,
)
from cdv_geo.french import shared_texts, typography
from cdv_geo.french.table_labels import heading_of

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.scene import Layer


def _perimeters(view: View, layer: LayerRecipe) -> list[Layer]:
    frame = view.study.drawn
    published = view.study.published.reindex(frame["code"])
    columns = {
        heading_of("code"): frame["code"].to_numpy(),
        heading_of("population"): population_texts(published),
        shared_texts.AREA: [typography.format_hectares(area / 1e4) for area in frame.area],
        **outline_texts(frame),
    }
    labels = [typography.typeset(nom) for nom in frame["nom"]]
    return [
        outline_layer(KIND.french_name, frame, labels, columns, outline_only=layer.outline_only)
    ]


KIND: Final = LayerKind(
    name="perimeters",
    french_name="Quartiers",
    theme=PERIMETERS,
    build=_perimeters,
    tables=lambda *_: ("perimeters", "indicators"),
    keys=("outline_only",),
    outlines="generation",
)
