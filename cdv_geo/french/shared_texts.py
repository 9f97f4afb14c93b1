"""What several voices say: each sentence, heading and note of maps, fiches and workbooks once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.french.counts_in_words import numbered
from cdv_geo.french.typography import (
    NO_FIGURE,
    capitalised,
    format_edition,
    format_metres,
    format_radius,
    typeset,
)
from cdv_geo.visible_letters import UNKNOWN, code_points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_MOST_LETTERS: Final = 5

UNDETERMINED: Final = "indéterminé"
AS_THE_CROW_FLIES: Final = "à vol d’oiseau"
ESTIMATED_RESIDENTS: Final = "habitants estimés (carreaux)"
NOT_STATED: Final = "non précisé"
MORE_THAN_QUARTIER: Final = "la commune, toute la veille active ou tout le contrat"
WHOLE_COUNTS_FOR_PARTS: Final = "Ce qui nomme tout le périmètre compte pour chacun"
INCOMPLETE_LIST: Final = "la liste n’est pas complète"
NEARER_TO_LIMIT: Final = "plus proche de la limite"
NO_FIGURE_NOTE: Final = typeset(f"« {NO_FIGURE} » : non disponible, jamais zéro.")

INCOMPLETE_ATLAS: Final = "Cet atlas est incomplet"
NOT_MADE: Final = "Ce qui manque"
NOT_MADE_NOTE: Final = typeset(
    "Ce qui suit n’a pas pu être fait et manque ; tout le reste est à jour. La commande "
    "« cdv-geo atlas » en dit la cause précise ; relancée une fois la cause levée, elle ajoute ce "
    "qui manque."
)

# Headings.
ITEM: Final = "Rubrique"
OUTLINE: Final = "Contour"
AREA: Final = "Surface"
SOURCE: Final = "Source"
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
# By the names of classes of `cdv_geo.errors`.
_NOT_MADE: Final = {
    "RecipeError": "la recette de la carte n’est pas acceptée, ou demande ce que le territoire "
    "n’a pas",
    "DataError": "les données du territoire ne le permettent pas",
    "NameResolutionError": "un nom de quartier n’est pas reconnu",
    "OutputError": "un contenu ne peut être mis en page ou écrit",
}
_UNFORESEEN: Final = "le programme a rencontré une erreur qu’il n’avait pas prévue"


def refused_value(column: str, value: str) -> str:
    """Say which value of a row is refused, or that one is missing."""
    if not value:
        return typeset(f"la colonne « {column} » doit être remplie")
    return in_column("valeur refusée", column, value)


def in_column(said: str, column: str, value: str) -> str:
    """Say of which value of which column something is said."""
    return typeset(f"{said} dans la colonne « {column} » : « {value} »")


def exact_to(said: str, metres: float) -> str:
    """Say of an outline how exact it is: `contour simplifié, à 20 m près`."""
    return f"{said}, à {format_metres(metres)} près"


def distance_said(metres: float) -> str:
    """Write the distance of a place from the outline."""
    return "dans le contour" if metres == 0 else format_metres(metres)


def nearer_than(metres: float) -> str:
    """Name what is near: `à moins de 300 m`."""
    return f"à moins de {format_radius(metres)}"


def nearer_as_the_crow_flies(metres: float) -> str:
    """Name what is near, and how the distance is measured."""
    return f"{nearer_than(metres)} {AS_THE_CROW_FLIES}"


def edition_said(edition: str) -> str:
    """Say of when the data are: `Données : novembre 2026`."""
    return f"Données\u00a0: {format_edition(edition)}"


def page_footer(territory: str, edition: str) -> str:
    """Write the foot of every page."""
    return typeset(f"{territory} – édition : {format_edition(edition)}")


def source_sentences(sources: Iterable[str], crs: str, edition: str) -> tuple[str, ...]:
    """Write lines of sources as sentences, then the projection and the edition of the data."""
    sentences = (typeset(f"{capitalised(line)}.") for line in sources)
    return (*sentences, f"Projection\u00a0: {crs}. {edition_said(edition)}.")


def not_made_said(files: str, kind: str) -> str:
    """Say what of an atlas is missing, and why: the name of a class of errors, or of none."""
    return typeset(f"{files} : {_NOT_MADE.get(kind, _UNFORESEEN)}.")


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
