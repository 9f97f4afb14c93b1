"""What the commands share: options, and the session with its territory and its messages."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdv_geo.vocabulary import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.territory import Territory

_OVERLAPS_SHOWN = 10


class Session:
    """What the global options set: which territory, and how much is said on stderr."""

    def __init__(self, folder: str | Path | None, *, quiet: bool, verbose: bool) -> None:
        self._folder = folder
        self.quiet = quiet
        self.verbose = verbose

    def load(self) -> Territory:
        """Load the territory."""
        from cdv_geo.analysis.sighting import overlapping
        from cdv_geo.territory import load_territory

        territory = load_territory(self._folder)
        self.detail(f"territory: {territory.name}, edition {territory.edition}")
        pairs = overlapping(territory.perimeters)
        for first, second in pairs[:_OVERLAPS_SHOWN]:
            self.notice(f"Note: {first} and {second} overlap; what lies in both counts in both.")
        if len(pairs) > _OVERLAPS_SHOWN:
            self.notice(f"Note: and {len(pairs) - _OVERLAPS_SHOWN} more pairs overlap.")
        return territory

    def notice(self, message: str) -> None:
        """Say something that the user should know."""
        if not self.quiet:
            click.echo(message, err=True)

    def detail(self, message: str) -> None:
        """Say something that only `--verbose` asks for."""
        if self.verbose and not self.quiet:
            click.echo(message, err=True)

    def explain_generations(self, territory: Territory, generation: int | None) -> None:
        """Say that the veille-active list belongs to an older contract than the QPV."""
        generation = territory.generation(generation)
        if territory.veille_active_list and generation != min(GENERATIONS):
            self.notice(
                f"Note: the quartiers in veille active ({territory.veille_active_list}) stand "
                f"beside the QPV of {generation}."
            )


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


def generation_option() -> Any:  # noqa: ANN401
    """Give the option `--generation`."""
    return click.option(
        "--generation",
        type=click.Choice([str(year) for year in GENERATIONS]),
        callback=lambda _ctx, _param, value: value and int(value),
        help="Of the QPV; the territory's own where not given (2024 for Grand Chambéry). "
        "Quartiers in veille active are always there.",
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
