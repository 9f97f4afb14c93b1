from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.analysis.likely_duplicates import likely_duplicates, scattered_places

NAN = np.nan
NOWHERE = (NAN, NAN)


def pairs(*rows, **columns):
    """Give the pairs of rows, each a name and its place in metres."""
    table = pd.DataFrame({"nom": [name for name, _ in rows], **columns}, dtype="str")
    x, y = (np.array([place[axis] for _, place in rows], dtype=float) for axis in (0, 1))
    return likely_duplicates(table, "nom", x, y)


def told(*rows, **columns):
    return [(pair.first, pair.second, pair.reason) for pair in pairs(*rows, **columns)]


@pytest.mark.parametrize(
    ("metres", "is_pair"), [(0, True), (499, True), (500, True), (501, False), (5000, False)]
)
def test_one_name_is_one_place_up_to_half_a_kilometre(metres, is_pair):
    found = pairs(("École Jean Jaurès", (0, 0)), ("École Jean Jaurès", (metres, 0)))
    assert [(p.first, p.second, p.name, p.reason, p.distance_m) for p in found] == (
        [(0, 1, "École Jean Jaurès", "the same name", metres)] if is_pair else []
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("La Crèche", "crèche", True),
        ("ÉCOLE  St-Pierre", "école Saint Pierre", True),
        ("L'Espinier", "L’Espinier", True),
        ("Crèche", "Crèches", False),
        ("École 1", "École 2", False),
    ],
)
def test_spellings_are_compared_without_accents_case_and_articles(one, other, same):
    assert bool(told((one, (0, 0)), (other, (100, 0)))) == same


@pytest.mark.parametrize("place", [NOWHERE, (0, 0)])
def test_without_both_positions_the_name_alone_speaks_for_it(place):
    (pair,) = pairs(("Crèche", place), ("Crèche", NOWHERE))
    assert (pair.first, pair.second) == (0, 1)
    assert np.isnan(pair.distance_m)


@pytest.mark.parametrize("column", ["code_insee", "annee"])
def test_rows_of_different_communes_or_years_are_never_paired_by_name(column):
    rows = ("Crèche", NOWHERE), ("Crèche", NOWHERE)
    assert told(*rows, **{column: ["1", "2"]}) == []
    assert told(*rows, **{column: ["1", "1"]}) == [(0, 1, "the same name")]
    assert told(*rows, **{column: [None, None]}) == [(0, 1, "the same name")]


@pytest.mark.parametrize(("metres", "is_pair"), [(0, True), (10, True), (11, False)])
def test_two_names_on_one_spot_are_a_pair(metres, is_pair):
    found = told(("Crèche", (0, 0)), ("Gymnase", (0, metres)))
    assert found == ([(0, 1, "the same spot")] if is_pair else [])


def test_of_many_rows_of_one_name_or_spot_each_is_paired_with_the_first():
    assert told(*[("Crèche", (0, 0))] * 4) == [(0, n, "the same name") for n in (1, 2, 3)]
    spot = [(name, (0, 0)) for name in ("Un", "Deux", "Trois")]
    assert told(*spot) == [(0, 1, "the same spot"), (0, 2, "the same spot")]


def test_many_spots_within_a_few_metres_take_no_square_of_their_number():
    """All pairs of so many would fill the memory."""
    x = np.arange(4_000) * 1e-4
    table = pd.DataFrame({"nom": [f"Lieu {n}" for n in range(len(x))]})
    tracemalloc.start()
    found = likely_duplicates(table, "nom", x, np.zeros_like(x))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {pair.second for pair in found} == set(range(1, len(x)))
    assert peak < 30e6


def test_of_one_name_each_is_compared_with_all_and_not_only_with_the_first():
    rows = ("Crèche", (0, 0)), ("Crèche", (5000, 0)), ("Crèche", (5100, 0))
    assert told(*rows) == [(1, 2, "the same name")]


def test_rows_without_a_name_are_paired_by_their_spot_alone():
    assert told((None, NOWHERE), (None, NOWHERE)) == []
    assert told((None, (0, 0)), ("Crèche", (0, 0))) == [(0, 1, "the same spot")]
    # Two nameless rows on one spot may be one place too.
    assert told((None, (0, 0)), (None, (0, 0))) == [(0, 1, "the same spot")]


def test_tables_of_no_row_and_of_one_have_no_pairs():
    assert pairs(("Crèche", (0, 0))) == []
    empty = pd.DataFrame({"nom": pd.Series([], dtype="str")})
    assert likely_duplicates(empty, "nom", np.zeros(0), np.zeros(0)) == []


def test_very_many_rows_on_one_spot_cost_no_square_of_their_number():
    # Every action of a town hall is at the town hall: 1,500 rows are 1.1 million pairs.
    rows = [(f"Action {number}", (0, 0)) for number in range(1_500)]
    tracemalloc.start()
    try:
        assert len(told(*rows)) == 1_499
        assert tracemalloc.get_traced_memory()[1] < 20_000_000  # bytes
    finally:
        tracemalloc.stop()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Crèche", "crèche", "Gymnase", ""]),
            st.sampled_from([(0, 0), (5, 0), (300, 0), (9000, 0), NOWHERE]),
        ),
        max_size=12,
    )
)
def test_every_pair_is_told_once_the_earlier_row_first(rows):
    found = told(*rows)
    assert len({(first, second) for first, second, _ in found}) == len(found)
    assert all(first < second for first, second, _ in found)
    assert [second for _, second, _ in found] == sorted(second for _, second, _ in found)


def scattered(*rows, **columns):
    table = pd.DataFrame({"nom": [name for name, _ in rows], **columns}, dtype="str")
    x, y = (np.array([place[axis] for _, place in rows], dtype=float) for axis in (0, 1))
    found = scattered_places(table, "nom", x, y)
    return [(pair.first, pair.second, pair.reason, pair.distance_m) for pair in found]


FAR = (("Espace des Combes", (0, 0)), ("ESPACE des Combes", (600, 0)))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"adresse": ["5 rue du Pré de l'âne", "5, rue du pre de l’Ane"]}, "address"),
        ({"adresse": ["5 rue du Pré", "6 rue du Pré"], "code_insee": "73001"}, "commune"),
        ({"adresse": "5 rue du Pré", "code_insee": "73001"}, "address"),
    ],
)
def test_one_name_far_apart_is_told_with_what_is_the_same(columns, reason):
    assert scattered(*FAR, **columns) == [(0, 1, f"the same name and {reason}", 600)]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (FAR, {}),
        (FAR, {"adresse": [None, None], "code_insee": ["73001", "73002"]}),
        (FAR, {"adresse": "5 rue du Pré", "annee": ["2022", "2024"]}),
        ((("Crèche", (0, 0)), ("Crèche", (500, 0))), {"code_insee": "73001"}),
        ((("Crèche", (0, 0)), ("Crèche", NOWHERE)), {"code_insee": "73001"}),
        ((("", (0, 0)), ("", (600, 0))), {"code_insee": "73001"}),
    ],
)
def test_nothing_is_told_of_what_is_near_or_shares_no_more_than_a_name(rows, columns):
    assert scattered(*rows, **columns) == []
