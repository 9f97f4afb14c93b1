"""A scene as one web page that needs nothing else: no network, no server, no other file.

folium makes the map, `page.html` is the document around it, and `page.js` draws the layers, the
legend and the tables. Python and page.js meet in a few calls whose arguments are JSON, and page.js
writes every text by `textContent`: folium's own popups, tooltips and layer names would run HTML
found in the data.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import shapely
from branca.element import Figure, MacroElement
from folium.template import Template

from cdv_geo.cartography.offline import (
    content_security_policy,
    inert_json,
    leaflet_script,
    leaflet_style,
    page_asset,
)

if TYPE_CHECKING:
    from cdv_geo.cartography.scene import Layer, Scene

_DECIMALS = 6  # of a degree: a decimetre on the ground
_WGS84 = "EPSG:4326"


def render_page(scene: Scene) -> str:
    """Make one self-contained HTML page of a scene; the same scene gives the same bytes.

    Parameters
    ----------
    scene
        With at least one layer; all layers in one metric CRS.

    Returns
    -------
    str
        The page, in French, to be written as UTF-8.
    """
    page = _Page(title=scene.title)
    # The texts come first: they set the height of the head of the page, and so that of the map.
    page.add_child(_Call("cdv.addText", _texts(scene)))
    page_map = _Map(tiles=None, zoom_control=False, zoom_snap=0.25, zoom_delta=0.5)
    page.add_child(page_map)
    page_map.fit_bounds(_bounds(scene))
    for layer in scene.layers:
        page_map.add_child(_Call("cdv.addLayer", _layer(layer)))
    return page.render()


class _Page(Figure):
    """The document around the map: French, zoomable, with landmarks and a content policy."""

    _template = Template(page_asset("page.html"))

    def render(self, **kwargs: object) -> str:
        """Render the children, then the document around them, with a hash of each script."""
        for child in self._children.values():
            child.render(**kwargs)
        scripts = (leaflet_script(), page_asset("page.js"), self.script.render())
        styles = (leaflet_style(), page_asset("page.css"))
        policy = content_security_policy(scripts, styles)
        document = self._template.render(this=self, scripts=scripts, styles=styles, policy=policy)
        return str(document)


class _Map(folium.Map):
    """A folium map without the stock template, which locks the zoom and loads ten files."""

    _template = Template("""
{% macro html(this, kwargs) %}
<div id="{{ this.get_name() }}" role="region" aria-label="Carte"></div>
{% endmacro %}
{% macro script(this, kwargs) %}
const {{ this.get_name() }} = cdv.openMap("{{ this.get_name() }}", {{ this.options|tojavascript }});
{% endmacro %}
""")

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - folium's own types are as wide
        super().__init__(**options)
        self.default_js = []
        self.default_css = []
        # folium draws ids by lot. This is the only one that reaches the page.
        self._id = "scene"


class _Call(MacroElement):
    """One call of a function of page.js with one argument."""

    _template = Template(
        "{% macro script(this, kwargs) %}{{ this.function }}({{ this.argument }});{% endmacro %}"
    )

    def __init__(self, function: str, argument: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.function = function
        self.argument = inert_json(argument)


def _texts(scene: Scene) -> dict[str, object]:
    return {
        "title": scene.title,
        "subtitle": scene.subtitle,
        "notDrawn": [asdict(missing) for missing in scene.not_drawn],
        "notes": scene.notes,
        "sources": scene.sources,
    }


def _bounds(scene: Scene) -> list[list[float]]:
    crs = scene.layers[0].features.crs
    extent = gpd.GeoSeries([shapely.box(*scene.extent)], crs=crs).to_crs(_WGS84)
    west, south, east, north = extent.total_bounds.round(_DECIMALS).tolist()
    return [[south, west], [north, east]]


def _layer(layer: Layer) -> dict[str, object]:
    return {
        "name": layer.name,
        "role": layer.label_role,
        "columns": layer.details,
        "classes": [asdict(symbol_class) for symbol_class in layer.classes],
        "features": _features(layer),
    }


def _features(layer: Layer) -> list[dict[str, object]]:
    frame = layer.features
    texts = frame[["label", *layer.details]].astype(object)
    rows = zip(
        _geographic(frame.geometry),
        _geographic(_anchors(layer)),
        frame["class_index"],
        texts.where(texts.notna(), None).itertuples(index=False, name=None),
        strict=True,
    )
    return [
        {
            "type": "Feature",
            "geometry": geometry,
            "properties": {
                "classIndex": int(class_index),
                "label": _text(label),
                "anchor": anchor and anchor["coordinates"],
                "values": [_text(value) for value in values],
            },
        }
        for geometry, anchor, class_index, (label, *values) in rows
    ]


def _anchors(layer: Layer) -> gpd.GeoSeries:
    """Place labels of communes in their middle, and those of quartiers on top of their outline."""
    frame = layer.features
    if layer.label_role == "commune":
        return frame.representative_point()
    drawn = frame.geometry.notna() & ~frame.geometry.is_empty
    bounds = frame.bounds.where(drawn, 0.0)
    top = gpd.points_from_xy((bounds["minx"] + bounds["maxx"]) / 2, bounds["maxy"])
    return gpd.GeoSeries(top, index=frame.index, crs=frame.crs).where(drawn, None)


def _geographic(geometries: gpd.GeoSeries) -> list[dict[str, Any] | None]:
    """Write geometries as GeoJSON in WGS84; a missing or empty one is None, and is not drawn."""
    degrees = shapely.transform(
        shapely.force_2d(geometries.to_crs(_WGS84).to_numpy()), lambda xy: xy.round(_DECIMALS)
    )
    return [
        None if geometry is None or geometry.is_empty else shapely.geometry.mapping(geometry)
        for geometry in degrees
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")  # a year beside an empty cell comes as a float
    return str(value)
