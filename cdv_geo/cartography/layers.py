"""The layers a recipe may ask for, each made from the tables of a territory.

Every builder answers with finished French text and finished styles: a renderer only draws.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.comparison import change_between
from cdv_geo.analysis.coverage import published_population
from cdv_geo.analysis.proximity import NEARNESS_ERROR_M
from cdv_geo.analysis.sighting import select_generation
from cdv_geo.cartography import style
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.errors import RecipeError
from cdv_geo.names import split_list

if TYPE_CHECKING:
    from cdv_geo.cartography.recipe import LayerRecipe, MapRecipe
    from cdv_geo.territory import Territory

_PIECES: Final = ("kept", "entered", "left")


def communes(territory: Territory, _recipe: MapRecipe, layer: LayerRecipe) -> list[Layer]:
    """Show the communes, their names and their published population."""
    frame = territory.communes.sort_values("code_insee")
    published = _published(territory).reindex(frame["code_insee"])
    features = gpd.GeoDataFrame(
        {
            "class_index": 0,
            "label": frame["nom"].to_numpy(),
            "Code INSEE": frame["code_insee"].to_numpy(),
            "Population publiée": _population_texts(published),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    label = vocabulary.counted(vocabulary.COMMUNE_LIMITS, len(frame))
    look = style.COMMUNE_OUTLINE if layer.outline_only else style.COMMUNE
    classes = (SymbolClass(label, look),)
    details = ("Code INSEE", "Population publiée")
    name = vocabulary.LAYER_NAMES["communes"]
    return [Layer(name, features, classes, details, label_role="commune")]


def perimeters(territory: Territory, recipe: MapRecipe, layer: LayerRecipe) -> list[Layer]:
    """Show the outlines of the QPV and of veille active, with what is known of them."""
    frame = drawn_perimeters(territory, recipe.generation)
    published = _published(territory).reindex(frame["code"])
    texts = {
        "Code": frame["code"].to_numpy(),
        "Population publiée": _population_texts(published),
        "Surface": [vocabulary.format_hectares(area / 1e4) for area in frame.area],
        **_outline_texts(frame),
    }
    labels = [vocabulary.typeset(nom) for nom in frame["nom"]]
    return [_perimeter_layer(layer, frame, labels, texts)]


def actions(territory: Territory, recipe: MapRecipe, layer: LayerRecipe) -> list[Layer]:
    """Show on each perimeter how many actions reach it, by basis; none is drawn as a point.

    The documents give no position of an action, and a symbol at the middle of a quartier would
    say that it happens there.
    """
    frame = drawn_perimeters(territory, recipe.generation)
    links = territory.link(territory.actions, generation=recipe.generation).links
    unplaced = int(links.loc[links["code"].isna(), "id"].nunique())
    labels = []
    texts: dict[str, list[str]] = {"Actions déclarées": [], "Actions plus larges": [], "Lieu": []}
    for code, nom in zip(frame["code"], frame["nom"], strict=True):
        counts = count_by_basis(links, code)
        labels.append(f"{nom}\n{vocabulary.counts_by_basis(counts)}")
        texts["Actions déclarées"].append(_listed_actions(links, code, "declared"))
        texts["Actions plus larges"].append(_listed_actions(links, code, "declared_wide"))
        texts["Lieu"].append(vocabulary.place_of_actions(counts["inside"], unplaced))
    return [_perimeter_layer(layer, frame, labels, texts)]


def equipment(territory: Territory, _recipe: MapRecipe, layer: LayerRecipe) -> list[Layer]:
    """Show located equipment by type; closed ones and uncertain positions look it."""
    frame = located_equipment(territory, layer.types)
    if frame.empty:
        return []
    is_open = frame["statut"] == vocabulary.OPEN
    uncertain = frame["position_error_m"].fillna(0) > NEARNESS_ERROR_M
    shown = is_open & ~uncertain
    groups = [
        (vocabulary.typeset(kind.capitalize()), shown & (frame["type"] == kind))
        for kind in sorted(frame.loc[shown, "type"].unique())
    ]
    symbols = [style.category(rank) for rank in range(len(groups))]
    groups += [
        (vocabulary.CLOSED_LABEL, ~is_open),
        (vocabulary.UNCERTAIN_LABEL, is_open & uncertain),
    ]
    symbols += [style.CLOSED, style.UNCERTAIN]
    classes: list[SymbolClass] = []
    index = pd.Series(-1, frame.index)
    for (label, mask), symbol in zip(groups, symbols, strict=True):
        if mask.any():
            index[mask] = len(classes)
            classes.append(SymbolClass(vocabulary.counted(label, int(mask.sum())), symbol))
    features = gpd.GeoDataFrame(
        {
            "class_index": index,
            "label": "",
            "Nom": frame["nom"].map(vocabulary.typeset),
            "Type": frame["type"].map(vocabulary.typeset),
            "Adresse": frame["adresse"].fillna("").map(vocabulary.typeset),
            "Précision de la position": frame["precision_position"].fillna(vocabulary.NOT_STATED),
            "Année": frame["annee"].fillna(vocabulary.YEAR_UNKNOWN),
            "Source": frame["source"],
        },
        geometry=frame.geometry,
    )
    details = ("Nom", "Type", "Adresse", "Précision de la position", "Année", "Source")
    return [Layer(vocabulary.LAYER_NAMES["equipment"], features, tuple(classes), details)]


def reach(territory: Territory, recipe: MapRecipe, layer: LayerRecipe) -> list[Layer]:
    """Show how far each distance goes around the quartiers, as the crow flies."""
    frame = drawn_perimeters(territory, recipe.generation)
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
        SymbolClass(vocabulary.within_label(distance), style.ring(rank))
        for rank, distance in enumerate(rings)
    )
    return [Layer(vocabulary.LAYER_NAMES["reach"], features, classes)]


def change(territory: Territory, _recipe: MapRecipe, _layer: LayerRecipe) -> list[Layer]:
    """Show what the QPV of 2024 kept, took in and left out of those of 2015."""
    frame = territory.perimeters[territory.perimeters["type"] == "qpv"]
    before, after = (
        gpd.GeoDataFrame(frame[frame["generation"] == year]) for year in vocabulary.GENERATIONS
    )
    if before.empty or after.empty:
        return []
    pieces = change_between(before, after)
    # A cut along a rough outline is a rough outline too.
    rough = bool((frame["statut_geometrie"] != "officielle").any())
    totals = pieces.groupby("piece")["area_ha"].sum().reindex(_PIECES, fill_value=0.0)
    features = gpd.GeoDataFrame(
        {
            "class_index": pieces["piece"].map({piece: n for n, piece in enumerate(_PIECES)}),
            "label": pieces["nom"].where(pieces["piece"] == "kept", ""),
            "Quartier": pieces["nom"],
            "Évolution": pieces["piece"].map(vocabulary.CHANGE_LABELS),
            "Surface": [vocabulary.format_hectares(a, 2) for a in pieces["area_ha"]],
        },
        geometry=pieces.geometry,
    )
    classes = tuple(
        SymbolClass(
            f"{vocabulary.CHANGE_LABELS[piece]} ({vocabulary.format_hectares(totals[piece])})",
            replace(style.CHANGE[piece], dashed=rough),
        )
        for piece in _PIECES
    )
    details = ("Quartier", "Évolution", "Surface")
    return [Layer(vocabulary.LAYER_NAMES["change"], features, classes, details)]


def cells(territory: Territory, _recipe: MapRecipe, layer: LayerRecipe) -> list[Layer]:
    """Show the mean standard of living of each inhabited cell of the communes, by quantile."""
    grid = territory.population.inhabited_cells().to_crs(territory.crs)
    frame = grid[grid.intersects(territory.communes.geometry.union_all())]
    if frame.empty:
        return []
    values = frame["standard_of_living"].to_numpy()
    limits = np.unique(np.quantile(values, np.linspace(0, 1, layer.classes + 1)))
    rank = np.searchsorted(limits[1:-1], values, side="left")
    bounds = list(itertools.pairwise(limits)) or [(limits[0], limits[0])]
    classes = tuple(
        SymbolClass(_range_text(low, high, int((rank == n).sum())), style.cell(colour))
        for n, ((low, high), colour) in enumerate(
            zip(bounds, style.sequential(len(bounds)), strict=True)
        )
    )
    features = gpd.GeoDataFrame(
        {
            "class_index": rank,
            "label": "",
            "Niveau de vie moyen": frame["standard_of_living"].map(vocabulary.format_euros),
            "Habitants": [vocabulary.format_number(n, 1) for n in frame["individuals"]],
            "Valeur": np.where(frame["imputed"], vocabulary.IMPUTED, vocabulary.OBSERVED),
        },
        geometry=frame.geometry,
    )
    details = ("Niveau de vie moyen", "Habitants", "Valeur")
    values_layer = Layer(vocabulary.LAYER_NAMES["cells"], features, classes, details)
    return [values_layer, _imputed_cells(frame)]


def _imputed_cells(frame: gpd.GeoDataFrame) -> Layer:
    imputed = frame[frame["imputed"]]
    features = gpd.GeoDataFrame({"class_index": 0, "label": ""}, index=imputed.index)
    share = imputed["individuals"].sum() / frame["individuals"].sum()
    label = vocabulary.imputed_label(share)
    return Layer(
        vocabulary.LAYER_NAMES["imputed"],
        gpd.GeoDataFrame(features, geometry=imputed.geometry),
        (SymbolClass(label, style.IMPUTED),),
    )


def drawn_perimeters(territory: Territory, generation: int) -> gpd.GeoDataFrame:
    """Give the perimeters of a map that have an outline."""
    frame = select_generation(territory.perimeters, generation)
    return gpd.GeoDataFrame(frame[frame.geometry.notna()]).reset_index(drop=True)


def located_equipment(territory: Territory, types: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Give the equipment of the types asked for that has a position."""
    frame = territory.equipment
    unknown = sorted(set(types) - set(frame["type"]))
    if unknown:
        accepted = ", ".join(sorted(frame["type"].unique()))
        raise RecipeError(f"“{unknown[0]}” is not a type of equipment; accepted are {accepted}.")
    wanted = frame["type"].isin(types) if types else pd.Series(data=True, index=frame.index)
    return gpd.GeoDataFrame(frame[wanted & frame.geometry.notna()])


def count_by_basis(links: pd.DataFrame, code: str) -> dict[str, int]:
    """Count the things with a certain link to a perimeter, by basis, each once."""
    sure = links[(links["code"] == code) & (links["status"] == "certain")]
    return {
        basis: int(sure.loc[sure["basis"] == basis, "id"].nunique())
        for basis in vocabulary.BASES[:3]
    }


def _perimeter_layer(
    layer: LayerRecipe, frame: gpd.GeoDataFrame, labels: list[str], texts: dict[str, list[str]]
) -> Layer:
    """Make a layer of perimeters with one class per kind, generation and status of the outline."""
    keys = [tuple(row) for row in frame[["type", "generation", "statut_geometrie"]].to_numpy()]
    order = list(dict.fromkeys(keys))
    classes = tuple(
        SymbolClass(
            vocabulary.perimeter_label(kind, year, status, keys.count((kind, year, status))),
            style.perimeter_outline(status)
            if layer.outline_only
            else style.perimeter(kind, status),
        )
        for kind, year, status in order
    )
    features = gpd.GeoDataFrame(
        {"class_index": [order.index(key) for key in keys], "label": labels, **texts},
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    return Layer(vocabulary.LAYER_NAMES[layer.kind], features, classes, tuple(texts))


def _outline_texts(frame: gpd.GeoDataFrame) -> dict[str, list[str]]:
    return {
        "Génération": [str(year) for year in frame["generation"]],
        "Contour": [
            f"{vocabulary.GEOMETRY_LABELS[status]}, à {vocabulary.format_metres(metres)} près"
            for status, metres in zip(frame["statut_geometrie"], frame["precision_m"], strict=True)
        ],
        "Source": frame["source"].tolist(),
    }


def _published(territory: Territory) -> pd.DataFrame:
    return published_population(
        territory.indicators, territory.population_indicators, territory.communes
    )


def _population_texts(published: pd.DataFrame) -> list[str]:
    return [
        f"{vocabulary.format_number(population)} ({vintage})"
        if pd.notna(population)
        else vocabulary.NOT_AVAILABLE
        for population, vintage in zip(
            published["population"], published["population_vintage"], strict=True
        )
    ]


def _listed_actions(links: pd.DataFrame, code: str, basis: str) -> str:
    """List the actions of a perimeter, by the quartier they name where they name one."""
    chosen = links[(links["code"] == code) & (links["basis"] == basis)]
    if chosen.empty:
        return vocabulary.NONE_FEMININE
    texts = []
    for quartier, group in chosen.groupby(chosen["quartier"].fillna(""), sort=True):
        names = [
            f"{name} ({year if isinstance(year, str) else vocabulary.YEAR_UNKNOWN})"
            for name, year in zip(group["name"], group["annee"], strict=True)
        ]
        texts += [f"{quartier}{vocabulary.NO_BREAK_SPACE}:"] if quartier else []
        texts += [vocabulary.list_item(name) for name in names]
    return "\n".join(texts)


def _range_text(low: float, high: float, count: int) -> str:
    bounds = f"{vocabulary.format_euros(low)} à {vocabulary.format_euros(high)}"
    return f"{bounds} ({count})"


def quartiers_without_outline(territory: Territory, generation: int) -> gpd.GeoDataFrame:
    """Give the perimeters that no map can draw."""
    frame = select_generation(territory.perimeters, generation)
    return gpd.GeoDataFrame(frame[frame.geometry.isna()])


def commune_names(territory: Territory, codes: str) -> str:
    """Write a `;` list of INSEE codes as names of communes."""
    names = dict(zip(territory.communes["code_insee"], territory.communes["nom"], strict=True))
    return ", ".join(names[code] for code in split_list(codes))


BUILDERS: Final = {
    "communes": communes,
    "perimeters": perimeters,
    "actions": actions,
    "equipment": equipment,
    "reach": reach,
    "change": change,
    "cells": cells,
}
