"""The files that are spoilt: sound ones of every kind, and the wrong ones of `hostile_files`."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import rasterio
from rasterio.transform import from_origin

from fuzz.targets import TARGETS
from hostile_files import CASES
from hostile_files.layers import frame
from hostile_files.rows import ACTION_COLUMNS, TWO, action_cells, cells, lines
from squares import CRS, X0, Y0, perimeters, square

ROOT = Path(__file__).parent.parent.parent
LARGEST = 200_000  # bytes; what is larger is slow to spoil, and is about its size
_DESCRIPTION = """
name = "Contrat de ville des Carrés"
crs = "EPSG:2154"
edition = "2026-01"
default_generation = 2024
communes = {path = "communes.gpkg", source = "à la main"}
quartiers = {path = "quartiers.csv", source = "à la main"}
actions = {path = "actions.csv", source = "à la main"}
equipment = {path = "equipment.csv", source = "à la main"}
indicators = {path = "indicators.csv", source = "à la main", population = ["pop"]}
population = {path = "population.tif", source = "à la main"}
rasters = [{name = "habitants", path = "population.tif", band = 1, label = "h", unit = "h", source = "s"}]

[[perimeters]]
path = "perimeters.gpkg"
source = "à la main"

[position_error_m]
"exacte" = 0
"""  # noqa: E501
_TEXTS = {
    "territory.toml": _DESCRIPTION,
    "quartiers.csv": "quartier,code,generation,relation,graphies\n"
    "Le Carré,Q,2024,entier,Carré;Q1\n",
    "indicators.csv": "code,indicateur,libelle,unite,valeur,millesime,statut,source\n"
    "Q,pop,population,habitants,120,2021,publie,INSEE\n"
    "73001,pop,population,habitants,2000,2021,publie,INSEE\n",
    "SOURCES.md": "# Sources\n\n| fichier | licence |\n|---|---|\n"
    "| [actions](actions.csv) | *LO* |\n",
    "columns.toml": '[columns]\n"nom" = "nom"\n"type" = "categorie"\n',
    "manifest.json": json.dumps({"made_by": "cdv_geo", "files": {"a.txt": {"content": "0"}}}),
}


def write_territory(folder: Path) -> None:
    """Write a territory of squares that has a table of each kind."""
    (folder / "maps").mkdir(parents=True)
    for name, text in _TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "maps" / "equipements.toml", folder / "maps" / "own.toml")
    communes = {"code_insee": ["73001", "73002"], "nom": ["Aval", "Amont"]}
    shapes = [square(0, 0, 2000), square(2000, 0, 2000)]
    gpd.GeoDataFrame(communes, geometry=shapes, crs=CRS).to_file(folder / "communes.gpkg")
    perimeters({"code": "Q", "geometry": square(0, 0, 400)}).to_file(folder / "perimeters.gpkg")
    near = {"code_insee": "73001", "latitude": "45.57", "longitude": "5.92"}
    rows = [{**cells(n), **near, "quartier_cite": "Le Carré"} for n in range(3)]
    pd.DataFrame(rows).to_csv(folder / "equipment.csv", index=False)
    named = [action_cells(n, territoires_cites="Le Carré", portee="quartier") for n in range(3)]
    pd.DataFrame(named).to_csv(folder / "actions.csv", index=False)
    _write_raster(folder / "population.tif")


def _write_raster(path: Path) -> None:
    residents = np.arange(300, dtype="float32").reshape(3, 10, 10)
    profile = {"driver": "GTiff", "height": 10, "width": 10, "count": 3, "dtype": "float32"}
    place = from_origin(X0 - X0 % 200, Y0 - Y0 % 200 + 2_000, 200, 200)
    with rasterio.open(path, "w", crs=CRS, transform=place, **profile) as raster:
        raster.write(residents)


def write_sound_files(folder: Path) -> None:
    """Write a sound file of each kind that the commands read."""
    text = lines(*TWO)
    for name, encoding in (("a", "utf-8"), ("b", "cp1252"), ("c", "utf-16"), ("d", "utf-8-sig")):
        (folder / f"{name}.csv").write_text(text, encoding=encoding)
    table = pd.DataFrame([cells(n) for n in range(1, 6)])
    table["latitude"] = table["latitude"].str.replace(",", ".").astype(float)
    table["longitude"] = table["longitude"].str.replace(",", ".").astype(float)
    table.to_parquet(folder / "table.parquet")
    _write_workbook(folder / "table.xlsx")
    points = table.drop(columns=["latitude", "longitude"])
    shapes = gpd.points_from_xy(table["longitude"], table["latitude"])
    for stem, layer in (
        ("points", gpd.GeoDataFrame(points, geometry=shapes, crs=4326)),
        ("quartiers", frame(crs=CRS)),
    ):
        layer.to_file(folder / f"{stem}.gpkg")
        layer.to_crs(4326).to_file(folder / f"{stem}.geojson")
        layer.to_parquet(folder / f"{stem}.parquet")
        layer.to_file(folder / f"{stem}.shp", encoding="UTF-8")
        with zipfile.ZipFile(folder / f"{stem}.zip", "w") as packed:
            for part in sorted(folder.glob(f"{stem}.*")):
                if part.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
                    packed.write(part, part.name)


def _write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(ACTION_COLUMNS)
    for n in range(5):
        book.active.append(
            list(action_cells(n, montant=n * 100.5, territoires_cites="Bellevue").values())
        )
    book.active.merge_cells("G2:G4")
    book.active.row_dimensions[3].hidden = True
    book.save(path)


def write_hostile_files(folder: Path) -> None:
    """Write the wrong files that are small."""
    for number, case in enumerate(CASES):
        within = folder / str(number)
        within.mkdir(parents=True)
        case.make(within)
        for path in within.rglob("*"):
            if path.is_file() and path.stat().st_size > LARGEST:
                path.unlink()


def read_samples(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Give each file of a folder that some target takes: name, ending, content."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
            suffix = path.suffix.lower()
            if any(suffix in target.suffixes for target in TARGETS.values()):
                yield path.name, suffix, path.read_bytes()
