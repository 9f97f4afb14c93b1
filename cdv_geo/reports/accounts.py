"""What the documents of the contract say of a quartier: priorities, strengths, evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo import vocabulary
from cdv_geo.names import normalise
from cdv_geo.reports import texts
from cdv_geo.reports.document import Items, Section, Table, Text
from cdv_geo.reports.reach import serving

if TYPE_CHECKING:
    import pandas as pd

    from cdv_geo.reports.survey import Survey

_CONTRACT: Final = "Contrat"
_VEILLE_ACTIVE: Final = "Veille active"
_PRIORITY_SHARES: Final = (0.1, 0.5, 0.2, 0.2)


def priorities(survey: Survey, code: str) -> list[Section]:
    """Give each everyday quartier its own ranked list, beside the actions that serve each theme."""
    rows = _about(survey.territory.priorites, "quartier", survey.names_of(code))
    groups = list(rows.groupby("quartier", sort=False))
    sections = []
    for quartier, group in groups:
        ordered = group.sort_values("rang", key=lambda ranks: ranks.str.zfill(9))
        table = Table(
            texts.ranked_by(" ; ".join(dict.fromkeys(ordered["auteur"]))),
            texts.PRIORITY_HEADERS,
            tuple(
                (
                    row["rang"],
                    vocabulary.typeset(row["theme"]),
                    *serving(survey, code, str(quartier), row["theme"]),
                )
                for row in ordered.to_dict("records")
            ),
            _PRIORITY_SHARES,
            (0, 2, 3),
        )
        heading = texts.of_quartier(texts.PRIORITIES, str(quartier), alone=len(groups) == 1)
        sections.append(Section(heading, (table,), half=len(groups) > 1))
    if sections:
        last = sections[-1]
        note = Text(texts.PRIORITY_NOTE, "note")
        sections[-1] = Section(last.heading, (*last.blocks, note), last.half)
    return sections


def accounts(survey: Survey, code: str) -> list[Section]:
    """List strengths and weaknesses, of each everyday quartier apart."""
    names = survey.names_of(code)
    if survey.perimeters.loc[code, "type"] == "veille_active":
        names = names | {normalise(_VEILLE_ACTIVE)}
    rows = _about(survey.territory.constats, "territoire", names)
    groups = list(rows.groupby("territoire", sort=False))
    sections = []
    for place, group in groups:
        heading = texts.of_quartier(texts.ACCOUNTS, str(place), alone=False)
        blocks = tuple(
            Items(
                tuple(vocabulary.typeset(text) for text in part["constat"]),
                texts.account_heading(str(nature)),
            )
            for nature, part in group.groupby("nature", sort=False)
        )
        sections.append(Section(heading, blocks, half=True))
    return sections


def evaluation(survey: Survey, code: str) -> Items | None:
    """List the key figures of the evaluation, each with the reserve it needs."""
    names = {*survey.names_of(code), normalise(_CONTRACT)}
    if survey.perimeters.loc[code, "type"] == "veille_active":
        names.add(normalise(_VEILLE_ACTIVE))
    rows = _about(survey.territory.key_figures, "territoire", names)
    if rows.empty:
        return None
    return Items(tuple(texts.key_figure_said(row) for row in rows.fillna("").to_dict("records")))


def _about(table: pd.DataFrame, column: str, names: set[str]) -> pd.DataFrame:
    return table[table[column].map(normalise).isin(names)]
