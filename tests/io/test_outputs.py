from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.io.outputs import (
    MANIFEST,
    rebuild_folder,
    replacing,
    write_bytes,
    write_table,
    writing_table,
)

from squares import points

FRAME = pd.DataFrame({"code": ["01004", "=1+1"], "area_ha": [1.5, float("nan")]})


def test_a_file_is_not_replaced_unless_asked(tmp_path):
    path = tmp_path / "a.txt"
    write_bytes(b"old", path, overwrite=False)
    with pytest.raises(cdv_geo.OutputError, match=r"a\.txt exists already; give --overwrite"):
        write_bytes(b"new", path, overwrite=False)
    assert path.read_bytes() == b"old"
    write_bytes(b"new", path, overwrite=True)
    assert path.read_bytes() == b"new"


def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail():
        with replacing(path, overwrite=True) as part:
            part.write_bytes(b"half of the n")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_killed_in_the_middle_of_a_write_the_old_file_stays(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    script = f"""
from pathlib import Path
from cdv_geo.io.outputs import replacing
with replacing(Path({str(path)!r}), overwrite=True) as part:
    with part.open("wb") as file:
        file.write(b"n" * 1_000_000)
        file.flush()
        print("written", flush=True)
        while True:
            pass
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "gpkg", "parquet"])
def test_the_same_table_gives_the_same_bytes_a_second_later(tmp_path, ending):
    frame = gpd.GeoDataFrame(FRAME, geometry=[shapely.Point(1, 2), None], crs="EPSG:2154")
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    write_table(frame, first, overwrite=False, title="t")
    time.sleep(1.1)
    write_table(frame, second, overwrite=False, title="t")
    assert first.read_bytes() == second.read_bytes()


def test_codes_come_back_from_every_format(tmp_path):
    for ending, read in (
        ("csv", lambda p: pd.read_csv(p, dtype=str)),
        ("gpkg", gpd.read_file),
        ("parquet", pd.read_parquet),
        ("xlsx", lambda p: pd.read_excel(p, dtype=str, engine="openpyxl")),
    ):
        path = tmp_path / f"t.{ending}"
        write_table(FRAME, path, overwrite=False)
        assert read(path).iloc[:, 0].tolist() == ["01004", "=1+1"], ending


def test_a_workbook_has_french_headers_real_numbers_and_no_formula(tmp_path):
    path = tmp_path / "t.xlsx"
    write_table(FRAME, path, overwrite=False, title="couverture")
    sheet = openpyxl.load_workbook(path)["couverture"]
    assert [cell.value for cell in sheet[1]] == ["Code", "Surface (ha)"]
    assert sheet["A3"].value == "=1+1"
    assert sheet["A3"].data_type == "s"  # a text, not a formula
    assert (sheet["B2"].value, sheet["B2"].data_type) == (1.5, "n")
    assert sheet["B3"].value == "n. d."
    assert sheet.freeze_panes == "A2"


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])))
def test_no_text_ever_becomes_a_formula(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("x") / "t.xlsx"
    write_table(pd.DataFrame({"nom": [f"={text}"]}), path, overwrite=False)
    cell = openpyxl.load_workbook(path).active["A2"]
    assert cell.data_type == "s"


def test_an_unknown_ending_is_refused_with_the_accepted(tmp_path):
    with pytest.raises(cdv_geo.OutputError, match=r"“\.doc”; accepted are \.csv, \.xlsx"):
        write_table(FRAME, tmp_path / "t.doc", overwrite=False)


def test_a_folder_that_is_not_there_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(cdv_geo.OutputError, match="cannot be written: No such file"):
        write_bytes(b"", tmp_path / "none" / "a.txt", overwrite=False)


def quiet(_what, _done, _total):
    """Take the place of a progress bar."""


def writer(content):
    return lambda path: path.write_bytes(content)


def test_a_folder_is_rebuilt_by_its_manifest_and_the_rest_is_left_alone(tmp_path):
    folder = tmp_path / "atlas"
    rebuild_folder(folder, {"a": writer(b"1"), "b": writer(b"1")}, overwrite=False, step=quiet)
    (folder / "mine.txt").write_text("mine")
    rebuild_folder(folder, {"a": writer(b"2"), "c": writer(b"2")}, overwrite=False, step=quiet)
    assert {path.name for path in folder.iterdir()} == {"a", "c", "mine.txt", MANIFEST}
    assert (folder / "a").read_bytes() == b"2"
    assert json.loads((folder / MANIFEST).read_text())["files"] == ["a", "c"]


def test_a_file_of_somebody_else_in_the_way_is_refused(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(cdv_geo.OutputError, match="was not made by an earlier run"):
        rebuild_folder(tmp_path, {"a": writer(b"1")}, overwrite=False, step=quiet)
    assert (tmp_path / "a").read_text() == "mine"


def test_a_run_that_was_stopped_half_way_is_taken_up_again(tmp_path):
    def stop(_path):
        raise KeyboardInterrupt

    files = {"a": writer(b"1"), "b": writer(b"1")}
    with pytest.raises(KeyboardInterrupt):
        rebuild_folder(tmp_path, {**files, "b": stop}, overwrite=False, step=quiet)
    rebuild_folder(tmp_path, files, overwrite=False, step=quiet)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", MANIFEST}


def test_a_manifest_cannot_name_files_outside_its_folder(tmp_path):
    folder = tmp_path / "atlas"
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (folder / MANIFEST).write_text(json.dumps({"made_by": "cdv_geo", "files": ["../victim"]}))
    with pytest.raises(cdv_geo.OutputError, match="was not made by this program"):
        rebuild_folder(folder, {"a": writer(b"1")}, overwrite=True, step=quiet)
    assert victim.exists()


@pytest.mark.parametrize(
    "content",
    ['{"name": "my web app", "files": ["precious.txt"]}', '{"files": 5}', "[]", "not json"],
)
def test_the_manifest_of_another_program_is_never_obeyed(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(cdv_geo.OutputError, match="was not made by this program"):
        rebuild_folder(tmp_path, {"a": writer(b"1")}, overwrite=True, step=quiet)
    assert (tmp_path / "precious.txt").exists()
    assert (tmp_path / MANIFEST).read_text() == content


@pytest.mark.parametrize("ending", ["csv", "gpkg", "parquet"])
def test_a_table_written_in_parts_is_the_table_written_at_once(tmp_path, ending):
    frame = points((0, 0), None, (2, 2), (3, 3), text=["a", None, "c", "é"], number=[1.5, 2, 3, 4])
    whole, parts = tmp_path / f"whole.{ending}", tmp_path / f"parts.{ending}"
    write_table(frame, whole, overwrite=False, title="t")
    with writing_table(parts, overwrite=False, title="t") as write:
        for start in range(4):
            write(frame.iloc[start : start + 1])
    read = {"csv": pd.read_csv, "gpkg": gpd.read_file, "parquet": gpd.read_parquet}[ending]
    pd.testing.assert_frame_equal(read(parts), read(whole))
    if ending != "csv":
        assert read(parts).crs == frame.crs
        assert read(parts).geometry.isna().tolist() == [False, True, False, False]


def test_a_table_that_is_stopped_half_way_is_not_there(tmp_path):
    path = tmp_path / "t.parquet"

    def stopped():
        with writing_table(path, overwrite=False) as write:
            write(FRAME)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_a_part_without_a_text_keeps_the_kind_of_its_column(tmp_path):
    path = tmp_path / "t.parquet"
    with writing_table(path, overwrite=False) as write:
        write(pd.DataFrame({"text": pd.Series([None], dtype="str"), "number": [1.0]}))
        write(pd.DataFrame({"text": ["a"], "number": [2.0]}))
    assert pd.read_parquet(path)["text"].fillna("").tolist() == ["", "a"]
