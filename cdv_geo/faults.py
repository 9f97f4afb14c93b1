"""What is wrong or odd in a file: where it stands, what was done about it, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCEPTED: Final = "accepted"
REPAIRED: Final = "repaired"
REJECTED: Final = "rejected"
REFUSED: Final = "refused"  # the file as a whole
COUNTS: Final = ("input", ACCEPTED, REPAIRED, REJECTED)
APART: Final = ("blank", "title", "total", "sample", "hidden")
"""Lines that are no rows."""

VALUE: Final = "value"
PLACE: Final = "place"  # where it is cannot be, or cannot be read
HALF_PLACE: Final = "half a place"  # one of two coordinates is missing
MISFIT: Final = "misfit"  # the row does not fit the header
TWICE: Final = "twice"  # it stands on an earlier row too
_FAULTS_SHOWN: Final = 20
# Characters of what is said, and of these what is kept of a longer one: why stands in the end.
_LONGEST, _BEGINNING, _END = 1_000, 600, 300


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong or odd, where it stands, and what was done about it.

    Parameters
    ----------
    row
        Number of the row in its file, as a spreadsheet shows it; of a layer, of the feature; None
        where the file as a whole is meant.
    column
        Of the schema, or as the file calls it.
    message
        Why, in one sentence.
    value
        What stands there.
    done
        `accepted`, `repaired`, `rejected` (the row) or `refused` (the file).
    kind
        Of what sort it is, of the constants of this module.
    """

    row: int | None
    column: str
    message: str
    value: str = ""
    done: str = REJECTED
    kind: str = VALUE

    def __post_init__(self) -> None:
        """Keep a cell of a megabyte from being said whole; no cell of a workbook would take it."""
        for name in ("message", "value"):
            if len(text := getattr(self, name)) > _LONGEST:
                object.__setattr__(self, name, f"{text[:_BEGINNING]} … {text[-_END:]}")

    def __str__(self) -> str:
        """Say it without the row."""
        return f"{self.column}: {self.message}" if self.column else self.message


def located(fault: Fault) -> str:
    """Say a fault and where it stands."""
    places = [f"row {fault.row}"] if fault.row is not None else []
    places += [fault.column] if fault.column else []
    return f"{', '.join(places)}: {fault.message}" if places else fault.message


def refuse(faults: list[Fault], *, where: str) -> None:
    """Raise one error for all faults, if there are any.

    Raises
    ------
    DataError
        With the first twenty of them in full.
    """
    if not faults:
        return
    lines = [located(fault) for fault in faults[:_FAULTS_SHOWN]]
    rest = len(faults) - _FAULTS_SHOWN
    more = [f"and {rest} more"] if rest > 0 else []
    raise DataError(f"{where} has {len(faults)} fault(s): {'; '.join([*lines, *more])}.")


def rejected_rows(faults: Iterable[Fault]) -> set[int]:
    """Give the numbers of the rows that faults reject."""
    return {f.row for f in faults if f.done == REJECTED and f.row is not None}


def count_rows(rows: int, faults: Iterable[Fault]) -> dict[str, int]:
    """Count rows by what became of them; a row is repaired only where it is not rejected.

    Parameters
    ----------
    rows
        How many there are.
    faults
        What was found in them.

    Returns
    -------
    `input` = `accepted` + `repaired` + `rejected`.
    """
    found = list(faults)
    rejected = rejected_rows(found)
    repaired = {f.row for f in found if f.done == REPAIRED and f.row is not None} - rejected
    accepted = rows - len(rejected) - len(repaired)
    return dict(zip(COUNTS, (rows, accepted, len(repaired), len(rejected)), strict=True))


def add_up(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up the counts of several files."""
    every = list(counts)
    return {name: sum(count[name] for count in every) for name in COUNTS}
