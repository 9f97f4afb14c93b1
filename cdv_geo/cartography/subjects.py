"""What a reader of the web page can look for and choose, and what reaches what.

A quartier, an action, an équipement: each is a subject, whether the map can draw it or not. Links
keep their bases apart, as every table does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.gaps import latest_figures
from cdv_geo.cartography import texts
from cdv_geo.cartography.scene import Subject, SubjectLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.cartography.scene import SubjectKind
    from cdv_geo.cartography.study import Study

_BASES_COUNTED: Final = ("declared", "declared_wide", "inside")


def quartier_key(code: str) -> str:
    """Give the key of a perimeter."""
    return f"quartier/{code}"


def thing_keys(kind: SubjectKind, frame: pd.DataFrame) -> list[str]:
    """Give the keys of actions or équipements."""
    return [f"{kind}/{thing}" for thing in frame["id"]]


def count_by_basis(links: pd.DataFrame, code: str) -> dict[str, int]:
    """Count the things with a certain link to a perimeter, by basis, each once."""
    sure = links[(links["code"] == code) & (links["status"] == "certain")]
    return {
        basis: int(sure.loc[sure["basis"] == basis, "id"].nunique()) for basis in _BASES_COUNTED
    }


def subjects_of(study: Study, shown: set[str]) -> tuple[Subject, ...]:
    """List the quartiers, the actions and the équipements of a map.

    Parameters
    ----------
    shown
        Keys of what the layers draw; all else says why it is nowhere on the map.
    """
    return (*_quartiers(study, shown), *_actions(study, shown), *_equipment(study, shown))


def links_of(study: Study) -> tuple[SubjectLink, ...]:
    """List what reaches which quartier, and on which basis.

    Where a quartier has no outline nothing is known of what lies in it: only what names it, or
    more than it, is listed. Of several distances the shortest counts, and none inside.
    """
    return (*_links("action", study), *_links("equipment", study))


def _quartiers(study: Study, shown: set[str]) -> list[Subject]:
    facts = _figures(study.territory.indicators)
    subjects = []
    for code, nom, kind, communes, drawn in zip(
        *(study.perimeters[name] for name in ("code", "nom", "type", "communes")),
        study.perimeters.geometry.notna(),
        strict=True,
    ):
        key = quartier_key(code)
        where = (texts.COMMUNE_HEADING, study.commune_names(communes))
        kind_said = (texts.KIND_HEADING, vocabulary.KIND_LABELS[kind])
        why = "" if key in shown else texts.NOT_ON_THIS_MAP if drawn else texts.NO_OUTLINE
        subjects.append(
            Subject(
                key,
                "quartier",
                vocabulary.typeset(nom),
                (kind_said, where, *facts.get(code, ())),
                why,
            )
        )
    return subjects


def _figures(indicators: pd.DataFrame) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Write the latest vintage of every figure of a place, with its unit, date and source."""
    latest = latest_figures(indicators)
    facts: dict[str, list[tuple[str, str]]] = {}
    for code, label, value, unit, vintage, source in zip(
        *(latest[n] for n in ("code", "libelle", "valeur", "unite", "vintage", "source")),
        strict=True,
    ):
        said = texts.dated_figure(texts.written(float(value), str(unit)), vintage, str(source))
        facts.setdefault(code, []).append((vocabulary.typeset(texts.capitalised(label)), said))
    return {code: tuple(sorted(pairs)) for code, pairs in facts.items()}


def _actions(study: Study, shown: set[str]) -> list[Subject]:
    frame = study.territory.actions
    titles = dict(
        zip(study.territory.objectifs["objectif"], study.territory.objectifs["titre"], strict=True)
    )
    outcomes = study.actions.outcomes.set_index("id")["outcome"]
    subjects = []
    for key, row in zip(thing_keys("action", frame), frame.itertuples(), strict=True):
        why = ""
        if key not in shown:
            why = texts.NO_PLACE if row.geometry is None else texts.NOT_ON_THIS_MAP
        unlinked = outcomes.get(row.id) != "linked"
        facts = (
            (texts.OBJECTIFS_HEADING, texts.objectifs(row.objectifs, titles)),
            (texts.PORTEUR_HEADING, _or(row.porteur, texts.NOT_STATED_MASCULINE)),
            (texts.YEAR_HEADING, _or(row.annee, vocabulary.YEAR_UNKNOWN)),
            (texts.AMOUNT_HEADING, vocabulary.format_euros(float(row.montant))),
            (texts.CITED_HEADING, _or(row.territoires_cites, texts.NONE_MASCULINE)),
            *([(texts.REACH_HEADING, texts.REACHES_NOTHING_KNOWN)] if unlinked else []),
            (texts.SOURCE_HEADING, row.source),
        )
        subjects.append(Subject(key, "action", vocabulary.typeset(row.intitule), facts, why))
    return subjects


def _equipment(study: Study, shown: set[str]) -> list[Subject]:
    frame = study.territory.equipment
    subjects = []
    for key, row in zip(thing_keys("equipment", frame), frame.itertuples(), strict=True):
        name = vocabulary.typeset(row.nom)
        if key in shown:
            subjects.append(Subject(key, "equipment", name))
            continue
        why = texts.NO_PLACE if row.geometry is None else texts.NOT_ON_THIS_MAP
        facts = (
            (texts.TYPE_HEADING, vocabulary.typeset(row.type)),
            (texts.STATUS_HEADING, row.statut),
            (texts.ADDRESS_HEADING, _or(row.adresse, texts.NOT_STATED)),
            (texts.SOURCE_HEADING, row.source),
        )
        subjects.append(Subject(key, "equipment", name, facts, why))
    return subjects


def _links(kind: SubjectKind, study: Study) -> list[SubjectLink]:
    links = (study.actions if kind == "action" else study.equipment).links
    hidden = links["code"].isin(study.hidden["code"]) & links["basis"].isin(["inside", "within"])
    rows = links[links["code"].notna() & ~hidden]
    chosen = _once(rows)
    names = dict(zip(study.perimeters["code"], study.perimeters["nom"], strict=True))
    equipment = study.territory.equipment
    closed = set(equipment.loc[equipment["statut"] != vocabulary.OPEN, "id"])
    closed = closed if kind == "equipment" else set()
    return [
        SubjectLink(
            quartier_key(code),
            f"{kind}/{thing}",
            texts.basis_heading(basis, quartier if quartier != names[code] else "", within),
            texts.link_note(distance, closed=thing in closed),
            status == "certain",
        )
        for code, thing, basis, quartier, within, distance, status in zip(
            *(chosen[n] for n in ("code", "id", "basis", "quartier", "within_m", "distance_m")),
            chosen["status"],
            strict=True,
        )
    ]


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one link per basis: the shortest certain distance, and none where it is inside."""
    rows = rows.assign(unsure=rows["status"] != "certain", quartier=rows["quartier"].fillna(""))
    inside = rows[(rows["basis"] == "inside") & ~rows["unsure"]]
    pairs = pd.MultiIndex.from_frame(rows[["code", "id"]])
    beside = (rows["basis"] == "within") & pairs.isin(pairs[rows.index.isin(inside.index)])
    rank = rows["basis"].map({basis: n for n, basis in enumerate(vocabulary.BASES)})
    ordered = (
        rows[~beside]
        .assign(rank=rank)
        .sort_values(["code", "rank", "quartier", "unsure", "within_m", "id"], kind="stable")
    )
    return ordered.drop_duplicates(["code", "id", "basis", "quartier"])


def _or(value: object, otherwise: str) -> str:
    return vocabulary.typeset(value) if isinstance(value, str) and value else otherwise
