from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.io.tables.dates import (
    day_of_1904,
    doubt_of_year,
    looks_like_date,
    read_date,
    read_year,
    year_shown_as_date,
)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-04", "2024-03-04"), ("04/03/2024", "2024-03-04"), ("4.3.2024", "2024-03-04"),
        ("04-03-2024", "2024-03-04"), ("04/03/24", "2024-03-04"), ("2024/03/04", "2024-03-04"),
        ("2024.3.4", "2024-03-04"), ("20240304", "2024-03-04"), ("04032024", "2024-03-04"),
        ("4 mars 2024", "2024-03-04"), ("lundi 4 mars 2024", "2024-03-04"),
        ("le 1er août 2024", "2024-08-01"), ("1ER AOUT 2024", "2024-08-01"),
        ("27-févr-23", "2023-02-27"), ("27 févr. 2023", "2023-02-27"),
        ("3 déc. 2023", "2023-12-03"), ("14-juil.-2023", "2023-07-14"),
        ("31/12/99", "1999-12-31"),  # and not a day of the far future
        ("45355", "2024-03-04"), ("45355.75", "2024-03-04"), ("29/02/2024", "2024-02-29"),
        ("29/02/2023", None), ("31/02/2024", None), ("2023-02-29", None), ("2024-13-01", None),
        ("13/13/2024", None), ("00/03/2024", None), ("30 février 2024", None),
        ("20241304", None), ("mars 2024", None), ("févr-23", None), ("2024", None), ("", None),
        ("n. d.", None), ("2023-03-29 2023-04-05", None),  # two dates are not the first
        ("2024-03-04 00:00:00", "2024-03-04"), ("2024-03-04T08:30:00Z", "2024-03-04"),
        ("04/03/2024 08:30", "2024-03-04"), ("04/03/2024 8h30", "2024-03-04"),
    ],
)  # fmt: skip
def test_dates_have_the_day_first_and_are_days_of_the_calendar(text, day):
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("31/02/2024", True), ("30 février 2024", True), ("mars 2024", False), ("n. d.", False)],
)
def test_a_day_that_is_none_looks_like_one_and_a_month_does_not(text, is_one):
    assert looks_like_date(text) == is_one


@given(st.dates(min_value=dt.date(1927, 6, 1), max_value=dt.date(2099, 12, 31)))
def test_every_date_reads_as_itself_in_every_way_of_writing_it(day):
    months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    month = months.split()[day.month - 1]
    number = (day - dt.date(1899, 12, 30)).days
    ways = (
        f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day:%d/%m/%Y}", f"{day:%Y%m%d}", f"{day:%d%m%Y}",
        f"{day.day} {month} {day.year}", str(number),
    )  # fmt: skip
    assert {read_date(text) for text in ways} == {day.isoformat()}


@pytest.mark.parametrize(
    ("text", "year"),
    [
        *((text, "2023") for text in (
            "2023", "2023/02/27", "27/02/2023", "27/02/23", "27 février 2023", "févr-23",
            "févr. 2023", "Sept. 23", "sept 2023", "1er mars 2023", "20230227", "2 023",
            "2\u202f023", "2\u2019023", "2023,0", "2023.00", "2023-02", "02/2023", "exercice 2023",
            "Année 2023", "fin 2023", "T1 2023", "1er trimestre 2023", "(2023)",
            "2023-12-31 00:00:00", "du 1er janvier 2023 au 31 décembre 2023",
            "Commission Permanente du 27 février 2023", "CM du 27/02/2023",
            "Délibération n° 45 du 27 février 2023",
        )),
        ("45355", "2024"), ("27/02/99", "1999"),
        ("2023-2024", "2023-2024"), ("2022/2023", "2022-2023"), ("2023-24", "2023-2024"),
        ("2015 à 2017", "2015-2017"), ("de 2015 au 2017", "2015-2017"),
        ("année scolaire 2023/2024", "2023-2024"),
    ],
)  # fmt: skip
def test_a_year_is_read_where_it_is_told_for_certain(text, year):
    assert read_year(text) == year


@pytest.mark.parametrize(
    "text",
    [
        "23", "1", "0", "202", "20233", "1949", "2101", "9999", "2023,5", "2.5", "23-24",
        "2011-12",  # a December, or two years
        "2023-45", "n° 45-2023", "n° 2019", "N°2019", "délibération no 2019", "numéro 2019-12",
        "budget 2022 voté en 2023", "exercice 2022, convention 2023",
        "2022 (2023)", "2022, 2023", "23-févr", "12 févr.", "2023 ?", "~2023", "vers 2023", ">2022",
        "depuis 2020", "à partir de 2023", "avant le 27 février 2023", "report de 2022",
        "2022 et 2023", "2024-2023", "2020-2022-2024", "Délibération n° 2022-45 du 3 mars 2023",
        "73065", "01/07/1905", "1905-07-15", "n. d.", "VRAI", "", "0000-00-00", "20231345",
    ],
)  # fmt: skip
def test_what_may_be_another_year_is_none(text):
    assert read_year(text) is None


@given(st.text(alphabet="0123456789 -/.,?~janvfdétuoepi'n°", max_size=14))
def test_whatever_is_read_is_a_year_or_two_and_stands_in_the_text_or_is_a_day(text):
    year = read_year(text)
    for one in (year or "").split("-"):
        assert year is None or 1950 <= int(one) <= 2100
    assert doubt_of_year(text)


@pytest.mark.parametrize("year", [1950, 2001, 2023, 2100])
def test_a_year_in_a_cell_of_dates_is_told_by_the_day_that_a_spreadsheet_shows(year):
    for zero in (dt.date(1899, 12, 30), dt.date(1904, 1, 1)):
        shown = (zero + dt.timedelta(days=year)).isoformat()
        assert year_shown_as_date(shown) == str(year)
        assert read_year(shown) is None
        assert str(year) in doubt_of_year(shown)
    assert year_shown_as_date("2023-07-15") is None


def test_days_that_are_counted_from_1904_are_four_years_and_a_day_later():
    assert (read_date("43524"), day_of_1904("43524")) == ("2019-02-28", "2023-03-01")
    assert day_of_1904("2023") is None
