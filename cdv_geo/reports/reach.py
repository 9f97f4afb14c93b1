"""What reaches a perimeter: équipements near those who live there, actions by basis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.proximity import NEARNESS_ERROR_M, equipment_prefix
from cdv_geo.cartography.texts import capitalised
from cdv_geo.names import normalise, split_list
from cdv_geo.reports import texts
from cdv_geo.reports.document import Bar, Bars, Items, Table, Text
from cdv_geo.reports.survey import WITHIN

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from cdv_geo.reports.document import Block
    from cdv_geo.reports.survey import Survey

_NEAREST_SHARES: Final = (0.17, 0.3, 0.19, 0.14, 0.1, 0.1)
_SHOWN_TYPES: Final = 14
_SHOWN_ACTIONS: Final = 24
_SERIES: Final = ("declared", "declared_wide", "inside", "within")
_ALWAYS: Final = ("declared", "declared_wide")
_NO_OBJECTIF: Final = ""


def equipment(survey: Survey, code: str) -> list[Block]:
    """List the nearest place of each type, with how far the residents live from such places."""
    places = _nearest_places(survey, code)
    blocks: list[Block] = []
    if len(places):
        measured = survey.measured(code)
        rows = tuple(
            _nearest_row(row, measured) for row in places[:_SHOWN_TYPES].to_dict("records")
        )
        blocks.append(
            Table(texts.NEAREST_CAPTION, texts.NEAREST_HEADERS, rows, _NEAREST_SHARES, (3, 4, 5))
        )
    if len(places) > _SHOWN_TYPES:
        blocks.append(Text(texts.more_types(places["type"][_SHOWN_TYPES:].tolist()), "note"))
    table = survey.territory.equipment
    unplaced = sorted(set(table["type"]) - set(places["type"]))
    if unplaced:
        blocks.append(Text(texts.unplaced_types(unplaced), "note"))
    return blocks


def _nearest_places(survey: Survey, code: str) -> pd.DataFrame:
    """Give the nearest open place of each type, and its distance from the outline, metres.

    A place that may be off by more than `NEARNESS_ERROR_M` is nowhere near enough to be the
    nearest, as in the coverage table.
    """
    table = survey.territory.equipment
    usable = (table["statut"] == vocabulary.OPEN) & table.geometry.notna()
    usable &= table["position_error_m"].fillna(0) <= NEARNESS_ERROR_M
    open_ones = table[usable]
    distance = open_ones.distance(survey.outline(code))
    doubtful = survey.doubtful_places(code)
    # What is less than half a metre outside is not inside.
    distance = distance.where(distance == 0, distance.round().clip(lower=1))
    ordered = open_ones.assign(distance=distance, doubtful=open_ones["id"].isin(doubtful))
    ordered = ordered.sort_values(["distance", "type", "nom", "id"])
    return pd.DataFrame(ordered.drop_duplicates("type"))


def _nearest_row(place: Mapping[Hashable, Any], measured: Mapping[str, Any]) -> tuple[str, ...]:
    prefix = equipment_prefix(place["type"])
    median = float(measured[f"{prefix}_distance_median_m"])
    shares = [float(measured[f"{prefix}_reached_within_{m:g}m_share"]) for m in WITHIN]
    where = texts.distance_said(place["distance"])
    return (
        vocabulary.typeset(capitalised(place["type"])),
        vocabulary.typeset(place["nom"]),
        f"{where} ({texts.UNDETERMINED})" if place["doubtful"] else where,
        texts.NOT_KNOWN if math.isnan(median) else vocabulary.format_metres(median),
        *map(texts.whole_share, shares),
    )


def named_equipment(survey: Survey, code: str) -> list[Block]:
    """List the équipements that name the perimeter or a part of it, whose place is another matter.

    Some have no position: what names a quartier is not said to lie in it.
    """
    links = survey.reaching("equipment", code)
    named = links[links["basis"] == "declared"]
    if named.empty:
        return []
    table = survey.territory.equipment.set_index("id")
    # Of two rows of one thing the certain one comes first.
    rows = named.sort_values("status", kind="stable").drop_duplicates("id")
    rows = rows.sort_values(["quartier", "name", "id"])
    items = tuple(
        texts.named_place(
            name,
            kind,
            placed=table.geometry[thing] is not None,
            is_open=table.loc[thing, "statut"] == vocabulary.OPEN,
            certain=status == "certain",
        )
        for thing, name, kind, status in zip(
            rows["id"], rows["name"], rows["equipment_type"], rows["status"], strict=True
        )
    )
    return [Items(items)]


def actions(survey: Survey, code: str) -> list[Block]:
    """Count the actions that reach the perimeter by basis and by objectif, and name them."""
    links = survey.reaching("action", code)
    is_sure = links["status"] == "certain"
    sure = links[is_sure]
    inside = sure.loc[sure["basis"] == "inside", "id"]
    told = sure[(sure["basis"] != "within") | ~sure["id"].isin(inside)]  # what is inside is near
    by_basis = {basis: told[told["basis"] == basis].drop_duplicates("id") for basis in _SERIES}
    counts = {basis: len(rows) for basis, rows in by_basis.items()}
    perhaps = links.loc[~is_sure, "id"].nunique()
    known = len(survey.territory.actions)
    said = texts.actions_said(counts, sure["id"].nunique(), perhaps, survey.unplaced, known)
    blocks: list[Block] = [Text(said)]
    if "actions" in survey.territory.sources:
        source = texts.producer(survey.territory.sources["actions"])
        blocks.append(Text(texts.sourced(source), "note"))
    chart = _chart(survey, by_basis)
    if chart:
        blocks.append(chart)
    blocks += [
        Items(_named(rows), texts.ACTION_HEADINGS[basis])
        for basis, rows in by_basis.items()
        if len(rows)
    ]
    return blocks


def _chart(survey: Survey, by_basis: Mapping[str, pd.DataFrame]) -> Bars | None:
    """Draw how many actions bear each objectif; an action of several counts in each."""
    # Each basis keeps its colour, from fiche to fiche.
    shown = [basis for basis in by_basis if basis in _ALWAYS or len(by_basis[basis])]
    counts: dict[str, list[int]] = {}
    for place, basis in enumerate(shown):
        for cell in by_basis[basis]["objectifs"]:
            for objectif in split_list(cell) or [_NO_OBJECTIF]:
                counts.setdefault(objectif, [0] * len(shown))[place] += 1
    if not counts:
        return None
    order = sorted(counts, key=lambda name: (name == _NO_OBJECTIF, len(name), name))
    bars = tuple(
        Bar(
            texts.objectif_said(name, survey.objectif_titles.get(name, "")),
            tuple(map(float, counts[name])),
            texts.parts_said(counts[name]),
        )
        for name in order
    )
    series = tuple(texts.SERIES[basis] for basis in shown)
    words = " ; ".join(f"{bar.label} : {bar.text}" for bar in bars)
    return Bars(texts.CHART_CAPTION, series, bars, vocabulary.typeset(words))


def _named(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name actions with the quartier that they cite and their year, as far as there is room."""
    ordered = rows.sort_values(["quartier", "name", "id"])
    named = [
        texts.action_said(name, objectifs, year)
        for name, objectifs, year in zip(
            ordered["name"],
            ordered["objectifs"].fillna(""),
            ordered["annee"].fillna(""),
            strict=True,
        )
    ]
    if len(named) > _SHOWN_ACTIONS:
        left = len(named) - _SHOWN_ACTIONS
        return (*named[:_SHOWN_ACTIONS], texts.and_more(left))
    return tuple(named)


def serving(survey: Survey, code: str, quartier: str, theme: str) -> tuple[str, str, str]:
    """Count the actions that bear an objectif of a theme: those that name a quartier, and wider.

    What names the whole perimeter names each of its quartiers. A theme of which no objectif is
    known has no count.

    Returns
    -------
    The objectifs of the theme and both counts as text, or that they are undetermined.
    """
    themes = survey.territory.themes
    cells = themes.loc[themes["theme"].map(normalise) == normalise(theme), "objectif"]
    objectifs = {number for cell in cells for number in split_list(cell)}
    if not objectifs:
        return vocabulary.EMPTY_CELL, texts.UNDETERMINED, texts.UNDETERMINED
    here = survey.reaching("action", code)
    serves = [bool(objectifs & set(split_list(cell))) for cell in here["objectifs"]]
    here = here[np.array(serves, dtype=bool)]
    whole, own = survey.whole_names_of(code), survey.quartiers_meant(code, quartier)
    cited = here["quartier"].fillna("").map(normalise)
    named = cited.isin(whole | own) | bool(own & whole)
    return (
        ", ".join(sorted(objectifs, key=lambda number: (len(number), number))),
        _count(here[named & (here["basis"] == "declared")]),
        _count(here[here["basis"] == "declared_wide"]),
    )


def _count(links: pd.DataFrame) -> str:
    """Count the certain links; where there is none, say how many are undetermined."""
    sure = links.loc[links["status"] == "certain", "id"].nunique()
    perhaps = links.loc[links["status"] != "certain", "id"].nunique()
    return texts.perhaps(perhaps) if perhaps and not sure else vocabulary.format_number(sure)
