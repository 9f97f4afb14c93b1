"""`cdv-geo report`: all that is known of a territory, as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdv_geo.cli.shared_options import (
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


@click.command(name="report")
@generation_option()
@within_option()
@output_option([".xlsx"])
@overwrite_option()
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    generation: int | None,
    within: tuple[float, ...],
    output: Path,
) -> None:
    """Write all that is known of a territory as a workbook.

    Its sheets are in French: perimeters, coverage, actions by quartier, équipements, links,
    figures, priorities, strengths and weaknesses, what has no position, what is odd in the data.
    The first explains the others. An empty cell says that the source says nothing, “n. d.” that a
    figure is not known; neither is ever 0.

    \b
    Examples:
      cdv-geo report -o territoire.xlsx
      cdv-geo report --generation 2015 --within 400 -o territoire-2015.xlsx
    """
    from cdv_geo.french.workbook_texts import subject_of
    from cdv_geo.io.writing.output_files import replacing
    from cdv_geo.io.writing.workbook_writing import write_workbook
    from cdv_geo.reports.workbook import report_sheets

    territory = session.load()
    study = territory.study(generation=generation, within=within)
    with replacing(output, overwrite=session.overwrite) as part:
        sheets = report_sheets(study)
        subject = subject_of(territory.edition, study.generation)
        write_workbook(sheets, part, title=territory.name, subject=subject)
    session.explain_generations(territory, generation)
    rows = sum(map(len, sheets))
    session.notice(f"Wrote {output} ({len(sheets)} sheets, {rows} rows).")
