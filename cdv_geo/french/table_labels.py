"""What a reader sees instead of the name of a table, of a column, or of a key in its cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cdv_geo.french.shared_texts import ESTIMATED_RESIDENTS, UNDETERMINED
from cdv_geo.french.typography import NOT_FILLED_IN, capitalised, typeset
from cdv_geo.vocabulary import YEAR_UNKNOWN

if TYPE_CHECKING:
    from cdv_geo.analysis.things import ThingKind

THING_NAMES: Final[dict[ThingKind, str]] = {"action": "Actions", "equipment": "Équipements"}
TABLE_NAMES: Final = {
    "communes": "Communes",
    "perimeters": "Périmètres",
    "quartiers": "Noms d’usage",
    "actions": THING_NAMES["action"],
    "objectifs": "Objectifs",
    "priorites": "Priorités",
    "themes": "Thèmes",
    "equipment": THING_NAMES["equipment"],
    "indicators": "Indicateurs",
    "concordances": "Concordances",
    "constats": "Constats",
    "key_figures": "Chiffres clés",
    "population": "Carroyage",
}

KIND_LABELS: Final = {
    "qpv": "QPV",
    "veille_active": "Veille active",
    "commune": "Commune",
    "contrat": "Ensemble du contrat",
}
GEOMETRY_LABELS: Final = {
    "officielle": "contour officiel",
    "simplifiee": "contour simplifié",
    "estimee": "contour estimé",
    "absente": "sans contour",
}
STATUS_LABELS: Final = {
    "inside": "dedans",
    "outside": "dehors",
    "certain": "certain",
    "undetermined": UNDETERMINED,
}

BASIS_LABELS: Final = {
    "declared": "déclaré pour le quartier",
    "declared_wide": "déclaré plus largement",
    "inside": "situé dedans",
    "within": "situé à proximité",
}
ACTIONS_BY_BASIS: Final = {
    basis: re.sub(r"^\w+", r"\g<0>es", words) for basis, words in BASIS_LABELS.items()
}
"""The same of several actions: `déclarées pour le quartier`."""

# Labels of columns that were read, which are shown where a reader sees no table of the territory.
READ_LABELS: Final = {
    "adresse": "Adresse",
    "auteur": "Auteur du classement",
    "code_insee": "Commune (INSEE)",
    "commune": "Commune",
    "constat": "Constat",
    "etat": "État",
    "financeur": "Financeur",
    "indicateur": "Code de l’indicateur",
    "intitule": "Intitulé",
    "latitude": "Latitude",
    "libelle": "Libellé",
    "longitude": "Longitude",
    "millesime": "Millésime",
    "montant": "Montant (€)",
    "motif_cdv_geo": "Motif",
    "nature": "Nature",
    "portee": "Portée",
    "porteur": "Porteur",
    "precision_position": "Précision de la position",
    "quartier_cite": "Quartier cité",
    "rang": "Rang",
    "reserve": "Réserve",
    "territoire": "Territoire",
    "territoires_cites": "Territoires cités",
    "theme": "Thème",
    "unite": "Unité",
    "valeur": "Valeur",
}
# French labels of the computed columns. A name that bears a type, a distance, an objectif or a
# year is matched by its pattern; what is captured is set into the label.
_COLUMN_LABELS: Final = {
    "level": "Niveau",
    "code": "Code",
    "nom": "Nom",
    "type": "Type",
    "generation": "Génération",
    "communes": "Communes (INSEE)",
    "statut_geometrie": "Statut du contour",
    "precision_m": "Précision du contour (m)",
    "source": "Source du contour",
    "area_ha": "Surface (ha)",
    "population": "Population publiée",
    "population_vintage": "Millésime de la population",
    "population_source": "Source de la population",
    "cell_residents": capitalised(ESTIMATED_RESIDENTS),
    "cell_share_of_population": "Habitants estimés ÷ population publiée",
    "cell_imputed_share": "Part des habitants de carreaux imputés",
    "cell_mean_standard_of_living": "Niveau de vie moyen estimé (€)",
    "cell_covered_share": "Part de la surface couverte par les carreaux",
    "action_count": "Actions (au moins un lien certain)",
    "action_declared_count": f"Actions {ACTIONS_BY_BASIS['declared']}",
    "action_declared_undetermined_count": "Actions peut-être déclarées (nom ambigu ou inconnu)",
    "action_declared_wide_count": f"Actions {ACTIONS_BY_BASIS['declared_wide']}",
    "action_inside_count": f"Actions {ACTIONS_BY_BASIS['inside']}",
    "action_inside_undetermined_count": "Actions peut-être dedans (indéterminé)",
    "action_year_unknown_count": f"Actions, {YEAR_UNKNOWN} ou plusieurs années",
    "action_objectif_unknown_count": f"Actions, objectif {NOT_FILLED_IN}",
    "equipment_declared_count": "Équipements rattachés par leur nom",
    "equipment_declared_undetermined_count": (
        "Équipements peut-être rattachés (nom ambigu ou inconnu)"
    ),
    "equipment_closed_inside_count": "Équipements fermés, dedans",
    "equipment_closed_declared_count": "Équipements fermés, rattachés par leur nom",
    "equipment_closed_declared_undetermined_count": "Équipements fermés, peut-être rattachés",
    "equipment_closed_inside_undetermined_count": "Équipements fermés, peut-être dedans",
    "kind": "Objet",
    "id": "Identifiant",
    "name": "Intitulé",
    "annee": "Année",
    "objectifs": "Objectifs",
    "equipment_type": "Type d’équipement",
    "statut": "Statut",
    "basis": "Fondement du lien",
    "within_m": "Rayon (m)",
    "status": "Certitude",
    "likely": "Réponse probable",
    "distance_m": "Distance à vol d’oiseau (m)",
    "cited": "Nom cité",
    "quartier": "Quartier",
    "relation": "Relation au périmètre",
    "agreement": "Accord entre déclaration et lieu",
    "shared_with": "Limite partagée avec",
    "reason": "Motif",
}
_COLUMN_PATTERNS: Final = (
    (r"action_within_([\d.]+)m_count", "Actions à moins de {0} m à vol d’oiseau"),
    (r"action_within_([\d.]+)m_undetermined_count", "Actions peut-être à moins de {0} m"),
    (r"action_objectif_([^_\s]+)_count", "Actions de l’objectif {0}"),
    (r"action_year_([^_\s]+)_count", "Actions de {0}"),
    (r"equipment_(.+)_inside_count", "{0} : dedans"),
    (r"equipment_(.+)_inside_undetermined_count", "{0} : peut-être dedans"),
    (r"equipment_(.+)_inside_per_1000", "{0} : dedans, pour 1\u202f000 habitants"),
    (r"equipment_(.+)_within_([\d.]+)m_count", "{0} : à moins de {1} m à vol d’oiseau"),
    (r"equipment_(.+)_within_([\d.]+)m_undetermined_count", "{0} : peut-être à moins de {1} m"),
    (
        r"equipment_(.+)_within_([\d.]+)m_per_1000",
        "{0} : à moins de {1} m à vol d’oiseau, pour 1\u202f000 habitants",
    ),
    (
        r"equipment_(.+)_distance_median_m",
        "{0} : distance médiane à vol d’oiseau au plus proche, localisé et ouvert (m)",
    ),
    (
        r"equipment_(.+)_distance_p90_m",
        "{0} : distance à vol d’oiseau au plus proche, localisé et ouvert, 90e centile (m)",
    ),
    (
        r"equipment_(.+)_reached_within_([\d.]+)m_share",
        "{0} : part des habitants à moins de {1} m à vol d’oiseau, parmi les localisés et ouverts",
    ),
)
_VALUE_LABELS: Final = {
    "type": KIND_LABELS,
    "level": {"perimeter": "périmètre", "commune": "commune", "contract": "contrat"},
    "statut_geometrie": GEOMETRY_LABELS,
    "basis": BASIS_LABELS,
    "status": STATUS_LABELS,
    "likely": STATUS_LABELS,
    "agreement": {"agrees": "concorde", "disagrees": "diverge", "undetermined": UNDETERMINED},
    "kind": {"action": "action", "equipment": "équipement"},
}
_ALL_TYPES: Final = {"all": THING_NAMES["equipment"]}


# What follows the label of a count where a column holds a part of it, or what may come on top.
_COUNT_PARTS: Final = {
    "_envisaged_count": ", dont envisagées",
    "_wished_count": ", dont besoins exprimés",
    "_undetermined_count": ", en plus peut-être",
}


def column_label(column: str) -> str:
    """Give the French label of a computed column; a column that was read keeps its own name."""
    if column in _COLUMN_LABELS:
        return _COLUMN_LABELS[column]
    for pattern, label in _COLUMN_PATTERNS:
        match = re.fullmatch(pattern, column)
        if match:
            first, *others = (re.sub(r"(?<=\d)\.(?=\d)", ",", p) for p in match.groups())
            name = _ALL_TYPES.get(first, first.replace("_", " "))
            return typeset(label.format(name, *others))
    for ending, said in _COUNT_PARTS.items():
        if column.endswith(ending):
            return f"{column_label(column.removesuffix(ending) + '_count')}{said}"
    return column


def heading_of(column: str) -> str:
    """Give the French heading of a column, whether it was read or computed."""
    return READ_LABELS.get(column) or column_label(column)


def value_label(column: str, value: str) -> str:
    """Give the French label of a key that stands in a column; any other text as it is."""
    return _VALUE_LABELS.get(column, {}).get(value, value)
