"""What is measured, who takes part, and when two answers are the same.

A contender is a module of `contenders`, named after the package it uses; it takes part in a task
with the function of that name. The function gets everything ready, objects included, and returns
an `Attempt`: only its `run` is timed.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from france import France
    from numpy.typing import NDArray

OWN: Final = "cdv_geo"
REACH_M: Final = 500.0
_PACKAGES: Final = {"duckdb": ("duckdb", "duckdb_extension_spatial")}

Result = dict[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Attempt:
    """One contender, ready to start.

    Parameters
    ----------
    run
        The work that is timed.
    result
        Bring what `run` returned into the form in which all contenders are compared.
    note
        What a reader should know of how it was done.
    """

    run: Callable[[], Any]
    result: Callable[[Any], Result]
    note: str = ""


@dataclass(frozen=True)
class Task:
    """One question that several contenders answer.

    Parameters
    ----------
    name
        Name of the function in the contenders' modules.
    title
        Heading in the report.
    contenders
        Modules that take part, our own first.
    yardstick
        The contender that the others are compared with.
    note
        Same definition for all: which one.
    tolerance
        Greatest relative difference of two figures; positions must be equal.
    grows
        The work depends on the number of points.
    """

    name: str
    title: str
    contenders: tuple[str, ...]
    yardstick: str = "geopandas"
    note: str = ""
    tolerance: float = 1e-9
    grows: bool = True

    @property
    def installed(self) -> tuple[str, ...]:
        """The contenders whose packages are there."""
        return tuple(
            name
            for name in self.contenders
            if all(find_spec(package) for package in _PACKAGES.get(name, (name,)))
        )


TASKS: Final = (
    Task(
        "floor",
        "Floor: read the coordinates once",
        ("numpy",),
        yardstick="numpy",
        note="The least of all x and of all y. No join can be faster than this.",
    ),
    Task(
        "points_in_polygons",
        "Points in polygons",
        (OWN, "geopandas", "duckdb"),
        note="All pairs that intersect; a border counts.",
    ),
    Task(
        "points_within",
        f"Points within {REACH_M:g} m of polygons",
        (OWN, "geopandas", "duckdb"),
        note="All pairs, each with its distance.",
    ),
    Task(
        "file_to_links",
        "End to end: points in polygons, from file to file",
        (OWN, "geopandas", "duckdb"),
        note="GeoParquet with `id`, `type` and points in, Parquet with `id` and `code` out.",
    ),
    Task(
        "nearest_of_kinds",
        "Nearest facility of each of 30 types",
        (OWN, "geopandas", "scipy"),
        note="From the centre of every inhabited cell. DuckDB is left out: it has no join by "
        "nearness, and all pairs of cells and facilities are too many.",
    ),
    Task(
        "residents_reached",
        f"Residents within {REACH_M:g} m of a facility, by polygon and type",
        (OWN, "geopandas"),
        note="Cells weighted by the area inside, distances from their centres. Our own side "
        "gives the median and the ninth decile of the distance as well.",
    ),
    Task(
        "sums_by_centre",
        "Zonal sums, cells by their centres",
        (OWN, "rasterstats"),
        yardstick="rasterstats",
        note="`all_touched=False`; 0 where a polygon holds no centre.",
        grows=False,
    ),
    Task(
        "sums_by_area",
        "Zonal sums, cells by the area inside",
        (OWN, "exactextract"),
        yardstick="exactextract",
        note="Equal to a millionth: exactextract keeps shares of cells as 32-bit numbers.",
        tolerance=1e-6,
        grows=False,
    ),
)


def from_file_to_file(
    contender: str, france: France, link: Callable[[Path, Path], object]
) -> Attempt:
    """Let a contender read the points from the first file and write its links to the second."""
    points, links = france.folder / "points.parquet", france.folder / f"links-{contender}.parquet"
    return Attempt(run=lambda: link(points, links), result=lambda _: _read_links(links))


def _read_links(links: Path) -> Result:
    table = pd.read_parquet(links, columns=["id", "code"])
    return in_order(id=table["id"].to_numpy("U"), code=table["code"].to_numpy("U"))


def in_order(**columns: NDArray[Any]) -> Result:
    """Sort rows by their first column, then by the next, and so on."""
    order = np.lexsort(tuple(reversed(columns.values())))
    return {name: np.asarray(values)[order] for name, values in columns.items()}


def difference(ours: Result, theirs: Result, tolerance: float) -> str | None:
    """Tell where two results differ, or None where they do not."""
    for name, mine in ours.items():
        other = theirs[name]
        both = tuple(slice(min(sizes)) for sizes in zip(mine.shape, other.shape, strict=True))
        first = np.argwhere(~_same(mine[both], other[both], tolerance))
        if len(first):
            at = tuple(first[0])
            return f"{name}{[int(i) for i in at]}: {mine[at]} ≠ {other[at]}, {len(first)} in all"
        if mine.shape != other.shape:
            return f"{name}: {mine.shape} ≠ {other.shape} rows; what both have is equal"
    return None


def _same(mine: NDArray[Any], other: NDArray[Any], tolerance: float) -> NDArray[np.bool_]:
    if np.issubdtype(mine.dtype, np.floating):
        return np.isclose(mine, other, rtol=tolerance, atol=tolerance, equal_nan=True)
    return mine == other
