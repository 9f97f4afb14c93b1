from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.io.crs.crs_plausibility import (
    accuracy_notes,
    impossible,
    in_france,
    likely_cause,
    moved,
    require_crs,
    require_possible,
)
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.positions.position_columns import placing_of
from cdv_geo.io.reading_context import Reading

PATH = Path("f.gpkg")
HOME = (5.8, 45.5, 6.0, 45.65)  # around Chambéry
READING = Reading("EPSG:2154", {}, home=HOME)
CHAMBERY = (5.92, 45.57)
USUAL = (
    "EPSG:2154", "EPSG:4326", "EPSG:27572", "EPSG:3857", "EPSG:32631", "EPSG:32632", "EPSG:4807",
    "EPSG:3944", "EPSG:3945", "EPSG:3946", "EPSG:3947",
)  # fmt: skip
ZONES = tuple(range(3942, 3951))  # conic conformal: EPSG:3942 is for 41° to 43° north, and so on
# A town of each, and the system its offices use.
OVERSEAS = {
    "Saint-Denis, La Réunion": ("EPSG:2975", (55.45, -20.9)),
    "Fort-de-France, Martinique": ("EPSG:5490", (-61.07, 14.6)),
    "Pointe-à-Pitre, Guadeloupe": ("EPSG:5490", (-61.53, 16.24)),
    "Cayenne, Guyane": ("EPSG:2972", (-52.33, 4.93)),
    "Mamoudzou, Mayotte": ("EPSG:4471", (45.23, -12.78)),
    "Saint-Pierre": ("EPSG:4467", (-56.17, 46.78)),
}


def in_system(crs, *places):
    """Give places of longitude and latitude in another system, by pyproj alone."""
    lon, lat = np.array(places, dtype=float).T
    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)


def around(lon, lat):
    shifts = (0, 0), (0.01, 0), (0, 0.01), (-0.01, -0.01)
    return [(lon + east, lat + north) for east, north in shifts]


@pytest.mark.parametrize("crs", USUAL)
def test_coordinates_that_are_where_they_are_said_to_be_are_accepted(crs):
    x, y = in_system(crs, *around(*CHAMBERY))
    require_possible(PATH, (x, y), pyproj.CRS(crs), HOME)
    require_possible(PATH, (x, y), pyproj.CRS(crs), None)
    assert likely_cause(x, y, HOME) == (crs, False)


@pytest.mark.parametrize(
    ("true", "said"),
    [
        (true, said)
        for true in USUAL
        for said in sorted({*USUAL, *(f"EPSG:{zone}" for zone in ZONES)} - {true})
    ],
)
def test_one_usual_system_labelled_as_another_is_refused_and_the_true_one_named(true, said):
    x, y = in_system(true, *around(*CHAMBERY))
    with pytest.raises(cdv_geo.DataError, match=rf"they fit {true} \(.*\): --crs {true} states it"):
        require_possible(PATH, (x, y), pyproj.CRS(said), HOME)


@pytest.mark.parametrize("zone", ZONES)
def test_each_zone_is_known_by_its_coordinates_and_no_other_is_taken_for_it(zone):
    lon, lat = 2.5, zone - 3900.0
    home = (lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)
    x, y = in_system(f"EPSG:{zone}", *around(lon, lat))
    assert likely_cause(x, y, home) == (f"EPSG:{zone}", False)
    for other in ZONES:
        assert in_france(x, y, pyproj.CRS(f"EPSG:{other}")).any() == (other == zone)


@pytest.mark.parametrize("crs", USUAL)
def test_swapped_axes_are_refused_and_named(crs):
    x, y = in_system(crs, *around(*CHAMBERY))
    with pytest.raises(cdv_geo.DataError, match=rf"fit {crs} \(.*\), with x and y swapped\.$"):
        require_possible(PATH, (y, x), pyproj.CRS(crs), HOME)


@given(st.floats(5.8, 6.0), st.floats(45.5, 45.65), st.sampled_from(USUAL))
def test_every_place_of_the_territory_tells_its_system_and_the_order_of_its_axes(lon, lat, crs):
    x, y = in_system(crs, (lon, lat))
    assert likely_cause(x, y, HOME) == (crs, False)
    assert likely_cause(y, x, HOME) == (crs, True)
    back = moved(x, y, pyproj.CRS(crs), "EPSG:4326")
    assert np.ravel(back) == pytest.approx([lon, lat], abs=1e-7)


@pytest.mark.parametrize("place", OVERSEAS)
def test_overseas_places_are_in_france_in_degrees_and_in_their_own_system(place):
    crs, (lon, lat) = OVERSEAS[place]
    home = (lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)
    for system in ("EPSG:4326", crs):
        x, y = in_system(system, *around(lon, lat))
        assert in_france(x, y, pyproj.CRS(system)).all()
        require_possible(PATH, (x, y), pyproj.CRS(system), home)
    with pytest.raises(cdv_geo.DataError, match="outside its area of use in France"):
        require_possible(PATH, in_system(crs, (lon, lat)), pyproj.CRS("EPSG:2154"), home)


@pytest.mark.parametrize("place", [(13.4, 52.5), (0.0, 0.0), (10.0, 53.5), (5.92, -45.57)])
def test_a_place_abroad_is_none_of_france_in_degrees_and_in_metres(place):
    for crs in ("EPSG:4326", "EPSG:2154", "EPSG:3857"):
        x, y = in_system(crs, place)
        assert not in_france(x, y, pyproj.CRS(crs)).any()


def test_a_system_is_believed_in_its_area_of_use_and_a_little_beyond():
    # Lambert zone CC46 is for 45° to 47° north; Lille has 50.6°, Dijon 47.3°.
    crs = pyproj.CRS("EPSG:3946")
    assert in_france(*in_system(crs, (5.04, 47.32)), crs).all()
    assert not in_france(*in_system(crs, (3.06, 50.63)), crs).any()


def test_a_single_place_that_cannot_be_is_told_by_its_row_and_so_is_a_swapped_one():
    x, y = np.array([5.92, 45.57, np.nan, 0.0]), np.array([45.57, 5.92, 45.0, 0.0])
    assert impossible(x, y, pyproj.CRS("EPSG:4326")) == {
        1: "45.57 5.92 is not in France in EPSG:4326; they would be in France if they were swapped",
        3: "0 0 is not in France in EPSG:4326",
    }
    require_possible(PATH, (x, y), pyproj.CRS("EPSG:4326"), HOME)  # the file as a whole may be used


def test_a_file_of_another_part_of_france_is_no_mistake():
    x, y = in_system("EPSG:2154", *around(-4.49, 48.39))  # Brest
    require_possible(PATH, (x, y), pyproj.CRS("EPSG:2154"), HOME)


def test_a_file_without_any_place_is_accepted():
    nowhere = np.array([np.nan, np.inf])
    require_possible(PATH, (nowhere, nowhere), pyproj.CRS("EPSG:2154"), HOME)
    assert likely_cause(nowhere, nowhere, HOME) is None


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("EPSG:2154", "EPSG:2154"),
        ("epsg:2154", "EPSG:2154"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:EPSG::2154", "EPSG:2154"),
        (pyproj.CRS("EPSG:2154").to_wkt("WKT1_ESRI"), "EPSG:2154"),
        (pyproj.CRS("EPSG:3946").to_wkt("WKT1_ESRI"), "EPSG:3946"),
        (pyproj.CRS("EPSG:27572").to_wkt("WKT1_ESRI"), "EPSG:27572"),
        (pyproj.CRS("EPSG:2154").to_wkt("WKT1_GDAL"), "EPSG:2154"),
        (pyproj.CRS("EPSG:2975").to_json_dict(), "EPSG:2975"),
    ],
)
def test_a_system_is_known_by_its_number_in_a_register(stated, read):
    assert require_crs(PATH, stated).to_string() == read


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (None, "does not say its coordinate reference system; --crs states it"),
        ("EPSG:banana", "“EPSG:banana”, which is in no register"),
        ("EPSG:999999", "“EPSG:999999”, which is in no register"),
        ("", "which is in no register"),
        ("EPSG:5720", "“EPSG:5720”, which is in no register"),  # heights
        ("+proj=lcc +lat_0=1 +lon_0=2 +lat_1=3 +lat_2=4", "which is in no register"),
        ("+proj=longlat +ellps=bessel +nadgrids=/etc/hostname", "which is in no register"),
        ({"type": "x"}, "which is in no register"),
        (3, "which is in no register"),
    ],
)
def test_a_system_that_is_not_said_or_in_no_register_is_refused(stated, said):
    with pytest.raises(cdv_geo.DataError, match=said):
        require_crs(PATH, stated)


def test_how_exact_the_old_french_system_is_brought_to_the_new_one_is_said():
    place = tuple(axis[0] for axis in in_system("EPSG:27572", CHAMBERY))
    (note,) = accuracy_notes(pyproj.CRS("EPSG:27572"), "EPSG:2154", *np.array(place)[:, None])
    assert (note.row, note.done, note.value) == (None, "accepted", "EPSG:27572")
    assert "EPSG:27572 is brought to EPSG:2154 " in note.message
    assert "the grid of the best way is not installed" in note.message


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2154", "EPSG:3946", "OGC:CRS84"])
def test_where_no_grid_is_needed_nothing_is_said(crs):
    place = tuple(axis[0] for axis in in_system(crs, CHAMBERY))
    assert accuracy_notes(pyproj.CRS(crs), "EPSG:2154", *np.array(place)[:, None]) == []


def table(crs, *names):
    x, y = in_system(crs, *around(*CHAMBERY))
    return pd.DataFrame({names[0]: x.astype(str), names[1]: y.astype(str)})


def system_of_table(frame, reading=READING):
    placing, notes = placing_of(PATH, frame, reading)
    return placing.crs, [note.message for note in notes if "are read as" in note.message]


def test_x_and_y_of_a_table_are_lambert_93_where_they_fit_it_and_it_is_said():
    crs, (said,) = system_of_table(table("EPSG:2154", "x", "y"))
    assert crs == pyproj.CRS("EPSG:2154")
    assert "read as EPSG:2154 (Lambert-93)" in said


@pytest.mark.parametrize("crs", [crs for crs in USUAL if crs not in {"EPSG:2154", "EPSG:4326"}])
def test_x_and_y_of_a_table_in_another_system_are_refused_and_it_is_named(crs):
    with pytest.raises(cdv_geo.DataError, match=rf"x and y are no Lambert-93; they fit {crs};"):
        system_of_table(table(crs, "x", "y"))
    stated = replace(READING, options=OpenOptions(crs=crs))
    assert system_of_table(table(crs, "x", "y"), stated) == (pyproj.CRS(crs), [])


def test_x_and_y_of_a_table_are_degrees_where_they_fit_them_and_it_is_said():
    crs, (said,) = system_of_table(table("EPSG:4326", "x", "y"))
    assert crs == pyproj.CRS("EPSG:4326")
    assert said == "x and y are read as degrees (EPSG:4326), which they fit; --crs states another"


def test_swapped_x_and_y_of_a_table_are_refused():
    with pytest.raises(cdv_geo.DataError, match="they fit EPSG:2154, swapped; --crs states"):
        system_of_table(table("EPSG:2154", "y", "x"))


def test_longitude_and_latitude_are_degrees():
    names = "longitude", "latitude"
    assert system_of_table(table("EPSG:4326", *names)) == (pyproj.CRS("EPSG:4326"), [])


def test_columns_x_and_y_without_any_number_refuse_no_table():
    empty = pd.DataFrame({"x": [None, None], "y": [None, None]}, dtype="str")
    assert system_of_table(empty)[0].is_projected
