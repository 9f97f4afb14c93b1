"""The program: whatever ends it, its user reads one sentence, and never a traceback unasked.

Nothing but Python is imported before the sentence can be said, so that a library that is missing
is told like everything else.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, Final

from cdv_geo.cli.terminal_text import say, silence
from cdv_geo.library_environment import stand_alone

if TYPE_CHECKING:
    from cdv_geo.cli.session import Session

_FAILURE: Final = 1
# As a shell gives for SIGINT and SIGTERM.
_INTERRUPTED: Final = 130
_TERMINATED: Final = 143
_LONGEST: Final = 200
TRACEBACK: Final = 2  # -vv


def main() -> None:
    """Run the command line."""
    _ready_streams()
    _ready_process()
    session = None
    try:
        from cdv_geo.cli.command_group import run
        from cdv_geo.cli.session import Session

        session = Session()
        _hush(session)
        code = run(session)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  # a panic of typst is no Exception
        code = _end(error, session)
    sys.exit(code)


def sentence(error: BaseException, doing: str) -> str:
    """Say in one sentence what ended the program.

    Parameters
    ----------
    error
        What no part of the program foresaw.
    doing
        What it was doing, as in “checking t.csv”.
    """
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted while {doing}."
    if isinstance(error, MemoryError):
        return f"memory ran out while {doing}; a smaller file or a machine with more is needed."
    if isinstance(error, ImportError):
        return (
            f"a library cannot be used while {doing} ({_cause(error)}); it is missing or damaged, "
            "and cdv-geo has to be installed again, or memory ran out."
        )
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f" (“{error.filename}”)"
        return f"{error.strerror} while {doing}{where}."
    return (
        f"something unforeseen ended the program while {doing} ({_cause(error)}); please report "
        "it with the command, and with what “cdv-geo -vv” in place of “cdv-geo” says of it."
    )


def _cause(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  # a class of errors can fail to say what is wrong, too
        said = ""
    shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__


def _end(error: BaseException, session: Session | None) -> int:
    """Say what ended the program, as far as anything can still be said, and give its exit code."""
    if isinstance(error, BrokenPipeError):  # who reads has enough, as `head` has: click's own way
        sys.stdout = silence()
        return _FAILURE
    if session is not None and session.verbose >= TRACEBACK:
        say("".join(traceback.format_exception(error)).rstrip())
    # What the functions hold that it went through may be all the memory that there is.
    error.__traceback__ = error.__context__ = error.__cause__ = None
    say(f"Error: {sentence(error, 'starting' if session is None else session.now)}")
    try:
        sys.stdout.flush()
    except OSError:  # Python would try to write it again when it ends, and complain
        sys.stdout = silence()
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else _FAILURE


def _ready_streams() -> None:
    """Write UTF-8 on every console, and no half of a character that a name of a file can hold."""
    if sys.stderr is None:  # the shell closed it
        sys.stderr = silence()
    if sys.stdout is None:
        # The next file that is opened would take its number, and what libraries print.
        sys.exit("Error: the standard output is closed; “> /dev/null” drops what goes there.")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def _ready_process() -> None:
    """Make the process one that answers the same on every machine, and goes tidily."""
    # A run that is told to end clears away what it began.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    stand_alone()
    # What libraries will change one day is for who writes programs. The processes that this one
    # starts are told, too.
    sys.warnoptions[:] = ["ignore"]
    warnings.simplefilter("ignore")
    logging.lastResort = logging.NullHandler()


def _hush(session: Session) -> None:
    """Keep what Python says of errors that it cannot raise for who asks with `-vv`.

    They follow one that is said: a file that could not be written is closed, and fails again.
    """
    usual, of_threads = sys.unraisablehook, threading.excepthook
    sys.unraisablehook = lambda told: usual(told) if session.verbose >= TRACEBACK else None
    threading.excepthook = lambda told: of_threads(told) if session.verbose >= TRACEBACK else None
