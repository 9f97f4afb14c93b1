"""`link` says of a file what `check` says of it, and so do the tables of a territory."""

from __future__ import annotations

import json
import shutil

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from cdv_geo.cli.command_group import cli
from cdv_geo.cli.file_findings import Found, how_written
from cdv_geo.faults import ACCEPTED, REJECTED, Fault

from squares import perimeters, points, square

# What check says of a file as a table of a territory, which link has no use for.
_OF_A_TERRITORY = "the table of a territory has "


def run(*arguments, code=0):
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def guessed_encoding(folder):
    path = folder / "t.csv"
    path.write_bytes("équipement;lat;lon;couleur\nCafé;45,59;5,92;brun\n".encode("cp1252"))
    return path


def table_called_a_workbook(folder):
    path = folder / "t.xlsx"
    path.write_text("id;quartier;commentaire\na;Bellevue;-\n;;\n", encoding="utf-8")
    return path


def workbook_with_a_hidden_sheet(folder):
    made = openpyxl.Workbook()
    made.active.append(["id", "nom", "X_L93", "Y_L93", "note"])
    made.active.append(["a", "Un", 927_640, 6_501_900, "=1+1"])
    made.create_sheet("Ancien").sheet_state = "veryHidden"
    made.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def points_without_id(folder):
    layer = points((500, 500), nom="Un", couleur="brun").drop(columns="id")
    layer.to_file(folder / "t.geojson", driver="GeoJSON")
    return folder / "t.geojson"


def geopackage_called_json(folder):
    points((500, 500), code_commune="73001").to_file(folder / "t.gpkg")
    return shutil.move(folder / "t.gpkg", folder / "t.json")


def parquet_called_csv(folder):
    table = pd.DataFrame({"nom": ["Un"], "lat": [45.59], "lon": [5.92], "couleur": ["brun"]})
    table.to_parquet(folder / "t.csv")
    return folder / "t.csv"


FILES = (
    guessed_encoding,
    table_called_a_workbook,
    workbook_with_a_hidden_sheet,
    points_without_id,
    geopackage_called_json,
    parquet_called_csv,
)


@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
def test_all_that_check_says_of_a_file_as_a_whole_link_says_once(tmp_path, make):
    path = make(tmp_path)
    (found,) = json.loads(run("check", path, "--format", "json").stdout)["files"]
    lines = run("link", path, "-o", tmp_path / "links.csv").stderr.splitlines()
    notes = [f for f in found["faults"] if f["row"] is None]
    notes = [f for f in notes if not f["why"].startswith(_OF_A_TERRITORY)]
    assert notes
    for note in notes:
        why = f"{note['column']}: {note['why']}" if note["column"] else note["why"]
        assert lines.count(f"Note: {path.name}: {why}") == 1
    assert lines.count(f"{path.name}: {found['kind']}") == 1
    for line in how_written(found["detected"]):
        assert lines.count(f"  {line}") == 1
    for fault in found["faults"]:
        assert fault["row"] is None or any(fault["why"] in line for line in lines)


def test_files_that_are_written_alike_are_said_at_once(tmp_path):
    header = "id;longitude;latitude\n"
    for name in ("a", "b"):
        text = f"{header}{name};5,92;45,59\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    said = run("link", tmp_path / "a.csv", tmp_path / "b.csv", "-o", tmp_path / "l.csv").stderr
    assert "a.csv, b.csv: csv\n  encoding: utf-8\n  separator: ;\n" in said


def test_faults_of_one_kind_are_said_once_with_their_number(tmp_path):
    rows = [f"{n};Un;{'73O65' if n < 30 else '1004'};5,92;45,59" for n in range(42)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["id;nom;code_insee;longitude;latitude", *rows]), encoding="utf-8")
    said = run("link", path, "-o", tmp_path / "l.csv").stderr
    assert "Rejected: id 0: row 2, code_insee: “73O65” is not accepted" in said
    assert said.count("Rejected: ") == 1
    assert "(and 29 more like it)" in said
    assert "Repaired: t.csv, row 32, code_insee: " in said
    assert "(and 11 more like it)" in said
    assert "12 rows were repaired" in said
    assert "`cdv-geo check` lists all that was found." in said


def test_ten_kinds_are_shown_at_most_and_the_rejected_come_first():
    lines = []
    found = Found(lines.append)
    found.add("t", [Fault(n, "abcdefghijkl"[n], "odd", "", ACCEPTED) for n in range(12)])
    found.add("t", [Fault(20, "z", "bad", "", REJECTED), Fault(21, "z", "told", "", ACCEPTED)])
    found.add("t", [Fault(22, "z", "elsewhere", "", REJECTED)], but=(REJECTED,))
    found.say()
    assert lines[0] == "Rejected: t, row 20, z: bad"
    assert lines[1:10] == [f"Note: t, row {n}, {'abcdefghi'[n]}: odd" for n in range(9)]
    assert lines[10:] == ["And 4 of other kinds.", "`cdv-geo check` lists all that was found."]


def test_what_is_rejected_is_said_after_any_number_of_other_kinds():
    lines = []
    found = Found(lines.append)
    found.add("t", [Fault(n, f"{'a' * n}", "odd", "", ACCEPTED) for n in range(1, 300)])
    found.add("t", [Fault(300, "z", "bad", "", REJECTED)])
    found.say()
    assert lines[0] == "Rejected: t, row 300, z: bad"
    assert lines[10] == "And 290 of other kinds."


def test_the_tables_of_a_territory_say_how_they_were_read(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    header = "id;nom;type;quartier_cite;statut;source;couleur\n"
    row = "a;Crèche;école;Q;ouvert;à la main;brun\n"
    (folder / "lieux.xlsx").write_bytes(f"{header}{row}".encode("cp1252"))
    with (folder / "territory.toml").open("a", encoding="utf-8") as told:
        told.write('\n[equipment]\npath = "lieux.xlsx"\nsource = "à la main"\n')
    said = run("coverage", "--territory", folder, "-o", folder.parent / "c.csv").stderr
    for note in (
        "the file is CSV, whatever its name says",
        "the file is no UTF-8, it is read as cp1252; --encoding states another",
        "columns that are not used: couleur",
    ):
        assert said.count(f"Note: lieux.xlsx: {note}\n") == 1
    assert "encoding: cp1252" not in said
    louder = run("-v", "coverage", "--territory", folder, "-o", folder.parent / "d.csv").stderr
    assert "  encoding: cp1252\n" in louder


@pytest.mark.parametrize("column", ["code_insee", "portee", "adresse", "nom"])
def test_check_says_of_a_table_that_says_not_where_that_link_refuses_it(tmp_path, column):
    path = tmp_path / "t.csv"
    value = {"code_insee": "73065", "portee": "contrat"}.get(column, "Rue")
    path.write_text(f"id;type;{column}\na;crèche;{value}\n", encoding="utf-8")
    refused = column in {"adresse", "nom"}
    checked = run("check", path, "--as", "equipment").stdout
    assert ("`cdv-geo link` refuses it" in checked) == refused
    done = run("link", path, "-o", tmp_path / "l.csv", code=3 if refused else 0)
    assert ("has none of the columns longitude and latitude" in done.stderr) == refused
