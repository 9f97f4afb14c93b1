"""A map recipe: what a map shows, written by its author in a TOML file of a few lines."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from cdv_geo import vocabulary
from cdv_geo.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LAYER_KINDS: Final = (
    "communes",
    "perimeters",
    "actions",
    "equipment",
    "reach",
    "change",
    "cells",
)
PAGES: Final = ("A4 landscape", "A4 portrait", "A3 landscape", "A3 portrait")
_ITEMS: Final = {
    "a list of texts": (str,),
    "a list of numbers": (int, float),
    "a list of tables": (dict,),
}
# What the fields of a recipe are called in TOML, by their Python types.
_TYPES: Final = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "tuple[str, ...]": "a list of texts",
    "tuple[float, ...]": "a list of numbers",
    "tuple[LayerRecipe, ...]": "a list of tables",
}


@dataclass(frozen=True)
class LayerRecipe:
    """One layer of a recipe.

    Parameters
    ----------
    kind
        One of `LAYER_KINDS`.
    types
        Types of equipment shown; all where empty.
    within
        Distances of the rings of a `reach` layer, metres.
    classes
        Number of classes of a `cells` layer.
    outline_only
        True where `communes` or `perimeters` are drawn over another layer, without their fill.
    """

    kind: str
    types: tuple[str, ...] = ()
    within: tuple[float, ...] = (300, 500)
    classes: int = 5
    outline_only: bool = False


@dataclass(frozen=True)
class MapRecipe:
    """A whole recipe.

    Parameters
    ----------
    name
        Name of the file, without its ending; the outputs bear it.
    title, subtitle
        French text of the map; `{territory}` and `{generation}` in it are filled in.
    layers
        From bottom to top.
    generation
        Of the QPV; the territory's own where not given.
    extent
        `communes` (all of them), `qpv` (those of the generation), or the code of a perimeter.
    page
        Paper of the printed sheet.
    rank
        Place of the map in an atlas, smallest first.
    notes
        French sentences of the author, beside those that the layers bring.
    """

    name: str
    title: str
    layers: tuple[LayerRecipe, ...]
    subtitle: str = ""
    generation: int = 2024
    extent: str = "communes"
    page: str = "A4 landscape"
    rank: int = 100
    notes: tuple[str, ...] = ()


def load_recipe(path: Path, *, default_generation: int = 2024) -> MapRecipe:
    """Read and check a recipe.

    Parameters
    ----------
    path
        TOML file.
    default_generation
        Of the QPV, where the recipe says none.

    Raises
    ------
    RecipeError
        The file is missing, is no TOML, lacks a title or a layer, or has an unknown key or value;
        the message says what is accepted.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{path} does not exist; a map recipe (.toml) is expected.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML: {error}.") from None
    where = path.name
    _require_known(content, MapRecipe, where)
    for key in ("title", "layers"):
        if not content.get(key):
            raise RecipeError(f"{where} lacks “{key}”, which every recipe has.")
    layers = tuple(_layer(layer, where) for layer in content["layers"])
    values = {"generation": default_generation, **_with_tuples(content), "layers": layers}
    recipe = MapRecipe(name=path.stem, **values)
    _require_choice(recipe.page, PAGES, "page", where)
    _require_choice(recipe.generation, vocabulary.GENERATIONS, "generation", where)
    return recipe


def load_recipes(folders: Iterable[Path], *, default_generation: int) -> list[MapRecipe]:
    """Read every recipe of some folders, in the order of an atlas.

    Raises
    ------
    RecipeError
        One of them is at fault.
    """
    paths = _recipe_paths(folders).values()
    recipes = [load_recipe(path, default_generation=default_generation) for path in paths]
    return sorted(recipes, key=lambda recipe: (recipe.rank, recipe.name))


def find_recipe(name: str, folders: Iterable[Path]) -> Path:
    """Find a recipe by its name in the first folder that has it.

    Raises
    ------
    RecipeError
        No folder has it; the message lists the recipes there are.
    """
    known = _recipe_paths(folders)
    if name not in known:
        raise RecipeError(f"“{name}” is not a map recipe; accepted are {', '.join(known)}.")
    return known[name]


def _recipe_paths(folders: Iterable[Path]) -> dict[str, Path]:
    """List the recipes by name; of two that bear one name, the first folder's counts."""
    known: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            known.setdefault(path.stem, path)
    return known


def _layer(content: dict[str, Any], where: str) -> LayerRecipe:
    place = f"{where}, layer “{content.get('kind', '')}”"
    _require_known(content, LayerRecipe, place)
    _require_choice(content.get("kind"), LAYER_KINDS, "kind", where)
    layer = LayerRecipe(**_with_tuples(content))
    if not layer.within or min(layer.within) <= 0:
        raise RecipeError(f"{place}: within “{list(layer.within)}” has no distance above 0.")
    return layer


def _with_tuples(content: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}


def _require_known(content: dict[str, Any], model: type, where: str) -> None:
    """Refuse a key that the model has not, or a value of another type than its default's."""
    accepted = {field.name: field for field in fields(model) if field.name != "name"}
    for key, value in content.items():
        if key not in accepted:
            raise RecipeError(
                f"{where} has the unknown key “{key}”; accepted are {', '.join(accepted)}."
            )
        wanted = _TYPES[str(accepted[key].type)]
        if not _is_of(value, wanted):
            raise RecipeError(f"{where}: {key} “{value}” is not accepted; {wanted} is expected.")


def _is_of(value: object, wanted: str) -> bool:
    if wanted.startswith("a list"):
        return isinstance(value, list) and all(isinstance(item, _ITEMS[wanted]) for item in value)
    if wanted == "a whole number":  # to Python, True is one too
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, bool if wanted == "true or false" else str)


def _require_choice(value: object, accepted: Iterable[object], key: str, where: str) -> None:
    if value not in accepted:
        choices = ", ".join(str(choice) for choice in accepted)
        raise RecipeError(f"{where}: {key} “{value}” is not accepted; accepted are {choices}.")
