"""Whatever ends the program, its user reads one sentence."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from unittest.mock import Mock

import pytest
import rasterio
from cli.in_process import run

from cdv_geo.cli.main import sentence

from squares import perimeters, square

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks its devices")


@pytest.fixture(autouse=True)
def _loaded_once():
    """Not here, where it is read and fails."""


@pytest.fixture
def break_toml(monkeypatch):
    """Have no TOML be readable, by an error."""

    def broken(error):
        monkeypatch.setattr(tomllib, "loads", Mock(side_effect=error))

    return broken


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LookupError("no\n\x1b[2J luck"), "(LookupError: no \\x1b[2J luck); please report it"),
        (AssertionError, "(AssertionError); please report it with the command"),
        (BaseException("panic"), "(BaseException: panic); please report it"),
        (MemoryError, "memory ran out while reading the territory"),
        (ImportError("no toml"), "(ImportError: no toml); it is missing or damaged"),
        (PermissionError(13, "Denied", "a.csv"), "Denied while reading the territory of home"),
    ],
)
def test_what_is_not_foreseen_is_one_sentence_and_code_1(break_toml, error, said):
    break_toml(error)
    done = run("perimeters")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert said in line
    assert "while reading the territory of home" in line


def test_who_asks_twice_for_more_sees_where_an_error_comes_from(break_toml):
    break_toml(OSError("x"))
    for options in (["-v"], ["-q"]):
        assert "Traceback" not in run(*options, "perimeters").stderr
    for options in (["-vv"], ["-v", "-v"]):
        said = run(*options, "perimeters").stderr
        assert said.startswith("Traceback")
        assert said.splitlines()[-1].startswith("Error: something unforeseen ended the program")


@pytest.mark.parametrize("library", ["click", "geopandas", "shapely"])
def test_a_library_that_is_missing_is_named(library):
    script = (
        f"import sys; sys.modules['{library}'] = None; from cdv_geo.cli.main import main; main()"
    )
    command = [sys.executable, "-c", script, "perimeters"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: a library cannot be used while ")
    assert library in line


def test_a_file_that_nobody_foresaw_is_named_and_the_others_are_answered(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("nom;longitude\n", "utf-8")
    (tmp_path / "b.tif").write_bytes(b"II*\0" * 9)
    (tmp_path / "c.csv").write_text("id;territoires_cites\n1;Bellevue\n", "utf-8")
    monkeypatch.setattr(rasterio, "open", Mock(side_effect=LookupError))
    done = run("check", "a.csv", "b.tif", "c.csv", folder=tmp_path)
    assert done.returncode == 1
    assert "a.csv: " in done.stdout
    assert "1 rows = 1 accepted" in done.stdout
    assert "ended the program while checking b.tif (LookupError)" in done.stderr


@linux
def test_a_full_device_is_said_in_one_sentence():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "cdv_geo", "-q", "perimeters"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: No space left on device while running cdv-geo perimeters.\n"


@linux
@pytest.mark.parametrize(
    ("closed", "said"), [(">&-", "Error: the standard output is closed"), ("2>&-", "")]
)
def test_a_stream_that_is_closed_makes_no_traceback(closed, said):
    command = f'"{sys.executable}" -m cdv_geo locate 5.9 45.6 {closed}'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert done.returncode == bool(said)


@linux
def test_a_folder_that_was_removed_makes_no_traceback(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'rmdir "{gone}"; "{sys.executable}" -m cdv_geo locate 5.9 45.6'
    done = subprocess.run(  # noqa: S602
        command, shell=True, cwd=gone, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_an_interruption_is_said():
    assert sentence(KeyboardInterrupt(), "starting") == "interrupted while starting."
    assert sentence(OSError("x" * 999), "starting").count("x") == 200


def test_an_account_of_the_sources_that_is_no_utf8_is_named(tmp_path, make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    (folder / "SOURCES.md").write_bytes("Données".encode("cp1252"))
    done = run("atlas", "--territory", folder, "-o", tmp_path / "a", "--jobs", "1")
    assert done.returncode == 3
    assert "SOURCES.md is no UTF-8 text" in done.stderr.splitlines()[-1]
