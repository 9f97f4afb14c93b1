"""Keep the libraries to their own data, whatever other installations say to the whole machine.

PostGIS, QGIS and OSGeo4W set variables such as PROJ_LIB for every program. GDAL and PROJ come with
data of their own where they are installed from wheels; rasterio believes the variables rather, and
then no coordinate reference system is known to it.
"""

from __future__ import annotations

import contextlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS: Final = ("GDAL_DATA", "PROJ_DATA", "PROJ_LIB")
"""Where the data lie: all that a script has to do without once it imports the library."""
SETTINGS: Final = (
    *("CPL_", "GDAL_", "GTIFF_", "OGR_", "OSR_", "PROJ_", "SHAPE_", "VSI_"),
    "MPLBACKEND",
)
"""How the names of all variables begin that steer GDAL, PROJ and matplotlib: drivers of another
version, files of settings, grids from the network."""
_CERTIFICATES: Final = (
    "_CURL_CA_BUNDLE"  # which pyogrio sets itself; nothing here calls the network
)
SET_ASIDE: Final[list[str]] = []
"""The variables that were set aside in this process."""


def set_aside(beginnings: tuple[str, ...]) -> None:
    """Take variables out of the environment, for this process and those that it starts.

    Where the libraries have no data of their own, as those of Debian and conda, all stay: there
    they may say where the right ones are.

    Parameters
    ----------
    beginnings
        Of the names of the variables.
    """
    names = [
        name
        for name in sorted(os.environ)
        if name.startswith(beginnings) and not name.endswith(_CERTIFICATES)
    ]
    if names and _have_own_data():
        for name in names:
            del os.environ[name]
        SET_ASIDE.extend(names)


def stand_alone() -> None:
    """Have the libraries read no settings of other programs, or of the user.

    For the program; a script may have settings of its own.
    """
    set_aside(SETTINGS)
    os.environ["GDAL_CONFIG_FILE"] = os.devnull  # else gdalrc of the machine and of the user


@contextlib.contextmanager
def elsewhere() -> Iterator[None]:
    """Leave the current folder while a library is imported that would obey a file in it."""
    try:
        here = Path.cwd()
    except OSError:  # it was removed, and holds nothing
        yield
        return
    os.chdir(Path(__file__).parent)
    try:
        yield
    finally:
        os.chdir(here)


def _have_own_data() -> bool:
    spec = find_spec("rasterio")
    return spec is not None and Path(spec.origin or "").with_name("proj_data").is_dir()
