"""Progress bars on stderr for work that takes seconds."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdv_geo.cli.session import Session


@contextlib.contextmanager
def progress(session: Session) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that is told what is being done, how many steps are done and of how many."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with _bar(session, *columns) as bar:
        task = bar.add_task("", total=None)

        def step(what: str, done: int, total: int) -> None:
            session.now = f"making {what}"
            bar.update(task, description=what, completed=done, total=total)

        yield step


@contextlib.contextmanager
def row_progress(session: Session, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many more rows are done, of about how many."""
    with _bar(session, BarColumn(bar_width=20), _RowsColumn()) as bar:
        task = bar.add_task("", total=total)

        def advance(rows: int) -> None:
            bar.advance(task, rows)

        yield advance


def _bar(session: Session, *columns: ProgressColumn) -> Progress:
    """Give a bar that goes away when the work is done; none where stderr is no terminal."""
    console = Console(stderr=True)
    silent = session.quiet or not console.is_terminal
    return Progress(*columns, console=console, disable=silent, transient=True)


class _RowsColumn(ProgressColumn):
    """How many rows are done, of about how many, how many a second, and the time left."""

    def render(self, task: Task) -> Text:
        """Write the figures of a moment."""
        done, total = task.completed, max(task.total or 0, task.completed)
        speed = done / (task.elapsed or 1)
        left = "-:--:--" if not speed else str(timedelta(seconds=round((total - done) / speed)))
        return Text(f"{done:,.0f}/{total:,.0f} rows, {speed:,.0f}/s, {left} left")
