"""Everything about a territory in one folder: maps, tables, a GeoPackage, a page that leads to it.

Like `territory`, this module joins the layers of the library: it takes tables and scenes from
them and hands them to `io` to be written. Each content is made here, and is cheap; it is written
in other processes, and only where it is another than that of the file that lies there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import jinja2
import markupsafe
from markdown_it import MarkdownIt

from cdv_geo.analysis.counting import KINDS
from cdv_geo.cartography.composition import compose, maps_by_perimeter
from cdv_geo.cartography.map_formats import PAGE, SUFFIXES, render_scene
from cdv_geo.cartography.map_formats import unshown_in_scene as unshown_on_map
from cdv_geo.cartography.printed_sheet import sheet_content, sheet_file
from cdv_geo.cartography.recipe import EACH
from cdv_geo.cartography.recipe_checking import atlas_order, load_recipe, recipe_paths
from cdv_geo.content_digests import digest_of
from cdv_geo.errors import RecipeError
from cdv_geo.failures import Failures, error_kind
from cdv_geo.file_names import file_key, file_names, unfit_as_file_name
from cdv_geo.french import table_labels, typography
from cdv_geo.french.counts_in_words import count_said
from cdv_geo.french.shared_texts import (
    INCOMPLETE_ATLAS,
    NO_FIGURE_NOTE,
    NOT_MADE_NOTE,
    letters_said,
    not_made_said,
)
from cdv_geo.french.typography import NOT_FILLED_IN
from cdv_geo.french.workbook_texts import subject_of
from cdv_geo.io.guard import read_short_text
from cdv_geo.io.writing.incremental_folder import Piece, rebuild_folder
from cdv_geo.io.writing.output_files import write_layers, write_table
from cdv_geo.io.writing.workbook_writing import write_workbook
from cdv_geo.reports.document_formats import PDF
from cdv_geo.reports.document_formats import SUFFIXES as FICHE_SUFFIXES
from cdv_geo.reports.document_formats import render_document as render_fiche
from cdv_geo.reports.document_formats import unshown_in_document as unshown_in_fiche
from cdv_geo.reports.fiche import fiche
from cdv_geo.reports.pdf import render_book
from cdv_geo.reports.printed_atlas import book
from cdv_geo.reports.workbook import report_sheets
from cdv_geo.visible_letters import Letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from cdv_geo.cartography.printed_sheet import Content
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.cartography.scene import Scene
    from cdv_geo.io.writing.incremental_folder import Rebuilt, Step
    from cdv_geo.reports.document import Book, Document
    from cdv_geo.study import Study
    from cdv_geo.territory import Territory

# Files of the atlas itself, which no recipe may be called after.
_OWN: Final = ("index", "sources", "atlas", "cdv_geo", "coverage", "links")
_INDEX: Final = "index.html"
_SOURCES: Final = "sources.html"
_WORKBOOK: Final = "cdv_geo.xlsx"
_PRINTED: Final = "atlas.pdf"
# Columns of the summary on the index page, and how their numbers are written.
_SUMMARY: Final = {
    "nom": None,
    "type": None,
    "statut_geometrie": None,
    "area_ha": 1,
    "population": 0,
    "population_vintage": None,
    "cell_residents": 0,
}
_COUNTED: Final = (
    "action_declared",
    "action_declared_wide",
    "equipment_declared",
    "equipment_all_inside",
)


@dataclass(frozen=True)
class _Map:
    """A map of the atlas: of one perimeter, or of the whole where there is none."""

    recipe: MapRecipe
    territory: Territory
    perimeter: str | None = None

    @cached_property
    def scene(self) -> Scene:
        return compose(self.recipe, self.territory, perimeter=self.perimeter)

    @cached_property
    def sheet(self) -> Content:
        """Its sheet, laid out: once for its own files and for the atlas to print."""
        return sheet_content(self.scene)

    def pieces(self, name: str) -> list[Piece]:
        """Give its page and its sheet; this is laid out once for all formats."""
        sheets = tuple(f"{name}{suffix}" for suffix in SUFFIXES if suffix != PAGE)
        return [
            Piece((f"{name}{PAGE}",), lambda: self.scene, _write_map),
            Piece(sheets, lambda: self.sheet, _write_sheets),
        ]


@dataclass(frozen=True)
class _Fiche:
    """The fiche of one perimeter."""

    study: Study
    code: str

    @cached_property
    def document(self) -> Document:
        return fiche(self.study, self.code)

    def piece(self, name: str) -> Piece:
        """Give it as PDF and for Word; its maps are drawn once for both where they can be."""
        names = tuple(f"{name}{suffix}" for suffix in FICHE_SUFFIXES)
        return Piece(names, lambda: self.document, _write_fiche)

    def entry(self, name: str) -> dict[str, str]:
        """Say what the index page shows of it."""
        row = self.study.perimeter(self.code)
        communes = [self.study.commune_names[c] for c in self.study.communes_of(self.code)]
        return {
            "name": typography.typeset(row["nom"]),
            "type": table_labels.KIND_LABELS[row["type"]],
            "commune": ", ".join(communes),
            **{suffix.removeprefix("."): f"{name}{suffix}" for suffix in FICHE_SUFFIXES},
        }


class Atlas:
    """The contents of an atlas; each table and each scene is made once, when it is first needed.

    Parameters
    ----------
    territory
        Loaded tables.
    generation
        Of the QPV, in the tables; the recipe of a map says its own.

    Attributes
    ----------
    failures
        What could not be made, and why: files, and recipes that give no map since they are at
        fault.

    Raises
    ------
    RecipeError
        Two files of the atlas would bear one name, or some system takes no file of the name.
    """

    def __init__(self, territory: Territory, *, generation: int) -> None:
        self._territory = territory
        self._study = territory.study(generation=generation)
        codes = self._study.perimeters["code"].tolist()
        self._fiches = {
            name: _Fiche(self._study, code) for name, code in file_names("fiche", codes).items()
        }
        self.failures = Failures()
        maps: list[tuple[str, _Map]] = []
        for name, path in recipe_paths(territory.recipe_folders()).items():
            with self.failures.noting(name):
                recipe = load_recipe(path, default_generation=generation)
                maps += _maps(recipe, territory)
        maps.sort(key=lambda named: atlas_order(named[1].recipe))
        _require_file_names([*_OWN, *self._fiches], [name for name, _ in maps])
        self._maps: dict[str, _Map] = dict(maps)

    def write(self, folder: Path, *, overwrite: bool, step: Step, jobs: int = 1) -> Rebuilt:
        """Make every file of the atlas that is not in a folder as it should be.

        What fails is noted in `failures` and leaves all else as it would be; the index and the
        printed atlas say what is missing.

        Parameters
        ----------
        folder
            Made where it is missing; what an earlier run made in it is kept where it is still
            right, and else replaced or removed.
        overwrite
            Whether files that no earlier run made may be replaced.
        step
            Told what is being made, how many files are done and of how many.
        jobs
            How many processes write files; the bytes are the same. With more than 1, a program
            that calls this has its own doings below `if __name__ == "__main__"`, since each
            process imports it.

        Returns
        -------
        The files of the atlas that are there, in order, and which of them were made.

        Raises
        ------
        OutputError
            A file is in the way, the folder cannot be written, or a process was ended from outside.
        """
        return rebuild_folder(
            folder,
            self._pieces(),
            inputs=self._inputs(),
            failures=self.failures,
            overwrite=overwrite,
            step=step,
            jobs=jobs,
        )

    def unshown(self, built: Rebuilt) -> dict[str, str]:
        """Give the characters that are replaced in the maps, fiches and pages that a run made.

        Parameters
        ----------
        built
            What `write` gave.
        """
        replaced: dict[str, str] = {}
        pages = {_INDEX: self._index, _SOURCES: self._sources}
        for path in built.made:
            name, suffix = path.stem, path.suffix
            if name in self._maps and suffix in SUFFIXES:
                replaced |= unshown_on_map(self._maps[name].scene, suffix)
            if name in self._fiches and suffix in FICHE_SUFFIXES:
                replaced |= unshown_in_fiche(self._fiches[name].document, suffix)
            if path.name in pages:
                letters = Letters()
                _page(path.name, pages[path.name](), letters)
                replaced = dict.fromkeys(letters.replaced, self._territory.name) | replaced
        return dict(sorted(replaced.items()))

    def _pieces(self) -> list[Piece]:
        """List all files; maps come first, since others are written while tables are made.

        What tells which of them failed comes after them.
        """
        tables = [
            Piece(("links.csv",), lambda: self._study.links, _write_links),
            Piece(("coverage.csv", "coverage.xlsx"), lambda: self._study.coverage, _write_coverage),
            Piece(("cdv_geo.gpkg",), self._layers, _write_layers),
        ]
        pages = [
            Piece((_SOURCES,), self._sources, _write_sources),
            Piece((_INDEX,), self._index, _write_index, tells_failures=True),
        ]
        maps = [piece for name, made in self._maps.items() for piece in made.pieces(name)]
        reports = [made.piece(name) for name, made in self._fiches.items()]
        reports.append(Piece((_PRINTED,), self._book, _write_book, tells_failures=True))
        reports.append(Piece((_WORKBOOK,), self._sheets, _write_sheets_of_workbook))
        return [*maps, *reports, *tables, *pages]

    def _inputs(self) -> str:
        """Tell all that the contents are made from; what they are not made from changes nothing."""
        territory = self._territory
        rasters = {name: territory.raster(name) for name in territory.rasters}
        recipes = [(name, made.recipe, made.perimeter) for name, made in self._maps.items()]
        found = [(part.path.name, part.counts(), part.faults) for part in territory.checked]
        asked = (recipes, self._study.generation, self._study.within)
        return digest_of((territory.contents(), found, rasters, asked, self._account()))

    def _sheets(self) -> dict[str, object]:
        """Give the sheets of the workbook, and what its properties say."""
        territory = self._territory
        return {
            "sheets": report_sheets(self._study),
            "title": territory.name,
            "subject": subject_of(territory.edition, self._study.generation),
        }

    def _book(self) -> Book:
        """Bind the maps and fiches that could be set."""
        maps = [made for name, made in self._maps.items() if f"{name}{PDF}" not in self.failures]
        fiches = [made for n, made in self._fiches.items() if f"{n}{PDF}" not in self.failures]
        sheets = [made.sheet for made in maps]
        return book(self._territory, sheets, [f.document for f in fiches], self._missing())

    def _missing(self) -> list[str]:
        """Say what could not be made, and why."""
        return [not_made_said(files, error_kind(error)) for files, error in self.failures.told()]

    def _layers(self) -> dict[str, pd.DataFrame]:
        territory = self._territory
        return {
            "communes": territory.communes,
            "perimeters": territory.perimeters,
            "actions": territory.actions,
            "equipment": territory.equipment,
            "cells": territory.population.inhabited_cells().to_crs(territory.crs),
            "coverage": self._study.coverage,
            "links": self._study.links,
            "indicators": territory.indicators,
        }

    def _index(self) -> dict[str, object]:
        """Say what the page shows that leads to every map, table and source."""
        name = self._territory.name
        return {
            "territory": name,
            "title": f"Atlas du {name[0].lower()}{name[1:]}",
            "veille_active_list": self._territory.veille_active_list,
            "edition": typography.format_edition(self._territory.edition),
            "generation": self._study.generation,
            "maps": [
                {"name": name, "title": made.scene.title, "subtitle": made.scene.subtitle}
                for name, made in self._maps.items()
                if not all(f"{name}{suffix}" in self.failures for suffix in SUFFIXES)
            ],
            "missing": self._missing(),
            "missing_title": INCOMPLETE_ATLAS,
            "missing_note": NOT_MADE_NOTE,
            "absent": sorted(self.failures),
            "suffixes": [suffix.removeprefix(".") for suffix in SUFFIXES],
            "fiches": [made.entry(name) for name, made in self._fiches.items()],
            "workbook": _WORKBOOK,
            "printed": _PRINTED,
            "headers": [
                *map(table_labels.column_label, _SUMMARY),
                *(table_labels.column_label(f"{name}_count") for name in _COUNTED),
            ],
            "rows": self._summary_rows(),
            "counts": {
                kind: self._study.linking(kind).counts() if self._study.is_known(kind) else None
                for kind in KINDS
            },
            "not_filled_in": NOT_FILLED_IN,
            "no_figure": NO_FIGURE_NOTE,
            "sources": [
                typography.typeset(typography.capitalised(line))
                for line in self._territory.sources.values()
            ],
        }

    def _sources(self) -> dict[str, object]:
        """Give the producer's own account of the data as a page."""
        # Markdown only: what looks like HTML in the text is shown as text.
        markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        body = markupsafe.Markup(markdown.render(self._account()))  # noqa: S704
        return {"territory": self._territory.name, "body": body}

    def _account(self) -> str:
        """Read the producer's own account of the data, as it stands in the territory's folder."""
        path = self._territory.file("SOURCES.md")
        if not path.exists():
            return typography.NOT_AVAILABLE
        return read_short_text(path)

    def _summary_rows(self) -> list[list[str]]:
        return [
            [
                *(_summary_text(column, row[column], _SUMMARY[column]) for column in _SUMMARY),
                *(count_said(self._study.count(row["code"], name)) for name in _COUNTED),
            ]
            for _, row in self._study.coverage.iterrows()
        ]


def _require_file_names(taken: Sequence[str], names: Sequence[str]) -> None:
    """Refuse names of maps that cannot be those of files, or meet others on some system."""
    known = {file_key(name): name for name in taken}
    for name in names:
        if (why := unfit_as_file_name(name)) is not None:
            raise RecipeError(f"a map cannot be called “{name}”: {why}; rename the recipe.")
        if (other := known.setdefault(file_key(name), name)) is not name:
            raise RecipeError(
                f"an atlas has no second file called “{name}”: it has “{other}”, which is the same "
                "where case does not count; rename the recipe."
            )


def _maps(recipe: MapRecipe, territory: Territory) -> list[tuple[str, _Map]]:
    """Name the maps that a recipe makes: one, or one for each perimeter that has an outline."""
    if recipe.extent != EACH:
        return [(recipe.name, _Map(recipe, territory))]
    codes = maps_by_perimeter(recipe, territory)
    return [(name, _Map(recipe, territory, code)) for name, code in codes.items()]


def _summary_text(column: str, value: str | float, decimals: int | None) -> str:
    if decimals is not None:
        return typography.format_number(float(value), decimals)
    if not isinstance(value, str):
        return typography.EMPTY_CELL
    return typography.typeset(table_labels.value_label(column, value))


# What writes a content to files, each as its ending says. Other processes find these by name.


def _write_map(scene: Scene, paths: Sequence[Path]) -> None:
    for path in paths:
        path.write_bytes(render_scene(scene, PAGE))


def _write_sheets(sheet: Content, paths: Sequence[Path]) -> None:
    for path in paths:
        path.write_bytes(sheet_file(sheet, path.suffix[1:]))  # type: ignore[arg-type]


def _write_fiche(document: Document, paths: Sequence[Path]) -> None:
    for path in paths:
        path.write_bytes(render_fiche(document, path.suffix))


def _write_sheets_of_workbook(values: Mapping[str, Any], paths: Sequence[Path]) -> None:
    sheets, title, subject = (values[key] for key in ("sheets", "title", "subject"))
    for path in paths:
        write_workbook(sheets, path, title=title, subject=subject)


def _write_book(bound: Book, paths: Sequence[Path]) -> None:
    for path in paths:
        path.write_bytes(render_book(bound))


def _write_links(links: pd.DataFrame, paths: Sequence[Path]) -> None:
    for path in paths:
        write_table(links, path, overwrite=True, title="links")


def _write_coverage(coverage: pd.DataFrame, paths: Sequence[Path]) -> None:
    for path in paths:
        write_table(coverage, path, overwrite=True, title="couverture")


def _write_layers(layers: Mapping[str, pd.DataFrame], paths: Sequence[Path]) -> None:
    for path in paths:
        write_layers(layers, path)


def _write_index(values: Mapping[str, Any], paths: Sequence[Path]) -> None:
    _write_pages(_INDEX, values, paths)


def _write_sources(values: Mapping[str, Any], paths: Sequence[Path]) -> None:
    _write_pages(_SOURCES, values, paths)


def _write_pages(template: str, values: Mapping[str, Any], paths: Sequence[Path]) -> None:
    letters = Letters()
    page = _page(template, values, letters)
    if said := letters_said(letters.replaced):
        page = page.replace("</main>", f'<p class="note">{said}</p>\n</main>')
    for path in paths:
        path.write_text(page, encoding="utf-8")


def _page(template: str, values: Mapping[str, Any], letters: Letters) -> str:
    """Fill a page; of what is replaced nothing stands in its template."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cdv_geo", "pages"), autoescape=True, trim_blocks=True
    )
    return letters(environment.get_template(template).render(values))
