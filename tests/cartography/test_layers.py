"""The layers of figures, categories, rasters and single quartiers, on squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

import cdv_geo
from cdv_geo.cartography.map_formats import render_scene
from cdv_geo.cartography.recipe_checking import find_recipe, load_recipes

from squares import X0, Y0, perimeters, square

QPV = perimeters(
    {"code": "QA", "nom": "Les Aulnes", "geometry": square(500, 500, 400)},
    {"code": "QB", "nom": "Les Bouleaux", "communes": "73002", "geometry": square(2500, 500, 400)},
    {
        "code": "VC",
        "nom": "Le Charme",
        "type": "veille_active",
        "generation": 2015,
        "communes": "73002",
    },
)
AXES = ["axe", "titre_axe"]
ROUGH_OUTLINE = {
    "geometry": square(500, 500, 400),
    "statut_geometrie": "simplifiee",
    "precision_m": 11,
}
ROUGH = perimeters({"code": "QA", "nom": "Les Aulnes", **ROUGH_OUTLINE}, dict(QPV.iloc[2]))
RASTER = """
[[rasters]]
name = "bruit"
path = "bruit.tif"
band = 1
label = "niveau de bruit"
unit = "dB"
source = "bruit : mesuré à la main"
"""


def indicators(*rows):
    columns = ["code", "indicateur", "libelle", "valeur", "unite", "millesime", "statut", "source"]
    full = [(*row[:2], "taux d'essai", row[2], "%", row[3], "publie", "INSEE") for row in rows]
    return pd.DataFrame(full, columns=columns)


def places(*rows):
    """Équipements by id, name, type and metres from the origin of the tests."""
    frame = pd.DataFrame(rows, columns=["id", "nom", "type", "x", "y"])
    frame["x"] += X0
    frame["y"] += Y0
    return frame.assign(
        code_insee="73001", statut="ouvert", source="à la main", precision_position="exacte"
    )


@pytest.fixture
def compose(tmp_path, make_territory):
    """Compose the layers of a recipe over the squares, with tables and rasters beside them."""

    def composed(
        layers, *, perimeter=None, head="", extra="", outlines=QPV, edit=("#", "#"), **tables
    ):
        folder = make_territory(outlines, extra, **tables)
        description = folder / "territory.toml"
        text = description.read_text(encoding="utf-8").replace(*edit)
        description.write_text(text, encoding="utf-8")
        path = tmp_path / "carte.toml"
        path.write_text(f'title = "Carte"\n{head}\n{layers}', encoding="utf-8")
        territory = cdv_geo.load_territory(folder)
        return cdv_geo.compose(cdv_geo.load_recipe(path), territory, perimeter=perimeter)

    return composed


def layer(kind, extra=""):
    return f'[[layers]]\nkind = "{kind}"\n{extra}\n'


def test_a_choropleth_takes_one_vintage_and_says_what_is_missing(compose):
    table = indicators(("73001", "t", 12.5, "2018"), ("73002", "t", 20.0, "2012"))
    made = compose(layer("choropleth", 'value = "t"'), indicators=table)
    shown = made.layers[0]
    assert shown.name == "Taux d’essai (%, 2018)"
    assert [c.label for c in shown.classes] == ["12,5\u00a0% (1)", "Valeur non disponible (1)"]
    assert shown.classes[1].style.hatched
    rows = shown.features[["Territoire", "Valeur", "Année de la valeur", "Source"]]
    assert rows.to_numpy().tolist() == [
        ["Aval", "12,5\u00a0%", "2018", "INSEE"],
        ["Amont", "non disponible", "2018", ""],
    ]
    assert "Classes de même effectif" in " ".join(made.notes)
    older = compose(layer("choropleth", 'value = "t"\nvintage = "2012"'), indicators=table)
    assert older.layers[0].features["Valeur"].tolist() == ["non disponible", "20,0\u00a0%"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('value = "nothing"', "“nothing” is no indicator of the communes and no column"),
        ('value = "t"\nof = "perimeters"', "“t” is no indicator of the perimeters"),
        ('value = "t"\nvintage = "1999"', "vintage “1999” is not accepted; accepted are 2012, 20"),
        (
            'value = "t"\nmethod = "fixed"\nbreaks = [1, 2, 3, 4, 5, 6, 7]',
            "8 classes are not accepted; accepted are 1, 2",
        ),
    ],
)
def test_a_figure_that_is_not_there_is_refused(compose, keys, message):
    table = indicators(
        *(("73001", "t", 1.0, "2012"), ("73001", "t", 1.0, "2018"), ("73002", "t", 3.0, "2018"))
    )
    with pytest.raises(cdv_geo.RecipeError, match=message):
        compose(layer("choropleth", keys), indicators=table)


def test_the_recipe_says_which_end_is_darkest(compose):
    """The first colour is the darkest one: of the high values where the recipe does not say."""
    table = indicators(("73001", "t", 1.0, "2018"), ("73002", "t", 3.0, "2018"))
    high, low = (
        [
            c.style.fill
            for c in compose(layer("choropleth", keys), indicators=table).layers[0].classes
        ]
        for keys in ('value = "t"', 'value = "t"\ndarkest = "low"')
    )
    assert high == low[::-1] != low


def test_a_measure_of_coverage_says_how_many_more_are_undetermined(compose):
    """One équipement in a square of 400 m, one whose place is not known."""
    table = places(("e1", "Un", "a", 600, 600), ("e2", "Deux", "a", np.nan, np.nan))
    keys = 'of = "perimeters"\nvalue = "equipment_all_inside_count"\nmethod = "fixed"\nbreaks = [0]'
    shown = compose(layer("choropleth", keys), equipment=table).layers[0]
    assert shown.features["Valeur"].tolist() == ["1, et 1 peut-être", "0"]
    assert [c.label for c in shown.classes] == ["0 ou moins (1)", "plus de 0 (1)"]
    assert shown.features["key"].tolist() == ["quartier/QA", "quartier/QB"]


def test_the_area_of_a_symbol_is_in_proportion_to_its_value(compose):
    table = indicators(("73001", "t", 400.0, "2018"), ("73002", "t", 100.0, "2018"))
    shown = compose(layer("symbols", 'value = "t"'), indicators=table).layers[0]
    assert shown.features["size"].tolist() == [34.0, 17.0]  # a quarter of the area
    assert [c.label for c in shown.classes] == [
        "200,0\u00a0%",
        "100,0\u00a0%",
        "20,0\u00a0%",
    ]
    assert shown.classes[1].style.size == pytest.approx(17.0)
    assert [p.coords[0] for p in shown.features.geometry] == [
        (X0 + 1000, Y0 + 1000),
        (X0 + 3000, Y0 + 1000),
    ]


def test_a_symbol_without_a_value_is_named_and_one_below_zero_refused(compose):
    table = indicators(("73001", "t", 400.0, "2018"))
    made = compose(layer("symbols", 'value = "t"'), indicators=table)
    assert len(made.layers[0].features) == 1
    assert made.not_drawn[0].heading == "Valeur non disponible (1)"
    assert made.not_drawn[0].items == ("Amont",)
    with pytest.raises(cdv_geo.RecipeError, match="“-1” is below 0"):
        compose(
            layer("symbols", 'value = "t"'), indicators=indicators(("73001", "t", -1.0, "2018"))
        )


def write_raster(folder, cells):
    with rasterio.open(
        folder / "bruit.tif",
        "w",
        driver="GTiff",
        height=2,
        width=2,
        count=1,
        dtype="float32",
        crs="EPSG:2154",
        nodata=-1,
        transform=from_origin(X0, Y0 + 2000, 1000, 1000),
    ) as raster:
        raster.write(np.array([cells], dtype="float32"))


def test_a_value_of_zero_is_a_ring_and_not_a_disc(compose):
    table = indicators(("73001", "t", 400.0, "2018"), ("73002", "t", 0.0, "2018"))
    shown = compose(layer("symbols", 'value = "t"'), indicators=table).layers[0]
    assert [c.label for c in shown.classes][-1] == "0,0\u00a0%"
    assert shown.classes[-1].style.fill == "#ffffff"
    assert shown.features["class_index"].tolist() == [0, 3]
    nothing = indicators(("73001", "t", 0.0, "2018"), ("73002", "t", 0.0, "2018"))
    made = compose(layer("symbols", 'value = "t"'), indicators=nothing)
    assert [c.label for c in made.layers[0].classes] == ["0,0\u00a0%"]
    assert made.not_drawn == ()


def test_a_disc_goes_with_the_largest_reference_that_it_reaches(compose):
    """The references are 200, 100 and 20."""
    for value, index in ((200.0, 0), (199.0, 1), (100.0, 1), (99.0, 2), (1.0, 2)):
        table = indicators(("73001", "t", 400.0, "2018"), ("73002", "t", value, "2018"))
        shown = compose(layer("symbols", 'value = "t"'), indicators=table).layers[0]
        assert shown.features["class_index"].tolist() == [0, index]


def test_a_value_counts_before_a_secret_of_the_same_place_and_year(compose):
    """73002 has a secret figure of 2019 alone: the latest year with a figure is 2018."""
    table = indicators(
        ("73001", "t", np.nan, "2018"), ("73001", "t", 5.0, "2018"), ("73002", "t", np.nan, "2019")
    )
    shown = compose(layer("choropleth", 'value = "t"'), indicators=table).layers[0]
    assert shown.name == "Taux d’essai (%, 2018)"
    assert shown.features["Valeur"].tolist() == ["5,0\u00a0%", "non disponible"]


def test_a_figure_in_two_units_is_refused(compose):
    table = indicators(("73001", "t", 1.0, "2018"), ("73002", "t", 2.0, "2018"))
    table.loc[1, "unite"] = "nombre"
    with pytest.raises(cdv_geo.RecipeError, match="“t” is given in %, nombre; one unit is"):
        compose(layer("choropleth", 'value = "t"'), indicators=table)


def test_a_choropleth_of_perimeters_accounts_for_its_outlines(compose):
    """Les Aulnes have a rough outline, Le Charme has none."""
    keys = 'of = "perimeters"\nvalue = "area_ha"'
    made = compose(layer("choropleth", keys), outlines=ROUGH)
    assert [c.style.dashed for c in made.layers[0].classes] == [True]
    assert made.not_drawn[0].items == ("Amont\u00a0: Le Charme",)
    assert any("contour simplifié, à 11\u00a0m près" in note for note in made.notes)
    discs = compose(layer("symbols", keys))
    assert discs.not_drawn[0].items == ("Amont\u00a0: Le Charme",)


def test_a_comparison_names_the_quartiers_that_it_cannot_compare(compose):
    """QP lies where Les Aulnes lie, as far as anyone knows; the outlines of 2015 are rough."""
    before = perimeters(
        *({"code": "QP", "nom": "Avant", "generation": 2015},),
        {"code": "QR", "nom": "Autre", "generation": 2015, **ROUGH_OUTLINE},
    )
    made = compose(layer("change"), outlines=pd.concat([QPV, before]))
    (block,) = made.not_drawn
    assert block.heading == "QPV sans contour connu, non comparés (1)"
    assert block.items == ("QPV 2015\u00a0: Avant",)
    assert any("contour simplifié, à 11\u00a0m près" in note for note in made.notes)
    hidden_only = compose(
        layer("communes") + layer("change"), outlines=pd.concat([QPV, before.iloc[:1]])
    )
    assert hidden_only.not_drawn[0].heading == "Sans données pour ce territoire"


def test_equipment_without_a_place_is_named_by_the_types_shown(compose):
    table = places(("e1", "Un", "a", 0, 0), ("e2", "Deux", "a", np.nan, np.nan))
    table = pd.concat([table, table.iloc[1:].assign(id="e3", nom="Trois", type="b")])
    some = compose(layer("equipment", 'types = ["a"]'), equipment=table)
    assert some.not_drawn[0].items == ("Quartier non cité\u00a0: Deux",)
    every = compose(layer("equipment"), equipment=table)
    assert every.not_drawn[0].items == ("Quartier non cité\u00a0: Deux, Trois",)


def test_a_population_names_its_year_and_its_source(compose):
    table = indicators(("73001", "pop", 1234.0, "2021"))
    edit = ("[indicators]", '[indicators]\npopulation = ["pop"]')
    shown = compose(layer("communes"), indicators=table, edit=edit).layers[0]
    assert shown.features["Population publiée"].tolist() == [
        "1\u202f234 (2021\u00a0; INSEE)",
        "non disponible",
    ]


def test_a_raster_is_classed_cell_by_cell_and_names_its_source(compose, tmp_path):
    (tmp_path / "carres").mkdir()
    write_raster(tmp_path / "carres", [[10, 60], [-1, 0]])
    keys = 'raster = "bruit"\nabove = 0\nmethod = "fixed"\nbreaks = [50]'
    made = compose(layer("raster", keys), extra=RASTER)
    shown = made.layers[0]
    assert shown.name == "Niveau de bruit (dB)"
    assert shown.image.class_index.tolist() == [[0, 1], [-1, -1]]
    assert shown.image.bounds == (X0, Y0, X0 + 2000, Y0 + 2000)
    assert shown.image.crs == "EPSG:2154"
    assert [c.label for c in shown.classes] == [
        "50 ou moins (1)",
        "plus de 50 (1)",
    ]
    assert made.sources[0] == "Bruit\u00a0: mesuré à la main."


def test_a_raster_that_is_not_stated_is_refused(compose):
    with pytest.raises(cdv_geo.DataError, match="raster “bruit” is not known; accepted are none"):
        compose(layer("raster", 'raster = "bruit"'))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("band = 1", "band = true", "“band = True”"),
        ('unit = "dB"', "", "“unit = None”"),
        ('unit = "dB"', 'unit = "dB"\ncolour = "red"', "“colour = red”"),
        ("bruit.tif", "../bruit.tif", "leads out of the folder"),
        ("[[rasters]]", "[rasters]", r"\[\[rasters\]\] is expected"),
        ("[[rasters]]", RASTER + "[[rasters]]", "two rasters called “bruit”"),
    ],
)
def test_a_raster_stated_wrong_is_refused(make_territory, old, new, message):
    with pytest.raises(cdv_geo.DataError, match=message):
        cdv_geo.load_territory(make_territory(QPV, RASTER.replace(old, new)))


def test_a_band_that_is_not_there_is_refused(compose, tmp_path):
    (tmp_path / "carres").mkdir()
    write_raster(tmp_path / "carres", [[1, 1], [1, 1]])
    with pytest.raises(cdv_geo.DataError, match="has no band 2; it has 1"):
        compose(layer("raster", 'raster = "bruit"'), extra=RASTER.replace("band = 1", "band = 2"))


def test_equipment_may_be_told_apart_by_another_column(compose):
    table = places(("e1", "Un", "a", 1, 3), ("e2", "Deux", "b", 12, 4), ("e3", "Trois", "b", 23, 7))
    table.loc[2, "statut"] = "fermé"
    by_type = compose(layer("equipment"), equipment=table).layers[0]
    assert [c.label for c in by_type.classes] == ["A (1)", "B (1)", "Fermé (1)"]
    by_status = compose(layer("equipment", 'by = "statut"'), equipment=table).layers[0]
    assert [c.label for c in by_status.classes] == ["Fermé (1)", "Ouvert (2)"]
    assert len({(c.style.fill, c.style.marker) for c in by_status.classes}) == 2


def test_places_are_numbered_from_the_nearest_to_the_quartier_chosen(compose):
    """e1 lies 200 m west of QA, e2 in it, e3 600 m away, e4 in QB."""
    table = places(
        *(("e1", "Un", "a", 300, 700), ("e2", "Deux", "a", 700, 700)),
        *(("e3", "Trois", "a", 1500, 700), ("e4", "Quatre", "a", 2700, 700)),
    )
    made = compose(
        layer("reach") + layer("perimeters") + layer("equipment", "numbered = true"),
        perimeter="QA",
        equipment=table,
    )
    (listed,) = made.lists
    assert listed.heading.endswith("du plus proche au plus loin (2)")
    assert listed.items == ("1. Deux (a), dans le contour", "2. Un (a), 200\u00a0m")
    rings, _, symbols = made.layers
    assert symbols.features[["Nom", "label"]].to_numpy().tolist() == [["Deux", "1"], ["Un", "2"]]
    assert [line.label for line in symbols.classes] == ["A (2)"]
    assert symbols.label_role == "number"
    assert rings.features.total_bounds.tolist() == [X0, Y0, X0 + 1400, Y0 + 1400]  # QA and 500 m
    assert made.extent == (X0 - 100, Y0 - 100, X0 + 1500, Y0 + 1500)  # QA and 600 m
    assert made.inset is not None


def test_a_quartier_with_nothing_near_has_a_sheet_that_says_so(compose):
    table = places(("e1", "Un", "a", 3900, 1900))
    made = compose(
        layer("perimeters") + layer("equipment", "numbered = true"),
        perimeter="QA",
        equipment=table,
    )
    assert made.lists[0].items == ("Aucun équipement connu et localisé.",)
    assert render_scene(made, ".pdf").startswith(b"%PDF")


def test_a_map_of_one_quartier_names_what_is_hidden_in_its_communes(compose):
    """The quartier without outline lies in the other commune than QA."""
    far = compose(layer("perimeters"), perimeter="QA")
    assert far.not_drawn == ()
    whole = compose(layer("perimeters"))
    assert [part.items for part in whole.not_drawn] == [("Amont\u00a0: Le Charme",)]


def test_a_recipe_of_one_quartier_needs_one_that_has_an_outline(compose):
    head = 'extent = "perimeter"'
    with pytest.raises(cdv_geo.RecipeError, match="none is given; --perimeter CODE or --all"):
        compose(layer("perimeters"), head=head)
    with pytest.raises(cdv_geo.RecipeError, match=r"“VC” has no outline .* accepted are QA, QB"):
        compose(layer("perimeters"), head=head, perimeter="VC")
    made = compose(
        layer("perimeters"), head=head + '\nsubtitle = "Autour de {perimeter}"', perimeter="QB"
    )
    assert made.subtitle == "Autour de Les Bouleaux"


def test_a_title_of_which_nothing_is_left_is_refused(tmp_path, make_territory):
    path = tmp_path / "carte.toml"
    path.write_text('title = "{perimeter}"\n' + layer("perimeters"), encoding="utf-8")
    territory = cdv_geo.load_territory(make_territory(QPV))
    with pytest.raises(cdv_geo.RecipeError, match=r"nothing is left of the title “\{perimeter\}”"):
        cdv_geo.compose(cdv_geo.load_recipe(path), territory)


def test_actions_with_a_place_are_symbols_by_axis_and_the_others_are_none(compose):
    actions = pd.DataFrame(
        {
            "id": ["a1", "a2", "a3"],
            "intitule": ["Jardin", "Atelier", "Tournoi"],
            "objectifs": ["1", "9", ""],
            "portee": "quartier",
            "territoires_cites": "Les Aulnes",
            "x": [X0 + 600, X0 + 700, np.nan],
            "y": [Y0 + 600, Y0 + 600, np.nan],
            "precision_position": "exacte",
            "source": "à la main",
        }
    )
    objectifs = pd.DataFrame(
        {"objectif": ["1"], "titre": ["Planter"], "axe": ["1"], "titre_axe": ["Le cadre de vie"]}
    )
    shown = compose(layer("action_places"), actions=actions, objectifs=objectifs).layers[0]
    assert [c.label for c in shown.classes] == ["Le cadre de vie (1)", "Axe non renseigné (1)"]
    assert shown.features["key"].tolist() == ["action/a1", "action/a2"]
    unsure = compose(
        layer("action_places"),
        edit=('"rue" = 50', '"rue" = 3000'),
        actions=actions.assign(precision_position="rue"),
        objectifs=objectifs,
    ).layers[0]
    assert [c.label for c in unsure.classes] == ["Position incertaine (2)"]
    assert set(unsure.features["Précision de la position"]) == {"rue"}
    empty = compose(layer("communes") + layer("action_places"))
    assert empty.not_drawn[0].items == ("Actions localisées",)


def test_symbols_of_actions_are_none_of_those_of_equipment(compose):
    """One place and one action: their symbols stand side by side in a legend."""
    actions = pd.DataFrame(
        [("a1", "Jardin", "1", "contrat", X0 + 3, Y0 + 3, "exacte", "s")],
        columns=["id", "intitule", "objectifs", "portee", "x", "y", "precision_position", "source"],
    )
    objectifs = pd.DataFrame([("1", "P", "1", "A")], columns=["objectif", "titre", *AXES])
    made = compose(
        layer("equipment") + layer("action_places"),
        actions=actions,
        objectifs=objectifs,
        equipment=places(("e1", "Un", "a", 0, 0)),
    )
    place, action = (shown.classes[0].style for shown in made.layers)
    assert (place.fill, place.marker) != (action.fill, action.marker)


@pytest.mark.parametrize(
    "asked",
    [
        ("choropleth", 'value = "equipment_piscine_inside_count"'),
        ("choropleth", 'value = "nothing"'),
        ("symbols", 'value = "nothing"'),
        ("raster", 'raster = "nothing"'),
    ],
)
def test_an_optional_layer_without_its_figure_is_named_as_missing(compose, asked):
    kind, keys = asked
    made = compose(layer("communes") + layer(kind, keys + "\noptional = true"))
    assert len(made.layers) == 1
    assert made.not_drawn[0].heading == "Sans données pour ce territoire"
    assert made.not_drawn[0].items[0].endswith(keys.split('"')[1])


def test_every_map_of_the_program_can_be_made_of_another_territory(make_territory):
    bare = cdv_geo.load_territory(make_territory(QPV))
    for recipe in load_recipes(bare.recipe_folders(), default_generation=2024):
        perimeter = "QA" if recipe.extent == "perimeter" else None
        made = cdv_geo.compose(recipe, bare, perimeter=perimeter)
        assert made.layers or made.not_drawn


def test_every_map_of_the_program_is_made_from_the_home_territory(territory):
    """The nine communes: what a reader would count on the maps."""

    def made(name, **keys):
        path = find_recipe(name, territory.recipe_folders())
        return cdv_geo.compose(cdv_geo.load_recipe(path), territory, **keys)

    unemployment = made("chomage").layers[0]
    assert unemployment.name == "Taux de chômage au sens du recensement (%, 2018)"
    assert len(unemployment.features) == 9
    population = made("population").layers[2]
    assert population.features["size"].max() == 34.0  # Chambéry
    image = made("habitants").layers[0].image
    inhabited = territory.population.individuals > 0
    assert ((image.class_index >= 0) == inhabited).all()
    zoom = made("zoom-quartier", perimeter="QN07301M")
    assert zoom.title == "Zoom sur Biollay - Bellevue"
    assert len(zoom.lists[0].items) == 6
