"""Which files of a folder the program made, and of what."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from cdv_geo.errors import OutputError
from cdv_geo.io.writing.output_files import write_bytes

MANIFEST: Final = "manifest.json"
_MAKER: Final = "cdv_geo"
_LARGEST: Final = 1 << 24  # bytes
_MOST_FILES: Final = 50_000


@dataclass(frozen=True)
class Entry:
    """What is known of a file that the program made, as SHA-256; empty where nothing is.

    Parameters
    ----------
    content
        Of the bytes of the file itself.
    made_from
        Of what the file shows and of the program that made it.
    inputs
        Of all that the folder was made from when the file was found right.
    coming
        Of the bytes that are about to take its place; what lies there is one or the other.
    """

    content: str = ""
    made_from: str = ""
    inputs: str = ""
    coming: str = ""


def read_manifest(folder: Path) -> dict[str, Entry]:
    """Read what earlier runs made in a folder, by name; nothing where there is no manifest.

    Raises
    ------
    OutputError
        The manifest is another program's, which is never obeyed, or is damaged.
    """
    path = folder / MANIFEST
    if not path.is_symlink() and not path.exists():
        return {}
    try:
        entries = _entries(_content(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        entries = None
    if entries is None or not all(map(_is_plain_name, entries)):
        raise OutputError(f"{path} was not made by this program; choose another folder.")
    return entries


def write_manifest(folder: Path, entries: dict[str, Entry]) -> None:
    """Write what is known of the files of a folder, whole or not at all, in the order of names."""
    files = {
        name: {key: value for key, value in asdict(entry).items() if value}
        for name, entry in sorted(entries.items())
    }
    content = json.dumps({"made_by": _MAKER, "files": files}, ensure_ascii=False, indent=2)
    write_bytes(content.encode("utf-8"), folder / MANIFEST, overwrite=True)


def _content(path: Path) -> Any:  # noqa: ANN401  # any JSON may stand there
    if path.is_symlink() or not path.is_file():
        raise TypeError(path)
    with path.open("rb") as file:
        return json.loads(file.read(_LARGEST))


def _entries(content: Any) -> dict[str, Entry] | None:  # noqa: ANN401
    keys = [field.name for field in fields(Entry)]
    if content["made_by"] != _MAKER or len(content["files"]) > _MOST_FILES:
        return None
    return {
        name: Entry(*(str(known.get(key, "")) for key in keys))
        for name, known in content["files"].items()
    }


def _is_plain_name(name: str) -> bool:
    """Tell whether a name stays in its folder."""
    return name not in {"", ".", ".."} and "\0" not in name and Path(name).name == name
