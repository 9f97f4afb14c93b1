"""Draw the layers of a scene as SVG."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from rasterio.crs import CRS
from rasterio.transform import from_bounds
from rasterio.warp import Resampling, reproject

from cdv_geo.cartography.raster_overlay import png_of_classes
from cdv_geo.cartography.svg_drawing import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import ClassedImage, Layer

    Floats = NDArray[np.float64]

# Cells of another CRS are turned on a grid this fine, in parts of a point: 150 dots per inch, so
# that the edge of a cell moves by less than a tenth of a millimetre.
_PARTS_PER_POINT: Final = 150 / 72
_NOTHING: Final = -1


def draw_layers(layers: tuple[Layer, ...], window: Window) -> str:
    """Draw layers from bottom to top, and give the parts of an SVG file."""
    canvas = Canvas(window.width, window.height)
    return "".join(part for layer in layers for part in _layer_parts(layer, canvas, window))


def _layer_parts(layer: Layer, canvas: Canvas, window: Window) -> Iterator[str]:
    if layer.image is not None:
        yield _image(layer, layer.image, canvas, window)
    geometries = window.to_map(layer.features.geometry.to_numpy())
    seen = shapely.intersects(geometries, window.frame.buffer(_widest(layer)))
    sizes = symbol_sizes(layer)
    for index, rows in _runs(layer, sizes):
        drawn = [row for row in rows if seen[row]]
        if drawn:
            yield canvas.features(geometries[drawn], layer.classes[index].style, sizes[drawn])


def _widest(layer: Layer) -> float:
    """Give how far from its place a feature is seen at most."""
    return max([0.0, *(s.style.size + s.style.stroke_width for s in layer.classes)])


def symbol_sizes(layer: Layer) -> Floats:
    """Give the diameter of the symbol of each feature, in points."""
    if "size" in layer.features:
        return np.asarray(layer.features["size"], dtype=float)
    sizes = np.array([symbol.style.size for symbol in layer.classes], dtype=float)
    return np.asarray(sizes[np.asarray(layer.features["class_index"], dtype=int)])


def _runs(layer: Layer, sizes: Floats) -> Iterator[tuple[int, list[int]]]:
    """Give rows to draw together, in the order drawn: by class, or the largest symbols first."""
    class_index = layer.features["class_index"].to_numpy(dtype=int)
    key = -sizes if "size" in layer.features else class_index
    order = np.lexsort((class_index, key)).tolist()
    for index, rows in groupby(order, key=lambda row: int(class_index[row])):
        yield index, list(rows)


def _image(layer: Layer, image: ClassedImage, canvas: Canvas, window: Window) -> str:
    """Draw classed cells in their colours."""
    index, (left, bottom, right, top) = image.class_index, image.bounds
    crs = layer.features.crs
    if crs is not None and CRS.from_user_input(image.crs) != CRS.from_user_input(crs):
        index, (left, bottom, right, top) = _turned(image, str(crs.to_wkt()), window)
    corners = window.to_map(shapely.points([[left, bottom], [right, top]]))
    bounds: Any = tuple(shapely.get_coordinates(corners).ravel().tolist())
    png = png_of_classes((index + 1).astype(np.uint8), layer.classes)
    return canvas.image(png, bounds)


def _turned(
    image: ClassedImage, crs: str, window: Window
) -> tuple[NDArray[np.int16], tuple[float, float, float, float]]:
    """Carry cells of another CRS to a fine grid of the window; each takes the nearest cell."""
    height, width = image.class_index.shape
    columns = round(window.width * _PARTS_PER_POINT)
    rows = round(window.height * _PARTS_PER_POINT)
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
