"""The fiche of a quartier: all that is known of one perimeter, and all that is not.

A quartier with an outline gets figures, maps and distances. One without gets what can be said by
its name and its commune, and the reasons why no more can be said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from cdv_geo.analysis.counting import count_of
from cdv_geo.analysis.reach import nearby
from cdv_geo.french import fiche_texts, shared_texts, typography
from cdv_geo.french.table_labels import TABLE_NAMES
from cdv_geo.reports import contract_statements, fiche_maps, fiche_reach, key_figures
from cdv_geo.reports.document import (
    Document,
    Drawing,
    Items,
    KeyFigures,
    Picture,
    Section,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdv_geo.reports.document import Block
    from cdv_geo.study import Study

_ZOOM: Final = (90.0, 74.0)
_POSITION: Final = (90.0, 42.0)
# The maps of positions by study, since quartiers of one commune share theirs.
_POSITIONS: Final[WeakKeyDictionary[Study, dict[str, Drawing]]] = WeakKeyDictionary()
# The tables that a fiche draws on, in the order of its sources.
_TABLES: Final = (
    "perimeters",
    "communes",
    "quartiers",
    "indicators",
    "concordances",
    "population",
    "equipment",
    "actions",
    "objectifs",
    "priorites",
    "themes",
    "constats",
    "key_figures",
)


def fiche(study: Study, code: str) -> Document:
    """Write the fiche of a perimeter.

    Parameters
    ----------
    study
        Of the territory, the generation and the distances.
    code
        Of the perimeter, as `Study.code_of` gives it.
    """
    row = study.perimeter(code)
    communes = [study.commune_names[commune] for commune in study.communes_of(code)]
    drawn = study.outline(code) is not None
    parts = _with_outline(study, code) if drawn else _without_outline(study, code)
    territory = study.territory
    return Document(
        title=typography.typeset(row["nom"]),
        subtitle=fiche_texts.kind_line(row["type"], code, int(row["generation"]), communes),
        sections=(*_head(study, code, drawn=drawn), *parts),
        footer=shared_texts.page_footer(territory.name, territory.edition),
    )


def _head(study: Study, code: str, *, drawn: bool) -> list[Section]:
    name = study.perimeter(code)["nom"]
    communes = [study.commune_names[commune] for commune in study.communes_of(code)]
    position = Picture(
        _position(study, code),
        fiche_texts.position_alternative(name, communes, drawn=drawn),
        fiche_texts.position_caption(study.perimeter(code)["statut_geometrie"]),
    )
    return [
        Section(fiche_texts.IDENTITY, (key_figures.identity(study, code),), half=True),
        Section(fiche_texts.POSITION, (position,), half=True),
    ]


def _position(study: Study, code: str) -> Drawing:
    """Draw where a quartier lies; those of one commune without outlines share one drawing."""
    drawn = study.outline(code) is not None
    key = code if drawn else study.perimeter(code)["communes"]
    made = _POSITIONS.setdefault(study, {})
    if key not in made:
        made[key] = Drawing(fiche_maps.position(study, code), *_POSITION)
    return made[key]


def _with_outline(study: Study, code: str) -> list[Section]:
    scene = fiche_maps.zoom(study, code)
    (numbered,) = scene.lists
    places = nearby(study.linking("equipment").links, [code], study.within[-1])
    alternative = fiche_texts.zoom_alternative(scene.title, len(places), study.within)
    zoom = Picture(Drawing(scene, *_ZOOM), alternative, fiche_texts.ZOOM_CAPTION)
    told = _told(study, code)
    return [
        Section(TABLE_NAMES["key_figures"], (key_figures.key_figures(study, code),)),
        Section(fiche_texts.ZOOM, (zoom,), half=True),
        Section(
            fiche_texts.NUMBERED,
            (Items(numbered.items, numbered.heading, numbered=True),),
            half=True,
        ),
        *_sections(
            (fiche_texts.FIGURES, key_figures.published(study, code)),
            (fiche_texts.EQUIPMENT, fiche_reach.equipment(study, code)),
            (fiche_texts.ACTIONS, fiche_reach.actions(study, code)),
        ),
        *told,
        *_sections(
            (fiche_texts.NAMED_EQUIPMENT, fiche_reach.named_equipment(study, code)),
            (fiche_texts.EVALUATION, [contract_statements.evaluation(study, code)]),
            (fiche_texts.MISSING, [Items(tuple(_missing(study, code, told=bool(told))))]),
            half=True,
        ),
        *_tail(study),
    ]


def _without_outline(study: Study, code: str) -> list[Section]:
    population = key_figures.population_figure(study, code)
    known = [KeyFigures((population,))] if population.note else []
    return [
        *_sections(
            (TABLE_NAMES["key_figures"], known),
            (fiche_texts.UNKNOWABLE, [Items(tuple(_unknowable(study, code)))]),
            (fiche_texts.FIGURES, key_figures.published(study, code)),
            (fiche_texts.ACTIONS, fiche_reach.actions(study, code)),
        ),
        *_told(study, code),
        *_sections(
            (fiche_texts.NAMED_EQUIPMENT, fiche_reach.named_equipment(study, code)),
            (fiche_texts.EVALUATION, [contract_statements.evaluation(study, code)]),
            *(
                (
                    fiche_texts.commune_figures_heading(study.commune_names[c]),
                    key_figures.commune_figures(study, c),
                )
                for c in study.communes_of(code)
            ),
        ),
        *_tail(study),
    ]


def _told(study: Study, code: str) -> list[Section]:
    """Give what the documents say of the quartier itself."""
    return [
        *contract_statements.priorities(study, code),
        *contract_statements.accounts(study, code),
    ]


def _tail(study: Study) -> list[Section]:
    territory = study.territory
    lines = [territory.sources[name] for name in _TABLES if name in territory.sources]
    sources = shared_texts.source_sentences(lines, territory.crs, territory.edition)
    return [
        Section(
            fiche_texts.METHOD, (Text(fiche_texts.method_notes(study.within), "note"),), half=True
        ),
        Section(shared_texts.SOURCES, (Text(typography.typeset(" ".join(sources)), "note"),)),
    ]


def _sections(*parts: tuple[str, Iterable[Block | None]], half: bool = False) -> list[Section]:
    """Make sections of what there is; a heading stands over nothing."""
    sections = []
    for heading, blocks in parts:
        present = tuple(block for block in blocks if block is not None)
        if present:
            sections.append(Section(heading, present, half))
    return sections


def _missing(study: Study, code: str, *, told: bool) -> list[str]:
    """Say what is missing or undetermined of a quartier with an outline.

    `told` says whether the documents speak of it.
    """
    row = study.perimeter(code)
    lines = []
    if row["statut_geometrie"] != "officielle":
        said = fiche_texts.outline_said(row["statut_geometrie"], float(row["precision_m"]))
        lines.append(fiche_texts.rough_outline(said))
    parts = study.quartiers_of(code).query("relation != 'entier'")["quartier"].tolist()
    if parts:
        lines.append(fiche_texts.partial_names(parts))
    lines += _unsure_equipment(study, code)
    lines += _unsure_actions(study, code)
    lines += _gaps_of_actions(study, code)
    lines += _withheld(study, code)
    if not study.territory.population.is_known:
        lines.append(fiche_texts.NO_GRID)
    elif math.isnan(float(study.measured(code)["cell_residents"])):
        lines.append(fiche_texts.NO_CELLS)
    if not told:
        lines.append(fiche_texts.NOT_TOLD)
    return [typography.typeset(line) for line in lines]


def _unknowable(study: Study, code: str) -> list[str]:
    """Say what cannot be said of a quartier without an outline, and why."""
    lines = [fiche_texts.NO_RESIDENTS, fiche_texts.no_distances(study.within)]
    lines += _unsure_equipment(study, code)
    lines += _withheld(study, code)
    if study.about(study.territory.priorites, "quartier", code).empty:
        lines.append(fiche_texts.NO_PRIORITIES)
    lines += _unsure_actions(study, code)
    lines += _gaps_of_actions(study, code)
    return [typography.typeset(line) for line in lines]


def _withheld(study: Study, code: str) -> list[str]:
    """Name the figures that are secret or absent, or say that there is none at all."""
    own = study.latest[study.latest["code"] == code]
    secret = own.loc[own["statut"] == key_figures.WITHHELD, "libelle"].tolist()
    lines = [fiche_texts.NO_FIGURES] if own.empty else []
    return [*lines, fiche_texts.withheld(secret)] if secret else lines


def _unsure_equipment(study: Study, code: str) -> list[str]:
    if not study.is_known("equipment"):
        return [fiche_texts.NO_EQUIPMENT_TABLE]
    count = study.count(code, "equipment_all_inside").perhaps
    return [fiche_texts.perhaps_inside(count)] if count else []


def _unsure_actions(study: Study, code: str) -> list[str]:
    """Say how many actions may name a quartier, or may be in it though they have a place."""
    named = study.count(code, "action_declared").perhaps
    ways = study.ways("action", code)
    there = count_of(ways[ways["basis"] == "inside"]).perhaps
    told = ((fiche_texts.perhaps_named, named), (fiche_texts.perhaps_there, there))
    return [say(count) for say, count in told if count]


def _gaps_of_actions(study: Study, code: str) -> list[str]:
    """Say of how many of the actions that reach a quartier no amount or no year is given."""
    ways = study.ways("action", code)
    table = study.things("action").table
    own = table[table["id"].isin(ways.loc[ways["certain"], "id"])]
    told = (
        (fiche_texts.without_amount, int(own["montant"].isna().sum())),
        (fiche_texts.without_year, int(own["annee"].isna().sum())),
    )
    return [say(count, len(own)) for say, count in told if count]
