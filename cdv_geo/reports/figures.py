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
    from cdv_geo.reports.survey import Survey

_IDENTITY_SHARES: Final = (0.34, 0.66)
_GAP_SHARES: Final = (0.24, 0.16, 0.11, 0.16, 0.09, 0.24)
_COMMUNE_SHARES: Final = (0.6, 0.2, 0.2)
WITHHELD: Final = "secret_ou_absent"


def identity(survey: Survey, code: str) -> Table:
    """Say what the perimeter is, how exact its outline is, and where that comes from."""
    row, measured = survey.perimeter(code), survey.measured(code)
    communes = [survey.commune_names[commune] for commune in survey.communes_of(code)]
    names = list(survey.quartiers_of(code).itertuples(index=False, name=None))
    area = float(measured["area_ha"])
    rows = {
        texts.CODE: code,
        texts.TYPE: vocabulary.KIND_LABELS[row["type"]],
        texts.GENERATION if row["type"] == "qpv" else texts.LIST: _listing(survey, code),
        texts.commune_heading(len(communes)): ", ".join(communes),
        texts.EVERYDAY_NAMES: texts.everyday_names(names) or vocabulary.EMPTY_CELL,
        texts.AREA: texts.NOT_KNOWN if math.isnan(area) else vocabulary.format_hectares(area),
        texts.OUTLINE: texts.outline_said(row["statut_geometrie"], float(row["precision_m"])),
        texts.SOURCE: row["source"],
    }
    pairs = tuple((label, vocabulary.typeset(text)) for label, text in rows.items())
    return Table("", texts.IDENTITY_HEADERS, pairs, _IDENTITY_SHARES)


def _listing(survey: Survey, code: str) -> str:
    """Give the generation of a QPV, and for veille active the list it stands on."""
    row = survey.perimeter(code)
    if row["type"] == "qpv":
        return str(row["generation"])
    return survey.territory.veille_active_list or texts.NOT_KNOWN


def key_figures(survey: Survey, code: str) -> KeyFigures:
    """Put the published population first, then what the cells allow to estimate."""
    measured = survey.measured(code)
    residents = float(measured["cell_residents"])
    income = float(measured["cell_mean_standard_of_living"])
    grid = texts.producer(survey.territory.sources.get("population", ""))
    estimate = KeyFigure(
        vocabulary.format_number(residents),
        texts.ESTIMATED,
        texts.NOT_COVERED
        if math.isnan(residents)
        else texts.estimated(
            texts.estimated_share(float(measured["cell_share_of_population"])), grid
        ),
    )
    living = KeyFigure(
        texts.NOT_KNOWN if math.isnan(income) else vocabulary.format_euros(income),
        texts.STANDARD_OF_LIVING,
        texts.estimated(texts.imputed_share(float(measured["cell_imputed_share"])), ""),
    )
    return KeyFigures(
        (published_population(survey, code), estimate, living, *_first_rate(survey, code))
    )


def published_population(survey: Survey, code: str) -> KeyFigure:
    """Give the published population with its year and its source."""
    measured = survey.measured(code)
    published = float(measured["population"])
    if math.isnan(published):
        return KeyFigure(texts.NOT_KNOWN, texts.PUBLISHED)
    note = texts.dated(measured["population_vintage"], measured["population_source"])
    return KeyFigure(vocabulary.format_number(published), texts.PUBLISHED, note)


def _first_rate(survey: Survey, code: str) -> list[KeyFigure]:
    """Give the first share that can be compared with the commune's, the poverty rate as a rule."""
    rates = survey.gaps(code).query("nature == 'part'")
    if rates.empty:
        return []
    order = list(survey.territory.concordances["indicateur_perimetre"])
    first = rates.loc[min(rates.index, key=lambda at: order.index(rates.loc[at, "indicateur"]))]
    commune = written(float(first["commune_value"]), first["unite"])
    return [
        KeyFigure(
            written(float(first["valeur"]), first["unite"]),
            vocabulary.typeset(first["libelle"]),
            texts.beside_commune(first["vintage"], commune, first["commune_vintage"]),
        )
    ]


def published(survey: Survey, code: str) -> list[Block]:
    """Put every published figure beside that of the commune, those without one in a list."""
    if not (survey.latest["code"] == code).any():
        return []
    gaps = survey.gaps(code)
    order = gaps["libelle"].map(normalise)
    ordered = gaps.assign(order=order).sort_values("order", kind="stable")
    comparable = ordered["nature"].notna()
    blocks = [_gap_table(survey, code, ordered[comparable])] if comparable.any() else []
    return [*blocks, *_others(ordered[~comparable])]


def _gap_table(survey: Survey, code: str, gaps: pd.DataFrame) -> Table:
    counts = len(survey.communes_of(code)), len(survey.territory.communes)
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


def commune_figures(survey: Survey, commune: str) -> list[Block]:
    """List the published figures of a commune, for want of those of a quartier."""
    rows = survey.latest[survey.latest["code"] == commune]
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
        return texts.WITHHELD if row["statut"] == WITHHELD else texts.NOT_KNOWN
    return written(value, row["unite"])
