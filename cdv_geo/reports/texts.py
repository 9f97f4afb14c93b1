"""The French of the fiches: headings, notes, and how figures and things are told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.cartography.texts import capitalised, written
from cdv_geo.vocabulary import (
    AS_THE_CROW_FLIES,
    GEOMETRY_LABELS,
    KIND_LABELS,
    NO_BREAK_SPACE,
    YEAR_UNKNOWN,
    format_metres,
    format_number,
    format_share,
    typeset,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

UNDETERMINED: Final = "indéterminé"
NOT_COMPARABLE: Final = "non comparable"
NOT_KNOWN: Final = f"n.{NO_BREAK_SPACE}d."
WITHHELD: Final = "secret ou absent"

# Headings.
IDENTITY: Final = "Identité"
POSITION: Final = "Position"
KEY_FIGURES: Final = "Chiffres clés"
FIGURES: Final = "Indicateurs publiés et écart à la commune"
COMMUNE_FIGURES: Final = "Ce que l’on sait de la commune"
ZOOM: Final = "Le quartier et ses abords"
NUMBERED: Final = "Équipements numérotés sur la carte"
EQUIPMENT: Final = "Équipements à portée des habitants"
NAMED_EQUIPMENT: Final = "Équipements qui nomment le quartier"
ACTIONS: Final = "Actions qui atteignent le quartier"
PRIORITIES: Final = "Priorités et actions qui les servent"
ACCOUNTS: Final = "Constats"
EVALUATION: Final = "Chiffres de l’évaluation du contrat"
MISSING: Final = "Ce qui manque ou reste indéterminé"
UNKNOWABLE: Final = "Ce que l’on ne peut pas dire, et pourquoi"
METHOD: Final = "Méthode"
SOURCES: Final = "Sources"

# Headers of columns and rows.
IDENTITY_HEADERS: Final = ("Rubrique", "Valeur")
CODE: Final = "Code"
TYPE: Final = "Type"
GENERATION: Final = "Génération"
LIST: Final = "Liste"
EVERYDAY_NAMES: Final = "Noms d’usage"
AREA: Final = "Surface"
OUTLINE: Final = "Contour"
SOURCE: Final = "Source"
GAP_HEADERS: Final = ("Indicateur", "Quartier", "Année", "Commune", "Année", "Écart")
COMMUNE_HEADERS: Final = ("Indicateur", "Commune", "Valeur", "Année")
PUBLISHED: Final = "habitants (population publiée)"
ESTIMATED: Final = "habitants estimés (carreaux)"
STANDARD_OF_LIVING: Final = "niveau de vie moyen estimé (par an)"

# Legend lines of the maps.
THIS_QUARTIER: Final = "Le quartier"
OTHER_QUARTIERS: Final = "Autres QPV"
ITS_COMMUNE: Final = "Sa commune : place exacte inconnue"

METHOD_NOTES: Final = (
    f"Toutes les distances sont {AS_THE_CROW_FLIES}.",
    typeset(
        "Déclaré : l’action ou l’équipement nomme le quartier. Plus largement : il nomme la "
        "commune, toute la veille active ou tout le contrat. Dedans : il est situé dans le "
        "contour. À proximité : il est situé à moins de 300 ou 500 m du contour. Ce sont quatre "
        "choses différentes."
    ),
    typeset(
        "Habitants estimés : carreaux INSEE de 200 m, pondérés par la part de leur surface dans "
        "le contour. La population publiée fait foi."
    ),
    typeset(
        "Distances des habitants : du centre de chaque carreau au plus proche équipement ouvert "
        "et localisé du type."
    ),
    typeset(
        "Un écart n’est donné qu’entre deux chiffres de même définition ; leurs années peuvent "
        "différer. « n. d. » : non disponible, jamais zéro."
    ),
)


def kind_line(kind: str, code: str, generation: int, communes: list[str]) -> str:
    """Say below the title what the perimeter is: `QPV · QN07302M · génération 2024 · Chambéry`."""
    what = KIND_LABELS[kind]
    parts = [what, code]
    if kind == "qpv":
        parts.append(f"génération {generation}")
    return " · ".join([*parts, ", ".join(communes)])


def outline_said(status: str, precision_m: float) -> str:
    """Say how exact the outline is, where that is known."""
    said = GEOMETRY_LABELS[status]
    return f"{said}, à {format_metres(precision_m)} près" if precision_m > 0 else said


def year_said(vintage: str) -> str:
    """Write the vintage of a figure in a column of years, or that none is stated."""
    return vintage or "non précisée"


def everyday_names(names: list[tuple[str, str]]) -> str:
    """Write the everyday quartiers of a perimeter: `Biollay (partie), Bellevue (partie)`."""
    return ", ".join(
        name if relation == "entier" else f"{name} ({relation})" for name, relation in names
    )


def signed(value: float, decimals: int = 1) -> str:
    """Write a difference with its sign: `+ 22,0`, `− 3,4`."""
    rounded = round(value, decimals)
    sign = "+" if rounded >= 0 else "−"
    return f"{sign}{NO_BREAK_SPACE}{format_number(abs(rounded), decimals)}"


def gap_said(nature: str, gap: float) -> str:
    """Write what sets a share or a level apart from that of the commune."""
    if nature == "part":
        points = "point" if round(abs(gap), 1) < 2 else "points"  # noqa: PLR2004  # plural from 2
        return f"{signed(gap)}{NO_BREAK_SPACE}{points}"
    return f"{signed(100 * gap)}{NO_BREAK_SPACE}%"


def makes_up(share: float, contract_share: float, communes: int, all_: int) -> str:
    """Write which share of the communes that hold a quartier it makes up, and of all of them."""
    own = "de la commune" if communes == 1 else f"de ses {communes} communes"
    said = f"{format_share(share)} {own}"
    if communes == all_ or math.isnan(contract_share):
        return said
    return f"{said}, {format_share(contract_share)} des {all_} communes"


def commune_heading(count: int) -> str:
    """Head the row of the communes."""
    return "Commune" if count == 1 else "Communes"


def from_commune(own: str, gap: str, vintage: str) -> str:
    """Say of which year a figure is, what sets it apart from the commune, and of when that is."""
    beside = f"{gap} par rapport à la commune ({vintage or YEAR_UNKNOWN})"
    return typeset(f"{own or YEAR_UNKNOWN} ; {beside}")


def counted(count: int, singular: str, plural: str) -> str:
    """Write a count with its noun; in French, 0 and 1 take the singular."""
    return f"{format_number(count)}{NO_BREAK_SPACE}{plural if count > 1 else singular}"


def distance_said(metres: float) -> str:
    """Write the distance of a place from the outline."""
    return "dans le contour" if metres == 0 else format_metres(metres)


def estimated_share(share: float) -> str:
    """Say how the residents of the cells compare with the published population."""
    if math.isnan(share):
        return "estimation, sans population publiée en regard"
    return f"estimation{NO_BREAK_SPACE}: {format_share(share)} de la population publiée"


def imputed_share(share: float) -> str:
    """Say how much of an estimate rests on imputed cells."""
    if math.isnan(share):
        return NOT_KNOWN
    return f"estimation, dont {format_share(share)} d’habitants de carreaux imputés"


def sourced(sources: str) -> str:
    """Write the source of a table."""
    return typeset(f"Source : {sources}.")


# Équipements.

NEAREST_CAPTION: Final = (
    "Le plus proche de chaque type, parmi les ouverts et localisés, et la distance à vol d’oiseau "
    "entre les habitants (carreaux) et un équipement de ce type."
)
NEAREST_HEADERS: Final = (
    "Type",
    "Le plus proche du contour",
    "À",
    "Distance médiane des habitants",
    "À 300\u00a0m",
    "À 500\u00a0m",
)


def more_types(names: list[str]) -> str:
    """Name the types that the table leaves out: they lie farther away."""
    return typeset(f"Plus loin, dans le classeur : {', '.join(names)}.")


def unplaced_types(names: list[str]) -> str:
    """Name the types of which no open place is located."""
    return typeset(f"Indéterminé, faute d’équipement ouvert et localisé : {', '.join(names)}.")


def whole_share(share: float) -> str:
    """Write a share without decimals; a few are not none, and nearly all are not all."""
    least, most = 0.005, 0.995
    if 0 < share < least:
        return f"<{NO_BREAK_SPACE}1{NO_BREAK_SPACE}%"
    if most <= share < 1:
        return f">{NO_BREAK_SPACE}99{NO_BREAK_SPACE}%"
    return format_share(share, 0)


def named_place(name: str, kind: str, *, placed: bool, is_open: bool, certain: bool) -> str:
    """Name a place that names the quartier, and say where its name or place is wanting."""
    notes = [kind]
    if not certain:
        notes.append(f"nom ambigu : {UNDETERMINED}")
    if not is_open:
        notes.append("fermé")
    if not placed:
        notes.append("sans position")
    return typeset(f"{name} ({', '.join(notes)})")


# Actions.

SERIES: Final = {
    "declared": "déclarées pour le quartier",
    "declared_wide": "déclarées plus largement",
    "inside": "situées dedans",
    "within": "situées à proximité",
}
ACTION_HEADINGS: Final = {
    "declared": "Déclarées pour le quartier",
    "declared_wide": "Déclarées plus largement",
    "inside": "Situées dedans",
    "within": "Situées à proximité",
}
CHART_CAPTION: Final = (
    "Actions par objectif opérationnel (une action qui en porte plusieurs compte pour chacun)"
)
OBJECTIF_UNKNOWN: Final = "Objectif non renseigné"


def actions_said(counts: dict[str, int], reaching: int, unplaced: int) -> str:
    """Say how many actions reach the quartier on each basis, and of how many the place is unknown.

    Parameters
    ----------
    counts
        By basis; an action may count in several.
    reaching
        Actions with any certain link, each once.
    unplaced
        Actions without a position.
    """
    parts = [f"{format_number(count)} {SERIES[basis]}" for basis, count in counts.items() if count]
    total = counted(reaching, "action l’atteint", "actions l’atteignent")
    said = f"{capitalised(total)} : {', '.join(parts)}." if parts else f"{total}."
    if not unplaced:
        return typeset(said)
    unknown = counted(unplaced, "action dont le lieu", "actions dont le lieu")
    return typeset(f"{said} {unknown} est inconnu : dedans ou à proximité, c’est indéterminé.")


def objectif_said(number: str, title: str) -> str:
    """Name an objectif by its number and its title, where that is known."""
    if not number:
        return OBJECTIF_UNKNOWN
    return typeset(f"{number}. {title or 'titre inconnu'}")


def parts_said(counts: list[int]) -> str:
    """Write the parts of a bar: `2 + 3`."""
    return " + ".join(map(str, counts))


def action_said(name: str, objectifs: str, year: str) -> str:
    """Name an action with its objectifs and its year: `Jardins (obj. 2 ; 2022)`."""
    numbers = f"obj. {objectifs.replace(';', ', ')}" if objectifs else OBJECTIF_UNKNOWN.lower()
    return typeset(f"{name} ({numbers}{f' ; {year}' if year else ''})")


def and_more(count: int) -> str:
    """Say how many things a list leaves out, and where they are."""
    return typeset(f"et {counted(count, 'autre', 'autres')}, dans le classeur")


# What the documents say.

PRIORITY_HEADERS: Final = ("Rang", "Thème", "Nommément", "Plus large")
PRIORITY_NOTE: Final = typeset(
    "Actions connues qui portent un objectif rapproché du thème, d’après les intitulés ; "
    "« indéterminé » : aucun objectif connu ne correspond au thème."
)
_NATURES: Final = {"force": "Forces", "fragilité": "Fragilités"}


def ranked_by(author: str) -> str:
    """Say who ranked the priorities, and what is counted beside them."""
    return typeset(f"Classement : {author}. Nombre d’actions qui servent chaque thème.")


def of_quartier(heading: str, quartier: str, *, alone: bool) -> str:
    """Head a section that is about one everyday quartier."""
    return heading if alone else typeset(f"{heading} : {quartier}")


def account_heading(nature: str) -> str:
    """Head the strengths, the weaknesses, or what else the table calls them."""
    return _NATURES.get(nature, capitalised(nature))


def key_figure_said(row: Mapping[Hashable, Any]) -> str:
    """Tell a key figure: of what, how much, of when, and what it must not be taken for."""
    unit = f" {row['unite']}" if row["unite"] else ""
    about = "" if row["territoire"] == "Contrat" else f"{row['territoire']} – "
    said = (
        f"{about or ''}{row['chiffre'] if about else capitalised(row['chiffre'])} : "
        f"{written(float(row['valeur']), '')}{unit}, {row['periode'] or YEAR_UNKNOWN}"
    )
    return typeset(f"{said} – réserve : {row['reserve']}" if row["reserve"] else said)


# What is missing.

NO_FIGURES: Final = "Écart à la commune : aucun indicateur n’est publié pour ce quartier."
NOT_COVERED: Final = "le carroyage ne couvre pas tout le quartier"
NO_CELLS: Final = "Habitants estimés : le carroyage ne couvre pas tout le quartier."
NO_RESIDENTS: Final = (
    "Surface, habitants, niveau de vie : sans contour, on ne sait pas quels carreaux sont du "
    "quartier."
)
NO_DISTANCES: Final = (
    "Équipements à 300 ou 500 m, part des habitants desservis : sans contour, rien n’est mesuré."
)
NO_PRIORITIES: Final = "Priorités : les documents ne classent celles d’aucun quartier de ce nom."
NOT_TOLD: Final = (
    "Priorités, forces et fragilités : les documents n’en donnent aucune pour ce quartier."
)


def perhaps_inside(count: int) -> str:
    """Say how many équipements may be inside."""
    noun = counted(count, "équipement peut", "équipements peuvent")
    return typeset(
        f"{noun} se trouver dans le quartier : position inconnue, trop imprécise, ou contour "
        "manquant. C’est indéterminé, non nul."
    )


def perhaps_named(count: int) -> str:
    """Say how many actions may name the quartier."""
    noun = counted(count, "action cite", "actions citent")
    return typeset(
        f"{noun} un nom inconnu, ou que portent plusieurs quartiers : si c’est celui-ci, c’est "
        f"{UNDETERMINED}."
    )


def perhaps_there(count: int) -> str:
    """Say how many located actions may be inside."""
    noun = counted(count, "action localisée peut", "actions localisées peuvent")
    return typeset(
        f"{noun} se trouver dans le quartier : position trop imprécise, ou contour manquant."
    )


def rough_outline(said: str) -> str:
    """Say what an outline that is not official means."""
    return typeset(
        f"{capitalised(said)} : ce qui est plus proche de la limite que cette précision est "
        f"{UNDETERMINED}."
    )


def partial_names(names: list[str]) -> str:
    """Say that a figure of the perimeter is not one of its everyday quartiers."""
    return typeset(
        "Les chiffres sont ceux du périmètre entier, non de "
        f"{' ni de '.join(names)} en particulier."
    )


def without_amount(count: int, total: int) -> str:
    """Say for how many actions no amount is given."""
    return typeset(f"Montant non renseigné pour {count} des {total} actions qui l’atteignent.")


def without_year(count: int, total: int) -> str:
    """Say for how many actions no year is given."""
    return typeset(f"Année non précisée pour {count} des {total} actions qui l’atteignent.")


def withheld(names: list[str]) -> str:
    """Name the figures that are secret or absent."""
    return typeset(f"Secret statistique ou absence de chiffre : {', '.join(names)}.")


# The maps.


def zoom_alternative(name: str, places: int) -> str:
    """Describe the zoom map in words."""
    return typeset(
        f"Carte de {name} et de ses abords : contour, cercles à 300 m et 500 m "
        f"{AS_THE_CROW_FLIES}, "
        f"{counted(places, 'équipement numéroté', 'équipements numérotés')}, "
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


def position_caption(*, drawn: bool) -> str:
    """Say below the position map what is marked."""
    return "Position dans le contrat" if drawn else "Sa commune ; sa place exacte est inconnue"


def footer(territory: str, edition: str) -> str:
    """Write the foot of every page."""
    return typeset(f"{territory} – données : {edition}")


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
