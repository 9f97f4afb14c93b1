"""The workbook of a territory: all that is known of it, for services that filter and sort.

Every sheet is one table below one header, so that filters, other programs and screen readers find
their way; the first explains the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.analysis.sighting import sorted_distances
from cdv_geo.analysis.things import Things
from cdv_geo.io.workbooks import Column, Sheet
from cdv_geo.reports import sheets as tables
from cdv_geo.reports import workbook_texts as texts
from cdv_geo.reports.anomalies import anomalies_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.reports.sheets import Answers, Kind
    from cdv_geo.territory import Territory

_WIDEST: Final = 110  # characters: the first sheet is read, not filtered
_Row = tuple[str, str, str, float | None]


def report_sheets(
    territory: Territory,
    *,
    generation: int | None = None,
    within: float | Sequence[float] = (300, 500),
) -> tuple[Sheet, ...]:
    """Give the sheets of the workbook of a territory, the one that explains them first.

    Parameters
    ----------
    territory
        Loaded tables.
    generation
        Of the QPV that are studied; the territory's own where not given.
    within
        Distances that count as near, metres, as the crow flies.
    """
    chosen = territory.generation(generation)
    answers = tables.Answers(territory, chosen, tuple(sorted_distances(within)))
    coverage, by_type = tables.coverage_sheets(answers)
    others = (
        tables.perimeters_sheet(answers),
        coverage,
        by_type,
        tables.matrix_sheet(answers),
        tables.equipment_sheet(answers),
        tables.links_sheet(answers),
        tables.indicators_sheet(answers),
        tables.priorities_sheet(answers),
        tables.accounts_sheet(answers),
        tables.unlocated_sheet(answers),
        anomalies_sheet(answers),
    )
    return (_readme(answers, others), *others)


def _readme(answers: Answers, others: Sequence[Sheet]) -> Sheet:
    territory = answers.territory
    known = texts.about(
        name=territory.name,
        edition=territory.edition,
        generation=answers.generation,
        within=answers.within,
        veille_active=territory.veille_active_list,
    )
    rows: list[_Row] = [
        *((texts.ABOUT, subject, text, None) for subject, text in known),
        *((texts.SHEETS, s.name, texts.contents(s.name), float(len(s))) for s in others),
        *((heading, subject, text, None) for heading, subject, text in texts.how_to_read()),
        *_counts(answers),
        *_objectifs(territory),
        *(
            (texts.SOURCES, texts.source_subject(layer), source, None)
            for layer, source in territory.sources.items()
        ),
    ]
    *cells, counts = zip(*rows, strict=True)
    *headers, last = texts.README_HEADERS
    columns = [Column(h, c, widest=_WIDEST) for h, c in zip(headers, cells, strict=True)]
    columns.append(Column(last, counts, figures=True))
    return Sheet(texts.README, tuple(columns), 2)


def _objectifs(territory: Territory) -> list[_Row]:
    table = territory.objectifs
    columns = (table[name].tolist() for name in ("objectif", "titre", "axe", "titre_axe"))
    return [
        (texts.OBJECTIFS, number, texts.objectif_text(title, axis, axis_title), None)
        for number, title, axis, axis_title in zip(*columns, strict=True)
    ]


def _counts(answers: Answers) -> list[_Row]:
    """Say what became of the rows of every file, and how many things have a position."""
    rows: list[_Row] = []
    kinds: tuple[tuple[Kind, str], ...] = (
        ("action", texts.LAYERS["actions"]),
        ("equipment", texts.EQUIPMENT),
    )
    for kind, name in kinds:
        placed = Things.of(answers.things(kind)).placed
        text = texts.placed_counts(int(placed.sum()), int((~placed).sum()))
        rows.append((texts.COUNTS, name, text, float(len(placed))))
    for checked in answers.territory.checked:
        counts = checked.counts()
        text = texts.file_counts(counts)
        rows.append((texts.COUNTS, checked.path.name, text, float(counts["input"])))
    return rows
