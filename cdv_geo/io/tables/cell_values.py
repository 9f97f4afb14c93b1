"""Read codes, dates and numbers as offices write them; what changes a value is said."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cdv_geo.commune_codes import hold_postal_codes, read_codes, today_of
from cdv_geo.faults import ACCEPTED, REPAIRED, Fault
from cdv_geo.gazetteer import code_key, split_list, without_marks
from cdv_geo.io.tables.column_headers import plain_name
from cdv_geo.io.tables.dates import (
    FIRST_YEAR,
    LAST_YEAR,
    doubt_of_year,
    looks_like_date,
    read_date,
    read_year,
    year_shown_as_date,
)
from cdv_geo.number_parsing import parts_thousands
from cdv_geo.schemas import INSEE_CODE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cdv_geo.schemas import Column

_KEYS: Final = ("id", "code", "code_insee", "communes", "generation")
_OBJECTIFS: Final = "objectifs"
_YEARS: Final = ("annee", "millesime")
_NO_DATE: Final = re.compile(r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}(?:[ T].*)?")
_NUMBERS: Final = ("longitude", "latitude", "x", "y", "montant", "valeur", "precision_m")
_SHOWN: Final = 5  # codes that are named where there are many
_NO_ASCII: Final = "[^\x00-\x7f]"
_INSEE: Final = "code_insee"
_BESIDE_CODE: Final = re.compile(
    rf"^=?[\"']?({INSEE_CODE})[\"']?(?:(?:\s|[-\u2013\u2014:(])+[^\W\d][^\d]*)?$", re.IGNORECASE
)
_DATE_NAME: Final = re.compile(r"^date|_date(?:_|$)")


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
    # `="73065"` is how a spreadsheet is made to keep a zero; a name may stand beside the code.
    alone = codes.str.replace(_BESIDE_CODE, r"\1", regex=True)
    plain = alone.str.replace(r"\s+", "", regex=True).str.upper()
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
        # The register of all communes is not opened for a table of the contract alone.
        strangers = not set(given).issubset(home)
        readings = read_codes(given, home, postal=hold_postal_codes(given)) if strangers else {}
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
    """Write objectifs as whole numbers: `2.0` is what a program made of 2.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    """
    if _OBJECTIFS not in frame:
        return frame, []
    given = frame[_OBJECTIFS]
    # Each of a list too: 1.0;2.0.
    whole = given.str.replace(r"\b([0-9]+)[.,]0+(?=\s*(?:;|$))", r"\1", regex=True)
    return frame.assign(**{_OBJECTIFS: whole}), _repairs(_OBJECTIFS, given, whole)


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


def with_decimals(
    frame: pd.DataFrame, decimal: str | None, certain: Mapping[str, Collection[int]]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Take the mark of thousands from numbers, where it is stated which mark is which.

    Where it parts no thousands, as in `12.5` though the comma stands before decimals, the row is
    rejected: without its mark the number would be ten times as much.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    decimal
        `,` or `.`; None where it is not stated.
    certain
        Rows whose cell is a number in itself, by column: nothing is to be stated of it.
    """
    faults: list[Fault] = []
    for name in _NUMBERS if decimal else ():
        if name in frame:
            mark = {",": ".", ".": ","}[str(decimal)]
            marked = frame[name].str.contains(mark, regex=False).fillna(value=False).astype(bool)
            texts = frame.loc[marked & ~frame.index.isin(list(certain.get(name, ()))), name]
            plain = texts.str.replace(mark, "", regex=False)
            why = (
                f"has a “{mark}” that parts no thousands, though “{decimal}” stands before decimals"
            )
            faults += [
                Fault(int(str(row)), name, f"“{text}” {why}", str(text))
                for row, text in texts.items()
                if not parts_thousands(str(text), mark)
            ]
            frame = frame.assign(**{name: plain.reindex(frame.index).fillna(frame[name])})
    return frame, faults


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

    Columns are meant whose name says that they hold dates. A date of zeros, as databases write that
    there is none, is empty; a year, a month or other text stays as it is.

    Parameters
    ----------
    frame
        Text; the index is the number of each row.
    """
    faults: list[Fault] = []
    for name in map(str, frame.columns):
        if not _DATE_NAME.search(plain_name(name)):
            continue
        given = frame[name]
        read = {text: _day_of(text) for text in given.dropna().unique()}
        days = given.map(read, na_action="ignore").astype("str")
        days = days.mask(days == "")
        faults += [*_repairs(name, given, days), *_date_faults(given, days)]
        frame = frame.assign(**{name: days})
    return frame, sorted(faults, key=lambda fault: fault.row or 0)


def holds_days(name: str) -> bool:
    """Tell by the name of a column whether the number of a day may stand in it."""
    return name in _YEARS or bool(_DATE_NAME.search(plain_name(name)))


def _day_of(text: str) -> str:
    return "" if _NO_DATE.fullmatch(text) else read_date(text) or text


def _date_faults(given: pd.Series, days: pd.Series) -> list[Fault]:
    """Reject what is no day of the calendar, and point to days that are years, perhaps."""
    faults, name = [], str(given.name)
    odd = {text for text in given.dropna().unique() if looks_like_date(text)} - {""}
    for row, text in given[given.isin(list(odd)) & days.notna()].items():
        day = read_date(text)
        year = year_shown_as_date(day) if day else None
        if day is None:
            why = f"“{text}” is no date of the calendar; 2024-03-04 or 04/03/2024 is expected"
            faults.append(Fault(int(str(row)), name, why, text))
        elif year:
            why = (
                f"“{text}” may be the year {year}, which a spreadsheet shows so in a cell of dates"
            )
            faults.append(Fault(int(str(row)), name, why, text, ACCEPTED))
    return faults


def with_years(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Write years as 2024, from dates too; what does not say for certain which year is empty.

    A period, 2023-2024, stays one. No row is thrown away for its year: it counts among those of
    which none is known.

    Parameters
    ----------
    frame
        The index is the number of each row; years may be numbers.
    """
    faults: list[Fault] = []
    for name in _YEARS:
        if name in frame and not _are_years(frame[name]):
            given = as_text(frame[name])
            read = {text: read_year(text) for text in given.dropna().unique()}
            faults += _year_faults(name, given, read)
            years = given.map(read, na_action="ignore")
            frame = frame.assign(**{name: _like(frame[name], years)})
    return frame, faults


def _are_years(column: pd.Series) -> bool:
    """Tell of numbers whether all are years, without looking at each."""
    if not pd.api.types.is_numeric_dtype(column):
        return False
    numbers = column.dropna().astype("float64")
    return bool((numbers.between(FIRST_YEAR, LAST_YEAR) & (numbers % 1 == 0)).all())


def _like(column: pd.Series, years: pd.Series) -> pd.Series:
    """Give years the type of the column they were read from: batches of a file have one."""
    if not pd.api.types.is_numeric_dtype(column):
        return years.astype("str")
    return pd.to_numeric(years, errors="coerce").astype("float64").astype(column.dtype)


def _year_faults(name: str, given: pd.Series, read: Mapping[str, str | None]) -> list[Fault]:
    """Say of each cell that is not read as it was given what is made of it."""
    faults = []
    for row, text in given[given.isin([text for text in read if read[text] != text])].items():
        year = read[text]
        made = f"read as {year}" if year else f"read as empty: {doubt_of_year(text)}"
        faults.append(Fault(int(str(row)), name, f"“{text}” is {made}", text, REPAIRED))
    return faults
