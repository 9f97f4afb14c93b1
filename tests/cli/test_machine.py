"""Machines as they are: variables of other installations, folders that are gone, odd names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from cli.in_process import run

from cdv_geo.file_names import name_as_text

from squares import keep_one_map, perimeters, square
from thinning import some

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks its devices")


def program(*arguments, first="", variables=None, **options):
    """Run the program, after some words of a shell."""
    command = ["sh", "-c", f'{first or ":"}; exec "$@"', "sh", sys.executable, "-m", "cdv_geo"]
    return subprocess.run(
        [*command, *map(os.fspath, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | (variables or {}),
        **options,
    )


@pytest.fixture
def folder(make_territory):
    return make_territory(perimeters({"code": "Q"}))


VARIABLES = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA")


@pytest.mark.parametrize("names", some((VARIABLES, *((name,) for name in VARIABLES)), 1))
def test_the_data_of_another_installation_are_set_aside_and_it_is_said(
    tmp_path, territory, folder, names
):
    (tmp_path / "proj.db").touch()
    grid = territory.folder / "indicators" / "filosofi_200m.tif"
    variables = dict.fromkeys([*names, "GDAL_DRIVER_PATH"], str(tmp_path))
    done = program("-v", "--territory", folder, "check", grid, variables=variables)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "EPSG:3035" in done.stdout
    said = [line for line in done.stderr.splitlines() if line.startswith("set aside")]
    assert len(said) == 1
    assert sorted(said[0].split(": ")[1].split(", ")) == sorted(variables)


def test_a_script_has_the_data_of_the_libraries_too(tmp_path, territory):
    script = (
        "import cdv_geo, rasterio, sys, os\n"
        "with rasterio.open(sys.argv[1]) as grid: print(grid.crs)\n"
        "print(os.environ.get('GDAL_CACHEMAX'))"
    )
    grid = territory.folder / "indicators" / "filosofi_200m.tif"
    variables = {"PROJ_LIB": str(tmp_path), "GDAL_CACHEMAX": "64"}
    done = subprocess.run(
        [sys.executable, "-c", script, grid],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )
    # What a script sets for itself is left alone.
    assert done.stdout == "EPSG:3035\n64\n", done.stderr


@linux
@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["locate", "5.9", "45.6"], 0), (["nonsense"], 2)]
)
def test_a_full_stderr_changes_no_answer_and_no_code(folder, arguments, code):
    done = program("--territory", folder, *arguments, first="exec 2>/dev/full")
    assert done.returncode == code
    assert (done.stdout != "") == (code == 0)


@linux
def test_who_reads_no_more_makes_no_traceback(folder):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cdv_geo", "-q", "--territory", folder, "perimeters"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@linux
@pytest.mark.parametrize(
    "arguments",
    some(
        [
            ["atlas", "--jobs", "2", "-o"],
            ["template", "actions", "-o"],
            ["fiche", "Q", "-o"],
            ["link", "f.csv", "-o"],
        ],
        2,
    ),
    ids=lambda arguments: arguments[0],
)
def test_a_current_folder_that_was_removed_is_in_nobodys_way(tmp_path, folder, arguments):
    gone = tmp_path / "gone"
    gone.mkdir()
    keep_one_map(folder)
    (tmp_path / "f.csv").write_text("id;longitude;latitude\n1;5.9;45.6\n", "utf-8")
    arguments = [tmp_path / word if word == "f.csv" else word for word in arguments]
    ending = {"atlas": "", "template": ".xlsx", "fiche": ".pdf", "link": ".csv"}[arguments[0]]
    path = tmp_path / f"out{ending}"
    done = program("--territory", folder, *arguments, path, first=f'rmdir "{gone}"', cwd=gone)
    assert done.returncode == 0, done.stderr
    assert path.exists()


@pytest.mark.parametrize("name", ["x" * 300, "é" * 130])
@pytest.mark.parametrize(
    "arguments",
    [
        ["fiche", "Q", "-o", ".pdf"],
        ["map", "vue-d-ensemble", "-o", ".html"],
        ["report", "-o", ".xlsx"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_that_is_too_long_is_refused_in_one_sentence(tmp_path, folder, arguments, name):
    *before, ending = arguments
    done = run("-q", "--territory", folder, *before, tmp_path / f"{name}{ending}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"{name}{ending} cannot be written: File name too long.")


@linux
def test_links_that_lead_in_a_circle_are_no_file(tmp_path, folder):
    (tmp_path / "a.csv").symlink_to("b.csv")
    (tmp_path / "b.csv").symlink_to("a.csv")
    done = run("-q", "--territory", folder, "link", tmp_path / "a.csv", "-o", tmp_path / "l.csv")
    assert done.returncode == 2
    assert "a.csv” is no file; accepted are" in done.stderr


@linux
def test_a_name_of_a_quartier_that_is_no_utf8_is_refused(tmp_path, folder):
    name = os.fsdecode(b"F\xe9jaz")
    done = run("--territory", folder, "fiche", name, "-o", tmp_path / "f.pdf")
    assert done.returncode == 2
    assert done.stderr.endswith("“F\\udce9jaz” is no text in UTF-8.\n")


@linux
def test_a_file_whose_name_is_no_utf8_is_read_and_its_rows_are_called_readably(tmp_path, folder):
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_text("nom;longitude;latitude\nÉcole;5.921234;45.591234\n", "utf-8")
    for ending in ("csv", "gpkg", "parquet", "geojson"):
        done = run("-q", "--territory", folder, "link", path, "-o", tmp_path / f"l.{ending}")
        assert (done.returncode, done.stderr) == (0, "")
    done = run("-q", "--territory", folder, "check", path, "--format", "json")
    assert json.loads(done.stdout)["files"][0]["file"].endswith("caf\udce9.csv")
    assert name_as_text(path.stem) == "caf\\udce9"


@linux
@pytest.mark.parametrize("content", some([None, b"\xff\xfe\xe9", b"backend: nonsense"], 1))
def test_settings_of_the_current_folder_are_not_read(folder, tmp_path, content):
    """What lies there may be somebody else's; a pipe would be waited for."""
    settings = tmp_path / "matplotlibrc"
    os.mkfifo(settings) if content is None else settings.write_bytes(content)
    options = {"cwd": tmp_path, "timeout": 120, "variables": {"MPLBACKEND": "nonsense"}}
    done = program("-q", "--territory", folder, "fiche", "Q", "-o", "q.pdf", **options)
    assert (done.returncode, done.stderr) == (0, "")


@linux
def test_settings_of_the_user_are_not_read(folder, tmp_path):
    (tmp_path / ".gdal").mkdir()
    (tmp_path / ".gdal" / "gdalrc").write_text("[configoptions]\nGDAL_SKIP=GPKG\nCPL_DEBUG=ON\n")
    home = {"HOME": str(tmp_path)}
    done = program("-q", "--territory", folder, "perimeters", variables=home)
    assert (done.returncode, done.stderr) == (0, "")


@linux
@pytest.mark.parametrize("kind", ["gpkg", "parquet"])
def test_a_layer_in_a_folder_whose_name_is_no_utf8_is_refused_in_one_sentence(
    tmp_path, folder, kind
):
    odd = os.path.join(os.fsencode(tmp_path), b"caf\xe9")  # noqa: PTH118
    os.mkdir(odd)  # noqa: PTH102
    layer = perimeters({"code": "Q", "geometry": square(100, 100, 100)})
    path = tmp_path / f"q.{kind}"
    layer.to_parquet(path) if kind == "parquet" else layer.to_file(path)
    for part in tmp_path.glob("q.*"):
        part.rename(os.fsdecode(odd) + f"/{part.name}")
    done = run("check", os.fsdecode(odd) + f"/q.{kind}")
    assert done.returncode == 3
    assert "q." in done.stdout
    assert "is no UTF-8, and a file of this kind cannot be opened so" in done.stdout
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    os.rename(odd, "é".join([str(tmp_path) + "/", ""]))  # noqa: PTH104
    file = tmp_path / "é" / f"q.{kind}"
    done = program("--territory", folder, "check", file, variables=ascii_only)
    assert "1 rows = 1 accepted" in done.stdout


@linux
def test_a_name_of_a_quartier_is_understood_in_a_locale_of_ascii(tmp_path, make_territory):
    folder = make_territory(perimeters({"code": "Q1", "nom": "Féjaz"}))
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = ["--territory", folder, "fiche", "Féjaz", "-o", tmp_path / "f.docx"]
    done = program(*command, variables=ascii_only)
    assert done.returncode == 0, done.stderr
    assert "Féjaz: Q1 “Féjaz”." in done.stderr
