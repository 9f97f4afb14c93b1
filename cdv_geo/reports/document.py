"""A report before it is set: headings, text, tables, charts and maps, all words already French.

The PDF and the Word file are made from the same document, so that they cannot tell different
stories. No block holds markup: whatever its text is, it is shown as text.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from cdv_geo.cartography.printed_figure import figure_content, figure_png
from cdv_geo.cartography.scene import legible_layer
from cdv_geo.cartography.sheet_scene import on_a_sheet
from cdv_geo.french.shared_texts import letters_said
from cdv_geo.typesetting.fonts import paper_letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdv_geo.cartography.printed_sheet import Content
    from cdv_geo.cartography.scene import Scene
    from cdv_geo.visible_letters import Letters

Tone = Literal["body", "note"]

_MM_PER_INCH: Final = 25.4
_POINTS_PER_INCH: Final = 72.0


@dataclass(frozen=True)
class Text:
    """A paragraph; a note is set smaller and in grey."""

    text: str
    tone: Tone = "body"


@dataclass(frozen=True)
class Items:
    """A list of points, under a short heading of its own or none; `numbered` ones bear a number."""

    items: tuple[str, ...]
    heading: str = ""
    numbered: bool = False


@dataclass(frozen=True)
class KeyFigure:
    """A figure that stands out: its value with its unit, what it is, and its year and source."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """Figures that stand side by side."""

    figures: tuple[KeyFigure, ...]


@dataclass(frozen=True)
class Table:
    """A table with one row of headers; the first cell of a row is the header of the row.

    Parameters
    ----------
    caption
        What the table shows; it is read before the table, and may be empty.
    headers
        One text per column.
    rows
        Of as many cells as there are headers.
    shares
        Width of each column, in parts of the whole.
    numbers
        Positions of the columns that are set to the right.
    """

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: its name, its parts from left to right, and the text at its end."""

    label: str
    parts: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class Bars:
    """A chart of horizontal bars that bear their figures themselves.

    Parameters
    ----------
    caption
        What the chart shows.
    series
        Name of each part of a bar, in their order; of one part where it has one alone.
    bars
        From top to bottom.
    alternative
        The same in words, for who cannot see it.
    """

    caption: str
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    alternative: str


@dataclass(frozen=True)
class Drawing:
    """A map of a given size; it is drawn once, in however many documents it stands.

    Parameters
    ----------
    scene
        What it shows.
    width, height
        Millimetres. It is higher where its legend would leave less than half of that to the map.
    """

    scene: Scene
    width: float
    height: float

    @cached_property
    def content(self) -> dict[str, Any]:
        """The map and its legend, as the typesetter takes them."""
        width, height = (
            side / _MM_PER_INCH * _POINTS_PER_INCH for side in (self.width, self.height)
        )
        return figure_content(self.scene, width, height)

    @cached_property
    def png(self) -> bytes:
        """The map in dots, 300 to the inch."""
        return figure_png(self.content)


@dataclass(frozen=True)
class Picture:
    """A map in a document.

    Parameters
    ----------
    drawing
        The map.
    alternative
        The same in words, for who cannot see it.
    caption
        What stands below it.
    """

    drawing: Drawing
    alternative: str
    caption: str


Block = Text | Items | KeyFigures | Table | Bars | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; two halves in a row stand side by side on paper."""

    heading: str
    blocks: tuple[Block, ...]
    half: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report.

    Parameters
    ----------
    title, subtitle
        French text at its head; the title is that of the file too.
    sections
        In order.
    footer
        What stands at the foot of every page, beside its number.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str = ""


@dataclass(frozen=True)
class Book:
    """Sheets and reports bound in one, with a title page that lists them.

    Parameters
    ----------
    title, subtitle, footer
        Of the title page, as those of a document.
    parts
        Sheets, as `sheet_content` gives them, and reports, in order.
    """

    title: str
    subtitle: str
    parts: tuple[Content | Document, ...]
    footer: str = ""


def legible_documents(documents: tuple[Document, ...], letters: Letters) -> tuple[Document, ...]:
    """Give documents with all their text as it can be shown; the last says what was replaced.

    Parameters
    ----------
    documents
        As their tables have them. Their maps are legible as they are drawn.
    letters
        Of the output; it remembers what is replaced in the maps too.
    """
    shown: tuple[Document, ...] = _legible(documents, letters)
    for drawing in _drawings(documents):
        on_map = paper_letters()
        for layer in on_a_sheet(drawing.scene).layers:
            legible_layer(layer, on_map)
        letters.replaced.update(on_map.replaced)
    said = letters_said(letters.replaced)
    if not said:
        return shown
    *others, last = shown
    *sections, end = last.sections
    end = replace(end, blocks=(*end.blocks, Text(said, "note")))
    return (*others, replace(last, sections=(*sections, end)))


def _legible(part: Any, letters: Letters) -> Any:  # noqa: ANN401  # whatever a document holds
    match part:
        case str():
            return letters(part)
        case tuple():
            return tuple(_legible(each, letters) for each in part)
        case Drawing():
            return part
    if not hasattr(part, "__dataclass_fields__"):
        return part
    values = {each.name: _legible(getattr(part, each.name), letters) for each in fields(part)}
    return replace(part, **values)


def _drawings(documents: tuple[Document, ...]) -> Iterator[Drawing]:
    blocks = (b for document in documents for part in document.sections for b in part.blocks)
    return (block.drawing for block in blocks if isinstance(block, Picture))
