from __future__ import annotations

import csv

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.bundled_files import resource_folder
from cdv_geo.faults import ACCEPTED, REJECTED
from cdv_geo.io.positions.lengths_and_scores import read_length
from cdv_geo.io.positions.stated_precision import (
    position_error,
    stated_precision,
    stating_columns,
    unread_statements,
)
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.tables.column_headers import plain_name
from cdv_geo.io.thing_batches import open_sources

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
        ("result_type", "city", 10_000), ("result_type", "hameau", 2000),
        ("result_score", "41 %", 10_000), ("result_score", "41", 10_000),
        ("result_score", "97", 0), ("geo_score", "0.3", 10_000),
        ("qualite_xy", "033", 10_000), ("qualite_xy", "33 - au hasard", 10_000),
        ("qualite_xy", "12 - au milieu de la voie", 300),
        ("precision_localisation", "mairie de la commune", 10_000),
        ("precision_localisation", "coordonnées approximatives", 10_000),
        ("precision_localisation", "Centroïde de la parcelle", 100),
        ("rayon", "ROOFTOP", 20), ("rayon", "> 500", 10_000),
        ("sourcecoordet", "8,ATLASANTE,CENTROIDE COMMUNE,LAMBERT_93", 10_000),
        ("match_level", "city", 10_000), ("appariement", "VILLE", 10_000),
        ("origine_xy", "centroïde de la commune", 10_000), ("xy_score", "0.2", 10_000),
        ("origine_xy", "Ville de Chambéry", 0),  # who says it
        ("coord_precision", "étrange", 10_000),
        ("match_type", "étrange", 0),  # perhaps no statement: said, and no more
    ],
)  # fmt: skip
def test_what_producers_say_is_brought_to_metres(column, value, metres):
    assert stated(**{column: [value]}).error_m.tolist() == [metres]


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("1 500", 1500), ("1\u202f500", 1500), ("1,5 km", 1500), ("± 20 m", 20), ("1,500", 1500),
        ("12.5", 12.5), ("<100", 100), ("3,5", 3.5), ("0", 0), ("50 cm", 0.5),
        ("500-1000", 1000), ("100 à 900 m", 900), ("5 kilomètres", 5000), ("1e3", 1000),
        ("à 500 m près", 500), ("1-2 km", 2000),
    ],
)  # fmt: skip
def test_a_distance_is_read_as_offices_write_it(text, metres):
    assert read_length(text) == metres


@pytest.mark.parametrize("text", ["", "m", "abc", "-5", "50 %", "> 500", "5-", "inf", "nan"])
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


def test_a_value_that_is_not_known_is_said_once_and_is_no_ground_for_certainty(tmp_path):
    header = "id;longitude;latitude;result_type"
    things = errors_of(tmp_path, header, f"a;{TOWN_HALL};nouveau", f"b;{TOWN_HALL};nouveau")
    assert things.error_m.tolist() == [10_000, 10_000]
    assert [(f.row, f.column) for f in things.notes] == [(2, "result_type")]
    assert things.notes[0].message == (
        "“nouveau” is no precision that is known; so 2 row(s) may be off by 10,000 m"
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


TERRITORY = {
    "publiée": 30.0, "Rue": 100.0, "approximative": 200.0, "géocodée": 1000.0,
    "géocodée, score 1": 30.0, "géocodée, score 0.9": 30.0, "géocodée, score 0.4": 60.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("publiée par la commune", 30), ("publiée par la commune, centroïde", 10_000),
        ("géocodée, score 0.96", 30), ("géocodée, score 0.95 (municipality)", 10_000),
        ("géocodée, score 10 %", 10_000), ("géocodée, score 0.12", 10_000),
        ("géocodée, score 0.45", 60), ("géocodée, score 0.65", 1000), ("géocodée, score 1", 30),
        ("géocodée à la commune", 10_000), ("Rue / Parfaite", 100), ("Rue / Mauvaise", 10_000),
        ("Rue du Centre, approximative", 200),
    ],
)  # fmt: skip
def test_words_of_roughness_widen_what_a_territory_says_of_the_beginning(text, metres):
    assert position_error(text, TERRITORY) == metres


@pytest.mark.parametrize(
    ("values", "metres"),
    [
        (["5", "1500"], [5, 1500]),
        (["5", None], [5, 0]),
        (["5", "Rue"], [10_000, 100]),  # metres, or a level?
        (["0.9", "5"], [10_000, 10_000]),  # a score?
    ],
)
def test_numbers_alone_are_metres_where_all_are_numbers_and_it_is_said(values, metres):
    found = stated(precision_position=values)
    assert found.error_m.tolist() == metres
    assert [(fault.row, fault.done) for fault in found.faults] == [(0, ACCEPTED)]
    table = pd.DataFrame({"precision_position": values}, dtype="str")
    of_folder = stated_precision(table, {"Rue": 100.0}, bare_metres=False)
    assert {fault.done for fault in of_folder.faults} == {REJECTED}


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_words_of_rough_places_in_a_column_that_is_not_read_are_pointed_to(tmp_path, ending):
    frame = gpd.GeoDataFrame(
        {
            "id": ["a", "b"],
            "methode": ["GPS", "centroïde de la commune"],
            "origine": ["Ville de Chambéry", "terrain"],
            "adresse": ["Place de la Mairie", "Centre ville"],
        },
        geometry=gpd.points_from_xy([5.917661, 5.917662], [45.591531, 45.591532]),
        crs=4326,
    )
    path = tmp_path / f"t.{ending}"
    table = pd.DataFrame(frame.drop(columns="geometry"))
    table = table.assign(longitude=frame.geometry.x, latitude=frame.geometry.y)
    table.to_csv(path, index=False) if ending == "csv" else frame.to_file(path)
    (source,) = open_sources([path], Reading(CRS, {}))
    (note,) = [note for note in source.notes if "exact" in note.message]
    assert note.message == ("methode: if this says how exact the positions are, it is not read")
