"""One figure of each commune or perimeter: an indicator, or a measure of coverage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.cartography.web_page_subjects import quartier_key
from cdv_geo.errors import RecipeError, listed
from cdv_geo.french import map_texts, shared_texts, table_labels, typography
from cdv_geo.french.counts_in_words import count_said
from cdv_geo.french.table_labels import heading_of

if TYPE_CHECKING:
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe

# Units of the columns of `coverage`, by how they end; counts have none.
_UNITS: Final = (
    (r".*_share|cell_share_of_population", "%"),
    (r".*_m", "m"),
    (r"area_ha", "ha"),
    (r".*_standard_of_living", "euros"),
    (r"population|.*_residents", "habitants"),
    (r".*(_count|_per_1000)", ""),
)


@dataclass(frozen=True)
class AreaFigures:
    """One figure of each commune or perimeter.

    `table` has `code, nom, value, text` and geometry, and of an indicator `vintage, source`; a
    missing value is NaN.
    """

    label: str
    unit: str
    vintage: str
    table: gpd.GeoDataFrame

    @property
    def known(self) -> gpd.GeoDataFrame:
        """The areas of which the figure is known."""
        return gpd.GeoDataFrame(self.table[self.table["value"].notna()])

    @property
    def heading(self) -> str:
        """What a layer of it is called."""
        return map_texts.figure_heading(self.label, self.unit, self.vintage)


def known_figures(view: View, layer: LayerRecipe) -> AreaFigures | None:
    """Find the figure that a layer asks for; None where no area has it, and that is accepted.

    Raises
    ------
    RecipeError
        There is no such figure, though the layer is not optional; or no such vintage of it.
    """
    if layer.optional and not _is_there(view, layer):
        return None
    figures = figures_of(view, layer)
    return None if figures.known.empty else figures


def figure_tables(view: View, layer: LayerRecipe) -> tuple[str, ...]:
    """Name the tables that a figure comes from; a measure of coverage rests on all of them."""
    if layer.value in set(view.territory.indicators["indicateur"]):
        return (layer.of, "indicators")
    return (layer.of, "perimeters", "actions", "equipment", "indicators", "population")


def _is_there(view: View, layer: LayerRecipe) -> bool:
    """Tell whether any commune or perimeter has the figure that a layer asks for."""
    indicators = view.territory.indicators
    codes = indicators.loc[indicators["indicateur"] == layer.value, "code"]
    of_areas = bool(codes.isin(_areas(view, layer.of)["code"]).any())
    return of_areas or layer.value in _measures(view, layer)


def figures_of(view: View, layer: LayerRecipe) -> AreaFigures:
    """Find the figure that a layer asks for: an indicator of the territory, or a measure of it."""
    areas = _areas(view, layer.of)
    indicators = view.territory.indicators
    of_areas = indicators[indicators["code"].isin(areas["code"])]
    if layer.value in set(of_areas["indicateur"]):
        return _indicator(view, layer, areas, of_areas)
    measures = _measures(view, layer)
    if layer.value not in measures:
        raise RecipeError(
            f"{view.recipe.name}, layer “{layer.kind}”: value “{layer.value}” is no indicator of "
            f"the {layer.of} and no column of coverage; indicators are "
            f"{listed(sorted(set(of_areas['indicateur'])))}."
        )
    return _measure(view, layer, areas, measures)


def _areas(view: View, of: str) -> gpd.GeoDataFrame:
    if of == "perimeters":
        return gpd.GeoDataFrame(view.study.drawn[["code", "nom", "geometry"]])
    frame = view.territory.communes.sort_values("code_insee").reset_index(drop=True)
    return gpd.GeoDataFrame(
        frame.rename(columns={"code_insee": "code"})[["code", "nom", "geometry"]]
    )


def _indicator(
    view: View, layer: LayerRecipe, areas: gpd.GeoDataFrame, rows: pd.DataFrame
) -> AreaFigures:
    """Take one vintage for all areas: figures of two years cannot be compared by their colour."""
    # Of two rows of one place and year, the one with a value comes first.
    chosen = rows[rows["indicateur"] == layer.value].sort_values("valeur", kind="stable")
    vintages = sorted(set(chosen["millesime"].dropna()))
    with_values = sorted(set(chosen.loc[chosen["valeur"].notna(), "millesime"].dropna()))
    vintage = layer.vintage or (with_values[-1] if with_values else "")
    if layer.vintage and vintage not in vintages:
        raise RecipeError(
            f"{view.recipe.name}, layer “{layer.kind}”: vintage “{vintage}” is not accepted; "
            f"accepted are {listed(vintages)}."
        )
    of_year = chosen[chosen["millesime"].fillna("") == vintage].drop_duplicates("code")
    units = sorted(set(of_year["unite"]))
    if len(units) > 1:
        raise RecipeError(
            f"{view.recipe.name}, layer “{layer.kind}”: value “{layer.value}” is given in "
            f"{listed(units)}; one unit is expected."
        )
    found = of_year.set_index("code").reindex(areas["code"])
    unit = units[0] if units else ""
    values = found["valeur"].to_numpy(dtype=np.float64)
    table = areas.assign(
        value=values,
        text=[typography.figure_said(value, unit) for value in values],
        vintage=vintage or vocabulary.YEAR_UNKNOWN,
        source=found["source"].fillna("").to_numpy(),
    )
    return AreaFigures(str(chosen["libelle"].iloc[0]), unit, vintage, table)


def _unit_of(measure: str) -> str | None:
    """Give the unit of a column of coverage; None where the name is not that of a measure."""
    return next((unit for pattern, unit in _UNITS if re.fullmatch(pattern, measure)), None)


def _measures(view: View, layer: LayerRecipe) -> pd.DataFrame:
    """Give the coverage of the areas by code; nothing is measured where no measure is asked for."""
    if _unit_of(layer.value) is None:
        return pd.DataFrame()
    level = "commune" if layer.of == "communes" else "perimeter"
    measures = pd.DataFrame(view.study.coverage.drop(columns="geometry"))
    return measures[measures["level"] == level].set_index("code")


def _measure(
    view: View, layer: LayerRecipe, areas: gpd.GeoDataFrame, measures: pd.DataFrame
) -> AreaFigures:
    """Take a measure of coverage; a count is written as counts are everywhere."""
    unit = _unit_of(layer.value) or ""
    rows = measures.reindex(areas["code"])
    values = rows[layer.value].to_numpy(dtype=np.float64) * (100 if unit == "%" else 1)
    name = layer.value.removesuffix("_count")
    if view.study.counts(name):
        said = [count_said(view.study.count(code, name)) for code in areas["code"]]
    else:
        said = [typography.figure_said(value, unit) for value in values]
    label = table_labels.column_label(layer.value)
    return AreaFigures(
        label, "" if f"({unit})" in label else unit, "", areas.assign(value=values, text=said)
    )


def figure_features(table: gpd.GeoDataFrame, layer: LayerRecipe) -> gpd.GeoDataFrame:
    """Lay out what popup and table say of one figure."""
    columns = {
        "label": "",
        heading_of("territoire"): table["nom"].map(typography.typeset),
        heading_of("valeur"): table["text"],
    }
    if layer.of == "perimeters":
        columns["key"] = [quartier_key(code) for code in table["code"]]
    if "vintage" in table:
        columns[map_texts.VINTAGE_HEADING] = table["vintage"]
        columns[shared_texts.SOURCE] = table["source"]
    return gpd.GeoDataFrame(columns, index=table.index, geometry=table.geometry)


def details_of(features: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Name the columns of such features that a reader sees."""
    own = {"class_index", "label", "key", "size", "geometry"}
    return tuple(column for column in features if column not in own)
