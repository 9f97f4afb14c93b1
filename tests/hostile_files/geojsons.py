"""GeoJSON that is odd or broken."""

from __future__ import annotations

import json

import shapely
from shapely.geometry import mapping

from hostile_files.case import accepted, document, lost, noticed, partly, refused, text
from hostile_files.layers import (
    COLLECTION,
    METRIC,
    area,
    collection,
    feature,
    features,
    frame,
    geojson,
)


def _polygon(*ring: tuple[float, ...]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[list(place) for place in ring]]}


def _ring(*steps: tuple[float, float]) -> list[tuple[float, float]]:
    """A ring by hundred-thousandths of a degree from a corner near Chambéry."""
    return [(round(5.95 + x / 1e5, 6), round(45.57 + y / 1e5, 6)) for x, y in steps]


def _json(name: str, **value: str) -> str:
    """The two squares, with one number replaced by what JSON does not know."""
    return COLLECTION.replace("5.92,", f"{value['number']},", 1) if name else COLLECTION


def _crs(name: object, kind: str = "name", member: str = "name") -> dict[str, object]:
    return {"type": kind, "properties": {member: name}}


_METRES = list(frame(crs=METRIC).geometry)
_ZONE_II = list(frame(crs="EPSG:27572").geometry)
_SWAPPED = [shapely.transform(area(n), lambda xy: xy[:, ::-1]) for n in range(2)]
_HALVES = [shapely.box(5.90, 45.57, 5.91, 45.58), shapely.box(5.91, 45.57, 5.92, 45.58)]
_BOWTIE = _polygon(*_ring((0, 0), (500, 500), (500, 0), (0, 500), (0, 0)))
_UNCLOSED = _polygon(*_ring((0, 0), (500, 0), (500, 500), (0, 500)))
_SPIKE = _polygon(*_ring((0, 0), (500, 0), (500, 500), (500, 3000), (500, 500), (0, 500), (0, 0)))
_TOUCHING = _polygon(*_ring((0, 0), (400, 0), (200, 200), (400, 400), (0, 400), (200, 200), (0, 0)))
_HOLE_OUTSIDE = {
    "type": "Polygon",
    "coordinates": [
        _ring((0, 0), (500, 0), (500, 500), (0, 500), (0, 0)),
        _ring((700, 700), (700, 800), (800, 800), (800, 700), (700, 700)),
    ],
}
_HEIGHTS = _polygon(*((x, y, 270.0) for x, y in area(0).exterior.coords))
_TEXTS = {
    "type": "Polygon",
    "coordinates": [[[str(x), str(y)] for x, y in area(0).exterior.coords]],
}
_COLLECTION = {
    "type": "GeometryCollection",
    "geometries": [
        mapping(area(0)),
        {"type": "Point", "coordinates": [5.92, 45.57]},
        {"type": "LineString", "coordinates": [[5.92, 45.57], [5.925, 45.57]]},
    ],
}
_LINE = shapely.LineString([(5.92, 45.57), (5.93, 45.57)])
_FLAT = _polygon(*_ring((0, 0), (500, 0), (0, 0), (0, 0)))
_DEPARTEMENT = shapely.box(5.6, 45.1, 7.1, 45.9)
_ANTIMERIDIAN = _polygon((179, 45), (-179, 45), (-179, 46), (179, 46), (179, 45))


def _deep(depth: int) -> str:
    return '{"type":"FeatureCollection","features":' + "[" * depth + "]" * depth + "}"


def _ids(*ids: str):
    items = [feature(area(n), code_qp=code, nom=f"n{n}") for n, code in enumerate(ids)]
    return document("qpv.geojson", collection(items))


SHAPES = (
    accepted("two squares", geojson(area(0), area(1)), kept=2),
    accepted("two squares with an edge in common", geojson(*_HALVES), kept=2),
    accepted("a bow-tie", geojson(_BOWTIE), "area|m²", kept=1, repaired=1),
    accepted("an unclosed ring", geojson(_UNCLOSED), "clos", kept=1, repaired=1),
    accepted("a spike", geojson(_SPIKE), "spike|repair|valid", kept=1),
    noticed("a ring that touches itself", geojson(_TOUCHING), "touch|valid|repair|self"),
    noticed("a hole outside its shell", geojson(_HOLE_OUTSIDE), "hole|valid|repair|outside"),
    accepted("heights", geojson(_HEIGHTS), kept=1),
    accepted("a collection with one polygon", geojson(_COLLECTION), "collection|polygon", kept=1),
    partly("a null geometry", geojson(None, area(1)), "geometr|outline", kept=1),
    partly("an empty polygon", geojson({"type": "Polygon", "coordinates": []}, area(1)), "empty",
           kept=1),
    partly("points and lines among perimeters",
           geojson(area(0), area(1).centroid, _LINE), "point", "line", kept=1, rejected=2),
    partly("a polygon without area", geojson(_FLAT, area(1)), "area|valid|degenerate|m²", kept=1),
    lost("all without area", geojson(_FLAT), "area|valid|degenerate|m²"),
    noticed("a polygon of 5 m²", geojson(area(0, 2.5e-5), area(1)), "small|area|m²"),
    noticed("a polygon of the size of a département", geojson(_DEPARTEMENT), "large|area|km²"),
    noticed("a polygon over the antimeridian", geojson(_ANTIMERIDIAN, area(0)),
            "antimeridian|180|large|outside|far|area|m²"),
    lost("swapped axes", geojson(*_SWAPPED), "swap|exchang|invert|revers|outside"),
    partly("swapped axes in one of two", geojson(area(0), _SWAPPED[1]),
           "swap|exchang|invert|revers|outside", kept=1),
    noticed("the same outline twice", geojson(area(0), area(0)), "same|overlap|identical|twice"),
    partly("a ring of two places", geojson(_polygon((5.92, 45.57), (5.93, 45.57)), area(1)), ".",
           kept=1),
    lost("coordinates as text", geojson(_TEXTS), "."),
    lost("one coordinate per place", geojson(_polygon((5.92,), (5.93,), (5.94,), (5.92,))), "."),
)  # fmt: skip

SYSTEMS = (
    accepted("a crs member of Lambert-93", geojson(*_METRES, crs=_crs("EPSG:2154")), "2154",
             kept=2),
    accepted("a crs member as URN", geojson(*_METRES, crs=_crs("urn:ogc:def:crs:EPSG::2154")),
             "2154", kept=2),
    accepted("a crs member of WGS84", geojson(area(0), crs=_crs("urn:ogc:def:crs:OGC:1.3:CRS84")),
             kept=1),
    accepted("Lambert zone II étendu", geojson(*_ZONE_II, crs=_crs("EPSG:27572")), "27572",
             kept=2),
    lost("Lambert-93 without a crs member", geojson(*_METRES), "2154|lambert|degree"),
    accepted("Lambert-93, declared", geojson(*_METRES), "2154", kept=2,
             arguments=("--crs", "EPSG:2154")),
    noticed("a declared CRS against the file's own", geojson(area(0), crs=_crs("EPSG:4326")),
            "2154", "4326", arguments=("--crs", "EPSG:2154")),
    lost("Lambert-93 that is called zone II", geojson(*_METRES, crs=_crs("EPSG:27572")),
         "outside|area|range|far|27572"),
    lost("degrees that are called Lambert-93", geojson(area(0), crs=_crs("EPSG:2154")),
         "outside|area|range|degree|far"),
    refused("an unknown crs name", geojson(*_METRES, crs=_crs("Lambert du pays")),
            "Lambert du pays"),
    refused("an EPSG code that does not exist", geojson(*_METRES, crs=_crs("EPSG:999999")),
            "999999"),
    refused("a crs that is a link", geojson(
        *_METRES, crs=_crs("http://evil.invalid/crs", "link", "href")), "link|evil"),
    refused("a crs that is an address", geojson(*_METRES, crs=_crs("http://evil.invalid/crs")),
            "evil"),
    refused("a crs that is a file", geojson(*_METRES, crs=_crs("/etc/passwd")), "/etc/passwd",
            hides=("root:",)),
    accepted("a crs that is null", geojson(area(0), crs=None)),
    refused("a crs that is a number", geojson(*_METRES, crs=2154), "crs"),
    refused("a CRS that is not of the Earth", geojson(*_METRES, crs=_crs("IAU_2015:49900")),
            "IAU|49900|mars"),
    refused("a CRS of heights", geojson(*_METRES, crs=_crs("EPSG:5720")), "5720"),
)  # fmt: skip

DOCUMENTS = (
    accepted("GeoJSON with a byte order mark", text("a.geojson", "\ufeff" + COLLECTION), kept=2),
    accepted("GeoJSON as .json", text("a.json", COLLECTION), kept=2),
    refused("no feature", document("a.geojson", collection([])), "no feature|empty|no row"),
    refused("GeoJSON cut in half", text("a.geojson", COLLECTION[:300]), "."),
    refused("a key twice in one object", text(
        "a.geojson", COLLECTION.replace('"nom"', '"code_qp"')), "code_qp", "twice|duplicate|two"),
    partly("Infinity", text("a.geojson", _json("a", number="Infinity")), "inf|finite|number",
           kept=1),
    partly("NaN", text("a.geojson", _json("a", number="NaN")), "nan|finite|number", kept=1),
    partly("1e400", text("a.geojson", _json("a", number="1e400")), "inf|finite|number|1e400",
           kept=1),
    noticed("arrays 10,000 deep", text("a.geojson", _deep(10_000)), "."),
    noticed("arrays a million deep", text("a.geojson", _deep(1_000_000)), "."),
    noticed("a number of 10,000 digits", text("a.geojson", _json("a", number="9" * 10_000)), "."),
    noticed("a single feature", document("a.geojson", features(area(0))[0]), "feature"),
    noticed("a bare geometry", document("a.geojson", mapping(area(0))), "feature|geometry"),
    refused("an array of features", document("a.geojson", features(area(0))), "."),
    refused("an empty object", document("a.geojson", {}), "FeatureCollection|feature"),
    refused("a text", document("a.geojson", "bonjour"), "."),
    refused("TopoJSON", document("a.geojson", {
        "type": "Topology", "objects": {}, "arcs": []}), "topo|FeatureCollection"),
    refused("features that are no array", document("a.geojson", {
        "type": "FeatureCollection", "features": {"0": 1}}), "feature"),
    noticed("a feature that is null", document("a.geojson", {
        "type": "FeatureCollection", "features": [None, *features(area(0))]}), "."),
    partly("properties that are null", document("a.geojson", collection(
        [*features(area(0)), {"type": "Feature", "properties": None,
                              "geometry": mapping(area(1))}])), "code_qp|code", kept=1),
    noticed("a code that is a list", document("a.geojson", collection(
        [feature(area(0), code_qp=["QN1", "QN2"], nom="a")])), "code"),
    noticed("lone surrogates", text("a.geojson", COLLECTION.replace("Quartier", "\\ud800")), "."),
    noticed("GeoJSON in cp1252", text("a.geojson", json.dumps(
        collection(features(area(0))), ensure_ascii=False), "cp1252"), "utf-8|cp1252|encod"),
    noticed("one feature per line", text("a.geojson", "".join(
        f"{json.dumps(item)}\n" for item in features(area(0), area(1)))), "."),
    refused("GeoJSON with remarks", text("a.geojson", "// qpv\n" + COLLECTION), "."),
    lost("one code for two perimeters", _ids("QN07301M", "QN07301M"), "QN07301M"),
    noticed("codes that differ in case", _ids("QN07301M", "qn07301m"), "qn07301m"),
    noticed("codes that differ in spaces", _ids("QN07301M", " QN07301M"), "QN07301M"),
    accepted("INSEE codes as numbers", document("a.geojson", collection(
        [feature(area(0), code_qp="A", nom="a", insee=1004)])), "01004", kept=1, repaired=1),
    accepted("decomposed names", document("a.geojson", collection(
        [feature(area(0), code_qp="A", nom="Fe\u0301jaz")])), kept=1),
    accepted("markup in the names of perimeters", document("a.geojson", collection(
        [feature(area(0), code_qp="A", nom="</script><script>alert(2)</script>")])), kept=1),
)  # fmt: skip

CASES = (*SHAPES, *SYSTEMS, *DOCUMENTS)
