"""Read numbers as the French write them, and as everybody else does."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
# Spaces stand between groups of three figures; elsewhere they part two numbers.
_SPACED: Final = re.compile(r"[-+]?[0-9]{1,3}(?:\s[0-9]{3})+(?:[,.][0-9]+)?")
_UNIT: Final = re.compile(r"\s*(?:€|%|euros?|EUR)$", re.IGNORECASE)


def to_numbers(column: pd.Series) -> pd.Series:
    """Turn text into numbers as the French write them too; what is no number is missing.

    A decimal comma, spaces of any width between thousands, and a unit “€” or “%” after the number
    (which stays in that unit) are understood. A comma and a point in one number are thousands and
    decimals, in the order they come.
    """
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    odd = numbers.isna() & column.notna()
    if odd.any():
        numbers[odd] = column[odd].astype("str").map(french_number)
    return numbers


def french_number(text: str) -> float:
    """Read one number as the French write it, NaN if it is none."""
    plain = _UNIT.sub("", text.strip()).replace("\u2212", "-")  # a minus as typographers set it
    plain = re.sub(r"^([-+])\s+", r"\1", plain)
    if _SPACED.fullmatch(plain):
        plain = re.sub(r"\s", "", plain)
    if "," in plain and "." in plain:
        thousands = min(",.", key=plain.rindex)
        plain = plain.replace(thousands, "")
    plain = plain.replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else np.nan
