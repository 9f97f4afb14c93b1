"""The words of the field: what tables hold. How a reader sees them is said in `french`."""

from __future__ import annotations

from typing import Final

GENERATIONS: Final = (2015, 2024)
KINDS: Final = ("qpv", "veille_active")
CONTRACT: Final = "contrat"
# What documents tell of all, under these names in place of that of a quartier.
WHOLE_CONTRACT: Final = "Contrat"
ALL_VEILLE_ACTIVE: Final = "Veille active"
GEOMETRY_STATUSES: Final = ("officielle", "simplifiee", "estimee", "absente")
SCOPES: Final = ("quartier", "commune", "veille active", "contrat", "inconnue")
BASES: Final = ("declared", "declared_wide", "inside", "within")
OPEN: Final = "ouvert"
EQUIPMENT_STATUSES: Final = (OPEN, "fermé")
ENVISAGED: Final = "envisagée"
WISHED: Final = "besoin exprimé"
# What has begun, what is decided, what may come, what is asked for, what is over.
ACTION_STATES: Final = ("engagée", "programmée", ENVISAGED, WISHED, "terminée")
# What two figures of one definition allow: sums and shares of a whole, or a difference.
FIGURE_NATURES: Final = ("effectif", "part", "niveau")
YEAR_UNKNOWN: Final = "année non précisée"
