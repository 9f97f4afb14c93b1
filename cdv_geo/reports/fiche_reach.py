"""What reaches a perimeter: équipements near those who live there, actions by basis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.counting import count_of
from cdv_geo.analysis.proximity import equipment_prefix, nearest_of_types
from cdv_geo.analysis.reach import best_of, doubtful_places
from cdv_geo.french import fiche_texts, shared_texts, typography
from cdv_geo.french.counts_in_words import count_said, plans_said
from cdv_geo.french.table_labels import ACTIONS_BY_BASIS
from cdv_geo.french.typography import capitalised
from cdv_geo.gazetteer import normalise, split_list
from cdv_geo.reports.document import Bar, Bars, Items, Table, Text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from cdv_geo.reports.document import Block
    from cdv_geo.study import Study

_NEAREST_SHARES: Final = (0.17, 0.3, 0.19, 0.14)  # of its columns before those of the distances
_SHOWN_TYPES: Final = 14
_SHOWN_ACTIONS: Final = 24
_ALWAYS: Final = ("declared", "declared_wide")
_NO_OBJECTIF: Final = ""


def equipment(study: Study, code: str) -> list[Block]:
    """List the nearest place of each type, with how far the residents live from such places."""
    if not study.is_known("equipment"):
        return [Text(fiche_texts.NO_EQUIPMENT_TABLE)]
    places = nearest_of_types(study.outline(code), study.things("equipment"))
    doubtful = doubtful_places(study.linking("equipment").links, code)
    blocks: list[Block] = []
    if len(places):
        measured = study.measured(code)
        rows = tuple(
            _nearest_row(row, measured, study.within, doubtful=row["id"] in doubtful)
            for row in places[:_SHOWN_TYPES].to_dict("records")
        )
        left = (1 - sum(_NEAREST_SHARES)) / len(study.within)
        shares = (*_NEAREST_SHARES, *(left for _ in study.within))
        numeric = tuple(range(3, len(shares)))
        headers = fiche_texts.nearest_headers(study.within)
        blocks.append(Table(fiche_texts.NEAREST_CAPTION, headers, rows, shares, numeric))
    if len(places) > _SHOWN_TYPES:
        blocks.append(Text(fiche_texts.more_types(places["type"][_SHOWN_TYPES:].tolist()), "note"))
    unplaced = sorted(set(study.things("equipment").table["type"]) - set(places["type"]))
    if unplaced:
        blocks.append(Text(fiche_texts.unplaced_types(unplaced), "note"))
    return blocks


def _nearest_row(
    place: Mapping[Hashable, Any],
    measured: Mapping[str, Any],
    within: tuple[float, ...],
    *,
    doubtful: bool,
) -> tuple[str, ...]:
    prefix = equipment_prefix(place["type"])
    median = float(measured[f"{prefix}_distance_median_m"])
    shares = [float(measured[f"{prefix}_reached_within_{m:g}m_share"]) for m in within]
    where = shared_texts.distance_said(place["distance_m"])
    return (
        typography.typeset(capitalised(place["type"])),
        typography.typeset(place["nom"]),
        f"{where} ({shared_texts.UNDETERMINED})" if doubtful else where,
        typography.NO_FIGURE if math.isnan(median) else typography.format_metres(median),
        *map(fiche_texts.whole_share, shares),
    )


def named_equipment(study: Study, code: str) -> list[Block]:
    """List the équipements that name the perimeter or a part of it, whose place is another matter.

    Some have no position: what names a quartier is not said to lie in it.
    """
    ways = study.ways("equipment", code)
    named = ways[ways["basis"] == "declared"]
    if named.empty:
        return []
    things = study.things("equipment")
    placed = dict(zip(things.table["id"], things.placed, strict=True))
    rows = best_of(named, ["id"]).sort_values(["quartier", "name", "id"])
    items = tuple(
        fiche_texts.named_place(
            name,
            kind,
            placed=placed[thing],
            is_open=statut == vocabulary.OPEN,
            certain=certain,
        )
        for thing, name, kind, statut, certain in zip(
            *(rows[n] for n in ("id", "name", "equipment_type", "statut", "certain")), strict=True
        )
    )
    return [Items(items)]


def actions(study: Study, code: str) -> list[Block]:
    """Count the actions that reach the perimeter by basis and by objectif, and name them."""
    if not study.is_known("action"):
        return [Text(fiche_texts.NO_ACTION_TABLE)]
    ways = study.ways("action", code)
    sure = ways[ways["certain"]]
    by_basis = {
        basis: sure[sure["basis"] == basis].drop_duplicates("id") for basis in vocabulary.BASES
    }
    near = ways[ways["basis"] == "within"]
    counts = {
        basis: count_of(near) if basis == "within" else study.count(code, f"action_{basis}")
        for basis in vocabulary.BASES
        if basis in set(ways["basis"])
    }
    said = fiche_texts.reaching_actions_said(
        study.count(code, "action"), counts, study.unplaced("action"), study.known("action")
    )
    blocks: list[Block] = [Text(said)]
    named = {
        name: study.count_of_part(at, "action_declared")
        for name, at in study.parts_of(code).items()
    }
    if named:
        blocks.append(Text(fiche_texts.named_parts(named)))
    if "actions" in study.territory.sources:
        source = fiche_texts.producer(study.territory.sources["actions"])
        blocks.append(Text(fiche_texts.sourced(source), "note"))
    chart = _chart(study, by_basis)
    if chart:
        blocks.append(chart)
    blocks += [
        Items(_named(rows), capitalised(ACTIONS_BY_BASIS[basis]))
        for basis, rows in by_basis.items()
        if len(rows)
    ]
    return blocks


def _chart(study: Study, by_basis: Mapping[str, pd.DataFrame]) -> Bars | None:
    """Draw how many actions bear each objectif; an action of several counts in each."""
    # Each basis keeps its colour, from fiche to fiche.
    shown = [basis for basis in by_basis if basis in _ALWAYS or len(by_basis[basis])]
    rows = pd.concat([by_basis[basis] for basis in shown])
    objectifs = rows["objectifs"].map(lambda cell: split_list(cell) or [_NO_OBJECTIF])
    groups = rows.assign(objectif=objectifs).explode("objectif").groupby("objectif")
    bearing = {str(objectif): part for objectif, part in groups}
    if not bearing:
        return None
    order = sorted(bearing, key=lambda name: (name == _NO_OBJECTIF, len(name), name))
    bars = []
    for name in order:
        ids = bearing[name].groupby("basis")["id"].nunique()
        counts = [int(ids.get(basis, 0)) for basis in shown]
        title = study.objectif_titles.get(name, "")
        label = fiche_texts.objectif_said(name, title, plans_said(count_of(bearing[name])))
        bars.append(Bar(label, tuple(map(float, counts)), fiche_texts.parts_said(counts)))
    series = tuple(ACTIONS_BY_BASIS[basis] for basis in shown)
    words = " ; ".join(f"{bar.label} : {bar.text}" for bar in bars)
    return Bars(fiche_texts.CHART_CAPTION, series, tuple(bars), typography.typeset(words))


def _named(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name actions with the quartier that they cite and their year, as far as there is room."""
    ordered = rows.sort_values(["quartier", "name", "id"])
    columns = (ordered[name].fillna("") for name in ("name", "objectifs", "annee", "etat"))
    named = [fiche_texts.action_said(*cells) for cells in zip(*columns, strict=True)]
    if len(named) > _SHOWN_ACTIONS:
        left = len(named) - _SHOWN_ACTIONS
        return (*named[:_SHOWN_ACTIONS], fiche_texts.and_more(left))
    return tuple(named)


def serving(study: Study, code: str, quartier: str, theme: str) -> tuple[str, str, str]:
    """Count the actions that bear an objectif of a theme: those that name a quartier, and wider.

    What names the whole perimeter names each of its quartiers. A theme of which no objectif is
    known has no count.

    Returns
    -------
    The objectifs of the theme and both counts as text, or that they are undetermined.
    """
    themes = study.territory.themes
    cells = themes.loc[themes["theme"].map(normalise) == normalise(theme), "objectif"]
    objectifs = {number for cell in cells for number in split_list(cell)}
    if not objectifs:
        return typography.EMPTY_CELL, shared_texts.UNDETERMINED, shared_texts.UNDETERMINED
    here = study.ways_to_quartier("action", code, quartier)
    serves = [bool(objectifs & set(split_list(cell))) for cell in here["objectifs"]]
    here = here[np.array(serves, dtype=bool)]
    every = study.known("action")
    named, wide = (
        count_said(every if every.unknown else count_of(here[here["basis"] == basis]))
        for basis in _ALWAYS
    )
    return ", ".join(sorted(objectifs, key=lambda number: (len(number), number))), named, wide
