"""Where the data and the map recipes of the home territory are."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """Find the folder `data` or `maps`, in the checkout or in the installed package.

    A checkout is looked at first, so that an editable install never reads a copy that went stale.
    """
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return _PACKAGE / name
