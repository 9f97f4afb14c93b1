"""The communes, their names and their published population."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd

from cdv_geo.cartography import style
from cdv_geo.cartography.layers.layer_kind import LayerKind
from cdv_geo.cartography.layers.outline_features import population_texts
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.french import map_texts
from cdv_geo.french.table_labels import TABLE_NAMES, heading_of

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe


def _communes(view: View, layer: LayerRecipe) -> list[Layer]:
    frame = view.territory.communes.sort_values("code_insee")
    published = view.study.published.reindex(frame["code_insee"])
    features = gpd.GeoDataFrame(
        {
            "class_index": 0,
            "label": frame["nom"].to_numpy(),
            "Code INSEE": frame["code_insee"].to_numpy(),
            heading_of("population"): population_texts(published),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    label = map_texts.with_count(map_texts.COMMUNE_LIMITS, len(frame))
    classes = (SymbolClass(label, style.COMMUNE_OUTLINE if layer.outline_only else style.COMMUNE),)
    details = ("Code INSEE", heading_of("population"))
    return [Layer(KIND.french_name, features, classes, details, label_role="commune")]


KIND: Final = LayerKind(
    name="communes",
    french_name=TABLE_NAMES["communes"],
    theme="Fond de carte",
    build=_communes,
    tables=lambda *_: ("communes",),
    keys=("outline_only",),
)
