"""How French is set: its spaces, and how numbers, units and dates are written."""

from __future__ import annotations

import math
import re
from typing import Final

NARROW_SPACE: Final = "\u202f"
NO_BREAK_SPACE: Final = "\u00a0"
NO_FIGURE: Final = "n.\u00a0d."
"""Stands for a figure that is not available (« non disponible »); never for a 0."""
NOT_AVAILABLE: Final = "non disponible"
NOT_FILLED_IN: Final = "non renseigné"
"""Of what the territory has no table for, or a row no value: nobody has said how many there are."""
EMPTY_CELL: Final = "–"
_MONTHS: Final = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


def typeset(text: str) -> str:
    """Put no-break spaces and curved apostrophes into a text that was typed without them.

    The spaces stand before `: ; ! ? » % €`, after `«`, and between a number and `m`, `km`, `ha`.
    """
    text = re.sub(r" ([:;!?»%€])", NO_BREAK_SPACE + r"\1", text)
    text = re.sub(r"(?<=\d) (?=(?:m|km|ha)\b)", NO_BREAK_SPACE, text)
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    return text.replace("« ", f"«{NO_BREAK_SPACE}")


def quoted(text: str) -> str:
    """Put a text between French quotation marks."""
    return f"«{NO_BREAK_SPACE}{text}{NO_BREAK_SPACE}»"


def capitalised(text: str) -> str:
    """Begin a text with a capital, and leave the rest as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def format_number(value: float, decimals: int = 0) -> str:
    """Write a number the French way: `1 234,5`; a missing one is `NO_FIGURE`."""
    if math.isnan(value):
        return NO_FIGURE
    text = f"{value:,.{decimals}f}"
    return text.replace(",", NARROW_SPACE).replace(".", ",")


def format_share(share: float, decimals: int = 1) -> str:
    """Write a share from 0 to 1 as a French percentage: `36,4 %`."""
    if math.isnan(share):
        return NO_FIGURE
    return f"{format_number(share * 100, decimals)}{NO_BREAK_SPACE}%"


def format_euros(value: float) -> str:
    """Write an amount the French way: `14 900 €`."""
    if math.isnan(value):
        return NOT_FILLED_IN
    return f"{format_number(value)}{NO_BREAK_SPACE}€"


def format_metres(metres: float) -> str:
    """Write a measured distance: `300 m`."""
    return f"{format_number(metres)}{NO_BREAK_SPACE}m"


def format_radius(metres: float) -> str:
    """Write a distance that was asked for, as exactly as it was: `300 m`, `12,5 m`."""
    exact = format_number(metres) if metres % 1 == 0 else f"{metres:g}".replace(".", ",")
    return f"{exact}{NO_BREAK_SPACE}m"


def format_hectares(hectares: float, decimals: int = 1) -> str:
    """Write an area: `37,5 ha`."""
    return f"{format_number(hectares, decimals)}{NO_BREAK_SPACE}ha"


def format_edition(edition: str) -> str:
    """Write the month of an edition, `2026-11`, in words; any other text as it is."""
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", edition)
    return f"{_MONTHS[int(match[2]) - 1]} {match[1]}" if match else edition


def figure_said(value: float, unit: str) -> str:
    """Write a figure with its unit: `36,4 %`, `14 900 €`, `1 234 habitants`, `3,2`."""
    if math.isnan(value):
        return NOT_AVAILABLE
    if unit == "euros":
        return format_euros(value)
    if unit == "%":
        return f"{format_number(value, 1)}{NO_BREAK_SPACE}%"
    if unit in {"", "ratio"}:
        return format_number(value, 0 if value == round(value) else 2)
    number = format_number(value, 0 if value == round(value) else 1)
    return number if unit == "nombre" else f"{number}{NO_BREAK_SPACE}{unit}"
