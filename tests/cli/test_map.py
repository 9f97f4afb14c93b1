"""`cdv-geo map`: recipes listed, changed, drawn for one quartier or for all."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET

import pytest
from cli.in_process import run
from pypdf import PdfReader

import cdv_geo
from cdv_geo.atlas import Atlas
from cdv_geo.cartography.composition import maps_by_perimeter
from cdv_geo.cartography.recipe_checking import find_recipe

from squares import perimeters, square

SVG = "{http://www.w3.org/2000/svg}"


def title_of(path):
    return re.search("<title>(.*?)</title>", path.read_text(encoding="utf-8"))[1]


def test_recipes_are_listed_by_name_then_title_in_the_order_of_the_atlas():
    done = run("map", "--list")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names[:2] == ["vue-d-ensemble", "actions"]
    assert names[-1] == "zoom-quartier"
    assert "Le chômage par commune" in done.stdout
    found = json.loads(run("map", "--list", "--format", "json").stdout)
    assert [recipe["name"] for recipe in found] == names
    assert found[0]["title"] == "Quartiers prioritaires et veille active"


def test_a_key_of_the_recipe_is_changed_for_one_map(tmp_path):
    page = tmp_path / "a.html"
    changes = ["--set", "title=Réunion du 3 = mars", "--set", 'subtitle="cité"']
    assert run("map", "vue-d-ensemble", "-o", str(page), *changes).returncode == 0
    assert title_of(page) == "Réunion du 3 = mars"
    sheet = tmp_path / "a.pdf"
    change = ["--set", "page=A3 portrait"]
    assert run("map", "vue-d-ensemble", "-o", str(sheet), *change).returncode == 0
    assert PdfReader(sheet).pages[0].mediabox.height == pytest.approx(1190.551, abs=0.1)


def test_a_map_of_one_quartier_is_found_by_its_name(tmp_path):
    page = tmp_path / "a.html"
    done = run("map", "zoom-quartier", "--perimeter", "Bellevue", "-o", str(page))
    assert done.returncode == 0, done.stderr
    assert title_of(page) == "Zoom sur Biollay - Bellevue"


def test_all_makes_a_sheet_of_each_quartier_and_names_those_without_an_outline(tmp_path):
    done = run("map", "zoom-quartier", "--all", "--as", "svg", "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == ["zoom-quartier-QN07301M.svg", "zoom-quartier-QN07302M.svg"]
    assert "no map of 17 without an outline" in done.stderr
    assert "Le Piochet" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "a.html"], 2, "RECIPE and -o are needed; --list names the recipes"),
        (["actions"], 2, "RECIPE and -o are needed"),
        (["actions", "-o", "a.html", "--set", "title"], 2, "“title” is not of the form KEY=VALUE"),
        (["actions", "-o", "a.html", "--set", "layers=[]"], 3, "“layers” cannot be set"),
        (["actions", "-o", "a.html", "--set", "rank=first"], 3, "a whole number is expected"),
        (["zoom-quartier", "-o", "a.html"], 3, "a map of one perimeter, and none is given"),
        (["actions", "-o", "a.html", "--perimeter", "Nulle Part"], 2, "Nulle Part"),
        (["actions", "-o", "a.html", "--perimeter", "Cognin"], 2, "one perimeter is expected"),
        (["actions", "-o", "a.html", "--perimeter", "Le Piochet"], 3, "has no outline"),
        (["actions", "-o", "d", "--all", "--perimeter", "Biollay"], 2, "exclude each other"),
        (["actions", "-o", "a.pdf", "--basemap"], 2, "--basemap is for .html alone"),
        (["actions", "-o", "a.pdf", "--body"], 2, "--body is for .svg alone"),
        (["actions", "-o", "a.html", "--body"], 2, "--body is for .svg alone"),
        (["zoom-quartier", "-o", "d", "--all", "--body"], 2, "--body is for .svg alone"),
    ],
)
def test_a_mistake_is_said_in_one_sentence_and_nothing_is_written(
    tmp_path, monkeypatch, arguments, code, message
):
    monkeypatch.chdir(tmp_path)
    done = run("map", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_body_is_the_map_alone_with_its_names_as_text(tmp_path, territory):
    body, sheet = tmp_path / "body.svg", tmp_path / "sheet.svg"
    assert run("map", "actions", "-o", body, "--body").returncode == 0
    assert run("map", "actions", "-o", sheet).returncode == 0
    drawn = ET.fromstring(body.read_bytes())  # noqa: S314  # our own
    assert drawn.findtext(f"{SVG}title") == "Les actions et les quartiers qu’elles touchent"
    assert drawn.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    names = [[line.text for line in text] for text in drawn.iter(f"{SVG}text")]
    assert [first for first, *_ in names[:2]] == ["Biollay - Bellevue", "Les Hauts De Chambéry"]
    assert "nommément\u00a0: 8" in names[1]  # below the name, as on the sheet
    communes = {name.upper() for name in territory.communes["nom"]}
    assert {" ".join(lines) for lines in names[2:]} == communes
    # A sheet sets each glyph by its outline; here nothing is drawn twice, and no text is a shape.
    parts = {element.tag.removeprefix(SVG) for element in drawn.iter() if SVG in element.tag}
    assert parts == {"svg", "title", "metadata", "defs", "rect", "path", "g", "text", "tspan"}
    assert "<use " in sheet.read_text(encoding="utf-8")


def test_a_body_is_as_large_as_the_map_on_its_sheet(tmp_path):
    done = run("map", "zoom-quartier", "--all", "--as", "svg", "--body", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(sorted((tmp_path / "out").iterdir())) == 2
    run("map", "zoom-quartier", "--perimeter", "Bellevue", "-o", tmp_path / "a.svg")
    whole = (tmp_path / "a.svg").read_text(encoding="utf-8")
    body = ET.parse(tmp_path / "out" / "zoom-quartier-QN07301M.svg").getroot()  # noqa: S314  # ours
    # The sheet holds the body as a picture.
    inner = re.findall('href="data:image/svg\\+xml;base64,([^"]+)"', whole)
    opened = [ET.fromstring(base64.b64decode(part)) for part in inner]  # noqa: S314  # our own
    assert body.get("viewBox") in {part.get("viewBox") for part in opened}


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    done = run("map", "zoom-quartier", "--all", "-o", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "out cannot be made: File exists" in done.stderr
    assert "Traceback" not in done.stderr


def test_each_map_of_all_that_cannot_be_made_is_said_and_one_alone_ends_the_command(
    tmp_path, make_territory
):
    outlines = [{"code": f"Q{n}", "geometry": square(900 * n, 100, 100)} for n in (1, 2)]
    here = ("--territory", str(make_territory(perimeters(*outlines))), "map")
    recipe = tmp_path / "piscines.toml"
    text = 'title = "Piscines"\nextent = "perimeter"\n[[layers]]\nkind = "equipment"\n'
    recipe.write_text(text, encoding="utf-8")
    why = "piscines: the territory has no data for its layers (equipment)."
    out = tmp_path / "out"
    done = run(*here, str(recipe), "--all", "-o", str(out))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        f"Error: {out / f'piscines-Q{n}.pdf'} could not be made: {why}" for n in (1, 2)
    ]
    assert list(out.iterdir()) == []
    done = run(*here, str(recipe), "--perimeter", "Q1", "-o", str(out / "a.pdf"))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (3, f"Error: {why}")


def test_only_a_page_with_a_basemap_names_a_host(tmp_path):
    plain, online = tmp_path / "plain.html", tmp_path / "online.html"
    assert run("map", "vue-d-ensemble", "-o", str(plain)).returncode == 0
    assert run("map", "vue-d-ensemble", "-o", str(online), "--basemap").returncode == 0
    assert "data.geopf.fr" not in plain.read_text(encoding="utf-8")
    assert "img-src data: https://data.geopf.fr" in online.read_text(encoding="utf-8")


def test_a_code_never_leads_out_of_the_folder(make_territory):
    outline = square(100, 100, 100)
    table = perimeters(*({"code": code, "geometry": outline} for code in ("../../x", "Q 1")))
    territory = cdv_geo.load_territory(make_territory(table))
    path = find_recipe("zoom-quartier", territory.recipe_folders())
    assert maps_by_perimeter(cdv_geo.load_recipe(path), territory) == {
        "zoom-quartier-.._.._x": "../../x",
        "zoom-quartier-Q_1": "Q 1",
    }
    table = perimeters(*({"code": code, "geometry": outline} for code in ("Q/1", "Q 1")))
    territory = cdv_geo.load_territory(make_territory(table))
    with pytest.raises(cdv_geo.DataError, match="two perimeters would have files of one name"):
        maps_by_perimeter(cdv_geo.load_recipe(path), territory)


@pytest.mark.parametrize("name", ["index", "zoom-quartier-Q1"])
def test_no_map_of_an_atlas_takes_the_place_of_another_file(make_territory, name):
    folder = make_territory(perimeters({"code": "Q1", "geometry": square(100, 100, 100)}))
    (folder / "maps").mkdir()
    (folder / "maps" / f"{name}.toml").write_text(
        'title = "Carte"\n[[layers]]\nkind = "communes"\n', encoding="utf-8"
    )
    with pytest.raises(cdv_geo.RecipeError, match=f"no second file called “{name}”"):
        Atlas(cdv_geo.load_territory(folder), generation=2024)
