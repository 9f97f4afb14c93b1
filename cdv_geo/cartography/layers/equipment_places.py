"""Located equipment as symbols, by type or another column; closed ones and uncertain ones look it.

Where places are numbered, those within reach are shown and no others: the legend then counts what
the list beside the map names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.reach import nearby
from cdv_geo.cartography import style
from cdv_geo.cartography.layers.layer_kind import LayerKind
from cdv_geo.cartography.layers.place_symbols import PlaceGroup, is_uncertain, symbol_layer
from cdv_geo.cartography.web_page_subjects import thing_keys
from cdv_geo.errors import RecipeError, listed
from cdv_geo.french import map_texts, shared_texts, typography
from cdv_geo.french.table_labels import THING_NAMES, heading_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.scene import Layer


MOST_NUMBERED: Final = 40
"""Numbers on a map, the nearest places first: more of them hide it. The list has all places."""


def numbered_equipment(view: View, types: Sequence[str]) -> gpd.GeoDataFrame:
    """Give the located equipment within reach of the perimeters its numbers, the nearest first.

    Returns
    -------
    The rows of the equipment in the order of their numbers, with `number` (text), `distance_m` and
    `certain`, as `nearby` gives them.
    """
    frame = _located(view, types)
    links, codes = view.study.linking("equipment").links, view.centre["code"].tolist()
    found = nearby(links, codes, view.study.within[-1])
    near = frame.join(found, on="id", how="inner")
    ordered = near.sort_values(["distance_m", "type", "nom", "id"])
    numbers = [str(number) for number in range(1, len(ordered) + 1)]
    return gpd.GeoDataFrame(ordered.assign(number=pd.Series(numbers, ordered.index, dtype="str")))


def _places(view: View, layer: LayerRecipe) -> list[Layer]:
    frame = _located(view, layer.types)
    if frame.empty:
        return []
    if layer.numbered:
        frame = numbered_equipment(view, layer.types)
    columns = {
        heading_of("nom"): frame["nom"].map(typography.typeset),
        heading_of("type"): frame["type"].map(typography.typeset),
        heading_of("statut"): frame["statut"],
        heading_of("adresse"): frame["adresse"].fillna("").map(typography.typeset),
        heading_of("precision_position"): frame["precision_position"].fillna(
            map_texts.NOT_STATED_FEMININE
        ),
        heading_of("annee"): frame["annee"].fillna(vocabulary.YEAR_UNKNOWN),
        shared_texts.SOURCE: frame["source"],
    }
    groups = _groups(frame, layer.by, _located(view, ()))
    keys = thing_keys("equipment", frame)
    made = symbol_layer(KIND.french_name, frame, keys, groups, columns)
    if not layer.numbered:
        return [made]
    # Places of one spot have one label: it names all of them or none.
    nearest = frame["number"].astype(int).groupby(frame.geometry.to_wkb()).transform("min")
    on_map = frame["number"].where(nearest <= MOST_NUMBERED, "")
    labelled = made.features.assign(label=on_map)
    return [replace(made, features=labelled, label_role="number")]


def _located(view: View, types: Sequence[str]) -> gpd.GeoDataFrame:
    """Give the equipment of the types asked for that has a position.

    Raises
    ------
    RecipeError
        No equipment is of such a type.
    """
    frame = view.territory.equipment
    unknown = sorted(set(types) - set(frame["type"]))
    if unknown and view.study.is_known("equipment"):
        accepted = listed(sorted(frame["type"].unique()))
        raise RecipeError(f"“{unknown[0]}” is not a type of equipment; accepted are {accepted}.")
    wanted = frame["type"].isin(types) if types else pd.Series(data=True, index=frame.index)
    return gpd.GeoDataFrame(frame[wanted & frame.geometry.notna()])


def _groups(frame: gpd.GeoDataFrame, column: str, located: gpd.GeoDataFrame) -> list[PlaceGroup]:
    """Tell places apart by a column; closed and uncertain ones keep a look of their own.

    The symbol of a value is the same on every map of a territory, whatever else each one shows.
    """
    closed = (frame["statut"] != vocabulary.OPEN) & (column != "statut")
    uncertain = ~closed & is_uncertain(frame)
    shown = ~closed & ~uncertain
    values = frame[column].fillna(map_texts.NOT_STATED_FEMININE)
    groups = [
        PlaceGroup(
            typography.typeset(typography.capitalised(kind)),
            shown & (values == kind),
            style.category(rank),
        )
        for rank, kind in enumerate(
            sorted(located[column].fillna(map_texts.NOT_STATED_FEMININE).unique())
        )
    ]
    return [
        *groups,
        PlaceGroup(map_texts.CLOSED_LABEL, closed, style.CLOSED),
        PlaceGroup(map_texts.UNCERTAIN_LABEL, uncertain, style.UNCERTAIN),
    ]


KIND: Final = LayerKind(
    name="equipment",
    french_name=THING_NAMES["equipment"],
    theme=THING_NAMES["equipment"],
    build=_places,
    tables=lambda *_: ("equipment",),
    keys=("types", "by", "numbered"),
    notes=(f"Équipements connus et localisés\u00a0: {shared_texts.INCOMPLETE_LIST}.",),
    things="equipment",
)
