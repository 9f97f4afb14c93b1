"""Set a report as a Word file that staff can edit: real styles, real tables, no fixed pages.

How things look stands in `word_parts/styles.xml` alone, so that a change to a style changes the
whole file. A bar of a chart is a shaded tab: its length is a tab stop, which can be dragged.
"""

from __future__ import annotations

import math
import re
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Twips

from cdv_geo.french.typography import NO_BREAK_SPACE
from cdv_geo.io.writing.table_formats import FIXED_DATE
from cdv_geo.reports.document import (
    Bars,
    Items,
    KeyFigures,
    Picture,
    Table,
    Text,
    legible_documents,
)
from cdv_geo.typesetting.fonts import paper_letters, text_width
from cdv_geo.visible_letters import Letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docx.document import Document as WordFile
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.table import Table as WordTable
    from docx.table import _Cell, _Row
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

    from cdv_geo.reports.document import Bar, Block, Document, KeyFigure

_PARTS: Final = Path(__file__).with_name("word_parts")
# What python-docx's own file says of the program, the fonts and the page that made it.
_UNWANTED_PARTS: Final = (
    "/thumbnail",
    "/extended-properties",
    "/customXml",
    "/stylesWithEffects",
    "/webSettings",
    "/fontTable",
)

_LANGUAGE: Final = "fr-FR"
_LONGEST_PROPERTY: Final = 255

# Twips, twentieths of a point. The tab stop of the footer in styles.xml is the width of the text.
_PAGE: Final = (11906, 16838)
_MARGIN: Final = 964
_TEXT_WIDTH: Final = _PAGE[0] - 2 * _MARGIN
_TEXT_HEIGHT: Final = _PAGE[1] - 2 * _MARGIN
_TWIPS_PER_POINT: Final = 20
# Text of tables in points, and what the margins of a cell take in twips: as in styles.xml.
_CELL_SIZE: Final = 8.0
_CELL_MARGINS: Final = 2 * 50
_WORDS: Final = re.compile(r"[ \n]|(?<=-)")  # a line breaks at no other character
# How many times its size a map may be here, where it has the whole width of the page, and what
# its heading and its caption need.
_LARGEST_PICTURE: Final = 1.5
_AROUND_PICTURE: Final = 1700

# Styles of paragraphs in styles.xml by their ids, since to look for a name takes as long as to
# write a line.
_TITLE: Final = "Title"
_SUBTITLE: Final = "Subtitle"
_HEADING: Final = "Heading1"
_SHORT_HEADING: Final = "Heading2"
_TONES: Final = {"body": "Normal", "note": "Note"}
_ITEM: Final = "ListBullet"
_NUMBERED_ITEM: Final = "NumberedPoint"
_CAPTION_ABOVE: Final = "CaptionAbove"
_CAPTION_BELOW: Final = "Caption"
_PICTURE: Final = "Picture"
_CELL: Final = "Cell"
_NUMBER_CELL: Final = "NumberCell"
_HEADER_CELL: Final = "HeaderCell"
_NUMBER_HEADER_CELL: Final = "NumberHeaderCell"
_KEY_VALUE: Final = "KeyValue"
_KEY_LABEL: Final = "KeyLabel"
_BAR_CELL: Final = "BarCell"
_FIRST_BAR_CELL: Final = "FirstBarCell"
_SEPARATOR: Final = "Separator"
_FOOTER: Final = "Footer"
_TABLE: Final = "Tableau"
_KEY_FIGURES: Final = "Chiffres clés"
_BARS: Final = "Barres"
_PART_COUNT: Final = 6
_SWATCH: Final = "\u2003"

_MOST_KEY_FIGURES_IN_A_ROW: Final = 4
# Of a chart: name, bar and text of each bar.
_BAR_SHARES: Final = (30, 45, 25)
# What the margin of the cell takes, and a twip for each part that is drawn larger than it is.
_BAR_ROOM: Final = _TEXT_WIDTH * _BAR_SHARES[1] // sum(_BAR_SHARES) - 200
_SHORTEST_BAR: Final = 20


def render_docx(document: Document) -> bytes:
    """Set a report as a Word file, the same bytes for the same report.

    Parameters
    ----------
    document
        The report; a line feed is a new line.

    Returns
    -------
    bytes
        A .docx file, A4, portrait.

    Raises
    ------
    RecipeError
        When a map has no room for its legend.
    """
    (document,) = legible_documents((document,), Letters())
    file = _new_file(document.title)
    _set_footer(file, document.footer)
    _add(file, document.title, _TITLE)
    if document.subtitle:
        _add(file, document.subtitle, _SUBTITLE)
    for section in document.sections:
        if section.heading:
            _add(file, section.heading, _HEADING)
        for block in section.blocks:
            _add_block(file, block)
    return _file_bytes(file)


def _new_file(title: str) -> WordFile:
    """Open a file with the styles of reports, and without what python-docx's own one brings."""
    file = docx.Document()
    for owner in (file.part.package, file.part):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.endswith(_UNWANTED_PARTS):
                del owner.rels[key]
    _refill(file.styles.element, "styles.xml")
    _refill(file.settings.element, "settings.xml")
    _refill(file.part.numbering_part.element, "numbering.xml")
    page = file.sections[0]
    page.page_width, page.page_height = (Twips(side) for side in _PAGE)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Twips(_MARGIN)
    page.footer_distance = Twips(_MARGIN // 2)
    _set_properties(file, title)
    return file


def _refill(element: BaseOxmlElement, name: str) -> None:
    element.clear()
    element.extend(parse_xml((_PARTS / name).read_bytes()))


def _set_properties(file: WordFile, title: str) -> None:
    properties = file.core_properties
    properties.title = _in_line(title)[:_LONGEST_PROPERTY]
    properties.language = _LANGUAGE
    properties.author = ""
    properties.comments = ""
    properties.created = properties.modified = FIXED_DATE


def _set_footer(file: WordFile, text: str) -> None:
    """Put a text and the number of the page at the foot of every page."""
    footer = file.sections[0].footer
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    _xml(paragraph).style = _FOOTER
    paragraph.add_run(f"{_in_line(text)}\t")
    _add_field(paragraph, "PAGE")
    paragraph.add_run(f"{NO_BREAK_SPACE}/{NO_BREAK_SPACE}")
    _add_field(paragraph, "NUMPAGES")


def _add_field(paragraph: Paragraph, instruction: str) -> None:
    """Add what Word replaces by a number; a 1 stands there until it does."""
    field = _element("w:fldSimple", instr=instruction)
    run = paragraph.add_run("1")
    field.append(_xml(run))
    _xml(paragraph).append(field)


def _add_block(file: WordFile, block: Block) -> None:
    match block:
        case Text():
            _add(file, block.text, _TONES[block.tone])
        case Items():
            _add_items(file, block)
        case KeyFigures():
            _add_key_figures(file, block.figures)
        case Table():
            _add_table(file, block)
        case Bars():
            _add_bars(file, block)
        case Picture():
            _add_picture(file, block)


def _add_items(file: WordFile, items: Items) -> None:
    if items.heading:
        _add(file, items.heading, _SHORT_HEADING)
    for item in items.items:
        _add(file, item, _NUMBERED_ITEM if items.numbered else _ITEM)


def _add_key_figures(file: WordFile, figures: Sequence[KeyFigure]) -> None:
    """Set figures side by side, in rows of about as many each."""
    if not figures:
        return
    rows = -(-len(figures) // _MOST_KEY_FIGURES_IN_A_ROW)
    columns = -(-len(figures) // rows)
    table = _new_table(file, _KEY_FIGURES, rows, [1.0] * columns)
    cells = (cell for row in table.rows for cell in row.cells)
    for cell, figure in zip(cells, figures, strict=False):
        _fill(cell, figure.value, _KEY_VALUE)
        _add(cell, figure.label, _KEY_LABEL)
        if figure.note:
            _add(cell, figure.note, _TONES["note"])
    _mark_headers(table, first_row=False, first_column=False)
    _end_block(file)


def _add_table(file: WordFile, table: Table) -> None:
    if table.caption:
        _add(file, table.caption, _CAPTION_ABOVE)
    made = _new_table(file, _TABLE, 1 + len(table.rows), _widths(table))
    head, *body = made.rows
    for place, (cell, text) in enumerate(zip(head.cells, table.headers, strict=True)):
        _fill(cell, text, _NUMBER_HEADER_CELL if place in table.numbers else _HEADER_CELL)
    for row, texts in zip(body, table.rows, strict=True):
        for place, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            _fill(cell, text, _NUMBER_CELL if place in table.numbers else _CELL)
    _mark_headers(made, first_row=True, first_column=True)
    _describe(made, "tblCaption", table.caption)
    _end_block(file)


def _add_bars(file: WordFile, bars: Bars) -> None:
    """Set a chart as a table of three columns, whose header says what the colours mean."""
    if bars.caption:
        _add(file, bars.caption, _CAPTION_ABOVE)
    made = _new_table(file, _BARS, 1 + len(bars.bars), _BAR_SHARES)
    head, *body = made.rows
    for cell in head.cells:
        _xml(cell.paragraphs[0]).style = _FIRST_BAR_CELL
    legend = head.cells[1].paragraphs[0]
    for place, name in enumerate(bars.series):
        legend.add_run(_SWATCH, style=_part_style(place))
        legend.add_run(f"{NO_BREAK_SPACE}{_in_line(name)}   ")
    longest = max((sum(_lengths(bar)) for bar in bars.bars), default=0.0)
    for place, (row, bar) in enumerate(zip(body, bars.bars, strict=True)):
        style = _BAR_CELL if place else _FIRST_BAR_CELL
        label, drawn, text = row.cells
        _fill(label, bar.label, style)
        _xml(drawn.paragraphs[0]).style = style
        _draw_bar(drawn, bar, longest)
        _fill(text, bar.text, style)
    _mark_headers(made, first_row=True, first_column=True)
    _describe(made, "tblCaption", bars.caption)
    _describe(made, "tblDescription", bars.alternative)
    _end_block(file)


def _lengths(bar: Bar) -> list[float]:
    """Give the parts of a bar; what is unknown has no length, and the text says so."""
    return [part if part > 0 else 0.0 for part in bar.parts]


def _draw_bar(cell: _Cell, bar: Bar, longest: float) -> None:
    """Draw each part of a bar as a shaded tab; a tab stop says where it ends."""
    paragraph = cell.paragraphs[0]
    end = 0
    lengths = _lengths(bar)
    for place, (length, total) in enumerate(zip(lengths, accumulate(lengths), strict=True)):
        if length:
            end = max(end + _SHORTEST_BAR, round(_BAR_ROOM * total / longest))
            paragraph.paragraph_format.tab_stops.add_tab_stop(Twips(end))
            paragraph.add_run("\t", style=_part_style(place))


def _part_style(place: int) -> str:
    return f"Partie {place % _PART_COUNT + 1}"


def _add_picture(file: WordFile, picture: Picture) -> None:
    drawing = picture.drawing
    paragraph = file.add_paragraph()
    _xml(paragraph).style = _PICTURE
    shape = paragraph.add_run().add_picture(BytesIO(drawing.png), width=Mm(drawing.width))
    growth = min(
        _LARGEST_PICTURE,
        Twips(_TEXT_WIDTH) / shape.width,
        Twips(_TEXT_HEIGHT - _AROUND_PICTURE) / shape.height,
    )
    shape.width, shape.height = (Emu(round(side * growth)) for side in (shape.width, shape.height))
    inline = _xml(paragraph).find(f".//{qn('wp:inline')}")
    inline.find(qn("wp:docPr")).set("descr", _in_line(picture.alternative))
    # Where they are missing, LibreOffice keeps a distance of its own.
    for side in ("distT", "distB", "distL", "distR"):
        inline.set(side, "0")
    if picture.caption:
        _add(file, picture.caption, _CAPTION_BELOW)
    # Without it, LibreOffice may part a heading from the map below it.
    _end_block(file)


# Tables.


def _new_table(file: WordFile, style: str, rows: int, shares: Sequence[float]) -> WordTable:
    """Make a table as wide as the text, whose rows are not split over two pages."""
    table: WordTable = file.add_table(rows, len(shares), style=style)
    table.autofit = False
    widths = [Twips(width) for width in _split(_TEXT_WIDTH, shares)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        properties = _element("w:trPr")
        properties.append(_element("w:cantSplit"))
        _xml(row).insert(0, properties)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
    return table


def _widths(table: Table) -> list[int]:
    """Split the width of the text by shares, but for what a column needs for its longest word.

    What it lacks is taken from the columns that have most to spare, as far as that goes.
    """
    needs = [_need(column) for column in zip(table.headers, *table.rows, strict=True)]
    widths = _split(_TEXT_WIDTH, table.shares)
    for place, need in enumerate(needs):
        while widths[place] < need:
            spare = [width - needed for width, needed in zip(widths, needs, strict=True)]
            given = min(max(spare), need - widths[place])
            if given <= 0:
                break
            widths[spare.index(max(spare))] -= given
            widths[place] += given
    return widths


def _need(column: Sequence[str]) -> int:
    """Give the width at which no word of a column is broken, whatever stands in for its font."""
    header, *cells = map(paper_letters(), column)
    lengths = [text_width(word, _CELL_SIZE, "bold") for word in _WORDS.split(header)]
    lengths += [text_width(word, _CELL_SIZE) for cell in cells for word in _WORDS.split(cell)]
    return math.ceil(max(lengths) * _TWIPS_PER_POINT) + _CELL_MARGINS + 1


def _split(whole: int, shares: Iterable[float]) -> list[int]:
    """Split a length by shares; the parts add up to it."""
    sums = [0.0, *accumulate(shares)]
    return [round(whole * b / sums[-1]) - round(whole * a / sums[-1]) for a, b in pairwise(sums)]


def _mark_headers(table: WordTable, *, first_row: bool, first_column: bool) -> None:
    """Say which cells are headers, for screen readers too; a row of headers is repeated."""
    look = _xml(table).find(qn("w:tblPr")).find(qn("w:tblLook"))
    look.attrib.clear()
    for name, holds in (("firstRow", first_row), ("firstColumn", first_column)):
        look.set(qn(f"w:{name}"), str(int(holds)))
    for name in ("noHBand", "noVBand"):
        look.set(qn(f"w:{name}"), "1")
    if first_row:
        _xml(table.rows[0]).find(qn("w:trPr")).append(_element("w:tblHeader"))


def _describe(table: WordTable, kind: str, text: str) -> None:
    """Give a table a title or a description for those who cannot see it."""
    if text:
        _xml(table).find(qn("w:tblPr")).append(_element(f"w:{kind}", val=_in_line(text)))


def _end_block(file: WordFile) -> None:
    """Part a table or a map from what follows: two tables in a row would be one."""
    _add(file, "", _SEPARATOR)


# Text and XML.


def _add(place: WordFile | _Cell, text: str, style: str) -> None:
    _xml(place.add_paragraph(text)).style = style


def _fill(cell: _Cell, text: str, style: str) -> None:
    """Write into the paragraph that an empty cell already has."""
    paragraph = cell.paragraphs[0]
    _xml(paragraph).style = style
    paragraph.add_run(text)


def _in_line(text: str) -> str:
    return text.replace("\n", " ")


def _element(tag: str, **attributes: str) -> BaseOxmlElement:
    return OxmlElement(tag, {qn(f"w:{name}"): value for name, value in attributes.items()})


def _xml(part: WordTable | _Row | Paragraph | Run) -> BaseOxmlElement:
    return part._element  # noqa: SLF001  # python-docx has no other way to what it cannot do


def _file_bytes(file: WordFile) -> bytes:
    """Write the file as an archive whose dates and order never change."""
    draft, final = BytesIO(), BytesIO()
    file.save(draft)
    with ZipFile(draft) as source, ZipFile(final, "w") as target:
        for name in sorted(source.namelist()):
            info = ZipInfo(name, FIXED_DATE.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return final.getvalue()
