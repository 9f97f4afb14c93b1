"""What could not be made of many files, and why: one that fails does not end the others."""

from __future__ import annotations

import contextlib
import itertools
import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from cdv_geo.errors import CdvGeoError, WritingStoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What would meet the next file, too, or asks the whole run to end.
_END_ALL: Final = (
    *(WritingStoppedError, MemoryError),
    *(KeyboardInterrupt, SystemExit, GeneratorExit),
)


class Failures(dict[str, BaseException]):
    """Errors by the names of the files that they ended, or of a recipe that gives no map."""

    @contextlib.contextmanager
    def noting(self, *names: str) -> Iterator[None]:
        """Note what goes wrong with some files, and go on, unless nothing could be made any more.

        Parameters
        ----------
        names
            Of the files that are then missing.
        """
        try:
            yield
        except _END_ALL:
            raise
        except BaseException as error:  # noqa: BLE001  # a panic of typst is no Exception
            # What the functions hold that it went through may be much memory.
            traceback.clear_frames(error.__traceback__)
            self.update(dict.fromkeys(names, error))

    def kinds(self) -> dict[str, str]:
        """Give the class of each error by name; nothing of one that nobody foresaw."""
        return {name: error_kind(error) for name, error in sorted(self.items())}

    def told(self) -> list[tuple[str, BaseException]]:
        """Tell files that differ in their endings alone at once: `actions.pdf, .png`, and why."""
        alike = itertools.groupby(
            sorted(self.items()), lambda item: (PurePath(item[0]).stem, str(item[1]))
        )
        groups = [list(group) for _, group in alike]
        return [
            (", ".join([first, *(PurePath(name).suffix for name, _ in others)]), error)
            for (first, error), *others in groups
        ]


def error_kind(error: BaseException) -> str:
    """Name the class of an error of the library; nothing for one that nobody foresaw."""
    return type(error).__name__ if isinstance(error, CdvGeoError) else ""
