"""The scene as paper shows it: nothing that only a page can show, and one symbol for one spot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from cdv_geo.cartography.scene import SymbolClass, legible_scene
from cdv_geo.cartography.style import SEVERAL
from cdv_geo.french import map_texts
from cdv_geo.typesetting.fonts import paper_letters

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from cdv_geo.cartography.scene import Layer, Scene

# What a sheet shows of a feature: neither popup nor card.
_COLUMNS: Final = {"class_index", "label", "size"}
_NEAR: Final = 1.0  # metres: places nearer than that are drawn on one another at any scale


def paper_scene(scene: Scene) -> Scene:
    """Give a scene as paper shows it, with all its text as the fonts of paper can."""
    return legible_scene(on_a_sheet(scene), paper_letters())


def on_a_sheet(scene: Scene) -> Scene:
    """Leave out what a page alone shows, so that a sheet stays as it is when that changes.

    Places on one spot hide each other, which a page takes apart: on paper they are one symbol that
    bears their number.
    """
    layers = tuple(_gathered(_bare(layer)) for layer in scene.layers)
    is_gathered = any(map(_counts_places, layers, scene.layers))
    notes = (*scene.notes, map_texts.SPOTS_NOTE) if is_gathered else scene.notes
    return replace(scene, layers=layers, notes=notes, subjects=(), links=())


def _bare(layer: Layer) -> Layer:
    drawn = layer.features.geometry.name
    columns = [n for n in layer.features if n in _COLUMNS or n == drawn]
    return replace(layer, features=layer.features[columns], details=())


def _counts_places(shown: Layer, layer: Layer) -> bool:
    return len(shown.features) < len(layer.features)


def _gathered(layer: Layer) -> Layer:
    """Show the places of one spot as one symbol: theirs, or where they differ one that says so.

    A layer is left as it is whose symbols have sizes, labels or numbers of their own.
    """
    features = layer.features
    are_points = shapely.get_type_id(features.geometry.to_numpy()) == shapely.GeometryType.POINT
    if "size" in features or features["label"].any() or features.empty or not are_points.all():
        return layer
    spots = features.assign(spot=_spots(features)).groupby("spot", sort=False)
    counts, is_mixed = spots.size().to_numpy(), spots["class_index"].nunique().to_numpy() > 1
    if counts.max() == 1:
        return layer
    first = spots.head(1)
    shown = first.drop(columns="spot").assign(
        class_index=np.where(is_mixed, len(layer.classes), first["class_index"]),
        label=[str(count) if count > 1 else "" for count in counts],
    )
    several = map_texts.with_count(map_texts.SEVERAL_KINDS, int(is_mixed.sum()))
    added = (SymbolClass(several, SEVERAL),) if is_mixed.any() else ()
    classes = (*layer.classes, *added)
    return replace(layer, features=shown, classes=classes, label_role="count")


def _spots(features: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Give each feature the number of the spot that it lies on."""
    cells = np.round(shapely.get_coordinates(features.geometry.to_numpy()) / _NEAR)
    spots: NDArray[np.intp] = np.unique(cells, axis=0, return_inverse=True)[1].ravel()
    return spots
