"""Tell by a short text whether a content is the same as in another run, process or machine.

Only what a content *is* counts: neither when it was made, nor the order in which a set is walked,
nor where in memory it lies. Two contents that differ have two digests, since every value goes in
with its kind and its length: the text « 1 » is not the number 1, nor are two texts one long one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import re
import zlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, time
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cdv_geo.bundled_files import resource_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _Take = Callable[[bytes], object]

_PACKAGE: Final = Path(__file__).resolve().parent
# In an installed package these lie beside the code; what is taken from them is content.
_NOT_CODE: Final = {"__pycache__", "data", "maps"}
_PROGRAM: Final = "cdv-geo"
# What the libraries of the program need in turn, where it shapes a content or the bytes of a file.
_BELOW: Final = ("contourpy", "fonttools", "kiwisolver", "lxml")


def digest_of(content: object) -> str:
    """Give the SHA-256 of a content, the same one in every process.

    Parameters
    ----------
    content
        Texts, bytes, numbers, dates, paths, None; arrays, tables and geometries; and sequences,
        mappings, sets and dataclasses of such. The order of a mapping counts, since it is the
        order in which a reader sees it; that of a set does not.

    Returns
    -------
    64 hexadecimal digits.

    Raises
    ------
    TypeError
        A part of the content is of another kind.
    """
    hasher = hashlib.sha256()
    _feed(hasher.update, content)
    return hasher.hexdigest()


def file_digest(path: Path) -> str:
    """Give the SHA-256 of the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def program_digest() -> str:
    """Give a digest of the program that makes a file of a content.

    The code and the templates of the package count as they lie there, since those of a checkout
    change without a new version; and the versions of the libraries that shape the bytes of files.
    """
    own = {
        path.relative_to(_PACKAGE).as_posix(): file_digest(path)
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and not _NOT_CODE & set(path.relative_to(_PACKAGE).parts)
    }
    tables = sorted((resource_folder("data") / "reference").iterdir())
    own |= {f"reference/{path.name}": file_digest(path) for path in tables}
    libraries = {name: _version(name) for name in (_PROGRAM, *_BELOW, *_required())}
    return digest_of((platform.python_version(), zlib.ZLIB_RUNTIME_VERSION, libraries, own))


def _required() -> list[str]:
    """Name the libraries that the program needs, without those of its extras."""
    wanted = [line for line in requires(_PROGRAM) or () if "extra ==" not in line]
    return sorted(re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in wanted)


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _feed(take: _Take, value: Any) -> None:  # noqa: ANN401  # any content
    """Take a value: its kind, its length, then what it holds."""
    for kind, feed in _FEEDERS:
        if isinstance(value, kind):
            feed(take, value)
            return
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        head = (type(value).__module__, type(value).__qualname__)
        _feed_all(take, "dataclass", [*head, *((name, getattr(value, name)) for name in names)])
        return
    raise TypeError(f"{type(value).__qualname__} has no digest: {value!r:.80}")


def _feed_bytes(take: _Take, kind: str, content: bytes) -> None:
    take(f"{kind}:{len(content)}:".encode())
    take(content)


def _feed_text(take: _Take, text: str) -> None:
    # By its own kind: a text that is ready for a page and one to be escaped are not the same.
    _feed_bytes(take, type(text).__name__, text.encode("utf-8", "surrogatepass"))


def _feed_scalar(take: _Take, value: Any) -> None:  # noqa: ANN401
    """Take a value that its kind and its `repr` tell apart from any other."""
    _feed_bytes(take, type(value).__name__, repr(value).encode())


def _feed_all(take: _Take, kind: str, values: Sequence[Any]) -> None:
    take(f"{kind}:{len(values)}:".encode())
    for value in values:
        _feed(take, value)


def _feed_mapping(take: _Take, mapping: Mapping[Any, Any]) -> None:
    _feed_all(take, "mapping", list(mapping.items()))


def _feed_set(take: _Take, values: AbstractSet[Any]) -> None:
    _feed_all(take, "set", sorted(map(digest_of, values)))


def _feed_array(take: _Take, array: NDArray[Any]) -> None:
    # Without its shape, an array of no rows and two columns would be one of three.
    if array.dtype.hasobject:
        _feed_all(take, f"objects{array.shape}", array.ravel().tolist())
    else:
        _feed_bytes(take, f"array{array.dtype.str}{array.shape}", array.tobytes())


def _feed_geometries(take: _Take, shapes: NDArray[Any]) -> None:
    _feed_array(take, shapely.get_type_id(shapes))  # a ring is a line in WKB
    _feed_all(take, "shapes", shapely.to_wkb(shapes).tolist())


def _feed_table(take: _Take, table: pd.DataFrame) -> None:
    drawn = table.active_geometry_name if isinstance(table, gpd.GeoDataFrame) else None
    columns = [column for _, column in table.items()]
    _feed_all(take, type(table).__name__, [drawn, table.index, table.columns, *columns])


def _feed_series(take: _Take, column: pd.Series) -> None:
    _feed_all(take, type(column).__name__, [column.index])
    _feed_column(take, column)


def _feed_column(take: _Take, column: pd.Series | pd.Index) -> None:
    kind = str(column.dtype)
    _feed_all(take, "column", [kind, column.name, getattr(column.dtype, "categories", None)])
    if kind == "geometry":
        shapes = gpd.GeoSeries(column)
        _feed(take, None if shapes.crs is None else shapes.crs.to_wkt())
        _feed_geometries(take, shapes.to_numpy())
    elif isinstance(column.dtype, pd.StringDtype):
        # Most columns hold texts, and this is a quick way to write many of them apart.
        texts = [None if text is pd.NA or text != text else text for text in column]  # noqa: PLR0124
        _feed_bytes(take, "texts", json.dumps(texts).encode())
    else:
        _feed_array(take, np.asarray(column.to_numpy()))


# The first kind that fits counts: a text of numpy is a text.
_FEEDERS: Final[tuple[tuple[Any, Callable[[_Take, Any], None]], ...]] = (
    (str, _feed_text),
    (bytes, lambda take, value: _feed_bytes(take, "bytes", value)),
    ((type(None), bool, int, float, date, time, np.generic), _feed_scalar),
    ((type(pd.NA), type(pd.NaT)), _feed_scalar),
    (PurePath, lambda take, value: _feed_bytes(take, "path", value.as_posix().encode())),
    (pd.DataFrame, _feed_table),
    (pd.Series, _feed_series),
    (pd.Index, _feed_column),
    (np.ndarray, _feed_array),
    (shapely.Geometry, lambda take, value: _feed_geometries(take, np.array([value]))),
    (Mapping, _feed_mapping),
    (AbstractSet, _feed_set),
    (Sequence, lambda take, values: _feed_all(take, type(values).__name__, values)),
)
