"""The rows that have no usable position, with the reason in French: a service completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.io.things import PLACES
from cdv_geo.schemas import REJECTED, Fault

if TYPE_CHECKING:
    from cdv_geo.analysis.things import Things

_PLACES: Final = {"geometry", *(name for names in PLACES for name in names)}


def unlocated_rows(things: Things) -> pd.DataFrame:
    """Give the rows without a position, and those that are rejected, each with its `reason`.

    Parameters
    ----------
    things
        As read from a file or a territory.
    """
    faulty = np.zeros(len(things), dtype=bool)
    faulty[list(things.faults)] = True
    positions = np.flatnonzero(faulty | ~things.placed)
    first: dict[int, Fault] = {}
    for fault in things.notes:
        if fault.done == REJECTED and fault.row is not None:
            first.setdefault(fault.row, fault)
    numbers = things.row_numbers or range(1, len(things) + 1)
    rows = things.table.iloc[positions]
    reasons = [
        _reason(first.get(numbers[at])) if faulty[at] else vocabulary.NO_POSITION
        for at in positions.tolist()
    ]
    return rows.assign(reason=pd.Series(reasons, rows.index, dtype="str"))


def _reason(fault: Fault | None) -> str:
    if fault is None or fault.column in _PLACES or " and " in fault.column:
        return vocabulary.IMPOSSIBLE_POSITION
    if not fault.column:
        return vocabulary.MISFIT_ROW
    return vocabulary.refused_value(fault.column, fault.value)
