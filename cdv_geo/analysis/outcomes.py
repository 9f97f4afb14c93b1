"""What became of each thing that was to be linked: linked, unlinked or rejected, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from cdv_geo.analysis.declaring import NO_ZONE
from cdv_geo.analysis.sighting import commune_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from cdv_geo.analysis.things import Things

OUTSIDE_COMMUNES: Final = "its place is outside the communes"
_IN_NONE: Final = "its place is in no perimeter for certain"
_NOWHERE: Final = "it has no position and names no quartier"


def judge(
    things: Things, rows: pd.DataFrame, problems: Mapping[int, str], communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Say of each thing whether it is linked, and if not, why.

    Parameters
    ----------
    things
        Those that could be linked.
    rows
        Their links: `thing` and `zone` (positions), `status`.
    problems
        What could not be resolved of the names that a thing cites.
    communes
        Outlines by `code_insee`.

    Returns
    -------
    One row per thing: `outcome` (`linked`, `unlinked`), `undetermined`, `reason`, `finding`.
    """
    sure = (rows["status"] == "certain") & (rows["zone"] != NO_ZONE)
    linked, doubtful = np.zeros((2, len(things)), dtype=bool)
    linked[rows.loc[sure, "thing"]] = True
    doubtful[rows.loc[rows["status"] == "undetermined", "thing"]] = True
    commune = commune_of(things, communes)
    reason = _reasons(things, commune, communes)
    reason[list(problems)] = list(problems.values())
    reason[linked] = None
    found = {**_contradictions(things, commune, communes), **problems}
    finding = np.full(len(things), None, dtype=object)
    finding[list(found)] = list(found.values())
    return pd.DataFrame(
        {
            "outcome": np.where(linked, "linked", "unlinked").astype(object),
            "undetermined": doubtful & ~linked,
            "reason": reason,
            "finding": finding,
        }
    )


def with_rejected(
    verdicts: pd.DataFrame, faults: Mapping[int, str], ids: pd.Series
) -> pd.DataFrame:
    """Add the rows that could not be linked at all, so that every row has its outcome.

    Parameters
    ----------
    verdicts
        As made by `judge`; the index says which rows they are.
    faults
        Why each of the other rows is rejected.
    ids
        Of all rows.
    """
    rejected = pd.DataFrame(
        {"outcome": "rejected", "undetermined": False, "reason": faults, "finding": None},
        index=list(faults),
        dtype=object,
    )
    every = pd.concat([verdicts, rejected]).reindex(range(len(ids)))
    return pd.DataFrame(
        {
            "id": ids,
            "outcome": every["outcome"].astype("category"),
            "undetermined": every["undetermined"].astype(bool),
            "reason": every["reason"].astype("category"),
            "finding": every["finding"].astype("category"),
        }
    )


def stated_outside(things: pd.DataFrame, communes: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which things state a commune that is not of the contract."""
    if "code_insee" not in things:
        return np.zeros(len(things), dtype=bool)
    stated = things["code_insee"]
    return np.asarray(stated.notna() & ~stated.isin(communes["code_insee"]), dtype=bool)


def _reasons(things: Things, commune: pd.Series, communes: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Say of each thing why it could have no certain link."""
    reason = np.where(things.placed, _IN_NONE, _NOWHERE).astype(object)
    outside = np.where(things.placed, commune.isna(), stated_outside(things.table, communes))
    reason[outside] = OUTSIDE_COMMUNES
    return reason


def _contradictions(
    things: Things, commune: pd.Series, communes: gpd.GeoDataFrame
) -> dict[int, str]:
    """Say by row where its stated commune is not the one its place lies in."""
    if "code_insee" not in things.table:
        return {}
    found, stated = commune.astype("str"), things.table["code_insee"]
    apart = np.flatnonzero(stated.notna() & (stated != found) & things.placed)
    outlines = stated.take(apart).map(communes.set_index("code_insee").geometry)
    spots = shapely.points(things.x[apart], things.y[apart])
    distance = shapely.distance(spots, np.asarray(outlines, dtype=object))
    wrong = apart[distance > things.error_m[apart]].tolist()
    places = found.fillna("no commune")
    return {
        row: f"code_insee is {stated.iloc[row]}, and its place lies in {places.iloc[row]}."
        for row in wrong
    }
