from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo

from squares import CRS, X0, Y0, perimeters, points, square


def locate(places, table, communes, kind="qpv"):
    answers = cdv_geo.locate(places, table, communes, generation=2024)
    return answers.xs(kind, level="type")


@pytest.fixture
def one_square():
    return perimeters({"code": "A", "geometry": square(500, 500, 100), "precision_m": 10.0})


def test_inside_outside_and_undetermined_by_the_error_of_the_outline(one_square, communes):
    places = points((550, 550), (595, 550), (605, 550), (620, 550), (610, 550))
    answers = locate(places, one_square, communes)
    # centre; 5 m inside; 5 m outside; 20 m outside; exactly 10 m outside
    assert answers["status"].tolist() == [
        "inside",
        "undetermined",
        "undetermined",
        "outside",
        "outside",
    ]
    assert answers["likely"].fillna("").tolist() == ["", "inside", "outside", "", ""]
    assert answers["distance_m"].tolist() == pytest.approx([0, 0, 5, 20, 10])
    assert answers["codes"].fillna("").tolist() == ["A", "A", "A", "", ""]
    assert answers["reason"].iloc[2] == (
        "the point is 5 m outside the outline of A, nearer than the stated error of 10 m"
    )


def test_the_larger_of_both_errors_counts(one_square, communes):
    places = points((570, 550), (570, 550), position_error_m=[29.0, 31.0])  # 30 m inside
    assert locate(places, one_square, communes)["status"].tolist() == ["inside", "undetermined"]


def test_a_point_without_position_is_undetermined(one_square, communes):
    answer = locate(points(None), one_square, communes).iloc[0]
    assert (answer["status"], answer["reason"]) == (
        "undetermined",
        "the point has no position",
    )


def test_a_perimeter_without_outline_leaves_its_commune_undetermined(communes):
    table = perimeters(
        {"code": "Q", "geometry": square(100, 100, 100)},
        {"code": "V", "type": "veille_active", "generation": 2015, "communes": "73002"},
    )
    answers = locate(points((2500, 500), (500, 500)), table, communes, "veille_active")
    assert answers["status"].tolist() == ["undetermined", "outside"]
    assert answers["codes"].iloc[0] == "V"
    assert answers["likely"].isna().all()
    assert "1 perimeter(s) without an outline: V" in answers["reason"].iloc[0]


def test_a_position_that_may_be_in_the_commune_may_be_in_its_hidden_perimeter(communes):
    table = perimeters(
        {"code": "Q", "geometry": square(100, 100, 100)},
        {"code": "V", "type": "veille_active", "generation": 2015, "communes": "73002"},
    )
    places = points((1980, 500), (1960, 500), position_error_m=[30.0, 30.0])  # 20 and 40 m west
    answers = locate(places, table, communes, "veille_active")
    assert answers["status"].tolist() == ["undetermined", "outside"]


def test_outside_where_every_outline_of_the_commune_is_known(communes):
    table = perimeters(
        {"code": "Q", "geometry": square(100, 100, 100)},
        {
            "code": "V",
            "type": "veille_active",
            "generation": 2015,
            "communes": "73002",
            "geometry": square(2100, 100, 100),
            "precision_m": 5.0,
        },
    )
    answers = locate(points((2500, 500), (2150, 150)), table, communes, "veille_active")
    assert answers["status"].tolist() == ["outside", "inside"]


def test_outside_the_communes_is_outside_with_that_reason(one_square, communes):
    answer = locate(points((9000, 9000)), one_square, communes).iloc[0]
    assert answer["status"] == "outside"
    assert answer["reason"] == "the point is outside the communes"


def test_a_point_on_a_shared_border_belongs_to_the_smaller_code(communes):
    table = perimeters(
        {"code": "B", "geometry": square(500, 500, 100)},
        {"code": "A", "geometry": square(600, 500, 100)},
    )
    answer = locate(points((600, 550)), table, communes).iloc[0]
    assert (answer["status"], answer["codes"], answer["shared_with"]) == ("inside", "A", "B")


def test_a_shared_border_with_a_stated_error_settles_only_the_likely_answer(communes):
    table = perimeters(
        {"code": "B", "geometry": square(500, 500, 100), "precision_m": 2.0},
        {"code": "A", "geometry": square(600, 500, 100), "precision_m": 2.0},
    )
    answer = locate(points((600, 550)), table, communes).iloc[0]
    assert (answer["status"], answer["likely"]) == ("undetermined", "inside")


def test_the_interior_of_one_wins_over_the_border_of_another(communes):
    table = perimeters(
        {"code": "A", "geometry": square(600, 500, 100)},
        {"code": "B", "geometry": square(550, 500, 100)},  # overlaps A by 50 m
    )
    answer = locate(points((600, 550)), table, communes).iloc[0]  # on A's border, inside B
    assert (answer["codes"], answer["shared_with"]) == ("B", "A")


def test_a_point_in_an_overlap_lies_in_both(communes):
    table = perimeters(
        {"code": "A", "geometry": square(600, 500, 100)},
        {"code": "B", "geometry": square(550, 500, 100)},
    )
    answer = locate(points((625, 550)), table, communes).iloc[0]
    assert (answer["status"], answer["codes"]) == ("inside", "A;B")


def test_a_hole_is_outside(communes):
    ring = square(500, 500, 300).difference(square(600, 600, 100))
    answer = locate(points((650, 650)), perimeters({"code": "A", "geometry": ring}), communes)
    assert answer["status"].iloc[0] == "outside"
    assert answer["distance_m"].iloc[0] == pytest.approx(50)


def test_the_crs_must_be_one(one_square, communes):
    with pytest.raises(cdv_geo.DataError, match="EPSG:4326"):
        cdv_geo.locate(points((0, 0)).to_crs(4326), one_square, communes, generation=2024)


def test_a_generation_that_is_not_loaded_is_refused(one_square, communes):
    with pytest.raises(cdv_geo.DataError, match=r"generation 2015 .* accepted are 2024"):
        cdv_geo.locate(points((0, 0)), one_square, communes, generation=2015)


# The nine communes: answers that are known from the facts.


def real(territory, longitude, latitude, generation, kind="qpv"):
    point = gpd.GeoDataFrame(geometry=gpd.points_from_xy([longitude], [latitude]), crs=4326)
    return territory.locate(point, generation=generation).loc[(0, kind)]


def test_college_cote_rousse_is_inside_the_qpv_of_2024_and_146_m_from_that_of_2015(territory):
    new = real(territory, 5.92081, 45.590738, 2024)
    assert (new["status"], new["codes"], new["distance_m"]) == ("inside", "QN07302M", 0)
    old = real(territory, 5.92081, 45.590738, 2015)
    assert (old["status"], old["nearest"]) == ("outside", "QP073002")
    assert old["distance_m"] == pytest.approx(146, abs=2)


@pytest.mark.parametrize(("generation", "code"), [(2015, "QP073002"), (2024, "QN07302M")])
def test_the_mairie_de_quartier_is_inside_both(territory, generation, code):
    answer = real(territory, 5.918711, 45.592537, generation)
    assert (answer["status"], answer["codes"]) == ("inside", code)


def test_eq_018_is_nearer_to_the_outline_than_its_error(territory):
    answer = real(territory, 5.916464, 45.588572, 2024)
    assert (answer["status"], answer["likely"]) == ("undetermined", "outside")
    assert answer["distance_m"] == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("code", ["73029", "73030", "73065", "73087", "73137"])
def test_veille_active_is_undetermined_in_every_commune(territory, code):
    commune = territory.communes.set_index("code_insee").geometry[code]
    place = gpd.GeoDataFrame(geometry=[commune.representative_point()], crs=territory.crs)
    answer = territory.locate(place).loc[(0, "veille_active")]
    assert answer["status"] == "undetermined"
    assert answer["commune"] == code


def test_bassens_the_hole_in_the_nine_communes_is_outside(territory):
    whole = territory.communes.geometry.union_all()
    hole = shapely.Polygon(max(whole.interiors, key=lambda ring: shapely.Polygon(ring).area))
    assert hole.area == pytest.approx(3e6, rel=0.1)  # 3 km², as the facts say
    place = gpd.GeoDataFrame(geometry=[hole.representative_point()], crs=territory.crs)
    answers = territory.locate(place)
    assert answers["status"].tolist() == ["outside", "outside"]
    assert answers["commune"].isna().all()


metres = st.floats(0, 2000)


@given(st.lists(st.tuples(metres, metres), min_size=1, max_size=20))
def test_status_always_agrees_with_the_plain_distance(places):
    outline = square(500, 500, 600)
    table = perimeters({"code": "A", "geometry": outline, "precision_m": 15.0})
    town = gpd.GeoDataFrame(
        {"code_insee": ["73001"], "nom": ["Aval"]}, geometry=[square(-10, -10, 2100)], crs=CRS
    )
    frame = points(*places)
    answers = locate(frame, table, town)
    for place, status in zip(frame.geometry, answers["status"], strict=True):
        depth = place.distance(outline.exterior)
        expected = (
            "undetermined" if depth < 15 else "inside" if outline.contains(place) else "outside"
        )
        assert status == expected


def test_the_origin_of_the_squares_is_near_chambery():
    assert np.hypot(X0 - 926_500, Y0 - 6_500_000) < 1000


def test_an_empty_point_is_no_position(one_square, communes):
    empty = points((0, 0)).set_geometry([shapely.Point()], crs=CRS)
    answer = locate(empty, one_square, communes).iloc[0]
    assert (answer["status"], answer["reason"]) == ("undetermined", "the point has no position")


def test_no_points_at_all_are_no_rows(one_square, communes):
    assert len(cdv_geo.locate(points(), one_square, communes, generation=2024)) == 0


def test_many_points_are_refused_as_one(one_square, communes):
    many = points((0, 0)).set_geometry([shapely.MultiPoint([(0, 0), (1, 1)])], crs=CRS)
    with pytest.raises(cdv_geo.DataError, match="point 0: its geometry is a MultiPoint"):
        cdv_geo.locate(many, one_square, communes, generation=2024)


def test_a_territory_of_veille_active_alone_can_be_asked(communes):
    table = perimeters(
        {
            "code": "V",
            "type": "veille_active",
            "generation": 2015,
            "geometry": square(500, 500, 100),
            "precision_m": 1.0,
        }
    )
    assert locate(points((550, 550)), table, communes, "veille_active")["codes"].tolist() == ["V"]
