"""Write what was measured as Markdown; every figure in it comes from the run."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from math import log10
from typing import TYPE_CHECKING, Final

from tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from measure import Measurement
    from tasks import Task

_BENEATH: Final = {"numpy", "pandas", "shapely", "pykdtree"}  # what the contenders stand on
_PREFACE: Final = """\
Each attempt is a process of its own on one thread, and the contenders take turns; figures are
medians. Results are compared before anything counts. Not timed are imports, loading the data,
making the objects that a contender works on (a geometry for each point, a table in DuckDB) and an
attempt on small data. The peak of memory includes all of that, its growth only what the attempt
added. Speeds are ratios of CPU seconds."""
_GROWTH: Final = """\
CPU seconds of our own kernel, and in brackets by how much they grow when the points become ten
times as many; at most 8 is the target. What has no peer at its size was measured once."""
_WIDTH: Final = 100


@dataclass
class Report:
    """The figures of a run.

    Parameters
    ----------
    data
        What the data of each size are like.
    figures
        The medians, by task and points, then by contender.
    """

    data: dict[int, str] = field(default_factory=dict)
    figures: dict[tuple[Task, int], dict[str, Measurement]] = field(default_factory=dict)

    def sections(self) -> list[str]:
        """Give the tables of all tasks, and how they grow."""
        (title, *_) = next(iter(self.data.values())).split(":")
        described = [f"{points:,} points. {text}." for points, text in self.data.items()]
        found = [f"## {title[0].upper()}{title[1:]}", *described]
        for task in filter(self._by_points, TASKS):
            found += [f"### {task.title}", self._note(task), self._comparison(task)]
        return [*found, "### Growth", _GROWTH, self._growth()]

    def _by_points(self, task: Task) -> dict[int, dict[str, Measurement]]:
        return {points: medians for (one, points), medians in self.figures.items() if one == task}

    def _note(self, task: Task) -> str:
        notes = [took.note for took in next(iter(self._by_points(task).values())).values()]
        missing = set(task.contenders) - set(task.installed)
        return " ".join(
            [task.note, *filter(None, notes), *(f"No {name} here." for name in missing)]
        )

    def _comparison(self, task: Task) -> str:
        """List the contenders by number of points, each compared with the yardstick."""
        rows = [
            [
                f"{points:,}" if task.grows else "any",
                contender,
                *_figures(took),
                f"{medians[task.yardstick].cpu_s / took.cpu_s:.1f}",
            ]
            for points, medians in self._by_points(task).items()
            for contender, took in medians.items()
            if task.yardstick in medians
        ]
        head = ["points", "contender", "CPU s", "wall s", "peak MB", "growth MB", "attempts"]
        return _table([*head, f"speed ({task.yardstick} = 1)"], rows)

    def _growth(self) -> str:
        """List the CPU seconds of our kernel by number of points, and the factor per tenfold."""
        rows = []
        for task in TASKS:
            if task.grows and (measured := self._by_points(task)):
                took = {n: m[task.contenders[0]].cpu_s for n, m in measured.items()}
                rows.append([task.title, *_growing(took)])
        return _table(["task", *(f"{points:,}" for points in self.data)], rows)


def markdown(reports: Iterable[Report], commands: Iterable[str]) -> str:
    """Give the whole report: what was measured on each data set, then whole commands."""
    sections = [section for report in reports for section in report.sections()]
    return "\n\n".join(["# The kernel and its peers", _PREFACE, _machine(), *sections, *commands])


def _figures(took: Measurement) -> list[str]:
    return [
        f"{took.cpu_s:.4f}",
        f"{took.wall_s:.4f}",
        f"{took.peak_mb:,.0f}",
        f"{took.grown_mb:,.0f}",
        str(took.attempts),
    ]


def _growing(seconds: dict[int, float]) -> list[str]:
    """Give the seconds of each size, with the factor by which they grow per tenfold points."""
    cells = [f"{next(iter(seconds.values())):.4f}"]
    for (fewer, before), (more, after) in pairwise(seconds.items()):
        factor = (after / before) ** (1 / log10(more / fewer))
        cells.append(f"{after:.4f} ({factor:.1f})")
    return cells


def _machine() -> str:
    """Name what the figures depend on."""
    peers = {name for task in TASKS for name in task.installed} - {"cdv_geo"}
    packages = ", ".join(f"{name} {version(name)}" for name in sorted(peers | _BENEATH))
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}; {packages}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
