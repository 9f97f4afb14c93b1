"""Communes of France: which codes are of today, which of old, and which are none at all.

A code that a contract does not have says that something is elsewhere only if it is known to be the
code of another commune. Codes of merged communes and of the arrondissements of Paris, Lyon and
Marseille belong to a commune of today; postal codes look like commune codes, and are none.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cdv_geo.bundled_files import resource_folder

if TYPE_CHECKING:
    from collections.abc import Collection

_NATURES: Final = {
    "commune": "a commune",
    "arrondissement": "an arrondissement",
    "commune déléguée": "a part",
    "commune associée": "a part",
    "ancien code": "an old code",
}
_NAMES_SHOWN: Final = 3
_UNKNOWN: Final = "“{}” is the code of no commune, so that the commune is unknown"


class UnderstoodCode(NamedTuple):
    """What a commune code is understood as.

    Parameters
    ----------
    code
        A commune of the contract, another one of today, or None: then it is not known.
    why
        What is to be said of it.
    """

    code: str | None
    why: str


class _Entry(NamedTuple):
    """A row of the register of codes."""

    code: str
    nom: str
    nature: str
    commune: str
    codes_postaux: str


class FormerName(NamedTuple):
    """A name or a code by which a commune of today, or a part of it, is known too."""

    name: str
    code: str
    commune: str


def read_codes(
    codes: Collection[str], home: Collection[str], *, postal: bool = False
) -> dict[str, UnderstoodCode]:
    """Say what commune codes stand for, where that is not what they say.

    One in eleven of INSEE's codes is a postal code too, of other communes: 73160 is Montagnole to
    INSEE and Cognin to the post. Where the one is of the contract and the other is not, the commune
    is not known.

    Parameters
    ----------
    codes
        Distinct codes, of five characters.
    home
        Codes of the communes of the contract: each stands for itself, whatever became of it.
    postal
        They are of a column that holds postal codes, see `hold_postal_codes`; then a commune of the
        contract whose code is one is not believed either.

    Returns
    -------
    By code; those that are a commune of the contract, or another one of today, are left out.
    """
    own = set(home)
    asked = set(codes) if postal else set(codes) - own
    today_of_home = {today_of(code): code for code in own} if asked else {}
    readings = {code: _reading(code, own, today_of_home) for code in asked}
    return {code: reading for code, reading in readings.items() if reading is not None}


def hold_postal_codes(codes: Collection[str]) -> bool:
    """Tell whether a column holds postal codes: one is nothing else, or all of several are."""
    every, postal = set(codes), _by_postal_code().keys()
    only = every.difference(_register()) & postal
    return bool(only) or (len(every) > 1 and every <= postal)


def _reading(
    code: str, home: set[str], today_of_home: dict[str | None, str]
) -> UnderstoodCode | None:
    today = code if code in home else today_of(code)
    if today is None:
        return (
            _postal(code)
            if code in _by_postal_code()
            else UnderstoodCode(None, _UNKNOWN.format(code))
        )
    others = _served(code) - {today, code}
    if others and home & {today, *others}:
        return _postal(code)
    if today in home:
        why = f"“{code}” is {_described(code)}, read as {today}"
        return None if today == code else UnderstoodCode(today, why)
    if today not in today_of_home:
        return None
    within = today_of_home[today]
    why = f"“{code}” is {_described(code)}, of which {within} is a part: it may be that or not"
    return UnderstoodCode(None, why)


def _served(postal_code: str) -> set[str | None]:
    """Give the communes that the post serves by a code, and what they are a part of."""
    places = _by_postal_code().get(postal_code, [])
    return {*places, *map(today_of, places)}


def today_of(code: str) -> str | None:
    """Give the commune of today that a code belongs to, None if it is the code of none."""
    entry = _register().get(code)
    return entry.commune if entry else None


@cache
def former_names(home: frozenset[str]) -> tuple[FormerName, ...]:
    """Give the names and codes of what belongs to communes of a contract: merged, arrondissements.

    Parameters
    ----------
    home
        Codes of the communes of the contract.
    """
    return tuple(
        FormerName(spelling, entry.code, entry.commune)
        for entry in _register().values()
        if entry.commune in home and entry.code not in home
        for spelling in _spellings(entry)
    )


def _spellings(entry: _Entry) -> list[str]:
    """Write an arrondissement as people do: Lyon 8e Arrondissement, Lyon 8e, Lyon 8ème, Lyon 8."""
    if entry.nature != "arrondissement":
        return [entry.nom] if entry.nom else []
    city, rank = entry.nom.removesuffix(" Arrondissement").rsplit(" ", 1)
    number = rank.rstrip("er")
    ranks = (rank, f"{number}e", f"{number}ème", f"{number}eme", number, f"{int(number):02}")
    return [f"{city} {r}{word}" for r in dict.fromkeys(ranks) for word in ("", " arrondissement")]


def _postal(code: str) -> UnderstoodCode:
    names = [_register()[commune].nom for commune in _by_postal_code()[code]]
    of = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    what = "both of a commune and" if today_of(code) else "of no commune but"
    return UnderstoodCode(
        None, f"“{code}” is the code {what} a postal one ({of}), so that the commune is unknown"
    )


def _described(code: str) -> str:
    entry = _register()[code]
    of = "" if entry.nature == "commune" else f" of {_register()[entry.commune].nom}"
    return f"{_NATURES[entry.nature]}{of}" + (f" ({entry.nom})" if entry.nom else "")


@cache
def _register() -> dict[str, _Entry]:
    """Read all codes by which communes are or were known: see data/SOURCES.md."""
    path = resource_folder("data") / "reference" / "communes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)  # the header
        return {row[0]: _Entry(*row) for row in rows}


@cache
def _by_postal_code() -> dict[str, list[str]]:
    """Give the communes that the post serves by each of its codes."""
    served: dict[str, list[str]] = {}
    for entry in _register().values():
        for number in filter(None, entry.codes_postaux.split(";")):
            served.setdefault(number, []).append(entry.code)
    return served
