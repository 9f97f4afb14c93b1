"""Places that stand twice: listed as likely, never merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from pykdtree.kdtree import KDTree

from cdv_geo.gazetteer import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

# Two doors of one school are not further apart, and two schools of one name in a town are.
_SAME_NAME_M: Final = 500.0
_SAME_SPOT_M: Final = 10.0
_MOST_PLACES: Final = 1_000
_MOST_SPOTS: Final = 50  # within so few metres; where there are more, no two are likely to be one


class Pair(NamedTuple):
    """Two rows that may be one place.

    Parameters
    ----------
    first, second
        Their positions in the table.
    name
        What the second is called.
    reason
        What speaks for it.
    distance_m
        How far apart they are; NaN where one has no position.
    """

    first: int
    second: int
    name: str
    reason: str
    distance_m: float


def likely_duplicates(
    table: pd.DataFrame, name: str, x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[Pair]:
    """List the rows that bear the same name not far from each other, or stand on the same spot.

    Parameters
    ----------
    table
        Rows; those of different `code_insee` or `annee` are never paired by name.
    name
        Column of what they are called; spellings are compared without accents, case and articles.
    x, y
        Where they are, metres; NaN where there is no position.

    Returns
    -------
    Pairs, the earlier row first; of many rows of one name or spot, each with the first of them.
    """
    names = _normalised(table, name)
    pairs = [*_of_one_name(table, name, names, x, y), *_on_one_spot(table, name, names, x, y)]
    return sorted(pairs, key=lambda pair: (pair.second, pair.first))


def scattered_places(
    table: pd.DataFrame, name: str, x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[Pair]:
    """List the rows that bear one name and one address, or commune, and stand far from each other.

    Either a position is wrong, or two places share a name; nearer ones are likely duplicates.

    Parameters
    ----------
    table
        Rows; those of different `annee` are never paired.
    name
        Column of what they are called; spellings are compared as those of `adresse` are.
    x, y
        Where they are, metres; NaN where there is no position.

    Returns
    -------
    Pairs in the order of the later row, each with the first of its name.
    """
    names = _normalised(table, name)
    years = table["annee"].astype("str").tolist() if "annee" in table else [""] * len(table)
    marks = {
        "the same name and address": _normalised(table, "adresse"),
        "the same name and commune": _normalised(table, "code_insee"),
    }
    firsts: dict[tuple[str, ...], int] = {}
    found: dict[int, Pair] = {}
    for reason, values in marks.items():
        for row, key in enumerate(zip(names, values, years, strict=True)):
            first = firsts.setdefault((reason, *key), row)
            distance = float(np.hypot(x[row] - x[first], y[row] - y[first]))
            if key[0] and key[1] and distance > _SAME_NAME_M and row not in found:
                found[row] = Pair(first, row, str(table[name].iloc[row]), reason, distance)
    return [found[row] for row in sorted(found)]


def _normalised(table: pd.DataFrame, column: str) -> list[str]:
    """Give the texts of a column as they are compared; nothing where there is none."""
    texts = table[column] if column in table else [None] * len(table)
    return [normalise(text) if isinstance(text, str) else "" for text in texts]


def _of_one_name(
    table: pd.DataFrame,
    name: str,
    names: list[str],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> Iterator[Pair]:
    """Pair each row with the first of its name that is near, or has no position."""
    marks = [
        table[mark].astype("str").tolist() for mark in ("code_insee", "annee") if mark in table
    ]
    called = table[name].tolist()
    rows_of: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(names, *marks, strict=True)):
        if not key[0]:
            continue
        others = rows_of.setdefault(key, [])
        if len(others) > _MOST_PLACES:
            continue  # what so many places bear is no name of one
        distances = np.hypot(x[others] - x[row], y[others] - y[row])
        near = np.flatnonzero(~(distances > _SAME_NAME_M))
        if len(near):
            first, distance = others[near[0]], float(distances[near[0]])
            yield Pair(first, row, str(called[row]), "the same name", distance)
        else:
            others.append(row)


def _on_one_spot(
    table: pd.DataFrame,
    name: str,
    names: list[str],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> Iterator[Pair]:
    """Pair each row with the first that stands on its spot under another name, or none."""
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(placed):
        return
    spots, spot_of, rows = np.unique(
        np.column_stack([x[placed], y[placed]]), axis=0, return_inverse=True, return_counts=True
    )
    rows_of: list[list[int]] = [[] for _ in spots]
    for row, spot in zip(placed.tolist(), spot_of.tolist(), strict=True):
        rows_of[spot].append(row)
    called = table[name].tolist()
    for spot, near in _near_spots(spots, rows > 1):
        heads = sorted(rows_of[other][0] for other in near)
        for row in rows_of[spot]:
            for head in heads:
                if head < row and (names[head] != names[row] or not names[row]):
                    distance = float(np.hypot(x[row] - x[head], y[row] - y[head]))
                    yield Pair(head, row, str(called[row]), "the same spot", distance)
                    break


def _near_spots(
    spots: NDArray[np.float64], shared: NDArray[np.bool_]
) -> Iterator[tuple[int, list[int]]]:
    """Give the spots of several rows, or with others near, and these: the nearest of very many."""
    found = min(_MOST_SPOTS, len(spots))
    distances, near = KDTree(spots).query(spots, k=found)
    near, is_near = near.reshape(-1, found), distances.reshape(-1, found) <= _SAME_SPOT_M
    for spot in np.flatnonzero(shared | (is_near.sum(axis=1) > 1)).tolist():
        yield spot, near[spot, is_near[spot]].tolist()
