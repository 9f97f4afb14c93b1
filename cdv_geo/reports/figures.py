"""What is known of a perimeter in figures: its identity, its population, its gaps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from cdv_geo import vocabulary
from cdv_geo.cartography.texts import capitalised, written
from cdv_geo.names import normalise
from cdv_geo.reports import texts
from cdv_geo.reports.document import Items, KeyFigure, KeyFigures, Table, Text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from cdv_geo.reports.document import Block
    from cdv_geo.study import Study

_IDENTITY_SHARES: Final = (0.34, 0.66)
_GAP_SHARES: Final = (0.24, 0.16, 0.11, 0.16, 0.09, 0.24)
_COMMUNE_SHARES: Final = (0.6, 0.2, 0.2)
WITHHELD: Final = "secret_ou_absent"


def identity(study: Study, code: str) -> Table:
    """Say what the perimeter is, how exact its outline is, and where that comes from."""
    row, measured = study.perimeter(code), study.measured(code)
    communes = [study.commune_names[commune] for commune in study.communes_of(code)]
    names = list(study.quartiers_of(code).itertuples(index=False, name=None))
    area = float(measured["area_ha"])
    rows = {
        texts.CODE: code,
        texts.TYPE: vocabulary.KIND_LABELS[row["type"]],
        texts.GENERATION if row["type"] == "qpv" else texts.LIST: _listing(study, code),
        texts.commune_heading(len(communes)): ", ".join(communes),
        texts.EVERYDAY_NAMES: texts.everyday_names(names) or vocabulary.EMPTY_CELL,
        texts.AREA: vocabulary.NOT_KNOWN if math.isnan(area) else vocabulary.format_hectares(area),
        texts.OUTLINE: texts.outline_said(row["statut_geometrie"], float(row["precision_m"])),
        texts.SOURCE: row["source"],
    }
    pairs = tuple((label, vocabulary.typeset(text)) for label, text in rows.items())
    return Table("", texts.IDENTITY_HEADERS, pairs, _IDENTITY_SHARES)


def _listing(study: Study, code: str) -> str:
    """Give the generation of a QPV, and for veille active the list it stands on."""
    row = study.perimeter(code)
    if row["type"] == "qpv":
        return str(row["generation"])
    return study.territory.veille_active_list or vocabulary.NOT_KNOWN


def key_figures(study: Study, code: str) -> KeyFigures:
    """Put the published population first, then what the cells allow to estimate."""
    measured = study.measured(code)
    residents = float(measured["cell_residents"])
    income = float(measured["cell_mean_standard_of_living"])
    grid = texts.producer(study.territory.sources.get("population", ""))
    estimate = KeyFigure(
        vocabulary.format_number(residents),
        texts.ESTIMATED,
        texts.GRID_MISSING
        if not study.territory.population.is_known
        else texts.NOT_COVERED
        if math.isnan(residents)
        else texts.estimated(
            texts.estimated_share(float(measured["cell_share_of_population"])), grid
        ),
    )
    living = KeyFigure(
        vocabulary.NOT_KNOWN if math.isnan(income) else vocabulary.format_euros(income),
        texts.STANDARD_OF_LIVING,
        texts.estimated(texts.imputed_share(float(measured["cell_imputed_share"])), ""),
    )
    return KeyFigures(
        (published_population(study, code), estimate, living, *_first_rate(study, code))
    )


def published_population(study: Study, code: str) -> KeyFigure:
    """Give the published population with its year and its source."""
    measured = study.measured(code)
    published = float(measured["population"])
    if math.isnan(published):
        return KeyFigure(vocabulary.NOT_KNOWN, texts.PUBLISHED)
    note = texts.dated(measured["population_vintage"], measured["population_source"])
    return KeyFigure(vocabulary.format_number(published), texts.PUBLISHED, note)


def _first_rate(study: Study, code: str) -> list[KeyFigure]:
    """Give the first share that can be compared with the commune's, the poverty rate as a rule."""
    rates = study.gaps(code).query("nature == 'part'")
    if rates.empty:
        return []
    order = list(study.territory.concordances["indicateur_perimetre"])
    first = rates.loc[min(rates.index, key=lambda at: order.index(rates.loc[at, "indicateur"]))]
    commune = written(float(first["commune_value"]), first["unite"])
    return [
        KeyFigure(
            written(float(first["valeur"]), first["unite"]),
            vocabulary.typeset(first["libelle"]),
            texts.beside_commune(first["vintage"], commune, first["commune_vintage"]),
        )
    ]


def published(study: Study, code: str) -> list[Block]:
    """Put every published figure beside that of the commune, those without one in a list."""
    if not (study.latest["code"] == code).any():
        return []
    gaps = study.gaps(code)
    order = gaps["libelle"].map(normalise)
    ordered = gaps.assign(order=order).sort_values("order", kind="stable")
    comparable = ordered["nature"].notna()
    blocks = [_gap_table(study, code, ordered[comparable])] if comparable.any() else []
    return [*blocks, *_others(ordered[~comparable])]


def _gap_table(study: Study, code: str, gaps: pd.DataFrame) -> Table:
    counts = len(study.communes_of(code)), len(study.territory.communes)
    rows = tuple(_gap_row(row, *counts) for row in gaps.to_dict("records"))
    sources = " ; ".join(dict.fromkeys([*gaps["source"], *gaps["commune_source"]]))
    return Table(texts.sourced(sources), texts.GAP_HEADERS, rows, _GAP_SHARES, (1, 3, 5))


def _gap_row(row: Mapping[Hashable, Any], communes: int, all_: int) -> tuple[str, ...]:
    if row["nature"] == "effectif":
        said = texts.makes_up(row["gap"], row["contract_share"], communes, all_)
    else:
        said = texts.gap_said(row["nature"], row["gap"])
    vintages = row["vintage"], row["commune_vintage"]
    if len({*vintages, row["contract_vintage"] or vintages[1]}) > 1:
        said = texts.other_vintages(said)
    own, beside = map(texts.year_said, vintages)
    value = written(row["commune_value"], row["unite"])
    return (_name(row), _value(row, row["valeur"]), own, value, beside, said)


def _others(figures: pd.DataFrame) -> list[Block]:
    """List the figures that nothing of the commune can be held against."""
    if figures.empty:
        return []
    vintages = set(figures["vintage"])
    items = tuple(
        texts.figure_said(
            _name(row), _value(row, row["valeur"]), row["vintage"] if len(vintages) > 1 else None
        )
        for row in figures.to_dict("records")
    )
    sources = texts.sourced(" ; ".join(dict.fromkeys(figures["source"])))
    return [Items(items, texts.not_comparable_heading(vintages)), Text(sources, "note")]


def commune_figures(study: Study, commune: str) -> list[Block]:
    """List the published figures of a commune, for want of those of a quartier."""
    rows = study.latest[study.latest["code"] == commune]
    if rows.empty:
        return []
    order = rows["libelle"].map(normalise)
    ordered = rows.assign(order=order).sort_values("order", kind="stable")
    cells = tuple(
        (_name(row), _value(row, row["valeur"]), texts.year_said(row["vintage"]))
        for row in ordered.to_dict("records")
    )
    caption = texts.sourced(" ; ".join(dict.fromkeys(ordered["source"])))
    return [Table(caption, texts.COMMUNE_HEADERS, cells, _COMMUNE_SHARES, (1, 2))]


def _name(row: Mapping[Hashable, Any]) -> str:
    return vocabulary.typeset(capitalised(row["libelle"]))


def _value(row: Mapping[Hashable, Any], value: float) -> str:
    """Write a figure; where there is none, say whether it is withheld."""
    if math.isnan(value):
        return texts.WITHHELD if row["statut"] == WITHHELD else vocabulary.NOT_KNOWN
    return written(value, row["unite"])
