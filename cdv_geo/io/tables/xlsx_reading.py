"""Read of a workbook what a table needs: its cells, merged areas, rows, columns and styles.

Whatever else it holds (links, rules, comments, pictures, pivot tables, names, other workbooks) is
not opened, and what a sheet itself states of it is not made: it would only take time and memory.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from openpyxl.reader.excel import SHARED_STRINGS, ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import (
    COL_TAG,
    FORMULA_TAG,
    ROW_TAG,
    SHEET_MAIN_NS,
    WorkSheetParser,
    WorksheetReader,
)
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.functions import iterparse

from cdv_geo.errors import DataError
from cdv_geo.io.tables.xlsx_limits import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdv_geo.io.guard import Opened

_MOST_SHEETS: Final = 1_000
_MOST_AREAS: Final = 50_000
_MOST_MERGED: Final = 500_000  # cells, each of which is looked for
_AREA_TAG, _ITEM_TAG = f"{{{SHEET_MAIN_NS}}}mergeCell", f"{{{SHEET_MAIN_NS}}}si"
_IN_ITEM: Final = (f"{{{SHEET_MAIN_NS}}}t", f"{{{SHEET_MAIN_NS}}}r/{{{SHEET_MAIN_NS}}}t")


class XlsxBook(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """A workbook whose sheets are empty until their cells are asked for.

    Parameters
    ----------
    opened
        The workbook; `sheets` are those of cells, by name.

    Raises
    ------
    DataError
        A part of it is refused; openpyxl can raise any other error of a spoilt one.
    """

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened.file, data_only=True, keep_links=False)
        self.path, self.archive = opened.path, Parts(opened)
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        self._merged = self._areas = 0  # of the sheets filled
        self._parts: dict[str, str] = {}
        for stated, rel in self.parser.find_sheets():
            if rel.target in self.valid_files and "chartsheet" not in rel.Type:
                sheet = self.wb.create_sheet(stated.name)
                sheet.sheet_state = stated.state
                self._parts[sheet.title] = rel.target
            if len(self._parts) > _MOST_SHEETS:
                raise DataError(f"{self.path} has more than {_MOST_SHEETS:,} sheets.")
        self.sheets = {sheet.title: sheet for sheet in self.wb.worksheets}

    def read_strings(self) -> None:
        """Take the letters of the shared texts, without their fonts and readings."""
        if stated := self.package.find(SHARED_STRINGS):
            for _, node in iterparse(self.archive.open_texts(stated.PartName[1:])):
                if node.tag == _ITEM_TAG:
                    letters = (t.text or "" for way in _IN_ITEM for t in node.iterfind(way))
                    self.shared_strings.append("".join(letters).replace("x005F_", ""))
                    node.clear()

    def fill(self, name: str) -> tuple[Any, list[CellRange]]:
        """Give a sheet with its cells, and its merged areas, of which only the first cell counts.

        Raises
        ------
        DataError
            Its part is refused, or it merges too much; openpyxl can raise any other error.
        """
        sheet = self.sheets[name]
        with self.archive.open(self._parts[name]) as part:
            reader = WorksheetReader(sheet, part, [], self.data_only, rich_text=False)
            reader.parser = _Cells(
                part,
                self.shared_strings,
                self.data_only,
                self.wb.epoch,
                self.wb._date_formats,  # noqa: SLF001
                self.wb._timedelta_formats,  # noqa: SLF001
            )
            reader.bind_cells()
        reader.bind_col_dimensions()
        reader.bind_row_dimensions()
        areas = self._areas_of(reader.parser.areas)
        for area in areas:
            for place in islice(area.cells, 1, None):
                sheet._cells.pop(place, None)  # noqa: SLF001
        return sheet, areas

    def _areas_of(self, stated: set[str]) -> list[CellRange]:
        self._areas += len(stated)
        if self._areas > _MOST_AREAS:
            raise DataError(
                f"{self.path} merges {self._areas:,} areas; at most {_MOST_AREAS:,} are accepted."
            )
        areas = [CellRange(area) for area in sorted(stated)]
        self._merged += sum(area.size["rows"] * area.size["columns"] for area in areas)
        if self._merged > _MOST_MERGED:
            raise DataError(
                f"{self.path} merges {self._merged:,} cells; at most {_MOST_MERGED:,} are accepted."
            )
        return areas


class _Cells(WorkSheetParser):  # type: ignore[misc]
    """Take from a sheet its rows, columns and merged areas, and the formulas without a value."""

    areas: set[str]

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        self.areas = set()
        for _, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                yield self.parse_row(element)
                element.clear()
            elif element.tag == COL_TAG:
                self.parse_column_dimensions(element)
            elif element.tag == _AREA_TAG:
                self.areas.add(element.attrib["ref"])

    def parse_cell(self, element: Any) -> dict[str, Any]:  # noqa: ANN401
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and (formula := element.find(FORMULA_TAG)) is not None:
            cell |= {"data_type": "f", "value": f"={formula.text or ''}"}
        return cell
