"""Which lines of a table are no rows of it, and which rows look as if something went wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.french.template_texts import SAMPLE_PREFIX, SAMPLE_SOURCE
from cdv_geo.io.tables.column_headers import plain_name
from cdv_geo.io.tables.delimited_text import SEPARATORS
from cdv_geo.schemas import PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

_TOTAL: Final = (
    r"(?:grand |sous[- ]?|s\s?/\s?)?tota(?:l|ux)(?: g[ée]n[ée]ral| cumul[ée])?\s*(?::\s*[0-9]*)?"
)
_BEGINS_AS_TOTAL: Final = r"(?:grand |sous[- ]?|s\s?/\s?)?tota(?:l|ux)\b"
# What counts the rest where it stands before figures alone, and may be a name elsewhere.
_COUNT: Final = (
    r"ensemble(?: d(?:es|u) (?:actions|projets|dossiers|subventions|quartiers|qpv|territoire))?"
    r"|(?:nb|nbre|nombre)\.?(?: total)?(?: d(?:es |u |e |['\u2019]).*)?|tota(?:l|ux) d.*"
)
# Only to find out fast that there is none.
_LIKE_TOTAL: Final = "[Tt][Oo][Tt][Aa]|^[Ee][Nn][Ss][Ee][Mm][Bb][Ll][Ee]|^[Nn](?:[Bb]|[Oo][Mm][Bb])"
_FOOTNOTE: Final = re.compile(
    r"(?:sources?|notes?|champ|lecture|l[ée]gende|n\.?\s?b\.?|avertissement)\b\s*[: ]|\*",
    re.IGNORECASE,
)
_NUMBER: Final = r"[-+]?[\d\s\u00a0\u202f\u2009.,]*\d\s*[%€]?"
# A word that begins a line of totals stands in one of the first columns.
_FIRST_COLUMNS: Final = 3
# What UTF-8 looks like once it was read as cp1252, and cp850 or Mac text read as cp1252. The first
# is only to find out fast that there is nothing of the kind.
_ODD_LETTERS: Final = "[\ufffdÃâÂ\u201a\u0160\u02c6\u2021\u017d]"
_MOJIBAKE: Final = re.compile(
    "\ufffd|Ã[\u0080-\u00bf\u0192]|â€[\u2122\u0153\u201c\u201d\u009d]|Â[\u00a0°«»]"
    "|(?<=[a-z])[\u201a\u0160\u02c6\u2021\u017d](?=[a-z])"
)


def _mask(found: pd.Series) -> NDArray[np.bool_]:
    """Give what a question of text found, no where there is no text; it can be changed."""
    return np.array(found.fillna(value=False), dtype=bool)


def is_footnote(text: str) -> bool:
    """Tell whether a text that stands alone in a line is a note: « Source : … »."""
    return bool(_FOOTNOTE.match(text.strip()))


def are_headers(frame: pd.DataFrame, header: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which lines repeat the header, as every printed page does.

    Parameters
    ----------
    frame
        The table as it stands in its file.
    header
        Its names, as they stand there.
    """
    if len(header) < 2:  # noqa: PLR2004  # one word alone may be a value
        return np.zeros(len(frame), dtype=bool)
    first = header[0]
    likely = _mask(frame.iloc[:, 0].isin([first, first.upper(), first.lower()]))
    names = [plain_name(name) for name in header]
    for position in np.flatnonzero(likely).tolist():
        row = frame.iloc[position].fillna("")
        likely[position] = [plain_name(str(text)) for text in row] == names
    return likely


def are_footnotes(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which lines hold a note and nothing else."""
    alone = (frame.notna().sum(axis=1).to_numpy() == 1) & (len(frame.columns) > 1)
    if alone.any():
        texts = frame[alone].bfill(axis=1).iloc[:, 0]
        alone[alone] = [is_footnote(str(text)) for text in texts]
    return np.asarray(alone, dtype=bool)


def are_totals(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which lines begin with the word total: they count all the rest twice.

    A line with a position is none, since a place can be called so; nor is one with an id, or, in a
    table without ids, with other text beside the word. “Ensemble” and “Nombre d'actions” count the
    rest only where figures stand beside them, and nothing else.
    """
    likely = np.zeros(len(frame), dtype=bool)
    for name in frame.columns[:_FIRST_COLUMNS]:
        likely |= _mask(frame[name].str.contains(_LIKE_TOTAL))
    totals = np.zeros(len(frame), dtype=bool)
    if likely.any():
        totals[likely] = _are_totals(frame[likely])
    return totals


def _are_totals(rows: pd.DataFrame) -> NDArray[np.bool_]:
    first = rows.bfill(axis=1).iloc[:, 0]
    figures = sum(_mask(rows[name].str.fullmatch(_NUMBER)).astype(int) for name in rows)
    alone = figures == rows.notna().sum(axis=1).to_numpy() - 1
    found = _mask(first.str.fullmatch(_TOTAL, case=False))
    counts = _mask(first.str.fullmatch(_COUNT, case=False)) & alone & (figures > 0)
    for name in {"code_insee", "annee"} & set(rows):  # figures that count nothing
        counts &= rows[name].isna().to_numpy()
    keys = [key for key in ("id", "code") if key in rows]
    found = counts | (found if keys else found & alone)
    for names in PLACES:
        if set(names) <= set(rows.columns):
            found &= ~rows[list(names)].notna().all(axis=1).to_numpy()
    for key in keys:
        found &= _mask(rows[key].isna() | (rows[key] == first))
    return found


def doubtful_totals(frame: pd.DataFrame) -> list[Fault]:
    """Reject lines that begin with the word total, hold more than figures and have no place or id.

    They may be totals of a part, which would count twice, or rows: only who wrote them knows.
    """
    if frame.empty or {"id", "code"} & set(frame.columns):
        return []
    first = frame.bfill(axis=1).iloc[:, 0]
    likely = _mask(first.str.match(_BEGINS_AS_TOTAL, case=False))
    for names in PLACES:
        if set(names) <= set(frame.columns):
            likely &= ~frame[list(names)].notna().all(axis=1).to_numpy()
    why = "it begins as a line of totals does; if it is none, give it an id, else take it out"
    return [
        Fault(int(str(row)), str(frame.columns[0]), why, str(text))
        for row, text in first[likely].items()
    ]


def are_samples(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which lines are the samples that a template comes with."""
    samples = np.zeros(len(frame), dtype=bool)
    for key in {"id", "code"} & set(frame.columns):
        samples |= _mask(frame[key].str.lower().str.startswith(SAMPLE_PREFIX))
    if "source" in frame:
        samples |= _mask(frame["source"] == SAMPLE_SOURCE)
    return samples


def swallowed_rows(frame: pd.DataFrame, names: Sequence[str]) -> list[Fault]:
    """Reject rows of a workbook that was made of a CSV file, if a cell holds other rows of it.

    Parameters
    ----------
    frame
        The table as it stands in its file.
    names
        Of its columns.
    """
    faults: dict[int, Fault] = {}
    for place, name in enumerate(frame):
        column = frame[name]
        for row, text in column[_mask(column.str.contains("\n", regex=False))].items():
            lines = str(text).splitlines()
            if any(_are_rows(lines, mark, place, len(names) - 1) for mark in SEPARATORS):
                number = int(str(row))
                why = f"a cell holds {len(lines)} lines that look like rows; is a quotation closed?"
                faults.setdefault(number, Fault(number, names[place], why, str(text)[:80]))
    return list(faults.values())


def _are_rows(lines: Sequence[str], mark: str, before: int, separators: int) -> bool:
    """Tell whether the lines of a cell have the separators of rows, from that cell to that cell."""
    wanted = [separators - before, *[separators] * (len(lines) - 2), before]
    return len(lines) > 1 and separators > 1 and [line.count(mark) for line in lines] == wanted


def mojibake(frame: pd.DataFrame) -> list[Fault]:
    """Point to text that was once read in a wrong encoding, and saved so."""
    faults = []
    for name in frame:
        likely = _mask(frame[name].str.contains(_ODD_LETTERS))
        for row, text in frame.loc[likely, str(name)].items():
            if _MOJIBAKE.search(str(text)):
                why = f"“{text}” looks like text that was read in a wrong encoding before"
                faults.append(Fault(int(str(row)), str(name), why, str(text), ACCEPTED))
    return faults
