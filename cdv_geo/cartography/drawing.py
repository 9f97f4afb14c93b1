"""Draw the layers of a scene with matplotlib: points, lines, areas, images, and their swatches."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.image import PcolorImage
from matplotlib.path import Path
from rasterio.crs import CRS
from rasterio.transform import from_bounds
from rasterio.warp import Resampling, reproject

from cdv_geo.cartography.typesetting import sized_font, text_width
from cdv_geo.visible_letters import isolated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import ClassedImage, Layer
    from cdv_geo.cartography.style import Marker, Style
    from cdv_geo.cartography.typesetting import Line, PlacedLine

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]

POINT, LINE, AREA = 0, 1, 2

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
_DASHES: Final = (0, (4.0, 2.0))
_HATCH: Final = "////"
# Cells of another CRS are turned on a grid this fine, in parts of a point: 150 dots per inch, so
# that the edge of a cell moves by less than a tenth of a millimetre.
_PARTS_PER_POINT: Final = 150 / 72
_NOTHING: Final = -1
# A line this strong without a fill must stand out from any colour below it: it has a white edge.
_CASED_FROM: Final = 1.5
_CASING: Final = 1.8  # how much wider than the line


def draw_layer(axes: Axes, layer: Layer, window: Window, zorder: float) -> None:
    """Draw a layer: its image first, then its features, the largest symbols first."""
    if layer.image is not None:
        _draw_image(axes, layer, layer.image, window, zorder)
    geometries = layer.features.geometry.to_numpy()
    for index, rows in _runs(layer):
        style = layer.classes[index].style
        draw_features(axes, geometries[rows], style, zorder, symbol_sizes(layer)[rows])


def symbol_sizes(layer: Layer) -> Floats:
    """Give the diameter of the symbol of each feature, in points."""
    if "size" in layer.features:
        return np.asarray(layer.features["size"], dtype=float)
    sizes = np.array([symbol.style.size for symbol in layer.classes], dtype=float)
    return np.asarray(sizes[np.asarray(layer.features["class_index"], dtype=int)])


def _runs(layer: Layer) -> Iterator[tuple[int, list[int]]]:
    """Give rows to draw together, in the order drawn: by class, or the largest symbols first."""
    class_index = layer.features["class_index"].to_numpy(dtype=int)
    key = -symbol_sizes(layer) if "size" in layer.features else class_index
    order = np.lexsort((class_index, key)).tolist()
    for index, rows in groupby(order, key=lambda row: int(class_index[row])):
        yield index, list(rows)


def _draw_image(
    axes: Axes, layer: Layer, image: ClassedImage, window: Window, zorder: float
) -> None:
    """Draw classed cells in their colours, without any smoothing between them."""
    class_index, (left, bottom, right, top) = image.class_index, image.bounds
    crs = layer.features.crs
    if crs is not None and CRS.from_user_input(image.crs) != CRS.from_user_input(crs):
        class_index, (left, bottom, right, top) = _turned(image, str(crs.to_wkt()), window)
    colours = [_fill(symbol.style) for symbol in layer.classes]
    clear = (1.0, 1.0, 1.0, 0.0)
    palette = np.array([*(clear if colour == "none" else colour for colour in colours), clear])
    # Position -1 is the last colour, which is clear.
    cells = (palette * 255).round().astype(np.uint8)[class_index]
    rows, columns = class_index.shape
    # Not `imshow`: it mixes, clips and colours every dot of a page, which takes a second.
    picture = PcolorImage(
        axes, np.linspace(left, right, columns + 1), np.linspace(top, bottom, rows + 1), cells
    )
    picture.set(zorder=zorder, clip_path=axes.patch)
    axes.add_image(picture)


def _turned(
    image: ClassedImage, crs: str, window: Window
) -> tuple[NDArray[np.int16], tuple[float, float, float, float]]:
    """Carry cells of another CRS to a fine grid of the window; each takes the nearest cell."""
    height, width = image.class_index.shape
    columns = round(window.box.width * _PARTS_PER_POINT)
    rows = round(window.box.height * _PARTS_PER_POINT)
    turned = np.full((rows, columns), _NOTHING, dtype=np.int16)
    reproject(
        image.class_index.astype(np.int16),
        turned,
        src_transform=from_bounds(*image.bounds, width, height),
        src_crs=image.crs,
        src_nodata=_NOTHING,
        dst_transform=from_bounds(*window.bounds, columns, rows),
        dst_crs=crs,
        dst_nodata=_NOTHING,
        resampling=Resampling.nearest,
    )
    return turned, window.bounds


def draw_features(
    axes: Axes, geometries: Geometries, style: Style, zorder: float, sizes: Floats
) -> None:
    """Draw points, lines and areas of one look, whatever collections they come in.

    Parameters
    ----------
    axes
        In the units of the geometries.
    geometries
        Of any kind.
    style
        Their look.
    zorder
        What is higher lies on top.
    sizes
        Diameter of the symbol of each geometry, in points.
    """
    parts, rows = _parts(geometries)
    dimensions = shapely.get_dimensions(parts)
    areas = [*shapely.get_rings(_areas(parts[dimensions == AREA], style))]
    if areas:
        _draw_path(axes, _compound(areas, closed=True), style, zorder)
    lines = [*parts[dimensions == LINE]]
    if lines:
        plain = replace(style, fill=None, hatched=False)
        _draw_path(axes, _compound(lines, closed=False), plain, zorder)
    is_point = dimensions == POINT
    if is_point.any():
        x, y = shapely.get_coordinates(parts[is_point]).T
        axes.scatter(
            x,
            y,
            s=sizes[rows[is_point]] ** 2,
            marker=_MARKERS[style.marker or "circle"],
            facecolors=_fill(style),
            edgecolors=style.stroke or "none",
            linewidths=style.stroke_width,
            zorder=zorder,
        )


def _parts(geometries: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """Take collections apart, down to single shapes, each with the row that it comes from."""
    parts, rows = shapely.get_parts(geometries, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    return parts, rows[inner]


def _areas(polygons: Geometries, style: Style) -> Geometries:
    """Turn outer rings one way and holes the other; merge neighbours that have no outline.

    Viewers of PDF show a hairline between two areas of one colour that share an edge.
    """
    if style.stroke is None:
        polygons = shapely.get_parts(shapely.union_all(polygons))
    turned: Geometries = shapely.orient_polygons(polygons)
    return turned


def _compound(lines: list[shapely.LineString], *, closed: bool) -> Path:
    """Make one path of many lines: it is drawn at once, and holes turn the other way round."""
    return Path.make_compound_path(
        *(Path(shapely.get_coordinates(line), closed=closed) for line in lines)
    )


def _draw_path(axes: Axes, path: Path, style: Style, zorder: float) -> None:
    """Draw outlines with their filling.

    Hatching is a collection of its own, without an outline: in a PDF the dashes of an outline
    would run on into the hatch.
    """
    look: dict[str, Any] = {"edgecolors": style.stroke or "none", "zorder": zorder}
    if style.hatched:
        hatching = PathCollection([path], facecolors="none", linewidths=0, hatch=_HATCH, **look)
        axes.add_collection(hatching, autolim=False)
    if style.fill is None and not style.hatched and style.stroke_width >= _CASED_FROM:
        casing = PathCollection(
            [path],
            facecolors="none",
            edgecolors="white",
            linewidths=style.stroke_width + _CASING,
            joinstyle="round",
            zorder=zorder,
        )
        axes.add_collection(casing, autolim=False)
    outlines = PathCollection(
        [path],
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


def draw_line(page: Axes, placed: PlacedLine) -> None:
    """Draw a line of text with what stands in its indent."""
    line = placed.line
    edge = placed.left + line.indent
    write(page, line, edge, placed.baseline)
    if line.mark:
        mark = replace(line, text=line.mark, face="bold")
        width = text_width(line.mark, line.size, "bold")
        write(page, mark, edge - 0.5 * line.size - width, placed.baseline)
    if line.style is not None:
        _draw_swatch(page, placed, line.style)


def _draw_swatch(page: Axes, placed: PlacedLine, style: Style) -> None:
    """Draw the sign of a legend line by the very function that draws the map."""
    size = placed.line.size
    right = placed.left + placed.line.indent - 0.8 * size
    low, high = placed.middle - 0.55 * size, placed.middle + 0.55 * size
    sign: BaseGeometry = shapely.box(placed.left, low, right, high)
    if style.marker is not None:
        sign = sign.centroid
    elif style.fill is None and not style.hatched:
        sign = shapely.LineString([(placed.left, placed.middle), (right, placed.middle)])
    draw_features(page, np.array([sign]), style, zorder=1, sizes=np.array([style.size]))


def write(page: Axes, line: Line, left: float, baseline: float) -> None:
    """Write one line of text as text, so that a PDF can be searched.

    Ligatures are left out: text is measured letter by letter, and each would be one more font in
    a PDF.
    """
    page.text(
        left,
        baseline,
        isolated(line.text),
        fontproperties=sized_font(line.face, line.size),
        fontfeatures=["-liga", "-dlig"],
        color=line.colour,
        zorder=4,
    )
