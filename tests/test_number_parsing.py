from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo import schemas
from cdv_geo.number_parsing import french_number, to_numbers

NAN = math.nan
MINUS = "\u2212"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), ("1234.5", 1234.5), ("1234,5", 1234.5), ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5), ("1\u202f234,5", 1234.5), ("1\u2009234,5", 1234.5),
        ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1.234.567,89", 1234567.89),
        ("1,234,567.89", 1234567.89), ("12 %", 12), ("12\u00a0%", 12), ("4 500 €", 4500),
        ("4\u202f500,00\u00a0€", 4500), ("4500 euros", 4500), ("4500 Euro", 4500), ("-3", -3),
        ("\u22123", -3), ("\u2212 3,5", -3.5), ("+3", 3), ("1e3", 1000), ("1,5E3", 1500),
        ("1.234.567", 1234567), ("1,234,567", 1234567), ("1'234", 1234), ("1\u2019234,5", 1234.5),
        (".5", 0.5), (",5", 0.5), ("5,", 5), ("0", 0), ("  7 ", 7),
        ("abc", NAN), ("", NAN), ("-", NAN), (",", NAN), ("1,2,3", NAN), ("1.2.3", NAN),
        ("1,2.3,4", NAN), ("12,34.5", NAN), ("1.2,3", NAN),
        ("0.123.456", NAN), ("1'2", NAN), ("12 m", NAN), ("1 000 à 2 000", NAN), ("€", NAN),
        ("nan", NAN), ("--3", NAN), ("1e", NAN), ("0x10", NAN), ("1_000", NAN), ("n. d.", NAN),
    ],
)  # fmt: skip
def test_one_number_as_the_french_write_it(text, number):
    assert french_number(text) == pytest.approx(number, nan_ok=True)
    assert to_numbers(pd.Series([text, "1"])).tolist() == pytest.approx([number, 1], nan_ok=True)


@pytest.mark.parametrize("text", ["12 34", "45.5 5.9", "1 2 3"])
def test_two_numbers_in_one_cell_are_no_number(text):
    assert math.isnan(french_number(text))


def test_blanks_inside_a_number_take_no_time_that_grows_with_their_square():
    assert math.isnan(french_number(f"1{' ' * 1_000_000}2"))


@given(st.integers(-(10**12), 10**12), st.integers(0, 99), st.sampled_from(" \u00a0\u202f"))
def test_every_amount_reads_as_itself(euros, cents, space):
    whole = f"{euros:,}".replace(",", space)
    expected = float(f"{euros}.{cents:02}")
    assert french_number(f"{whole},{cents:02} €") == pytest.approx(expected)


def test_a_column_keeps_its_gaps_and_its_index():
    column = pd.Series(["1,5", None, "abc", "2"], index=[4, 7, 8, 9])
    found = to_numbers(column)
    assert found.index.tolist() == [4, 7, 8, 9]
    assert found.tolist() == pytest.approx([1.5, NAN, NAN, 2], nan_ok=True)
    assert to_numbers(pd.Series([1, 2])).dtype == np.float64


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("1 234,5", True), (f"{MINUS}3", False), ("-0,01", False), ("0", True), ("inf", False),
        ("nan", False), ("abc", False), (None, True), ("  ", True), ("1e400", False),
    ],
)  # fmt: skip
def test_an_amount_is_a_finite_number_from_nought(value, accepted):
    frame = pd.DataFrame({"montant": [value]}, index=[2])
    column = schemas.Column("montant", required=False, number=(0, math.inf))
    faults = schemas.find_faults(frame, [column])
    assert [(fault.row, fault.column, fault.value) for fault in faults] == (
        [] if accepted else [(2, "montant", value)]
    )
