"""Layers of what reaches the quartiers: counts of actions on outlines, places as symbols."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.proximity import NEARNESS_ERROR_M
from cdv_geo.analysis.reach import nearby
from cdv_geo.cartography import style
from cdv_geo.cartography.layers.areas import outline_layer, outline_texts
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.cartography.subjects import thing_keys
from cdv_geo.errors import RecipeError, listed
from cdv_geo.french import map_texts
from cdv_geo.gazetteer import split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe
    from cdv_geo.cartography.style import Style
    from cdv_geo.study import Study


# Symbols of the axes are others than those of as many types of equipment, for a map with both.
_FIRST_AXIS: Final = 36


@dataclass(frozen=True)
class _Group:
    """Places that share one line of the legend."""

    label: str
    members: pd.Series
    look: Style


def actions(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show on each perimeter how many actions reach it, by basis.

    The documents give hardly any position of an action, and a symbol at the middle of a quartier
    would say that it happens there.
    """
    frame, study = view.study.drawn, view.study
    said = ["\n".join(actions_said(study, code)) for code in frame["code"]]
    columns = {
        "Code": frame["code"].tolist(),
        "Actions": said,
        map_texts.PLACE_HEADING: [
            map_texts.place_of_actions(study.count(code, "action_inside")) for code in frame["code"]
        ],
        **outline_texts(frame),
    }
    labels = [
        f"{vocabulary.typeset(nom)}\n{text}" for nom, text in zip(frame["nom"], said, strict=True)
    ]
    return [outline_layer(layer, frame, labels, columns)]


def actions_said(study: Study, code: str) -> list[str]:
    """Write how many actions reach a perimeter by basis, and how many name each of its parts."""
    by_basis = {basis: study.count(code, f"action_{basis}") for basis in map_texts.COUNTED_BASES}
    parts = study.parts_of(code)
    named = {name: study.count_of_part(at, "action_declared") for name, at in parts.items()}
    return map_texts.counts_by_basis(by_basis, named)


def action_places(view: View, _layer: LayerRecipe) -> list[Layer]:
    """Show the actions whose place is known as symbols, by axis; uncertain positions look it."""
    table = view.territory.actions
    frame = gpd.GeoDataFrame(table[table.geometry.notna()])
    if frame.empty:
        return []
    axes = _axes(frame["objectifs"], view.territory.objectifs)
    uncertain = _is_uncertain(frame)
    groups = [
        _Group(vocabulary.typeset(axis), ~uncertain & (axes == axis), style.category(rank))
        for rank, axis in enumerate(sorted(set(axes) - {map_texts.AXIS_UNKNOWN}), start=_FIRST_AXIS)
    ]
    unstated = ~uncertain & (axes == map_texts.AXIS_UNKNOWN)
    groups += [
        _Group(map_texts.AXIS_UNKNOWN, unstated, style.UNSTATED),
        _Group(map_texts.UNCERTAIN_LABEL, uncertain, style.UNCERTAIN),
    ]
    columns = {
        "Intitulé": frame["intitule"].map(vocabulary.typeset),
        "Axe": axes.map(vocabulary.typeset),
        "Porteur": frame["porteur"].fillna(map_texts.NOT_STATED_MASCULINE),
        "Année": frame["annee"].fillna(vocabulary.YEAR_UNKNOWN),
        "Adresse": frame["adresse"].fillna(""),
        "Précision de la position": frame["precision_position"].fillna(map_texts.NOT_STATED),
        "Source": frame["source"],
    }
    return [_symbol_layer("action_places", frame, thing_keys("action", frame), groups, columns)]


def equipment(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show located equipment by type; closed ones and uncertain positions look it.

    Where places are numbered, those within reach are shown and no others: the legend then counts
    what the list beside the map names.
    """
    frame = located_equipment(view, layer.types)
    if frame.empty:
        return []
    if layer.numbered:
        frame = numbered_equipment(view, layer.types)
    columns = {
        "Nom": frame["nom"].map(vocabulary.typeset),
        "Type": frame["type"].map(vocabulary.typeset),
        map_texts.STATUS_HEADING: frame["statut"],
        "Adresse": frame["adresse"].fillna("").map(vocabulary.typeset),
        "Précision de la position": frame["precision_position"].fillna(map_texts.NOT_STATED),
        "Année": frame["annee"].fillna(vocabulary.YEAR_UNKNOWN),
        "Source": frame["source"],
    }
    groups = _equipment_groups(frame, layer.by, located_equipment(view, ()))
    made = _symbol_layer("equipment", frame, thing_keys("equipment", frame), groups, columns)
    if not layer.numbered:
        return [made]
    labelled = made.features.assign(label=frame["number"])
    return [replace(made, features=labelled, label_role="number")]


def located_equipment(view: View, types: Sequence[str]) -> gpd.GeoDataFrame:
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


def numbered_equipment(view: View, types: Sequence[str]) -> gpd.GeoDataFrame:
    """Give the located equipment within reach of the perimeters its numbers, the nearest first.

    Returns
    -------
    The rows of the equipment in the order of their numbers, with `number` (text), `distance_m` and
    `certain`, as `nearby` gives them.
    """
    frame = located_equipment(view, types)
    links, codes = view.study.linking("equipment").links, view.centre["code"].tolist()
    found = nearby(links, codes, view.study.within[-1])
    near = frame.join(found, on="id", how="inner")
    ordered = near.sort_values(["distance_m", "type", "nom", "id"])
    numbers = [str(number) for number in range(1, len(ordered) + 1)]
    return gpd.GeoDataFrame(ordered.assign(number=pd.Series(numbers, ordered.index, dtype="str")))


def _equipment_groups(
    frame: gpd.GeoDataFrame, column: str, located: gpd.GeoDataFrame
) -> list[_Group]:
    """Tell places apart by a column; closed and uncertain ones keep a look of their own.

    The symbol of a value is the same on every map of a territory, whatever else each one shows.
    """
    closed = (frame["statut"] != vocabulary.OPEN) & (column != "statut")
    uncertain = ~closed & _is_uncertain(frame)
    shown = ~closed & ~uncertain
    values = frame[column].fillna(map_texts.NOT_STATED)
    groups = [
        _Group(
            vocabulary.typeset(map_texts.capitalised(kind)),
            shown & (values == kind),
            style.category(rank),
        )
        for rank, kind in enumerate(sorted(located[column].fillna(map_texts.NOT_STATED).unique()))
    ]
    return [
        *groups,
        _Group(map_texts.CLOSED_LABEL, closed, style.CLOSED),
        _Group(map_texts.UNCERTAIN_LABEL, uncertain, style.UNCERTAIN),
    ]


def _is_uncertain(frame: gpd.GeoDataFrame) -> pd.Series:
    """Tell the positions that may be off so far that no distance can be measured from them."""
    return pd.Series(frame["position_error_m"].fillna(0) > NEARNESS_ERROR_M)


def _symbol_layer(
    kind: str,
    frame: gpd.GeoDataFrame,
    keys: list[str],
    groups: Sequence[_Group],
    columns: dict[str, pd.Series],
) -> Layer:
    """Make a layer of symbols, with a line of the legend for every group that has members."""
    present = [group for group in groups if group.members.any()]
    index = np.full(len(frame), -1)
    for number, group in enumerate(present):
        index[group.members.to_numpy()] = number
    features = gpd.GeoDataFrame(
        {"class_index": index, "label": "", "key": keys, **columns},
        index=frame.index,
        geometry=frame.geometry,
    )
    classes = tuple(
        SymbolClass(map_texts.with_count(group.label, int(group.members.sum())), group.look)
        for group in present
    )
    name, theme = map_texts.LAYER_NAMES[kind], map_texts.THEMES[kind]
    return Layer(name, features, classes, tuple(columns), theme=theme)


def _axes(objectifs: pd.Series, titles: pd.DataFrame) -> pd.Series:
    """Give the axes of each action by its objectifs; unknown where no title says one."""
    axis_of = dict(zip(titles["objectif"], titles["titre_axe"], strict=True))

    def axes(codes: object) -> str:
        known = dict.fromkeys(axis_of[code] for code in split_list(codes) if code in axis_of)
        return " ; ".join(known) or map_texts.AXIS_UNKNOWN

    return objectifs.map(axes)
