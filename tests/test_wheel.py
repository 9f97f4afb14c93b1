"""The wheel alone, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def run_installed(wheel, tmp_path_factory):
    """Run the program from the unpacked wheel, in an empty folder."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    empty = tmp_path_factory.mktemp("empty")

    def run(*arguments):
        command = [sys.executable, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(site)}
        done = subprocess.run(
            command, cwd=empty, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_data_and_recipes_travel_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in (ROOT / "data").rglob("*"):
        if path.is_file():
            assert f"cdv_geo/data/{path.relative_to(ROOT / 'data').as_posix()}" in names
    for path in (ROOT / "maps").glob("*.toml"):
        assert f"cdv_geo/maps/{path.name}" in names
    for path in (ROOT / "cdv_geo").rglob("*.typ"):
        assert path.relative_to(ROOT).as_posix() in names
    assert "cdv_geo/typesetting/sheet.typ" in names
    assert not any("maps/build" in name for name in names)
    assert "cdv_geo/py.typed" in names


def test_the_installed_program_finds_its_own_data(run_installed):
    where = run_installed("-c", "import cdv_geo; print(cdv_geo.load_territory().folder)")
    assert "site" in where
    assert not where.startswith(str(ROOT))


def test_the_installed_program_draws_maps(run_installed):
    run_installed("-m", "cdv_geo", "map", "vue-d-ensemble", "-o", "map.html")
    run_installed("-m", "cdv_geo", "map", "vue-d-ensemble", "-o", "map.pdf")
