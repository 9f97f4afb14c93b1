"""What the README says is done, word for word."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdv_geo.cli.command_group import _COMMANDS, cli

from hostile_files.checking import loading_once
from thinning import LONG

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\$ cdv-geo (.+)$", README, flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch, territory):
    """Be in a folder of the reader's, where a table lies that the README calls mine.csv."""
    monkeypatch.setattr("cdv_geo.territory.load_territory", loading_once(territory))
    (tmp_path / "mine.csv").write_text("id,longitude,latitude\na,5.92081,45.590738\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_the_readme_run_one_after_the_other(folder, atlas):
    if not LONG:  # the atlas was made by the same command, elsewhere: it is made again here
        shutil.copytree(atlas, folder / "atlas")
    for line in LINES:
        arguments = shlex.split(line)
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 0, f"{line}: {done.output}"
        if "-o" in arguments:
            assert (folder / arguments[arguments.index("-o") + 1]).exists(), line
        else:
            assert done.stdout, line


def test_every_command_is_in_the_readme():
    assert {line.split()[0] for line in LINES} == set(_COMMANDS)


def test_the_python_of_the_readme_runs():
    (code,) = re.findall(r"```python\n(.+?)```", README, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert "QN07301M « Biollay - Bellevue » holds more than Bellevue" in done.stdout
    assert "'input': 46" in done.stdout
    assert "Labellisation écoquartier" in done.stdout
    assert "Count(certain=8, perhaps=0, envisaged=1" in done.stdout


def test_every_link_of_the_docs_leads_to_a_file():
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
