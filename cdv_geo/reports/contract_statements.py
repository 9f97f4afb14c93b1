"""What the documents of the contract say of a quartier: priorities, strengths, evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from cdv_geo.french import fiche_texts, typography
from cdv_geo.french.table_labels import TABLE_NAMES
from cdv_geo.gazetteer import normalise
from cdv_geo.reports.document import Items, Section, Table, Text
from cdv_geo.reports.fiche_reach import serving
from cdv_geo.vocabulary import ALL_VEILLE_ACTIVE, WHOLE_CONTRACT

if TYPE_CHECKING:
    from cdv_geo.reports.document import Block
    from cdv_geo.study import Study

_PRIORITY_SHARES: Final = (0.08, 0.44, 0.14, 0.16, 0.18)


def priorities(study: Study, code: str) -> list[Section]:
    """Give each everyday quartier its own ranked list, beside the actions that serve each theme."""
    rows = study.about(study.territory.priorites, "quartier", code)
    groups = list(rows.groupby([rows["quartier"].map(normalise), "auteur"], sort=False))
    sections = []
    for _, group in groups:
        quartier = group["quartier"].iloc[0]
        alone = len(groups) == 1 and study.means_whole(code, quartier)
        heading = fiche_texts.of_quartier(fiche_texts.PRIORITIES, quartier, alone=alone)
        blocks: list[Block] = [_ranking(study, code, group)]
        if group["ambiguous"].any():
            blocks.insert(0, Text(fiche_texts.name_of_several(quartier)))
        sections.append(Section(heading, tuple(blocks), half=len(groups) > 1))
    if sections:
        last = sections[-1]
        note = Text(fiche_texts.PRIORITY_NOTE, "note")
        sections[-1] = Section(last.heading, (*last.blocks, note), last.half)
    return sections


def _ranking(study: Study, code: str, group: pd.DataFrame) -> Table:
    ordered = group.sort_values("rang", key=lambda ranks: ranks.str.zfill(9))
    rows = tuple(
        (
            row["rang"],
            typography.typeset(row["theme"]),
            *serving(study, code, row["quartier"], row["theme"]),
        )
        for row in ordered.to_dict("records")
    )
    source = fiche_texts.producer(study.territory.sources.get("priorites", ""))
    caption = fiche_texts.ranked_by(ordered["auteur"].iloc[0], source)
    return Table(caption, fiche_texts.PRIORITY_HEADERS, rows, _PRIORITY_SHARES, (0, 2, 3, 4))


def accounts(study: Study, code: str) -> list[Section]:
    """List strengths and weaknesses, of each everyday quartier apart."""
    rows = _about(study, study.territory.constats, code)
    sections = []
    for place, group in rows.groupby("territoire", sort=False):
        heading = fiche_texts.of_quartier(TABLE_NAMES["constats"], str(place), alone=False)
        blocks: list[Block] = [
            Items(
                tuple(typography.typeset(text) for text in part["constat"]),
                fiche_texts.account_heading(str(nature)),
            )
            for nature, part in group.groupby("nature", sort=False)
        ]
        blocks.append(Text(fiche_texts.sourced(" ; ".join(dict.fromkeys(group["source"]))), "note"))
        if group["ambiguous"].any():
            blocks.insert(0, Text(fiche_texts.name_of_several(str(place))))
        sections.append(Section(heading, tuple(blocks), half=True))
    return sections


def evaluation(study: Study, code: str) -> Items | None:
    """List the key figures of the evaluation, each with the reserve it needs."""
    rows = _about(study, study.territory.key_figures, code, WHOLE_CONTRACT)
    if rows.empty:
        return None
    figures = [fiche_texts.key_figure_said(row) for row in rows.fillna("").to_dict("records")]
    ambiguous = dict.fromkeys(rows.loc[rows["ambiguous"], "territoire"])
    return Items((*figures, *map(fiche_texts.name_of_several, ambiguous)))


def _about(study: Study, table: pd.DataFrame, code: str, *others: str) -> pd.DataFrame:
    """Pick what is told of a perimeter, of all veille active where it is one, or under a name."""
    named = study.about(table, "territoire", code)
    if study.perimeter(code)["type"] == "veille_active":
        others = (*others, ALL_VEILLE_ACTIVE)
    wide = table["territoire"].map(normalise).isin([normalise(name) for name in others])
    told = table[wide & ~table.index.isin(named.index)].assign(ambiguous=False)
    return pd.concat([named, told]).sort_index(kind="stable")
