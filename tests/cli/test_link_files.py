"""Files of one's own, from their first reading to the last of their rows."""

from __future__ import annotations

import geopandas as gpd
import openpyxl
import pandas as pd
import pyproj
import pytest
from click.testing import CliRunner

from cdv_geo.cli.command_group import cli

HEADER = ("id", "nom", "longitude", "latitude")
INSIDE = (5.92081, 45.590738)  # in QN07302M
OUTSIDE = (5.95, 45.53)  # in no perimeter


def link(*arguments, code=0):
    done = CliRunner().invoke(cli, ["link", *map(str, arguments)])
    assert done.exit_code == code, done.output
    assert not done.exception or isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    return done.stderr


def links_of(path, **options):
    return pd.read_csv(path, dtype=str, **options)


def certain(path):
    table = links_of(path)
    sure = table[table["status"] == "certain"]
    return sure[["id", "code", "basis"]].to_numpy().tolist()


def book(path, *rows, header=HEADER):
    made = openpyxl.Workbook()
    for row in (header, *rows):
        made.active.append(row)
    made.save(path)
    return path


def text(path, *rows, header="id;nom;longitude;latitude", encoding="utf-8"):
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def counts(said):
    line = next(line for line in said.splitlines() if " in = " in line)
    return line.partition(" (of them")[0] + line.partition(")")[2]


def test_a_workbook_is_linked_like_any_other_file(tmp_path):
    rows = ("a", "Un", *INSIDE), ("b", "Deux", *OUTSIDE)
    said = link(book(tmp_path / "t.xlsx", *rows), "-o", tmp_path / "l.csv")
    assert counts(said) == "2 in = 1 linked + 1 unlinked + 0 rejected"
    assert certain(tmp_path / "l.csv") == [["a", "QN07302M", "inside"]]


def test_rows_without_id_are_called_by_the_file_and_their_number(tmp_path):
    rows = ("Un", *INSIDE), ("Deux", *INSIDE)
    path = book(tmp_path / "t.xlsx", *rows, header=HEADER[1:])
    said = link(path, "-o", tmp_path / "l.csv")
    assert "there is no column “id”; each row is called by its number" in said
    assert [row[0] for row in certain(tmp_path / "l.csv")] == ["t 2", "t 3"]


def test_what_was_repaired_rejected_and_set_apart_is_said(tmp_path):
    path = text(
        tmp_path / "t.csv",
        "a;Un;73065;5,92081;45,590738", "b;Deux;1004;5,92081;45,590738",
        "c;Trois;73O65;5,92081;45,590738", ";;;;", "Total;3;;;",
        header="id;nom;code_insee;longitude;latitude",
    )  # fmt: skip
    said = link(path, "-o", tmp_path / "l.csv")
    assert counts(said).startswith("3 in = ")
    assert counts(said).endswith("+ 1 rejected")
    assert "Rejected: id c: row 4, code_insee: “73O65” is not accepted" in said
    assert "1 rows were repaired" in said
    assert "Set apart: 1 blank, 1 total lines" in said


@pytest.fixture
def unfinished(tmp_path):
    """Five rows: two with a usable position, one without, one swapped, one that is no number."""
    return text(
        tmp_path / "t.csv",
        "a;Un;5,92081;45,590738", "b;Deux;;", "c;Trois;45,590738;5,92081", "d;Quatre;ici;là",
        "e;Cinq;5,95;45,53",
    )  # fmt: skip


def complete(path, first, second, *places):
    """Fill in the places of the first rows of a workbook, and give the ids of all of them."""
    opened = openpyxl.load_workbook(path)
    sheet = opened.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    rows = list(sheet.iter_rows(min_row=2))
    for row, place in zip(rows, places, strict=False):
        row[names.index(first)].value, row[names.index(second)].value = place
    opened.save(path)
    return [row[names.index("id")].value for row in rows]


def test_what_could_not_be_located_is_completed_by_hand_and_then_linked(tmp_path, unfinished):
    todo = tmp_path / "todo.xlsx"
    said = link(unfinished, "-o", tmp_path / "l.csv", "--unlocated", todo)
    assert counts(said) == "5 in = 1 linked + 2 unlinked + 2 rejected"
    assert "(3 rows to be completed)" in said
    assert complete(todo, "longitude", "latitude", INSIDE, INSIDE, OUTSIDE) == ["b", "c", "d"]
    said = link(todo, "-o", tmp_path / "again.csv", "--unlocated", tmp_path / "left.xlsx")
    assert counts(said) == "3 in = 2 linked + 1 unlinked + 0 rejected"
    assert "(0 rows to be completed)" in said
    assert [row[0] for row in certain(tmp_path / "again.csv")] == ["b", "c"]


def test_what_is_not_completed_is_written_again_as_it_was(tmp_path, unfinished):
    todo, left = tmp_path / "todo.xlsx", tmp_path / "left.xlsx"
    link(unfinished, "-o", tmp_path / "l.csv", "--unlocated", todo)
    complete(todo, "longitude", "latitude", INSIDE)
    said = link(todo, "-o", tmp_path / "again.csv", "--unlocated", left)
    assert counts(said) == "3 in = 1 linked + 0 unlinked + 2 rejected"
    header, _, *rest = openpyxl.load_workbook(todo).worksheets[0].iter_rows(values_only=True)
    again = openpyxl.load_workbook(left).worksheets[0].iter_rows(values_only=True)
    assert list(again) == [header, *rest]


def test_rows_that_have_no_id_of_their_own_keep_the_one_they_were_given(tmp_path):
    path = text(
        tmp_path / "t.csv", "Un;5,92081;45,590738", "Deux;;", header="nom;longitude;latitude"
    )
    todo = tmp_path / "todo.xlsx"
    link(path, "-o", tmp_path / "l.csv", "--unlocated", todo)
    assert complete(todo, "longitude", "latitude", INSIDE) == ["t 3"]
    link(todo, "-o", tmp_path / "again.csv")
    assert certain(tmp_path / "again.csv") == [["t 3", "QN07302M", "inside"]]


@pytest.mark.parametrize("columns", [("x", "y"), ("longitude", "latitude")])
def test_rows_of_metres_are_completed_in_metres_or_in_degrees(tmp_path, columns):
    place = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform(*INSIDE)
    sound = f"a;Un;{place[0]:.1f};{place[1]:.1f}"
    path = text(tmp_path / "t.csv", sound, "b;Deux;;", header="id;nom;x;y")
    todo = tmp_path / "todo.xlsx"
    link(path, "-o", tmp_path / "l.csv", "--unlocated", todo)
    complete(todo, *columns, place if columns == ("x", "y") else INSIDE)
    said = link(todo, "-o", tmp_path / "again.csv")
    assert counts(said) == "1 in = 1 linked + 0 unlinked + 0 rejected"


def test_rows_of_one_column_of_places_are_completed(tmp_path):
    path = text(
        tmp_path / "t.csv", "a;Un;45.590738, 5.92081", "b;Deux;", "c;Trois;ici",
        header="id;nom;geo_point_2d",
    )  # fmt: skip
    todo = tmp_path / "todo.xlsx"
    link(path, "-o", tmp_path / "l.csv", "--unlocated", todo)
    assert complete(todo, "longitude", "latitude", INSIDE, INSIDE) == ["b", "c"]
    said = link(todo, "-o", tmp_path / "again.csv")
    assert counts(said) == "2 in = 2 linked + 0 unlinked + 0 rejected"


def test_the_embedded_tables_have_their_unlocated_rows_too(tmp_path):
    said = link("actions", "-o", tmp_path / "l.csv", "--unlocated", tmp_path / "todo.xlsx")
    unlinked = openpyxl.load_workbook(tmp_path / "todo.xlsx").worksheets[0]
    assert f"({unlinked.max_row - 1} rows to be completed)" in said
    assert unlinked.max_row > 1


def test_a_workbook_of_unlocated_rows_that_exists_is_found_before_anything_is_written(
    tmp_path, unfinished
):
    todo = tmp_path / "todo.xlsx"
    todo.write_bytes(b"mine")
    said = link(unfinished, "-o", tmp_path / "l.csv", "--unlocated", todo, code=1)
    assert "todo.xlsx exists already; give --overwrite" in said
    assert todo.read_bytes() == b"mine"
    assert not (tmp_path / "l.csv").exists()


@pytest.mark.parametrize("name", ["todo.csv", "todo", "none/todo.xlsx"])
def test_unlocated_rows_go_to_a_workbook_and_nothing_is_written_where_they_cannot(
    tmp_path, unfinished, name
):
    link(unfinished, "-o", tmp_path / "l.csv", "--unlocated", tmp_path / name, code=2)
    assert not (tmp_path / "l.csv").exists()


def test_the_links_and_the_unlocated_rows_are_two_files(tmp_path, unfinished):
    same = tmp_path / "l.csv"
    link(unfinished, "-o", same, "--unlocated", same, "--overwrite", code=2)
    assert not same.exists()


def test_strict_writes_nothing_where_a_row_is_rejected(tmp_path, unfinished):
    target, todo = tmp_path / "l.csv", tmp_path / "todo.xlsx"
    said = link(unfinished, "-o", target, "--strict", "--unlocated", todo, code=3)
    assert "2 row(s) are rejected, and --strict was given: nothing is written" in said
    assert "Rejected: id c: " in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv"]


def test_strict_writes_nothing_where_a_place_is_a_formula_that_was_never_computed(tmp_path):
    path = book(tmp_path / "t.xlsx", ("a", "Un", "=5+0.92", "=45+0.59"), ("b", "Deux", *INSIDE))
    said = link(path, "-o", tmp_path / "links.csv", "--strict", code=3)
    assert "a formula whose value was never computed" in said
    assert not (tmp_path / "links.csv").exists()
    assert "2 in = 1 linked + 0 unlinked" in link(path, "-o", tmp_path / "links.csv")


def test_hidden_rows_are_linked_or_left_out_and_counted(tmp_path):
    path = book(tmp_path / "t.xlsx", ("a", "Un", *INSIDE), ("b", "Deux", *INSIDE))
    made = openpyxl.load_workbook(path)
    made.active.row_dimensions[3].hidden = True
    made.save(path)
    assert "2 in = 2 linked" in link(path, "-o", tmp_path / "links.csv")
    said = link(path, "-o", tmp_path / "links.csv", "--overwrite", "--hidden", "skip")
    assert "1 in = 1 linked" in said
    assert "Set apart: 1 hidden lines" in said


def test_strict_leaves_an_older_file_as_it_is(tmp_path, unfinished):
    (tmp_path / "l.csv").write_text("mine", encoding="utf-8")
    link(unfinished, "-o", tmp_path / "l.csv", "--strict", "--overwrite", code=3)
    assert (tmp_path / "l.csv").read_text(encoding="utf-8") == "mine"


def test_strict_is_no_hindrance_where_nothing_is_rejected(tmp_path):
    path = text(tmp_path / "t.csv", "a;Un;5,92081;45,590738", "b;Deux;;")
    said = link(path, "-o", tmp_path / "l.csv", "--strict")
    assert counts(said) == "2 in = 1 linked + 1 unlinked + 0 rejected"


@pytest.mark.parametrize("crs", ["EPSG:27572", "EPSG:3945", "EPSG:3946", "EPSG:3857"])
def test_places_in_another_system_are_linked_once_it_is_stated(tmp_path, crs):
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(*INSIDE)
    path = text(tmp_path / "t.csv", f"a;Un;{x:.1f};{y:.1f}", header="id;nom;x;y")
    assert f"they fit {crs}; --crs states" in link(path, "-o", tmp_path / "l.csv", code=3)
    link(path, "-o", tmp_path / "l.csv", "--crs", crs)
    assert certain(tmp_path / "l.csv") == [["a", "QN07302M", "inside"]]


def test_lambert_93_is_read_as_such_and_it_is_said(tmp_path):
    x, y = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform(*INSIDE)
    path = text(tmp_path / "t.csv", f"a;Un;{x:.1f};{y:.1f}", header="id;nom;X_L93;Y_L93")
    assert "x and y are read as EPSG:2154" in link(path, "-o", tmp_path / "l.csv")
    assert certain(tmp_path / "l.csv") == [["a", "QN07302M", "inside"]]


def test_columns_of_other_names_are_stated_in_a_file(tmp_path):
    path = text(tmp_path / "t.csv", "a;Un;5,92081;45,590738", header="ref;libellé;est;nord")
    names = tmp_path / "c.toml"
    names.write_text(
        '[columns]\nref = "id"\n"libellé" = "nom"\nest = "longitude"\nnord = "latitude"\n',
        encoding="utf-8",
    )
    link(path, "-o", tmp_path / "l.csv", code=3)
    link(path, "-o", tmp_path / "l.csv", "--columns", names)
    table = links_of(tmp_path / "l.csv")
    assert table[["id", "name"]].drop_duplicates().to_numpy().tolist() == [["a", "Un"]]


def test_an_encoding_that_is_stated_gives_the_texts(tmp_path):
    path = text(tmp_path / "t.csv", "a;Féjaz œ;5,92081;45,590738", encoding="mac-roman")
    link(path, "-o", tmp_path / "l.csv", "--encoding", "mac-roman")
    assert set(links_of(tmp_path / "l.csv")["name"]) == {"Féjaz œ"}


def test_links_open_in_a_french_spreadsheet_and_begin_no_formula(tmp_path):
    path = text(tmp_path / "t.csv", "a;=1+1;5,92081;45,590738")
    target = tmp_path / "l.csv"
    link(path, "-o", target, "--dialect", "excel-fr")
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfid;name;")
    assert content.count(b"\r\n") == content.count(b"\n")
    table = links_of(target, sep=";", encoding="utf-8-sig")
    assert set(table["name"]) == {"'=1+1"}


def test_links_in_a_french_spreadsheet_are_read_as_a_table_again(tmp_path):
    path = text(tmp_path / "t.csv", "a;Un;5,92081;45,590738")
    target = tmp_path / "l.csv"
    link(path, "-o", target, "--dialect", "excel-fr", "--within", "300")
    plain = tmp_path / "p.csv"
    link(path, "-o", plain, "--within", "300")
    table = links_of(target, sep=";", encoding="utf-8-sig", decimal=",")
    assert table.shape == links_of(plain).shape
    assert table["code"].tolist() == links_of(plain)["code"].tolist()


def test_rows_of_several_files_are_linked_together(tmp_path):
    one = book(tmp_path / "1.xlsx", ("a", "Un", *INSIDE))
    two = text(tmp_path / "2.csv", "b;Deux;5,92081;45,590738")
    said = link(one, two, "-o", tmp_path / "l.csv")
    assert counts(said) == "2 in = 2 linked + 0 unlinked + 0 rejected"
    assert [row[0] for row in certain(tmp_path / "l.csv")] == ["a", "b"]


def test_what_is_read_is_not_written_over(tmp_path):
    path = text(tmp_path / "t.csv", "a;Un;5,92081;45,590738", header="id;nom;longitude;latitude")
    before = path.read_bytes()
    link(path, "-o", path, "--overwrite", code=2)
    assert path.read_bytes() == before


def test_a_first_file_without_places_does_not_decide_for_the_others(tmp_path):
    header = "id;nom;territoires_cites;longitude;latitude"
    first = text(tmp_path / "a.csv", "a;Un;Bellevue;;", header=header)
    second = text(tmp_path / "b.csv", "b;Deux;;5,92081;45,590738", header=header)
    link(first, second, "-o", tmp_path / "links.parquet")
    assert len(gpd.read_parquet(tmp_path / "links.parquet")) > 1


def doubts(path):
    table = links_of(path, keep_default_na=False)
    drawn = table[table["code"] == "QN07302M"]
    return drawn[["id", "status", "reason"]].to_numpy().tolist()


def test_a_match_to_a_street_or_a_commune_is_never_certain_and_the_reason_names_it(tmp_path):
    lon, lat = INSIDE  # 26 m inside
    rows = [f"{kind};{lon};{lat};{kind}" for kind in ("housenumber", "street", "municipality")]
    path = text(tmp_path / "t.csv", *rows, header="id;longitude;latitude;result_type")
    said = link(path, "-o", tmp_path / "l.csv")
    assert counts(said) == "3 in = 1 linked + 2 unlinked + 0 rejected"
    near = "nearer to the limit than the stated error"
    assert doubts(tmp_path / "l.csv") == [
        ["housenumber", "certain", ""],
        ["street", "undetermined", f"{near}, 300 m (result_type is street)"],
        ["municipality", "undetermined", f"{near}, 10000 m (result_type is municipality)"],
    ]


def test_two_decimals_are_said_and_make_no_certain_link(tmp_path):
    path = text(tmp_path / "t.csv", "a;;5,92;45,59")
    said = link(path, "-o", tmp_path / "l.csv")
    assert "the positions are given to 2 decimals: each may be off by some 679 m" in said
    near = "nearer to the limit than the stated error, 679 m (its coordinates are rounded)"
    assert doubts(tmp_path / "l.csv") == [["a", "undetermined", near]]


def test_one_row_known_to_its_commune_leaves_the_others_as_they_are(tmp_path):
    lon, lat = INSIDE
    header = "id;longitude;latitude;qualite_xy"
    alone = text(tmp_path / "1.csv", f"a;{lon};{lat};11", header=header)
    both = text(tmp_path / "2.csv", f"a;{lon};{lat};11", f"b;{lon};{lat};33", header=header)
    link(alone, "-o", tmp_path / "l1.csv")
    link(both, "-o", tmp_path / "l2.csv")
    table = links_of(tmp_path / "l2.csv")
    assert table[table["id"] == "a"].equals(links_of(tmp_path / "l1.csv"))
