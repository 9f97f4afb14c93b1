"""Time the journey of a user: how soon help answers, and how long a whole atlas takes.

Every command runs as a process of its own. The two that are compared run in turn, so that a
machine that slows down slows both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 7
ATLAS_RUNS = 3


def seconds(command: list[str]) -> tuple[float, float]:
    """Give the wall and the CPU seconds of one run of a command."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    cpu = after.children_user + after.children_system
    return time.perf_counter() - start, cpu - before.children_user - before.children_system


def medians(commands: dict[str, list[str]], runs: int) -> dict[str, tuple[float, float]]:
    """Run some commands in turn, after one run that does not count; give medians of both times."""
    times = {name: [seconds(command) for _ in range(1)][1:] for name, command in commands.items()}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    return {
        name: (statistics.median(t[0] for t in rows), statistics.median(t[1] for t in rows))
        for name, rows in times.items()
    }


def table() -> list[str]:
    """Give the medians as Markdown."""
    python, program = [sys.executable], [sys.executable, "-m", "cdv_geo"]
    start = {
        "`cdv-geo --help`": [*program, "--help"],
        "`python -c 'import geopandas'`": [*python, "-c", "import geopandas"],
    }
    with tempfile.TemporaryDirectory() as folder:
        atlas = [*program, "-q", "atlas", "-o", f"{folder}/atlas"]
        # A folder that the last run left is taken away first: nothing in it is made anew.
        fresh = ["sh", "-c", 'rm -rf "$0" && exec "$@"', f"{folder}/atlas", *atlas]
        rows = medians(start, RUNS)
        rows |= medians({"`cdv-geo atlas`": fresh}, ATLAS_RUNS)
        rows |= medians({"`cdv-geo atlas` again, nothing changed": atlas}, ATLAS_RUNS)
    lines = [f"| {name} | {wall:.2f} | {cpu:.2f} |" for name, (wall, cpu) in rows.items()]
    help_cpu, geopandas_cpu = (rows[name][1] for name in start)
    note = (
        f"Medians of {RUNS} runs, of the atlas {ATLAS_RUNS}; the first two commands ran in turn. "
        "`cdv-geo link` with files of any size is measured in [scale.md](scale.md)."
    )
    help_takes = (
        f"`--help` takes {help_cpu / geopandas_cpu:.2f} of the CPU time of the import: the command "
        "line imports click and nothing else before it knows which command is asked for.\n"
    )
    figures = "\n".join(["| command | wall s | CPU s |", "|---|---:|---:|", *lines])
    return ["## Whole commands", note, figures, help_takes]
