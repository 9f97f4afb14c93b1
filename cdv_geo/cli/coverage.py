"""`cdv-geo coverage`: what reaches each perimeter, and who lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdv_geo.cli.shared_options import (
    dialect_option,
    generation_option,
    output_option,
    overwrite_option,
    strict_option,
    territory_option,
    within_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.cli.session import Session

_TABLES = {"action": "actions", "equipment": "equipment"}


@click.command(name="coverage")
@generation_option()
@within_option()
@click.option(
    "--by",
    type=click.Choice(["perimeter", "quartier"]),
    default="perimeter",
    show_default=True,
    help="Perimeters of the law, or quartiers of everyday speech: a QPV may hold several.",
)
@output_option([".csv", ".xlsx", ".gpkg", ".geojson"])
@dialect_option()
@overwrite_option()
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    generation: int | None,
    within: tuple[float, ...],
    by: str,
    output: Path,
    dialect: str,
) -> None:
    """Measure what reaches each perimeter, and who lives there.

    One row per perimeter, then one per commune and one for the whole contract, so that the gap
    can be read. An empty cell (“n. d.” in a workbook) is not known; it is never 0.

    With --by quartier, one row per quartier of everyday speech: what names the whole perimeter
    counts for each of its quartiers, and what depends on an outline is left empty for a part.

    \b
    Examples:
      cdv-geo coverage -o coverage.csv
      cdv-geo coverage --by quartier -o quartiers.xlsx
      cdv-geo coverage --generation 2015 --within 400 -o coverage.xlsx
    """
    from cdv_geo.analysis.counting import KINDS
    from cdv_geo.io.writing.output_files import write_table

    territory = session.load()
    study = territory.study(generation=generation, within=within)
    frame = study.coverage if by == "perimeter" else study.quartiers
    write_table(frame, output, overwrite=session.overwrite, title="couverture", dialect=dialect)
    session.explain_generations(territory, generation)
    if len(study.hidden):
        session.notice(
            f"{len(study.hidden)} perimeter(s) have no outline: what depends on it is left empty."
        )
    for kind in KINDS:
        if not study.is_known(kind):
            session.notice(
                f"No {_TABLES[kind]} are known of the territory: their counts are left empty."
            )
    session.notice(f"Wrote {output} ({len(frame)} rows, {len(frame.columns)} columns).")
