"""The actions whose place is known as symbols, by axis; uncertain positions look it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd

from cdv_geo import vocabulary
from cdv_geo.cartography import style
from cdv_geo.cartography.layers.layer_kind import LayerKind
from cdv_geo.cartography.layers.place_symbols import PlaceGroup, is_uncertain, symbol_layer
from cdv_geo.cartography.web_page_subjects import thing_keys
from cdv_geo.french import map_texts, shared_texts, typography
from cdv_geo.french.table_labels import THING_NAMES, heading_of
from cdv_geo.gazetteer import split_list

if TYPE_CHECKING:
    import pandas as pd

    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.scene import Layer

# Symbols of the axes are others than those of as many types of equipment, for a map with both.
_FIRST_AXIS: Final = 36


def _places(view: View, _layer: LayerRecipe) -> list[Layer]:
    table = view.territory.actions
    frame = gpd.GeoDataFrame(table[table.geometry.notna()])
    if frame.empty:
        return []
    axes = _axes(frame["objectifs"], view.territory.objectifs)
    uncertain = is_uncertain(frame)
    groups = [
        PlaceGroup(typography.typeset(axis), ~uncertain & (axes == axis), style.category(rank))
        for rank, axis in enumerate(sorted(set(axes) - {map_texts.AXIS_UNKNOWN}), start=_FIRST_AXIS)
    ]
    unstated = ~uncertain & (axes == map_texts.AXIS_UNKNOWN)
    groups += [
        PlaceGroup(map_texts.AXIS_UNKNOWN, unstated, style.UNSTATED),
        PlaceGroup(map_texts.UNCERTAIN_LABEL, uncertain, style.UNCERTAIN),
    ]
    columns = {
        heading_of("intitule"): frame["intitule"].map(typography.typeset),
        "Axe": axes.map(typography.typeset),
        heading_of("porteur"): frame["porteur"].fillna(shared_texts.NOT_STATED),
        heading_of("annee"): frame["annee"].fillna(vocabulary.YEAR_UNKNOWN),
        heading_of("adresse"): frame["adresse"].fillna(""),
        heading_of("precision_position"): frame["precision_position"].fillna(
            map_texts.NOT_STATED_FEMININE
        ),
        shared_texts.SOURCE: frame["source"],
    }
    return [symbol_layer(KIND.french_name, frame, thing_keys("action", frame), groups, columns)]


def _axes(objectifs: pd.Series, titles: pd.DataFrame) -> pd.Series:
    """Give the axes of each action by its objectifs; unknown where no title says one."""
    axis_of = dict(zip(titles["objectif"], titles["titre_axe"], strict=True))

    def axes(codes: object) -> str:
        known = dict.fromkeys(axis_of[code] for code in split_list(codes) if code in axis_of)
        return " ; ".join(known) or map_texts.AXIS_UNKNOWN

    return objectifs.map(axes)


KIND: Final = LayerKind(
    name="action_places",
    french_name="Actions localisées",
    theme=THING_NAMES["action"],
    build=_places,
    tables=lambda *_: ("actions", "objectifs"),
    notes=(map_texts.UNPLACED_ACTION,),
    things="action",
)
