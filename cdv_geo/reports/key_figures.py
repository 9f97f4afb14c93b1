"""What is known of a perimeter in figures: its identity, its population, its gaps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.french import fiche_texts, shared_texts, table_labels, typography
from cdv_geo.french.table_labels import TABLE_NAMES, heading_of
from cdv_geo.french.typography import capitalised, figure_said
from cdv_geo.gazetteer import normalise
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
    listing = heading_of("generation") if row["type"] == "qpv" else fiche_texts.LIST
    rows = {
        heading_of("code"): code,
        heading_of("type"): table_labels.KIND_LABELS[row["type"]],
        listing: _listing(study, code),
        fiche_texts.commune_heading(len(communes)): ", ".join(communes),
        TABLE_NAMES["quartiers"]: fiche_texts.everyday_names(names) or typography.EMPTY_CELL,
        shared_texts.AREA: typography.NO_FIGURE
        if math.isnan(area)
        else typography.format_hectares(area),
        shared_texts.OUTLINE: fiche_texts.outline_said(
            row["statut_geometrie"], float(row["precision_m"])
        ),
        shared_texts.SOURCE: row["source"],
    }
    pairs = tuple((label, typography.typeset(text)) for label, text in rows.items())
    return Table("", fiche_texts.IDENTITY_HEADERS, pairs, _IDENTITY_SHARES)


def _listing(study: Study, code: str) -> str:
    """Give the generation of a QPV, and for veille active the list it stands on."""
    row = study.perimeter(code)
    if row["type"] == "qpv":
        return str(row["generation"])
    return study.territory.veille_active_list or typography.NO_FIGURE


def key_figures(study: Study, code: str) -> KeyFigures:
    """Put the published population first, then what the cells allow to estimate."""
    measured = study.measured(code)
    residents = float(measured["cell_residents"])
    income = float(measured["cell_mean_standard_of_living"])
    grid = fiche_texts.producer(study.territory.sources.get("population", ""))
    estimate = KeyFigure(
        typography.format_number(residents),
        shared_texts.ESTIMATED_RESIDENTS,
        fiche_texts.GRID_MISSING
        if not study.territory.population.is_known
        else fiche_texts.NOT_COVERED
        if math.isnan(residents)
        else fiche_texts.estimated(
            fiche_texts.estimated_share(float(measured["cell_share_of_population"])), grid
        ),
    )
    living = KeyFigure(
        typography.NO_FIGURE if math.isnan(income) else typography.format_euros(income),
        fiche_texts.STANDARD_OF_LIVING,
        fiche_texts.estimated(fiche_texts.imputed_share(float(measured["cell_imputed_share"])), ""),
    )
    return KeyFigures((population_figure(study, code), estimate, living, *_first_rate(study, code)))


def population_figure(study: Study, code: str) -> KeyFigure:
    """Give the published population with its year and its source."""
    measured = study.measured(code)
    published = float(measured["population"])
    if math.isnan(published):
        return KeyFigure(typography.NO_FIGURE, fiche_texts.PUBLISHED)
    note = fiche_texts.dated(measured["population_vintage"], measured["population_source"])
    return KeyFigure(typography.format_number(published), fiche_texts.PUBLISHED, note)


def _first_rate(study: Study, code: str) -> list[KeyFigure]:
    """Give the first share that can be compared with the commune's, the poverty rate as a rule."""
    rates = study.gaps(code).query("nature == 'part'")
    if rates.empty:
        return []
    order = list(study.territory.concordances["indicateur_perimetre"])
    first = rates.loc[min(rates.index, key=lambda at: order.index(rates.loc[at, "indicateur"]))]
    commune = figure_said(float(first["commune_value"]), first["unite"])
    return [
        KeyFigure(
            figure_said(float(first["valeur"]), first["unite"]),
            typography.typeset(first["libelle"]),
            fiche_texts.beside_commune(first["vintage"], commune, first["commune_vintage"]),
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
    return Table(
        fiche_texts.sourced(sources), fiche_texts.GAP_HEADERS, rows, _GAP_SHARES, (1, 3, 5)
    )


def _gap_row(row: Mapping[Hashable, Any], communes: int, all_: int) -> tuple[str, ...]:
    if row["nature"] == "effectif":
        said = fiche_texts.makes_up(row["gap"], row["contract_share"], communes, all_)
    else:
        said = fiche_texts.gap_said(row["nature"], row["gap"])
    vintages = row["vintage"], row["commune_vintage"]
    if len({*vintages, row["contract_vintage"] or vintages[1]}) > 1:
        said = fiche_texts.other_vintages(said)
    own, beside = map(fiche_texts.year_said, vintages)
    value = figure_said(row["commune_value"], row["unite"])
    return (_name(row), _value(row, row["valeur"]), own, value, beside, said)


def _others(figures: pd.DataFrame) -> list[Block]:
    """List the figures that nothing of the commune can be held against."""
    if figures.empty:
        return []
    vintages = set(figures["vintage"])
    items = tuple(
        fiche_texts.figure_listed(
            _name(row), _value(row, row["valeur"]), row["vintage"] if len(vintages) > 1 else None
        )
        for row in figures.to_dict("records")
    )
    sources = fiche_texts.sourced(" ; ".join(dict.fromkeys(figures["source"])))
    return [Items(items, fiche_texts.not_comparable_heading(vintages)), Text(sources, "note")]


def commune_figures(study: Study, commune: str) -> list[Block]:
    """List the published figures of a commune, for want of those of a quartier."""
    rows = study.latest[study.latest["code"] == commune]
    if rows.empty:
        return []
    order = rows["libelle"].map(normalise)
    ordered = rows.assign(order=order).sort_values("order", kind="stable")
    cells = tuple(
        (_name(row), _value(row, row["valeur"]), fiche_texts.year_said(row["vintage"]))
        for row in ordered.to_dict("records")
    )
    caption = fiche_texts.sourced(" ; ".join(dict.fromkeys(ordered["source"])))
    return [Table(caption, fiche_texts.COMMUNE_HEADERS, cells, _COMMUNE_SHARES, (1, 2))]


def _name(row: Mapping[Hashable, Any]) -> str:
    return typography.typeset(capitalised(row["libelle"]))


def _value(row: Mapping[Hashable, Any], value: float) -> str:
    """Write a figure; where there is none, say whether it is withheld."""
    if math.isnan(value):
        return fiche_texts.WITHHELD if row["statut"] == WITHHELD else typography.NO_FIGURE
    return figure_said(value, row["unite"])
