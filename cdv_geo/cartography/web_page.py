"""A scene as one web page that needs nothing else: no network, no server, no other file.

folium makes the map, `page/page.html` is the document around it, and the scripts beside it draw
the layers, the legend, the cards and the tables. Python and the scripts meet in a few calls whose
arguments are JSON (see `page_data`), and every text is written by `textContent`: folium's own
popups, tooltips and layer names would run HTML found in the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import Figure, MacroElement
from folium.template import Template

from cdv_geo.cartography.inlined_assets import (
    content_security_policy,
    inert_json,
    leaflet_script,
    leaflet_style,
    page_asset,
    page_scripts,
)
from cdv_geo.cartography.scene import legible_scene
from cdv_geo.cartography.web_page_data import (
    geographic_bounds,
    layer_data,
    outlines_for_screen,
    subjects_data,
    texts_data,
)
from cdv_geo.visible_letters import Letters

if TYPE_CHECKING:
    from cdv_geo.cartography.scene import Scene

_STYLES: Final = ("page.css", "map.css", "print.css")

# Plan IGN by the WMTS of the Géoplateforme: no key, no account. Its tiles answer pages that were
# opened from a folder, which those of OpenStreetMap refuse.
_BASEMAP_HOST: Final = "https://data.geopf.fr"
_BASEMAP: Final = {
    "url": (
        f"{_BASEMAP_HOST}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png"
        "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    ),
}


def render_page(scene: Scene, *, basemap: bool = False) -> str:
    """Make one self-contained HTML page of a scene; the same scene gives the same bytes.

    Parameters
    ----------
    scene
        With at least one layer; all layers in one metric CRS.
    basemap
        True to lay the online Plan IGN under the layers. Only then does the page ask anything of
        the network: tiles of the place that the reader looks at, which tells IGN what that is.

    Returns
    -------
    str
        The page, in French, to be written as UTF-8.
    """
    scene = legible_scene(scene, Letters())
    page = _Page(title=scene.title)
    page.image_hosts = (_BASEMAP_HOST,) if basemap else ()
    drawn, moved = outlines_for_screen(scene)
    # The texts come first: they set the height of the head of the page, and so that of the map.
    page.add_child(_Call(0, "cdv.addText", texts_data(scene, moved=moved)))
    page_map = _Map(tiles=None, zoom_control=False, zoom_snap=0.1, zoom_delta=0.5)
    page.add_child(page_map)
    page_map.fit_bounds(geographic_bounds(scene))
    calls = [
        ("cdv.addSubjects", subjects_data(scene)),
        *(("cdv.addLayer", layer_data(layer)) for layer in drawn),
        ("cdv.start", _BASEMAP if basemap else None),
    ]
    for number, (function, argument) in enumerate(calls, start=1):
        page_map.add_child(_Call(number, function, argument))
    return page.render()


class _Page(Figure):
    """The document around the map: French, zoomable, with landmarks and a content policy."""

    _template = Template(page_asset("page.html"))
    image_hosts: tuple[str, ...] = ()

    def render(self, **kwargs: object) -> str:
        """Render the children, then the document around them, with a hash of each script."""
        for child in self._children.values():
            child.render(**kwargs)
        scripts = (leaflet_script(), *page_scripts(), self.script.render())
        styles = (leaflet_style(), *map(page_asset, _STYLES))
        policy = content_security_policy(scripts, styles, self.image_hosts)
        document = self._template.render(this=self, scripts=scripts, styles=styles, policy=policy)
        return str(document)


class _Map(folium.Map):
    """A folium map without the stock template, which locks the zoom and loads ten files."""

    _template = Template("""
{% macro html(this, kwargs) %}
<div id="{{ this.get_name() }}" role="region" aria-label="Carte" aria-describedby="map-help"></div>
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
    """One call of a function of the scripts, with a block of JSON as its argument."""

    _template = Template("""
{% macro html(this, kwargs) %}
<script type="application/json" id="{{ this.block }}">{{ this.argument }}</script>
{% endmacro %}
{% macro script(this, kwargs) %}{{ this.function }}(cdv.dom.data("{{ this.block }}"));{% endmacro %}
""")

    def __init__(self, number: int, function: str, argument: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.block = f"data-{number}"
        self.function = function
        self.argument = inert_json(argument)
