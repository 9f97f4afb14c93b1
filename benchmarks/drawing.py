"""Draw a France: cities of very unequal size, quartiers in them, and facilities all over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.affinity import translate

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_LOW, _HIGH = np.array([150_000.0, 6_100_000.0]), np.array([1_200_000.0, 7_100_000.0])
_CITIES: Final = 400
_RURAL_SHARE: Final = 0.3
_QUARTIER_SHARE: Final = 0.04
_HEART_M: Final = 120.0
_POLYGONS: Final = 1600
_VERTICES: Final = 100


def draw(points: int, rng: Generator) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Give the outlines of quartiers, and points, of which some are put into the quartiers.

    About one point in twenty lies in a quartier and one in five within 500 m, as facilities do.
    With very few points there are fewer quartiers.
    """
    centres = rng.uniform(_LOW + 50_000, _HIGH - 50_000, (_CITIES, 2))
    outlines = _quartiers(centres, min(_POLYGONS, points // 50), rng)
    rural, social = int(points * _RURAL_SHARE), int(points * _QUARTIER_SHARE)
    hearts = rng.choice(shapely.get_coordinates(shapely.centroid(outlines)), social)
    parts = [
        rng.uniform(_LOW, _HIGH, (rural, 2)),
        hearts + rng.normal(scale=_HEART_M, size=(social, 2)),
        _in_cities(centres, points - rural - social, rng),
    ]
    return outlines, rng.permutation(np.concatenate(parts))


def _in_cities(centres: NDArray[np.float64], count: int, rng: Generator) -> NDArray[np.float64]:
    """Scatter spots over cities by Zipf's law, ever thinner away from the centre."""
    population = 1 / np.arange(1, len(centres) + 1)
    city = rng.choice(len(centres), count, p=population / population.sum())
    radius = 10_000 * np.sqrt(population[city]) + 600
    return centres[city] + rng.normal(size=(count, 2)) * radius[:, None]


def _quartiers(centres: NDArray[np.float64], count: int, rng: Generator) -> NDArray[np.object_]:
    """Draw irregular stars in the cities; one in forty has a hole, one in forty two parts."""
    middles = _in_cities(centres, count, rng)
    radius = np.clip(rng.lognormal(np.log(260), 0.4, count), 150, 750)
    stars = [_star(middle, r, rng) for middle, r in zip(middles, radius, strict=True)]
    for number in range(0, count, 40):
        ring, middle = stars[number], middles[number]
        hole = middle + 0.3 * (shapely.get_coordinates(ring) - middle)
        stars[number] = shapely.Polygon(shapely.get_coordinates(ring), [hole])
    for number in range(20, count, 40):
        apart = translate(stars[number], 3 * radius[number])
        stars[number] = shapely.MultiPolygon([stars[number], apart])
    return np.array(stars, dtype=object)


def _star(middle: NDArray[np.float64], radius: float, rng: Generator) -> shapely.Polygon:
    """Draw an outline that every ray from its middle meets once, and that is never smooth."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, _VERTICES))
    waves = np.arange(2, 7)
    phase = rng.uniform(0, 2 * np.pi, len(waves))
    swell = (np.cos(np.outer(angle, waves) + phase) / waves).sum(axis=1)
    reach = radius * np.exp(0.35 * swell + 0.08 * rng.normal(size=_VERTICES))
    return shapely.Polygon(
        middle + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    )
