"""Give spoilt files to targets in processes of their own, and say what may not be so."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import resource
import select
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner

from cdv_geo.cli.command_group import cli
from cdv_geo.errors import CdvGeoError

from fuzz.targets import TARGETS
from hostile_files.checking import Answer, assert_conserved

CPU_SECONDS, MEGABYTES, WALL_SECONDS = 10, 1024, 120
STARTED = 230  # megabytes of the program before it does anything
LONGEST_LINE = 4_000  # characters of a sentence
_NOISE = re.compile(
    r"Traceback|something unforeseen|memory ran out|Exception ignored|\.py:\d+: \w*Warning|\x1b"
)


@dataclass(frozen=True)
class Trial:
    """A spoilt file and its target."""

    target: str
    suffix: str
    content: bytes


def wrong_with(trial: Trial, base: Path) -> str:
    """Run a target on a file in this process, and say what is wrong with its answer."""
    target = TARGETS[trial.target]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        arguments = target.arguments(folder, trial.content, trial.suffix, base)
        before = _contents(folder)
        if target.call is not None:
            return _wrong_with_call(target.call, folder)
        result = CliRunner().invoke(cli, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            return _place_of(result.exception)
        return _wrong_with_answer(result) or _wrong_with_folder(folder, before)


def _wrong_with_call(call: Callable[[Path], object], folder: Path) -> str:
    try:
        call(folder)
    except CdvGeoError:
        return ""
    except Exception as error:  # noqa: BLE001  # any other is what is looked for
        return _place_of(error)
    return ""


def _place_of(error: BaseException) -> str:
    """Name an exception by its kind and by the last line of the program that it passed."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/cdv_geo/" in f.filename]
    where = f"{frames[-1].filename.rpartition('/cdv_geo/')[2]}:{frames[-1].name}" if frames else "?"
    return f"{type(error).__name__} at {where}: {str(error)[:200]!r}"


def _wrong_with_answer(result: click.testing.Result) -> str:
    if result.exit_code not in {0, 1, 2, 3}:
        return f"exit code {result.exit_code}"
    noise = _NOISE.search(result.output)
    if noise is not None:
        return f"said: {result.output[noise.start() : noise.end() + 150]!r}"
    longest = max(map(len, result.stderr.splitlines()), default=0)
    if longest > LONGEST_LINE:
        return f"a line of more than {LONGEST_LINE} characters on stderr"
    if result.exit_code in {1, 2} and not re.search(r"Error: .", result.stderr):
        return "no sentence says why"
    return _wrong_with_report(result)


def _wrong_with_report(result: click.testing.Result) -> str:
    if not result.stdout.startswith("{"):
        return ""
    report = json.loads(result.stdout)
    if "summary" not in report:
        return ""
    try:
        assert_conserved(Answer(result.exit_code, result.stdout, result.stderr, report))
    except AssertionError as error:
        return f"not conserved: {str(error)[:200]!r}"
    return ""


def _contents(folder: Path) -> dict[str, bytes]:
    found = {p.relative_to(folder): p for p in folder.rglob("*") if p.is_file()}
    return {str(n): hashlib.sha256(p.read_bytes()).digest() for n, p in found.items()}


def _wrong_with_folder(folder: Path, before: dict[str, bytes]) -> str:
    after = _contents(folder)
    changed = {name for name in before if after.get(name) != before[name]}
    appeared = {name for name in set(after) - set(before) if not re.fullmatch(r"out\.\w+", name)}
    return f"changed: {changed}, appeared: {appeared}" if changed or appeared else ""


def in_a_child(trials: Iterator[Trial], base: Path, scratch: Path) -> tuple[int, str, Trial | None]:
    """Run trials in one process until something is wrong; how many were run, what, with which.

    The trial that is run is kept in `scratch`, so that it is known whatever ends the process.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with contextlib.suppress(BaseException):
            _serve(trials, base, scratch, writing)
        os._exit(0)
    os.close(writing)
    done, said = _listen(reading, child)
    os.close(reading)
    _, status, _usage = os.wait4(child, 0)
    if os.WIFSIGNALED(status) and not said:
        said = f"ended by signal {os.WTERMSIG(status)}"
    return done, said, _kept(scratch) if said else None


def _serve(trials: Iterator[Trial], base: Path, scratch: Path, pipe: int) -> None:
    tempfile.tempdir = str(scratch)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        * resource.getpagesize()
    )
    resource.setrlimit(resource.RLIMIT_AS, (held + 3 * MEGABYTES * 2**19, resource.RLIM_INFINITY))
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for trial in trials:
        _keep(trial, scratch)
        os.write(pipe, b".")
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limit = int(used) + 1 + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        said = wrong_with(trial, base)
        # The process that this one was made of may hold more than a program that has started.
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - begun
        peak = STARTED + taken
        if not said and peak > MEGABYTES:
            said = f"took {peak} MB"
        if said:
            os.write(pipe, said.encode("utf-8", "backslashreplace"))
            return


def _listen(pipe: int, child: int) -> tuple[int, str]:
    heard = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], WALL_SECONDS)
        if not ready:
            os.kill(child, 9)
            return len(heard), f"no answer within {WALL_SECONDS} s"
        more = os.read(pipe, 65_536)
        if not more:
            said = heard.lstrip(b".")
            return len(heard) - len(said), said.decode("utf-8", "replace")
        heard += more


def _keep(trial: Trial, scratch: Path) -> None:
    (scratch / "trial").write_bytes(trial.content)
    (scratch / "name").write_text(f"{trial.target}\n{trial.suffix}", encoding="utf-8")


def _kept(scratch: Path) -> Trial:
    target, suffix = (scratch / "name").read_text(encoding="utf-8").split("\n")
    for left in scratch.glob("fuzz-*"):
        shutil.rmtree(left, ignore_errors=True)
    return Trial(target, suffix, (scratch / "trial").read_bytes())


def smaller(trial: Trial, said: str, base: Path, scratch: Path, tries: int = 60) -> Trial:
    """Leave out of a file what is not needed for it to be wrong in the same way."""
    step = len(trial.content) // 2
    place = 0
    while step > 0 and tries > 0:
        tries -= 1
        shorter = trial.content[:place] + trial.content[place + step :]
        tried = Trial(trial.target, trial.suffix, shorter)
        if shorter and signature(in_a_child(iter([tried]), base, scratch)[1]) == signature(said):
            trial = tried
        else:
            place += step
        if place >= len(trial.content):
            place, step = 0, min(step // 2, len(trial.content) // 2)
    return trial


def signature(said: str) -> str:
    """Name what is wrong, without what differs from one file to the next."""
    return re.sub(
        r"\d+", "0", said.partition(":")[0] + said.partition(": ")[2].partition(": ")[0][:60]
    )
