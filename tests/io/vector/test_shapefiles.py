from __future__ import annotations

import zipfile

import pytest

import cdv_geo
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.vector.shapefiles import made_ready
from cdv_geo.io.vector.vector_features import read_features

from hostile_files.opening import open_layer
from squares import CRS, X0, points

PLACES = (0, 0), (10, 0), (20, 0)
THREE = points(*PLACES, nom=["Féjaz", "Bellevue", "Le Cœur"])
PARTS = ("shp", "shx", "dbf", "prj", "cpg")


def written(folder, frame=THREE, name="lieux", **options):
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.shp"
    frame.to_file(path, **options)
    return path


def zipped(path, target, folder="", also=(), without=()):
    with zipfile.ZipFile(target, "w") as archive:
        for one in (path, *also):
            for ending in PARTS:
                part = one.with_suffix(f".{ending}")
                if ending not in without and part.is_file():
                    archive.write(part, f"{folder}{part.name}")
    return target


def names(path, **stated):
    return read_features(open_layer(path, OpenOptions(**stated)), crs=CRS).frame["nom"].tolist()


def notes(path, **stated):
    return [str(note) for note in open_layer(path, OpenOptions(**stated)).notes]


@pytest.mark.parametrize("folder", ["", "export/2024/", "été (1)/"])
def test_a_plain_and_a_zipped_shapefile_give_the_same(tmp_path, folder):
    plain = written(tmp_path / "s")
    packed = zipped(plain, tmp_path / "s.zip", folder)
    for path in (plain, packed):
        features = read_features(open_layer(path), crs=CRS)
        assert features.frame["nom"].tolist() == ["Féjaz", "Bellevue", "Le Cœur"]
        assert features.frame.geometry.x.tolist() == [X0, X0 + 10, X0 + 20]
        assert features.faults == []


def test_only_the_parts_are_copied_and_nothing_stays(tmp_path):
    path = written(tmp_path / "s")
    path.with_suffix(".qix").write_bytes(b"x")
    (path.parent / "lieux.shp.aux.xml").write_text("<x/>", encoding="utf-8")
    with made_ready(path, None) as ready:
        copied = ready.path.parent
        assert sorted(part.suffix[1:] for part in copied.iterdir()) == sorted(PARTS)
    assert not copied.exists()


def test_parts_in_capitals_are_found(tmp_path):
    path = written(tmp_path / "s")
    for part in list(path.parent.iterdir()):
        part.rename(part.with_name(part.name.upper()))
    assert names(path.with_name("LIEUX.SHP")) == ["Féjaz", "Bellevue", "Le Cœur"]


@pytest.mark.parametrize(
    ("truth", "said", "notes_expected"),
    [
        ("UTF-8", "UTF-8", 0),
        ("UTF-8", None, 1),
        ("UTF-8", "1252", 1),  # every text of it is UTF-8, which hardly happens by chance
        ("ISO-8859-1", "ISO-8859-1", 0),
        ("ISO-8859-1", "UTF-8", 1),
        ("ISO-8859-1", None, 1),
        ("ISO-8859-1", "", 1),
        ("ISO-8859-1", "klingon", 1),
    ],
)
def test_texts_are_read_whatever_the_file_says_of_their_encoding(
    tmp_path, truth, said, notes_expected
):
    frame = THREE.assign(nom=["Féjaz", "Bellevue", "Coeur"])
    path = written(tmp_path / "s", frame, encoding=truth)
    cpg = path.with_suffix(".cpg")
    cpg.unlink()
    if said is not None:
        cpg.write_text(said, encoding="ascii")
    assert names(path) == ["Féjaz", "Bellevue", "Coeur"]
    assert len(notes(path)) == notes_expected


def test_a_missing_system_is_refused_with_the_one_that_fits(tmp_path):
    path = written(tmp_path / "s")
    path.with_suffix(".prj").unlink()
    with pytest.raises(cdv_geo.DataError, match=r"in its \.prj\); the coordinates fit EPSG:2154"):
        open_layer(path)
    assert names(path, crs="EPSG:2154") == ["Féjaz", "Bellevue", "Le Cœur"]


def test_a_system_as_arcgis_writes_it_is_known(tmp_path):
    path = written(tmp_path / "s")
    prj = path.with_suffix(".prj").read_text(encoding="latin-1")
    assert "RGF_1993_Lambert_93" in prj
    assert open_layer(path).crs.to_string() == "EPSG:2154"
    path.with_suffix(".prj").write_text('LOCAL_CS["x"]', encoding="latin-1")
    with pytest.raises(cdv_geo.DataError, match="which is in no register"):
        open_layer(path)


@pytest.mark.parametrize(("ending", "holds"), [("dbf", "the columns"), ("shx", "the index")])
def test_a_part_that_is_missing_is_named(tmp_path, ending, holds):
    path = written(tmp_path / "s")
    packed = zipped(path, tmp_path / "s.zip", without=(ending,))
    path.with_suffix(f".{ending}").unlink()
    for shapefile in (path, packed):
        with pytest.raises(
            cdv_geo.DataError, match=rf"has no \.{ending} beside its \.shp: {holds}"
        ):
            open_layer(shapefile)


@pytest.mark.parametrize("rows", [2, 4])
def test_shapes_and_rows_of_different_numbers_are_refused(tmp_path, rows):
    path = written(tmp_path / "s")
    more = points(*[(0, 0)] * rows, nom=["x"] * rows)
    written(tmp_path / "t", more).with_suffix(".dbf").replace(path.with_suffix(".dbf"))
    with pytest.raises(cdv_geo.DataError, match=f"has 3 shapes and its .dbf {rows} rows"):
        open_layer(path)


@pytest.mark.parametrize("ending", ["shp", "shx", "dbf"])
@pytest.mark.parametrize("left", [0, 10, 99, -8])
def test_a_part_that_is_cut_off_is_refused_in_one_sentence(tmp_path, ending, left):
    path = written(tmp_path / "s")
    part = path.with_suffix(f".{ending}")
    part.write_bytes(part.read_bytes()[:left])
    with pytest.raises(cdv_geo.DataError, match=r"lieux\.shp "):
        read_features(open_layer(path), crs=CRS)


def test_an_archive_of_two_layers_needs_to_be_told_which(tmp_path):
    one = written(tmp_path / "s", name="un")
    two = written(tmp_path / "s", points((5, 5), nom=["autre"]), name="deux")
    packed = zipped(one, tmp_path / "s.zip", also=(two,))
    with pytest.raises(cdv_geo.DataError, match=r"2 layers \(deux, un\); one is expected"):
        open_layer(packed)
    assert names(packed, layer="deux") == ["autre"]
    with pytest.raises(cdv_geo.DataError, match="has no layer “trois”; its layers are deux, un"):
        open_layer(packed, OpenOptions(layer="trois"))


def test_two_layers_of_one_name_in_two_folders_are_two(tmp_path):
    first = written(tmp_path / "2023", points((5, 5), nom=["ancien"]))
    second = written(tmp_path / "2024")
    packed = tmp_path / "s.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (first, second):
            for ending in PARTS:
                part = path.with_suffix(f".{ending}")
                archive.write(part, f"{path.parent.name}/{part.name}")
    with pytest.raises(cdv_geo.DataError, match="2 layers"):
        open_layer(packed)


@pytest.mark.parametrize("folder", ["../", "/tmp/", "a/../../", "..\\"])  # noqa: S108  # in a name
def test_an_archive_whose_entries_lead_away_writes_nothing_there(tmp_path, folder):
    inner = tmp_path / "inner"
    path = written(tmp_path / "s")
    inner.mkdir()
    packed = zipped(path, inner / "s.zip", folder)
    before = sorted(tmp_path.rglob("*"))
    assert names(packed) == ["Féjaz", "Bellevue", "Le Cœur"]
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_mac_adds_to_an_archive_is_no_layer(tmp_path):
    packed = zipped(written(tmp_path / "s"), tmp_path / "s.zip")
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("__MACOSX/._lieux.shp", b"\x00\x05\x16\x07")
        archive.writestr("__MACOSX/._lieux.dbf", b"\x00\x05\x16\x07")
    assert names(packed) == ["Féjaz", "Bellevue", "Le Cœur"]


def test_a_part_that_is_a_link_away_is_refused(tmp_path):
    path = written(tmp_path / "s")
    outside = tmp_path / "outside.dbf"
    path.with_suffix(".dbf").replace(outside)
    path.with_suffix(".dbf").symlink_to(outside)
    with pytest.raises(cdv_geo.DataError, match="a link to a file outside its folder"):
        open_layer(path)


def test_a_missing_index_is_called_so(tmp_path):
    packed = zipped(written(tmp_path / "s"), tmp_path / "s.zip", without=("shx",))
    with pytest.raises(cdv_geo.DataError, match=r"has no \.shx .* the index, .*, is missing\."):
        open_layer(packed)
