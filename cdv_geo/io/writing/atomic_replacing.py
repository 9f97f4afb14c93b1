"""Put a finished file in its place in one step, and clear away what killed runs left behind."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import re
import secrets
import socket
import sqlite3
import stat
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyogrio.errors import DataLayerError, DataSourceError
from xlsxwriter.exceptions import FileCreateError, XlsxWriterException

from cdv_geo.errors import OutputError, WritingStoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

# These are the system's, and would meet any other file as well; the others lie in what is written.
_OF_THE_SYSTEM: Final = (OSError, DataLayerError, DataSourceError, FileCreateError, sqlite3.Error)
_FAULTS: Final = (
    *_OF_THE_SYSTEM,
    UnicodeEncodeError,
    XlsxWriterException,
    pa.ArrowException,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
)
# What a file system answers that knows no second name for a file (FAT, some network shares).
_NO_LINKS: Final = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_PART: Final = re.compile(
    r"\.cdv_geo\.(?P<host>[\w-]+)\.(?P<pid>\d+)\.[0-9a-f]{8}\.part(\..*)?", flags=re.DOTALL
)
# Windows ends a process that is asked for a sign of life, so there only the age tells.
_CAN_ASK: Final = os.name != "nt"
_DAY: Final = 86_400  # seconds
_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@contextlib.contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Say in one sentence what goes wrong while a file is written.

    Parameters
    ----------
    path
        The file that the sentence names.

    Raises
    ------
    WritingStoppedError
        The system failed to write.
    OutputError
        A library cannot write such a content.
    """
    try:
        yield
    except _FAULTS as error:
        kind = WritingStoppedError if isinstance(error, _OF_THE_SYSTEM) else OutputError
        raise kind(f"{path} cannot be written: {_reason(error)}.") from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "a text holds half a surrogate pair, which is no character"
    cause = error.args[0] if isinstance(error, FileCreateError) and error.args else error
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    # GDAL does not hand on what the system said.
    hint = "sqlite" in text or "transaction" in text
    return f"SQLite refused it, as it does when the disk is full ({text})" if hint else text


@contextlib.contextmanager
def staged(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary path beside the target; put it in its place when the body is through.

    Parameters
    ----------
    path
        The target: a plain file, or nothing yet.
    overwrite
        Whether a file that exists is replaced. If not, one that appears meanwhile stays too.

    Raises
    ------
    OutputError
        The target may not be replaced, or its folder cannot be written.
    """
    require_free(path, overwrite=overwrite)
    with refusals(path):
        sweep(path.parent)
    part = path.with_name(
        f".cdv_geo.{_host()}.{os.getpid()}.{secrets.token_hex(4)}.part{path.suffix}"
    )
    try:
        with refusals(path):
            _try_folder(part)
        yield part
        with refusals(path):
            _place(part, path, overwrite=overwrite)
    finally:
        _remove(part)


def require_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a target before any work is done for it.

    Parameters
    ----------
    path, overwrite
        As for `staged`.

    Raises
    ------
    OutputError
        It exists and may not be replaced, is no plain file, or no file can have its name.
    """
    with refusals(path):
        _refuse_target(path, overwrite=overwrite)


def _try_folder(part: Path) -> None:
    """Make the file and remove it: the system says what is wrong better than SQLite or GDAL do."""
    part.touch(exist_ok=False)
    part.unlink()


def sweep(folder: Path) -> None:
    """Remove the temporary files of runs that were killed; those of a live run are left alone.

    Parameters
    ----------
    folder
        Only what lies in it directly is looked at. What another machine left is removed when
        nothing was written to it for a day, since nobody here can tell whether its run is alive.
    """
    # A folder may be written without being listed; then what lies in it is not known.
    with contextlib.suppress(PermissionError):
        for entry in list(os.scandir(folder)):
            match = _PART.fullmatch(entry.name)
            if match:
                with contextlib.suppress(OSError):
                    _sweep_file(Path(entry.path), match["host"], int(match["pid"]))


def _sweep_file(part: Path, host: str, pid: int) -> None:
    if host == _host() and _CAN_ASK:
        abandoned = not _is_running(pid)
    else:
        abandoned = time.time() - part.lstat().st_mtime > _DAY
    if abandoned:
        part.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # of another user
        return True
    return True


def _host() -> str:
    """Name the machine, and the container in it where process numbers are its own."""
    name = re.sub(r"[^A-Za-z0-9]", "-", socket.gethostname())[:40]
    with contextlib.suppress(OSError):
        name += f"-{Path('/proc/self/ns/pid').stat().st_ino}"
    return name


def _refuse_target(path: Path, *, overwrite: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except ValueError:  # a NUL in the name
        raise WritingStoppedError(f"“{path!r}” is no name of a file.") from None
    if stat.S_ISLNK(mode):
        raise WritingStoppedError(
            f"{path} is a symbolic link to {path.readlink()}; name the file itself."
        )
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no file")
        raise WritingStoppedError(f"{path} is {kind}; give the name of a file.")
    if not overwrite:
        raise _exists(path)


def _exists(path: Path) -> WritingStoppedError:
    return WritingStoppedError(f"{path} exists already; give --overwrite to replace it.")


def _place(part: Path, path: Path, *, overwrite: bool) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    if overwrite:
        part.replace(path)
    else:
        _place_new(part, path)
    _sync_folder(path.parent)


def _place_new(part: Path, path: Path) -> None:
    """Give the file its name unless the name is taken, which the system tells in one step."""
    try:
        if os.name == "nt":
            part.rename(path)
        else:
            path.hardlink_to(part)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _refuse_target(path, overwrite=False)
        part.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name last; the file is there already, so a refusal here is none of the write."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(part: Path) -> None:
    """Remove a temporary file, and those that SQLite and GDAL lay beside it."""
    for path in (part, *part.parent.glob(f"{glob.escape(part.name)}?*")):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
