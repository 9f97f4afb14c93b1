"""One scene, four formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.cartography.printed_sheet import map_file, render_sheet
from cdv_geo.cartography.scene import legible_scene
from cdv_geo.cartography.sheet_scene import on_a_sheet
from cdv_geo.cartography.web_page import render_page
from cdv_geo.typesetting.fonts import paper_letters
from cdv_geo.visible_letters import Letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.cartography.printed_sheet import SheetFormat
    from cdv_geo.cartography.scene import Scene

PAGE: Final = ".html"
_SHEET_FORMATS: Final[Mapping[str, SheetFormat]] = {".pdf": "pdf", ".png": "png", ".svg": "svg"}
SUFFIXES: Final = (PAGE, *_SHEET_FORMATS)


def render_scene(scene: Scene, suffix: str, *, basemap: bool = False, body: bool = False) -> bytes:
    """Render a scene as a web page (`.html`) or a sheet (`.pdf`, `.png`, `.svg`).

    Parameters
    ----------
    scene
        What is drawn.
    suffix
        One of `SUFFIXES`.
    basemap
        Whether a page may fetch the map of IGN, from the network, to lie under its layers. A
        sheet has none.
    body
        Whether the SVG holds the map alone, with its names as text, for a designer.
    """
    if body:
        return map_file(scene)
    if suffix == PAGE:
        return render_page(scene, basemap=basemap).encode("utf-8")
    return render_sheet(scene, _SHEET_FORMATS[suffix])


def unshown_in_scene(scene: Scene, suffix: str) -> dict[str, str]:
    """Give the characters that `render` replaces, each with a text that holds it.

    Parameters
    ----------
    scene, suffix
        As for `render`.
    """
    letters = Letters() if suffix == PAGE else paper_letters()
    legible_scene(scene if suffix == PAGE else on_a_sheet(scene), letters)
    return letters.replaced
