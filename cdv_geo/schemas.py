"""The columns of every table, and one check that collects all faults before it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST_DATA_ROW: Final = 2  # row 1 of a table, as a spreadsheet shows it, is its header
_FAULTS_SHOWN: Final = 20
_INSEE_CODE: Final = r"(?:\d{2}|2[AB])\d{3}"


@dataclass(frozen=True)
class Column:
    """What one column of a table may hold.

    Parameters
    ----------
    name
        As in the file.
    required
        False where a cell may be empty; the column itself may then be absent.
    choices
        Accepted values, where they are a closed list.
    pattern
        Regular expression that a value matches in full.
    number
        `(lowest, highest)` accepted, where the column holds numbers.
    """

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    number: tuple[float, float] | None = None


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where it stands."""

    row: int
    column: str
    message: str


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _optional(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, required=False) for name in names)


_GENERATION = Column("generation", choices=tuple(map(str, vocabulary.GENERATIONS)))
_INFINITE = float("inf")
POSITION: Final = (
    Column("longitude", required=False, number=(-180, 180)),
    Column("latitude", required=False, number=(-90, 90)),
    *_optional("precision_position"),
)
SCOPE: Final = Column("portee", required=False, choices=vocabulary.SCOPES)
COMMUNES: Final = (Column("code_insee", pattern=_INSEE_CODE), *_text("nom"))
PERIMETERS: Final = (
    *_text("code", "nom"),
    Column("type", choices=vocabulary.KINDS),
    _GENERATION,
    Column("communes", pattern=rf"{_INSEE_CODE}(?:;{_INSEE_CODE})*"),
    Column("statut_geometrie", choices=vocabulary.GEOMETRY_STATUSES),
    Column("precision_m", required=False, number=(0, _INFINITE)),
    *_text("source"),
)
QUARTIERS: Final = (
    *_text("quartier", "code"),
    _GENERATION,
    Column("relation", choices=("entier", "partie", "majeure partie")),
    *_optional("graphies", "graphies_groupees"),
)
ACTIONS: Final = (
    *_text("id", "intitule"),
    *_optional("objectifs"),
    Column("portee", choices=vocabulary.SCOPES),
    *_optional("territoires_cites", "porteur", "annee"),
    Column("montant", required=False, number=(0, _INFINITE)),
    *_optional("financeur", "adresse"),
    *POSITION,
    *_text("source"),
)
EQUIPMENT: Final = (
    *_text("id", "nom", "type"),
    *_optional("quartier_cite"),
    Column("code_insee", required=False, pattern=_INSEE_CODE),
    *_optional("adresse"),
    *POSITION,
    Column("statut", choices=vocabulary.EQUIPMENT_STATUSES),
    *_text("source"),
    *_optional("annee"),
)
INDICATORS: Final = (
    *_text("code", "indicateur", "libelle"),
    Column("valeur", required=False, number=(-_INFINITE, _INFINITE)),
    *_text("unite"),
    *_optional("millesime"),
    Column("statut", choices=("publie", "secret_ou_absent", "source_secondaire")),
    *_text("source"),
)
OBJECTIFS: Final = _text("objectif", "titre", "axe", "titre_axe")
PRIORITES: Final = _text("quartier", "rang", "theme", "auteur")
CONSTATS: Final = _text("territoire", "nature", "constat", "source")
KEY_FIGURES: Final = (
    *_text("territoire", "chiffre"),
    Column("valeur", number=(-_INFINITE, _INFINITE)),
    *_optional("unite", "periode", "reserve"),
    *_text("source"),
)


def find_faults(frame: pd.DataFrame, columns: Iterable[Column]) -> list[Fault]:
    """List every fault of a table of text, by row as a spreadsheet numbers them."""
    return [fault for column in columns for fault in _column_faults(frame, column)]


def conform(frame: pd.DataFrame, columns: tuple[Column, ...], *, where: str) -> pd.DataFrame:
    """Check a table of text and give it its types; refuse it with all its faults at once.

    Parameters
    ----------
    frame
        As read: every column text.
    columns
        The schema. Optional columns that the file lacks are added, empty.
    where
        File name, for the message.

    Raises
    ------
    DataError
        With every fault (the first twenty in full).
    """
    refuse(find_faults(frame, columns), where=where)
    return typed(frame, columns)


def refuse(faults: list[Fault], *, where: str) -> None:
    """Raise one error for all faults, if there are any."""
    if not faults:
        return
    lines = [f"row {f.row}, {f.column}: {f.message}" for f in faults[:_FAULTS_SHOWN]]
    rest = len(faults) - _FAULTS_SHOWN
    more = [f"and {rest} more"] if rest > 0 else []
    raise DataError(f"{where} has {len(faults)} fault(s): {'; '.join([*lines, *more])}.")


def typed(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Give a checked table its types and add the optional columns it lacks."""
    result = frame.copy()
    for column in columns:
        if column.name not in result:
            result[column.name] = pd.Series(np.nan, index=result.index, dtype="str")
        if column.number is not None:
            result[column.name] = to_numbers(result[column.name])
    if "generation" in result:
        result["generation"] = result["generation"].astype("int64")
    return result


def duplicate_faults(frame: pd.DataFrame, key: list[str]) -> list[Fault]:
    """List the rows whose key stands on an earlier row too."""
    repeated = frame.duplicated(key)
    return [
        Fault(_row(position), "+".join(key), f"“{_key_text(frame, key, position)}” stands twice")
        for position in np.flatnonzero(repeated).tolist()
    ]


def _key_text(frame: pd.DataFrame, key: list[str], position: int) -> str:
    return " / ".join(str(value) for value in frame[key].iloc[position])


def _column_faults(frame: pd.DataFrame, column: Column) -> Iterator[Fault]:
    if column.name not in frame:
        if column.required:
            yield Fault(1, column.name, "the column is missing")
        return
    values = frame[column.name]
    missing = values.isna() | (values.astype("str").str.strip() == "")
    if column.required:
        for position in np.flatnonzero(missing).tolist():
            yield Fault(_row(position), column.name, "a value is required")
    for position in np.flatnonzero(~missing & ~_accepted(values, column)).tolist():
        value = values.iloc[position]
        yield Fault(_row(position), column.name, f"“{value}” is not accepted; {_wanted(column)}")


def _accepted(values: pd.Series, column: Column) -> pd.Series:
    if column.choices:
        return values.astype("str").isin(column.choices)
    if column.pattern is not None:
        return pd.Series(values.astype("str").str.fullmatch(column.pattern), dtype=bool)
    if column.number is not None:
        lowest, highest = column.number
        numbers = to_numbers(values)
        return pd.Series(numbers.between(lowest, highest) & ~np.isinf(numbers))
    return pd.Series(data=True, index=values.index)


def _wanted(column: Column) -> str:
    if column.choices:
        return f"accepted are {', '.join(column.choices)}"
    if column.number is not None:
        lowest, highest = column.number
        if not np.isfinite([lowest, highest]).any():
            return "a number is expected"
        return f"a number from {lowest:g} to {highest:g} is expected"
    if column.name in {"code_insee", "communes"}:
        return "INSEE codes of five characters are expected, such as 73065, 01004 or 2A004"
    return f"text of the form {re.escape(column.pattern or '')} is expected"


def _row(position: int) -> int:
    return position + FIRST_DATA_ROW


def to_numbers(column: pd.Series) -> pd.Series:
    """Turn text into numbers, a decimal comma accepted; what is no number is missing."""
    text = column.astype("str").str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(text, errors="coerce").astype("float64")
