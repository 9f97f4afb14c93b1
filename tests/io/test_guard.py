from __future__ import annotations

import io
import os
import socket
import zipfile
from pathlib import Path

import pytest

import cdv_geo
from cdv_geo.io import guard

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(*names, content=b"x"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            # Of no time: the content names the test, and workers compare these names.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write(tmp_path, content, name="file.dat"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def kind_of(path, kinds=tuple(guard.KINDS)):
    with guard.admitted(path, kinds) as opened:
        assert (opened.path, opened.file.tell()) == (path, 0)
        return opened.kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"a;b\n1;2\n", guard.CSV),
        (b"\xef\xbb\xbfa;b\n", guard.CSV),
        ("a;b\n".encode("utf-16"), guard.CSV),
        ("nom;é\n".encode("utf-16-le"), guard.CSV),
        ("nom;é\n".encode("utf-16-be"), guard.CSV),
        ("é;œ\n".encode("cp1252"), guard.CSV),
        (b"\xef\xbb\xbf \n{}", guard.GEOJSON),
        (b"SQLite format 3\x00rest", guard.GEOPACKAGE),
        (b"PAR1rest", guard.PARQUET),
        (b"II*\x00", guard.GEOTIFF),
        (b"MM\x00+", guard.GEOTIFF),
        (b"\x00\x00\x27\x0arest", guard.SHAPEFILE),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), guard.XLSX),
        (zipped("dossier/QP.SHP", "dossier/QP.DBF"), guard.SHAPEFILE),
    ],
)
def test_the_kind_is_told_by_the_content_whatever_the_name(tmp_path, content, kind):
    assert kind_of(write(tmp_path, content)) == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (_OLD_OFFICE, "an old Office file"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
        (b"{\\rtf1 hello}", "is an RTF document"),
        (b"<!DOCTYPE html><table>", "is XML or HTML"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>", "is XML or HTML"),
        (b"a\x00\x01\x02b;c", "is neither text nor any of"),
        (zipped("a.txt", "b.csv"), r"an archive of a\.txt, b\.csv"),
        (zipped(), "an archive of nothing"),
        (zipped("a.shp")[:40], "cannot be read as an archive"),
    ],
)
def test_what_is_of_no_accepted_kind_is_refused_by_what_it_is(tmp_path, content, said):
    with pytest.raises(cdv_geo.DataError, match=rf"file\.dat .*{said}"):
        kind_of(write(tmp_path, content))


def test_a_kind_that_is_not_wanted_here_is_named_with_those_that_are(tmp_path):
    with pytest.raises(cdv_geo.DataError, match=r"is of the kind CSV; accepted here are GeoTIFF\."):
        kind_of(write(tmp_path, b"a;b\n"), (guard.GEOTIFF,))


@pytest.mark.parametrize(
    "address",
    [
        "/vsicurl/https://example.org/a.gpkg",
        "/vsizip/a.zip",
        "https://example.org/a.csv",
        "PG:host=example.org",
        "WFS:https://example.org",
        r"\\server\share\a.csv",
    ],
)
def test_an_address_is_no_file(address):
    with pytest.raises(cdv_geo.DataError, match="is an address or a connection"):
        guard.require_regular_file(Path(address))


def test_a_file_whose_name_looks_like_an_address_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("note:2024.csv").write_text("a;b\n", encoding="utf-8")
    assert kind_of(Path("note:2024.csv")) == guard.CSV


def test_folders_pipes_sockets_and_devices_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, said in (
            (tmp_path, "is a folder"),
            (tmp_path / "pipe", "is no regular file"),
            (tmp_path / "socket", "is no regular file"),
            (Path(os.devnull), "is no regular file"),
        ):
            with pytest.raises(cdv_geo.DataError, match=said):
                kind_of(path)


def test_a_link_may_lead_within_its_folder_and_not_away_from_it(tmp_path):
    inside, outside = tmp_path / "folder", tmp_path / "outside.csv"
    inside.mkdir()
    outside.write_text("a;b\n", encoding="utf-8")
    write(inside, b"a;b\n", "own.csv")
    (inside / "near.csv").symlink_to("own.csv")
    (inside / "away.csv").symlink_to(outside)
    (inside / "broken.csv").symlink_to("none.csv")
    (inside / "round.csv").symlink_to("round.csv")
    assert kind_of(inside / "near.csv") == guard.CSV
    for name, said in (
        ("away.csv", "a link to a file outside its folder"),
        ("broken.csv", "does not exist"),
        ("round.csv", "cannot be read: "),
    ):
        with pytest.raises(cdv_geo.DataError, match=said):
            kind_of(inside / name)


def test_a_name_that_no_system_takes_is_refused_in_one_sentence(tmp_path):
    for name in ("a\0b.csv", "x" * 300):
        with pytest.raises(cdv_geo.DataError, match="cannot be read"):
            kind_of(tmp_path / name)


@pytest.mark.parametrize("name", ["[Content_Types].xml", "layer.shp"])
def test_an_archive_that_would_unpack_to_very_much_is_refused_unopened(tmp_path, name):
    bomb = zipped(name, "xl/sheet.xml", content=bytes(30 << 20))
    with pytest.raises(cdv_geo.DataError, match=r"would unpack to 60 MB, [\d,]+ times its size"):
        kind_of(write(tmp_path, bomb))


def test_an_archive_of_very_many_files_is_refused(tmp_path):
    many = zipped(*(f"{n}.shp" for n in range(10_001)))
    with pytest.raises(cdv_geo.DataError, match="in 10001 files"):
        kind_of(write(tmp_path, many))


def test_an_encrypted_archive_is_refused(tmp_path):
    content = bytearray(zipped("layer.shp"))
    content[6] |= 1  # of the file itself
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    with pytest.raises(cdv_geo.DataError, match="is encrypted; an archive without a password"):
        kind_of(write(tmp_path, bytes(content)))


def test_a_member_whose_content_is_spoilt_cannot_be_unpacked(tmp_path):
    content = bytearray(zipped("layer.shp", content=os.urandom(100)))
    content[60] ^= 0xFF
    path = write(tmp_path, bytes(content))
    with (
        path.open("rb") as file,
        guard.open_archive(path, file) as archive,
        pytest.raises(cdv_geo.DataError, match=r"layer\.shp cannot be unpacked: "),
    ):
        guard.unpack(path, archive, "layer.shp")


def test_the_parts_of_a_shapefile_are_found_in_any_case_and_no_others(tmp_path):
    for name in ("QP.SHP", "qp.dbf", "Qp.Prj", "qp2.shx", "other.dbf"):
        write(tmp_path, b"x", name)
    found = guard.siblings(tmp_path / "QP.SHP")
    assert {ending: path.name for ending, path in found.items()} == {
        ".shp": "QP.SHP",
        ".dbf": "qp.dbf",
        ".prj": "Qp.Prj",
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_json_in_utf_16_is_called_so(tmp_path, encoding):
    path = tmp_path / "a.geojson"
    path.write_bytes('{"type": "FeatureCollection", "features": []}'.encode(encoding))
    said = "is JSON in UTF-16; GeoJSON is UTF-8"
    with pytest.raises(cdv_geo.DataError, match=said), guard.admitted(path):
        pass


def test_a_link_may_lead_within_a_folder_and_not_out_of_it(tmp_path):
    folder, beside = tmp_path / "folder", tmp_path / "folder-of-others"
    (folder / "a").mkdir(parents=True)
    beside.mkdir()
    (folder / "inner").symlink_to("a")
    (folder / "outer").symlink_to(beside)
    (folder / "round").symlink_to("round")
    for name in ("a/t.csv", "inner/t.csv", "nothing/t.csv", "a/../t.csv"):
        assert guard.within(folder, name) == folder / name
    (tmp_path / "by another name").symlink_to(folder)
    assert guard.within(tmp_path / "by another name", "a/t.csv").parent.is_dir()
    for name in ("outer", "outer/t.csv", "inner/../../folder-of-others/t.csv", "round/t.csv"):
        with pytest.raises(cdv_geo.DataError, match=r"leads out of .*folder by a link"):
            guard.within(folder, name)
