"""Ways to spoil a file, blind or with knowledge of its kind; the same random numbers, the same way.

A way takes bytes and random numbers and gives bytes; one that does not apply raises what the
libraries raise, and the bytes are spoilt blindly.
"""

from __future__ import annotations

import io
import json
import re
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Way = Callable[[bytes, Random], bytes]

NUMBERS = (0, 1, -1, 127, 128, 255, 256, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63)
FIGURES = (*map(str, NUMBERS), "1e999", "-1e308", "NaN", "Infinity", "1,5", "9" * 5_000, "2024.0")
TEXTS = (
    "", " ", "\ufeff", "\0", "\n", '"', "'", "=1+1", "＝1", "'=HYPERLINK(0)", "\u202eabc", "ع",
    "\u0f40", "𝔄", "👩‍👩‍👧", "e\u0301" * 50, "\ud7ff", "\uffff", "<script>", "{{7*7}}",
    "#set page()", "../x", "/dev/zero",
    "a" * 300, "a" * 70_000, " " * 20_000, "QN07301M", "73065",
    "POINT (5.92 45.57)", "\x1b[2J", "2024-02-30",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:[.,]\d+)?")
_TOKEN = re.compile(rb'"[^"\n]{0,200}"|[\w.+-]+|[^\w\s]')
_LONGEST = 400_000


def mutate(content: bytes, random: Random) -> bytes:
    """Spoil a file in one to three ways, most of them made for its kind."""
    for _ in range(random.choice((1, 1, 2, 3))):
        ways = (*_ways_of(content), *BLIND)
        try:
            content = random.choice(ways)(content, random)[:_LONGEST]
        except Exception:  # noqa: BLE001  # spoilt already, so that its kind cannot be read
            content = random.choice(BLIND)(content, random)[:_LONGEST]
    return content


def _ways_of(content: bytes) -> tuple[Way, ...]:
    if content.startswith(b"PK"):
        return (_member,) * 12
    if content.startswith(b"SQLite"):
        return (_cell_of_database,) * 12
    if content.startswith(b"PAR1"):
        return (_column_of_parquet,) * 12
    if b"\0" in content:
        return ()
    json_too = (_node,) * 4 if content.lstrip()[:1] in {b"{", b"["} else ()
    return (_token, _number, _line, _cell, _separator, _encoding, _nest, *json_too) * 2


def _place(content: bytes, random: Random) -> int:
    return random.randrange(len(content) + 1)


def _span(content: bytes, random: Random) -> tuple[int, int]:
    start = _place(content, random)
    return start, start + random.choice((1, 2, 4, 16, 100, 1_000))


def _flip(content: bytes, random: Random) -> bytes:
    spoilt = bytearray(content)
    for _ in range(random.choice((1, 1, 4, 32)) if content else 0):
        spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
    return bytes(spoilt)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: _place(content, random)]


def _without(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + content[end:]


def _inserted(content: bytes, random: Random) -> bytes:
    start = _place(content, random)
    return content[:start] + random.randbytes(random.choice((1, 2, 8, 100))) + content[start:]


def _spliced(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    place = _place(content, random)
    return content[:place] + content[start:end] * random.choice((1, 1, 50)) + content[place:]


def _length_field(content: bytes, random: Random) -> bytes:
    form = random.choice(("B", "<H", ">H", "<I", ">I", "<Q", ">Q"))
    size = struct.calcsize(form)
    place = random.randrange(max(1, len(content) - size))
    number = struct.pack(form, random.choice(NUMBERS) % 256**size)
    return content[:place] + number + content[place + size :]


BLIND: tuple[Way, ...] = (_flip, _cut, _without, _inserted, _spliced, _length_field)


def _text(random: Random) -> str:
    if random.random() < 0.3:
        return "".join(chr(random.choice((random.randrange(0xD800), random.randrange(0xE000, 0x110000)))) for _ in range(9))  # fmt: skip  # noqa: E501
    return random.choice((*TEXTS, *FIGURES))


def _replaced(content: bytes, pattern: re.Pattern[bytes], random: Random, text: bytes) -> bytes:
    found = random.choice(list(pattern.finditer(content)))
    return content[: found.start()] + text + content[found.end() :]


def _token(content: bytes, random: Random) -> bytes:
    tokens = [found.group() for found in _TOKEN.finditer(content)]
    new = random.choice((random.choice(tokens), b'"%b"' % _text(random).encode()))
    return _replaced(content, _TOKEN, random, new)


def _number(content: bytes, random: Random) -> bytes:
    return _replaced(content, _NUMBER, random, random.choice(FIGURES).encode())


def _nest(content: bytes, random: Random) -> bytes:
    depth = random.choice((30, 600, 30_000))
    opened, closed = random.choice(
        ((b"[", b"]"), (b"(", b")"), (b'{"a":', b"}"), (b"<a>", b"</a>"))
    )
    return _replaced(content, _TOKEN, random, opened * depth + b"1" + closed * depth)


def _line(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    changes: tuple[Callable[[], Any], ...] = (
        lambda: lines.insert(one, lines[other]),
        lambda: lines.pop(one),
        lambda: lines.__setitem__(one, lines[other]),
        lambda: lines.__setitem__(one, lines[one] * 300),
        lambda: lines.insert(one, random.choice((b"\n", b"\r", b'"', b"\r\r\n", b"Total;;;\n"))),
    )
    random.choice(changes)()
    return b"".join(lines)


def _cell(content: bytes, random: Random) -> bytes:
    separator = random.choice((b";", b",", b"\t", b"="))
    cells = content.split(separator)
    quoted = b'"%b"' if random.random() < 0.5 else b"%b"
    cells[random.randrange(len(cells))] = quoted % _text(random).encode()
    return separator.join(cells)


def _separator(content: bytes, random: Random) -> bytes:
    marks = (
        b";",
        b",",
        b"\t",
        b"|",
        b'"',
        b"'",
        b"\n",
        b"\r",
        b" ",
        b".",
        b"\0",
        b"=",
        b"\xc2\xa0",
    )
    times = random.choice((1, 3, -1))
    return content.replace(random.choice(marks), random.choice(marks), times)


def _encoding(content: bytes, random: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(
        random.choice(("cp1252", "utf-16", "utf-8-sig", "mac_roman", "utf-32")), "replace"
    )


def _node(content: bytes, random: Random) -> bytes:
    """Replace a value of JSON by another one, of the same document or of none."""
    document = json.loads(content)
    nodes = list(_nodes(document))
    holder, key = random.choice(nodes)
    other, found = random.choice(nodes)
    new = (other[found], None, True, [], {}, [[]], _text(random), random.choice(NUMBERS), 1e308)
    holder[key] = random.choice(new)
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _nodes(value: Any) -> Any:
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _nodes(value[key])


def _member(content: bytes, random: Random) -> bytes:
    """Spoil one file of a zip and pack it again, so that its checksum is right."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(info.file_size for info in packed.infolist()) > _LONGEST:
            raise ValueError("a bomb is spoilt blindly")
        members = {name: packed.read(name) for name in packed.namelist()}
    name = random.choice(list(members))
    members[name] = mutate(members[name], random)
    if random.random() < 0.05:
        del members[name]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for each, inside in members.items():
            packed.writestr(each, inside)
    return stream.getvalue()


def _cell_of_database(content: bytes, random: Random) -> bytes:
    """Put another value into one cell, or all cells, of a column of a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.gpkg")
        path.write_bytes(content)
        connection = sqlite3.connect(path)
        kinds = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
        table, column = random.choice(
            connection.execute(f"{kinds} WHERE m.type = 'table'").fetchall()
        )
        was = connection.execute(f'SELECT "{column}" FROM "{table}" LIMIT 1').fetchone()[0]  # noqa: S608
        held = was if isinstance(was, bytes) else str(was).encode()
        new = (mutate(held, random), None, random.choice(NUMBERS[:-1]), 1e308, _text(random))
        value = random.choice(new)
        cast = "CAST(? AS TEXT)" if isinstance(value, bytes) and random.random() < 0.5 else "?"
        where = random.choice(("", " WHERE rowid = 1"))
        connection.execute(f'UPDATE "{table}" SET "{column}" = {cast}{where}', (value,))  # noqa: S608
        connection.commit()
        connection.close()
        return path.read_bytes()


def _column_of_parquet(content: bytes, random: Random) -> bytes:
    """Put other values, of another type or the same, into one column."""
    table = pq.read_table(io.BytesIO(content), use_threads=False)
    n = random.randrange(table.num_columns)
    field, held = table.schema.field(n), table.column(n)[0].as_py()
    spoilt = mutate(held if isinstance(held, bytes) else str(held).encode(), random)
    end = pa.py_buffer(struct.pack("<ii", 0, len(spoilt)))
    no_utf8 = pa.Array.from_buffers(pa.string(), 1, [None, end, pa.py_buffer(spoilt)])
    values = (
        pa.array([spoilt]), pa.array([2**63 - 1]), pa.array([float("nan")]), pa.array([None]),
        pa.array([[None, "a"]]), pa.array([{"a": 1}]), pa.array([True]),
        pa.array(["a"]).dictionary_encode(), pa.array([_text(random)]), no_utf8,
    )  # fmt: skip
    value = random.choice(values)
    column = pa.concat_arrays([value] * len(table))
    stream = io.BytesIO()
    schema = table.schema.set(n, pa.field(field.name, column.type, metadata=field.metadata))
    arrays = [*table.columns[:n], column, *table.columns[n + 1 :]]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), stream)
    return stream.getvalue()
