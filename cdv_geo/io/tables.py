"""Read tables as text, so that no code loses its zero and no name becomes a missing value."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from cdv_geo.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def read_table(path: Path) -> pd.DataFrame:
    """Read a UTF-8 CSV file, every column as text and an empty cell as missing.

    The separator is the comma or the semicolon, whichever the header row holds more of.

    Raises
    ------
    DataError
        The file is missing, not UTF-8, empty, or has rows longer than its header.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
        separator = ";" if header.count(";") > header.count(",") else ","
        with warnings.catch_warnings():
            # pandas would cut a row that is too long, and only warn
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                index_col=False,
            )
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; a CSV file is expected there.") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}; "
            "save it as CSV UTF-8."
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning) as error:
        raise DataError(f"{path} cannot be read as a table: {str(error).strip()}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
