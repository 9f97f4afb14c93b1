from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3

import pytest

import cdv_geo
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources
from cdv_geo.io.vector.geopackages import look_into
from cdv_geo.io.vector.vector_features import read_features

from hostile_files.opening import open_layer
from squares import CRS, X0, points

THREE = points((0, 0), (10, 0), (20, 0), nom=["un", "deux", "trois"])


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "lieux.gpkg"
    THREE.to_file(path, layer="lieux")
    return path


def run(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as database:
        # GDAL's own triggers use functions that SQLite alone does not have.
        database.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0.0)
        for statement in statements:
            database.execute(statement)
        database.commit()


def refusal(path, layer=None):
    with pytest.raises(cdv_geo.DataError) as refused:
        look_into(path, layer)
    return str(refused.value)


def test_a_package_as_gdal_writes_it_is_looked_into_and_nothing_is_made_beside_it(package):
    before = package.read_bytes()
    contents = look_into(package, None)
    assert (contents.layer, contents.rows, contents.notes) == ("lieux", 3, [])
    frame = read_features(open_layer(package), crs=CRS).frame
    assert frame["nom"].tolist() == ["un", "deux", "trois"]
    assert frame.geometry.x.tolist() == [X0, X0 + 10, X0 + 20]
    assert [path.name for path in package.parent.iterdir()] == ["lieux.gpkg"]
    assert package.read_bytes() == before


def test_a_package_in_a_folder_that_cannot_be_written_is_read(package):
    package.chmod(0o444)
    package.parent.chmod(0o555)
    try:
        assert len(read_features(open_layer(package), crs=CRS).frame) == 3
    finally:
        package.parent.chmod(0o755)


def test_a_package_that_is_kept_in_a_log_beside_it_is_read_once_it_is_closed(package):
    run(package, "PRAGMA journal_mode = WAL")
    assert look_into(package, None).rows == 3
    assert len(read_features(open_layer(package), crs=CRS).frame) == 3
    assert [path.name for path in package.parent.iterdir()] == ["lieux.gpkg"]


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_changes_that_lie_beside_a_package_are_not_lost_silently(package, ending):
    beside = package.with_name(f"lieux.gpkg{ending}")
    beside.touch()
    assert look_into(package, None).rows == 3  # of no byte, it holds no change
    beside.write_bytes(b"x")
    assert f"has changes beside it (lieux.gpkg{ending})" in refusal(package)


def test_a_log_that_another_program_still_writes_is_refused(package):
    with contextlib.closing(sqlite3.connect(package)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("UPDATE gpkg_contents SET description = 'x'")
        database.commit()
        assert "close it in the program that has it open" in refusal(package)


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("trigger_insert_feature_count_lieux2", "DELETE FROM lieux"),
        ("rtree_lieux_geom_insert2", "UPDATE OR REPLACE lieux SET nom = 'x'"),
        ("t", "UPDATE gpkg_contents SET description = 'gpkg_ogr_contents'"),
        ("t", "INSERT INTO \"lieux\" (nom) VALUES ('x')"),
        ("t", "REPLACE INTO lieux (nom) VALUES ('x')"),
        ("t", "DELETE /* */ FROM lieux"),
    ],
)
def test_a_trigger_that_is_not_of_the_standard_is_refused_whatever_its_name(package, name, does):
    run(package, f"CREATE TRIGGER {name} AFTER INSERT ON lieux BEGIN {does}; END")
    assert f"has the trigger “{name}”" in refusal(package)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE VIEW vue AS SELECT * FROM lieux", "has the view “vue”"),
        ("CREATE VIRTUAL TABLE texte USING fts5(x)", "“texte”, a virtual table"),
        ("CREATE VIRTUAL TABLE [t] USING /* x */ fts5(x)", "“t”, a virtual table"),
    ],
)
def test_what_a_database_can_hold_besides_tables_is_refused(package, statement, said):
    run(package, statement)
    assert said in refusal(package)


def test_an_index_of_places_is_of_the_standard(package):
    run(package, "CREATE VIRTUAL TABLE autre USING rtree(id, a, b, c, d)")
    assert look_into(package, None).rows == 3


@pytest.mark.parametrize("claimed", [0, 1, 2, 5, 1_000_000])
def test_a_stale_count_of_rows_is_said_and_all_rows_are_read(package, claimed):
    run(package, f"UPDATE gpkg_ogr_contents SET feature_count = {claimed}")  # noqa: S608
    (note,) = look_into(package, None).notes
    assert (
        note.message == f"the file says that it has {claimed} rows, and has 3; all of them are read"
    )
    features = read_features(open_layer(package), crs=CRS)
    assert features.frame["nom"].tolist() == ["un", "deux", "trois"]
    assert note in features.faults


@pytest.mark.parametrize(
    "statement",
    ["UPDATE gpkg_ogr_contents SET feature_count = NULL", "DROP TABLE gpkg_ogr_contents"],
)
def test_no_count_is_no_fault(package, statement):
    # The triggers that keep the count go with their table.
    names = ("insert", "delete")
    drops = [f"DROP TRIGGER trigger_{name}_feature_count_lieux" for name in names]
    run(package, *drops, statement)
    assert look_into(package, None).notes == []
    assert len(read_features(open_layer(package), crs=CRS).frame) == 3


def test_of_two_layers_one_has_to_be_named(package):
    points((500, 500)).to_file(package, layer="autres")
    assert "has 2 layers (autres, lieux); one is expected, or --layer names it" in refusal(package)
    assert look_into(package, "lieux").rows == 3
    assert len(read_features(open_layer(package, OpenOptions(layer="autres")), crs=CRS).frame) == 1
    assert "has no layer “Lieux”; its layers are autres, lieux" in refusal(package, "Lieux")


def test_a_table_without_geometry_beside_a_layer_is_no_layer(package):
    run(
        package,
        "CREATE TABLE notes (fid INTEGER PRIMARY KEY, texte TEXT)",
        "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('notes', 'attributes')",
    )
    assert look_into(package, None).layer == "lieux"
    assert "has no layer “notes”" in refusal(package, "notes")


def test_a_layer_whose_name_has_marks_is_read(tmp_path):
    path = tmp_path / "f.gpkg"
    name = 'l\'été "2024" ; DROP TABLE x'
    THREE.to_file(path, layer=name)
    contents = look_into(path, None)
    assert (contents.layer, contents.rows) == (name, 3)
    assert len(read_features(open_layer(path), crs=CRS).frame) == 3


def test_a_package_whose_name_has_marks_is_read(tmp_path):
    path = tmp_path / "été 50% #1?mode=rwc.gpkg"
    THREE.to_file(path, layer="lieux")
    assert look_into(path, None).rows == 3
    assert len(read_features(open_layer(path), crs=CRS).frame) == 3


def test_a_layer_whose_table_is_gone_is_refused_in_one_sentence(package):
    run(package, "PRAGMA foreign_keys = OFF", "ALTER TABLE lieux RENAME TO ailleurs")
    run(package, "UPDATE gpkg_geometry_columns SET table_name = 'lieux'")
    assert "cannot be read as a GeoPackage: no such table: lieux" in refusal(package)


def test_what_is_no_package_is_refused(package, tmp_path):
    other = tmp_path / "other.gpkg"
    run(other, "CREATE TABLE t (a)")
    assert "is an SQLite database, and no GeoPackage" in refusal(other)
    whole = package.read_bytes()
    for cut in (100, 4096, len(whole) // 2, len(whole) - 100):
        other.write_bytes(whole[:cut])
        said = refusal(other)
        assert "cannot be read as a GeoPackage" in said or "is damaged" in said


def test_a_package_without_layer_is_refused(package):
    run(package, "DELETE FROM gpkg_geometry_columns")
    assert "has 0 layers (none with a geometry)" in refusal(package)


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE VIRTUAL TABLE "a""b; --" USING rtree(id, a, b, c, d)',
        "CREATE VIRTUAL TABLE [a /* b] USING rtree(id, a, b, c, d)",
        "CREATE VIRTUAL TABLE `a``'b` -- USING fts5(\n USING\n/* ( */ rtree_i32(id, a, b, c, d)",
        "CREATE VIRTUAL TABLE 'it''s' USING \"RTREE\"(id, a, b, c, d)",
    ],
)
def test_an_index_of_places_is_known_whatever_its_name_and_quotation(package, statement):
    run(package, statement)
    assert look_into(package, None).rows == 3


@pytest.mark.parametrize(
    ("written", "name", "using"),
    [
        ("x", "x", 'fts5(a, "USING rtree(")'),
        ("x", "x", "fts5(a, 'USING rtree(')"),
        ("[USING rtree(]", "USING rtree(", "fts5(a)"),
        ('"USING" /* USING rtree(id */', "USING", "fts5(a)"),
    ],
)
def test_a_module_is_the_word_after_the_name_of_the_table(package, written, name, using):
    # As it would stand in a file that somebody made, whether or not SQLite knows the module.
    statement = f"CREATE VIRTUAL TABLE {written} USING {using}"
    run(
        package,
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) "  # noqa: S608
        f"VALUES ('table', '{name}', '{name}', 0, '{statement.replace(chr(39), 2 * chr(39))}')",
    )
    assert f"has “{name}”, a virtual table" in refusal(package)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("gpkg_geometry_columns", "column_name"),
        ("gpkg_contents", "table_name"),
        ("gpkg_spatial_ref_sys", "definition"),
    ],
)
def test_a_name_that_is_kept_as_bytes_is_a_name(package, table, column):
    run(package, f"UPDATE {table} SET {column} = CAST({column} AS BLOB)")  # noqa: S608
    try:
        features = read_features(open_layer(package), crs=CRS)
    except cdv_geo.DataError:
        return  # GDAL does not take it for one
    assert features.frame["nom"].tolist() == ["un", "deux", "trois"]


@pytest.mark.parametrize("name", ['a"b;DROP TABLE x;--🏛', "a -- b", "l'île /* x"])
def test_a_layer_may_have_any_name(tmp_path, name):
    THREE.to_file(tmp_path / "l.gpkg", layer=name)
    assert look_into(tmp_path / "l.gpkg", None).rows == 3
    features = read_features(open_layer(tmp_path / "l.gpkg"), crs=CRS)
    assert features.frame["nom"].tolist() == ["un", "deux", "trois"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "ALTER TABLE lieux ADD COLUMN vaste TEXT AS (hex(zeroblob(400000000)))",
            "the column “vaste” of “lieux” is computed",
        ),
        (
            f"ALTER TABLE lieux ADD COLUMN long TEXT DEFAULT '{'x' * 1_001}'",
            "the column “long” of “lieux” has a default of 1,003 characters",
        ),
        (
            "UPDATE lieux SET geom = zeroblob(17000000) WHERE nom = 'deux'",
            "a value of the column “geom” has 16 MB; at most 16 MB are read",
        ),
    ],
)
def test_what_would_fill_the_memory_is_refused_unread(package, statement, said):
    run(package, statement)
    assert said in refusal(package)


def test_a_value_is_refused_for_its_size_only_where_its_column_is_read(package):
    run(
        package,
        "ALTER TABLE lieux ADD COLUMN photo BLOB",
        "UPDATE lieux SET photo = zeroblob(17000000)",
    )
    layer = open_layer(package)
    assert len(read_features(layer, crs=CRS, columns=["nom"]).frame) == 3
    with pytest.raises(cdv_geo.DataError, match="a value of the column “photo” has 16 MB"):
        next(layer.batches(["photo"], 10))


def test_a_condition_of_a_table_is_not_reckoned(package):
    run(
        package,
        "PRAGMA ignore_check_constraints = ON",
        "CREATE TABLE t (a CHECK (length(hex(zeroblob(900000000))) > a))",
        "INSERT INTO t VALUES (1)",
    )
    assert look_into(package, None).rows == 3


@pytest.mark.parametrize(
    "geometry",
    ["12", "'POINT(1 2)'", "x''", "x'47500001'", "x'4750000B' || zeroblob(40)", "zeroblob(99)"],
)
def test_a_row_whose_geometry_is_none_is_rejected_and_never_without_place(package, geometry):
    run(package, f"UPDATE lieux SET geom = {geometry} WHERE nom = 'deux'")  # noqa: S608
    features = read_features(open_layer(package), crs=CRS)
    assert features.frame["nom"].tolist() == ["un", "trois"]
    (fault,) = [fault for fault in features.faults if fault.row is not None]
    assert (fault.row, fault.column) == (2, "geometry")
    assert "it does not begin as those of a GeoPackage do" in fault.message


@pytest.mark.parametrize(
    ("declared", "value", "called"),
    [
        ("INTEGER", "'2A004'", "whole number of 64 bits"),
        ("INTEGER", "2.5", "whole number of 64 bits"),
        ("INTEGER", "''", "whole number of 64 bits"),
        ("MEDIUMINT", "3000000000", "whole number of 32 bits"),
        ("BOOLEAN", "'yes'", "truth value (0 or 1)"),
        ("BOOLEAN", "7", "truth value (0 or 1)"),
        ("DOUBLE", "'Infinity'", "number"),
        ("TEXT(20)", "x'3132'", "text"),
        ("DATE", "'pas'", "date (YYYY-MM-DD)"),
        ("DATE", "'now'", "date (YYYY-MM-DD)"),
        ("DATE", "'2024-02-30'", "date (YYYY-MM-DD)"),
        ("DATE", "2024", "date (YYYY-MM-DD)"),
        ("DATETIME", "'12:00'", "date and time (YYYY-MM-DDTHH:MM:SSZ)"),
        ("DATETIME", "'2024-01-01 25:00'", "date and time (YYYY-MM-DDTHH:MM:SSZ)"),
    ],
)
def test_a_value_that_is_not_of_its_column_rejects_its_row(package, capfd, declared, value, called):
    run(
        package,
        f"ALTER TABLE lieux ADD COLUMN valeur {declared}",
        f"UPDATE lieux SET valeur = {value} WHERE nom = 'deux'",  # noqa: S608
    )
    features = read_features(open_layer(package), crs=CRS)
    assert features.frame["nom"].tolist() == ["un", "trois"]
    (fault,) = [fault for fault in features.faults if fault.row is not None]
    assert (fault.row, fault.column) == (2, "valeur")
    assert fault.message == f"“{fault.value}” is no {called}"
    assert len(read_features(open_layer(package), crs=CRS, columns=["nom"]).frame) == 3
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("declared", "value", "read"),
    [
        ("TEXT", "73065", "73065"),
        ("INTEGER", "'73065'", 73065),
        ("DOUBLE", "2", 2.0),
        ("DATE", "'2024-02-29'", dt.date(2024, 2, 29)),
    ],
)
def test_a_value_that_its_column_can_hold_is_read(package, declared, value, read):
    run(
        package,
        f"ALTER TABLE lieux ADD COLUMN valeur {declared}",
        f"UPDATE lieux SET valeur = {value}",  # noqa: S608
    )
    features = read_features(open_layer(package), crs=CRS)
    assert features.frame["valeur"].tolist() == [read] * 3


def test_what_sqlite_calls_a_moment_is_one_in_every_form_of_the_standard(package):
    run(
        package,
        "ALTER TABLE lieux ADD COLUMN valeur DATETIME",
        "UPDATE lieux SET valeur = '2024-05-01T10:20:30.123Z' WHERE nom = 'un'",
        "UPDATE lieux SET valeur = '2024-05-01T10:20Z' WHERE nom = 'deux'",
    )
    assert len(read_features(open_layer(package), crs=CRS).frame) == 3


def test_a_place_with_a_value_that_is_not_of_its_column_is_told_and_left_out(package):
    run(
        package,
        "ALTER TABLE lieux ADD COLUMN code_insee INTEGER",
        "UPDATE lieux SET code_insee = '2A004' WHERE nom = 'deux'",
    )
    (source,) = open_sources([package], Reading(CRS, {"exacte": 0.0}, batch_rows=2))
    told = [(note.row, note.value) for note in source.notes if note.row is not None]
    assert told == [(2, "2A004")]
    first, second = source.batches()
    assert [fault.row for fault in (*first.notes, *second.notes) if fault.value == "2A004"] == [2]
