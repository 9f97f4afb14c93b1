"""What both kinds of map are tried with: the same tables, names to look for, time and bytes."""

from __future__ import annotations

import shutil
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

import cdv_geo
from cdv_geo.bundled_files import resource_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mapmakers import Maker

    from cdv_geo.territory import Territory

_RUNS: Final = 3
_HOSTILE: Final = "<img src=x onerror=window.__pwned=1>"


@dataclass(frozen=True)
class Trial:
    """The home territory, once as it is and once with HTML in the name of a place.

    Parameters
    ----------
    territory, hostile
        Loaded tables.
    folder
        Where maps are written.
    """

    territory: Territory
    hostile: Territory
    folder: Path

    @classmethod
    def begin(cls, folder: Path) -> Trial:
        """Load the tables, and again from a copy in which one place is renamed."""
        copy = folder / "hostile"
        shutil.copytree(resource_folder("data"), copy)
        path = copy / "equipment" / "equipment.csv"
        places = pd.read_csv(path, dtype="str")
        places.loc[places["longitude"].first_valid_index(), "nom"] = _HOSTILE
        places.to_csv(path, index=False)
        return cls(cdv_geo.load_territory(), cdv_geo.load_territory(copy), folder)

    @property
    def quartiers(self) -> list[str]:
        """The names of the QPV that are drawn."""
        frame = self.territory.perimeters
        of_today = frame["generation"] == self.territory.default_generation
        return frame.loc[
            of_today & frame.geometry.notna() & (frame["type"] == "qpv"), "nom"
        ].tolist()

    @property
    def communes(self) -> list[str]:
        """The names of the communes."""
        return self.territory.communes["nom"].tolist()

    @property
    def places(self) -> list[str]:
        """The names of the places that have a position."""
        frame = self.territory.equipment
        return frame.loc[frame.geometry.notna(), "nom"].tolist()

    @property
    def unplaced(self) -> list[str]:
        """The names of the places that have none."""
        frame = self.territory.equipment
        return frame.loc[frame.geometry.isna(), "nom"].tolist()

    def seconds(self, make: Maker, path: Path) -> float:
        """Give the median of the times that making takes, after one that does not count."""
        times = []
        for _ in range(_RUNS + 1):
            start = time.perf_counter()
            make(self.territory, path)
            times.append(time.perf_counter() - start)
        return statistics.median(times[1:])

    def same_bytes(self, make: Maker, path: Path) -> bool:
        """Say whether the map made again, a second later, has the bytes of the one at `path`."""
        before = path.read_bytes()
        time.sleep(1.1)
        make(self.territory, path)
        return path.read_bytes() == before


def found(names: Iterable[str], text: str) -> str:
    """Say how many of the names a text holds, whatever its spaces and its punctuation."""
    names, letters = list(names), _letters(text)
    return f"{sum(_letters(name) in letters for name in names)} of {len(names)}"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
