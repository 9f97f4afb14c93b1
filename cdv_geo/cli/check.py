"""`cdv-geo check`: what is wrong in files, before they are used."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdv_geo.cli.file_findings import how_written
from cdv_geo.cli.shared_options import (
    open_options_of,
    reading_options,
    territory_option,
)
from cdv_geo.cli.stdout_answers import echo_json, echo_table
from cdv_geo.cli.terminal_text import printable
from cdv_geo.errors import listed

if TYPE_CHECKING:
    from cdv_geo.cli.session import Session
    from cdv_geo.faults import Fault
    from cdv_geo.file_checking import Check

_ROLES = ("perimeters", "actions", "equipment", "indicators", "raster")
_COLUMNS = ("file", "row", "column", "value", "done", "why")
_DATA_AT_FAULT = 3
_LONGEST = 40
_SHOWN = 200


@click.command(name="check")
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--as",
    "role",
    type=click.Choice(_ROLES),
    help="What the rows are; told from the content where not given.",
)
@reading_options()
@click.option("--nodata", type=float, help="Value of the cells of a raster that hold no figure.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="Of what goes to stdout.",
)
@territory_option()
@click.pass_obj
def command(
    session: Session,
    /,
    files: tuple[str, ...],
    role: str | None,
    form: str,
    **said: Any,  # noqa: ANN401  # the options of reading_options
) -> None:
    """Say all that is wrong or odd in files, and what would be done about it.

    Every row is accepted, repaired or rejected, and the counts add up; a file that cannot be used
    as a whole is refused. Exit code 3 if anything was rejected or refused.

    \b
    Examples:
      cdv-geo check equipements.xlsx
      cdv-geo check quartiers.zip --as perimeters --crs EPSG:2154
      cdv-geo check *.csv --format json
    """
    from cdv_geo.file_checking import check

    territory = session.load(summary=False)
    options = open_options_of(said)
    checks: list[Check] = []
    failed: dict[str, Exception] = {}
    for name in files:
        try:
            checks.append(check(Path(name), territory, role=role, options=options))
        except Exception as error:  # noqa: BLE001  # raised below, when the others are answered
            failed[name] = error
    writers = {"table": _echo_tables, "json": _echo_json, "csv": _echo_csv}
    writers[form](checks)
    if failed:
        session.now = f"checking {listed(failed)}"
        raise next(iter(failed.values()))
    if any(found.at_fault for found in checks):
        click.get_current_context().exit(_DATA_AT_FAULT)


def _row(path: Path, fault: Fault) -> tuple[object, ...]:
    row = "" if fault.row is None else fault.row
    return str(path), row, fault.column, fault.value, fault.done, fault.message


def _echo_csv(checks: list[Check]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(found.path, fault) for found in checks for fault in found.faults)
    click.echo(printable(text.getvalue()), nl=False)


def _echo_json(checks: list[Check]) -> None:
    from cdv_geo.faults import add_up

    files = [
        {
            "file": str(found.path),
            "kind": found.kind,
            "role": found.role,
            "status": "refused" if found.refused else "accepted",
            "rows": found.rows,
            "detected": found.detected,
            "faults": [
                {
                    "row": fault.row,
                    "column": fault.column,
                    "value": fault.value,
                    "done": fault.done,
                    "why": fault.message,
                }
                for fault in found.faults
            ],
        }
        for found in checks
    ]
    refused = sum(found.refused for found in checks)
    summary = {**add_up(found.rows for found in checks), "refused_files": refused}
    echo_json({"files": files, "summary": summary})


def _echo_tables(checks: list[Check]) -> None:
    from cdv_geo.faults import add_up

    for found in checks:
        click.echo(
            printable(f"{found.path}: {found.kind or 'unknown'}, {found.role or 'not told'}")
        )
        for line in how_written(found.detected):
            click.echo(printable(f"  {line}"))
        click.echo(f"  {_summary(found.rows)}{_apart(found.rows)}")
        if found.faults:
            columns = _COLUMNS[1:]
            shown = found.faults[:_SHOWN]
            echo_table(columns, [_shortened(_row(found.path, fault)[1:]) for fault in shown])
            if len(found.faults) > _SHOWN:
                more = len(found.faults) - _SHOWN
                click.echo(f"and {more} more; --format csv and --format json give all of them")
        click.echo()
    if len(checks) > 1:
        click.echo(f"{len(checks)} files: {_summary(add_up(found.rows for found in checks))}")


def _summary(rows: dict[str, int]) -> str:
    return (
        f"{rows['input']} rows = {rows['accepted']} accepted + {rows['repaired']} repaired + "
        f"{rows['rejected']} rejected"
    )


def _apart(rows: dict[str, int]) -> str:
    from cdv_geo.faults import APART

    apart = [f"{rows[what]} {what}" for what in APART if rows[what]]
    return f"; set apart: {', '.join(apart)} lines" if apart else ""


def _shortened(cells: tuple[object, ...]) -> list[str]:
    """Keep a table a table: values without line breaks, and not too long."""
    texts = [" ".join(str(cell).split()) for cell in cells]
    value = texts[2]
    return [*texts[:2], value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…", *texts[3:]]
