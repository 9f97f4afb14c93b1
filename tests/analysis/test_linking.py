from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.analysis.containment import overlapping

from squares import CRS, perimeters, points, square


@pytest.fixture
def table():
    return perimeters(
        {"code": "Q1", "nom": "Le Carré", "geometry": square(500, 500, 100)},
        {"code": "Q2", "nom": "Le Rond", "geometry": square(2500, 500, 100), "communes": "73002"},
        {
            "code": "V1",
            "nom": "La Source",
            "type": "veille_active",
            "generation": 2015,
            "communes": "73002",
        },
    )


def rows_of(linking, thing):
    links = linking.links[linking.links["id"] == thing]
    columns = ["code", "basis", "within_m", "status"]
    return [tuple(None if pd.isna(v) else v for v in row) for row in links[columns].to_numpy()]


def link(things, table, communes, **options):
    return cdv_geo.link(things, table, communes, generation=2024, **options)


def test_declared_inside_and_within_are_three_rows(table, communes):
    things = points((550, 550), territoires_cites=["Carré"])
    assert rows_of(link(things, table, communes, within=300), "p0") == [
        ("Q1", "declared", None, "certain"),
        ("Q1", "inside", None, "certain"),
        ("Q1", "within", 300.0, "certain"),
    ]


def test_within_keeps_the_distance_and_several_distances_are_several_rows(table, communes):
    links = link(points((900, 550)), table, communes, within=(200, 300, 500)).links
    near = links[links["basis"] == "within"]
    assert near["within_m"].tolist() == [300, 500]  # 300 m from the edge at x = 600
    assert near["distance_m"].tolist() == [300, 300]


def test_within_is_measured_to_the_outline_and_not_to_a_polygon_of_chords(table, communes):
    # 299.99 m from the corner (600, 600), in the direction between two chords of a buffer
    things = points((600 + 299.99 * 0.995, 600 + 299.99 * 0.0998))
    assert ("Q1", "within", 300.0, "certain") in rows_of(
        link(things, table, communes, within=300), "p0"
    )


def test_a_commune_named_is_declared_wide_for_all_its_perimeters(table, communes):
    things = points(None, territoires_cites=["Amont"], portee=["commune"])
    assert rows_of(link(things, table, communes), "p0") == [
        ("Q2", "declared_wide", None, "certain"),
        ("V1", "declared_wide", None, "certain"),
        (None, "inside", None, "undetermined"),
    ]


@pytest.mark.parametrize(
    ("scope", "codes"),
    [("veille active", ["V1"]), ("contrat", ["Q1", "Q2", "V1"]), ("inconnue", [])],
)
def test_a_wide_scope_is_declared_wide(table, communes, scope, codes):
    things = points(None, territoires_cites=[None], portee=[scope])
    links = link(things, table, communes).links
    assert links.loc[links["basis"] == "declared_wide", "code"].tolist() == codes


def test_a_thing_in_a_commune_with_a_hidden_perimeter_may_be_inside_it(table, communes):
    links = link(points((3500, 1500)), table, communes).links
    assert links[["code", "status", "reason"]].to_numpy().tolist() == [
        ["V1", "undetermined", "the perimeter has no outline"]
    ]


@pytest.mark.parametrize(
    ("place", "verdict"),
    [((550, 550), "agrees"), ((900, 900), "disagrees"), ((602, 550), "undetermined"), (None, None)],
)
def test_a_declaration_is_held_against_the_place(communes, place, verdict):
    rough = perimeters({"code": "Q1", "geometry": square(500, 500, 100), "precision_m": 5.0})
    links = link(points(place, quartier_cite=["Q1"]), rough, communes).links
    found = links.loc[links["basis"] == "declared", "agreement"].iloc[0]
    assert (None if pd.isna(found) else found) == verdict


def test_an_ambiguous_name_gives_undetermined_links_to_every_candidate(territory):
    things = gpd.GeoDataFrame(
        {"id": ["a"], "territoires_cites": ["Épinettes"]}, geometry=[None], crs=CRS
    )
    linking = territory.link(things)
    declared = linking.links[linking.links["basis"] == "declared"]
    assert declared[["code", "status"]].to_numpy().tolist() == [
        ["QVA-73030-epinettes", "undetermined"],
        ["QVA-73213-epinettes", "undetermined"],
    ]
    assert linking.counts()["unlinked"] == 1


def test_an_unknown_name_is_said_and_not_lost(table, communes):
    linking = link(points((5, 5), territoires_cites=["Nulle Part"]), table, communes)
    outcome = linking.outcomes.iloc[0]
    assert outcome["outcome"] == "unlinked"
    assert "“Nulle Part” is not a known quartier" in outcome["reason"]


def test_rows_that_cannot_be_linked_are_rejected_with_the_reason(table, communes):
    things = points((550, 550), (551, 550), (552, 550))
    things["id"] = ["a", "a", None]
    outcomes = link(things, table, communes).outcomes
    assert outcomes["outcome"].tolist() == ["linked", "rejected", "rejected"]
    assert outcomes["reason"].tolist()[1:] == ["its id stands on an earlier row", "it has no id"]


def test_nothing_is_mutated(table, communes):
    things = points((550, 550), territoires_cites=["Le Carré"])
    copies = things.copy(), table.copy(), communes.copy()
    link(things, table, communes, within=300)
    for frame, copy in zip((things, table, communes), copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_no_things_at_all_is_an_empty_table(table, communes):
    linking = link(points(), table, communes, within=300)
    assert linking.counts() == {
        "input": 0,
        "linked": 0,
        "unlinked": 0,
        "undetermined": 0,
        "rejected": 0,
    }
    assert "basis" in linking.links


places = st.none() | st.tuples(st.floats(-500, 4500), st.floats(-500, 2500))
names = st.sampled_from(["Le Carré", "rond", "Amont", "Nulle Part", "La Source;Le Rond", None])


@given(st.lists(st.tuples(places, names), max_size=12), st.sampled_from([(), (300,), (100, 900)]))
def test_input_is_always_linked_plus_unlinked_plus_rejected(rows, within):
    table = perimeters(
        {"code": "Q1", "nom": "Le Carré", "geometry": square(500, 500, 100), "precision_m": 9.0},
        {"code": "Q2", "nom": "Le Rond", "geometry": square(600, 500, 100), "communes": "73002"},
        {"code": "V1", "nom": "La Source", "type": "veille_active", "communes": "73002"},
    )
    communes = gpd.GeoDataFrame(
        {"code_insee": ["73001", "73002"], "nom": ["Aval", "Amont"]},
        geometry=[square(0, 0, 2000), square(2000, 0, 2000)],
        crs=CRS,
    )
    things = points(*(place for place, _ in rows), territoires_cites=[name for _, name in rows])
    linking = link(things, table, communes, within=within)
    counts = linking.counts()
    assert counts["input"] == len(rows)
    assert counts["input"] == counts["linked"] + counts["unlinked"] + counts["rejected"]
    sure = linking.links[linking.links["status"] == "certain"]
    assert counts["linked"] == sure["id"].nunique()
    # one row per thing, perimeter and basis
    key = ["id", "code", "basis", "within_m", "quartier"]
    assert not linking.links.duplicated(key).any()
    # what is certainly inside is certainly near
    inside = set(sure.loc[sure["basis"] == "inside", ["id", "code"]].itertuples(index=False))
    for distance in within:
        near = linking.links[linking.links["within_m"] == distance]
        assert inside <= set(near[["id", "code"]].itertuples(index=False))


communes_stated = st.sampled_from([None, "73001", "73002", "75056"])
placed_things = st.tuples(places, names, st.sampled_from([0.0, 9.0, 300.0]), communes_stated)


@given(st.lists(placed_things, max_size=6), st.sampled_from([(), (300,), (100, 900)]))
def test_what_a_thing_is_linked_to_does_not_depend_on_the_others(rows, within):
    table = perimeters(
        {"code": "Q1", "nom": "Le Carré", "geometry": square(500, 500, 100), "precision_m": 9.0},
        {"code": "Q2", "nom": "Le Rond", "geometry": square(600, 500, 100), "communes": "73002"},
        {"code": "V1", "nom": "La Source", "type": "veille_active", "communes": "73002"},
        {"code": "V2", "nom": "Le Puits", "type": "veille_active", "communes": "73001;73002"},
    )
    communes = gpd.GeoDataFrame(
        {"code_insee": ["73001", "73002"], "nom": ["Aval", "Amont"]},
        geometry=[square(0, 0, 2000), square(2000, 0, 2000)],
        crs=CRS,
    )
    things = points(
        *(place for place, *_ in rows),
        territoires_cites=pd.Series([name for _, name, *_ in rows], dtype="str"),
        position_error_m=[error for *_, error, _ in rows],
        code_insee=pd.Series([code for *_, code in rows], dtype="str"),
    )
    together = link(things, table, communes, within=within)
    alone = [link(things.iloc[[row]], table, communes, within=within) for row in range(len(rows))]
    links = [linking.links for linking in alone]
    if links:
        pd.testing.assert_frame_equal(pd.concat(links, ignore_index=True), together.links)
    reasons = [linking.outcomes["reason"].astype("str").iloc[0] for linking in alone]
    assert pd.Series(reasons, dtype="str").equals(together.outcomes["reason"].astype("str"))


def test_a_place_that_contradicts_its_commune_goes_by_its_place(table, communes):
    # V1 lies somewhere in Amont, which begins at x = 2000; the place is 150 m west of it
    for within, found in (((), []), ((100,), []), ((200,), [200])):
        things = points((1850, 1500), code_insee=["73002"])
        links = link(things, table, communes, within=within).links
        assert links.loc[links["code"] == "V1", "within_m"].tolist() == found


def test_a_place_deep_in_another_commune_than_stated_is_not_lost(communes):
    hidden = perimeters({"code": "V1", "type": "veille_active", "communes": "73001"})
    linking = link(points((500, 500), code_insee=["73002"]), hidden, communes)
    assert linking.links[["code", "status"]].to_numpy().tolist() == [["V1", "undetermined"]]
    assert linking.outcomes["finding"].notna().all()


# The embedded data, by hand.


def test_every_action_is_accounted_for(territory):
    linking = territory.link(territory.actions)
    # 46 actions: 14 of unknown scope, which name nothing and have no position
    assert (territory.actions["portee"] == "inconnue").sum() == 14
    assert linking.counts() == {
        "input": 46,
        "linked": 32,
        "unlinked": 14,
        "undetermined": 14,
        "rejected": 0,
    }


def declared(territory, thing):
    links = territory.link(territory.actions).links
    rows = links[(links["id"] == thing) & links["basis"].str.startswith("declared")]
    return {
        (row.code, row.basis, row.quartier) for row in rows.astype(object).fillna("").itertuples()
    }


def test_an_action_for_bellevue_and_one_for_biollay_stay_two_lists(territory):
    assert declared(territory, "ac-002") == {("QN07301M", "declared", "Bellevue")}
    assert declared(territory, "ac-003") == {("QN07301M", "declared", "Biollay")}


def test_an_action_for_three_quartiers_reaches_two_qpv(territory):
    assert declared(territory, "ac-045") == {
        ("QN07301M", "declared", "Bellevue"),
        ("QN07301M", "declared", "Biollay"),
        ("QN07302M", "declared", "Hauts-de-Chambéry"),
    }


def test_an_action_for_cognin_covers_its_two_veille_active_quartiers_widely(territory):
    assert declared(territory, "ac-017") == {
        ("QVA-73087-forgerie", "declared_wide", ""),
        ("QVA-73087-poterie", "declared_wide", ""),
    }


def test_an_action_for_the_tournelles_is_declared_for_them(territory):
    assert declared(territory, "ac-021") == {("QVA-73222-tournelles", "declared", "Les Tournelles")}


def test_an_action_for_the_whole_contract_covers_19_perimeters_widely(territory):
    assert len(declared(territory, "ac-025")) == 2 + 17


def test_every_equipment_is_accounted_for(territory):
    counts = territory.link(territory.equipment, within=(300, 500)).counts()
    assert counts["input"] == 71
    assert counts["linked"] + counts["unlinked"] + counts["rejected"] == 71
    # every commune has a quartier without outline, so no located place is certainly unlinked
    assert counts["undetermined"] == counts["unlinked"]


def test_equipment_by_hand(territory):
    linking = territory.link(territory.equipment, within=300)
    qpv = linking.links[linking.links["type"] == "qpv"]

    def answers(thing):
        rows = qpv[qpv["id"] == thing]
        return {
            (r.basis, r.code, r.status, r.likely)
            for r in rows.astype(object).fillna("").itertuples()
        }

    # the Collège Côte Rousse: 25.7 m inside, a house number is good to 20 m
    assert answers("eq-011") == {
        ("inside", "QN07302M", "certain", ""),
        ("within", "QN07302M", "certain", ""),
    }
    # the laboratory, 4 m outside
    assert answers("eq-018") == {
        ("inside", "QN07302M", "undetermined", "outside"),
        ("within", "QN07302M", "certain", ""),
    }
    # declared for Bellevue, on a position that is good to 200 m and 25 m inside
    assert answers("eq-045") == {
        ("declared", "QN07301M", "certain", ""),
        ("inside", "QN07301M", "undetermined", "inside"),
        ("within", "QN07301M", "certain", ""),
    }
    # the mairie de quartier of the Biollay: named, without a position
    assert answers("eq-046") == {("declared", "QN07301M", "certain", "")}


def test_a_geocode_below_the_accepted_score_counts_as_uncertain(territory):
    errors = territory.equipment.set_index("id")["position_error_m"]
    assert errors["eq-040"] == 1000  # score 0.79
    assert errors["eq-041"] == 30  # score 0.97
    assert errors["eq-011"] < 25  # a house number


# Faults that were once there.


def test_a_certain_name_wins_over_an_ambiguous_one_in_any_order(territory):
    for cited in ("Épinettes;Les Épinettes (Barby)", "Les Épinettes (Barby);Épinettes"):
        things = gpd.GeoDataFrame(
            {"id": ["a"], "territoires_cites": [cited]}, geometry=[None], crs=CRS
        )
        links = territory.link(things).links
        barby = links[links["code"] == "QVA-73030-epinettes"]
        assert barby["status"].tolist() == ["certain"]


def test_every_unknown_name_is_kept_even_beside_a_known_one(table, communes):
    linking = link(points(None, territoires_cites=["Le Carré;Xyzzy;Foobar"]), table, communes)
    assert linking.counts()["linked"] == 1
    finding = linking.outcomes["finding"].iloc[0]
    assert "“Xyzzy” is not a known" in finding
    assert "“Foobar” is not a known" in finding
    unknown = linking.links[linking.links["code"].isna() & (linking.links["basis"] == "declared")]
    assert set(unknown["cited"]) == {"Foobar", "Xyzzy"}


def test_a_commune_without_perimeter_is_said(communes):
    alone = perimeters({"code": "Q1", "geometry": square(500, 500, 100)})
    linking = link(points(None, territoires_cites=["Amont"]), alone, communes)
    assert linking.outcomes["outcome"].tolist() == ["unlinked"]
    assert linking.outcomes["reason"].iloc[0] == "Amont (73002) has no perimeter."


def test_the_stated_commune_settles_which_hidden_perimeters_may_hold_a_place(table, communes):
    # 10 m west of Amont, good to 50 m: it may be in Amont, unless its commune is stated
    loose = points((1990, 1500), position_error_m=[50.0])
    assert "V1" in set(link(loose, table, communes).links["code"])
    stated = points((1990, 1500), position_error_m=[50.0], code_insee=["73001"])
    assert "V1" not in set(link(stated, table, communes).links["code"])


def test_a_place_that_contradicts_its_commune_is_a_finding(table, communes):
    linking = link(points((550, 550), code_insee=["73002"]), table, communes)
    assert linking.outcomes["finding"].tolist() == [
        "code_insee is 73002, and its place lies in 73001."
    ]


def test_a_thing_of_another_commune_is_outside_and_not_undetermined(table, communes):
    linking = link(points(None, code_insee=["75056"]), table, communes)
    assert linking.counts()["undetermined"] == 0
    assert linking.outcomes["reason"].tolist() == ["its place is outside the communes"]


def test_an_empty_point_is_no_position_and_an_empty_outline_no_outline(communes):
    empty = perimeters({"code": "Q1", "geometry": shapely.Polygon(), "statut_geometrie": "absente"})
    things = points((550, 550), None)
    things.loc[1, "geometry"] = shapely.Point()
    links = link(things, empty, communes).links
    assert links[["id", "code", "status"]].astype(object).fillna("").to_numpy().tolist() == [
        ["p0", "Q1", "undetermined"],
        ["p1", "", "undetermined"],
    ]


def test_overlapping_perimeters_both_hold_a_point_and_are_listed(communes):
    pair = perimeters(
        {"code": "A", "geometry": square(600, 500, 100)},
        {"code": "B", "geometry": square(550, 500, 100)},
    )
    assert overlapping(pair) == [("A", "B")]
    links = link(points((625, 550)), pair, communes).links
    assert links["code"].tolist() == ["A", "B"]


def test_one_perimeter_in_another_is_listed_and_two_side_by_side_are_not():
    table = perimeters(
        {"code": "A", "geometry": square(500, 500, 100)},
        {"code": "B", "geometry": square(520, 520, 50)},
        {"code": "C", "geometry": square(600, 500, 100)},
    )
    assert overlapping(table) == [("A", "B")]


def test_an_ambiguous_name_is_no_disagreement(territory):
    # in La Ravoire: one of both Épinettes must be the wrong one, and nobody said which is meant
    place = territory.communes.set_index("code_insee").geometry["73213"].representative_point()
    things = gpd.GeoDataFrame(
        {"id": ["a"], "territoires_cites": ["Épinettes"]}, geometry=[place], crs=territory.crs
    )
    links = territory.link(things).links
    assert links["agreement"].isna().all()


def test_a_thing_with_both_a_title_and_a_name_is_called_by_its_title(table, communes):
    things = points((550, 550), nom=["Le lieu"], intitule=["L’action"])
    assert link(things, table, communes).links["name"].tolist() == ["L’action"]


@pytest.mark.parametrize("within", [-1, float("nan"), float("inf")])
def test_a_distance_that_is_none_is_refused(table, communes, within):
    with pytest.raises(cdv_geo.DataError, match="is no distance; metres from 0 up"):
        link(points((550, 550)), table, communes, within=within)


def test_communes_in_another_crs_are_refused(table, communes):
    with pytest.raises(cdv_geo.DataError, match="the communes in EPSG:4326"):
        link(points((550, 550)), table, communes.to_crs(4326))


def test_things_without_id_are_refused(table, communes):
    with pytest.raises(cdv_geo.DataError, match="no column “id”"):
        link(points((550, 550)).drop(columns="id"), table, communes)


@pytest.mark.parametrize("code", ["69999", "73000", 73000, "7301"])
def test_an_unknown_commune_code_is_never_outside(code):
    table = perimeters({"code": "Q1", "geometry": square(500, 500, 100)})
    communes = gpd.GeoDataFrame(
        {"code_insee": ["73001"], "nom": ["Aval"]}, geometry=[square(0, 0, 2000)], crs=CRS
    )
    linking = link(points(None, code_insee=[code]), table, communes, within=300)
    assert linking.links["status"].tolist() == ["undetermined"]
    assert linking.outcomes["undetermined"].tolist() == [True]
    assert linking.outcomes["reason"].tolist() == ["it has no position and names no quartier"]


def test_a_code_of_another_commune_of_today_is_outside(table, communes):
    for code in ("75056", 75056):
        linking = link(points(None, code_insee=[code]), table, communes)
        assert linking.links.empty
        assert linking.outcomes["reason"].tolist() == ["its place is outside the communes"]
