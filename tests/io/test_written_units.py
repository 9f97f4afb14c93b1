from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.io.reading import Reading
from cdv_geo.io.sources import open_sources
from cdv_geo.io.written_units import rounding_errors, written_unit

from squares import CRS

DEGREES, METRES = pyproj.CRS(4326), pyproj.CRS(2154)


def unit(crs, *places):
    x, y = np.array(places, dtype=float).T
    return written_unit(x, y, crs)


@pytest.mark.parametrize(
    ("places", "power"),
    [
        ([(5.92, 45.59)], -2),
        ([(5.9, 45.59)], -2),  # a zero at the end is not written
        ([(5.92, 45.59), (5.917, 45.6)], -3),
        ([(5, 45)], 0),
        ([(5.9177, 45.5915)], -4),
        ([(5.92, 45.59), (5.91766, 45.59153)], None),
        ([(np.nan, np.nan)], None),
    ],
)
def test_the_position_with_the_most_decimals_tells_how_all_are_written(places, power):
    assert unit(DEGREES, *places) == power


@pytest.mark.parametrize(
    ("places", "power"),
    [
        ([(927_000, 6_503_000)], 3),
        ([(927_000, 6_503_300), (928_000, 6_501_000)], 2),
        ([(927_430, 6_503_310), (927_000, 6_503_000)], 1),
        ([(927_431, 6_503_315)], None),
        ([(927_430.6, 6_503_315.2)], None),
    ],
)
def test_whole_kilometres_and_hundreds_of_metres_are_seen(places, power):
    assert unit(METRES, *places) == power


def test_a_rounded_position_is_off_by_half_a_unit_each_way():
    x, y = np.array([[5.92], [45.59]])
    north = 0.005 * np.pi / 180 * 6_371_000  # 556 m
    east = north * np.cos(np.radians(45.59))
    assert rounding_errors(x, y, DEGREES, -2) == pytest.approx([np.hypot(north, east)])
    assert rounding_errors(x, y, DEGREES, None).tolist() == [0]
    x, y = np.array([[927_000.0], [6_503_000.0]])
    assert rounding_errors(x, y, METRES, 3) == pytest.approx([500 * 2**0.5])


@given(st.floats(-5, 9), st.floats(41, 51), st.integers(0, 4))
def test_no_position_was_farther_from_its_rounding_than_its_error(x, y, decimals):
    at = np.array([round(x, decimals)]), np.array([round(y, decimals)])
    error = rounding_errors(*at, DEGREES, written_unit(*at, DEGREES))
    sphere = pyproj.Geod(a=6_371_000, b=6_371_000)
    _, _, metres = sphere.inv(x, y, at[0][0], at[1][0])
    assert metres <= error[0] * 1.001


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
        assert np.concatenate([t.error_m for t in source.batches()]).tolist() == [0] * 6
