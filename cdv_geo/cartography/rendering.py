"""One scene, four formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.cartography.interactive import render_page
from cdv_geo.cartography.printed import figure_bytes, render_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.cartography.printed import SheetFormat
    from cdv_geo.cartography.scene import Scene

_SHEET_FORMATS: Final[Mapping[str, SheetFormat]] = {".pdf": "pdf", ".png": "png", ".svg": "svg"}
SUFFIXES: Final = (".html", *_SHEET_FORMATS)


def render(scene: Scene, suffix: str) -> bytes:
    """Render a scene as a web page (`.html`) or a sheet (`.pdf`, `.png`, `.svg`)."""
    if suffix == ".html":
        return render_page(scene).encode("utf-8")
    return figure_bytes(render_sheet(scene), _SHEET_FORMATS[suffix], title=scene.title)
