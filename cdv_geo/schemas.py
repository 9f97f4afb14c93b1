"""The columns of every table, and what their cells may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault, refuse
from cdv_geo.number_parsing import (
    decimal_marks,
    doubtful_mark,
    french_number,
    is_grouped,
    to_numbers,
)
from cdv_geo.visible_letters import is_seen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_AMOUNT: Final = "montant"  # in euros: never to three decimals
_SHARE: Final = "valeur"  # alone may be in per cent
# Letters: what is called so has its place on a map, in a fiche and in a cell of a workbook.
_LONGEST: Final = {"nom": 1_000, "intitule": 1_000, "porteur": 1_000, "quartier": 1_000}
_LONGEST_TEXT: Final = 10_000
INSEE_CODE: Final = r"(?:[0-9]{2}|2[AB])[0-9]{3}"


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
PLACES: Final = (("longitude", "latitude"), ("x", "y"), ("coordonnees",))
"""The columns that may hold a position; the first that a table fills counts."""
CITATIONS: Final = ("territoires_cites", "quartier_cite")
"""The columns that may name quartiers."""
SCOPE: Final = Column("portee", required=False, choices=vocabulary.SCOPES)
COMMUNE: Final = Column("code_insee", required=False, pattern=INSEE_CODE)
COMMUNES: Final = (Column("code_insee", pattern=INSEE_CODE), *_text("nom"))
PERIMETERS: Final = (
    *_text("code", "nom"),
    Column("type", choices=vocabulary.KINDS),
    _GENERATION,
    Column("communes", pattern=rf"{INSEE_CODE}(?:;{INSEE_CODE})*"),
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
    Column("etat", required=False, choices=vocabulary.ACTION_STATES),
    Column("montant", required=False, number=(0, _INFINITE)),
    *_optional("financeur", "adresse"),
    *POSITION,
    *_text("source"),
)
EQUIPMENT: Final = (
    *_text("id", "nom", "type"),
    *_optional("quartier_cite"),
    COMMUNE,
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
THEMES: Final = _text("theme", "objectif", "motif", "source")
CONCORDANCES: Final = (
    *_text("indicateur_perimetre", "indicateur_commune"),
    Column("nature", choices=vocabulary.FIGURE_NATURES),
    *_text("definition", "source"),
)
CONSTATS: Final = _text("territoire", "nature", "constat", "source")
KEY_FIGURES: Final = (
    *_text("territoire", "chiffre"),
    Column("valeur", number=(-_INFINITE, _INFINITE)),
    *_optional("unite", "periode", "reserve"),
    *_text("source"),
)
TABLES: Final = {
    "quartiers": QUARTIERS,
    "actions": ACTIONS,
    "objectifs": OBJECTIFS,
    "priorites": PRIORITES,
    "themes": THEMES,
    "equipment": EQUIPMENT,
    "indicators": INDICATORS,
    "concordances": CONCORDANCES,
    "constats": CONSTATS,
    "key_figures": KEY_FIGURES,
}
"""The tables that a territory may do without, by their names in `territory.toml`."""


def find_faults(frame: pd.DataFrame, columns: Iterable[Column]) -> list[Fault]:
    """List the faults of the cells of a table, whose index is the number of each row in its file.

    Columns that the table does not have are left to `missing_columns`.
    """
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
    refuse([*missing_columns(frame, columns), *find_faults(frame, columns)], where=where)
    return typed(frame, columns)


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


def missing_columns(frame: pd.DataFrame, columns: Iterable[Column]) -> list[Fault]:
    """List the columns that a table needs and does not have."""
    return [
        Fault(None, column.name, "the column is missing")
        for column in columns
        if column.required and column.name not in frame
    ]


def duplicate_faults(frame: pd.DataFrame, key: list[str]) -> list[Fault]:
    """List the rows whose key stands on an earlier row too."""
    again = frame.loc[frame.duplicated(key), key].astype("str")
    texts = again.agg(" / ".join, axis=1) if len(again) else pd.Series(dtype="str")
    return [
        Fault(int(str(row)), "+".join(key), f"“{text}” stands twice", text)
        for row, text in texts.items()
    ]


def folded(texts: pd.Series) -> pd.Series:
    """Write codes without spaces and in capitals: nobody means two by such a difference."""
    return texts.str.replace(r"\s+", "", regex=True).str.upper()


def nearly_duplicate(frame: pd.DataFrame, key: str) -> list[Fault]:
    """Point to keys that differ from that of an earlier row in spaces or capitals alone."""
    plain = folded(frame[key].dropna())
    first = plain.drop_duplicates()
    row_of = dict(zip(first, first.index, strict=True))
    value_of = frame[key].to_dict()
    faults = []
    for row, text in plain[plain.duplicated()].items():
        earlier, value = row_of[text], value_of[row]
        if value_of[earlier] != value:
            why = f"“{value}” differs in spaces or capitals alone from “{value_of[earlier]}”"
            faults.append(
                Fault(int(str(row)), key, f"{why} of row {earlier}", str(value), ACCEPTED)
            )
    return faults


def _column_faults(frame: pd.DataFrame, column: Column) -> Iterator[Fault]:
    if column.name not in frame:
        return
    values = frame[column.name]
    texts = values.astype("str")
    missing = values.isna() | (texts.str.strip() == "")
    unlikely = texts[~missing & ~texts.str.contains("[!-~]", na=False)]
    missing[unlikely.index[[not is_seen(text) for text in unlikely]]] = True
    if column.required:
        for position in np.flatnonzero(missing).tolist():
            yield Fault(int(frame.index[position]), column.name, "a value is required")
    longest = _LONGEST.get(column.name, _LONGEST_TEXT)
    for position in np.flatnonzero(texts.str.len().fillna(0) > longest).tolist():
        why = f"{len(texts.iloc[position]):,} letters; at most {longest:,} are accepted"
        yield Fault(int(frame.index[position]), column.name, why, texts.iloc[position])
    for position in np.flatnonzero(~missing & ~_accepted(values, column)).tolist():
        value = values.iloc[position]
        yield Fault(
            int(frame.index[position]),
            column.name,
            f"“{value}” is not accepted; {_wanted(column)}",
            str(value),
        )


def _accepted(values: pd.Series, column: Column) -> pd.Series:
    if column.choices:
        return values.astype("str").isin(column.choices)
    if column.pattern is not None:
        return pd.Series(values.astype("str").str.fullmatch(column.pattern), dtype=bool)
    if column.number is not None:
        lowest, highest = column.number
        numbers = to_numbers(values)
        if column.name != _SHARE and pd.api.types.is_string_dtype(values):
            numbers = numbers.mask(values.str.rstrip().str.endswith("%").fillna(value=False))
        return pd.Series(numbers.between(lowest, highest) & ~np.isinf(numbers))
    return pd.Series(data=True, index=values.index)


def _wanted(column: Column) -> str:
    if column.choices:
        return f"accepted are {', '.join(column.choices)}"
    if column.number is not None:
        lowest, highest = column.number
        if not np.isfinite([lowest, highest]).any():
            return "a number is expected"
        if np.isinf(highest):
            return f"a number of {lowest:g} or more is expected"
        return f"a number from {lowest:g} to {highest:g} is expected"
    if column.name in {"code_insee", "communes"}:
        return "INSEE codes of five characters are expected, such as 73065, 01004 or 2A004"
    return f"text of the form {re.escape(column.pattern or '')} is expected"


def figure_faults(frame: pd.DataFrame, population: Iterable[str]) -> list[Fault]:
    """List figures that contradict themselves or each other.

    Parameters
    ----------
    frame
        Indicators, text; the index is the number of each row.
    population
        Codes of the indicators that hold a published population, which is above 0 and whole.
    """
    values = to_numbers(frame["valeur"])
    people = frame["indicateur"].isin(list(population)) & values.notna()
    secret = (frame["statut"] == "secret_ou_absent") & values.notna()
    key = [name for name in ("code", "indicateur", "millesime") if name in frame]
    impossible = people & ((values <= 0) | (values % 1 != 0))
    usable = values.mask(impossible | secret)
    first = usable.groupby([frame[name].fillna("") for name in key]).transform("first")
    checks = (
        (impossible, "a population is a whole number above 0"),
        (secret & ~impossible, "a figure that is secret or absent has no value"),
        (
            usable.notna() & (usable != first),
            "an earlier row has another value of the same code, indicator and year",
        ),
    )
    return [
        Fault(int(str(row)), "valeur", f"“{text}” is not accepted; {why}", str(text))
        for wrong, why in checks
        for row, text in frame.loc[wrong, "valeur"].items()
    ]


def doubtful_numbers(
    frame: pd.DataFrame,
    columns: Iterable[Column],
    certain: Mapping[str, Collection[int]] | None = None,
) -> list[Fault]:
    """Point to numbers that another country would read otherwise: `1,234`, `1.234`, `1.234,5`.

    One that the column itself speaks against is rejected: where `1234,50` stands too, a point
    parts no decimals in `1.234`; but who writes one column in two ways may have meant either, and
    the one is a thousand times the other. Only figures without bounds are looked at: `5,922` is a
    longitude, and nothing else.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    columns
        What cells may hold.
    certain
        Rows whose cell is a number in itself, by column.
    """
    faults = []
    for column in columns:
        if column.name in frame and column.number is not None and np.isinf(column.number[1]):
            rows = (certain or {}).get(column.name, ())
            faults += _doubtful(frame.loc[~frame.index.isin(list(rows)), column.name].dropna())
    return faults


def _doubtful(texts: pd.Series) -> list[Fault]:
    """Point to the doubtful numbers of one column, in the light of the others."""
    faults, name = [], str(texts.name)
    shown = decimal_marks(texts.unique())
    for row, text in texts.items():
        mark = doubtful_mark(text)
        other = {",": ".", ".": ","}.get(mark or "")
        if other in shown:
            why = (
                f"“{text}” may be a thousand times as much, since “{shown[other]}” stands in the "
                "column too; --decimal says what stands before decimals"
            )
            faults.append(Fault(int(str(row)), name, why, text))
        elif (mark and (mark not in shown or name == _AMOUNT)) or is_grouped(text):
            why = f"“{text}” is read as {french_number(text):.12g}; --decimal states it otherwise"
            faults.append(Fault(int(str(row)), name, why, text, REPAIRED))
    return faults
