from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.gazetteer import Gazetteer, normalise

from squares import perimeters


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


@pytest.mark.parametrize(
    "written",
    [
        "qn07301m",
        " QN 07301 M ",
        "QN07301\u200bM",
        "QN07301M Biollay - Bellevue",
        "QN07301M - Biollay",
        "Biollay – Bellevue (QN07301M)",
        "QPV QN07301M",
        "QN07301M : le quartier dont on parle",
    ],
)
def test_a_code_is_known_however_it_is_written(territory, written):
    assert codes(territory, written) == ["QN07301M"]


@given(st.data())
def test_any_spacing_and_any_case_of_a_code_is_the_code(territory, data):
    code = data.draw(st.sampled_from(["QN07301M", "QN07302M", "QVA-73065-cassine"]))
    letters = [data.draw(st.sampled_from([c.lower(), c.upper()])) for c in code]
    marks = st.sampled_from(["", "", " ", "\u00a0", "\u200b", "\ufeff", "\u2060"])
    assert codes(territory, "".join(c + data.draw(marks) for c in letters)) == [code]


def test_a_code_beside_the_name_of_another_is_refused(territory):
    with pytest.raises(cdv_geo.NameResolutionError, match="has the code of Biollay - Bellevue and"):
        territory.resolve("QN07301M - Les Hauts de Chambéry")


def test_a_code_of_the_other_generation_says_what_it_became(territory):
    for written in ("QP073001", "qp 073001", "QP073001 - Biollay-Bellevue"):
        with pytest.raises(cdv_geo.NameResolutionError) as refusal:
            territory.resolve(written)
        assert str(refusal.value) == (
            "QP073001 is a QPV of 2015; those of 2024 were asked for; it became QN07301M "
            "“Biollay - Bellevue” (85% of its area)."
        )


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("QN07301M,QN07302M", ["QN07301M", "QN07302M"]),
        ("QN07301M / qn07302m", ["QN07301M", "qn07302m"]),
        ("Biollay et Hauts-de-Chambéry", ["Biollay", "Hauts-de-Chambéry"]),
        ("Biollay + Les Grands Prés", ["Biollay", "Les Grands Prés"]),
        ("Biollay / Bellevue", ["Biollay / Bellevue"]),  # a name of its own
        ("Arts et métiers, salle 3", ["Arts et métiers, salle 3"]),  # nothing in it is known
        ("Pugnet;QN07301M - Biollay, QP073002", ["Pugnet", "QN07301M - Biollay", "QP073002"]),
    ],
)
def test_a_cell_lists_names_in_the_ways_people_write(territory, cell, names):
    assert territory.gazetteer().cited_in(cell) == names


def test_a_name_of_an_arrondissement_is_the_commune_and_leaves_other_names_alone():
    table = perimeters({"code": "Q1", "nom": "Lyon 8e", "communes": "69123"}).drop(
        columns="geometry"
    )
    communes = pd.DataFrame({"code_insee": ["69123"], "nom": ["Lyon"]})
    gazetteer = Gazetteer(table, communes, generation=2024)
    for name in ("69387", "Lyon 7e", "lyon 7ème arrondissement", "Lyon 7"):
        assert [place.code for place in gazetteer.resolve(name)] == ["69123"]
    assert [place.code for place in gazetteer.resolve("Lyon 8e")] == ["Q1"]
