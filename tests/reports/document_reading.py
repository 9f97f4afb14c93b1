"""What stands in the sections of a document, every kind of space alike."""

from __future__ import annotations

from cdv_geo.reports.document import Bars, Items, KeyFigures, Table, Text


def plain(text):
    """Write every kind of space alike."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def headings(document):
    return [plain(section.heading) for section in document.sections]


def blocks(document, heading):
    (found,) = [s.blocks for s in document.sections if plain(s.heading) == plain(heading)]
    return found


def only(document, heading, kind):
    (found,) = [block for block in blocks(document, heading) if isinstance(block, kind)]
    return found


def cells(table):
    return [tuple(map(plain, row)) for row in table.rows]


def lines(document, heading):
    return [
        plain(item)
        for block in blocks(document, heading)
        if isinstance(block, Items)
        for item in block.items
    ]


def notes(document, heading):
    """The paragraphs of a section."""
    found = [block for block in blocks(document, heading) if isinstance(block, Text)]
    return [plain(block.text) for block in found]


def texts_of(block):
    match block:
        case Text():
            return [block.text]
        case Items():
            return [block.heading, *block.items]
        case KeyFigures():
            return [text for f in block.figures for text in (f.value, f.label, f.note)]
        case Table():
            return [block.caption, *block.headers, *(cell for row in block.rows for cell in row)]
        case Bars():
            bars = [text for bar in block.bars for text in (bar.label, bar.text)]
            return [block.caption, *block.series, block.alternative, *bars]
    return [block.alternative, block.caption]


def everything(document):
    """All texts of a document."""
    found = [document.title, document.subtitle, document.footer]
    for section in document.sections:
        found.append(section.heading)
        found += [text for block in section.blocks for text in texts_of(block)]
    return plain("\n".join(found))
