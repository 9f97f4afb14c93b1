"""Find room for the names on a map: a placer on plain rectangles.

Cartographers set the most important name first, beside its feature, and try a fixed list of
positions (Imhof 1975, "Positioning names on maps"). Here the name with the least freedom goes
first among those of one rank, and a name without room may push others to positions of their own
that are still free. The unit is the typographic point, and y grows upwards; nothing here knows how
the map is drawn.
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

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.floating[Any]]
    Indices = NDArray[np.intp]
    Spots = dict[int, int]  # the chosen position of each placed label

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
_GRID: Final = 15
# A label farther from its feature than this share of its own height, or than this many points,
# has a leader.
_LEADER_SHARE: Final = 0.6
_LEADER_FROM: Final = 7.0

# What a position costs. Hiding one whole symbol is as bad as moving 36 points away.
_COST_COVERED: Final = 3.0
_COST_TOUCHED: Final = 0.5
_COST_OUTSIDE: Final = 2.0
_COST_PER_POINT: Final = 1 / 12
_COST_PER_RANK: Final = 0.004
# A label never hides this share of a feature that has a label of its own.
_HIDDEN_SHARE: Final = 0.5

# How hard room is looked for: positions tried for each label, labels pushed away for one.
_TRIES: Final = 24
_MOST_PUSHED: Final = 2
_PASSES: Final = 2


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
    rank
        Labels of a lower rank find their places first.
    pushes
        Whether others may be moved for it, which takes long where there are many without room.
    """

    text: str
    feature: BaseGeometry
    width: float
    height: float
    spreads: bool = False
    rank: int = 0
    pushes: bool = True


@dataclass(frozen=True)
class PlacedLabel:
    """A label with its rectangle, and the line back to its feature when it had to move away."""

    label: Label
    box: Polygon
    leader: LineString | None = None


@dataclass(frozen=True)
class _Choices:
    """The positions open to one label; a leader is empty where none is needed."""

    boxes: Geometries
    leaders: Geometries
    costs: Floats


def place_labels(
    labels: Sequence[Label],
    *,
    frame: tuple[float, float, float, float],
    blocked: Sequence[BaseGeometry] = (),
    avoided: Sequence[BaseGeometry] = (),
) -> tuple[tuple[PlacedLabel, ...], tuple[Label, ...]]:
    """Place as many labels as fit, so that neither labels nor leaders meet.

    Parameters
    ----------
    labels
        Texts and the shapes that they name.
    frame
        `(xmin, ymin, xmax, ymax)` in points; no label leaves it.
    blocked
        Shapes that no label may touch, such as the scale bar.
    avoided
        Shapes better left free, such as point symbols. Features of labels that do not spread are
        avoided without being named here, and never hidden by half.

    Returns
    -------
    tuple
        The placed labels, then those without room, both in the given order.
    """
    own = [label.feature for label in labels if not label.spreads]
    shapes = shapely.STRtree([*own, *avoided])
    barred = shapely.STRtree(list(blocked))
    choices = [_choices(label, frame, barred, shapes, len(own)) for label in labels]
    order = sorted(range(len(labels)), key=lambda n: (labels[n].rank, len(choices[n].boxes)))
    spots: Spots = {}
    for number in order:
        _settle(number, choices, spots)
    for _ in range(_PASSES):
        for number in order:
            if number not in spots and labels[number].pushes:
                spots = _make_room(number, choices, spots)
    # Pushed labels, and those that stood in their way, may have better places by now.
    for number in [number for number in order if number in spots]:
        del spots[number]
        _settle(number, choices, spots)
    placed = [
        _placed(label, choices[number], spots[number])
        for number, label in enumerate(labels)
        if number in spots
    ]
    return tuple(placed), tuple(label for n, label in enumerate(labels) if n not in spots)


def _placed(label: Label, choices: _Choices, position: int) -> PlacedLabel:
    leader = choices.leaders[position]
    return PlacedLabel(label, choices.boxes[position], None if leader.is_empty else leader)


def _settle(number: int, choices: Sequence[_Choices], spots: Spots) -> bool:
    """Give a label its cheapest free position; tell whether there is one."""
    positions, _ = _conflicts(choices[number], choices, spots)
    costs = choices[number].costs.copy()
    costs[positions] = np.inf
    if not np.isfinite(costs).any():
        return False
    spots[number] = int(np.argmin(costs))
    return True


def _make_room(number: int, choices: Sequence[_Choices], spots: Spots) -> Spots:
    """Place a label where the few labels in its way find other places; else change nothing."""
    positions, owners = _conflicts(choices[number], choices, spots)
    costs = choices[number].costs
    in_the_way: dict[int, set[int]] = {}
    for position, owner in zip(positions.tolist(), owners.tolist(), strict=True):
        in_the_way.setdefault(position, set()).add(owner)
    hopeful = [spot for spot, pushed in in_the_way.items() if len(pushed) <= _MOST_PUSHED]
    for position in sorted(hopeful, key=lambda spot: float(costs[spot]))[:_TRIES]:
        pushed = sorted(in_the_way[position])
        trial = {owner: spot for owner, spot in spots.items() if owner not in pushed}
        trial[number] = position
        if all(_settle(owner, choices, trial) for owner in pushed):
            return trial
    return spots


def _conflicts(
    wanted: _Choices, choices: Sequence[_Choices], spots: Spots
) -> tuple[Indices, Indices]:
    """Give the positions that meet a placed label or its leader, each with that label."""
    owners = np.array([*spots, *spots], dtype=np.intp)
    taken = [choices[owner].boxes[position] for owner, position in spots.items()]
    taken += [choices[owner].leaders[position] for owner, position in spots.items()]
    tree = shapely.STRtree(taken)
    found = [tree.query(signs, predicate="intersects") for signs in (wanted.boxes, wanted.leaders)]
    positions, hit = np.concatenate(found, axis=1)
    return positions, owners[hit]


def _choices(
    label: Label,
    frame: tuple[float, float, float, float],
    barred: shapely.STRtree,
    shapes: shapely.STRtree,
    own_count: int,
) -> _Choices:
    """List the positions of a label in the frame that hide nothing they must not, with costs.

    The first `own_count` shapes are features with a label of their own.
    """
    boxes = _candidates(label)
    boxes = boxes[_within(boxes, frame)]
    leaders = shapely.shortest_line(boxes, label.feature)
    near = shapely.length(leaders) <= min(_LEADER_FROM, _LEADER_SHARE * label.height)
    leaders[near] = shapely.LineString()
    allowed = np.ones(len(boxes), dtype=bool)
    for signs in (boxes, leaders):
        allowed[barred.query(signs, predicate="intersects")[0]] = False
    costs, hides = _costs(label, boxes, leaders, shapes, own_count)
    allowed &= ~hides
    return _Choices(boxes[allowed], leaders[allowed], costs[allowed])


def _candidates(label: Label) -> Geometries:
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


def _boxes(label: Label, centres: Floats) -> Geometries:
    """Draw the label's rectangle around each centre."""
    half = np.array([label.width, label.height]) / 2
    low, high = centres - half, centres + half
    return np.asarray(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]), dtype=np.object_)


def _within(boxes: Geometries, frame: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Tell which rectangles lie wholly in the frame."""
    bounds = shapely.bounds(boxes)
    low, high = np.array(frame[:2]), np.array(frame[2:])
    return np.asarray((bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= high).all(axis=1))


def _costs(
    label: Label,
    boxes: Geometries,
    leaders: Geometries,
    shapes: shapely.STRtree,
    own_count: int,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Rate each rectangle, and tell which ones hide a feature that has a label of its own.

    What counts: what it hides or touches, how far it is from its feature, what its leader crosses,
    its place in the list.
    """
    costs: Floats = np.arange(len(boxes)) * _COST_PER_RANK
    costs += shapely.distance(boxes, label.feature) * _COST_PER_POINT
    if label.spreads:
        inside = shapely.area(shapely.intersection(boxes, label.feature))
        costs += _COST_OUTSIDE * (1 - inside / (label.width * label.height))
    foreign = _foreign(label, shapes.geometries)
    crossing, crossed = shapes.query(leaders, predicate="intersects")
    np.add.at(costs, crossing, _COST_TOUCHED * foreign[crossed])
    box_index, shape_index = shapes.query(boxes, predicate="intersects")
    kept = foreign[shape_index]
    box_index, shape_index = box_index[kept], shape_index[kept]
    common, whole = _common_areas(boxes[box_index], shapes.geometries[shape_index])
    shared = np.minimum(whole, label.width * label.height)
    hidden = np.divide(common, shared, out=np.zeros_like(common), where=shared > 0)
    np.add.at(costs, box_index, _COST_COVERED * hidden + _COST_TOUCHED)
    hides = np.zeros(len(boxes), dtype=bool)
    hides[box_index[(shape_index < own_count) & (common > _HIDDEN_SHARE * whole)]] = True
    return costs, hides


def _foreign(label: Label, shapes: Geometries) -> NDArray[np.bool_]:
    """Tell which shapes a label had better leave free.

    Not its own feature, nor a larger one that this lies on: the number of a school may stand in
    the same quartier as the school.
    """
    own = shapely.equals_identical(shapes, label.feature)
    larger = shapely.area(shapes) > shapely.area(label.feature)
    ground = larger & shapely.covers(shapes, shapely.centroid(label.feature))
    foreign: NDArray[np.bool_] = ~own & ~ground
    return foreign


def _common_areas(boxes: Geometries, shapes: Geometries) -> tuple[Floats, Floats]:
    """Give what each rectangle has in common with the rectangle around a shape, and the latter.

    The shape itself would take ten times as long, and symbols are squares anyway.
    """
    one, other = shapely.bounds(boxes), shapely.bounds(shapes)
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    common: Floats = np.maximum(high - low, 0).prod(axis=1)
    whole: Floats = (other[:, 2:] - other[:, :2]).prod(axis=1)
    return common, whole
