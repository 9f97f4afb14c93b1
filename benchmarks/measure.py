"""Measure one contender at one task, in a process that does nothing else.

Imports, loading the data, making the objects that a contender works on and one attempt on small
data come before the clock; so only the work is timed, and the peak of memory is this contender's
alone. It counts what was there before, too: objects that a contender needs must be somewhere.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from france import France

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks import Attempt

# One thread each, so that CPU times can be compared; Arrow goes by the first of them.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Measurement:
    """What one attempt took.

    Parameters
    ----------
    cpu_s, wall_s
        Seconds of all threads, in user and in system mode, and seconds passed.
    peak_mb, grown_mb
        Most memory resident during the attempt, and how much of it was not there before.
    note
        What the contender says of itself.
    attempts
        Of how many attempts these are the medians.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float
    grown_mb: float
    note: str
    attempts: int = 1

    @classmethod
    def median_of(cls, several: Sequence[Measurement]) -> Measurement:
        """Give the median of each figure."""
        figures = {
            name: median(getattr(one, name) for one in several)
            for name in ("cpu_s", "wall_s", "peak_mb", "grown_mb")
        }
        return cls(**figures, note=several[0].note, attempts=len(several))


def measure(task: str, contender: str, folder: Path, result: Path | None = None) -> Measurement:
    """Measure in a fresh process; write the result to a file if one is given."""
    arguments = [task, contender, str(folder), *([str(result)] if result else [])]
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | _ONE_THREAD,
    )
    return Measurement(**json.loads(done.stdout))


def main(task: str, contender: str, folder: str, result: str | None = None) -> None:
    """Be that process, and print the measurement."""
    get_ready = getattr(import_module(f"contenders.{contender}"), task)
    _warm_up(get_ready(France.load(Path(folder, "small"))))
    attempt = get_ready(France.load(Path(folder, "data")))
    gc.collect()
    before = _start_watching_memory()
    wall, cpu = time.perf_counter(), time.process_time()
    found = attempt.run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = _megabytes("VmHWM")
    print(json.dumps(vars(Measurement(cpu, wall, peak, peak - before, attempt.note))))
    if result:
        np.savez(result, **attempt.result(found))


def _warm_up(attempt: Attempt) -> None:
    """Attempt it on other objects, so that nothing prepared or cached is left for the real run."""
    attempt.run()


def _start_watching_memory() -> float:
    """Set the highest mark of resident memory back to what is resident, and give that.

    `ru_maxrss` will not do: it keeps the mark of loading, and even that of the parent process.
    """
    Path("/proc/self/clear_refs").write_text("5")
    return _megabytes("VmRSS")


def _megabytes(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1]) * 1024 / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
