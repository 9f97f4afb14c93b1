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

from cdv_geo.bundled_files import resource_folder
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io.positions.lengths_and_scores import read_length, score_of, widest
from cdv_geo.io.tables.column_headers import known_name, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

OWN: Final = "precision_position"
"""The column whose words a territory explains itself, in `position_error_m`."""
_IN_METRES: Final = "en mètres"
_BELOW: Final = re.compile(r"(<=?) ([0-9.]+)")
UNKNOWN_M: Final = 10_000.0
"""What a statement that is not understood is worth: as much as one that names a commune alone."""
_DBF_NAME: Final = 10  # characters
_QUALITY: Final = re.compile(
    r"precision|qualite|score|accuracy|fiabil|confiance|confidence|geocod|incertitude"
)
# What a column that no producer here is known for tells by its name: of a place, how it was found.
_OF_PLACES: Final = re.compile(
    r"(?:^|_)(?:result|resultat|geo|ban|api|match(?:ing)?|loc|location|xy|position)(?:_|$)"
    r"|coord|geocod|geoloc|localis|appariement"
)
_HOW_FOUND: Final = re.compile(
    r"(?:^|_)(?:type|level|niveau|mode|nature|degre|statut|status)(?:_|$)"
    r"|score|source|origine|method|precis|qualit|accuracy|appariement"
)
_PRECISE: Final = re.compile(r"precis|qualit|accuracy")  # of those, what can mean nothing else
# Names of columns whose words are looked at, lest one says how places were found.
_SPEAKING: Final = re.compile(
    r"method|source|origine|position|geo|match|loc(?!a[lt])|localis|coord|xy|appari|precis"
    r"|niveau|level|result|quali|fiab"
)
_ANYWHERE: Final = "partout"  # in the table: words that widen an error wherever a text has them
# « Ville de Chambéry » is somebody who says where a thing is, and no place that it was matched to.
_AUTHORITY: Final = re.compile(r"(?:la_)?(?:ville|commune|mairie)_(?:de|d)_(?!la_commune).*")


@dataclass
class _Scale:
    """What the values of one column are worth, metres."""

    words: dict[str, float] = field(default_factory=dict)
    beginnings: dict[str, float] = field(default_factory=dict)
    below: list[tuple[str, float, float]] = field(default_factory=list)
    in_metres: bool = False
    sure: bool = True  # whether what is not known there is a statement all the same

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
        """Read one value, NaN where it is not known: its own words first, then common ones."""
        plain = plain_name(re.sub(r"[.,]0+$", "", text.strip()).lstrip("0") or "0")
        if plain in self.words:
            return self.words[plain]
        if self.below and (score := score_of(text)) >= 0:
            return self.metres_of_score(score)
        if self.in_metres and (length := read_length(text)) >= 0:
            return length
        code = self.words.get(plain.split("_")[0], np.nan) if plain[:1].isdigit() else np.nan
        begun = [metres for start, metres in self.beginnings.items() if plain.startswith(start)]
        return widest(code, *begun, common_metres(text))

    def metres_of_score(self, score: float) -> float:
        """Tell what a score from 0 to 1 is worth, NaN where it is none."""
        for sign, bound, metres in self.below:
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
    order = [*map(id, (*_scales().values(), _by_name(sure=True), _by_name(sure=False)))]
    scales = {name: _scale_of(name) for name in names if name != OWN}
    stating = {name: order.index(id(scale)) for name, scale in scales.items() if scale is not None}
    return sorted(stating, key=stating.__getitem__)


def may_state(names: Iterable[str]) -> list[str]:
    """Give the columns that are not read and whose words may say how places were found."""
    read = {OWN, *stating_columns(names := list(names))}
    unread = [name for name in names if name not in read and known_name(name) is None]
    return [name for name in unread if _SPEAKING.search(plain_name(name))]


def unread_statements(names: Iterable[str], table: pd.DataFrame | None = None) -> list[Fault]:
    """Point to columns that look like statements of quality and are not read.

    Parameters
    ----------
    names
        Of all columns.
    table
        First rows: their words of rough places tell, where the name alone does not.
    """
    read = {OWN, *stating_columns(names := list(names))}
    rough = set() if table is None else {n for n in may_state(names) if _holds_rough(table, n)}
    unread = [n for n in names if n not in read and (n in rough or _QUALITY.search(plain_name(n)))]
    if not unread:
        return []
    listed = ", ".join(unread)
    why = f"{listed}: if this says how exact the positions are, it is not read"
    return [Fault(None, unread[0], why, "", ACCEPTED)]


def _holds_rough(table: pd.DataFrame, name: str) -> bool:
    """Tell whether any of the first texts of a column names a rough place."""
    if name not in table or not pd.api.types.is_string_dtype(table[name]):
        return False
    texts = table[name].dropna().head(1_000).unique()
    return any(not np.isnan(_rough(str(text), {})) for text in texts)


def stated_precision(
    table: pd.DataFrame, errors: Mapping[str, float], *, bare_metres: bool = True
) -> Precision:
    """Read all that rows say of how exact their positions are.

    Parameters
    ----------
    table
        The index is the number of each row.
    errors
        Of the territory: metres by the beginning of `precision_position`.
    bare_metres
        Whether numbers without a unit may be metres there.
    """
    error = np.zeros(len(table))
    statement = np.full(len(table), -1)
    faults: list[Fault] = []
    if OWN in table:
        error, faults = _own_errors(table, errors, metres=bare_metres)
    said: list[str] = []
    for name in stating_columns(map(str, table.columns)):
        number, values = pd.factorize(table[name])
        texts = [_text(value) for value in values]
        scale = _scale_of(name) or _Scale()
        metres = np.array([*map(scale.metres, texts), np.nan])
        faults += _unknown(table.index, name, number, texts, metres, sure=scale.sure)
        if scale.sure:
            metres[:-1] = np.nan_to_num(metres[:-1], nan=UNKNOWN_M)
        wider = np.nan_to_num(metres[number]) > error
        error[wider] = metres[number][wider]
        statement[wider] = number[wider] + len(said)
        said += [f"{name} is {text}" for text in texts]
    return Precision(error, statement if said else None, tuple(said), faults)


def position_errors(precision: pd.Series, errors: Mapping[str, float]) -> pd.Series:
    """Look up the metres of stated precisions, NaN where none is stated or it is not known."""
    number, texts = pd.factorize(precision)  # of a missing one, -1: the last of the metres
    metres = np.array([*(position_error(text, errors) for text in texts), np.nan])
    return pd.Series(metres[number], index=precision.index)


def position_error(precision: object, errors: Mapping[str, float]) -> float:
    """Look up the metres of a stated precision, NaN where none is stated or it is not known.

    What the territory says of a word goes first; then what the word is worth in other columns, and
    metres with their unit. Words of rough places and a low score in the rest of
    the text widen it.
    """
    if not isinstance(precision, str):
        return np.nan
    key = max((start for start in errors if precision.startswith(start)), key=len, default=None)
    score, own = score_of(precision, named=True), np.nan
    if key is not None:
        own = float(errors[key])
        if score >= score_of(key, named=True):  # so the key is of this score
            score = np.nan
    found = _scales()["result_score"].metres_of_score(score)
    words = {plain_name(start): metres for start, metres in errors.items()}
    rest = common_metres(precision) if key is None else _rough(precision[len(key) :], words)
    return widest(own, found, rest)


def common_metres(text: str) -> float:
    """Read what a text is worth in any column: a word that is known, metres, words of roughness."""
    known = _words().get(plain_name(text))
    if known is not None:
        return known
    length = read_length(text, with_unit=True)
    return _rough(text, {}) if np.isnan(length) else length


def _rough(text: str, own: Mapping[str, float]) -> float:
    """Give the widest of the words of roughness in a text, NaN where it has none."""
    plain = plain_name(text)
    if _AUTHORITY.fullmatch(plain):
        return np.nan
    worth = {**_scales()[_ANYWHERE].words, **own}
    found = [worth[word] for word in _anywhere().findall(plain)]
    return max(found, default=0.0) or np.nan


@cache
def _anywhere() -> re.Pattern[str]:
    """Find words of roughness; of two at one place the longer, so `centre_de_parcelle` is fine."""
    words = sorted(_scales()[_ANYWHERE].words, key=len, reverse=True)
    return re.compile(rf"(?:^|(?<=_))(?:{'|'.join(words)})(?=_|$)")


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
    """Find what the values of a column are worth; a Shapefile cuts its name at ten characters.

    Where no producer is known for the column, its name may still tell what it says.
    """
    plain, scales = plain_name(name), _scales()
    if plain in scales and plain != _ANYWHERE:
        return scales[plain]
    begun = [scale for known, scale in scales.items() if known.startswith(plain)]
    if len(plain) == _DBF_NAME and len(begun) == 1:
        return begun[0]
    if known_name(name) or not (_OF_PLACES.search(plain) and _HOW_FOUND.search(plain)):
        return None
    if "score" in plain:
        return scales["result_score"]
    return _by_name(sure=_PRECISE.search(plain) is not None)


@cache
def _by_name(*, sure: bool) -> _Scale:
    """Give what a column is read by of which the name alone tells what it says: common words."""
    return _Scale(sure=sure)


@cache
def _words() -> dict[str, float]:
    """Give all words that are worth the same in any column; codes of figures are not."""
    words: dict[str, float] = {}
    for name, scale in _scales().items():
        for word, metres in scale.words.items() if name != _ANYWHERE else ():
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
    *,
    sure: bool,
) -> list[Fault]:
    """Say of each value that is not known what it is worth, on the first row that has it."""
    faults = []
    unknown = np.flatnonzero(np.isnan(metres[:-1])).tolist()
    for at in unknown if sure else unknown[:1]:
        rows = np.flatnonzero(number == at)
        worth = f"so {len(rows):,} row(s) may be off by {UNKNOWN_M:,.0f} m"
        if not sure:
            worth = "if the column says how exact the positions are, this is not read"
        why = f"“{texts[at]}” is no precision that is known; {worth}"
        faults.append(Fault(int(index[rows[0]]), name, why, texts[at], ACCEPTED))
    return faults


def _own_errors(
    table: pd.DataFrame, errors: Mapping[str, float], *, metres: bool
) -> tuple[NDArray[np.float64], list[Fault]]:
    """Read the column whose words the territory explains.

    Numbers alone are metres where all that is stated is such numbers from 1 on; among words, or
    where some are below 1 and may be scores, what they mean is not known.
    """
    stated = table[OWN]
    error = position_errors(stated, errors)
    texts = stated.map(_text, na_action="ignore")
    numbers = texts.map(read_length, na_action="ignore").astype("float64")
    bare = error.isna() & numbers.notna() & metres
    refused = stated.notna() & error.isna() & ~bare
    faults = _unknown_own(table, refused, errors)
    if bare.any():
        alike = bool((numbers[stated.notna()] >= 1).all())
        error[bare] = numbers[bare] if alike else UNKNOWN_M
        row = int(table.index[np.flatnonzero(bare)[0]])
        what = "is read as metres" if alike else f"may be anything, so {UNKNOWN_M:,.0f} m are taken"
        why = f"“{texts[row]}” has no unit and {what}; so {bare.sum():,} row(s)"
        faults.append(Fault(row, OWN, why, texts[row], ACCEPTED))
    return error.fillna(0.0).to_numpy(copy=True), faults


def _unknown_own(
    table: pd.DataFrame, refused: pd.Series, errors: Mapping[str, float]
) -> list[Fault]:
    """List precisions of positions that neither the territory nor the table knows."""
    accepted = ", ".join([*(f"“{start}…”" for start in errors), "metres with their unit"])
    return [
        Fault(
            int(table.index[at]),
            OWN,
            f"“{text}” is not accepted; accepted are {accepted}",
            str(text),
        )
        for at in np.flatnonzero(refused).tolist()
        for text in [table[OWN].iloc[at]]
    ]
