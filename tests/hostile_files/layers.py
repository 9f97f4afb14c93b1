"""Layers that nothing is wrong with: two squares near Chambéry, in every format."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import shapely
from shapely.geometry import mapping

from hostile_files.case import Make, document

GEOGRAPHIC, METRIC = "EPSG:4326", "EPSG:2154"
Feature = dict[str, object]


def area(number: int = 0, side: float = 0.005) -> shapely.Polygon:
    """A square of about 400 m by 550 m, in degrees."""
    left = 5.92 + number / 100
    return shapely.box(left, 45.57, left + side, 45.57 + side)


def frame(*shapes: shapely.Geometry | None, crs: str = GEOGRAPHIC) -> gpd.GeoDataFrame:
    """A table of perimeters; the shapes are given in degrees."""
    drawn = list(shapes) or [area(0), area(1)]
    names = {
        "code_qp": [f"QN0730{n}M" for n in range(len(drawn))],
        "nom": [f"Quartier n° {n}" for n in range(len(drawn))],
    }
    return gpd.GeoDataFrame(names, geometry=drawn, crs=GEOGRAPHIC).to_crs(crs)


def labelled(table: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """The same numbers under the name of another CRS."""
    return table.set_crs(crs, allow_override=True)


def geopackage(
    table: gpd.GeoDataFrame, *statements: str, name: str = "qpv.gpkg", layer: str = "qpv"
) -> Make:
    """A GeoPackage, and what is done to its tables afterwards."""

    def make(folder: Path) -> Path:
        path = folder / name
        table.to_file(path, layer=layer, driver="GPKG", SPATIAL_INDEX="NO")
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return path

    return make


Parts = dict[str, bytes]


def shapefile_parts(folder: Path, table: gpd.GeoDataFrame | None = None) -> Parts:
    """The files of a Shapefile by name."""
    inner = folder / "parts"
    inner.mkdir()
    (frame(crs=METRIC) if table is None else table).to_file(inner / "qpv.shp", encoding="UTF-8")
    return {path.name: path.read_bytes() for path in sorted(inner.iterdir())}


def shapefile(
    change: Callable[[Parts], Parts] = lambda parts: parts, table: gpd.GeoDataFrame | None = None
) -> Make:
    """A Shapefile whose parts were changed."""

    def make(folder: Path) -> Path:
        for name, content in change(shapefile_parts(folder, table)).items():
            (folder / name).write_bytes(content)
        return folder / "qpv.shp"

    return make


def feature(geometry: object, **properties: object) -> Feature:
    """One GeoJSON feature; the geometry as a shape or as an object."""
    shape = mapping(geometry) if isinstance(geometry, shapely.Geometry) else geometry
    return {"type": "Feature", "properties": properties, "geometry": shape}


def features(*shapes: object) -> list[Feature]:
    """Features of perimeters, with codes and names."""
    return [
        feature(shape, code_qp=f"QN0730{n}M", nom=f"Quartier n° {n}")
        for n, shape in enumerate(shapes)
    ]


def collection(items: list[Feature], **members: object) -> dict[str, object]:
    """A FeatureCollection."""
    return {"type": "FeatureCollection", **members, "features": items}


def geojson(*shapes: object, **members: object) -> Make:
    """A GeoJSON of perimeters."""
    return document("qpv.geojson", collection(features(*shapes), **members))


COLLECTION = json.dumps(collection(features(area(0), area(1))))
