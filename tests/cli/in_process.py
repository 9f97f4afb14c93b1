"""Run the program in this process, where a process of its own would only import everything again.

Where the process is the point (signals, closed streams, variables, the current folder) a test
starts one.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from cdv_geo.cli.main import main


@dataclass(frozen=True)
class Done:
    """How a run ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, folder: Path | None = None) -> Done:
    """Run `cdv-geo` with arguments, in a folder."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        _left_as_it_was(),
        mock.patch.object(sys, "argv", ["cdv-geo", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(folder or Path.cwd()),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    return Done(code, *map(_text_of, (out, err)))


def _text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8").replace(os.linesep, "\n")


@contextlib.contextmanager
def _left_as_it_was() -> Iterator[None]:
    """Undo what the program does to the process that it believes to be its own."""
    handler, options = signal.getsignal(signal.SIGTERM), sys.warnoptions[:]
    with (
        warnings.catch_warnings(),
        mock.patch.dict(os.environ),
        mock.patch.object(sys, "unraisablehook", sys.unraisablehook),
        mock.patch.object(threading, "excepthook", threading.excepthook),
        mock.patch.object(logging, "lastResort", logging.lastResort),
    ):
        yield
    signal.signal(signal.SIGTERM, handler)
    sys.warnoptions[:] = options
