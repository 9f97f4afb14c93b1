"""Files that try to reach the network or another file, for an address and a canary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hostile_files.case import Make, archive, text
from hostile_files.layers import METRIC, area, frame, geojson, geopackage, shapefile
from hostile_files.rasters import auxiliary, raster, vrt
from hostile_files.workbook import SHARED_CELL, external_link, sheet, with_entity, workbook
from hostile_files.workbooks import values

_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".csv", ".parquet", ".xlsx", ".vrt", ".tif")


@dataclass(frozen=True)
class Bait:
    """Where the files lead to: an address that must not be asked, a file that must not be read."""

    address: str
    canary: Path

    @property
    def targets(self) -> dict[str, str]:
        """The ways in which both may be named."""
        return {
            "an address": self.address,
            "an address of GDAL": f"/vsicurl/{self.address}",
            "another file": str(self.canary),
            "an address of a file": self.canary.as_uri(),
        }


def _vector_vrt(target: str) -> str:
    return (
        '<OGRVRTDataSource><OGRVRTLayer name="canary">'
        f"<SrcDataSource>{target}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )


def _gml(target: str) -> str:
    return (
        '<?xml version="1.0"?><ogr:FeatureCollection '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://ogr.maptools.org/ {target}" '
        'xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml">'
        '<gml:featureMember><ogr:a fid="a.0"><ogr:id>e1</ogr:id></ogr:a></gml:featureMember>'
        "</ogr:FeatureCollection>"
    )


def _xml_entity(target: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "{target}">]><kml>&x;</kml>'


def _kml(target: str) -> str:
    link = f"<NetworkLink><Link><href>{target}</href></Link></NetworkLink>"
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{link}</Document></kml>'


def _wfs(target: str) -> str:
    return f"<OGRWFSDataSource><URL>{target}</URL></OGRWFSDataSource>"


def _wms(target: str) -> str:
    return (
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{target}</ServerUrl></Service><DataWindow>'
        "<SizeX>20</SizeX><SizeY>20</SizeY></DataWindow></GDAL_WMS>"
    )


def _wmts(target: str) -> str:
    return f"<GDAL_WMTS><GetCapabilitiesUrl>{target}</GetCapabilitiesUrl></GDAL_WMTS>"


def _gdalg(target: str) -> str:
    return json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector read {target}"})


def _stac(target: str) -> str:
    asset = {"B1": {"href": target, "proj:epsg": 2154}}
    item = {"type": "Feature", "stac_version": "1.0.0", "assets": asset, "properties": {}}
    return json.dumps({"type": "FeatureCollection", "stac_version": "1.0.0", "features": [item]})


def _rest(target: str) -> str:
    return json.dumps({"objectIdFieldName": "id", "exceededTransferLimit": True, "url": target})


_TEXTS: dict[str, Callable[[str], str]] = {
    "VRT": _vector_vrt,
    "raster VRT": vrt,
    "GML": _gml,
    "XML": _xml_entity,
    "KML": _kml,
    "WFS": _wfs,
    "WMS": _wms,
    "WMTS": _wmts,
    "GDALG": _gdalg,
    "STAC": _stac,
    "ESRI": _rest,
}


def _crs(target: str, kind: str, member: str) -> dict[str, object]:
    return {"type": kind, "properties": {member: target}}


def _prj(content: str) -> Make:
    return shapefile(lambda parts: {**parts, "qpv.prj": content.encode()})


def _srs(definition: str) -> Make:
    return geopackage(
        frame(crs=METRIC),
        f"UPDATE gpkg_spatial_ref_sys SET definition = '{definition}', organization = 'NONE', "  # noqa: S608
        "organization_coordsys_id = 0 WHERE srs_id = 2154",
    )


def _virtual(module: str, target: str) -> Make:
    return geopackage(
        frame(),
        "CREATE TABLE canary (x)",
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE canary USING {module}(\"{target}\")'"  # noqa: S608
        " WHERE name = 'canary'",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "VALUES ('canary', 'attributes', 'canary', 0)",
    )


def _with_auxiliary(target: str) -> Make:
    def make(folder: Path) -> Path:
        path = raster()(folder)
        Path(f"{path}.aux.xml").write_text(auxiliary(target), encoding="utf-8")
        return path

    return make


def _link_to(target: Path, name: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).symlink_to(target)
        return folder / name

    return make


def _grid(target: str) -> str:
    return f"+proj=longlat +ellps=clrk80ign +nadgrids={target} +no_defs +type=crs"


def _wkt_with_grid(target: str) -> str:
    return (
        'GEOGCS["x",DATUM["x",SPHEROID["x",6378249.2,293.466],'
        f'EXTENSION["PROJ4_GRIDS","{target}"]],PRIMEM["Greenwich",0],'
        f'UNIT["degree",0.0174532925199433],EXTENSION["PROJ4","{_grid(target)}"]]'
    )


def _of_target(target: str) -> Iterator[tuple[str, Make]]:
    rows = [["id", "nom", "latitude", "longitude"], ["e1", SHARED_CELL, 45.57, 5.92]]
    good = workbook({"F": sheet([rows[0], values(1)[:4]])}, parts=external_link(target))
    yield "crs link", geojson(area(0), crs=_crs(target, "link", "href"))
    yield "crs name", geojson(area(0), crs=_crs(target, "name", "name"))
    yield "crs grid", geojson(area(0), crs=_crs(_grid(target), "name", "name"))
    yield ".prj", _prj(target)
    yield ".prj with a grid", _prj(_wkt_with_grid(target))
    yield "srs", _srs(target)
    yield "srs with a grid", _srs(_wkt_with_grid(target))
    yield "external workbook", good
    yield "entity", workbook({"F": sheet(rows)}, parts=with_entity(target))
    yield "VirtualOGR", _virtual("VirtualOGR", target)
    yield "VirtualText", _virtual("VirtualText", target)
    yield "auxiliary", _with_auxiliary(target)
    yield "zipped VRT", archive("a.zip", {"a.vrt": _vector_vrt(target)})
    yield "zipped VRT as GeoJSON", archive("a.zip", {"a.geojson": _vector_vrt(target)})


Trap = tuple[str, str, str]


def traps(bait: Bait) -> dict[Trap, Make]:
    """All files that lead to the bait: what they are, what they are called, and the way."""
    made: dict[Trap, Make] = {}
    for way, target in bait.targets.items():
        for kind, content in _TEXTS.items():
            for suffix in _SUFFIXES:
                made[kind, suffix, way] = text(f"a{suffix}", content(target))
        made.update({(kind, "", way): make for kind, make in _of_target(target)})
    for suffix in _SUFFIXES:
        made["link", suffix, ""] = _link_to(bait.canary, f"a{suffix}")
    return made
