from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

import cdv_geo
from cdv_geo.io.writing import atomic_replacing
from cdv_geo.io.writing.output_files import (
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


def test_what_lies_beside_the_temporary_file_goes_with_it(tmp_path):
    def fail():
        with replacing(tmp_path / "t.gpkg", overwrite=False) as part:
            for companion in ("", "-journal", "-wal", ".tmp_rtree_t.db"):
                part.with_name(part.name + companion).write_bytes(b"x")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_file_and_then_its_name_are_made_to_last(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    write_bytes(b"x", tmp_path / "a", overwrite=False)
    assert synced == [(tmp_path / "a").stat().st_ino, tmp_path.stat().st_ino]


def test_killed_in_the_middle_of_a_write_the_old_file_stays(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    script = f"""
from pathlib import Path
from cdv_geo.io.writing.output_files import replacing
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


BYTES = """
import sys
from pathlib import Path
import geopandas as gpd
import pandas as pd
import shapely
from cdv_geo.io.writing.output_files import write_table
columns = {"code": ["01004", None], "area_ha": [1.5, float("nan")], "day": pd.Timestamp(2024, 1, 2)}
shapes = [shapely.box(926000, 6500000, 926100, 6500100), None]
frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:2154")
for ending in ("csv", "xlsx", "gpkg", "parquet", "geojson"):
    write_table(frame, Path(sys.argv[1]) / f"t.{ending}", overwrite=False, title="t")
"""


def test_the_same_table_gives_the_same_bytes_in_another_process_a_second_later(tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for seed, folder in enumerate(folders, start=1):
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", BYTES, folder],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed), "TZ": ("UTC", "Asia/Tokyo")[seed - 1]},
        )
        time.sleep(1.1)
    first, second = ({path.name: path.read_bytes() for path in f.iterdir()} for f in folders)
    assert len(first) == 5
    assert [name for name in first if first[name] != second[name]] == []


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


def test_an_unknown_ending_is_refused_with_the_accepted(tmp_path):
    with pytest.raises(cdv_geo.OutputError, match=r"“\.doc”; accepted are \.csv, \.xlsx"):
        write_table(FRAME, tmp_path / "t.doc", overwrite=False)


def test_a_folder_that_is_not_there_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(cdv_geo.OutputError, match="cannot be written: No such file"):
        write_bytes(b"", tmp_path / "none" / "a.txt", overwrite=False)


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


def make_link(path):
    path.with_name("target").write_text("mine")
    path.symlink_to(path.with_name("target"))


def make_pipe(path):
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_link, "is a symbolic link to .*target; name the file itself"),
        (lambda path: path.symlink_to("nowhere"), "is a symbolic link to nowhere"),
        (Path.mkdir, "is a folder; give the name of a file"),
        (make_pipe, "is a pipe; give the name of a file"),
    ],
)
def test_what_is_no_plain_file_is_not_written_over(tmp_path, make, said):
    path = tmp_path / "t.csv"
    make(path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(cdv_geo.OutputError, match=rf"t\.csv {said}"):
        write_table(FRAME, path, overwrite=True)
    assert sorted(tmp_path.iterdir()) == before


def test_a_device_is_not_written_over():
    with pytest.raises(cdv_geo.OutputError, match="/dev/null is a device"):
        write_bytes(b"x", Path("/dev/null"), overwrite=True)


def test_a_name_that_is_none_is_refused(tmp_path):
    with pytest.raises(cdv_geo.OutputError, match="is no name of a file"):
        write_bytes(b"x", tmp_path / "a\0b", overwrite=True)
    with pytest.raises(cdv_geo.OutputError, match="cannot be written: File name too long"):
        write_bytes(b"x", tmp_path / ("a" * 300), overwrite=True)


def test_a_name_as_long_as_a_name_may_be_is_written(tmp_path):
    path = tmp_path / f"{'a' * 251}.csv"
    write_table(FRAME, path, overwrite=False)
    assert path.is_file()


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch, links):
    path = tmp_path / "a.txt"
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)

    def late():
        with replacing(path, overwrite=False) as part:
            part.write_bytes(b"mine")
            path.write_bytes(b"theirs")

    with pytest.raises(cdv_geo.OutputError, match=r"a\.txt exists already"):
        late()
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def no_links(_self, _target):
    raise PermissionError(1, "Operation not permitted")


def test_a_file_system_without_links_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "hardlink_to", no_links)
    write_bytes(b"new", tmp_path / "a.txt", overwrite=False)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b"a,b\n1,2"),
        ("t.csv", b'a\n"1\n'),
        ("t.csv", b"a\n\xff\n"),
        ("t.csv", b""),
        ("t.parquet", b"PAR1"),
        ("t.gpkg", b"SQLite format 3\0"),
        ("t.gpkg", b"x" * 5000),
        ("t.xlsx", b"PK"),
        ("t.geojson", b'{"type":"FeatureCollection","name":"t","features":[\n{"type"'),
        ("t.geojson", b'{"a":[\n{"b":1}\n'),
        ("t.geojson", b'{"a":[\n{"b":NaN}\n]}\n'),
        ("t.geojson", b'{"a":'),
        ("t.html", b""),
    ],
)
def test_a_damaged_file_does_not_go_to_its_place(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(b"old")
    with pytest.raises(cdv_geo.OutputError, match=rf"{name} (was not written whole|cannot be)"):
        write_bytes(content, path, overwrite=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_archive_that_is_no_workbook_does_not_go_to_its_place(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(cdv_geo.OutputError, match=r"\[Content_Types\]\.xml is missing"):
        write_bytes(content.getvalue(), tmp_path / "t.xlsx", overwrite=False)


def test_a_whole_geojson_of_any_layout_goes_to_its_place(tmp_path):
    write_bytes(
        b'{"type": "FeatureCollection", "features": []}', tmp_path / "t.geojson", overwrite=True
    )


def test_a_table_of_which_nothing_was_written_is_refused(tmp_path):
    for ending in ("csv", "parquet", "gpkg", "xlsx"):
        with (
            pytest.raises(cdv_geo.OutputError, match=rf"t\.{ending} "),
            writing_table(tmp_path / f"t.{ending}", overwrite=False),
        ):
            pass
    assert list(tmp_path.iterdir()) == []


def test_what_the_caller_fails_to_read_is_not_said_of_the_output(tmp_path):
    def fail():
        with writing_table(tmp_path / "t.csv", overwrite=False) as write:
            write(FRAME)
            raise FileNotFoundError("source.csv")

    with pytest.raises(FileNotFoundError, match=r"source\.csv"):
        fail()
    assert list(tmp_path.iterdir()) == []


def dead_process():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def host_part():
    """The name of this machine as it stands in the name of a temporary file."""
    return atomic_replacing._host()


def test_leftovers_of_dead_runs_are_cleared_and_those_of_live_ones_stay(tmp_path):
    dead, live, here = dead_process(), os.getpid(), host_part()
    gone = [
        f".cdv_geo.{here}.{dead}.0123abcd.part.gpkg{companion}"
        for companion in ("", "-journal", "-wal", "-shm")
    ]
    stays = [
        f".cdv_geo.{here}.{live}.0123abcd.part.csv",
        f".cdv_geo.elsewhere.{dead}.0123abcd.part.csv",
        ".cdv_geo.notes",
        "mine.part.csv",
    ]
    for name in (*gone, *stays):
        (tmp_path / name).write_text("x")
    old = tmp_path / f".cdv_geo.elsewhere.{live}.4567abcd.part.csv"
    old.write_text("x")
    os.utime(old, (time.time() - 100_000,) * 2)
    write_bytes(b"x", tmp_path / "a", overwrite=False)
    assert {path.name for path in tmp_path.iterdir()} == {*stays, "a"}


def test_where_no_process_can_be_asked_age_tells(tmp_path, monkeypatch):
    part = tmp_path / f".cdv_geo.{host_part()}.{dead_process()}.0123abcd.part"
    part.write_text("x")
    monkeypatch.setattr(atomic_replacing, "_CAN_ASK", False)
    atomic_replacing.sweep(tmp_path)
    assert part.exists()
    os.utime(part, (time.time() - 100_000,) * 2)
    atomic_replacing.sweep(tmp_path)
    assert not part.exists()


def test_the_name_of_a_machine_stays_a_name_of_a_file(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: f"é/{'x' * 300}")
    assert re.fullmatch(r"[\w-]{1,60}", host_part())
