"""Shapefiles that lack a part, or whose parts contradict each other."""

from __future__ import annotations

import struct

import geopandas as gpd

from hostile_files.case import Make, accepted, lost, noticed, partly, refused
from hostile_files.layers import METRIC, Parts, area, frame, shapefile


def _without(*suffixes: str) -> Make:
    return shapefile(lambda parts: {n: c for n, c in parts.items() if not n.endswith(suffixes)})


def _with(suffix: str, content: bytes) -> Make:
    return shapefile(lambda parts: {**parts, f"qpv{suffix}": content})


def _cut(suffix: str, end: int) -> Make:
    name = f"qpv{suffix}"
    return shapefile(lambda parts: {**parts, name: parts[name][:end]})


def _patched(suffix: str, offset: int, form: str, value: int) -> Make:
    def change(parts: Parts) -> Parts:
        content = bytearray(parts[f"qpv{suffix}"])
        struct.pack_into(form, content, offset, value)
        return {**parts, f"qpv{suffix}": bytes(content)}

    return shapefile(change)


def _fewer_records(parts: Parts) -> Parts:
    """A table of one record for two shapes."""
    head, size = struct.unpack_from("<HH", parts["qpv.dbf"], 8)
    table = bytearray(parts["qpv.dbf"][: head + size])
    struct.pack_into("<I", table, 4, 1)
    return {**parts, "qpv.dbf": bytes(table)}


def _more_records(parts: Parts) -> Parts:
    """A table of three records for two shapes."""
    head, size = struct.unpack_from("<HH", parts["qpv.dbf"], 8)
    table = bytearray(parts["qpv.dbf"][: head + 2 * size])
    table += table[head : head + size]
    struct.pack_into("<I", table, 4, 3)
    return {**parts, "qpv.dbf": bytes(table)}


def _deleted_record(parts: Parts) -> Parts:
    """The second record is marked as deleted."""
    head, size = struct.unpack_from("<HH", parts["qpv.dbf"], 8)
    table = bytearray(parts["qpv.dbf"])
    table[head + size] = ord("*")
    return {**parts, "qpv.dbf": bytes(table)}


def _in_cp1252(parts: Parts) -> Parts:
    """Names in cp1252, while nothing says so."""
    text = parts["qpv.dbf"].replace("n°".encode(), "n° ".encode("cp1252"))
    return {**{n: c for n, c in parts.items() if n != "qpv.cpg"}, "qpv.dbf": text}


def _other_case(parts: Parts) -> Parts:
    """As Windows leaves it: the extensions of the other parts are in capitals."""
    return {n if n.endswith(".shp") else n[:-3] + n[-3:].upper(): c for n, c in parts.items()}


def _no_names() -> gpd.GeoDataFrame:
    return frame(crs=METRIC).drop(columns=["code_qp", "nom"]).assign(fid_=[1, 2])


def _short_names() -> gpd.GeoDataFrame:
    """Columns whose names were cut after ten characters."""
    return frame(crs=METRIC).assign(statut_geo="officielle", statut_g_1="2024", precision_=5)


def _half_in_cp1252(parts: Parts) -> Parts:
    """Names in cp1252, while the .cpg says UTF-8."""
    text = parts["qpv.dbf"].replace("n°".encode(), "n° ".encode("cp1252"))
    return {**parts, "qpv.cpg": b"UTF-8", "qpv.dbf": text}


_GRID = (
    b'GEOGCS["x",DATUM["x",SPHEROID["x",6378137,298],EXTENSION["PROJ4_GRIDS","@/etc/passwd"]],'
    b'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],'
    b'EXTENSION["PROJ4","+proj=longlat +nadgrids=/etc/passwd +no_defs"]]'
)

CASES = (
    accepted("a Shapefile", shapefile(), "2154", kept=2),
    accepted("a Shapefile without .cpg", _without(".cpg"), kept=2, hides=("Â°",)),
    accepted("a Shapefile in cp1252 without .cpg", shapefile(_in_cp1252), kept=2, hides=("�",)),
    noticed("a Shapefile whose .cpg lies", _with(".cpg", b"ISO-8859-1"), "encod|cpg|8859|utf"),
    noticed("cp1252 under a .cpg of utf-8", shapefile(_half_in_cp1252), "encod|cp1252|utf-8|cpg"),
    accepted("names of ten characters", shapefile(table=_short_names()), kept=2),
    noticed("a .cpg that nobody knows", _with(".cpg", b"KLINGON-1"), "klingon|encod|cpg"),
    accepted("a Shapefile with parts in capitals", shapefile(_other_case), kept=2),
    refused("no .prj", _without(".prj"), "--crs", "2154"),
    accepted("no .prj, declared", _without(".prj"), "2154", kept=2,
             arguments=("--crs", "EPSG:2154")),
    refused("an empty .prj", _with(".prj", b""), "--crs"),
    refused("a .prj of noise", _with(".prj", b"\x00\x01bonjour"), "crs|prj|reference"),
    lost("a .prj of another CRS", _with(".prj", b"EPSG:27572"), "."),
    refused("a .prj with a grid file", _with(".prj", _GRID), "grid|crs|prj|EXTENSION",
            hides=("root:",)),
    refused("a .prj that is an address", _with(".prj", b"http://evil.invalid/2154.prj"),
            "crs|prj|reference"),
    refused("no .dbf", _without(".dbf"), "dbf|code"),
    noticed("no .shx", _without(".shx"), "shx"),
    refused("the shapes alone", _without(".shx", ".dbf", ".prj", ".cpg"), "."),
    refused("no column of codes", shapefile(table=_no_names()), "code",
            arguments=("--as", "perimeters")),
    noticed("fewer records than shapes", shapefile(_fewer_records), "dbf|record|code"),
    noticed("more records than shapes", shapefile(_more_records), "dbf|record|geometr"),
    noticed("a deleted record", shapefile(_deleted_record), "delet|dbf|record|row"),
    refused("shapes cut short", _cut(".shp", 150), "."),
    refused("a table cut short", _cut(".dbf", 40), "."),
    lost("an index of noise", _with(".shx", b"\xff" * 116), "."),
    lost("a count of 2^31 records", _patched(".dbf", 4, "<I", 0x7FFFFFFF), "."),
    noticed("a ring of 2^31 places", _patched(".shp", 100 + 8 + 40, "<i", 0x7FFFFFFF), "."),
    noticed("a kind of shape that is not known", _patched(".shp", 100 + 8, "<i", 77), "."),
    partly("a shape that is null", shapefile(table=frame(area(0), None, crs=METRIC)),
           "geometr|outline", kept=1),
    lost("Lambert-93 under the name of WGS84",
         shapefile(table=frame(crs=METRIC).set_crs("EPSG:4326", allow_override=True)),
         "outside|area|range|metre|far"),
)  # fmt: skip
