"""What may go to a terminal. Python alone is needed for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def printable(text: str) -> str:
    """Write what no terminal can show as it stands, or would obey, as an escape."""
    shown = "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def say(text: str) -> None:
    """Say something on stderr, if it can be said: a full disk behind it ends no work."""
    try:
        print(printable(text), file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        # What is left in the old one would be written again when Python ends, and change its code.
        sys.stderr = silence()


def silence() -> TextIO:
    """Open what takes every text and keeps none."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
