"""A contrat de ville: its tables, loaded and checked once, and the questions asked of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from cdv_geo import schemas
from cdv_geo.analysis import coverage as coverage_
from cdv_geo.analysis.linking import Linking, link, link_places
from cdv_geo.analysis.locating import locate
from cdv_geo.analysis.zonal import PopulationGrid
from cdv_geo.errors import DataError
from cdv_geo.io.rasters import read_population
from cdv_geo.io.tables import read_table
from cdv_geo.io.things import place_things, position_faults
from cdv_geo.io.vectors import read_layer
from cdv_geo.names import Gazetteer, Place, split_list
from cdv_geo.resources import resource_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DESCRIPTION: Final = "territory.toml"
_LAYERS: Final = (
    "communes",
    "perimeters",
    "quartiers",
    "actions",
    "objectifs",
    "priorites",
    "equipment",
    "indicators",
    "constats",
    "key_figures",
    "population",
)
_SETTINGS: Final = ("name", "crs", "edition", "default_generation", "position_error_m")
_OPTIONAL_SETTINGS: Final = ("veille_active_list",)


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
    communes, perimeters, quartiers, actions, objectifs, priorites, equipment, indicators, \
constats, key_figures
        Tables, with the columns of `cdv_geo.schemas`.
    population
        Residents and standard of living on the INSEE grid.
    population_indicators
        Codes of the indicators that hold a published population.
    sources
        For each layer, the source line in French that a map prints.
    position_error_m
        Metres by which a position may be off, by the beginning of `precision_position`.
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
    equipment: gpd.GeoDataFrame
    indicators: pd.DataFrame
    constats: pd.DataFrame
    key_figures: pd.DataFrame
    population: PopulationGrid
    population_indicators: tuple[str, ...]
    sources: Mapping[str, str]
    position_error_m: Mapping[str, float]

    def gazetteer(self, *, generation: int | None = None) -> Gazetteer:
        """Give all names of quartiers and communes, for the QPV of one generation."""
        return Gazetteer(
            self.perimeters,
            self.communes,
            self.quartiers,
            generation=self._generation(generation),
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
            generation=self._generation(generation),
        )

    def link(
        self,
        things: gpd.GeoDataFrame,
        *,
        generation: int | None = None,
        within: float | Sequence[float] = (),
    ) -> Linking:
        """Link things to the perimeters, by the everyday names too: see `cdv_geo.link`."""
        return link(
            things,
            self.perimeters,
            self.communes,
            generation=self._generation(generation),
            within=within,
            quartiers=self.quartiers,
        )

    def coverage(
        self, *, generation: int | None = None, within: Sequence[float] = (300, 500)
    ) -> gpd.GeoDataFrame:
        """Measure every perimeter, every commune and the whole contract: see `cdv_geo.coverage`."""
        chosen = self._generation(generation)
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
        self, zones: gpd.GeoDataFrame, generation: int, within: Sequence[float]
    ) -> pd.DataFrame:
        context = zones[zones["level"] != "perimeter"].reset_index(drop=True)
        parts = []
        for kind, things in (("action", self.actions), ("equipment", self.equipment)):
            reached = self.link(things, generation=generation, within=within).links
            places = link_places(things, context, self.communes, within=within)
            placed = places[places["code"].notna()]  # `reached` has the rows of unplaced things
            parts += [reached.assign(kind=kind), placed.assign(kind=kind)]
        return pd.concat(parts, ignore_index=True)

    def recipe_folders(self) -> tuple[Path, ...]:
        """Give the folders of map recipes: the territory's own, if it has one, comes first."""
        return tuple(f for f in (self.folder / "maps", resource_folder("maps")) if f.is_dir())

    def _generation(self, generation: int | None) -> int:
        return self.default_generation if generation is None else generation


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
    layers = _read_description(folder)
    crs = layers["crs"]
    communes = _read_communes(folder, layers["communes"]["path"], crs)
    perimeters = _read_perimeters(folder, [part["path"] for part in layers["perimeters"]], crs)
    _check_references(perimeters, communes)

    def table(layer: str, columns: tuple[schemas.Column, ...]) -> pd.DataFrame:
        return _read_checked(folder, layers.get(layer), columns)

    def things(layer: str, columns: tuple[schemas.Column, ...]) -> gpd.GeoDataFrame:
        return _read_placed(table(layer, columns), layer, crs, layers["position_error_m"])

    return Territory(
        name=layers["name"],
        crs=crs,
        edition=layers["edition"],
        default_generation=layers["default_generation"],
        veille_active_list=layers.get("veille_active_list", ""),
        folder=folder,
        communes=communes,
        perimeters=perimeters,
        quartiers=table("quartiers", schemas.QUARTIERS),
        actions=things("actions", schemas.ACTIONS),
        objectifs=table("objectifs", schemas.OBJECTIFS),
        priorites=table("priorites", schemas.PRIORITES),
        equipment=things("equipment", schemas.EQUIPMENT),
        indicators=table("indicators", schemas.INDICATORS),
        constats=table("constats", schemas.CONSTATS),
        key_figures=table("key_figures", schemas.KEY_FIGURES),
        population=_read_grid(folder, layers.get("population")),
        population_indicators=tuple(layers.get("indicators", {}).get("population", ())),
        sources=_sources(layers),
        position_error_m=layers["position_error_m"],
    )


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / _DESCRIPTION
    try:
        description = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{folder} is no territory: it has no {_DESCRIPTION}; see docs/data-folder.md."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid TOML: {error}.") from None
    known = (*_SETTINGS, *_OPTIONAL_SETTINGS, *_LAYERS)
    unknown = sorted(set(description) - set(known))
    if unknown:
        accepted = ", ".join(known)
        raise DataError(f"{path} has the unknown key “{unknown[0]}”; accepted are {accepted}.")
    missing = [key for key in (*_SETTINGS, "communes", "perimeters") if key not in description]
    if missing:
        raise DataError(f"{path} lacks the key “{missing[0]}”, which every territory has.")
    _require_metric(description["crs"], path)
    return description


def _require_metric(crs: object, path: Path) -> None:
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise DataError(f"{path}: crs “{crs}” is not known; EPSG:2154 is one that is.") from None
    if not parsed.is_projected or parsed.axis_info[0].unit_name != "metre":
        raise DataError(
            f"{path}: crs “{crs}” is not metric; a projected CRS in metres is expected."
        )


def _read_communes(folder: Path, path: str, crs: str) -> gpd.GeoDataFrame:
    communes = read_layer(folder / path, crs=crs)
    checked = schemas.conform(communes, schemas.COMMUNES, where=path)
    schemas.refuse(schemas.duplicate_faults(checked, ["code_insee"]), where=path)
    return gpd.GeoDataFrame(checked, crs=crs)


def _read_perimeters(folder: Path, paths: list[str], crs: str) -> gpd.GeoDataFrame:
    """Read the layers of perimeters, with outline or without, into one table."""
    parts = []
    for path in paths:
        part = _read_perimeter_part(folder / path, crs)
        checked = schemas.conform(part, schemas.PERIMETERS, where=path)
        schemas.refuse(_outline_faults(gpd.GeoDataFrame(checked, crs=crs)), where=path)
        parts.append(checked)
    columns = [column.name for column in schemas.PERIMETERS]
    joined = pd.concat(parts, ignore_index=True)[[*columns, "geometry"]]
    where = " and ".join(paths)
    schemas.refuse(schemas.duplicate_faults(joined, ["code", "generation"]), where=where)
    return gpd.GeoDataFrame(joined, crs=crs)


def _read_perimeter_part(path: Path, crs: str) -> gpd.GeoDataFrame:
    if path.suffix.lower() != ".csv":
        return read_layer(path, crs=crs)
    table = read_table(path)
    nowhere = gpd.GeoSeries([None] * len(table), index=table.index, crs=crs)
    return gpd.GeoDataFrame(table, geometry=nowhere)


def _outline_faults(perimeters: gpd.GeoDataFrame) -> list[schemas.Fault]:
    """List rows whose outline and whose statement of it do not go together."""
    faults: list[schemas.Fault] = []
    drawn = perimeters.geometry.notna() & ~perimeters.geometry.is_empty
    polygonal = perimeters.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    absent = perimeters["statut_geometrie"] == "absente"
    checks = (
        (drawn & absent, "statut_geometrie", "“absente” is stated, and there is an outline"),
        (~drawn & ~absent, "statut_geometrie", "there is no outline; “absente” is expected then"),
        (drawn & ~polygonal, "geometry", "a polygon is expected"),
        (drawn & ~perimeters.geometry.is_valid, "geometry", "the outline crosses itself"),
        (drawn & perimeters["precision_m"].isna(), "precision_m", "an outline has a precision"),
    )
    for wrong, column, message in checks:
        faults += [
            schemas.Fault(position + schemas.FIRST_DATA_ROW, column, message)
            for position in np.flatnonzero(wrong).tolist()
        ]
    return faults


def _check_references(perimeters: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    known = set(communes["code_insee"])
    for row in perimeters.itertuples():
        strangers = [code for code in split_list(row.communes) if code not in known]
        if strangers:
            raise DataError(
                f"perimeter {row.code} names the commune {strangers[0]}, which is not among "
                f"{', '.join(sorted(known))}."
            )


def _read_checked(
    folder: Path, layer: dict[str, Any] | None, columns: tuple[schemas.Column, ...]
) -> pd.DataFrame:
    """Read a table that the territory may do without; then it is empty, with its columns."""
    if layer is None:
        raw = pd.DataFrame(columns=[column.name for column in columns], dtype="str")
    else:
        raw = read_table(folder / layer["path"])
    table = schemas.conform(
        raw, columns, where="an empty table" if layer is None else layer["path"]
    )
    if columns[0].name == "id":
        schemas.refuse(
            schemas.duplicate_faults(table, ["id"]), where=layer["path"] if layer else ""
        )
    return table


def _read_placed(
    table: pd.DataFrame, layer: str, crs: str, errors: Mapping[str, float]
) -> gpd.GeoDataFrame:
    schemas.refuse(position_faults(table, errors), where=layer)
    return place_things(table, crs=crs, errors=errors)


def _read_grid(folder: Path, layer: dict[str, Any] | None) -> PopulationGrid:
    return PopulationGrid.unknown() if layer is None else read_population(folder / layer["path"])


def _sources(description: Mapping[str, Any]) -> dict[str, str]:
    sources = {}
    for layer in _LAYERS:
        parts = description.get(layer, [])
        parts = [parts] if isinstance(parts, dict) else parts
        lines = [str(part["source"]) for part in parts if "source" in part]
        if lines:
            sources[layer] = " ; ".join(lines)
    return sources
