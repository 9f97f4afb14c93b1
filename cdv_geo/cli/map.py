"""`cdv-geo map`: draw a recipe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.options import (
    TEXT,
    Session,
    accepted_target,
    echo_json,
    made_folder,
    overwrite_option,
    strict_option,
    territory_option,
)
from cdv_geo.cli.terminal_text import printable
from cdv_geo.errors import NameResolutionError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.territory import Territory

_ENDINGS = (".html", ".pdf", ".png", ".svg")


@click.command(name="map")
@click.argument("recipe", required=False)
@click.option(
    "-o",
    "--output",
    metavar=f"FILE[{'|'.join(_ENDINGS)}]",
    type=click.Path(path_type=Path),
    help="Where to write; the ending chooses the format. With --all, a folder.",
)
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
@click.option("--all", "each", is_flag=True, help="Make a map of every perimeter with an outline.")
@click.option(
    "--as",
    "ending",
    type=click.Choice([ending.removeprefix(".") for ending in _ENDINGS]),
    help="Format of the maps of --all; PDF where not given.",
)
@click.option(
    "--basemap",
    is_flag=True,
    help="Let a web page fetch the map of IGN, from the network, to lie under its layers.",
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
def command(  # noqa: PLR0913, PLR0917  # one parameter per option
    session: Session,
    recipe: str | None,
    output: Path | None,
    changes: tuple[str, ...],
    perimeter: str | None,
    each: bool,
    ending: str | None,
    basemap: bool,
    listing: bool,
    shape: str,
    overwrite: bool,
    strict: bool,
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
    """
    territory = session.load(strict=strict, summary=not listing)
    if listing:
        _list(territory, shape)
        return
    if recipe is None or output is None:
        raise click.UsageError("RECIPE and -o are needed; --list names the recipes.")
    if ending is not None and not each:
        raise click.UsageError("--as goes with --all; else the ending of -o chooses the format.")
    if basemap and (ending if each else output.suffix.lower().removeprefix(".")) != "html":
        raise click.UsageError("--basemap is for .html alone: a sheet has no online map.")
    if not each:
        accepted_target(output, _ENDINGS, "-o")
    loaded = _recipe(recipe, territory, changes)
    if each:
        if perimeter is not None:
            raise click.UsageError("--perimeter and --all exclude each other.")
        targets = _targets(session, territory, loaded, output, f".{ending or 'pdf'}")
    else:
        targets = {output: perimeter and _code(perimeter, loaded, territory)}
    _draw(session, territory, loaded, targets, basemap=basemap, overwrite=overwrite)


def _draw(
    session: Session,
    territory: Territory,
    recipe: MapRecipe,
    targets: dict[Path, str | None],
    *,
    basemap: bool,
    overwrite: bool,
) -> None:
    """Write one map per file; the perimeters that they are about are given by their codes."""
    from cdv_geo.cartography.composition import compose
    from cdv_geo.cartography.map_formats import render_scene, unshown_in_scene
    from cdv_geo.cli.progress import progress
    from cdv_geo.io.writing.atomic_replacing import require_free
    from cdv_geo.io.writing.output_files import write_bytes

    for path in targets:
        require_free(path, overwrite=overwrite)
    replaced: dict[str, str] = {}
    with progress(session) as step:
        for done, (path, code) in enumerate(targets.items()):
            step(path.name, done, len(targets))
            scene = compose(recipe, territory, perimeter=code)
            content = render_scene(scene, path.suffix.lower(), basemap=basemap)
            write_bytes(content, path, overwrite=overwrite)
            replaced |= unshown_in_scene(scene, path.suffix.lower())
    session.explain_letters(replaced)
    for path in targets:
        session.notice(f"Wrote {path}.")


def _list(territory: Territory, shape: str) -> None:
    from cdv_geo.cartography.recipe import load_recipes

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
    from cdv_geo.cartography.recipe import find_recipe, load_recipe
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
    session: Session, territory: Territory, recipe: MapRecipe, folder: Path, ending: str
) -> dict[Path, str | None]:
    """Name a file for every perimeter with an outline, and say which have none."""
    from cdv_geo.cartography.composition import maps_by_perimeter

    study = territory.study(generation=recipe.generation)
    if len(study.hidden):
        names = ", ".join(study.hidden["nom"])
        session.notice(f"Note: no map of {len(study.hidden)} without an outline: {names}.")
    maps = maps_by_perimeter(recipe, territory)
    return {made_folder(folder) / f"{name}{ending}": code for name, code in maps.items()}
