"""However much a map shows, a sheet comes out: whole, legible, and it says where it goes on."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from cdv_geo.cartography.composition import compose
from cdv_geo.cartography.printed_sheet import PAGES, map_file, render_sheet, sheet_content
from cdv_geo.cartography.recipe_checking import find_recipe, load_recipe
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.style import Style
from cdv_geo.territory import load_territory

from paper import Paper, off_the_page, overlapping, read_paper
from squares import X0, Y0, perimeters, square
from thinning import LONG, pairs

AMOUNTS = (10, 200, 2_000, 20_000)
# The sheets of thousands take long, and differ from those of hundreds in how many they are.
CASES = (
    [*product(AMOUNTS, PAGES, (True, False))]
    if LONG
    else [
        *pairs(product((10, 200), PAGES, (True, False))),
        (2_000, "A4 landscape", True),
        (2_000, "A3 portrait", False),
    ]
)
DOT = Style(fill="#0072b2", marker="circle")
EXTENT = (0.0, 0.0, 2000.0, 2000.0)


def crowded(amount: int, page: str, *, numbered: bool) -> Scene:
    """So many places, as many without a position, and notes and sources besides.

    Numbered ones stand in a list; where there are more than 40, the map numbers the first.
    """
    places = shapely.points([(37 * n % 2000, 91 * n % 1999) for n in range(amount)])
    labels = [str(n + 1) if numbered and n < 40 else "" for n in range(amount)]
    features = gpd.GeoDataFrame({"class_index": 0, "label": labels}, geometry=places, crs=2154)
    items = tuple(f"{n}. École no{n} (école), 240\u00a0m" for n in range(1, amount + 1))
    lost = tuple(f"Crèche nu{n} sans adresse ni position" for n in range(1, amount + 1))
    return Scene(
        "Équipements",
        "Contrat de ville des Carrés",
        (Layer("Écoles", features, (SymbolClass(f"École ({amount})", DOT),), label_role="number"),),
        EXTENT,
        page=page,
        lists=(TextList(f"Écoles numérotées ({amount})", items),) if numbered else (),
        not_drawn=(TextList(f"Sans position ({amount})", lost),),
        notes=("Une note pour lire la carte.",),
        sources=("Une source.",),
    )


@pytest.mark.parametrize(("amount", "page", "numbered"), CASES)
def test_a_sheet_holds_any_amount_on_as_many_pages_as_it_needs(
    amount: int, page: str, *, numbered: bool
):
    paper = read_paper(render_sheet(crowded(amount, page, numbered=numbered)))
    assert set(paper.pages) == {paper.pages[0]}
    assert off_the_page(paper) == []
    assert overlapping(paper) == []
    every = {str(n) for n in range(1, amount + 1)}
    for mark, is_there in (("no", numbered), ("nu", True)):
        told = [word for word in paper.words if re.fullmatch(rf"{mark}\d+", word.text)]
        assert len(told) == is_there * amount
        assert {word.text[2:] for word in told} == (every if is_there else set())
    assert_legible(paper, page)
    goes_on = "Suite page 2 : " in paper.on_page(1)
    assert goes_on == (len(paper.pages) > 1) == (amount > 10)
    for number in range(2, len(paper.pages) + 1):
        assert "Équipements – suite" in paper.on_page(number)
        assert "Suite page" not in paper.on_page(number)
    assert f"1 / {len(paper.pages)}" in paper.on_page(1) or len(paper.pages) == 1


def assert_legible(paper: Paper, page: str) -> None:
    """Notes have 7 points and other text 8; A3 is the root of two longer, and letters its root."""
    scale = 2**0.25 if page.startswith("A3") else 1.0
    assert min(word.size for word in paper.words) >= 7 - 1e-6
    for pattern, size in ((r"no\d+", 8), (r"nu\d+", 7), ("École", 8), ("note", 7), ("source.", 7)):
        sizes = [w.size for w in paper.words if re.fullmatch(pattern, w.text)]
        assert sizes == pytest.approx([size * scale] * len(sizes), abs=0.01)


def test_what_goes_on_is_named_on_the_page_of_the_map():
    paper = read_paper(render_sheet(crowded(200, "A4 landscape", numbered=True)))
    foot = paper.on_page(1).partition("Suite page 2 : ")[2]
    assert foot.startswith("Écoles numérotées (200), ")
    assert "Une source." not in foot


def test_a_part_that_ends_on_the_page_of_the_map_is_not_said_to_go_on():
    """Lists of all lengths around a full column: the foot names those whose last item is later."""
    for amount in range(88, 112):
        items = tuple(f"Lieu nu{n}" for n in range(amount))
        note = "Une note de plusieurs lignes, qui passe à la page suivante. " * 60
        scene = replace(
            crowded(10, "A4 landscape", numbered=False),
            lists=(TextList("Liste", items),),
            not_drawn=(),
            notes=(note,),
        )
        first = read_paper(render_sheet(scene)).on_page(1)
        foot = first.partition("Suite page 2 : ")[2]
        assert ("Liste" in foot) == (f"nu{amount - 1}" not in first), amount


def test_a_legend_that_goes_on_is_named_too():
    classes = tuple(SymbolClass(f"Genre au nom assez long no{n}", DOT) for n in range(150))
    scene = crowded(10, "A4 landscape", numbered=False)
    layers = (replace(scene.layers[0], classes=classes),)
    paper = read_paper(render_sheet(replace(scene, layers=layers)))
    assert paper.on_page(1).partition("Suite page 2 : ")[2].startswith("Légende, ")
    told = [word.text for word in paper.words if re.fullmatch(r"no\d+", word.text)]
    assert sorted(told) == sorted(f"no{n}" for n in range(150))


@pytest.mark.parametrize("page", PAGES)
def test_the_map_stands_on_the_first_page_under_the_longest_title(page: str):
    scene = crowded(10, page, numbered=False)
    title, subtitle = ("Très long titre de carte " * 10)[:249], ("Et tout le détail " * 112)[:1999]
    paper = read_paper(render_sheet(replace(scene, title=title, subtitle=subtitle)))
    assert "N" in paper.on_page(1).split()  # of the arrow on the map
    assert paper.text.count("détail") == subtitle.count("détail")
    assert off_the_page(paper) == []
    assert overlapping(paper) == []


def test_names_without_room_are_planned_for():
    """A map on which no name has room is planned with the names in the text."""
    scene = crowded(10, "A4 landscape", numbered=False)
    named = scene.layers[0].features.assign(label="Un nom bien trop long pour la carte " * 55)
    layers = (replace(scene.layers[0], features=named, label_role="quartier"),)
    planned = sheet_content(replace(scene, layers=layers))
    assert planned["unlabelled"] == (named["label"].iloc[0],)
    assert planned["columns"] == 5


def test_a_name_breaks_behind_its_hyphens_and_not_inside_a_word():
    item = "Quartier de la Haute-Rive-de-Saint-Jean-de-la-Montagne " * 3
    scene = crowded(10, "A4 portrait", numbered=False)
    paper = read_paper(render_sheet(replace(scene, notes=(item,))))
    whole = {"Haute", "Rive", "de", "Saint", "Jean", "la", "Montagne"}
    parts = [w.text for w in paper.words if "-" in w.text and "Sans" not in w.text]
    assert parts
    assert {part for text in parts for part in text.split("-") if part} <= whole


@pytest.mark.parametrize("amount", [200, 2_000])
def test_pictures_and_the_map_alone_hold_any_amount_too(amount: int):
    scene = crowded(amount, "A4 landscape", numbered=False)
    assert map_file(scene).count(b"a4,4 0 1,0 8,0") == amount  # a circle of eight points
    assert render_sheet(scene, "svg").rstrip().endswith(b"</svg>")


@pytest.fixture
def many_places(make_territory):
    """A QPV of 400 m with a lattice of 60 schools within 300 m of it, and 50 without a position."""
    spots = [(150.0 + 70 * (n % 10), 150.0 + 70 * (n // 10)) for n in range(60)]
    frame = pd.DataFrame(
        {
            "id": [f"e{n}" for n in range(110)],
            "nom": [f"École no{n}" for n in range(60)] + [f"École nu{n}" for n in range(50)],
            "type": "école",
            "code_insee": "73001",
            "commune": "Aval",
            "statut": "ouvert",
            "x": [*(X0 + x for x, _ in spots), *[None] * 50],
            "y": [*(Y0 + y for _, y in spots), *[None] * 50],
            "precision_position": "exacte",
            "source": "à la main",
        }
    )
    table = perimeters({"code": "QN1", "nom": "Le Haut", "geometry": square(300, 300, 400)})
    return load_territory(make_territory(table, equipment=frame))


def test_of_more_than_forty_places_the_map_bears_forty_numbers_and_the_list_has_all(many_places):
    recipe = load_recipe(find_recipe("zoom-quartier", many_places.recipe_folders()))
    scene = compose(recipe, many_places, perimeter="QN1")
    numbers = {
        label for layer in scene.layers for label in layer.features["label"] if label.isdigit()
    }
    assert numbers == {str(n) for n in range(1, 41)}
    (items,) = [part.items for part in scene.lists if len(part.items) == 60]
    assert [int(item.partition(".")[0]) for item in items] == list(range(1, 61))
    paper = read_paper(render_sheet(scene))
    told = [word.text for word in paper.words if re.fullmatch(r"no\d+", word.text)]
    assert sorted(told) == sorted(f"no{n}" for n in range(60))
    assert "la carte numérote les 40 plus proches (60)" in paper.text
    assert off_the_page(paper) == []
    assert overlapping(paper) == []


def test_places_without_position_are_all_named(many_places):
    recipe = load_recipe(find_recipe("equipements", many_places.recipe_folders()))
    paper = read_paper(render_sheet(compose(recipe, many_places)))
    told = [word.text for word in paper.words if re.match(r"n[ou]\d", word.text)]
    assert sorted(text.strip(",") for text in told) == sorted(f"nu{n}" for n in range(50))
    assert "École (60)" in paper.text
