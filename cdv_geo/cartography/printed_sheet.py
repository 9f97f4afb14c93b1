"""The sheet of a scene: the map, and all that must be said beside it, as a document.

The typesetter says how much room the text leaves for the map; the map is drawn in it; the
typesetter sets both. Text has its size whatever there is to say: it takes more columns, then a
part of the map, then following pages.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Literal

from cdv_geo.cartography.map_legend import legend_content
from cdv_geo.cartography.printed_map import printed_map
from cdv_geo.cartography.sheet_scene import paper_scene
from cdv_geo.errors import RecipeError
from cdv_geo.french import map_texts, shared_texts
from cdv_geo.french.typography import NARROW_SPACE
from cdv_geo.typesetting.picture_titles import titled_png, titled_svg
from cdv_geo.typesetting.typst_setting import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdv_geo.cartography.printed_map import PrintedMap
    from cdv_geo.cartography.scene import Scene, TextList

SheetFormat = Literal["pdf", "png", "svg"]

# ISO 216, in points.
PAGES: Final = {
    "A4 landscape": (841.89, 595.276),
    "A4 portrait": (595.276, 841.89),
    "A3 landscape": (1190.551, 841.89),
    "A3 portrait": (841.89, 1190.551),
}
_TEXT_SIZE: Final = 8.0  # on A4; notes are seven eighths of it
_GUTTER: Final = 16.0
# Ways to share a page, the largest map first: columns of the page, and of them those of the map; or
# on an upright page, where the map lies above the text, its share of the height.
_LANDSCAPE: Final = ((4, 3, 0.0), (5, 3, 0.0))
_PORTRAIT: Final = ((3, 0, 0.62), (3, 0, 0.52), (3, 0, 0.42))
# A picture has the map page alone: no more letters of a list are set than a page could hold.
_MOST_IN_PICTURE: Final = 15_000

Content = dict[str, Any]


def render_sheet(scene: Scene, file_format: SheetFormat = "pdf") -> bytes:
    """Draw the sheet of a scene: a PDF of as many pages as it needs, or its map page as PNG or SVG.

    Raises
    ------
    RecipeError
        The page is unknown.
    OutputError
        typst refuses it.
    """
    return sheet_file(sheet_content(scene), file_format)


def sheet_file(sheet: Content, file_format: SheetFormat) -> bytes:
    """Write what `sheet_content` gave as a file: see `render_sheet`.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    title = sheet["title"].replace("\n", " ")
    if file_format == "pdf":
        return Setting("document", {"title": title, "parts": [sheet]}).pdf()
    content = {"title": title, "parts": [_map_page(sheet)], "picture": True}
    drawn = Setting("document", content).first_page(file_format)
    if file_format == "png":
        return titled_png(drawn, title)
    return titled_svg(drawn.decode("utf-8"), title).encode("utf-8")


def map_file(scene: Scene) -> bytes:
    """Give the map of a scene alone as SVG, as large as on its sheet, with its names as text.

    Raises
    ------
    RecipeError
        The page is unknown.
    """
    shown = paper_scene(scene)
    return _drawn(shown, _planned(_unmapped(shown))).file()


def sheet_content(scene: Scene) -> Content:
    """Give the sheet of a scene as the typesetter takes it.

    Raises
    ------
    RecipeError
        The page is unknown.
    OutputError
        typst refuses it.
    """
    shown = paper_scene(scene)
    planned = _planned(_unmapped(shown))
    drawn = _drawn(shown, planned)
    if drawn.unlabelled:  # which the page has to have room for, too
        planned = _planned(planned | {"unlabelled": drawn.unlabelled})
        drawn = _drawn(shown, planned)
    return planned | {"map": drawn.record(), "unlabelled": drawn.unlabelled}


def _planned(content: Content) -> Content:
    """Choose how the page is shared: as one page if it can be, else with the legend on the first.

    The map has the room that typst finds left for it.
    """
    holding = None
    for columns, map_columns, share in _ways(content):
        way = {"columns": columns, "map-columns": map_columns, "map-share": share}
        setting = Setting("document", {"title": content["title"], "parts": [content | way]})
        (frame,), (pages,), legend = map(setting.told, ("map-frame", "pages", "legend-page"))
        last = content | way | {"frame": frame}
        if pages == 1:
            return last
        if legend in ([], [1]):
            holding = holding or last
    return holding or last


def _ways(content: Content) -> tuple[tuple[int, int, float], ...]:
    return _LANDSCAPE if content["width"] > content["height"] else _PORTRAIT


def _drawn(scene: Scene, planned: Content) -> PrintedMap:
    frame = planned["frame"]
    return printed_map(scene, frame["width"], frame["height"], _scale(scene))


def _scale(scene: Scene) -> float:
    """Give how much larger text is than on A4."""
    return float((min(PAGES[scene.page]) / min(PAGES["A4 portrait"])) ** 0.5)


def _unmapped(scene: Scene) -> Content:
    """Give all of a sheet but its map.

    Raises
    ------
    RecipeError
        The page is unknown.
    """
    if scene.page not in PAGES:
        raise RecipeError(
            f"the page {scene.page!r} is unknown; accepted pages are {', '.join(PAGES)}"
        )
    width, height = PAGES[scene.page]
    return {
        "kind": "sheet",
        "title": scene.title,
        "subtitle": scene.subtitle,
        "width": width,
        "height": height,
        "size": _TEXT_SIZE * _scale(scene),
        "gutter": _GUTTER,
        "map": None,
        "legend": legend_content(scene),
        "lists": _lists(scene.lists),
        "unlabelled": (),
        "not-drawn": _lists(scene.not_drawn),
        "notes": scene.notes,
        "sources": scene.sources,
        "words": _WORDS,
    }


_WORDS: Final[Mapping[str, str]] = {
    "colon": f"{NARROW_SPACE}: ",
    "legend": map_texts.LEGEND,
    "continued": map_texts.CONTINUED,
    "on-page": map_texts.CONTINUED_ON_PAGE,
    "in-pdf": map_texts.CONTINUED_IN_PDF,
    "unlabelled": map_texts.UNLABELLED,
    "not-on-map": shared_texts.NOT_ON_MAP,
    "how-to-read": shared_texts.HOW_TO_READ_MAP,
    "sources": shared_texts.SOURCES,
}


def _lists(lists: Iterable[TextList]) -> list[Content]:
    return [{"heading": part.heading, "items": list(part.items)} for part in lists if part.items]


def _map_page(content: Content) -> Content:
    """Leave out what cannot be on the first page of many."""
    shorter = {
        name: [part | {"items": _first_page(part["items"])} for part in content[name]]
        for name in ("lists", "not-drawn")
    }
    return content | shorter


def _first_page(items: list[str]) -> list[str]:
    """Give so many items that a page cannot hold more."""
    letters = accumulate(len(item) for item in items)
    return [item for item, total in zip(items, letters, strict=True) if total <= _MOST_IN_PICTURE]
