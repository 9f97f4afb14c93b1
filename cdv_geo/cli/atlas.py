"""`cdv-geo atlas`: every map and table in one folder."""

from __future__ import annotations

from pathlib import Path

import click

from cdv_geo.cli.options import Session, generation_option, strict_option


@click.command(name="atlas")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder; it is made, or rebuilt if the program made it.",
)
@generation_option()
@click.option("--overwrite", is_flag=True, help="Replace files that the program did not make.")
@strict_option()
@click.pass_obj
def command(
    session: Session, output: Path, generation: int | None, overwrite: bool, strict: bool
) -> None:
    """Make every map and table of a territory in one folder.

    index.html leads to all of it. Files that an earlier run made are rebuilt; other files in the
    folder are left alone.

    \b
    Examples:
      cdv-geo atlas -o atlas/
      cdv-geo --territory my-contract/ atlas -o atlas/
    """
    from cdv_geo.atlas import Atlas
    from cdv_geo.cli.progress import progress

    territory = session.load(strict=strict)
    with progress(session) as step:
        atlas = Atlas(territory, generation=territory.generation(generation))
        made = atlas.write(output, overwrite=overwrite, step=step)
    session.explain_generations(territory, generation)
    for path in made:
        click.echo(path)
