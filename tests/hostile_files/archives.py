"""Zip files that are traps, and names that are no plain files."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

from hostile_files.case import (
    Case,
    Make,
    accepted,
    archive,
    built,
    lost,
    noticed,
    raw,
    refused,
    text,
)
from hostile_files.layers import COLLECTION, shapefile_parts
from hostile_files.rows import TWO, lines

_GOOD = lines(*TWO)
_CENTRAL, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def _zip_of_layer(prefix: str = "", **added: bytes) -> Make:
    def make(folder: Path) -> Path:
        parts = {f"{prefix}{name}": content for name, content in shapefile_parts(folder).items()}
        return archive("layer.zip", {**parts, **added})(folder)

    return make


def _packed(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return stream.getvalue()


def _patched(content: bytes, mark: bytes, offset: int, form: str, value: int) -> bytes:
    """Overwrite a number of each header that begins with a mark."""
    changed, start = bytearray(content), content.find(mark)
    while start >= 0:
        struct.pack_into(form, changed, start + offset, value)
        start = content.find(mark, start + 4)
    return bytes(changed)


def _lying_zip() -> bytes:
    """A directory that says 100 bytes for what are 100 MB."""
    content = _packed("q.geojson", b" " * 100_000_000)
    return _patched(content, _CENTRAL, 24, "<I", 100)


def _encrypted_zip() -> bytes:
    content = _packed("q.geojson", b"{}")
    return _patched(_patched(content, _CENTRAL, 8, "<H", 1), _LOCAL, 6, "<H", 1)


def _overlapping_zip() -> bytes:
    """A thousand entries of the directory that are one entry of 5 MB."""
    content = _packed("q.geojson", b" " * 5_000_000)
    start, end = content.find(_CENTRAL), content.find(b"PK\x05\x06")
    entries = content[start:end] * 1000
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1000, 1000, len(entries), start, 0)
    return content[:start] + entries + tail


def _nested_zip() -> bytes:
    return _packed("inner.zip", _packed("q.geojson", b"{}"))


def _link_in_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        entry = zipfile.ZipInfo("q.geojson")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    return stream.getvalue()


def _crowded_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for number in range(20_000):
            packed.writestr(f"{number}.txt", b"")
    return stream.getvalue()


ZIPS = (
    accepted("a zipped Shapefile", _zip_of_layer(), kept=2),
    accepted("a zipped Shapefile in a folder", _zip_of_layer("qpv 2024/"), kept=2),
    accepted("a zipped Shapefile with what macOS adds",
             _zip_of_layer(**{"__MACOSX/._q.shp": b"\0\5\26\7", ".DS_Store": b"Bud1"}), kept=2),
    accepted("entries that climb out", _zip_of_layer("../../")),
    accepted("entries with an absolute path", _zip_of_layer("/srv/")),
    refused("a directory that lies on the size", built("a.zip", _lying_zip), "."),
    refused("an encrypted zip", built("a.zip", _encrypted_zip), "encrypt|password"),
    refused("a zip in a zip", built("a.zip", _nested_zip), "zip"),
    refused("a thousand overlapping entries", built("a.zip", _overlapping_zip), "."),
    refused("a link in a zip", built("a.zip", _link_in_zip), hides=("root:",)),
    refused("20,000 entries", built("a.zip", _crowded_zip), "."),
    refused("an empty zip", raw("a.zip", b"PK\x05\x06" + bytes(18)), "empty|no layer|nothing"),
    refused("a zip without a layer", archive("a.zip", {"lisez-moi.txt": "?"}), "layer|archive"),
    refused("a zip of 200 MB of blanks", built(
        "a.zip", lambda: _packed("q.geojson", b" " * 200_000_000)),
            "size|large|ratio|MB"),
    refused("half a zip", raw("a.zip", _nested_zip()[:60]), "zip|truncat|damaged|cut|broken"),
    noticed("a zipped CSV", archive("a.zip", {"a.csv": _GOOD}), "zip|csv"),
    noticed("two layers in a zip", archive("a.zip", {
        "a.geojson": COLLECTION, "b.geojson": COLLECTION}), "layer|archive"),
)  # fmt: skip


def _name(name: str) -> Make:
    return lambda _folder: name


def _directory(folder: Path) -> Path:
    (folder / "data.csv").mkdir()
    return folder / "data.csv"


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def _link(target: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / "link.csv").symlink_to(target)
        return folder / "link.csv"

    return make


def _sparse(name: str, beginning: bytes) -> Make:
    def make(folder: Path) -> Path:
        with (folder / name).open("wb") as file:
            file.write(beginning)
            file.truncate(1 << 36)
        return folder / name

    return make


def _bytes_name(folder: Path) -> Path | str:
    path = os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv")
    Path(path).write_text(_GOOD, encoding="utf-8")
    return path


_NAMES = (
    "/vsicurl/http://evil.invalid/a.geojson",
    "/vsizip//vsicurl/http://evil.invalid/a.zip",
    "/vsimem/a.gpkg",
    "/vsistdin/",
    "http://evil.invalid/a.csv",
    "https://evil.invalid/a.parquet",
    "s3://bucket/a.parquet",
    "file:///etc/passwd",
    "PG:host=evil.invalid dbname=x",
    "MYSQL:x,host=evil.invalid",
    "WFS:http://evil.invalid/wfs",
    "GPKG:/etc/passwd:layer",
    "GTIFF_DIR:1:/etc/passwd",
    "<OGRVRTDataSource></OGRVRTDataSource>",
    '{"type":"FeatureCollection","features":[]}',
    "",
    "missing.csv",
    "NUL",
)

NAMES = (
    *(lost(f"the name {name!r}", _name(name), usage=True) for name in _NAMES),
    lost("a directory", _directory, "director|folder|no file", usage=True),
    lost("a device", _name(os.devnull), usage=True),
    lost("a link to nothing", _link("nothing.csv"), usage=True),
    lost("a link to itself", _link("link.csv"), usage=True),
    refused("64 GiB of NUL", _sparse("a.csv", _GOOD.encode()), "."),
    refused("64 GiB of JSON", _sparse("a.geojson", b"{"), "."),
    refused("a 64 GiB raster", _sparse("a.tif", b"II*\0\x08\0\0\0"), "."),
    accepted("a name with a line break", text("a\nb.csv", _GOOD), kept=2),
    accepted("a name with markup", text("<b>&'\"$(x);.csv", _GOOD), kept=2),
    refused("no extension", text("table", "bonjour"), "."),
    accepted("a text file", text("table.txt", _GOOD), kept=2),
    refused("a dBase table alone", raw("a.dbf", b"\x03" + bytes(64)), "."),
)  # fmt: skip

POSIX: tuple[Case, ...] = ()
if hasattr(os, "mkfifo"):
    POSIX = (
        lost("a pipe that nobody writes to", _fifo, usage=True),
        lost("a device without an end", _name("/dev/zero"), usage=True),
        lost("a link to a device", _link("/dev/zero"), usage=True),
        lost("a link to the passwords", _link("/etc/passwd"), usage=True, hides=("root:",)),
        accepted("a name that is no utf-8", _bytes_name),
    )

CASES = (*ZIPS, *NAMES, *POSIX)
