"""Make geometries of well-known binary: arcs become lines, and what cannot be read says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import shapely
from shapely.errors import ShapelyError

from cdv_geo.io.vector.circular_arcs import MOST_POINTS, TOLERANCE_M, straightened

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_KINDS: Final = (
    "Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection", "CircularString", "CompoundCurve", "CurvePolygon", "MultiCurve",
    "MultiSurface", "Curve", "Surface", "PolyhedralSurface", "TIN", "Triangle",
)  # fmt: skip
_COLLECTION: Final = _KINDS.index("GeometryCollection")
_LINES: Final = ("LineString", "CircularString", "CompoundCurve")
_MADE_OF_PARTS: Final[dict[str, Callable[[Any], Any]]] = {
    "MultiPoint": shapely.multipoints,
    "MultiLineString": shapely.multilinestrings,
    "MultiCurve": shapely.multilinestrings,
    "MultiPolygon": shapely.multipolygons,
    "MultiSurface": shapely.multipolygons,
    "GeometryCollection": shapely.geometrycollections,
}
_HEAD: Final = 5  # bytes: byte order and kind
# Dimensions and the number of a system, as flags beside the kind (PostGIS).
_HAS_Z, _HAS_M, _HAS_SYSTEM = 0x80000000, 0x40000000, 0x20000000
# GEOS goes down into nested parts without end, and a crash of it is no exception; what is shorter
# than this many bytes cannot be nested so deeply.
_SHORT: Final = 1 << 16
_DEEPEST: Final = 32


@dataclass(frozen=True)
class Geometries:
    """The geometries of a column.

    Parameters
    ----------
    shapes
        By row; None where there is none, or it cannot be read.
    mended
        By position, what was done to read it.
    unread
        By position, why it cannot be read.
    """

    shapes: NDArray[np.object_]
    mended: dict[int, str] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)


def read_geometries(column: pa.Array | pa.ChunkedArray, tolerance: float) -> Geometries:
    """Read a column of well-known binary, by the standard's codes or those of PostGIS.

    GEOS reads what has straight lines; all else is read here, row by row.

    Parameters
    ----------
    column
        Bytes, or nothing, by row.
    tolerance
        How far the lines that stand for an arc may be from it, in units of the coordinates.
    """
    kinds, sizes = _heads(column)
    own = (kinds >= _COLLECTION) | ((kinds > _KINDS.index("Polygon")) & (sizes > _SHORT))
    written = np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)
    plain = written.copy()
    plain[own] = None
    found = Geometries(np.asarray(shapely.from_wkb(plain, on_invalid="ignore"), dtype=object))
    reader = _Reader(tolerance)
    for row in np.flatnonzero((sizes > 0) & shapely.is_missing(found.shapes)).tolist():
        try:
            found.shapes[row] = reader.read(written[row])
        except (ValueError, TypeError, ShapelyError) as error:
            found.unread[row] = f"the geometry cannot be read: {error}".splitlines()[0]
            continue
        if reader.done:
            found.mended[row] = "; ".join(reader.done)
    return found


def _heads(
    column: pa.Array | pa.ChunkedArray,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Give the kind of each row, dimensions left aside, and how many bytes it has."""
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.cast(pa.large_binary()).chunks or [pa.array([], "binary")])
    column = column.cast(pa.large_binary())
    kinds = np.zeros(len(column), np.uint32)
    sizes = np.asarray(pa.compute.binary_length(column).fill_null(0), dtype=np.int64)
    held = np.flatnonzero(sizes >= _HEAD)
    if len(held):
        begin = np.frombuffer(column.buffers()[1], np.int64, len(column), 8 * column.offset)
        content = np.frombuffer(column.buffers()[2], np.uint8)
        head = content[begin[held, None] + np.arange(_HEAD)]
        code = np.ascontiguousarray(head[:, 1:]).view("<u4")[:, 0]
        code = np.where(head[:, 0] == 0, code.byteswap(), code)
        kinds[held] = (code & ~np.uint32(_HAS_Z | _HAS_M | _HAS_SYSTEM)) % 1000
    return kinds, sizes


class _Reader:
    """Reads one geometry after another; their arcs share one budget of points."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._points_left = MOST_POINTS
        self.done: dict[str, None] = {}  # what was done to read the last one, each thing once

    def read(self, content: bytes) -> Any:  # noqa: ANN401
        """Read one geometry.

        Raises
        ------
        ValueError, TypeError, ShapelyError
            It cannot be read.
        """
        self._content, self._at, self._order = content, 0, "<"
        self.done = {}
        return self._geometry()

    def _geometry(self, depth: int = 0) -> Any:  # noqa: ANN401
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")
        kind, dimensions = self._head()
        if kind == "Point":
            point = self._numbers(1, dimensions)[0]
            return shapely.Point() if np.isnan(point).all() else shapely.Point(point)
        if kind in _LINES:
            return shapely.linestrings(self._line(kind, dimensions))
        if kind in {"Polygon", "CurvePolygon"}:
            return self._polygon(kind, dimensions)
        if kind not in _MADE_OF_PARTS:
            raise ValueError(f"it is a {kind}; points, lines, polygons and arcs are read")
        return _MADE_OF_PARTS[kind]([self._geometry(depth + 1) for _ in range(self._count())])

    def _head(self) -> tuple[str, int]:
        """Read what comes next, and how many numbers a place of it has."""
        if self._content[self._at : self._at + 1] not in {b"\0", b"\1"}:
            raise ValueError("it is no well-known binary")
        self._order = "<" if self._content[self._at] else ">"
        self._at += 1
        code = self._whole()
        if code & _HAS_SYSTEM:
            self._whole()
        above, kind = divmod(code & ~(_HAS_Z | _HAS_M | _HAS_SYSTEM), 1000)
        if above > 3 or not 0 < kind < len(_KINDS):  # noqa: PLR2004  # Z, M, both
            raise ValueError(f"its kind is {code}, which is none")
        has_z, has_m = bool(code & _HAS_Z) or above % 2, bool(code & _HAS_M) or above > 1
        return _KINDS[kind], 2 + has_z + has_m

    def _line(self, kind: str, dimensions: int) -> NDArray[np.float64]:
        if kind == "CompoundCurve":
            parts = [self._part(_LINES[:2]) for _ in range(self._count())]
            for one, other in pairwise(parts):
                if not (len(one) and len(other) and (one[-1] == other[0]).all()):
                    raise ValueError("the parts of a curve do not meet")
            return np.concatenate([np.empty((0, 2)), *parts[:1], *(part[1:] for part in parts[1:])])
        places = self._numbers(self._count(), dimensions)
        if kind == "LineString" or not len(places):
            return places
        drawn = straightened(places, self._tolerance, self._points_left)
        self._points_left -= len(drawn)
        self.done[f"its arcs were made straight lines, {TOLERANCE_M:g} m from them at most"] = None
        return drawn

    def _part(self, accepted: tuple[str, ...]) -> NDArray[np.float64]:
        """Read a line that has a head of its own, within a curve or as a ring."""
        kind, dimensions = self._head()
        if kind not in accepted:
            raise ValueError(f"a {kind} is part of a curve")
        return self._line(kind, dimensions)

    def _polygon(self, kind: str, dimensions: int) -> Any:  # noqa: ANN401
        rings = []
        for _ in range(self._count()):
            if kind == "CurvePolygon":
                ring = self._part(_LINES)
            else:
                ring = self._numbers(self._count(), dimensions)
            if len(ring) and not (ring[0] == ring[-1]).all():
                self.done["a ring did not end where it began; it was closed"] = None
            rings.append(shapely.linearrings(ring))
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()

    def _count(self) -> int:
        count = self._whole()
        if count > len(self._content) - self._at:  # each part has a byte at least
            raise ValueError("it ends too early")
        return count

    def _whole(self) -> int:
        """Read a whole number."""
        taken = self._content[self._at : self._at + 4]
        if len(taken) < 4:  # noqa: PLR2004
            raise ValueError("it ends too early")
        self._at += 4
        return int.from_bytes(taken, "little" if self._order == "<" else "big")

    def _numbers(self, places: int, dimensions: int) -> NDArray[np.float64]:
        """Read so many places; height and measure are left behind."""
        size = places * dimensions * 8
        if size > len(self._content) - self._at:
            raise ValueError("it ends too early")
        kind = np.dtype(f"{self._order}f8")
        numbers = np.frombuffer(self._content, kind, places * dimensions, self._at)
        self._at += size
        return numbers.reshape(places, dimensions)[:, :2].astype(np.float64)
