"""Draw features as SVG: points, lines, areas and classed images, each in its style.

Lengths are typographic points; geometries have `y` growing upwards, as maps do, and SVG has it
growing downwards, so that every shape is turned over as it is written.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry import LineString

    from cdv_geo.cartography.style import Marker, Style

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]

POINT, LINE, AREA = 0, 1, 2

# Corners of a symbol of the diameter 1: how many, angle of the first one (degrees, clockwise from
# north), radius, and for a star the radius of the corners between.
_SHAPES: Final[dict[Marker, tuple[int, float, float, float]]] = {
    "square": (4, 45, 0.707, 0.707),
    "diamond": (4, 0, 0.707, 0.707),
    "triangle": (3, 0, 0.62, 0.62),
    "triangle-down": (3, 180, 0.62, 0.62),
    "pentagon": (5, 0, 0.53, 0.53),
    "star": (10, 0, 0.62, 0.26),
    "hexagon": (6, 0, 0.53, 0.53),
    "cross": (8, 0, 0.66, 0.28),
}
_DASHES: Final = (4.0, 2.0)  # stroke and gap, in widths of the line
_HATCH_STEP: Final = 2.2  # from one oblique line to the next
_HATCH_WIDTH: Final = 0.8
_HATCHED: Final = re.compile(r"url\(#hatch-(\w+)\)")
_BLACK: Final = "#000000"
# What typst writes has references of the older kind.
_XLINK: Final = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
# A line this strong without a fill must stand out from any colour below it: it has a white edge.
_CASED_FROM: Final = 1.5
_CASING: Final = 1.8  # how much wider than the line


@dataclass(frozen=True)
class Canvas:
    """A rectangle that shapes are drawn on, of a width and a height in points."""

    width: float
    height: float

    def document(self, parts: str, ground: str = "none") -> str:
        """Give an SVG file of what was drawn, which shows nothing beyond its edge."""
        size = f'width="{self.width:.2f}" height="{self.height:.2f}"'
        patterns = "".join(map(_pattern, sorted(set(_HATCHED.findall(parts)))))
        view = f'viewBox="0 0 {self.width:.2f} {self.height:.2f}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {_XLINK} {size} {view}>'
            f"<defs>{patterns}</defs>"
            f'<rect {size} fill="{ground}"/>{parts}</svg>'
        )

    def features(self, geometries: Geometries, style: Style, sizes: Floats) -> str:
        """Draw points, lines and areas of one look, whatever collections they come in.

        Parameters
        ----------
        geometries
            In points.
        style
            Their look.
        sizes
            Diameter of the symbol of each geometry.
        """
        parts, rows = _parts(geometries)
        dimensions = shapely.get_dimensions(parts)
        areas = self._path(shapely.get_rings(_areas(parts[dimensions == AREA], style)), "Z")
        lines = self._path(parts[dimensions == LINE], "")
        is_point = dimensions == POINT
        plain = replace(style, fill=None, hatched=False)
        return (
            _outlined(areas, style)
            + _outlined(lines, plain)
            + self._symbols(parts[is_point], style, sizes[rows[is_point]])
        )

    def line(self, line: LineString, colour: str, width: float) -> str:
        """Draw a thin line."""
        path = self._path(np.array([line]), "")
        return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'

    def image(self, png: bytes, bounds: tuple[float, float, float, float]) -> str:
        """Draw a picture within bounds in points, without any smoothing between its cells."""
        left, bottom, right, top = bounds
        return (
            f'<image x="{left:.2f}" y="{self.height - top:.2f}" width="{right - left:.2f}" '
            f'height="{top - bottom:.2f}" preserveAspectRatio="none" '
            'image-rendering="optimizeSpeed" '
            f'href="data:image/png;base64,{base64.b64encode(png).decode()}"/>'
        )

    def _path(self, lines: Geometries, end: str) -> str:
        """Write lines as the data of one path."""
        coordinates, owners = shapely.get_coordinates(lines, return_index=True)
        coordinates[:, 1] = self.height - coordinates[:, 1]
        pairs = (f"{x:.2f},{y:.2f}" for x, y in coordinates.tolist())
        groups = groupby(zip(owners.tolist(), pairs, strict=True), key=lambda each: each[0])
        return "".join(f"M{'L'.join(pair for _, pair in group)}{end}" for _, group in groups)

    def _symbols(self, points: Geometries, style: Style, sizes: Floats) -> str:
        """Draw a symbol at each point, in the order given."""
        if not len(points):
            return ""
        shape = {size: _symbol(style.marker or "circle", size) for size in set(sizes.tolist())}
        coordinates = shapely.get_coordinates(points).tolist()
        drawn = "".join(
            f'<path d="M{x:.2f},{self.height - y:.2f}{shape[size]}"/>'
            for (x, y), size in zip(coordinates, sizes.tolist(), strict=True)
        )
        return f"<g {_fill(style)} {_stroke(style)}>{drawn}</g>"


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


def _outlined(path: str, style: Style) -> str:
    """Draw a path with its filling or its hatching."""
    if not path:
        return ""
    drawn = ""
    if style.hatched:
        colour = (style.stroke or _BLACK).removeprefix("#")
        drawn += f'<path d="{path}" fill="url(#hatch-{colour})"/>'
    elif style.fill is None and style.stroke_width >= _CASED_FROM:
        width = style.stroke_width + _CASING
        drawn += f'<path d="{path}" fill="none" stroke="#ffffff" stroke-width="{width:g}"/>'
    dashes = f' stroke-dasharray="{_dashes(style)}"' if style.dashed else ""
    return f'{drawn}<path d="{path}" {_fill(style)} {_stroke(style)}{dashes}/>'


def _pattern(colour: str) -> str:
    """Give oblique lines of a colour, which shapes are filled with by its name."""
    tile = f'width="{_HATCH_STEP}" height="{_HATCH_STEP}" patternUnits="userSpaceOnUse"'
    line = f"M{_HATCH_STEP / 2:g},0V{_HATCH_STEP}"
    return (
        f'<pattern id="hatch-{colour}" {tile} patternTransform="rotate(45)">'
        f'<path d="{line}" stroke="#{colour}" stroke-width="{_HATCH_WIDTH}"/></pattern>'
    )


def _dashes(style: Style) -> str:
    return " ".join(f"{style.stroke_width * part:g}" for part in _DASHES)


def _stroke(style: Style) -> str:
    if style.stroke is None:
        return 'stroke="none"'
    return f'stroke="{style.stroke}" stroke-width="{style.stroke_width:g}" stroke-linejoin="round"'


def _fill(style: Style) -> str:
    """Give the colour inside the outline; hatching takes its place."""
    if style.fill is None or style.hatched:
        return 'fill="none"'
    return f'fill="{style.fill}" fill-opacity="{style.fill_opacity:g}"'


def _symbol(marker: Marker, size: float) -> str:
    """Write a symbol about the point where the pen stands, as steps from corner to corner."""
    if marker not in _SHAPES:
        half = f"a{size / 2:g},{size / 2:g} 0 1,0 "
        return f"m{-size / 2:g},0{half}{size:g},0{half}{-size:g},0z"
    return f"m{'l'.join(_steps(_SHAPES[marker], size))}z"


def _steps(shape: tuple[int, float, float, float], size: float) -> Iterator[str]:
    count, start, *radii = shape
    x = y = 0.0
    for corner in range(count):
        angle = math.radians(start + 360 * corner / count)
        radius = size * radii[corner % 2]
        to_x, to_y = radius * math.sin(angle), -radius * math.cos(angle)
        yield f"{to_x - x:.2f},{to_y - y:.2f}"
        x, y = to_x, to_y
