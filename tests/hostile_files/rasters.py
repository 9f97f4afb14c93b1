"""Rasters that are odd or broken."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
from affine import Affine
from rasterio.transform import from_origin

from hostile_files.case import Make, accepted, lost, noticed, raw, refused, text

_HERE = from_origin(928_000, 6_501_000, 10, 10)


def raster(cells: object = None, *, name: str = "grid.tif", **profile: object) -> Make:
    """A GeoTIFF of 20 by 20 cells of residents, or of the cells given."""
    values = np.asarray(np.full((1, 20, 20), 3.0, "float32") if cells is None else cells)

    def make(folder: Path) -> Path:
        usual = {
            "driver": "GTiff",
            "crs": "EPSG:2154",
            "transform": _HERE,
            "count": values.shape[0],
            "height": values.shape[1],
            "width": values.shape[2],
            "dtype": values.dtype,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(folder / name, "w", **{**usual, **profile}) as target:
                target.write(values)
        return folder / name

    return make


def _with_cell(value: float, dtype: str = "float32") -> np.ndarray:
    cells = np.full((1, 20, 20), 3, dtype)
    cells[0, 5, 5] = value
    return cells


def _huge(folder: Path) -> Path:
    path = folder / "huge.tif"
    tiles = {"tiled": True, "blockxsize": 8192, "blockysize": 8192, "sparse_ok": True}
    with rasterio.open(
        path, "w", driver="GTiff", width=200_000, height=200_000, count=1, dtype="float64",
        crs="EPSG:2154", transform=from_origin(928_000, 6_501_000, 1, 1), compress="deflate",
        **tiles,
    ):  # fmt: skip
        pass
    return path


def _cut(folder: Path) -> Path:
    path = raster(np.ones((1, 200, 200), "float32"))(folder)
    path.write_bytes(path.read_bytes()[:20_000])
    return path


def _beside(suffix: str, content: str) -> Make:
    def make(folder: Path) -> Path:
        path = raster()(folder)
        Path(f"{path}{suffix}").write_text(content, encoding="utf-8")
        return path

    return make


def vrt(source: str) -> str:
    """A description that reads another raster."""
    return (
        '<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>EPSG:2154</SRS>'
        "<GeoTransform>928000, 10, 0, 6501000, 0, -10</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


def auxiliary(path: str) -> str:
    """Metadata that point to overviews in another file."""
    return (
        '<PAMDataset><Metadata domain="OVERVIEWS">'
        f'<MDI key="OVERVIEW_FILE">{path}</MDI></Metadata>'
        f"<SRS>{path}</SRS></PAMDataset>"
    )


_DEGREES = from_origin(5.9, 45.6, 0.001, 0.001)
_TURNED = _HERE @ Affine.rotation(30)
_UP = Affine(10, 0, 928_000, 0, 10, 6_500_800)
_BIG = np.full((1, 20, 20), 255, "uint8")

CELLS = (
    accepted("a raster", raster(nodata=-9999)),
    accepted("a raster of bytes", raster(_BIG), hides=("overflow",)),
    refused("-9999 that is not declared", raster(_with_cell(-9999)), "-9999", "nodata"),
    accepted("-9999, declared by the user", raster(_with_cell(-9999)),
             arguments=("--nodata", "-9999")),
    accepted("-9999, declared by the file", raster(_with_cell(-9999), nodata=-9999)),
    accepted("NaN as nodata", raster(_with_cell(np.nan), nodata=np.nan)),
    accepted("NaN that is not declared", raster(_with_cell(np.nan)), "nan|no figure"),
    refused("negative residents", raster(_with_cell(-5)), "-5|negative|nodata"),
    refused("the lowest float", raster(_with_cell(-3.4028235e38)), "nodata"),
    lost("an infinite cell", raster(_with_cell(np.inf)), "inf|finite"),
    noticed("65535 that is not declared", raster(_with_cell(65535, "uint16")), "65535|nodata"),
    refused("complex numbers", raster(np.ones((1, 20, 20), "complex64")), "complex"),
    accepted("seven bands", raster(np.ones((7, 20, 20), "float32"))),
    lost("a nodata value that is no number", raster(), "nodata|abc", usage=True,
         arguments=("--nodata", "abc")),
    noticed("cells that are all nodata", raster(np.full((1, 20, 20), -9999.0), nodata=-9999),
            "nodata|empty|no cell|no figure"),
    noticed("a nodata value that no cell can have", raster(_BIG, nodata=0), hides=("overflow",)),
)  # fmt: skip

PLACES = (
    refused("no CRS", raster(crs=None), "--crs"),
    accepted("no CRS, declared", raster(crs=None), "2154", arguments=("--crs", "EPSG:2154")),
    refused("Lambert-93 labelled WGS84 in a raster", raster(crs="EPSG:4326"),
            "outside|area|range|4326|far"),
    refused("a rotated raster", raster(transform=_TURNED), "rotat"),
    noticed("a raster with south up", raster(transform=_UP), "south|north|up"),
    noticed("a raster in degrees", raster(crs="EPSG:4326", transform=_DEGREES),
            "degree|geographic|4326"),
    accepted("cells that are not square", raster(transform=Affine(
        10, 0, 928_000, 0, -20, 6_501_000))),
    refused("a raster without a place", raster(transform=Affine.identity(), crs=None),
            "crs|place|transform|georef|nowhere"),
    refused("a raster at the corner of the CRS", raster(transform=Affine.identity()),
            "outside|area|range|transform|georef|far|nowhere"),
)  # fmt: skip

CONTAINERS = (
    refused("200,000 by 200,000 cells", _huge, "cells|pixel|large|GB|size"),
    refused("a raster cut short", _cut, "."),
    refused("an empty raster", raw("a.tif", b""), "empty|0 byte|tif"),
    refused("a TIFF without a directory", raw("a.tif", b"II*\0\xff\xff\xff\x7f"), "."),
    refused("a PNG under the name of .tif", raster(
        np.ones((1, 20, 20), "uint8"), driver="PNG", crs=None, transform=None, name="a.tif"), "."),
    refused("a VRT under the name of .tif", text("a.tif", vrt("/etc/passwd")), "vrt|tiff?|raster"),
    refused("a VRT under its own name", text("a.vrt", vrt("/etc/passwd")), "vrt|xml"),
    refused("an address in a .tif", text("a.tif", "http://evil.invalid/a.tif"), "."),
    refused("a grid of ASCII", text("a.asc", "ncols 2\nnrows 2\nxllcorner 0\n"), "."),
    noticed("overviews that are elsewhere", _beside(".aux.xml", auxiliary("/etc/passwd")),
            hides=("root:",)),
    accepted("overviews that are noise", _beside(".ovr", "noise")),
    accepted("a mask that is noise", _beside(".msk", "noise")),
)  # fmt: skip

CASES = (*CELLS, *PLACES, *CONTAINERS)
