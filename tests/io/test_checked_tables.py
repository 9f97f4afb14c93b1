from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo import schemas
from cdv_geo.faults import ACCEPTED, REFUSED, REJECTED, REPAIRED, Fault, count_rows
from cdv_geo.io.checked_tables import check_perimeters, read_checked_table, read_perimeter_part
from cdv_geo.io.reading_context import Reading

from hostile_files.opening import open_layer
from squares import CRS, X0, Y0, perimeters, square

READING = Reading(CRS, {"exacte": 0.0, "rue": 50.0}, home=(5.8, 45.5, 6.0, 45.65))
HEADER = "id;nom;type;code_insee;longitude;latitude;precision_position;statut;source"
SOUND = "a;Un;crèche;73065;5,92001;45,57002;exacte;ouvert;liste"


def table(tmp_path, *rows, header=HEADER):
    path = tmp_path / "t.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return read_checked_table(path, schemas.EQUIPMENT, READING, key=("id",))


def counts(found):
    numbers = found.counts()
    assert numbers["input"] == sum(numbers[done] for done in (ACCEPTED, REPAIRED, REJECTED))
    assert len(found.frame) == numbers["accepted"] + numbers["repaired"]
    return tuple(numbers[done] for done in (ACCEPTED, REPAIRED, REJECTED))


def layer(tmp_path, frame):
    path = tmp_path / "p.gpkg"
    frame.to_file(path)
    return check_perimeters(open_layer(path), READING)


def test_a_sound_row_is_accepted_as_it_stands(tmp_path):
    found = table(tmp_path, SOUND)
    assert (counts(found), found.faults) == ((1, 0, 0), [])
    assert found.frame["nom"].tolist() == ["Un"]
    assert found.detected["crs"] == "EPSG:4326"


@pytest.mark.parametrize(
    ("row", "column", "done"),
    [
        ("b;Deux;crèche;1004;5,92001;45,57002;exacte;ouvert;liste", "code_insee", REPAIRED),
        (";Deux;crèche;73065;5,92001;45,57002;exacte;ouvert;liste", "id", REJECTED),
        ("b;;crèche;73065;5,92001;45,57002;exacte;ouvert;liste", "nom", REJECTED),
        ("b;Deux;crèche;73O65;5,92001;45,57002;exacte;ouvert;liste", "code_insee", REJECTED),
        ("b;Deux;crèche;73065;ici;45,57002;exacte;ouvert;liste", "longitude", REJECTED),
        ("b;Deux;crèche;73065;5,92001;;exacte;ouvert;liste", "longitude", REJECTED),
        ("b;Deux;crèche;73065;45,57002;5,92001;;ouvert;liste", "longitude and latitude", REJECTED),
        (
            "b;Deux;crèche;73065;5,92001;45,57002;au jugé;ouvert;liste",
            "precision_position",
            REJECTED,
        ),
        ("b;Deux;crèche;73065;5,92001;45,57002;exacte;peut-être;liste", "statut", REJECTED),
        ("a;Deux;crèche;73065;5,92001;45,57002;exacte;ouvert;liste", "id", REJECTED),
        ("b;Deux", "", REJECTED),
    ],
)
def test_a_row_at_fault_is_told_by_its_number_and_column(tmp_path, row, column, done):
    found = table(tmp_path, SOUND, row)
    assert counts(found) == ((1, 1, 0) if done == REPAIRED else (1, 0, 1))
    assert (3, column, done) in [(f.row, f.column, f.done) for f in found.faults]
    assert {fault.row for fault in found.faults} == {3}


def test_a_row_that_stands_twice_in_all_columns_is_said_to_be_so(tmp_path):
    found = table(tmp_path, "Un;gare", "Deux;gare", "Un;gare", header="nom;type")
    assert counts(found) == (2, 0, 1)
    assert [(f.row, f.message) for f in found.faults] == [
        (4, "the row is the same as an earlier one")
    ]


def test_an_id_stands_for_its_first_row_even_where_that_one_is_rejected(tmp_path):
    broken = SOUND.replace("ouvert", "peut-être")
    found = table(tmp_path, broken, SOUND)
    assert counts(found) == (0, 0, 2)


def test_two_rows_without_id_are_not_said_to_bear_the_same(tmp_path):
    row = SOUND.removeprefix("a")
    messages = [f.message for f in table(tmp_path, row, row.replace("Un", "Deux")).faults]
    assert messages == ["a value is required"] * 2


def test_what_is_set_apart_is_counted_beside_the_rows(tmp_path):
    found = table(tmp_path, SOUND, "", ";;;;;;;;", HEADER, "Source : ville;;;;;;;;")
    assert counts(found) == (1, 0, 0)
    assert found.apart == {"blank": 2, "title": 2}


def test_places_come_in_metres_and_only_of_the_rows_that_are_kept(tmp_path):
    found = table(
        tmp_path, SOUND, SOUND.replace("a;", "b;", 1).replace("5,92001;45,57002", ";"),
        SOUND.replace("a;", "c;", 1).replace("ouvert", "?"),
    )  # fmt: skip
    (x, y), *rest = zip(found.x, found.y, strict=True)
    assert (round(x / 1000), round(y / 1000)) == (928, 6501)
    assert np.isnan(rest).all()
    assert len(rest) == 1


FAULTS = st.lists(
    st.builds(
        Fault,
        st.one_of(st.none(), st.integers(2, 11)),
        st.just("nom"),
        st.just("odd"),
        st.just(""),
        st.sampled_from([ACCEPTED, REPAIRED, REJECTED, REFUSED]),
    )
)


@given(FAULTS)
def test_counts_add_up_whatever_was_found(faults):
    found = count_rows(10, faults)
    assert found["input"] == 10 == sum(found[done] for done in (ACCEPTED, REPAIRED, REJECTED))
    assert min(found.values()) >= 0
    assert found["rejected"] == len({f.row for f in faults if f.done == REJECTED} - {None})


def test_perimeters_are_kept_repaired_or_rejected_and_none_is_lost(tmp_path):
    bow_tie = shapely.Polygon(
        [(X0 + x, Y0 + y) for x, y in ((0, 0), (100, 100), (100, 0), (0, 100))]
    )
    frame = perimeters(
        {"code": "A", "geometry": square(0, 0, 100)},
        {"code": "B", "geometry": bow_tie},
        {"code": "C", "geometry": square(0, 0, 5)},
        {"code": "D"},
        {"code": "E", "type": "zus", "geometry": square(500, 0, 100)},
    )
    found = layer(tmp_path, frame)
    assert counts(found) == (2, 1, 2)
    assert found.frame["code"].tolist() == ["A", "B", "D"]
    assert {(f.row, f.column) for f in found.faults if f.done == REJECTED} == {
        (3, "geometry"),
        (5, "type"),
    }


def test_a_code_that_stands_twice_in_one_generation_refuses_the_layer(tmp_path):
    rows = [{"code": "A", "geometry": square(left, 0, 100)} for left in (0, 500)]
    with pytest.raises(cdv_geo.DataError, match="“A / 2024” stands twice"):
        layer(tmp_path, perimeters(*rows))
    both = layer(tmp_path, perimeters(rows[0], {**rows[1], "generation": 2015}))
    assert counts(both) == (2, 0, 0)


def test_codes_as_the_state_publishes_them_are_read(tmp_path):
    frame = gpd.GeoDataFrame(
        {"code_qp": ["QN1"], "lib_qp": ["Un"], "insee_com": ["1004"]},
        geometry=[square(0, 0, 100)],
        crs=CRS,
    )
    found = layer(tmp_path, frame)
    assert found.frame[["code", "nom", "code_insee"]].to_numpy().tolist() == [
        ["QN1", "Un", "01004"]
    ]
    assert counts(found) == (0, 1, 0)


def test_numbers_as_codes_and_a_missing_code_are_read(tmp_path):
    frame = gpd.GeoDataFrame(
        {"code": [73.0, np.nan], "nom": ["Un", "Deux"]},
        geometry=[square(0, 0, 100), square(500, 0, 100)],
        crs=CRS,
    )
    found = layer(tmp_path, frame)
    assert found.frame["code"].tolist() == ["73"]
    assert [(f.row, f.column) for f in found.faults if f.done == REJECTED] == [(2, "code")]


def test_a_layer_without_code_and_name_is_no_layer_of_perimeters(tmp_path):
    frame = gpd.GeoDataFrame({"zone": ["A"]}, geometry=[square(0, 0, 100)], crs=CRS)
    with pytest.raises(
        cdv_geo.DataError, match=r"neither “code” .* nor “nom”; its columns are zone"
    ):
        layer(tmp_path, frame)


def test_outlines_whose_corners_were_rounded_are_said(tmp_path):
    path = tmp_path / "q.geojson"
    ring = [[5.9, 45.57], [5.91, 45.57], [5.91, 45.58], [5.9, 45.57]]
    feature = {
        "type": "Feature",
        "properties": {"code": "Q", "nom": "Nord"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (said,) = [f.message for f in read_perimeter_part(path, READING).faults if f.row is None]
    assert said == "the positions are given to 2 decimals: each may be off by some 679 m"
