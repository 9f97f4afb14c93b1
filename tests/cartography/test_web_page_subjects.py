"""What can be chosen on a page, and what reaches what."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

import cdv_geo
from cdv_geo.cartography.recipe_checking import find_recipe

from squares import X0, Y0, perimeters, square


@pytest.fixture(scope="module")
def scene(territory):
    path = find_recipe("equipements", territory.recipe_folders())
    return cdv_geo.compose(cdv_geo.load_recipe(path), territory)


def subject(scene, key):
    (found,) = [each for each in scene.subjects if each.key == key]
    return found


def test_every_quartier_action_and_equipment_is_a_subject_once(scene):
    kinds = Counter(each.kind for each in scene.subjects)
    assert kinds == {"quartier": 2 + 17, "action": 46, "equipment": 71}
    assert len({each.key for each in scene.subjects}) == 19 + 46 + 71
    drawn = {key for layer in scene.layers if "key" in layer.features for key in layer.features.key}
    assert drawn == {each.key for each in scene.subjects if not each.not_drawn}
    assert len(drawn) == 2 + 46


def test_a_subject_that_is_not_drawn_says_why(scene):
    assert subject(scene, "quartier/QVA-73065-piochet").not_drawn.startswith("Le contour de ce")
    assert subject(scene, "action/ac-001").not_drawn == "La position n’est pas connue."


def test_figures_bear_their_year_and_their_source(scene):
    facts = dict(subject(scene, "quartier/QN07301M").facts)
    assert facts["Nature"] == "QPV"
    assert facts["Taux d’emploi"].startswith("53,4\u00a0% (année non précisée\u00a0; SIG Ville")


def test_an_action_gives_its_objectifs_by_their_titles(scene):
    facts = dict(subject(scene, "action/ac-006").facts)
    assert facts["Objectifs opérationnels"] == "2. Développer la gestion urbaine de proximité"
    assert facts["Montant"] == "non renseigné"


def test_bellevue_and_biollay_keep_their_own_lists(scene):
    of_qpv = [link for link in scene.links if link.quartier == "quartier/QN07301M"]
    of_actions = [link for link in of_qpv if link.thing.startswith("action/")]
    assert Counter(link.basis for link in of_actions) == {
        "Nomme «\u00a0Bellevue\u00a0»": 3,
        "Nomme «\u00a0Biollay\u00a0»": 7,  # two of them name both
        "Nomme un territoire plus large que le quartier": 8,
    }
    assert len({link.thing for link in of_actions if link.basis.startswith("Nomme «")}) == 8


def test_nothing_is_said_of_places_in_a_quartier_without_outline(scene):
    hidden = {each.key for each in scene.subjects if each.kind == "quartier" and each.not_drawn}
    located = [link for link in scene.links if link.basis.startswith("Situé")]
    assert located
    assert hidden.isdisjoint(link.quartier for link in located)


def test_a_link_is_said_once_a_basis_with_its_distance_and_its_doubt(make_territory, tmp_path):
    """e1 lies in the square, e2 100 m from it, e3 400 m, e4 10 m with an error of 50 m."""
    table = pd.DataFrame(
        [("e1", 600, "exacte"), ("e2", 1000, "exacte"), ("e3", 1300, "exacte"), ("e4", 910, "rue")],
        columns=["id", "x", "precision_position"],
    ).assign(y=Y0 + 600, nom="Lieu", type="a", code_insee="73001", statut="ouvert", source="s")
    table["x"] += X0
    square_of_400 = perimeters({"code": "QA", "geometry": square(500, 500, 400)})
    folder = make_territory(square_of_400, equipment=table)
    path = tmp_path / "carte.toml"
    path.write_text('title = "C"\n[[layers]]\nkind = "perimeters"\n', encoding="utf-8")
    made = cdv_geo.compose(cdv_geo.load_recipe(path), cdv_geo.load_territory(folder))
    said = {
        (link.thing.removeprefix("equipment/"), link.basis.split(" à vol")[0], link.note)
        for link in made.links
    }
    assert said == {
        ("e1", "Situé dans le quartier", ""),
        ("e2", "Situé à moins de 300\u00a0m", "100\u00a0m"),
        ("e3", "Situé à moins de 500\u00a0m", "400\u00a0m"),
        ("e4", "Situé dans le quartier", "10\u00a0m"),
        ("e4", "Situé à moins de 300\u00a0m", "10\u00a0m"),
    }
    assert {link.thing for link in made.links if not link.certain} == {"equipment/e4"}


def test_a_code_stands_for_one_quartier(make_territory):
    """A QPV of today and a quartier in veille active would be one subject."""
    table = perimeters(
        {"code": "QA", "geometry": square(500, 500, 400)},
        {"code": "QA", "type": "veille_active", "generation": 2015},
    )
    with pytest.raises(cdv_geo.DataError, match="“QA” is the code of a QPV and of a quartier in"):
        cdv_geo.load_territory(make_territory(table))


def test_quartiers_without_an_outline_can_be_looked_for_where_none_has_one(
    make_territory, tmp_path
):
    path = tmp_path / "carte.toml"
    layers = '[[layers]]\nkind = "communes"\n[[layers]]\nkind = "perimeters"\n'
    path.write_text(f'title = "C"\n{layers}', encoding="utf-8")
    territory = cdv_geo.load_territory(make_territory(perimeters({"code": "QA"})))
    made = cdv_geo.compose(cdv_geo.load_recipe(path), territory)
    assert [each.key for each in made.subjects] == ["quartier/QA"]


def test_a_map_without_quartiers_has_no_subjects(territory):
    path = find_recipe("evolution-2015-2024", territory.recipe_folders())
    made = cdv_geo.compose(cdv_geo.load_recipe(path), territory)
    assert (made.subjects, made.links) == ((), ())
