"""GeoPackages that are odd or broken, and what only bears the name of one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hostile_files.case import Make, accepted, lost, noticed, raw, refused, text
from hostile_files.layers import COLLECTION, GEOGRAPHIC, METRIC, area, frame, geopackage, labelled

_PLAIN = frame()
_METRES = frame(crs=METRIC)
_CONTENTS = "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)"
_COLUMNS = "INSERT INTO gpkg_geometry_columns SELECT"


def _cut(fraction: float) -> Make:
    def make(folder: Path) -> Path:
        path = geopackage(_PLAIN)(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * fraction)])
        return path

    return make


def _with_beside(suffix: str, content: bytes) -> Make:
    def make(folder: Path) -> Path:
        path = geopackage(_PLAIN)(folder)
        Path(f"{path}{suffix}").write_bytes(content)
        return path

    return make


def _in_log(folder: Path) -> Path:
    """A second perimeter that is still in the write-ahead log, as when the file was copied."""
    path = geopackage(frame(area(0)))(folder)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("INSERT INTO qpv SELECT 99, geom, 'QN07399M', nom FROM qpv")
    connection.commit()
    log = Path(f"{path}-wal").read_bytes()
    main = path.read_bytes()
    connection.close()
    path.write_bytes(main)
    Path(f"{path}-wal").write_bytes(log)
    return path


def _two_layers(folder: Path) -> Path:
    path = geopackage(_PLAIN)(folder)
    frame(area(3)).to_file(path, layer="veille", driver="GPKG", SPATIAL_INDEX="NO")
    return path


def _renamed(folder: Path) -> Path:
    return geopackage(_PLAIN)(folder).rename(folder / "qpv.geojson")


def _sqlite(folder: Path) -> Path:
    connection = sqlite3.connect(folder / "base.gpkg")
    connection.execute("CREATE TABLE qpv (code TEXT)")
    connection.commit()
    connection.close()
    return folder / "base.gpkg"


def _count(number: int) -> str:
    return f"UPDATE gpkg_ogr_contents SET feature_count = {number}"  # noqa: S608


def _system(number: int) -> tuple[str, ...]:
    return (
        f"UPDATE gpkg_contents SET srs_id = {number}",  # noqa: S608
        f"UPDATE gpkg_geometry_columns SET srs_id = {number}",  # noqa: S608
    )


def _views(body: str) -> tuple[str, ...]:
    """A layer that is a query."""
    return (
        f"CREATE VIEW v AS {body}",
        f"{_CONTENTS} VALUES ('v', 'features', 'v', 4326)",
        f"{_COLUMNS} 'v', 'geom', 'POLYGON', 4326, 0, 0",
        "DELETE FROM gpkg_contents WHERE table_name = 'qpv'",
        "DELETE FROM gpkg_geometry_columns WHERE table_name = 'qpv'",
    )


_ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT n.i AS fid, geom, code_qp, nom FROM qpv, n"
)

_VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
_GDALG = '{"type": "gdal_streamed_alg", "command_line": "gdal vector read /etc/passwd"}'
_GML = (
    '<?xml version="1.0"?><ogr:FeatureCollection xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:ogr="http://ogr.maptools.org/"></ogr:FeatureCollection>'
)
_KML = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>'
_OTHERS = {"VRT": _VRT, "GDALG": _GDALG, "GML": _GML, "KML": _KML}
_SUFFIXES = (".gpkg", ".geojson", ".json", ".csv", ".shp", ".parquet", ".tif", ".zip", ".xlsx")

RENAMED = tuple(
    refused(f"{kind} under the name of {suffix}", text(f"a{suffix}", content), ".",
            hides=("root:",))
    for kind, content in _OTHERS.items()
    for suffix in _SUFFIXES
)  # fmt: skip

OWN_NAMES = tuple(
    refused(f"{kind} under its own name", text(f"a.{kind.lower()}", content), ".",
            hides=("root:",))
    for kind, content in _OTHERS.items()
)  # fmt: skip

SYSTEMS = (
    accepted("a GeoPackage", geopackage(_PLAIN), kept=2),
    accepted("a GeoPackage in Lambert-93", geopackage(_METRES), "2154", kept=2),
    accepted("a GeoPackage in conic conformal 45", geopackage(frame(crs="EPSG:3945")), "3945",
             kept=2),
    accepted("a GeoPackage in zone II", geopackage(frame(crs="EPSG:27572")), "27572", kept=2),
    lost("degrees labelled Lambert-93", geopackage(labelled(_PLAIN, METRIC)),
         "outside|area|range|degree|far"),
    lost("Lambert-93 labelled WGS84", geopackage(labelled(_METRES, GEOGRAPHIC)),
         "outside|area|range|metre|far|2154|lambert"),
    lost("conic conformal 45 labelled Lambert-93",
         geopackage(labelled(frame(crs="EPSG:3945"), METRIC)), "outside|area|range|far|3945"),
    refused("srs_id -1", geopackage(_METRES, *_system(-1)), "CRS|coordinate reference"),
    refused("srs_id 0", geopackage(_METRES, *_system(0)), "CRS|coordinate reference"),
    refused("an srs_id that is in no table", geopackage(_METRES, *_system(4242)),
            "CRS|coordinate reference|srs"),
    accepted("srs_id -1, declared", geopackage(_METRES, *_system(-1)), "2154", kept=2,
             arguments=("--crs", "EPSG:2154")),
    lost("an srs definition that is a file", geopackage(
        _METRES, "UPDATE gpkg_spatial_ref_sys SET definition = '/etc/passwd', organization = 'X'"),
        hides=("root:",)),
)  # fmt: skip

CONTENTS = (
    noticed("a trigger", geopackage(
        _PLAIN, "CREATE TRIGGER t AFTER INSERT ON qpv BEGIN DELETE FROM qpv; END"), "trigger"),
    refused("a view", geopackage(_PLAIN, *_views("SELECT fid, geom, code_qp, nom FROM qpv"))),
    lost("a view without an end", geopackage(_PLAIN, *_views(_ENDLESS)), "."),
    lost("a virtual table that reads a file", geopackage(
        _PLAIN, "CREATE TABLE passwd (x)", "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE passwd USING "
        "VirtualText(\"/etc/passwd\", UTF-8, 0, COMMA, NONE, \":\")' WHERE name = 'passwd'",
        f"{_CONTENTS} VALUES ('passwd', 'attributes', 'passwd', 0)"), hides=("root:",)),
    accepted("a stale count that is too low", geopackage(_PLAIN, _count(1)), kept=2),
    accepted("a stale count that is too high", geopackage(_PLAIN, _count(1_000_000)), kept=2),
    accepted("a stale extent", geopackage(
        _PLAIN, "UPDATE gpkg_contents SET min_x = 0, max_x = 1, min_y = 0, max_y = 1"), kept=2),
    noticed("two layers", _two_layers, "veille"),
    accepted("a layer that is declared", _two_layers, kept=1,
             arguments=("--layer", "veille")),
    lost("a layer that does not exist", _two_layers, "friche", arguments=("--layer", "friche")),
    refused("no feature in a GeoPackage", geopackage(_PLAIN, "DELETE FROM qpv"),
            "no feature|empty|no row"),
    lost("geometries that are noise", geopackage(_PLAIN, "UPDATE qpv SET geom = x'00FF00FF'"),
         "geometr"),
    lost("geometries that are text", geopackage(_PLAIN, "UPDATE qpv SET geom = 'POLYGON'"),
         "geometr"),
    lost("no geometry", geopackage(_PLAIN, "UPDATE qpv SET geom = NULL"), "geometr|outline"),
    noticed("a code that is a blob", geopackage(_PLAIN, "UPDATE qpv SET code_qp = x'00FF'"), "."),
    refused("a layer whose table is missing", geopackage(_PLAIN, "DROP TABLE qpv"),
            "qpv|layer|table"),
    noticed("perimeters that are in the log only", _in_log, "wal|log|beside|journal"),
    refused("a journal of noise beside it", _with_beside("-journal", b"\xd9\xd5" * 300)),
    refused("a log of noise beside it", _with_beside("-wal", b"noise" * 300)),
)  # fmt: skip

DAMAGE = (
    refused("half a GeoPackage", _cut(0.5), "damag|malformed|truncat|cut|corrupt|read"),
    refused("the first page alone", _cut(0.04), "."),
    refused("a database that is no GeoPackage", _sqlite, "GeoPackage"),
    refused("an empty GeoPackage", raw("a.gpkg", b""), "empty|GeoPackage"),
    refused("the magic number alone", raw("a.gpkg", b"SQLite format 3\0"), "."),
    accepted("GeoJSON under the name of .gpkg", text("a.gpkg", COLLECTION)),
    noticed("a GeoPackage under the name of .geojson", _renamed, "."),
)  # fmt: skip

CASES = (*RENAMED, *OWN_NAMES, *SYSTEMS, *CONTENTS, *DAMAGE)
