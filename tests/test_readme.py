"""What the README says is done, word for word."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cdv_geo.cli.command_group import _COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\$ cdv-geo (.+)$", README, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    (folder / "mine.csv").write_text("id,longitude,latitude\na,5.92081,45.590738\n")
    return folder


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_readme_runs(folder, line):
    arguments = shlex.split(line)
    command = [sys.executable, "-m", "cdv_geo", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if "-o" in arguments:
        assert (folder / arguments[arguments.index("-o") + 1]).exists()
    else:
        assert done.stdout


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
