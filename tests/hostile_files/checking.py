"""Run `cdv-geo check` in this process, within a limit of time, and read its report."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from cdv_geo.cli.command_group import cli
from cdv_geo.territory import Territory, load_territory

SECONDS = 10
USAGE = 2
COUNTS = ("input", "accepted", "repaired", "rejected", "blank", "title", "total")
Report = dict[str, object]


class TooSlowError(Exception):
    """The limit of time is over."""


@contextlib.contextmanager
def limit(seconds: int = SECONDS) -> Iterator[None]:
    """Stop what takes longer, where the system has alarms."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise TooSlowError(f"it takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Answer:
    """What the command answered: its exit code, all that it printed, its report if any."""

    exit_code: int
    output: str
    error: str
    report: Report | None

    @property
    def files(self) -> list[Report]:
        """The reports of the files; none after a usage error."""
        return [] if self.report is None else self.report["files"]

    @property
    def file(self) -> Report:
        """The report of the only file."""
        assert len(self.files) == 1, self.output + self.error
        return self.files[0]

    @property
    def said(self) -> str:
        """All that is said of the files, without their paths, which may say anything."""
        spoken = [_spoken(file) for file in self.files]
        return "\n".join(spoken) if spoken else self.error

    def says(self, pattern: str) -> bool:
        """Tell whether something is said, whatever the case of its letters."""
        return re.search(pattern, self.said, re.IGNORECASE) is not None


def _spoken(file: Report) -> str:
    path = str(file["file"])
    faults = [
        f"{fault['column']}: {fault['value']}: {fault['done']}: {fault['why']}"
        for fault in file["faults"]
    ]
    return "\n".join(line.replace(path, "FILE") for line in (*_detected(file), *faults))


def _detected(file: Report) -> list[str]:
    """What was found out, without the keys, which are the same in every report."""
    detected = file["detected"] or {}
    columns = detected.get("columns") or {}
    pairs = [f"{one} is {other}" for one, other in columns.items() if one != other]
    named = ("encoding", "separator", "crs", "sheet", "layer")
    return [*pairs, *(str(detected[name]) for name in named if detected.get(name))]


def loading_once(home: Territory) -> Callable[..., Territory]:
    """Give what stands in for `load_territory`, and does not read the home territory again."""
    read = load_territory
    return lambda folder=None: home if folder is None else read(folder)


def check(*files: Path | str, arguments: tuple[str, ...] = ()) -> Answer:
    """Check files and read the report; an exception that escapes fails the test."""
    names = [str(file) for file in files]
    with limit():
        result = CliRunner().invoke(cli, ["check", "--format", "json", *arguments, "--", *names])
    assert_no_traceback(result)
    report = None if result.exit_code == USAGE else json.loads(result.stdout)
    return Answer(result.exit_code, result.stdout, result.stderr, report)


def assert_no_traceback(result: object) -> None:
    """Fail with the exception itself, whose traceback says where it comes from."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output


def assert_conserved(answer: Answer) -> None:
    """What comes in is accepted, repaired or rejected, in each file and in sum."""
    for file in answer.files:
        rows = file["rows"]
        assert set(COUNTS) <= set(rows)
        assert all(isinstance(rows[name], int) and rows[name] >= 0 for name in COUNTS), rows
        assert rows["input"] == rows["accepted"] + rows["repaired"] + rows["rejected"], rows
        _assert_faults(file)
    for name in COUNTS[:4]:
        total = sum(file["rows"][name] for file in answer.files)
        assert answer.report is None or answer.report["summary"][name] == total


def _assert_faults(file: Report) -> None:
    """Whatever is not accepted is explained, by row or as a whole."""
    rows, faults = file["rows"], file["faults"]
    by_end = {
        done: {fault["row"] for fault in faults if fault["done"] == done}
        for done in ("accepted", "repaired", "rejected", "refused")
    }
    assert {fault["done"] for fault in faults} <= set(by_end)
    assert all(str(fault["why"]).strip() for fault in faults)
    if file["status"] == "refused":
        assert None in by_end["refused"]
        assert rows["accepted"] == rows["repaired"] == 0
    else:
        assert file["status"] == "accepted"
        assert not by_end["refused"]
        assert len(by_end["rejected"] - {None}) == rows["rejected"], faults
        mended = by_end["repaired"] - by_end["rejected"]
        assert None in mended or len(mended) == rows["repaired"], faults
