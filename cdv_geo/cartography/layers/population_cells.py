"""The mean standard of living of each inhabited cell of the communes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from cdv_geo.cartography import style
from cdv_geo.cartography.classification import classed
from cdv_geo.cartography.layers.layer_kind import FIGURES, LayerKind
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.french import map_texts, typography
from cdv_geo.french.table_labels import heading_of

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe


def _cells(view: View, layer: LayerRecipe) -> list[Layer]:
    territory = view.territory
    grid = territory.population.inhabited_cells().to_crs(territory.crs)
    frame = grid[grid.intersects(territory.communes.geometry.union_all())]
    if frame.empty:
        return []
    found = classed(
        frame["standard_of_living"].to_numpy(),
        layer.cut,
        darkest=layer.darkest or "low",
        write=typography.format_euros,
    )
    features = gpd.GeoDataFrame(
        {
            "class_index": found.class_index,
            "label": "",
            "Niveau de vie moyen": frame["standard_of_living"].map(typography.format_euros),
            "Habitants": [typography.format_number(n, 1) for n in frame["individuals"]],
            heading_of("valeur"): np.where(frame["imputed"], map_texts.IMPUTED, map_texts.OBSERVED),
        },
        geometry=frame.geometry,
    )
    details = ("Niveau de vie moyen", "Habitants", heading_of("valeur"))
    values = Layer(KIND.french_name, features, found.classes, details)
    return [values, _imputed_cells(frame)]


def _imputed_cells(frame: gpd.GeoDataFrame) -> Layer:
    imputed = frame[frame["imputed"]]
    features = gpd.GeoDataFrame(
        {"class_index": 0, "label": ""}, index=imputed.index, geometry=imputed.geometry
    )
    share = imputed["individuals"].sum() / frame["individuals"].sum()
    classes = (SymbolClass(map_texts.imputed_label(share), style.IMPUTED),)
    return Layer("Carreaux imputés", features, classes)


KIND: Final = LayerKind(
    name="cells",
    french_name=(
        "Niveau de vie moyen par carreau de 200\u00a0m (€ par an et par unité de consommation)"
    ),
    theme=FIGURES,
    build=_cells,
    tables=lambda *_: ("population",),
    keys=("method", "classes", "breaks", "darkest"),
    notes=(
        (
            "Moyenne du carreau, les revenus extrêmes étant ramenés par l’INSEE à un plancher et "
            "à un plafond. Carreau imputé\u00a0: valeur répartie depuis un carreau plus grand. "
            "Carreau absent\u00a0: aucun habitant dans la source."
        ),
    ),
)
