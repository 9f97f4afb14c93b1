"""Draw arcs of circles as straight lines: no geometry is computed on arcs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.io.crs.crs_registers import metres_per_unit

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

TOLERANCE_M: Final = 0.01
"""How far a straight line may be from its arc; outlines of perimeters are known to some metres."""
_IN_LINE: Final = 1e-6  # of the tolerance: so near to a line, a point has no centre worth a digit
# One half of a circle of 50 km takes as many: whatever needs more is no arc that anybody drew.
_MOST_LINES: Final = 5_000
_FARTHEST: Final = 1e10  # units of any system: beyond the Earth, and too large to reckon with
MOST_POINTS: Final = 5_000_000
"""Points that the arcs of one layer may take: 80 MB of coordinates."""


def tolerance_in(crs: pyproj.CRS) -> float:
    """Give the tolerance in units of a system; a degree is taken at its greatest length."""
    return TOLERANCE_M / metres_per_unit(crs)


def straightened(
    points: NDArray[np.float64], tolerance: float, most: int = MOST_POINTS
) -> NDArray[np.float64]:
    """Draw a string of arcs as straight lines, through all points that it is given by.

    Parameters
    ----------
    points
        x and y by row: where the first arc begins, a point on it, where it ends and the second
        one begins, and so on. Where an arc ends where it began it is a whole circle, and the point
        on it lies opposite.
    tolerance
        How far the lines may be from the arcs, in units of the coordinates.
    most
        How many points they may take.

    Raises
    ------
    ValueError
        The number of points is even, or one; a coordinate is no number or no place; or a circle is
        too large to be drawn, or the arcs are too many.
    """
    if not len(points):
        return points
    if not np.isfinite(points).all():
        raise ValueError("a coordinate is no number")
    if np.abs(points).max() > _FARTHEST:
        raise ValueError(f"a coordinate of an arc is {np.abs(points).max():.3g}, which is no place")
    if len(points) < 3 or len(points) % 2 == 0:  # noqa: PLR2004
        raise ValueError(f"a string of arcs has {len(points)} points; 3, 5, 7, … are expected")
    drawn = [points[:1]]
    for at in range(0, len(points) - 2, 2):
        drawn.append(_arc(points[at], points[at + 1], points[at + 2], tolerance))
        most -= len(drawn[-1])
        if most < 0:
            raise ValueError("the arcs of the layer take too many points to be drawn")
    return np.concatenate(drawn)


def _arc(
    first: NDArray[np.float64],
    middle: NDArray[np.float64],
    last: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    """Draw one arc; where it begins is left out."""
    if tuple(first) > tuple(last):  # so that two neighbours share each line of their border
        back = _arc(last, middle, first, tolerance)
        return np.concatenate([back[-2::-1], last[None]])
    if (first == last).all():
        centre = (first + middle) / 2
        aside = (first - centre)[::-1] * [-1, 1]
        by, back_by = centre - aside, centre + aside
    else:
        a, b = middle - first, last - first  # from the first, lest digits be lost
        double_area = 2 * (a[0] * b[1] - a[1] * b[0])
        if not abs(double_area) > 2 * _IN_LINE * tolerance * np.hypot(*b):
            return np.array([middle, last])
        turned = (a @ a) * np.array([b[1], -b[0]]) - (b @ b) * np.array([a[1], -a[0]])
        centre = first + turned / double_area
        by, back_by = last, first
    there = _part(first, middle, by, centre, tolerance)
    return np.concatenate([there, _part(middle, last, back_by, centre, tolerance)])


def _part(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    beyond: NDArray[np.float64],
    centre: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    """Draw the way along a circle from one point to another that does not pass by a third."""
    begins, ends, passes = (np.arctan2(*(p - centre)[::-1]) for p in (start, end, beyond))
    turn = (ends - begins) % (2 * np.pi)
    if (passes - begins) % (2 * np.pi) < turn:
        turn -= 2 * np.pi  # the third point lies on the way: it is the other way round
    radius = float(np.hypot(*(start - centre)))
    lines = _segment_count(abs(turn), radius, tolerance)
    angles = begins + turn * np.arange(1, lines) / lines
    inner = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return np.concatenate([inner, end[None]])


def _segment_count(turn: float, radius: float, tolerance: float) -> int:
    """Count the lines that an angle takes: each is farthest from the arc in its middle."""
    if radius <= tolerance:
        return 1
    lines = turn / (4 * np.arcsin(np.sqrt(tolerance / radius / 2)))
    if not lines < _MOST_LINES:
        raise ValueError(f"an arc has a radius of {radius:.3g}, which is too large to be drawn")
    return max(int(np.ceil(lines)), 1)
