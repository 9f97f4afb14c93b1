"""Cut values into ordered classes, and colour them: once for communes, perimeters and cells.

Every class holds the values above its lower limit, up to and with its upper one; the first holds
its lower limit too.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import jenkspy
import numpy as np

from cdv_geo.cartography import style
from cdv_geo.cartography.scene import SymbolClass
from cdv_geo.french import map_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

METHODS: Final = ("quantiles", "natural_breaks", "fixed")
# Values among which natural breaks are sought: the time grows with the square, 0.3 s for so many.
_MOST_BROKEN: Final = 5_000


@dataclass(frozen=True)
class Cut:
    """How values are cut: one of `METHODS`, how many classes, the limits of the method `fixed`."""

    method: str = "quantiles"
    classes: int = 5
    breaks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Classed:
    """Values in classes: the lines of the legend, and the class of each value (-1 for none)."""

    classes: tuple[SymbolClass, ...]
    class_index: NDArray[np.int16]


def classed(
    values: NDArray[np.float64],
    cut: Cut,
    *,
    darkest: str,
    write: Callable[[float], str],
) -> Classed:
    """Put values into classes, and name and colour these.

    Parameters
    ----------
    values
        Figures, NaN where there is none.
    cut
        How.
    darkest
        `low` or `high`: the end of the values that is drawn darkest.
    write
        How a limit is written in the legend, with its unit.

    Raises
    ------
    RecipeError
        There are no colours for that many classes.
    """
    known = ~np.isnan(values)
    limits = class_limits(values[known], cut)
    index = np.full(values.shape, -1, dtype=np.int16)
    index[known] = np.searchsorted(limits[1:-1], values[known], side="left")
    labels = (
        _chosen_labels(limits, write)
        if cut.method == "fixed"
        else _found_labels(values, index, len(limits) - 1, write)
    )
    colours = style.sequential(len(labels))
    if darkest == "high":
        colours = colours[::-1]
    classes = tuple(
        SymbolClass(map_texts.with_count(label, int((index == n).sum())), style.cell(colour))
        for n, (label, colour) in enumerate(zip(labels, colours, strict=True))
    )
    return Classed(classes, index)


def class_limits(values: NDArray[np.float64], cut: Cut) -> NDArray[np.float64]:
    """Give the lowest value, then the upper limit of each class.

    But for the method `fixed` every limit is one of the values, so that no class is empty. Natural
    breaks are those of Jenks (1977), found by the method of Fisher (1958): the classes whose
    values differ least among themselves. They are exact up to 5,000 values; of more, every n-th in
    order counts.
    """
    if cut.method == "fixed":
        return np.array([-np.inf, *cut.breaks, np.inf])
    ordered = np.sort(values)
    return np.concatenate([ordered[:1], np.unique(_highest_of_classes(ordered, cut))])


def _highest_of_classes(
    ordered: NDArray[np.float64], cut: Cut
) -> NDArray[np.float64] | list[float]:
    count = cut.classes
    if cut.method == "natural_breaks":
        step = -(-len(ordered) // _MOST_BROKEN)
        ordered = ordered[::-step]  # from the highest, which must not be left out
    distinct = np.unique(ordered)
    if len(distinct) <= count:
        return distinct
    if cut.method == "natural_breaks":
        breaks: list[float] = jenkspy.jenks_breaks(ordered, n_classes=count)[1:]
        return breaks
    # In whole numbers: a share such as 0.6 of ten values would fall beside the sixth.
    ends = [-(-len(ordered) * n // count) - 1 for n in range(1, count + 1)]
    return ordered[ends]


def _chosen_labels(limits: NDArray[np.float64], write: Callable[[float], str]) -> list[str]:
    last = len(limits) - 2
    return [
        map_texts.class_label(low, high, write, first=n == 0, last=n == last)
        for n, (low, high) in enumerate(itertools.pairwise(limits))
    ]


def _found_labels(
    values: NDArray[np.float64],
    index: NDArray[np.int16],
    count: int,
    write: Callable[[float], str],
) -> list[str]:
    """Name each class by its lowest and its highest value: a limit stands in one class alone."""
    members = [values[index == n] for n in range(count)]
    return [map_texts.range_label(part.min(), part.max(), write) for part in members]
