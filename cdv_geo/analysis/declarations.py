"""What a thing declares: the quartiers, communes or whole contract that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cdv_geo.errors import NameResolutionError
from cdv_geo.gazetteer import CUT, split_list
from cdv_geo.schemas import CITATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdv_geo.gazetteer import Gazetteer, Place

_WIDE_SCOPES: Final = {"veille active": ("veille_active",), "contrat": ("qpv", "veille_active")}
NO_ZONE: Final = -1
"""Stands for the zone of a row that may mean any of them."""
_CUT: Final = (CUT, "...")
_REMEMBERED: Final = 100_000  # names: some tens of megabytes


class _Row(NamedTuple):
    thing: int
    zone: int
    basis: str
    status: str
    cited: str
    quartier: str | None = None
    reason: str | None = None


class Declarations:
    """What names stand for among some zones; each is looked up once, however often it is cited.

    Parameters
    ----------
    zones
        Perimeters that count: `code, type, communes`.
    gazetteer
        Their names.
    """

    def __init__(self, zones: pd.DataFrame, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._zone_of_code = {code: zone for zone, code in enumerate(zones["code"])}
        self._type_of_zone = list(zones["type"])
        self._communes_of_zone = [split_list(communes) for communes in zones["communes"]]
        self._names_of_cell: dict[object, list[str]] = {}
        self._known: dict[tuple[str, str | None], tuple[list[_Row], str | None]] = {}

    def links(self, things: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, str]]:
        """Link things to the perimeters they name (`declared`) or cover by name (`declared_wide`).

        A thing that names a commune, all of veille active or the whole contract is for many: that
        is kept apart from one that names the quartier itself. A name that is not known is kept
        too, in a row of no zone: it may stand for any perimeter.

        Parameters
        ----------
        things
            Citations in `territoires_cites` or `quartier_cite`; `portee` and `code_insee` if
            known.

        Returns
        -------
        The links (`thing` and `zone` are positions), and by thing what could not be resolved.
        """
        rows: list[_Row] = []
        problems: dict[int, list[str]] = {}
        for thing, name, commune in self._citations(things):
            found, problem = self._rows_of_name(name, commune)
            rows += [row._replace(thing=thing) for row in found]
            if problem is not None:
                problems.setdefault(thing, []).append(problem)
        rows += self._scope_rows(things)
        frame = pd.DataFrame(rows, columns=list(_Row._fields))
        frame = frame.astype({"thing": "int64", "zone": "int64"})
        # "certain" sorts before "undetermined": of two rows on one link the certain one stays
        frame = frame.sort_values("status", kind="stable").drop_duplicates(
            ["thing", "zone", "basis", "quartier", "cited"]
        )
        again = frame.duplicated(["thing", "zone", "basis", "quartier"])
        frame = frame[~again | (frame["zone"] == NO_ZONE)]
        return frame.reset_index(drop=True), {
            thing: " ".join(said) for thing, said in problems.items()
        }

    def _rows_of_name(self, name: str, commune: str | None) -> tuple[list[_Row], str | None]:
        """Give the rows of a name, for no thing yet, and what is wrong with it."""
        key = (name, commune)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            try:
                self._known[key] = (list(self._resolved(name, commune)), None)
            except NameResolutionError as error:
                self._known[key] = (self._doubtful(name, str(error)), str(error))
        return self._known[key]

    def _resolved(self, name: str, commune: str | None) -> Iterator[_Row]:
        if name.endswith(_CUT):
            raise NameResolutionError(f"“{name}” is cut; which quartiers follow is not known.")
        for place in self._gazetteer.resolve(name, commune=commune):
            if place.kind == "commune":
                zones = self._zones_of_commune(place)
                yield from (_Row(0, zone, "declared_wide", "certain", name) for zone in zones)
            else:
                zone = self._zone_of_code[place.code]
                yield _Row(0, zone, "declared", "certain", name, place.quartier, place.note)

    def _zones_of_commune(self, place: Place) -> list[int]:
        of_zone = enumerate(self._communes_of_zone)
        zones = [zone for zone, communes in of_zone if place.code in communes]
        if not zones:
            raise NameResolutionError(f"{place.nom} ({place.code}) has no perimeter.")
        return zones

    def _doubtful(self, name: str, reason: str) -> list[_Row]:
        """Link to every quartier that bears an ambiguous name, or to none for an unknown one."""
        found = () if name.endswith(_CUT) else self._gazetteer.candidates(name)
        places = [place for place in found if place.kind != "commune"]
        doubt = _Row(0, NO_ZONE, "declared", "undetermined", name, reason=reason)
        return [
            doubt._replace(zone=self._zone_of_code[place.code], quartier=place.quartier)
            for place in places
        ] or [doubt]

    def _scope_rows(self, things: pd.DataFrame) -> Iterator[_Row]:
        if "portee" not in things:
            return
        for scope, kinds in _WIDE_SCOPES.items():
            zones = [zone for zone, kind in enumerate(self._type_of_zone) if kind in kinds]
            for thing in np.flatnonzero(things["portee"] == scope).tolist():
                yield from (_Row(thing, zone, "declared_wide", "certain", scope) for zone in zones)

    def _citations(self, things: pd.DataFrame) -> Iterator[tuple[int, str, str | None]]:
        """Yield each name cited by a thing, with the commune of the thing where it is known."""
        for column in CITATIONS:
            if column not in things:
                continue
            cited = np.flatnonzero(things[column].notna())
            communes = things["code_insee"].take(cited) if "code_insee" in things else cited
            cells = zip(cited.tolist(), things[column].take(cited), communes, strict=True)
            for thing, cell, commune in cells:
                known = commune if isinstance(commune, str) else None
                for name in self._names_in(cell):
                    yield thing, name, known

    def _names_in(self, cell: object) -> list[str]:
        if cell not in self._names_of_cell:
            if len(self._names_of_cell) >= _REMEMBERED:
                self._names_of_cell.clear()
            self._names_of_cell[cell] = self._gazetteer.cited_in(cell)
        return self._names_of_cell[cell]
