"""Squares that anybody can compute in the head, and the real nine communes."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import settings
from rasterio.transform import from_origin

import cdv_geo
from cdv_geo.io.raster.population_grids import read_population

from squares import CRS, square
from thinning import examples

# A slow machine is no fault of the code: what is slow is measured in benchmarks/.
settings.register_profile("cdv_geo", deadline=None, max_examples=examples(300))
settings.load_profile("cdv_geo")

TERRITORY = """
name = "Contrat de ville des Carrés"
crs = "EPSG:2154"
edition = "2026-01"
default_generation = 2024
{extra}
[communes]
path = "communes.gpkg"
source = "communes : tracées à la main"

[[perimeters]]
path = "perimeters.gpkg"
source = "périmètres : tracés à la main"

[position_error_m]
"exacte" = 0
"rue" = 50
"""


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Two communes of 2 km side by side: Aval (73001) to the west, Amont (73002) to the east."""
    return gpd.GeoDataFrame(
        {"code_insee": ["73001", "73002"], "nom": ["Aval", "Amont"]},
        geometry=[square(0, 0, 2000), square(2000, 0, 2000)],
        crs=CRS,
    )


@pytest.fixture(scope="session")
def territory() -> cdv_geo.Territory:
    """The home territory: the nine communes around Chambéry."""
    return cdv_geo.load_territory()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id):
    """Have a folder made once in a run, by the worker that asks first; it is only read after."""
    base = tmp_path_factory.getbasetemp()
    common = base if worker_id == "master" else base.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, unfinished = common / f"once-{name}", common / f"unfinished-{name}"
        with (common / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def make_atlas():
    """Let the program make the atlas of the home territory in a folder."""

    def make(folder: Path, seed: int, jobs: int) -> None:
        command = [sys.executable, "-m", "cdv_geo", "-q", "atlas", "-o", str(folder)]
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        run = [*command, "--jobs", str(jobs)]
        subprocess.run(run, env=environment, check=True, stdout=subprocess.DEVNULL)

    return make


@pytest.fixture(scope="session")
def atlas(make_atlas, made_once) -> Path:
    """The atlas of the home territory, made by the program; it is only read."""
    return made_once("atlas", lambda folder: make_atlas(folder, seed=0, jobs=2))


@pytest.fixture
def make_territory(tmp_path: Path, communes: gpd.GeoDataFrame):
    """Write a territory of squares to a folder, as its own author would, and give the folder."""

    def make(table: gpd.GeoDataFrame, extra: str = "", **files: pd.DataFrame) -> Path:
        folder = tmp_path / "carres"
        folder.mkdir(exist_ok=True)
        communes.to_file(folder / "communes.gpkg")
        table.to_file(folder / "perimeters.gpkg")
        sections = [extra]
        for name, frame in files.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
            sections.append(f'[{name}]\npath = "{name}.csv"\nsource = "à la main"\n')
        before, after = sections[0], "\n".join(sections[1:])
        text = TERRITORY.format(extra=before) + after
        (folder / "territory.toml").write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def grid(tmp_path: Path):
    """Four cells of 200 m in EPSG:3035, with 10, 20, 30 and 0 residents, read from a GeoTIFF.

    Rows from north to south: 10 and 20 above, 30 and 0 below. Standards of living: 10 000,
    20 000, 30 000 €; the cell of 30 is imputed.
    """
    individuals = np.array([[10.0, 20.0], [30.0, 0.0]])
    income = individuals * np.array([[10_000.0, 20_000.0], [30_000.0, 0.0]])
    imputed = np.array([[0.0, 0.0], [1.0, 0.0]])
    path = tmp_path / "grid.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=2,
        width=2,
        count=3,
        dtype="float64",
        crs="EPSG:3035",
        transform=from_origin(4_000_000, 2_500_400, 200, 200),
    ) as raster:
        raster.write(np.stack([individuals, income, imputed]))
    return read_population(path)
