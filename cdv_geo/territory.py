"""A contrat de ville: its tables, loaded and checked once, and the questions asked of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cdv_geo import schemas, vocabulary
from cdv_geo.analysis import coverage as coverage_
from cdv_geo.analysis.linking import Linker, Linking, link_places
from cdv_geo.analysis.locating import locate
from cdv_geo.analysis.population import PopulationGrid
from cdv_geo.analysis.sighting import require_same_crs, sorted_distances, without_empty
from cdv_geo.analysis.things import Things
from cdv_geo.errors import DataError, listed
from cdv_geo.faults import REJECTED, Fault, refuse, rejected_rows
from cdv_geo.io import guard
from cdv_geo.io.cells import with_insee_codes
from cdv_geo.io.checked import Checked, read_checked_perimeters, read_checked_table
from cdv_geo.io.description import read_description, sources_of
from cdv_geo.io.rasters import Band, read_band, read_population
from cdv_geo.io.reading import Reading
from cdv_geo.io.stated import NOTHING_STATED, Stated
from cdv_geo.io.things import position_errors
from cdv_geo.io.vectors import open_layer, read_layer
from cdv_geo.names import Gazetteer, Place, split_list
from cdv_geo.resources import resource_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.analysis.things import ThingKind


# Lambert-93 departs from the ground by a fifth of a percent at most in metropolitan France.
_SCALE_TOLERANCE = 0.02


@dataclass(frozen=True)
class Territory:
    """The loaded tables of one contrat de ville, and what is asked of them.

    Parameters
    ----------
    name
        Of the contract.
    crs
        Metric CRS of every layer and of every distance.
    edition
        When the data were last revised.
    default_generation
        Of the QPV, where a question names none.
    veille_active_list
        Which contract the list of quartiers in veille active is of, in French; may be empty.
    folder
        Where the tables came from.
    communes, perimeters, quartiers, actions, objectifs, priorites, themes, equipment, indicators, \
concordances, constats, key_figures
        Tables, with the columns of `cdv_geo.schemas`.
    population
        Residents and standard of living on the INSEE grid.
    population_indicators
        Codes of the indicators that hold a published population.
    sources
        For each layer, the source line in French that a map prints.
    position_error_m
        Metres by which a position may be off, by the beginning of `precision_position`.
    checked
        What was found in each table when it was read: rows repaired and rejected, and why.
    rasters
        What `territory.toml` says of the rasters that a map may show, by their names.
    """

    name: str
    crs: str
    edition: str
    default_generation: int
    veille_active_list: str
    folder: Path
    communes: gpd.GeoDataFrame
    perimeters: gpd.GeoDataFrame
    quartiers: pd.DataFrame
    actions: gpd.GeoDataFrame
    objectifs: pd.DataFrame
    priorites: pd.DataFrame
    themes: pd.DataFrame
    equipment: gpd.GeoDataFrame
    indicators: pd.DataFrame
    concordances: pd.DataFrame
    constats: pd.DataFrame
    key_figures: pd.DataFrame
    population: PopulationGrid
    population_indicators: tuple[str, ...]
    sources: Mapping[str, str]
    position_error_m: Mapping[str, float]
    checked: tuple[Checked, ...] = ()
    rasters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def reading(self, stated: Stated = NOTHING_STATED) -> Reading:
        """Say how files are read beside this territory: its CRS, where it is, errors of places."""
        home = bounds_in_degrees(self.communes)
        return Reading(self.crs, self.position_error_m, stated=stated, home=home)

    def gazetteer(self, *, generation: int | None = None) -> Gazetteer:
        """Give all names of quartiers and communes, for the QPV of one generation."""
        return Gazetteer(
            self.perimeters,
            self.communes,
            self.quartiers,
            generation=self.generation(generation),
        )

    def resolve(
        self, name: str, *, generation: int | None = None, commune: str | None = None
    ) -> tuple[Place, ...]:
        """Find the perimeters or the commune that a name stands for: see `Gazetteer.resolve`."""
        return self.gazetteer(generation=generation).resolve(name, commune=commune)

    def locate(self, points: gpd.GeoDataFrame, *, generation: int | None = None) -> pd.DataFrame:
        """Say in which perimeters points lie, in any stated CRS: see `cdv_geo.locate`."""
        return locate(
            points.to_crs(self.crs),
            self.perimeters,
            self.communes,
            generation=self.generation(generation),
        )

    def link(
        self,
        things: gpd.GeoDataFrame,
        *,
        generation: int | None = None,
        within: float | Sequence[float] = (),
    ) -> Linking:
        """Link things to the perimeters, by the everyday names too: see `cdv_geo.link`."""
        require_same_crs(things.crs, self.perimeters.crs, self.communes.crs)
        linker = self.linker(generation=generation, within=within)
        return next(linker.link_batches([Things.of(things)]))

    def linker(
        self, *, generation: int | None = None, within: float | Sequence[float] = ()
    ) -> Linker:
        """Make the perimeters and their everyday names ready to link many batches of things."""
        return Linker(
            self.perimeters,
            self.communes,
            generation=self.generation(generation),
            within=within,
            quartiers=self.quartiers,
        )

    def own_links(
        self,
        kind: ThingKind,
        *,
        generation: int | None = None,
        within: float | Sequence[float] = (),
    ) -> Linking:
        """Link the actions or the équipements of the territory itself.

        Each answer is made once and kept: its tables are not to be changed.
        """
        chosen = self.generation(generation)
        key = (kind, chosen, tuple(sorted_distances(within)))
        if key not in self._linkings:
            things = self.actions if kind == "action" else self.equipment
            self._linkings[key] = self.link(things, generation=chosen, within=within)
        return self._linkings[key]

    @cached_property
    def _linkings(self) -> dict[tuple[str, int, tuple[float, ...]], Linking]:
        return {}

    def coverage(
        self, *, generation: int | None = None, within: float | Sequence[float] = (300, 500)
    ) -> gpd.GeoDataFrame:
        """Measure every perimeter, every commune and the whole contract: see `cdv_geo.coverage`."""
        chosen = self.generation(generation)
        zones = coverage_.study_zones(self.perimeters, self.communes, generation=chosen)
        return coverage_.coverage(
            zones,
            self._links_to_zones(zones, chosen, within),
            equipment=self.equipment,
            population=coverage_.published_population(
                self.indicators, self.population_indicators, self.communes
            ),
            grid=self.population,
            within=within,
        )

    def _links_to_zones(
        self, zones: gpd.GeoDataFrame, generation: int, within: float | Sequence[float]
    ) -> pd.DataFrame:
        context = zones[zones["level"] != "perimeter"].reset_index(drop=True)
        parts = []
        kinds: tuple[ThingKind, ...] = ("action", "equipment")
        for kind in kinds:
            things = self.actions if kind == "action" else self.equipment
            reached = self.own_links(kind, generation=generation, within=within).links
            places = link_places(things, context, self.communes, within=within)
            placed = places[places["code"].notna()]  # `reached` has the rows of unplaced things
            parts += [reached.assign(kind=kind), placed.assign(kind=kind)]
        return pd.concat(parts, ignore_index=True)

    def recipe_folders(self) -> tuple[Path, ...]:
        """Give the folders of map recipes: the territory's own, if it has one, comes first."""
        return tuple(f for f in (self.folder / "maps", resource_folder("maps")) if f.is_dir())

    def raster(self, name: str) -> Band:
        """Read the band that a map shows under a name; it is read when it is asked for.

        Raises
        ------
        DataError
            `territory.toml` names no such raster, or its file cannot be read.
        """
        if name not in self.rasters:
            accepted = listed(self.rasters) or "none: territory.toml has no [[rasters]]"
            raise DataError(f"raster “{name}” is not known; accepted are {accepted}.")
        stated = self.rasters[name]
        path = self.folder / stated["path"]
        return read_band(path, stated["band"], label=stated["label"], unit=stated["unit"])

    def generation(self, asked: int | None) -> int:
        """Give the generation of QPV that is asked for, or the territory's own where none is."""
        return self.default_generation if asked is None else asked


def load_territory(path: str | Path | None = None) -> Territory:
    """Load and check the tables of a contrat de ville.

    Parameters
    ----------
    path
        Folder that holds `territory.toml`; the home territory, Grand Chambéry, where not given.

    Raises
    ------
    DataError
        The folder, its description or one of its tables is missing or at fault.
    """
    folder = resource_folder("data") if path is None else Path(path)
    layers = read_description(folder)
    crs = layers["crs"]
    communes = _read_communes(folder, layers["communes"]["path"], crs)
    reading = Reading(crs, layers["position_error_m"], home=bounds_in_degrees(communes))
    intake = _Intake(folder, reading)
    perimeters = intake.perimeters([part["path"] for part in layers["perimeters"]])
    _check_communes_of(perimeters, communes)
    _check_places(perimeters, communes)

    def table(layer: str, columns: tuple[schemas.Column, ...]) -> pd.DataFrame:
        return intake.table(layers.get(layer), columns)

    def things(layer: str, columns: tuple[schemas.Column, ...]) -> gpd.GeoDataFrame:
        return intake.things(layers.get(layer), columns)

    quartiers = table("quartiers", schemas.QUARTIERS)
    _check_perimeters_of(quartiers, perimeters)
    return Territory(
        name=layers["name"],
        crs=crs,
        edition=layers["edition"],
        default_generation=layers["default_generation"],
        veille_active_list=layers.get("veille_active_list", ""),
        folder=folder,
        communes=communes,
        perimeters=perimeters,
        quartiers=quartiers,
        actions=things("actions", schemas.ACTIONS),
        objectifs=table("objectifs", schemas.OBJECTIFS),
        priorites=table("priorites", schemas.PRIORITES),
        themes=table("themes", schemas.THEMES),
        equipment=things("equipment", schemas.EQUIPMENT),
        indicators=intake.indicators(layers.get("indicators")),
        concordances=table("concordances", schemas.CONCORDANCES),
        constats=table("constats", schemas.CONSTATS),
        key_figures=table("key_figures", schemas.KEY_FIGURES),
        population=_read_grid(folder, layers.get("population")),
        population_indicators=tuple(layers.get("indicators", {}).get("population", ())),
        sources=sources_of(layers),
        position_error_m=layers["position_error_m"],
        checked=tuple(intake.checked),
        rasters={raster["name"]: raster for raster in layers.get("rasters", [])},
    )


class _Intake:
    """Reads the tables of a folder, and keeps what was found in each.

    Every answer rests on the perimeters, so a row of theirs that is at fault refuses the folder. A
    row of the other tables that is at fault is left out, counted and said.
    """

    def __init__(self, folder: Path, reading: Reading) -> None:
        self._folder = folder
        self._reading = reading
        self.checked: list[Checked] = []

    def table(
        self, layer: dict[str, Any] | None, columns: tuple[schemas.Column, ...]
    ) -> pd.DataFrame:
        """Read a table that the territory may do without; then it is empty, with its columns."""
        if layer is None:
            nothing = pd.DataFrame(columns=[column.name for column in columns], dtype="str")
            return schemas.typed(nothing, columns)
        rows = self._rows(layer["path"], columns).frame
        return schemas.typed(rows, columns).reset_index(drop=True)

    def indicators(self, layer: dict[str, Any] | None) -> pd.DataFrame:
        """Read the figures; a published population that cannot be one is left out and said."""
        table = self.table(layer, schemas.INDICATORS)
        if layer is None:
            return table
        checked = self.checked[-1]
        faults = schemas.figure_faults(checked.frame, layer.get("population", ()))
        kept = ~checked.frame.index.isin(list(rejected_rows(faults)))
        self.checked[-1] = replace(
            checked, frame=checked.frame[kept], faults=[*checked.faults, *faults]
        )
        return table[kept].reset_index(drop=True)

    def things(
        self, layer: dict[str, Any] | None, columns: tuple[schemas.Column, ...]
    ) -> gpd.GeoDataFrame:
        """Read things with their points, and how far each may be off."""
        table = self.table(layer, columns)
        nowhere = np.full(len(table), np.nan)
        x, y = (nowhere, nowhere) if layer is None else (self.checked[-1].x, self.checked[-1].y)
        points = np.full(len(table), None, dtype=object)
        placed = np.isfinite(x) & np.isfinite(y)
        points[placed] = shapely.points(x[placed], y[placed])
        errors = position_errors(table["precision_position"], self._reading.errors)
        things = gpd.GeoDataFrame(table, geometry=points, crs=self._reading.crs)
        return things.assign(position_error_m=errors)

    def perimeters(self, paths: list[str]) -> gpd.GeoDataFrame:
        """Read the layers of perimeters, with outline or without, into one table."""
        parts = [self._perimeter_part(path) for path in paths]
        columns = [column.name for column in schemas.PERIMETERS]
        joined = pd.concat(parts, ignore_index=True)[[*columns, "geometry"]]
        repeated = joined.loc[joined.duplicated(["code", "generation"]), "code"]
        if len(repeated):
            raise DataError(f"“{repeated.iloc[0]}” stands twice among {' and '.join(paths)}.")
        kinds = joined.groupby("code")["type"].nunique()
        shared = kinds.index[kinds > 1]
        if len(shared):
            raise DataError(
                f"“{shared[0]}” is the code of a QPV and of a quartier in veille active."
            )
        return gpd.GeoDataFrame(joined, crs=self._reading.crs)

    def _perimeter_part(self, path: str) -> gpd.GeoDataFrame:
        if guard.admit(self._folder / path) in guard.TABLES:
            checked = self._rows(path, schemas.PERIMETERS)
            outlines = gpd.GeoSeries([None] * len(checked.frame), checked.frame.index)
        else:
            layer = open_layer(self._folder / path)
            checked = read_checked_perimeters(layer, schemas.PERIMETERS, self._reading)
            self.checked.append(checked)
            outlines = without_empty(checked.frame.geometry)
        refuse_rejected(checked, where=path)
        table = schemas.conform(checked.frame, schemas.PERIMETERS, where=path)
        outlined = gpd.GeoDataFrame(table, geometry=outlines, crs=self._reading.crs)
        refuse(_outline_faults(outlined), where=path)
        return outlined

    def _rows(self, path: str, columns: tuple[schemas.Column, ...]) -> Checked:
        key = ("id",) if any(column.name == "id" for column in columns) else ()
        checked = read_checked_table(self._folder / path, columns, self._reading, key=key)
        refuse(schemas.missing_columns(checked.frame, columns), where=path)
        self.checked.append(checked)
        return checked


def refuse_rejected(checked: Checked, *, where: str) -> None:
    """Refuse a file of which any row is rejected."""
    refuse([f for f in checked.faults if f.done == REJECTED], where=where)


def bounds_in_degrees(layer: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Give west, south, east and north of a layer."""
    west, south, east, north = layer.geometry.to_crs("EPSG:4326").total_bounds.tolist()
    return west, south, east, north


def _read_communes(folder: Path, path: str, crs: str) -> gpd.GeoDataFrame:
    communes, _ = with_insee_codes(read_layer(folder / path, crs=crs))
    table = schemas.conform(communes, schemas.COMMUNES, where=path).reset_index(drop=True)
    checked = gpd.GeoDataFrame(table, crs=crs)
    refuse(schemas.duplicate_faults(checked, ["code_insee"]), where=path)
    broken = checked[~checked.geometry.is_valid | checked.geometry.is_empty]
    if len(broken):
        raise DataError(f"{path}: the outline of {broken['nom'].iloc[0]} is missing or broken.")
    _check_scale(checked, path)
    return checked


def _check_scale(communes: gpd.GeoDataFrame, path: str) -> None:
    """Refuse a CRS in which areas are not those of the ground, such as Web Mercator."""
    planar = communes.area.sum()
    degrees = communes.geometry.to_crs("EPSG:4326")
    geod = pyproj.Geod(ellps="WGS84")
    ground = sum(abs(geod.geometry_area_perimeter(outline)[0]) for outline in degrees)
    if abs(planar / ground - 1) > _SCALE_TOLERANCE:
        raise DataError(
            f"{path}: in {communes.crs} the communes measure {planar / ground:.2f} times their "
            "ground; state a CRS that keeps areas, such as EPSG:2154."
        )


def _outline_faults(perimeters: gpd.GeoDataFrame) -> list[Fault]:
    """List rows whose outline and whose statement of it do not go together."""
    faults: list[Fault] = []
    drawn = perimeters.geometry.notna()
    polygonal = perimeters.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    absent = perimeters["statut_geometrie"] == "absente"
    checks = (
        (
            (perimeters["type"] == "veille_active")
            & (perimeters["generation"] != min(vocabulary.GENERATIONS)),
            "generation",
            f"a quartier in veille active bears generation {min(vocabulary.GENERATIONS)}",
        ),
        (drawn & absent, "statut_geometrie", "“absente” is stated, and there is an outline"),
        (~drawn & ~absent, "statut_geometrie", "there is no outline; “absente” is expected then"),
        (drawn & ~polygonal, "geometry", "a polygon is expected"),
        (drawn & perimeters["precision_m"].isna(), "precision_m", "an outline has a precision"),
    )
    for wrong, column, message in checks:
        faults += [
            Fault(int(perimeters.index[position]), column, message)
            for position in np.flatnonzero(wrong).tolist()
        ]
    return faults


def _check_communes_of(perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    known = set(communes["code_insee"])
    for row in perimeters.itertuples():
        strangers = [code for code in split_list(row.communes) if code not in known]
        if strangers:
            raise DataError(
                f"perimeter {row.code} names the commune {strangers[0]}, which is not among "
                f"{', '.join(sorted(known))}."
            )


def _check_places(perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    """Refuse an outline that lies elsewhere than its communes: its CRS is not what it says."""
    outlines = communes.set_index("code_insee").geometry
    for code, where, outline in zip(
        perimeters["code"], perimeters["communes"], perimeters.geometry, strict=True
    ):
        home = outlines[outlines.index.isin(split_list(where))].union_all()
        if outline is not None and not outline.intersects(home):
            raise DataError(
                f"perimeter {code} lies nowhere in its commune(s) {where}; is its coordinate "
                "reference system what it says?"
            )


def _check_perimeters_of(quartiers: pd.DataFrame, perimeters: gpd.GeoDataFrame) -> None:
    """Refuse a quartier whose perimeter is not there: its names would be lost without a word."""
    known = set(zip(perimeters["code"], perimeters["generation"], strict=True))
    columns = quartiers[["quartier", "code", "generation"]]
    for name, code, generation in columns.itertuples(index=False):
        if (code, generation) not in known:
            raise DataError(
                f"quartier “{name}” names the perimeter {code} of {generation}, "
                "which is not among the perimeters."
            )


def _read_grid(folder: Path, layer: dict[str, Any] | None) -> PopulationGrid:
    return PopulationGrid.unknown() if layer is None else read_population(folder / layer["path"])
