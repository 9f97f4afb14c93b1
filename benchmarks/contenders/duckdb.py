"""DuckDB with its spatial extension, on one thread."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import shapely
from tasks import REACH_M, Attempt, from_file_to_file, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from france import France
    from numpy.typing import NDArray

_JOIN = "FROM points JOIN polygons ON"


def points_in_polygons(france: France) -> Attempt:
    """Join points and polygons that intersect."""
    return _query(
        france, f"SELECT point, code AS polygon {_JOIN} ST_Intersects(points.geom, polygons.geom)"
    )


def points_within(france: France) -> Attempt:
    """Join what is near, and measure it."""
    return _query(
        france,
        "SELECT point, code AS polygon, ST_Distance(points.geom, polygons.geom) AS distance "
        f"{_JOIN} ST_DWithin(points.geom, polygons.geom, {REACH_M})",
    )


def file_to_links(france: France) -> Attempt:
    """Join in one statement, from file to file."""
    connection = _connect()
    _create_polygons(connection, france.polygons, france.codes)

    def link(points: Path, links: Path) -> None:
        connection.execute(
            f"COPY (SELECT id, code FROM read_parquet('{points}') AS points "  # noqa: S608 - ours
            "JOIN polygons ON ST_Intersects(points.geometry, polygons.geom)) "
            f"TO '{links}' (FORMAT parquet)"
        )

    return from_file_to_file("duckdb", france, link)


def _query(france: France, query: str) -> Attempt:
    connection = _connect()
    points = pd.DataFrame({"x": france.x, "y": france.y}).rename_axis("point").reset_index()
    connection.from_df(points).project("point, ST_Point(x, y) AS geom").create("points")
    _create_polygons(connection, france.polygons, range(len(france.polygons)))
    plan = connection.execute(f"EXPLAIN {query}").fetchall()[0][1]
    operator = "SPATIAL_JOIN" if "SPATIAL_JOIN" in plan else "no SPATIAL_JOIN"
    return Attempt(
        run=lambda: connection.execute(query).fetchnumpy(),
        result=lambda columns: in_order(**columns),
        note=f"DuckDB joins by {operator}.",
    )


def _connect() -> duckdb.DuckDBPyConnection:
    """Open a database in memory, with the extension of the package, from no network."""
    connection = duckdb.connect(config={"threads": 1})
    (extension,) = files("duckdb_extension_spatial").rglob("*.duckdb_extension")
    connection.load_extension(str(extension))
    return connection


def _create_polygons(
    connection: duckdb.DuckDBPyConnection,
    polygons: NDArray[np.object_],
    codes: Sequence[str] | Sequence[int],
) -> None:
    table = pd.DataFrame({"code": codes, "wkb": shapely.to_wkb(polygons)})
    connection.from_df(table).project("code, ST_GeomFromWKB(wkb) AS geom").create("polygons")
