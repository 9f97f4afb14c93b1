"""Colours hold in greyscale and for colour-blind readers; shapes, dashes and hatching do too.

Greyscale is the relative luminance of Rec. ITU-R BT.709. Colour blindness is simulated with the
matrices for severity 1.0 of Machado, Oliveira & Fernandes (2009), "A physiologically-based model
for simulation of color vision deficiency", IEEE TVCG 15(6), on linear RGB. Distances between
colours are CIE 1976 (L*a*b*, D65).
"""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from cdv_geo.cartography import style
from cdv_geo.cartography.style import CATEGORY_COLOURS, MARKERS, Style

NORMAL = np.eye(3)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
TRITANOPIA = np.array(
    [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]
)
VISIONS = {
    "normal": NORMAL,
    "protanopia": PROTANOPIA,
    "deuteranopia": DEUTERANOPIA,
    "tritanopia": TRITANOPIA,
}
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.9505], [1.0], [1.089]])


def _linear(colour: str) -> np.ndarray:
    encoded = np.array(to_rgb(colour))
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _seen(colour: str, vision: str) -> np.ndarray:
    return np.clip(VISIONS[vision] @ _linear(colour), 0, 1)


def _lab(linear: np.ndarray) -> np.ndarray:
    ratios = XYZ @ linear
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (841 / 108) * ratios + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _distance(one: str, other: str, vision: str) -> float:
    return float(np.linalg.norm(_lab(_seen(one, vision)) - _lab(_seen(other, vision))))


def _contrast_on_white(colour: str) -> float:
    return 1.05 / (float(LUMINANCE @ _linear(colour)) + 0.05)


def _relative_luminance(colour: str, vision: str = "normal") -> float:
    return float(LUMINANCE @ _seen(colour, vision))


def test_the_measures_agree_with_known_values():
    assert _contrast_on_white("#000000") == pytest.approx(21)
    assert _contrast_on_white("#777777") == pytest.approx(4.48, abs=0.01)
    assert _distance("#000000", "#ffffff", "normal") == pytest.approx(100, abs=0.01)
    assert _lab(_linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.1)
    for matrix in VISIONS.values():
        assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-5)  # grey stays grey


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("count", range(2, 8))
def test_ordered_classes_stay_ordered_from_dark_to_light(count: int, vision: str):
    luminances = [_relative_luminance(colour, vision) for colour in style.sequential(count)]
    steps = np.diff(luminances)
    assert (steps > 0.03).all()


def test_no_two_of_54_categories_look_the_same():
    looks = [(style.category(rank).marker, style.category(rank).fill) for rank in range(54)]
    assert len(set(looks)) == len(MARKERS) * len(CATEGORY_COLOURS) == 54
    assert (style.category(54).marker, style.category(54).fill) in looks


@pytest.mark.parametrize("vision", VISIONS)
def test_categories_of_one_shape_differ_in_colour(vision: str):
    # 16 is seven times 2.3, the difference that is just noticed.
    distances = [
        _distance(one.fill, other.fill, vision)
        for one, other in combinations(map(style.category, range(54)), 2)
        if one.marker == other.marker
    ]
    assert len(distances) == 9 * 15
    assert min(distances) >= 16


def _point_styles() -> list[Style]:
    named = [look for look in vars(style).values() if isinstance(look, Style) and look.marker]
    return [*named, *map(style.category, range(54))]


def test_every_symbol_has_an_outline_that_stands_out_on_white():
    assert len(_point_styles()) > 55
    for look in _point_styles():
        assert look.stroke is not None
        assert _contrast_on_white(look.stroke) >= 3


def test_perimeters_differ_by_more_than_colour():
    looks = [
        style.perimeter(kind, status)
        for kind in ("qpv", "veille_active")
        for status in ("officielle", "simplifiee")
    ]
    assert len({(look.hatched, look.dashed) for look in looks}) == 4
    outlines = [style.perimeter_outline(status) for status in ("officielle", "simplifiee")]
    assert [look.dashed for look in outlines] == [False, True]
    for look in (*looks, *outlines):
        assert _contrast_on_white(look.stroke) >= 3


def test_what_changed_can_be_told_apart_in_greyscale():
    kept, entered, left = (style.CHANGE[piece] for piece in ("kept", "entered", "left"))
    assert _relative_luminance(kept.fill) - _relative_luminance(entered.fill) > 0.2
    assert [look.hatched for look in (kept, entered, left)] == [False, False, True]
