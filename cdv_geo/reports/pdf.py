"""Set documents as PDF/UA-1 with typst: tagged, in French, with alternative texts and fonts.

The template gets the document as JSON and sets every text as text, so that nothing in the data is
ever markup.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import typst

from cdv_geo.cartography.typesetting import paper_letters
from cdv_geo.errors import OutputError
from cdv_geo.french import printed_atlas_texts
from cdv_geo.io.writing.table_formats import FIXED_DATE
from cdv_geo.reports.document import Picture, legible_documents

if TYPE_CHECKING:
    from cdv_geo.reports.document import Block, Book, Document, Section

_TEMPLATE: Final = Path(__file__).with_name("fiche.typ")
_FONTS: Final = Path(mpl.get_data_path()) / "fonts" / "ttf"
_STANDARD: Final = "ua-1"
# Points: the text of a fiche gets smaller before it takes up a third page.
_SIZES: Final = ("7.6", "7.2", "6.8", "6.4", "6.0")
_PAGES: Final = 2
_BOOK_SIZE: Final = "6.4"


def render_pdf(document: Document) -> bytes:
    """Set one document, the same bytes for the same document.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    (shown,) = legible_documents((document,), paper_letters(isolated=True))
    return _compiled({"title": shown.title, "documents": [_told(shown)]}, _PAGES)


def render_book(book: Book) -> bytes:
    """Set several documents as one PDF with a table of contents and bookmarks.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    letters = paper_letters(isolated=True)
    return _compiled(
        {
            "title": letters(book.title),
            "subtitle": letters(book.subtitle),
            "footer": letters(book.footer),
            "contents": printed_atlas_texts.CONTENTS,
            "documents": [
                _told(document) for document in legible_documents(book.documents, letters)
            ],
        }
    )


def _compiled(content: dict[str, Any], pages: int | None = None) -> bytes:
    """Set a content in the largest text that takes up no more than so many pages.

    Where the smallest takes up more, it goes on: nothing is cut off.
    """
    text = json.dumps(content, ensure_ascii=False)
    compiler = _compiler()
    made: Any = b""
    for size in _SIZES if pages else [_BOOK_SIZE]:
        try:
            made, warnings = compiler.compile_with_warnings(
                sys_inputs={"content": text, "size": size},
                format="pdf",
                pdf_standards=[_STANDARD],
                timestamp=FIXED_DATE,
            )
        except typst.TypstError as error:
            raise OutputError(f"“{content['title']}” cannot be set: {error.message}.") from None
        if warnings:
            raise OutputError(f"“{content['title']}” cannot be set: {warnings[0].message}.")
        # Asked of the document that has just been set.
        if pages is None or int(compiler.query("<pages>", field="value", one=True)) <= pages:
            break
    return bytes(made)


@cache
def _compiler() -> typst.Compiler:
    """Give a compiler that knows the fonts of matplotlib and no others, as the maps do."""
    return typst.Compiler(_TEMPLATE, font_paths=[_FONTS], ignore_system_fonts=True)


def _told(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "footer": document.footer,
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": section.heading,
        "half": section.half,
        "blocks": [_block(block) for block in section.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    kind = {"kind": type(block).__name__}
    if not isinstance(block, Picture):
        return kind | asdict(block)
    return kind | {
        "svg": block.drawing.svg,
        "width": block.drawing.width,
        "alternative": block.alternative,
        "caption": block.caption,
    }
