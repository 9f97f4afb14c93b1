"""Geometries with arcs, as ArcGIS, PostGIS and QGIS write them, byte by byte."""

from __future__ import annotations

import struct

KINDS = {
    "Point": 1, "LineString": 2, "Polygon": 3, "MultiPolygon": 6, "GeometryCollection": 7,
    "CircularString": 8, "CompoundCurve": 9, "CurvePolygon": 10, "MultiCurve": 11,
    "MultiSurface": 12, "PolyhedralSurface": 15, "TIN": 16, "Triangle": 17,
}  # fmt: skip
EXTRA = {"": (0, 0), "Z": (1000, 1), "M": (2000, 1), "ZM": (3000, 2)}


def places(*points, dimension=""):
    """A count and so many places; heights and measures are 7."""
    numbers = [n for point in points for n in (*point, *[7] * EXTRA[dimension][1])]
    return struct.pack(f"<I{len(numbers)}d", len(points), *numbers)


def line(kind, *points, dimension=""):
    """A line of a kind with a head of its own."""
    code = KINDS[kind] + EXTRA[dimension][0]
    return struct.pack("<BI", 1, code) + places(*points, dimension=dimension)


def made_of(kind, *parts, dimension=""):
    """A geometry that is made of others."""
    return struct.pack("<BII", 1, KINDS[kind] + EXTRA[dimension][0], len(parts)) + b"".join(parts)


def disc(x, y, radius, dimension=""):
    """A whole circle as a polygon with one ring of two arcs."""
    around = [(x - radius, y), (x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y)]
    return made_of(
        "CurvePolygon", line("CircularString", *around, dimension=dimension), dimension=dimension
    )
