"""Gaps to the commune, on a table that anybody can compute in the head."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from cdv_geo.analysis.gaps_to_commune import gaps_to_commune, latest_figures

COLUMNS = ["code", "indicateur", "libelle", "valeur", "unite", "millesime", "statut", "source"]
CONCORDANCES = pd.DataFrame(
    [
        ("pauv_q", "pauv_c", "part", "sous 60 %", "INSEE"),
        ("niv_q", "niv_c", "niveau", "médian", "INSEE"),
        ("pop_q", "pop_c", "effectif", "municipale", "INSEE"),
    ],
    columns=["indicateur_perimetre", "indicateur_commune", "nature", "definition", "source"],
)
SOUND = [
    ("Q1", "pauv_q", 43.0, "%", "2020"),
    ("Q1", "niv_q", 12_000.0, "euros", "2020"),
    ("Q1", "pop_q", 3_000.0, "habitants", "2018"),
    ("73001", "pauv_c", 18.0, "%", "2016"),
    ("73001", "niv_c", 20_000.0, "euros", "2020"),
    ("73001", "pop_c", 10_000.0, "habitants", "2021"),
    ("73002", "pauv_c", 8.0, "%", "2016"),
    ("73002", "niv_c", 24_000.0, "euros", "2020"),
    ("73002", "pop_c", 5_000.0, "habitants", "2022"),
]


def indicators(*rows):
    """Figures: `code, indicateur, valeur, unite, millesime`; a missing value is withheld."""
    full = [
        (
            code,
            name,
            f"libellé de {name}",
            value,
            unit,
            year,
            "secret_ou_absent" if math.isnan(value) else "publie",
            f"source de {code}",
        )
        for code, name, value, unit, year in rows
    ]
    return pd.DataFrame(full, columns=COLUMNS)


def without(*keys):
    return [row for row in SOUND if row[:2] not in keys]


def gaps(rows, *, communes=("73001",), concordances=CONCORDANCES):
    table = gaps_to_commune(
        latest_figures(indicators(*rows)),
        concordances,
        code="Q1",
        communes=communes,
        contract=("73001", "73002"),
    )
    return table.set_index("indicateur")


def comparable(table, name):
    return isinstance(table.loc[name, "nature"], str)


def test_a_share_is_set_apart_in_points_and_both_years_are_kept():
    row = gaps(SOUND).loc["pauv_q"]
    assert (row["valeur"], row["commune_value"], row["gap"]) == (43.0, 18.0, 25.0)
    assert (row["vintage"], row["commune_vintage"]) == ("2020", "2016")
    assert row["nature"] == "part"
    assert math.isnan(row["contract_value"])
    assert (row["source"], row["commune_source"]) == ("source de Q1", "source de 73001")


def test_a_level_is_set_apart_by_a_ratio():
    row = gaps(SOUND).loc["niv_q"]
    assert row["gap"] == pytest.approx(-0.4)  # 12 000 of 20 000
    assert row["nature"] == "niveau"
    assert (row["vintage"], row["commune_vintage"]) == ("2020", "2020")


def test_levels_of_two_vintages_are_not_compared():
    rows = [*without(("73001", "niv_c")), ("73001", "niv_c", 20_000.0, "euros", "2019")]
    table = gaps(rows)
    assert not comparable(table, "niv_q")
    assert math.isnan(table.loc["niv_q", "gap"])
    assert (table.loc["niv_q", "vintage"], table.loc["niv_q", "commune_vintage"]) == (
        "2020",
        "2019",
    )


@pytest.mark.parametrize("own", [43.0, 0.43])
def test_a_share_that_is_no_percentage_is_not_compared(own):
    of_both = without(("Q1", "pauv_q"), ("73001", "pauv_c"))
    table = gaps(
        [
            *of_both,
            ("Q1", "pauv_q", own, "ratio", "2020"),
            ("73001", "pauv_c", 0.18, "ratio", "2016"),
        ]
    )
    assert not comparable(table, "pauv_q")
    assert math.isnan(table.loc["pauv_q", "gap"])
    assert table.loc["pauv_q", "valeur"] == own


def test_a_count_makes_up_a_share_of_the_commune_and_of_the_contract():
    row = gaps(SOUND).loc["pop_q"]
    assert row["gap"] == pytest.approx(0.3)  # 3 000 of 10 000
    assert row["contract_value"] == 15_000.0
    assert row["contract_share"] == pytest.approx(0.2)  # 3 000 of 15 000
    assert row["commune_vintage"] == "2021"
    assert row["contract_vintage"] == "2021, 2022"


def test_in_two_communes_counts_add_up_and_nothing_else_can_be_compared():
    table = gaps(SOUND, communes=("73001", "73002"))
    assert not comparable(table, "pauv_q")
    assert not comparable(table, "niv_q")
    assert table.loc[["pauv_q", "niv_q"], ["commune_value", "gap"]].isna().all(axis=None)
    assert table.loc["pop_q", "commune_value"] == 15_000.0
    assert table.loc["pop_q", "gap"] == pytest.approx(0.2)
    assert table.loc["pop_q", "commune_vintage"] == "2021, 2022"
    assert table.loc["pop_q", "commune_source"] == "source de 73001 ; source de 73002"


def test_a_figure_that_the_commune_does_not_have_is_not_compared():
    table = gaps(without(("73001", "pauv_c")))
    assert not comparable(table, "pauv_q")
    assert math.isnan(table.loc["pauv_q", "gap"])
    assert table.loc["pauv_q", "valeur"] == 43.0


def test_a_figure_that_is_withheld_for_the_commune_is_not_compared():
    rows = [*without(("73001", "pauv_c")), ("73001", "pauv_c", math.nan, "%", "2016")]
    assert not comparable(gaps(rows), "pauv_q")


def test_a_contract_lacking_one_commune_has_no_sum():
    row = gaps(without(("73002", "pop_c"))).loc["pop_q"]
    assert row["gap"] == pytest.approx(0.3)
    assert math.isnan(row["contract_value"])
    assert math.isnan(row["contract_share"])


def test_a_withheld_figure_stays_withheld_and_has_no_gap():
    rows = [*without(("Q1", "pauv_q")), ("Q1", "pauv_q", math.nan, "%", "2020")]
    row = gaps(rows).loc["pauv_q"]
    assert row["statut"] == "secret_ou_absent"
    assert math.isnan(row["valeur"])
    assert math.isnan(row["gap"])
    assert pd.isna(row["nature"])


def test_what_no_concordance_names_is_not_compared():
    rows = [*SOUND, ("Q1", "pauv_c", 50.0, "%", "2020")]  # however alike the names are
    table = gaps(rows)
    assert not comparable(table, "pauv_c")
    assert math.isnan(table.loc["pauv_c", "commune_value"])


def test_without_any_concordance_nothing_is_compared():
    table = gaps(SOUND, concordances=CONCORDANCES[:0])
    assert list(table.index) == ["niv_q", "pauv_q", "pop_q"]
    assert table["nature"].isna().all()
    assert table["gap"].isna().all()


def test_figures_in_two_units_are_not_compared():
    rows = [*without(("73001", "pauv_c")), ("73001", "pauv_c", 0.18, "ratio", "2016")]
    assert not comparable(gaps(rows), "pauv_q")


@pytest.mark.parametrize(
    ("own", "other", "unit"), [("pop_q", "pop_c", "habitants"), ("niv_q", "niv_c", "euros")]
)
def test_nothing_is_a_part_of_zero(own, other, unit):
    table = gaps([*without(("73001", other)), ("73001", other, 0.0, unit, "2020")])
    assert not comparable(table, own)
    assert math.isnan(table.loc[own, "gap"])


def test_a_share_beside_none_has_a_gap_in_points():
    table = gaps([*without(("73001", "pauv_c")), ("73001", "pauv_c", 0.0, "%", "2016")])
    assert table.loc["pauv_q", "gap"] == 43.0


def test_the_latest_vintage_counts_on_both_sides():
    older = [("Q1", "pauv_q", 60.0, "%", "2018"), ("73001", "pauv_c", 30.0, "%", "2011")]
    undated = [("Q1", "pauv_q", 70.0, "%", None)]
    row = gaps([*undated, *SOUND, *older]).loc["pauv_q"]
    assert (row["valeur"], row["commune_value"], row["gap"]) == (43.0, 18.0, 25.0)


def test_latest_figures_keep_one_row_per_place_and_figure_and_name_an_unknown_year_so():
    table = latest_figures(
        indicators(
            ("B", "x", 1.0, "%", None), ("A", "x", 2.0, "%", "2019"), ("A", "x", 3.0, "%", "2021")
        )
    )
    assert table[["code", "valeur", "vintage"]].to_numpy().tolist() == [
        ["A", 3.0, "2021"],
        ["B", 1.0, ""],
    ]


@pytest.mark.parametrize("others", ["source_secondaire", "secret_ou_absent"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_two_figures_of_one_vintage_the_published_one_counts(order, others):
    rows = indicators(
        ("A", "x", 1.0, "%", "2019"), ("A", "x", 2.0, "%", "2020"), ("A", "x", 3.0, "%", "2020")
    )
    rows["statut"] = ["publie", "publie", others]
    table = latest_figures(rows.iloc[list(order)])
    assert table[["valeur", "statut"]].to_numpy().tolist() == [[2.0, "publie"]]


def test_a_later_figure_counts_though_an_older_one_was_published():
    rows = indicators(("A", "x", 2.0, "%", "2019"), ("A", "x", 3.0, "%", "2020"))
    rows["statut"] = ["publie", "source_secondaire"]
    assert latest_figures(rows)["valeur"].tolist() == [3.0]


def test_a_perimeter_without_figures_has_an_empty_table():
    table = gaps([row for row in SOUND if row[0] != "Q1"])
    assert len(table) == 0
    assert {"nature", "gap", "contract_share"} <= set(table.columns)
