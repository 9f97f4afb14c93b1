"""What the ordinary run tries of many cases; `make test-long` tries them all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import combinations

LONG = os.environ.get("CDV_GEO_TESTS") == "long"
EXAMPLES = 15


def examples(many: int) -> int:
    """Give how many examples a property is tried on: `many` in the long run."""
    return many if LONG else min(many, EXAMPLES)


def some(cases: Sequence, count: int) -> Sequence:
    """Choose `count` cases, as far from each other as they lie; all of them in the long run."""
    if LONG or len(cases) <= count:
        return cases
    return [cases[number * len(cases) // count] for number in range(count)]


def singles(rows: Iterable[tuple]) -> list[tuple]:
    """Choose rows so that each value of each column occurs; all of them in the long run."""
    return _covering(list(rows), 1)


def pairs(rows: Iterable[tuple]) -> list[tuple]:
    """Choose rows so that all values meet that meet in any row; all rows in the long run.

    Faults of combined options nearly always lie in two of them: `pairs(product(a, b, c))`.
    """
    return _covering(list(rows), 2)


def _covering(rows: list[tuple], together: int) -> list[tuple]:
    """Take, time and again, the first of the rows that show the most of what is yet to be seen."""
    if LONG:
        return rows
    shown = {row: set(combinations(enumerate(row), together)) for row in rows}
    unseen, chosen = set().union(*shown.values()), []
    while unseen:
        chosen.append(max(shown, key=lambda row: len(shown[row] & unseen)))
        unseen -= shown[chosen[-1]]
    return sorted(chosen, key=rows.index)
