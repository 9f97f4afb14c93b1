"""Run the program in a process of its own, within limits, and measure what it took."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
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


# Each run is a child of a process that has imported the program, and nothing else: the imports,
# whose seconds are charged to each run, are what takes longest. The tests themselves may hold more
# than the program ever takes, and a child is charged with that. What was imported is frozen: the
# collector of each child would look through it, and so copy its memory.
_STARTED = """
import gc, importlib, json, os, pkgutil, resource, sys
import pyarrow.dataset, rasterio
import cdv_geo
for module in pkgutil.walk_packages(cdv_geo.__path__, "cdv_geo."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from cdv_geo.cli.main import main

gc.collect()
gc.freeze()
cpu_seconds, addresses = map(int, sys.argv[1:])
started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
for line in sys.stdin:
    folder, out, err, *arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_RDWR), number)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
        sys.argv[1:] = arguments
        main()
    _, status, used = os.wait4(child, 0)
    seconds = started + used.ru_utime + used.ru_stime
    print(json.dumps([os.waitstatus_to_exitcode(status), seconds, used.ru_maxrss]), flush=True)
"""


@cache
def _program() -> subprocess.Popen[str]:
    """Start the program, which waits for what it is to be run with."""
    command = [sys.executable, "-c", _STARTED, str(CPU_SECONDS), str(_ADDRESSES)]
    started = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    atexit.register(started.communicate)
    return started


def run(*arguments: str | Path) -> Measured:
    """Run `cdv-geo` with arguments."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        request = [str(Path.cwd()), out.name, err.name, *map(str, arguments)]
        program = _program()
        program.stdin.write(f"{json.dumps(request)}\n")
        program.stdin.flush()
        exit_code, cpu_seconds, kilobytes = json.loads(program.stdout.readline())
        stdout, stderr = (file.read().decode("utf-8", "replace") for file in (out, err))
    return Measured(exit_code, stdout, stderr, cpu_seconds, kilobytes // 1024)


def assert_within_limits(measured: Measured) -> None:
    """It ended by itself, in time and in memory, and said nothing that is not for its user."""
    assert measured.exit_code in {0, 1, 2, 3}, (measured.exit_code, measured.stderr[-500:])
    assert measured.cpu_seconds < CPU_SECONDS
    assert measured.megabytes < MEGABYTES
    assert [text for text in NEVER_SAID if text in measured.output] == [], measured.stderr[-2_000:]
