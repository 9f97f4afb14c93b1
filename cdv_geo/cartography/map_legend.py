"""The legend of a printed map, as the typesetter takes it and in words."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from cdv_geo.cartography.svg_drawing import Canvas
from cdv_geo.french.map_texts import layer_said

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
    from cdv_geo.cartography.style import Style

    Content = dict[str, Any]

# The sign of a line or an area, points; a symbol has the size that it has on the map.
_SIGN_WIDTH: Final = 20.0
_SIGN_HEIGHT: Final = 9.0
_EDGE: Final = 1.0


def legend_content(scene: Scene) -> list[Content]:
    """Give a legend, the top layer first: neighbouring layers of one theme under its name."""
    groups = []
    drawn = [layer for layer in scene.layers[::-1] if layer.classes]
    for theme, group in groupby(drawn, key=lambda layer: layer.theme):
        layers = list(map(_layer_content, group))
        groups.append({"heading": theme if len(layers) > 1 else "", "layers": layers})
    return groups


def legend_said(scene: Scene) -> list[str]:
    """Say a legend in words, layer by layer."""
    return [
        layer_said(layer.name, [line.label for line in layer.classes])
        for layer in scene.layers[::-1]
    ]


def _layer_content(layer: Layer) -> Content:
    """Give the lines of a layer under its name, which a single line may stand for."""
    lines = [legend_sign(line) | {"label": line.label or layer.name} for line in layer.classes]
    stands_for_all = [line["label"] for line in lines] == [layer.name]
    return {"heading": "" if stands_for_all else layer.name, "lines": lines}


def legend_sign(symbol: SymbolClass) -> Content:
    """Draw the sign of a class by the very function that draws the map, and say its size."""
    look = symbol.style
    high = max(_SIGN_HEIGHT, _drawn_size(look)) + 2 * _EDGE
    wide = max(_SIGN_WIDTH, _drawn_size(look)) + 2 * _EDGE
    middle = high / 2
    sign: BaseGeometry = shapely.box(_EDGE, _EDGE, wide - _EDGE, high - _EDGE)
    if look.marker is not None:
        sign = shapely.Point(wide / 2, middle)
    elif look.fill is None and not look.hatched:
        sign = shapely.LineString([(_EDGE, middle), (wide - _EDGE, middle)])
    canvas = Canvas(wide, high)
    drawn = canvas.features(np.array([sign]), look, np.array([look.size]))
    return {"sign": canvas.document(drawn), "width": wide, "height": high}


def _drawn_size(look: Style) -> float:
    """Give the room that a symbol takes: a star reaches beyond its diameter."""
    return 1.3 * look.size + look.stroke_width if look.marker else 0.0
