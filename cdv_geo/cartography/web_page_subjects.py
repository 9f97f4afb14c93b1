"""What a reader of the web page can look for and choose, and what reaches what.

A quartier, an action, an équipement: each is a subject, whether the map can draw it or not. Links
keep their bases apart, as every table does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.counting import KINDS, count_of
from cdv_geo.cartography.scene import Subject, SubjectLink
from cdv_geo.french import map_texts, shared_texts, table_labels, typography
from cdv_geo.french.counts_in_words import count_said
from cdv_geo.french.table_labels import heading_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.scene import SubjectKind


def quartier_key(code: str) -> str:
    """Give the key of a perimeter."""
    return f"quartier/{code}"


def thing_keys(kind: SubjectKind, frame: pd.DataFrame) -> list[str]:
    """Give the keys of actions or équipements."""
    return [f"{kind}/{thing}" for thing in frame["id"]]


def subjects_of(view: View, shown: set[str]) -> tuple[Subject, ...]:
    """List the quartiers, the actions and the équipements of a map.

    Parameters
    ----------
    shown
        Keys of what the layers draw; all else says why it is nowhere on the map.
    """
    return (*_quartiers(view, shown), *_actions(view, shown), *_equipment(view, shown))


def links_of(view: View) -> tuple[SubjectLink, ...]:
    """List what reaches which quartier, in which way.

    Where a quartier has no outline nothing is known of what lies in it: only what names it, or
    more than it, is listed.
    """
    return tuple(link for kind in KINDS for link in _links(kind, view))


def _quartiers(view: View, shown: set[str]) -> list[Subject]:
    facts = _figures(view.study.latest)
    subjects = []
    for code, nom, kind, communes, drawn in zip(
        *(view.study.perimeters[name] for name in ("code", "nom", "type", "communes")),
        view.study.perimeters.geometry.notna(),
        strict=True,
    ):
        key = quartier_key(code)
        where = (heading_of("commune"), view.commune_names(communes))
        kind_said = (map_texts.KIND_HEADING, table_labels.KIND_LABELS[kind])
        why = "" if key in shown else map_texts.NOT_ON_THIS_MAP if drawn else map_texts.NO_OUTLINE
        subjects.append(
            Subject(
                key,
                "quartier",
                typography.typeset(nom),
                (kind_said, where, *facts.get(code, ())),
                why,
            )
        )
    return subjects


def _figures(latest: pd.DataFrame) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Write the latest vintage of every figure of a place, with its unit, date and source."""
    facts: dict[str, list[tuple[str, str]]] = {}
    for code, label, value, unit, vintage, source in zip(
        *(latest[n] for n in ("code", "libelle", "valeur", "unite", "vintage", "source")),
        strict=True,
    ):
        said = map_texts.dated_figure(
            typography.figure_said(float(value), str(unit)), vintage, str(source)
        )
        facts.setdefault(code, []).append((typography.typeset(typography.capitalised(label)), said))
    return {code: tuple(sorted(pairs)) for code, pairs in facts.items()}


def _actions(view: View, shown: set[str]) -> list[Subject]:
    frame = view.territory.actions
    titles = view.study.objectif_titles
    outcomes = view.study.linking("action").outcomes.set_index("id")["outcome"]
    subjects = []
    for key, row in zip(thing_keys("action", frame), frame.itertuples(), strict=True):
        why = ""
        if key not in shown:
            why = map_texts.NO_PLACE if row.geometry is None else map_texts.NOT_ON_THIS_MAP
        unlinked = outcomes.get(row.id) != "linked"
        facts = (
            (map_texts.OBJECTIFS_HEADING, map_texts.objectifs(row.objectifs, titles)),
            (heading_of("porteur"), _or(row.porteur, shared_texts.NOT_STATED)),
            (heading_of("annee"), _or(row.annee, vocabulary.YEAR_UNKNOWN)),
            (heading_of("etat"), _or(row.etat, shared_texts.NOT_STATED)),
            (map_texts.AMOUNT_HEADING, typography.format_euros(float(row.montant))),
            (heading_of("territoires_cites"), _or(row.territoires_cites, map_texts.NONE_MASCULINE)),
            *([(heading_of("portee"), map_texts.REACHES_NOTHING_KNOWN)] if unlinked else []),
            (shared_texts.SOURCE, row.source),
        )
        subjects.append(Subject(key, "action", typography.typeset(row.intitule), facts, why))
    return subjects


def _equipment(view: View, shown: set[str]) -> list[Subject]:
    frame = view.territory.equipment
    subjects = []
    for key, row in zip(thing_keys("equipment", frame), frame.itertuples(), strict=True):
        name = typography.typeset(row.nom)
        if key in shown:
            subjects.append(Subject(key, "equipment", name))
            continue
        why = map_texts.NO_PLACE if row.geometry is None else map_texts.NOT_ON_THIS_MAP
        facts = (
            (heading_of("type"), typography.typeset(row.type)),
            (heading_of("statut"), row.statut),
            (heading_of("adresse"), _or(row.adresse, map_texts.NOT_STATED_FEMININE)),
            (shared_texts.SOURCE, row.source),
        )
        subjects.append(Subject(key, "equipment", name, facts, why))
    return subjects


def _links(kind: ThingKind, view: View) -> list[SubjectLink]:
    study = view.study
    ways = study.ways(kind)
    hidden = ways["code"].isin(study.hidden["code"]) & ways["basis"].isin(["inside", "within"])
    ways = ways[~hidden]
    names = dict(zip(study.perimeters["code"], study.perimeters["nom"], strict=True))
    headings = [
        map_texts.basis_heading(basis, quartier if quartier != names[code] else "", within)
        for code, basis, quartier, within in zip(
            *(ways[n] for n in ("code", "basis", "quartier", "within_m")), strict=True
        )
    ]
    groups = ways.groupby(["code", pd.Series(headings, ways.index, dtype="str"), "certain"])
    counted = {key: count_said(count_of(rows)) for key, rows in groups}
    return [
        SubjectLink(
            quartier_key(code),
            f"{kind}/{thing}",
            heading,
            map_texts.link_note(distance, statut, etat),
            certain,
            counted[code, heading, certain],
        )
        for heading, code, thing, distance, statut, etat, certain in zip(
            headings,
            *(
                ways.reindex(columns=["code", "id", "distance_m", "statut", "etat", "certain"])[n]
                for n in ("code", "id", "distance_m", "statut", "etat", "certain")
            ),
            strict=True,
        )
    ]


def _or(value: object, otherwise: str) -> str:
    return typography.typeset(value) if isinstance(value, str) and value else otherwise
