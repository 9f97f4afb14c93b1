"""How long each map of the program takes, once everything is imported and loaded."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

import cdv_geo
from cdv_geo.cartography.map_formats import SUFFIXES, render_scene
from cdv_geo.cartography.recipe import EACH
from cdv_geo.cartography.recipe_checking import load_recipes

if TYPE_CHECKING:
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.territory import Territory

_RUNS: Final = 5
_QUARTIER: Final = "QN07301M"


def table() -> str:
    """Compose and render every recipe in every format; give the medians as Markdown."""
    territory = cdv_geo.load_territory()
    recipes = load_recipes(
        territory.recipe_folders(), default_generation=territory.default_generation
    )
    lines = [["map", *(suffix.removeprefix(".") for suffix in SUFFIXES)]]
    lines.append(["---", *(["---:"] * len(SUFFIXES))])
    for recipe in recipes:
        seconds = [_median_s(recipe, territory, suffix) for suffix in SUFFIXES]
        lines.append([recipe.name, *(f"{each:.2f} s" for each in seconds)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _median_s(recipe: MapRecipe, territory: Territory, suffix: str) -> float:
    """Give the median of the wall-clock seconds from recipe to bytes, after one run unmeasured."""
    times = [_once_s(recipe, territory, suffix) for _ in range(_RUNS + 1)]
    return statistics.median(times[1:])


def _once_s(recipe: MapRecipe, territory: Territory, suffix: str) -> float:
    perimeter = _QUARTIER if recipe.extent == EACH else None
    start = time.perf_counter()
    render_scene(cdv_geo.compose(recipe, territory, perimeter=perimeter), suffix)
    return time.perf_counter() - start
