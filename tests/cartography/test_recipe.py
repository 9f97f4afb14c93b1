from __future__ import annotations

import pytest

import cdv_geo
from cdv_geo.cartography.recipe_checking import find_recipe, load_recipes

from squares import perimeters, square

REACH = 'title = "Carte"\n[[layers]]\nkind = "reach"\n'
CHOROPLETH = "title = 'Carte'\n[[layers]]\nkind = 'choropleth'\nvalue = 'x'\n"
RASTER = "title = 'Carte'\n[[layers]]\nkind = 'raster'\nraster = 'x'\n"
MINIMAL = 'title = "Carte"\n[[layers]]\nkind = "communes"\n'


def load(tmp_path, text):
    path = tmp_path / "carte.toml"
    path.write_text(text, encoding="utf-8")
    return cdv_geo.load_recipe(path)


def test_a_recipe_of_three_lines_is_enough(tmp_path):
    recipe = load(tmp_path, MINIMAL)
    assert (recipe.name, recipe.title, recipe.extent, recipe.page) == (
        "carte",
        "Carte",
        "communes",
        "A4 landscape",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titre = 'x'\n", "unknown key “titre”; accepted are title, layers, subtitle"),
        ("title = 'x'\n", "lacks “layers”"),
        ("title = 5\n", "title “5” is not accepted; a text is expected"),
        ("title = 'x'\nlayers = 'y'\n", "a list of tables is expected"),
        (MINIMAL.replace("communes", "routes"), "kind “routes” is not accepted; accepted are comm"),
        (MINIMAL + "colour = 'red'\n", "unknown key “colour”; accepted are kind, outline_only"),
        (MINIMAL + "within = [300]\n", "“communes” has the unknown key “within”"),
        (REACH + "within = [0]\n", "distances above 0 and up to 100,000 metres are expected"),
        (REACH + "within = [inf]\n", "distances above 0 and up to 100,000 metres are expected"),
        (REACH + "within = []\n", "distances above 0 and up to 100,000 metres are expected"),
        (REACH + "within = ['a']\n", "a list of numbers is expected"),
        (REACH + "within = [true]\n", "a list of numbers is expected"),
        (REACH.replace('"reach"', "5"), "kind “5” is not accepted"),
        (REACH.replace('"reach"', "['a']"), "kind “.'a'.” is not accepted"),
        (CHOROPLETH.replace("value", "of"), "of “x” is not accepted; accepted are communes, peri"),
        (CHOROPLETH.replace("value = 'x'", ""), "“choropleth” lacks “value”"),
        (CHOROPLETH + "method = 'jenks'\n", "accepted are quantiles, natural_breaks, fixed"),
        (CHOROPLETH + "method = 'fixed'\n", "the method “fixed” and breaks go together"),
        (CHOROPLETH + "breaks = [1, 2]\n", "the method “fixed” and breaks go together"),
        (CHOROPLETH + "method = 'fixed'\nbreaks = [2, 1]\n", "do not rise from one to the next"),
        (CHOROPLETH + "method = 'fixed'\nbreaks = [1, nan]\n", "do not rise"),
        (CHOROPLETH + "classes = 2.5\n", "a whole number is expected"),
        (CHOROPLETH + "classes = 0\n", "classes “0” is not accepted; 1 to 100 are expected"),
        (CHOROPLETH + "classes = -1\n", "classes “-1” is not accepted"),
        (
            "title = 'x'\n" + 2 * "[[layers]]\nkind = 'equipment'\nnumbered = true\n",
            "two layers are numbered",
        ),
        (CHOROPLETH + "darkest = 'middle'\n", "accepted are low, high"),
        (MINIMAL.replace("communes", "equipment") + "by = 'nom'\n", "accepted are type, statut"),
        (REACH + "within = [1e308]\n", "up to 100,000 metres"),
        (REACH + f"within = [{10**16}]\n", "a list of numbers is expected"),
        (REACH + f"within = [{10**400}]\n", "a whole number of more than 64 bits"),
        (REACH + f"within = {[1] * 101}\n", "within has 101 entries; at most 100 are accepted"),
        ("title = 'x'\n" + 101 * "[[layers]]\nkind = 'communes'\n", "layers has 101 entries"),
        (MINIMAL.replace('"Carte"', "' \u200b'"), "title is empty"),
        (
            MINIMAL.replace('"Carte"', f"'{'x' * 251}'"),
            "title has 251 letters; at most 250 are accep",
        ),
        (MINIMAL.replace('"Carte"', '"a\\u0007"'), r"title holds the control character U\+0007"),
        (f"notes = ['{'x' * 2001}']\n" + MINIMAL, "notes has 2,001 letters; at most 2,000"),
        (f"title = {['x' * 99]}\n", r"title “\['x{58}…” is not accepted; a text is expected"),
        ("title = " + "[" * 5000, "is not valid TOML"),
        (RASTER + "above = nan\n", "above “nan” is not accepted"),
        (MINIMAL.replace("communes", "raster"), "“raster” lacks “raster”"),
        ("simplify = -1\n" + MINIMAL, "simplify “-1” is not accepted; metres"),
        ("simplify = nan\n" + MINIMAL, "simplify “nan” is not accepted"),
        (MINIMAL + "outline_only = 1\n", "true or false is expected"),
        ("page = 'A5'\n" + MINIMAL, "page “A5” is not accepted; accepted are A4 landscape"),
        ("generation = 2020\n" + MINIMAL, "generation “2020” is not accepted"),
        ("generation = true\n" + MINIMAL, "a whole number is expected"),
        ("title = \n", "is not valid TOML"),
    ],
)
def test_a_recipe_at_fault_is_refused_with_what_is_accepted(tmp_path, text, message):
    with pytest.raises(cdv_geo.RecipeError, match=message):
        load(tmp_path, text)


def test_a_recipe_with_a_byte_order_mark_is_read(tmp_path):
    assert load(tmp_path, "\ufeff" + MINIMAL) == load(tmp_path, MINIMAL)


def test_a_recipe_that_is_not_there_is_named(tmp_path):
    with pytest.raises(cdv_geo.RecipeError, match=r"none\.toml does not exist"):
        cdv_geo.load_recipe(tmp_path / "none.toml")
    (tmp_path / "carte.toml").write_text(MINIMAL)
    with pytest.raises(cdv_geo.RecipeError, match="“none” is not a map recipe; accepted are carte"):
        find_recipe("none", [tmp_path])


def test_the_recipes_of_the_program_come_in_their_order(territory):
    recipes = load_recipes(territory.recipe_folders(), default_generation=2024)
    assert [recipe.name for recipe in recipes] == [
        "vue-d-ensemble",
        "actions",
        "equipements",
        "evolution-2015-2024",
        "niveau-de-vie",
        "chomage",
        "population",
        "habitants",
        "zoom-quartier",
    ]


def test_keys_can_be_set_over_those_of_the_file(tmp_path):
    (tmp_path / "carte.toml").write_text(MINIMAL)
    changes = {"title": "2024", "page": "A3 portrait", "rank": "3", "notes": '["a", "b"]'}
    recipe = cdv_geo.load_recipe(tmp_path / "carte.toml", changes=changes)
    assert (recipe.title, recipe.page, recipe.rank) == ("2024", "A3 portrait", 3)
    assert recipe.notes == ("a", "b")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("layers", "[]", "“layers” cannot be set; accepted are title, subtitle, generation"),
        ("name", "x", "“name” cannot be set"),
        ("rank", "first", "rank “first” is not accepted; a whole number is expected"),
        ("page", "A5", "page “A5” is not accepted"),
        ("title", "", "title is empty"),
        ("title", "a\udcff", "title is no valid text"),
        ("rank", "9" * 5000, "a whole number is expected"),
    ],
)
def test_a_key_that_cannot_be_set_so_is_refused(tmp_path, key, value, message):
    (tmp_path / "carte.toml").write_text(MINIMAL)
    with pytest.raises(cdv_geo.RecipeError, match=message):
        cdv_geo.load_recipe(tmp_path / "carte.toml", changes={key: value})


def test_an_own_recipe_comes_before_one_of_the_same_name(make_territory):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    (folder / "maps").mkdir()
    (folder / "maps" / "actions.toml").write_text(MINIMAL)
    territory = cdv_geo.load_territory(folder)
    assert find_recipe("actions", territory.recipe_folders()).parent == folder / "maps"
    assert find_recipe("equipements", territory.recipe_folders()).parent != folder / "maps"


def scene(tmp_path, territory, layers, head=""):
    text = f'title = "Carte de {{territory}}"\n{head}\n' + layers
    return cdv_geo.compose(load(tmp_path, text), territory)


def layer(kind, extra=""):
    return f'[[layers]]\nkind = "{kind}"\n{extra}\n'


def test_a_scene_says_its_territory_its_sources_and_its_edition(tmp_path, territory):
    made = scene(tmp_path, territory, layer("communes") + layer("perimeters"))
    assert made.title == "Carte de Contrat de ville de Grand Chambéry"
    assert any("IGN, Admin Express" in source for source in made.sources)
    assert "EPSG:2154" in made.sources[-1]
    assert "novembre 2026" in made.sources[-1]


def test_a_simplified_outline_is_dashed_and_said(tmp_path, territory):
    made = scene(tmp_path, territory, layer("perimeters"))
    (qpv,) = made.layers[0].classes
    assert qpv.label == "QPV 2024, contour simplifié (2)"
    assert qpv.style.dashed
    assert any("11\u00a0m près" in note for note in made.notes)
    old = scene(tmp_path, territory, layer("perimeters"), head="generation = 2015")
    assert not old.layers[0].classes[0].style.dashed


def test_the_counts_of_the_actions_map_add_up(tmp_path, territory):
    made = scene(tmp_path, territory, layer("actions"))
    assert any(
        note.startswith("46\u00a0actions connues, dont 1\u00a0envisagée et 1\u00a0besoin exprimé")
        and "13\u00a0nomment un quartier, 19\u00a0le touchent" in note
        and "14\u00a0sont sans territoire connu" in note
        for note in made.notes
    )
    assert any("non précisée (36)" in note for note in made.notes)
    labels = made.layers[0].features["label"].tolist()
    assert labels[0].replace("\u00a0", " ").split("\n") == [
        "Biollay - Bellevue",
        "nommément : 8, dont 1 envisagée",
        "plus largement : 8",
        "Biollay : 7",
        "Bellevue : 3, dont 1 envisagée",
    ]
    hidden = made.not_drawn[0]
    assert "(17)" in hidden.heading
    tournelles = "Les Tournelles (nommément\u00a0: 1 · plus largement\u00a0: 7)"
    assert any(tournelles in item for item in hidden.items)


def test_the_classes_of_the_cells_hold_every_cell_once(tmp_path, territory):
    values, imputed, *_ = scene(tmp_path, territory, layer("cells", "classes = 4")).layers
    counts = values.features["class_index"].value_counts().sort_index()
    assert len(values.classes) == len(counts) == 4
    assert counts.sum() == len(values.features)
    assert counts.max() - counts.min() <= 2  # quantiles
    assert 0 < len(imputed.features) < len(values.features)


def test_the_change_is_known(tmp_path, territory):
    made = scene(tmp_path, territory, layer("change"), head='extent = "qpv"')
    labels = [shown.label.replace("\u00a0", " ") for shown in made.layers[0].classes]
    assert labels == [
        "Conservé en 2024 (64,2 ha)",
        "Entré en 2024 (52,8 ha)",
        "Sorti en 2024 (7,4 ha)",
    ]
    assert all(shown.style.dashed for shown in made.layers[0].classes)  # 2024 is simplified


def test_closed_and_uncertain_places_look_it(tmp_path, territory):
    made = scene(tmp_path, territory, layer("equipment"))
    labels = [shown.label for shown in made.layers[0].classes]
    assert "Collège (13)" in labels
    assert labels[-1] == "Position incertaine (2)"
    counts = made.layers[0].features["class_index"].value_counts()
    assert counts.sum() == 46


def test_an_unknown_type_or_extent_is_refused(tmp_path, territory):
    with pytest.raises(cdv_geo.RecipeError, match="“piscine” is not a type of equipment"):
        scene(tmp_path, territory, layer("equipment", 'types = ["piscine"]'))
    with pytest.raises(cdv_geo.RecipeError, match="“Paris” is not accepted; accepted are communes"):
        scene(tmp_path, territory, layer("communes"), head='extent = "Paris"')


def test_a_name_with_braces_is_shown_as_it_is(tmp_path, make_territory):
    outline = {"code": "Q", "nom": "Les {generation}", "geometry": square(100, 100, 100)}
    made = cdv_geo.compose(
        load(tmp_path, 'title = "{perimeter}, {generation}"\n[[layers]]\nkind = "communes"\n'),
        cdv_geo.load_territory(make_territory(perimeters(outline))),
        perimeter="Q",
    )
    assert made.title == "Les {generation}, 2024"


def test_a_recipe_of_which_nothing_can_be_drawn_is_refused(tmp_path, make_territory):
    bare = cdv_geo.load_territory(
        make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    )
    with pytest.raises(cdv_geo.RecipeError, match=r"no data for its layers \(cells\)"):
        scene(tmp_path, bare, layer("cells"))


def test_a_layer_without_data_is_named_and_not_drawn(tmp_path, make_territory):
    bare = cdv_geo.load_territory(
        make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    )
    layers = "".join(layer(kind) for kind in ("communes", "cells", "change", "equipment"))
    made = scene(tmp_path, bare, layers)
    assert [shown.name for shown in made.layers] == ["Communes"]
    assert made.not_drawn[0].heading == "Sans données pour ce territoire"
    assert len(made.not_drawn[0].items) == 3
