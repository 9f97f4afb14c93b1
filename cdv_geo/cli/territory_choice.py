"""Which territory answers: the one that is stated, the one that is near, or the one of home."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import click

VARIABLE: Final = "CDV_GEO_TERRITORY"
# Said here as well as in io/description.py, so that help imports no library; a test holds both
# against each other.
FILE_NAME: Final = "territory.toml"


def answering(stated: str | Path | None) -> tuple[Path | None, str]:
    """Find the territory that answers: see the help of `cdv-geo`.

    Parameters
    ----------
    stated
        Folder that `--territory` names.

    Returns
    -------
    Its folder, None for the home territory; and why it is this one, empty where it is stated.

    Raises
    ------
    click.UsageError
        The environment variable names none.
    """
    if stated is not None:
        return Path(stated), ""
    if variable := os.environ.get(VARIABLE):
        if not os.path.isfile(os.path.join(variable, FILE_NAME)):  # noqa: PTH113, PTH118
            raise click.UsageError(
                f"the environment variable {VARIABLE} names “{variable}”, which is no territory: "
                f"a folder with a {FILE_NAME} is expected."
            )
        return Path(variable), ""
    if (near := _near()) is not None:
        return near, f"{FILE_NAME} of {near}"
    return None, "the home territory"


def _near() -> Path | None:
    """Find the nearest territory, from the current folder up to the user's own or to the root."""
    with contextlib.suppress(OSError, RuntimeError):  # it was removed, or may not be read; no user
        here, own = Path.cwd(), Path.home().resolve()
        for folder in (here, *here.parents):
            if (folder / FILE_NAME).is_file():
                return folder
            if folder == own:
                return None
    return None
