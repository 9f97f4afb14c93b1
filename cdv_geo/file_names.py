"""How files can be called on any system."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_FILE_NAME: Final = frozenset('<>:"/\\|?*')
_RESERVED: Final = frozenset({"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}) | {
    f"{device}{digit}" for device in ("COM", "LPT") for digit in "0123456789¹²³"
}
_LONGEST: Final = 240  # bytes; 255 with an ending, and what a program that opens it adds


def file_names(prefix: str, codes: Sequence[str]) -> dict[str, str]:
    """Name a file for each of some codes, as it can be called on any system: codes by names.

    Raises
    ------
    DataError
        Two codes differ in characters alone that no name of a file should have, or in case, or one
        is too long.
    """
    plain = [re.sub(r"[^\w.-]", "_", code) for code in codes]
    named = {f"{prefix}-{name}": code for name, code in zip(plain, codes, strict=True)}
    if len(set(map(file_key, named))) < len(codes):
        raise DataError(f"{prefix}: two perimeters would have files of one name; change a code.")
    for name, code in named.items():
        if (why := unfit_as_file_name(name)) is not None:
            raise DataError(f"{prefix}: a file cannot be named after “{code[:80]}”: {why}.")
    return named


def name_as_text(name: str) -> str:
    """Write the name of a file as a text, which a table can hold: what is no UTF-8 as escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def file_key(name: str) -> str:
    """Reduce the name of a file to what Windows and macOS take for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def unfit_as_file_name(name: str) -> str | None:
    """Say why a file cannot be called so on every system; None where it can.

    The rules are those of Windows, which are the narrowest: “Naming Files, Paths, and Namespaces”.

    Parameters
    ----------
    name
        Without its ending.
    """
    odd = next((c for c in name if c in _NO_FILE_NAME or not c.isprintable()), None)
    if odd is not None:
        return f"{odd!r} is no character of a name"
    if name.partition(".")[0].rstrip(" ").upper() in _RESERVED:
        return "Windows keeps this name for a device"
    if len(name.encode()) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    return None
