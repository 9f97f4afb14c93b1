"""Columns that hold positions and are not read, since their names are not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyproj

from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io.crs.crs_plausibility import in_france
from cdv_geo.io.crs.crs_registers import WGS84
from cdv_geo.io.positions.position_texts import looks_like_places
from cdv_geo.io.tables.column_headers import SYNONYMS, plain_name
from cdv_geo.number_parsing import to_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_SYSTEMS: Final = (WGS84, "EPSG:2154")
_HELD_ROWS: Final = 50  # of each column
_LONGEST_NAME: Final = 100  # letters: what is longer is a question of a form, and no axis
# “coordonnee” itself holds the letters of “ordonnee”.
_AXES: Final = (
    re.compile(r"longitude|long|lon|lng|abscisse|x(?![a-z])|(?<![a-z])x"),
    re.compile(r"latitude|lat|(?<!co)ordonnee|y(?![a-z])|(?<![a-z])y"),
)


def unread_places(table: pd.DataFrame, columns: tuple[str, ...]) -> list[Fault]:
    """Point to columns with positions under a name that is not known, of rows without another.

    Parameters
    ----------
    table
        Its first rows, or all, as text.
    columns
        Those that the positions are read from.
    """
    left = table[table[list(columns)].isna().any(axis=1)] if columns else table
    unread = [str(name) for name in left if name not in SYNONYMS]
    notes = []
    for name in unread:
        held = left[name].dropna().head(_HELD_ROWS)
        if pd.api.types.is_string_dtype(held) and looks_like_places(held):
            why = f"“{name}” holds positions and is not read; --columns says that it is coordonnees"
            notes.append(Fault(None, name, why, str(held.iloc[0])[:60], ACCEPTED))
    for names in named_pairs(unread):
        both = left[list(names)].dropna().head(_HELD_ROWS)
        if _are_places(*(to_numbers(both[name]).to_numpy() for name in names)):
            why = f"“{names[0]}” and “{names[1]}” hold positions and are not read; --columns says"
            why += " that they are longitude and latitude, or x and y"
            notes.append(Fault(None, names[0], why, " ".join(map(str, both.iloc[0])), ACCEPTED))
    return notes


def _are_places(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Tell whether most of some numbers are places of France, whichever of the two goes first."""
    pairs = [(pair, system) for pair in ((x, y), (y, x)) for system in map(pyproj.CRS, _SYSTEMS)]
    return any(2 * in_france(*pair, system).sum() > len(x) for pair, system in pairs)


def named_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Give the columns that may be the coordinates of one position by their names.

    They differ by `lon` and `lat`, `x` and `y`, or `abscisse` and `ordonnee` alone.
    """
    short = [name for name in names if len(name) <= _LONGEST_NAME]
    stems = [{name: _stems(name, axis) for name in short} for axis in _AXES]
    return [
        (east, north)
        for east, first in stems[0].items()
        for north, second in stems[1].items()
        if east != north and first & second
    ]


def _stems(name: str, axis: re.Pattern[str]) -> set[str]:
    """Give what is left of a name without each of the words that may stand for an axis."""
    plain = plain_name(name)
    return {plain[: found.start()] + "*" + plain[found.end() :] for found in axis.finditer(plain)}
