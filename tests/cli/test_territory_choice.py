"""Which territory answers is never a surprise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdv_geo.cli import territory_choice
from cdv_geo.cli.command_group import _COMMANDS, cli
from cdv_geo.io import territory_description

from squares import perimeters, square

HOME = "Territory: Contrat de ville de Grand Chambéry (the home territory; --territory DIR names"


@pytest.fixture
def carres(make_territory):
    return make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))


@pytest.fixture
def other(carres):
    """Another territory, that differs in its name."""
    folder = carres.parent / "autre"
    shutil.copytree(carres, folder)
    told = folder / "territory.toml"
    told.write_text(told.read_text("utf-8").replace("Carrés", "Ronds"), "utf-8")
    return folder


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the program as a user who lives in a folder, in another one."""
    monkeypatch.delenv(territory_choice.VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    def run(*arguments, folder=tmp_path, code=0):
        monkeypatch.chdir(folder)
        done = CliRunner().invoke(cli, [*map(str, arguments)])
        assert done.exit_code == code, done.output
        return done

    return run


def codes(done):
    return [row["code"] for row in json.loads(done.stdout)]


LIST = ("perimeters", "--format", "json")


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_command_takes_a_territory_and_its_help_shows_it(run, name):
    assert "--territory DIR" in run(name, "--help").stdout


def test_a_territory_is_named_before_a_command_or_after_it_and_nothing_more_is_said(run, carres):
    for arguments in (["--territory", carres, *LIST], [*LIST, "--territory", carres]):
        done = run(*arguments)
        assert codes(done) == ["Q"]
        assert "Territory: " not in done.stderr


def test_one_territory_named_twice_is_one_and_two_are_refused(run, carres, other):
    same = carres / ".." / carres.name
    assert codes(run("--territory", carres, *LIST, "--territory", same)) == ["Q"]
    for arguments in (
        ["--territory", carres, *LIST, "--territory", other],
        ["--territory", carres, "--territory", other, *LIST],
    ):
        said = run(*arguments, code=2).stderr
        assert f"names “{carres}” and “{other}”; one is expected" in said


def test_the_variable_counts_where_no_option_does(run, carres, other, monkeypatch):
    monkeypatch.setenv(territory_choice.VARIABLE, str(carres))
    done = run(*LIST, folder=other)
    assert codes(done) == ["Q"]
    assert "Territory: " not in done.stderr
    assert "des Carrés: 1 rows" in done.stderr
    assert "des Ronds: 1 rows" in run(*LIST, "--territory", other).stderr


@pytest.mark.parametrize("name", ["none", "."])
def test_a_variable_that_names_no_territory_is_named_itself(run, monkeypatch, name):
    monkeypatch.setenv(territory_choice.VARIABLE, name)
    said = run(*LIST, code=2).stderr
    assert f"CDV_GEO_TERRITORY names “{name}”, which is no territory" in said


def test_a_variable_that_is_empty_is_none(run, monkeypatch):
    monkeypatch.setenv(territory_choice.VARIABLE, "")
    assert HOME in run(*LIST).stderr


def test_in_a_folder_of_a_territory_and_below_it_that_one_answers_and_it_is_said(run, carres):
    below = carres / "actions" / "2026"
    below.mkdir(parents=True)
    for folder in (carres, below):
        done = run(*LIST, folder=folder)
        assert codes(done) == ["Q"]
        reason = f"(territory.toml of {carres}; --territory DIR names another)."
        assert f"Territory: Contrat de ville des Carrés {reason}" in done.stderr


def test_a_territory_above_the_users_own_folder_does_not_answer(run, carres, monkeypatch):
    home = carres / "home"
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert HOME in run(*LIST, folder=home / "work").stderr


def test_elsewhere_the_home_territory_answers_and_it_is_said_once(run):
    done = run(*LIST)
    assert len(codes(done)) == 19
    assert done.stderr.count(HOME) == 1
    assert run("-q", *LIST).stderr == ""


def test_the_command_and_the_library_call_the_description_the_same():
    assert territory_choice.FILE_NAME == territory_description.FILE_NAME


def test_make_takes_a_territory(carres):
    root = Path(__file__).parents[2]
    if not shutil.which("make"):
        pytest.skip("there is no make")
    command = ["make", "--dry-run", "atlas", f"TERRITORY={carres}", f"PYTHON={sys.executable}"]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=True, env=os.environ
    )
    assert f'cdv-geo --territory "{carres}" atlas -o maps/build' in done.stdout
