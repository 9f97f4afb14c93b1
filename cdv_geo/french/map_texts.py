"""What maps say: every French sentence, heading and note beside or on a map.

Each text is whole here, so that it can be read over as French. What other voices say too is in
`shared_texts`; what one kind of layer alone says stands with it, in `layers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.french.counts_in_words import PERHAPS, count_said, numbered
from cdv_geo.french.shared_texts import (
    NEARER_TO_LIMIT,
    NOT_STATED,
    UNDETERMINED,
    distance_said,
    exact_to,
    nearer_as_the_crow_flies,
    nearer_than,
)
from cdv_geo.french.table_labels import GEOMETRY_LABELS, KIND_LABELS
from cdv_geo.french.typography import (
    NOT_AVAILABLE,
    NOT_FILLED_IN,
    capitalised,
    figure_said,
    format_metres,
    format_number,
    format_share,
    quoted,
    typeset,
)
from cdv_geo.gazetteer import split_list
from cdv_geo.vocabulary import ENVISAGED, OPEN, WISHED, YEAR_UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cdv_geo.analysis.counting import Count

NOT_STATED_FEMININE: Final = f"{NOT_STATED}e"
QUARTIER_NOT_CITED: Final = "Quartier non cité"
CLOSED_LABEL: Final = "Fermé"
UNCERTAIN_LABEL: Final = "Position incertaine"
OBSERVED: Final = "observée"
IMPUTED: Final = "imputée par l’INSEE"
NO_DATA: Final = "Sans données pour ce territoire"
COMMUNE_LIMITS: Final = "Limites communales"
# Headings of what is known of a quartier, an action or an équipement.
KIND_HEADING: Final = "Nature"
OBJECTIFS_HEADING: Final = "Objectifs opérationnels"
AMOUNT_HEADING: Final = "Montant"
VINTAGE_HEADING: Final = "Année de la valeur"
NONE_MASCULINE: Final = "aucun"
AXIS_UNKNOWN: Final = f"Axe {NOT_FILLED_IN}"
REACHES_NOTHING_KNOWN: Final = "aucun quartier ni lieu connu"
NO_OUTLINE: Final = (
    "Le contour de ce quartier n’est pas connu\u00a0: la carte ne peut pas le dessiner, et rien "
    "n’est dit des lieux qu’il contient."
)
NO_PLACE: Final = "La position n’est pas connue."
NOT_ON_THIS_MAP: Final = "Cette carte ne le montre pas."
VALUE_MISSING: Final = f"Valeur {NOT_AVAILABLE}"
INSET_TITLE: Final = "Situation"
INSET_ALTERNATIVE: Final = (
    "Petite carte de situation\u00a0: le cadre de la carte parmi toutes les communes."
)
NUMBERED_HEADING: Final = "Équipements numérotés"
NONE_NUMBERED: Final = "Aucun équipement connu et localisé."
SEVERAL_KINDS: Final = "Plusieurs sortes au même endroit"
SPOTS_NOTE: Final = (
    "Un nombre à côté d’un symbole\u00a0: autant de lieux au même endroit, sous un seul symbole."
)
UNLABELLED: Final = "Non étiqueté"
LEGEND: Final = "Légende"
CONTINUED: Final = "suite"
CONTINUED_ON_PAGE: Final = "Suite page"
CONTINUED_IN_PDF: Final = "Suite dans le PDF"
COUNTS_OF_ALL: Final = (
    "Les nombres de la légende portent sur tout le territoire, même hors du cadre."
)
COUNTS_OF_LIST: Final = (
    "Dans la légende, les nombres d’équipements sont ceux de la liste\u00a0; les autres portent "
    "sur tout le territoire."
)
UNPLACED_ACTION: Final = (
    "Une action sans position n’est pas dessinée\u00a0: rien n’est dit de son lieu."
)
PARTS_NOTE: Final = (
    "Sous un QPV de plusieurs quartiers d’usage, le nombre d’actions qui nomment chacun d’eux."
)
_IN_BRACKETS: Final = "entre parenthèses, leur nombre dans chaque classe"
# How the classes of figures are cut.
METHOD_NOTES: Final = {
    "quantiles": f"Classes de même effectif\u00a0; {_IN_BRACKETS}.",
    "natural_breaks": f"Classes aux seuils naturels (méthode de Jenks)\u00a0; {_IN_BRACKETS}.",
    "fixed": f"Classes aux seuils choisis\u00a0; {_IN_BRACKETS}.",
}


def rough_outline_note(statuses: set[str], precision_m: float) -> str:
    """Say what a dashed outline means, and what follows for a point near it."""
    words = ", ".join(sorted(GEOMETRY_LABELS[status] for status in statuses))
    return (
        f"Tireté\u00a0: {exact_to(words, precision_m)}. Un point {NEARER_TO_LIMIT} est "
        f"{quoted(UNDETERMINED)}."
    )


def with_count(label: str, count: int) -> str:
    """Put the count of a legend line behind its label: `Collège (13)`."""
    return f"{label} ({format_number(count)})"


def within_label(metres: float) -> str:
    """Name a ring around the quartiers."""
    return capitalised(nearer_than(metres))


def spots_without_count(count: int) -> str:
    """Say at how many spots the number of places found no room."""
    return numbered(count, "endroit sans son nombre de lieux", "endroits sans leur nombre de lieux")


def unlabelled(names: Sequence[str]) -> str:
    """List the names that found no room on a map; empty where all did."""
    return typeset(f"{UNLABELLED} : {', '.join(names)}") if names else ""


def imputed_label(share: float) -> str:
    """Name the imputed cells, with the share of residents that they hold."""
    return f"Valeur {IMPUTED} ({format_share(share)} des habitants)"


def perimeter_label(kind: str, generation: int, status: str, count: int) -> str:
    """Name a class of perimeters: `QPV 2024, contour simplifié (2)`."""
    return with_count(f"{KIND_LABELS[kind]} {generation}, {GEOMETRY_LABELS[status]}", count)


def hidden_quartiers_heading(count: int, list_of: str) -> str:
    """Head the list of perimeters without outline; veille active says of which contract."""
    if not list_of:
        return with_count("Quartiers sans contour connu", count)
    heading = with_count("Quartiers en veille active, sans contour connu", count)
    return f"{heading}\u00a0: {list_of}"


def uncompared_heading(count: int) -> str:
    """Head the list of QPV that a comparison of the generations leaves out."""
    return with_count("QPV sans contour connu, non comparés", count)


def unlinked_actions_heading(count: int) -> str:
    """Head the list of actions of which neither a quartier nor a place is known."""
    return with_count("Actions sans quartier ni lieu connu", count)


def unplaced_equipment_heading(count: int, *, named: bool) -> str:
    """Head the list of equipment without a position: all of it, or what names one quartier."""
    return with_count(
        "Équipements qui nomment le quartier, sans position"
        if named
        else "Équipements sans position",
        count,
    )


_COUNTED: Final = {
    "declared": "nommément",
    "declared_wide": "plus largement",
    "inside": "sur place",
}
COUNTED_BASES: Final = tuple(_COUNTED)


def counts_by_basis(counts: Mapping[str, Count], parts: Mapping[str, Count]) -> list[str]:
    """Write counts of actions: `nommément : 8`, `plus largement : 8`, then those of each part.

    Parameters
    ----------
    counts
        By basis.
    parts
        Of what names each quartier of everyday speech that the perimeter is parted into.
    """
    if counts["declared"].unknown:
        return [f"actions\u00a0: {count_said(counts['declared'])}"]
    said = [
        f"{words}\u00a0: {count_said(counts[basis])}"
        for basis, words in _COUNTED.items()
        if basis != "inside" or counts[basis].certain
    ]
    named = [f"{typeset(name)}\u00a0: {count_said(count)}" for name, count in parts.items()]
    return [*said, *named]


def place_of_actions(inside: Count) -> str:
    """Say how many actions are known to happen in a perimeter, and of how many it is unknown."""
    said = count_said(inside)
    return f"{said} (lieu inconnu ou trop imprécis)" if inside.perhaps else said


def action_totals(known: Count, totals: Mapping[str, int]) -> str:
    """Say what is known of the actions, each under the best of its bases: it adds up to all."""
    left = known.certain - sum(totals.values())
    perhaps = totals["perhaps"]
    parts = [
        numbered(totals["declared"], "nomme un quartier", "nomment un quartier"),
        numbered(
            totals["declared_wide"],
            "le touche seulement plus largement",
            "le touchent seulement plus largement",
        ),
        *(
            numbered(totals[basis], f"est seulement {where}", f"sont seulement {where}")
            for basis, where in (("inside", "sur place"), ("within", "à proximité"))
            if totals[basis]
        ),
        *([f"{numbered(perhaps, 'en touche un', 'en touchent un')} {PERHAPS}"] if perhaps else []),
        numbered(left, "est sans territoire connu", "sont sans territoire connu"),
    ]
    return f"{count_said(known, 'action connue', 'actions connues')}\u00a0: {', '.join(parts)}."


def action_years(counts: dict[str, int]) -> str:
    """List the years of the actions with their counts, the unknown last."""
    order = sorted(counts, key=lambda year: (year == YEAR_UNKNOWN, year))
    return "Années\u00a0: " + ", ".join(f"{year} ({counts[year]})" for year in order) + "."


def list_behind(head: str, items: list[str]) -> str:
    """Write a list behind what it belongs to: `Cognin : La Forgerie, La Poterie`."""
    return typeset(f"{head} : {', '.join(items)}")


def typed_name(name: str, kind: str) -> str:
    """Name a place with its type."""
    return typeset(f"{name} ({kind})")


def numbered_place(number: str, name: str, distance_m: float, *, certain: bool) -> str:
    """Write a line of the list of numbered places: `3. Collège Bellevue (collège), 240 m`."""
    unsure = "" if certain else f" ({UNDETERMINED})"
    return f"{number}. {name}, {distance_said(distance_m)}{unsure}"


def numbered_heading(count: int, metres: float, most: int) -> str:
    """Head the list of numbered places, of which the map numbers the nearest ones."""
    heading = f"{capitalised(nearer_as_the_crow_flies(metres))}, du plus proche au plus loin"
    if count <= most:
        return with_count(heading, count)
    return with_count(f"{heading}\u202f; la carte numérote les {most} plus proches", count)


def written_in_legend(value: float, unit: str) -> str:
    """Write a figure below a heading that says its unit: `36,4 %`, `14 900 €`, `1 234`."""
    return figure_said(value, unit if unit in {"%", "euros", "ratio"} else "")


def dated_figure(figure: str, vintage: str, source: str) -> str:
    """Put its year and source behind a figure."""
    return typeset(f"{figure} ({vintage or YEAR_UNKNOWN} ; {source})")


def figure_heading(label: str, unit: str, vintage: str) -> str:
    """Name a layer of figures: `Taux de chômage (%, 2018)`."""
    parts = [part for part in (unit if unit != "ratio" else "", vintage) if part]
    return typeset(capitalised(f"{label} ({', '.join(parts)})" if parts else label))


def range_label(low: float, high: float, write: Callable[[float], str]) -> str:
    """Name a class whose limits are values that are there: `12 300 € à 15 600 €`."""
    return f"{write(low)} à {write(high)}" if low < high else write(low)


def class_label(
    low: float, high: float, write: Callable[[float], str], *, first: bool, last: bool
) -> str:
    """Name a class whose limits the recipe chose; the upper one belongs to it."""
    if first and last:
        return "toutes les valeurs"
    if first:
        return f"{write(high)} ou moins"
    if last:
        return f"plus de {write(low)}"
    return f"plus de {write(low)} à {write(high)}"


def missing_values_heading(count: int) -> str:
    """Head the list of those of which a figure is not known."""
    return with_count(VALUE_MISSING, count)


def objectifs(codes: object, titles: Mapping[str, str]) -> str:
    """Write the objectifs of an action with their titles, where these are known."""
    if not split_list(codes):
        return NOT_FILLED_IN
    return "\n".join(
        typeset(f"{code}. {titles[code]}") if code in titles else f"{code}. titre non connu"
        for code in split_list(codes)
    )


_BASIS_HEADINGS: Final = {
    "declared": "Nomme le quartier",
    "declared_wide": "Nomme un territoire plus large que le quartier",
    "inside": "Situé dans le quartier",
}


def basis_heading(basis: str, quartier: str, within_m: float) -> str:
    """Head the links of one basis; a quartier of everyday speech keeps its own list."""
    if basis == "within":
        return f"Situé {nearer_as_the_crow_flies(within_m)}"
    if basis == "declared" and quartier:
        return typeset(f"Nomme « {quartier} »")
    return _BASIS_HEADINGS[basis]


def link_note(distance_m: float, status: object, state: object) -> str:
    """Say how far a thing is, that it is closed, or that it is no more than a plan."""
    parts = [CLOSED_LABEL.lower()] if isinstance(status, str) and status != OPEN else []
    if state in {ENVISAGED, WISHED}:
        parts.append(str(state))
    if distance_m > 0:
        parts.append(format_metres(distance_m))
    return ", ".join(parts)


def layer_said(name: str, lines: list[str]) -> str:
    """Write a layer with the lines of its legend."""
    others = [line for line in lines if line != name]
    return typeset(f"{name} : {', '.join(others)}" if others else name)


def map_alternative(title: str, layers: list[str]) -> str:
    """Describe a map by its legend."""
    return typeset(f"Carte : {title}. {' ; '.join(layers)}.")
