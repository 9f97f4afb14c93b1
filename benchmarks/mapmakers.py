"""Make one and the same map with each contender: a page to open, or a sheet to print.

Each is made as its own documentation shows it, with what a user of the field would add: popups,
a layer control, labels, a legend, a scale bar. Nobody's options are left out to make them worse.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import folium
import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib_scalebar.scalebar import ScaleBar

from cdv_geo.cartography.composition import compose
from cdv_geo.cartography.map_formats import render_scene
from cdv_geo.cartography.recipe_checking import load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from cdv_geo.territory import Territory

    Maker = Callable[[Territory, Path], None]

QGIS_PYTHON: Final = Path("/usr/bin/python3")
_HERE: Final = Path(__file__).parent
_A4_INCHES: Final = (11.69, 8.27)
_DETAILS: Final = ["nom", "type", "adresse", "precision_position"]
_NO_QGIS: Final = "no QGIS"
_SOURCES: Final = "Sources : IGN, ANCT, DEPP, ministère de la Santé (Licence Ouverte)"


def our_map(territory: Territory, path: Path) -> None:
    """Draw the recipe `maps.toml`, as a page or a sheet by the ending of the path."""
    recipe = load_recipe(_HERE / "maps.toml", default_generation=territory.default_generation)
    path.write_bytes(render_scene(compose(recipe, territory), path.suffix))


def folium_page(territory: Territory, path: Path) -> None:
    """Draw outlines by GeoJson, a Marker per place, and a LayerControl, as the quickstart does."""
    communes, qpv, places = (frame.to_crs(4326) for frame in _drawn(territory))
    left, bottom, right, top = communes.total_bounds
    page = folium.Map(location=[(bottom + top) / 2, (left + right) / 2])
    folium.GeoJson(communes, name="Communes", tooltip=folium.GeoJsonTooltip(["nom"])).add_to(page)
    folium.GeoJson(qpv, name="QPV", popup=folium.GeoJsonPopup(["nom", "code"])).add_to(page)
    for kind, group in places.groupby("type"):
        layer = folium.FeatureGroup(name=kind).add_to(page)
        for place in group.itertuples():
            folium.Marker(
                [place.geometry.y, place.geometry.x],
                popup=f"{place.nom}<br>{place.type}<br>{place.adresse}",
                tooltip=place.nom,
            ).add_to(layer)
    folium.LayerControl().add_to(page)
    page.fit_bounds([[bottom, left], [top, right]])
    page.save(path)


def explored_page(territory: Territory, path: Path) -> None:
    """Draw the three tables with `GeoDataFrame.explore`, one over the other."""
    communes, qpv, places = _drawn(territory)
    page = communes.explore(name="Communes", style_kwds={"fill": False}, tooltip="nom")
    qpv.explore(m=page, name="QPV", tooltip="nom", popup=["nom", "code"])
    places.explore(
        "type", m=page, name="Équipements", tooltip="nom", popup=_DETAILS, marker_kwds={"radius": 5}
    )
    folium.LayerControl().add_to(page)
    page.save(path)


def plotted_sheet(territory: Territory, path: Path) -> None:
    """Draw the three tables with `GeoDataFrame.plot`, labels, a legend and a scale bar."""
    communes, qpv, places = _drawn(territory)
    mpl.rcParams["pdf.fonttype"] = 42  # fonts as fonts, so that their text can be searched
    figure = Figure(figsize=_A4_INCHES)
    axes = figure.add_subplot()
    communes.plot(ax=axes, facecolor="#fcfbf7", edgecolor="#8a8a8a")
    qpv.plot(ax=axes, facecolor="#56b4e9", edgecolor="#0b3c5d", alpha=0.65)
    places.plot("type", ax=axes, categorical=True, legend=True, markersize=25, edgecolor="#1a1a1a")
    for frame, size in ((communes, 8), (qpv, 9)):
        for name, point in zip(frame["nom"], frame.representative_point(), strict=True):
            axes.annotate(name, (point.x, point.y), ha="center", fontsize=size)
    axes.add_artist(ScaleBar(1, location="lower left"))
    axes.set_axis_off()
    axes.set_title("Équipements et quartiers prioritaires")
    figure.text(0.02, 0.02, _SOURCES, fontsize=7)
    figure.savefig(path)


def qgis_sheet(territory: Territory, path: Path) -> None:
    """Draw the three tables in a print layout of QGIS, in the Python that QGIS has."""
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name, frame in zip(("communes", "qpv", "places"), _drawn(territory), strict=True):
        frame.to_file(folder / f"{name}.gpkg")
    subprocess.run(
        [QGIS_PYTHON, _HERE / "qgis_layout.py", folder, path, _SOURCES],
        env=_environment_of_qgis(),
        check=True,
        capture_output=True,
    )


def qgis_version() -> str:
    """Name the version of QGIS that the system's Python knows, or say that there is none."""
    ask = "from qgis.core import Qgis; print(Qgis.QGIS_VERSION)"
    try:
        done = subprocess.run(
            [QGIS_PYTHON, "-c", ask], env=_environment_of_qgis(), capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return _NO_QGIS
    return f"QGIS {done.stdout.decode().split('-')[0]}"


def page_makers() -> dict[str, Maker]:
    """Name the contenders that make pages, ours first."""
    return {"cdv_geo": our_map, "folium": folium_page, "geopandas.explore": explored_page}


def sheet_makers() -> dict[str, Maker]:
    """Name the contenders that make sheets, ours first; QGIS only where it is installed."""
    found: dict[str, Maker] = {"cdv_geo": our_map, "geopandas.plot": plotted_sheet}
    return found | ({} if qgis_version() == _NO_QGIS else {"QGIS": qgis_sheet})


def _drawn(territory: Territory) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Give the communes, the QPV of the default generation and the located places."""
    perimeters, places = territory.perimeters, territory.equipment
    of_today = perimeters["generation"] == territory.default_generation
    qpv = perimeters[of_today & (perimeters["type"] == "qpv") & perimeters.geometry.notna()]
    located = places[places.geometry.notna()].fillna({"adresse": "", "precision_position": ""})
    return (
        territory.communes[["code_insee", "nom", "geometry"]],
        qpv[["code", "nom", "geometry"]],
        located[[*_DETAILS, "geometry"]],
    )


def _environment_of_qgis() -> dict[str, str]:
    """Let QGIS run without a screen, and with its own packages only."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return own | {"QT_QPA_PLATFORM": "offscreen"}
