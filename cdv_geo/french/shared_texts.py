"""What several voices say: each sentence, heading and note of maps, fiches and workbooks once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.french.counts import numbered
from cdv_geo.french.typography import capitalised, format_edition, typeset
from cdv_geo.visible_letters import UNKNOWN, code_points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_MOST_LETTERS: Final = 5

UNDETERMINED: Final = "indéterminé"
AS_THE_CROW_FLIES: Final = "à vol d’oiseau"

# Headings.
SOURCES: Final = "Sources"
NOT_ON_MAP: Final = "Non représenté sur la carte"
HOW_TO_READ_MAP: Final = "Pour lire la carte"

# Why a row has no place, or is none.

NO_POSITION: Final = "aucune position n’est donnée"
IMPOSSIBLE_POSITION: Final = "la position donnée est illisible, ou hors de France"
# By the kinds of `cdv_geo.faults`.
REJECTIONS: Final = {
    "place": IMPOSSIBLE_POSITION,
    "half a place": "la longitude ou la latitude manque",
    "misfit": "la ligne n’a pas autant de cellules que l’en-tête",
    "twice": "la ligne ou son identifiant figure déjà plus haut",
}


def refused_value(column: str, value: str) -> str:
    """Say which value of a row is refused, or that one is missing."""
    if not value:
        return typeset(f"la colonne « {column} » doit être remplie")
    return typeset(f"valeur refusée dans la colonne « {column} » : « {value} »")


def edition_said(edition: str) -> str:
    """Say of when the data are: `Données : novembre 2026`."""
    return f"Données\u00a0: {format_edition(edition)}"


def page_footer(territory: str, edition: str) -> str:
    """Write the foot of every page."""
    return typeset(f"{territory} – édition : {format_edition(edition)}")


def source_sentences(sources: Iterable[str], crs: str, edition: str) -> list[str]:
    """Write lines of sources as sentences, then the projection and the edition of the data."""
    sentences = [typeset(f"{capitalised(line)}.") for line in sources]
    return [*sentences, f"Projection\u00a0: {crs}. {edition_said(edition)}."]


def letters_said(replaced: Collection[str]) -> str:
    """Say which characters could not be shown; empty where all could."""
    if not replaced:
        return ""
    count = len(replaced)
    first = code_points(replaced, _MOST_LETTERS)
    more = f", et {count - _MOST_LETTERS} de plus" if count > _MOST_LETTERS else ""
    noun = numbered(count, "caractère ne peut être montré", "caractères ne peuvent être montrés")
    verb = "les remplace" if count > 1 else "le remplace"
    return typeset(f"{noun} ici, {UNKNOWN} {verb} : {first}{more}.")
