"""Read a position that stands in one cell: two numbers, WKT, hexadecimal WKB, JSON or GeoJSON."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo.number_parsing import to_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_NUMBER: Final = r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
# Two numbers as open-data portals and mapping services write them. A comma parts them only where
# it cannot stand before decimals: `48,5` alone is one number.
_OPEN, _CLOSE = r"^[\[(\s]*", r"[\])\s]*$"
_PAIRS: Final = tuple(
    _OPEN + pair + _CLOSE
    for pair in (
        r"([-+]?\d+\.\d+)\s*,\s*([-+]?\d+\.\d+)",
        r"([-+]?\d+(?:[.,]\d+)?)\s*,\s+([-+]?\d+(?:[.,]\d+)?)",
        r"([-+]?\d+(?:[.,]\d+)?)(?:\s*;\s*|\s+)([-+]?\d+(?:[.,]\d+)?)",
    )
)
_WKT: Final = (
    rf"(?i)^(?:SRID\s*=\s*(\d+)\s*;)?\s*(?:MULTI)?POINT\s*+(?:ZM|Z|M)?\s*+\(+\s*{_NUMBER}\s+{_NUMBER}"
    r"(?:\s+[-+.\deE]+){0,2}\s*\)+$"
)
_KEYED: Final = (
    rf"(?is)^\{{.*?[\"'](?:lon|lng|long|longitude|x)[\"']\s*:\s*[\"']?{_NUMBER}",
    rf"(?is)^\{{.*?[\"'](?:lat|latitude|y)[\"']\s*:\s*[\"']?{_NUMBER}",
)
_GEOJSON: Final = rf"(?s)^\{{.*[\"']coordinates[\"']\s*:\s*\[\s*{_NUMBER}\s*,\s*{_NUMBER}"
# A point of two to four coordinates, with its system or without: all else is longer.
_HEX: Final = re.compile(r"(?:\\x|0x)?(0[01](?:[0-9A-Fa-f]{2})+)")
_LONGEST_HEX: Final = 82
_NO_SYSTEM: Final = 10**9  # no register goes as far
_KINDS: Final = (
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection",
)  # fmt: skip
_SPELLED: Final = re.compile(rf"(?i)^(?:SRID\s*=\s*\d+\s*;)?\s*({'|'.join(_KINDS)})\b")
_TYPED: Final = re.compile(rf"[\"']type[\"']\s*:\s*[\"']({'|'.join(_KINDS)})[\"']")
# Only to find out fast that there is none.
_BEGINS_AS_PLACE: Final = re.compile(
    r"[\[(\s]*-?\d{1,2}\.\d{3,}\s*,|[^(]*POINT|\{|(?:\\x|0x)?0[01][0-9A-F]{8}", re.IGNORECASE
)
_LOOKED_AT: Final = 400  # characters of a geometry that is no point


@dataclass
class CellPlaces:
    """Positions that stand in one cell each.

    Parameters
    ----------
    x, y
        As they stand; of a pair of plain numbers, the first and the second.
    system
        Number in the register of EPSG that a cell states; 0 where it states none.
    paired
        Whether it is a pair of plain numbers, whose order the cell does not say.
    unread
        By position, what a cell holds in place of a point: a kind of geometry, or nothing known.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    system: NDArray[np.int64]
    paired: NDArray[np.bool_]
    unread: dict[int, str]


def read_positions(cells: pd.Series) -> CellPlaces:
    """Read the positions of a column of text.

    Parameters
    ----------
    cells
        Text, missing where there is no position.
    """
    texts = cells.astype("str").reset_index(drop=True)
    size = len(texts)
    x, y = np.full((2, size), np.nan)
    found = CellPlaces(x, y, np.zeros(size, np.int64), np.zeros(size, dtype=bool), {})
    left = texts.dropna()
    for pattern in _PAIRS:
        pairs = left.str.extract(pattern).dropna()
        found.paired[pairs.index] = True
        left = _keep(found, left, pairs)
    for read in (_wkt, _geojson, _keyed, _wkb):
        left = _keep(found, left, read(left)) if len(left) else left
    for at, text in left.items():
        kind = kind_of(text)
        if kind:
            found.unread[int(str(at))] = kind
    return found


def kind_of(text: str) -> str:
    """Tell which geometry a text writes down, `no place` if none; nothing of an empty one."""
    if re.search(r"(?i)\bEMPTY\s*$", text):
        return ""
    if spelled := _SPELLED.match(text):
        return next(kind for kind in _KINDS if kind.lower() == spelled[1].lower())
    if text.startswith("{"):
        kinds = [k for k in _TYPED.findall(text[:_LOOKED_AT] + text[-_LOOKED_AT:]) if k != "Point"]
        return kinds[0] if kinds else "no place"
    if (packed := _HEX.fullmatch(text)) and len(packed[1]) > 10:  # noqa: PLR2004  # a header
        header = bytes.fromhex(packed[1][:10])  # the order of bytes, then the kind
        number = struct.unpack("<I" if header[0] else ">I", header[1:])[0] % 1000 & 0xFF
        return _KINDS[number - 1] if 0 < number <= len(_KINDS) else "no place"
    return "no place"


def looks_like_places(cells: pd.Series) -> bool:
    """Tell whether most of the texts of a column are points as a machine writes them."""
    texts = cells.dropna().astype("str")
    if sum(_BEGINS_AS_PLACE.match(text) is not None for text in texts) * 2 <= len(texts):
        return False
    read: tuple[Callable[[pd.Series], pd.DataFrame], ...] = (_decimal_pairs, _wkt, _geojson, _keyed)
    return any(len(found(texts)) * 2 > len(texts) for found in (*read, _wkb))


def _keep(found: CellPlaces, left: pd.Series, read: pd.DataFrame) -> pd.Series:
    """Take what was read, and give the cells that were not."""
    if not len(read):
        return left
    x, y = (to_numbers(read[column]).to_numpy() for column in list(read)[-2:])
    found.x[read.index], found.y[read.index] = x, y
    if len(read.columns) > 2:  # noqa: PLR2004  # the system goes before x and y
        systems = to_numbers(read[next(iter(read))]).fillna(0).clip(upper=_NO_SYSTEM)
        found.system[read.index] = systems.to_numpy()
    return left.drop(read.index)


def _decimal_pairs(texts: pd.Series) -> pd.DataFrame:
    return texts.str.extract(
        r"^[\[(\s]*(-?\d{1,2}\.\d{3,})\s*,\s*(-?\d{1,2}\.\d{3,})[\])\s]*$"
    ).dropna()


def _wkt(texts: pd.Series) -> pd.DataFrame:
    return texts.str.extract(_WKT).dropna(subset=[1, 2])


def _keyed(texts: pd.Series) -> pd.DataFrame:
    lon, lat = (texts.str.extract(pattern)[0] for pattern in _KEYED)
    pairs = lon.to_frame("x").assign(y=lat)
    return pairs[~texts.str.contains("coordinates")].dropna()


def _geojson(texts: pd.Series) -> pd.DataFrame:
    alone = texts.map(lambda text: _TYPED.findall(text) == ["Point"]).astype(bool)
    return texts[alone].str.extract(_GEOJSON).dropna()


def _wkb(texts: pd.Series) -> pd.DataFrame:
    packed = texts.str.extract(rf"^{_HEX.pattern}$")[0].dropna()
    short = packed[packed.str.len() <= _LONGEST_HEX]
    shapes = shapely.from_wkb(short.to_numpy(dtype=object), on_invalid="ignore")
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    points = shapes[is_point]
    numbers = {
        "system": shapely.get_srid(points), "x": shapely.get_x(points), "y": shapely.get_y(points)
    }  # fmt: skip
    return pd.DataFrame(numbers, index=short.index[is_point])
