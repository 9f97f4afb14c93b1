"""Find room for the names on a map: a greedy placer on plain rectangles.

Cartographers set the most important name first, beside its feature, and try a fixed list of
positions (Imhof 1975, "Positioning names on maps"). The greedy form of that rule, with a cost per
position, is a fraction of a second for a sheet of paper. The unit is the typographic point, and
y grows upwards; nothing here knows how the map is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry import LineString, Polygon
    from shapely.geometry.base import BaseGeometry

    Boxes = NDArray[np.object_]
    Floats = NDArray[np.floating[Any]]

# Positions around a feature in order of preference: -1 is left of or below it, 1 right or above.
_DIRECTIONS: Final = np.array(
    [
        *((0.0, 1.0), (1.0, 0.0), (-1.0, 0.0), (0.0, -1.0)),
        *((1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)),
        *((0.5, 1.0), (-0.5, 1.0), (0.5, -1.0), (-0.5, -1.0)),
        *((1.0, 0.5), (1.0, -0.5), (-1.0, 0.5), (-1.0, -0.5)),
    ]
)
_GAPS: Final = (2.0, 6.0, 12.0, 20.0, 32.0, 46.0)
_GRID: Final = 11
_LEADER_FROM: Final = 7.0

# What a position costs. Hiding one whole symbol is as bad as moving 36 points away.
_COST_COVERED: Final = 3.0
_COST_OUTSIDE: Final = 2.0
_COST_PER_POINT: Final = 1 / 12
_COST_PER_RANK: Final = 0.004


@dataclass(frozen=True)
class Label:
    """A text to place.

    Parameters
    ----------
    text
        What it says; never read here.
    feature
        The shape it names, in points.
    width, height
        Size of the text, with the white space wanted around it, in points.
    spreads
        True where the text may lie across its own feature, as a commune's name does; a text that
        does not spread goes inside its feature only when it fits as a whole.
    """

    text: str
    feature: BaseGeometry
    width: float
    height: float
    spreads: bool = False


@dataclass(frozen=True)
class PlacedLabel:
    """A label with its rectangle, and the line back to its feature when it had to move away."""

    label: Label
    box: Polygon
    leader: LineString | None = None


def place_labels(
    labels: Sequence[Label],
    *,
    frame: tuple[float, float, float, float],
    blocked: Sequence[BaseGeometry] = (),
    avoided: Sequence[BaseGeometry] = (),
) -> tuple[tuple[PlacedLabel, ...], tuple[Label, ...]]:
    """Place as many labels as fit, the first ones first, so that no two overlap.

    Parameters
    ----------
    labels
        In order of importance.
    frame
        `(xmin, ymin, xmax, ymax)` in points; no label leaves it.
    blocked
        Shapes that no label may touch, such as the scale bar.
    avoided
        Shapes better left free, such as point symbols. Features of labels that do not spread are
        avoided without being named here.

    Returns
    -------
    tuple
        The placed labels, then those without room, both in the given order.
    """
    own = [label.feature for label in labels if not label.spreads]
    shapes = shapely.STRtree([*own, *avoided])
    taken = list(blocked)
    placed, missed = [], []
    for label in labels:
        spot = _best_spot(label, frame, taken, shapes)
        if spot is None:
            missed.append(label)
            continue
        placed.append(spot)
        taken.append(spot.box)
        if spot.leader is not None:
            taken.append(spot.leader)
    return tuple(placed), tuple(missed)


def _best_spot(
    label: Label,
    frame: tuple[float, float, float, float],
    taken: Sequence[BaseGeometry],
    shapes: shapely.STRtree,
) -> PlacedLabel | None:
    """Give the cheapest free position of a label, or None."""
    boxes = _candidates(label)
    boxes = boxes[_within(boxes, frame)]
    leaders = shapely.shortest_line(boxes, label.feature)
    needs_leader = shapely.length(leaders) > _LEADER_FROM
    others = shapely.STRtree(taken)
    free = ~_meets(boxes, others) & ~(needs_leader & _meets(leaders, others))
    if not free.any():
        return None
    costs = _costs(label, boxes, shapes)
    best = int(np.argmin(np.where(free, costs, np.inf)))
    return PlacedLabel(label, boxes[best], leaders[best] if needs_leader[best] else None)


def _candidates(label: Label) -> Boxes:
    """List the rectangles to try: on the feature first, then around it, nearest first."""
    xmin, ymin, xmax, ymax = label.feature.bounds
    middle = np.array([(xmin + xmax) / 2, (ymin + ymax) / 2])
    reach = np.array([xmax - xmin + label.width, ymax - ymin + label.height]) / 2
    around = np.concatenate([middle + _DIRECTIONS * (reach + gap) for gap in _GAPS])
    heart = shapely.get_coordinates(label.feature.representative_point())
    grid = np.stack(
        np.meshgrid(np.linspace(xmin, xmax, _GRID), np.linspace(ymin, ymax, _GRID)), axis=-1
    ).reshape(-1, 2)
    inside = np.concatenate([heart, grid])
    inside = inside[np.argsort(np.hypot(*(inside - heart).T), kind="stable")]
    boxes = _boxes(label, inside)
    fitting = (
        shapely.intersects_xy(label.feature, inside)
        if label.spreads
        else shapely.covers(label.feature, boxes)
    )
    return np.concatenate([boxes[fitting], _boxes(label, around)])


def _boxes(label: Label, centres: Floats) -> Boxes:
    """Draw the label's rectangle around each centre."""
    half = np.array([label.width, label.height]) / 2
    low, high = centres - half, centres + half
    return np.asarray(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]), dtype=np.object_)


def _within(boxes: Boxes, frame: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Tell which rectangles lie wholly in the frame."""
    bounds = shapely.bounds(boxes)
    low, high = np.array(frame[:2]), np.array(frame[2:])
    return np.asarray((bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= high).all(axis=1))


def _meets(shapes: Boxes, others: shapely.STRtree) -> NDArray[np.bool_]:
    """Tell which shapes touch any of the others."""
    found = np.zeros(len(shapes), dtype=bool)
    found[others.query(shapes, predicate="intersects")[0]] = True
    return found


def _costs(label: Label, boxes: Boxes, shapes: shapely.STRtree) -> Floats:
    """Rate each rectangle: what it hides, how far it is from its feature, its place in the list."""
    costs: Floats = np.arange(len(boxes)) * _COST_PER_RANK
    costs += shapely.distance(boxes, label.feature) * _COST_PER_POINT
    if label.spreads:
        common = shapely.area(shapely.intersection(boxes, label.feature))
        costs += _COST_OUTSIDE * (1 - common / (label.width * label.height))
    box_index, shape_index = shapes.query(boxes, predicate="intersects")
    hit = shapes.geometries[shape_index]
    foreign = ~shapely.equals_identical(hit, label.feature)
    box_index, hit = box_index[foreign], hit[foreign]
    common = shapely.area(shapely.intersection(boxes[box_index], hit))
    whole = np.minimum(shapely.area(hit), label.width * label.height)
    hidden = np.divide(common, whole, out=np.zeros_like(common), where=whole > 0)
    np.add.at(costs, box_index, _COST_COVERED * hidden)
    return costs
