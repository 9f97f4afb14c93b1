"""What is said of files that were read: how each is written, and what was found in its rows."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.errors import listed
from cdv_geo.faults import ACCEPTED, REJECTED, REPAIRED, located
from cdv_geo.toml_files import value_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cdv_geo.faults import Fault

VARYING: Final = re.compile(r"“[^”]*”|[0-9]+")
"""What two faults of one kind may differ in: the values that they quote, and figures."""
_LABELS: Final = {REJECTED: "Rejected", REPAIRED: "Repaired", ACCEPTED: "Note"}
_KINDS_SHOWN: Final = 10
_KINDS_KEPT: Final = 100  # of each that was done
_NOTHING: Final[Sequence[object]] = ("", {}, [], None)


def how_written(detected: Mapping[str, Any]) -> list[str]:
    """Say how a file is written, one line for each thing that was found out.

    Parameters
    ----------
    detected
        Of a `Check`, a `Checked` or a `Source`: encoding, sheet, renamed columns, …
    """
    return [f"{name}: {_said(value)}" for name, value in detected.items() if value not in _NOTHING]


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_one(own)} → {known}" for own, known in value.items())
    if isinstance(value, list):
        return ", ".join(map(_one, value))
    return repr(value) if isinstance(value, str) and not value.isprintable() else str(value)


def _one(name: object) -> str:
    """Write the name of a column on one line, and not at full length if it is long."""
    return value_shown(" ".join(str(name).split()))


class Found:
    """What was found in files: of each as a whole, and in its rows, by kind.

    Files may have millions of rows at fault: of each kind the first is said, and how many there
    are. What holds for a file as a whole is said at once, and once.

    Parameters
    ----------
    notice
        Says a line.
    """

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._notes: set[str] = set()
        self._first: dict[tuple[str, str], str] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._beyond = 0

    def add(self, name: str, faults: Iterable[Fault], *, but: Sequence[str] = ()) -> None:
        """Take what was found in a file; `but` names what was done to rows that others tell."""
        for fault in faults:
            if fault.row is None:
                self.note(f"{name}: {fault}")
            elif fault.done not in but:
                kind = VARYING.sub("", str(fault))
                self.count(fault.done, kind, f"{name}, {located(fault)}")

    def note(self, text: str) -> None:
        """Say what holds for a file as a whole, unless it was said."""
        if text not in self._notes:
            self._notes.add(text)
            self._notice(f"Note: {text}")

    def count(self, done: str, kind: str, first: str, count: int = 1) -> None:
        """Count some rows of one kind; the first that is met stands for all of them."""
        key = (done, kind)
        if key not in self._first:
            if sum(other == done for other, _ in self._first) == _KINDS_KEPT:
                self._beyond += count
                return
            self._first[key] = first
        self._counts[key] += count

    def say(self) -> None:
        """Say what was found in rows: the rejected first."""
        order = list(_LABELS)
        kinds = sorted(self._first, key=lambda key: order.index(key[0]))
        for key in kinds[:_KINDS_SHOWN]:
            more = self._counts[key] - 1
            like_it = f" (and {more:,} more like it)" if more else ""
            self._notice(f"{_LABELS[key[0]]}: {self._first[key]}{like_it}")
        rest = self._beyond + sum(self._counts[key] for key in kinds[_KINDS_SHOWN:])
        if rest:
            self._notice(f"And {rest:,} of other kinds.")
        if self._first:
            self._notice("`cdv-geo check` lists all that was found.")


def say_written(
    notice: Callable[[str], None], files: Iterable[tuple[str, str, Mapping[str, Any]]]
) -> None:
    """Say how files are written: once for all that are written alike.

    Parameters
    ----------
    notice
        Says a line.
    files
        Of each its name, its kind, and what was found out of how it is written.
    """
    alike: dict[tuple[str, ...], dict[str, None]] = {}
    for name, kind, detected in files:
        alike.setdefault((kind, *how_written(detected)), {})[name] = None
    for (kind, *lines), names in alike.items():
        notice(f"{listed(names)}: {kind}")
        for line in lines:
            notice(f"  {line}")
