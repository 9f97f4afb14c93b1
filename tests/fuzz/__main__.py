"""Spoil files and try them for a while: see `make fuzz`.

SECONDS is how long, SEED which random numbers, JOBS how many processes; CDV_GEO_FUZZ names folders
of files that are spoilt in place of our own, `:` between them, and FOUND the folder that keeps what
is found. Each file has its turn, as often as any other.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import cdv_geo.territory

from fuzz import samples
from fuzz.mutating import mutate
from fuzz.running import Trial, in_a_child, signature, smaller
from fuzz.targets import TARGETS
from hostile_files.checking import loading_once

_BATCH = 100
_HEAVY = 5  # one in so many trials may be of a target that takes long
_SEED = int(os.environ.get("SEED") or 1)
_SECONDS = float(os.environ.get("SECONDS") or 600)
_JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 1)
_FOUND = Path(os.environ.get("FOUND") or Path(__file__).parent / "seeds")


def _write_corpus(folder: Path) -> None:
    samples.write_territory(folder / "territory")
    for name, write in (
        ("sound", samples.write_sound_files),
        ("hostile", samples.write_hostile_files),
    ):
        (folder / name).mkdir()
        write(folder / name)


def _in_a_process(work: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.waitpid(child, 0)


def _trials(corpus: list[tuple[str, str, bytes]], numbers: range) -> Iterator[Trial]:
    """Make the trial of each number; it is the same whatever was tried before."""
    for number in numbers:
        random = Random(f"{_SEED}:{number}")
        _, suffix, content = corpus[number % len(corpus)]
        names = [n for n, t in TARGETS.items() if suffix in t.suffixes]
        light = [n for n in names if not TARGETS[n].heavy]
        name = random.choice(names if random.randrange(_HEAVY) == 0 else light)
        yield Trial(name, suffix, mutate(content, random))


def _work(corpus: list[tuple[str, str, bytes]], base: Path, job: int) -> None:
    """Try until the time is over, and keep each thing that is wrong once."""
    until, next_number, tried = time.monotonic() + _SECONDS, job, 0
    with tempfile.TemporaryDirectory(prefix="fuzzing-") as name:
        scratch = Path(name)
        while time.monotonic() < until:
            numbers = range(next_number, next_number + _BATCH * _JOBS, _JOBS)
            done, said, trial = in_a_child(_trials(corpus, numbers), base, scratch)
            next_number, tried = next_number + max(done, 1) * _JOBS, tried + done
            if trial is not None:
                _keep(trial, said, base, scratch)
    each = tried // len(corpus)
    print(f"process {job}: {tried} trials in {_SECONDS:.0f} s, {each} of each file", flush=True)


def _keep(trial: Trial, said: str, base: Path, scratch: Path) -> None:
    what = "".join(c if c.isalnum() else "-" for c in signature(said))[:80].strip("-")
    path = _FOUND / f"{trial.target}--{what}{trial.suffix}"
    if any(_FOUND.glob(f"*--{what}.*")):
        return
    path.write_bytes(trial.content)  # at once, so that the other processes know it
    path.write_bytes(smaller(trial, said, base, scratch).content)
    command = TARGETS[trial.target].command
    print(f"{path}: cdv-geo {command}: {' '.join(said.split())}", flush=True)


def main() -> None:
    """Make the corpus, then try it in as many processes as are wanted."""
    _FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as name:
        _in_a_process(lambda: _write_corpus(Path(name)))
        given = [Path(each) for each in os.environ.get("CDV_GEO_FUZZ", "").split(":") if each]
        folders = given or [Path(name), samples.ROOT / "data", samples.ROOT / "maps"]
        corpus = [sample for folder in folders for sample in samples.read_samples(folder)]
        print(f"{len(corpus)} files are spoilt, for {len(TARGETS)} targets", flush=True)
        cdv_geo.territory.load_territory = loading_once(cdv_geo.load_territory())
        _work_all(corpus, Path(name) / "territory")


def _work_all(corpus: list[tuple[str, str, bytes]], base: Path) -> None:
    jobs = []
    for job in range(_JOBS):
        child = os.fork()
        if child == 0:
            try:
                _work(corpus, base, job)
            finally:
                os._exit(0)
        jobs.append(child)
    for child in jobs:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
