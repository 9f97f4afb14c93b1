from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.errors import DataError
from cdv_geo.names import file_names, normalise


def codes(territory, name, **options):
    return [place.code for place in territory.resolve(name, **options)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Hauts-de-Chambéry", "QN07302M"),
        ("les hauts de chambery", "QN07302M"),
        ("HDC", "QN07302M"),
        ("Pugnet", "QN07302M"),
        ("Biolay", "QN07301M"),
        ("Biollay / Bellevue", "QN07301M"),
        ("QN07301M", "QN07301M"),
        ("l’Espirier", "QVA-73225-espinier"),
        ("L'Espinier", "QVA-73225-espinier"),
        ("Chantemede", "QVA-73065-chantemerle"),
        ("Les Tourmelles", "QVA-73222-tournelles"),
        ("Le mas barnal (Bisyl)", "QVA-73065-mas-barral"),
        ("pre-rond", "QVA-73225-pre-rond"),
        ("Galerie de la Chartreuse", "QVA-73029-galerie-de-chartreuse"),
        ("FÉJAZ", "QVA-73213-fejaz"),
        ("chambery", "73065"),
        ("St-Alban-Leysse", "73222"),
        ("Motte Servolex", "73179"),
        ("73087", "73087"),
    ],
)
def test_every_spelling_of_the_documents_is_understood(territory, name, code):
    assert codes(territory, name) == [code]


def test_every_spelling_that_the_data_list_resolves_to_its_own_quartier(territory):
    for row in territory.quartiers.itertuples():
        commune = row.code.split("-")[1] if row.code.startswith("QVA") else None
        for spelling in str(row.graphies).split(";"):
            found = codes(territory, spelling, generation=row.generation, commune=commune)
            assert found == [row.code], spelling


def test_the_generation_chooses_the_qpv(territory):
    assert codes(territory, "Biollay", generation=2015) == ["QP073001"]
    assert codes(territory, "HDC", generation=2015) == ["QP073002"]


def test_a_quartier_that_is_a_part_of_a_qpv_says_that_the_qpv_holds_more(territory):
    (place,) = territory.resolve("Bellevue")
    assert place.quartier == "Bellevue"
    assert place.note == "QN07301M « Biollay - Bellevue » holds more than Bellevue"


def test_a_quartier_that_is_the_whole_perimeter_needs_no_note(territory):
    (place,) = territory.resolve("Biollay-Bellevue")
    assert place.note is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Forgerie - Poterie", ["QVA-73087-forgerie", "QVA-73087-poterie"]),
        ("Piochet - Cassine", ["QVA-73065-cassine", "QVA-73065-piochet"]),
        (
            "Félar - Epinettes",
            ["QVA-73030-epinettes", "QVA-73213-epinettes", "QVA-73213-fejaz"],
        ),
    ],
)
def test_a_grouped_spelling_gives_all_that_it_groups(territory, name, expected):
    assert codes(territory, name) == expected


def test_a_name_borne_twice_is_refused_with_its_candidates(territory):
    with pytest.raises(cdv_geo.NameResolutionError) as error:
        territory.resolve("Épinettes")
    assert "QVA-73030-epinettes" in str(error.value)
    assert "QVA-73213-epinettes" in str(error.value)
    assert "give the commune" in str(error.value)


@pytest.mark.parametrize(
    ("commune", "code"), [("Barby", "QVA-73030-epinettes"), ("73213", "QVA-73213-epinettes")]
)
def test_the_commune_settles_a_name_borne_twice(territory, commune, code):
    assert codes(territory, "Épinettes", commune=commune) == [code]


def test_a_quartier_of_another_commune_is_refused(territory):
    with pytest.raises(cdv_geo.NameResolutionError, match="is not a quartier of Cognin"):
        territory.resolve("Les Tournelles", commune="Cognin")


def test_an_unknown_name_is_refused_with_the_nearest(territory):
    with pytest.raises(cdv_geo.NameResolutionError, match=r"“Belevue” is not .* “Bellevue”"):
        territory.resolve("Belevue")


def test_a_code_of_the_other_generation_is_refused_by_its_year(territory):
    with pytest.raises(cdv_geo.NameResolutionError, match="QP073001 is a QPV of 2015"):
        territory.resolve("QP073001", generation=2024)


@given(st.text())
def test_normalising_twice_changes_nothing(name):
    once = normalise(name)
    assert normalise(once) == once


@given(st.sampled_from(["Les Hauts De Chambéry", "L'Espinier", "Pré Rond", "Féjaz"]), st.data())
def test_case_and_punctuation_never_matter(name, data):
    other = "".join(
        data.draw(st.sampled_from(["-", " ", "’", "/"])) if letter in " '-" else letter
        for letter in name
    )
    assert normalise(other.upper()) == normalise(name)


def test_files_are_named_by_codes_and_never_share_a_name():
    assert file_names("fiche", ["Q1", "V/1"]) == {"fiche-Q1": "Q1", "fiche-V_1": "V/1"}
    with pytest.raises(DataError, match="one name"):
        file_names("fiche", ["Q/1", "Q?1"])
