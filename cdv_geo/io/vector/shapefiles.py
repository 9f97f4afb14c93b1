"""Make a Shapefile ready to be read: its parts are looked at one by one, and unpacked if zipped."""

from __future__ import annotations

import codecs
import contextlib
import shutil
import struct
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io import guard
from cdv_geo.io.vector.dbf_texts import HEADER, CutTexts, cut_texts, without_halves

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHP_HEADER: Final = 100
_SHX_RECORD: Final = 8


@dataclass(frozen=True)
class Ready:
    """A Shapefile whose parts are all there.

    Parameters
    ----------
    path
        Of its `.shp`.
    encoding
        Of its texts.
    crs
        What its `.prj` says, None if it has none.
    cut
        Texts that may have been cut, by the number of their column, from 0.
    notes
        What was found out.
    """

    path: Path
    encoding: str
    crs: str | None
    cut: dict[int, CutTexts]
    notes: list[Fault]


@contextlib.contextmanager
def made_ready(path: Path, layer: str | None) -> Iterator[Ready]:
    """Copy the parts of a Shapefile into a folder of their own, for as long as it is read.

    GDAL would look for more files beside it, and read an archive as a folder.

    Parameters
    ----------
    path
        A `.shp`, or an archive that holds one.
    layer
        Which of several, by its name without ending.

    Raises
    ------
    DataError
        A part is missing or does not fit the others, or several Shapefiles may be meant.
    """
    with path.open("rb") as file, tempfile.TemporaryDirectory(prefix="cdv_geo-") as folder:
        if not zipfile.is_zipfile(file):
            parts = {**guard.siblings(path), ".shp": path}
            for ending in set(_PARTS) & set(parts):
                shutil.copyfile(parts[ending], Path(folder) / f"layer{ending}")
        else:
            _unpack(path, file, layer, Path(folder))
        yield _ready(path, Path(folder) / "layer.shp")


def _unpack(path: Path, file: IO[bytes], layer: str | None, folder: Path) -> None:
    with guard.open_archive(path, file) as archive:
        names = [PurePosixPath(name) for name in archive.namelist() if not _is_beside(name)]
        found = [name for name in names if name.suffix.lower() == ".shp"]
        stems = [name.stem for name in found]
        shapes = {
            name.stem if stems.count(name.stem) == 1 else str(name.with_suffix("")): name
            for name in found
        }
        if layer is None and len(shapes) != 1:
            raise DataError(
                f"{path} has {len(shapes)} layers ({listed(sorted(shapes))}); one is expected, "
                "or --layer names it."
            )
        chosen = shapes.get(layer) if layer is not None else next(iter(shapes.values()))
        if chosen is None:
            raise DataError(
                f"{path} has no layer “{layer}”; its layers are {listed(sorted(shapes))}."
            )
        for name in names:
            part = name.suffix.lower()
            if part in _PARTS and name.with_suffix("") == chosen.with_suffix(""):
                content = guard.unpack(path, archive, str(name))
                (folder / f"layer{part}").write_bytes(content)


def _is_beside(name: str) -> bool:
    """Tell whether an entry is a folder, or what a Mac puts beside each file."""
    return name.endswith("/") or PurePosixPath(name).name.startswith("._")


def _ready(path: Path, shp: Path) -> Ready:
    needed = {
        ".dbf": "the columns, code and name among them, are missing",
        ".shx": "the index, which says where each shape begins, is missing",
    }
    for ending, missing in needed.items():
        if not shp.with_suffix(ending).is_file():
            raise DataError(f"{path} has no {ending} beside its .shp: {missing}.")
    dbf = shp.with_suffix(".dbf").read_bytes()
    _require_same_count(path, shp, dbf)
    cpg = shp.with_suffix(".cpg")
    said = cpg.read_text("ascii", "replace").strip() if cpg.is_file() else None
    encoding, notes = _encoding(dbf, said)
    whole = without_halves(dbf)
    if _is_utf8(whole, said) and not _is_utf8(dbf, said):
        shp.with_suffix(".dbf").write_bytes(whole)
        encoding, notes = _encoding(whole, said)
    else:
        whole = dbf
    prj = shp.with_suffix(".prj")
    crs = prj.read_text("latin-1").strip() if prj.is_file() else None
    return Ready(shp, encoding, crs or None, cut_texts(dbf, whole), notes)


def _require_same_count(path: Path, shp: Path, dbf: bytes) -> None:
    """Refuse parts of different lengths: shapes and rows would go together wrongly, or be lost."""
    with shp.open("rb") as file:
        head = file.read(_SHP_HEADER)
    if len(dbf) < HEADER or len(head) < _SHP_HEADER:
        raise DataError(f"{path} is cut off: its .shp or its .dbf ends within its header.")
    rows, header, width = struct.unpack("<IHH", dbf[4:12])
    shapes = (shp.with_suffix(".shx").stat().st_size - _SHP_HEADER) // _SHX_RECORD
    stated = struct.unpack(">i", head[24:28])[0] * 2  # in words of two bytes
    whole = len(dbf) >= header + rows * width and shp.stat().st_size >= stated
    if rows != shapes or not whole:
        raise DataError(
            f"{path} is cut off or mixed up: its .shx has {shapes} shapes and its .dbf {rows} rows."
        )


def _encoding(dbf: bytes, said: str | None) -> tuple[str, list[Fault]]:
    """Tell the encoding of the texts by the texts themselves: all of them UTF-8, or cp1252.

    What the `.cpg` says is believed where the texts allow it.
    """
    texts = _texts(dbf)
    found = "UTF-8" if _decodes(texts, "utf-8") else "cp1252"
    if said is not None and (texts.isascii() or _python_name(said) == _python_name(found)):
        return found, []
    if said is not None and found == "cp1252" and _python_name(said) not in {None, "utf-8"}:
        return said, []
    saying = "does not say how its texts are encoded" if said is None else f"says “{said}” of them"
    why = f"the file {saying}; its texts are read as {found}"
    return found, [Fault(None, "", why, said or "", ACCEPTED)]


def _is_utf8(dbf: bytes, said: str | None) -> bool:
    """Tell whether texts are UTF-8 beyond doubt: those without accents may be anything."""
    texts = _texts(dbf)
    doubtful = texts.isascii() and (said is None or _python_name(said) != "utf-8")
    return not doubtful and _decodes(texts, "utf-8")


def _texts(dbf: bytes) -> bytes:
    return dbf[int.from_bytes(dbf[8:10], "little") :]


def _decodes(texts: bytes, encoding: str) -> bool:
    try:
        texts.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _python_name(encoding: str) -> str | None:
    """Give the name by which Python knows an encoding of a `.cpg`, which may be a number alone."""
    for name in (encoding, f"cp{encoding}", encoding.replace(" ", "")):
        with contextlib.suppress(LookupError, ValueError):  # such as a NUL within
            return codecs.lookup(name).name
    return None
