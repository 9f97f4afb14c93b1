"""Geometry that anybody can compute in the head: squares in Lambert-93, near Chambéry."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely

from cdv_geo.bundled_files import resource_folder

CRS = "EPSG:2154"
# The lower left corner of the squares, in Lambert-93 and near Chambéry: all the squares of the
# tests are given in metres from here.
X0, Y0 = 926_000, 6_500_000


def square(left: float, bottom: float, side: float) -> shapely.Polygon:
    """A square by its lower left corner and its side, in metres from the origin of the tests."""
    return shapely.box(X0 + left, Y0 + bottom, X0 + left + side, Y0 + bottom + side)


def points(*places: tuple[float, float] | None, **columns: object) -> gpd.GeoDataFrame:
    """Points in metres from the origin of the tests; None for no position."""
    geometry = [None if p is None else shapely.Point(X0 + p[0], Y0 + p[1]) for p in places]
    ids = [f"p{number}" for number in range(len(places))]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=geometry, crs=CRS)


def perimeters(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """A table of perimeters; each row says its code, and its outline or none."""
    common = {
        "type": "qpv",
        "generation": 2024,
        "communes": "73001",
        "precision_m": 0.0,
        "source": "tracé à la main",
    }
    full = [
        {
            **common,
            "nom": row["code"],
            "statut_geometrie": "officielle" if row.get("geometry") else "absente",
            "geometry": None,
            **row,
        }
        for row in rows
    ]
    return gpd.GeoDataFrame(full, geometry="geometry", crs=CRS)


def keep_one_map(folder: Path) -> None:
    """Have the atlas of a territory without outlines be quickly made: with one map of all.

    In place of each other recipe the territory has one that makes a map of each outline.
    """
    (folder / "maps").mkdir()
    for recipe in resource_folder("maps").glob("*.toml"):
        if recipe.stem != "vue-d-ensemble":
            text = 'title = "a"\nextent = "perimeter"\n[[layers]]\nkind = "communes"\n'
            (folder / "maps" / recipe.name).write_text(text, encoding="utf-8")
