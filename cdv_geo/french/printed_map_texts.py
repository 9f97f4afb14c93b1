"""The French of the maps in fiches, and of the atlas to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.french.counts import numbered
from cdv_geo.french.fiche_texts import radii_said
from cdv_geo.vocabulary import AS_THE_CROW_FLIES, GEOMETRY_LABELS, typeset

if TYPE_CHECKING:
    from collections.abc import Sequence

# Legend lines of the maps.
THIS_QUARTIER: Final = "Le quartier"
OTHER_QUARTIERS: Final = "Autres quartiers"

# The maps.


def zoom_alternative(name: str, places: int, within: Sequence[float]) -> str:
    """Describe the zoom map in words."""
    return typeset(
        f"Carte de {name} et de ses abords : contour, cercles à {radii_said(within)} "
        f"{AS_THE_CROW_FLIES}, "
        f"{numbered(places, 'équipement numéroté', 'équipements numérotés')}, "
        "dont la liste se trouve à côté."
    )


def position_alternative(name: str, communes: list[str], *, drawn: bool) -> str:
    """Describe the position map in words."""
    where = ", ".join(communes)
    if drawn:
        return typeset(f"Carte des communes du contrat : {name} est dans {where}.")
    return typeset(
        f"Carte des communes du contrat : {name} est quelque part dans {where} ; sa place exacte "
        "est inconnue."
    )


ZOOM_CAPTION: Final = typeset(
    "Les numéros renvoient à la liste ; n’y figurent que les équipements localisés."
)


def its_communes(count: int) -> str:
    """Name in a legend the communes of a quartier that has no outline."""
    return typeset(f"{'Sa commune' if count == 1 else 'Ses communes'} : place exacte inconnue")


def position_caption(status: str) -> str:
    """Say below the position map how exact what is marked is."""
    return typeset(f"Position dans le contrat ; {GEOMETRY_LABELS[status]}")


def footer(territory: str, edition: str) -> str:
    """Write the foot of every page."""
    return typeset(f"{territory} – édition : {edition}")


# The atlas to print.

CONTENTS: Final = "Sommaire"
MAP: Final = "Carte"
NOT_ON_MAP: Final = "Non représenté sur la carte"
HOW_TO_READ: Final = "Pour lire la carte"


def book_title(territory: str) -> str:
    """Give the title of the atlas: `Atlas – Contrat de ville de Grand Chambéry`."""
    return typeset(f"Atlas – {territory}")


def edition_said(edition: str) -> str:
    """Say of when the data are."""
    return typeset(f"Données : {edition}")


def layer_said(name: str, lines: list[str]) -> str:
    """Write a layer with the lines of its legend."""
    others = [line for line in lines if line != name]
    return typeset(f"{name} : {', '.join(others)}" if others else name)


def map_alternative(title: str, layers: list[str]) -> str:
    """Describe a map by its legend."""
    return typeset(f"Carte : {title}. {' ; '.join(layers)}.")
