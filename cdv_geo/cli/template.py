"""`cdv-geo template`: a workbook to be filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdv_geo.cli.shared_options import output_option, overwrite_option, territory_option

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.cli.session import Session

# Said here as well as in io/templates.py, so that help imports no library; a test holds both
# against each other.
_KINDS = ("actions", "equipment", "perimeters")


@click.command(name="template")
@click.argument("kind", type=click.Choice(_KINDS))
@output_option([".xlsx"])
@overwrite_option()
@territory_option()
@click.pass_obj
def command(session: Session, kind: str, output: Path) -> None:
    """Write a workbook that services fill in by hand.

    Its first sheet is the table, with two sample rows that are never read; the second explains
    every column, in French. Send it out, and give it back to the program as it returns.

    \b
    Examples:
      cdv-geo template actions -o actions.xlsx
      cdv-geo template equipment -o equipements.xlsx --overwrite
    """
    from cdv_geo.io.templates.workbook_templates import write_template

    territory = session.load(summary=False)
    write_template(kind, output, overwrite=session.overwrite, precisions=territory.position_error_m)
    session.notice(f"Wrote {output}.")
