"""What sets a perimeter apart from its commune, wherever both figures have one definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

_OF_PERIMETER: Final = ("indicateur", "libelle", "valeur", "unite", "vintage", "statut", "source")
_OF_COMMUNE: Final = ("commune_value", "commune_vintage", "commune_source")
_OF_CONTRACT: Final = ("contract_value", "contract_vintage")
_NOTHING: Final = (np.nan, "", "")
_SHARE_UNIT: Final = "%"


def latest_figures(indicators: pd.DataFrame) -> pd.DataFrame:
    """Keep the latest vintage of every figure of every place.

    Returns
    -------
    The rows of the table, by code and indicator, with `vintage`: `millesime`, or an empty text
    where none is stated.
    """
    published = indicators["statut"] == "publie"
    known = indicators.assign(vintage=indicators["millesime"].fillna(""), published=published)
    # Of two figures of one vintage the one that its producer published counts.
    ordered = known.sort_values(["code", "indicateur", "vintage", "published"], kind="stable")
    ordered = ordered.drop(columns="published")
    return ordered.drop_duplicates(["code", "indicateur"], keep="last")


def gaps_to_commune(
    latest: pd.DataFrame,
    concordances: pd.DataFrame,
    *,
    code: str,
    communes: Sequence[str],
    contract: Sequence[str],
) -> pd.DataFrame:
    """Put each figure of a perimeter beside that of its commune, where they can be compared.

    Figures of two definitions or two units have no gap, however alike their names are. Shares and
    levels of a perimeter in several communes have none either, since those of communes cannot be
    added up; levels of two vintages have none, since money is worth another amount in each; nor
    has a figure beside one of 0, of which nothing is a part, nor a share that is no percentage.

    Parameters
    ----------
    latest
        As made by `latest_figures`.
    concordances
        `indicateur_perimetre, indicateur_commune, nature` (`effectif`, `part`, `niveau`).
    code
        Of the perimeter.
    communes, contract
        INSEE codes of the communes that hold the perimeter, and of all communes of the contract.

    Returns
    -------
    One row per figure of the perimeter: its `indicateur, libelle, valeur, unite, vintage, statut,
    source`; `nature`, missing where nothing is comparable; `commune_value, commune_vintage,
    commune_source`; for a count `contract_value, contract_vintage`, the sum of all communes;
    `gap`: a difference in points for a share, a relative difference for a level, for a count the
    share of the commune's that it makes, and `contract_share` the same of the contract's.
    """
    own = latest[latest["code"] == code]
    pairs = concordances.drop_duplicates("indicateur_perimetre")
    rows = own.merge(pairs, left_on="indicateur", right_on="indicateur_perimetre", how="left")
    rows = rows.assign(source=rows["source_x"])[
        [*_OF_PERIMETER, "nature", "indicateur_commune"]
    ].reset_index(drop=True)
    figures = latest.set_index(["indicateur", "unite", "code"])
    named = zip(rows["indicateur_commune"], rows["unite"], strict=True)
    found = [
        _of_communes(figures, nature, name, communes, contract)
        for nature, name in zip(rows["nature"], named, strict=True)
    ]
    beside = pd.DataFrame(found, columns=[*_OF_COMMUNE, *_OF_CONTRACT], index=rows.index)
    table = pd.concat([rows.drop(columns="indicateur_commune"), beside], axis=1)
    known = table["commune_value"].notna() & table["valeur"].notna()
    is_share = table["nature"] == "part"
    known &= is_share | (table["commune_value"] != 0)
    known &= ~is_share | (table["unite"] == _SHARE_UNIT)
    same_vintage = (table["vintage"] == table["commune_vintage"]) & (table["vintage"] != "")
    known &= (table["nature"] != "niveau") | same_vintage
    return table.assign(
        nature=table["nature"].where(known),
        gap=_gap(table).where(known),
        contract_share=(table["valeur"] / table["contract_value"]).where(known),
    )


def _of_communes(
    figures: pd.DataFrame,
    nature: object,
    name: tuple[str, str],
    communes: Sequence[str],
    all_: Sequence[str],
) -> tuple[float | str, ...]:
    """Give the figure of the commune, and for a count the sum of all."""
    own, whole = _NOTHING, _NOTHING
    if nature == "effectif" or (isinstance(nature, str) and len(communes) == 1):
        own = _total(figures, name, communes)
    if nature == "effectif":
        whole = _total(figures, name, all_)
    return (*own, *whole[:2])


def _total(
    figures: pd.DataFrame, name: tuple[str, str], communes: Sequence[str]
) -> tuple[float, str, str]:
    """Add up a figure of one unit over communes, where all have it; name vintages and sources."""
    keys = [(*name, commune) for commune in communes]
    rows = figures.reindex(keys)
    if rows["valeur"].isna().any():
        return _NOTHING
    vintages = ", ".join(sorted(set(rows["vintage"]) - {""}))
    return float(rows["valeur"].sum()), vintages, " ; ".join(dict.fromkeys(rows["source"]))


def _gap(table: pd.DataFrame) -> pd.Series:
    value, commune = table["valeur"], table["commune_value"]
    by_nature = {
        "part": value - commune,
        "niveau": value / commune - 1,
        "effectif": value / commune,
    }
    gap = pd.Series(np.nan, index=table.index)
    for nature, series in by_nature.items():
        gap = gap.where(table["nature"] != nature, series)
    return gap
