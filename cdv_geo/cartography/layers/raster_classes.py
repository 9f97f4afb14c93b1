"""A raster of the territory by the colour of the class of each cell."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from cdv_geo.cartography.classification import classed
from cdv_geo.cartography.layers.layer_kind import FIGURES, LayerKind
from cdv_geo.cartography.scene import ClassedImage, Layer
from cdv_geo.french import map_texts

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe


def _raster(view: View, layer: LayerRecipe) -> list[Layer]:
    if layer.optional and layer.raster not in view.territory.rasters:
        return []
    band = view.territory.raster(layer.raster)
    values = np.where(band.cells > layer.above, band.cells, np.nan)
    if np.isnan(values).all():
        return []
    found = classed(
        values,
        layer.cut,
        darkest=layer.darkest or "high",
        write=partial(map_texts.written_in_legend, unit=band.unit),
    )
    return [
        Layer(
            map_texts.figure_heading(band.label, band.unit, ""),
            gpd.GeoDataFrame({"class_index": [], "label": []}, geometry=[], crs=view.territory.crs),
            found.classes,
            image=ClassedImage(found.class_index, band.bounds, band.crs),
        )
    ]


KIND: Final = LayerKind(
    name="raster",
    french_name="Image",
    theme=FIGURES,
    build=_raster,
    tables=lambda _view, layer: (f"raster {layer.raster}",),
    keys=("raster", "above", "method", "classes", "breaks", "darkest", "optional"),
    required=("raster",),
)
