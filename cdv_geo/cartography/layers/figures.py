"""Layers of figures: communes and perimeters by value, symbols by size, cells and rasters."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from cdv_geo import vocabulary
from cdv_geo.cartography import style
from cdv_geo.cartography.classification import classed
from cdv_geo.cartography.scene import ClassedImage, Layer, SymbolClass
from cdv_geo.cartography.subjects import quartier_key
from cdv_geo.errors import RecipeError, listed
from cdv_geo.french import map_texts
from cdv_geo.french.counts import count_said

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe

_LARGEST_SYMBOL: Final = 34.0  # points on paper, pixels on screen
_SMALLEST_SYMBOL: Final = 3.0
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
class _Figures:
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
        return gpd.GeoDataFrame(self.table[self.table["value"].notna()])

    @property
    def heading(self) -> str:
        return map_texts.figure_heading(self.label, self.unit, self.vintage)


def choropleth(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show one figure of each commune or perimeter by the colour of its class."""
    if layer.optional and not _is_there(view, layer):
        return []
    figures = _figures(view, layer)
    if figures.known.empty:
        return []
    found = classed(
        figures.table["value"].to_numpy(dtype=np.float64),
        layer,
        darkest="high",
        write=partial(map_texts.written_in_legend, unit=figures.unit),
    )
    classes, index = found.classes, found.class_index
    missing = index < 0
    if missing.any():
        label = map_texts.with_count(map_texts.VALUE_MISSING, int(missing.sum()))
        classes = (*classes, SymbolClass(label, style.NO_VALUE))
        index = np.where(missing, len(classes) - 1, index)
    if layer.of == "perimeters":
        # One line of the legend stands for many outlines: it is dashed where any of them is.
        rough = bool((view.study.drawn["statut_geometrie"] != "officielle").any())
        classes = tuple(
            replace(shown, style=style.as_perimeter(shown.style, dashed=rough)) for shown in classes
        )
    features = _figure_features(figures.table, layer).assign(class_index=index)
    theme = map_texts.THEMES["choropleth"]
    return [Layer(figures.heading, features, classes, _details(features), theme=theme)]


def symbols(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show one figure of each commune or perimeter by the area of a disc.

    Source of the method: areas in proportion to the values, as in Bertin (1967), "Sémiologie
    graphique". A value of 0 has no area and is a small ring, so that it is not taken for one that
    is missing; what lies below 0 is refused.
    """
    if layer.optional and not _is_there(view, layer):
        return []
    figures = _figures(view, layer)
    known = figures.known
    if known["value"].min() < 0:
        raise RecipeError(
            f"{view.recipe.name}, layer “symbols”: {layer.value} “{known['value'].min():g}” is "
            "below 0; a disc needs values from 0 on."
        )
    if known.empty:
        return []
    values = known["value"].to_numpy(dtype=np.float64)
    references = _round_values(values.max())
    features = _figure_features(known, layer).assign(
        # Of the references the largest that a value reaches, or the smallest.
        class_index=np.searchsorted(-np.array(references[:-1]), -values, side="left"),
        size=np.maximum(_diameters(values, values.max()), _SMALLEST_SYMBOL),
    )
    features = features.set_geometry(known.geometry.representative_point())
    sizes = _diameters(np.array(references), values.max()).tolist()
    classes = [
        SymbolClass(
            map_texts.written_in_legend(value, figures.unit), replace(style.PROPORTIONAL, size=size)
        )
        for value, size in zip(references, sizes, strict=True)
    ]
    if not values.all():
        features["class_index"] = features["class_index"].where(values > 0, len(references))
        classes.append(SymbolClass(map_texts.written_in_legend(0, figures.unit), style.ZERO))
    theme = map_texts.THEMES["symbols"]
    return [Layer(figures.heading, features, tuple(classes), _details(features), theme=theme)]


def missing_values(view: View, layer: LayerRecipe) -> list[str]:
    """Name the communes or perimeters of which a symbol's figure is not known."""
    table = _figures(view, layer).table
    return [vocabulary.typeset(nom) for nom in table.loc[table["value"].isna(), "nom"]]


def cells(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show the mean standard of living of each inhabited cell of the communes."""
    territory = view.territory
    grid = territory.population.inhabited_cells().to_crs(territory.crs)
    frame = grid[grid.intersects(territory.communes.geometry.union_all())]
    if frame.empty:
        return []
    found = classed(
        frame["standard_of_living"].to_numpy(),
        layer,
        darkest="low",
        write=vocabulary.format_euros,
    )
    features = gpd.GeoDataFrame(
        {
            "class_index": found.class_index,
            "label": "",
            "Niveau de vie moyen": frame["standard_of_living"].map(vocabulary.format_euros),
            "Habitants": [vocabulary.format_number(n, 1) for n in frame["individuals"]],
            "Valeur": np.where(frame["imputed"], map_texts.IMPUTED, map_texts.OBSERVED),
        },
        geometry=frame.geometry,
    )
    details = ("Niveau de vie moyen", "Habitants", "Valeur")
    name, theme = map_texts.LAYER_NAMES["cells"], map_texts.THEMES["cells"]
    values = Layer(name, features, found.classes, details, theme=theme)
    return [values, _imputed_cells(frame)]


def raster(view: View, layer: LayerRecipe) -> list[Layer]:
    """Show a raster of the territory by the colour of the class of each cell."""
    if layer.optional and layer.raster not in view.territory.rasters:
        return []
    band = view.territory.raster(layer.raster)
    values = np.where(band.cells > layer.above, band.cells, np.nan)
    if np.isnan(values).all():
        return []
    found = classed(
        values, layer, darkest="high", write=partial(map_texts.written_in_legend, unit=band.unit)
    )
    return [
        Layer(
            map_texts.figure_heading(band.label, band.unit, ""),
            gpd.GeoDataFrame({"class_index": [], "label": []}, geometry=[], crs=view.territory.crs),
            found.classes,
            theme=map_texts.THEMES["raster"],
            image=ClassedImage(found.class_index, band.bounds, band.crs),
        )
    ]


def _imputed_cells(frame: gpd.GeoDataFrame) -> Layer:
    imputed = frame[frame["imputed"]]
    features = gpd.GeoDataFrame(
        {"class_index": 0, "label": ""}, index=imputed.index, geometry=imputed.geometry
    )
    share = imputed["individuals"].sum() / frame["individuals"].sum()
    classes = (SymbolClass(map_texts.imputed_label(share), style.IMPUTED),)
    return Layer(
        map_texts.LAYER_NAMES["imputed"], features, classes, theme=map_texts.THEMES["cells"]
    )


def _is_there(view: View, layer: LayerRecipe) -> bool:
    """Tell whether any commune or perimeter has the figure that a layer asks for."""
    indicators = view.territory.indicators
    codes = indicators.loc[indicators["indicateur"] == layer.value, "code"]
    of_areas = bool(codes.isin(_areas(view, layer.of)["code"]).any())
    return of_areas or layer.value in _measures(view, layer)


def _figures(view: View, layer: LayerRecipe) -> _Figures:
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
) -> _Figures:
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
        text=[map_texts.figure_said(value, unit) for value in values],
        vintage=vintage or vocabulary.YEAR_UNKNOWN,
        source=found["source"].fillna("").to_numpy(),
    )
    return _Figures(str(chosen["libelle"].iloc[0]), unit, vintage, table)


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
) -> _Figures:
    """Take a measure of coverage; a count is written as counts are everywhere."""
    unit = _unit_of(layer.value) or ""
    rows = measures.reindex(areas["code"])
    values = rows[layer.value].to_numpy(dtype=np.float64) * (100 if unit == "%" else 1)
    name = layer.value.removesuffix("_count")
    if view.study.counts(name):
        said = [count_said(view.study.count(code, name)) for code in areas["code"]]
    else:
        said = [map_texts.figure_said(value, unit) for value in values]
    label = vocabulary.column_label(layer.value)
    return _Figures(
        label, "" if f"({unit})" in label else unit, "", areas.assign(value=values, text=said)
    )


def _figure_features(table: gpd.GeoDataFrame, layer: LayerRecipe) -> gpd.GeoDataFrame:
    """Lay out what popup and table say of one figure."""
    columns = {
        "label": "",
        map_texts.AREA_HEADING: table["nom"].map(vocabulary.typeset),
        map_texts.VALUE_HEADING: table["text"],
    }
    if layer.of == "perimeters":
        columns["key"] = [quartier_key(code) for code in table["code"]]
    if "vintage" in table:
        columns[map_texts.VINTAGE_HEADING] = table["vintage"]
        columns[map_texts.SOURCE_HEADING] = table["source"]
    return gpd.GeoDataFrame(columns, index=table.index, geometry=table.geometry)


def _details(features: gpd.GeoDataFrame) -> tuple[str, ...]:
    own = {"class_index", "label", "key", "size", "geometry"}
    return tuple(column for column in features if column not in own)


def _diameters(values: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    """Give the diameters of discs whose areas are in proportion to the values."""
    return np.asarray(_LARGEST_SYMBOL * np.sqrt(values / (largest or 1)))


def _round_values(largest: float) -> tuple[float, ...]:
    """Give round values for the legend of discs, at most the largest, a third and a tenth of it.

    There are none where the largest is 0.
    """
    if largest == 0:
        return ()
    return tuple(_rounded(largest / part) for part in (1, 3, 10))


def _rounded(value: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)) * power)
