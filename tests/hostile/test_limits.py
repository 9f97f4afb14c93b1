"""Whatever a file holds, its answer takes no more than 10 s of the processor and 1 GB of memory.

Each is run by the program itself, in a process that the system ends after 10 s and that is measured
when it ends.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import struct
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
from rasterio.transform import from_origin

from fuzz.samples import write_territory
from hostile_files.case import Make, archive, built, raw, text
from hostile_files.layers import area, frame, geojson, geopackage, shapefile
from hostile_files.measuring import Measured, assert_within_limits, run
from hostile_files.rows import TWO, action, actions, cells, lines, row, table
from hostile_files.workbook import sheet, workbook
from hostile_files.workbooks import values

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")

_HEADER = ["id", "nom", "type", "code_insee", "latitude", "longitude", "statut", "source"]
_ALL = f"A1:XFD{2**20}"


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A territory that has a table of each kind, which is loaded in no time."""
    folder = tmp_path_factory.mktemp("limits") / "territory"
    write_territory(folder)
    return folder


@pytest.fixture
def territory(sound: Path, tmp_path: Path) -> Path:
    """The same, to be spoilt."""
    return shutil.copytree(sound, tmp_path / "territory")


def _merged(area: str) -> Make:
    merged = f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'
    return workbook({"F": sheet([_HEADER, values(1), values(2)], after=merged)})


def _far_cell() -> Make:
    far = '<row r="99999999999"><c r="A99999999999" t="inlineStr"><is><t>x</t></is></c></row>'
    return workbook({"F": sheet([_HEADER, values(1)], more_rows=far)})


def _nested(depth: int) -> Make:
    opened = '{"type": "GeometryCollection", "geometries": ['
    shape = f"{opened * depth}{json.dumps(area(0).__geo_interface__)}{']}' * depth}"
    feature = '{"type": "Feature", "properties": {"code_qp": "QN07301M", "nom": "a"}, "geometry": '
    return text("n.geojson", f'{{"type": "FeatureCollection", "features": [{feature}{shape}}}]}}')


_GPKG_HEADER = b"GP\0\x01" + struct.pack("<i", 4326)
_COLLECTION = struct.pack("<BII", 1, 7, 1)
_CLAIMS = struct.pack("<BII", 1, 2, 2**31 - 1)  # a line of so many points, of which none follows


def _wkb_in_geopackage(wkb: bytes) -> Make:
    blob = (_GPKG_HEADER + wkb).hex()
    return geopackage(frame(), f"UPDATE qpv SET geom = X'{blob}'")  # noqa: S608


def _wkb_in_parquet(wkb: bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "q.parquet"
        frame().to_parquet(path)
        held = pq.read_table(path)
        shapes = pa.array([wkb] * len(held), pa.binary())
        place = held.column_names.index("geometry")
        pq.write_table(held.set_column(place, "geometry", shapes), path)
        return path

    return make


def _long_texts_in_parquet(folder: Path) -> Path:
    """100,000 rows that share one text of 50 kB: 5 GB in a file of some kB."""
    rows = 100_000
    texts = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, "int32")), pa.array(["a" * 50_000])
    )
    ids = pa.array(np.arange(rows).astype(str))
    places = {
        "latitude": pa.array(np.full(rows, 45.57)),
        "longitude": pa.array(np.full(rows, 5.92)),
    }
    pq.write_table(
        pa.table({"id": ids, "nom": texts, "type": texts, **places}), folder / "long.parquet"
    )
    return folder / "long.parquet"


def _generated(folder: Path) -> Path:
    path = geopackage(frame())(folder)
    connection = sqlite3.connect(path)
    connection.execute(
        "ALTER TABLE qpv ADD COLUMN source TEXT "
        "GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL"
    )
    connection.close()
    return path


def _raster(dtype: str, bands: int, side: int) -> Make:
    """Cells of nought, which are packed to nearly nothing."""

    def make(folder: Path) -> Path:
        path = folder / "bomb.tif"
        size = {"width": side, "height": side, "count": bands, "dtype": dtype}
        tiles = {"tiled": True, "blockxsize": 2048, "blockysize": 2048, "sparse_ok": True}
        place = from_origin(926_000, 6_501_000, 1, 1)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            crs="EPSG:2154",
            transform=place,
            compress="deflate",
            **size,
            **tiles,
        ):
            pass
        return path

    return make


def _shapefile_claiming(number: int) -> Make:
    """A Shapefile whose first shape claims this many points."""

    def change(parts: dict[str, bytes]) -> dict[str, bytes]:
        shapes = bytearray(parts["qpv.shp"])
        struct.pack_into("<i", shapes, 100 + 8 + 40, number)
        return {**parts, "qpv.shp": bytes(shapes)}

    return shapefile(change)


_MANY = 100_000
_LONG = "a" * 100_000
FILES: dict[str, tuple[Make, set[int], str]] = {
    "a merged area of a whole sheet": (_merged(_ALL), {3}, "merge"),
    "a merged area of eight columns": (_merged(f"A10:H{2**20}"), {3}, "merge"),
    "a cell in row 99,999,999,999": (_far_cell(), {3}, "row"),
    "blanks within a number": (actions(action(1, montant=f"1{' ' * _MANY}2")), {0, 3}, "1 rows"),
    "blanks within a date": (
        table(row(1, source=f"1{' ' * _MANY}mars"), header=";".join([*_HEADER[:-1], "date"])),
        {0, 3}, "1 rows"),
    "a number of 100,000 figures": (actions(action(1, montant="1" * _MANY)), {3}, "montant"),
    "an id of 100 kB": (table(row(1, id=_LONG)), {0, 3}, "1 rows"),
    "a quartier of 100 kB": (actions(action(1, territoires_cites=_LONG)), {0, 3}, "1 rows"),
    "100,000 quartiers": (
        actions(action(1, territoires_cites="a, " * _MANY)), {0, 3}, "1 rows"),
    "a header of 100 kB of brackets": (
        table(row(1) + ";1", header=";".join([*_HEADER, "(" * _MANY])), {0}, "1 accepted"),
    "a header of 100 kB of blanks": (
        table(row(1) + ";1", header=";".join([*_HEADER, f"a{' ' * _MANY}b"])), {0}, "1 accepted"),
    "a million columns": (built("c.csv", lambda: b"c;" * 10**6 + b"\n1\n"), {3}, "columns"),
    "a line of 9 MB": (
        built("l.csv", lambda: lines(*TWO).encode() + b"a" * 9_000_000), {3}, "8 MB|line"),
    "200,000 quotation marks": (text("q.csv", lines(*TWO) + '"' * 200_001), {0, 3}, "rows"),
    "5 GB of texts in a Parquet file": (_long_texts_in_parquet, {3}, "."),
    "400 collections within each other": (_nested(400), {3}, "deep|nest|geometr|level"),
    "20,000 collections within each other": (_nested(20_000), {3}, "deep|nest|geometr|level"),
    "arrays within each other": (
        text("a.geojson", '{"type":"FeatureCollection","features":' + "[" * _MANY), {3}, "."),
    "an integer of 5,000 figures": (
        geojson({"type": "Point", "coordinates": [int("9" * 4_000), 45]}), {3}, "."),
    "20,000 collections in a GeoPackage": (_wkb_in_geopackage(_COLLECTION * 20_000), {3}, "."),
    "20,000 collections in a GeoParquet": (_wkb_in_parquet(_COLLECTION * 20_000), {3}, "."),
    "2^31 points in a GeoPackage": (_wkb_in_geopackage(_CLAIMS), {3}, "geometr|outline"),
    "2^31 points in a GeoParquet": (_wkb_in_parquet(_CLAIMS), {3}, "geometr|outline"),
    "2^31 points in a Shapefile": (_shapefile_claiming(2**31 - 1), {3}, "."),
    "a generated column of 800 MB": (_generated, {3}, "generated|comput"),
    "a raster of 9,999 by 9,999 doubles": (
        _raster("float64", 1, 9_999), {3}, "cells|MB|bytes|large"),
    "a raster of 60,000 bands": (_raster("uint8", 60_000, 40), {0, 3}, "."),
    "a zip of 20,000 files": (
        archive("z.zip", {f"{n}.shp": b"" for n in range(20_000)}), {3}, "."),
    "bytes that are a header of TIFF alone": (raw("t.tif", b"II*\0" + b"\xff" * 100), {3}, "."),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_answered_within_limits(name: str, sound: Path, tmp_path: Path):
    make, exit_codes, says = FILES[name]
    file = make(tmp_path)
    measured = run("--territory", sound, "check", file)
    assert_within_limits(measured)
    assert measured.exit_code in exit_codes, measured.output[:2_000]
    assert re.search(says, measured.output.replace(str(file), "FILE"), re.IGNORECASE)


def _assert_refused(measured: Measured, says: str, *, exit_codes: tuple[int, ...] = (3,)) -> None:
    assert_within_limits(measured)
    assert measured.exit_code in exit_codes, measured.output[:2_000]
    sentences = [line for line in measured.stderr.splitlines() if line.startswith("Error:")]
    assert len(sentences) == 1, measured.stderr
    assert len(sentences[0]) < 1_000
    assert re.search(says, sentences[0], re.IGNORECASE), sentences[0][:500]


_TOML = {
    "arrays within each other": f"a = {'[' * _MANY}{']' * _MANY}\n",
    "tables within each other": f"a{'.a' * _MANY} = 1\n",
    "an integer of 5,000 figures": f"a = {'9' * 5_000}\n",
}


@pytest.mark.parametrize("name", _TOML)
def test_a_description_is_refused_in_one_sentence(name: str, territory: Path):
    description = territory / "territory.toml"
    description.write_text(_TOML[name] + description.read_text("utf-8"), "utf-8")
    _assert_refused(run("--territory", territory, "perimeters"), "territory.toml")


@pytest.mark.parametrize("name", _TOML)
def test_a_recipe_is_refused_in_one_sentence(name: str, sound: Path, tmp_path: Path):
    recipe = tmp_path / "own.toml"
    own = (sound / "maps" / "own.toml").read_text("utf-8")
    recipe.write_text(_TOML[name] + own, "utf-8")
    _assert_refused(run("--territory", sound, "map", recipe, "-o", tmp_path / "m.svg"), "own.toml")


@pytest.mark.parametrize("name", _TOML)
def test_a_mapping_of_columns_is_refused_in_one_sentence(name: str, sound: Path, tmp_path: Path):
    mapping, file = tmp_path / "columns.toml", table(*TWO)(tmp_path)
    mapping.write_text(_TOML[name], "utf-8")
    measured = run("--territory", sound, "check", "--columns", mapping, file)
    _assert_refused(measured, "columns.toml", exit_codes=(1, 2, 3))


def test_a_recipe_of_ten_thousand_layers_is_refused(sound: Path, tmp_path: Path):
    recipe = tmp_path / "own.toml"
    recipe.write_text('title = "a"\n' + '[[layers]]\nkind = "communes"\n' * 10_000, "utf-8")
    measured = run("--territory", sound, "map", recipe, "-o", tmp_path / "m.svg")
    _assert_refused(measured, "layers")
    assert not (tmp_path / "m.svg").exists()


@pytest.mark.parametrize("command", ["map", "fiche", "link", "report", "coverage", "atlas"])
def test_an_output_whose_name_is_too_long_is_refused(command: str, sound: Path, tmp_path: Path):
    ending = {"map": ".svg", "fiche": ".pdf", "link": ".csv", "atlas": ""}.get(command, ".xlsx")
    what = {"map": ["equipements"], "fiche": ["Q"], "link": ["equipment"]}.get(command, [])
    measured = run("--territory", sound, command, *what, "-o", tmp_path / f"{'a' * 300}{ending}")
    _assert_refused(measured, "long|name", exit_codes=(1, 2))


def test_a_name_of_a_file_that_is_too_long_is_no_file(sound: Path, tmp_path: Path):
    measured = run("--territory", sound, "check", tmp_path / f"{'a' * 300}.csv")
    assert_within_limits(measured)
    assert measured.exit_code in {2, 3}


@pytest.mark.parametrize("letters", [1_000, 100_000])
def test_a_name_of_very_many_letters_is_drawn_or_refused(
    letters: int, territory: Path, tmp_path: Path
):
    rows = [{**cells(n), "nom": "a" * letters, "quartier_cite": "Q"} for n in range(2)]
    body = "\n".join(
        ",".join(each.values()).replace("45,", "45.").replace(",92", ".92") for each in rows
    )
    (territory / "equipment.csv").write_text(f"{','.join(rows[0])}\n{body}\n", "utf-8")
    measured = run("--territory", territory, "map", "equipements", "-o", tmp_path / "m.svg")
    assert_within_limits(measured)
    assert (tmp_path / "m.svg").exists() == (measured.exit_code == 0)


SHARED = Path(os.environ.get("CDV_GEO_HARDENING") or "/nonexistent")
# The first word of each folder's name is its number; what its README says is right.
WANTED: dict[str, tuple[set[int], str]] = {
    "01/*.zip": ({3}, "parameters|register|not the"),
    "01/*.parquet": ({3}, "parameters|register|not the"),
    "01/*.tif": ({3}, "parameters|register|not the"),
    "02/onebad.csv": ({0, 3}, "2,?001 rows"),
    "03/er.xlsx": ({0, 3}, "error|#|formula"),
    "03/fx.xlsx": ({0, 3}, "formula"),
    "03/veryhidden.xlsx": ({0, 3}, "hidden"),
    "04/num.csv": ({0, 3}, "1.234"),
    "05/*.xlsx": ({3}, "merge"),
    "06/*.csv": ({0, 3}, "1 rows"),
    "07/curve.gpkg": ({0, 3}, "arc|curve|rejected"),
    "11/badutf.parquet": ({3}, "utf"),
    "11/badutf_plain.parquet": ({3}, "utf"),
    "11/*.gpkg": ({3}, "utf"),
    "12/j08.geojson": ({3}, "deep|nest|geometr|level"),
    "13/*.parquet": ({3}, "wkb|geometr"),
    "16/indicators.csv": ({0, 3}, "QN9999X"),
    "17/x13.xlsx": ({0}, "hidden"),
    "18/r15.tif": ({0, 3}, "cells|MB|bytes|large|raster"),
    "22/g09.gpkg": ({0}, "2 rows = 2 accepted"),
    "22/n.gpkg": ({3}, "canary”, a virtual table"),
    "23/decimal.parquet": ({0, 3}, "rows"),
    "24/r03.tif": ({3}, "picture|colou?r|alpha|image|RGB"),
    "24/r17.tif": ({3}, "cell"),
    "24/x04.xlsx": ({0, 3}, "rows"),
    "24/x09.xlsx": ({3}, "strict"),
    "24/x19.xlsx": ({3}, "row"),
    "25/*.geojson": ({0, 3}, "."),
}  # fmt: skip


def _shared(pattern: str) -> list[Path]:
    number, _, name = pattern.partition("/")
    return sorted(SHARED.glob(f"{number}-*/{name}"))


_SHARED = [(file, *WANTED[pattern]) for pattern in WANTED for file in _shared(pattern)]


@pytest.mark.skipif(not SHARED.is_dir(), reason="CDV_GEO_HARDENING names no folder")
@pytest.mark.parametrize(
    ("file", "exit_codes", "says"),
    _SHARED,
    ids=lambda v: f"{v.parent.name[:2]}-{v.name}" if isinstance(v, Path) else "",
)
def test_a_shared_file_is_answered_within_limits(file: Path, exit_codes: set[int], says: str):
    measured = run("check", file)
    assert_within_limits(measured)
    assert measured.exit_code in exit_codes, measured.output[:2_000]
    assert re.search(says, measured.output.replace(str(file), "FILE"), re.IGNORECASE), (
        measured.output
    )


@pytest.mark.skipif(not SHARED.is_dir(), reason="CDV_GEO_HARDENING names no folder")
@pytest.mark.parametrize(
    ("pattern", "command", "exit_code", "says"),
    [
        ("10/SOURCES.md", "atlas -o {out} --jobs 1", 3, "SOURCES.md"),
        ("14/territory.toml", "perimeters", 3, "name|generation"),
        ("15/recipe.toml", "map {file} -o {out}.svg", 0, "Wrote"),
    ],
)
def test_a_shared_text_is_answered(pattern, command, exit_code, says, territory, tmp_path):
    file = _shared(pattern)[0]
    if file.name != "recipe.toml":
        shutil.copy(file, territory)
    arguments = command.format(file=file, out=tmp_path / "out").split()
    measured = run("--territory", territory, *arguments)
    assert_within_limits(measured)
    assert measured.exit_code == exit_code, measured.output
    assert re.search(says, measured.output), measured.output


@pytest.mark.skipif(not SHARED.is_dir(), reason="CDV_GEO_HARDENING names no folder")
def test_every_shared_file_has_its_answer_here():
    texts = {"README", "README.md", "SOURCES.md", "territory.toml", "recipe.toml"}
    held = {path for path in SHARED.glob("*/*") if path.name not in texts}
    assert held == {file for file, _, _ in _SHARED}
