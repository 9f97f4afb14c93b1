"""`cdv-geo map`: draw a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.options import Session, output_option, overwrite_option, strict_option
from cdv_geo.errors import RecipeError

if TYPE_CHECKING:
    from cdv_geo.territory import Territory


@click.command(name="map")
@click.argument("recipe")
@output_option([".html", ".pdf", ".png", ".svg"])
@overwrite_option()
@strict_option()
@click.pass_obj
def command(session: Session, recipe: str, output: Path, overwrite: bool, strict: bool) -> None:
    """Draw a map from a recipe, as a web page or a printed sheet.

    RECIPE is the name of a recipe of the territory or of the program, or a .toml file of your
    own. The web page works offline.

    \b
    Examples:
      cdv-geo map vue-d-ensemble -o overview.html
      cdv-geo map equipements -o equipment.pdf
    """
    from cdv_geo.cartography.composing import compose
    from cdv_geo.cartography.recipe import load_recipe
    from cdv_geo.cartography.rendering import render
    from cdv_geo.io.outputs import write_bytes

    territory = session.load(strict=strict)
    scene = compose(
        load_recipe(_path(recipe, territory), default_generation=territory.default_generation),
        territory,
    )
    write_bytes(render(scene, output.suffix.lower()), output, overwrite=overwrite)
    session.notice(f"Wrote {output}.")


def _path(recipe: str, territory: Territory) -> Path:
    from cdv_geo.cartography.recipe import find_recipe

    if recipe.endswith(".toml"):
        return Path(recipe)
    try:
        return find_recipe(recipe, territory.recipe_folders())
    except RecipeError as error:
        raise click.BadParameter(str(error), param_hint="RECIPE") from None
