"""How files are read beside a territory: its system, where it is, and what is asked of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdv_geo import schemas
from cdv_geo.analysis.linking import COLUMNS_READ
from cdv_geo.io.open_options import NO_OPTIONS, OpenOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdv_geo.io.crs.crs_registers import Box

BATCH_ROWS: Final = 1 << 19
"""Rows that are held at a time: some 200 MB with all that is made of them."""
LINKED: Final = (*schemas.POSITION, schemas.SCOPE, schemas.COMMUNE)
"""The columns that `link` looks at, and so those that are checked before it does."""


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Parameters
    ----------
    crs
        Metric CRS that coordinates are brought to.
    errors
        Metres by which a position may be off, by the beginning of `precision_position`.
    batch_rows
        How many rows are held at a time.
    columns
        Which columns are read, besides the places, where a file has them; all that `link`
        understands where not given. Of a table all are read.
    schema
        What the cells of these columns may hold.
    options
        What the user states of the files.
    home
        West, south, east, north of the territory, degrees, where it is known.
    communes
        Codes of the communes of the territory.
    bare_metres
        Whether numbers without a unit in `precision_position` may be metres; in the territory's own
        tables they are refused.
    """

    crs: str
    errors: Mapping[str, float]
    batch_rows: int = BATCH_ROWS
    columns: tuple[str, ...] = (*COLUMNS_READ, "precision_position")
    schema: tuple[schemas.Column, ...] = LINKED
    options: OpenOptions = NO_OPTIONS
    home: Box | None = None
    communes: tuple[str, ...] = ()
    bare_metres: bool = True

    @property
    def believed_home(self) -> Box | None:
        """Where the territory is, unless a system is stated: then nothing speaks against it."""
        return self.home if self.options.crs is None else None
