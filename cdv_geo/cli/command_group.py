"""The group of commands; each is imported only when it runs, so that help answers at once."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from typing import Any, Final

import click

from cdv_geo.cli.session import Session
from cdv_geo.cli.shared_options import territory_option
from cdv_geo.cli.terminal_text import say
from cdv_geo.errors import CdvGeoError, DataError, NameResolutionError, RecipeError, listed
from cdv_geo.library_environment import SET_ASIDE

# Said here as well as in each command, so that listing the commands imports none of them; a test
# holds both against each other.
_COMMANDS: Final = {
    "atlas": "Make every map and table of a territory in one folder.",
    "check": "Say all that is wrong or odd in files, and what would be done about it.",
    "coverage": "Measure what reaches each perimeter, and who lives there.",
    "fiche": "Write the fiche of a quartier.",
    "link": "Link actions, equipment or files of your own to the perimeters.",
    "locate": "Say in which perimeters a point lies.",
    "map": "Draw a map from a recipe, as a web page or a printed sheet.",
    "perimeters": "List the perimeters.",
    "report": "Write all that is known of a territory as a workbook.",
    "template": "Write a workbook that services fill in by hand.",
}
_PROGRAM: Final = "cdv-geo"
_FAILURE, _DATA_AT_FAULT = 1, 3


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the names of the commands."""
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"cdv_geo.cli.{name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands from their static descriptions."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; an error of the library becomes one line and an exit code."""
        try:
            return super().invoke(ctx)
        except CdvGeoError as error:
            at_fault = isinstance(error, (DataError, NameResolutionError, RecipeError))
            say(f"Error: {error}")
            ctx.exit(_DATA_AT_FAULT if at_fault else _FAILURE)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=_PROGRAM, prog_name=_PROGRAM)
@territory_option()
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notices on stderr.")
@click.option(
    "-v", "--verbose", count=True, help="Say more on stderr; -vv shows where an error comes from."
)
@click.pass_context
def cli(ctx: click.Context, quiet: bool, verbose: int) -> None:
    """Analyse the perimeters of a contrat de ville: what reaches which quartier.

    Data go to stdout, progress and notices to stderr. Exit codes: 0 done, 1 failure, 2 usage,
    3 data at fault.

    Which territory answers: --territory, before the command or after it; else the environment
    variable CDV_GEO_TERRITORY; else the territory.toml of the current folder or of one above it;
    else Grand Chambéry. Where it is not stated, it is said.

    \b
    Examples:
      cdv-geo perimeters
      cdv-geo locate 5.92081 45.590738
      cdv-geo atlas -o atlas/
    """
    session = ctx.ensure_object(Session)
    session.quiet, session.verbose = quiet, verbose
    session.now = f"running cdv-geo {ctx.invoked_subcommand}"
    if SET_ASIDE:
        session.detail(
            f"set aside, since GDAL and PROJ have data of their own here: {listed(SET_ASIDE)}"
        )


def run(session: Session) -> int:
    """Run the command that was asked for, and give its exit code.

    What click refuses is said here, as it would say it, so that it is said as everything else is.

    Raises
    ------
    BaseException
        Whatever nobody foresaw, an interruption as well.
    """
    try:
        code = cli(prog_name=_PROGRAM, obj=session, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        say(text.getvalue().rstrip())
        return error.exit_code
    except click.Abort as error:
        raise error.__cause__ or KeyboardInterrupt from None
    return code or 0
