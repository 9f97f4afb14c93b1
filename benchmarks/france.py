"""The data of the benchmarks: a synthetic France, or the real perimeters and antennas.

Both are seeded, so that every run is given the same numbers. A contender loads them in a process
of its own, from the files written here.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from drawing import draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

CRS: Final = "EPSG:2154"
KINDS: Final = 30
CELL_M: Final = 200.0
FOLDER_VARIABLE: Final = "CDV_GEO_BENCH_DATA"

_SEED: Final = 2154
_AROUND_M: Final = 680.0
_JITTER_M: Final = 300.0


@dataclass(frozen=True)
class France:
    """Perimeters, facilities and residents, in metres of EPSG:2154.

    Parameters
    ----------
    source
        Where the data come from.
    polygons
        Outlines of the perimeters; some overlap, some have holes or several parts.
    x, y
        Coordinates of the facilities.
    kind
        Number of the type of each facility, 0 to 29.
    row, column, residents
        The inhabited cells of the population raster, in and around the perimeters.
    left, top, shape
        Corner, and rows and columns, of the raster.
    folder
        Where they were loaded from.
    """

    source: str
    polygons: NDArray[np.object_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.int8]
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    residents: NDArray[np.float64]
    left: float
    top: float
    shape: tuple[int, int]
    folder: Path = Path()

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """The perimeters as a table; its index is their position."""
        return gpd.GeoDataFrame(geometry=self.polygons, crs=CRS)

    @property
    def codes(self) -> list[str]:
        """A code for each perimeter."""
        return [f"QP{number:06d}" for number in range(len(self.polygons))]

    @property
    def points(self) -> gpd.GeoDataFrame:
        """The facilities as a table with their `type`; its index is their position."""
        return gpd.GeoDataFrame(
            {"type": pd.Series(self.labels, dtype="str")},
            geometry=gpd.points_from_xy(self.x, self.y),
            crs=CRS,
        )

    @property
    def labels(self) -> NDArray[np.object_]:
        """The type of each facility, in words."""
        return np.array([f"type {kind:02d}" for kind in range(KINDS)], dtype=object)[self.kind]

    @property
    def cell_centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The centres of the inhabited cells."""
        return self.left + (self.column + 0.5) * CELL_M, self.top - (self.row + 0.5) * CELL_M

    @property
    def raster(self) -> NDArray[np.float64]:
        """Residents of every cell, 0 where nobody lives."""
        values = np.zeros(self.shape)
        values[self.row, self.column] = self.residents
        return values

    @property
    def described(self) -> str:
        """What the data are like, so that a reader can tell whether they resemble his own."""
        near = self.zones.buffer(500).union_all()
        sample = shapely.points(self.x[:100_000], self.y[:100_000])
        inside, around = (
            gpd.GeoSeries(sample).sindex.query(area, predicate="intersects").size / len(sample)
            for area in (self.zones.union_all(), near)
        )
        vertices = int(np.median(shapely.get_num_coordinates(self.polygons)))
        return (
            f"{self.source}: {len(self.polygons):,} polygons (median {vertices} vertices), "
            f"{len(self.residents):,} inhabited cells; {inside:.1%} of the points lie in a "
            f"polygon, {around:.0%} within 500 m"
        )

    def save(self, folder: Path) -> None:
        """Write all arrays to a folder."""
        folder.mkdir(exist_ok=True)
        for name in ("x", "y", "kind", "row", "column", "residents"):
            np.save(folder / name, getattr(self, name))
        self.zones.to_parquet(folder / "polygons.parquet")
        place = {"source": self.source, "left": self.left, "top": self.top, "shape": self.shape}
        ids = pa.array(np.arange(len(self.x))).cast(pa.string()).to_pandas()
        self.points.assign(id=ids)[["id", "type", "geometry"]].to_parquet(folder / "points.parquet")
        (folder / "place.json").write_text(json.dumps(place))

    @classmethod
    def load(cls, folder: Path) -> France:
        """Read what `save` wrote."""
        arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
        polygons = gpd.read_parquet(folder / "polygons.parquet").geometry
        place = json.loads((folder / "place.json").read_text())
        return cls(polygons=np.asarray(polygons, dtype=object), **arrays, **place, folder=folder)


def synthetic(points: int) -> France:
    """Make a France of cities: few large and many small ones, dense in the middle."""
    rng = np.random.default_rng(_SEED)
    return _france("synthetic France", *draw(points, rng), rng)


def real(points: int, folder: Path) -> France:
    """Take the QPV of 2015 and draw points around the antennas, each moved a few hundred metres.

    The outlines of 2015 are the official ones; those of 2024 are at hand only simplified.
    """
    rng = np.random.default_rng(_SEED)
    outlines = gpd.read_file(folder / "QP_METROPOLE_LB93.shp").geometry
    outlines = outlines.make_valid(method="structure", keep_collapsed=False)
    antennas = pd.read_parquet(folder / "antennes_5g.parquet")
    spots = gpd.points_from_xy(antennas["longitude"], antennas["latitude"], crs=4326).to_crs(CRS)
    drawn = spots[rng.integers(len(spots), size=points)]
    xy = np.column_stack([drawn.x, drawn.y]) + rng.normal(scale=_JITTER_M, size=(points, 2))
    source = "QPV of 2015, points drawn around antennas"
    return _france(source, np.asarray(outlines, dtype=object), xy, rng)


def drawings() -> list[Callable[[int], France]]:
    """Give what draws the data: the synthetic France, and the real one where it is at hand."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return [synthetic, *([partial(real, folder=Path(folder))] if folder else [])]


def _france(
    source: str, outlines: NDArray[np.object_], xy: NDArray[np.float64], rng: Generator
) -> France:
    """Add types and residents."""
    bounds = shapely.total_bounds(outlines) + np.array([-1, -1, 1, 1]) * 2 * _AROUND_M
    left, top = np.floor(bounds[0] / CELL_M) * CELL_M, np.ceil(bounds[3] / CELL_M) * CELL_M
    columns, rows = np.ceil([(bounds[2] - left) / CELL_M, (top - bounds[1]) / CELL_M]).astype(int)
    row, column = _cells_around(shapely.bounds(outlines), left, top)
    residents = np.round(rng.gamma(1.5, 60.0, len(row))) + 1
    weight = 1 / np.arange(1, KINDS + 1) ** 0.7  # pharmacies are many, hospitals few
    kind = rng.choice(KINDS, len(xy), p=weight / weight.sum()).astype(np.int8)
    return France(
        source,
        outlines,
        *np.ascontiguousarray(xy.T),
        kind,
        row,
        column,
        residents,
        left=float(left),
        top=float(top),
        shape=(int(rows), int(columns)),
    )


def _cells_around(
    boxes: NDArray[np.float64], left: float, top: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List once each the cells whose centres are near the box of a perimeter."""
    cells = [
        np.stack(np.mgrid[first_row:last_row, first_column:last_column]).reshape(2, -1)
        for first_row, last_row, first_column, last_column in np.column_stack(
            [
                (top - boxes[:, 3] - _AROUND_M) / CELL_M,
                (top - boxes[:, 1] + _AROUND_M) / CELL_M,
                (boxes[:, 0] - _AROUND_M - left) / CELL_M,
                (boxes[:, 2] + _AROUND_M - left) / CELL_M,
            ]
        ).astype(int)
    ]
    row, column = np.unique(np.concatenate(cells, axis=1), axis=1)
    return row, column
