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

from cdv_geo.cartography import style, texts
from cdv_geo.cartography.scene import SymbolClass

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cdv_geo.cartography.recipe import LayerRecipe

METHODS: Final = ("quantiles", "natural_breaks", "fixed")


@dataclass(frozen=True)
class Classed:
    """Values in classes: the lines of the legend, and the class of each value (-1 for none)."""

    classes: tuple[SymbolClass, ...]
    class_index: NDArray[np.int16]


def classed(
    values: NDArray[np.float64],
    layer: LayerRecipe,
    *,
    darkest: str,
    write: Callable[[float], str],
) -> Classed:
    """Cut values as a layer of a recipe says.

    Parameters
    ----------
    values
        Figures, NaN where there is none.
    layer
        Its `method`, `classes`, `breaks` and `darkest` count.
    darkest
        `low` or `high`, where the recipe does not say.
    write
        How a limit is written in the legend, with its unit.

    Raises
    ------
    RecipeError
        There are no colours for that many classes.
    """
    known = values[~np.isnan(values)]
    limits = class_limits(known, layer)
    index = np.full(values.shape, -1, dtype=np.int16)
    index[~np.isnan(values)] = np.searchsorted(limits[1:-1], known, side="left")
    bounds = list(itertools.pairwise(limits)) or [(limits[0], limits[0])]
    colours = style.sequential(len(bounds))
    if (layer.darkest or darkest) == "high":
        colours = colours[::-1]
    classes = tuple(
        SymbolClass(
            texts.counted(
                texts.class_label(low, high, write, first=n == 0, last=n == len(bounds) - 1)
                if layer.method == "fixed"
                else texts.range_label(low, high, write),
                int((index == n).sum()),
            ),
            style.cell(colour),
        )
        for n, ((low, high), colour) in enumerate(zip(bounds, colours, strict=True))
    )
    return Classed(classes, index)


def class_limits(values: NDArray[np.float64], layer: LayerRecipe) -> NDArray[np.float64]:
    """Give the lowest limit, those between classes, and the highest one.

    Natural breaks are those of Jenks (1977), found exactly by the method of Fisher (1958): the
    classes whose values differ least among themselves.
    """
    if layer.method == "fixed":
        return np.array([-np.inf, *layer.breaks, np.inf])
    distinct = np.unique(values)
    if len(distinct) <= layer.classes:
        return distinct if len(distinct) == 1 else np.concatenate([distinct[:1], distinct])
    if layer.method == "natural_breaks":
        return np.array(jenkspy.jenks_breaks(values, n_classes=layer.classes))
    return np.unique(np.quantile(values, np.linspace(0, 1, layer.classes + 1)))
