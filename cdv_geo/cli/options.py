"""What the commands share: options, and the session with its territory and its messages."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cdv_geo.cli.terminal_text import printable, say
from cdv_geo.cli.territory_choice import VARIABLE, answering
from cdv_geo.errors import listed
from cdv_geo.vocabulary import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.io.checked_tables import Checked
    from cdv_geo.io.open_options import OpenOptions
    from cdv_geo.territory import Territory

_OVERLAPS_SHOWN = 10
_LETTERS_SHOWN = 5
_LONGEST_QUOTED = 40
_NO_SEPARATORS = '"\r\n\0'


class Session:
    """What the global options set: which territory, and how much is said on stderr.

    Attributes
    ----------
    quiet, verbose
        Whether nothing is said on stderr but errors; how much more is said.
    now
        What is being done, as in “checking t.csv”, for what is said if it cannot be.
    """

    def __init__(
        self, folder: str | Path | None = None, *, quiet: bool = False, verbose: int = 0
    ) -> None:
        self._folder = folder
        self.quiet = quiet
        self.verbose = verbose
        self.now = "starting"

    def name_territory(self, folder: str | Path) -> None:
        """Take a folder for the territory; two that are not the same are one too many."""
        if self._folder is not None and not Path(self._folder).samefile(folder):
            raise click.UsageError(
                f"--territory names “{self._folder}” and “{folder}”; one is expected."
            )
        self._folder = folder

    def load(
        self, *, strict: bool = False, summary: bool = True, perimeters_only: bool = False
    ) -> Territory:
        """Load the territory, and say what was repaired or rejected of its tables.

        Parameters
        ----------
        strict
            Whether any row that is rejected is one too many; then all tables are read.
        summary
            Whether the counts are said where all is accepted.
        perimeters_only
            Whether the perimeters and communes answer the question, and no other table is read.

        Raises
        ------
        DataError
            The territory cannot be loaded; or `strict`, and a row of it is rejected.
        """
        from cdv_geo.analysis.containment import overlapping
        from cdv_geo.territory import load_territory

        before = self.now
        folder, reason = answering(self._folder)
        self.now = f"reading the territory {folder or 'of home'}"
        territory = load_territory(folder)
        self.detail(f"territory: {territory.name}, edition {territory.edition}")
        if reason:
            self.notice(f"Territory: {territory.name} ({reason}; --territory DIR names another).")
        tables = territory.checked if strict or not perimeters_only else territory.checked_so_far
        self._say_what_was_found(territory.name, tables, strict=strict, summary=summary)
        pairs = overlapping(territory.perimeters)
        for first, second in pairs[:_OVERLAPS_SHOWN]:
            self.notice(f"Note: {first} and {second} overlap; what lies in both counts in both.")
        if len(pairs) > _OVERLAPS_SHOWN:
            self.notice(f"Note: and {len(pairs) - _OVERLAPS_SHOWN} more pairs overlap.")
        self.now = before
        return territory

    def _say_what_was_found(
        self, name: str, tables: Sequence[Checked], *, strict: bool, summary: bool
    ) -> None:
        from cdv_geo.cli.file_findings import Found, say_written
        from cdv_geo.errors import listed
        from cdv_geo.faults import ACCEPTED, REJECTED, add_up

        total = add_up(checked.counts() for checked in tables)
        clean = total["input"] == total[ACCEPTED]
        (self.detail if clean and not summary else self.notice)(
            f"{name}: {total['input']} rows of {len(tables)} tables = "
            f"{total['accepted']} accepted + "
            f"{total['repaired']} repaired + {total['rejected']} rejected"
        )
        found = Found(self.notice)
        for checked in tables:
            found.add(checked.path.name, checked.faults)
            if unused := checked.detected.get("not_used"):
                found.note(f"{checked.path.name}: columns that are not used: {listed(unused)}")
        found.say()
        say_written(self.detail, [(c.path.name, c.kind, c.detected) for c in tables])
        if strict and total[REJECTED]:
            raise strictly(total[REJECTED])

    def notice(self, message: str) -> None:
        """Say something that the user should know."""
        if not self.quiet:
            say(message)

    def detail(self, message: str) -> None:
        """Say something that only `--verbose` asks for."""
        if self.verbose and not self.quiet:
            say(message)

    def explain_letters(self, replaced: Mapping[str, str]) -> None:
        """Say which characters could not be shown, each with a text that holds it."""
        if not replaced:
            return
        from cdv_geo.visible_letters import UNKNOWN, code_points

        shown = list(replaced.items())[:_LETTERS_SHOWN]
        first = [f"{code_points(c, 1)} of “{text[:_LONGEST_QUOTED]}”" for c, text in shown]
        others = len(replaced) - len(first)
        more = f" and {others} more" if others else ""
        self.notice(f"Note: {UNKNOWN} stands for what cannot be shown: {listed(first)}{more}.")

    def explain_generations(self, territory: Territory, generation: int | None) -> None:
        """Say that the veille-active list belongs to an older contract than the QPV."""
        generation = territory.generation(generation)
        if territory.veille_active_list and generation != min(GENERATIONS):
            self.notice(
                f"Note: the quartiers in veille active ({territory.veille_active_list}) stand "
                f"beside the QPV of {generation}."
            )


def strictly(rejected: int) -> Exception:
    """Say that `--strict` leaves nothing written."""
    from cdv_geo.errors import DataError

    return DataError(f"{rejected} row(s) are rejected, and --strict was given: nothing is written.")


class FiniteRange(click.FloatRange):
    """A range of numbers that leaves out what is none: `nan` and `inf`."""

    def convert(
        self,
        value: Any,  # noqa: ANN401  # click hands over anything
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Refuse what is no finite number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"“{value}” is no number.", param, ctx)
        return number


class TextType(click.types.StringParamType):
    """A text that is no name of a file, which alone may hold what is no UTF-8."""

    def convert(
        self,
        value: Any,  # noqa: ANN401  # click hands over anything
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Refuse what holds half a character."""
        text = super().convert(value, param, ctx)
        try:
            return os.fsencode(text).decode("utf-8")  # in a locale of ASCII it comes as its bytes
        except UnicodeError:
            self.fail(f"“{text}” is no text in UTF-8.", param, ctx)


TEXT: Final = TextType()


def territory_option() -> Any:  # noqa: ANN401
    """Give the option `--territory`, which stands before a command or after it."""

    def name(ctx: click.Context, _param: click.Parameter, folders: tuple[str, ...]) -> None:
        for folder in folders:
            ctx.ensure_object(Session).name_territory(folder)

    return click.option(
        "--territory",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        multiple=True,  # so that of two that differ none goes unheard
        expose_value=False,
        callback=name,
        help=f"Folder of the contrat de ville (with territory.toml); else {VARIABLE}, the folder "
        "you are in, or Grand Chambéry.",
    )


def generation_option() -> Any:  # noqa: ANN401
    """Give the option `--generation`."""
    return click.option(
        "--generation",
        type=click.Choice([str(year) for year in GENERATIONS]),
        callback=lambda _ctx, _param, value: value and int(value),
        help="Of the QPV; the territory's own where not given (2024 for Grand Chambéry). "
        "Quartiers in veille active are always there.",
    )


def within_option() -> Any:  # noqa: ANN401
    """Give the option `--within` of what measures how near things are."""
    return click.option(
        "--within",
        type=FiniteRange(min=0, min_open=True),
        metavar="METRES",
        multiple=True,
        default=(300, 500),
        show_default=True,
        help="Distance that counts as near, as the crow flies; may be given several times.",
    )


def output_option(endings: Sequence[str]) -> Any:  # noqa: ANN401
    """Give the option `-o`, whose ending chooses the format."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str) -> Path:
        return accepted_target(Path(value), endings)

    return click.option(
        "-o",
        "--output",
        metavar=f"FILE[{'|'.join(endings)}]",
        required=True,
        callback=check,
        help="Where to write; the ending chooses the format.",
    )


def accepted_target(path: Path, endings: Sequence[str], hint: str | None = None) -> Path:
    """Give the path of a file to be written, if it can be one.

    Raises
    ------
    click.BadParameter
        Its ending is none of the accepted, or there is no such folder.
    """
    if path.suffix.lower() not in endings:
        raise click.BadParameter(
            f"“{path}” ends in none of the accepted: {', '.join(endings)}.", param_hint=hint
        )
    # Unlike `is_dir`, this takes a path that is too long for one that does not exist.
    if not os.path.isdir(path.parent):  # noqa: PTH112
        raise click.BadParameter(f"the folder “{path.parent}” does not exist.", param_hint=hint)
    return path


def made_folder(folder: Path) -> Path:
    """Make a folder that `-o` names.

    Raises
    ------
    click.BadParameter
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(
            f"{folder} cannot be made: {error.strerror}.", param_hint="-o"
        ) from None
    return folder


def overwrite_option() -> Any:  # noqa: ANN401
    """Give the flag `--overwrite`."""
    return click.option("--overwrite", is_flag=True, help="Replace a file that exists.")


def strict_option() -> Any:  # noqa: ANN401
    """Give the flag `--strict`."""
    return click.option(
        "--strict", is_flag=True, help="Write nothing, exit code 3, if any row is rejected."
    )


def dialect_option() -> Any:  # noqa: ANN401
    """Give the option `--dialect`."""
    return click.option(
        "--dialect",
        type=click.Choice(["plain", "excel-fr"]),
        default="plain",
        show_default=True,
        help="Of a .csv: excel-fr opens in a French Excel by a double click.",
    )


def reading_options() -> Any:  # noqa: ANN401
    """Give the options that state what is otherwise read in a file, or detected."""
    options = (
        click.option(
            "--crs",
            type=TEXT,
            metavar="EPSG:n",
            help="Coordinate reference system of the places.",
        ),
        click.option("--layer", type=TEXT, metavar="NAME", help="Layer, in a file of several."),
        click.option("--sheet", type=TEXT, metavar="NAME", help="Sheet of a workbook."),
        click.option(
            "--hidden",
            type=click.Choice(["read", "skip"]),
            help="What becomes of hidden rows of a workbook; read where not given, and said.",
        ),
        click.option(
            "--encoding", type=TEXT, metavar="NAME", help="Of a CSV file: utf-8, cp1252, cp850…"
        ),
        click.option(
            "--separator", type=TEXT, metavar="CHARACTER", help="Of a CSV file; “tab” for a tab."
        ),
        click.option(
            "--decimal",
            type=click.Choice([",", "."]),
            help="What stands before decimals; the other then parts thousands.",
        ),
        click.option(
            "--header-row", type=click.IntRange(min=1), metavar="N", help="Row of the header."
        ),
        click.option(
            "--columns",
            metavar="FILE.toml",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="File that says which column of a table is which.",
        ),
    )

    def decorate(command: Any) -> Any:  # noqa: ANN401
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def open_options_of(said: Mapping[str, Any]) -> OpenOptions:
    """Give what the options of `reading_options` state."""
    from cdv_geo.io.open_options import OpenOptions, read_column_names

    values = dict(said)
    columns = values.pop("columns", None)
    separator = values.pop("separator", None)
    if separator in {"tab", "\\t"}:
        separator = "\t"
    if separator is not None and (len(separator) != 1 or separator in _NO_SEPARATORS):
        raise click.BadParameter(f"“{separator}” is no separator; one character is expected.")
    names = read_column_names(columns) if columns else {}
    return OpenOptions(separator=separator, columns=names, **values)


def echo_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write JSON to stdout, in UTF-8 and without NaN."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    # Half a character, as the name of a file can hold, is an escape in JSON too.
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def echo_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a plain aligned table to stdout, as wide as it needs to be."""
    texts = [[str(column) for column in columns], *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(columns))]
    for row in texts:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo(printable("  ".join(cells).rstrip()))


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell)  # noqa: PLR0124  # NaN is not itself
