"""Outlines and points at which a spatial index may go wrong, and what GEOS answers there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import strategies as st

INF = float("inf")


def box(left: float, bottom: float, side: float) -> shapely.Polygon:
    """A square by its lower left corner and its side."""
    return shapely.box(left, bottom, left + side, bottom + side)


def star(radii: list[float], centre: tuple[float, float] = (0.0, 0.0), turn: float = 0.0):
    """A polygon around its centre, with one vertex per radius at even angles."""
    angle = 2 * np.pi * (np.arange(len(radii)) + turn) / len(radii)
    rays = np.column_stack([np.cos(angle), np.sin(angle)])
    return shapely.Polygon(rays * np.asarray(radii)[:, None] + centre)


def _holes() -> list[shapely.Geometry]:
    square_hole = [(5, 5), (15, 5), (15, 15), (5, 15)]
    hole_touching_the_shell = [(20, 20), (40, 30), (20, 30)]
    shell = [(0, 0), (40, 0), (40, 40), (0, 40)]
    walls = shapely.Polygon(shell, [square_hole, hole_touching_the_shell])
    return [walls, box(5, 5, 10), box(7, 7, 6)]  # the second fills the hole, the third is in it


def _sizes() -> list[shapely.Geometry]:
    country = star([50_000 + 9_000 * (n % 4) for n in range(24)], (50_000, 50_000))
    squares = [box(1_700 * n, 1_300 * n, 1) for n in range(40)]
    dust = [box(170 * n, 7, 1e-3) for n in range(40)]
    return [*squares, country, *dust]


def _rings_touching_themselves() -> list[shapely.Geometry]:
    hourglass = shapely.Polygon([(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)])
    teeth = range(0, 200, 2)  # two combs, tip on tip at (1, 5), (3, 5), (5, 5)…
    lower = [corner for x in teeth for corner in ((x, 0), (x + 1, 5))]
    upper = [corner for x in teeth for corner in ((x, 10), (x + 1, 5))]
    return [hourglass, shapely.Polygon([*lower, (200, 0), (200, 10), *upper[::-1]])]


def _parts() -> list[shapely.Geometry]:
    apart = shapely.MultiPolygon([box(0, 0, 10), box(20, 0, 10)])
    touching = shapely.MultiPolygon([box(0, 0, 10), box(10, 10, 10)])
    with_island = shapely.MultiPolygon([box(0, 0, 30) - box(5, 5, 20), box(10, 10, 10)])
    return [apart, touching, with_island]


# Whole numbers of metres near the origin, so that 3-4-5 triangles are exact.
OUTLINES: dict[str, list[shapely.Geometry | None]] = {
    "squares side by side": [box(10 * (n % 4), 10 * (n // 4), 10) for n in range(16)],
    "triangles with skew borders": [
        shapely.Polygon([(50, 51), a, b])
        for a, b in [((0, 0), (100, 7)), ((100, 7), (93, 100)), ((93, 100), (3, 96))]
    ],
    "holes": _holes(),
    "slivers": [
        shapely.box(0, 0, 1000, 1e-3),
        shapely.box(0, 0, 1e-3, 1000),
        shapely.Polygon([(0, 0), (600, 800), (599.9992, 800.0006)]),
    ],
    "from a millimetre to a country": _sizes(),
    "several parts": _parts(),
    "overlaps and duplicates": [
        box(0, 0, 10),
        box(0, 0, 10),
        box(5, 5, 10),
        box(2, 2, 6),
        box(0, 0, 20),
        box(0, 0, 10),
    ],
    "more segments than a run": [
        star([100] * 1000),
        star([40 + 50 * (n % 2) for n in range(300)], (100, 0)),
        box(0, 0, 30).segmentize(0.1),
    ],
    "repeated vertices": [
        shapely.Polygon([(0, 0), (0, 0), (10, 0), (10, 0), (10, 0), (10, 10), (0, 10), (0, 10)]),
        shapely.Polygon([(12, 3)] * 130 + [(20, 3)] * 130 + [(20, 9)] * 130),
    ],
    "rings that touch themselves": _rings_touching_themselves(),
    "rings that cross themselves": [
        shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]),
        shapely.Polygon([(0, 30), (18, -24), (-29, 9), (29, 9), (-18, -24)]),  # a pentagram
    ],
    "missing and empty": [
        None,
        box(0, 0, 10),
        shapely.Polygon(),
        box(10, 0, 10),
        shapely.MultiPolygon(),
        None,
    ],
}

# Where the outlines are moved to: scale, x, y.
PLACES: dict[str, tuple[float, float, float]] = {
    "at the origin": (1.0, 0.0, 0.0),
    "at Chambéry": (1.0, 926_000.0, 6_500_000.0),
    "ten million metres away": (1.0, 1e7, -1e7),
    "a thousand million metres away": (1.0, -1e9, 1e9),
    "in degrees": (1e-4, 5.9, 45.5),
}


def moved(outlines: list[shapely.Geometry | None], place: str) -> np.ndarray:
    """The outlines, scaled and moved; new geometries that nobody has prepared."""
    scale, x, y = PLACES[place]
    return shapely.transform(np.array(outlines, dtype=object), lambda xy: xy * scale + (x, y))


def hairs(spots: np.ndarray) -> np.ndarray:
    """The spots, and those one ulp to the right, left, above and below."""
    x, y = np.asarray(spots, dtype=np.float64).reshape(-1, 2).T
    beside = [(np.nextafter(x, INF), y), (np.nextafter(x, -INF), y)]
    upright = [(x, np.nextafter(y, INF)), (x, np.nextafter(y, -INF))]
    return np.concatenate([np.column_stack(pair) for pair in ((x, y), *beside, *upright)])


def on_outlines(outlines: np.ndarray, most: int = 100) -> np.ndarray:
    """Vertices and midpoints of edges; an even choice where there are very many."""
    rings = shapely.get_rings(shapely.get_parts(outlines))
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    middles = (vertices[:-1][joined] + vertices[1:][joined]) / 2
    spots = np.unique(np.concatenate([vertices, middles]), axis=0)
    return spots[:: max(1, len(spots) // most)]


def within_them(outlines: np.ndarray) -> np.ndarray:
    """One point in the interior of each outline."""
    drawn = outlines[~(shapely.is_missing(outlines) | shapely.is_empty(outlines))]
    return shapely.get_coordinates(shapely.point_on_surface(drawn))


def around(spots: np.ndarray, distance: float) -> np.ndarray:
    """Eight points at a distance from each spot: along the axes and on 3-4-5 triangles."""
    straight = [(5, 0), (-5, 0), (0, 5), (0, -5)]
    skew = [(3, 4), (-4, 3), (4, -3), (-3, -4)]
    steps = np.array([*straight, *skew]) * (distance / 5)
    return (spots[:, None, :] + steps).reshape(-1, 2)


def pairs_of_geos(
    x: np.ndarray, y: np.ndarray, outlines: np.ndarray, within: float | None = None
) -> list[tuple[int, int]]:
    """The pairs that the spatial join of geopandas finds, ordered by point, then by polygon."""
    how = {"predicate": "intersects"}
    if within is not None:
        how = {"predicate": "dwithin", "distance": within}
    points = gpd.GeoDataFrame(geometry=shapely.points(x, y))
    joined = points.sjoin(gpd.GeoDataFrame(geometry=outlines), **how)
    return sorted(zip(joined.index.tolist(), joined["index_right"].tolist(), strict=True))


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry | None:
    parts = shapely.get_parts(geometry)
    area = shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    return None if area.is_empty else area


_corners = st.tuples(st.integers(0, 10), st.integers(0, 10))


@st.composite
def lattice_polygons(draw: st.DrawFn) -> shapely.Geometry | None:
    """A valid polygon with vertices on whole numbers from 0 to 10; holes, parts, or None."""
    ring = draw(st.lists(_corners, min_size=3, max_size=7))
    outline = shapely.make_valid(shapely.Polygon(ring))
    if draw(st.booleans()):
        (left, bottom), side = draw(_corners), draw(st.integers(1, 4))
        outline = outline - box(left, bottom, side)
    return _polygonal(shapely.make_valid(outline))


@st.composite
def crossing_rings(draw: st.DrawFn) -> shapely.Polygon:
    """A ring through whole numbers from 0 to 10 that may cross itself."""
    return shapely.Polygon(draw(st.lists(_corners, min_size=3, max_size=7, unique=True)))


@st.composite
def star_polygons(draw: st.DrawFn) -> shapely.Polygon:
    """A polygon with a vertex at any distance in each direction, half of them with a hole."""
    radii = draw(st.lists(st.floats(1, 8), min_size=3, max_size=12))
    centre, turn = draw(_corners), draw(st.floats(0, 1))
    outline = star(radii, centre, turn)
    hole = star([radius / 2 for radius in radii], centre, turn)
    return shapely.Polygon(outline.exterior, [hole.exterior]) if draw(st.booleans()) else outline
