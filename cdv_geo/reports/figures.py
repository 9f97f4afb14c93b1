"""What is known of a perimeter in figures: its identity, its population, its gaps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from cdv_geo import vocabulary
from cdv_geo.cartography.texts import capitalised, written
from cdv_geo.reports import texts
from cdv_geo.reports.document import KeyFigure, KeyFigures, Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from cdv_geo.reports.survey import Survey

_IDENTITY_SHARES: Final = (0.34, 0.66)
_GAP_SHARES: Final = (0.24, 0.16, 0.11, 0.16, 0.09, 0.24)
_COMMUNE_SHARES: Final = (0.45, 0.25, 0.15, 0.15)
WITHHELD: Final = "secret_ou_absent"


def identity(survey: Survey, code: str) -> Table:
    """Say what the perimeter is, how exact its outline is, and where that comes from."""
    row, measured = survey.perimeters.loc[code], survey.coverage.loc[code]
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
    row = survey.perimeters.loc[code]
    if row["type"] == "qpv":
        return str(row["generation"])
    return survey.territory.veille_active_list or texts.NOT_KNOWN


def key_figures(survey: Survey, code: str) -> KeyFigures:
    """Put the published population first, then what the cells allow to estimate."""
    measured = survey.coverage.loc[code]
    published, residents = float(measured["population"]), float(measured["cell_residents"])
    income = float(measured["cell_mean_standard_of_living"])
    population = KeyFigure(
        vocabulary.format_number(published),
        texts.PUBLISHED,
        texts.NOT_KNOWN if math.isnan(published) else str(measured["population_vintage"]),
    )
    estimate = KeyFigure(
        vocabulary.format_number(residents),
        texts.ESTIMATED,
        texts.NOT_COVERED
        if math.isnan(residents)
        else texts.estimated_share(float(measured["cell_share_of_population"])),
    )
    living = KeyFigure(
        texts.NOT_KNOWN if math.isnan(income) else vocabulary.format_euros(income),
        texts.STANDARD_OF_LIVING,
        texts.imputed_share(float(measured["cell_imputed_share"])),
    )
    return KeyFigures((population, estimate, living, *_first_rate(survey, code)))


def _first_rate(survey: Survey, code: str) -> list[KeyFigure]:
    """Give the first share that can be compared with the commune's, the poverty rate as a rule."""
    rates = survey.gaps(code).query("nature == 'part'")
    if rates.empty:
        return []
    order = list(survey.territory.concordances["indicateur_perimetre"])
    first = rates.loc[min(rates.index, key=lambda at: order.index(rates.loc[at, "indicateur"]))]
    gap = texts.gap_said("part", float(first["gap"]))
    return [
        KeyFigure(
            written(float(first["valeur"]), first["unite"]),
            vocabulary.typeset(first["libelle"]),
            texts.from_commune(first["vintage"], gap, first["commune_vintage"]),
        )
    ]


def gap_table(survey: Survey, code: str) -> Table | None:
    """List every published figure beside that of the commune, with what sets them apart."""
    gaps = survey.gaps(code)
    if gaps.empty:
        return None
    ordered = gaps.assign(plain=gaps["nature"].isna()).sort_values(
        ["plain", "libelle"], kind="stable"
    )
    counts = len(survey.communes_of(code)), len(survey.territory.communes)
    rows = tuple(_gap_row(row, *counts) for row in ordered.to_dict("records"))
    sources = " ; ".join(dict.fromkeys(ordered["source"]))
    return Table(texts.sourced(sources), texts.GAP_HEADERS, rows, _GAP_SHARES, (1, 3, 5))


def _gap_row(row: Mapping[Hashable, Any], communes: int, all_: int) -> tuple[str, ...]:
    own = (_name(row), _value(row, row["valeur"]), texts.year_said(row["vintage"]))
    if not isinstance(row["nature"], str):
        return (*own, vocabulary.EMPTY_CELL, vocabulary.EMPTY_CELL, texts.NOT_COMPARABLE)
    if row["nature"] == "effectif":
        said = texts.makes_up(row["gap"], row["contract_share"], communes, all_)
    else:
        said = texts.gap_said(row["nature"], row["gap"])
    beside = written(row["commune_value"], row["unite"])
    return (*own, beside, texts.year_said(row["commune_vintage"]), said)


def commune_table(survey: Survey, code: str) -> Table | None:
    """List the published figures of the communes of a perimeter, for want of its own."""
    communes = survey.communes_of(code)
    latest = survey.latest
    rows = latest[latest["code"].isin(communes)].sort_values(["code", "libelle"], kind="stable")
    if rows.empty:
        return None
    cells = tuple(
        (
            _name(row),
            survey.commune_names[row["code"]],
            _value(row, row["valeur"]),
            texts.year_said(row["vintage"]),
        )
        for row in rows.to_dict("records")
    )
    caption = texts.sourced(" ; ".join(dict.fromkeys(rows["source"])))
    return Table(caption, texts.COMMUNE_HEADERS, cells, _COMMUNE_SHARES, (2, 3))


def _name(row: Mapping[Hashable, Any]) -> str:
    return vocabulary.typeset(capitalised(row["libelle"]))


def _value(row: Mapping[Hashable, Any], value: float) -> str:
    """Write a figure; where there is none, say whether it is withheld."""
    if math.isnan(value):
        return texts.WITHHELD if row["statut"] == WITHHELD else texts.NOT_KNOWN
    return written(value, row["unite"])
