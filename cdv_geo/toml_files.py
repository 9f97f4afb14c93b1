"""Read TOML as people write it by hand: what is larger, deeper or longer is refused, not tried."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from cdv_geo.visible_letters import is_seen

if TYPE_CHECKING:
    from pathlib import Path

    from cdv_geo.errors import CdvGeoError

LONGEST_NAME: Final = 250
"""Letters of a name or a title: what is longer fits no sheet."""
LONGEST_LINE: Final = 2_000
"""Letters of a source, a note and the like."""
_MOST_BYTES: Final = 1 << 20
_SHOWN: Final = 60  # characters of a value that is not accepted
# `a.b.c` is a table within a table; a hundred thousand of them are a day of work to read.
_DEEP: Final = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}"""
)
_DEEPEST: Final = 32
_WHOLE: Final = 1 << 63  # as TOML has it: whole numbers of 64 bits
_CONTROLS: Final = frozenset({"Cc", "Zl", "Zp"})


def read_toml(path: Path, error: type[CdvGeoError]) -> dict[str, Any]:
    """Read a TOML file, be there a byte order mark or not.

    Parameters
    ----------
    path
        A file of 1 MB at most.
    error
        What is raised of it.

    Raises
    ------
    CdvGeoError
        It cannot be read, is no UTF-8, no TOML, or nothing that a hand has written.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise error(f"{path} does not exist; a TOML file is expected there.") from None
    except (OSError, ValueError) as fault:
        raise error(f"{path} cannot be read: {getattr(fault, 'strerror', fault)}.") from None
    if len(content) > _MOST_BYTES:
        raise error(f"{path} has more than {_MOST_BYTES >> 20} MB; a TOML file is smaller.")
    try:
        return parse_toml(content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise error(
            f"{path} is no UTF-8, which TOML is, in line {line}; save it in that encoding."
        ) from None
    except ValueError as fault:
        raise error(f"{path} is not valid TOML: {str(fault).rstrip('.')}.") from None


def parse_toml(text: str) -> dict[str, Any]:
    """Parse the text of a TOML file.

    Raises
    ------
    ValueError
        It is none, nests too deeply, or holds a number of more digits than TOML has.
    """
    if _DEEP.search(text):
        raise ValueError("its keys nest too deeply")
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise ValueError("its values nest too deeply") from None
    except ValueError as fault:
        if isinstance(fault, tomllib.TOMLDecodeError):
            raise
        raise ValueError("it holds a number or a date that is none") from None
    _require_plain(content)
    return content


def value_shown(value: object) -> str:
    """Write a value that is not accepted as a sentence has it: not at full length if it is long."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def fault_of_name(text: str) -> str:
    """Say what is wrong with a name or a title that people are to read; nothing if all is well."""
    if not is_seen(text):
        return "is empty; a text is expected"
    return _fault_of(text, LONGEST_NAME, "")


def fault_of_line(text: str) -> str:
    """Say what is wrong with a source, a note or the like, which may be empty."""
    return _fault_of(text, LONGEST_LINE, "\n\t")


def _fault_of(text: str, longest: int, accepted: str) -> str:
    if len(text) > longest:
        return f"has {len(text):,} letters; at most {longest:,} are accepted"
    for letter in text:
        if unicodedata.category(letter) in _CONTROLS and letter not in accepted:
            return f"holds the control character U+{ord(letter):04X}; letters are expected"
    return ""


def _require_plain(content: dict[str, Any]) -> None:
    """Refuse what nests deeply, and whole numbers of more than 64 bits, as TOML does.

    Python would read both, and stumble over them where they are written into a sentence.
    """
    left: list[tuple[Any, int]] = [(content, 0)]
    while left:
        value, depth = left.pop()
        if depth > _DEEPEST:
            raise ValueError("its values nest too deeply")
        if isinstance(value, dict | list):
            items = value.values() if isinstance(value, dict) else value
            left += [(item, depth + 1) for item in items]
        elif isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
            raise ValueError("it holds a whole number of more than 64 bits")
