"""Draw a scene on a sheet of paper with matplotlib: PDF, PNG or SVG.

The map is drawn in metres; everything around it, and the names on it, in points of the page. No
global state of matplotlib is read or changed, so that a sheet looks the same in every program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.style import context as style_context
from matplotlib.textpath import TextPath
from matplotlib_scalebar.scalebar import ScaleBar

from cdv_geo.cartography.labels import Label, PlacedLabel, place_labels
from cdv_geo.cartography.layout import (
    DESCENT,
    INK,
    PITCH,
    QUIET_INK,
    Block,
    Box,
    Face,
    Line,
    PlacedLine,
    Plan,
    font,
    font_file,
    plan_sheet,
    printable,
    text_width,
)
from cdv_geo.vocabulary import NARROW_SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.scene import LabelRole, Layer, Scene
    from cdv_geo.cartography.style import Marker, Style

    Geometries = NDArray[np.object_]

SheetFormat = Literal["pdf", "png", "svg"]

PNG_DPI: Final = 200

_POINTS_PER_INCH: Final = 72.0
_OUTSIDE: Final = "#ececea"
_MARKERS: Final[dict[Marker, str | tuple[int, Literal[1], int]]] = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "triangle-down": "v",
    "pentagon": "p",
    "star": "*",
    "hexagon": "h",
    "cross": (4, 1, 0),  # a star of four points
}
_POINT, _LINE, _AREA = 0, 1, 2
_DASHES: Final = (0, (4.0, 2.0))
_HATCH: Final = "////"
_HALO_WIDTH: Final = 2.2
_QUARTIER_SIZE: Final = 7.2
_COMMUNE_SIZE: Final = 6.8
# Labels are placed against shapes simplified to half a point, which the eye does not see.
_SIMPLIFY: Final = 0.5
# Share of the extent left free on each side, and the least side of a map, in metres: a map of one
# point has no extent.
_AIR: Final = 0.03
_LEAST_SIDE: Final = 200.0
_SCALE_BAR_SHARE: Final = 0.2
# matplotlib's defaults, whatever the program around has set, and what a sheet wants different:
# embedded TrueType fonts, and names with a dollar sign printed as they are.
_SETTINGS: Final[list[Any]] = [
    "default",
    {
        "hatch.linewidth": 0.8,
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "cdv_geo",
        "text.parse_math": False,
    },
]


@dataclass(frozen=True)
class _Window:
    """The part of the country that the map box shows: `left` and `bottom` in metres."""

    box: Box
    left: float
    bottom: float
    points_per_metre: float

    def to_page(self, geometries: Geometries) -> Geometries:
        """Carry geometries from metres to points of the page."""
        origin = np.array([self.left, self.bottom])
        corner = np.array([self.box.left, self.box.bottom])
        moved: Geometries = shapely.transform(
            geometries, lambda xy: (xy - origin) * self.points_per_metre + corner
        )
        return moved


def render_sheet(scene: Scene) -> Figure:
    """Draw the sheet of a scene.

    Names that find no room on the map are named below it, which makes the map a little lower; so
    the sheet is planned again until every remaining name has its place.

    Raises
    ------
    RecipeError
        When the page is unknown, or when the text cannot fit on it.
    """
    with style_context(_SETTINGS):
        unlabelled: tuple[str, ...] = ()
        while True:
            plan = plan_sheet(scene, tuple(name.split("\n")[0] for name in unlabelled))
            window = _window(scene.extent, plan.map_box)
            labels, missed = _place_names(scene, plan, window, unlabelled)
            if not missed:
                return _draw(scene, plan, window, labels)
            unlabelled += missed


def figure_bytes(figure: Figure, file_format: SheetFormat, *, title: str) -> bytes:
    """Write a sheet to bytes, the same ones for the same sheet.

    Parameters
    ----------
    figure
        What `render_sheet` drew.
    file_format
        PDF and SVG are vectors with their fonts; PNG has 200 dots per inch.
    title
        Title in the properties of the document.
    """
    metadata: dict[SheetFormat, dict[str, Any]] = {
        "pdf": {"Title": title, "Creator": "cdv_geo", "CreationDate": None},
        "png": {"Title": title, "Software": "cdv_geo"},
        "svg": {"Title": title, "Creator": "cdv_geo", "Date": None, "Language": "fr"},
    }
    stream = BytesIO()
    with style_context(_SETTINGS):
        figure.savefig(
            stream,
            format=file_format,
            dpi=PNG_DPI,
            facecolor="white",
            metadata=metadata[file_format],
        )
    return stream.getvalue()


def _window(extent: tuple[float, float, float, float], box: Box) -> _Window:
    """Widen the extent to the shape of the box, with some air around it."""
    xmin, ymin, xmax, ymax = extent
    width = max(xmax - xmin, _LEAST_SIDE) * (1 + 2 * _AIR)
    height = max(ymax - ymin, _LEAST_SIDE) * (1 + 2 * _AIR)
    scale = min(box.width / width, box.height / height)
    left = (xmin + xmax) / 2 - box.width / scale / 2
    bottom = (ymin + ymax) / 2 - box.height / scale / 2
    return _Window(box, left, bottom, scale)


def _draw(scene: Scene, plan: Plan, window: _Window, labels: Sequence[PlacedLabel]) -> Figure:
    """Put everything on the page, the map first."""
    size = plan.width / _POINTS_PER_INCH, plan.height / _POINTS_PER_INCH
    figure = Figure(figsize=size, dpi=PNG_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _draw_map(_map_axes(figure, plan, window), scene)
    page = _page_axes(figure, plan)
    _draw_north(page, _north_box(plan.map_box))
    _draw_labels(page, labels, plan.scale)
    for placed in plan.lines:
        _write(page, placed.line, placed.left + placed.line.indent, placed.baseline)
        if placed.line.style is not None:
            _draw_swatch(page, placed, placed.line.style)
    return figure


def _map_axes(figure: Figure, plan: Plan, window: _Window) -> Axes:
    """Make the map frame, in metres."""
    box = plan.map_box
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
        xlim=(window.left, window.left + box.width / window.points_per_metre),
        ylim=(window.bottom, window.bottom + box.height / window.points_per_metre),
        aspect="equal",
    )
    for spine in axes.spines.values():
        spine.set(color=INK, linewidth=0.8)
    return axes


def _page_axes(figure: Figure, plan: Plan) -> Axes:
    """Make a layer over the whole page, in points, for text and furniture."""
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, plan.width), ylim=(0, plan.height))
    axes.set(xticks=[], yticks=[])
    axes.set_axis_off()
    return axes


def _draw_map(axes: Axes, scene: Scene) -> None:
    """Draw the layers from bottom to top, then the scale bar."""
    for zorder, layer in enumerate(scene.layers, start=1):
        geometries = layer.features.geometry.to_numpy()
        class_index = layer.features["class_index"].to_numpy()
        for index, symbol in enumerate(layer.classes):
            _draw_features(axes, geometries[class_index == index], symbol.style, zorder)
    axes.add_artist(
        ScaleBar(
            1,
            location="lower right",
            length_fraction=_SCALE_BAR_SHARE,
            width_fraction=0.004,
            border_pad=0.9,
            pad=0.45,
            sep=3,
            color=INK,
            box_color="white",
            box_alpha=0.8,
            scale_formatter=_distance,
            font_properties={"fname": font_file("regular"), "size": 7.5},
        )
    )


def _distance(value: float, unit: str) -> str:
    """Write a distance the French way."""
    return f"{value:g}{NARROW_SPACE}{unit}".replace(".", ",")


def _draw_features(axes: Axes, geometries: Geometries, style: Style, zorder: float) -> None:
    """Draw points, lines and areas of one look, whatever collections they come in."""
    parts = shapely.get_parts(shapely.get_parts(geometries))
    dimensions = shapely.get_dimensions(parts)
    areas = [_area_path(area) for area in _areas(parts[dimensions == _AREA], style)]
    lines = [Path(shapely.get_coordinates(line)) for line in parts[dimensions == _LINE]]
    if areas:
        _draw_paths(axes, areas, style, zorder)
    if lines:
        _draw_paths(axes, lines, replace(style, fill=None, hatched=False), zorder)
    points = shapely.get_coordinates(parts[dimensions == _POINT])
    if len(points):
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=style.size**2,
            marker=_MARKERS[style.marker or "circle"],
            facecolors=_fill(style),
            edgecolors=style.stroke or "none",
            linewidths=style.stroke_width,
            zorder=zorder,
        )


def _areas(polygons: Geometries, style: Style) -> Geometries:
    """Turn outer rings one way and holes the other; merge neighbours that have no outline.

    Viewers of PDF show a hairline between two areas of one colour that share an edge.
    """
    if style.stroke is None:
        polygons = shapely.get_parts(shapely.union_all(polygons))
    turned: Geometries = shapely.orient_polygons(polygons)
    return turned


def _area_path(area: BaseGeometry) -> Path:
    """Make one path of a polygon with its holes, which turn the other way round."""
    rings = shapely.get_rings(area)
    return Path.make_compound_path(
        *(Path(shapely.get_coordinates(ring), closed=True) for ring in rings)
    )


def _draw_paths(axes: Axes, paths: list[Path], style: Style, zorder: float) -> None:
    """Draw outlines with their filling.

    Hatching is a collection of its own, without an outline: in a PDF the dashes of an outline
    would run on into the hatch.
    """
    look: dict[str, Any] = {"edgecolors": style.stroke or "none", "zorder": zorder}
    if style.hatched:
        hatching = PathCollection(paths, facecolors="none", linewidths=0, hatch=_HATCH, **look)
        axes.add_collection(hatching, autolim=False)
    outlines = PathCollection(
        paths,
        facecolors=_fill(style),
        linewidths=style.stroke_width,
        linestyles=[_DASHES if style.dashed else "solid"],
        joinstyle="round",
        **look,
    )
    axes.add_collection(outlines, autolim=False)


def _fill(style: Style) -> tuple[float, float, float, float] | Literal["none"]:
    """Give the colour inside the outline; hatching takes its place."""
    if style.fill is None or style.hatched:
        return "none"
    return to_rgba(style.fill, style.fill_opacity)


def _draw_swatch(page: Axes, placed: PlacedLine, style: Style) -> None:
    """Draw the sign of a legend line by the very function that draws the map."""
    size = placed.line.size
    right = placed.left + placed.line.indent - 0.8 * size
    low, high = placed.middle - 0.6 * size, placed.middle + 0.6 * size
    sign: BaseGeometry = shapely.box(placed.left, low, right, high)
    if style.marker is not None:
        sign = sign.centroid
    elif style.fill is None and not style.hatched:
        sign = shapely.LineString([(placed.left, placed.middle), (right, placed.middle)])
    _draw_features(page, np.array([sign]), style, zorder=1)


def _north_box(box: Box) -> Box:
    """Give the room of the north arrow, in the upper right corner of the map."""
    width, height = 16.0, 34.0
    return Box(box.right - width - 8, box.top - height - 8, width, height)


def _draw_north(page: Axes, box: Box) -> None:
    """Draw a slim arrow below an N, on the pale ground that the scale bar has too."""
    corner, width, height = (box.left - 2, box.bottom - 4), box.width + 4, box.height + 6
    ground = Rectangle(corner, width, height, facecolor="white", alpha=0.8, linewidth=0, zorder=2)
    page.add_patch(ground)
    middle = box.left + box.width / 2
    tip, foot, notch = box.top - 13, box.bottom, box.bottom + 5
    for side, colour in ((-5.5, INK), (5.5, "white")):
        corners = [(middle, tip), (middle + side, foot), (middle, notch)]
        page.add_patch(Polygon(corners, facecolor=colour, edgecolor=INK, linewidth=0.7, zorder=3))
    letter = Line("N", 9.0, 9.0 * PITCH, "bold")
    _write(page, letter, middle - text_width("N", 9.0, "bold") / 2, tip + 3.5)


def _scale_bar_box(box: Box) -> Box:
    """Give the room that the scale bar may need, in the lower right corner of the map."""
    width = _SCALE_BAR_SHARE * box.width + 24
    return Box(box.right - width, box.bottom, width, 32.0)


def _place_names(
    scene: Scene, plan: Plan, window: _Window, unlabelled: Sequence[str]
) -> tuple[tuple[PlacedLabel, ...], tuple[str, ...]]:
    """Place the names of the quartiers, then those of the communes; give those without room."""
    labels = []
    symbols: list[BaseGeometry] = []
    for layer in scene.layers:
        footprints = _footprints(layer, window)
        symbols += footprints[shapely.get_dimensions(layer.features.geometry) == _POINT].tolist()
        labels += [
            _label(text, footprint, layer.label_role, plan.scale)
            for text, footprint in zip(layer.features["label"], footprints, strict=True)
            if text and text not in unlabelled and not footprint.is_empty
        ]
    labels.sort(key=lambda label: label.spreads)
    box = window.box
    placed, missed = place_labels(
        labels,
        frame=(box.left + 2, box.bottom + 2, box.right - 2, box.top - 2),
        blocked=[corner.polygon for corner in (_north_box(box), _scale_bar_box(box))],
        avoided=symbols,
    )
    return placed, tuple(dict.fromkeys(label.text for label in missed))


def _label(text: str, footprint: BaseGeometry, role: LabelRole, scale: float) -> Label:
    """Measure a name, with white space for its halo."""
    lines = _label_lines(text, role, scale)
    width = max(text_width(line.text, line.size, line.face) for line in lines) + 2 * _HALO_WIDTH
    height = sum(line.height for line in lines) + _HALO_WIDTH
    return Label(text, footprint, width, height, spreads=role == "commune")


def _role(label: Label) -> LabelRole:
    return "commune" if label.spreads else "quartier"


def _footprints(layer: Layer, window: _Window) -> Geometries:
    """Give what each feature covers of the map, in points; a point covers its symbol's square."""
    shapes = window.to_page(layer.features.geometry.to_numpy())
    sizes = np.array([symbol.style.size for symbol in layer.classes])
    is_point = shapely.get_dimensions(shapes) == _POINT
    radii = sizes[layer.features["class_index"].to_numpy()[is_point]] / 2
    shapes[is_point] = shapely.buffer(shapes[is_point], radii, cap_style="square")
    visible: Geometries = shapely.intersection(
        shapely.simplify(shapes, _SIMPLIFY), window.box.polygon
    )
    return visible


def _label_lines(text: str, role: LabelRole, scale: float) -> Block:
    """Set a name: bold for a quartier, its figures below it, quiet capitals for a commune."""
    first, *others = printable(text).split("\n")
    if role == "commune":
        size = _COMMUNE_SIZE * scale
        capitals = [line.upper() for line in (first, *others)]
        return tuple(Line(line, size, PITCH * size, "italic", QUIET_INK) for line in capitals)
    size = _QUARTIER_SIZE * scale
    return (
        Line(first, size, PITCH * size, "bold"),
        *(Line(line, size, PITCH * size) for line in others),
    )


def _draw_labels(page: Axes, labels: Sequence[PlacedLabel], scale: float) -> None:
    """Draw the names over a white halo, with their leader lines."""
    halos = []
    for placed in labels:
        if placed.leader is not None:
            page.plot(*placed.leader.xy, color=INK, linewidth=0.6, zorder=2)
        xmin, _, xmax, top = placed.box.bounds
        top -= _HALO_WIDTH / 2
        for line in _label_lines(placed.label.text, _role(placed.label), scale):
            left = (xmin + xmax - text_width(line.text, line.size, line.face)) / 2
            baseline = top - line.height + DESCENT * line.size
            prop = font(line.face)
            halos.append(TextPath((left, baseline), line.text, size=line.size, prop=prop))
            _write(page, line, left, baseline)
            top -= line.height
    halo = PathCollection(
        halos,
        facecolors="white",
        edgecolors="white",
        linewidths=_HALO_WIDTH,
        joinstyle="round",
        zorder=3,
    )
    page.add_collection(halo, autolim=False)


def _write(page: Axes, line: Line, left: float, baseline: float) -> None:
    """Write one line of text as text, so that a PDF can be searched."""
    page.text(
        left,
        baseline,
        line.text,
        fontproperties=_sized_font(line.face, line.size),
        color=line.colour,
        zorder=4,
    )


def _sized_font(face: Face, size: float) -> FontProperties:
    """Give a copy of a font in a size in points."""
    sized = font(face).copy()
    sized.set_size(size)
    return sized
