"""Everything about a territory in one folder: maps, tables, a GeoPackage, a page that leads to it.

Like `territory`, this module joins the layers of the library: it takes tables and scenes from
them and hands them to `io` to be written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

import jinja2
import markupsafe
import pandas as pd
from markdown_it import MarkdownIt

from cdv_geo import vocabulary
from cdv_geo.cartography.composing import compose, maps_by_perimeter
from cdv_geo.cartography.recipe import EACH, load_recipes
from cdv_geo.cartography.rendering import SUFFIXES, render_all
from cdv_geo.errors import RecipeError
from cdv_geo.io.guard import require_regular_file
from cdv_geo.io.outputs import rebuild_folder, write_layers, write_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from cdv_geo.analysis.linking import Linking
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.cartography.scene import Scene
    from cdv_geo.territory import Territory

_WITHIN: Final = (300, 500)  # metres
_PAGES: Final = ("index", "sources")
# Columns of the summary on the index page, and how their numbers are written.
_SUMMARY: Final = {
    "nom": None,
    "type": None,
    "statut_geometrie": None,
    "area_ha": 1,
    "population": 0,
    "population_vintage": None,
    "cell_residents": 0,
    "action_declared_count": 0,
    "action_declared_wide_count": 0,
    "equipment_declared_count": 0,
    "equipment_all_inside_count": 0,
    "equipment_all_inside_undetermined_count": 0,
}


@dataclass(frozen=True)
class _Map:
    """A map of the atlas: of one perimeter, or of the whole where there is none.

    Its scene is composed once, and its sheet laid out once, for all formats.
    """

    recipe: MapRecipe
    territory: Territory
    perimeter: str | None = None
    _unwritten: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def scene(self) -> Scene:
        return compose(self.recipe, self.territory, perimeter=self.perimeter)

    def write(self, suffix: str, path: Path) -> None:
        """Write it in one format, and let go of what is written."""
        if suffix not in self._unwritten:
            self._unwritten.update(render_all(self.scene))
        path.write_bytes(self._unwritten.pop(suffix))


class Atlas:
    """The contents of an atlas; each table and each scene is made once, when it is first needed.

    Parameters
    ----------
    territory
        Loaded tables.
    generation
        Of the QPV, in the tables; the recipe of a map says its own.

    Raises
    ------
    RecipeError
        A recipe is at fault, or two files of the atlas would bear one name.
    """

    def __init__(self, territory: Territory, *, generation: int) -> None:
        self._territory = territory
        self._generation = generation
        recipes = load_recipes(territory.recipe_folders(), default_generation=generation)
        self._maps: dict[str, _Map] = {}
        for name, made in (each for recipe in recipes for each in _maps(recipe, territory)):
            if name in self._maps or name in _PAGES:
                raise RecipeError(
                    f"an atlas has no second file called “{name}”; rename the recipe."
                )
            self._maps[name] = made

    def write(
        self, folder: Path, *, overwrite: bool, step: Callable[[str, int, int], None]
    ) -> list[Path]:
        """Write every file of the atlas into a folder.

        Parameters
        ----------
        folder
            Made where it is missing; what an earlier run made in it is replaced or removed.
        overwrite
            Whether files that no earlier run made may be replaced.
        step
            Told what is being made, how many files are done and of how many.

        Returns
        -------
        The files made, in order.

        Raises
        ------
        OutputError
            A file is in the way, or the folder cannot be written.
        """
        return rebuild_folder(folder, self._writers(), overwrite=overwrite, step=step)

    def _writers(self) -> dict[str, Callable[[Path], None]]:
        writers: dict[str, Callable[[Path], None]] = {
            "links.csv": lambda path: write_table(self._links, path, overwrite=True, title="links"),
            "coverage.csv": lambda path: write_table(
                self._coverage, path, overwrite=True, title="coverage"
            ),
            "coverage.xlsx": lambda path: write_table(
                self._coverage, path, overwrite=True, title="couverture"
            ),
            "cdv_geo.gpkg": lambda path: write_layers(self._layers(), path),
        }
        for name, made in self._maps.items():
            for suffix in SUFFIXES:
                writers[f"{name}{suffix}"] = partial(made.write, suffix)
        writers["sources.html"] = lambda path: _write_page(path, "sources.html", self._sources())
        writers["index.html"] = lambda path: _write_page(path, "index.html", self._index())
        return writers

    @cached_property
    def _linkings(self) -> dict[str, Linking]:
        things = {"action": self._territory.actions, "equipment": self._territory.equipment}
        return {
            kind: self._territory.link(frame, generation=self._generation, within=_WITHIN)
            for kind, frame in things.items()
        }

    @cached_property
    def _links(self) -> pd.DataFrame:
        parts = [linking.links.assign(kind=kind) for kind, linking in self._linkings.items()]
        joined = pd.concat(parts, ignore_index=True)
        return joined[["kind", *(name for name in joined if name != "kind")]]

    @cached_property
    def _coverage(self) -> gpd.GeoDataFrame:
        return self._territory.coverage(generation=self._generation, within=_WITHIN)

    def _layers(self) -> dict[str, pd.DataFrame]:
        territory = self._territory
        return {
            "communes": territory.communes,
            "perimeters": territory.perimeters,
            "actions": territory.actions,
            "equipment": territory.equipment,
            "cells": territory.population.inhabited_cells().to_crs(territory.crs),
            "coverage": self._coverage,
            "links": self._links,
            "indicators": territory.indicators,
        }

    def _index(self) -> dict[str, object]:
        """Say what the page shows that leads to every map, table and source."""
        return {
            "territory": self._territory,
            "edition": vocabulary.format_edition(self._territory.edition),
            "generation": self._generation,
            "maps": [(name, made.scene) for name, made in self._maps.items()],
            "suffixes": [suffix.removeprefix(".") for suffix in SUFFIXES],
            "headers": [vocabulary.column_label(column) for column in _SUMMARY],
            "rows": self._summary_rows(),
            "counts": {kind: linking.counts() for kind, linking in self._linkings.items()},
            "sources": [
                vocabulary.typeset(f"{line[0].upper()}{line[1:]}")
                for line in self._territory.sources.values()
            ],
        }

    def _sources(self) -> dict[str, object]:
        """Give the producer's own account of the data, as it stands in the territory's folder."""
        path = self._territory.folder / "SOURCES.md"
        text = vocabulary.NOT_AVAILABLE
        if path.exists():
            require_regular_file(path)
            text = path.read_text(encoding="utf-8")
        # Markdown only: what looks like HTML in the text is shown as text.
        body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
        return {"territory": self._territory, "body": markupsafe.Markup(body)}  # noqa: S704

    def _summary_rows(self) -> list[list[str]]:
        return [
            [_summary_text(column, row[column], _SUMMARY[column]) for column in _SUMMARY]
            for _, row in self._coverage.iterrows()
        ]


def _maps(recipe: MapRecipe, territory: Territory) -> list[tuple[str, _Map]]:
    """Name the maps that a recipe makes: one, or one for each perimeter that has an outline."""
    if recipe.extent != EACH:
        return [(recipe.name, _Map(recipe, territory))]
    codes = maps_by_perimeter(recipe, territory)
    return [(name, _Map(recipe, territory, code)) for name, code in codes.items()]


def _summary_text(column: str, value: str | float, decimals: int | None) -> str:
    if decimals is not None:
        return vocabulary.format_number(float(value), decimals)
    return (
        vocabulary.value_label(column, value) if isinstance(value, str) else vocabulary.EMPTY_CELL
    )


def _write_page(path: Path, template: str, values: dict[str, object]) -> None:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cdv_geo", "pages"), autoescape=True, trim_blocks=True
    )
    path.write_text(environment.get_template(template).render(values), encoding="utf-8")
