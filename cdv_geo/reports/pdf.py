"""Set reports as PDF/UA-1: tagged, in French, with alternative texts and fonts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from cdv_geo.french import printed_atlas_texts
from cdv_geo.reports.document import Document, Picture, legible_documents
from cdv_geo.typesetting.fonts import paper_letters
from cdv_geo.typesetting.typst_setting import Setting

if TYPE_CHECKING:
    from cdv_geo.cartography.printed_sheet import Content
    from cdv_geo.reports.document import Block, Book, Section


# Points: the text of a fiche gets smaller before it takes up a third page.
_SIZES: Final = (7.6, 7.2, 6.8, 6.4, 6.0)
_PAGES: Final = 2
_BOOK_SIZE: Final = 6.3


def render_pdf(document: Document) -> bytes:
    """Set one document in the largest text that takes up two pages.

    Where the smallest text takes up more, it goes on: nothing is cut off.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    (shown,) = legible_documents((document,), paper_letters())
    content = _told(shown)
    for size in _SIZES:
        parts = [content | {"size": size}]
        setting = Setting("document", {"title": shown.title, "parts": parts})
        if setting.told("pages")[0] <= _PAGES:
            break
    return setting.pdf()


def render_book(book: Book) -> bytes:
    """Set sheets and reports as one PDF with a table of contents and bookmarks.

    Raises
    ------
    OutputError
        typst refuses it.
    """
    letters = paper_letters()
    reports = [part for part in book.parts if isinstance(part, Document)]
    shown = iter(legible_documents(tuple(reports), letters))
    cover = {
        "title": letters(book.title),
        "subtitle": letters(book.subtitle),
        "footer": letters(book.footer),
        "contents": printed_atlas_texts.CONTENTS,
        "size": _BOOK_SIZE,
    }
    parts = [
        _told(next(shown)) | {"size": _BOOK_SIZE} if isinstance(part, Document) else part
        for part in book.parts
    ]
    return Setting("document", {"title": cover["title"], "book": cover, "parts": parts}).pdf()


def _told(document: Document) -> Content:
    return {
        "kind": "report",
        "title": document.title,
        "subtitle": document.subtitle,
        "footer": document.footer,
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: Section) -> Content:
    return {
        "heading": section.heading,
        "half": section.half,
        "blocks": [_block(block) for block in section.blocks],
    }


def _block(block: Block) -> Content:
    kind = {"kind": type(block).__name__}
    if not isinstance(block, Picture):
        return kind | asdict(block)
    figure = block.drawing.content
    described = figure["map"] | {"alternative": block.alternative}
    return kind | {"figure": figure | {"map": described}, "caption": block.caption}
