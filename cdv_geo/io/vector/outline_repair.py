"""Check the outlines of perimeters, and mend what can be mended without guessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo.faults import REJECTED, REPAIRED, Fault
from cdv_geo.vocabulary import GENERATIONS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_GEOMETRY: Final = "geometry"
# The smallest QPV has some two hectares and the largest some six square kilometres: beyond these
# an outline is that of something else, or nothing.
_SMALLEST_M2: Final = 100.0
_LARGEST_M2: Final = 100e6
_KINDS: Final = ("Polygon", "MultiPolygon")
# Those of the State have some ten; the time to compare two outlines grows with the square of them.
_MOST_RINGS: Final = 10_000
# To mend an outline, GEOS cuts its sides wherever they meet: 100,000 times take some 3 s.
_MOST_MEETINGS: Final = 100_000
_FIRST_SIDES: Final = 16
_TANGLED: Final = (
    "its outline crosses itself too often to be mended: more than "
    f"{_MOST_MEETINGS:,} pairs of sides may meet in the outlines of a file"
)


@dataclass
class _Budget:
    """What mending the outlines of one file may still cost, in pairs of sides that may meet."""

    meetings: int = _MOST_MEETINGS


def mend_outlines(perimeters: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Repair outlines, and reject the rows of which the outline cannot be used.

    An outline that crosses itself is repaired as the structure method of GEOS does it: rings are
    mended one by one, and holes taken from shells; parts that collapse are left out. A hole never
    becomes land, as GEOS makes it of one that lies outside its shell. Of a collection the polygons
    are taken.

    Parameters
    ----------
    perimeters
        In a metric CRS; the index is the number of each row in its file. A row whose
        `statut_geometrie` is `absente` may be without outline.

    Returns
    -------
    The rows that can be used, and what was repaired or rejected.
    """
    faults: list[Fault] = []
    geometry = np.array(perimeters.geometry.array, dtype=object)
    absent = np.zeros(len(perimeters), dtype=bool)
    if "statut_geometrie" in perimeters:
        absent = (perimeters["statut_geometrie"] == "absente").to_numpy(dtype=bool)
    kept = np.ones(len(perimeters), dtype=bool)
    budget = _Budget()
    for position, number in enumerate(perimeters.index):
        outline = geometry[position]
        if absent[position] and (outline is None or outline.is_empty):
            geometry[position] = None
            continue
        geometry[position], found = _mended(int(number), outline, budget)
        faults += found
        kept[position] = all(fault.done != REJECTED for fault in found)
    return perimeters.set_geometry(geometry, crs=perimeters.crs)[kept], faults


def contradictions(perimeters: pd.DataFrame, drawn: NDArray[np.bool_]) -> list[Fault]:
    """List rows of which two statements, or a statement and the outline, do not go together.

    Parameters
    ----------
    perimeters
        Text; the index is the number of each row in its file. A column that is not there says
        nothing.
    drawn
        Whether each has an outline.
    """
    nothing = pd.Series(np.nan, index=perimeters.index, dtype="object")
    kind, generation, status, precision = (
        perimeters.get(name, nothing)
        for name in ("type", "generation", "statut_geometrie", "precision_m")
    )
    first = str(min(GENERATIONS))
    checks = (
        (
            (kind == "veille_active") & generation.notna() & (generation.astype("str") != first),
            "generation",
            f"a quartier in veille active bears generation {first}",
        ),
        (
            drawn & (status == "absente"),
            "statut_geometrie",
            "“absente” is stated, and there is an outline",
        ),
        (
            ~drawn & status.notna() & (status != "absente"),
            "statut_geometrie",
            "there is no outline; “absente” is expected then",
        ),
        (
            drawn & precision.isna() & ("precision_m" in perimeters),
            "precision_m",
            "an outline has a precision",
        ),
    )
    return [
        Fault(int(str(row)), column, why)
        for wrong, column, why in checks
        for row in perimeters.index[np.asarray(wrong, dtype=bool)]
    ]


def _mended(number: int, outline: Any, budget: _Budget) -> tuple[Any, list[Fault]]:  # noqa: ANN401
    if outline is None or outline.is_empty:
        what = "there is no outline" if outline is None else "the outline is empty"
        return None, [_rejected(number, f"{what}; statut_geometrie “absente” says so where meant")]
    faults = []
    if outline.geom_type == "GeometryCollection":
        outline, fault = _polygons_of(number, outline)
        faults.append(fault)
        if outline.is_empty:
            return None, [_rejected(number, "the collection holds no polygon")]
    if (why := _unusable(outline)) is not None:
        return None, [_rejected(number, why)]
    if not outline.is_valid:
        outline, fault = _repaired(number, outline, budget)
        faults.append(fault)
        if fault.done == REJECTED:
            return None, [fault]
    if not _SMALLEST_M2 <= outline.area <= _LARGEST_M2:
        why = (
            f"the outline has {outline.area:,.0f} m²; from {_SMALLEST_M2:,.0f} m² to "
            f"{_LARGEST_M2 / 1e6:,.0f} km² are expected"
        )
        return None, [_rejected(number, why)]
    return outline, faults


def _unusable(outline: Any) -> str | None:  # noqa: ANN401
    """Say why an outline can be no outline of a perimeter, whatever is mended."""
    if outline.geom_type not in _KINDS:
        return f"the geometry is a {outline.geom_type}, no polygon"
    if (rings := len(shapely.get_rings(outline))) > _MOST_RINGS:
        return f"the outline has {rings:,} rings; at most {_MOST_RINGS:,} are accepted"
    if not np.isfinite(shapely.get_coordinates(outline)).all():
        return "a coordinate is no number"
    return None


def _polygons_of(number: int, collection: Any) -> tuple[Any, Fault]:  # noqa: ANN401
    every = _single_parts(collection)
    parts = [part for part in every if part.geom_type == "Polygon" and not part.is_empty]
    left = len(every) - len(parts)
    polygons = shapely.MultiPolygon(parts)
    why = f"of a collection, {len(parts)} polygon(s) are taken and {left} other part(s) left out"
    return polygons, Fault(number, _GEOMETRY, why, "GeometryCollection", REPAIRED)


def _single_parts(collection: Any) -> list[Any]:  # noqa: ANN401
    """Take a collection apart, and those within it."""
    parts = shapely.get_parts(collection)
    while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts = shapely.get_parts(parts)
    return list(parts)


def _repaired(number: int, outline: Any, budget: _Budget) -> tuple[Any, Fault]:  # noqa: ANN401
    meetings = _meetings(outline, budget.meetings)
    if meetings > budget.meetings:
        return None, _rejected(number, _TANGLED)
    budget.meetings -= meetings
    reason = shapely.is_valid_reason(outline).split("[")[0].lower()
    mended = shapely.union_all([_polygonal(part) for part in shapely.get_parts(outline)])
    why = (
        f"the outline was repaired ({reason}): {outline.area:,.0f} m² before, "
        f"{mended.area:,.0f} m² after"
    )
    return mended, Fault(number, _GEOMETRY, why, "", REPAIRED)


def _meetings(outline: Any, most: int) -> int:  # noqa: ANN401
    """Count the pairs of sides that may meet, by their boxes, until there are too many.

    Sides are taken at random, and twice as many each time: a crowd of them shows before the pairs
    of it fill the memory.
    """
    places, ring = shapely.get_coordinates(shapely.get_rings(outline), return_index=True)
    begins = np.flatnonzero(ring[:-1] == ring[1:])
    sides = np.array(shapely.linestrings(np.stack([places[begins], places[begins + 1]], axis=1)))
    tree = shapely.STRtree(sides)
    sides = np.random.default_rng(0).permutation(sides)
    meetings, done, step = 0, 0, _FIRST_SIDES
    while done < len(sides) and meetings <= 2 * most:
        some = sides[done : done + step]
        # Each finds itself and the two it is joined to; a pair is found from both of its sides.
        meetings += tree.query(some).shape[1] - 3 * len(some)
        done, step = done + step, 2 * step
    return max(0, (meetings + 1) // 2)


def _polygonal(polygon: Any) -> Any:  # noqa: ANN401
    """Take the holes of a polygon from its shell, both mended."""
    shell = _mended_ring(polygon.exterior)
    return shapely.difference(
        shell, shapely.union_all([_mended_ring(r) for r in polygon.interiors])
    )


def _mended_ring(ring: Any) -> Any:  # noqa: ANN401
    polygon = shapely.Polygon(ring)
    return shapely.make_valid(polygon, method="structure", keep_collapsed=False)


def _rejected(number: int, why: str) -> Fault:
    return Fault(number, _GEOMETRY, why)
