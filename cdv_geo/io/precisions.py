"""How exact a file says that its positions are: words, codes, scores and metres, brought to metres.

What each is worth stands with its reason in `data/reference/precisions.csv`. A statement widens the
error of a position and never narrows it: of several on one row the widest counts.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io.headers import plain_name
from cdv_geo.numbers import french_number
from cdv_geo.resources import resource_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

OWN: Final = "precision_position"
"""The column whose words a territory explains itself, in `position_error_m`."""
_IN_METRES: Final = "en mètres"
_BELOW: Final = re.compile(r"(<=?) ([0-9.]+)")
_LENGTH: Final = re.compile(
    r"(?:[<≤~±]|\+/-|env(?:iron|\.)?)?\s*([0-9](?:[0-9\s.,]*[0-9])?)\s*(m|mètres?|metres?|km|cm)?",
    re.IGNORECASE,
)
_FARTHEST: Final = 2e7  # metres: half the way round the Earth
_DBF_NAME: Final = 10  # characters
_UNITS: Final = {"km": 1000.0, "cm": 0.01}
# Three figures after one mark: thousands, since nobody states metres to the millimetre.
_THOUSANDS: Final = re.compile(r"([0-9]{1,3})[.,]([0-9]{3})")
_QUALITY: Final = re.compile(
    r"precision|qualite|score|accuracy|fiabil|confiance|confidence|geocod|incertitude"
)


@dataclass
class _Scale:
    """What the values of one column are worth, metres."""

    words: dict[str, float] = field(default_factory=dict)
    beginnings: dict[str, float] = field(default_factory=dict)
    below: list[tuple[str, float, float]] = field(default_factory=list)
    in_metres: bool = False

    def add(self, value: str, metres: str) -> None:
        """Take one line of the table."""
        if value == _IN_METRES:
            self.in_metres = True
        elif bound := _BELOW.fullmatch(value):
            self.below.append((bound[1], float(bound[2]), float(metres)))
        elif value.endswith("*"):
            self.beginnings[plain_name(value)] = float(metres)
        else:
            self.words[plain_name(value)] = float(metres)

    def metres(self, text: str) -> float:
        """Read one value, NaN where it is not known."""
        if self.in_metres:
            return read_length(text)
        plain = plain_name(re.sub(r"[.,]0+$", "", text.strip()))
        if plain in self.words:
            return self.words[plain]
        begun = [metres for start, metres in self.beginnings.items() if plain.startswith(start)]
        return begun[0] if begun else self._metres_of_score(text)

    def _metres_of_score(self, text: str) -> float:
        score = french_number(text) if self.below else np.nan
        for sign, bound, metres in self.below if score >= 0 else ():
            if score < bound or (sign == "<=" and score == bound):
                return metres
        return np.nan


@dataclass(frozen=True)
class Precision:
    """How far positions may be off, and by which statement.

    Parameters
    ----------
    error_m
        Metres, of each row; 0 where nothing is stated.
    statement
        Which of the statements that is, by number; -1 where it goes without saying, None where it
        does for all.
    statements
        Such as « result_type is municipality ».
    faults
        What is stated and not known.
    """

    error_m: NDArray[np.float64]
    statement: NDArray[np.int64] | None
    statements: tuple[str, ...]
    faults: list[Fault]

    def widened(self, error_m: NDArray[np.float64], why: str) -> Precision:
        """Give it with another error where that is wider, never where it is narrower."""
        wider = error_m > self.error_m
        if not wider.any():
            return self
        before = np.full(len(wider), -1) if self.statement is None else self.statement
        statement = np.where(wider, len(self.statements), before)
        error = np.maximum(self.error_m, error_m)
        return Precision(error, statement, (*self.statements, why), self.faults)


def stating_columns(names: Iterable[str]) -> list[str]:
    """Give the columns that say how exact positions are, besides `precision_position`.

    They stand in the order of the table of precisions: of two that are worth the same, the one that
    says more goes first.
    """
    order = list(map(id, _scales().values()))
    scales = {name: _scale_of(name) for name in names if name != OWN}
    stating = {name: order.index(id(scale)) for name, scale in scales.items() if scale is not None}
    return sorted(stating, key=stating.__getitem__)


def unread_statements(names: Iterable[str]) -> list[Fault]:
    """Point to columns that look like statements of quality and are not read."""
    read = {OWN, *stating_columns(names := list(names))}
    unread = [n for n in names if n not in read and _QUALITY.search(plain_name(n))]
    if not unread:
        return []
    listed = ", ".join(unread)
    why = f"{listed}: if this says how exact the positions are, it is not read"
    return [Fault(None, unread[0], why, "", ACCEPTED)]


def stated_precision(table: pd.DataFrame, errors: Mapping[str, float]) -> Precision:
    """Read all that rows say of how exact their positions are.

    Parameters
    ----------
    table
        The index is the number of each row.
    errors
        Of the territory: metres by the beginning of `precision_position`.
    """
    error = np.zeros(len(table))
    statement = np.full(len(table), -1)
    faults: list[Fault] = []
    if OWN in table:
        error = position_errors(table[OWN], errors).fillna(0.0).to_numpy(copy=True)
        faults += _unknown_own(table, errors)
    said: list[str] = []
    for name in stating_columns(map(str, table.columns)):
        number, values = pd.factorize(table[name])
        texts = [_text(value) for value in values]
        scale = _scale_of(name) or _Scale()
        metres = np.array([*map(scale.metres, texts), np.nan])
        wider = np.nan_to_num(metres[number]) > error
        error[wider] = metres[number][wider]
        statement[wider] = number[wider] + len(said)
        said += [f"{name} is {text}" for text in texts]
        faults += _unknown(table.index, name, number, texts, metres)
    return Precision(error, statement if said else None, tuple(said), faults)


def position_errors(precision: pd.Series, errors: Mapping[str, float]) -> pd.Series:
    """Look up the metres of stated precisions, NaN where none is stated or it is not known."""
    number, texts = pd.factorize(precision)  # of a missing one, -1: the last of the metres
    metres = np.array([*(position_error(text, errors) for text in texts), np.nan])
    return pd.Series(metres[number], index=precision.index)


def position_error(precision: object, errors: Mapping[str, float]) -> float:
    """Look up the metres of a stated precision, NaN where none is stated or it is not known.

    What the territory says of a word goes first; then what the word is worth in other columns, and
    metres that are written with their unit.
    """
    if not isinstance(precision, str):
        return np.nan
    fitting = [start for start in errors if precision.startswith(start)]
    if fitting:
        return float(errors[max(fitting, key=len)])
    known = _words().get(plain_name(precision))
    return read_length(precision, with_unit=True) if known is None else known


def read_length(text: str, *, with_unit: bool = False) -> float:
    """Read a distance in metres, `1 500`, `1,5 km` or `± 20 m`; NaN if it is none.

    Parameters
    ----------
    text
        Three figures after a mark are thousands: `1,500` is 1,500 m.
    with_unit
        Whether a number without one is none.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or (with_unit and not found[2]):
        return np.nan
    unit = _UNITS.get((found[2] or "m").lower(), 1.0)
    number = found[1].strip()
    if unit == 1:
        number = _THOUSANDS.sub(r"\1\2", number) if _THOUSANDS.fullmatch(number) else number
    return min(french_number(number) * unit, _FARTHEST)


@cache
def _scales() -> dict[str, _Scale]:
    """Read the table, once: by plain name of a column, what its values are worth."""
    path = resource_folder("data") / "reference" / "precisions.csv"
    scales: dict[str, _Scale] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            for name in line["colonne"].split(";"):
                for value in line["valeur"].split(";"):
                    scales.setdefault(name, _Scale()).add(value, line["metres"])
    return scales


@cache
def _scale_of(name: str) -> _Scale | None:
    """Find what the values of a column are worth; a Shapefile cuts its name at ten characters."""
    plain, scales = plain_name(name), _scales()
    if plain in scales or len(plain) != _DBF_NAME:
        return scales.get(plain)
    begun = [scale for known, scale in scales.items() if known.startswith(plain)]
    return begun[0] if len(begun) == 1 else None


@cache
def _words() -> dict[str, float]:
    """Give all words that are worth the same in any column; codes of figures are not."""
    words: dict[str, float] = {}
    for scale in _scales().values():
        for word, metres in scale.words.items():
            if not word.isdigit():
                words[word] = max(metres, words.get(word, 0.0))
    return words


def _text(value: Any) -> str:  # noqa: ANN401
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unknown(
    index: pd.Index,
    name: str,
    number: NDArray[np.intp],
    texts: list[str],
    metres: NDArray[np.float64],
) -> list[Fault]:
    """Say of each value that is not known that it changes nothing, on the first row that has it."""
    faults = []
    for at in np.flatnonzero(np.isnan(metres[:-1])).tolist():
        rows = np.flatnonzero(number == at)
        why = (
            f"“{texts[at]}” is no precision that is known; it says nothing of {len(rows):,} row(s)"
        )
        faults.append(Fault(int(index[rows[0]]), name, why, texts[at], ACCEPTED))
    return faults


def _unknown_own(table: pd.DataFrame, errors: Mapping[str, float]) -> list[Fault]:
    """List precisions of positions that neither the territory nor the table knows."""
    stated = table[OWN]
    unknown = stated.notna() & position_errors(stated, errors).isna()
    accepted = ", ".join([*(f"“{start}…”" for start in errors), "metres with their unit"])
    return [
        Fault(
            int(table.index[at]),
            OWN,
            f"“{stated.iloc[at]}” is not accepted; accepted are {accepted}",
            str(stated.iloc[at]),
        )
        for at in np.flatnonzero(unknown).tolist()
    ]
