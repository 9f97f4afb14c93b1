"""What the scripts of the web page are given: a scene as compact JSON values.

Features come as columns, not as one object each, and a text that many rows share is written once:
20,000 places with their details stay below 2 MB. Coordinates are whole hundred-thousandths of a
degree of WGS84, about a metre on the ground, longitude first.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cdv_geo.cartography.raster_overlay import overlay_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cdv_geo.cartography.scene import Layer, Scene

_WGS84: Final = "EPSG:4326"
_PER_DEGREE: Final = 100_000
_POINT, _AREA = 0, 2  # dimensions


def texts_data(scene: Scene, *, moved: bool) -> dict[str, object]:
    """Give the texts around the map, and how far outlines moved on screen, if any did."""
    return {
        "title": scene.title,
        "subtitle": scene.subtitle,
        "lists": [asdict(numbered) for numbered in scene.lists],
        "notDrawn": [asdict(missing) for missing in scene.not_drawn],
        "notes": scene.notes,
        "simplifiedTo": scene.simplify_m if moved else None,
        "sources": scene.sources,
    }


def subjects_data(scene: Scene) -> dict[str, object]:
    """Give what can be chosen, and its links as rows that name subjects by their position.

    Raises
    ------
    KeyError
        A link names a key that no subject bears.
    """
    position = {subject.key: n for n, subject in enumerate(scene.subjects)}
    bases = {basis: n for n, basis in enumerate(dict.fromkeys(link.basis for link in scene.links))}
    counts = {said: n for n, said in enumerate(dict.fromkeys(link.counted for link in scene.links))}
    return {
        "keys": list(position),
        "kinds": _coded(pd.Series([subject.kind for subject in scene.subjects], dtype=object)),
        "names": [subject.name for subject in scene.subjects],
        "facts": [[n, s.facts] for n, s in enumerate(scene.subjects) if s.facts],
        "notDrawn": [[n, s.not_drawn] for n, s in enumerate(scene.subjects) if s.not_drawn],
        "bases": list(bases),
        "counts": list(counts),
        "links": [
            [
                position[link.quartier],
                position[link.thing],
                bases[link.basis],
                link.note,
                int(link.certain),
                counts[link.counted],
            ]
            for link in scene.links
        ],
    }


def outlines_for_screen(scene: Scene) -> tuple[list[Layer], bool]:
    """Simplify the outlines of all layers, in metres, and say whether any of them moved.

    No part is lost, however small: Douglas and Peucker (1973), as GEOS does it while keeping
    every ring. Bare lines without a name are distances around something: curves, on which every
    corner would be seen, so they stay as they are.
    """
    layers = []
    moved = False
    for layer in scene.layers:
        if _is_curved(layer):
            layers.append(layer)
            continue
        frame = layer.features
        outlines = frame.geometry.to_numpy()
        simplified = shapely.simplify(outlines, scene.simplify_m, preserve_topology=True)
        fewer = shapely.get_num_coordinates(simplified) < shapely.get_num_coordinates(outlines)
        moved = moved or bool(fewer.any())
        layers.append(replace(layer, features=frame.set_geometry(simplified, crs=frame.crs)))
    return layers, moved


def _is_curved(layer: Layer) -> bool:
    looks = [symbol.style for symbol in layer.classes]
    bare = all(look.fill is None and not look.hatched and look.marker is None for look in looks)
    return bare and not layer.features["label"].any()


def geographic_bounds(scene: Scene) -> list[list[float]]:
    """Give the extent as Leaflet takes it: `[[south, west], [north, east]]` in degrees."""
    crs = scene.layers[0].features.crs
    extent = gpd.GeoSeries([shapely.box(*scene.extent)], crs=crs).to_crs(_WGS84)
    west, south, east, north = extent.total_bounds.round(5).tolist()
    return [[south, west], [north, east]]


def layer_data(layer: Layer) -> dict[str, object]:
    """Give one layer: its classes, and its features as columns of equal length.

    Returns
    -------
    dict
        `coordinates` nests by kind: `[x, y, …]` are points, a list of such lists are lines, a
        list of lists of rings are areas, and None is not drawn. `labels` names only the rows that
        have one, as `[row, text]`, with `x, y` behind where the place of the text is fixed.
    """
    frame = layer.features
    sizes = frame["size"].astype(float).round(2).tolist() if "size" in frame else None
    return {
        "name": layer.name,
        "theme": layer.theme,
        "role": layer.label_role,
        "classes": [asdict(symbol_class) for symbol_class in layer.classes],
        "classIndex": frame["class_index"].astype(int).tolist(),
        "columns": [{"name": name, **_coded(frame[name])} for name in layer.details],
        "keys": _coded(frame["key"]) if "key" in frame else None,
        "sizes": sizes,
        "labels": _labels(layer),
        "coordinates": _coordinates(frame.geometry),
        "image": overlay_data(layer),
    }


def _coded(column: pd.Series[Any]) -> dict[str, list[Any]]:
    """Write each different text once, and for every row which of them it is."""
    rows, texts = pd.factorize(np.array([_text(value) for value in column.tolist()], dtype=object))
    return {"texts": texts.tolist(), "rows": rows.tolist()}


def _text(value: object) -> str:
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, float):
        # A year beside an empty cell comes as a float.
        return "" if np.isnan(value) else f"{value:.10g}".replace(".", ",")
    return str(value)


def _labels(layer: Layer) -> list[list[Any]]:
    """Names of communes stand within them; the page places the others about their feature."""
    frame = layer.features
    texts = [_text(value) for value in frame["label"].tolist()]
    rows = [row for row, text in enumerate(texts) if text]
    if layer.label_role != "commune":
        return [[row, texts[row]] for row in rows]
    inner = _geographic(frame.geometry.iloc[rows].representative_point())
    return [
        [row, texts[row], *(place or [])]
        for row, place in zip(rows, _nested(inner, _POINT), strict=True)
    ]


def _coordinates(geometries: gpd.GeoSeries) -> list[list[Any] | None]:
    degrees = _geographic(geometries)
    dimensions = shapely.get_dimensions(degrees)
    nested: list[list[Any] | None] = [None] * len(degrees)
    for dimension in np.unique(dimensions[~shapely.is_empty(degrees) & (dimensions >= 0)]).tolist():
        chosen = np.flatnonzero((dimensions == dimension) & ~shapely.is_empty(degrees))
        for row, written in zip(chosen.tolist(), _nested(degrees[chosen], dimension), strict=True):
            nested[row] = written
    return nested


def _geographic(geometries: gpd.GeoSeries) -> NDArray[np.object_]:
    array: NDArray[np.object_] = geometries.to_crs(_WGS84).to_numpy()
    return array


def _nested(geometries: NDArray[np.object_], dimension: int) -> list[list[Any]]:
    """Write geometries of one dimension as nested lists, all their vertices in one pass."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    same = shapely.get_dimensions(parts) == dimension  # a collection may hold a line beside areas
    parts, owner = parts[same], owner[same]
    lines, line_owner = parts, np.arange(len(parts))
    if dimension == _AREA:
        lines, line_owner = shapely.get_rings(parts, return_index=True)
    xy, vertex_owner = shapely.get_coordinates(lines, return_index=True)
    whole = np.rint(xy * _PER_DEGREE).astype(int).ravel().tolist()
    flat = _grouped(whole, np.repeat(vertex_owner, 2), len(lines))
    if dimension == _AREA:
        return _grouped(_grouped(flat, line_owner, len(parts)), owner, len(geometries))
    by_feature = _grouped(flat, owner, len(geometries))
    if dimension == _POINT:
        return [list(itertools.chain.from_iterable(points)) for points in by_feature]
    return by_feature


def _grouped(items: Sequence[Any], owner: Iterable[int], count: int) -> list[list[Any]]:
    """Cut a list at the places where its owner, a rising number, changes."""
    ends = np.searchsorted(np.asarray(owner), np.arange(count), side="right").tolist()
    return [list(items[start:end]) for start, end in itertools.pairwise([0, *ends])]
