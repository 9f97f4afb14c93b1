"""Read and check map recipes, which their authors write in TOML files of a few lines."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from cdv_geo import vocabulary
from cdv_geo.cartography.classification import METHODS
from cdv_geo.cartography.layers import KINDS
from cdv_geo.cartography.recipe import LayerRecipe, MapRecipe
from cdv_geo.errors import RecipeError
from cdv_geo.file_names import name_as_text
from cdv_geo.toml_files import fault_of_line, fault_of_name, parse_toml, read_toml, value_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_FARTHEST: Final = 100_000  # metres: no ring around a quartier is wider
_MOST_ITEMS: Final = 100  # of any list; more layers are no map
_LARGEST: Final = 10**15  # beyond this a whole number is no measure of anything here
# What the fields of a recipe are called in TOML, and the types of one value, by their Python types.
_TYPES: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "str": ("a text", (str,)),
    "int": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
    "bool": ("true or false", (bool,)),
    "tuple[str, ...]": ("a list of texts", (str,)),
    "tuple[float, ...]": ("a list of numbers", (int, float)),
    "tuple[LayerRecipe, ...]": ("a list of tables", (dict,)),
}
_CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "of": ("communes", "perimeters"),
    "method": METHODS,
    "darkest": ("low", "high"),
    "by": ("type", "statut", "annee", "precision_position"),
    "page": ("A4 landscape", "A4 portrait", "A3 landscape", "A3 portrait"),
    "generation": vocabulary.GENERATIONS,
}


def load_recipe(
    path: Path, *, default_generation: int = 2024, changes: Mapping[str, str] | None = None
) -> MapRecipe:
    """Read and check a recipe.

    Parameters
    ----------
    path
        TOML file.
    default_generation
        Of the QPV, where the recipe says none.
    changes
        Values that count in place of those of the file, by key, as a user types them; a text
        needs no quotes.

    Raises
    ------
    RecipeError
        The file is missing or no TOML, or a key or value is not accepted.
    """
    where = path.name
    content = {**_toml(path), **_typed(changes or {}, where)}
    keys = [field.name for field in fields(MapRecipe) if field.name != "name"]
    _require_known(content, MapRecipe, keys, where)
    _require_given(content, ("title", "layers"), where, "recipe")
    layers = tuple(_layer(layer, where) for layer in content["layers"])
    values = {"generation": default_generation, **_with_tuples(content), "layers": layers}
    recipe = MapRecipe(name=name_as_text(path.stem), **values)
    if sum(layer.numbered for layer in layers) > 1:
        raise RecipeError(f"{where}: two layers are numbered; a number would stand for two places.")
    if not 0 <= recipe.simplify < math.inf:
        raise RecipeError(
            f"{where}: simplify “{recipe.simplify}” is not accepted; metres, 0 or more, are "
            "expected."
        )
    return recipe


def load_recipes(folders: Iterable[Path], *, default_generation: int) -> list[MapRecipe]:
    """Read every recipe of some folders, in the order of an atlas.

    Raises
    ------
    RecipeError
        One of them is at fault.
    """
    paths = recipe_paths(folders).values()
    recipes = [load_recipe(path, default_generation=default_generation) for path in paths]
    return sorted(recipes, key=atlas_order)


def atlas_order(recipe: MapRecipe) -> tuple[float, str]:
    """Tell where a recipe stands among those of an atlas."""
    return recipe.rank, recipe.name


def find_recipe(name: str, folders: Iterable[Path]) -> Path:
    """Find a recipe by its name in the first folder that has it.

    Raises
    ------
    RecipeError
        No folder has it; the message lists the recipes there are.
    """
    known = recipe_paths(folders)
    if name not in known:
        raise RecipeError(f"“{name}” is not a map recipe; accepted are {', '.join(known)}.")
    return known[name]


def recipe_paths(folders: Iterable[Path]) -> dict[str, Path]:
    """List the files of recipes by name; of two that bear one name, the first folder's counts."""
    known: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            known.setdefault(name_as_text(path.stem), path)
    return known


def _toml(path: Path) -> dict[str, Any]:
    if path.exists() and not path.is_file():
        raise RecipeError(f"{path} is no file; a map recipe is expected.")
    return read_toml(path, RecipeError)


def _typed(changes: Mapping[str, str], where: str) -> dict[str, Any]:
    """Read values as the fields want them: a text as it is, all else as TOML."""
    accepted = {f.name: str(f.type) for f in fields(MapRecipe) if f.name not in {"name", "layers"}}
    values: dict[str, Any] = {}
    for key, text in changes.items():
        if key not in accepted:
            raise RecipeError(
                f"{where}: “{key}” cannot be set; accepted are {', '.join(accepted)}."
            )
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise RecipeError(f"{where}: {key} is no valid text; letters of UTF-8 are expected.")
        if accepted[key] == "str":
            values[key] = text
            continue
        try:
            values[key] = parse_toml(f"value = {text}")["value"]
        except ValueError:
            values[key] = text  # of a wrong type: refused, with what is expected
    return values


def _layer(content: dict[str, Any], where: str) -> LayerRecipe:
    accepted = ", ".join(KINDS)
    if "kind" not in content:
        raise RecipeError(f"{where}: a layer lacks “kind”; accepted are {accepted}.")
    name = content["kind"]
    if not isinstance(name, str) or name not in KINDS:
        raise RecipeError(
            f"{where}: kind “{value_shown(name)}” is not accepted; accepted are {accepted}."
        )
    kind, place = KINDS[name], f"{where}, layer “{name}”"
    _require_known(content, LayerRecipe, ("kind", *kind.keys), place)
    _require_given(content, kind.required, place, "such layer")
    layer = LayerRecipe(**_with_tuples(content))
    _require_distances(layer, place)
    _require_classes(layer, place)
    return layer


def _require_distances(layer: LayerRecipe, where: str) -> None:
    if not layer.within or not all(0 < metres <= _FARTHEST for metres in layer.within):
        raise RecipeError(
            f"{where}: within “{list(layer.within)}” is not accepted; distances above 0 and up to "
            f"{_FARTHEST:,} metres are expected."
        )
    if math.isnan(layer.above) or layer.above == math.inf:
        raise RecipeError(f"{where}: above “{layer.above}” is not accepted; a number is expected.")


def _require_classes(layer: LayerRecipe, where: str) -> None:
    """Refuse no classes, limits that do not rise, limits and methods that do not go together."""
    if not 1 <= layer.classes <= _MOST_ITEMS:
        raise RecipeError(
            f"{where}: classes “{layer.classes}” is not accepted; 1 to {_MOST_ITEMS} are expected."
        )
    limits = layer.breaks
    rising = all(low < high for low, high in itertools.pairwise(limits))
    if not (rising and all(map(math.isfinite, limits))):
        raise RecipeError(f"{where}: breaks “{list(limits)}” do not rise from one to the next.")
    if (layer.method == "fixed") != bool(limits):
        raise RecipeError(f"{where}: the method “fixed” and breaks go together.")


def _with_tuples(content: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}


def _require_known(content: dict[str, Any], model: type, keys: Sequence[str], where: str) -> None:
    """Refuse a key that is not accepted, or a value that is none of those the model may have."""
    for key in content:
        if key not in keys:
            raise RecipeError(
                f"{where} has the unknown key “{value_shown(key)}”; accepted are {', '.join(keys)}."
            )
    types = {field.name: str(field.type) for field in fields(model)}
    for key, value in content.items():
        _require_value(key, value, types[key], where)


def _require_given(content: dict[str, Any], keys: Iterable[str], where: str, model: str) -> None:
    for key in keys:
        if not content.get(key):
            raise RecipeError(f"{where} lacks “{key}”, which every {model} has.")


def _require_value(key: str, value: object, python_type: str, where: str) -> None:
    """Refuse a value of another type, too many of them, or none of those to choose from."""
    wanted, types = _TYPES[python_type]
    items = value if isinstance(value, list) else [value]
    if len(items) > _MOST_ITEMS:
        raise RecipeError(
            f"{where}: {key} has {len(items):,} entries; at most {_MOST_ITEMS} are accepted."
        )
    is_list = python_type.startswith("tuple")
    if is_list != isinstance(value, list) or not all(_is_of(item, types) for item in items):
        raise RecipeError(
            f"{where}: {key} “{value_shown(value)}” is not accepted; {wanted} is expected."
        )
    if key in _CHOICES and value not in _CHOICES[key]:
        choices = ", ".join(map(str, _CHOICES[key]))
        raise RecipeError(
            f"{where}: {key} “{value_shown(value)}” is not accepted; accepted are {choices}."
        )
    # Texts that nobody can read on a map: too long, without a letter, with controls.
    find = fault_of_name if key == "title" else fault_of_line
    for text in items:
        if isinstance(text, str) and (fault := find(text)):
            raise RecipeError(f"{where}: {key} {fault}.")


def _is_of(item: object, types: tuple[type, ...]) -> bool:
    # By the very type: to Python, True is a number too.
    return type(item) in types and not (isinstance(item, int) and abs(item) > _LARGEST)
