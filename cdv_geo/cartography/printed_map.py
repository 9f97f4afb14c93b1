"""The map of a scene for paper: its body as SVG, its names and its furniture in their places.

The typesetter puts the names on the body and everything else around it; without it, the map alone
is a file for a designer, in which names are text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from cdv_geo.cartography.map_furniture import arrange_furniture, draw_inset, scale_bar_texts
from cdv_geo.cartography.map_layers import draw_layers
from cdv_geo.cartography.map_legend import legend_said
from cdv_geo.cartography.map_names import INK, name_record, obstacles, place_names
from cdv_geo.cartography.printed_extent import fit_window
from cdv_geo.cartography.svg_drawing import Canvas
from cdv_geo.french.map_texts import INSET_ALTERNATIVE, map_alternative
from cdv_geo.typesetting.fonts import FAMILY
from cdv_geo.typesetting.picture_titles import titled_svg
from cdv_geo.typesetting.typst_setting import Setting

if TYPE_CHECKING:
    from cdv_geo.cartography.map_furniture import Furniture
    from cdv_geo.cartography.map_names import MapName
    from cdv_geo.cartography.printed_extent import Box, Window
    from cdv_geo.cartography.scene import Scene

_OUTSIDE: Final = "#ececea"
_LEADER_WIDTH: Final = 0.5
_FACES: Final = {"regular": "", "bold": ' font-weight="bold"', "italic": ' font-style="italic"'}


@dataclass(frozen=True)
class PrintedMap:
    """A map of a size.

    Parameters
    ----------
    scene
        What it shows.
    window
        The part of the country, and the size.
    names
        In the order read: of the quartiers, numbers, of the communes.
    unlabelled
        Names that found no room.
    furniture
        Where it stands.
    """

    scene: Scene
    window: Window
    names: tuple[MapName, ...]
    unlabelled: tuple[str, ...]
    furniture: Furniture

    def record(self) -> dict[str, Any]:
        """Give the map as the typesetter takes it, described in words by its legend."""
        furniture, height = self.furniture, self.window.height
        names = [name_record(name, height) for name in self.names]
        return {
            "width": self.window.width,
            "height": height,
            "alternative": map_alternative(self.scene.title, legend_said(self.scene)),
            "body": self._canvas.document(self._layers(), _OUTSIDE),
            "halos": self._halos(names),
            "names": names,
            "north": _spot(furniture.north, height),
            "scale-bar": self._scale_bar(),
            "inset": self._inset(),
        }

    @property
    def _canvas(self) -> Canvas:
        return Canvas(self.window.width, self.window.height)

    def _layers(self) -> str:
        return draw_layers(self.scene.layers, self.window)

    def _halos(self, names: list[dict[str, Any]]) -> str:
        """Draw what lies below the names: leaders, and letters with white edges."""
        if not names:  # typst would end an empty picture where it begins
            return self._canvas.document("")
        content = {
            "title": self.scene.title,
            "width": self.window.width,
            "height": self.window.height,
            "names": names,
        }
        svg = Setting("halos", content).first_page("svg").decode("utf-8")
        inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
        return self._canvas.document(self._leaders() + inner)

    def _leaders(self) -> str:
        return "".join(
            self._canvas.line(name.leader, INK, _LEADER_WIDTH)
            for name in self.names
            if name.leader is not None
        )

    def _scale_bar(self) -> dict[str, Any]:
        bar, texts = self.furniture.scale_bar, scale_bar_texts(self.window)
        size = {"width": bar.width, "height": bar.height, "length": texts[1][0], "texts": texts}
        return _spot(bar, self.window.height) | size

    def _inset(self) -> dict[str, Any] | None:
        inset, box = self.scene.inset, self.furniture.inset
        if inset is None or box is None:
            return None
        svg, width = draw_inset(inset, self.window)
        told = {"title": inset.title, "alternative": INSET_ALTERNATIVE, "body": svg, "width": width}
        return _spot(box, self.window.height) | told

    def file(self) -> bytes:
        """Give the map alone as an SVG file with its names as text, for a designer."""
        texts = "".join(map(self._text, self.names))
        look = (
            f'font-family="{FAMILY}" text-anchor="middle" stroke="#ffffff" stroke-width="2.4" '
            'stroke-linejoin="round" paint-order="stroke"'
        )
        parts = self._layers() + self._leaders()
        svg = self._canvas.document(f"{parts}<g {look}>{texts}</g>", _OUTSIDE)
        return titled_svg(svg, self.scene.title.replace("\n", " ")).encode("utf-8")

    def _text(self, name: MapName) -> str:
        top = self.window.height - name.baseline
        lines = "".join(
            f'<tspan x="{name.middle:.2f}" y="{top + number * name.pitch:.2f}"{_FACES[line.face]}>'
            f"{escape(line.text)}</tspan>"
            for number, line in enumerate(name.lines)
        )
        return f'<text font-size="{name.size:g}" fill="{name.colour}">{lines}</text>'


def printed_map(scene: Scene, width: float, height: float, scale: float) -> PrintedMap:
    """Put a scene on a map of a size.

    Parameters
    ----------
    scene
        With all its text as it can be set.
    width, height
        Points.
    scale
        How much larger text is than on A4.
    """
    window = fit_window(scene.extent, width, height)
    features = obstacles(scene, window)
    furniture = arrange_furniture(scene.inset, window, features)
    names, unlabelled = place_names(
        scene, window, scale, blocked=furniture.shapes, avoided=features
    )
    return PrintedMap(scene, window, names, unlabelled, furniture)


def _spot(box: Box, height: float) -> dict[str, float]:
    """Give the upper left corner of a box, from that of the map."""
    return {"x": box.left, "y": height - box.top}
