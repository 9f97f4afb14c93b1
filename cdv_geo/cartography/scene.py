"""What a map shows, before anything is drawn: the one object that both renderers read.

A scene holds finished French text and finished styles, so that the web page and the printed
sheet cannot tell different stories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import geopandas as gpd

    from cdv_geo.cartography.style import Style

LabelRole = Literal["quartier", "commune"]


@dataclass(frozen=True)
class SymbolClass:
    """One line of the legend and the style of the features that belong to it."""

    label: str
    style: Style


@dataclass(frozen=True)
class Layer:
    """Features of one theme, drawn together and switched on and off together.

    Parameters
    ----------
    name
        French name, in the legend and in the layer control.
    features
        Geometries in the scene's metric CRS, with the columns `class_index` (position in
        `classes`), `label` (text on the map, may be empty) and the columns named in `details`.
    classes
        The legend lines, in the order shown.
    details
        Columns a reader sees in the popup and in the table; a column's name is its French header.
    label_role
        How labels of this layer are set: quartiers stand out, communes stay in the background.
    """

    name: str
    features: gpd.GeoDataFrame
    classes: tuple[SymbolClass, ...]
    details: tuple[str, ...] = ()
    label_role: LabelRole = "quartier"


@dataclass(frozen=True)
class NotDrawn:
    """What belongs on the map but has no place on it, so that it is named beside the map."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """A whole map: layers from bottom to top, and all the text around them.

    Parameters
    ----------
    title, subtitle
        French text.
    layers
        From bottom to top.
    extent
        `(xmin, ymin, xmax, ymax)` in metres, in the CRS of the layers.
    page
        Paper of the printed sheet, such as ``"A4 landscape"``.
    notes
        What the reader must know to read the map right: method, generation, reserves.
    not_drawn
        Named things without a place.
    sources
        Producer, date and licence of what is drawn, one sentence each.
    """

    title: str
    subtitle: str
    layers: tuple[Layer, ...]
    extent: tuple[float, float, float, float]
    page: str = "A4 landscape"
    notes: tuple[str, ...] = ()
    not_drawn: tuple[NotDrawn, ...] = ()
    sources: tuple[str, ...] = field(default=())
