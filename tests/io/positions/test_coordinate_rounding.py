from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.io.positions.coordinate_rounding import rounding_errors, written_units
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources

from squares import CRS

DEGREES, METRES = pyproj.CRS(4326), pyproj.CRS(2154)


def units(crs, *places):
    x, y = np.array(places, dtype=float).T
    return written_units(x, y, crs)


@pytest.mark.parametrize(
    ("places", "power"),
    [
        ([(5.92, 45.59)], -2),
        ([(5.9, 45.59)], -2),  # a zero at the end is not written
        ([(5.92, 45.59), (5.917, 45.6)], -3),
        ([(5, 45)], 0),
        ([(5.917661, 45.591531)], -6),
        ([(5.9200000763, 45.59000015258789)], -2),  # of four bytes
        ([(5.92, 45.58999999), (5.91, 45.59000000000001)], -2),  # reckoned
        ([(5.9, 45.59), (5.92, 45.58), (5.91, 45.57), (5.917661, 45.591531)], -2),
        ([(5.9177, 45.5915)], -4),
        ([(5.92, 45.59), (5.91766, 45.59153)], -5),
        ([(np.nan, np.nan)], None),
    ],
)
def test_the_position_with_the_most_decimals_tells_how_all_are_written(places, power):
    assert units(DEGREES, *places) == (power if power is None else (power, power))


@pytest.mark.parametrize(
    ("places", "power"),
    [
        ([(927_000, 6_503_000)], 3),
        ([(927_000, 6_503_300), (928_000, 6_501_000)], 2),
        ([(927_430, 6_503_310), (927_000, 6_503_000)], 1),
        ([(927_431, 6_503_315)], 0),
        ([(927_430.6, 6_503_315.2)], 0),
    ],
)
def test_whole_kilometres_and_hundreds_of_metres_are_seen(places, power):
    assert units(METRES, *places) == (power, power)


def test_a_rounded_position_is_off_by_half_a_unit_each_way():
    x, y = np.array([[5.92], [45.59]])
    north = 0.005 * np.pi / 180 * 6_378_137  # 557 m
    east = north * np.cos(np.radians(45.59))
    assert rounding_errors(x, y, DEGREES, (-2, -2)) == pytest.approx([np.hypot(north, east)])
    assert rounding_errors(x, y, DEGREES, None).tolist() == [0]
    x, y = np.array([[927_000.0], [6_503_000.0]])
    assert rounding_errors(x, y, METRES, (3, 3)) == pytest.approx([500 * 2**0.5])


@given(st.floats(-5, 9), st.floats(41, 51), st.integers(0, 4))
def test_no_position_was_farther_from_its_rounding_than_its_error(x, y, decimals):
    at = np.array([round(x, decimals)]), np.array([round(y, decimals)])
    error = rounding_errors(*at, DEGREES, written_units(*at, DEGREES))
    sphere = pyproj.Geod(a=6_371_000, b=6_371_000)
    _, _, metres = sphere.inv(x, y, at[0][0], at[1][0])
    assert metres <= error[0] * 1.001


def test_the_coarser_axis_counts_where_it_is_no_chance():
    places = [(5.917661, 45.59), (5.923412, 45.58), (5.931237, 45.61)]
    assert units(DEGREES, *places) == (-6, -2)
    x, y = np.array(places).T
    assert rounding_errors(x, y, DEGREES, (-6, -2)) == pytest.approx([556] * 3, abs=1)
    assert units(DEGREES, (5.917, 45.59), (5.918, 45.591)) == (-3, -3)


def test_a_row_rounded_on_both_axes_among_fine_ones_is_off_by_its_own_unit():
    places = [(5.917661, 45.591531), (5.92, 45.59), (5.918, 45.591), (5.917, 45.591532)]
    x, y = np.array([*places, (np.nan, np.nan)]).T
    error = rounding_errors(x, y, DEGREES, written_units(x, y, DEGREES))
    assert error == pytest.approx([0, 679, 68, 0, 0], abs=1)
    metres = np.array([[927_431.0, 927_000, 927_000], [6_503_315.0, 6_503_000, 6_503_200]])
    error = rounding_errors(*metres, METRES, written_units(*metres, METRES))
    assert error == pytest.approx([0, 500 * 2**0.5, 0])


@given(st.lists(st.tuples(st.integers(-500, 900), st.integers(4100, 5100)), min_size=1))
def test_numbers_held_in_four_bytes_are_as_coarse_as_they_were(hundredths):
    x, y = np.array(hundredths, dtype=float).T / 100
    short = written_units(x, y, DEGREES)
    held = [axis.astype(np.float32).astype(float) for axis in (x, y)]
    assert written_units(*held, DEGREES) == short
    exact = rounding_errors(x, y, DEGREES, short)
    assert rounding_errors(*held, DEGREES, short) == pytest.approx(exact, rel=1e-6)


def read(tmp_path, rows, batch_rows=1 << 19):
    path = tmp_path / "lieux.csv"
    lines = [f"{number};{place}" for number, place in enumerate(rows)]
    path.write_text("\n".join(["id;longitude;latitude", *lines, ""]), encoding="utf-8")
    (source,) = open_sources([path], Reading(CRS, {}, batch_rows=batch_rows))
    return source, np.concatenate([things.error_m for things in source.batches()])


def test_a_file_of_two_decimals_says_so_and_a_finer_row_keeps_its_own(tmp_path):
    rows = ["5,92;45,59"] * 1000 + ["5,91766;45,59153", "5,918;45,59"]
    source, error = read(tmp_path, rows)
    assert error[:1000] == pytest.approx(679, abs=1)
    assert error[1000] == 0
    assert error[1001] == pytest.approx(68, abs=1)
    (note,) = source.notes
    assert note.message == "the positions are given to 2 decimals: each may be off by some 679 m"


def test_a_row_that_ends_in_noughts_is_as_good_as_those_beside_it(tmp_path):
    source, error = read(tmp_path, ["5,91766;45,59153", "5,92;45,59"])
    assert error.tolist() == [0, 0]
    assert not source.notes


def test_the_rows_of_a_layer_are_rounded_alike_wherever_a_batch_ends(tmp_path):
    places = [(5.92, 45.59)] * 5 + [(5.917661, 45.591531)]
    frame = gpd.GeoDataFrame(
        {"id": range(6)}, geometry=gpd.points_from_xy(*zip(*places, strict=True)), crs=4326
    )
    path = tmp_path / "t.gpkg"
    frame.to_file(path)
    for rows in (1, 2, 100):
        (source,) = open_sources([path], Reading(CRS, {}, batch_rows=rows))
        error = np.concatenate([things.error_m for things in source.batches()])
        assert error == pytest.approx([679] * 5 + [0], abs=1)
        (note,) = source.notes
        assert note.message == (
            "5 of the first 6 positions are rounded: each may be off by some 679 m"
        )


def test_one_place_with_noughts_on_one_axis_is_no_sign_and_two_are():
    one = np.array([4.884629, 4.884629]), np.array([45.73, 45.73])
    assert not rounding_errors(*one, DEGREES, written_units(*one, DEGREES)).any()
    two = np.array([4.884629, 4.871234]), np.array([45.73, 45.73])
    assert (rounding_errors(*two, DEGREES, written_units(*two, DEGREES)) > 500).all()
