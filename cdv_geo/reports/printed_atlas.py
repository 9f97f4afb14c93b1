"""The atlas to print: every map with what must be said beside it, then every fiche."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo.french import printed_atlas_texts, shared_texts, typography
from cdv_geo.reports.document import Book, Document, Drawing, Items, Picture, Section, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cdv_geo.cartography.scene import Scene
    from cdv_geo.territory import Territory

_MAP: Final = (182.0, 138.0)  # millimetres


def book(
    territory: Territory,
    scenes: Iterable[Scene],
    fiches: Iterable[Document],
    missing: Sequence[str] = (),
) -> Book:
    """Bind maps and fiches into one document.

    Parameters
    ----------
    territory
        Whose name and edition stand on the title page.
    scenes, fiches
        In their order.
    missing
        What could not be made, and why; it stands before all else.
    """
    foot = shared_texts.page_footer(territory.name, territory.edition)
    maps = [_map_document(scene, foot) for scene in scenes]
    return Book(
        title=printed_atlas_texts.book_title(territory.name),
        subtitle=typography.typeset(shared_texts.edition_said(territory.edition)),
        documents=(*_incomplete(missing, foot), *maps, *fiches),
        footer=foot,
    )


def _incomplete(missing: Sequence[str], foot: str) -> list[Document]:
    """Say what is missing, where anything is."""
    if not missing:
        return []
    blocks = (Text(shared_texts.NOT_MADE_NOTE), Items(tuple(missing)))
    section = Section(shared_texts.NOT_MADE, blocks)
    return [Document(shared_texts.INCOMPLETE_ATLAS, "", (section,), foot)]


def _map_document(scene: Scene, foot: str) -> Document:
    """Set a map with all the text that stands beside it on its sheet."""
    sections = [
        Section(printed_atlas_texts.MAP, (Picture(Drawing(scene, *_MAP), _described(scene), ""),)),
        *(Section(part.heading, (Items(part.items, numbered=True),)) for part in scene.lists),
    ]
    if scene.not_drawn:
        missing = tuple(Items(part.items, part.heading) for part in scene.not_drawn)
        sections.append(Section(shared_texts.NOT_ON_MAP, missing))
    if scene.notes:
        sections.append(
            Section(shared_texts.HOW_TO_READ_MAP, (Text(" ".join(scene.notes), "note"),))
        )
    if scene.sources:
        sections.append(Section(shared_texts.SOURCES, (Text(" ".join(scene.sources), "note"),)))
    return Document(scene.title, scene.subtitle, tuple(sections), foot)


def _described(scene: Scene) -> str:
    """Say in words what a map shows: its legend, layer by layer, from top to bottom."""
    layers = [
        printed_atlas_texts.layer_said(layer.name, [line.label for line in layer.classes])
        for layer in scene.layers[::-1]
    ]
    return printed_atlas_texts.map_alternative(scene.title, layers)
