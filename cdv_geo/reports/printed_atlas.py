"""The atlas to print: every map with what must be said beside it, then every fiche."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdv_geo.french import printed_atlas_texts, shared_texts, typography
from cdv_geo.reports.document import Book, Document, Items, Section, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cdv_geo.cartography.printed_sheet import Content
    from cdv_geo.territory import Territory


def book(
    territory: Territory,
    sheets: Iterable[Content],
    fiches: Iterable[Document],
    missing: Sequence[str] = (),
) -> Book:
    """Bind maps and fiches into one document.

    Parameters
    ----------
    territory
        Whose name and edition stand on the title page.
    sheets, fiches
        In their order; sheets as `sheet_content` gives them.
    missing
        What could not be made, and why; it stands before all else.
    """
    foot = shared_texts.page_footer(territory.name, territory.edition)
    return Book(
        title=printed_atlas_texts.book_title(territory.name),
        subtitle=typography.typeset(shared_texts.edition_said(territory.edition)),
        parts=(*_incomplete(missing, foot), *sheets, *fiches),
        footer=foot,
    )


def _incomplete(missing: Sequence[str], foot: str) -> list[Document]:
    """Say what is missing, where anything is."""
    if not missing:
        return []
    blocks = (Text(shared_texts.NOT_MADE_NOTE), Items(tuple(missing)))
    section = Section(shared_texts.NOT_MADE, blocks)
    return [Document(shared_texts.INCOMPLETE_ATLAS, "", (section,), foot)]
