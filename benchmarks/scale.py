"""Time the whole command `cdv-geo link` on one machine and on a cluster of two worker processes.

A territory of all the perimeters of a synthetic France, or of the real ones, is linked with files
of more and more points: read, joined with all three answers, written. Run it with `make scale`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pyarrow.parquet as pq
import shapely
from distributed import LocalCluster
from france import CRS, drawings

if TYPE_CHECKING:
    from france import France

_ROWS_OF_GROUP: Final = 500_000
_DESCRIPTION: Final = """
name = "France"
crs = "EPSG:2154"
edition = "2026-11"
default_generation = 2024

[communes]
path = "communes.gpkg"

[[perimeters]]
path = "perimeters.gpkg"

[position_error_m]
"exacte" = 0
"""
_LAUNCHER: Final = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
wall = time.perf_counter() - start
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6]))
"""


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[280_000, 2_800_000, 28_000_000])
    asked = parser.parse_args()
    print("| points | workers | wall s | CPU s | peak MB | links |")
    print("|---:|---:|---:|---:|---:|---:|")
    with (
        tempfile.TemporaryDirectory() as name,
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
    ):
        folder = Path(name)
        for points in asked.points:
            data = drawings()[-1](points)
            _write(data, folder)
            for workers, options in ((0, []), (2, ["--scheduler", cluster.scheduler_address])):
                print(f"| {points:,} | {workers or 'none'} | {_measured(folder, options)} |")


def _write(data: France, folder: Path) -> None:
    """Write a territory of one commune as large as France, and a file of points."""
    whole = {"code_insee": ["99000"], "nom": ["France"]}
    area = shapely.box(*shapely.total_bounds(data.polygons))
    gpd.GeoDataFrame(whole, geometry=[area], crs=CRS).to_file(folder / "communes.gpkg")
    data.zones.assign(
        code=data.codes,
        nom=data.codes,
        type="qpv",
        generation=2024,
        communes="99000",
        statut_geometrie="officielle",
        precision_m=0.0,
        source=data.source,
    ).to_file(folder / "perimeters.gpkg")
    (folder / "territory.toml").write_text(_DESCRIPTION, encoding="utf-8")
    data.points.assign(id=range(len(data.x))).to_parquet(
        folder / "points.parquet", row_group_size=_ROWS_OF_GROUP
    )


def _measured(folder: Path, options: list[str]) -> str:
    """Link the points, and give what it took; the processor time of workers is not counted."""
    output = folder / "links.parquet"
    command = [
        *(sys.executable, "-m", "cdv_geo", "--territory", str(folder)),
        *("link", str(folder / "points.parquet"), "--within", "500", *options),
        *("-o", str(output), "--overwrite"),
    ]
    # A process inherits the highest memory of the one that starts it: a small one in between.
    launched = [sys.executable, "-c", _LAUNCHER, *command]
    done = subprocess.run(launched, check=True, capture_output=True, text=True)
    wall, cpu, peak = json.loads(done.stdout)
    links = pq.read_metadata(output).num_rows
    own = (f"{cpu:.1f}", f"{peak:,.0f}") if not options else ("-", "-")
    return " | ".join([f"{wall:.1f}", *own, f"{links:,}"])


if __name__ == "__main__":
    main()
