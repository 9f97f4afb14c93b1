"""What the commands share: options, and the session with its territory and its messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cdv_geo.vocabulary import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.territory import Territory

DEFAULT_GENERATION: Final = 2024


class Session:
    """What the global options set: which territory, and how much is said on stderr."""

    def __init__(self, folder: str | Path | None, *, quiet: bool, verbose: bool) -> None:
        self._folder = folder
        self.quiet = quiet
        self._verbose = verbose

    def load(self) -> Territory:
        """Load the territory."""
        from cdv_geo.territory import load_territory

        territory = load_territory(self._folder)
        self.detail(f"territory: {territory.name}, edition {territory.edition}")
        return territory

    def notice(self, message: str) -> None:
        """Say something that the user should know."""
        if not self.quiet:
            click.echo(message, err=True)

    def detail(self, message: str) -> None:
        """Say something that only `--verbose` asks for."""
        if self._verbose and not self.quiet:
            click.echo(message, err=True)

    def explain_generations(self, territory: Territory, generation: int) -> None:
        """Say that the veille-active list belongs to an older contract than the QPV."""
        if territory.veille_active_list and generation != min(GENERATIONS):
            self.notice(
                f"Note: the quartiers in veille active ({territory.veille_active_list}) stand "
                f"beside the QPV of {generation}."
            )


def generation_option() -> Any:  # noqa: ANN401
    """Give the option `--generation`."""
    return click.option(
        "--generation",
        type=click.Choice([str(year) for year in GENERATIONS]),
        default=str(DEFAULT_GENERATION),
        show_default=True,
        callback=lambda _ctx, _param, value: int(value),
        help="Of the QPV; quartiers in veille active are always there.",
    )


def output_option(endings: Sequence[str]) -> Any:  # noqa: ANN401
    """Give the option `-o`, whose ending chooses the format."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str) -> Path:
        path = Path(value)
        if path.suffix.lower() not in endings:
            accepted = ", ".join(endings)
            raise click.BadParameter(f"“{value}” ends in none of the accepted: {accepted}.")
        if not path.parent.is_dir():
            raise click.BadParameter(f"the folder “{path.parent}” does not exist.")
        return path

    return click.option(
        "-o",
        "--output",
        metavar=f"FILE[{'|'.join(endings)}]",
        required=True,
        callback=check,
        help="Where to write; the ending chooses the format.",
    )


def overwrite_option() -> Any:  # noqa: ANN401
    """Give the flag `--overwrite`."""
    return click.option("--overwrite", is_flag=True, help="Replace a file that exists.")


def echo_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write JSON to stdout, in UTF-8 and without NaN."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def echo_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a plain aligned table to stdout, as wide as it needs to be."""
    texts = [[str(column) for column in columns], *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(columns))]
    for row in texts:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell)  # noqa: PLR0124  # NaN is not itself
