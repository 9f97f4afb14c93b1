"""Every line of a CSV file is accounted for, whatever quotation marks stray into it."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cdv_geo.io.tables.text_tables import Records, read_records

from hostile_files.opening import open_table
from thinning import examples

_MARKS = ("", "", "", "", '"', '""', '"""')
_LINES = re.compile(r"lines (\d+) to (\d+)")


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    separator: str
    line_end: str
    encoding: str


dialects = st.builds(
    Dialect,
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Plain rows with stray marks before, in and after cells; each cell says where it stands."""
    width, length = draw(st.integers(2, 9)), draw(st.integers(1, 9))
    mark = st.sampled_from(_MARKS)
    return [
        [_cell(draw, mark, row, column) for column in range(width)] for row in range(2, length + 2)
    ]


def _cell(draw: st.DrawFn, mark: st.SearchStrategy[str], row: int, column: int) -> str:
    if column and draw(st.integers(0, 9)) == 0:
        return draw(mark)
    return f"{draw(mark)}é{row}{draw(mark)}c{column}{draw(mark)}"


def _read(rows: list[list[str]], dialect: Dialect) -> Records:
    header = ["id", *(f"colonne {n}" for n in range(1, len(rows[0])))]
    text = "".join(dialect.separator.join(row) + dialect.line_end for row in [header, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(text.encode(dialect.encoding))
        return read_records(open_table(path))


def _lines_of(found: Records) -> dict[int, range]:
    """The lines that each row takes: one, unless it says otherwise."""
    said = {fault.row: _LINES.match(fault.message) for fault in found.faults}
    lines, line = {}, 2
    for row in found.frame.index:
        match = said.get(row)
        last = int(match[2]) if match else line
        assert not match or int(match[1]) == line
        lines[row], line = range(line, last + 1), last + 1
    return lines


@settings(deadline=None, max_examples=examples(60))
@given(tables(), dialects)
def test_stray_quotation_marks_lose_no_line_and_mix_no_rows(rows, dialect):
    found = _read(rows, dialect)
    lines = _lines_of(found)
    assert sorted(line for taken in lines.values() for line in taken) == list(
        range(2, len(rows) + 2)
    )
    assert all(len(lines[row]) == 1 or row in found.rejected for row in lines)
    for row, cells in found.frame.drop(index=list(found.rejected)).iterrows():
        (line,) = lines[row]
        for text in cells.dropna():
            assert set(re.findall(r"é(\d+)", text.replace('"', ""))) <= {str(line)}
