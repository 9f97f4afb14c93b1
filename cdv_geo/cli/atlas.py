"""`cdv-geo atlas`: every map and table in one folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.shared_options import (
    generation_option,
    overwrite_option,
    strict_option,
    territory_option,
)

if TYPE_CHECKING:
    from cdv_geo.cli.session import Session


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
@overwrite_option("Replace what is in the way and is not as an earlier run left it.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    callback=lambda _ctx, _param, value: value or _cores(),
    help="How many processes write files; as many as there are cores where not given. The files "
    "are the same.",
)
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    output: Path,
    generation: int | None,
    jobs: int,
) -> None:
    """Make every map and table of a territory in one folder.

    index.html leads to all of it. Of the files that an earlier run made, only those are made again
    that would be others now, or were lost since; a run that was stopped is taken up by the next
    one. Other files in the folder are left alone, and a file that was changed since is replaced
    only with --overwrite. What cannot be made is said at the end, with exit code 1; all else is
    made, and index.html says what is missing.

    \b
    Examples:
      cdv-geo atlas -o atlas/
      cdv-geo --territory my-contract/ atlas -o atlas/
      cdv-geo atlas -o atlas/ --jobs 1
    """
    from cdv_geo.atlas import Atlas
    from cdv_geo.cli.output_options import report_failures
    from cdv_geo.cli.progress import progress

    territory = session.load()
    with progress(session) as step:
        atlas = Atlas(territory, generation=territory.generation(generation))
        built = atlas.write(output, overwrite=session.overwrite, step=step, jobs=jobs)
    session.explain_letters(atlas.unshown(built))
    session.explain_generations(territory, generation)
    made, unchanged = len(built.made), len(built.paths) - len(built.made)
    session.notice(f"{made} files made, {unchanged} unchanged.")
    for path in built.removed:
        failed = {path.name, path.stem} & atlas.failures.keys()
        why = "it could not be made now" if failed else "it is of the atlas no more"
        session.notice(f"Removed {path}: an earlier run wrote it, and {why}.")
    for path in built.left:
        session.notice(
            f"Note: {path} stays; it is no file of the atlas now, and not what an earlier run "
            "wrote there."
        )
    for path in built.paths:
        click.echo(path)
    report_failures(session, atlas.failures)


def _cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
