from __future__ import annotations

import signal
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pytest

from squares import CRS


@pytest.fixture
def many_points(tmp_path, territory):
    count = 500_000
    west, south, east, north = territory.communes.total_bounds
    rng = np.random.default_rng(7)
    points = gpd.points_from_xy(
        rng.uniform(west, east, count), rng.uniform(south, north, count), crs=CRS
    )
    path = tmp_path / "many.parquet"
    gpd.GeoDataFrame({"id": np.arange(count)}, geometry=points).to_parquet(path)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_run_that_is_told_to_end_leaves_nothing_behind(tmp_path, many_points):
    folder = tmp_path / "out"
    folder.mkdir()
    command = ["link", str(many_points), "--within", "500", "-o", str(folder / "links.csv")]
    run = subprocess.Popen(
        [sys.executable, "-m", "cdv_geo", *command], stderr=subprocess.PIPE, text=True
    )
    while run.poll() is None and not list(folder.iterdir()):
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 143, said
    assert list(folder.iterdir()) == []
    assert "Traceback" not in said
