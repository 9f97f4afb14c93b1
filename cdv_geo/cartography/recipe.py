"""A map recipe: what a map shows, written by its author in a TOML file of a few lines."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from cdv_geo import vocabulary
from cdv_geo.cartography.classification import METHODS
from cdv_geo.errors import RecipeError
from cdv_geo.file_names import name_as_text
from cdv_geo.toml_files import fault_of_line, fault_of_name, parse_toml, read_toml, value_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# The kinds of layers, each with the keys that it reads.
LAYER_KEYS: Final = {
    "communes": ("outline_only",),
    "perimeters": ("outline_only",),
    "actions": ("outline_only",),
    "action_places": (),
    "equipment": ("types", "by", "numbered"),
    "reach": ("within",),
    "change": (),
    "cells": ("method", "classes", "breaks", "darkest"),
    "choropleth": ("of", "value", "vintage", "method", "classes", "breaks", "darkest", "optional"),
    "symbols": ("of", "value", "vintage", "optional"),
    "raster": ("raster", "above", "method", "classes", "breaks", "darkest", "optional"),
}
PAGES: Final = ("A4 landscape", "A4 portrait", "A3 landscape", "A3 portrait")
AREAS: Final = ("communes", "perimeters")
ENDS: Final = ("low", "high")
CATEGORIES: Final = ("type", "statut", "annee", "precision_position")
EACH: Final = "perimeter"
"""The extent of a recipe that makes one map per perimeter."""
_ITEMS: Final = {
    "a list of texts": (str,),
    "a list of numbers": (int, float),
    "a list of tables": (dict,),
}
_FARTHEST: Final = 100_000  # metres: no ring around a quartier is wider
_MOST_ITEMS: Final = 100  # of any list; more layers are no map
_LARGEST: Final = 10**15  # beyond this a whole number is no measure of anything here
_PLAIN: Final[dict[str, tuple[type, ...]]] = {
    "a text": (str,),
    "a whole number": (int,),
    "a number": (int, float),
}
# What the fields of a recipe are called in TOML, by their Python types.
_TYPES: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple[str, ...]": "a list of texts",
    "tuple[float, ...]": "a list of numbers",
    "tuple[LayerRecipe, ...]": "a list of tables",
}
_CHOICES: Final = {
    "of": AREAS,
    "method": METHODS,
    "darkest": ENDS,
    "by": CATEGORIES,
    "page": PAGES,
    "generation": vocabulary.GENERATIONS,
}
_REQUIRED: Final = {"choropleth": ("value",), "symbols": ("value",), "raster": ("raster",)}


@dataclass(frozen=True)
class LayerRecipe:
    """One layer of a recipe; `LAYER_KEYS` says which kind reads which of these.

    Parameters
    ----------
    kind
        One of `LAYER_KEYS`.
    types
        Types of equipment shown; all where empty.
    by
        Column of the equipment that tells symbols apart.
    numbered
        True where the places within reach, and no others, are numbered and listed beside the map.
    within
        Distances of the rings of a `reach` layer, metres.
    of
        Whose figures are shown: those of the `communes` or of the `perimeters`.
    value
        Code of an indicator, or a column of `coverage`.
    vintage
        Of the indicator; the latest where empty.
    method
        How classes are cut.
    classes
        Number of classes, 1 or more.
    breaks
        Upper limits of all classes but the last, for the method `fixed`.
    darkest
        Which end of the values is drawn darkest: `low` or `high`; of the cells of the population
        grid it is the low one where not given, else the high one.
    raster
        Name of a raster of the territory.
    above
        Cells at or below this value are not drawn.
    optional
        True where a territory may lack the figure or the raster: the layer is then named as missing
        beside the map, and not refused.
    outline_only
        True where outlines are drawn over another layer, without their fill.
    """

    kind: str
    types: tuple[str, ...] = ()
    by: str = "type"
    numbered: bool = False
    within: tuple[float, ...] = (300, 500)
    of: str = "communes"
    value: str = ""
    vintage: str = ""
    method: str = "quantiles"
    classes: int = 5
    breaks: tuple[float, ...] = ()
    darkest: str = ""
    raster: str = ""
    above: float = -math.inf
    optional: bool = False
    outline_only: bool = False


@dataclass(frozen=True)
class MapRecipe:
    """A whole recipe.

    Parameters
    ----------
    name
        Name of the file, without its ending; the outputs bear it.
    title, subtitle
        French text of the map; `{territory}`, `{generation}` and `{perimeter}` are filled in.
    layers
        From bottom to top.
    generation
        Of the QPV; the territory's own where not given.
    extent
        `communes` (all of them), `qpv` (those of the generation), the code of a perimeter, or
        `perimeter`: one map for each.
    page
        Paper of the printed sheet.
    rank
        Place of the map in an atlas, smallest first.
    notes
        French sentences of the author, beside those that the layers bring.
    simplify
        Metres by which outlines may move on the web page.
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
    simplify: float = 1.0


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
    _require_known(content, MapRecipe, where)
    for key in ("title", "layers"):
        if not content.get(key):
            raise RecipeError(f"{where} lacks “{key}”, which every recipe has.")
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
    if "kind" not in content:
        accepted = ", ".join(LAYER_KEYS)
        raise RecipeError(f"{where}: a layer lacks “kind”; accepted are {accepted}.")
    kind = content["kind"]
    if not isinstance(kind, str) or kind not in LAYER_KEYS:
        raise RecipeError(
            f"{where}: kind “{value_shown(kind)}” is not accepted; accepted are "
            f"{', '.join(LAYER_KEYS)}."
        )
    place = f"{where}, layer “{kind}”"
    keys = ("kind", *LAYER_KEYS[kind])
    for key in content:
        if key not in keys:
            raise RecipeError(
                f"{place} has the unknown key “{value_shown(key)}”; accepted are {', '.join(keys)}."
            )
    _require_known(content, LayerRecipe, place)
    for key in _REQUIRED.get(kind, ()):
        if not content.get(key):
            raise RecipeError(f"{place} lacks “{key}”, which every such layer has.")
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


def _require_known(content: dict[str, Any], model: type, where: str) -> None:
    """Refuse a key that the model has not, or a value that is none of those it may have."""
    accepted = {field.name: field for field in fields(model) if field.name != "name"}
    for key, value in content.items():
        if key not in accepted:
            raise RecipeError(
                f"{where} has the unknown key “{value_shown(key)}”; accepted are "
                f"{', '.join(accepted)}."
            )
        wanted, shown = _TYPES[str(accepted[key].type)], value_shown(value)
        if isinstance(value, list) and len(value) > _MOST_ITEMS:
            raise RecipeError(
                f"{where}: {key} has {len(value):,} entries; at most {_MOST_ITEMS} are accepted."
            )
        if not _is_of(value, wanted):
            raise RecipeError(f"{where}: {key} “{shown}” is not accepted; {wanted} is expected.")
        if key in _CHOICES and value not in _CHOICES[key]:
            choices = ", ".join(str(choice) for choice in _CHOICES[key])
            raise RecipeError(f"{where}: {key} “{shown}” is not accepted; accepted are {choices}.")
        _require_readable(key, value, where)


def _require_readable(key: str, value: object, where: str) -> None:
    """Refuse texts that nobody can read on a map: too long, without a letter, with controls."""
    find = fault_of_name if key == "title" else fault_of_line
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and (fault := find(text)):
            raise RecipeError(f"{where}: {key} {fault}.")


def _is_of(value: object, wanted: str) -> bool:
    if isinstance(value, bool):  # to Python, True is a number too
        return wanted == "true or false"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return False
    if wanted.startswith("a list"):
        return isinstance(value, list) and all(_is_item(item, wanted) for item in value)
    return wanted in _PLAIN and isinstance(value, _PLAIN[wanted])


def _is_item(item: object, wanted: str) -> bool:
    if isinstance(item, bool) or (isinstance(item, int) and abs(item) > _LARGEST):
        return False
    return isinstance(item, _ITEMS[wanted])
