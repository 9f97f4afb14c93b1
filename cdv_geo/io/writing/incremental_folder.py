"""Make the files of a folder, and make again only those that would be others now."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cdv_geo.content_digests import digest_of, file_digest, program_digest
from cdv_geo.errors import OutputError, WritingStoppedError
from cdv_geo.io.writing.atomic_replacing import refusals
from cdv_geo.io.writing.folder_manifest import Entry, read_manifest, write_manifest
from cdv_geo.io.writing.output_files import replacing
from cdv_geo.io.writing.worker_processes import Crew, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cdv_geo.failures import Failures

    Step = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Piece:
    """Files that show one content.

    Parameters
    ----------
    names
        Of the files.
    content
        Gives what they show: all of it, as `digest_of` takes it, and nothing else.
    write
        Writes the content to each path, as the ending of the path says. A function of a module,
        which other processes find by its name. The same content gives the same bytes.
    tells_failures
        Whether the content tells which of the pieces before it failed: it is then asked for when
        all of them are done.
    """

    names: tuple[str, ...]
    content: Callable[[], object]
    write: Callable[[Any, Sequence[Path]], None]
    tells_failures: bool = False


@dataclass(frozen=True)
class Rebuilt:
    """What a run did.

    Parameters
    ----------
    paths, made
        The files of the folder in order that are there, and which of them it made.
    removed, left
        Files of earlier runs that are of the folder no more, or could not be made now: removed, or
        left where they are since they are not as they were made.
    """

    paths: tuple[Path, ...]
    made: frozenset[Path]
    removed: tuple[Path, ...]
    left: tuple[Path, ...]


def rebuild_folder(
    folder: Path,
    pieces: Sequence[Piece],
    *,
    inputs: str,
    failures: Failures,
    overwrite: bool,
    step: Step,
    jobs: int = 1,
) -> Rebuilt:
    """Make the files of a folder that are not there as they should be, and remove old ones.

    A manifest in the folder records what the program made, and of what. A file is left as it is if
    its bytes are those that were made, and were made of what they would be made of now. All others
    are made. What is replaced or removed has the very bytes that the manifest records: anything
    else is somebody's work. A run that is stopped or killed at any moment leaves nothing that the
    next run does not put right. A piece that fails leaves all others as they would be; what an
    earlier run made of it is removed, so that nobody takes it for the present state.

    Parameters
    ----------
    folder
        Made where it is missing; files that the manifest does not name are left alone.
    pieces
        What is in it.
    inputs
        Digest of all that the contents are made from. Of a file that was made from the same, the
        content is not even asked for.
    failures
        Takes what could not be made, and why. What it holds of other things is told as well.
    overwrite
        Whether a file in the way may be replaced that is not as an earlier run left it. Even then
        none is removed.
    step
        Told what is being made and how many files are unchanged, how many files are done and of
        how many.
    jobs
        How many processes write files; the bytes are the same.

    Raises
    ------
    OutputError
        A file is in the way, the folder cannot be written, or a process was ended from outside.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}.") from None
    names = [name for piece in pieces for name in piece.names]
    known = read_manifest(folder)
    inputs = digest_of((inputs, program_digest()))
    for name in names:
        failures.pop(name, None)
    build = _Build(folder, inputs, known, len(names), overwrite, step, failures)
    old = sorted(set(known) - set(names))
    build.remove(old, build.refuse_strangers(names, old))
    with build.saving(), Crew(jobs) as crew:
        for piece in pieces:
            build.put(piece, crew)
        crew.finish()
    build.remove_failed(names)
    build.save()
    there = [name for name in names if name not in failures]
    every = (there, build.removed, build.left)
    paths, gone, stays = (tuple(folder / name for name in each) for each in every)
    return Rebuilt(paths, frozenset(folder / name for name in build.made), gone, stays)


@dataclass
class _Build:
    """A run: what it knows of the files of the folder, and what it did."""

    folder: Path
    inputs: str
    entries: dict[str, Entry]
    total: int
    overwrite: bool
    step: Step
    failures: Failures
    made: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unchanged: int = 0
    _found: dict[str, str | None] = field(default_factory=dict)
    _saved: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._saved = dict(self.entries)

    def refuse_strangers(self, names: Sequence[str], old: Sequence[str]) -> list[str]:
        """Refuse to replace or remove what no earlier run made; give the old files that stay.

        An old file has to have an ending that the folder has still, too: who writes a manifest by
        hand can record the bytes of anything.
        """
        self._found = {name: self._digest(name) for name in (*names, *old)}
        strange = {name for name, digest in self._found.items() if not self._is_ours(name, digest)}
        endings = {PurePath(name).suffix for name in names}
        left = [name for name in old if name in strange or PurePath(name).suffix not in endings]
        left = [name for name in left if self._lies_there(name)]
        for name in [name for name in names if name in strange] + left:
            self._refuse(name)
        return left

    def _refuse(self, name: str) -> None:
        if self._lies_there(name) and not self.overwrite:
            raise WritingStoppedError(
                f"{self.folder / name} is not what an earlier run wrote there: it was changed "
                "since, or is somebody else's; move it away, or give --overwrite, which replaces "
                "what is in the way and leaves the rest."
            )

    def put(self, piece: Piece, crew: Crew) -> None:
        """Have a crew make the files of a piece that have to be made."""
        if piece.tells_failures:
            crew.finish()
        self._tell(piece.names[0])
        told = self.failures.kinds() if piece.tells_failures else {}
        made = Entry(inputs=digest_of((self.inputs, told)))
        intact = [name for name in piece.names if self._is_intact(name)]
        if [n for n in intact if self.entries[n].inputs == made.inputs] == list(piece.names):
            self.unchanged += len(intact)
            return
        if (prepared := self._prepared(piece)) is None:
            return
        job, made_from = prepared
        kept = [name for name in intact if self.entries[name].made_from == made_from]
        for name in kept:
            self.entries[name] = replace(self.entries[name], inputs=made.inputs)
        self.unchanged += len(kept)
        if stale := tuple(name for name in piece.names if name not in kept):
            crew.put(self._making(stale, replace(made, made_from=made_from), job))

    def _prepared(self, piece: Piece) -> tuple[Job, str] | None:
        """Give the job of a piece and the digest of what it makes files from; None if it fails."""
        with self.failures.noting(*piece.names):
            content = piece.content()
            maker = f"{piece.write.__module__}.{piece.write.__qualname__}"
            return Job(piece.write, content, ()), digest_of((program_digest(), maker, content))
        return None

    @contextlib.contextmanager
    def _making(self, names: tuple[str, ...], made: Entry, job: Job) -> Iterator[Job]:
        """Give the job that writes files beside their places; then put them there."""
        paths = [self.folder / name for name in names]
        with self.failures.noting(*names):
            with contextlib.ExitStack() as stack:
                parts = [stack.enter_context(replacing(path, overwrite=True)) for path in paths]
                yield replace(job, paths=tuple(parts))
                with refusals(paths[0]):
                    contents = dict(zip(names, map(file_digest, parts), strict=True))
                self._announce(contents)
            for name, content in contents.items():
                self.entries[name] = replace(made, content=content)
            self.made.update(names)
            self._tell(names[0])

    def _announce(self, made: Mapping[str, str]) -> None:
        """Record bytes before they are in their place, or a run that is killed leaves strangers."""
        for name, coming in made.items():
            self.entries[name] = replace(self.entries.get(name, Entry()), coming=coming)
            if not self._is_ours(name, self._digest(name)):
                self._refuse(name)
        self.save()

    def _tell(self, name: str) -> None:
        done = len(self.made) + self.unchanged
        self.step(f"{name} ({self.unchanged} unchanged)", done, self.total)

    def _is_intact(self, name: str) -> bool:
        """Tell whether a file had the bytes that were made when the run began."""
        content = self.entries.get(name, Entry()).content
        return bool(content) and self._found[name] == content

    def _is_ours(self, name: str, digest: str | None) -> bool:
        """Tell whether bytes are those that the manifest records of a file."""
        entry = self.entries.get(name, Entry())
        return digest in {entry.content, entry.coming} - {""}

    def _digest(self, name: str) -> str | None:
        """Give the digest of a plain file, which no link stands for."""
        path = self.folder / name
        try:
            return file_digest(path) if path.is_file() and not path.is_symlink() else None
        except OSError:
            return None

    def _lies_there(self, name: str) -> bool:
        return os.path.lexists(self.folder / name)

    def remove(self, old: Sequence[str], left: Sequence[str]) -> None:
        """Forget files of an earlier run that this one does not make; what is ours goes."""
        gone = [name for name in old if name not in left and self._lies_there(name)]
        for name in gone:
            with refusals(self.folder / name):
                (self.folder / name).unlink(missing_ok=True)
        for name in old:
            self.entries.pop(name, None)
        self.removed += gone
        self.left += left

    def remove_failed(self, names: Sequence[str]) -> None:
        """Remove what an earlier run made of what failed: it would pass for the present state."""
        failed = [name for name in names if name in self.failures]
        lying = [name for name in failed if self._lies_there(name)]
        self.remove(failed, [n for n in lying if not self._is_ours(n, self._digest(n))])

    def save(self) -> None:
        """Write the manifest, unless it says the same already."""
        if self.entries != self._saved:
            write_manifest(self.folder, self.entries)
            self._saved = dict(self.entries)

    @contextlib.contextmanager
    def saving(self) -> Iterator[None]:
        """Keep what was done when a run is stopped."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OutputError):
                self.save()
            raise
