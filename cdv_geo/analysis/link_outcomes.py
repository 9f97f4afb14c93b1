"""What became of each thing that was to be linked: linked, unlinked or rejected, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cdv_geo.analysis.containment import commune_of, contradicts_commune
from cdv_geo.analysis.declarations import NO_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from cdv_geo.analysis.things import Things

OUTSIDE_COMMUNES: Final = "its place is outside the communes"
_IN_NONE: Final = "its place is in no perimeter for certain"
_NOWHERE: Final = "it has no position and names no quartier"
_REASONS: Final = (OUTSIDE_COMMUNES, _IN_NONE, _NOWHERE)
_OUTCOMES: Final = ("linked", "unlinked", "rejected")
_NOT_ASKED: Final = -1  # the number of no text


def outcomes_of(
    things: Things,
    rows: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    *,
    problems: Mapping[int, str],
    faults: Mapping[int, str],
) -> pd.DataFrame:
    """Say of each thing whether it is linked, and if not, why.

    Parameters
    ----------
    things
        All rows that were given.
    rows
        Their links: `thing` and `zone` (positions), `status`; none of a row at fault.
    communes
        Outlines by `code_insee`.
    problems
        By row, what could not be resolved of the names that it cites.
    faults
        By row, why it could not be linked at all.

    Returns
    -------
    One row per thing: `id`, `outcome` (`linked`, `unlinked`, `rejected`), `undetermined`,
    `reason`, `finding`.
    """
    sure = (rows["status"] == "certain") & (rows["zone"] != NO_ZONE)
    linked, doubtful = np.zeros((2, len(things)), dtype=bool)
    linked[rows.loc[sure, "thing"]] = True
    doubtful[rows.loc[rows["status"] == "undetermined", "thing"]] = True
    outcome = np.where(linked, 0, 1)
    outcome[list(faults)] = 2
    commune = commune_of(things, communes)
    reason = np.where(linked, _NOT_ASKED, _reasons(things, commune, communes, doubtful))
    why = {row: text for row, text in problems.items() if not linked[row]} | dict(faults)
    found = _contradictions(things, commune, communes) | dict(problems)
    found = {row: text for row, text in found.items() if row not in faults}
    return pd.DataFrame(
        {
            "id": things.table["id"],
            "outcome": pd.Categorical.from_codes(outcome, pd.Index(_OUTCOMES)),
            "undetermined": doubtful & ~linked,
            "reason": _texts(reason, _REASONS, why),
            "finding": _texts(np.full(len(things), _NOT_ASKED), (), found),
        }
    )


def _texts(
    number: NDArray[np.intp], usual: tuple[str, ...], particular: Mapping[int, str]
) -> pd.Categorical[str]:
    """Give each row its text: one of the usual, by number, or its own. Most rows share theirs."""
    labels = list(dict.fromkeys([*usual, *particular.values()]))
    number_of = {label: position for position, label in enumerate(labels)}
    number[list(particular)] = [number_of[text] for text in particular.values()]
    return pd.Categorical.from_codes(number, pd.Index(labels, dtype="str"))


def stated_outside(things: pd.DataFrame, communes: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which things state a commune that is not of the contract."""
    if "code_insee" not in things:
        return np.zeros(len(things), dtype=bool)
    stated = things["code_insee"]
    return np.asarray(stated.notna() & ~stated.isin(communes["code_insee"]), dtype=bool)


def _reasons(
    things: Things, commune: pd.Series, communes: gpd.GeoDataFrame, doubtful: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Say of each thing why it could have no certain link, as a number among the reasons.

    One that may be in a perimeter is not outside the communes, wherever its position is.
    """
    outside = np.where(things.placed, commune.isna(), stated_outside(things.table, communes))
    outside = outside & ~doubtful
    unlinked = np.where(things.placed, _REASONS.index(_IN_NONE), _REASONS.index(_NOWHERE))
    return np.where(outside, _REASONS.index(OUTSIDE_COMMUNES), unlinked)


def _contradictions(
    things: Things, commune: pd.Series, communes: gpd.GeoDataFrame
) -> dict[int, str]:
    """Say by row where its stated commune is not the one its place lies in."""
    wrong = np.flatnonzero(contradicts_commune(things, communes))
    if not len(wrong):
        return {}
    stated = things.table["code_insee"].iloc[wrong]
    places = commune.iloc[wrong].astype("str").fillna("no commune")
    return {
        row: f"code_insee is {code}, and its place lies in {place}."
        for row, code, place in zip(wrong.tolist(), stated, places, strict=True)
    }
