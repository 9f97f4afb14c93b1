"""Run the program in a process of its own, within limits, and measure what it took."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CPU_SECONDS, MEGABYTES = 10, 1024
_ADDRESSES = 4 * 2**30  # bytes; so that what goes wrong does not take the machine with it
NEVER_SAID = ("Traceback", "something unforeseen", "Exception ignored", "memory ran out", "Warning")


@dataclass(frozen=True)
class Measured:
    """How a run ended (below nought: the signal), what it said, and what it took."""

    exit_code: int
    stdout: str
    stderr: str
    cpu_seconds: float
    megabytes: int

    @property
    def output(self) -> str:
        """All that was said."""
        return self.stdout + self.stderr


# Run by a small process between: a child is charged with the peak of the process that made it,
# and that of a worker of the tests may be more than the program ever takes.
_MEASURE = """
import json, os, resource, subprocess, sys
to, cpu_seconds, addresses = map(int, sys.argv[1:4])
resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
exit_code = subprocess.run(sys.argv[4:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(to, json.dumps([exit_code, used.ru_utime + used.ru_stime, used.ru_maxrss]).encode())
"""


def run(*arguments: str | Path, folder: Path | None = None) -> Measured:
    """Run `cdv-geo` with arguments."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as figures,
    ):
        to = figures.fileno()
        measure = [sys.executable, "-ISc", _MEASURE, to, CPU_SECONDS, _ADDRESSES]
        command = [*measure, sys.executable, "-m", "cdv_geo", *arguments]
        subprocess.run(
            [str(part) for part in command],
            stdout=out,
            stderr=err,
            cwd=folder,
            pass_fds=[to],
            check=True,
        )
        for file in (out, err, figures):
            file.seek(0)
        stdout, stderr = (file.read().decode("utf-8", "replace") for file in (out, err))
        exit_code, cpu_seconds, kilobytes = json.load(figures)
    return Measured(exit_code, stdout, stderr, cpu_seconds, kilobytes // 1024)


def assert_within_limits(measured: Measured) -> None:
    """It ended by itself, in time and in memory, and said nothing that is not for its user."""
    assert measured.exit_code in {0, 1, 2, 3}, (measured.exit_code, measured.stderr[-500:])
    assert measured.cpu_seconds < CPU_SECONDS
    assert measured.megabytes < MEGABYTES
    assert [text for text in NEVER_SAID if text in measured.output] == [], measured.stderr[-2_000:]
