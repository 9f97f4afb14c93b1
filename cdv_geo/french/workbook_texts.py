"""What the workbook of a territory says: names of sheets, headers, explanations and remarks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cdv_geo.faults import ACCEPTED, REFUSED, REJECTED, REPAIRED, VALUE
from cdv_geo.french.shared_texts import (
    AS_THE_CROW_FLIES,
    INCOMPLETE_LIST,
    ITEM,
    MORE_THAN_QUARTIER,
    NEARER_TO_LIMIT,
    NO_POSITION,
    REJECTIONS,
    SOURCE,
    UNDETERMINED,
    WHOLE_COUNTS_FOR_PARTS,
    in_column,
    nearer_as_the_crow_flies,
    refused_value,
)
from cdv_geo.french.table_labels import BASIS_LABELS, READ_LABELS, TABLE_NAMES
from cdv_geo.french.typography import (
    NO_FIGURE,
    capitalised,
    format_edition,
    format_metres,
    format_number,
    format_radius,
    quoted,
    typeset,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.faults import Fault

README: Final = "Lisez-moi"
PERIMETERS: Final = TABLE_NAMES["perimeters"]
COVERAGE: Final = "Couverture"
COVERAGE_BY_TYPE: Final = "Couverture par type"
QUARTIERS: Final = "Quartiers d’usage"
MATRIX: Final = "Actions × quartiers"
EQUIPMENT: Final = TABLE_NAMES["equipment"]
LINKS: Final = "Liens"
INDICATORS: Final = TABLE_NAMES["indicators"]
PRIORITIES: Final = TABLE_NAMES["priorites"]
ACCOUNTS: Final = TABLE_NAMES["constats"]
UNLOCATED: Final = "Non localisés"
ANOMALIES: Final = "Anomalies"
# What each sheet holds, for the first one.
_CONTENTS: Final = {
    PERIMETERS: "Une ligne par périmètre connu, de toutes les générations, avec ou sans contour : "
    "identité, surface, statut et précision du contour, noms d’usage, source. Seuls ceux dont la "
    "colonne « Étudié ici » dit oui figurent dans les autres feuilles.",
    COVERAGE: "Une ligne par périmètre étudié, puis par commune, puis une pour l’ensemble du "
    "contrat : population, habitants estimés, actions et équipements qui l’atteignent, tous types "
    "confondus.",
    COVERAGE_BY_TYPE: "Une ligne par territoire de la feuille Couverture et par type "
    "d’équipement : nombres, distances et parts d’habitants. À filtrer.",
    QUARTIERS: "Une ligne par quartier d’usage, tel que les documents le nomment : un périmètre "
    f"peut en réunir plusieurs. {WHOLE_COUNTS_FOR_PARTS} ; ce qui dépend "
    "d’un contour manque pour une partie, qui n’en a pas.",
    MATRIX: "Une ligne par action, une colonne par périmètre étudié ; la case dit sur quel "
    "fondement l’action atteint le périmètre, le plus proche s’il y en a plusieurs de lieu. Un "
    "point d’interrogation : indéterminé. Case vide : ni déclaration ni lieu connu.",
    EQUIPMENT: "Une ligne par équipement : type, statut, commune, position et précision, "
    "périmètres qu’il atteint à coup sûr selon chaque fondement, et ceux où il est peut-être.",
    LINKS: "Une ligne par action ou équipement, périmètre et fondement, certaine ou indéterminée. "
    "Sans périmètre, la ligne vaut pour tous ceux que la commune, si elle est connue, permet.",
    INDICATORS: "Une ligne par chiffre publié (INSEE, ANCT…), puis par chiffre clé annoncé par le "
    "contrat, avec unité, millésime, statut, réserve et source.",
    PRIORITIES: "Les thèmes que chaque quartier d’usage a classés, avec leur rang et l’auteur du "
    "classement.",
    ACCOUNTS: "Les forces et les fragilités que les documents relèvent, par territoire.",
    UNLOCATED: "Les actions et équipements sans position utilisable, avec le motif : à compléter.",
    ANOMALIES: "Ce que la lecture a corrigé ou écarté, les noms inconnus ou ambigus, les "
    "désaccords entre déclaration et lieu, les doublons probables, les équipements de même nom en "
    "des lieux éloignés, les chiffres sous réserve. "
    "Rien n’est corrigé ni fusionné sans être dit.",
}

# Headers of columns that were read, and of those that only the workbook has.
LABELS: Final = {
    **READ_LABELS,
    "communes_names": TABLE_NAMES["communes"],
    "names": "Noms d’usage (relation au périmètre)",
    "origin": "Nature du chiffre",
    "position_error_m": "Erreur de position admise (m)",
    "spellings": "Graphies reconnues",
    "studied": "Étudié ici",
    "things_source": SOURCE,
    "place": "Lieu",
    "unknown_names": "Noms cités non reconnus",
    "reached_declared": "Rattaché par son nom à",
    "reached_declared_wide": "Déclaré plus largement pour",
    "reached_inside": capitalised(BASIS_LABELS["inside"]),
    "maybe_inside": f"Peut-être dedans ({UNDETERMINED})",
    "anomaly": "Nature",
    "where": "Fichier ou table",
    "row": "Ligne ou identifiant",
    "said_of": "Objet",
    "finding": "Constat",
    "done": "Suite donnée",
    "message": "Message du programme (en anglais)",
}
FIGURE_STATUSES: Final = {
    "publie": "publié",
    "secret_ou_absent": "secret statistique ou absent",
    "source_secondaire": "source secondaire",
}
KEY_FIGURE_STATUS: Final = "annoncé par le contrat de ville"
INDICATOR: Final = "indicateur publié"
KEY_FIGURE: Final = "chiffre clé"
YES: Final = "oui"
NO: Final = "non"
PLACED: Final = "lieu connu"
UNPLACED: Final = f"lieu inconnu : {UNDETERMINED} pour tous"
ALL_ZONES: Final = "lieu inconnu : tous les périmètres"
ALL_OF_COMMUNE: Final = "lieu inconnu : tous les périmètres de sa commune"
OUTSIDE: Final = "hors des communes du contrat"

# The cells of the matrix.
_MARKS: Final = {"declared": "déclaré", "declared_wide": "plus large", "inside": "dedans"}
DOUBT: Final = "?"


def mark(basis: str, within_m: float, *, certain: bool) -> str:
    """Write one basis in a cell of the matrix: `déclaré`, `300 m`, `dedans ?`."""
    text = _MARKS.get(basis) or format_radius(within_m)
    return text if certain else f"{text}\u00a0{DOUBT}"


PERHAPS_INSIDE: Final = mark("inside", 0, certain=False)


def reached_within(metres: float) -> str:
    """Head the column of what lies within a distance of a place."""
    return capitalised(nearer_as_the_crow_flies(metres))


# Anomalies.
READING: Final = "Lecture"
UNKNOWN_NAME: Final = "Nom non reconnu"
AMBIGUOUS_NAME: Final = "Nom ambigu"
SHARED_NAME: Final = "Nom porté deux fois"
COMMUNE: Final = "Commune contredite par la position"
DISAGREEMENT: Final = "Déclaration et lieu divergent"
DUPLICATE: Final = "Doublon probable"
SCATTERED: Final = "Même nom, positions différentes"
OVERLAP: Final = "Contours qui se chevauchent"
RESERVED_FIGURE: Final = "Chiffre sous réserve"
DONE: Final = {
    ACCEPTED: "gardé tel quel, à vérifier",
    REPAIRED: "corrigé à la lecture",
    REJECTED: "ligne écartée",
    REFUSED: "fichier refusé",
}
KEPT: Final = DONE[ACCEPTED]
LEFT_OPEN: Final = f"laissé {UNDETERMINED}"
_PAIR_REASONS: Final = {
    "the same name": "même nom",
    "the same spot": "même emplacement",
    "the same name and address": "même nom et même adresse",
    "the same name and commune": "même nom et même commune",
}
# Of what is kept: said of a row as a whole, and of a value of a column.
_FOUND: Final = {
    ACCEPTED: ("à vérifier", "à vérifier"),
    REPAIRED: ("corrigé", "valeur corrigée"),
}
# The reasons of links, which are in English as all messages of the program.
_REASONS: Final = (
    (r"the thing has no position", NO_POSITION),
    (r"the perimeter has no outline", "le contour du périmètre n’est pas connu"),
    (
        r"nearer to the limit than the stated error, (\d+) m",
        f"{NEARER_TO_LIMIT} que l’erreur admise, {{0}} m",
    ),
    (
        r"nearer to the limit than the stated error, (\d+) m \(its coordinates are rounded\)",
        f"{NEARER_TO_LIMIT} que l’erreur admise, {{0}} m (coordonnées arrondies)",
    ),
    (
        r"nearer to the limit than the stated error, (\d+) m \((\S+) is (.+)\)",
        f"{NEARER_TO_LIMIT} que l’erreur admise, {{0}} m ({{1}} : {{2}})",
    ),
    (r"(\S+) « (.+) » holds more than (.+)", "{0} « {1} » contient plus que {2}"),
    (
        r"(\S+) « (.+) » holds the greater part of (.+), not all of it",
        "{0} « {1} » contient la majeure partie de {2}, mais pas tout",
    ),
    (
        r"“(.+)” is not a known quartier, QPV or commune; the nearest known names are (.+)\.",
        (
            "« {0} » n’est le nom d’aucun quartier, QPV ou commune connus ; noms les plus "
            "proches : {1}"
        ),
    ),
    (
        r"“(.+)” is not a known quartier, QPV or commune; no known name is near\.",
        "« {0} » n’est le nom d’aucun quartier, QPV ou commune connus, et n’en approche aucun",
    ),
    (
        r"(.+) is a QPV of (\d+); those of (\d+) were asked for\.",
        "« {0} » est un QPV de {1} ; ce classeur étudie ceux de {2}",
    ),
    (
        r"(.+) is a QPV of (\d+); those of (\d+) were asked for; it became (.+)\.",
        "« {0} » est un QPV de {1} ; ce classeur étudie ceux de {2}, où il est devenu {3}",
    ),
    (
        r"(.+) is a QPV of (\d+); those of (\d+) were asked for; no QPV lies there since\.",
        "« {0} » est un QPV de {1} ; ce classeur étudie ceux de {2}, et aucun ne s’y trouve",
    ),
    (
        r"“(.+)” has the code of (.+) and the name of (.+)\.",
        "« {0} » porte le code de {1} et le nom de {2}",
    ),
    (
        r"“(.+)” is borne by (\d+) quartiers: (.+); give the commune, or the code, to choose one\.",
        "« {0} » désigne {1} lieux : {2}",
    ),
    (
        r"“(.+)” is not a quartier of (.+); it is known as (.+)\.",
        "« {0} » n’est pas un quartier de {1} ; ce nom désigne {2}",
    ),
    (r"(.+) has no perimeter\.", "{0} n’a aucun périmètre"),
    (
        r"code_insee is (.+), and its place lies in no commune\.",
        "la commune indiquée est {0}, et la position est hors des communes du contrat",
    ),
    (
        r"code_insee is (.+), and its place lies in (.+)\.",
        "la commune indiquée est {0}, et la position est dans {1}",
    ),
)


def in_french(reason: str) -> str:
    """Say in French why a link is undetermined, or what is odd in a name; another text as it is."""
    for pattern, french in _REASONS:
        match = re.fullmatch(pattern, reason, flags=re.DOTALL)
        if match:
            return typeset(french.format(*map(_part_in_french, match.groups())))
    return reason


def _part_in_french(part: str) -> str:
    quoted = part.replace("“", "« ").replace("”", " »")
    return quoted.replace("% of its area", " % de sa surface")


def fault_text(fault: Fault) -> str:
    """Say in French what was found in a row."""
    if fault.done in _FOUND:
        whole, part = _FOUND[fault.done]
        return in_column(part, fault.column, fault.value) if fault.column else whole
    if fault.kind != VALUE:
        return REJECTIONS[fault.kind]
    return refused_value(fault.column, fault.value)


def duplicate_text(reason: str, other: str, metres: str) -> str:
    """Say which row a row may repeat, and what speaks for it."""
    far = f", à {metres} l’un de l’autre" if metres else ""
    return typeset(f"{_PAIR_REASONS[reason]} que « {other} »{far}")


def disagreement_text(perimeter: str, metres: float) -> str:
    """Say that a thing names a quartier in which it does not lie."""
    return typeset(f"déclaré pour « {perimeter} », situé à {format_metres(metres)} de son contour")


def overlap_text(first: str, second: str) -> str:
    """Say that what lies in both of two perimeters is counted in both."""
    return f"{first} et {second} se chevauchent : ce qui est dans les deux compte dans les deux"


def shared_name_text(name: str, places: Sequence[str]) -> str:
    """Say which places bear one name."""
    return typeset(f"« {name} » désigne {len(places)} lieux : {', '.join(places)}")


def untold_text(name: str) -> str:
    """Say that what is told under a name stands in no fiche."""
    return typeset(f"aucun quartier ne porte le nom « {name} » : dit dans aucune fiche")


def figure_text(name: str, value: float, unit: object) -> str:
    """Write a figure that the contract announces, with its value and unit."""
    decimals = 0 if value == round(value) else 1
    number = format_number(value, decimals)
    return f"{name}, {number} {unit}" if isinstance(unit, str) and unit else f"{name}, {number}"


# The first sheet.
README_HEADERS: Final = (ITEM, "Sujet", "Ce qu’il faut savoir", "Lignes")
ABOUT: Final = "Ce classeur"
SHEETS: Final = "Feuilles"
BASES: Final = "Fondements"
READING_GUIDE: Final = "Lecture"
COUNTS: Final = "Décompte"
OBJECTIFS: Final = TABLE_NAMES["objectifs"]
_HOW_TO_READ: Final = (
    (
        BASES,
        "déclaré",
        "Un document nomme le quartier lui-même. Rien n’est dit du lieu où l’action se passe.",
    ),
    (
        BASES,
        BASIS_LABELS["declared_wide"],
        (f"Un document nomme {MORE_THAN_QUARTIER} : le quartier en fait partie, sans être nommé."),
    ),
    (
        BASES,
        BASIS_LABELS["inside"],
        "La position est dans le contour, plus loin du bord que l’erreur.",
    ),
    (
        BASES,
        BASIS_LABELS["within"],
        (
            f"La position est à moins de la distance dite du contour, {AS_THE_CROW_FLIES} : ni les "
            "rues, ni le relief, ni les coupures ne sont pris en compte. Ce qui est dedans l’est "
            "aussi à proximité."
        ),
    ),
    (
        BASES,
        "ensemble",
        "Ces quatre fondements disent quatre choses différentes : ils ne s’ajoutent pas.",
    ),
    (
        READING_GUIDE,
        f"{UNDETERMINED}, ou « {DOUBT} »",
        (
            "On ne peut pas trancher : la position ou le contour manque, la position est "
            f"{NEARER_TO_LIMIT} que l’erreur admise, ou le nom cité désigne plusieurs lieux."
        ),
    ),
    (
        READING_GUIDE,
        NO_FIGURE,
        "Non disponible : le chiffre n’est pas connu. Ce n’est jamais un zéro.",
    ),
    (READING_GUIDE, "case vide", "La source ne dit rien, ou la question ne se pose pas."),
    (
        READING_GUIDE,
        "nombres",
        (
            "Les nombres comptent ce qui est certain. Ce qui s’y ajoute peut-être est dans la "
            "colonne voisine, « peut-être » ; les colonnes « dont » disent combien ne sont "
            "qu’envisagées ou souhaitées."
        ),
    ),
    (
        READING_GUIDE,
        "habitants estimés",
        (
            "Somme des carreaux de 200 m, selon la part de chacun dans le contour : une "
            "estimation, d’une autre année et d’une autre source que la population publiée."
        ),
    ),
    (
        READING_GUIDE,
        "équipements",
        (
            f"Les équipements connus et ouverts, sauf mention contraire ; {INCOMPLETE_LIST}. "
            "Les distances partent du centre des carreaux habités, vers l’équipement "
            "localisé le plus proche."
        ),
    ),
    (
        READING_GUIDE,
        "valeurs",
        (
            "Les nombres sont de vrais nombres, l’affichage les arrondit ; les codes sont du "
            "texte. Aucune formule."
        ),
    ),
)


def contents(sheet: str) -> str:
    """Say what a sheet holds."""
    return typeset(_CONTENTS[sheet])


def how_to_read() -> list[tuple[str, str, str]]:
    """Say what the words and marks of the workbook mean: heading, subject and explanation."""
    return [(heading, subject, typeset(text)) for heading, subject, text in _HOW_TO_READ]


def about(
    *, name: str, edition: str, generation: int, within: Sequence[float], veille_active: str
) -> list[tuple[str, str]]:
    """Say of what territory, edition and choices the workbook is."""
    radii = ", ".join(format_radius(distance) for distance in within)
    rows = [
        ("contrat de ville", name),
        ("édition des données", format_edition(edition)),
        ("QPV étudiés", f"génération {generation}"),
        ("veille active", veille_active),
        ("proximité", radii and f"{radii}, {AS_THE_CROW_FLIES}"),
    ]
    return [(subject, text) for subject, text in rows if text]


def file_counts(counts: Mapping[str, int]) -> str:
    """Say what became of the rows of a file; the parts add up to the whole."""
    parts = [format_number(counts[key]) for key in ("input", ACCEPTED, REPAIRED, REJECTED)]
    return "{} lignes lues = {} acceptées + {} corrigées + {} écartées".format(*parts)


def placed_counts(known: int, placed: int) -> str:
    """Say how many things have a position: the parts add up to the whole."""
    return (
        f"{format_number(known)} au total = {format_number(placed)} avec position + "
        f"{format_number(known - placed)} sans (feuille {quoted(UNLOCATED)})"
    )


def objectif_text(title: str, axis: str, axis_title: str) -> str:
    """Write an objectif with its axis."""
    return typeset(f"{title} (axe {axis} : {axis_title})")


def source_subject(layer: str) -> str:
    """Name the layer of a source line; a raster has its own name."""
    return TABLE_NAMES.get(layer) or f"Image {quoted(layer.removeprefix('raster '))}"


def subject_of(edition: str, generation: int) -> str:
    """Say of which edition of the data a workbook is, among the properties of the document."""
    return f"Données de {format_edition(edition)}, QPV {generation}"
