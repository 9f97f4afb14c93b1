"""The files of a shared corpus behave as its manifest wants; CDV_GEO_CORPUS names its folder."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from hostile_files.checking import assert_conserved, check

FOLDER = Path(os.environ.get("CDV_GEO_CORPUS") or "/nonexistent")
pytestmark = pytest.mark.skipif(
    not (FOLDER / "manifest.csv").is_file(), reason="CDV_GEO_CORPUS names no corpus"
)


@dataclass(frozen=True)
class Want:
    """Exit code, rows kept and rejected (None where it is open), and what must be said."""

    exit_code: int | None
    kept: int | None
    rejected: int | None
    says: tuple[str, ...] = ()
    repaired: int | None = None
    blank: int | None = None
    total: int | None = None


def _fine(kept: int, *says: str, **more) -> Want:
    return Want(0, kept, 0, says, **more)


def _refused(*says: str) -> Want:
    return Want(3, 0, None, says)


def _partly(kept: int, rejected: int, *says: str) -> Want:
    return Want(3, kept, rejected, says)


_ELSEWHERE = "outside|area|range|far"
TABLES = {
    "blank_rows.csv": _fine(2, blank=3),
    "comma_in_comma.csv": _refused("7", "5"),
    "cp1252.csv": _fine(2, "cp1252|windows.?1252"),
    "dup_rows.csv": _partly(2, 1, "duplicate|twice|same|identical"),
    "empty.csv": _refused("empty|0 byte"),
    "extra_trailing_delim.csv": _fine(2),
    "formula_injection.csv": _fine(6),
    "header_only.csv": _refused("no row|no data|header|empty"),
    "html.csv": _fine(3),
    "latlon_swapped.csv": _partly(1, 1, "swap|exchang|invert|revers"),
    "leading_zero.csv": _fine(3, repaired=0),
    "leading_zero_lost.csv": _fine(2, "01004", repaired=1),
    "na_strings.csv": _fine(5),
    "newline_in_field.csv": _fine(1),
    "total_row.csv": _fine(2, "total", total=1),
    "utf16.csv": _fine(2, "utf.?16"),
    "utf8_bom.csv": _fine(2),
    "utf8_semicolon.csv": _fine(2),
    "zero_coords.csv": _partly(1, 1, "0"),
    "bomb.xlsx": _refused("size|large|ratio|MB"),
    "dates_mixed.xlsx": _fine(3, "day|date", "01004"),
    "merged.xlsx": _fine(4, "merge"),
    "million_blank_rows.xlsx": Want(0, None, 0),
}
LAYERS = {
    "bowtie.geojson": _fine(1, "m²|area", repaired=1),
    "crs_27572.gpkg": _fine(1, "27572"),
    "crs_3945.gpkg": _fine(1, "3945"),
    "crs_3945_labelled_2154.gpkg": Want(3, 0, None, (_ELSEWHERE,)),
    "crs_4326_labelled_2154.gpkg": Want(3, 0, None, (f"{_ELSEWHERE}|degree",)),
    "crs_l93_labelled_4326.gpkg": Want(3, 0, None, (f"{_ELSEWHERE}|metre|lambert|2154",)),
    "crs_member_2154.geojson": _fine(1, "2154"),
    "crs_member_missing_l93.geojson": Want(3, 0, None, ("2154|lambert|degree",)),
    "dup_ids.geojson": Want(3, None, None, ("QN07301M",)),
    "dup_keys.geojson": _refused("code_qp"),
    "empty_collection.geojson": _refused("no feature|empty|no row"),
    "empty_geom.geojson": _partly(1, 1, "empty|geometr"),
    "geojson_bom.geojson": _fine(1),
    "geomcollection.geojson": _fine(1, "collection|polygon"),
    "html_names.geojson": _fine(2),
    "insee_numeric.geojson": _fine(1, "01004", repaired=1),
    "mixed_types.geojson": _partly(1, 2, "point", "line"),
    "nan_coord.geojson": Want(3, 0, None, ("nan|finite|number",)),
    "nfd_names.geojson": _fine(1),
    "null_geom.geojson": _partly(1, 1, "geometr|outline"),
    "shared_boundary.geojson": _fine(2),
    "shp_cp1252_nocpg.zip": Want(None, None, None, ("cp1252|encod|code",)),
    "shp_long_fields.zip": _fine(2),
    "shp_no_cpg.zip": _fine(1),
    "shp_no_dbf.zip": _refused("dbf|code"),
    "shp_no_prj.zip": _refused("--crs", "2154"),
    "shp_two_layers.zip": _refused("--layer", "aaa_veille", "qpv"),
    "truncated.geojson": _refused("."),
    "unclosed.geojson": _fine(1, "clos", repaired=1),
    "zero_area.geojson": Want(3, 0, None, ("area|degenerate|valid|m²",)),
}
TRAPS = {
    "crs_link.geojson": _refused("link|127"),
    "gml_schema.gml": _refused("gml|xml"),
    "gpkg_trigger.gpkg": Want(None, None, None, ("leak|layer|trigger",)),
    "gpkg_truncated.gpkg": _refused("."),
    "vrt_ssrf.geojson": _refused("."),
    "zip_bomb_geojson.zip": _refused("size|large|ratio|MB"),
}
RASTERS = {
    "r_huge.tif": _refused("cells|pixel|large|GB|size"),
    "r_nan_undeclared.tif": Want(0, None, 0, ("nan|no figure",)),
    "r_no_crs.tif": _refused("--crs"),
    "r_no_nodata.tif": _refused("-9999", "--nodata"),
    "r_nodata_nan.tif": Want(0, None, 0),
    "r_rotated.tif": _refused("rotat"),
    "r_small.tif": Want(0, None, 0),
    "r_uint8.tif": Want(0, None, 0),
    "r_wrong_crs.tif": _refused(_ELSEWHERE),
}
WANTED = {**TABLES, **LAYERS, **TRAPS, **RASTERS}


def _manifest() -> list[str]:
    with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return sorted(row["file"] for row in csv.DictReader(file))


def test_the_manifest_and_the_expectations_name_the_same_files():
    assert _manifest() == sorted(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_a_file_of_the_corpus_behaves_as_wanted(name: str):
    want = WANTED[name]
    answer = check(FOLDER / name)
    assert_conserved(answer)
    rows = answer.file["rows"]
    kept = rows["accepted"] + rows["repaired"]
    assert want.exit_code in {None, answer.exit_code}, answer.said
    assert want.kept in {None, kept}, (rows, answer.said)
    for count in ("rejected", "repaired", "blank", "total"):
        assert getattr(want, count) in {None, rows[count]}, (count, rows, answer.said)
    assert [pattern for pattern in want.says if not answer.says(pattern)] == [], answer.said


def test_names_survive(subtests):
    for name in ("shp_no_cpg.zip", "shp_cp1252_nocpg.zip", "cp1252.csv", "utf16.csv"):
        with subtests.test(name):
            assert not check(FOLDER / name).says("�|Ã")
