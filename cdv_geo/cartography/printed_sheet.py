"""Draw a scene on a sheet of paper with matplotlib: PDF, PNG or SVG.

The map is drawn in metres; everything around it, and the names on it, in points of the page. No
global state of matplotlib is read or changed, so that a sheet looks the same in every program.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.style import context as style_context

from cdv_geo.cartography.drawing import draw_layer, draw_line
from cdv_geo.cartography.lettering import draw_names, obstacles, place_names
from cdv_geo.cartography.map_furniture import (
    arrange_furniture,
    draw_inset,
    draw_north,
    draw_scale_bar,
)
from cdv_geo.cartography.printed_extent import fit_window
from cdv_geo.cartography.scene import legible_scene, on_a_sheet
from cdv_geo.cartography.sheet_layout import plan_map, plan_sheet
from cdv_geo.cartography.typesetting import INK, paper_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes

    from cdv_geo.cartography.label_placement import PlacedLabel
    from cdv_geo.cartography.map_furniture import Furniture
    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import Scene
    from cdv_geo.cartography.sheet_layout import Plan

SheetFormat = Literal["pdf", "png", "svg"]

PNG_DPI: Final = 300

_POINTS_PER_INCH: Final = 72.0
_OUTSIDE: Final = "#ececea"
# matplotlib's defaults, whatever the program around has set, and what a sheet wants different:
# embedded TrueType fonts, and names with a dollar sign printed as they are. The PDF writer asks
# `ps.fonttype` how many characters go in one font.
_SETTINGS: Final[list[Any]] = [
    "default",
    {
        "hatch.linewidth": 0.8,
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "cdv_geo",
        "text.hinting": "none",
        "text.parse_math": False,
    },
]
# A page is mostly white: more effort makes a PNG hardly smaller, but slower.
_PNG_EFFORT: Final = 3


def render_sheets(scene: Scene, formats: Iterable[SheetFormat]) -> dict[SheetFormat, bytes]:
    """Draw the sheet of a scene once, and write it in several formats.

    Raises
    ------
    RecipeError
        When the page is unknown, or when the text cannot fit on it.
    """
    figure = render_sheet(scene)
    return {wanted: figure_bytes(figure, wanted, title=scene.title) for wanted in formats}


def render_sheet(scene: Scene) -> Figure:
    """Draw the sheet of a scene: the map, and all the text that belongs to it.

    Raises
    ------
    RecipeError
        When the page is unknown, or when the text cannot fit on it.
    """
    shown = legible_scene(on_a_sheet(scene), paper_letters())
    return _render(shown, partial(plan_sheet, shown))


def render_map(scene: Scene, width: float, height: float) -> Figure:
    """Draw the map of a scene with its legend below it, and no other text: a figure of a report.

    Parameters
    ----------
    scene
        What is drawn; its title, notes, lists and sources are for the report to set.
    width, height
        Of the figure, points.

    Raises
    ------
    RecipeError
        When the legend leaves no room for the map.
    """
    shown = legible_scene(on_a_sheet(scene), paper_letters())
    return _render(shown, partial(plan_map, shown, width, height))


def _render(scene: Scene, planned: Callable[[tuple[str, ...]], Plan]) -> Figure:
    """Plan a page and draw it.

    Names that find no room on the map are named below it, which makes the map a little lower; so
    the page is planned again until every remaining name has its place.
    """
    with style_context(_SETTINGS):
        unlabelled: tuple[str, ...] = ()
        while True:
            plan = planned(tuple(name.split("\n")[0] for name in unlabelled))
            window = fit_window(scene.extent, plan.map_box)
            features = obstacles(scene, window)
            furniture = arrange_furniture(scene.inset, plan, window, features)
            labels, missed = place_names(
                scene,
                window,
                plan.scale,
                unlabelled=unlabelled,
                blocked=furniture.on_map(plan.map_box),
                avoided=features,
            )
            if not missed:
                return _draw(scene, plan, window, furniture, labels)
            unlabelled += missed


def figure_bytes(figure: Figure, file_format: SheetFormat, *, title: str) -> bytes:
    """Write a sheet to bytes, the same ones for the same sheet.

    Parameters
    ----------
    figure
        What `render_sheet` drew.
    file_format
        PDF and SVG are vectors with their fonts; PNG has 300 dots per inch.
    title
        Title in the properties of the document.
    """
    title = paper_letters()(title).replace("\n", " ")
    metadata: dict[SheetFormat, dict[str, Any]] = {
        "pdf": {"Title": title, "Creator": "cdv_geo", "CreationDate": None},
        "png": {"Title": title, "Software": "cdv_geo"},
        "svg": {"Title": title, "Creator": "cdv_geo", "Date": None, "Language": "fr"},
    }
    options: dict[str, Any] = {"metadata": metadata[file_format]}
    if file_format == "png":
        options["pil_kwargs"] = {"compress_level": _PNG_EFFORT}
    stream = BytesIO()
    with style_context(_SETTINGS):
        figure.savefig(stream, format=file_format, dpi=PNG_DPI, facecolor="white", **options)
    return stream.getvalue()


def _draw(
    scene: Scene,
    plan: Plan,
    window: Window,
    furniture: Furniture,
    labels: Sequence[PlacedLabel],
) -> Figure:
    """Put everything on the page, the map first."""
    size = plan.width / _POINTS_PER_INCH, plan.height / _POINTS_PER_INCH
    figure = Figure(figsize=size, dpi=PNG_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = _map_axes(figure, plan, window)
    for zorder, layer in enumerate(scene.layers, start=1):
        draw_layer(axes, layer, window, zorder)
    page = _page_axes(figure, plan)
    draw_north(page, furniture.north)
    draw_scale_bar(page, furniture.scale_bar, window)
    if scene.inset is not None and furniture.inset is not None:
        draw_inset(page, scene.inset, furniture.inset, window, plan)
    draw_names(page, labels, plan.scale)
    for placed in plan.lines:
        draw_line(page, placed)
    return figure


def _map_axes(figure: Figure, plan: Plan, window: Window) -> Axes:
    """Make the map frame, in metres."""
    box = plan.map_box
    left, bottom, right, top = window.bounds
    axes = figure.add_axes(
        (
            box.left / plan.width,
            box.bottom / plan.height,
            box.width / plan.width,
            box.height / plan.height,
        ),
        facecolor=_OUTSIDE,
        xticks=[],
        yticks=[],
        xlim=(left, right),
        ylim=(bottom, top),
        aspect="equal",
    )
    for spine in axes.spines.values():
        spine.set(color=INK, linewidth=0.7)
    return axes


def _page_axes(figure: Figure, plan: Plan) -> Axes:
    """Make a layer over the whole page, in points, for text and furniture."""
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, plan.width), ylim=(0, plan.height))
    axes.set(xticks=[], yticks=[])
    axes.set_axis_off()
    return axes
