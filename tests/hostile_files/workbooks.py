"""Workbooks that are odd or broken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from hostile_files.case import Make, accepted, lost, noticed, partly, raw, refused
from hostile_files.rows import COLUMNS, cells
from hostile_files.workbook import (
    SHARED_CELL,
    Xml,
    date_cell,
    error,
    external_link,
    formula,
    sheet,
    with_entity,
    with_laughs,
    workbook,
)

Values = list[object]


def values(number: int, **changed: object) -> Values:
    """One équipement, with numbers as numbers."""
    plain = {"latitude": 45.57 + number / 1000, "longitude": 5.92 + number / 1000}
    return list({**cells(number), **plain, **changed}.values())


def _rows(*rows: Values, header: Values | None = None) -> list[Values]:
    return [list(COLUMNS) if header is None else header, *rows]


def _book(*rows: Values) -> Make:
    return workbook({"Feuille1": sheet(_rows(*rows))})


_GOOD = _rows(values(1), values(2))
_OLD = _rows(values(7), values(8), values(9))


def _many_sheets() -> Make:
    return workbook({"2024": sheet(_GOOD), "2023": sheet(_OLD)})


def _merged() -> Make:
    rows = _rows(values(1, source="relevé"), values(2, source=None))
    return workbook(
        {"F": sheet(rows, '<mergeCells count="1"><mergeCell ref="H2:H3"/></mergeCells>')}
    )


def _far_cell() -> Make:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return workbook({"F": sheet(_GOOD, more_rows=far)})


def _far_blank() -> Make:
    far = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t> </t></is></c></row>'
    return workbook({"F": sheet(_GOOD, more_rows=far)})


def _bomb(name: str, part: str) -> Make:
    """Blanks by the hundred million where XML is expected."""

    def make(folder: Path) -> Path:
        path = workbook({"F": sheet(_GOOD)}, name=name)(folder)
        with zipfile.ZipFile(path) as old:
            kept = {i: old.read(i) for i in old.namelist() if i != part}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
            for other, content in kept.items():
                new.writestr(other, content)
            with new.open(part, "w") as grown:
                for _ in range(200):
                    grown.write(b" " * 1_000_000)
        return path

    return make


def _dated(*dates: object) -> Make:
    header = ["id", "intitule", "portee", "montant", "date", "source"]
    rows = [[f"a{n}", f"Atelier {n}", "contrat", 1, date, "x"] for n, date in enumerate(dates)]
    return workbook({"F": sheet([header, *rows])})


def _encrypted_office() -> bytes:
    """The beginning of an OLE container, as of .xls or of a workbook with a password."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def _cut() -> Make:
    def make(folder: Path) -> Path:
        path = workbook({"F": sheet(_GOOD)})(folder)
        path.write_bytes(path.read_bytes()[:-200])
        return path

    return make


def _no_workbook() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
    return stream.getvalue()


_TITLED = [["Équipements du contrat de ville"], ["Situation 2026"], [], *_GOOD]
_TOTAL = [*_GOOD, ["Total", "2 équipements"]]
_BOMBED = "xl/worksheets/sheet1.xml"

SHEETS = (
    accepted("a workbook", _book(values(1), values(2)), kept=2),
    accepted("title lines in a workbook", workbook({"F": sheet(_TITLED)}), kept=2,
             header_row=4),
    accepted("a total in a workbook", workbook({"F": sheet(_TOTAL)}), "total", kept=2, total=1),
    accepted("blank rows in a workbook", _book(values(1), [], [None] * 8, values(2)), kept=2),
    accepted("merged cells", _merged(), "merge", kept=2),
    noticed("two sheets with data", _many_sheets(), "2023|sheet"),
    accepted("a sheet that is declared", _many_sheets(), "2023", kept=3,
             arguments=("--sheet", "2023")),
    lost("a sheet that does not exist", _many_sheets(), "2022", "2023",
         arguments=("--sheet", "2022")),
    accepted("a hidden first sheet with old data",
             workbook({"Anciens": sheet(_OLD), "Actuel": sheet(_GOOD)}, hidden=["Anciens"]),
             "hidden|Actuel", kept=2),
    refused("only hidden sheets", workbook({"A": sheet(_GOOD)}, hidden=["A"]), "hidden|visible"),
    accepted("an empty first sheet", workbook({"Vide": sheet([]), "F": sheet(_GOOD)}), kept=2),
    refused("no row in any sheet", workbook({"F": sheet([])}),
            "empty|no row|no data|header|anything"),
    refused("a header and no row in a workbook", workbook({"F": sheet(_rows())}),
            "empty|no row|no data|header"),
    noticed("a cell in the last corner", _far_cell(), "XFD|column|1.?048.?576|row"),
    accepted("a blank in the last row", _far_blank(), kept=2),
    accepted("rows that are out of order", workbook({"F": sheet(
        _GOOD, more_rows='<row r="2"><c r="A2"><v>5</v></c></row>')})),
)  # fmt: skip

CELLS = (
    noticed("formulas without a value", _book(values(1), values(2, latitude=formula("A1+1"))),
            "formula|latitude|value"),
    accepted("formulas with a value",
             _book(values(1), values(2, latitude=formula("A1+1", "45.572"))), kept=2),
    partly("an error in a position", _book(values(1), values(2, latitude=error("#REF!"))),
           "#REF!", kept=1),
    noticed("an error in a code", _book(values(1), values(2, code_insee=error("#N/A"))), "#N/A"),
    partly("an error in an id", _book(values(1), values(2, id=error("#NAME?"))), r"#NAME\?",
           kept=1),
    accepted("numbers as text with a no-break space",
             _book(values(1, latitude="45,57\u00a0"), values(2, latitude="\u202f45,58")), kept=2),
    accepted("codes as numbers", _book(values(1, code_insee=73065), values(2, code_insee=1004)),
             "01004", kept=2, repaired=1),
    partly("a code that became a power of ten",
           _book(values(1), values(2, code_insee=20000000)), "20000000", kept=1),
    partly("a truth value as a position",
           _book(values(1), values(2, latitude=Xml(' t="b"><v>1</v>'))), "latitude", kept=1),
    partly("a day that does not exist, as text", _dated(date_cell(45355), "31/02/2024"),
           "31/02/2024", kept=1),
    noticed("dates as dates, numbers and text", _dated(date_cell(45355), 45355, "04/03/2024"),
            "date|day|04/03"),
    noticed("a date far in the future", _dated(date_cell(45355), date_cell(99_999_999)),
           "date|99999999|error"),
    accepted("a formula in quotes", _book(values(1, nom='=HYPERLINK("http://evil.invalid")'),
                                          values(2)), kept=2),
    refused("a string that is not there", _book(values(1), values(2, nom=SHARED_CELL))),
)  # fmt: skip

CONTAINERS = (
    lost("shared strings that ask for a file", workbook(
        {"F": sheet(_rows(values(1, nom=SHARED_CELL)))}, parts=with_entity("file:///etc/passwd")),
        "entit|doctype|dtd|xml", hides=("root:",)),
    lost("a billion laughs", workbook(
        {"F": sheet(_rows(values(1, nom=SHARED_CELL)))}, parts=with_laughs()),
        "entit|doctype|dtd|xml"),
    accepted("a link to another workbook", workbook(
        {"F": sheet(_GOOD)}, parts=external_link("http://evil.invalid/b.xlsx"))),
    refused("a workbook that grows to 200 MB", _bomb("bomb.xlsx", _BOMBED), "size|large|ratio|MB"),
    refused("shared strings that grow to 200 MB", _bomb("strings.xlsx", "xl/sharedStrings.xml"),
            "size|large|ratio|MB"),
    refused("an old .xls", raw("a.xls", _encrypted_office()), "xls"),
    refused("an old .xls under the name of .xlsx", raw("a.xlsx", _encrypted_office()),
            "xls|password|encrypt|old"),
    refused("a workbook cut short", _cut(), "zip|truncat|damaged|cut|broken|workbook"),
    refused("a zip that is no workbook", raw("a.xlsx", _no_workbook()), "workbook|xlsx|sheet"),
    refused("a CSV under the name of .xlsx", raw("a.xlsx", b"id;nom\ne1;x\n"), "."),
    refused("an OpenDocument sheet", raw("a.ods", _no_workbook()), "ods|xlsx|csv"),
    refused("XML that is not well-formed", workbook({"F": sheet(_GOOD)[:-20]}), "."),
    noticed("a workbook under the name of .csv", workbook({"F": sheet(_GOOD)}, name="a.csv"),
            "xlsx|workbook|zip"),
    accepted("a workbook with macros", workbook(
        {"F": sheet(_GOOD)}, parts={"xl/vbaProject.bin": b"\xd0\xcf"}), kept=2),
    refused("a sheet that leads out of the workbook", workbook(
        {"F": sheet(_GOOD)}, parts={"xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/worksheet" Target="../../../../etc/passwd"/></Relationships>')}),
        hides=("root:",)),
)  # fmt: skip

CASES = (*SHEETS, *CELLS, *CONTAINERS)
