"""From a recipe and a territory to the scene that both renderers draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cdv_geo.cartography.layers import KINDS, layers_of
from cdv_geo.cartography.map_view import View
from cdv_geo.cartography.notes_and_sources import (
    lists_beside,
    not_drawn,
    notes_beside,
    source_lines,
)
from cdv_geo.cartography.recipe import EACH
from cdv_geo.cartography.scene import Inset, Scene
from cdv_geo.cartography.web_page_subjects import links_of, subjects_of
from cdv_geo.errors import RecipeError, listed
from cdv_geo.file_names import file_names
from cdv_geo.french import map_texts, typography
from cdv_geo.visible_letters import is_seen

if TYPE_CHECKING:
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.cartography.scene import Layer
    from cdv_geo.territory import Territory

_MARGIN: Final = {"communes": 200.0, "qpv": 650.0, "perimeter": 600.0}  # metres around the extent
_RINGS: Final = (300.0, 500.0)  # metres, where the recipe draws none
# A map that shows less than this share of the territory says where it lies in it.
_PART: Final = 0.5


def compose(recipe: MapRecipe, territory: Territory, *, perimeter: str | None = None) -> Scene:
    """Make the scene of a recipe: its layers, and all that must be said beside them.

    Parameters
    ----------
    recipe
        What is shown.
    territory
        Of what.
    perimeter
        Code of the perimeter that the map is about: its extent, its rings, its numbered places.
        A recipe of the extent `perimeter` needs one.

    Raises
    ------
    RecipeError
        The extent or the perimeter has no outline, or the recipe needs one and none is given; a
        layer asks for a figure or a type that is not there; there is nothing to draw.
    DataError
        No QPV bears the recipe's generation.
    """
    if recipe.extent == EACH and perimeter is None:
        raise RecipeError(
            f"{recipe.name} makes a map of one perimeter, and none is given; --perimeter CODE or "
            "--all is expected."
        )
    view = view_of(recipe, territory, perimeter)
    made = {wanted: layers_of(view, wanted) for wanted in recipe.layers}
    layers = tuple(layer for part in made.values() for layer in part)
    if not layers:
        kinds = listed(wanted.kind for wanted in made)
        raise RecipeError(f"{recipe.name}: the territory has no data for its layers ({kinds}).")
    shown = [wanted for wanted, part in made.items() if part]
    empty = [wanted for wanted, part in made.items() if not part]
    title = _filled(recipe.title, view)
    if not is_seen(title):
        raise RecipeError(
            f"{recipe.name}: nothing is left of the title “{recipe.title}” on a map of no "
            "perimeter; a title with a word of its own is expected."
        )
    extent = _extent(view)
    can_be_chosen = any("key" in layer.features for layer in layers)
    return Scene(
        title=title,
        subtitle=_filled(recipe.subtitle, view),
        layers=layers,
        extent=extent,
        page=recipe.page,
        notes=notes_beside(view, shown),
        lists=lists_beside(view, shown),
        not_drawn=not_drawn(view, shown, empty),
        sources=source_lines(view, shown),
        subjects=subjects_of(view, _keys(layers)) if can_be_chosen else (),
        links=links_of(view) if can_be_chosen else (),
        inset=_inset(view, extent),
        simplify_m=recipe.simplify,
    )


def view_of(recipe: MapRecipe, territory: Territory, perimeter: str | None = None) -> View:
    """Put a recipe to a territory: `View`.

    Raises
    ------
    RecipeError
        The perimeter has no outline in the recipe's generation, or is not known.
    """
    rings = [layer.within for layer in recipe.layers if "within" in KINDS[layer.kind].keys]
    asked = {distance for within in rings for distance in within}
    study = territory.study(generation=recipe.generation, within=tuple(asked) or _RINGS)
    if perimeter is not None and perimeter not in set(study.drawn["code"]):
        raise RecipeError(
            f"{recipe.name}: perimeter “{perimeter}” has no outline in the generation "
            f"{recipe.generation}; accepted are {listed(study.drawn['code'])}."
        )
    return View(recipe, study, perimeter)


def maps_by_perimeter(recipe: MapRecipe, territory: Territory) -> dict[str, str]:
    """Name the map of each perimeter that has an outline, as a file can be called.

    Returns
    -------
    Codes of the perimeters by the names of their maps, without ending.

    Raises
    ------
    DataError
        Two codes differ in characters alone that no name of a file should have.
    """
    return file_names(recipe.name, view_of(recipe, territory).study.drawn["code"].tolist())


def _keys(layers: tuple[Layer, ...]) -> set[str]:
    return {key for layer in layers if "key" in layer.features for key in layer.features["key"]}


def _filled(text: str, view: View) -> str:
    """Put the names of territory and perimeter, and the generation, into a text of the recipe."""
    about = view.centre["nom"].iloc[0] if view.perimeter else ""
    values = {
        "{territory}": view.territory.name,
        "{perimeter}": about,
        "{generation}": str(view.recipe.generation),
    }
    # In one pass: a name may hold braces of its own.
    pattern = "|".join(map(re.escape, values))
    return typography.typeset(re.sub(pattern, lambda match: values[match[0]], text))


def _extent(view: View) -> tuple[float, float, float, float]:
    drawn, recipe = view.study.drawn, view.recipe
    frames = {"communes": view.territory.communes, "qpv": drawn[drawn["type"] == "qpv"]}
    wanted = view.perimeter or recipe.extent
    frame = frames.get(wanted, drawn[drawn["code"] == wanted])
    if frame.empty:
        accepted = listed((*(n for n in frames if len(frames[n])), EACH, *drawn["code"]))
        raise RecipeError(
            f"{recipe.name}: extent “{wanted}” is not accepted; accepted are {accepted}."
        )
    margin = _MARGIN.get(wanted, _MARGIN["perimeter"])
    left, bottom, right, top = (float(bound) for bound in frame.total_bounds)
    return left - margin, bottom - margin, right + margin, top + margin


def _inset(view: View, extent: tuple[float, float, float, float]) -> Inset | None:
    """Show where the map lies, unless it shows most of the territory itself."""
    communes = view.territory.communes.geometry
    left, bottom, right, top = communes.total_bounds
    if (extent[2] - extent[0]) * (extent[3] - extent[1]) > _PART * (right - left) * (top - bottom):
        return None
    return Inset(map_texts.INSET_TITLE, communes, view.study.drawn.geometry)
