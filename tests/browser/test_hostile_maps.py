"""A territory whose every text is hostile, from its tables through the command to the reader."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from browser.page_scenes import HOSTILE, open_tables, settle, soon, wait_for_a_frame
from cli.in_process import run
from playwright.sync_api import expect
from pypdf import PdfReader
from rasterio.transform import from_origin

from squares import CRS, X0, Y0, perimeters, square
from thinning import singles

if TYPE_CHECKING:
    from conftest import OpenPage
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# What else may mean something to a browser, a template, a reader of CSV or a typesetter.
ODD = "$x^2$ {# c #} {% y %} <!-- &lt;b&gt; \\u003c a\nb\u2028c \u202ed\u202c עברית é\u0302 🏛️ %s"
FULL = f"{HOSTILE} {ODD}"
# A sheet has room for a short one only, at every place of a long list.
SHORT = "<script>window.__pwned=1</script>"
CODES = ("__proto__", "constructor", "javascript:alert(1)", "<b>`${1}`</b>")
QPV_A, QPV_B, VEILLE_A, VEILLE_B = CODES
LAYERS = {
    "places": (
        *("communes", "reach", "perimeters", "actions", "action_places"),
        'equipment"\nnumbered = true\n#"',
    ),
    "figures": (
        *("change", "cells", 'choropleth"\nvalue = "t"\n#"', 'symbols"\nvalue = "t"\n#"'),
        'choropleth"\nof = "perimeters"\nvalue = "equipment_all_inside_count"\n#"',
        'equipment"\nby = "annee"\n#"',
        'communes"\noutline_only = true\n#"',
    ),
}
ADDRESSES = (
    "carte=NaN",
    "choix=<img src=x onerror=window.__pwned=1>",
    "%ZZ",
    "__proto__",
    "x" * 10_240,
    "carte=45.58/5.95/13&choix=%ZZ&masque=constructor",
    "carte=45.58/5.95/13&choix=quartier/__proto__&masque=0,1,2.0,__proto__",
    "carte=45.58/5.95/13&choix=action/constructor",
)


def toml(text: str) -> str:
    """A text of a TOML file: with the escapes of JSON, of which TOML lacks the pairs."""
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028")


def write_outlines(folder: Path, evil: str) -> None:
    """Two communes; a QPV in each, of which the first was there in 2015; two of veille active."""
    communes = gpd.GeoDataFrame(
        {"code_insee": ["73001", "73002"], "nom": [f"Aval {evil}", f"Amont {evil}"]},
        geometry=[square(0, 0, 2000), square(2000, 0, 2000)],
        crs=CRS,
    )
    communes.to_file(folder / "communes.gpkg")
    rough = {"statut_geometrie": "estimee", "precision_m": 5.0, "source": evil}
    hidden = {"type": "veille_active", "generation": 2015, "communes": "73002", "source": evil}
    first, second, older = square(500, 500, 400), square(2500, 500, 400), square(450, 500, 400)
    in_amont, in_2015 = {"communes": "73002", **rough}, {"generation": 2015, **rough}
    table = perimeters(
        {"code": QPV_A, "nom": f"A {evil}", "geometry": first, **rough},
        {"code": QPV_B, "nom": f"B {evil}", "geometry": second, **in_amont},
        {"code": QPV_A, "nom": f"C {evil}", "geometry": older, **in_2015},
        {"code": VEILLE_A, "nom": f"D {evil}", **hidden},
        {"code": VEILLE_B, "nom": f"E {evil}", **hidden},
    )
    table.to_file(folder / "perimeters.gpkg")


def write_tables(folder: Path, evil: str) -> None:
    """Three actions, of which one has a place; three équipements, of which two have one."""
    nowhere = {"x": None, "y": None, "precision_position": None}
    here = {"x": X0 + 600, "y": Y0 + 600, "precision_position": f"exacte {evil}"}
    texts = dict.fromkeys(("porteur", "annee", "financeur", "adresse", "source"), evil)
    action = {**texts, "objectifs": "1", "portee": "quartier", "montant": 1000}
    place = {"type": f"type {evil}", "code_insee": "73001", "statut": "ouvert", **texts}
    figure = {"indicateur": "t", "statut": "publie"} | dict.fromkeys(
        ("libelle", "unite", "millesime", "source"), evil
    )
    tables = {
        "actions": [
            {"id": "__proto__", "intitule": f"P {evil}", "territoires_cites": QPV_B}
            | action
            | here,
            {"id": QPV_B, "intitule": f"Q {evil}", "territoires_cites": QPV_B} | action | nowhere,
            {"id": evil, "intitule": f"R {evil}", "territoires_cites": evil}
            | {**action, "objectifs": evil, **nowhere},
        ],
        "objectifs": [{"objectif": "1", "titre": evil, "axe": evil, "titre_axe": f"Axe {evil}"}],
        "equipment": [
            {"id": "__proto__", "nom": f"U {evil}"} | place | here,
            {"id": QPV_B, "nom": f"V {evil}"} | place | here | {"x": X0 + 1000},
            {"id": evil, "nom": f"W {evil}", "quartier_cite": evil} | place | nowhere,
        ],
        "indicators": [
            {"code": code, "valeur": value} | figure
            for code, value in (("73001", 12), ("73002", 20), (QPV_A, 3), (VEILLE_A, 7))
        ],
        "priorites": [dict.fromkeys(("quartier", "rang", "theme", "auteur"), evil)],
        "constats": [dict.fromkeys(("territoire", "nature", "constat", "source"), evil)],
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)


def write_rasters(folder: Path) -> None:
    """Two rows of two cells: a noise in Lambert-93, and residents in EPSG:3035."""
    residents = np.array([[10.0, 20.0], [30.0, 0.0]])
    bands = {
        "bruit": ("EPSG:2154", np.array([[[10.0, 60.0], [30.0, 0.0]]]), (X0, Y0 + 2000), 1000),
        "grid": (
            *("EPSG:3035", np.stack([residents, residents * 1e4, residents == 10])),
            *((4_040_200, 2_503_800), 200),
        ),
    }
    for name, (crs, cells, corner, side) in bands.items():
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            driver="GTiff",
            height=2,
            width=2,
            count=len(cells),
            dtype="float64",
            crs=crs,
            transform=from_origin(*corner, side, side),
        ) as raster:
            raster.write(cells)


def write_descriptions(folder: Path, evil: str) -> None:
    """Write `territory.toml` and the recipes."""
    # A name or a title that holds a control or a line break is refused.
    evil = "".join(" " if category(c) in {"Cc", "Zl", "Zp"} else c for c in evil)
    said = toml(evil)
    lines = [
        f"name = {said}",
        'crs = "EPSG:2154"',
        f"edition = {said}",
        "default_generation = 2024",
        f"veille_active_list = {said}",
        '[position_error_m]\n"exacte" = 0',
        f'[communes]\npath = "communes.gpkg"\nsource = {said}',
        f'[[perimeters]]\npath = "perimeters.gpkg"\nsource = {said}',
        f'[population]\npath = "grid.tif"\nsource = {said}',
        *(f'[{t.stem}]\npath = "{t.name}"\nsource = {said}' for t in sorted(folder.glob("*.csv"))),
        f'[[rasters]]\nname = {said}\npath = "bruit.tif"\nband = 1',
        f"label = {said}\nunit = {said}\nsource = {said}",
    ]
    (folder / "territory.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "maps").mkdir()
    for name, kinds in LAYERS.items():
        layers = "".join(f'[[layers]]\nkind = "{kind}"\n' for kind in kinds)
        if name == "figures":
            layers += f'[[layers]]\nkind = "raster"\nraster = {said}\n'
        head = f"title = {toml(f'{name} {evil}')}\nsubtitle = {said}\nnotes = [{said}]\n"
        (folder / "maps" / f"{name}.toml").write_text(head + layers, encoding="utf-8")


@pytest.fixture(scope="module")
def territory_of(tmp_path_factory):
    """Write a territory whose every text holds a hostile one; give its folder."""

    def made(evil: str) -> Path:
        folder = tmp_path_factory.mktemp("territory")
        write_outlines(folder, evil)
        write_tables(folder, evil)
        write_rasters(folder)
        write_descriptions(folder, evil)
        return folder

    return made


@pytest.fixture(scope="module")
def full(territory_of) -> Path:
    return territory_of(FULL)


@pytest.fixture(scope="module")
def short(territory_of) -> Path:
    return territory_of(SHORT)


def draw(territory: Path, recipe: str, ending: str, *options: str) -> Path:
    """Draw a map by the command, as its user does."""
    output = territory / f"{recipe}{len(options)}{ending}"
    command = ["--territory", territory, "map", recipe, "-o", output, "--overwrite"]
    done = run(*command, *options)
    assert done.returncode == 0, done.stderr
    assert "rejected" not in done.stderr.replace("0 rejected", "")
    return output


def choose_everything(page: Page) -> list[str]:
    """Look for each name and choose it, and unfold all that its card holds; give the headings."""
    headings = []
    for name in page.evaluate("[...cdv.subjects.found].map(({ name }) => name)"):
        page.get_by_role("combobox").fill(name)
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator(".card h2")).to_be_focused()
        for summary in page.locator(".card summary").all():
            summary.click()
        headings.append(page.locator(".card h2").last.text_content())
        page.keyboard.press("Escape")
        expect(page.locator(".card")).to_have_count(0)
    return headings


@pytest.mark.parametrize("recipe", LAYERS)
def test_nothing_of_a_hostile_territory_runs_on_its_page(
    open_page: OpenPage, full: Path, recipe: str
):
    """Everything is chosen, opened, switched and printed, from hostile addresses too."""
    path = draw(full, recipe, ".html")
    opened = open_page(path)
    page, dialogs = opened.page, []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    # Two communes, four quartiers, three actions and three équipements.
    headings = choose_everything(page)
    assert len(headings) == 12
    assert all("<img src=x onerror=window.__pwned=1></script>" in text for text in headings)
    open_tables(page)
    for box in page.locator("#legend input").all():
        box.uncheck()
        box.check()
    for address in [a for a, each in singles(product(ADDRESSES, LAYERS)) if each == recipe]:
        page.goto(f"{path.as_uri()}#{address}")
        wait_for_a_frame(page)
        page.reload()
        wait_for_a_frame(page)
    page.pdf(prefer_css_page_size=True)
    for text in ("h1", "#subtitle", "#legend", "#notes"):
        part = page.locator(text)
        soon(lambda part=part: "{{7*7}} {{ 7*7 }} C:\\2019" in part.inner_text(), expected=True)
    settle(page)
    assert set(page.locator("img").evaluate_all("all => all.map(i => i.src.slice(0, 15))")) <= {
        "data:image/png;"
    }
    assert page.evaluate("window.__pwned") is None
    assert (dialogs, opened.errors) == ([], [])
    assert {url.split("#")[0] for url in opened.requests if not url.startswith("data:")} == {
        path.as_uri()
    }


def test_a_page_with_a_basemap_asks_its_one_host_alone(open_page: OpenPage, full: Path):
    path = draw(full, "places", ".html", "--basemap")
    opened = open_page(path)
    page = opened.page
    settle(page)
    assert page.evaluate("window.__pwned") is None
    asked = {re.match(r"\w+://[^/]*", url)[0] for url in opened.requests if "data:" not in url[:5]}
    assert asked == {"file://", "https://data.geopf.fr"}


@pytest.mark.parametrize("recipe", LAYERS)
def test_a_hostile_sheet_holds_shapes_and_text_alone(open_page: OpenPage, short: Path, recipe: str):
    path = draw(short, recipe, ".svg")
    opened = open_page(path)
    settle(opened.page)
    names = "[...document.querySelectorAll('*')].map(({ localName }) => localName)"
    tags = set(opened.page.evaluate(names))
    assert "path" in tags
    assert tags.isdisjoint({"script", "foreignObject", "a", "iframe", "set", "animate"})
    assert opened.page.evaluate("window.__pwned") is None
    assert opened.page.title() == f"{recipe} {SHORT}"
    assert opened.errors == []
    assert opened.requests == [path.as_uri()]


@pytest.mark.parametrize("recipe", LAYERS)
def test_a_hostile_sheet_asks_its_reader_to_do_nothing(short: Path, recipe: str):
    reader = PdfReader(draw(short, recipe, ".pdf"))
    assert SHORT in reader.pages[0].extract_text()
    assert reader.metadata.title == f"{recipe} {SHORT}"
    assert {"/OpenAction", "/AA", "/Names", "/AcroForm"}.isdisjoint(reader.trailer["/Root"])
    asked = {"/JS", "/JavaScript", "/URI", "/Launch", "/GoToR", "/SubmitForm", "/AA"}
    for number in range(1, len(reader.xref[0])):
        held = reader.get_object(number)
        assert not (isinstance(held, dict) and asked & set(held)), held
