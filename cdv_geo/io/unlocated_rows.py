"""The rows that have no usable position, with the reason in French: a service completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdv_geo.faults import REJECTED, VALUE, Fault
from cdv_geo.french import shared_texts
from cdv_geo.french.template_texts import REASON

if TYPE_CHECKING:
    from cdv_geo.analysis.things import Things


def unlocated_rows(things: Things, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Give the rows without a position, and those that are rejected, each with its `motif_cdv_geo`.

    Rows without an id, or with that of another row, are left out: what comes back could not be told
    from the others.

    Parameters
    ----------
    things
        As read from a file or a territory.
    outcomes
        What became of each: `outcome`, as `link` gives it.
    """
    faulty = np.zeros(len(things), dtype=bool)
    faulty[list(things.faults)] = True
    untold = (outcomes["outcome"] == "rejected").to_numpy() & ~faulty
    untold |= things.table["id"].isna().to_numpy()
    positions = np.flatnonzero((faulty | ~things.placed) & ~untold)
    first: dict[int, Fault] = {}
    for fault in things.notes:
        if fault.done == REJECTED and fault.row is not None:
            first.setdefault(fault.row, fault)
    numbers = things.row_numbers
    rows = things.table.iloc[positions]
    reasons = [
        _reason(None if numbers is None else first.get(int(numbers[at])))
        if faulty[at]
        else shared_texts.NO_POSITION
        for at in positions.tolist()
    ]
    return rows.assign(**{REASON: pd.Series(reasons, rows.index, dtype="str")})


def _reason(fault: Fault | None) -> str:
    """Say in French why a row is rejected; a layer says so of its geometry alone."""
    if fault is None:
        return shared_texts.IMPOSSIBLE_POSITION
    if fault.kind == VALUE:
        return shared_texts.refused_value(fault.column, fault.value)
    return shared_texts.REJECTIONS[fault.kind]
