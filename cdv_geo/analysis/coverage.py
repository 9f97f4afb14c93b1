"""One row per perimeter: what reaches it, who lives there, how far the nearest facility is.

The communes and the contract as a whole stand below the perimeters, in rows of the same columns,
so that a gap can be read. A missing figure means that it is not known; it is never written as 0.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.population import PopulationGrid, cells_by_zone, covered_share
from cdv_geo.analysis.proximity import equipment_prefix, proximity
from cdv_geo.analysis.reach import reach_of_zones, within_basis
from cdv_geo.analysis.sighting import select_generation, sorted_distances
from cdv_geo.names import split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTRACT: Final = "contrat"
ALL_TYPES: Final = "all"
_IDENTITY: Final = (
    "level",
    "code",
    "nom",
    "type",
    "generation",
    "communes",
    "statut_geometrie",
    "precision_m",
    "source",
)
# A zone of which less than this share lies in the grid's window has no known total; the rest
# allows for outlines that run along the edge of the window.
_COVERED: Final = 0.999
_PER: Final = 1000


def study_zones(
    perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, generation: int
) -> gpd.GeoDataFrame:
    """Put the perimeters, the communes and the whole contract into one table of zones.

    Returns
    -------
    `level` (`perimeter`, `commune`, `contract`), the columns of the perimeters, and the outline or
    none; the index is 0, 1, 2…
    """
    chosen = select_generation(perimeters, generation).assign(level="perimeter")
    by_code = communes.sort_values("code_insee")
    codes = by_code["code_insee"]
    town = gpd.GeoDataFrame(
        {
            "level": "commune",
            "code": codes,
            "nom": by_code["nom"],
            "type": "commune",
            "communes": codes,
        },
        geometry=by_code.geometry,
    )
    whole = gpd.GeoDataFrame(
        {
            "level": ["contract"],
            "code": [CONTRACT],
            "nom": [vocabulary.KIND_LABELS[CONTRACT]],
            "type": [CONTRACT],
            "communes": [";".join(codes)],
        },
        geometry=[by_code.geometry.union_all()],
        crs=communes.crs,
    )
    context = gpd.GeoDataFrame(pd.concat([town, whole], ignore_index=True), crs=communes.crs)
    context = context.assign(precision_m=np.nan, statut_geometrie=None, source=None)
    chosen["generation"] = chosen["generation"].astype("Int64")
    context["generation"] = pd.array([pd.NA] * len(context), dtype="Int64")
    zones = pd.concat([chosen, context], ignore_index=True)
    return gpd.GeoDataFrame(zones[[*_IDENTITY, "geometry"]], crs=communes.crs)


def published_population(
    indicators: pd.DataFrame, names: Sequence[str], communes: pd.DataFrame
) -> pd.DataFrame:
    """Pick the published population of each code: its latest vintage.

    Parameters
    ----------
    indicators
        `code, indicateur, valeur, millesime, source`.
    names
        Codes of the indicators that hold a population, in order of preference.
    communes
        Those that make up the contract: its population is their sum, where all are known.

    Returns
    -------
    Indexed by code: `population` (residents), `population_vintage` (the vintage of the file, or
    « année non précisée »), `population_source`.
    """
    rows = indicators[indicators["indicateur"].isin(names) & indicators["valeur"].notna()]
    rank = rows["indicateur"].map({name: rank for rank, name in enumerate(names)})
    ordered = rows.assign(rank=rank, vintage=rows["millesime"].fillna("")).sort_values(
        ["code", "rank", "vintage"], ascending=[True, True, False]
    )
    first = ordered.drop_duplicates("code").set_index("code")
    table = pd.DataFrame(
        {
            "population": first["valeur"],
            "population_vintage": first["vintage"].replace("", vocabulary.YEAR_UNKNOWN),
            "population_source": first["source"],
        }
    )
    parts = table.reindex(communes["code_insee"])
    if parts["population"].notna().all():
        whole = {
            "population": parts["population"].sum(),
            "population_vintage": ", ".join(sorted(set(parts["population_vintage"]))),
            "population_source": " ; ".join(sorted(set(parts["population_source"]))),
        }
        return pd.concat([table, pd.DataFrame(whole, index=[CONTRACT])])
    return table


def coverage(
    zones: gpd.GeoDataFrame,
    links: pd.DataFrame,
    *,
    equipment: gpd.GeoDataFrame,
    population: pd.DataFrame,
    grid: PopulationGrid,
    within: float | Sequence[float] = (300, 500),
) -> gpd.GeoDataFrame:
    """Measure every zone: area, residents, income, actions, equipment, distances.

    Parameters
    ----------
    zones
        As made by `study_zones`.
    links
        Links of actions and equipment to these zones, with `kind` (`action`, `equipment`).
    equipment
        Places with `type`, `statut` and a point or none, in the CRS of the zones.
    population
        As made by `published_population`.
    grid
        Residents and standard of living by cell.
    within
        Distances, metres, as the crow flies; `links` must hold them.

    Returns
    -------
    One row per zone, in their order, with its outline or none. Counts are of certain links and
    count a thing once; where nothing is certain and something is undetermined the count is
    missing, and the `…_undetermined_count` beside it says how many may be. Distances and shares
    are from the centres of the cells, weighted by residents, to open and located equipment.
    """
    within = sorted_distances(within)
    residents = cells_by_zone(zones, grid)
    covered = covered_share(zones, grid)
    published = population.reindex(zones["code"]).set_axis(zones.index)
    reach = reach_of_zones(zones, links, within=within)
    bases = ["inside", *(within_basis(distance) for distance in within)]
    types = sorted(equipment["type"].unique())
    blocks = [
        zones[list(_IDENTITY)],
        (zones.geometry.area / 10_000).where(zones.geometry.notna()).rename("area_ha"),
        published,
        _cell_estimates(residents, covered, published["population"]),
        _action_counts(zones, reach[reach["kind"] == "action"], bases),
        _equipment_counts(
            zones, reach[reach["kind"] == "equipment"], types, bases, published["population"]
        ),
        proximity(zones, residents, equipment, types=types, within=within).where(
            (covered >= _COVERED), axis=0
        ),
        zones.geometry,
    ]
    return gpd.GeoDataFrame(pd.concat(blocks, axis=1), crs=zones.crs)


def _cell_estimates(
    residents: pd.DataFrame, covered: pd.Series, published: pd.Series
) -> pd.DataFrame:
    weighted = residents.assign(
        income=residents["residents"] * residents["standard_of_living"],
        imputed=residents["residents"] * residents["imputed"],
    )
    sums = weighted.groupby("zone")[["residents", "income", "imputed"]].sum()
    sums = sums.reindex(covered.index, fill_value=0.0).where(covered >= _COVERED, axis=0)
    total = sums["residents"].where(sums["residents"] > 0)
    return pd.DataFrame(
        {
            "cell_residents": sums["residents"],
            "cell_share_of_population": sums["residents"] / published.where(published > 0),
            "cell_mean_standard_of_living": sums["income"] / total,
            "cell_imputed_share": sums["imputed"] / total,
            "cell_covered_share": covered,
        }
    )


def _action_counts(zones: gpd.GeoDataFrame, reach: pd.DataFrame, bases: list[str]) -> pd.DataFrame:
    declared = reach[reach["basis"].isin(["declared", "declared_wide"])]
    # Whether an action without a position happens inside is said in its own column: the counts
    # by objectif and year are of what reaches the zone for certain, or is declared for it perhaps.
    doubtful = declared[declared["status"] == "undetermined"]
    known = pd.concat([reach[reach["status"] == "certain"], doubtful])
    columns = {"action_count": _known_count(zones, known)}
    columns |= _declared_counts(zones, declared, "action")
    wide = declared[declared["basis"] == "declared_wide"]
    columns["action_declared_wide_count"] = _known_count(zones, wide)
    columns |= _located_counts(zones, reach, "action", bases)
    for objectif in _listed_values(reach["objectifs"]):
        holds = known["objectifs"].map(lambda cell, wanted=objectif: wanted in split_list(cell))
        columns[f"action_objectif_{objectif}_count"] = _known_count(
            zones, known[holds.astype(bool)]
        )
    without = known[known["objectifs"].isna()]
    columns["action_objectif_unknown_count"] = _known_count(zones, without)
    for year in sorted(reach["annee"].dropna().unique()):
        columns[f"action_year_{year}_count"] = _known_count(zones, known[known["annee"] == year])
    columns["action_year_unknown_count"] = _known_count(zones, known[known["annee"].isna()])
    return pd.DataFrame(columns)


def _equipment_counts(
    zones: gpd.GeoDataFrame,
    reach: pd.DataFrame,
    types: list[str],
    bases: list[str],
    published: pd.Series,
) -> pd.DataFrame:
    is_open = reach["statut"] == vocabulary.OPEN
    running, closed = reach[is_open], reach[~is_open]
    columns = {
        **_declared_counts(zones, running, "equipment"),
        **_declared_counts(zones, closed, "equipment_closed"),
        **_located_counts(zones, closed, "equipment_closed", ["inside"]),
        **_located_counts(zones, running, equipment_prefix(ALL_TYPES), bases, published),
    }
    for kind in types:
        of_kind = running[running["equipment_type"] == kind]
        columns |= _located_counts(zones, of_kind, equipment_prefix(kind), bases, published)
    return pd.DataFrame(columns)


def _declared_counts(
    zones: gpd.GeoDataFrame, reach: pd.DataFrame, prefix: str
) -> dict[str, pd.Series]:
    """Count what names the zone, and beside it what may name it (an ambiguous name)."""
    rows = reach[reach["basis"] == "declared"]
    return {
        f"{prefix}_declared_count": _known_count(zones, rows),
        f"{prefix}_declared_undetermined_count": _distinct(
            zones, rows[rows["status"] == "undetermined"]
        ),
    }


def _known_count(zones: gpd.GeoDataFrame, rows: pd.DataFrame) -> pd.Series:
    """Count the certain rows; missing where there is none and something is undetermined."""
    sure = _distinct(zones, rows[rows["status"] == "certain"])
    maybe = _distinct(zones, rows[rows["status"] == "undetermined"])
    return sure.mask((sure == 0) & (maybe > 0))


def _located_counts(
    zones: gpd.GeoDataFrame,
    reach: pd.DataFrame,
    prefix: str,
    bases: list[str],
    published: pd.Series | None = None,
) -> dict[str, pd.Series]:
    """Count by place: certain ones, those that may be beside them, and per 1,000 residents."""
    counts = _counts_by_basis(zones, reach)
    columns = {}
    for basis in bases:
        sure, maybe = counts[basis, "certain"], counts[basis, "undetermined"]
        known = sure.mask((sure == 0) & (maybe > 0)).mask(zones.geometry.isna())
        columns[f"{prefix}_{basis}_count"] = known
        columns[f"{prefix}_{basis}_undetermined_count"] = maybe
        if published is not None:
            columns[f"{prefix}_{basis}_per_1000"] = known / published.where(published > 0) * _PER
    return columns


def _counts_by_basis(
    zones: gpd.GeoDataFrame, reach: pd.DataFrame
) -> defaultdict[tuple[str, str], pd.Series]:
    """Count the things of each zone, each once, by basis and status; of others there are none."""
    counts: defaultdict[tuple[str, str], pd.Series] = defaultdict(
        lambda: pd.Series(0.0, index=zones.index)
    )
    found = reach.groupby(["basis", "status", "zone"])["id"].nunique().reset_index()
    for basis, status, zone, count in found.itertuples(index=False, name=None):
        counts[basis, status].loc[zone] = count
    return counts


def _distinct(zones: gpd.GeoDataFrame, rows: pd.DataFrame) -> pd.Series:
    counts = rows.groupby("zone")["id"].nunique()
    return counts.reindex(zones.index, fill_value=0).astype("float64")


def _listed_values(cells: pd.Series) -> list[str]:
    values = {value for cell in cells.unique() for value in split_list(cell)}
    return sorted(values, key=lambda value: (len(value), value))
