from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cdv_geo
from cdv_geo import schemas
from cdv_geo.io.open_options import read_column_names
from cdv_geo.io.positions.unread_position_columns import named_pairs
from cdv_geo.io.tables.column_headers import (
    SYNONYMS,
    cut_name,
    find_header,
    known_name,
    match_columns,
    named_as_communes,
    plain_name,
    unread_synonyms,
    with_cited_codes,
)

PATH = Path("t.csv")
NAMED = sorted(
    {
        column.name
        for table in (schemas.ACTIONS, schemas.EQUIPMENT, schemas.PERIMETERS, schemas.INDICATORS)
        for column in table
    }
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Intitulé de l'action", "intitule_de_l_action"),
        ("INTITULÉ DE L’ACTION", "intitule_de_l_action"),
        ("  Code\u00a0INSEE (commune) ", "code_insee_commune"),
        ("Quartier(s)", "quartier_s"),
        ("Nom de l'œuvre", "nom_de_l_oeuvre"),
        ("e\u0301tat", "etat"),
        ("code\ncommune", "code_commune"),
        ("€ 2024", "2024"),
        ("***", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_accents_case_and_marks(text, plain):
    assert plain_name(text) == plain


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("code_qp", "code"), ("NOM_QP", "nom"), ("insee_com", "code_insee"),
        ("Longitude", "longitude"), ("lng", "longitude"), ("X_L93", "x"),
        ("geo_point_2d", "coordonnees"), ("nomBeneficiaire", "porteur"),
        ("Quartier(s)", "territoires_cites"),
        ("Quartier", "quartier_cite"), ("Exercice", "annee"), ("COLL_NOM", None), ("", None),
        ("Action", "intitule"), ("stop_lon", "longitude"), ("y_latitude", "latitude"),
        ("result_citycode", None), ("plg_code_commune", "code_insee"),
        ("Identifiant_de_l_etablissement", "id"), ("numequip", "id"), ("full_id", "id"),
        ("Nom_etablissement", "nom"), ("name", "nom"), ("equip_x", "x"),
        ("Geo Shape", "coordonnees"), ("coordonnees_lat", "latitude"), ("GPS X", "x"),
        ("EquGpsY", "y"), ("result_x", "x"), ("EquNumero", "id"), ("EquNom", "nom"),
        ("coordonneeLambertOrdonneeEtablissement", "y"), ("ComInsee", "code_insee"),
        ("code_postal", None), ("Code postal", None), ("cp", None), ("nom_officiel", None),
    ],
)  # fmt: skip
def test_columns_are_known_by_the_names_that_offices_give_them(text, known):
    assert known_name(text) == known


@pytest.mark.parametrize("name", NAMED)
def test_every_column_of_a_schema_is_known_by_its_own_name(name):
    assert known_name(name) == name


def test_no_synonym_stands_for_two_columns():
    names = [other for name, others in SYNONYMS.items() for other in (name, *others)]
    assert sorted(set(names)) == sorted(names)
    assert [plain_name(name) for name in names] == names


def test_the_very_name_goes_before_its_synonyms():
    assert match_columns(PATH, ["code_qp", "code", "Nom_QP"], {}) == {
        "code": "code",
        "Nom_QP": "nom",
    }


def test_two_columns_that_read_as_one_are_refused_unless_it_is_stated():
    names = ["lat", "gps_lat"]
    with pytest.raises(cdv_geo.DataError, match="“lat” and “gps_lat” both read as “latitude”"):
        match_columns(PATH, names, {})
    assert match_columns(PATH, names, {"lat": "latitude", "gps_lat": "autre"}) == {
        "lat": "latitude",
        "gps_lat": "autre",
    }


@pytest.mark.parametrize(
    ("names", "read", "unread"),
    [
        (["dateConvention", "exercice"], {"exercice": "annee"}, "dateConvention"),
        (["Geo Shape", "Geo Point"], {"Geo Point": "coordonnees"}, "Geo Shape"),
        (["plg_code_commune", "insee_com"], {"insee_com": "code_insee"}, "plg_code_commune"),
        (["osm_id", "full_id"], {"full_id": "id"}, "osm_id"),
        (["nom_qp", "Nom"], {"Nom": "nom"}, "nom_qp"),
        (["objet", "titre"], {"titre": "intitule"}, "objet"),
        (["structure", "association"], {"association": "porteur"}, "structure"),
        (["gps_x", "X_L93"], {"X_L93": "x"}, "gps_x"),
        (["result_latitude", "y_latitude"], {"y_latitude": "latitude"}, "result_latitude"),
    ],
)
def test_of_two_names_the_better_one_is_read_and_the_other_is_said(names, read, unread):
    assert match_columns(PATH, names, {}) == read
    (note,) = unread_synonyms(names, read)
    assert note.message == f"the column “{unread}” is not read: “{next(iter(read))}” is there too"


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["lat_corrigee", "lon_corrigee"], [("lon_corrigee", "lat_corrigee")]),
        (["XLieu", "YLieu"], [("XLieu", "YLieu")]),
        (["Lieu X", "Lieu Y", "x2", "y2"], [("Lieu X", "Lieu Y"), ("x2", "y2")]),
        (
            ["coordonneeAbscisse", "coordonneeOrdonnee"],
            [("coordonneeAbscisse", "coordonneeOrdonnee")],
        ),
        (["relation_lat", "relation_long"], [("relation_long", "relation_lat")]),
        (["lat_a", "lon_b", "plateforme", "prix", "colonne"], []),
    ],
)
def test_two_columns_may_be_a_pair_if_their_names_differ_by_the_axis_alone(names, pairs):
    assert named_pairs(names) == pairs


def test_a_column_called_point_holds_positions_in_the_register_of_buildings_alone():
    assert match_columns(PATH, ["rnb_id", "point"], {}) == {"rnb_id": "id", "point": "coordonnees"}
    assert match_columns(PATH, ["id", "point"], {}) == {"id": "id"}


def test_the_number_of_an_establishment_is_no_id_of_an_action():
    assert match_columns(PATH, ["siret", "name"], {}) == {"siret": "id", "name": "nom"}
    assert match_columns(PATH, ["siret", "objet"], {}) == {"objet": "intitule"}


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (["code_insee", "nom_officiel"], ["code_insee", "nom"]),
        (["code", "nom"], ["code_insee", "nom"]),
        (["code_insee", "NOM_COM"], ["code_insee", "nom"]),
        (["code_insee", "nom", "code", "libelle"], ["code_insee", "nom", "code", "libelle"]),
        (["code_postal", "nom"], ["code_postal", "nom"]),
    ],
)
def test_the_columns_of_a_layer_of_communes_bear_other_names(names, known):
    assert list(named_as_communes(pd.DataFrame(columns=names))) == known


def test_what_is_stated_goes_first_and_has_to_be_there():
    assert match_columns(PATH, ["nom", "Bénéficiaire"], {"nom": "porteur", "Bénéficiaire": "nom"})
    with pytest.raises(cdv_geo.DataError, match="has no column “Nom”, which is stated"):
        match_columns(PATH, ["nom"], {"Nom": "porteur"})


def test_a_column_that_is_stated_to_be_what_another_is_leaves_no_doubt():
    stated = match_columns(PATH, ["lat", "y_wgs84"], {"y_wgs84": "latitude"})
    assert stated["y_wgs84"] == "latitude"
    assert stated.get("lat", "lat") == "lat"


def test_names_of_the_schema_stand_for_themselves_and_for_no_synonym():
    assert match_columns(PATH, ["quartier", "code"], {}, ["quartier", "code"]) == {
        "quartier": "quartier",
        "code": "code",
    }


@pytest.mark.parametrize(
    ("rows", "position"),
    [
        ([["id", "nom"], ["1", "a"]], 0),
        ([["Actions 2024"], [], ["id", "intitule"], ["1", "a"]], 2),
        ([["Actions", "2024"], ["édition", "mars"], ["id", "intitule"], ["1", "a"]], 2),
        ([["Carrés"], ["a", "b"], ["1", "2"], ["3", "4"]], 1),
        ([["a", "b"], ["1", "2"]], 0),
        ([["a"]], 0),
        # of two rows with names that are known, the fuller one
        ([["nom", ""], ["nom", "id"], ["a", "1"]], 1),
        # a place called like a column is no header
        ([["code", "nom"], ["QN1", "Titre"], ["QN2", "Total"]], 0),
    ],
)
def test_the_header_is_found_below_titles(rows, position):
    assert find_header(rows) == position


def test_a_file_says_which_column_is_which(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('[columns]\n"Nom de l\'association" = "porteur"\n', encoding="utf-8-sig")
    assert read_column_names(path) == {"Nom de l'association": "porteur"}


@pytest.mark.parametrize(
    "text",
    [
        "", "[columns]\n", "[columns]\na = 1\n", "columns = 3\n", '[columns]\na = "b"\n[x]\n',
        "[columns", "a = b\n",
    ],
)  # fmt: skip
def test_a_file_that_says_something_else_of_columns_is_refused(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(cdv_geo.DataError, match=r"c\.toml (is not accepted|is not valid TOML)"):
        read_column_names(path)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("quartier_c", "quartier_cite"),
        ("territoire", "territoires_cites"), ("quartier", None), ("zzzzzzzzzz", None),
    ],
)  # fmt: skip
def test_a_name_that_was_cut_is_known_by_its_beginning(name, known):
    assert cut_name(name, 10) == known


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (["id", "nom", "code_qp"], "quartier_cite"),
        (["intitule", "quartier", "code_qpv"], "territoires_cites"),
        (["code_qp", "nom_qp", "population"], "code"),  # a list of QPV
        (["code_qp", "indicateur", "valeur", "id"], "code"),
        (["id", "code"], "code"),  # of anything
    ],
)
def test_the_code_of_a_qpv_is_a_quartier_that_is_named_in_a_table_of_things(names, known, tmp_path):
    found = with_cited_codes(match_columns(tmp_path, names, {}), {})
    (bearer,) = [name for name in names if name.startswith("code")]
    assert found[bearer] == known
