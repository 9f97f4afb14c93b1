"""Set a document in the format of a file's ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.reports.document import legible_documents
from cdv_geo.reports.pdf import render_pdf
from cdv_geo.reports.word import render_docx
from cdv_geo.typesetting.fonts import paper_letters
from cdv_geo.visible_letters import Letters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdv_geo.reports.document import Document

PDF: Final = ".pdf"
_RENDERERS: Final[Mapping[str, Callable[[Document], bytes]]] = {
    PDF: render_pdf,
    ".docx": render_docx,
}
SUFFIXES: Final = tuple(_RENDERERS)


def render_document(document: Document, suffix: str) -> bytes:
    """Set a document as PDF (`.pdf`) or for Word (`.docx`).

    Parameters
    ----------
    document
        What is told.
    suffix
        One of `SUFFIXES`.
    """
    return _RENDERERS[suffix](document)


def unshown_in_document(document: Document, suffix: str) -> dict[str, str]:
    """Give the characters that `render` replaces, each with a text that holds it.

    Parameters
    ----------
    document, suffix
        As for `render`.
    """
    letters = paper_letters() if suffix == PDF else Letters()
    legible_documents((document,), letters)
    return letters.replaced
