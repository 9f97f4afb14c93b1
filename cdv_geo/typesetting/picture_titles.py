"""Put the title and the language of a document into a picture of it."""

from __future__ import annotations

import struct
import zlib
from typing import Final
from xml.sax.saxutils import escape

_LANGUAGE: Final = "fr"
# A PNG begins with its signature and its header, which come before all other chunks.
_PNG_HEADER: Final = 8 + 25
_SVG_METADATA: Final = (
    '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:cc="http://creativecommons.org/ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<cc:Work><dc:title>{title}</dc:title><dc:language>{language}</dc:language></cc:Work>"
    "</rdf:RDF></metadata>"
)


def titled_png(png: bytes, title: str) -> bytes:
    """Put a title and the language into a PNG, as international text (PNG, 11.3.3)."""
    chunks = _text_chunk("Title", title) + _text_chunk("Language", _LANGUAGE)
    return png[:_PNG_HEADER] + chunks + png[_PNG_HEADER:]


def _text_chunk(keyword: str, text: str) -> bytes:
    body = b"iTXt" + keyword.encode("latin-1") + b"\0" + b"\0\0" + b"fr\0" + b"\0" + text.encode()
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def titled_svg(svg: str, title: str) -> str:
    """Put a title and the language into an SVG file."""
    said = escape(title)
    start = svg.index(">", svg.index("<svg")) + 1
    root = svg[: start - 1] + f' role="img" xml:lang="{_LANGUAGE}">'
    metadata = _SVG_METADATA.format(title=said, language=_LANGUAGE)
    return f"{root}<title>{said}</title>{metadata}{svg[start:]}"
