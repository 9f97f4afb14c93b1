from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.io.crs.crs_registers import USUAL, metres_apart, registered

from hostile_files.opening import open_layer
from squares import points
from thinning import examples


def datum(name, system, ellipsoid):
    """The geographic part of a .prj."""
    return (
        f'GEOGCS["{system}",DATUM["{name}",SPHEROID[{ellipsoid}]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]]'
    )


GRS80 = '"GRS_1980",6378137.0,298.257222101'
RGF93 = datum("D_RGF_1993", "GCS_RGF_1993", GRS80)
UNKNOWN = datum("D_unknown", "GCS_unknown", GRS80)
WGS84 = datum("D_WGS_1984", "GCS_WGS_1984", '"WGS_1984",6378137.0,298.257223563')
ED50 = datum("D_European_1950", "GCS_European_1950", '"International_1924",6378388.0,297.0')
CLARKE = datum("unknown", "unknown", '"Clarke_1880_IGN",6378249.2,293.466021')
PROJ_STRING = (
    "+proj=lcc +lat_1=49 +lat_2=44 +lat_0=46.5 +lon_0=3 +x_0=700000 +y_0=6600000 +ellps=GRS80 "
    "+towgs84=0,0,0,0,0,0,0 +units=m"
)


def lambert(name, datum=RGF93, *, east=700_000, north=6_600_000, parallels=(49, 44), origin=46.5):
    """Lambert-93 as a .prj says it, or with other parameters."""
    return (
        f'PROJCS["{name}",{datum},PROJECTION["Lambert_Conformal_Conic"],'
        f'PARAMETER["False_Easting",{east}],PARAMETER["False_Northing",{north}],'
        f'PARAMETER["Central_Meridian",3],PARAMETER["Standard_Parallel_1",{parallels[0]}],'
        f'PARAMETER["Standard_Parallel_2",{parallels[1]}],'
        f'PARAMETER["Latitude_Of_Origin",{origin}],UNIT["Meter",1.0]]'
    )


def utm31(scale):
    return (
        f'PROJCS["WGS_1984_UTM_Zone_31N",{WGS84},PROJECTION["Transverse_Mercator"],'
        'PARAMETER["False_Easting",500000],PARAMETER["False_Northing",0],'
        f'PARAMETER["Central_Meridian",3],PARAMETER["Scale_Factor",{scale}],'
        'PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1.0]]'
    )


CC45 = {"east": 1_700_000, "north": 4_200_000, "parallels": (44.25, 45.75), "origin": 45}


def found(stated):
    return registered(Path("a.prj"), stated).to_string()


def refusal(stated):
    with pytest.raises(cdv_geo.DataError) as refused:
        registered(Path("a.prj"), stated)
    return str(refused.value)


@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019", "json", "no ids"])
@pytest.mark.parametrize("code", [*USUAL, "EPSG:3035", "EPSG:25831", "EPSG:3163", "IGNF:LAMB93"])
def test_an_honest_description_is_found_in_every_form(code, form):
    system = pyproj.CRS(code)
    if form == "json":
        text = system.to_json()
    else:
        text = system.to_wkt("WKT1_GDAL" if form == "no ids" else form)
    if form == "no ids":
        text = re.sub(r',AUTHORITY\["[^"]*","[^"]*"\]', "", text)
    assert metres_apart(registered(Path("a.prj"), text), system) < 0.01


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        (lambert("RGF_1993_Lambert_93"), "EPSG:2154"),
        (lambert("RGF_1993_Lambert_93", origin=46.500000001), "EPSG:2154"),
        (lambert("RGF_1993_Lambert_93", parallels=(44, 49)), "EPSG:2154"),
        (lambert("Projection de la ville"), "EPSG:2154"),
        (lambert("unnamed", UNKNOWN), "EPSG:2154"),
        (lambert("Lambert_Conformal_Conic", UNKNOWN), "EPSG:2154"),
        (lambert("unnamed", UNKNOWN, **CC45), "EPSG:3945"),
        (utm31(0.9996), "EPSG:32631"),
        (PROJ_STRING, "EPSG:2154"),
        ("EPSG:5698", "EPSG:2154"),  # with heights above the sea
    ],
)
def test_what_is_the_same_thing_is_found_by_its_parameters(stated, code):
    assert found(stated) == code


@pytest.mark.parametrize(
    ("stated", "apart"),
    [
        (lambert("RGF_1993_Lambert_93", east=699_000), "1,000 m"),
        (lambert("RGF_1993_Lambert_93", north=6_600_100), "100 m"),
        (lambert("RGF_1993_Lambert_93", north=6_600_002), "2 m"),
        (lambert("RGF_1993_Lambert_93", east=700_300, north=6_600_400), "500 m"),
        (lambert("RGF_1993_Lambert_93", origin=46.6), "11,1"),
        (lambert("RGF_1993_Lambert_93", parallels=(48.5, 44.5)), "m from where EPSG:2154"),
        (lambert("RGF_1993_Lambert_93", ED50), "m from where EPSG:2154"),
        (utm31(1), "2,1"),
    ],
)
def test_a_known_name_with_other_parameters_is_refused_with_both(stated, apart):
    said = refusal(stated)
    assert re.match(r"a\.prj calls its coordinate reference system “(RGF93 v1|WGS 84) / ", said)
    assert f"its parameters put places {apart}" in said or apart in said
    assert "which bears that name, has them; --crs states what is meant." in said


@pytest.mark.parametrize("name", ["RGF_1993_CC46", "Lambert_93", "NTF_Lambert_II_etendu"])
def test_the_parameters_of_one_system_under_the_name_of_another_are_refused_with_both(name):
    said = refusal(lambert(name, **CC45))
    assert "its parameters are those of EPSG:3945 (RGF93 v1 / CC45)" in said


@pytest.mark.parametrize(
    "stated",
    [
        lambert("Perso", east=700_500),
        lambert("Lambert_Conformal_Conic", UNKNOWN, east=700_500),
        lambert("unnamed", CLARKE),
        CLARKE,
        "+proj=longlat +ellps=bessel +nadgrids=/etc/hostname",
    ],
)
def test_parameters_of_no_system_are_called_by_no_false_name(stated):
    said = refusal(stated)
    assert "which is in no register" in said
    assert not re.search(r"ESRI:|IGNF:", said)


def test_a_code_with_other_parameters_is_refused():
    system = pyproj.CRS("EPSG:2154").to_json_dict()
    system["conversion"]["parameters"][0]["value"] = 47
    assert "from where EPSG:2154, which bears that name, has them" in refusal(system)


@settings(max_examples=examples(100))
@given(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000))
def test_lambert_93_is_found_exactly_where_its_origin_is_the_true_one(east, north):
    stated = lambert("RGF_1993_Lambert_93", east=700_000 + east, north=6_600_000 + north)
    if east == north == 0:
        assert found(stated) == "EPSG:2154"
    else:
        assert "which bears that name" in refusal(stated)


@pytest.mark.parametrize("moved", [False, True])
def test_the_code_and_the_description_in_a_geopackage_must_agree(tmp_path, moved):
    path = tmp_path / "lieux.gpkg"
    points((0, 0)).to_file(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        definition = lambert("RGF_1993_Lambert_93", east=700_000 + 500 * moved)
        database.execute(
            "UPDATE gpkg_spatial_ref_sys SET definition = ? WHERE srs_id = 2154", (definition,)
        )
        database.commit()
    if moved:
        with pytest.raises(cdv_geo.DataError, match=r"as EPSG:2154 and describes one, .* 500 m"):
            open_layer(path)
    else:
        assert open_layer(path).crs.to_string() == "EPSG:2154"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes with a name")
@pytest.mark.parametrize(
    "stated",
    [
        "+proj=longlat +ellps=clrk80ign +nadgrids={} +no_defs",
        "+init={}:2154",
        (
            'BOUNDCRS[SOURCECRS[GEOGCRS["NTF",DATUM["NTF",ELLIPSOID["Clarke 1880",6378249.2,'
            '293.466]],CS[ellipsoidal,2],AXIS["lon",east],AXIS["lat",north],UNIT["degree",0.0174532925199433]]],'
            'TARGETCRS[GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",'
            '6378137,298.257223563]],CS[ellipsoidal,2],AXIS["lat",north],AXIS["lon",east],UNIT["degree",'
            '0.0174532925199433],ID["EPSG",4326]]],ABRIDGEDTRANSFORMATION["x",METHOD["NTv2",'
            'ID["EPSG",9615]],PARAMETERFILE["Latitude and longitude difference file","{}"]]]'
        ),
    ],
)
def test_a_grid_or_a_file_that_a_description_names_is_not_opened(tmp_path, stated):
    """A pipe in its place would be waited for without end."""
    pipe = tmp_path / "grid.gsb"
    os.mkfifo(pipe)
    script = (
        "import sys, pathlib\nfrom cdv_geo.io.crs.crs_registers import registered\n"
        "try: print(registered(pathlib.Path('a'), sys.argv[1]).to_string())\n"
        "except Exception as error: print(type(error).__name__)"
    )
    command = [sys.executable, "-c", script, stated.format(pipe)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() in {"DataError", "EPSG:4275", "EPSG:4326", "OGC:CRS84"}, done.stderr
