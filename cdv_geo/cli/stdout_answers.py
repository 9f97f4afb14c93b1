"""Answers on stdout, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cdv_geo.cli.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
