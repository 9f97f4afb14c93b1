"""What a fiche says in figures: of which year, from whom, and beside what of the commune."""

from __future__ import annotations

import pandas as pd
import pytest
from reports.document_reading import blocks, cells, lines, notes, only, plain
from reports.small_territory import (
    CONCORDANCES,
    INDICATORS,
    TABLES,
    TWO_QUARTIERS,
    WHOLE,
    rows,
)

from cdv_geo.french import fiche_texts
from cdv_geo.french.table_labels import TABLE_NAMES
from cdv_geo.reports import key_figures
from cdv_geo.reports.document import Document, Items, KeyFigures, Section, Table, Text
from cdv_geo.reports.fiche import fiche

from squares import square


def published_in(study):
    """The published figures alone; other tests show that they stand in the fiche."""
    section = Section(fiche_texts.FIGURES, tuple(key_figures.published(study, WHOLE)))
    return Document("", "", (section,))


def test_key_figures_begin_with_the_published_population(study):
    figures = only(fiche(study, WHOLE), TABLE_NAMES["key_figures"], KeyFigures).figures
    assert [(plain(f.value), plain(f.note)) for f in figures] == [
        ("500", "2020 – recensement"),
        ("400", "estimation, 80,0 % de la population publiée – à la main"),
        ("15 000 €", "estimation, 25,0 % des habitants dans des carreaux imputés"),
        ("43,0 %", "2020 ; commune : 41,5 % (2016)"),
    ]
    assert figures[0].label == "habitants (population publiée)"
    assert figures[3].label == "taux de pauvreté"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0,0 %"), (0.0003, "moins de 0,1 %"), (0.0005, "0,1 %"), (0.25, "25,0 %")],
)
def test_a_few_imputed_residents_are_not_none(share, said):
    assert (
        plain(fiche_texts.imputed_share(share)) == f"{said} des habitants dans des carreaux imputés"
    )


def test_gaps_are_told_where_definitions_agree_and_refused_elsewhere(study):
    document = fiche(study, WHOLE)
    table = only(document, fiche_texts.FIGURES, Table)
    assert cells(table) == [
        (
            "Population",
            "500 habitants",
            "2020",
            "5 000 habitants",
            "2021",
            "10,0 % de la commune, 5,0 % des 2 communes (millésimes différents)",
        ),
        (
            "Taux de pauvreté",
            "43,0 %",
            "2020",
            "41,5 %",
            "2016",
            "+ 1,5 point (millésimes différents)",
        ),
    ]
    assert plain(table.caption) == "Source : recensement ; Filosofi ; Filosofi communal."
    others = only(document, fiche_texts.FIGURES, Items)
    assert plain(others.heading) == (
        "Sans chiffre communal comparable : non comparable – millésime 2020"
    )
    assert list(map(plain, others.items)) == ["Allocataires : secret ou absent"]
    assert notes(document, fiche_texts.FIGURES) == ["Source : CAF."]


def test_figures_of_several_vintages_that_cannot_be_compared_bear_each_its_own(study_of):
    more = rows(
        " ".join(INDICATORS.columns),
        (WHOLE, "jeunes_q", "indice de jeunesse", 1.4, "ratio", None, "publie", "SIG Ville"),
    )
    table = pd.concat([INDICATORS, more], ignore_index=True)
    document = published_in(study_of(**(TABLES | {"indicators": table})))
    others = only(document, fiche_texts.FIGURES, Items)
    assert plain(others.heading) == "Sans chiffre communal comparable : non comparable"
    assert list(map(plain, others.items)) == [
        "Allocataires : secret ou absent (2020)",
        "Indice de jeunesse : 1,40 (non précisé)",
    ]
    assert notes(document, fiche_texts.FIGURES) == ["Source : CAF ; SIG Ville."]


@pytest.mark.parametrize(
    ("years", "said"),
    [
        (("2021", "2021", "2021"), "10,0 % de la commune, 5,0 % des 2 communes"),
        (
            ("2021", "2021", "2022"),
            "10,0 % de la commune, 5,0 % des 2 communes (millésimes différents)",
        ),
        (
            ("2020", "2021", "2021"),
            "10,0 % de la commune, 5,0 % des 2 communes (millésimes différents)",
        ),
    ],
)
def test_a_vintage_of_the_contract_that_differs_is_said(study_of, years, said):
    own, aval, amont = years
    table = rows(
        " ".join(INDICATORS.columns),
        (WHOLE, "pop_q", "population", 500, "habitants", own, "publie", "s"),
        ("73001", "pop_c", "population", 5000, "habitants", aval, "publie", "s"),
        ("73002", "pop_c", "population", 5000, "habitants", amont, "publie", "s"),
    )
    document = published_in(study_of(**(TABLES | {"indicators": table})))
    assert cells(only(document, fiche_texts.FIGURES, Table)) == [
        ("Population", "500 habitants", own, "5 000 habitants", aval, said)
    ]


@pytest.mark.parametrize(("unit", "nature"), [("euros", "niveau"), ("ratio", "part")])
def test_levels_of_two_vintages_and_shares_that_are_no_percentage_are_refused(
    study_of, unit, nature
):
    def document_of(year, unit):
        table = rows(
            " ".join(INDICATORS.columns),
            (WHOLE, "a_q", "niveau", 12, unit, "2020", "publie", "s"),
            ("73001", "a_c", "niveau", 16, unit, year, "publie", "s"),
        )
        pairs = rows(" ".join(CONCORDANCES.columns), ("a_q", "a_c", nature, "d", "s"))
        tables = TABLES | {"indicators": table, "concordances": pairs}
        return published_in(study_of(**tables))

    accepted = {"niveau": ("euros", "− 25,0 %"), "part": ("%", "− 4,0 points")}  # 12 beside 16
    good_unit, gap = accepted[nature]
    (row,) = cells(only(document_of("2020", good_unit), fiche_texts.FIGURES, Table))
    assert row[5] == gap
    refused = document_of("2019" if nature == "niveau" else "2020", unit)
    assert [type(block) for block in blocks(refused, fiche_texts.FIGURES)] == [Items, Text]
    assert lines(refused, fiche_texts.FIGURES)[0].startswith("Niveau : 12")


def test_a_perimeter_in_two_communes_is_compared_with_both_or_not_at_all(study_of):
    astride = TWO_QUARTIERS.copy()
    astride["communes"] = ["73001;73002", "73002"]
    document = fiche(study_of(astride, **TABLES), WHOLE)
    table = cells(only(document, fiche_texts.FIGURES, Table))
    assert [(row[0], row[3], row[5]) for row in table] == [
        ("Population", "10 000 habitants", "5,0 % de ses 2 communes (millésimes différents)")
    ]
    assert lines(document, fiche_texts.FIGURES) == [
        "Allocataires : secret ou absent",
        "Taux de pauvreté : 43,0 %",
    ]
    assert notes(document, fiche_texts.FIGURES) == ["Source : CAF ; Filosofi."]
    assert ("Communes", "Aval, Amont") in cells(only(document, fiche_texts.IDENTITY, Table))
    assert len(only(document, TABLE_NAMES["key_figures"], KeyFigures).figures) == 3


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (25.0, "+ 25,0 points"),
        (-3.4, "− 3,4 points"),
        (1.94, "+ 1,9 point"),
        (1.96, "+ 2,0 points"),
        (-0.04, "+ 0,0 point"),
    ],
)
def test_a_gap_bears_its_sign_and_its_number(gap, said):
    assert plain(fiche_texts.gap_said("part", gap)) == said


def test_a_qpv_without_outline_is_compared_with_its_commune(study_of):
    table = TWO_QUARTIERS.assign(statut_geometrie="absente")
    table.geometry = [None, None]
    gaps = cells(only(published_in(study_of(table, **TABLES)), fiche_texts.FIGURES, Table))
    assert gaps[1] == (
        "Taux de pauvreté",
        "43,0 %",
        "2020",
        "41,5 %",
        "2016",
        "+ 1,5 point (millésimes différents)",
    )


def test_a_grid_that_ends_inside_the_quartier_gives_no_estimate(study_of):
    table = TWO_QUARTIERS.copy()
    table.geometry = [square(-100, 400, 400), None]
    figures = key_figures.key_figures(study_of(table, **TABLES), WHOLE).figures
    assert [plain(f.value) for f in figures[:3]] == ["500", "n. d.", "n. d."]
    assert figures[1].note == fiche_texts.NOT_COVERED
