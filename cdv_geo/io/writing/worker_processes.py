"""Write files in several processes, none of which outlives the one that started them.

A process of the crew writes temporary files and nothing else: whether they go to their places is
settled in the process that started it. So a crew that is stopped at any moment, or whose starter
is, leaves every file as it was.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final, Self

from cdv_geo.errors import CdvGeoError, WritingStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

# A process takes about as long to start as this one takes for a few sheets.
_FEW: Final = 3
# A process that starts anew, and not as a copy: on every system, and whatever threads run here,
# of which a copy would have the locks and not the threads.
_START: Final = "spawn"


@dataclass(frozen=True)
class Job:
    """Write a content to files.

    Parameters
    ----------
    write
        A function that a module holds under its name, so that another process finds it.
    content
        What it is handed, with the paths.
    paths
        Where it writes.
    """

    write: Callable[[Any, Sequence[Path]], None]
    content: object
    paths: tuple[Path, ...]

    def run(self) -> None:
        """Do it in this process."""
        self.write(self.content, self.paths)


class Crew:
    """Up to so many processes that do jobs; this one alone, where a few jobs are all there is.

    A task is a context that gives a job: it is entered when the job begins and left when it is
    done, or by the error that ended it. Outside the `with` of the crew no process of it runs.

    Parameters
    ----------
    size
        How many processes; with 1, every job is done in this one.
    """

    def __init__(self, size: int) -> None:
        self._size = size if _has_folder() else 1
        self._waiting: deque[contextlib.AbstractContextManager[Job]] = deque()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def put(self, task: contextlib.AbstractContextManager[Job]) -> None:
        """Have a job done, now or later.

        Raises
        ------
        WritingStoppedError
            A process was ended from outside.
        Exception
            Whatever ended this job or another one that was put before.
        """
        self._waiting.append(task)
        if self._size == 1:
            self._do_here()
        elif self._workers or len(self._waiting) > _FEW:
            self._go_on(timeout=0)
            while len(self._waiting) > self._size:
                self._go_on()

    def finish(self) -> None:
        """Wait for all jobs that were put; raises as `put` does."""
        if not self._workers:
            self._do_here()
        while self._waiting or any(worker.busy for worker in self._workers):
            self._go_on()

    def _do_here(self) -> None:
        while self._waiting:
            with self._waiting.popleft() as job:
                job.run()

    def _go_on(self, timeout: float | None = None) -> None:
        """Take what is done, and hand out what waits."""
        self._hand_out()
        busy = {worker.pipe: worker for worker in self._workers if worker.busy}
        for pipe in wait(list(busy), timeout):
            busy[pipe].take_back()  # type: ignore[index]  # what is ready is one of them
        self._hand_out()

    def _hand_out(self) -> None:
        idle = [worker for worker in self._workers if not worker.busy]
        while self._waiting and (idle or len(self._workers) < self._size):
            if not idle:
                idle.append(_Worker())
                self._workers.append(idle[0])
            idle.pop().begin(self._waiting.popleft())


class _Worker:
    """One process of a crew, as its starter sees it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context(_START)
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _uninterrupted():
            self._process.start()
        theirs.close()  # so that the pipe ends when the process does
        self._task: contextlib.ExitStack | None = None

    @property
    def busy(self) -> bool:
        return self._task is not None

    def begin(self, task: contextlib.AbstractContextManager[Job]) -> None:
        self._task = contextlib.ExitStack()
        job = self._task.enter_context(task)
        with contextlib.suppress(ConnectionError):  # it is taken back as one that failed
            self.pipe.send(job)

    def take_back(self) -> None:
        """Leave the task of a job that is done, or that failed."""
        try:
            error = self.pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            error = _ended(self._process.exitcode)
        task, self._task = self._task, None
        with task or contextlib.ExitStack():
            if error is not None:
                raise error

    def end(self) -> None:
        """End the process, whatever it does, and give up its job."""
        self._process.terminate()
        self._process.join()
        self.pipe.close()
        if self._task is not None:
            with contextlib.suppress(_GivenUpError), self._task:
                raise _GivenUpError


def _has_folder() -> bool:
    """Tell whether this process has a current folder, without which Python starts no other one."""
    try:
        return bool(os.getcwd())  # noqa: PTH109
    except OSError:  # it was removed
        return False


class _GivenUpError(Exception):
    """Leave a task whose job will not be done."""


def _ended(code: int | None) -> WritingStoppedError:
    return WritingStoppedError(
        f"a process that wrote files was ended from outside (exit code {code}), as it is when "
        "memory runs out; fewer --jobs need less."
    )


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach: its starter hears it, and ends it."""
    if os.name == "nt":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection) -> None:
    """Do jobs until there are no more, or the process that hands them out is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.lastResort = logging.NullHandler()  # what libraries log is for who writes programs
    threading.Thread(target=_end_with_starter, daemon=True).start()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            pipe.send(_failure(pipe.recv_bytes()))


def _failure(message: bytes) -> BaseException | None:
    """Do the job of a message, and give the error that ended it."""
    try:
        job: Job = pickle.loads(message)  # noqa: S301  # of the process that started this one
        job.run()
    except CdvGeoError as error:
        return error
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is raised where it was asked
        error.add_note(traceback.format_exc())
        return _sendable(error)
    return None


def _sendable(error: BaseException) -> BaseException:
    """Give an error itself where another process can make it anew, else one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:  # noqa: BLE001  # a class of errors can refuse in any way
        told = RuntimeError(f"{type(error).__name__}: {error}")
        told.__notes__ = error.__notes__
        return told
    return error


def _end_with_starter() -> None:
    """End at once when the starter is killed, even in the middle of a job."""
    starter = multiprocessing.parent_process()
    if starter is not None:
        starter.join()
    os._exit(1)
