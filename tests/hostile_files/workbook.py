"""Write a workbook part by part, so that each part may be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from hostile_files.case import Make, archive

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Xml(str):
    """What a cell element holds, given as it is: attributes, then its content."""

    __slots__ = ()


def date_cell(serial: int) -> Xml:
    """A number that is shown as a date."""
    return Xml(f' s="1"><v>{serial}</v>')


def formula(text: str, cached: str | None = None) -> Xml:
    """A formula, with the value computed last or without."""
    value = "" if cached is None else f"<v>{escape(cached)}</v>"
    return Xml(f"><f>{escape(text)}</f>{value}")


def error(value: str) -> Xml:
    """A cell whose formula failed."""
    return Xml(f' t="e"><v>{escape(value)}</v>')


def _letters(column: int) -> str:
    return chr(65 + column)


def _cell(row: int, column: int, value: object) -> str:
    place = f'<c r="{_letters(column)}{row}"'
    if value is None:
        return ""
    if isinstance(value, Xml):
        return f"{place}{value}</c>"
    if isinstance(value, str):
        return f'{place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"{place}><v>{value}</v></c>"


def sheet(rows: Sequence[Sequence[object]], after: str = "", more_rows: str = "") -> str:
    """The XML of a sheet; `after` stands behind its data."""
    body = "".join(
        f'<row r="{n}">{"".join(_cell(n, c, value) for c, value in enumerate(row))}</row>'
        for n, row in enumerate(rows, start=1)
    )
    data = f"<sheetData>{body}{more_rows}</sheetData>"
    return f'{_PROLOGUE}<worksheet xmlns="{_MAIN}">{data}{after}</worksheet>'


def workbook(
    sheets: Mapping[str, str],
    *,
    hidden: Sequence[str] = (),
    parts: Mapping[str, str | bytes] | None = None,
    inside: str = "",
    name: str = "table.xlsx",
) -> Make:
    """A workbook of these sheets; `parts` are added or replace the usual ones."""
    entries, relations, overrides = "", "", ""
    contents: dict[str, str | bytes] = {}
    for n, (title, xml) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if title in hidden else ""
        entries += f'<sheet name="{escape(title)}" sheetId="{n}"{state} r:id="rId{n}"/>'
        relations += _relation(n, "worksheet", f"worksheets/sheet{n}.xml")
        overrides += _override(f"worksheets/sheet{n}.xml", "worksheet")
        contents[f"xl/worksheets/sheet{n}.xml"] = xml
    for n, kind in ((98, "styles"), (99, "sharedStrings")):
        relations += _relation(n, kind, f"{kind}.xml")
        overrides += _override(f"{kind}.xml", kind)
    usual = {
        "[Content_Types].xml": _types(overrides),
        "_rels/.rels": _relations(_relation(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'{_PROLOGUE}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships">'
            f"<sheets>{entries}</sheets>{inside}</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relations(relations),
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f'{_PROLOGUE}<sst xmlns="{_MAIN}"/>',
    }
    return archive(name, {**usual, **contents, **(parts or {})})


def _relation(number: int, kind: str, target: str) -> str:
    type_ = f"{_OFFICE}/relationships/{kind}"
    return f'<Relationship Id="rId{number}" Type="{type_}" Target="{target}"/>'


def _relations(inside: str) -> str:
    return f'{_PROLOGUE}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _override(part: str, kind: str) -> str:
    return f'<Override PartName="/xl/{part}" ContentType="{_KINDS}.{kind}+xml"/>'


def _types(overrides: str) -> str:
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_PROLOGUE}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KINDS}.sheet.main+xml"/>'
        f"{overrides}</Types>"
    )


_STYLES = (
    f'{_PROLOGUE}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>"
)


def external_link(address: str) -> dict[str, str]:
    """The parts by which a workbook refers to another one."""
    link = f"{_OFFICE}/relationships/externalLinkPath"
    target = f'<Relationship Id="rId1" Type="{link}" Target="{address}" TargetMode="External"/>'
    book = (
        f'{_PROLOGUE}<externalLink xmlns="{_MAIN}"><externalBook '
        f'xmlns:r="{_OFFICE}/relationships" r:id="rId1"/></externalLink>'
    )
    return {
        "xl/externalLinks/externalLink1.xml": book,
        "xl/externalLinks/_rels/externalLink1.xml.rels": _relations(target),
    }


def with_entity(address: str) -> dict[str, str]:
    """Shared strings that ask for another file."""
    text = (
        f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY x SYSTEM "{address}">]>'
        f'<sst xmlns="{_MAIN}" count="1" uniqueCount="1"><si><t>&x;</t></si></sst>'
    )
    return {"xl/sharedStrings.xml": text}


def with_laughs() -> dict[str, str]:
    """Shared strings that grow to a thousand million."""
    entities = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
    )
    text = (
        f'<?xml version="1.0"?><!DOCTYPE sst [{entities}]>'
        f'<sst xmlns="{_MAIN}" count="1" uniqueCount="1"><si><t>&l9;</t></si></sst>'
    )
    return {"xl/sharedStrings.xml": text}


SHARED_CELL = Xml(' t="s"><v>0</v>')
