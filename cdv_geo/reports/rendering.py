"""Set a document in the format of a file's ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.reports.pdf import render_pdf
from cdv_geo.reports.word import render_docx

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdv_geo.reports.document import Document

_RENDERERS: Final[Mapping[str, Callable[[Document], bytes]]] = {
    ".pdf": render_pdf,
    ".docx": render_docx,
}
SUFFIXES: Final = tuple(_RENDERERS)


def render(document: Document, suffix: str) -> bytes:
    """Set a document as PDF (`.pdf`) or for Word (`.docx`).

    Parameters
    ----------
    document
        What is told.
    suffix
        One of `SUFFIXES`.
    """
    return _RENDERERS[suffix](document)
