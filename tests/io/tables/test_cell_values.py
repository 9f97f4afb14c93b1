from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdv_geo.faults import ACCEPTED, REJECTED, REPAIRED
from cdv_geo.io.tables.cell_values import (
    as_text,
    with_choices,
    with_dates,
    with_insee_codes,
    with_known_communes,
    with_whole_numbers,
    with_years,
)
from cdv_geo.io.tables.dates import doubt_of_year
from cdv_geo.schemas import EQUIPMENT


def column(name, *values, first=2):
    return pd.DataFrame({name: list(values)}, index=range(first, first + len(values)))


def test_dates_of_a_table_are_repaired_or_rejected_with_their_row():
    frame, faults = with_dates(
        column("date_de_signature", "2024-03-04", "04/03/2024", "31/02/2024", None, "45355")
    )
    assert frame["date_de_signature"].tolist()[:3] == ["2024-03-04", "2024-03-04", "31/02/2024"]
    assert frame["date_de_signature"].isna().tolist() == [False, False, False, True, False]
    assert [(fault.row, fault.done) for fault in faults] == [
        (3, REPAIRED),
        (4, REJECTED),
        (6, REPAIRED),
    ]
    assert faults[1].message == (
        "“31/02/2024” is no date of the calendar; 2024-03-04 or 04/03/2024 is expected"
    )


def test_a_year_or_a_month_alone_in_a_column_of_dates_rejects_no_row():
    frame, faults = with_dates(column("date_ouverture", "2019", "mars 2019"))
    assert frame["date_ouverture"].tolist() == ["2019", "mars 2019"]
    assert not [fault for fault in faults if fault.done == REJECTED]


@pytest.mark.parametrize("name", ["candidate", "mandataire", "updates", "prédateurs"])
def test_a_column_whose_name_only_contains_the_letters_of_date_holds_no_dates(name):
    frame, faults = with_dates(column(name, "12345", "x"))
    assert (frame[name].tolist(), faults) == (["12345", "x"], [])


@pytest.mark.parametrize("name", ["date", "Date de début", "DATE", "date_fin", "dateConvention"])
def test_a_column_called_date_holds_dates(name):
    frame, _ = with_dates(column(name, "45355"))
    assert frame[name].tolist() == ["2024-03-04"]


def test_years_are_read_where_they_are_certain_and_no_row_is_thrown_away_for_its_year():
    frame, faults = with_years(
        column("annee", "2024", "Commission du 27 février 2023", "2024-2025", "vers 2022", None)
    )
    assert frame["annee"].fillna("").tolist() == ["2024", "2023", "2024-2025", "", ""]
    assert [(fault.row, fault.done, fault.message) for fault in faults] == [
        (3, REPAIRED, "“Commission du 27 février 2023” is read as 2023"),
        (5, REPAIRED, f"“vers 2022” is read as empty: {doubt_of_year('vers 2022')}"),
    ]  # fmt: skip


def test_vintages_are_read_as_years_are():
    frame, faults = with_years(column("millesime", "01/01/2021", "récent", "2018-2022"))
    assert frame["millesime"].fillna("").tolist() == ["2021", "", "2018-2022"]
    assert [fault.row for fault in faults] == [2, 3]


@pytest.mark.parametrize(
    ("kind", "values", "read"),
    [
        ("int64", [2023, 2024], [2023, 2024]),
        ("float64", [2023.0, np.nan, 20230227.0, 23.0], [2023.0, None, 2023.0, None]),
        ("Int64", [2023, None, 1905], [2023, None, None]),
        ("int64[pyarrow]", [2023, None, 9999], [2023, None, None]),
    ],
)
def test_years_that_are_numbers_stay_numbers_of_their_type(kind, values, read):
    given = pd.DataFrame({"annee": pd.Series(values, dtype=kind)})
    frame, faults = with_years(given)
    assert frame["annee"].dtype == given["annee"].dtype
    assert [None if pd.isna(year) else year for year in frame["annee"]] == read
    assert len(faults) == sum(
        not pd.isna(old) and old != new for old, new in zip(values, read, strict=True)
    )


def test_a_column_of_timestamps_gives_its_years():
    days = pd.Series(pd.to_datetime(["2023-02-27", None]))
    frame, faults = with_years(pd.DataFrame({"annee": days}))
    assert frame["annee"].fillna("").tolist() == ["2023", ""]
    assert [fault.done for fault in faults] == [REPAIRED]


def test_a_day_that_a_spreadsheet_makes_of_a_year_is_pointed_at_and_kept():
    frame, faults = with_dates(column("date_ouverture", "15/07/1905", "15/07/1906"))
    assert frame["date_ouverture"].tolist() == ["1905-07-15", "1906-07-15"]
    (doubt,) = [fault for fault in faults if fault.done == ACCEPTED]
    assert (doubt.row, "may be the year 2023" in doubt.message) == (2, True)


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("73065", "73065"), ("01004", "01004"), ("2A004", "2A004"), ("1004", "01004"),
        ("73065.0", "73065"), ("73065,0", "73065"), ("1004.00", "01004"), ("2E004", "2E004"),
        ("73065.5", "73065.5"), ("065", "065"), ("73 065", "73065"),
        ("2a004", "2A004"), ("Aval", "Aval"), ("", ""),
    ],
)  # fmt: skip
def test_a_commune_code_gets_its_zero_back_and_nothing_is_guessed(code, read):
    frame, faults = with_insee_codes(column("code_insee", code, None))
    assert frame["code_insee"].iloc[0] == read
    assert frame["code_insee"].isna().tolist() == [False, True]
    assert [(f.row, f.value, f.done) for f in faults] == (
        [] if read == code else [(2, code, REPAIRED)]
    )


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([73065, 1004], ["73065", "1004"]),
        ([73065.0, np.nan], ["73065", None]),
        (pd.array([7, None], dtype="Int64"), ["7", None]),
        ([1.5, 2.0], ["1.5", "2"]),
        (["01", None], ["01", None]),
    ],
)
def test_codes_that_came_as_numbers_are_text_without_decimals(values, texts):
    found = as_text(pd.Series(values))
    assert [None if pd.isna(text) else text for text in found] == texts


def test_numbers_of_communes_are_padded_too():
    frame, faults = with_insee_codes(column("code_insee", 1004.0, np.nan))
    assert frame["code_insee"].iloc[0] == "01004"
    assert frame["code_insee"].isna().tolist() == [False, True]
    assert [fault.message for fault in faults] == ["“1004” is read as 01004"]


def test_whole_numbers_that_a_program_wrote_with_decimals_are_whole_and_it_is_said():
    frame, faults = with_whole_numbers(column("objectifs", "2.0", "1;2", "2,5", None))
    assert frame["objectifs"].tolist()[:3] == ["2", "1;2", "2,5"]
    assert [(fault.row, fault.done) for fault in faults] == [(2, REPAIRED)]


def test_accepted_values_are_known_in_any_case_and_without_accents():
    frame, faults = with_choices(column("statut", "Ouvert", "ferme", "ouvert", "clos"), EQUIPMENT)
    assert frame["statut"].tolist() == ["ouvert", "fermé", "ouvert", "clos"]
    assert [fault.message for fault in faults] == [
        "“Ouvert” is read as ouvert",
        "“ferme” is read as fermé",
    ]


@pytest.mark.parametrize("text", ["0000-00-00", "00/00/0000", "0000-00-00 00:00:00"])
def test_a_date_of_zeros_is_none(text):
    frame, faults = with_dates(column("date_fin", text))
    assert frame["date_fin"].isna().all()
    assert [fault.done for fault in faults] == [REPAIRED]


def test_commune_codes_are_read_as_those_of_today_and_the_others_are_empty():
    frame = column("code_insee", "69388", "69123", None, "73000", "75056", "12", first=2)
    read, faults = with_known_communes(frame, ("69123",))
    assert read["code_insee"].fillna("").tolist() == ["69123", "69123", "", "", "75056", "12"]
    assert [(fault.row, fault.value, fault.done) for fault in faults] == [
        (2, "69388", REPAIRED),
        (5, "73000", REPAIRED),
    ]


def test_in_a_column_with_a_postal_code_what_may_be_one_is_not_believed():
    frame = column("code_insee", "13002", "13055", "73000")
    read, faults = with_known_communes(frame, ("13002", "13055"))
    assert read["code_insee"].fillna("").tolist() == ["", "13055", ""]
    assert [fault.row for fault in faults] == [2, 4]


def test_the_communes_of_a_perimeter_are_those_of_the_contract():
    frame = column("communes", "69388;69387", "69266", "69123", None, "99999")
    read, faults = with_known_communes(frame, ("69123", "69266"))
    assert read["communes"].fillna("").tolist() == ["69123", "69266", "69123", "", "99999"]
    assert [str(fault) for fault in faults] == ["communes: “69388;69387” is read as 69123"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("73065 - Chambéry", "73065"), ("73065 Chambéry", "73065"), ('="73065"', "73065"),
        ("73065 (Chambéry)", "73065"), ("2a004 Ajaccio", "2A004"), ("73 065", "73065"),
        ("73065;73087", "73065;73087"), ("73065 ou 73087", "73065 ou 73087"), ("NR", "NR"),
        ("73065Z", "73065Z"),
    ],
)  # fmt: skip
def test_a_commune_code_is_read_beside_its_name_and_nothing_else(written, read):
    frame, faults = with_insee_codes(column("code_insee", written))
    assert frame["code_insee"].tolist() == [read]
    assert len(faults) == (read != written)
