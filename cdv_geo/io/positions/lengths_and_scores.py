"""Distances and scores, as files write how exact their positions are."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from cdv_geo.number_parsing import french_number

_NUMBER: Final = r"[0-9]++(?:[\s.,]++[0-9]++)*+(?:e[+-]?[0-9]++)?"
_METRIC: Final = r"m|m[èe]tres?|meters?|km|kilom[èe]tres?|kilometers?|cm"
# A range is as wide as its wider end; « plus de 500 » has none. What is repeated gives nothing back
# (`++`), or a cell of many blanks would be tried in every way.
_LENGTH: Final = re.compile(
    r"(?:[<≤~±]|\+/-|env(?:iron|\.)?|entre|de|à|moins de|jusqu.à)?\s*+"
    rf"({_NUMBER})\s*+({_METRIC})?\s*+"
    rf"(?:(?:-|\u2013|à|et|to)\s*+({_NUMBER})\s*+({_METRIC})?\s*+)?(?:(?<=\s)(?:près|environ))?",
    re.IGNORECASE,
)
_FARTHEST: Final = 2e7  # metres: half the way round the Earth
_UNITS: Final = {"k": 1000.0, "c": 0.01, "m": 1.0}
# Three figures after one mark: thousands, since nobody states metres to the millimetre.
_THOUSANDS: Final = re.compile(r"([0-9]{1,3})[.,]([0-9]{3})")
_SCORE: Final = re.compile(r"score\D{0,3}([0-9]+(?:[.,][0-9]+)?\s*%?)", re.IGNORECASE)


def score_of(text: str, *, named: bool = False) -> float:
    """Read a score from 0 to 1, `0,41` or `41 %`; NaN where there is none.

    Parameters
    ----------
    text
        What is above 1 is of a hundred.
    named
        Whether it stands after the word “score” in a text.
    """
    if named:
        found = _SCORE.search(text)
        return score_of(found[1]) if found else np.nan
    score = french_number(text)
    score = score / 100 if score > 1 or text.strip().endswith("%") else score
    return score if 0 <= score <= 1 else np.nan


def read_length(text: str, *, with_unit: bool = False) -> float:
    """Read a distance in metres, `1 500`, `1,5 km`, `± 20 m` or `100 à 900 m`; NaN if it is none.

    Parameters
    ----------
    text
        Three figures after a mark are thousands: `1,500` is 1,500 m. Of a range, the wider end.
    with_unit
        Whether a number without one is none.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or (with_unit and not (found[2] or found[4])):
        return np.nan
    ends = [(found[1], found[2] or found[4]), (found[3], found[4] or found[2])]
    return widest(*(_metres_of(number, unit or "m") for number, unit in ends if number))


def _metres_of(number: str, unit: str) -> float:
    factor, plain = _UNITS[unit[0].lower()], number.strip()
    if factor == 1:
        plain = _THOUSANDS.sub(r"\1\2", plain) if _THOUSANDS.fullmatch(plain) else plain
    return min(french_number(plain) * factor, _FARTHEST)


def widest(*metres: float) -> float:
    """Give the widest of those that are known, NaN where none is."""
    return max((value for value in metres if not np.isnan(value)), default=np.nan)
