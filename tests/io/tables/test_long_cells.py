"""A cell of many characters takes time that grows with its length, and no faster."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cdv_geo.faults import Fault

# In a process of its own, which ends where it needs more: 100,000 squared is a minute of each.
_SECONDS = 40
_PROGRAM = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
import pandas as pd
from cdv_geo import gazetteer, number_parsing
from cdv_geo.io.positions import lengths_and_scores, position_texts, unread_position_columns
from cdv_geo.io.tables import cell_values, column_headers, dates, non_data_rows
LENGTH = 100_000
for piece in (" ", "\\u00a0", "1", "(", "a ", "1 ", ".", ",", "x_", "\\u0301", "[", '"'):
    run = piece * (LENGTH // len(piece))
    for text in (run, f"1{{run}}2", f"1{{run}}z", f"POINT{{run}}z", f"{{run}} 2024", "{{" + run):
        column = pd.Series([text], dtype="str")
        number_parsing.to_numbers(column)
        number_parsing.decimal_marks([text])
        gazetteer.normalise(text)
        gazetteer._BETWEEN_NAMES.split(text)
        column_headers.known_name(text)
        dates.read_date(text)
        dates.read_year(text)
        lengths_and_scores.read_length(text)
        lengths_and_scores.score_of(text, named=True)
        position_texts.read_positions(column)
        unread_position_columns.named_pairs([text, "y"])
        non_data_rows.are_totals(pd.DataFrame({{"a": ["total"], "b": [text]}}, dtype="str"))
        cell_values.with_insee_codes(pd.DataFrame({{"code_insee": column}}))
        cell_values.with_whole_numbers(pd.DataFrame({{"objectifs": column}}))
print("read")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no process so")
def test_no_reader_of_a_cell_takes_the_square_of_its_length():
    program = _PROGRAM.format(seconds=_SECONDS)
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "read\n"), run.stderr[-2_000:]


def test_a_fault_says_the_beginning_and_the_end_of_what_is_long():
    fault = Fault(2, "montant", f"“{'1' * 1_000_000}” is not accepted", "1" * 1_000_000)
    assert fault.message == f"“{'1' * 599} … {'1' * 283}” is not accepted"
    assert fault.value == f"{'1' * 600} … {'1' * 300}"
    assert Fault(2, "montant", "x" * 1_000).message == "x" * 1_000
