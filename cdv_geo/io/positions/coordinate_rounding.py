"""How finely positions are written: `45,59 ; 5,92` is good to some 680 m, whatever the place is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cdv_geo.faults import ACCEPTED, Fault
from cdv_geo.io.crs.crs_registers import metres_per_unit

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

# Powers of ten that positions may be rounded to, the finest first; what is finer yet counts as it.
_DEGREES: Final = (-6, -5, -4, -3, -2, -1, 0, 1)
_METRES: Final = (0, 1, 2, 3, 4)
# Up to these a position is good to less than a metre, which no drawn border is.
_EXACT: Final = {_DEGREES: -5, _METRES: 0}
# Noughts on both axes where the file has figures: by chance in one row of a million.
_NOUGHTS: Final = 3
# Places of which more than half tell how a file is written, and of numbers on one axis.
_MANY_PLACES: Final = 4
_MANY_NUMBERS: Final = 20
# Noughts of all places on one axis together, where the other has figures: by chance 1 in a million.
# One place alone, 45.730000 beside 4.884629, is no sign.
_NOUGHTS_OF_AXIS: Final = 6
_NOISE: Final = 1e-7  # of a reckoning in degrees; in metres it is nothing


def written_units(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: pyproj.CRS
) -> tuple[int, int] | None:
    """Tell which power of ten the numbers of each axis are rounded to; None where there are none.

    A trailing zero is not written, so that the place with the most decimals tells how all of few
    are written, and more than half of many: among these some may be finer. An axis is coarser than
    both together where its noughts cannot be chance.

    Parameters
    ----------
    x, y
        As they stand in a file; the first of them are enough.
    crs
        The system they are in.
    """
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return None
    places = np.unique(np.column_stack([x[known], y[known]]), axis=0)
    own = [_own_powers(axis, crs) for axis in places.T]
    unit = _usual(np.minimum(*own), _MANY_PLACES)
    ux, uy = (_of_axis(axis, crs, unit) for axis in places.T)
    return ux, uy


def rounding_errors(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    crs: pyproj.CRS,
    units: tuple[int, int] | None,
) -> NDArray[np.float64]:
    """Give the metres by which each position may be off since it is rounded: half a unit each way.

    Parameters
    ----------
    x, y
        As they stand in a file.
    crs
        The system they are in.
    units
        The powers of ten that the file is written to, as `written_units` tells them. A position
        that has more decimals is as good as they are; one that ends in noughts on both axes, where
        the file has figures, was rounded by itself.
    """
    if units is None:
        return np.zeros(len(x))
    finest = _powers(crs)[0]
    own = _own_powers(x, crs), _own_powers(y, crs)
    both = np.minimum(*own)
    alone = (both >= finest + _NOUGHTS) & (min(units) == finest)
    half_x, half_y = (
        _half(np.where(alone, np.maximum(power, both), power), crs)
        for power in (
            np.minimum(axis if unit > min(units) else both, unit)
            for axis, unit in zip(own, units, strict=True)
        )
    )
    error = np.hypot(half_x * _metres_per_unit_of_x(y, crs), half_y * metres_per_unit(crs))
    return np.asarray(np.where(np.isfinite(x) & np.isfinite(y), error, 0.0))


def rounding_notes(
    columns: str, units: tuple[int, int] | None, error: NDArray[np.float64]
) -> list[Fault]:
    """Say that a file, one of its axes or some of its rows are written so coarsely as to be off."""
    if units is None or not error.any():
        return []
    unit = max(units)
    step = f"multiples of {10**unit:,}" if unit > 0 else f"given to {-unit} decimals"
    what = f"the positions are {step}" if min(units) == unit else f"one of two numbers is {step}"
    if not error.all() and unit in {_DEGREES[0], _METRES[0]}:
        rounded = np.flatnonzero(error)
        what = f"{len(rounded):,} of the first {len(error):,} positions are rounded"
    why = f"{what}: each may be off by some {error.max():.0f} m"
    return [Fault(None, columns, why, f"1e{unit}", ACCEPTED)]


def _powers(crs: pyproj.CRS) -> tuple[int, ...]:
    return _DEGREES if crs.is_geographic else _METRES


def _of_axis(values: NDArray[np.float64], crs: pyproj.CRS, unit: int) -> int:
    """Give the unit of one axis, where it is coarser than that of places and not by chance."""
    usual = _usual(_own_powers(np.unique(values), crs), _MANY_NUMBERS)
    return usual if (usual - unit) * len(values) >= _NOUGHTS_OF_AXIS else unit


def _usual(powers: NDArray[np.int64], many: int) -> int:
    """Give the power that all keep to, or of many more than half."""
    half = (len(powers) - 1) // 2 if len(powers) >= many else 0
    return int(np.sort(powers)[half])


def _own_powers(values: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.int64]:
    """Give the greatest power of ten that each number is a multiple of."""
    finest, *coarser = _powers(crs)
    powers = np.full(len(values), finest)
    left = np.flatnonzero(np.isfinite(values))
    for power in coarser:  # what is no multiple of one is none of the next
        left = left[_are_multiples(values[left], power)]
        powers[left] = power
    return powers


def _are_multiples(values: NDArray[np.float64], power: int) -> NDArray[np.bool_]:
    """Tell which numbers have no figure below a power of ten, but for the noise of programs.

    45.59 held in four bytes is 45.59000015, and reckoned with it may be 45.58999999.
    """
    scale = 10.0 ** abs(power)
    with np.errstate(over="ignore", invalid="ignore"):  # no place has such numbers
        near = np.rint(values * scale) / scale if power < 0 else np.rint(values / scale) * scale
        alike = near.astype(np.float32) == values.astype(np.float32)
        return np.asarray(alike | (np.abs(values - near) <= _NOISE))


def _half(power: NDArray[np.int64], crs: pyproj.CRS) -> NDArray[np.float64]:
    """Give half of a power of ten, 0 where it is below a metre."""
    return np.asarray(np.where(power > _EXACT[_powers(crs)], 10.0**power / 2, 0.0))


def _metres_per_unit_of_x(y: NDArray[np.float64], crs: pyproj.CRS) -> NDArray[np.float64]:
    """Give metres to the east: the less, the farther north."""
    per_unit = float(crs.axis_info[0].unit_conversion_factor)
    return np.asarray(metres_per_unit(crs) * (np.cos(y * per_unit) if crs.is_geographic else 1.0))
