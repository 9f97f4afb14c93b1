"""Territorial analysis of a French contrat de ville: perimeters, joins, coverage and maps.

Names are imported when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cdv_geo.library_environment import FOLDERS, set_aside

if TYPE_CHECKING:
    from cdv_geo.analysis.coverage import coverage, published_population, study_zones
    from cdv_geo.analysis.linking import Linking, link
    from cdv_geo.analysis.locating import locate
    from cdv_geo.cartography.composition import compose
    from cdv_geo.cartography.printed_sheet import render_sheet
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.cartography.recipe_checking import load_recipe
    from cdv_geo.cartography.web_page import render_page
    from cdv_geo.errors import (
        CdvGeoError,
        DataError,
        NameResolutionError,
        OutputError,
        RecipeError,
    )
    from cdv_geo.gazetteer import Gazetteer, Place
    from cdv_geo.reports.fiche import fiche
    from cdv_geo.reports.pdf import render_pdf
    from cdv_geo.reports.word import render_docx
    from cdv_geo.study import Study
    from cdv_geo.territory import Territory, load_territory

__all__ = [
    "CdvGeoError",
    "DataError",
    "Gazetteer",
    "Linking",
    "MapRecipe",
    "NameResolutionError",
    "OutputError",
    "Place",
    "RecipeError",
    "Study",
    "Territory",
    "compose",
    "coverage",
    "fiche",
    "link",
    "load_recipe",
    "load_territory",
    "locate",
    "published_population",
    "render_docx",
    "render_page",
    "render_pdf",
    "render_sheet",
    "study_zones",
]
__version__ = "0.2.0"

set_aside(FOLDERS)  # before anything imports rasterio, also in processes that others start

_HOMES = {
    "analysis.coverage": ("coverage", "published_population", "study_zones"),
    "analysis.linking": ("Linking", "link"),
    "analysis.locating": ("locate",),
    "cartography.composition": ("compose",),
    "cartography.web_page": ("render_page",),
    "cartography.printed_sheet": ("render_sheet",),
    "cartography.recipe": ("MapRecipe",),
    "cartography.recipe_checking": ("load_recipe",),
    "errors": (
        "CdvGeoError",
        "DataError",
        "NameResolutionError",
        "OutputError",
        "RecipeError",
    ),
    "gazetteer": ("Gazetteer", "Place"),
    "reports.fiche": ("fiche",),
    "reports.pdf": ("render_pdf",),
    "reports.word": ("render_docx",),
    "study": ("Study",),
    "territory": ("Territory", "load_territory"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME_OF:
        raise AttributeError(f"module 'cdv_geo' has no attribute '{name}'")
    return getattr(import_module(f"cdv_geo.{_HOME_OF[name]}"), name)
