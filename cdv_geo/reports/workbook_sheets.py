"""The tables of the workbook of a territory, one sheet each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo import schemas
from cdv_geo.analysis.counting import KINDS
from cdv_geo.analysis.link_outcomes import stated_outside
from cdv_geo.analysis.proximity import ALL_PREFIX, equipment_prefix
from cdv_geo.analysis.reach import doubtful_names, reached, within_basis
from cdv_geo.french import workbook_texts as texts
from cdv_geo.french.template_texts import REASON
from cdv_geo.french.typography import typeset
from cdv_geo.gazetteer import split_list
from cdv_geo.io.unlocated_rows import unlocated_rows
from cdv_geo.io.writing.workbook_writing import WHOLE, SheetColumn, TableSheet, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.study import Study

_SCHEMAS: Final = {"action": schemas.ACTIONS, "equipment": schemas.EQUIPMENT}
_BASES: Final = ("declared", "declared_wide", "inside")
# What is said of a type of équipement besides `{basis}` and distances.
_COUNTS: Final = ("count", "undetermined_count", "per_1000")
_ACTION_HEAD: Final = (
    "id",
    "intitule",
    "objectifs",
    "portee",
    "territoires_cites",
    "porteur",
    "annee",
    "etat",
    "montant",
)
_EQUIPMENT_HEAD: Final = ("id", "nom", "equipment_type", "statut", "commune", "quartier_cite")
_LINK_HEAD: Final = (
    "kind",
    "id",
    "name",
    "code",
    "nom",
    "type",
    "generation",
    "basis",
    "within_m",
    "status",
    "distance_m",
)
_UNLOCATED: Final = (
    "kind",
    "id",
    "name",
    "equipment_type",
    REASON,
    "commune",
    "territoires_cites",
    "adresse",
    "longitude",
    "latitude",
    "precision_position",
    "things_source",
)
_FIGURES: Final = (
    "origin",
    "code",
    "territoire",
    "indicateur",
    "libelle",
    "valeur",
    "unite",
    "millesime",
    "statut",
    "reserve",
    "source",
)
_NARROW: Final = 32  # characters, so that the matrix begins on the first screen
# What people call things, and what they say of them; codes and spellings stay as they are.
_READ: Final = (
    "nom",
    "name",
    "intitule",
    "libelle",
    "territoire",
    "quartier",
    "equipment_type",
    "adresse",
    "theme",
    "constat",
    "reserve",
    "names",
    "said_of",
    "finding",
)
_VALUE_FORMATS: Final = {"%": "0.0", "ratio": "0.00"}


def shown_columns(
    table: pd.DataFrame, labels: Mapping[str, str] = texts.LABELS
) -> tuple[SheetColumn, ...]:
    """Give the columns of a table as they are read: what people call things is typeset."""
    read = {name: table[name].map(typeset, na_action="ignore") for name in _READ if name in table}
    return columns_of(table.assign(**read), labels)


def perimeters_sheet(study: Study) -> TableSheet:
    """List every perimeter of the territory, those without an outline and those not studied too."""
    frame = study.territory.perimeters
    studied = frame["code"].isin(list(study.names)) & (
        (frame["type"] != "qpv") | (frame["generation"] == study.generation)
    )
    areas = (frame.geometry.area / 10_000).where(frame.geometry.notna())
    table = pd.DataFrame(
        {
            "code": frame["code"],
            "nom": frame["nom"],
            "type": frame["type"],
            "generation": frame["generation"],
            "studied": np.where(studied, texts.YES, texts.NO),
            "communes_names": [
                ", ".join(typeset(study.commune_names[code]) for code in split_list(codes))
                for codes in frame["communes"]
            ],
            "communes": frame["communes"],
            "area_ha": areas,
            "statut_geometrie": frame["statut_geometrie"],
            "precision_m": frame["precision_m"],
            **_everyday_names(frame, study.territory.quartiers),
            "source": frame["source"],
        }
    )
    return TableSheet(texts.PERIMETERS, shown_columns(table), 2)


def _everyday_names(perimeters: pd.DataFrame, quartiers: pd.DataFrame) -> dict[str, list[str]]:
    """List by perimeter the quartiers of everyday speech, and how they are spelt."""
    names: list[str] = []
    spellings: list[str] = []
    for code, generation in zip(perimeters["code"], perimeters["generation"], strict=True):
        same = (quartiers["code"] == code) & (quartiers["generation"] == generation)
        rows = quartiers[same]
        relations = zip(rows["quartier"], rows["relation"], strict=True)
        names.append(", ".join(f"{name} ({relation})" for name, relation in relations))
        cells = [*rows["graphies"], *rows["graphies_groupees"]]
        spelt = dict.fromkeys(spelling for cell in cells for spelling in split_list(cell))
        spellings.append(", ".join(spelt))
    return {"names": names, "spellings": spellings}


def coverage_sheets(study: Study) -> tuple[TableSheet, TableSheet]:
    """Part the coverage: what is of all types in one wide sheet, each type in rows of another."""
    coverage = pd.DataFrame(study.coverage.drop(columns="geometry"))
    types = sorted(study.things("equipment").table["type"].unique())
    columns = {kind: _columns_of_type(kind, study.within) for kind in types}
    of_types = {name for names in columns.values() for name in names}
    elsewhere = {*of_types, "source"}  # that of the outline makes every row high
    general = coverage[[name for name in coverage if name not in elsewhere]]
    identity = coverage[["level", "code", "nom"]]
    parts = [
        pd.concat(
            [identity.assign(equipment_type=kind), coverage[list(names)].rename(columns=names)],
            axis=1,
        )
        for kind, names in columns.items()
    ]
    wanted = [*identity, "equipment_type", *_columns_of_type("", study.within).values()]
    long = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=wanted)
    return (
        TableSheet(texts.COVERAGE, shown_columns(general), 3),
        TableSheet(texts.COVERAGE_BY_TYPE, shown_columns(long), 3),
    )


def _columns_of_type(kind: str, within: tuple[float, ...]) -> dict[str, str]:
    """Give the columns of one type in the coverage, and their names in rows of a type each."""
    distances = [within_basis(distance) for distance in within]
    counts = [f"{basis}_{what}" for basis in ("inside", *distances) for what in _COUNTS]
    shares = [f"reached_{basis}_share" for basis in distances]
    every = [*counts, "distance_median_m", "distance_p90_m", *shares]
    return {f"{equipment_prefix(kind)}_{what}": f"{ALL_PREFIX}_{what}" for what in every}


def quartiers_sheet(study: Study) -> TableSheet:
    """List the quartiers of everyday speech, each with what reaches it."""
    table = pd.DataFrame(study.quartiers.drop(columns="geometry"))
    return TableSheet(texts.QUARTIERS, shown_columns(table), 1)


def matrix_sheet(study: Study) -> TableSheet:
    """Put the actions into rows and the perimeters into columns, with the bases in the cells."""
    actions = study.territory.actions
    marks = _marks(study)
    head = actions[list(_ACTION_HEAD)].assign(
        place=_places(study), unknown_names=_unknown_names(study)
    )
    cells = tuple(
        SheetColumn(typeset(name), [marks.get((thing, code), "") for thing in actions["id"]])
        for code, name in study.names.items()
    )
    table, own = _parted(actions, schemas.ACTIONS)
    rest = table.drop(columns=[*_ACTION_HEAD, "position_error_m"])
    tail = rest.rename(columns={"source": "things_source"})
    narrow = shown_columns(pd.DataFrame(head))
    columns = (
        *(replace(column, widest=_NARROW) for column in narrow),
        *cells,
        *shown_columns(tail),
        *own,
    )
    return TableSheet(texts.MATRIX, columns, 2)


def _parted(
    things: gpd.GeoDataFrame, schema: tuple[schemas.Column, ...]
) -> tuple[pd.DataFrame, tuple[SheetColumn, ...]]:
    """Part the columns that the program knows from the territory's own, whatever their names."""
    known = [column.name for column in schema]
    own = pd.DataFrame(things.drop(columns=[*known, "position_error_m", "geometry"]))
    kept = own.rename(columns=lambda name: f"own {name}")
    labels = {f"own {name}": str(name) for name in own}
    return pd.DataFrame(things[[*known, "position_error_m"]]), columns_of(kept, labels)


def _marks(study: Study) -> dict[tuple[str, str], str]:
    """Write in which ways each action reaches each perimeter, by id and code."""
    marks: dict[tuple[str, str], dict[str, None]] = {}
    ways = study.ways("action")
    columns = (ways[name] for name in ("id", "code", "basis", "within_m", "certain"))
    for thing, code, basis, within_m, certain in zip(*columns, strict=True):
        said = marks.setdefault((thing, code), {})
        # What is perhaps inside is perhaps near as well: that is said only where it is certain.
        if certain or basis != "within" or texts.PERHAPS_INSIDE not in said:
            said[texts.mark(basis, within_m, certain=certain)] = None
    return {key: ", ".join(said) for key, said in marks.items()}


def _places(study: Study) -> list[str]:
    """Say of each action whether its place is known."""
    actions = study.things("action")
    outside = stated_outside(actions.table, study.territory.communes)
    return [
        texts.PLACED if placed else texts.OUTSIDE if beyond else texts.UNPLACED
        for placed, beyond in zip(actions.placed, outside, strict=True)
    ]


def _unknown_names(study: Study) -> list[str]:
    """List by action the names that it cites and that stand for no quartier."""
    doubtful = doubtful_names(study.linking("action").links)
    rows = doubtful[doubtful["code"].isna()]
    cited = rows.groupby("id")["cited"].agg(lambda names: ", ".join(dict.fromkeys(names)))
    return [cited.get(thing, "") for thing in study.things("action").table["id"]]


def equipment_sheet(study: Study) -> TableSheet:
    """List every place, with the perimeters that it reaches on each basis."""
    equipment = study.territory.equipment
    table, own = _parted(equipment, schemas.EQUIPMENT)
    table = table.rename(columns={"type": "equipment_type", "source": "things_source"})
    table = table.assign(
        commune=table["code_insee"].map(study.commune_names).map(typeset, "ignore")
    )
    near, labels = _reached(study)
    head = [*_EQUIPMENT_HEAD, *near]
    table = table.assign(**near)
    table = table[[*head, *(name for name in table if name not in head)]]
    columns = shown_columns(table, {**texts.LABELS, **labels})
    return TableSheet(texts.EQUIPMENT, (*columns, *own), 2)


def _reached(study: Study) -> tuple[dict[str, list[str]], dict[str, str]]:
    """List by place the perimeters that it reaches, in a column for each basis, with its header."""
    links = reached(study.linking("equipment").links)
    near = {within_basis(distance): texts.reached_within(distance) for distance in study.within}
    columns = {
        f"reached_{basis}": _listed(links[links["certain"] & (links["basis"] == basis)], study)
        for basis in (*_BASES, *near)
    }
    perhaps = _listed(links[~links["certain"] & (links["basis"] == "inside")], study)
    columns["maybe_inside"] = [
        open_to or names for open_to, names in zip(_nowhere(study), perhaps, strict=True)
    ]
    return columns, {f"reached_{basis}": label for basis, label in near.items()}


def _listed(links: pd.DataFrame, study: Study) -> list[str]:
    called = links["code"].map(study.names).map(typeset)
    names = called.groupby(links["id"]).agg(lambda group: ", ".join(dict.fromkeys(group)))
    return [names.get(thing, "") for thing in study.things("equipment").table["id"]]


def _nowhere(study: Study) -> list[str]:
    """Say of what has no place where it may be; nothing of what has one."""
    things = study.things("equipment")
    outside = stated_outside(things.table, study.territory.communes)
    rows = zip(things.placed, outside, things.table["code_insee"].notna(), strict=True)
    return [
        ""
        if placed
        else texts.OUTSIDE
        if beyond
        else texts.ALL_OF_COMMUNE
        if stated
        else texts.ALL_ZONES
        for placed, beyond, stated in rows
    ]


def links_sheet(study: Study) -> TableSheet:
    """List the links of actions and of équipements, one row each."""
    table = study.links
    reasons = table["reason"].map(texts.in_french, na_action="ignore")
    order = [*_LINK_HEAD, *(name for name in table if name not in _LINK_HEAD)]
    return TableSheet(texts.LINKS, shown_columns(table.assign(reason=reasons)[order]), 3)


def indicators_sheet(study: Study) -> TableSheet:
    """List the published figures, then those that the contract announces itself."""
    territory = study.territory
    called = {
        **study.commune_names,
        **dict(zip(territory.perimeters["code"], territory.perimeters["nom"], strict=True)),
    }
    published = territory.indicators
    published = published.assign(
        origin=texts.INDICATOR,
        territoire=published["code"].map(called),
        statut=published["statut"].replace(texts.FIGURE_STATUSES),
    )
    announced = territory.key_figures.rename(columns={"chiffre": "libelle", "periode": "millesime"})
    announced = announced.assign(origin=texts.KEY_FIGURE, statut=texts.KEY_FIGURE_STATUS)
    parts = [frame.reindex(columns=list(_FIGURES)) for frame in (published, announced)]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.rename(columns={"source": "things_source"})
    columns = shown_columns(table.drop(columns="valeur"))
    formats = [
        _value_format(unit, value)
        for unit, value in zip(table["unite"], table["valeur"], strict=True)
    ]
    (values,) = columns_of(table[["valeur"]].astype("float64"), texts.LABELS)
    place = _FIGURES.index("valeur")
    value = replace(values, number_format=formats)
    return TableSheet(texts.INDICATORS, (*columns[:place], value, *columns[place:]), 3)


def _value_format(unit: object, value: float) -> str:
    """Choose how a figure is shown: a count whole, another as its unit wants it."""
    if unit in _VALUE_FORMATS:
        return _VALUE_FORMATS[str(unit)]
    return "#,##0.0" if unit != "euros" and value % 1 else WHOLE


def priorities_sheet(study: Study) -> TableSheet:
    """List the themes that each everyday quartier has ranked."""
    table = study.territory.priorites
    ranks = pd.to_numeric(table["rang"], errors="coerce")
    whole = table.assign(rang=ranks) if ranks.notna().all() else table
    return TableSheet(texts.PRIORITIES, shown_columns(whole), 2)


def accounts_sheet(study: Study) -> TableSheet:
    """List the strengths and weaknesses that the documents see."""
    table = study.territory.constats.rename(columns={"source": "things_source"})
    return TableSheet(texts.ACCOUNTS, shown_columns(table), 2)


def unlocated_sheet(study: Study) -> TableSheet:
    """List what has no usable position, with the reason."""
    parts = [_unlocated(kind, study) for kind in KINDS]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return TableSheet(texts.UNLOCATED, shown_columns(table), 3)


def _unlocated(kind: ThingKind, study: Study) -> pd.DataFrame:
    things = study.things(kind)
    rows = unlocated_rows(things, study.linking(kind).outcomes)
    known = [column.name for column in _SCHEMAS[kind]]
    rows = rows[[*known, REASON]].rename(
        columns={
            "intitule": "name",
            "nom": "name",
            "type": "equipment_type",
            "quartier_cite": "territoires_cites",
            "source": "things_source",
        }
    )
    commune = rows["code_insee"].map(study.commune_names) if "code_insee" in rows else None
    return rows.assign(kind=kind, commune=commune).reindex(columns=list(_UNLOCATED))
