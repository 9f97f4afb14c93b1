"""How finely positions are written: `45,59 ; 5,92` is good to some 680 m, whatever the place is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.faults import ACCEPTED, Fault

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

_EARTH_RADIUS: Final = 6_371_000.0  # metres
# Powers of ten that positions may be rounded to. What is finer is good to less than a metre, which
# no drawn border is.
_DEGREES: Final = (1, 0, -1, -2, -3, -4)
_METRES: Final = (4, 3, 2, 1)


def written_unit(x: NDArray[np.float64], y: NDArray[np.float64], crs: pyproj.CRS) -> int | None:
    """Tell which power of ten positions are rounded to; None where it is below a metre.

    Parameters
    ----------
    x, y
        As they stand in a file; the first of them are enough. A trailing zero is not written, so
        that the one with the most decimals tells how all of them are written.
    crs
        The system they are in.
    """
    known = np.isfinite(x) & np.isfinite(y)
    held = np.concatenate([x[known], y[known]])
    if not len(held):
        return None
    powers = _DEGREES if crs.is_geographic else _METRES
    return next((power for power in powers if _are_multiples(held, power).all()), None)


def rounding_errors(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: pyproj.CRS, unit: int | None
) -> NDArray[np.float64]:
    """Give the metres by which each position may be off since it is rounded: half a unit each way.

    Parameters
    ----------
    x, y
        As they stand in a file.
    crs
        The system they are in.
    unit
        The power of ten that the file is written to, as `written_unit` tells it. A position that
        has more decimals is as good as they are.
    """
    error = np.zeros(len(x))
    if unit is None:
        return error
    powers = _DEGREES if crs.is_geographic else _METRES
    left = np.isfinite(x) & np.isfinite(y)
    for power in (power for power in powers if power <= unit):
        fits = left & _are_multiples(x, power) & _are_multiples(y, power)
        error[fits] = _half_diagonal(y[fits], crs, power)
        left &= ~fits
    return error


def rounding_notes(columns: str, unit: int | None, error: NDArray[np.float64]) -> list[Fault]:
    """Say that a file is written so coarsely that its positions are off."""
    if unit is None or not error.any():
        return []
    step = f"multiples of {10**unit:,}" if unit > 0 else f"given to {-unit} decimals"
    why = f"the positions are {step}: each may be off by some {error.max():.0f} m"
    return [Fault(None, columns, why, f"1e{unit}", ACCEPTED)]


def _are_multiples(values: NDArray[np.float64], power: int) -> NDArray[np.bool_]:
    """Tell which numbers have no figure below a power of ten; division rounds as a parser does."""
    with np.errstate(invalid="ignore"):
        if power < 0:
            return np.asarray(np.rint(values * 10.0**-power) / 10.0**-power == values)
        return np.asarray(np.rint(values / 10.0**power) * 10.0**power == values)


def _half_diagonal(y: NDArray[np.float64], crs: pyproj.CRS, power: int) -> NDArray[np.float64]:
    """Give the metres from the middle of a square of a power of ten, in units, to its corner."""
    per_unit = float(crs.axis_info[0].unit_conversion_factor)
    half = 10.0**power / 2 * per_unit
    if not crs.is_geographic:
        return np.full(len(y), np.hypot(half, half))
    north = half * _EARTH_RADIUS
    return np.asarray(np.hypot(north, north * np.cos(y * per_unit)))
