"""Communes of France: which codes are of today, which of old, and which are none at all.

A code that a contract does not have says that something is elsewhere only if it is known to be the
code of another commune. Codes of merged communes and of the arrondissements of Paris, Lyon and
Marseille belong to a commune of today; postal codes look like commune codes, and are none.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cdv_geo.resources import resource_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NATURES: Final = {
    "commune": "a commune",
    "arrondissement": "an arrondissement",
    "commune déléguée": "a part",
    "commune associée": "a part",
    "ancien code": "an old code",
}
_NAMES_SHOWN: Final = 3


class Reading(NamedTuple):
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
) -> dict[str, Reading]:
    """Say what commune codes stand for, where that is not what they say.

    Parameters
    ----------
    codes
        Distinct codes, of five characters.
    home
        Codes of the communes of the contract: each stands for itself, whatever became of it.
    postal
        They are of a column that holds postal codes: one that is both is not believed. 73190 is
        Notre-Dame-du-Pré to INSEE, and Challes-les-Eaux to the post.

    Returns
    -------
    By code; those that are a commune of the contract, or another one of today, are left out.
    """
    doubted = _by_postal_code().keys() & set(codes) if postal else set()
    readings = {code: _postal(code) for code in doubted}
    strangers = set(codes).difference(home) - doubted
    today_of_home = {today_of(code): code for code in home} if strangers else {}
    for code in strangers:
        if reading := _reading(code, set(home), today_of_home):
            readings[code] = reading
    return readings


def hold_postal_codes(codes: Collection[str]) -> bool:
    """Tell whether any of some codes is a postal code, and the code of no commune."""
    of_no_commune = set(codes).difference(_register())
    return bool(of_no_commune) and not of_no_commune.isdisjoint(_by_postal_code())


def _reading(code: str, home: set[str], today_of_home: dict[str | None, str]) -> Reading | None:
    today = today_of(code)
    if today is None and code in _by_postal_code():
        return _postal(code)
    if today is None:
        return Reading(None, f"“{code}” is the code of no commune, so that the commune is unknown")
    if today in home:
        return Reading(today, f"“{code}” is {_described(code)}, read as {today}")
    if today in today_of_home:
        within = today_of_home[today]
        why = f"“{code}” is {_described(code)}, of which {within} is a part: it may be that or not"
        return Reading(None, why)
    return None


def today_of(code: str) -> str | None:
    """Give the commune of today that a code belongs to, None if it is the code of none."""
    entry = _register().get(code)
    return entry.commune if entry else None


def former_names(home: Collection[str]) -> Iterator[FormerName]:
    """Give the names and codes of what belongs to communes of a contract: merged, arrondissements.

    Parameters
    ----------
    home
        Codes of the communes of the contract.
    """
    for entry in _register().values():
        if entry.commune in home and entry.code not in home:
            for spelling in _spellings(entry):
                yield FormerName(spelling, entry.code, entry.commune)


def _spellings(entry: _Entry) -> list[str]:
    """Write an arrondissement as people do: Lyon 8e Arrondissement, Lyon 8e, Lyon 8ème, Lyon 8."""
    if entry.nature != "arrondissement":
        return [entry.nom] if entry.nom else []
    city, rank = entry.nom.removesuffix(" Arrondissement").rsplit(" ", 1)
    number = rank.rstrip("er")
    ranks = (rank, f"{number}e", f"{number}ème", f"{number}eme", number)
    return [f"{city} {r}{word}" for r in dict.fromkeys(ranks) for word in ("", " arrondissement")]


def _postal(code: str) -> Reading:
    names = [_register()[commune].nom for commune in _by_postal_code()[code]]
    of = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    what = "both a commune and" if today_of(code) else "no commune but"
    return Reading(None, f"“{code}” is {what} a postal code ({of}), so that the commune is unknown")


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
