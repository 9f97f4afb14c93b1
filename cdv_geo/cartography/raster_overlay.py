"""A raster of classes as a picture that lies right on the web page.

A web map is drawn in EPSG:3857, the raster in another system, whose cells stand askew there. So
the classes are drawn anew on a finer grid of EPSG:3857, without mixing any of them.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.colors import to_rgba
from PIL import Image
from rasterio.transform import Affine, from_bounds
from rasterio.warp import Resampling, reproject, transform_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdv_geo.cartography.scene import ClassedImage, Layer, SymbolClass

_WEB_MERCATOR: Final = "EPSG:3857"
_WGS84: Final = "EPSG:4326"
# Pixels along the longer side: half a pixel of the screen, where the whole picture is in sight.
_SIDE: Final = 2400


def overlay_data(layer: Layer) -> dict[str, Any] | None:
    """Give the picture of a layer as a data URI with its bounds in degrees; None without one."""
    if layer.image is None:
        return None
    index, bounds = _on_the_web_grid(layer.image)
    west, south, east, north = transform_bounds(_WEB_MERCATOR, _WGS84, *bounds)
    picture = base64.b64encode(png_of_classes(index, layer.classes)).decode()
    return {
        "url": f"data:image/png;base64,{picture}",
        "bounds": [[south, west], [north, east]],
    }


def _on_the_web_grid(
    image: ClassedImage,
) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """Draw the classes on a fine grid of EPSG:3857; 0 is no class, and n + 1 is class n."""
    rows, columns = image.class_index.shape
    left, bottom, right, top = transform_bounds(image.crs, _WEB_MERCATOR, *image.bounds)
    step = max(right - left, top - bottom) / max(_SIDE, rows, columns)
    width, height = (int(np.ceil(side / step)) for side in (right - left, top - bottom))
    drawn = np.zeros((height, width), dtype=np.uint8)
    reproject(
        (image.class_index + 1).astype(np.uint8),
        drawn,
        src_transform=from_bounds(*image.bounds, columns, rows),
        src_crs=image.crs,
        dst_transform=Affine(step, 0, left, 0, -step, top),
        dst_crs=_WEB_MERCATOR,
        resampling=Resampling.nearest,
    )
    return drawn, (left, top - height * step, left + width * step, top)


def png_of_classes(index: NDArray[np.uint8], classes: tuple[SymbolClass, ...]) -> bytes:
    """Write a PNG with one colour per class: 0 is no class and see-through, n + 1 is class n."""
    colours = [(0.0, 0.0, 0.0, 0.0)]
    for symbol_class in classes:
        look = symbol_class.style
        colours.append(to_rgba(look.fill, look.fill_opacity) if look.fill else colours[0])
    picture = Image.fromarray(index)
    picture.putpalette((np.array(colours) * 255).round().astype(np.uint8).tobytes(), "RGBA")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
