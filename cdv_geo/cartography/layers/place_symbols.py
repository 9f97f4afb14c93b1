"""Places as symbols: a line of the legend for every group of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo.analysis.proximity import NEARNESS_ERROR_M
from cdv_geo.cartography.scene import Layer, SymbolClass
from cdv_geo.french import map_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.cartography.style import Style


@dataclass(frozen=True)
class PlaceGroup:
    """Places that share one line of the legend."""

    label: str
    members: pd.Series
    look: Style


def symbol_layer(
    name: str,
    frame: gpd.GeoDataFrame,
    keys: list[str],
    groups: Sequence[PlaceGroup],
    columns: dict[str, pd.Series],
) -> Layer:
    """Make a layer of symbols, with a line of the legend for every group that has members."""
    present = [group for group in groups if group.members.any()]
    index = np.full(len(frame), -1)
    for number, group in enumerate(present):
        index[group.members.to_numpy()] = number
    features = gpd.GeoDataFrame(
        {"class_index": index, "label": "", "key": keys, **columns},
        index=frame.index,
        geometry=frame.geometry,
    )
    classes = tuple(
        SymbolClass(map_texts.with_count(group.label, int(group.members.sum())), group.look)
        for group in present
    )
    return Layer(name, features, classes, tuple(columns))


def is_uncertain(frame: gpd.GeoDataFrame) -> pd.Series:
    """Tell the positions that may be off so far that no distance can be measured from them."""
    return pd.Series(frame["position_error_m"].fillna(0) > NEARNESS_ERROR_M)
