"""One file, or with `--all` one for every perimeter: what `map` and `fiche` have in common."""

from __future__ import annotations

import contextlib
import functools
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cdv_geo.cli.main import TRACEBACK, sentence
from cdv_geo.cli.shared_options import accepted_target
from cdv_geo.cli.terminal_text import say
from cdv_geo.failures import Failures, error_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cdv_geo.cli.session import Session


Code = TypeVar("Code", str, str | None)
"""The code of a perimeter, or None for a map of all of them."""
_FAILURE = 1


@dataclass(frozen=True)
class AskedFiles:
    """Which files are asked for.

    Parameters
    ----------
    output
        A file, or with `each` a folder.
    each
        Whether there is one for every perimeter.
    ending
        Without its dot, of the files in a folder; None where not given.
    accepted
        Endings that say how a file can be written, each with its dot.
    """

    output: Path
    each: bool
    ending: str | None
    accepted: Sequence[str]

    @property
    def suffix(self) -> str:
        """The ending of every file, with its dot."""
        return f".{self.ending or 'pdf'}" if self.each else self.output.suffix.lower()

    def require_possible(self) -> None:
        """Refuse what cannot be written, before anything is read.

        Raises
        ------
        click.UsageError
            The options contradict each other, an ending is not accepted, there is no such folder.
        """
        if self.ending is not None and not self.each:
            raise click.UsageError(
                "--as goes with --all; else the ending of -o chooses the format."
            )
        if not self.each:
            accepted_target(self.output, self.accepted, "-o")
        elif self.output.suffix.lower() in self.accepted:
            raise click.BadParameter(
                f"“{self.output}” names a file; --all needs a folder.", param_hint="-o"
            )

    def in_folder(self, codes: Mapping[str, str]) -> dict[Path, str]:
        """Make the folder, and give the code of a perimeter for each file by the file's name.

        Raises
        ------
        click.BadParameter
            The folder cannot be made.
        """
        try:
            self.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.BadParameter(
                f"{self.output} cannot be made: {error.strerror}.", param_hint="-o"
            ) from None
        return {self.output / f"{name}{self.suffix}": code for name, code in codes.items()}


def asked_files(
    endings: Sequence[str], what: str, *, required: bool = True
) -> Callable[[Any], Any]:
    """Give the options `-o`, `--all` and `--as`, which reach a command as one `AskedFiles`.

    Where `-o` need not be given, and is not, the command gets None.
    """
    options = (
        click.option(
            "-o",
            "--output",
            metavar=f"FILE[{'|'.join(endings)}]|DIR",
            required=required,
            type=click.Path(path_type=Path),
            help="Where to write; the ending chooses the format. With --all, a folder.",
        ),
        click.option("--all", "each", is_flag=True, help=f"Make the {what} of every perimeter."),
        click.option(
            "--as",
            "ending",
            type=click.Choice([ending.removeprefix(".") for ending in endings]),
            help="Format of the files of --all; PDF where not given.",
        ),
    )

    def decorate(command: Any) -> Any:  # noqa: ANN401
        @functools.wraps(command)
        def with_files(
            *arguments: Any,  # noqa: ANN401
            output: Path | None,
            each: bool,
            ending: str | None,
            **others: Any,  # noqa: ANN401
        ) -> None:
            files = None if output is None else AskedFiles(output, each, ending, endings)
            command(*arguments, files=files, **others)

        for option in reversed(options):
            option(with_files)
        return with_files

    return decorate


def write_each(
    session: Session,
    files: AskedFiles,
    targets: Mapping[Path, Code],
    make: Callable[[Code, str], tuple[bytes, Mapping[str, str]]],
) -> None:
    """Write a file for every perimeter, with progress, and say which there are.

    One of all that fails leaves the others as they would be, and is said at the end; a file that
    is asked for alone ends the command.

    Parameters
    ----------
    session
        Whether files may be replaced, and how much is said.
    files
        Whether all are asked for.
    targets
        Codes of perimeters by the paths of their files; None where a file is about all of them.
    make
        Gives the content of a file for a code and an ending, and the characters that it replaces.
    """
    from cdv_geo.cli.progress import progress
    from cdv_geo.io.writing.atomic_replacing import require_free
    from cdv_geo.io.writing.output_files import write_bytes

    for path in targets:
        require_free(path, overwrite=session.overwrite)
    replaced: dict[str, str] = {}
    failures = Failures()
    with progress(session) as step:
        for done, (path, code) in enumerate(targets.items()):
            step(path.name, done, len(targets))
            with failures.noting(str(path)) if files.each else contextlib.nullcontext():
                content, characters = make(code, path.suffix.lower())
                write_bytes(content, path, overwrite=session.overwrite)
                replaced |= characters
    session.explain_letters(replaced)
    for path in targets:
        if str(path) not in failures:
            session.notice(f"Wrote {path}.")
    report_failures(session, failures)


def report_failures(session: Session, failures: Failures) -> None:
    """Say what could not be made, and why, and end the command with code 1; nothing if all was."""
    for files, error in failures.told():
        doing = f"making {files}"
        if error_kind(error):
            reason = " ".join(str(error).split())
        else:
            reason = sentence(error, doing)
            if session.verbose >= TRACEBACK:
                say("".join(traceback.format_exception(error)).rstrip())
        say(f"Error: {files} could not be made: {reason}")
    if failures:
        click.get_current_context().exit(_FAILURE)
