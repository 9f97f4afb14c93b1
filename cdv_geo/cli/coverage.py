"""`cdv-geo coverage`: what reaches each perimeter, and who lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdv_geo.cli.options import (
    Session,
    dialect_option,
    generation_option,
    output_option,
    overwrite_option,
    strict_option,
    within_option,
)

if TYPE_CHECKING:
    from pathlib import Path


@click.command(name="coverage")
@generation_option()
@within_option()
@output_option([".csv", ".xlsx", ".gpkg", ".geojson"])
@dialect_option()
@overwrite_option()
@strict_option()
@click.pass_obj
def command(
    session: Session,
    generation: int | None,
    within: tuple[float, ...],
    output: Path,
    dialect: str,
    overwrite: bool,
    strict: bool,
) -> None:
    """Measure what reaches each perimeter, and who lives there.

    One row per perimeter, then one per commune and one for the whole contract, so that the gap
    can be read. An empty cell (“n. d.” in a workbook) is not known; it is never 0.

    \b
    Examples:
      cdv-geo coverage -o coverage.csv
      cdv-geo coverage --generation 2015 --within 400 -o coverage.xlsx
    """
    from cdv_geo.io.outputs import write_table

    territory = session.load(strict=strict)
    frame = territory.coverage(generation=generation, within=within)
    write_table(frame, output, overwrite=overwrite, title="couverture", dialect=dialect)
    session.explain_generations(territory, generation)
    hidden = int((frame["statut_geometrie"] == "absente").sum())
    if hidden:
        session.notice(f"{hidden} perimeter(s) have no outline: what depends on it is left empty.")
    session.notice(f"Wrote {output} ({len(frame)} rows, {len(frame.columns)} columns).")
