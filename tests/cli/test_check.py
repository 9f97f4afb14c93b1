from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from click.testing import CliRunner

from cdv_geo.cli.check import _ROLES
from cdv_geo.cli.command_group import cli
from cdv_geo.file_checking import ROLES

from squares import points

HEADER = "id;nom;code_insee;longitude;latitude"
SOUND = "a;Un;73065;5,92;45,57"
REPAIRED = "b;Deux;1004;5,93;45,57"
REJECTED = "c;Trois;73O65;5,94;45,57"


def run(*arguments, code=0):
    done = CliRunner().invoke(cli, ["-q", "check", *map(str, arguments)])
    assert done.exit_code == code, done.output
    assert not done.exception or isinstance(done.exception, SystemExit)
    return done.stdout


def write(path, *rows, header=HEADER, encoding="utf-8"):
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def test_the_command_and_the_library_know_the_same_roles():
    assert _ROLES == ROLES


@pytest.mark.parametrize(
    ("rows", "code"), [([SOUND], 0), ([SOUND, REPAIRED], 0), ([SOUND, REJECTED], 3), ([], 3)]
)
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_the_exit_code_says_whether_anything_was_rejected_or_refused(tmp_path, rows, code, form):
    path = write(tmp_path / "t.csv", *rows)
    assert str(path) in run(path, "--format", form, code=code)


def test_the_table_says_of_each_file_how_it_is_written_and_what_was_found(tmp_path):
    path = write(tmp_path / "t.csv", SOUND, REPAIRED, REJECTED, ";;;;", encoding="cp1252")
    lines = run(path, code=3).splitlines()
    assert lines[0] == f"{path}: csv, equipment"
    assert "  separator: ;" in lines
    assert "  header_row: 1" in lines
    assert "  3 rows = 1 accepted + 1 repaired + 1 rejected; set apart: 1 blank lines" in lines
    table = lines[lines.index(next(line for line in lines if line.startswith("row"))) :]
    assert table[0].split() == ["row", "column", "value", "done", "why"]
    rows = [line.split()[:4] for line in table if line[:1].isdigit()]
    assert ["3", "code_insee", "1004", "repaired"] in rows
    assert ["4", "code_insee", "73O65", "rejected"] in rows
    assert not any(line.startswith("1 files") for line in lines)


def test_the_table_keeps_long_values_and_line_breaks_out(tmp_path):
    path = write(tmp_path / "t.csv", SOUND, f'd;Un;"x\n{"y" * 90}";5,92;45,57')
    text = run(path, code=3)
    rows = [line for line in text.splitlines() if line.startswith("3 ")]
    assert len(rows) == 1
    assert f"x {'y' * 38}…" in rows[0]


def test_several_files_are_added_up(tmp_path):
    one = write(tmp_path / "1.csv", SOUND)
    two = write(tmp_path / "2.csv", SOUND, REJECTED)
    assert run(one, two, code=3).splitlines()[-1] == (
        "2 files: 3 rows = 2 accepted + 0 repaired + 1 rejected"
    )


def test_the_json_is_one_that_scripts_rely_on(tmp_path):
    path = write(tmp_path / "t.csv", SOUND, REJECTED)
    found = json.loads(run(path, tmp_path / "none.csv", "--format", "json", code=3))
    first, second = found["files"]
    assert (first["file"], first["kind"], first["role"], first["status"]) == (
        str(path), "csv", "equipment", "accepted",
    )  # fmt: skip
    assert first["rows"] == {
        "input": 2, "accepted": 1, "repaired": 0, "rejected": 1,
        "blank": 0, "title": 0, "total": 0, "sample": 0, "hidden": 0,
    }  # fmt: skip
    assert first["detected"] == {
        "encoding": "utf-8", "separator": ";", "header_row": 1, "columns": {}, "crs": "EPSG:4326",
    }  # fmt: skip
    (fault,) = [fault for fault in first["faults"] if fault["done"] == "rejected"]
    assert fault == {
        "row": 3,
        "column": "code_insee",
        "value": "73O65",
        "done": "rejected",
        "why": "“73O65” is not accepted; INSEE codes of five characters are expected, such as "
        "73065, 01004 or 2A004",
    }
    assert (second["status"], second["kind"], second["role"]) == ("refused", None, None)
    assert found["summary"] == {
        "input": 2,
        "accepted": 1,
        "repaired": 0,
        "rejected": 1,
        "refused_files": 1,
    }


def test_the_csv_has_a_row_for_each_finding_and_quotes_what_it_has_to(tmp_path):
    path = write(tmp_path / "t.csv", SOUND, 'c;"Tr;""ois";"7\n3";5,94;45,57')
    rows = list(csv.DictReader(io.StringIO(run(path, "--format", "csv", code=3))))
    assert list(rows[0]) == ["file", "row", "column", "value", "done", "why"]
    (rejected,) = [row for row in rows if row["done"] == "rejected"]
    assert (rejected["file"], rejected["row"], rejected["column"], rejected["value"]) == (
        str(path), "3", "code_insee", "7\n3",
    )  # fmt: skip


def test_what_is_stated_of_a_file_is_believed(tmp_path):
    path = write(
        tmp_path / "t.csv", "Titre,,", "Chambéry,926000,6500000", header="x", encoding="cp850"
    )
    path.write_bytes("Titre\ncommune|e|n\nChambéry|926000|6500000\n".encode("cp850"))
    names = tmp_path / "c.toml"
    names.write_text('[columns]\ncommune = "nom"\ne = "x"\nn = "y"\n', encoding="utf-8")
    options = (
        "--encoding", "cp850", "--separator", "|", "--header-row", "2", "--columns", names,
        "--crs", "EPSG:2154", "--as", "equipment", "--format", "json",
    )  # fmt: skip
    (found,) = json.loads(run(path, *options))["files"]
    assert found["rows"]["accepted"] == 1
    assert found["rows"]["title"] == 1
    assert found["detected"]["columns"] == {"commune": "nom", "e": "x", "n": "y"}
    assert found["detected"]["encoding"] == "cp850"


def test_a_tab_can_be_stated(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id\tnom;1\tlongitude\tlatitude\na\tb\t5,92\t45,57\n", encoding="utf-8")
    for tab in ("tab", "\\t", "\t"):
        (found,) = json.loads(run(path, "--separator", tab, "--format", "json"))["files"]
        assert found["detected"]["separator"] == "\t"


def test_a_sheet_and_a_layer_can_be_stated(tmp_path):
    book = openpyxl.Workbook()
    for name in ("2023", "2024"):
        book.create_sheet(name).append(HEADER.split(";"))
        book[name].append(["a", name, "73065", 5.92, 45.57])
    book.save(tmp_path / "t.xlsx")
    assert "--sheet says which is meant" in run(tmp_path / "t.xlsx", code=3)
    assert "1 rows = 1 accepted" in run(tmp_path / "t.xlsx", "--sheet", "2024")
    for name in ("un", "deux"):
        points((500, 500)).to_file(tmp_path / "t.gpkg", layer=name)
    assert "--layer names it" in run(tmp_path / "t.gpkg", code=3)
    assert "1 rows = 1 accepted" in run(tmp_path / "t.gpkg", "--layer", "un")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("t.csv", "--as", "nonsense"),
        ("t.csv", "--separator", "abc"),
        ("t.csv", "--separator", ""),
        ("t.csv", "--header-row", "0"),
        ("t.csv", "--columns", "none.toml"),
        ("t.csv", "--format", "xml"),
        ("t.csv", "--nodata", "much"),
    ],
)
def test_an_option_that_is_none_is_a_fault_of_usage(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "t.csv", SOUND)
    run(*options, code=2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--crs", "EPSG:banana"), "EPSG:banana"),
        (("--encoding", "klingon"), "klingon"),
        (("--header-row", "99"), "99"),
        (("--separator", "\n"), "is no separator"),
        (("--separator", '"'), "is no separator"),
    ],
)
def test_a_statement_that_cannot_be_is_refused_in_one_sentence(tmp_path, options, said):
    done = CliRunner().invoke(cli, ["check", str(write(tmp_path / "t.csv", SOUND)), *options])
    assert done.exit_code in (2, 3)
    assert isinstance(done.exception, SystemExit)
    assert said in done.output


def test_nothing_is_written_and_nothing_made_beside_the_files(tmp_path):
    points((500, 500)).to_file(tmp_path / "t.gpkg")
    write(tmp_path / "t.csv", SOUND)
    before = sorted(path.name for path in tmp_path.iterdir())
    run(*sorted(tmp_path.iterdir()))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_terminal_is_not_flooded_and_csv_has_every_finding(tmp_path):
    rows = [f"e{n};Crèche {n};73O65;5,92;45,57" for n in range(300)]
    path = write(tmp_path / "t.csv", *rows)
    lines = run(path, code=3).splitlines()
    table = lines[next(n for n, line in enumerate(lines) if line.startswith("row ")) + 1 :]
    assert sum("73O65" in line for line in table) < 300
    assert any(line.startswith("and ") and "--format csv" in line for line in table)
    found = list(csv.DictReader(io.StringIO(run(path, "--format", "csv", code=3))))
    assert sum(row["done"] == "rejected" for row in found) == 300
