"""The two maps of a fiche: the quartier with what is near it, and where it lies."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

from cdv_geo.cartography import style
from cdv_geo.cartography.layers import layers_of
from cdv_geo.cartography.map_view import View
from cdv_geo.cartography.notes_and_sources import lists_beside
from cdv_geo.cartography.recipe import LayerRecipe, MapRecipe
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.french import fiche_texts
from cdv_geo.french.map_texts import COMMUNE_LIMITS

if TYPE_CHECKING:
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.style import Style
    from cdv_geo.study import Study

_COUNT: Final = re.compile(r" \([^()]*\)$")
_MARGIN_ZOOM: Final = 100.0  # metres around the widest ring
# What the frame of a map may show besides its extent, metres around the quartier or its commune.
_SEEN_ZOOM: Final = 4_000.0
_SEEN_POSITION: Final = 15_000.0
_HERE: Final = style.Style(fill="#c4007a", stroke="#5c0039", stroke_width=0.8)
_OTHERS: Final = style.Style(fill="#56b4e9", fill_opacity=0.65, stroke="#0b3c5d", stroke_width=0.7)
_COMMUNE: Final = style.Style(stroke="#c4007a", stroke_width=1.2, hatched=True)


def zoom(study: Study, code: str) -> Scene:
    """Show a quartier with an outline, the rings around it, and the numbered places near it."""
    recipe = MapRecipe(
        name="fiche-zoom",
        title=study.perimeter(code)["nom"],
        layers=(
            LayerRecipe("communes"),
            LayerRecipe("perimeters"),
            LayerRecipe("reach", within=study.within),
            LayerRecipe("equipment", numbered=True),
        ),
        generation=study.generation,
        extent="perimeter",
    )
    view = View(recipe, study, code)
    outline = study.outline(code)
    layers = [
        _within(layer, outline, _SEEN_ZOOM)
        for wanted in recipe.layers
        for layer in layers_of(view, wanted)
    ]
    return Scene(
        title=recipe.title,
        subtitle="",
        layers=tuple(
            layer if layer.label_role == "number" else _uncounted(layer) for layer in layers
        ),
        extent=_bounds(outline, study.within[-1] + _MARGIN_ZOOM),
        lists=lists_beside(view, recipe.layers),
    )


def position(study: Study, code: str) -> Scene:
    """Show where a quartier lies: itself, or its communes where it has no outline."""
    outline = study.outline(code)
    communes = study.territory.communes
    home = communes[communes["code_insee"].isin(study.communes_of(code))].geometry
    grounds = _within(_communes(communes, home.index), home.union_all(), _SEEN_POSITION)
    if outline is None:
        marked = [_marked(fiche_texts.its_communes(len(home)), home, _COMMUNE)]
    else:
        row = study.perimeter(code)
        drawn = study.drawn.set_index("code").geometry
        others = drawn[drawn.index != code]
        here = replace(_HERE, dashed=row["statut_geometrie"] != "officielle")
        marked = [_marked(fiche_texts.OTHER_QUARTIERS, others, _OTHERS)] if len(others) else []
        marked.append(_marked(fiche_texts.THIS_QUARTIER, drawn[[code]], here, row["nom"]))
    left, bottom, right, top = map(float, grounds.features.total_bounds)
    return Scene(
        title=fiche_texts.POSITION,
        subtitle="",
        layers=(grounds, *marked),
        extent=(left, bottom, right, top),
    )


def _communes(communes: gpd.GeoDataFrame, named: pd.Index) -> Layer:
    """Draw the communes; on so small a map those of the quartier alone bear their names."""
    ordered = communes.sort_values("code_insee")
    names = ordered["nom"].where(ordered.index.isin(named), "")
    features = gpd.GeoDataFrame(geometry=ordered.geometry).assign(class_index=0, label=names)
    classes = (SymbolClass(COMMUNE_LIMITS, style.COMMUNE),)
    return Layer(COMMUNE_LIMITS, features, classes, label_role="commune")


def _marked(label: str, outlines: gpd.GeoSeries, look: Style, name: str = "") -> Layer:
    features = gpd.GeoDataFrame(geometry=outlines).assign(class_index=0, label=name)
    return Layer(label, features, (SymbolClass(label, look),))


def _within(layer: Layer, outline: BaseGeometry, metres: float) -> Layer:
    """Leave the features that a frame around an outline may show; a theme needs no heading here."""
    frame = shapely.box(*_bounds(outline, metres))
    seen = gpd.GeoDataFrame(layer.features[layer.features.intersects(frame)])
    return replace(layer, features=seen, theme="")


def _uncounted(layer: Layer) -> Layer:
    """Take the counts out of the legend of a layer, since what is far away is not drawn."""
    classes = [replace(line, label=_COUNT.sub("", line.label)) for line in layer.classes]
    return replace(layer, classes=tuple(classes))


def _bounds(outline: BaseGeometry, metres: float) -> tuple[float, float, float, float]:
    left, bottom, right, top = outline.bounds
    return left - metres, bottom - metres, right + metres, top + metres
