"""A territory as large as the country, as a folder: all metropolitan QPV and 20,000 places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

_CRS: Final = "EPSG:2154"
PLACES: Final = 20_000
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
    chosen = antennas.iloc[rng.choice(len(antennas), PLACES, replace=False)]
    kinds = rng.choice(_TYPES, PLACES)
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
