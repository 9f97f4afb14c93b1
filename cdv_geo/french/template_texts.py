# French typography
"""The French texts of the workbooks that services fill in: columns, rules and samples.

They are typed with plain spaces; `typography.typeset` sets the no-break spaces as they are written.
Examples and samples are values, which stay as they are typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.french.shared_texts import SOURCE
from cdv_geo.french.table_labels import TABLE_NAMES, heading_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.schemas import Column

SAMPLE_PREFIX: Final = "exemple-"
REASON: Final = "motif_cdv_geo"  # a name that no column of a service bears
LISTS_SHEET: Final = "Listes"
GUIDE_SHEET: Final = "Mode d’emploi"
GUIDE_HEADER: Final = ("Colonne", "Sens", "Obligatoire", "Valeurs acceptées", "Exemple")
LISTS_HEADER: Final = ("precision_position", "Erreur possible (m)")
COLUMNS_HEADING: Final = "Les colonnes"
REFUSED_HEADING: Final = "Valeur non acceptée"
RULES_HEADING: Final = "Cinq règles"
_STREET: Final = "138 rue Lucien Chiron, 73000 Chambéry"
_PLACE: Final = {"adresse": _STREET, "longitude": 5.91891, "latitude": 45.56079}
SAMPLE_SOURCE: Final = "exemple, à supprimer"


@dataclass(frozen=True)
class Explanation:
    """What a column holds, for the person who fills it in.

    Parameters
    ----------
    meaning
        One or two sentences.
    example
        A value as it is typed.
    accepted
        Which values; left out where the schema says it.
    label
        Name of the column in French; left out where it is that of all tables.
    """

    meaning: str
    example: str = ""
    accepted: str = ""
    label: str = ""


@dataclass(frozen=True)
class TemplateTexts:
    """All texts of one kind of workbook.

    Parameters
    ----------
    sheet
        Name of the sheet that holds the table.
    intro
        What to do with the workbook, one line each.
    rules
        Five rules, one line each.
    columns
        Explanations by the name of the column.
    samples
        Rows that show how it is done.
    """

    sheet: str
    intro: tuple[str, ...]
    rules: tuple[str, ...]
    columns: Mapping[str, Explanation]
    samples: tuple[Mapping[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """Head the guide."""
        return f"{self.sheet} : mode d’emploi"


_NAMES: Final = "Noms, séparés par « ; » s’il y en a plusieurs."
_POSITION: Final = {
    "longitude": Explanation(
        "Longitude du lieu, en degrés décimaux WGS84. Va toujours avec latitude.", "5,91891"
    ),
    "latitude": Explanation(
        "Latitude du lieu, en degrés décimaux WGS84. Va toujours avec longitude.", "45,56079"
    ),
    "precision_position": Explanation(
        "D’où vient la position, donc de combien elle peut être fausse.", "approximative"
    ),
}
_COMMON: Final = {
    "adresse": Explanation("Lieu exact : numéro, voie, code postal et commune.", _STREET),
    **_POSITION,
    "source": Explanation(
        "Document ou fichier d’où vient l’information, avec sa date.",
        "bilan du porteur, mars 2026",
        label=SOURCE,
    ),
}
_ACTIONS: Final = {
    **_COMMON,
    "id": Explanation(
        "Référence de l’action. Vous la choisissez ; elle ne change plus ensuite.",
        "ac-001",
        "Texte ; chaque identifiant une seule fois.",
    ),
    "intitule": Explanation(
        "Nom de l’action, tel que vos documents l’écrivent.", "Jardins du bon goût"
    ),
    "objectifs": Explanation(
        "Objectifs du contrat de ville que l’action poursuit.",
        "2;4",
        "Numéros, séparés par « ; » s’il y en a plusieurs.",
    ),
    "portee": Explanation(
        "Territoire visé : un ou des quartiers, une commune, tous les quartiers en veille active, "
        "ou tout le contrat.",
        "quartier",
    ),
    "territoires_cites": Explanation(
        "Quartiers ou communes que l’action nomme, par leur nom d’usage.",
        "Biollay;Bellevue",
        _NAMES,
    ),
    "porteur": Explanation(
        "Association, service ou établissement qui mène l’action.", "Mission locale jeunes"
    ),
    "annee": Explanation("Année de l’action.", "2026", "Année en quatre chiffres."),
    "etat": Explanation(
        "Où en est l’action. Ce qui n’est qu’envisagé ou souhaité est compté à part. Inconnu : "
        "laissez vide.",
        "engagée",
    ),
    "montant": Explanation("Montant de l’action, en euros. Inconnu : laissez vide.", "4500"),
    "financeur": Explanation("Qui finance l’action.", "État"),
}
_EQUIPMENT: Final = {
    **_COMMON,
    "id": Explanation(
        "Référence de l’équipement. Vous la choisissez ; elle ne change plus ensuite.",
        "eq-045",
        "Texte ; chaque identifiant une seule fois.",
    ),
    "nom": Explanation("Nom de l’équipement.", "Point contact Bellevue"),
    "type": Explanation(
        "Catégorie de l’équipement, toujours écrite de la même façon.", "centre social"
    ),
    "quartier_cite": Explanation(
        "Quartier auquel l’équipement est rattaché, par son nom d’usage.",
        "Bellevue",
        _NAMES,
    ),
    "code_insee": Explanation(
        "Code INSEE de la commune, et non son code postal.",
        "73065",
        "Cinq caractères, zéro du début compris (01004).",
        "Code INSEE de la commune",
    ),
    "statut": Explanation("L’équipement est en service, ou il est fermé.", "ouvert"),
    "annee": Explanation("Année de l’information.", "2024", "Année en quatre chiffres."),
}
_PERIMETERS: Final = {
    "code": Explanation(
        "Code officiel d’un QPV ; sinon, un code que vous choisissez et qui ne change plus.",
        "QN07301M",
        "Texte ; chaque code une seule fois par génération.",
    ),
    "nom": Explanation("Nom du périmètre.", "Biollay - Bellevue"),
    "type": Explanation(
        "qpv : quartier prioritaire ; veille_active : quartier en veille active.", "qpv"
    ),
    "generation": Explanation(
        "Génération de la géographie prioritaire dont relève le périmètre. "
        "Pour la veille active, toujours 2015.",
        "2024",
    ),
    "communes": Explanation(
        "Codes INSEE des communes que touche le périmètre, et non leurs codes postaux.",
        "73030;73213",
        "Codes de cinq caractères, zéro du début compris (01004), séparés par « ; ».",
    ),
    "statut_geometrie": Explanation(
        "Un classeur ne contient pas de contour. Un contour s’envoie à part, dans une couche SIG.",
        "absente",
    ),
    "precision_m": Explanation(
        "Erreur possible du contour, en mètres. Sans contour, laissez vide."
    ),
    "source": Explanation(
        "Document qui établit le périmètre, avec sa date.", "décret 2023-1314", label=SOURCE
    ),
}

_RETURN: Final = (
    "Remplissez la première feuille, une ligne à la suite de l’autre, puis renvoyez le classeur "
    "tel quel, au format .xlsx."
)
_HEADERS: Final = (
    "En-tête foncé : colonne obligatoire. En-tête clair : colonne facultative. L’aide s’affiche "
    "quand on choisit une cellule."
)
_SAMPLES: Final = "Les deux lignes grises en italique sont des exemples, que vous pouvez supprimer."
_NOT_READ: Final = (
    f"Le programme ne lit pas une ligne qui commence par « {SAMPLE_PREFIX} », ni celle dont la "
    f"source est « {SAMPLE_SOURCE} »."
)
_BLANK_RULE: Final = "Laissez vide ce que vous ne savez pas : jamais 0, qui veut dire « aucun »."
_ADDRESS_RULE: Final = (
    "Une adresse précise vaut mieux que des coordonnées approximatives : dans le doute, "
    "n’inscrivez que l’adresse."
)
_WGS84_RULE: Final = (
    "Longitude et latitude sont en degrés décimaux WGS84, comme sur un GPS ; jamais en mètres "
    "(Lambert-93)."
)
_HEADER_RULE: Final = (
    "Ne changez pas les en-têtes et n’ajoutez rien au-dessus : le programme y reconnaît les "
    "colonnes."
)


def _template(
    sheet: str,
    rules: tuple[str, ...],
    columns: Mapping[str, Explanation],
    samples: tuple[Mapping[str, Any], ...],
) -> TemplateTexts:
    intro = (_RETURN, _HEADERS, _SAMPLES, _NOT_READ)
    return TemplateTexts(sheet, intro, (*rules, _HEADER_RULE), columns, samples)


TEMPLATES: Final[Mapping[str, TemplateTexts]] = MappingProxyType(
    {
        "actions": _template(
            TABLE_NAMES["actions"],
            ("Une ligne par action.", _BLANK_RULE, _ADDRESS_RULE, _WGS84_RULE),
            _ACTIONS,
            (
                {
                    "id": f"{SAMPLE_PREFIX}1",
                    "intitule": "Jardin partagé de Bellevue",
                    "objectifs": "2;4",
                    "portee": "quartier",
                    "territoires_cites": "Bellevue",
                    "porteur": "Régie de quartier",
                    "annee": "2026",
                    "etat": "engagée",
                    "montant": 4500.0,
                    "financeur": "État",
                    **_PLACE,
                    "precision_position": "approximative",
                    "source": SAMPLE_SOURCE,
                },
                {
                    "id": f"{SAMPLE_PREFIX}2",
                    "intitule": "Permanence numérique itinérante",
                    "objectifs": "5",
                    "portee": "contrat",
                    "annee": "2026",
                    "source": SAMPLE_SOURCE,
                },
            ),
        ),
        "equipment": _template(
            TABLE_NAMES["equipment"],
            ("Une ligne par équipement.", _BLANK_RULE, _ADDRESS_RULE, _WGS84_RULE),
            _EQUIPMENT,
            (
                {
                    "id": f"{SAMPLE_PREFIX}1",
                    "nom": "Point contact Bellevue",
                    "type": "point d'accueil",
                    "quartier_cite": "Bellevue",
                    "code_insee": "73065",
                    **_PLACE,
                    "precision_position": "approximative",
                    "statut": "ouvert",
                    "source": SAMPLE_SOURCE,
                    "annee": "2024",
                },
                {
                    "id": f"{SAMPLE_PREFIX}2",
                    "nom": "Salle Jean-Baptiste Carron",
                    "type": "salle",
                    "quartier_cite": "Biollay",
                    "code_insee": "73065",
                    "statut": "ouvert",
                    "source": SAMPLE_SOURCE,
                },
            ),
        ),
        "perimeters": _template(
            TABLE_NAMES["perimeters"],
            (
                "Une ligne par périmètre.",
                "Laissez vide ce que vous ne savez pas : jamais 0.",
                "Un code INSEE n’est pas un code postal : Chambéry est 73065, et non 73000.",
                "Le classeur ne contient pas de contour : envoyez-le à part, dans une couche SIG.",
            ),
            _PERIMETERS,
            (
                {
                    "code": f"{SAMPLE_PREFIX}1",
                    "nom": "Biollay - Bellevue",
                    "type": "qpv",
                    "generation": "2024",
                    "communes": "73065",
                    "statut_geometrie": "absente",
                    "source": SAMPLE_SOURCE,
                },
                {
                    "code": f"{SAMPLE_PREFIX}2",
                    "nom": "Les Épinettes",
                    "type": "veille_active",
                    "generation": "2015",
                    "communes": "73030;73213",
                    "statut_geometrie": "absente",
                    "source": SAMPLE_SOURCE,
                },
            ),
        ),
    }
)
_MISSING: Final = (
    "Ces lignes n’ont pas de position utilisable, ou l’une de leurs valeurs a été refusée : "
    f"la colonne {REASON} le dit."
)
_COMPLETE: Final = (
    "Complétez les cellules jaunes ou corrigez la valeur refusée, puis renvoyez le classeur tel "
    "quel, au format .xlsx."
)
UNLOCATED: Final = TemplateTexts(
    "Lignes à compléter",
    (_MISSING, _COMPLETE),
    (
        "Complétez longitude et latitude ensemble, ou laissez les deux vides : jamais 0.",
        _WGS84_RULE,
        "Dites dans precision_position d’où vient la position trouvée ; remplacez-y « inconnue ».",
        "Ne changez pas les identifiants : ils rattachent chaque ligne à son origine.",
        _HEADER_RULE,
    ),
    {
        "id": Explanation("Référence de la ligne ; à garder telle quelle."),
        **_POSITION,
        REASON: Explanation(
            "Ce qui manque à la ligne, ou ce qui y a été refusé. Cette colonne n’est pas relue."
        ),
    },
)


def label_of(name: str, explanation: Explanation) -> str:
    """Name a column in French."""
    return explanation.label or heading_of(name)


def accepted(column: Column, explanation: Explanation, listed: tuple[str, ...]) -> str:
    """Say which values a column takes.

    Parameters
    ----------
    column
        Of the schema.
    explanation
        Whose own words count first.
    listed
        Values that stand in the sheet of lists.
    """
    if listed:
        return f"Une valeur de la feuille « {LISTS_SHEET} », au besoin suivie d’un complément."
    if explanation.accepted:
        return explanation.accepted
    if column.choices:
        *others, last = column.choices
        return f"{', '.join(others)} ou {last}." if others else f"{last} (seule valeur)."
    if column.number:
        lowest, highest = column.number
        upper = f" à {highest:g}" if highest < float("inf") else " ou plus"
        return f"Nombre : {lowest:g}{upper}.".replace("-", "−")
    return "Texte."
