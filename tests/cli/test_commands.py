"""The program, as a user runs it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
from cli.in_process import run

from cdv_geo.cli.command_group import _COMMANDS, cli

from squares import perimeters, square


def read_workbook(path):
    return pd.read_excel(path, engine="openpyxl")


def test_locate_gives_the_json_that_scripts_rely_on():
    done = run("locate", "5.92081", "45.590738", "--generation", "2024", "--format", "json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer == {
        "longitude": 5.92081,
        "latitude": 45.590738,
        "generation": 2024,
        "commune": {"code_insee": "73065", "nom": "Chambéry"},
        "qpv": {
            "status": "inside",
            "perimeters": [{"code": "QN07302M", "nom": "Les Hauts De Chambéry"}],
            "likely": None,
            "nearest": {"code": "QN07302M", "distance_m": 0.0},
            "reason": None,
        },
        "veille_active": {
            "status": "undetermined",
            "perimeters": [
                {"code": "QVA-73065-cassine", "nom": "La Cassine"},
                {"code": "QVA-73065-chantemerle", "nom": "Chantemerle"},
                {"code": "QVA-73065-mas-barral", "nom": "Le Mas Barral"},
                {"code": "QVA-73065-piochet", "nom": "Le Piochet"},
            ],
            "likely": None,
            "nearest": None,
            "reason": "the commune has 4 perimeter(s) without an outline: "
            "La Cassine, Chantemerle, Le Mas Barral, Le Piochet",
        },
    }


def test_locate_by_the_qpv_of_2015():
    done = run("locate", "5.92081", "45.590738", "--generation", "2015", "--format", "json")
    qpv = json.loads(done.stdout)["qpv"]
    assert qpv["status"] == "outside"
    assert qpv["nearest"]["code"] == "QP073002"
    assert qpv["nearest"]["distance_m"] == pytest.approx(146, abs=2)


def test_locate_beyond_the_communes_and_west_of_greenwich():
    answer = json.loads(run("locate", "-1.55", "47.22", "--format", "json").stdout)
    assert answer["commune"] is None
    for kind in ("qpv", "veille_active"):
        assert answer[kind]["status"] == "outside"
        assert answer[kind]["reason"] == "the point is outside the communes"


def test_locate_for_people_says_the_reason():
    done = run("locate", "5.916464", "45.588572")
    assert "qpv: undetermined, likely outside" in done.stdout
    assert "nearest outline: QN07302M at 4 m" in done.stdout


def test_data_go_to_stdout_and_notices_to_stderr():
    done = run("perimeters", "--kind", "qpv", "--format", "csv")
    assert done.stdout.splitlines()[0].startswith("code,nom,type,generation")
    assert len(done.stdout.splitlines()) == 1 + 2
    assert "contrat 2015-2023" in done.stderr
    assert run("-q", "perimeters").stderr == ""


@pytest.mark.parametrize(
    ("options", "count"),
    [([], 19), (["--kind", "qpv", "--generation", "2015"], 2), (["--kind", "veille_active"], 17)],
)
def test_perimeters_are_listed(options, count):
    rows = json.loads(run("perimeters", *options, "--format", "json").stdout)
    assert len(rows) == count
    assert len(run("perimeters", *options).stdout.splitlines()) == count + 1


def test_perimeters_as_geojson_are_in_degrees_and_hidden_ones_have_no_geometry():
    collection = json.loads(run("perimeters", "--format", "geojson").stdout)
    by_code = {f["properties"]["code"]: f for f in collection["features"]}
    longitude, latitude = by_code["QN07302M"]["geometry"]["coordinates"][0][0][0]
    assert (round(longitude, 1), round(latitude, 1)) == (5.9, 45.6)
    assert by_code["QVA-73065-piochet"]["geometry"] is None


@pytest.mark.parametrize(
    ("ending", "read"),
    [("csv", pd.read_csv), ("gpkg", gpd.read_file), ("parquet", gpd.read_parquet)],
)
def test_link_writes_every_format_and_prints_the_counts(tmp_path, ending, read):
    path = tmp_path / f"links.{ending}"
    done = run("link", "equipment", "--within", "300", "-o", str(path))
    assert done.returncode == 0
    assert "71 in = 25 linked + 46 unlinked (of them 46 undetermined) + 0 rejected" in done.stderr
    links = read(path)
    assert set(links["basis"]) == {"declared", "inside", "within"}
    assert links["id"].nunique() == 71


def test_link_a_file_of_ones_own(tmp_path):
    (tmp_path / "mine.csv").write_text(
        "id,longitude,latitude,territoires_cites\n"
        "a,5.92081,45.590738,\nb,,,Bellevue\nb,,,Bellevue\nc,2.35,48.85,Belevue\n",
        encoding="utf-8",
    )
    done = run("-v", "link", "mine.csv", "-o", "links.csv", folder=tmp_path)
    assert done.returncode == 0
    assert "4 in = 2 linked + 1 unlinked (of them 1 undetermined) + 1 rejected" in done.stderr
    assert "Rejected: id b: row 4: its id stands on an earlier row" in done.stderr
    assert "“Belevue” is not a known quartier" in done.stderr
    links = pd.read_csv(tmp_path / "links.csv")
    sure = links[links["status"] == "certain"]
    assert sure[["id", "code", "basis"]].to_numpy().tolist() == [
        ["a", "QN07302M", "inside"],
        ["b", "QN07301M", "declared"],
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "gpkg"])
def test_coverage_writes_every_format(tmp_path, ending):
    path = tmp_path / f"coverage.{ending}"
    assert run("coverage", "--within", "400", "-o", str(path)).returncode == 0
    read = {"csv": pd.read_csv, "xlsx": read_workbook, "gpkg": gpd.read_file}[ending]
    table = read(path)
    assert len(table) == 19 + 9 + 1
    wanted = (
        "Équipements\u00a0: à moins de 400\u00a0m à vol d’oiseau"
        if ending == "xlsx"
        else "equipment_all_within_400m_count"
    )
    assert wanted in table.columns


@pytest.mark.parametrize("ending", ["html", "pdf", "png", "svg"])
def test_a_map_is_drawn_in_every_format(tmp_path, ending):
    path = tmp_path / f"map.{ending}"
    assert run("map", "vue-d-ensemble", "-o", str(path)).returncode == 0
    beginnings = {"html": b"<!DOCTYPE html", "pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<svg "}
    start = path.read_bytes()[:14]
    assert start.lower().startswith(beginnings[ending].lower())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["locate", "200", "45"], 2, "200"),
        (["locate", "5.9", "45.5", "--generation", "2020"], 2, "'2015', '2024'"),
        (["perimeters", "--kind", "zus"], 2, "'qpv', 'veille_active'"),
        (["nothing"], 2, "No such command 'nothing'"),
        (["map", "nothing", "-o", "a.html"], 2, "accepted are actions, chomage, equipements"),
        (["map", "actions", "-o", "a.doc"], 2, ".html, .pdf, .png, .svg"),
        (["coverage", "-o", "none/a.csv"], 2, "the folder “none” does not exist"),
        (["link", "none.csv", "-o", "a.csv"], 2, "“none.csv” is no file; accepted are actions"),
        (["link", "actions", "--within", "-5", "-o", "a.csv"], 2, "-5"),
        (["--territory", ".", "perimeters"], 3, "it has no territory.toml"),
        (["coverage", "-o", "there.csv"], 1, "there.csv exists already; give --overwrite"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_the_right_code(
    tmp_path, arguments, code, message
):
    (tmp_path / "there.csv").write_text("mine")
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_veille_active_is_outside_where_every_outline_is_known(make_territory):
    source = {"type": "veille_active", "generation": 2015}
    folder = make_territory(
        perimeters(
            {"code": "Q", "geometry": square(100, 100, 100)},
            {"code": "V", "geometry": square(500, 500, 100), **source},
        )
    )
    point = gpd.GeoSeries([square(1000, 1000, 0).centroid], crs=2154).to_crs(4326)[0]
    done = run("--territory", str(folder), "locate", str(point.x), str(point.y), "--format", "json")
    answer = json.loads(done.stdout)["veille_active"]
    assert (answer["status"], answer["nearest"]["code"]) == ("outside", "V")


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_command_has_help_and_an_example(name):
    command = cli.get_command(None, name)
    assert command.help.startswith(_COMMANDS[name].rstrip("."))  # as in the list of commands
    assert "Examples:" in command.help
    assert f"cdv-geo {name}" in command.help or f" {name} -o" in command.help


def test_help_imports_no_geospatial_library():
    script = (
        "import sys; from cdv_geo.cli.command_group import cli;"
        "cli.main(['--help'], standalone_mode=False);"
        "print([m for m in ('geopandas', 'pandas', 'numpy', 'shapely') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_several_files_are_linked_as_one_and_an_id_is_accepted_once(tmp_path):
    for name, ids in (("a", [1, 2]), ("b", [2, 3])):
        places = gpd.GeoDataFrame(
            {"id": ids},
            geometry=gpd.points_from_xy([5.92081] * 2, [45.590738] * 2),
            crs="EPSG:4326",
        )
        places.to_parquet(tmp_path / f"{name}.parquet")
    done = run("link", "a.parquet", "b.parquet", "-o", "links.parquet", folder=tmp_path)
    assert done.returncode == 0
    assert "4 in = 3 linked + 0 unlinked (of them 0 undetermined) + 1 rejected" in done.stderr
    assert "Rejected: id 2: row 1: its id stands on an earlier row" in done.stderr
    links = gpd.read_parquet(tmp_path / "links.parquet")
    sure = links[links["status"] == "certain"]
    assert sure[["id", "code"]].to_numpy().tolist() == [[n, "QN07302M"] for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("things", "options", "code", "message"),
    [
        (["actions"], ["--scheduler", "tcp://127.0.0.1:1"], 2, "“actions” is no file"),
        (["a.csv"], ["--scheduler", "tcp://127.0.0.1:1"], 3, "a.csv is of the kind CSV; accepted"),
        (["a.csv", "b.csv"], [], 3, "files that are linked together have the same"),
        (["a.csv", "none.csv"], [], 2, "“none.csv” is no file"),
    ],
)
def test_files_that_cannot_be_linked_are_refused(tmp_path, things, options, code, message):
    (tmp_path / "a.csv").write_text("id,longitude,latitude\na,5.9,45.6\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("id,nom,territoires_cites\na,b,c\n", encoding="utf-8")
    done = run("link", *things, *options, "-o", "links.csv", folder=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert message in done.stderr
    assert not (tmp_path / "links.csv").exists()


def said_on_a_terminal(*arguments):
    """Run the program with a terminal for stderr, and give what it wrote there."""
    ours, theirs = os.openpty()
    program = [sys.executable, "-m", "cdv_geo", *arguments]
    with subprocess.Popen(program, stderr=theirs, env=os.environ | {"TERM": "xterm"}):
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the other side is closed
            while part := os.read(ours, 4096):
                said += part
    os.close(ours)
    return said.decode("utf-8")


def test_progress_tells_rows_and_rate_on_a_terminal_and_nothing_in_a_file(tmp_path):
    command = ["link", "equipment", "-o", str(tmp_path / "links.csv"), "--overwrite"]
    said = said_on_a_terminal(*command)
    assert "71/71 rows" in said
    assert "/s, " in said
    assert "rows, " not in said_on_a_terminal("-q", *command)
    assert "71/71 rows" not in run(*command).stderr
