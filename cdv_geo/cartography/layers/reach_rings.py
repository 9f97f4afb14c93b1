"""Rings around the quartiers: how far each distance goes, as the crow flies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd

from cdv_geo.cartography import style
from cdv_geo.cartography.layers.layer_kind import PERIMETERS, LayerKind
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.french import map_texts
from cdv_geo.french.shared_texts import AS_THE_CROW_FLIES

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe


def _rings(view: View, layer: LayerRecipe) -> list[Layer]:
    frame = view.centre
    if frame.empty:
        return []
    outline = frame.geometry.union_all()
    rings = sorted(layer.within, reverse=True)
    features = gpd.GeoDataFrame(
        {"class_index": range(len(rings)), "label": ""},
        geometry=[outline.buffer(distance, quad_segs=32) for distance in rings],
        crs=frame.crs,
    )
    classes = tuple(
        SymbolClass(map_texts.within_label(distance), style.ring(rank))
        for rank, distance in enumerate(rings)
    )
    return [Layer(KIND.french_name, features, classes)]


KIND: Final = LayerKind(
    name="reach",
    french_name=f"Distance aux quartiers, {AS_THE_CROW_FLIES}",
    theme=PERIMETERS,
    build=_rings,
    tables=lambda *_: ("perimeters",),
    keys=("within",),
    notes=(f"Distances {AS_THE_CROW_FLIES}, mesurées depuis le contour des quartiers.",),
    outlines="generation",
)
