"""Run the program in a process of its own, within limits, and measure what it took."""

from __future__ import annotations

import os
import resource
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


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))


def run(*arguments: str | Path, folder: Path | None = None) -> Measured:
    """Run `cdv-geo` with arguments."""
    command = [sys.executable, "-m", "cdv_geo", *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            command,
            stdout=out,
            stderr=err,
            cwd=folder,
            preexec_fn=_limited,  # noqa: PLW1509  # nothing but system calls
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode("utf-8", "replace"))
    seconds = used.ru_utime + used.ru_stime
    return Measured(child.returncode, *said, seconds, used.ru_maxrss // 1024)


def assert_within_limits(measured: Measured) -> None:
    """It ended by itself, in time and in memory, and said nothing that is not for its user."""
    assert measured.exit_code in {0, 1, 2, 3}, (measured.exit_code, measured.stderr[-500:])
    assert measured.cpu_seconds < CPU_SECONDS
    assert measured.megabytes < MEGABYTES
    assert [text for text in NEVER_SAID if text in measured.output] == [], measured.stderr[-2_000:]
