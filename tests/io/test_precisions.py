from __future__ import annotations

import csv

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.faults import REJECTED
from cdv_geo.io.headers import plain_name
from cdv_geo.io.precisions import (
    position_error,
    read_length,
    stated_precision,
    stating_columns,
    unread_statements,
)
from cdv_geo.io.reading import Reading
from cdv_geo.io.sources import open_sources
from cdv_geo.resources import resource_folder

from squares import CRS

TOWN_HALL = "5.91766;45.59153"


def stated(**columns):
    return stated_precision(pd.DataFrame(columns, dtype="str"), {"Rue": 100.0})


def errors_of(tmp_path, header, *rows):
    path = tmp_path / "lieux.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    (source,) = open_sources([path], Reading(CRS, {"Rue": 100.0}))
    (things,) = source.batches()
    return things


def test_every_line_of_the_table_says_its_reason_and_names_columns_as_they_are_compared():
    path = resource_folder("data") / "reference" / "precisions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        assert line["source"]
        assert line["motif"]
        assert [plain_name(name) for name in line["colonne"].split(";")] == line["colonne"].split(
            ";"
        )
        assert (line["metres"] == "") == (line["valeur"] == "en mètres")


@pytest.mark.parametrize(
    ("column", "value", "metres"),
    [
        ("result_type", "housenumber", 20), ("result_type", "street", 300),
        ("result_type", "locality", 2000), ("result_type", "municipality", 10_000),
        ("Result_Type", "Municipality", 10_000),
        ("result_score", "0.41", 10_000), ("result_score", "0,62", 1000),
        ("result_score", "0.8", 50), ("result_score", "0.97", 0), ("result_score", "1", 0),
        ("result_status", "not-found", 10_000), ("type_position", "entrée", 20),
        ("qualite_xy", "11", 20), ("qualite_xy", "33", 10_000), ("qualite_xy", "33.0", 10_000),
        ("QUALITE_XY", "Mauvaise", 10_000), ("QUALITE_GEOLOC", "12", 300),
        ("distance_precision", "1500", 1500), ("accuracy", "1,5 km", 1500), ("rayon", "50 m", 50),
        ("precision_localisation", "Numéro de rue", 20), ("precision_localisation", "Rue", 300),
        ("precision_localisation", "Lieu-dit", 2000),
        ("precision_localisation", "Ville / Commune", 10_000),
        ("precision_localisation", "COORDONNEES SAISIES", 100),
        ("result_typ", "municipality", 10_000),  # as a Shapefile cuts it
    ],
)  # fmt: skip
def test_what_producers_say_is_brought_to_metres(column, value, metres):
    assert stated(**{column: [value]}).error_m.tolist() == [metres]


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("1 500", 1500), ("1\u202f500", 1500), ("1,5 km", 1500), ("± 20 m", 20), ("1,500", 1500),
        ("12.5", 12.5), ("<100", 100), ("3,5", 3.5), ("0", 0), ("50 cm", 0.5),
    ],
)  # fmt: skip
def test_a_distance_is_read_as_offices_write_it(text, metres):
    assert read_length(text) == metres


@pytest.mark.parametrize("text", ["", "m", "abc", "-5", "50 %", "1e9", "10-20", "inf", "nan"])
def test_what_is_no_distance_is_none(text):
    assert np.isnan(read_length(text))


def test_of_several_statements_the_widest_counts_and_is_named():
    found = stated(result_type=["street", "housenumber"], result_score=["0.97", "0.41"])
    assert found.error_m.tolist() == [300, 10_000]
    named = [found.statements[number] for number in found.statement]
    assert named == ["result_type is street", "result_score is 0.41"]


def test_of_statements_that_are_worth_the_same_the_one_that_says_more_is_named():
    found = stated(result_score=["0.41"], result_type=["municipality"])
    assert found.statements[found.statement[0]] == "result_type is municipality"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "Rue", "Rue / Parfaite"]),
            st.sampled_from([None, "street", "municipality", "housenumber", "étrange"]),
            st.sampled_from([None, "0.3", "0.7", "0.95", "n/a"]),
            st.sampled_from([None, "5", "1 500", "2 km", "?"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_statement_widens_an_error_and_never_narrows_it(rows):
    names = ["precision_position", "result_type", "result_score", "distance_precision"]
    table = pd.DataFrame(rows, columns=names, dtype="str")
    alone = [stated_precision(table[[name]], {"Rue": 100.0}).error_m for name in names]
    together = stated_precision(table, {"Rue": 100.0})
    assert together.error_m.tolist() == np.max(alone, axis=0).tolist()
    wider = together.widened(np.full(len(rows), 500.0), "rounded").error_m
    assert wider.tolist() == np.maximum(together.error_m, 500).tolist()


def test_what_a_territory_says_of_its_words_goes_first():
    assert position_error("Rue / Parfaite", {"Rue": 100.0}) == 100
    assert position_error("Rue", {}) == 300
    assert position_error("municipality", {"Rue": 100.0}) == 10_000
    assert position_error("250 m", {"Rue": 100.0}) == 250
    assert np.isnan(position_error("250", {"Rue": 100.0}))  # metres, or a level?


def test_a_value_that_is_not_known_is_said_once_and_changes_nothing(tmp_path):
    header = "id;longitude;latitude;result_type"
    things = errors_of(tmp_path, header, f"a;{TOWN_HALL};nouveau", f"b;{TOWN_HALL};nouveau")
    assert things.error_m.tolist() == [0, 0]
    assert [(f.row, f.column) for f in things.notes] == [(2, "result_type")]
    assert things.notes[0].message == (
        "“nouveau” is no precision that is known; it says nothing of 2 row(s)"
    )


def test_columns_that_look_like_statements_and_are_not_read_are_named():
    (note,) = unread_statements(["id", "qualite_iris", "result_score", "indice_confiance"])
    assert note.message == (
        "qualite_iris, indice_confiance: if this says how exact the positions are, it is not read"
    )
    assert unread_statements(["id", "nom", "precision_position", "qualite_xy"]) == []
    assert stating_columns(["id", "score", "QUALITE_XY"]) == ["QUALITE_XY"]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "gpkg", "geojson", "plain.parquet"])
def test_every_format_states_its_precision_alike(tmp_path, ending):
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b"], "result_type": ["housenumber", "municipality"], "qualite_xy": [11, 12]},
        geometry=gpd.points_from_xy([5.917661, 5.917662], [45.591531, 45.591532]),
        crs=4326,
    )
    path = tmp_path / f"t.{ending}"
    table = pd.DataFrame(frame.drop(columns="geometry"))
    table = table.assign(longitude=frame.geometry.x, latitude=frame.geometry.y)
    writers = {
        "csv": lambda: table.to_csv(path, index=False),
        "xlsx": lambda: table.to_excel(path, index=False),
        "plain.parquet": lambda: table.to_parquet(path),
        "parquet": lambda: frame.to_parquet(path),
    }
    writers.get(ending, lambda: frame.to_file(path))()
    (source,) = open_sources([path], Reading(CRS, {}))
    (things,) = source.batches()
    assert things.error_m.tolist() == [20, 10_000]
    assert not [fault for fault in things.notes if fault.done == REJECTED]
