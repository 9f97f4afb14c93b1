"""Read days and years as offices write them; what may mean two things is none."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import Final

from cdv_geo.io.tables.column_headers import plain_name

FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2100
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan", "fevrier fevr fev", "mars", "avril avr", "mai", "juin",
            "juillet juil", "aout", "septembre sept sep", "octobre oct", "novembre nov",
            "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Words that leave a year beside them what it is; “depuis”, “avant” or “vers” do not.
_WORDS: Final = {
    "le", "du", "de", "des", "la", "l", "d", "en", "au", "a", "n", "no", "numero", "an",
    "annee", "annees", "exercice", "budget", "budgetaire", "civile", "scolaire", "saison",
    "millesime", "programmation", "session", "rentree", "date", "debut", "fin", "mi",
    "courant", "trimestre", "semestre", "1er", "2e", "3e", "4e", "2eme", "3eme", "4eme",
    "2nd", "t1", "t2", "t3", "t4", "s1", "s2", "lundi", "mardi", "mercredi", "jeudi",
    "vendredi", "samedi", "dimanche", "commission", "permanente", "conseil", "municipal",
    "communautaire", "departemental", "regional", "metropolitain", "syndical",
    "administration", "bureau", "assemblee", "generale", "seance", "reunion", "comite",
    "pilotage", "copil", "jury", "cp", "cm", "cc", "cd", "cr", "ca", "deliberation",
    "decision", "arrete", "convention", "contrat", "ville", "signe", "signee", "signature",
    "vote", "votee",
}  # fmt: skip
_OF_NUMBERS: Final = {"n", "no", "numero"}  # before the number of a decision, which may be any
_UNTIL: Final = re.compile(r"[0-9]\s*(?:[-/_\u2013\u2014]|\b(?:à|a|au)\b)\s*[0-9]", re.IGNORECASE)
_CLOCK: Final = r"(?:[ T][0-9]{1,2}[:h][0-9]{2}[0-9:.,Zz+-]*)?"
_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_CLOCK}")
_DAY_FIRST: Final = re.compile(
    rf"([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]{{4}}|[0-9]{{2}}){_CLOCK}"
)
_RUN_TOGETHER: Final = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_RUN_DAY_FIRST: Final = re.compile(r"([0-9]{2})([0-9]{2})((?:19|20)[0-9]{2})")
_IN_WORDS: Final = re.compile(
    rf"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|le)_)*"
    rf"([0-9]{{1,2}})(?:er)?_({'|'.join(_MONTHS)})_([0-9]{{4}}|[0-9]{{2}})"
)
# A French spreadsheet shows a month so; the 23rd of a February it shows as 23-févr.
_MONTH: Final = re.compile(rf"({'|'.join(_MONTHS)})_([0-9]{{2}})")
_SERIAL: Final = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
# Such that the days after February 1900 are right.
_DAY_ZERO: Final = dt.date(1899, 12, 30)
_DAY_ZERO_1904: Final = dt.date(1904, 1, 1)
# Of day numbers in a column of years: 73065 is a day of 2100, and more likely a commune.
_LIKELY_DAYS: Final = (dt.date(1990, 1, 1), dt.date(2050, 12, 31))
_PIVOT: Final = 69  # of years of two digits, as POSIX has it: 68 is 2068 and 69 is 1969
_FIRST_NO_MONTH: Final = 13
_LONGEST_NUMBER: Final = 3  # beside a year: of a decision, a day, a month
# Signs such as “?”, “~”, “<” or “+” say that a year is not certain.
_PLAIN: Final = re.compile(r"[\w\s.,/\u2019'()°:\u2013\u2014-]+")
_GROUPED: Final = re.compile(r"([12])[\s.,'\u2019]([0-9]{3})")
_DECIMAL: Final = re.compile(r"([0-9]{4})[.,]([0-9]+)")


def read_date(text: str) -> str | None:
    """Read a day, before its month where it is written so; None if there is no such day."""
    return next((day.isoformat() for day in _days(text) if day is not None), None)


def looks_like_date(text: str) -> bool:
    """Tell whether text has the form of a date, be there such a day or not."""
    return bool(_days(text))


def day_of_1904(text: str) -> str | None:
    """Read the number of a day in a workbook that counts from 1904, as those of a Mac did."""
    return _day_of_serial(text, _DAY_ZERO_1904).isoformat() if _SERIAL.fullmatch(text) else None


def read_year(text: str) -> str | None:
    """Read a year, or a period as 2023-2024; None where the text does not say which for certain."""
    if _SERIAL.fullmatch(text):
        day = _day_of_serial(text, _DAY_ZERO)
        return str(day.year) if _LIKELY_DAYS[0] <= day <= _LIKELY_DAYS[1] else None
    if day_read := read_date(text):
        return _believed(day_read[:4])
    if found := _GROUPED.fullmatch(text):
        return _believed(found[1] + found[2])
    if found := _DECIMAL.fullmatch(text):  # as a program writes a whole number
        return None if found[2].strip("0") else _believed(found[1])
    plain = plain_name(text)
    if found := _MONTH.fullmatch(plain):
        return _believed(str(_whole_year(found[2])))
    return _year_among(text) if _PLAIN.fullmatch(text) else None


def year_shown_as_date(day: str) -> str | None:
    """Give the year that a spreadsheet shows as this day, where its cell is formatted as a date.

    2023 is then 15 July 1905, or 16 July 1909 in a workbook that counts from 1904.

    Parameters
    ----------
    day
        As `read_date` gives it.
    """
    date = dt.date.fromisoformat(day)
    numbers = [str((date - zero).days) for zero in (_DAY_ZERO, _DAY_ZERO_1904)]
    return next(filter(None, map(_believed, numbers)), None)


def doubt_of_year(text: str) -> str:
    """Say why a text is read as no year."""
    day = read_date(text)
    shown = year_shown_as_date(day) if day else None
    if shown:
        return f"a spreadsheet shows the year {shown} so in a cell of dates"
    return f"it does not say for certain which year from {FIRST_YEAR} to {LAST_YEAR} is meant"


def _days(text: str) -> list[dt.date | None]:
    """Give the day that a text has the form of, None where the calendar has none such."""
    if found := _YEAR_FIRST.fullmatch(text) or _RUN_TOGETHER.fullmatch(text):
        day = _day(found[1], int(found[2]), found[3])
        other = None if day else _RUN_DAY_FIRST.fullmatch(text)
        return [_day(other[3], int(other[2]), other[1]) if other else day]
    if found := _DAY_FIRST.fullmatch(text) or _RUN_DAY_FIRST.fullmatch(text):
        return [_day(found[3], int(found[2]), found[1])]
    if found := _IN_WORDS.fullmatch(plain_name(text)):
        return [_day(found[3], _MONTHS[found[2]], found[1])] if _PLAIN.fullmatch(text) else []
    return [_day_of_serial(text, _DAY_ZERO)] if _SERIAL.fullmatch(text) else []


def _day(year: str, month: int, day: str) -> dt.date | None:
    try:
        return dt.date(_whole_year(year), month, int(day))
    except ValueError:
        return None


def _day_of_serial(text: str, zero: dt.date) -> dt.date:
    return zero + dt.timedelta(days=int(float(text)))


def _whole_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004  # digits
        return year
    return year + (2000 if year < _PIVOT else 1900)


def _believed(year: str) -> str | None:
    is_year = len(year) == 4 and year.isdigit()  # noqa: PLR2004  # digits
    return year if is_year and FIRST_YEAR <= int(year) <= LAST_YEAR else None


def _year_among(text: str) -> str | None:
    """Give the year of words and numbers, where there is one and nothing speaks against it."""
    tokens = plain_name(text).split("_")
    told = [token for token in tokens if token not in _WORDS]
    years = {token for token in told if _believed(token)}
    if any(a in _OF_NUMBERS and b in years for a, b in pairwise(tokens)):
        return None
    if period := _period(told, text):
        return period
    others = [token for token in told if token not in years]
    known = all(t in _MONTHS or (t.isdigit() and len(t) <= _LONGEST_NUMBER) for t in others)
    alone = all(_stands_alone(tokens, at) for at, token in enumerate(tokens) if token in years)
    return years.pop() if len(years) == 1 and known and alone else None


def _period(told: list[str], text: str) -> str | None:
    """Read 2023-2024, and 2023-24 where 24 can be nothing but the year that follows.

    What else stands between the two says another thing of each: « budget 2022 voté en 2023 ».
    """
    if len(told) != 2 or not (first := _believed(told[0])):  # noqa: PLR2004  # a first and a last
        return None
    if not _UNTIL.search(text):
        return None
    last = _believed(told[1])
    if last and last > first:
        return f"{first}-{last}"
    follows = str(int(first) + 1)
    certain = told[1] == follows[2:] and int(told[1]) >= _FIRST_NO_MONTH
    return f"{first}-{follows}" if certain else None


def _stands_alone(tokens: list[str], at: int) -> bool:
    """Tell whether the numbers beside a year can be of its months, and so not another year."""
    before, after = tokens[max(at - 1, 0) : at], tokens[at + 1 : at + 2]
    follows = str(int(tokens[at]) + 1)[2:]
    beside = [token for token in (*before, *after) if token.isdigit()]
    known = all(len(n) <= _LONGEST_NUMBER and int(n) < _FIRST_NO_MONTH for n in beside)
    return known and follows not in after
