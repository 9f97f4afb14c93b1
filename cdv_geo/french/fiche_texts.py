"""The French of the fiches: headings, notes, and how figures and things are told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.french.counts_in_words import count_said, numbered
from cdv_geo.french.shared_texts import (
    AS_THE_CROW_FLIES,
    INCOMPLETE_LIST,
    ITEM,
    MORE_THAN_QUARTIER,
    NEARER_TO_LIMIT,
    NO_FIGURE_NOTE,
    NOT_STATED,
    UNDETERMINED,
    WHOLE_COUNTS_FOR_PARTS,
    exact_to,
    nearer_than,
)
from cdv_geo.french.table_labels import (
    ACTIONS_BY_BASIS,
    GEOMETRY_LABELS,
    KIND_LABELS,
    TABLE_NAMES,
    heading_of,
)
from cdv_geo.french.typography import (
    NO_BREAK_SPACE,
    NO_FIGURE,
    NOT_FILLED_IN,
    capitalised,
    figure_said,
    format_number,
    format_radius,
    format_share,
    typeset,
)
from cdv_geo.vocabulary import WHOLE_CONTRACT, YEAR_UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from cdv_geo.analysis.counting import Count

NOT_COMPARABLE: Final = "non comparable"
WITHHELD: Final = "secret ou absent"

# Headings.
IDENTITY: Final = "Identité"
POSITION: Final = "Position"
FIGURES: Final = "Indicateurs publiés, et écart à la commune"
ZOOM: Final = "Le quartier et ses abords"
NUMBERED: Final = "Équipements numérotés sur la carte"
EQUIPMENT: Final = "Équipements à portée des habitants"
NAMED_EQUIPMENT: Final = "Équipements rattachés au quartier par les documents"
ACTIONS: Final = "Actions connues qui atteignent le quartier"
PRIORITIES: Final = "Priorités et actions qui les servent"
EVALUATION: Final = "Chiffres de l’évaluation du contrat"
MISSING: Final = "Ce qui manque ou reste indéterminé"
UNKNOWABLE: Final = "Ce que l’on ne peut pas dire, et pourquoi"
METHOD: Final = "Méthode"

# Headers of columns and rows.
IDENTITY_HEADERS: Final = (ITEM, heading_of("valeur"))
LIST: Final = "Liste"
_INDICATOR: Final = "Indicateur"
GAP_HEADERS: Final = (
    _INDICATOR,
    heading_of("quartier"),
    heading_of("millesime"),
    heading_of("commune"),
    heading_of("millesime"),
    "Écart, ou part",
)
COMMUNE_HEADERS: Final = (_INDICATOR, heading_of("valeur"), heading_of("millesime"))
PUBLISHED: Final = "habitants (population publiée)"
STANDARD_OF_LIVING: Final = "niveau de vie moyen estimé (par an)"

_METHOD_NOTES: Final = (
    f"Toutes les distances sont {AS_THE_CROW_FLIES}.",
    typeset(
        "Déclaré : l’action ou l’équipement nomme le quartier. Plus largement : il nomme "
        f"{MORE_THAN_QUARTIER}. Dedans : il est situé dans le contour. À proximité : il est situé "
        "à moins de {radii} du contour. Ce sont quatre choses différentes. Une action seulement "
        "envisagée, ou un besoin exprimé, est comptée et dite telle."
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
        "Un écart n’est donné qu’entre deux chiffres de même définition. Le millésime est celui "
        f"du fichier ; l’année décrite peut être plus ancienne. {NO_FIGURE_NOTE}"
    ),
)


def method_notes(within: Sequence[float]) -> str:
    """Say how what stands in a fiche was found."""
    return " ".join(_METHOD_NOTES).format(radii=radii_said(within))


def radii_said(within: Sequence[float]) -> str:
    """Write the distances that count as near: `300 ou 500 m`."""
    *first, last = (format_radius(distance) for distance in within)
    unit = f"{NO_BREAK_SPACE}m"
    return " ou ".join([*(text.removesuffix(unit) for text in first), last])


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
    return exact_to(said, precision_m) if precision_m > 0 else said


def year_said(vintage: str) -> str:
    """Write the vintage of a figure in a column of vintages, or that none is stated."""
    return vintage or NOT_STATED


def everyday_names(names: list[tuple[str, str]]) -> str:
    """Write the everyday quartiers of a perimeter, and how each differs from it."""
    told = {"partie": " (une partie du périmètre)", "majeure partie": " (en majeure partie)"}
    return ", ".join(f"{name}{told.get(relation, '')}" for name, relation in names)


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
    return heading_of("commune") if count == 1 else TABLE_NAMES["communes"]


def beside_commune(own: str, value: str, vintage: str) -> str:
    """Say of which year a figure is, and what that of the commune is, with its year."""
    return typeset(f"{own or YEAR_UNKNOWN} ; commune : {value} ({vintage or YEAR_UNKNOWN})")


def other_vintages(gap: str) -> str:
    """Say that the two figures of a gap are of different vintages."""
    return f"{gap} (millésimes différents)"


def dated(vintage: str, source: str) -> str:
    """Write the year and the source of a figure."""
    return typeset(f"{vintage} – {source}")


def not_comparable_heading(vintages: set[str]) -> str:
    """Head the figures that no figure of the commune can be held against."""
    one = f" – millésime {year_said(min(vintages))}" if len(vintages) == 1 else ""
    return typeset(f"Sans chiffre communal comparable : {NOT_COMPARABLE}{one}")


def figure_listed(name: str, value: str, vintage: str | None) -> str:
    """Write a figure in a list, with its vintage where those of the list differ."""
    when = "" if vintage is None else f" ({year_said(vintage)})"
    return typeset(f"{name} : {value}{when}")


def commune_figures_heading(commune: str) -> str:
    """Head the figures of a commune."""
    return typeset(f"Ce que l’on sait de la commune : {commune}")


def estimated_share(share: float) -> str:
    """Say how the residents of the cells compare with the published population."""
    if math.isnan(share):
        return "sans population publiée en regard"
    return f"{format_share(share)} de la population publiée"


def imputed_share(share: float) -> str:
    """Say how much of an estimate rests on imputed cells."""
    if math.isnan(share):
        return NO_FIGURE
    least = 0.0005
    said = f"moins de {format_share(0.001)}" if 0 < share < least else format_share(share)
    return f"{said} des habitants dans des carreaux imputés"


def estimated(said: str, source: str) -> str:
    """Say that a figure is estimated, and from what."""
    return typeset(f"estimation, {said} – {source}" if source else f"estimation, {said}")


def sourced(sources: str) -> str:
    """Write the source of a table."""
    return typeset(f"Source : {sources}.")


def producer(line: str) -> str:
    """Take the name of the layer from a line of sources: `actions : page web` gives `page web`."""
    _, colon, rest = line.partition(" : ")
    return rest if colon else line


# The maps of a fiche, with the lines of their legends.

THIS_QUARTIER: Final = "Le quartier"
OTHER_QUARTIERS: Final = "Autres quartiers"


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


# Équipements.

NEAREST_CAPTION: Final = typeset(
    "Parmi les équipements connus, ouverts et localisés. Distances et parts des habitants : "
    f"estimations d’après les carreaux ; {INCOMPLETE_LIST}, 0 % ne veut pas dire qu’il n’y a rien."
)
_NEAREST_HEADERS: Final = (
    heading_of("type"),
    "Le plus proche du contour",
    "Distance au contour",
    "Distance médiane des habitants",
)
NO_EQUIPMENT_TABLE: Final = typeset(
    f"{capitalised(NOT_FILLED_IN)} : aucun équipement n’est renseigné pour ce territoire."
)


def nearest_headers(within: Sequence[float]) -> tuple[str, ...]:
    """Head the columns of the nearest places."""
    near = (f"Habitants {nearer_than(distance)}" for distance in within)
    return (*_NEAREST_HEADERS, *near)


def more_types(names: list[str]) -> str:
    """Name the types that the table leaves out: they lie farther away."""
    return typeset(f"Plus loin, dans le classeur : {', '.join(names)}.")


def unplaced_types(names: list[str]) -> str:
    """Name the types of which no open place is located."""
    return typeset(
        f"Indéterminé, faute d’équipement ouvert et localisé d’assez près : {', '.join(names)}."
    )


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

_ONE: Final = {basis: words.replace("ées", "ée") for basis, words in ACTIONS_BY_BASIS.items()}
CHART_CAPTION: Final = (
    "Actions par objectif opérationnel ; une action de plusieurs objectifs ou de plusieurs "
    "fondements compte pour chacun"
)
OBJECTIF_UNKNOWN: Final = f"Objectif {NOT_FILLED_IN}"


NO_ACTION_TABLE: Final = typeset(
    f"{capitalised(NOT_FILLED_IN)} : aucune action n’est renseignée pour ce territoire."
)


def reaching_actions_said(
    reaching: Count, counts: Mapping[str, Count], unplaced: int, known: Count
) -> str:
    """Say how many actions reach the quartier on each basis, and of how many the place is unknown.

    Parameters
    ----------
    reaching
        All of them, each once.
    counts
        By basis; an action may count in several.
    unplaced, known
        Actions without a position, and all of the territory.
    """
    parts = [
        count_said(count, _ONE[basis], ACTIONS_BY_BASIS[basis]) for basis, count in counts.items()
    ]
    total = count_said(reaching, "action l’atteint", "actions l’atteignent")
    said = f"{total} : {' ; '.join(parts)}." if parts else f"{total}."
    return typeset(f"{said} {_unplaced_said(unplaced, known.certain)}" if unplaced else said)


def named_parts(parts: Mapping[str, Count]) -> str:
    """Say how many actions name each quartier of everyday speech of a perimeter."""
    told = (
        f"{quartier}, {count_said(count, 'action', 'actions')}" for quartier, count in parts.items()
    )
    return typeset(
        f"Déclarées par quartier d’usage : {' ; '.join(told)}. {WHOLE_COUNTS_FOR_PARTS}."
    )


def _unplaced_said(unplaced: int, known: int) -> str:
    all_ = f"des {format_number(known)} actions recensées"
    if known == 1:
        subject = "La seule action recensée n’est pas localisée"
    elif unplaced == known:
        subject = f"Aucune {all_} n’est localisée"
    else:
        placed = "ne sont pas localisées" if unplaced > 1 else "n’est pas localisée"
        subject = f"{format_number(unplaced)} {all_} {placed}"
    which = "lesquelles se déroulent" if unplaced > 1 else "si elle se déroule"
    return f"{subject} : {which} dans le quartier ou à proximité est {UNDETERMINED}."


def objectif_said(number: str, title: str, plans: str) -> str:
    """Name an objectif by number and title, with how many of its actions are only planned."""
    name = f"{number}. {title or 'titre inconnu'}" if number else OBJECTIF_UNKNOWN
    return typeset(f"{name} ({plans})" if plans else name)


def parts_said(counts: list[int]) -> str:
    """Write the parts of a bar: `2 + 3`."""
    return " + ".join(map(str, counts))


def action_said(name: str, objectifs: str, year: str, state: str) -> str:
    """Name an action with its objectifs, its year and its state: `Jardins (obj. 2 ; 2022)`."""
    plain = objectifs.replace(";", ", ")
    numbers = f"obj.{NO_BREAK_SPACE}{plain}" if objectifs else OBJECTIF_UNKNOWN.lower()
    return typeset(f"{name} ({' ; '.join(filter(None, (numbers, year, state)))})")


def and_more(count: int) -> str:
    """Say how many things a list leaves out, and where they are."""
    return typeset(f"et {numbered(count, 'autre', 'autres')}, dans le classeur")


# What the documents say.

PRIORITY_HEADERS: Final = (
    heading_of("rang"),
    heading_of("theme"),
    "Objectif",
    "Pour lui",
    "Plus large",
)
PRIORITY_NOTE: Final = typeset(
    "Nombre d’actions connues qui portent l’objectif rapproché du thème, d’après les intitulés : "
    "déclarées pour le quartier, et plus largement. D’autres actions peuvent servir le thème. "
    f"« {UNDETERMINED} » : aucun objectif connu n’y correspond."
)
_NATURES: Final = {"force": "Forces", "fragilité": "Fragilités"}


def ranked_by(author: str, source: str) -> str:
    """Say who ranked the priorities, and where that is told."""
    said = f"Classement : {author}."
    return typeset(f"{said} {sourced(source)}" if source else said)


def name_of_several(name: str) -> str:
    """Say that a name may mean another quartier."""
    return typeset(f"« {name} » peut désigner plusieurs quartiers : indéterminé.")


def of_quartier(heading: str, quartier: str, *, alone: bool) -> str:
    """Head a section that is about one everyday quartier."""
    return heading if alone else typeset(f"{heading} : {quartier}")


def account_heading(nature: str) -> str:
    """Head the strengths, the weaknesses, or what else the table calls them."""
    return _NATURES.get(nature, capitalised(nature))


def key_figure_said(row: Mapping[Hashable, Any]) -> str:
    """Tell a key figure: of what, how much, of when, and what it must not be taken for."""
    unit, more, _ = row["unite"].partition(" (plus de)")
    least = "plus de " if more else ""
    about = "" if row["territoire"] == WHOLE_CONTRACT else f"{row['territoire']} – "
    value = f"{least}{figure_said(float(row['valeur']), '')} {unit}".strip()
    name = row["chiffre"] if about else capitalised(row["chiffre"])
    said = f"{about}{name} : {value} ({row['periode'] or YEAR_UNKNOWN})"
    return typeset(f"{said} ; réserve : {row['reserve']}" if row["reserve"] else said)


# What is missing.

NO_FIGURES: Final = "Écart à la commune : aucun indicateur n’est publié pour ce quartier."
NOT_COVERED: Final = "le carroyage ne couvre pas tout le quartier"
GRID_MISSING: Final = f"carroyage {NOT_FILLED_IN}"
NO_CELLS: Final = "Habitants estimés : le carroyage ne couvre pas tout le quartier."
NO_RESIDENTS: Final = (
    "Surface, habitants, niveau de vie : sans contour, on ne sait pas quels carreaux se trouvent "
    "dans le quartier."
)
NO_GRID: Final = f"Habitants estimés, niveau de vie : carroyage {NOT_FILLED_IN}."
NO_PRIORITIES: Final = "Priorités : les documents n’en classent pas pour ce quartier."
NOT_TOLD: Final = (
    "Priorités, forces et fragilités : les documents n’en donnent aucune pour ce quartier."
)


def no_distances(within: Sequence[float]) -> str:
    """Say that nothing is measured without an outline."""
    return typeset(
        f"Équipements à {radii_said(within)}, part des habitants desservis : sans contour, rien "
        "n’est mesuré."
    )


def perhaps_inside(count: int) -> str:
    """Say of how many équipements it is not known whether they are inside."""
    noun, them = numbered(count, "équipement", "équipements"), "les" if count > 1 else "le"
    return typeset(
        f"Pour {noun}, on ne sait pas si le quartier {them} contient : position inconnue ou trop "
        "imprécise, ou contour manquant."
    )


def perhaps_named(count: int) -> str:
    """Say how many actions may name the quartier."""
    noun = numbered(count, "action cite", "actions citent")
    return typeset(
        f"{noun} un nom inconnu, ou que portent plusieurs quartiers : si c’est celui-ci, c’est "
        f"{UNDETERMINED}."
    )


def perhaps_there(count: int) -> str:
    """Say how many located actions may be inside."""
    noun = numbered(count, "action localisée peut", "actions localisées peuvent")
    return typeset(
        f"{noun} se trouver dans le quartier : position trop imprécise, ou contour manquant."
    )


def rough_outline(said: str) -> str:
    """Say what an outline that is not official means."""
    return typeset(
        f"{capitalised(said)} : ce qui est {NEARER_TO_LIMIT} que cette précision est "
        f"{UNDETERMINED}."
    )


def partial_names(names: list[str]) -> str:
    """Say that a figure of the perimeter is not one of its everyday quartiers."""
    return typeset(
        "Les chiffres sont ceux du périmètre ; ils ne valent pas pour un quartier d’usage à lui "
        f"seul : {', '.join(names)}."
    )


def without_amount(count: int, total: int) -> str:
    """Say for how many actions no amount is given."""
    return typeset(f"Montant {NOT_FILLED_IN} pour {_of_all(count, total)}.")


def without_year(count: int, total: int) -> str:
    """Say for how many actions no year is given."""
    return typeset(f"{capitalised(YEAR_UNKNOWN)} pour {_of_all(count, total)}.")


def _of_all(count: int, total: int) -> str:
    if total == 1:
        return "l’action qui l’atteint"
    return f"{'les' if count == total else f'{count} des'} {total} actions qui l’atteignent"


def withheld(names: list[str]) -> str:
    """Name the figures that are secret or absent."""
    return typeset(f"Secret statistique ou absence de chiffre : {', '.join(names)}.")
