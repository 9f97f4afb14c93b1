"""The atlas to print: every map with what must be said beside it, then every fiche."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo import vocabulary
from cdv_geo.french import fiche_texts, printed_map_texts
from cdv_geo.reports.document import Book, Document, Drawing, Items, Picture, Section, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdv_geo.cartography.scene import Scene
    from cdv_geo.territory import Territory

_MAP: Final = (182.0, 138.0)  # millimetres


def book(territory: Territory, scenes: Iterable[Scene], fiches: Iterable[Document]) -> Book:
    """Bind maps and fiches into one document.

    Parameters
    ----------
    territory
        Whose name and edition stand on the title page.
    scenes, fiches
        In their order.
    """
    edition = vocabulary.format_edition(territory.edition)
    foot = printed_map_texts.footer(territory.name, edition)
    maps = [_map_document(scene, foot) for scene in scenes]
    return Book(
        title=printed_map_texts.book_title(territory.name),
        subtitle=printed_map_texts.edition_said(edition),
        documents=(*maps, *fiches),
        footer=foot,
    )


def _map_document(scene: Scene, foot: str) -> Document:
    """Set a map with all the text that stands beside it on its sheet."""
    sections = [
        Section(printed_map_texts.MAP, (Picture(Drawing(scene, *_MAP), _described(scene), ""),)),
        *(Section(part.heading, (Items(part.items, numbered=True),)) for part in scene.lists),
    ]
    if scene.not_drawn:
        missing = tuple(Items(part.items, part.heading) for part in scene.not_drawn)
        sections.append(Section(printed_map_texts.NOT_ON_MAP, missing))
    if scene.notes:
        sections.append(
            Section(printed_map_texts.HOW_TO_READ, (Text(" ".join(scene.notes), "note"),))
        )
    if scene.sources:
        sections.append(Section(fiche_texts.SOURCES, (Text(" ".join(scene.sources), "note"),)))
    return Document(scene.title, scene.subtitle, tuple(sections), foot)


def _described(scene: Scene) -> str:
    """Say in words what a map shows: its legend, layer by layer, from top to bottom."""
    layers = [
        printed_map_texts.layer_said(layer.name, [line.label for line in layer.classes])
        for layer in scene.layers[::-1]
    ]
    return printed_map_texts.map_alternative(scene.title, layers)
