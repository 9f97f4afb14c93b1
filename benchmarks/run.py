"""Measure our kernel and its peers, results compared first, and report it in Markdown.

All contenders of a task take turns, so that a machine that slows down slows all of them. The first
turn is there to compare the results and does not count, unless it is the only one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import fiches
import journey
import numpy as np
from france import drawings, synthetic
from measure import Measurement, measure
from report import Report, markdown
from tasks import TASKS, difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from france import France
    from tasks import Task

_TINY: Final = 3_000
_SLOW_S: Final = 10.0
_TURNS_OF_SLOW: Final = 3


def main() -> None:
    """Measure what was asked for."""
    asked = _arguments()
    reports = []
    for drawing in drawings()[: 1 if asked.tiny else None]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            synthetic(_TINY).save(folder / "small")
            reports.append(_measured(drawing, folder, asked))
    if asked.report:
        commands = [] if asked.tiny else [*journey.table(), *fiches.table()]
        asked.report.write_text(markdown(reports, commands), encoding="utf-8")


def _measured(drawing: Callable[[int], France], folder: Path, asked: argparse.Namespace) -> Report:
    """Measure all tasks on the data of one drawing."""
    report = Report()
    for points in (*asked.points, *asked.own):
        alone = points in asked.own
        report.data[points] = _write_data(drawing(points), folder)
        for task in [task for task in TASKS if task.name in asked.tasks]:
            if task.grows or points == asked.points[-1]:
                _tell_missing(task)
                contenders = task.contenders[:1] if alone else task.installed
                turns = 0 if alone else asked.runs
                report.figures[task, points] = _take_turns(task, contenders, folder, turns)
    return report


def _write_data(data: France, folder: Path) -> str:
    """Write the data that all contenders load, and describe them."""
    data.save(folder / "data")
    _tell(f"{len(data.x):,} points, {data.described}")
    return data.described


def _take_turns(
    task: Task, contenders: tuple[str, ...], folder: Path, runs: int
) -> dict[str, Measurement]:
    """Measure each contender several times, one after the other, and give the medians."""
    taken: dict[str, list[Measurement]] = {name: [] for name in contenders}
    for turn in range(runs + 1):
        for name, so_far in taken.items():
            if turn > _TURNS_OF_SLOW and so_far[0].wall_s > _SLOW_S:
                continue
            result = None if turn else folder / f"{name}.npz"
            last = measure(task.name, name, folder, result)
            so_far.append(last)
            _tell(f"  {task.name} {name}: CPU {last.cpu_s:.3f} s, peak {last.peak_mb:.0f} MB")
        if not turn:
            _compare(task, contenders, folder)
    return {name: Measurement.median_of(some[1:] or some) for name, some in taken.items()}


def _compare(task: Task, contenders: tuple[str, ...], folder: Path) -> None:
    """Stop where one of them does not say the same as the first."""
    first, *others = contenders
    ours = dict(np.load(folder / f"{first}.npz"))
    for other in others:
        found = difference(ours, dict(np.load(folder / f"{other}.npz")), task.tolerance)
        if found:
            sys.exit(f"{task.name}: {first} and {other} differ in {found}")


def _tell_missing(task: Task) -> None:
    for name in set(task.contenders) - set(task.installed):
        _tell(f"  {task.name} {name}: not installed, left out")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[280_000, 2_800_000])
    parser.add_argument(
        "--own", type=int, nargs="+", default=[], help="points for our kernel alone, once"
    )
    parser.add_argument("--runs", type=int, default=5, help="turns that count")
    names = [task.name for task in TASKS]
    parser.add_argument("--tasks", nargs="+", choices=names, default=names, help="all by default")
    parser.add_argument("--report", type=Path, help="Markdown file to write")
    parser.add_argument(
        "--tiny", action="store_true", help="only see whether all still agree, on few points"
    )
    asked = parser.parse_args()
    if asked.tiny:
        asked.points, asked.own, asked.runs = [_TINY], [], 0
    return asked


if __name__ == "__main__":
    main()
