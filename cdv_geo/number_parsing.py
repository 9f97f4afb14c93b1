"""Read numbers as the French write them, and as everybody else does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

# Figures are given back by no part of it (`++`), or many of them would be tried in every way.
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")
# By what parts thousands: figures stand in groups of three. Spaces elsewhere part two numbers.
_GROUPED: Final = {
    thousands: re.compile(rf"[-+]?[1-9][0-9]{{0,2}}{groups}")
    for thousands, groups in {
        r"\s": r"(?:\s[0-9]{3})+(?:[,.][0-9]+)?",
        "['\u2019]": "(?:['\u2019][0-9]{3})+(?:[,.][0-9]+)?",
        r"\.": r"(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})",
        ",": r"(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})",
    }.items()
}
_ONE_GROUP: Final = re.compile(r"[-+]?[1-9][0-9]{0,2}([,.])[0-9]{3}")
_UNIT: Final = re.compile(r"(?:€|%|euros?|EUR)$", re.IGNORECASE)


def to_numbers(column: pd.Series) -> pd.Series:
    """Turn text into numbers as the French write them too; what is no number is missing.

    A decimal comma, spaces of any width or apostrophes between thousands, and a unit “€” or “%”
    after the number (which stays in that unit) are understood. A comma and a point in one number
    are thousands and decimals, in the order they come; a mark that stands twice parts thousands.
    """
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    odd = numbers.isna() & column.notna()
    if odd.any():
        numbers[odd] = column[odd].astype("str").map(french_number)
    return numbers


def french_number(text: str) -> float:
    """Read one number as the French write it, NaN if it is none."""
    plain = _bare(text)
    for thousands, grouped in _GROUPED.items():
        if grouped.fullmatch(plain):
            plain = re.sub(thousands, "", plain)
    plain = plain.replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else np.nan


def doubtful_mark(text: str) -> str | None:
    """Give the mark of a number that may be of thousands or of decimals: of `1,234` the comma."""
    found = _ONE_GROUP.fullmatch(_bare(text))
    return found[1] if found else None


def is_grouped(text: str) -> bool:
    """Tell of a number whether a comma or a point parts its thousands."""
    return any(_GROUPED[thousands].fullmatch(_bare(text)) for thousands in (r"\.", ","))


def parts_thousands(text: str, mark: str) -> bool:
    """Tell whether a mark stands in a number between groups of three figures alone."""
    other = {",": ".", ".": ","}[mark]
    grouped = rf"[-+]?[1-9][0-9]{{0,2}}(?:[{mark}][0-9]{{3}})+(?:[{other}][0-9]+)?"
    return re.fullmatch(grouped, _bare(text)) is not None


def decimal_marks(texts: Iterable[str]) -> dict[str, str]:
    """Give the marks that are certain to stand before decimals, each with a number that shows it.

    Three figures after one mark show nothing, and neither do two marks of a sort.
    """
    marks: dict[str, str] = {}
    for text in texts:
        last = max(",.", key=text.rfind)
        parts_decimals = text.count(last) == 1 and doubtful_mark(text) is None
        if parts_decimals and not np.isnan(french_number(text)):
            marks.setdefault(last, text)
    return marks


def _bare(text: str) -> str:
    """Take the unit from a number, and write its sign as programs do."""
    plain = _UNIT.sub("", text.strip()).rstrip().replace("\u2212", "-")  # as typographers set it
    return re.sub(r"^([-+])\s+", r"\1", plain)
