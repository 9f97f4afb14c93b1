"""The errors of cdv_geo: one root, so that a caller can catch them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_NAME: Final = 60
_NAMES_SHOWN: Final = 20


class CdvGeoError(Exception):
    """Stand for any refusal of the library; its message is one sentence for the user."""


class DataError(CdvGeoError):
    """Refuse data that break a rule; the message names the value, its place, what is accepted."""


class NameResolutionError(CdvGeoError):
    """Refuse a name that resolves to nothing, or to several quartiers."""


class RecipeError(CdvGeoError):
    """Refuse a map recipe: an unknown key, layer or value."""


class OutputError(CdvGeoError):
    """Refuse to write: the file exists, its kind is unknown, or its folder cannot be written."""


class WritingStoppedError(OutputError):
    """Refuse to write any more: what is in the way of one file would be in that of the next."""


def listed(names: Iterable[str]) -> str:
    """Name columns or files in a sentence: not too many, and none at full length if it is long."""
    texts = [name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…" for name in names]
    rest = len(texts) - _NAMES_SHOWN
    more = [f"and {rest} more"] if rest > 0 else []
    return ", ".join([*texts[:_NAMES_SHOWN], *more])
