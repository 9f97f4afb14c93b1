"""What a user states of a file, where it is not to be detected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdv_geo.errors import DataError
from cdv_geo.io.guard import require_regular_file
from cdv_geo.toml_files import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class OpenOptions:
    """What is stated of a file; whatever is None is detected, or read in the file.

    Parameters
    ----------
    crs
        Coordinate reference system, such as `EPSG:2154`, in place of what the file says.
    layer
        Name of the layer, in a file of several.
    sheet
        Name of the sheet of a workbook.
    hidden
        `skip` leaves out the rows of a workbook that a filter or somebody hides; else all are read.
    encoding
        Of a CSV file, as Python calls it: `cp1252`.
    separator
        One character.
    decimal
        `,` or `.`: what stands before the decimals of a number; the other one then parts thousands.
    header_row
        Number of the row that holds the names of the columns, as a spreadsheet shows it.
    nodata
        Value of the cells of a raster that hold no figure.
    columns
        By the name that the file gives a column, the one by which it is known here.
    """

    crs: str | None = None
    layer: str | None = None
    sheet: str | None = None
    hidden: str | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    header_row: int | None = None
    nodata: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


NO_OPTIONS = OpenOptions()


def read_column_names(path: Path) -> dict[str, str]:
    """Read a file that says which column of a table is which.

    Parameters
    ----------
    path
        TOML with one table `columns`: `"Nom de l'association" = "porteur"`.

    Raises
    ------
    DataError
        The file is missing, or is no such file.
    """
    require_regular_file(path)
    content = read_toml(path, DataError)
    columns = content.pop("columns", {})
    texts = isinstance(columns, dict) and all(isinstance(v, str) for v in columns.values())
    if not texts or not columns or content:
        raise DataError(
            f"{path} is not accepted; one table [columns] with lines such as "
            '"Nom de l\'association" = "porteur" is expected.'
        )
    return dict(columns)
