"""One row per perimeter: what reaches it, who lives there, how far the nearest facility is.

The communes and the contract as a whole stand below the perimeters, in rows of the same columns,
so that a gap can be read. A missing figure means that it is not known; it is never written as 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.analysis.containment import select_generation, sorted_distances
from cdv_geo.analysis.counting import Tally
from cdv_geo.analysis.population import PopulationGrid, cells_by_zone, covered_share
from cdv_geo.analysis.proximity import proximity
from cdv_geo.analysis.reach import reach_of_quartiers, reach_of_zones, within_basis
from cdv_geo.analysis.things import Things
from cdv_geo.french import table_labels
from cdv_geo.gazetteer import normalise
from cdv_geo.vocabulary import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.analysis.things import ThingKind

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
_RATED: Final = re.compile(
    r"(equipment_(?!closed_inside_undetermined).+_(?:inside|within_[\d.]+m))_undetermined_count"
)


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
            "nom": [table_labels.KIND_LABELS[CONTRACT]],
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


def quartier_zones(zones: gpd.GeoDataFrame, quartiers: pd.DataFrame) -> gpd.GeoDataFrame:
    """Part the perimeters into the quartiers of everyday speech, which count for themselves.

    Documents speak of Biollay and of Bellevue, where the law has one QPV of both.

    Parameters
    ----------
    zones
        As made by `study_zones`.
    quartiers
        `quartier, code, generation, relation`: what each perimeter holds.

    Returns
    -------
    One row per part of a perimeter, or per perimeter that has no parts: `quartier, relation`
    (`entier` for the latter), what is known of the perimeter, `perimeter` (its index among the
    zones), `names` (normalised: its own, and those of the whole), and the outline of what is whole.
    """
    whole = zones[zones["level"] == "perimeter"]
    quartiers = quartiers.drop_duplicates(["code", "generation", "quartier"])
    keys = ["code", "generation"]
    own = whole[keys].reset_index(names="perimeter").merge(quartiers, on=keys)
    is_whole = own["relation"] == "entier"
    named = own[is_whole].groupby("perimeter")["quartier"].agg(list)
    parts = own.loc[~is_whole, ["perimeter", "quartier", "relation"]]
    undivided = whole[~whole.index.isin(parts["perimeter"])]
    alone = pd.DataFrame(
        {
            "perimeter": undivided.index,
            "quartier": [named.get(at, [nom])[0] for at, nom in undivided["nom"].items()],
            "relation": "entier",
        }
    )
    rows = pd.concat([parts, alone]).sort_values("perimeter", kind="stable", ignore_index=True)
    table = zones.drop(columns="level").loc[rows["perimeter"]].reset_index(drop=True)
    table = table.assign(
        **rows,
        names=[
            {normalise(name) for name in (quartier, nom, *named.get(at, []))}
            for at, quartier, nom in zip(
                rows["perimeter"], rows["quartier"], table["nom"], strict=True
            )
        ],
    )
    return table.set_geometry(table.geometry.where(table["relation"] == "entier"))


def tally_of_zones(
    zones: gpd.GeoDataFrame,
    links: pd.DataFrame,
    *,
    types: Sequence[str],
    within: Sequence[float],
    kinds: Sequence[ThingKind] = ("action", "equipment"),
    quartiers: gpd.GeoDataFrame | None = None,
) -> Tally:
    """Count what reaches each zone, or each quartier of everyday speech where these are given.

    Parameters
    ----------
    zones
        As made by `study_zones`.
    links
        Links of actions and equipment to these zones, with `kind` (`action`, `equipment`).
    types
        Types of équipement that are counted apart.
    within
        Distances, metres; `links` must hold them.
    kinds
        Those of which there is a table.
    quartiers
        As made by `quartier_zones`.
    """
    bases = ["inside", *(within_basis(distance) for distance in within)]
    reach = reach_of_zones(zones, links, within=within)
    if quartiers is not None:
        reach = reach_of_quartiers(reach, quartiers)
    counted = zones if quartiers is None else quartiers
    return Tally(counted, reach, kinds=kinds, types=types, bases=bases)


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
    missing, and the `…_undetermined_count` beside it says how many may be; `…_envisaged_count` and
    `…_wished_count` say how many of the actions counted are no more than that. Distances and shares
    are from the centres of the cells, weighted by residents, to open and located equipment.
    """
    distances = sorted_distances(within)
    places = Things.of(equipment)
    types = sorted(places.table["type"].unique())
    tally = tally_of_zones(zones, links, types=types, within=distances)
    return coverage_of_tally(
        zones, tally, equipment=places, population=population, grid=grid, within=distances
    )


def coverage_of_tally(
    zones: gpd.GeoDataFrame,
    tally: Tally,
    *,
    equipment: Things,
    population: pd.DataFrame,
    grid: PopulationGrid,
    within: tuple[float, ...],
) -> gpd.GeoDataFrame:
    """Put what is counted of each zone beside what is measured of it: see `coverage`."""
    residents = cells_by_zone(zones, grid)
    covered = covered_share(zones, grid)
    published = population.reindex(zones["code"]).set_axis(zones.index)
    blocks = [
        zones[list(_IDENTITY)],
        (zones.geometry.area / 10_000).where(zones.geometry.notna()).rename("area_ha"),
        published,
        _cell_estimates(residents, covered, published["population"]),
        _with_rates(tally.columns(), published["population"]),
        proximity(zones, residents, equipment, within=within).where((covered >= _COVERED), axis=0),
        zones.geometry,
    ]
    return gpd.GeoDataFrame(pd.concat(blocks, axis=1), crs=zones.crs)


def _with_rates(counts: pd.DataFrame, published: pd.Series) -> pd.DataFrame:
    """Put behind each count of équipements by place what it makes for 1,000 residents."""
    residents = published.where(published > 0)
    columns = {}
    for name, values in counts.items():
        columns[name] = values
        match = _RATED.fullmatch(str(name))
        if match:
            known = counts[f"{match[1]}_count"]
            columns[f"{match[1]}_per_1000"] = known / residents * _PER
    return pd.DataFrame(columns)


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
