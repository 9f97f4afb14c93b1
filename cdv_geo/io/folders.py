"""Make the files of a folder, and make again only those that would be others now."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.digests import digest_of, file_digest, program_digest
from cdv_geo.errors import OutputError
from cdv_geo.io.manifests import Entry, read_manifest, write_manifest
from cdv_geo.io.outputs import replacing
from cdv_geo.io.placing import refusals
from cdv_geo.io.workers import Crew, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    Step = Callable[[str, int, int], None]

# A run that is killed loses what it did since the manifest was written.
_SECONDS_BETWEEN_MANIFESTS: Final = 1.0


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
    """

    names: tuple[str, ...]
    content: Callable[[], object]
    write: Callable[[Any, Sequence[Path]], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a run did: the files of the folder in order, and which of them it made."""

    paths: tuple[Path, ...]
    made: frozenset[Path]


def rebuild_folder(
    folder: Path,
    pieces: Sequence[Piece],
    *,
    inputs: str,
    overwrite: bool,
    step: Step,
    jobs: int = 1,
) -> Rebuilt:
    """Make the files of a folder that are not there as they should be, and remove old ones.

    A manifest in the folder names what the program made, and of what. A file is left as it is if
    its bytes are those that were made, and were made of what they would be made of now. All others
    are made. A run that is stopped or killed at any moment leaves nothing that the next run does
    not put right.

    Parameters
    ----------
    folder
        Made where it is missing; files that the manifest does not name are left alone.
    pieces
        What is in it.
    inputs
        Digest of all that the contents are made from. Of a file that was made from the same, the
        content is not even asked for.
    overwrite
        Whether a file that no earlier run made may be replaced.
    step
        Told what is being made and how many files are unchanged, how many files are done and of
        how many.
    jobs
        How many processes write files; the bytes are the same.

    Raises
    ------
    OutputError
        A file is in the way, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}.") from None
    known = read_manifest(folder)
    names = [name for piece in pieces for name in piece.names]
    if not overwrite:
        _refuse_strangers(folder, [name for name in names if name not in known])
    build = _Build(folder, digest_of((inputs, program_digest())), known, len(names), step)
    build.claim(names)
    with build.saving(), Crew(jobs) as crew:
        for piece in pieces:
            build.put(piece, crew)
        crew.finish()
    for name in set(known) - set(names):
        build.remove(name)
    build.save()
    paths = tuple(folder / name for name in names)
    return Rebuilt(paths, frozenset(folder / name for name in build.made))


def _refuse_strangers(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if (folder / name).exists():
            raise OutputError(
                f"{folder / name} exists and was not made by an earlier run; "
                "give --overwrite to replace it."
            )


@dataclass
class _Build:
    """A run: what it knows of the files of the folder, and what it did."""

    folder: Path
    inputs: str
    entries: dict[str, Entry]
    total: int
    step: Step
    made: set[str] = field(default_factory=set)
    unchanged: int = 0
    _saved: dict[str, Entry] = field(default_factory=dict)
    _saved_at: float = 0.0

    def claim(self, names: list[str]) -> None:
        """Name files before they are made, or a run that is killed would leave strangers."""
        self._saved = self.entries
        self.entries = dict.fromkeys(names, Entry()) | self.entries
        self.save()

    def put(self, piece: Piece, crew: Crew) -> None:
        """Have a crew make the files of a piece that have to be made."""
        self._tell(piece.names[0])
        intact = [name for name in piece.names if self._is_intact(name)]
        if [n for n in intact if self.entries[n].inputs == self.inputs] == list(piece.names):
            self.unchanged += len(intact)
            return
        content = piece.content()
        maker = f"{piece.write.__module__}.{piece.write.__qualname__}"
        made_from = digest_of((program_digest(), maker, content))
        kept = {name for name in intact if self.entries[name].made_from == made_from}
        for name in kept:
            self.entries[name] = replace(self.entries[name], inputs=self.inputs)
        self.unchanged += len(kept)
        stale = tuple(name for name in piece.names if name not in kept)
        if stale:
            crew.put(self._making(stale, made_from, Job(piece.write, content, ())))

    @contextlib.contextmanager
    def _making(self, names: tuple[str, ...], made_from: str, job: Job) -> Iterator[Job]:
        """Give the job that writes files beside their places; then put them there."""
        paths = [self.folder / name for name in names]
        with contextlib.ExitStack() as stack:
            parts = [stack.enter_context(replacing(path, overwrite=True)) for path in paths]
            yield replace(job, paths=tuple(parts))
            with refusals(paths[0]):
                contents = [file_digest(part) for part in parts]
        for name, content in zip(names, contents, strict=True):
            self.entries[name] = Entry(content, made_from, self.inputs)
        self.made.update(names)
        self._tell(names[0])
        if monotonic() - self._saved_at > _SECONDS_BETWEEN_MANIFESTS:
            self.save()

    def _tell(self, name: str) -> None:
        done = len(self.made) + self.unchanged
        self.step(f"{name} ({self.unchanged} unchanged)", done, self.total)

    def _is_intact(self, name: str) -> bool:
        """Tell whether a file has the bytes that were made."""
        path, entry = self.folder / name, self.entries[name]
        try:
            plain = path.is_file() and not path.is_symlink()
            return plain and bool(entry.content) and file_digest(path) == entry.content
        except OSError:
            return False

    def remove(self, name: str) -> None:
        """Remove a file of an earlier run that is of this one no more."""
        with refusals(self.folder / name):
            (self.folder / name).unlink(missing_ok=True)
        del self.entries[name]

    def save(self) -> None:
        """Write the manifest, unless it says the same already."""
        if self.entries != self._saved:
            write_manifest(self.folder, self.entries)
            self._saved, self._saved_at = dict(self.entries), monotonic()

    @contextlib.contextmanager
    def saving(self) -> Iterator[None]:
        """Keep what was done when a run is stopped."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OutputError):
                self.save()
            raise
