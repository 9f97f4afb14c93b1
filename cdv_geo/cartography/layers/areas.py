"""Layers of outlines: communes, perimeters, rings around them, what changed between generations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.comparison import change_between
from cdv_geo.cartography import style
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.cartography.subjects import quartier_key
from cdv_geo.french import map_texts

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe

_PIECES: Final = ("kept", "entered", "left")


def communes(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show the communes, their names and their published population."""
    frame = view.territory.communes.sort_values("code_insee")
    published = view.study.published.reindex(frame["code_insee"])
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
    label = map_texts.with_count(map_texts.COMMUNE_LIMITS, len(frame))
    look = style.COMMUNE_OUTLINE if layer.outline_only else style.COMMUNE
    return [
        Layer(
            map_texts.LAYER_NAMES["communes"],
            features,
            (SymbolClass(label, look),),
            ("Code INSEE", "Population publiée"),
            label_role="commune",
            theme=map_texts.THEMES["communes"],
        )
    ]


def perimeters(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show the outlines of the QPV and of veille active, with what is known of them."""
    frame = view.study.drawn
    published = view.study.published.reindex(frame["code"])
    columns = {
        "Code": frame["code"].to_numpy(),
        "Population publiée": _population_texts(published),
        "Surface": [vocabulary.format_hectares(area / 1e4) for area in frame.area],
        **outline_texts(frame),
    }
    labels = [vocabulary.typeset(nom) for nom in frame["nom"]]
    return [outline_layer(layer, frame, labels, columns)]


def reach(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show how far each distance goes around the quartiers, as the crow flies."""
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
    name = map_texts.LAYER_NAMES["reach"]
    return [Layer(name, features, classes, theme=map_texts.THEMES["reach"])]


def change(view: View, _layer: LayerRecipe) -> list[Layer]:
    """Show what the QPV of 2024 kept, took in and left out of those of 2015."""
    frame = view.compared
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
            "Évolution": pieces["piece"].map(map_texts.CHANGE_LABELS),
            "Surface": [vocabulary.format_hectares(a, 2) for a in pieces["area_ha"]],
        },
        geometry=pieces.geometry,
    )
    classes = tuple(
        SymbolClass(
            f"{map_texts.CHANGE_LABELS[piece]} ({vocabulary.format_hectares(totals[piece])})",
            replace(style.CHANGE[piece], dashed=rough),
        )
        for piece in _PIECES
    )
    details = ("Quartier", "Évolution", "Surface")
    name = map_texts.LAYER_NAMES["change"]
    return [Layer(name, features, classes, details, theme=map_texts.THEMES["change"])]


def outline_layer(
    layer: LayerRecipe, frame: gpd.GeoDataFrame, labels: list[str], columns: dict[str, list[str]]
) -> Layer:
    """Make a layer of perimeters with one class per kind, generation and status of the outline."""
    keys = [tuple(row) for row in frame[["type", "generation", "statut_geometrie"]].to_numpy()]
    order = list(dict.fromkeys(keys))
    classes = tuple(
        SymbolClass(
            map_texts.perimeter_label(kind, year, status, keys.count((kind, year, status))),
            style.perimeter_outline(status)
            if layer.outline_only
            else style.perimeter(kind, status),
        )
        for kind, year, status in order
    )
    features = gpd.GeoDataFrame(
        {
            "class_index": [order.index(key) for key in keys],
            "label": labels,
            "key": [quartier_key(code) for code in frame["code"]],
            **columns,
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    name, theme = map_texts.LAYER_NAMES[layer.kind], map_texts.THEMES[layer.kind]
    return Layer(name, features, classes, tuple(columns), theme=theme)


def outline_texts(frame: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Say of which generation an outline is, how exact, and from where."""
    return {
        "Génération": [str(year) for year in frame["generation"]],
        "Contour": [
            f"{vocabulary.GEOMETRY_LABELS[status]}, à {vocabulary.format_metres(metres)} près"
            for status, metres in zip(frame["statut_geometrie"], frame["precision_m"], strict=True)
        ],
        "Source": frame["source"].tolist(),
    }


def _population_texts(published: pd.DataFrame) -> list[str]:
    return [
        map_texts.dated_figure(vocabulary.format_number(population), vintage, source)
        if pd.notna(population)
        else vocabulary.NOT_AVAILABLE
        for population, vintage, source in zip(
            *(published[f"population{part}"] for part in ("", "_vintage", "_source")), strict=True
        )
    ]
