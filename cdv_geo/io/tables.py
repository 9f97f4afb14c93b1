"""Read tables as text, so that no code loses its zero and no name becomes a missing value."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Bytes that are held at a time: enough to be fast, little beside any machine's memory.
_BLOCK: Final = 1 << 23
_SAMPLE: Final = 1 << 20


def read_table(path: Path) -> pd.DataFrame:
    """Read a UTF-8 CSV file, every column as text and an empty cell as missing.

    The separator is the comma or the semicolon, whichever the header row holds more of.

    Raises
    ------
    DataError
        The file is missing, not UTF-8, empty, or has rows that are not as long as its header.
    """
    return pd.concat(list(read_table_in_blocks(path)), ignore_index=True)


def read_table_in_blocks(path: Path) -> Iterator[pd.DataFrame]:
    """Read a CSV file as `read_table` does, block by block, for files larger than memory."""
    header = read_header(path)
    columns = list(header.columns)
    if not header.has_rows:
        yield pd.DataFrame(columns=columns, dtype="str")
        return
    try:
        reader = pa.csv.open_csv(
            path,
            pa.csv.ReadOptions(column_names=columns, skip_rows=header.lines, block_size=_BLOCK),
            pa.csv.ParseOptions(delimiter=header.separator, newlines_in_values=True),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for batch in reader:
            yield batch.to_pandas()
    except pa.ArrowInvalid as error:
        _require_utf8(path)
        raise DataError(f"{path} cannot be read as a table: {str(error).strip()}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


@dataclass(frozen=True)
class Header:
    """The first row of a CSV file.

    Parameters
    ----------
    columns
        Names of the columns.
    separator
        What stands between them.
    lines
        How many lines of the file it takes, blank ones before it included.
    has_rows
        Whether anything follows.
    """

    columns: tuple[str, ...]
    separator: str
    lines: int
    has_rows: bool


def read_header(path: Path) -> Header:
    """Read the names of the columns of a CSV file, and its separator.

    Raises
    ------
    DataError
        The file is missing, empty or not UTF-8, or a name stands twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next((line for line in file if line.strip()), "")
            separator = ";" if first.count(";") > first.count(",") else ","
            file.seek(0)
            reader = csv.reader(file, delimiter=separator)
            columns = next((row for row in reader if row), [])
            lines = reader.line_num
            header = Header(tuple(columns), separator, lines, has_rows=any(reader))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; a CSV file is expected there.") from None
    except UnicodeDecodeError:
        _require_utf8(path)
        raise
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as a table: {error}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    if not columns:
        raise DataError(f"{path} cannot be read as a table: it is empty.")
    for name in columns:
        if columns.count(name) > 1:
            raise DataError(f"{path} cannot be read as a table: the column “{name}” stands twice.")
    return header


def estimate_rows(path: Path) -> int:
    """Estimate from the first lines how many rows a file has, to say how long it will take."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    size, lines = path.stat().st_size, sample.count(b"\n")
    return max(round(lines * size / max(len(sample), 1)) - 1, 0)


def _require_utf8(path: Path) -> None:
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(_SAMPLE):
                pass
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}; "
            "save it as CSV UTF-8."
        ) from None
