"""The names and numbers on a printed map: break them into lines, find their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from cdv_geo.cartography.label_placement import Label, place_labels
from cdv_geo.cartography.map_layers import symbol_sizes
from cdv_geo.cartography.svg_drawing import AREA, POINT
from cdv_geo.french import map_texts
from cdv_geo.typesetting.fonts import quiet_capitals, text_width
from cdv_geo.visible_letters import has_ink, isolated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry import LineString
    from shapely.geometry.base import BaseGeometry

    from cdv_geo.cartography.label_placement import PlacedLabel
    from cdv_geo.cartography.printed_extent import Window
    from cdv_geo.cartography.scene import LabelRole, Layer, Scene
    from cdv_geo.typesetting.fonts import Face

    Geometries = NDArray[np.object_]

INK: Final = "#1c2329"
_COMMUNE_INK: Final = "#3d4852"  # read on the dark colours of a choropleth, yet behind quartiers
# From one baseline to the next, in font sizes: room for an accent on a capital above a descender.
_PITCH: Final = 1.28
# From the bottom of a line to its baseline, in font sizes.
_DESCENT: Final = 0.28
# Which names find their places first.
_RANKS: Final[dict[LabelRole, int]] = {"quartier": 0, "number": 1, "commune": 2, "count": 3}
_SIZES: Final[dict[LabelRole, float]] = {
    "quartier": 8.0,
    "commune": 7.5,
    "number": 7.0,
    "count": 7.0,
}
# White space around a text, in points, so that its halo covers no neighbour.
_SPACE: Final[dict[LabelRole, float]] = {
    "quartier": 2.0,
    "commune": 2.0,
    "number": 0.6,
    "count": 0.6,
}
_WIDEST: Final = 18.0  # in font sizes: a longer name is set on several lines
_NUMBERS_WIDTH: Final = 7.0
_MOST_SINGLE: Final = 2
_EVEN: Final = 1.15  # how much wider than the mean a line of several may be
# Labels are placed against shapes simplified to half a point, which the eye does not see.
_SIMPLIFY: Final = 0.5
_ALIKE: Final = 4.0  # points
_FRAME_SPACE: Final = 2.0
# Each line is set apart by itself: signs around a whole name would be parted with it.
_ISOLATES: Final = re.compile("[\u2067\u2069]")
_SLIVER: Final = 0.75  # of the length of a name: a part of a commune less wide has none


@dataclass(frozen=True)
class NameLine:
    """A line of a name."""

    text: str
    face: Face


@dataclass(frozen=True)
class MapName:
    """A name in its place.

    Parameters
    ----------
    lines
        From top to bottom, all in the middle of each other.
    middle, baseline
        Middle of the lines, and where the first one stands: points from the lower left corner of
        the map.
    width
        Of the widest line.
    size, pitch
        Of the letters, and from one baseline to the next.
    colour
        As ``#rrggbb``.
    leader
        From the name to what it names, where it had to move away.
    """

    lines: tuple[NameLine, ...]
    middle: float
    baseline: float
    width: float
    size: float
    pitch: float
    colour: str
    leader: LineString | None


def obstacles(scene: Scene, window: Window) -> Geometries:
    """Give the symbols, and the perimeters of layers with names, that had better not be hidden."""
    found = []
    for layer in scene.layers:
        dimensions = shapely.get_dimensions(layer.features.geometry.to_numpy())
        shown = dimensions == POINT
        if layer.label_role == "quartier" and layer.features["label"].any():
            shown |= dimensions == AREA
        found.append(_footprints(layer, window, shown))
    shapes = np.concatenate([np.empty(0, dtype=object), *found])
    visible: Geometries = shapes[~shapely.is_empty(shapes)]
    # Of thousands of symbols that lie over each other, those that cover nearly the same count once.
    _, first = np.unique(np.round(shapely.bounds(visible) / _ALIKE), axis=0, return_index=True)
    return visible[np.sort(first)]


def _footprints(layer: Layer, window: Window, chosen: NDArray[np.bool_]) -> Geometries:
    """Give what features cover of the map, in points; a point covers its symbol's square."""
    shapes = window.to_map(layer.features.geometry.to_numpy()[chosen])
    is_point = shapely.get_dimensions(shapes) == POINT
    radii = symbol_sizes(layer)[chosen][is_point] / 2
    shapes[is_point] = shapely.buffer(shapes[is_point], radii, cap_style="square")
    visible: Geometries = shapely.intersection(shapely.simplify(shapes, _SIMPLIFY), window.frame)
    return visible


def place_names(
    scene: Scene,
    window: Window,
    scale: float,
    *,
    blocked: Sequence[BaseGeometry],
    avoided: Geometries,
) -> tuple[tuple[MapName, ...], tuple[str, ...]]:
    """Find places for the names of the quartiers, then the numbers, then the communes.

    Parameters
    ----------
    scene
        Whose layers bear the names.
    window
        What the map shows.
    scale
        How much larger text is than on A4.
    blocked
        Shapes that no name may touch, in points.
    avoided
        What had better not be hidden: see `obstacles`.

    Returns
    -------
    tuple
        The placed names, then those without room.
    """
    labels = [
        _label(text, footprint, layer.label_role, scale)
        for layer in scene.layers
        for text, footprint in _texts(layer, window)
        if has_ink(text) and not footprint.is_empty
    ]
    labels = [label for label in labels if not _is_sliver(label, window)]
    placed, missed = place_labels(
        labels,
        frame=(
            _FRAME_SPACE,
            _FRAME_SPACE,
            window.width - _FRAME_SPACE,
            window.height - _FRAME_SPACE,
        ),
        blocked=blocked,
        avoided=avoided.tolist(),
    )
    in_order = sorted(placed, key=lambda spot: spot.label.rank)
    return tuple(_set_name(spot, scale) for spot in in_order), _without_room(missed)


def _without_room(missed: Sequence[Label]) -> tuple[str, ...]:
    """Name what has no room, once each; counts of places say nothing without their place."""
    counts = sum(label.rank == _RANKS["count"] for label in missed)
    names = [label.text.split("\n")[0] for label in missed if label.rank != _RANKS["count"]]
    more = [map_texts.spots_without_count(counts)] if counts else []
    return (*dict.fromkeys(names), *more)


def _is_sliver(label: Label, window: Window) -> bool:
    """Tell whether the frame leaves so little of a commune that a name would only puzzle.

    It is cut, and nowhere nearly as wide as its name is long.
    """
    if not label.spreads or window.frame.contains_properly(label.feature):
        return False
    return bool(label.feature.buffer(-_SLIVER * label.width / 2).is_empty)


def _texts(layer: Layer, window: Window) -> Iterator[tuple[str, BaseGeometry]]:
    """Give each text with what it names; the numbers of one place make one text."""
    named = np.array([bool(text) for text in layer.features["label"]], dtype=bool)
    texts = layer.features["label"].to_numpy()[named]
    pairs = zip(texts, _footprints(layer, window, named), strict=True)
    if layer.label_role != "number":
        yield from pairs
        return
    places: dict[BaseGeometry, list[str]] = {}
    for text, footprint in pairs:
        places.setdefault(footprint, []).append(text)
    for footprint, numbers in places.items():
        yield number_ranges(numbers), footprint


def number_ranges(numbers: Sequence[str]) -> str:
    """Write the numbers of one place, three and more in a row as a range."""
    runs: list[list[str]] = []
    for number in numbers:
        last = runs[-1][-1] if runs else ""
        if last.isdecimal() and number.isdecimal() and int(number) == int(last) + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [[f"{run[0]}\N{EN DASH}{run[-1]}"] if len(run) > _MOST_SINGLE else run for run in runs]
    return ", ".join(part for run in said for part in run)


def _label(text: str, footprint: BaseGeometry, role: LabelRole, scale: float) -> Label:
    """Measure a name, with white space for its halo."""
    lines = _name_lines(text, role)
    size = _SIZES[role] * scale
    space = _SPACE[role]
    return Label(
        text,
        footprint,
        _widest(lines, size) + 2 * space,
        len(lines) * _PITCH * size + space,
        spreads=role == "commune",
        rank=_RANKS[role],
        pushes=role != "count",
    )


def _set_name(spot: PlacedLabel, scale: float) -> MapName:
    """Set a name in its rectangle."""
    role = next(role for role, rank in _RANKS.items() if rank == spot.label.rank)
    size = _SIZES[role] * scale
    xmin, _, xmax, top = spot.box.bounds
    lines = _name_lines(spot.label.text, role)
    return MapName(
        lines,
        middle=(xmin + xmax) / 2,
        baseline=top - _SPACE[role] / 2 - (_PITCH - _DESCENT) * size,
        width=_widest(lines, size),
        size=size,
        pitch=_PITCH * size,
        colour=_COMMUNE_INK if role == "commune" else INK,
        leader=spot.leader,
    )


def _widest(lines: Sequence[NameLine], size: float) -> float:
    return max(text_width(line.text, size, line.face) for line in lines)


def _name_lines(text: str, role: LabelRole) -> tuple[NameLine, ...]:
    """Break a name: bold for a quartier, its figures below it, quiet capitals for a commune."""
    first, *others = _ISOLATES.sub("", text).split("\n")
    if role == "commune":
        return _broken(*quiet_capitals(" ".join([first, *others])))
    if role in {"number", "count"}:
        return _broken(first, "bold", _NUMBERS_WIDTH)
    below = [line for other in others for line in _broken(other, "regular")]
    return (*_broken(first, "bold"), *below)


def _broken(text: str, face: Face, width: float = _WIDEST) -> tuple[NameLine, ...]:
    """Break a text at its spaces in as few lines as may be, all of about the same width."""
    lines = _filled(text, face, width)
    whole = sum(text_width(line, 1.0, face) for line in lines)
    even = _filled(text, face, _EVEN * whole / len(lines))
    chosen = even if len(even) == len(lines) else lines
    return tuple(NameLine(line, face) for line in chosen)


def _filled(text: str, face: Face, width: float) -> list[str]:
    """Fill lines of a width, in font sizes; a word that is wider has a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, 1.0, face) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def name_record(name: MapName, height: float) -> dict[str, Any]:
    """Give a name as the typesetter takes it: points from the upper left corner of the map."""
    return {
        "x": name.middle - name.width / 2,
        "y": height - name.baseline,
        "width": name.width,
        "size": name.size,
        "pitch": name.pitch,
        "colour": name.colour,
        "lines": [{"text": isolated(line.text), "face": line.face} for line in name.lines],
    }
