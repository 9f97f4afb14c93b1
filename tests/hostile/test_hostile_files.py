"""Every wrong file gets the answer that its user would want, and never a traceback."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdv_geo.cli.command_group import cli

from hostile_files import CASES
from hostile_files.case import Case
from hostile_files.checking import (
    USAGE,
    Answer,
    assert_conserved,
    assert_no_traceback,
    check,
    limit,
)
from thinning import some

_LONGEST = 2_000  # characters of one value or one sentence in a report
_COUNTED = ("repaired", "rejected", "blank", "title", "total")


def _id(case: Case) -> str:
    return case.name.encode("ascii", "replace").decode().replace("/", "|")


@pytest.fixture(params=CASES, ids=_id)
def case(request) -> Case:
    return request.param


def test_each_case_has_a_name_of_its_own():
    assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_size for path in folder.iterdir()}


def test_a_hostile_file_gets_its_answer_and_the_folder_stays_as_it_was(case: Case, tmp_path: Path):
    file = case.make(tmp_path)
    before = _sizes(tmp_path)
    answer = check(file, arguments=case.arguments)
    assert _sizes(tmp_path) == before
    if answer.exit_code == USAGE:
        assert case.usage, answer.error
        return
    assert_conserved(answer)
    _assert_exit_code(case, answer)
    _assert_counts(case, answer)
    _assert_said(case, answer)


@pytest.mark.parametrize("case", some(CASES[::8], 24), ids=_id)  # the same answers, only written
@pytest.mark.parametrize("form", ["table", "csv"])
def test_other_formats_answer_alike(case: Case, form: str, tmp_path: Path):
    file = str(case.make(tmp_path))
    with limit():
        result = CliRunner().invoke(cli, ["check", "--format", form, *case.arguments, "--", file])
    assert_no_traceback(result)
    wanted = {0, 3} if case.exit_code is None else {case.exit_code}
    assert result.exit_code in (wanted | {USAGE} if case.usage else wanted), result.output
    assert "\x1b" not in result.stdout, "a cell must not steer the terminal"


def _assert_exit_code(case: Case, answer: Answer) -> None:
    file = answer.file
    clean = file["status"] == "accepted" and not file["rows"]["rejected"]
    assert answer.exit_code == (0 if clean else 3)
    assert case.exit_code in {None, answer.exit_code}, answer.said
    assert case.status in {None, file["status"]}, answer.said
    assert case.role in {None, file["role"]}
    assert case.header_row in {None, (file["detected"] or {}).get("header_row")}


def _assert_counts(case: Case, answer: Answer) -> None:
    rows = answer.file["rows"]
    kept = rows["accepted"] + rows["repaired"]
    assert case.kept in {None, kept}, (rows, answer.said)
    wanted = {name: getattr(case, name) for name in _COUNTED}
    assert {n: rows[n] for n, number in wanted.items() if number is not None} == {
        n: number for n, number in wanted.items() if number is not None
    }, answer.said


def _assert_said(case: Case, answer: Answer) -> None:
    silent = [pattern for pattern in case.says if not answer.says(pattern)]
    assert not silent, answer.said
    betrayed = [pattern for pattern in case.hides if answer.says(pattern)]
    assert not betrayed, answer.said
    for fault in answer.file["faults"]:
        assert len(str(fault["value"])) <= _LONGEST
        assert len(fault["why"]) <= _LONGEST


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("id;nom;type;latitude;longitude\ne1;Crèche;crèche;45,57;5,92\n", "utf-8")
    bad.write_bytes(b"")
    answer = check(bad, good, bad)
    assert [file["status"] for file in answer.files] == ["refused", "accepted", "refused"]
    assert answer.exit_code == 3
    assert_conserved(answer)


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path):
    file = tmp_path / "a.csv"
    title = "Équipements;;;;\n;;;;\n"
    good, bad = "e1;Crèche;crèche;45,57;5,92\n", "e2;Gymnase;gymnase;95,57;5,92\n"
    file.write_text(f"{title}id;nom;type;latitude;longitude\n{good}\n{bad}", "utf-8")
    answer = check(file)
    rejected = [fault for fault in answer.file["faults"] if fault["done"] == "rejected"]
    assert {fault["row"] for fault in rejected} == {6}
    assert rejected[0]["column"] == "latitude"
    assert rejected[0]["value"] == "95,57"
