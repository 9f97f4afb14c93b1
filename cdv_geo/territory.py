"""A contrat de ville: its tables, read and checked when they are asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cdv_geo import schemas, vocabulary
from cdv_geo.analysis.containment import require_same_crs, sorted_distances, without_empty
from cdv_geo.analysis.linking import Linker, Linking, things_of
from cdv_geo.analysis.locating import locate
from cdv_geo.analysis.population import PopulationGrid
from cdv_geo.analysis.things import Things
from cdv_geo.bundled_files import resource_folder
from cdv_geo.errors import DataError, listed
from cdv_geo.faults import REJECTED, Fault, refuse, rejected_rows
from cdv_geo.gazetteer import Gazetteer, Place, split_list
from cdv_geo.io.checked_tables import Checked, read_checked_table, read_perimeter_part
from cdv_geo.io.guard import require_regular_file, within
from cdv_geo.io.open_options import NO_OPTIONS, OpenOptions
from cdv_geo.io.positions.stated_precision import position_errors
from cdv_geo.io.raster.population_grids import GridAlignment, read_population
from cdv_geo.io.raster.raster_files import Band, read_band
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.tables.cell_values import with_codes_of, with_insee_codes
from cdv_geo.io.tables.column_headers import named_as_communes
from cdv_geo.io.territory_description import read_description, source_by_layer
from cdv_geo.io.vector.vector_features import brought, read_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.study import Study


# Lambert-93 departs from the ground by a fifth of a percent at most in metropolitan France.
_SCALE_TOLERANCE = 0.02


class Territory:
    """The tables of one contrat de ville, and what is asked of them.

    Its communes and perimeters are read at once, since every answer rests on them; every other
    table is read and checked when it is first asked for. A table that the folder does not have is
    empty, with the columns of `cdv_geo.schemas`.

    Parameters
    ----------
    folder
        Where the tables are.

    Attributes
    ----------
    name, edition, crs
        Of the contract; when the data were last revised; metric CRS of every layer and distance.
    default_generation
        Of the QPV, where a question names none.
    veille_active_list
        Which contract the list of quartiers in veille active is of, in French; may be empty.
    population_indicators
        Codes of the indicators that hold a published population.
    sources
        For each layer, the source line in French that a map prints.
    position_error_m
        Metres by which a position may be off, by the beginning of `precision_position`.
    rasters
        What `territory.toml` says of the rasters that a map may show, by their names.
    objectifs, priorites, themes, concordances, constats, key_figures
        Tables of text, as docs/data-folder.md has them.
    """

    def __init__(self, folder: Path) -> None:
        layers = read_description(folder)
        self.folder = folder
        self.name: str = layers["name"]
        self.crs: str = layers["crs"]
        self.edition: str = layers["edition"]
        self.default_generation: int = layers["default_generation"]
        self.veille_active_list: str = layers.get("veille_active_list", "")
        indicators = layers.get("indicators", {})
        self.population_indicators: tuple[str, ...] = tuple(indicators.get("population", ()))
        self.sources: Mapping[str, str] = source_by_layer(layers)
        self.position_error_m: Mapping[str, float] = layers["position_error_m"]
        self.rasters: Mapping[str, Mapping[str, Any]] = {
            raster["name"]: raster for raster in layers.get("rasters", [])
        }
        self.communes = _read_communes(folder, layers["communes"]["path"], self.crs)
        self._intake = _Intake(folder, layers, self.reading())
        self.perimeters = self._intake.perimeters()
        _check_communes_of(self.perimeters, self.communes)
        _check_codes(self.perimeters, self.communes)
        _check_places(self.perimeters, self.communes)
        self._linkers: dict[tuple[int, tuple[float, ...]], Linker] = {}
        self._studies: dict[tuple[int, tuple[float, ...]], Study] = {}

    @cached_property
    def quartiers(self) -> pd.DataFrame:
        """The everyday names of the perimeters, and of their parts."""
        return self._intake.quartiers(self.perimeters)

    @cached_property
    def actions(self) -> gpd.GeoDataFrame:
        """What is done for the quartiers, with the point of each or none."""
        return self.things("action").frame(self.crs)

    @cached_property
    def equipment(self) -> gpd.GeoDataFrame:
        """The places that serve the residents, with the point of each or none."""
        return self.things("equipment").frame(self.crs)

    objectifs = cached_property(lambda self: self._intake.table("objectifs"))
    priorites = cached_property(lambda self: self._intake.table("priorites"))
    themes = cached_property(lambda self: self._intake.table("themes"))
    concordances = cached_property(lambda self: self._intake.table("concordances"))
    constats = cached_property(lambda self: self._intake.table("constats"))
    key_figures = cached_property(lambda self: self._intake.table("key_figures"))

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """The published figures of perimeters and communes."""
        return self._intake.indicators(self.population_indicators, self.codes)

    @property
    def codes(self) -> tuple[str, ...]:
        """All that a figure can be of: the perimeters, the communes and the contract."""
        of = self.perimeters["code"], self.communes["code_insee"]
        return (*of[0], *of[1], vocabulary.CONTRACT)

    @cached_property
    def population(self) -> PopulationGrid:
        """Residents and standard of living on the INSEE grid."""
        return self._intake.grid()

    def things(self, kind: ThingKind) -> Things:
        """Give the actions or the équipements as rows with their places; read once."""
        return self._intake.things("actions" if kind == "action" else "equipment")

    @property
    def checked(self) -> tuple[Checked, ...]:
        """What was found in each table when it was read; all that were not yet are read now."""
        for layer in schemas.TABLES:
            getattr(self, layer)
        return self._intake.checked_in_order()

    @property
    def checked_so_far(self) -> tuple[Checked, ...]:
        """What was found in the tables that have been asked for."""
        return self._intake.checked_in_order()

    def contents(self) -> dict[str, object]:
        """Give all that answers are made from, by name; where the folder lies is none of it."""
        for layer in ("population", *schemas.TABLES):
            getattr(self, layer)
        names = sorted(name for name in vars(self) if not name.startswith("_"))
        return {name: vars(self)[name] for name in names if name != "folder"}

    def reading(self, options: OpenOptions = NO_OPTIONS) -> Reading:
        """Say how files are read beside this territory: its CRS, where it is, errors of places."""
        home = bounds_in_degrees(self.communes)
        codes = tuple(self.communes["code_insee"])
        return Reading(self.crs, self.position_error_m, options=options, home=home, communes=codes)

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
        places = brought(points.geometry.to_numpy(), points.crs, self.crs)
        return locate(
            points.set_geometry(places, crs=self.crs),
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
        return next(linker.link_batches([things_of(things, self.communes)]))

    def linker(
        self, *, generation: int | None = None, within: float | Sequence[float] = ()
    ) -> Linker:
        """Make the perimeters and their everyday names ready to link many batches of things."""
        key = (self.generation(generation), sorted_distances(within))
        if key not in self._linkers:
            self._linkers[key] = Linker(
                self.perimeters,
                self.communes,
                generation=key[0],
                within=key[1],
                quartiers=self.quartiers,
            )
        return self._linkers[key]

    def study(
        self, *, generation: int | None = None, within: float | Sequence[float] = (300, 500)
    ) -> Study:
        """Give what is known of the territory for one generation and some distances: see `Study`.

        Each is made once and kept, so that whoever asks the same gets the same answers: its tables
        are not to be changed.

        Parameters
        ----------
        generation
            Of the QPV; the territory's own where not given.
        within
            Distances that count as near, metres, as the crow flies.
        """
        from cdv_geo.study import Study  # noqa: PLC0415  # `locate` answers at once without it

        key = (self.generation(generation), sorted_distances(within))
        if not key[1]:
            raise DataError("a study needs one distance or more, and within is empty.")
        if key not in self._studies:
            self._studies[key] = Study(self, *key)
        return self._studies[key]

    def file(self, name: str) -> Path:
        """Give the path of a file or a folder of the territory: see `guard.within`."""
        return within(self.folder, name)

    def recipe_folders(self) -> tuple[Path, ...]:
        """Give the folders of map recipes: the territory's own, if it has one, comes first.

        Raises
        ------
        DataError
            A recipe of the territory is no file of its folder.
        """
        own = self.file("maps")
        for path in own.glob("*.toml"):
            require_regular_file(path)
        return tuple(folder for folder in (own, resource_folder("maps")) if folder.is_dir())

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
        path = self.file(stated["path"])
        return read_band(path, stated["band"], label=stated["label"], unit=stated["unit"])

    def generation(self, asked: int | None) -> int:
        """Give the generation of QPV that is asked for, or the territory's own where none is."""
        return self.default_generation if asked is None else asked


def load_territory(path: str | Path | None = None) -> Territory:
    """Load a contrat de ville: its communes and perimeters are read and checked.

    Parameters
    ----------
    path
        Folder that holds `territory.toml`; the home territory, Grand Chambéry, where not given.

    Raises
    ------
    DataError
        The folder, its description, the communes or the perimeters are missing or at fault; later
        on, when it is asked for, one of the other tables.
    """
    return Territory(resource_folder("data") if path is None else Path(path))


class _Intake:
    """Reads the tables of a folder, and keeps what was found in each.

    Every answer rests on the perimeters, so a row of theirs that is at fault refuses the folder. A
    row of the other tables that is at fault is left out, counted and said.
    """

    def __init__(self, folder: Path, layers: Mapping[str, Any], reading: Reading) -> None:
        self._folder = folder
        self._layers = layers
        self._reading = reading
        self._checked: dict[str, list[Checked]] = {}
        self._things: dict[str, Things] = {}

    def checked_in_order(self) -> tuple[Checked, ...]:
        """Give what was found, the perimeters first, then in the order of the tables."""
        found = (self._checked.get(layer, []) for layer in ("perimeters", *schemas.TABLES))
        return tuple(checked for part in found for checked in part)

    def table(self, layer: str) -> pd.DataFrame:
        """Read a table that the territory may do without; then it is empty, with its columns."""
        columns = schemas.TABLES[layer]
        if layer not in self._layers:
            nothing = pd.DataFrame(columns=[column.name for column in columns], dtype="str")
            return schemas.typed(nothing, columns)
        rows = self._rows(layer).frame
        return schemas.typed(rows, columns).reset_index(drop=True)

    def indicators(self, population: Sequence[str], bearers: Sequence[str]) -> pd.DataFrame:
        """Read the figures; a published population that cannot be one is left out and said."""
        if "indicators" not in self._layers:
            return self.table("indicators")
        checked = self._rows("indicators")
        frame, strangers = with_codes_of(checked.frame, bearers)
        faults = schemas.figure_faults(frame, population)
        frame = frame[~frame.index.isin(list(rejected_rows(faults)))]
        found = [*checked.faults, *strangers, *faults]
        self._checked["indicators"] = [replace(checked, frame=frame, faults=found)]
        return schemas.typed(frame, schemas.TABLES["indicators"]).reset_index(drop=True)

    def quartiers(self, perimeters: gpd.GeoDataFrame) -> pd.DataFrame:
        """Read the everyday names; one of a perimeter that is not there refuses the folder."""
        table = self.table("quartiers")
        for checked in self._checked.get("quartiers", []):
            numbered = table.set_index(checked.frame.index)
            refuse(_lost_names(numbered, perimeters), where=checked.path.name)
        return table

    def things(self, layer: str) -> Things:
        """Read things with their places, and how far each may be off."""
        if layer not in self._things:
            table = self.table(layer)
            errors = position_errors(table["precision_position"], self._reading.errors)
            nowhere = np.full(len(table), np.nan)
            x, y = nowhere, nowhere
            if layer in self._layers:
                (checked,) = self._checked[layer]
                x, y = checked.x, checked.y
                errors = errors.where(errors.fillna(0) >= checked.error_m, checked.error_m)
            self._things[layer] = Things(
                table.assign(position_error_m=errors), x, y, errors.fillna(0.0).to_numpy()
            )
        return self._things[layer]

    def grid(self) -> PopulationGrid:
        """Read the residents of each cell; without a raster there is no cell."""
        layer = self._layers.get("population")
        if layer is None:
            return PopulationGrid.unknown()
        alignment = GridAlignment(layer.get("cell_size"), tuple(layer.get("corner", (0.0, 0.0))))
        return read_population(within(self._folder, layer["path"]), alignment)

    def perimeters(self) -> gpd.GeoDataFrame:
        """Read the layers of perimeters, with outline or without, into one table."""
        paths = [part["path"] for part in self._layers["perimeters"]]
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
        checked = read_perimeter_part(within(self._folder, path), self._reading)
        self._checked.setdefault("perimeters", []).append(checked)
        refuse(schemas.missing_columns(checked.frame, schemas.PERIMETERS), where=path)
        refuse_rejected(checked, where=path)
        drawn = checked.frame.get("geometry", [None] * len(checked.frame))
        outlines = without_empty(gpd.GeoSeries(drawn, checked.frame.index, crs=self._reading.crs))
        table = schemas.typed(pd.DataFrame(checked.frame), schemas.PERIMETERS)
        return gpd.GeoDataFrame(table, geometry=outlines, crs=self._reading.crs)

    def _rows(self, layer: str) -> Checked:
        path, columns = self._layers[layer]["path"], schemas.TABLES[layer]
        key = ("id",) if any(column.name == "id" for column in columns) else ()
        checked = read_checked_table(within(self._folder, path), columns, self._reading, key=key)
        refuse(schemas.missing_columns(checked.frame, columns), where=path)
        self._checked[layer] = [checked]
        return checked


def refuse_rejected(checked: Checked, *, where: str) -> None:
    """Refuse a file of which any row is rejected."""
    refuse([f for f in checked.faults if f.done == REJECTED], where=where)


def bounds_in_degrees(layer: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Give west, south, east and north of a layer."""
    degrees = brought(layer.geometry.to_numpy(), layer.crs, "EPSG:4326")
    west, south, east, north = shapely.total_bounds(degrees).tolist()
    return west, south, east, north


def _read_communes(folder: Path, path: str, crs: str) -> gpd.GeoDataFrame:
    communes, _ = with_insee_codes(named_as_communes(read_layer(within(folder, path), crs=crs)))
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
    degrees = brought(communes.geometry.to_numpy(), communes.crs, "EPSG:4326")
    geod = pyproj.Geod(ellps="WGS84")
    ground = sum(abs(geod.geometry_area_perimeter(outline)[0]) for outline in degrees)
    if abs(planar / ground - 1) > _SCALE_TOLERANCE:
        raise DataError(
            f"{path}: in {communes.crs} the communes measure {planar / ground:.2f} times their "
            "ground; state a CRS that keeps areas, such as EPSG:2154."
        )


def _check_communes_of(perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    known = set(communes["code_insee"])
    for row in perimeters.itertuples():
        strangers = [code for code in split_list(row.communes) if code not in known]
        if strangers:
            raise DataError(
                f"perimeter {row.code} names the commune {strangers[0]}, which is not among "
                f"{', '.join(sorted(known))}."
            )


def _check_codes(perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    """Refuse a code that stands for a commune or the contract too: they share one table."""
    taken = perimeters["code"].isin([*communes["code_insee"], vocabulary.CONTRACT])
    if taken.any():
        code = perimeters.loc[taken, "code"].iloc[0]
        raise DataError(f"perimeter “{code}” bears the code of a commune, or of the contract.")


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


def _lost_names(quartiers: pd.DataFrame, perimeters: gpd.GeoDataFrame) -> list[Fault]:
    """List the rows of a perimeter that is not there: their names would be lost without a word."""
    known = set(zip(perimeters["code"], perimeters["generation"], strict=True))
    return [
        Fault(
            int(str(row.Index)),
            "code",
            f"“{row.quartier}” names the perimeter {row.code} of {row.generation}, which is not "
            "among the perimeters",
            str(row.code),
        )
        for row in quartiers.itertuples()
        if (row.code, row.generation) not in known
    ]
