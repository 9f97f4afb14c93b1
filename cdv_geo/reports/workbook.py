"""The workbook of a territory: all that is known of it, for services that filter and sort.

Every sheet is one table below one header, so that filters, other programs and screen readers find
their way; the first explains the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.analysis.counting import KINDS
from cdv_geo.file_names import name_as_text
from cdv_geo.french import shared_texts
from cdv_geo.french import workbook_texts as texts
from cdv_geo.french.counts_in_words import count_said
from cdv_geo.french.table_labels import THING_NAMES
from cdv_geo.io.writing.workbook_writing import SheetColumn, TableSheet
from cdv_geo.reports import workbook_sheets as tables
from cdv_geo.reports.anomalies import anomalies_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.study import Study
    from cdv_geo.territory import Territory

_WIDEST: Final = 110  # characters: the first sheet is read, not filtered
_Row = tuple[str, str, str, float | None]


def report_sheets(study: Study) -> tuple[TableSheet, ...]:
    """Give the sheets of the workbook of a territory, the one that explains them first."""
    coverage, by_type = tables.coverage_sheets(study)
    others = (
        tables.perimeters_sheet(study),
        coverage,
        by_type,
        tables.quartiers_sheet(study),
        tables.matrix_sheet(study),
        tables.equipment_sheet(study),
        tables.links_sheet(study),
        tables.indicators_sheet(study),
        tables.priorities_sheet(study),
        tables.accounts_sheet(study),
        tables.unlocated_sheet(study),
        anomalies_sheet(study),
    )
    return (_readme(study, others), *others)


def _readme(study: Study, others: Sequence[TableSheet]) -> TableSheet:
    territory = study.territory
    known = texts.about(
        name=territory.name,
        edition=territory.edition,
        generation=study.generation,
        within=study.within,
        veille_active=territory.veille_active_list,
    )
    rows: list[_Row] = [
        *((texts.ABOUT, subject, text, None) for subject, text in known),
        *((texts.SHEETS, s.name, texts.contents(s.name), float(len(s))) for s in others),
        *((heading, subject, text, None) for heading, subject, text in texts.how_to_read()),
        *_counts(study),
        *_objectifs(territory),
        *(
            (shared_texts.SOURCES, texts.source_subject(layer), source, None)
            for layer, source in territory.sources.items()
        ),
    ]
    *cells, counts = zip(*rows, strict=True)
    *headers, last = texts.README_HEADERS
    columns = [SheetColumn(h, c, widest=_WIDEST) for h, c in zip(headers, cells, strict=True)]
    columns.append(SheetColumn(last, counts, figures=True))
    return TableSheet(texts.README, tuple(columns), 2)


def _objectifs(territory: Territory) -> list[_Row]:
    table = territory.objectifs
    columns = (table[name].tolist() for name in ("objectif", "titre", "axe", "titre_axe"))
    return [
        (texts.OBJECTIFS, number, texts.objectif_text(title, axis, axis_title), None)
        for number, title, axis, axis_title in zip(*columns, strict=True)
    ]


def _counts(study: Study) -> list[_Row]:
    """Say what became of the rows of every file, and how many things have a position."""
    rows: list[_Row] = []
    for kind in KINDS:
        known = study.known(kind)
        placed = int(study.things(kind).placed.sum())
        text = count_said(known) if known.unknown else texts.placed_counts(known.certain, placed)
        rows.append(
            (texts.COUNTS, THING_NAMES[kind], text, None if known.unknown else float(known.certain))
        )
    for checked in study.territory.checked:
        counts = checked.counts()
        text = texts.file_counts(counts)
        rows.append((texts.COUNTS, name_as_text(checked.path.name), text, float(counts["input"])))
    return rows
