"""How a count is written in French, wherever a reader meets one: label, card, fiche, workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.french.typography import NO_BREAK_SPACE, NOT_FILLED_IN, format_number
from cdv_geo.vocabulary import ENVISAGED, WISHED

if TYPE_CHECKING:
    from cdv_geo.analysis.counting import Count

NOT_KNOWN: Final = "non connu"
"""Of what lies in a quartier whose outline is missing."""
PERHAPS: Final = "peut-être"
_UNKNOWN: Final = {"table": NOT_FILLED_IN, "outline": NOT_KNOWN}


def count_said(count: Count, singular: str = "", plural: str = "") -> str:
    """Write a count: `0`, `3`, `3, dont 1 envisagée`, `3, et 2 peut-être`, `non connu`.

    Parameters
    ----------
    count
        Of which nothing certain and something possible is `2 peut-être`, and never 0.
    singular, plural
        The noun, where it is to stand in the text: `1 action`, `2 actions`.
    """
    if count.unknown:
        return _UNKNOWN[count.unknown]
    if count.perhaps and not count.certain:
        return f"{numbered(count.perhaps, singular, plural)} {PERHAPS}"
    plans = plans_said(count)
    said = numbered(count.certain, singular, plural) + (f", {plans}" if plans else "")
    return f"{said}, et {format_number(count.perhaps)} {PERHAPS}" if count.perhaps else said


def plans_said(count: Count) -> str:
    """Say how many of a count are no more than a plan: `dont 1 envisagée`; empty where none is."""
    plans = [
        numbered(number, one, many)
        for number, one, many in (
            (count.envisaged, ENVISAGED, f"{ENVISAGED}s"),
            (count.wished, WISHED, "besoins exprimés"),
        )
        if number
    ]
    return f"dont {' et '.join(plans)}" if plans else ""


def numbered(number: int, singular: str, plural: str) -> str:
    """Write a number with its noun; in French, 0 and 1 take the singular."""
    noun = plural if number > 1 else singular
    return f"{format_number(number)}{NO_BREAK_SPACE}{noun}" if noun else format_number(number)
