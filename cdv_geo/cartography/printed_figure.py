"""The map of a scene as a figure of a report: its legend stands below it, and no other text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdv_geo.cartography.map_legend import legend_content
from cdv_geo.cartography.printed_map import printed_map
from cdv_geo.cartography.sheet_scene import paper_scene
from cdv_geo.french import map_texts
from cdv_geo.typesetting.picture_titles import titled_png
from cdv_geo.typesetting.typst_setting import Setting

if TYPE_CHECKING:
    from cdv_geo.cartography.scene import Scene


def figure_content(scene: Scene, width: float, height: float) -> dict[str, Any]:
    """Give a figure as the typesetter takes it.

    Parameters
    ----------
    scene
        What is drawn; its title, notes, lists and sources are for the report to set.
    width, height
        Of the figure, points. It is higher where the legend would leave less than half of that.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    shown = paper_scene(scene)
    bare = {
        "title": shown.title.replace("\n", " "),
        "width": width,
        "height": height,
        "legend": legend_content(shown),
        "unlabelled": "",
        "map": None,
    }
    (frame,) = Setting("figure", bare).told("map-frame")
    drawn = printed_map(shown, frame["width"], frame["height"], 1.0)
    return bare | {"map": drawn.record(), "unlabelled": map_texts.unlabelled(drawn.unlabelled)}


def figure_png(content: dict[str, Any]) -> bytes:
    """Give a figure in dots, 300 to the inch, with its title.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    return titled_png(Setting("figure", content).first_page("png"), content["title"])
