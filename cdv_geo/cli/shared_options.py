"""The options that commands share."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cdv_geo.cli.session import Session
from cdv_geo.cli.territory_choice import VARIABLE
from cdv_geo.vocabulary import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.io.open_options import OpenOptions

_NO_SEPARATORS = '"\r\n\0'


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


def overwrite_option(says: str = "Replace a file that exists.") -> Any:  # noqa: ANN401
    """Give the flag `--overwrite`, which the session keeps."""
    return _session_flag("overwrite", says)


def strict_option() -> Any:  # noqa: ANN401
    """Give the flag `--strict`, which the session keeps."""
    return _session_flag("strict", "Write nothing, exit code 3, if any row is rejected.")


def _session_flag(name: str, says: str) -> Any:  # noqa: ANN401
    def keep(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        setattr(ctx.ensure_object(Session), name, value)

    return click.option(f"--{name}", is_flag=True, expose_value=False, callback=keep, help=says)


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
