"""What is wrong or odd in the tables of a territory, gathered for the people who can mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cdv_geo.analysis.containment import overlapping
from cdv_geo.analysis.counting import KINDS
from cdv_geo.analysis.likely_duplicates import likely_duplicates, scattered_places
from cdv_geo.analysis.reach import doubtful_names
from cdv_geo.errors import NameResolutionError
from cdv_geo.file_names import name_as_text
from cdv_geo.french import workbook_texts as texts
from cdv_geo.french.table_labels import TABLE_NAMES, THING_NAMES
from cdv_geo.french.typography import format_metres
from cdv_geo.gazetteer import normalise, split_list
from cdv_geo.io.writing.workbook_writing import TableSheet
from cdv_geo.reports.workbook_sheets import shown_columns
from cdv_geo.vocabulary import ALL_VEILLE_ACTIVE, WHOLE_CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.study import Study
    from cdv_geo.territory import Territory

_WIDEST: Final = 48  # characters, so that the sheet is one page wide
_TITLES: Final = {"action": "intitule", "equipment": "nom"}
# What the documents tell under a name that is no quartier's, and is in every fiche it is about.
_WIDE: Final = {normalise(WHOLE_CONTRACT), normalise(ALL_VEILLE_ACTIVE)}


class Anomaly(NamedTuple):
    """One row of the sheet: what is odd, where, and what was done about it."""

    anomaly: str
    where: str
    row: str
    said_of: str
    finding: str
    done: str
    message: str = ""


def anomalies_sheet(study: Study) -> TableSheet:
    """List all that the reading found, and what the tables say against themselves."""
    territory = study.territory
    rows = [*_of_reading(territory), *_of_shared_names(study), *_of_outlines(study)]
    for kind in KINDS:
        rows += [*_of_names(kind, study), *_of_communes(kind, study)]
        rows += [*_of_places(kind, study), *_of_duplicates(kind, study)]
    rows += [*_of_scattered_places(study), *_of_documents(study), *_of_key_figures(territory)]
    table = pd.DataFrame(rows, columns=list(Anomaly._fields), dtype="str")
    if not table["message"].any():
        table = table.drop(columns="message")
    columns = tuple(replace(column, widest=_WIDEST) for column in shown_columns(table))
    return TableSheet(texts.ANOMALIES, columns, 1)


def _of_reading(territory: Territory) -> Iterator[Anomaly]:
    for checked in territory.checked:
        for fault in checked.faults:
            row = "" if fault.row is None else str(fault.row)
            found, done = texts.fault_text(fault), texts.DONE[fault.done]
            name = name_as_text(checked.path.name)
            yield Anomaly(texts.READING, name, row, fault.value, found, done, str(fault))


def _of_shared_names(study: Study) -> Iterator[Anomaly]:
    """Point to the names that stand for several places unless the commune is given."""
    territory = study.territory
    gazetteer = study.gazetteer
    spellings = (split_list(cell) for cell in territory.quartiers["graphies"])
    names = (
        *study.perimeters["nom"],
        *territory.communes["nom"],
        *territory.quartiers["quartier"],
        *(name for cell in spellings for name in cell),
    )
    once = {normalise(name): name for name in reversed(names)}
    for name in sorted(once.values()):
        try:
            gazetteer.resolve(name)
        except NameResolutionError:
            places = [f"{place.nom} ({place.code})" for place in gazetteer.candidates(name)]
            if places:
                found = texts.shared_name_text(name, places)
                yield Anomaly(texts.SHARED_NAME, texts.PERIMETERS, "", name, found, texts.LEFT_OPEN)


def _of_outlines(study: Study) -> Iterator[Anomaly]:
    for first, second in overlapping(study.territory.perimeters):
        found = texts.overlap_text(first, second)
        yield Anomaly(texts.OVERLAP, texts.PERIMETERS, second, first, found, texts.KEPT)


def _of_names(kind: ThingKind, study: Study) -> Iterator[Anomaly]:
    """Point to cited names that are not known, or that several quartiers bear."""
    for row in doubtful_names(study.linking(kind).links).itertuples():
        nature = texts.AMBIGUOUS_NAME if row.code in study.names else texts.UNKNOWN_NAME
        reason = str(row.reason)
        found = texts.in_french(reason)
        yield Anomaly(
            nature, THING_NAMES[kind], str(row.id), str(row.name), found, texts.LEFT_OPEN, reason
        )


def _of_documents(study: Study) -> Iterator[Anomaly]:
    """Point to names in the documents under which no fiche tells anything."""
    territory = study.territory
    gazetteer = study.gazetteer
    told = (
        (texts.PRIORITIES, territory.priorites["quartier"]),
        (texts.ACCOUNTS, territory.constats["territoire"]),
        (texts.INDICATORS, territory.key_figures["territoire"]),
    )
    for sheet, names in told:
        for name in dict.fromkeys(names):
            places = gazetteer.candidates(name)
            known = any(place.kind != "commune" for place in places)
            if not known and normalise(name) not in _WIDE and name not in study.names:
                found = texts.untold_text(name)
                yield Anomaly(texts.UNKNOWN_NAME, sheet, "", name, found, texts.KEPT)


def _of_communes(kind: ThingKind, study: Study) -> Iterator[Anomaly]:
    """Point to places that lie in another commune than is stated."""
    found = study.linking(kind).outcomes["finding"].astype("str")
    table = study.things(kind).table
    for at in np.flatnonzero(found.str.startswith("code_insee").fillna(value=False)).tolist():
        thing, said = table.iloc[at], found.iloc[at]
        title, french = str(thing[_TITLES[kind]]), texts.in_french(said)
        yield Anomaly(
            texts.COMMUNE, THING_NAMES[kind], str(thing["id"]), title, french, texts.KEPT, said
        )


def _of_places(kind: ThingKind, study: Study) -> Iterator[Anomaly]:
    """Point to what names a quartier and certainly lies outside of it."""
    links = study.linking(kind).links
    for row in links[links["agreement"] == "disagrees"].itertuples():
        found = texts.disagreement_text(study.names[str(row.code)], float(str(row.distance_m)))
        yield Anomaly(
            texts.DISAGREEMENT, THING_NAMES[kind], str(row.id), str(row.name), found, texts.KEPT
        )


def _of_duplicates(kind: ThingKind, study: Study) -> Iterator[Anomaly]:
    """Point to rows that may be one thing; they are never merged."""
    things = study.things(kind)
    table, title = things.table, _TITLES[kind]
    for pair in likely_duplicates(table, title, things.x, things.y):
        first, second = table.iloc[pair.first], table.iloc[pair.second]
        metres = "" if np.isnan(pair.distance_m) else format_metres(pair.distance_m)
        other = f"{first['id']}, {first[title]}"
        found = texts.duplicate_text(pair.reason, other, metres)
        yield Anomaly(
            texts.DUPLICATE,
            THING_NAMES[kind],
            str(second["id"]),
            str(second[title]),
            found,
            texts.KEPT,
        )


def _of_scattered_places(study: Study) -> Iterator[Anomaly]:
    """Point to équipements of one name and address, or commune, in places far apart."""
    things = study.things("equipment")
    title = _TITLES["equipment"]
    for pair in scattered_places(things.table, title, things.x, things.y):
        first, second = things.table.iloc[pair.first], things.table.iloc[pair.second]
        other = f"{first['id']}, {first[title]}"
        found = texts.duplicate_text(pair.reason, other, format_metres(pair.distance_m))
        yield Anomaly(
            texts.SCATTERED, texts.EQUIPMENT, str(second["id"]), pair.name, found, texts.KEPT
        )


def _of_key_figures(territory: Territory) -> list[Anomaly]:
    """List the figures that the contract gives with a reserve: often two that contradict."""
    table = territory.key_figures
    return [
        Anomaly(
            texts.RESERVED_FIGURE,
            TABLE_NAMES["key_figures"],
            str(row.territoire),
            texts.figure_text(str(row.chiffre), float(str(row.valeur)), row.unite),
            str(row.reserve),
            texts.KEPT,
        )
        for row in table[table["reserve"].notna()].itertuples()
    ]
