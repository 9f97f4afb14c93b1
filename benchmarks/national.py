"""The page of all metropolitan quartiers and 20,000 places: how large and how fast it is.

The territory is written as a folder and drawn by the command line, as a user would do it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from chromium import RUNS, opened

if TYPE_CHECKING:
    from pathlib import Path

    from chromium import Opened
    from playwright.sync_api import Browser

_CRS: Final = "EPSG:2154"
_PLACES: Final = 20_000
_TYPES: Final = ("école", "collège", "crèche", "pharmacie", "médecin", "bibliothèque")
_METROPOLIS: Final = (-5.5, 41.0, 10.0, 51.5)  # west, south, east, north; degrees
_AROUND_M: Final = 3_000.0
_PRECISION_M: Final = 11.0
_TERRITORY: Final = """\
name = "Quartiers prioritaires de France métropolitaine"
crs = "EPSG:2154"
edition = "2026-11"
default_generation = 2024

[communes]
path = "communes.gpkg"
source = "communes : tracées autour des quartiers pour comparer"

[[perimeters]]
path = "qpv.gpkg"
source = "QPV : ANCT, décret 2023-1314, copie simplifiée (Licence Ouverte)"

[equipment]
path = "equipment.csv"
source = "lieux : tirés au sort parmi des antennes"

[position_error_m]
"publiée" = 30
"""
_RECIPE: Final = """\
title = "Quartiers prioritaires et lieux de France métropolitaine"
subtitle = "Génération {generation}"
extent = "communes"

[[layers]]
kind = "communes"
outline_only = true

[[layers]]
kind = "perimeters"

[[layers]]
kind = "equipment"
"""

_FIRST_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# Two frames after the animation the new step is on the screen.
_STEP_IN: Final = """() => new Promise(done => {
  const start = performance.now();
  const still = () => !document.querySelector(".leaflet-zoom-anim");
  const wait = () => {
    if (still()) requestAnimationFrame(() => done(performance.now() - start));
    else requestAnimationFrame(wait);
  };
  document.querySelector(".leaflet-control-zoom-in").click();
  requestAnimationFrame(wait);
})"""
# The place nearest to the middle of the map, among the pixels that a symbol covers.
_A_PLACE: Final = """() => {
  const map = document.querySelector(".leaflet-container").getBoundingClientRect();
  for (let away = 0; away < map.height / 2; away += 2)
    for (let turn = 0; turn < 6.28; turn += 0.1) {
      const x = map.x + map.width / 2 + away * Math.cos(turn);
      const y = map.y + map.height / 2 + away * Math.sin(turn);
      if (document.elementFromPoint(x, y).matches("path.leaflet-interactive")) return [x, y];
    }
}"""
_WATCH_CARD: Final = """() => {
  let start;
  const look = () => {
    if (document.querySelector(".leaflet-popup")) window.__card = performance.now() - start;
    else requestAnimationFrame(look);
  };
  addEventListener("mousedown", () => { start = performance.now(); look(); }, true);
}"""


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one opening, and how long a zoom and a click keep the reader waiting."""

    contentful: float
    painted: float
    zoomed: float
    clicked: float


def table(data: Path, folder: Path, browser: Browser) -> str:
    """Write the territory, draw it, open it, and give the figures as Markdown."""
    home = folder / "national"
    quartiers = write_territory(data, home)
    page = folder / "national.html"
    start = time.perf_counter()
    command = [sys.executable, "-m", "cdv_geo", "-q", "--territory", home]
    subprocess.run([*command, "map", "nationale", "-o", page], check=True)
    made_s = time.perf_counter() - start
    timings = [_timing(browser, page) for _ in range(RUNS)]
    rows = {
        "quartiers and places": f"{quartiers:,} and {_PLACES:,}",
        "made by the command line in": f"{made_s:.1f} s",
        "size of the file": f"{page.stat().st_size / 1e6:.2f} MB",
        "first text on the screen": _median(timings, "contentful"),
        "all layers drawn": _median(timings, "painted"),
        "a step of the zoom, with its animation": _median(timings, "zoomed"),
        "from a click to the card of what was clicked": _median(timings, "clicked"),
    }
    lines = [f"| {name} | {figure} |" for name, figure in rows.items()]
    return "\n".join(["| | |", "| --- | ---: |", *lines])


def write_territory(data: Path, home: Path) -> int:
    """Write the folder of a territory as large as the country; give the number of quartiers."""
    (home / "maps").mkdir(parents=True)
    quartiers = _quartiers(data / "qpv_2024_simplified.geojson")
    quartiers.to_file(home / "qpv.gpkg")
    _communes(quartiers).to_file(home / "communes.gpkg")
    _places(data / "antennes_5g.parquet").to_csv(home / "equipment.csv", index=False)
    (home / "territory.toml").write_text(_TERRITORY, encoding="utf-8")
    (home / "maps" / "nationale.toml").write_text(_RECIPE, encoding="utf-8")
    return len(quartiers)


def _quartiers(path: Path) -> gpd.GeoDataFrame:
    """Give the QPV of the metropolis as perimeters, each in the first commune that it names."""
    frame = gpd.read_file(path)
    frame = frame[frame["insee_com"].str[:2] < "97"].to_crs(_CRS)
    frame = frame.set_geometry(frame.geometry.make_valid(method="structure", keep_collapsed=False))
    frame = frame[~frame.geometry.is_empty]  # simplified until nothing was left
    return gpd.GeoDataFrame(
        {
            "code": frame["code_qp"],
            "nom": frame["lib_qp"],
            "type": "qpv",
            "generation": 2024,
            "communes": frame["insee_com"].str[:5],
            "commune": frame["lib_com"].str.split(",").str[0],
            "statut_geometrie": "simplifiee",
            "precision_m": _PRECISION_M,
            "source": "ANCT, copie simplifiée",
        },
        geometry=frame.geometry,
        crs=_CRS,
    )


def _communes(quartiers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw a commune around its quartiers: what is near, and nearer than to any other quartier."""
    middles = shapely.MultiPoint(shapely.get_coordinates(quartiers.representative_point()))
    nearest = shapely.get_parts(shapely.voronoi_polygons(middles, ordered=True))
    around = quartiers.convex_hull.buffer(_AROUND_M, quad_segs=3).to_numpy()
    parts = quartiers.set_geometry(shapely.intersection(nearest, around), crs=_CRS)
    communes = parts.dissolve("communes").reset_index()
    communes = communes.rename(columns={"communes": "code_insee"}).drop(columns="nom")
    return communes.rename(columns={"commune": "nom"})[["code_insee", "nom", "geometry"]]


def _places(path: Path) -> pd.DataFrame:
    """Draw places of several types by lot from the antennas."""
    rng = np.random.default_rng(2154)
    antennas = pd.read_parquet(path)
    west, south, east, north = _METROPOLIS
    antennas = antennas[
        antennas["longitude"].between(west, east) & antennas["latitude"].between(south, north)
    ]
    chosen = antennas.iloc[rng.choice(len(antennas), _PLACES, replace=False)]
    kinds = rng.choice(_TYPES, _PLACES)
    return pd.DataFrame(
        {
            "id": chosen["id"].astype("str"),
            "nom": [f"{kind} {number}" for number, kind in enumerate(kinds, 1)],
            "type": kinds,
            "longitude": chosen["longitude"],
            "latitude": chosen["latitude"],
            "precision_position": "publiée",
            "statut": "ouvert",
            "source": "tirage au sort",
        }
    )


def _timing(browser: Browser, path: Path) -> Timing:
    """Open the page in a fresh profile, zoom by one step, and click on a place."""
    with opened(browser, path) as one:
        painted = one.painted_s()
        contentful = one.page.evaluate(_FIRST_PAINT)
        if painted is None:
            sys.exit(f"{path} was not drawn")
        return Timing(contentful, painted * 1000, _zoom(one), _click(one))


def _median(timings: list[Timing], name: str) -> str:
    return f"{statistics.median(getattr(timing, name) for timing in timings) / 1000:.2f} s"


def _zoom(one: Opened) -> float:
    """Give the milliseconds of one step of the zoom, until the map stands still again."""
    one.page.locator(".leaflet-control-zoom-in").click(trial=True)
    milliseconds: float = one.page.evaluate(_STEP_IN)
    return milliseconds


def _click(one: Opened) -> float:
    """Click where a place is drawn; give the milliseconds until its card is in the page."""
    place = one.page.evaluate(_A_PLACE)
    one.page.evaluate(_WATCH_CARD)
    one.page.mouse.click(*place)
    one.page.wait_for_function("() => window.__card")
    milliseconds: float = one.page.evaluate("window.__card")
    return milliseconds
