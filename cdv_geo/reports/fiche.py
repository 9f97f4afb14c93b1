"""The fiche of a quartier: all that is known of one perimeter, and all that is not.

A quartier with an outline gets figures, maps and distances. One without gets what can be said by
its name and its commune, and the reasons why no more can be said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from cdv_geo import vocabulary
from cdv_geo.cartography.texts import NONE_NUMBERED, capitalised, edition_line
from cdv_geo.reports import accounts, figures, map_texts, pictures, reach, texts
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
    from cdv_geo.reports.survey import Survey

_ZOOM: Final = (90.0, 74.0)
_POSITION: Final = (90.0, 42.0)
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


def fiche(survey: Survey, code: str) -> Document:
    """Write the fiche of a perimeter.

    Parameters
    ----------
    survey
        Of the territory and the generation.
    code
        Of the perimeter, as `Survey.code_of` gives it.
    """
    row = survey.perimeter(code)
    communes = [survey.commune_names[commune] for commune in survey.communes_of(code)]
    drawn = survey.outline(code) is not None
    parts = _with_outline(survey, code) if drawn else _without_outline(survey, code)
    territory = survey.territory
    return Document(
        title=vocabulary.typeset(row["nom"]),
        subtitle=texts.kind_line(row["type"], code, int(row["generation"]), communes),
        sections=(*_head(survey, code, drawn=drawn), *parts),
        footer=map_texts.footer(territory.name, vocabulary.format_edition(territory.edition)),
    )


def _head(survey: Survey, code: str, *, drawn: bool) -> list[Section]:
    name = survey.perimeter(code)["nom"]
    communes = [survey.commune_names[commune] for commune in survey.communes_of(code)]
    position = Picture(
        _position(survey, code),
        map_texts.position_alternative(name, communes, drawn=drawn),
        map_texts.position_caption(survey.perimeter(code)["statut_geometrie"]),
    )
    return [
        Section(texts.IDENTITY, (figures.identity(survey, code),), half=True),
        Section(texts.POSITION, (position,), half=True),
    ]


def _position(survey: Survey, code: str) -> Drawing:
    """Draw where a quartier lies; those of one commune without outlines share one drawing."""
    drawn = survey.outline(code) is not None
    key = code if drawn else survey.perimeter(code)["communes"]
    if key not in survey.positions:
        survey.positions[key] = Drawing(pictures.position(survey, code), *_POSITION)
    return survey.positions[key]


def _with_outline(survey: Survey, code: str) -> list[Section]:
    scene = pictures.zoom(survey, code)
    (numbered,) = scene.lists
    shown = [item for item in numbered.items if item != NONE_NUMBERED]
    alternative = map_texts.zoom_alternative(scene.title, len(shown))
    zoom = Picture(Drawing(scene, *_ZOOM), alternative, map_texts.ZOOM_CAPTION)
    told = _told(survey, code)
    return [
        Section(texts.KEY_FIGURES, (figures.key_figures(survey, code),)),
        Section(texts.ZOOM, (zoom,), half=True),
        Section(
            texts.NUMBERED,
            (Items(numbered.items, numbered.heading, numbered=True),),
            half=True,
        ),
        *_sections(
            (texts.FIGURES, figures.published(survey, code)),
            (texts.EQUIPMENT, reach.equipment(survey, code)),
            (texts.ACTIONS, reach.actions(survey, code)),
        ),
        *told,
        *_sections(
            (texts.NAMED_EQUIPMENT, reach.named_equipment(survey, code)),
            (texts.EVALUATION, [accounts.evaluation(survey, code)]),
            (texts.MISSING, [Items(tuple(_missing(survey, code, told=bool(told))))]),
            half=True,
        ),
        *_tail(survey),
    ]


def _without_outline(survey: Survey, code: str) -> list[Section]:
    population = figures.published_population(survey, code)
    known = [KeyFigures((population,))] if population.note else []
    return [
        *_sections(
            (texts.KEY_FIGURES, known),
            (texts.UNKNOWABLE, [Items(tuple(_unknowable(survey, code)))]),
            (texts.FIGURES, figures.published(survey, code)),
            (texts.ACTIONS, reach.actions(survey, code)),
        ),
        *_told(survey, code),
        *_sections(
            (texts.NAMED_EQUIPMENT, reach.named_equipment(survey, code)),
            (texts.EVALUATION, [accounts.evaluation(survey, code)]),
            *(
                (texts.commune_figures(survey.commune_names[c]), figures.commune_figures(survey, c))
                for c in survey.communes_of(code)
            ),
        ),
        *_tail(survey),
    ]


def _told(survey: Survey, code: str) -> list[Section]:
    """Give what the documents say of the quartier itself."""
    return [*accounts.priorities(survey, code), *accounts.accounts(survey, code)]


def _tail(survey: Survey) -> list[Section]:
    territory = survey.territory
    lines = [territory.sources[name] for name in _TABLES if name in territory.sources]
    sources = [f"{capitalised(line)}." for line in lines]
    sources.append(edition_line(territory.crs, territory.edition))
    return [
        Section(texts.METHOD, (Text(" ".join(texts.METHOD_NOTES), "note"),), half=True),
        Section(texts.SOURCES, (Text(vocabulary.typeset(" ".join(sources)), "note"),)),
    ]


def _sections(*parts: tuple[str, Iterable[Block | None]], half: bool = False) -> list[Section]:
    """Make sections of what there is; a heading stands over nothing."""
    sections = []
    for heading, blocks in parts:
        present = tuple(block for block in blocks if block is not None)
        if present:
            sections.append(Section(heading, present, half))
    return sections


def _missing(survey: Survey, code: str, *, told: bool) -> list[str]:
    """Say what is missing or undetermined of a quartier with an outline.

    `told` says whether the documents speak of it.
    """
    row, measured = survey.perimeter(code), survey.measured(code)
    lines = []
    if row["statut_geometrie"] != "officielle":
        said = texts.outline_said(row["statut_geometrie"], float(row["precision_m"]))
        lines.append(texts.rough_outline(said))
    parts = survey.quartiers_of(code).query("relation != 'entier'")["quartier"].tolist()
    if parts:
        lines.append(texts.partial_names(parts))
    lines += _unsure_equipment(survey, code)
    lines += _unsure_actions(survey, code)
    lines += _gaps_of_actions(survey, code)
    lines += _withheld(survey, code)
    if math.isnan(float(measured["cell_residents"])):
        lines.append(texts.NO_CELLS)
    if not told:
        lines.append(texts.NOT_TOLD)
    return [vocabulary.typeset(line) for line in lines]


def _unknowable(survey: Survey, code: str) -> list[str]:
    """Say what cannot be said of a quartier without an outline, and why."""
    lines = [texts.NO_RESIDENTS, texts.NO_DISTANCES, *_unsure_equipment(survey, code)]
    lines += _withheld(survey, code)
    if survey.about(survey.territory.priorites, "quartier", code).empty:
        lines.append(texts.NO_PRIORITIES)
    lines += _unsure_actions(survey, code)
    lines += _gaps_of_actions(survey, code)
    return [vocabulary.typeset(line) for line in lines]


def _withheld(survey: Survey, code: str) -> list[str]:
    """Name the figures that are secret or absent, or say that there is none at all."""
    own = survey.latest[survey.latest["code"] == code]
    secret = own.loc[own["statut"] == figures.WITHHELD, "libelle"].tolist()
    lines = [texts.NO_FIGURES] if own.empty else []
    return [*lines, texts.withheld(secret)] if secret else lines


def _unsure_equipment(survey: Survey, code: str) -> list[str]:
    count = int(survey.measured(code)["equipment_all_inside_undetermined_count"])
    return [texts.perhaps_inside(count)] if count else []


def _unsure_actions(survey: Survey, code: str) -> list[str]:
    """Say how many actions may name a quartier, or may be in it though they have a place."""
    named = int(survey.measured(code)["action_declared_undetermined_count"])
    links = survey.reaching("action", code)
    doubtful = links["status"] == "undetermined"
    there = links.loc[doubtful & (links["basis"] == "inside"), "id"].nunique()
    told = ((texts.perhaps_named, named), (texts.perhaps_there, there))
    return [say(count) for say, count in told if count]


def _gaps_of_actions(survey: Survey, code: str) -> list[str]:
    """Say of how many of the actions that reach a quartier no amount or no year is given."""
    links = survey.reaching("action", code)
    reaching = set(links.loc[links["status"] == "certain", "id"])
    table = survey.territory.actions
    own = table[table["id"].isin(reaching)]
    told = (
        (texts.without_amount, int(own["montant"].isna().sum())),
        (texts.without_year, int(own["annee"].isna().sum())),
    )
    return [say(count, len(own)) for say, count in told if count]
