"""What the QPV of 2024 kept, took in and left out of those of 2015."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd

from cdv_geo import vocabulary
from cdv_geo.analysis.generation_comparison import change_between
from cdv_geo.cartography import style
from cdv_geo.cartography.layers.layer_kind import PERIMETERS, LayerKind
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.french import shared_texts, typography
from cdv_geo.french.table_labels import heading_of

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe

_PIECES: Final = {
    "kept": "Conservé en 2024",
    "entered": "Entré en 2024",
    "left": "Sorti en 2024",
}


def _change(view: View, _layer: LayerRecipe) -> list[Layer]:
    frame = view.compared
    before, after = (
        gpd.GeoDataFrame(frame[frame["generation"] == year]) for year in vocabulary.GENERATIONS
    )
    if before.empty or after.empty:
        return []
    pieces = change_between(before, after)
    # A cut along a rough outline is a rough outline too.
    rough = bool((frame["statut_geometrie"] != "officielle").any())
    totals = pieces.groupby("piece")["area_ha"].sum().reindex(list(_PIECES), fill_value=0.0)
    features = gpd.GeoDataFrame(
        {
            "class_index": pieces["piece"].map({piece: n for n, piece in enumerate(_PIECES)}),
            "label": pieces["nom"].where(pieces["piece"] == "kept", ""),
            heading_of("quartier"): pieces["nom"],
            "Évolution": pieces["piece"].map(_PIECES),
            shared_texts.AREA: [typography.format_hectares(a, 2) for a in pieces["area_ha"]],
        },
        geometry=pieces.geometry,
    )
    classes = tuple(
        SymbolClass(
            f"{label} ({typography.format_hectares(totals[piece])})",
            replace(style.CHANGE[piece], dashed=rough),
        )
        for piece, label in _PIECES.items()
    )
    details = (heading_of("quartier"), "Évolution", shared_texts.AREA)
    return [Layer(KIND.french_name, features, classes, details)]


KIND: Final = LayerKind(
    name="change",
    french_name="Du périmètre 2015 au périmètre 2024",
    theme=PERIMETERS,
    build=_change,
    tables=lambda *_: ("perimeters",),
    notes=(
        (
            "Les deux contours n’ont pas la même précision\u00a0: une bande étroite entre les "
            "deux dates peut n’être qu’un écart de dessin."
        ),
    ),
    outlines="both",
)
