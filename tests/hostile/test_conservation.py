"""Nothing is lost between a file and its report, whatever the dialect it is written in."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdv_geo.io.tables.text_tables import read_records

from hostile_files.case import document
from hostile_files.checking import Answer, assert_conserved, check
from hostile_files.layers import collection, feature, frame
from hostile_files.opening import open_table
from hostile_files.rows import COLUMNS, cells
from hostile_files.workbook import sheet, workbook
from thinning import examples, singles

SLOW = settings(
    deadline=None,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_NAMES = ("Crèche", "Gymnase des Combes", "L'Espinier", "Cœur de ville", "Salle 3 ; étage", "NA")
_CODES = ("73065", "01004", "2A004", "2B033", "01500")
SHORT_CODE = "1004"
# What may be wrong with a row, and the column that is to blame.
_WRONGS = {
    "": {},
    "latitude": {"latitude": "à côté"},
    "longitude": {"longitude": ""},
    "code_insee": {"code_insee": "73O65"},
    "id": {"id": ""},
    "statut": {"statut": "peut-être"},
}


@dataclass(frozen=True)
class Dialect:
    """How a table is written."""

    workbook: bool = False
    encoding: str = "utf-8"
    separator: str = ";"
    comma: bool = True
    titles: int = 0
    total: bool = False
    blanks: tuple[int, ...] = ()
    line_end: str = "\n"


@dataclass(frozen=True)
class Thing:
    """One row: the cells, and the column that is wrong if any."""

    cells: dict[str, str]
    wrong: str


@st.composite
def things(draw: st.DrawFn) -> list[Thing]:
    """Rows of équipements of which the first is right."""
    wrongs = ["", *draw(st.lists(st.sampled_from(sorted(_WRONGS)), max_size=8))]
    return [_thing(draw, number, wrong) for number, wrong in enumerate(wrongs)]


def _thing(draw: st.DrawFn, number: int, wrong: str) -> Thing:
    north, east = draw(st.integers(5000, 6500)), draw(st.integers(8500, 9900))
    plain = cells(
        number,
        nom=draw(st.sampled_from(_NAMES)),
        code_insee=draw(st.sampled_from((*_CODES, SHORT_CODE))),
        latitude=f"45,{north}",
        longitude=f"5,{east}",
    )
    return Thing({**plain, **_WRONGS[wrong]}, wrong)


dialects = st.builds(
    Dialect,
    workbook=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    separator=st.sampled_from([";", ",", "\t", "|"]),
    comma=st.booleans(),
    titles=st.integers(0, 3),
    total=st.booleans(),
    blanks=st.lists(st.integers(0, 8), max_size=3).map(tuple),
    line_end=st.sampled_from(["\n", "\r\n"]),
)


def _rows(table: list[Thing], dialect: Dialect) -> list[list[str]]:
    """All lines of the file, with what is no data among them."""
    body = [_written(thing, dialect) for thing in table]
    for place in sorted(_places(table, dialect), reverse=True):
        body.insert(place, [""] * len(COLUMNS))
    titles = [[f"Titre n° {n}", *[""] * (len(COLUMNS) - 1)] for n in range(dialect.titles)]
    total = [["Total", *[""] * (len(COLUMNS) - 1)]] if dialect.total else []
    return [*titles, list(COLUMNS), *body, *total]


def _places(table: list[Thing], dialect: Dialect) -> list[int]:
    """Before which rows the blank ones stand."""
    return [place for place in dialect.blanks if 0 < place < len(table)]


def _written(thing: Thing, dialect: Dialect) -> list[str]:
    if dialect.comma:
        return list(thing.cells.values())
    numbers = {n: thing.cells[n].replace(",", ".") for n in ("latitude", "longitude")}
    return list({**thing.cells, **numbers}.values())


def _write(table: list[Thing], dialect: Dialect, folder: Path) -> Path:
    rows = _rows(table, dialect)
    if dialect.workbook:
        return workbook({"Feuille1": sheet(rows)})(folder)
    stream = io.StringIO()
    csv.writer(stream, delimiter=dialect.separator, lineterminator=dialect.line_end).writerows(rows)
    path = folder / "table.csv"
    path.write_bytes(stream.getvalue().encode(dialect.encoding))
    return path


def _checked(table: list[Thing], dialect: Dialect) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        answer = check(_write(table, dialect, Path(folder)), arguments=("--as", "equipment"))
    assert_conserved(answer)
    return answer


def _found(answer: Answer) -> list[tuple[str, str]]:
    """Which cells are rejected or repaired, by value: rows stand elsewhere in each dialect."""
    told = [f for f in answer.file["faults"] if f["done"] in {"rejected", "repaired"}]
    return sorted((fault["done"], str(fault["column"])) for fault in told)


@SLOW
@given(things(), dialects)
def test_every_row_is_counted_once(table: list[Thing], dialect: Dialect):
    rows = _checked(table, dialect).file["rows"]
    assert rows["input"] == len(table)
    assert rows["rejected"] == sum(bool(thing.wrong) for thing in table)
    assert rows["total"] == dialect.total
    assert rows["blank"] == len(_places(table, dialect))
    assert rows["title"] == dialect.titles


@SLOW
@given(things(), dialects)
def test_the_dialect_changes_nothing(table: list[Thing], dialect: Dialect):
    plain, other = _checked(table, Dialect()), _checked(table, dialect)
    names = ("input", "accepted", "repaired", "rejected")
    assert [other.file["rows"][n] for n in names] == [plain.file["rows"][n] for n in names]
    assert _found(other) == _found(plain)


@SLOW
@given(things(), dialects)
def test_the_row_and_the_column_to_blame_are_named(table: list[Thing], dialect: Dialect):
    rejected = [f for f in _checked(table, dialect).file["faults"] if f["done"] == "rejected"]
    blamed = {(fault["row"], _blamed(str(fault["column"]))) for fault in rejected}
    numbers = _row_numbers(table, dialect)
    assert blamed == {(numbers[n], _blamed(t.wrong)) for n, t in enumerate(table) if t.wrong}


def _blamed(column: str) -> str:
    """Longitude and latitude go together: either may be named for the half that is missing."""
    return "place" if column in {"longitude", "latitude", "longitude and latitude"} else column


def _row_numbers(table: list[Thing], dialect: Dialect) -> list[int]:
    """The number of each row in the file, as a spreadsheet shows it."""
    lines = _rows(table, dialect)
    data = [
        number
        for number, line in enumerate(lines, start=1)
        if any(line) and line != list(COLUMNS) and not line[0].startswith(("Titre", "Total"))
    ]
    assert len(data) == len(table)
    return data


@SLOW
@given(st.lists(st.sampled_from(_CODES), min_size=1, max_size=6), dialects)
def test_codes_survive(codes: list[str], dialect: Dialect):
    table = [Thing(cells(n, code_insee=code), "") for n, code in enumerate(codes)]
    with tempfile.TemporaryDirectory() as folder:
        path = _write(table, replace(dialect, comma=True), Path(folder))
        frame = read_records(open_table(path)).frame
    assert frame["code_insee"].tolist() == codes


@SLOW
@given(st.integers(1, 5), dialects)
def test_a_lost_zero_is_given_back_and_said(count: int, dialect: Dialect):
    table = [Thing(cells(n, code_insee=SHORT_CODE), "") for n in range(count)]
    answer = _checked(table, dialect)
    assert answer.file["rows"]["repaired"] == count
    assert answer.says("01004")


HONEST = (2154, 4326, 27572, 3945, 3946, 3857, 32631)
SYSTEMS = (*HONEST, 3942, 3943, 3944, 3947, 3948, 3949, 3950)
SWAPPED = "swapped"
_PAIRS = [(a, b) for a in (*SYSTEMS, SWAPPED) for b in SYSTEMS if a != b]


def _check_square(numbers_in: int | str, label: int, left: float, bottom: float) -> Answer:
    box = shapely.box(left, bottom, left + 0.004, bottom + 0.003)
    if numbers_in == SWAPPED:
        box = shapely.transform(box, lambda xy: xy[:, ::-1])
    system = "EPSG:4326" if numbers_in == SWAPPED else f"EPSG:{numbers_in}"
    shape = (frame(box) if numbers_in == SWAPPED else frame(box, crs=system)).geometry.iloc[0]
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{label}"}}
    items = [feature(shape, code_qp="QN07301M", nom="Carré")]
    with tempfile.TemporaryDirectory() as folder:
        return check(document("qpv.geojson", collection(items, crs=crs))(Path(folder)))


_left, _bottom = st.floats(5.7, 5.98), st.floats(45.4, 45.75)


@pytest.mark.parametrize("system", HONEST)
@settings(deadline=None, max_examples=5)
@given(left=_left, bottom=_bottom)
def test_an_honest_label_is_believed(system: int, left: float, bottom: float):
    answer = _check_square(system, system, left, bottom)
    assert answer.exit_code == 0, answer.said
    assert answer.file["rows"]["input"] == 1


@SLOW
@given(pair=st.sampled_from(_PAIRS), left=_left, bottom=_bottom)
def test_a_false_label_is_never_believed(pair: tuple[int | str, int], left: float, bottom: float):
    answer = _check_square(*pair, left, bottom)
    assert_conserved(answer)
    assert answer.exit_code == 3, answer.said
    rows = answer.file["rows"]
    assert rows["accepted"] == rows["repaired"] == 0


@pytest.mark.parametrize("pair", singles(_PAIRS), ids=lambda pair: f"{pair[0]} as {pair[1]}")
def test_each_false_label_is_refused_at_chambery(pair: tuple[int | str, int]):
    answer = _check_square(*pair, 5.92, 45.57)
    assert answer.exit_code == 3, answer.said
