"""One quartier, many spellings: from a name in a document to the perimeters that bear it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

from cdv_geo.commune_codes import former_names
from cdv_geo.errors import NameResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

_SILENT_WORDS: Final = frozenset(
    {"le", "la", "les", "l", "de", "du", "des", "d", "quartier", "qpv"}
)
# As the decrees number them: QP073001 of 2015, QN07301M of 2024; people put spaces between.
_QPV_CODE: Final = re.compile(r"\bQ\s?(?:P(?:\s?\d){6}|N(?:\s?\d){5}\s?[A-Z])\b", re.IGNORECASE)
# Between names in a cell, besides `;`: only where one of the parts is a name.
_BETWEEN_NAMES: Final = re.compile(r"[,/+&|\n]|(?<=\s)et(?=\s)", re.IGNORECASE)
_LEAST_SHARE: Final = 0.01  # of a perimeter of another generation: less is a matter of drawing
_ABBREVIATIONS: Final = {"st": "saint", "ste": "sainte"}
_WHOLE: Final = "entier"
_SUGGESTIONS: Final = 3
_LEAST_ALIKE: Final = 0.5  # of the letters of two names
CUT: Final = "…"
"""Ends a text that is not whole."""

PlaceKind = Literal["qpv", "veille_active", "commune"]


@dataclass(frozen=True)
class Place:
    """A perimeter or a commune that a name stands for.

    Parameters
    ----------
    cited
        The name as it was written.
    quartier
        The quartier of everyday speech, which may be only a part of the perimeter.
    kind, code, nom
        The perimeter or commune found.
    relation
        `entier` where both are the same; `partie` where the perimeter holds more than the
        quartier; `majeure partie` where they differ at the edges.
    communes
        INSEE codes of the communes it lies in.
    """

    cited: str
    quartier: str
    kind: PlaceKind
    code: str
    nom: str
    relation: str
    communes: tuple[str, ...]

    @property
    def note(self) -> str | None:
        """Say how the quartier and the perimeter differ; None where they are the same."""
        if self.relation == _WHOLE:
            return None
        if self.relation == "partie":
            return f"{self.code} « {self.nom} » holds more than {self.quartier}"
        return (
            f"{self.code} « {self.nom} » holds the greater part of {self.quartier}, not all of it"
        )


@dataclass(frozen=True)
class _Entry:
    spelling: str
    grouped: bool
    place: Place


def split_list(text: object) -> list[str]:
    """Split a cell that lists several values, `a;b`; an empty or missing cell lists none."""
    if not isinstance(text, str):
        return []
    return [part.strip() for part in text.split(";") if part.strip()]


def without_marks(text: str) -> str:
    """Leave out the marks of a text that nobody sees: zero-width spaces, marks of direction."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def code_key(text: str) -> str:
    """Reduce a code to what all its spellings share: no spaces, unseen marks or small letters."""
    return unicodedata.normalize("NFC", "".join(without_marks(text).split())).upper()


def normalise(name: str) -> str:
    """Reduce a name to what all its spellings share: no accents, case, punctuation or articles."""
    text = name.casefold().replace("œ", "oe").replace("æ", "ae")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = [_ABBREVIATIONS.get(word, word) for word in re.findall(r"[a-z0-9]+", text)]
    return " ".join(word for word in words if word not in _SILENT_WORDS) or " ".join(words)


def _letters(name: str) -> NDArray[np.int64]:
    """Count how often each letter stands in a normalised name."""
    return np.bincount(np.frombuffer(name.encode(), dtype=np.uint8), minlength=128)


class Gazetteer:
    """All names by which the perimeters of one generation and the communes are known.

    It is made once for many look-ups, since `link` resolves a name or more for every row.

    Parameters
    ----------
    perimeters, communes
        Tables of the territory.
    quartiers
        Everyday names: `quartier, code, generation, relation, graphies, graphies_groupees`;
        without it, official names only.
    generation
        Which QPV count; veille-active quartiers always do.
    """

    def __init__(
        self,
        perimeters: pd.DataFrame,
        communes: pd.DataFrame,
        quartiers: pd.DataFrame | None = None,
        *,
        generation: int,
    ) -> None:
        places = {place.code: place for place in _official_places(perimeters, generation)}
        entries = [] if quartiers is None else list(_everyday_entries(quartiers, places))
        entries += [_Entry(place.nom, grouped=False, place=place) for place in places.values()]
        entries += [_Entry(p.nom, grouped=False, place=p) for p in _commune_places(communes)]
        self._entries: dict[str, list[_Entry]] = {}
        for entry in entries:
            self._entries.setdefault(normalise(entry.spelling), []).append(entry)
        codes = [entry.place for entry in entries if entry.place.relation == _WHOLE]
        self._codes = {code_key(place.code): place for place in (*places.values(), *codes)}
        self._add_former_communes()
        self._spellings = list(self._entries)
        self._letters = np.array([_letters(spelling) for spelling in self._spellings])
        others = perimeters[~perimeters["code"].isin(list(places))]
        self._others = {code_key(str(row.code)): row for row in others.itertuples()}
        self._perimeters = perimeters
        self._generation = generation
        self._successors: dict[str, str] = {}

    def _add_former_communes(self) -> None:
        """Know merged communes and arrondissements as the commune that they belong to.

        A name that anything else bears is left to it.
        """
        communes = {p.code: p for p in self._codes.values() if p.kind == "commune"}
        for name, code, commune in former_names(frozenset(communes)):
            entry = _Entry(name, grouped=False, place=communes[commune])
            self._entries.setdefault(normalise(name), [entry])
            self._codes.setdefault(code, communes[commune])

    def resolve(self, name: str, *, commune: str | None = None) -> tuple[Place, ...]:
        """Find what a name stands for: one place, or several where the name groups them.

        Parameters
        ----------
        name
            A quartier, QPV, veille-active quartier or commune as a document spells it, or a code.
        commune
            INSEE code or name of the commune meant, which settles a name borne twice.

        Raises
        ------
        NameResolutionError
            The name is unknown (the nearest known names are given), or several quartiers bear it
            (the candidates are given).
        """
        if (place := self._codes.get(code_key(name))) is not None:
            return (_cited_as(place, name),)
        entries = self._entries.get(normalise(name), [])
        if not entries:
            return self._by_code_within(name)
        if commune is not None:
            entries = self._within_commune(entries, name, commune)
        # A name that groups parts of one perimeter stands for each of them.
        distinct = {
            (entry.place.code, entry.place.quartier if entry.grouped else ""): entry
            for entry in reversed(entries)
        }
        found = [distinct[key] for key in sorted(distinct)]
        if commune is not None and len(found) > 1:  # a quartier may bear its commune's name
            found = [entry for entry in found if entry.place.kind != "commune"]
        if len(found) > 1 and not all(entry.grouped for entry in found):
            raise NameResolutionError(_ambiguous(name, [entry.place for entry in found]))
        return tuple(_cited_as(entry.place, name) for entry in found)

    def _by_code_within(self, name: str) -> tuple[Place, ...]:
        """Find a QPV by the code that stands beside its name: `QN07301M - Biollay - Bellevue`.

        Raises
        ------
        NameResolutionError
            There is no code, it is not known, or the name beside it is that of another.
        """
        codes = _QPV_CODE.findall(name)
        if len(codes) != 1 or (place := self._codes.get(code_key(codes[0]))) is None:
            raise NameResolutionError(self._unknown(codes[0] if len(codes) == 1 else name))
        beside = [
            entry.place for entry in self._entries.get(normalise(name.replace(codes[0], "")), [])
        ]
        if beside and place.code not in {other.code for other in beside}:
            raise NameResolutionError(
                f"“{name}” has the code of {place.nom} and the name of {_listed(beside)}."
            )
        return (_cited_as(place, name),)

    def cited_in(self, cell: object) -> list[str]:
        """Give the names that a cell lists: parted by `;`, or, where one of them is known, by more.

        A comma, a slash, `+`, `&` or « et » may part names, and may stand in one.
        """
        names: list[str] = []
        for text in split_list(cell):
            parts = [part.strip() for part in _BETWEEN_NAMES.split(text) if part.strip()]
            several = len(parts) > 1 and not self._is_name(text)
            names += parts if several and any(map(self._knows, parts)) else [text]
        return names

    def _is_name(self, text: str) -> bool:
        return code_key(text) in self._codes or normalise(text) in self._entries

    def _knows(self, text: str) -> bool:
        codes = {code_key(code) for code in _QPV_CODE.findall(text)}
        return self._is_name(text) or bool(codes & {*self._codes, *self._others})

    def candidates(self, name: str) -> tuple[Place, ...]:
        """List every place that bears the name, without choosing; none for an unknown name."""
        entries = self._entries.get(normalise(name), [])
        distinct = {entry.place.code: entry.place for entry in reversed(entries)}
        return tuple(_cited_as(distinct[code], name) for code in sorted(distinct))

    def _within_commune(self, entries: list[_Entry], name: str, commune: str) -> list[_Entry]:
        code = self.commune_code(commune)
        kept = [entry for entry in entries if code in entry.place.communes]
        if not kept:
            raise NameResolutionError(
                f"“{name}” is not a quartier of {commune}; it is known as "
                f"{_listed(dict.fromkeys(entry.place for entry in entries))}."
            )
        return kept

    def commune_code(self, commune: str) -> str:
        """Give the INSEE code of a commune named by its code or by its name."""
        for place in (self._codes.get(commune.strip()), *self.candidates(commune)):
            if place is not None and place.kind == "commune":
                return place.code
        raise NameResolutionError(self._unknown(commune))

    def _unknown(self, name: str) -> str:
        if (other := self._others.get(code_key(name))) is not None:
            asked = f"those of {self._generation} were asked for"
            code = str(other.code)
            if code not in self._successors:
                self._successors[code] = self._became(other)
            became = self._successors[code]
            return f"{code} is a QPV of {other.generation}; {asked}{became}."
        names = [self._entries[key][0].spelling for key in self._nearest(normalise(name))]
        hint = f"the nearest known names are {_quoted(names)}" if names else "no known name is near"
        return f"“{name}” is not a known quartier, QPV or commune; {hint}."

    def _nearest(self, name: str) -> list[str]:
        """Give the spellings nearest to a name; only those that share its letters are compared."""
        own = _letters(name)
        shared = np.minimum(self._letters, own).sum(axis=1)
        likely = 2 * shared >= _LEAST_ALIKE * (self._letters.sum(axis=1) + own.sum())
        spellings = [self._spellings[at] for at in np.flatnonzero(likely).tolist()]
        return difflib.get_close_matches(name, spellings, n=_SUGGESTIONS, cutoff=_LEAST_ALIKE)

    def _became(self, other: Any) -> str:  # noqa: ANN401  # a row of perimeters
        """Say which perimeters of the generation asked for lie where one of another does."""
        outline = getattr(other, "geometry", None)
        if outline is None or outline.is_empty:
            return ""
        asked = self._perimeters[self._perimeters["generation"] == self._generation]
        asked = asked[asked.geometry.notna()]
        shares = shapely.area(shapely.intersection(asked.geometry.array, outline)) / outline.area
        parts = [
            f"{code} “{nom}” ({share:.0%} of its area)"
            for code, nom, share in zip(asked["code"], asked["nom"], shares, strict=True)
            if share >= _LEAST_SHARE
        ]
        return f"; it became {', '.join(parts)}" if parts else "; no QPV lies there since"


def _official_places(perimeters: pd.DataFrame, generation: int) -> Iterable[Place]:
    columns = ("nom", "type", "generation", "code", "communes")
    for nom, kind, year, code, communes in zip(*(perimeters[c] for c in columns), strict=True):
        if kind != "qpv" or year == generation:
            yield Place(nom, nom, kind, code, nom, _WHOLE, tuple(split_list(communes)))


def _commune_places(communes: pd.DataFrame) -> list[Place]:
    return [
        Place(nom, nom, "commune", code, nom, _WHOLE, (code,))
        for code, nom in zip(communes["code_insee"], communes["nom"], strict=True)
    ]


def _everyday_entries(quartiers: pd.DataFrame, places: dict[str, Place]) -> Iterable[_Entry]:
    for row in quartiers.itertuples():
        official = places.get(str(row.code))
        if official is None:  # a quartier of the other generation
            continue
        place = Place(
            str(row.quartier),
            str(row.quartier),
            official.kind,
            official.code,
            official.nom,
            str(row.relation),
            official.communes,
        )
        for spelling in (str(row.quartier), *split_list(row.graphies)):
            yield _Entry(spelling, grouped=False, place=place)
        for spelling in split_list(row.graphies_groupees):
            yield _Entry(spelling, grouped=True, place=place)


def _cited_as(place: Place, name: str) -> Place:
    return Place(
        name, place.quartier, place.kind, place.code, place.nom, place.relation, place.communes
    )


def _ambiguous(name: str, places: list[Place]) -> str:
    return (
        f"“{name}” is borne by {len(places)} quartiers: {_listed(places)}; "
        "give the commune, or the code, to choose one."
    )


def _listed(places: Iterable[Place]) -> str:
    return ", ".join(
        f"{place.code} « {place.nom} » ({', '.join(place.communes)})" for place in places
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
