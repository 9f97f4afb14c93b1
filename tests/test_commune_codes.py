"""The register of INSEE and La Poste as it is: every code here can be looked up on their pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.commune_codes import former_names, hold_postal_codes, read_codes, today_of

HOME = ("73029", "73065", "73087")  # Barberaz, Chambéry, Cognin


@pytest.mark.parametrize(
    ("code", "today"),
    [
        ("73065", "73065"),
        ("69389", "69123"),  # an arrondissement of Lyon
        ("75119", "75056"),
        ("13201", "13055"),
        ("01091", "01033"),  # Châtillon-en-Michaille, a part of Valserhône
        ("59355", "59350"),  # Lomme, associated with Lille
        ("73066", "73065"),  # an old code of a commune that Chambéry took in
        ("2A004", "2A004"),
        ("97411", "97411"),
        ("73000", None),
        ("99999", None),
        ("20004", "2A004"),  # Corsica, as it was numbered before 1976
    ],
)
def test_the_commune_of_today_that_a_code_belongs_to(code, today):
    assert today_of(code) == today


def test_a_commune_of_the_contract_or_another_one_of_today_needs_no_word():
    assert read_codes({"73065", "73010", "75056"}, HOME) == {}


def test_an_arrondissement_and_a_merged_commune_are_their_commune():
    read = read_codes({"69388", "69123"}, ("69123",))
    assert {code: reading.code for code, reading in read.items()} == {"69388": "69123"}
    assert read["69388"].why == (
        "“69388” is an arrondissement of Lyon (Lyon 8e Arrondissement), read as 69123"
    )
    assert read_codes({"01091"}, ("01033",))["01091"].code == "01033"
    assert read_codes({"73066"}, HOME)["73066"].code == "73065"


def test_arrondissements_stand_for_themselves_where_they_are_the_communes_of_a_contract():
    assert read_codes({"69388"}, ("69387", "69388")) == {}


def test_what_is_more_than_a_commune_of_the_contract_is_not_known():
    reading = read_codes({"69123"}, ("69388",))["69123"]
    assert reading.code is None
    assert reading.why == (
        "“69123” is a commune (Lyon), of which 69388 is a part: it may be that or not"
    )


def test_the_code_of_no_commune_is_not_known_and_a_postal_code_says_whose_it_is():
    read = read_codes({"99999", "73490"}, HOME)
    assert read["99999"] == (
        None,
        "“99999” is the code of no commune, so that the commune is unknown",
    )
    assert read["73490"] == (
        None,
        (
            "“73490” is the code of no commune but a postal one (La Ravoire), so that the commune "
            "is unknown"
        ),
    )


@pytest.mark.parametrize(
    ("code", "home", "why"),
    [
        ("73160", HOME, "Montagnole to INSEE, Cognin to the post"),
        ("69008", ("69123",), "Ancy, or Lyon"),
        ("69008", ("69387", "69388"), "Ancy, or the 8th arrondissement"),
        ("13008", ("13055",), "Aurons, or Marseille"),
        ("75018", ("75056",), "an old code of 94018, or Paris"),
        ("75008", ("93008",), "an old code of 93008, or Paris"),
    ],
)
def test_a_code_that_may_be_a_postal_one_is_not_known_where_that_matters(code, home, why):
    assert read_codes({code}, home)[code].code is None, why


def test_it_does_not_matter_where_both_are_outside_or_both_are_the_same():
    assert read_codes({"75018", "69008"}, HOME) == {}
    assert read_codes({"75116"}, ("75056",))["75116"].code == "75056"  # an arrondissement too


def test_a_commune_of_the_contract_is_not_believed_in_a_column_of_postal_codes():
    home = ("13055", "13002")  # Marseille and Allauch; 13002 is a postal code of Marseille
    assert not hold_postal_codes({"13002"})
    assert not hold_postal_codes({"13002", "13055"})
    assert hold_postal_codes({"13002", "13008"})
    assert hold_postal_codes({"73000", "13055"})
    assert read_codes({"13002", "13055"}, home) == {}
    assert read_codes({"13002", "13055"}, home, postal=True).keys() == {"13002"}


@given(st.sets(st.from_regex(r"(?:[0-9]{2}|2[AB])[0-9]{3}", fullmatch=True), max_size=8))
def test_a_code_is_of_the_contract_elsewhere_or_not_known_and_never_two_of_them(codes):
    read = read_codes(codes, HOME)
    for code in codes:
        today = today_of(code)
        if code in HOME:
            assert code not in read
        elif code in read:
            assert read[code].code in {None, today}
        else:
            assert today is not None
            assert today not in HOME


def test_people_write_an_arrondissement_in_several_ways():
    names = {former.name for former in former_names(frozenset({"69123"}))}
    assert {
        "Lyon 8e arrondissement",
        "Lyon 8e",
        "Lyon 8ème",
        "Lyon 8",
        "Lyon 08",
        "Lyon 1er",
    } <= names
    assert [f.name for f in former_names(frozenset({"01033"})) if f.code == "01091"] == [
        "Châtillon-en-Michaille"
    ]
