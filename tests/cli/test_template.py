"""The command that writes a workbook to be filled in."""

from __future__ import annotations

import openpyxl
import pytest
from click.testing import CliRunner

from cdv_geo.cli import template
from cdv_geo.cli.session import Session
from cdv_geo.errors import OutputError
from cdv_geo.io.templates.workbook_templates import TEMPLATE_COLUMNS


def run(*arguments, quiet=False):
    session = Session(None, quiet=quiet, verbose=False)
    return CliRunner().invoke(template.command, arguments, obj=session)


def test_the_kinds_of_the_command_are_those_of_the_library():
    assert set(template._KINDS) == set(TEMPLATE_COLUMNS)


@pytest.mark.parametrize("kind", template._KINDS)
def test_each_kind_is_written_with_the_precisions_of_the_territory(tmp_path, territory, kind):
    path = tmp_path / "a.xlsx"
    done = run(kind, "-o", str(path))
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert f"Wrote {path}." in done.stderr
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book.worksheets[0][1]] == [
        column.name for column in TEMPLATE_COLUMNS[kind]
    ]
    if kind != "perimeters":
        listed = [row[0] for row in book["Listes"].iter_rows(min_row=2, values_only=True)]
        assert listed == list(territory.position_error_m)


def test_a_workbook_that_exists_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    assert isinstance(run("actions", "-o", str(path)).exception, OutputError)
    assert path.read_bytes() == b"old"
    assert run("actions", "-o", str(path), "--overwrite", quiet=True).output == ""
    assert path.read_bytes() != b"old"


@pytest.mark.parametrize(
    "arguments", [("indicators", "-o", "a.xlsx"), ("actions", "-o", "a.csv"), ("actions",)]
)
def test_other_kinds_and_endings_are_refused(arguments):
    assert run(*arguments).exit_code == 2
