"""What a wrong file is, what should be said of it, and the writers that all generators share."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Make = Callable[[Path], Path | str]


@dataclass(frozen=True)
class Case:
    """One file and the wanted behaviour.

    `exit_code` is None where accepting with a notice and refusing with a reason are both right:
    then only silence would be wrong. Each of `says` is a regular expression, found somewhere in
    the report whatever the case of its letters; none of `hides` may be found there. `kept` is
    accepted + repaired. `usage` allows a usage error (exit code 2) for what is no file at all.
    """

    name: str
    make: Make
    exit_code: int | None
    says: tuple[str, ...] = ()
    status: str | None = None
    kept: int | None = None
    repaired: int | None = None
    rejected: int | None = None
    blank: int | None = None
    title: int | None = None
    total: int | None = None
    header_row: int | None = None
    role: str | None = None
    arguments: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    usage: bool = False


def accepted(name: str, make: Make, *says: str, kept: int | None = None, **more) -> Case:
    """Nothing is lost, though the file is odd."""
    return Case(name, make, 0, says, "accepted", kept=kept, rejected=0, **more)


def partly(name: str, make: Make, *says: str, kept: int, rejected: int = 1, **more) -> Case:
    """Some rows are rejected, each with its reason, and the others are kept."""
    return Case(name, make, 3, says, "accepted", kept=kept, rejected=rejected, **more)


def refused(name: str, make: Make, *says: str, **more) -> Case:
    """The file as a whole is refused, with the likely cause."""
    return Case(name, make, 3, says, "refused", kept=0, **more)


def lost(name: str, make: Make, *says: str, **more) -> Case:
    """Nothing of it can be kept, whether by refusing the file or each of its rows."""
    return Case(name, make, 3, says, kept=0, **more)


def noticed(name: str, make: Make, *says: str, **more) -> Case:
    """Accepting, repairing and refusing may all be right; saying nothing is not."""
    return Case(name, make, None, says, **more)


def text(name: str, content: str, encoding: str = "utf-8", newline: str = "\n") -> Make:
    """A text file."""
    return raw(name, content.replace("\n", newline).encode(encoding))


def raw(name: str, content: bytes) -> Make:
    """A file of these bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def built(name: str, build: Callable[[], bytes]) -> Make:
    """A file of bytes that are made when they are wanted, since they are many."""

    def make(folder: Path) -> Path:
        return raw(name, build())(folder)

    return make


def document(name: str, content: object) -> Make:
    """A file of JSON."""
    return text(name, json.dumps(content))


def archive(name: str, parts: Mapping[str, bytes | str]) -> Make:
    """A zip of these files."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as packed:
            for part, content in parts.items():
                packed.writestr(part, content)
        return folder / name

    return make
