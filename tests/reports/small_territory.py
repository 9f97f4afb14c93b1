"""A territory of one square and of a quartier without outline, to be computed in the head."""

from __future__ import annotations

import numpy as np
import pandas as pd
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from squares import CRS, X0, Y0, perimeters, square

WHOLE, LANDE = "Q1", "V1"
_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def rows(columns, *values):
    return pd.DataFrame(values, columns=columns.split())


def at(x, y):
    """Longitude and latitude of a place that is given in metres from the origin of the tests."""
    return _DEGREES.transform(X0 + x, Y0 + y)


NOWHERE = (None, None)
TWO_QUARTIERS = perimeters(
    {"code": WHOLE, "nom": "Les Prés - Le Port", "geometry": square(400, 400, 400)},
    {
        "code": LANDE,
        "nom": "La Lande",
        "type": "veille_active",
        "generation": 2015,
        "communes": "73002",
    },
)
QUARTIERS = rows(
    "quartier code generation relation",
    ("Les Prés", WHOLE, 2024, "partie"),
    ("Le Port", WHOLE, 2024, "partie"),
    ("La Lande", LANDE, 2015, "entier"),
)
EQUIPMENT = rows(
    "id nom type quartier_cite longitude latitude precision_position statut source",
    ("e1", "École du Port", "école", None, *at(500, 500), "exacte", "ouvert", "s"),
    ("e2", "Gare d'Aval", "gare", None, *at(500, 990), "exacte", "ouvert", "s"),
    ("e3", "Ancien collège", "collège", None, *at(600, 600), "exacte", "fermé", "s"),
    ("e4", "Piscine", "piscine", None, *at(600, 600), "ville", "ouvert", "s"),
    ("e5", "Maison du Port", "salle", "Le Port", *NOWHERE, None, "ouvert", "s"),
    ("e6", "Salle de la Lande", "salle", "La Lande", *NOWHERE, None, "fermé", "s"),
    ("e7", "Poste", "poste", None, *at(820, 600), "rue", "ouvert", "s"),
)
ACTIONS = rows(
    "id intitule objectifs portee territoires_cites annee longitude latitude precision_position"
    " source",
    ("a1", "Jardins", "1", "quartier", "Les Prés", "2021", *NOWHERE, None, "s"),
    ("a2", "Sport", "1;2", "quartier", "Le Port", None, *NOWHERE, None, "s"),
    ("a3", "Rénovation", "2", "quartier", "Les Prés - Le Port", None, *NOWHERE, None, "s"),
    ("a4", "Fête", "1", "commune", "Aval", None, *NOWHERE, None, "s"),
    ("a5", "Chantier", None, "inconnue", None, None, *at(600, 600), "exacte", "s"),
    ("a6", "Atelier", "2", "inconnue", None, None, *at(600, 1000), "exacte", "s"),
    ("a7", "Mystère", "1", "inconnue", None, None, *NOWHERE, None, "s"),
)
PRIORITES = rows(
    "quartier rang theme auteur",
    ("Les Prés", 2, "Mobilité", "direction"),
    ("Les Prés", 1, "Vivre ensemble", "direction"),
    ("Les Prés", 10, "Emploi", "direction"),
    ("Le Port", 1, "Emploi", "direction"),
    ("Le Port", 2, "Vivre ensemble", "direction"),
)
THEMES = rows(
    "theme objectif motif source", ("Vivre ensemble", "1", "m", "s"), ("Emploi", "2", "m", "s")
)
OBJECTIFS = rows(
    "objectif titre axe titre_axe", ("1", "Bien vivre", "A", "a"), ("2", "Travailler", "A", "a")
)
CONSTATS = rows(
    "territoire nature constat source",
    ("Les Prés", "force", "Un grand parc", "s"),
    ("Le Port", "fragilité", "Trop de bruit", "s"),
    ("Veille active", "force", "Des voisins actifs", "s"),
)
KEY_FIGURES = rows(
    "territoire chiffre valeur unite periode reserve source",
    ("Contrat", "axes", 5, None, "2021", "page web", "s"),
    ("Le Port", "bancs posés", 1234, "bancs", None, None, "s"),
    ("Ailleurs", "à ne pas citer", 7, None, "2020", None, "s"),
)
INDICATORS = rows(
    "code indicateur libelle valeur unite millesime statut source",
    (WHOLE, "pop_q", "population", 500, "habitants", "2020", "publie", "recensement"),
    (WHOLE, "pauvrete_q", "taux de pauvreté", 43, "%", "2020", "publie", "Filosofi"),
    (WHOLE, "secret_q", "allocataires", None, "nombre", "2020", "secret_ou_absent", "CAF"),
    ("73001", "pop_c", "population", 5000, "habitants", "2021", "publie", "recensement"),
    ("73002", "pop_c", "population", 5000, "habitants", "2021", "publie", "recensement"),
    ("73001", "pauvrete_c", "taux de pauvreté", 41.5, "%", "2016", "publie", "Filosofi communal"),
    (
        "73002",
        "pauvrete_c",
        "taux de pauvreté",
        None,
        "%",
        "2016",
        "secret_ou_absent",
        "Filosofi communal",
    ),
)
CONCORDANCES = rows(
    "indicateur_perimetre indicateur_commune nature definition source",
    ("pop_q", "pop_c", "effectif", "d", "s"),
    ("pauvrete_q", "pauvrete_c", "part", "d", "s"),
)
TABLES = {
    "quartiers": QUARTIERS,
    "equipment": EQUIPMENT,
    "actions": ACTIONS,
    "priorites": PRIORITES,
    "themes": THEMES,
    "objectifs": OBJECTIFS,
    "constats": CONSTATS,
    "key_figures": KEY_FIGURES,
    "indicators": INDICATORS,
    "concordances": CONCORDANCES,
}


def write_grid(folder):
    """Write cells of 200 m: 100 residents in each of the four that are the quartier.

    They have 10 000 € in the south and 20 000 € in the north; the south-west is imputed.
    """
    residents, income, imputed = np.zeros((3, 20, 20))
    residents[6:8, 2:4] = 100  # rows from the north: 600 to 800 m, then 400 to 600 m
    income[6, 2:4], income[7, 2:4] = 2_000_000, 1_000_000
    imputed[7, 2] = 1
    with rasterio.open(
        folder / "grid.tif",
        "w",
        driver="GTiff",
        height=20,
        width=20,
        count=3,
        dtype="float64",
        crs=CRS,
        transform=from_origin(X0, Y0 + 2000, 200, 200),
    ) as raster:
        raster.write(np.stack([residents, income, imputed]))
