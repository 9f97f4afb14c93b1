"""Outlines of perimeters as features: their classes, and what is said of them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from cdv_geo.cartography import style
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.cartography.web_page_subjects import quartier_key
from cdv_geo.french import map_texts, shared_texts, table_labels, typography
from cdv_geo.french.table_labels import heading_of


def outline_layer(
    name: str,
    frame: gpd.GeoDataFrame,
    labels: list[str],
    columns: dict[str, list[str]],
    *,
    outline_only: bool,
) -> Layer:
    """Make a layer of perimeters with one class per kind, generation and status of the outline."""
    keys = [tuple(row) for row in frame[["type", "generation", "statut_geometrie"]].to_numpy()]
    order = list(dict.fromkeys(keys))
    classes = tuple(
        SymbolClass(
            map_texts.perimeter_label(kind, year, status, keys.count((kind, year, status))),
            style.perimeter_outline(status) if outline_only else style.perimeter(kind, status),
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
    return Layer(name, features, classes, tuple(columns))


def outline_texts(frame: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Say of which generation an outline is, how exact, and from where."""
    return {
        heading_of("generation"): [str(year) for year in frame["generation"]],
        shared_texts.OUTLINE: [
            shared_texts.exact_to(table_labels.GEOMETRY_LABELS[status], metres)
            for status, metres in zip(frame["statut_geometrie"], frame["precision_m"], strict=True)
        ],
        shared_texts.SOURCE: frame["source"].tolist(),
    }


def population_texts(published: pd.DataFrame) -> list[str]:
    """Write published populations with their years and sources."""
    return [
        map_texts.dated_figure(typography.format_number(population), vintage, source)
        if pd.notna(population)
        else typography.NOT_AVAILABLE
        for population, vintage, source in zip(
            *(published[f"population{part}"] for part in ("", "_vintage", "_source")), strict=True
        )
    ]
