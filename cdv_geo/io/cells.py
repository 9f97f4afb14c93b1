"""Read codes, dates and numbers as offices write them; what changes a value is said."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cdv_geo.communes import hold_postal_codes, read_codes, today_of
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault
from cdv_geo.io.headers import plain_name
from cdv_geo.names import code_key, split_list, without_marks
from cdv_geo.schemas import INSEE_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from cdv_geo.schemas import Column

_KEYS: Final = ("id", "code", "code_insee", "communes", "generation")
_WHOLE: Final = {"annee", "millesime", "objectifs"}
_NO_DATE: Final = re.compile(r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}(?:[ T].*)?")
_NUMBERS: Final = ("longitude", "latitude", "x", "y", "montant", "valeur", "precision_m")
_SHOWN: Final = 5  # codes that are named where there are many
_NO_ASCII: Final = "[^\x00-\x7f]"
_INSEE: Final = "code_insee"
_DATE_NAME: Final = re.compile(r"^date|_date(?:_|$)")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T].*)?")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})(?:[ T].*)?")
_SERIAL: Final = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
# Day 0 of a spreadsheet, such that the days after February 1900 are right.
_DAY_ZERO: Final = dt.date(1899, 12, 30)
_PIVOT: Final = 69  # of years of two digits, as POSIX has it: 68 is 2068 and 69 is 1969


def with_plain_keys(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Write ids and codes as anybody reads them: accents in one way, no marks that nobody sees.

    Zero-width spaces and marks of direction come along from web pages; two codes that look the
    same are the same.

    Parameters
    ----------
    frame
        The index is the number of each row.
    """
    faults: list[Fault] = []
    for key in _KEYS:
        if key not in frame or not pd.api.types.is_string_dtype(frame[key]):
            continue
        odd = frame[key].str.contains(_NO_ASCII).fillna(value=False).astype(bool)
        if odd.any():
            given = frame.loc[odd, key]
            composed = given.map(lambda text: unicodedata.normalize("NFC", text))
            plain = composed.map(without_marks)
            faults += _repairs(key, composed, plain.mask(plain == ""))
            frame = frame.assign(**{key: frame[key].where(~odd, plain.mask(plain == ""))})
    return frame, faults


def with_codes_of(
    frame: pd.DataFrame, bearers: Collection[str]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read codes however they are written, and say which of them nothing bears.

    Parameters
    ----------
    frame
        Figures, with `code`; the index is the number of each row.
    bearers
        Codes of the perimeters and communes, and of the contract.
    """
    if "code" not in frame:
        return frame, []
    known = {code_key(code): code for code in bearers}
    codes = frame["code"]
    spelled = {text: known.get(code_key(text), text) for text in codes.dropna().unique()}
    read = codes.map(spelled, na_action="ignore").astype("str")
    strangers = read[read.notna() & ~read.isin(list(bearers))]
    faults = _repairs("code", codes, read)
    if len(strangers):
        first = strangers.drop_duplicates().head(_SHOWN)
        named = ", ".join(f"“{code}” (row {row})" for row, code in first.items())
        more = ", …" if strangers.nunique() > len(first) else ""
        lost = f"shown nowhere: {len(strangers)} row(s)"
        why = f"no perimeter and no commune bears {named}{more}; {lost}"
        faults.append(Fault(None, "code", why, first.iloc[0], ACCEPTED))
    return frame.assign(code=read), faults


def with_insee_codes(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Give commune codes back the zero that a spreadsheet took: `1004` is `01004`.

    Parameters
    ----------
    frame
        The index is the number of each row; codes may be numbers.
    """
    if _INSEE not in frame:
        return frame, []
    codes = as_text(frame[_INSEE])
    if codes.dropna().str.fullmatch(INSEE_CODE).all():
        return frame.assign(**{_INSEE: codes}), []
    plain = codes.str.replace(r"\s+", "", regex=True).str.upper()
    whole = plain.str.replace(r"^([0-9]{4,5})[.,]0+$", r"\1", regex=True)
    padded = whole.str.replace(r"^([0-9]{4})$", r"0\1", regex=True)
    padded = padded.where(padded.str.fullmatch(INSEE_CODE).fillna(value=False).astype(bool), codes)
    return frame.assign(**{_INSEE: padded}), _repairs(_INSEE, codes, padded)


def with_known_communes(
    frame: pd.DataFrame, home: Collection[str]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read commune codes as those of today; one that is of no commune says nothing, and is empty.

    Parameters
    ----------
    frame
        Text; the index is the number of each row. `code_insee` is read, and the lists of
        `communes`, where what is not known stays as it is.
    home
        Codes of the communes of the contract.
    """
    faults: list[Fault] = []
    if _INSEE in frame:
        codes = frame[_INSEE]
        given = [c for c in codes.dropna().unique() if re.fullmatch(INSEE_CODE, c)]
        strangers = set(given).difference(home)
        postal = bool(strangers) and hold_postal_codes(strangers)
        readings = read_codes(given, home, postal=postal) if strangers else {}
        if readings:
            odd = codes[codes.isin(list(readings))]
            read = codes.copy()
            read[odd.index] = odd.map({code: reading.code for code, reading in readings.items()})
            faults += [
                Fault(int(str(row)), _INSEE, readings[code].why, code, REPAIRED)
                for row, code in odd.items()
            ]
            frame = frame.assign(**{_INSEE: read})
    if "communes" in frame:
        lists = frame["communes"]
        read = lists.map(lambda text: _in_home(text, home), na_action="ignore")
        faults += _repairs("communes", lists, read)
        frame = frame.assign(communes=read)
    return frame, faults


def _in_home(text: str, home: Collection[str]) -> str:
    """Write a list of communes by the codes that a contract has."""
    codes = split_list(text)
    today = [c if c in home or today_of(c) not in home else str(today_of(c)) for c in codes]
    return text if today == codes else ";".join(dict.fromkeys(today))


def _repairs(name: str, given: pd.Series, read: pd.Series) -> list[Fault]:
    """Say of each cell that is not read as it was given what is made of it."""
    changed = given.notna() & (read != given)
    told = read[changed].fillna("empty")
    return [
        Fault(int(str(row)), name, f"“{old}” is read as {new}", str(old), REPAIRED)
        for row, old, new in zip(told.index, given[changed], told, strict=True)
    ]


def with_whole_numbers(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Write years and objectifs as whole numbers: `2024.0` is what a program made of 2024.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    """
    faults = []
    for name in _WHOLE & set(frame.columns):
        # Each of a list too: objectifs 1.0;2.0.
        whole = frame[name].str.replace(r"\b([0-9]+)[.,]0+(?=\s*(?:;|$))", r"\1", regex=True)
        faults += _repairs(name, frame[name], whole)
        frame = frame.assign(**{name: whole})
    return frame, faults


def with_choices(frame: pd.DataFrame, schema: Iterable[Column]) -> tuple[pd.DataFrame, list[Fault]]:
    """Spell accepted values as the schema does: `Ouvert` and `ferme` are `ouvert` and `fermé`.

    Parameters
    ----------
    frame
        The index is the number of each row.
    schema
        What cells may hold; columns with a closed list are read.
    """
    faults = []
    for column in schema:
        if column.name not in frame or not column.choices or frame[column.name].isna().all():
            continue
        given = as_text(frame[column.name])
        known = {plain_name(choice): choice for choice in column.choices}
        spelled = {text: known.get(plain_name(text), text) for text in given.dropna().unique()}
        if any(text != word for text, word in spelled.items()):
            frame = frame.assign(**{column.name: given.map(spelled, na_action="ignore")})
            faults += _repairs(column.name, given, frame[column.name])
    return frame, faults


def with_decimals(frame: pd.DataFrame, decimal: str | None) -> pd.DataFrame:
    """Take the mark of thousands from numbers, where it is stated which mark is which.

    Parameters
    ----------
    frame
        Text.
    decimal
        `,` or `.`; None where it is not stated.
    """
    if decimal is None:
        return frame
    thousands = {",": ".", ".": ","}[decimal]
    names = [name for name in _NUMBERS if name in frame]
    plain = {name: frame[name].str.replace(thousands, "", regex=False) for name in names}
    return frame.assign(**plain)


def as_text(column: pd.Series) -> pd.Series:
    """Write codes that came as numbers as text; a missing one stays missing."""
    if pd.api.types.is_string_dtype(column):
        return column
    texts = column.map(_number_text, na_action="ignore")
    return texts.astype("str").where(column.notna())


def _number_text(value: Any) -> str:  # noqa: ANN401
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def with_dates(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Write the dates of a table as 2024-03-04, from text with the day first or spreadsheet days.

    Columns are meant whose name says that they hold dates.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    """
    faults: list[Fault] = []
    for name in frame.columns:
        if _DATE_NAME.search(plain_name(str(name))):
            frame, found = _changed(frame, name, _day_of)
            faults += found
    return frame, faults


def with_years(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Take the year of a full date in `annee`, where a list of grants has its date.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    """
    return _changed(frame, "annee", _year_of) if "annee" in frame else (frame, [])


def _changed(
    frame: pd.DataFrame, name: str, read: Callable[[str], str | None]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read the cells of a column that may hold a full date; a year alone stays as it is."""
    long = (frame[name].str.len() > len("2024")).fillna(value=False).astype(bool)
    given = frame.loc[long, name]
    read_as = {text: read(text) for text in given.unique()}
    values = frame[name].copy()
    values[long] = [text if read_as[text] is None else read_as[text] for text in given]
    values = values.mask(values == "")
    faults = _repairs(name, frame[name], values)
    no_days = [text for text, day in read_as.items() if day is None]
    for row, text in frame.loc[frame[name].isin(no_days), name].items():
        why = f"“{text}” is no date of the calendar; 2024-03-04 or 04/03/2024 is expected"
        faults.append(Fault(int(str(row)), name, why, text))
    return frame.assign(**{name: values}), sorted(faults, key=lambda fault: fault.row or 0)


def _day_of(text: str) -> str | None:
    """Read a date; text that is none at all stays as it is, and a day that is none is None.

    A date of zeros, as databases write that there is none, is empty.
    """
    if _NO_DATE.fullmatch(text):
        return ""
    looks_like_one = any(form.fullmatch(text) for form in (_ISO, _DAY_FIRST, _SERIAL))
    return read_date(text) if looks_like_one else text


def _year_of(text: str) -> str | None:
    """Give the year of a full date; anything else as it stands."""
    day = _day_of(text)
    return day if day in (None, "", text) and not _ISO.fullmatch(text) else str(day)[:4]


def read_date(text: str) -> str | None:
    """Read a date, the day first where it is written so; None if there is no such day."""
    try:
        if found := _ISO.fullmatch(text):
            return dt.date(*map(int, found.groups())).isoformat()
        if found := _DAY_FIRST.fullmatch(text):
            day, month, year = map(int, found.groups())
            if len(found[3]) == 2:  # noqa: PLR2004  # digits
                year += 2000 if year < _PIVOT else 1900
            return dt.date(year, month, day).isoformat()
        if _SERIAL.fullmatch(text):
            return (_DAY_ZERO + dt.timedelta(days=int(float(text)))).isoformat()
    except ValueError:
        return None
    return None
