"""`cdv-geo map`: draw a recipe."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.output_options import AskedFiles, asked_files, write_each
from cdv_geo.cli.shared_options import (
    TEXT,
    overwrite_option,
    strict_option,
    territory_option,
)
from cdv_geo.cli.stdout_answers import echo_json
from cdv_geo.cli.terminal_text import printable
from cdv_geo.errors import NameResolutionError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.cli.session import Session
    from cdv_geo.territory import Territory

_ENDINGS = (".html", ".pdf", ".png", ".svg")


@click.command(name="map")
@click.argument("recipe", required=False)
@asked_files(_ENDINGS, "map", required=False)
@click.option(
    "--set",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help='Change a key of the recipe: --set title="…" --set page="A3 portrait".',
)
@click.option(
    "--perimeter",
    metavar="CODE|NAME",
    type=TEXT,
    help="Make the map of one perimeter: its extent, its rings, its numbered places.",
)
@click.option(
    "--basemap",
    is_flag=True,
    help="Let a web page fetch the map of IGN, from the network, to lie under its layers.",
)
@click.option(
    "--body",
    is_flag=True,
    help="Give the map alone as SVG, with its names as text, to go on with in a drawing program.",
)
@click.option("--list", "listing", is_flag=True, help="List the recipes: name, then title.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Of --list.",
)
@overwrite_option()
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    /,
    recipe: str | None,
    files: AskedFiles | None,
    changes: tuple[str, ...],
    perimeter: str | None,
    listing: bool,
    shape: str,
    **options: bool,
) -> None:
    """Draw a map from a recipe, as a web page or a printed sheet.

    RECIPE is the name of a recipe of the territory or of the program, or a .toml file of your
    own. The web page works offline.

    \b
    Examples:
      cdv-geo map --list
      cdv-geo map vue-d-ensemble -o overview.html
      cdv-geo map equipements -o equipment.pdf --set page="A3 landscape"
      cdv-geo map zoom-quartier --perimeter Bellevue -o bellevue.pdf
      cdv-geo map zoom-quartier --all -o sheets/
      cdv-geo map actions -o actions.svg --body
    """
    territory = session.load(summary=not listing)
    if listing:
        _list(territory, shape)
        return
    if recipe is None or files is None:
        raise click.UsageError("RECIPE and -o are needed; --list names the recipes.")
    files.require_possible()
    if options["basemap"] and files.suffix != ".html":
        raise click.UsageError("--basemap is for .html alone: a sheet has no online map.")
    if options["body"] and files.suffix != ".svg":
        raise click.UsageError("--body is for .svg alone: names are text there.")
    if files.each and perimeter is not None:
        raise click.UsageError("--perimeter and --all exclude each other.")
    loaded = _recipe(recipe, territory, changes)
    if files.each:
        targets: Mapping[Path, str | None] = _targets(session, territory, loaded, files)
    else:
        targets = {files.output: perimeter and _code(perimeter, loaded, territory)}
    write_each(session, files, targets, partial(_made, loaded, territory, options))


def _made(
    recipe: MapRecipe,
    territory: Territory,
    options: Mapping[str, bool],
    code: str | None,
    suffix: str,
) -> tuple[bytes, dict[str, str]]:
    """Make the map of one perimeter, or of all, and give the characters that it replaces."""
    from cdv_geo.cartography.composition import compose
    from cdv_geo.cartography.map_formats import render_scene, unshown_in_scene

    scene = compose(recipe, territory, perimeter=code)
    return render_scene(scene, suffix, **options), unshown_in_scene(scene, suffix)


def _list(territory: Territory, shape: str) -> None:
    from cdv_geo.cartography.recipe_checking import load_recipes

    recipes = load_recipes(
        territory.recipe_folders(), default_generation=territory.default_generation
    )
    if shape == "json":
        echo_json([{"name": recipe.name, "title": recipe.title} for recipe in recipes])
        return
    width = max(len(recipe.name) for recipe in recipes)
    for recipe in recipes:
        click.echo(printable(f"{recipe.name.ljust(width)}  {recipe.title}"))


def _recipe(name: str, territory: Territory, changes: Sequence[str]) -> MapRecipe:
    from cdv_geo.cartography.recipe_checking import find_recipe, load_recipe
    from cdv_geo.io.guard import require_regular_file

    pairs = [change.partition("=") for change in changes]
    for key, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"“{key}” is not of the form KEY=VALUE.", param_hint="--set")
    path = Path(name)
    if not name.endswith(".toml"):
        try:
            path = find_recipe(name, territory.recipe_folders())
        except RecipeError as error:
            raise click.BadParameter(str(error), param_hint="RECIPE") from None
    elif os.path.lexists(path):
        require_regular_file(path)
    return load_recipe(
        path,
        default_generation=territory.default_generation,
        changes={key.strip(): value for key, _, value in pairs},
    )


def _code(name: str, recipe: MapRecipe, territory: Territory) -> str:
    """Find the code of the perimeter that a code or a name stands for."""
    try:
        return territory.study(generation=recipe.generation).code_of(name)
    except NameResolutionError as error:
        raise click.BadParameter(str(error), param_hint="--perimeter") from None


def _targets(
    session: Session, territory: Territory, recipe: MapRecipe, files: AskedFiles
) -> dict[Path, str]:
    """Name a file for every perimeter with an outline, and say which have none."""
    from cdv_geo.cartography.composition import maps_by_perimeter

    study = territory.study(generation=recipe.generation)
    if len(study.hidden):
        names = ", ".join(study.hidden["nom"])
        session.notice(f"Note: no map of {len(study.hidden)} without an outline: {names}.")
    return files.in_folder(maps_by_perimeter(recipe, territory))
