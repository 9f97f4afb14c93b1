"""How long fiches take: all of the home territory, and a hundred of all metropolitan QPV.

Each run is a process of its own, timed once everything is imported: the tables are read, every
perimeter is measured, every fiche is written, drawn and set.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from country import write_territory
from france import FOLDER_VARIABLE

_RUNS: Final = 5
_SAMPLE: Final = 100
_TIMED: Final = """
import random, sys, time
from cdv_geo import load_territory
from cdv_geo.reports.fiche import fiche
from cdv_geo.reports.document_formats import render_document

folder, wanted = sys.argv[1] or None, int(sys.argv[2])
start = time.perf_counter()
study = load_territory(folder).study()
study.coverage, study.links
ready = time.perf_counter()
codes = study.perimeters["code"].tolist()
chosen = random.Random(2154).sample(codes, wanted) if wanted else codes
for code in chosen:
    render_document(fiche(study, code), ".pdf")
print(len(codes), len(chosen), ready - start, time.perf_counter() - ready)
"""


def table() -> list[str]:
    """Give the section of the report, as Markdown."""
    home = [_timed("", 0) for _ in range(_RUNS)]
    count = home[0][0]
    ready, made = (statistics.median(run[at] for run in home) for at in (2, 3))
    rows = [_row("home territory", count, ready, made)]
    if FOLDER_VARIABLE in os.environ:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "national"
            write_territory(Path(os.environ[FOLDER_VARIABLE]), folder)
            codes, sample, ready, made = _timed(str(folder), _SAMPLE)
        whole = made / sample * codes
        rows.append(_row("metropolitan QPV of 2024, drawn by lot", sample, ready, made))
        rows.append(_row("all of them, by extrapolation", codes, ready, whole))
    head = "| fiches of | number | tables and measures, s | fiches, s | together, s |"
    note = (
        "PDF, in one process, wall seconds once everything is imported; the home territory is the "
        f"median of {_RUNS} runs, the sample of the country was made once. The first fiche waits "
        "for the tables to be read and every perimeter to be measured."
    )
    return ["## Fiches", note, "\n".join([head, "|---|---:|---:|---:|---:|", *rows])]


def _row(name: str, count: float, ready: float, made: float) -> str:
    return f"| {name} | {count:.0f} | {ready:.2f} | {made:.2f} | {ready + made:.2f} |"


def _timed(folder: str, wanted: int) -> tuple[float, ...]:
    """Make fiches: give how many there are, how many were made, and the seconds of both parts."""
    command = [sys.executable, "-c", _TIMED, folder, str(wanted)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    print("\n\n".join(table()))
