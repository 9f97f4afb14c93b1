"""What may be opened: a real file, of an accepted kind by its content, within its budgets.

Libraries go by what they find in a file, and some of what they understand makes them open other
files or call the network. Here a file is looked at first, and nothing is handed on that is not what
it should be.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CSV: Final = "csv"
XLSX: Final = "xlsx"
GEOJSON: Final = "geojson"
GEOPACKAGE: Final = "gpkg"
SHAPEFILE: Final = "shapefile"
PARQUET: Final = "parquet"
GEOTIFF: Final = "geotiff"
KINDS: Final = {
    CSV: "CSV",
    XLSX: "XLSX",
    GEOJSON: "GeoJSON",
    GEOPACKAGE: "GeoPackage",
    SHAPEFILE: "Shapefile",
    PARQUET: "(Geo)Parquet",
    GEOTIFF: "GeoTIFF",
}
_ENDINGS: Final = {
    CSV: (".csv", ".txt", ".tsv"),
    XLSX: (".xlsx", ".xlsm"),
    GEOJSON: (".geojson", ".json"),
    GEOPACKAGE: (".gpkg",),
    SHAPEFILE: (".shp", ".zip"),
    PARQUET: (".parquet", ".geoparquet"),
    GEOTIFF: (".tif", ".tiff"),
}
TABLES: Final = (CSV, XLSX)
LAYERS: Final = (GEOJSON, GEOPACKAGE, SHAPEFILE, PARQUET)

_HEAD: Final = 1 << 16  # bytes that are looked at
_MEGABYTE: Final = 1 << 20
# What is read into memory as a whole, and what it may unpack to.
_LARGEST: Final = {GEOJSON: 512 * _MEGABYTE, XLSX: 64 * _MEGABYTE}
_LARGEST_UNPACKED: Final = {XLSX: 256 * _MEGABYTE, SHAPEFILE: 256 * _MEGABYTE}
# Deflate packs the XML of a full workbook 10 to 30 times; a bomb, 1,000 times.
_HIGHEST_RATIO: Final = 200
_RATIO_MATTERS_FROM: Final = 10 * _MEGABYTE
_MOST_MEMBERS: Final = 10_000
_LONGEST_TEXT: Final = 1 << 18  # bytes; what takes a Markdown reader a second
_SIGNATURES: Final = {
    b"SQLite format 3\x00": GEOPACKAGE,
    b"PAR1": PARQUET,
    b"II*\x00": GEOTIFF,
    b"MM\x00*": GEOTIFF,
    b"II+\x00": GEOTIFF,
    b"MM\x00+": GEOTIFF,
    b"\x00\x00\x27\x0a": SHAPEFILE,
}
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_REFUSED_SIGNATURES: Final = {
    b"\xd0\xcf\x11\xe0": "an old Office file (.xls) or one with a password; save it as .xlsx",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"{\\rtf": "an RTF document",
}
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|\\\\")


@dataclass(frozen=True)
class Opened:
    """A file that was looked at: its kind, of `KINDS`, and its bytes, from the beginning."""

    path: Path
    kind: str
    file: IO[bytes]


@contextlib.contextmanager
def admitted(path: Path, kinds: Iterable[str] = tuple(KINDS)) -> Iterator[Opened]:
    """Open a file and look at it before any library does; close it in the end.

    Parameters
    ----------
    path
        A local file.
    kinds
        Accepted ones, of `KINDS`.

    Raises
    ------
    DataError
        It is no regular file, lies elsewhere than it seems, is of another kind, or is larger than
        its kind may be.
    """
    with open_regular(path) as file:
        kind = _kind(path, file)
        if kind not in kinds:
            accepted = ", ".join(KINDS[k] for k in KINDS if k in kinds)
            raise DataError(f"{path} is of the kind {KINDS[kind]}; accepted here are {accepted}.")
        size = file.seek(0, os.SEEK_END)
        if size > _LARGEST.get(kind, size):
            raise DataError(
                f"{path} has {size / _MEGABYTE:,.0f} MB; a {KINDS[kind]} file may have "
                f"{_LARGEST[kind] / _MEGABYTE:,.0f}."
            )
        file.seek(0)
        yield Opened(path, kind, file)


def name_notes(path: Path, kind: str) -> list[Fault]:
    """Say what a file is where its name says otherwise."""
    if path.suffix.lower() in _ENDINGS[kind]:
        return []
    why = f"the file is {KINDS[kind]}, whatever its name says"
    return [Fault(None, "", why, path.suffix, ACCEPTED)]


def require_regular_file(path: Path) -> None:
    """Refuse what `open_regular` does, where another opens the file."""
    open_regular(path).close()


def within(folder: Path, name: str) -> Path:
    """Give the path of a file or a folder within a folder, which no link leads out of.

    Parameters
    ----------
    folder
        Handed on as a whole, perhaps by somebody else.
    name
        From there; it need not exist.

    Raises
    ------
    DataError
        A link on the way leads elsewhere.
    """
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        inside = False
    if not inside:
        raise DataError(
            f"{path} leads out of {folder} by a link; a file within the folder is expected."
        )
    return path


def read_short_text(path: Path) -> str:
    """Read a text that somebody wrote: UTF-8, with a byte order mark or without.

    Raises
    ------
    DataError
        It is no file of its folder, longer than 256 kB, or no UTF-8.
    """
    with open_regular(path) as file:
        content = file.read(_LONGEST_TEXT + 1)
    if len(content) > _LONGEST_TEXT:
        raise DataError(f"{path} has more than {_LONGEST_TEXT >> 10} kB; a text is shorter.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no UTF-8 text: {error.reason} at {error.start}.") from None


def name_for_libraries(path: Path) -> str:
    """Give the name of a file from the root as GDAL and Arrow take it: UTF-8 in every locale.

    Raises
    ------
    DataError
        It is none, which they cannot open.
    """
    try:
        return os.fsencode(path.resolve()).decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: its name or that of its folder is no UTF-8, and a file of this kind cannot "
            "be opened so; rename it."
        ) from None


def open_regular(path: Path) -> IO[bytes]:
    """Open a real file of its folder: no address, no device, no link that leads away.

    Raises
    ------
    DataError
        It is none, or cannot be opened.
    """
    if str(path).startswith("/vsi") or (_ADDRESS.match(str(path)) and not path.exists()):
        raise DataError(f"“{path}” is an address or a connection; the path of a file is expected.")
    try:
        # Looked at unopened: a pipe would wait for its other end, and a device do what it does.
        mode = path.stat().st_mode
        resolved = path.resolve(strict=True)
        if path.is_symlink() and not resolved.is_relative_to(path.parent.resolve()):
            raise DataError(
                f"{path} is a link to a file outside its folder; a file or a link within the "
                "folder is accepted."
            )
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise DataError(f"{path} is {what}; a file is expected.")
        return path.open("rb")
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; a file is expected there.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read: {reason}.") from None


def _kind(path: Path, file: IO[bytes]) -> str:
    head = file.read(_HEAD)
    if not head:
        raise DataError(f"{path} is empty.")
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    for signature, what in _REFUSED_SIGNATURES.items():
        if head.startswith(signature):
            raise DataError(f"{path} is {what}; accepted are {', '.join(KINDS.values())}.")
    return _kind_of_zip(path, file) if head.startswith(_ZIP) else _kind_of_text(path, head)


def _kind_of_text(path: Path, head: bytes) -> str:
    is_utf16 = head.startswith(_UTF16) or looks_like_utf16(head)
    start = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if is_utf16:
        start = head.replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")
    if start.startswith(b"{") and is_utf16:
        raise DataError(f"{path} is JSON in UTF-16; GeoJSON is UTF-8: save it in that encoding.")
    if start.startswith(b"{"):
        return GEOJSON
    if start.startswith(b"<"):
        raise DataError(
            f"{path} is XML or HTML, whatever its name; accepted are {', '.join(KINDS.values())}."
        )
    odd = _NO_TEXT.search(head)
    if odd and not is_utf16:
        raise DataError(
            f"{path} is neither text nor any of {', '.join(KINDS.values())}: byte {odd.start()} is "
            f"0x{odd[0][0]:02x}, which no text holds."
        )
    return CSV


def looks_like_utf16(head: bytes) -> bool:
    """Tell whether every second byte of a beginning is 0, as in Western text in UTF-16."""
    pairs = head[: len(head) // 2 * 2]
    for zeros, letters in ((pairs[1::2], pairs[::2]), (pairs[::2], pairs[1::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.8 * len(zeros) and not letters.count(0):  # most
            return True
    return False


def _kind_of_zip(path: Path, file: IO[bytes]) -> str:
    with open_archive(path, file) as archive:
        names = [member.filename for member in archive.infolist()]
        names = [name for name in names if not name.startswith("__MACOSX/")]
        book = "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)
        kind = XLSX if book else SHAPEFILE
        require_budget(path, archive, _LARGEST_UNPACKED[kind])
        if book or any(name.lower().endswith(".shp") for name in names):
            return kind
        raise DataError(
            f"{path} is an archive of {listed(names) or 'nothing'}; one with a Shapefile, or an "
            ".xlsx workbook, is expected."
        )


def open_archive(path: Path, file: IO[bytes]) -> zipfile.ZipFile:
    """Read the directory of a zip archive, which is open.

    Raises
    ------
    DataError
        It is broken.
    """
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(f"{path} cannot be read as an archive: {error}.") from None


def require_budget(path: Path, archive: zipfile.ZipFile, most: int) -> None:
    """Refuse an archive that says it unpacks to more than it may, before it is unpacked.

    Parameters
    ----------
    path
        Of the archive.
    archive
        As opened.
    most
        Bytes that it may unpack to.

    Raises
    ------
    DataError
        It is such an archive, or encrypted.
    """
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise DataError(f"{path} is encrypted; an archive without a password is expected.")
    total = sum(member.file_size for member in members)
    ratio = total / max(path.stat().st_size, 1)
    bomb = total > _RATIO_MATTERS_FROM and ratio > _HIGHEST_RATIO
    if total > most or bomb or len(members) > _MOST_MEMBERS:
        raise DataError(
            f"{path} would unpack to {total / _MEGABYTE:,.0f} MB, {ratio:,.0f} times its size, in "
            f"{len(members)} files; at most {most / _MEGABYTE:,.0f} MB, {_HIGHEST_RATIO} times and "
            f"{_MOST_MEMBERS:,} files are accepted."
        )


def unpack(path: Path, archive: zipfile.ZipFile, member: str) -> bytes:
    """Read one file of an archive, no further than the size that the archive states for it.

    Raises
    ------
    DataError
        It is broken, or its size is not what is stated.
    """
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, zlib.error) as error:
        raise DataError(f"{path}: {member} cannot be unpacked: {error}.") from None


def siblings(path: Path) -> dict[str, Path]:
    """Give the files beside a Shapefile that belong to it, by their ending in lower case.

    Raises
    ------
    DataError
        One of them is no regular file of the folder.
    """
    found = {}
    with os.scandir(path.parent) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        beside = path.parent / name
        if beside.stem.lower() == path.stem.lower():
            require_regular_file(beside)
            found[beside.suffix.lower()] = beside
    return found
