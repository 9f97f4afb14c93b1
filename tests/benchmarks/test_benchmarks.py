"""The benchmarks still run, and all contenders still say the same: nothing is timed here."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from thinning import LONG

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
# Those in which every contender takes part at least once; all in the long run.
TASKS = ("points_in_polygons", "nearest_of_kinds", "sums_by_centre", "sums_by_area")


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    """Run tasks on few points; give the report, and what was said meanwhile."""
    report = tmp_path_factory.mktemp("benchmarks") / "report.md"
    chosen = [] if LONG else ["--tasks", *TASKS]
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "run.py", "--tiny", *chosen, "--report", report],
        env={name: value for name, value in os.environ.items() if name != "CDV_GEO_BENCH_DATA"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return report.read_text(encoding="utf-8"), done.stderr


@pytest.mark.parametrize(
    "contender", ["cdv_geo", "geopandas", "duckdb", "scipy", "rasterstats", "exactextract"]
)
def test_every_contender_takes_part_and_agrees(tiny_run, contender):
    report, said = tiny_run
    if f"{contender}: not installed" in said:
        pytest.skip(f"{contender} is not installed")
    assert f"| {contender} |" in report


def test_results_that_differ_are_told_apart(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    difference = importlib.import_module("tasks").difference
    pairs = {"point": np.array([1, 2, 2]), "distance": np.array([0.0, 3.0, np.nan])}
    assert difference(pairs, dict(pairs), 1e-9) is None
    assert "point[1]: 2 ≠ 3" in difference(pairs, pairs | {"point": np.array([1, 3, 2])}, 1e-9)
    assert "distance[1]" in difference(
        pairs, pairs | {"distance": np.array([0, 3.1, np.nan])}, 1e-9
    )
    assert "(3,) ≠ (2,)" in difference(pairs, pairs | {"point": np.array([1, 2])}, 1e-9)
