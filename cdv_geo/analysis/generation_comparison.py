"""What one generation of perimeters kept, took in and left out of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry


def change_between(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut two generations of perimeters into the parts kept, entered and left.

    Outlines of different scales never fall on each other exactly: thin slivers are a matter of
    drawing, and nothing here tells them from a real change.

    Parameters
    ----------
    before, after
        `nom` and an outline each, in one metric CRS. A piece bears the name of the later
        perimeter, or of the earlier one where it left.

    Returns
    -------
    One row per name and piece: `nom`, `piece` (`kept`, `entered`, `left`), `area_ha`, outline.

    Raises
    ------
    DataError
        The CRS differ.
    """
    if before.crs != after.crs:
        raise DataError(f"the generations are in {before.crs} and {after.crs}; one is expected.")
    old, new = before.geometry.union_all(), after.geometry.union_all()
    pieces = [
        *_pieces(after, "kept", lambda outline: outline.intersection(old)),
        *_pieces(after, "entered", lambda outline: outline.difference(old)),
        *_pieces(before, "left", lambda outline: outline.difference(new)),
    ]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(pieces, columns=["nom", "piece", "geometry"]), crs=after.crs
    )
    return frame.assign(area_ha=frame.area / 10_000)


def _pieces(
    perimeters: gpd.GeoDataFrame, piece: str, cut: Callable[[BaseGeometry], BaseGeometry]
) -> list[tuple[str, str, BaseGeometry]]:
    drawn = perimeters[perimeters.geometry.notna()]
    cuts = [
        (nom, piece, cut(outline))
        for nom, outline in zip(drawn["nom"], drawn.geometry, strict=True)
    ]
    return [row for row in cuts if not row[2].is_empty]
