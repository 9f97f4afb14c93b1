"""An atlas of squares, made again where it changed, in several processes, killed and completed."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pikepdf
import pytest
import shapely
from cli.in_process import run as run_here

import cdv_geo
from cdv_geo import atlas as atlas_module
from cdv_geo.atlas import Atlas
from cdv_geo.cartography.map_formats import render_scene
from cdv_geo.cartography.recipe_checking import find_recipe
from cdv_geo.io.writing.folder_manifest import MANIFEST, read_manifest, write_manifest

from squares import CRS, X0, Y0, perimeters, square
from thinning import some

TITLE, OTHER_TITLE = "Jardin des hirondelles", "Jardin des mésanges"
DESCRIPTION = """
name = "Contrat de ville des Carrés"
crs = "EPSG:2154"
edition = "2026-01"
default_generation = 2024

[communes]
path = "communes.gpkg"
source = "communes : tracées à la main"

[[perimeters]]
path = "perimeters.gpkg"
source = "périmètres : tracés à la main"

[actions]
path = "actions.csv"
source = "actions : à la main"

[position_error_m]
"exacte" = 0
"""


@pytest.fixture(scope="module")
def squares_folder(made_once) -> Path:
    """One commune, two QPV in it, and two actions: one names the first, the other lies in it."""
    return made_once("carres", write_squares)


def write_squares(folder):
    gpd.GeoDataFrame(
        {"code_insee": ["73001"], "nom": ["Aval"]}, geometry=[square(0, 0, 2000)], crs=CRS
    ).to_file(folder / "communes.gpkg")
    outlines = perimeters(
        {"code": "Q1", "geometry": square(100, 100, 500)},
        {"code": "Q2", "geometry": square(1200, 1200, 500)},
    )
    outlines.to_file(folder / "perimeters.gpkg")
    lon, lat = (
        gpd.GeoSeries.from_xy([X0 + 300], [Y0 + 300], crs=CRS).to_crs("EPSG:4326")[0].coords[0]
    )
    pd.DataFrame(
        {
            "id": ["a1", "a2"],
            "intitule": [TITLE, "Atelier de couture"],
            "objectifs": "",
            "portee": ["quartier", "inconnue"],
            "territoires_cites": ["Q1", ""],
            "longitude": [None, lon],
            "latitude": [None, lat],
            "precision_position": ["", "exacte"],
            "source": "à la main",
        }
    ).to_csv(folder / "actions.csv", index=False)
    (folder / "territory.toml").write_text(DESCRIPTION, encoding="utf-8")


@pytest.fixture(scope="module")
def built(squares_folder, made_once) -> Path:
    """Its atlas, made in this process."""
    return made_once("atlas-of-squares", lambda folder: make(squares_folder, folder))


@pytest.fixture(scope="module")
def renamed(squares_folder, made_once) -> Path:
    """A folder with the territory where an action is renamed, its atlas, and what was printed.

    The program makes it from nothing, in two processes.
    """

    def made(folder):
        territory = shutil.copytree(squares_folder, folder / "carres")
        rename(territory)
        run = program(territory, folder / "atlas", "--jobs", "2")
        listed, said = run.communicate(timeout=300)
        assert run.returncode == 0, said
        (folder / "listed.txt").write_text(listed)
        (folder / "said.txt").write_text(said)

    return made_once("renamed", made)


@pytest.fixture
def workspace(squares_folder, built, tmp_path) -> tuple[Path, Path]:
    """A territory of one's own, and the atlas of it; times of the files are kept."""
    shutil.copytree(squares_folder, tmp_path / "carres")
    shutil.copytree(built, tmp_path / "atlas")
    return tmp_path / "carres", tmp_path / "atlas"


def rename(territory):
    table = territory / "actions.csv"
    table.write_text(table.read_text().replace(TITLE, OTHER_TITLE))


def make(territory, folder, jobs=1, *, overwrite=False):
    atlas = Atlas(cdv_geo.load_territory(territory), generation=2024)
    result = atlas.write(folder, overwrite=overwrite, step=lambda *_: None, jobs=jobs)
    return {path.name for path in result.made}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def differing(first, second):
    first, second = contents(first), contents(second)
    return [n for n in sorted({*first, *second}) if first.get(n) != second.get(n)]


def whole_files(atlas):
    """Name what is in its place: neither the manifest nor what is being written."""
    return [p.name for p in atlas.glob("*") if p.name != MANIFEST and not p.name.startswith(".")]


def program(territory, folder, *options):
    command = [sys.executable, "-m", "cdv_geo", "--territory", str(territory), "atlas"]
    return subprocess.Popen(
        [*command, "-o", str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_an_unchanged_atlas_is_left_as_it_is(workspace):
    territory, atlas = workspace
    before = {path: path.stat().st_mtime_ns for path in atlas.iterdir()}
    assert make(territory, atlas) == set()
    assert {path: path.stat().st_mtime_ns for path in atlas.iterdir()} == before


def test_the_program_says_what_it_made_and_what_is_unchanged(renamed, built, tmp_path):
    made = {path.name for path in built.iterdir()} - {MANIFEST}
    assert names_of((renamed / "listed.txt").read_text()) == made
    assert f"\n{len(made)} files made, 0 unchanged.\n" in (renamed / "said.txt").read_text()
    atlas = shutil.copytree(renamed / "atlas", tmp_path / "atlas")
    (atlas / "index.html").unlink()
    listed, said = program(renamed / "carres", atlas, "--jobs", "1").communicate(timeout=300)
    assert names_of(listed) == made
    assert f"\n1 files made, {len(made) - 1} unchanged.\n" in said
    assert differing(atlas, renamed / "atlas") == []


def names_of(listed):
    return {Path(line).name for line in listed.splitlines()}


def test_a_new_title_of_an_action_changes_only_what_shows_it(workspace, renamed):
    """It names Q1 and has no position: no sheet shows it, nor the fiche of Q2."""
    territory, atlas = workspace
    rename(territory)
    plain = {path.name for path in atlas.iterdir() if TITLE.encode() in path.read_bytes()}
    # Nothing can be chosen on the map of the change; coverage, the index and the page of sources
    # name no action.
    assert plain == {
        "actions.html",
        "cdv_geo.gpkg",
        "chomage.html",
        "equipements.html",
        "habitants.html",
        "links.csv",
        "niveau-de-vie.html",
        "population.html",
        "vue-d-ensemble.html",
        "zoom-quartier-Q1.html",
        "zoom-quartier-Q2.html",
    }
    compressed = {"fiche-Q1.pdf", "fiche-Q1.docx", "cdv_geo.xlsx", "atlas.pdf"}
    assert make(territory, atlas) == plain | compressed
    assert differing(atlas, renamed / "atlas") == []


def test_files_that_were_changed_are_kept_until_they_may_be_replaced(workspace, built):
    territory, atlas = workspace
    whole = (atlas / "actions.pdf").read_bytes()
    (atlas / "actions.pdf").write_bytes(whole[: len(whole) // 2])
    (atlas / "index.html").write_text("by hand")
    (atlas / "links.csv").unlink()
    (atlas / "mine.txt").write_text("mine")
    with pytest.raises(cdv_geo.OutputError, match=r"actions\.pdf is not what an earlier run wrote"):
        make(territory, atlas)
    assert (atlas / "index.html").read_text() == "by hand"
    assert make(territory, atlas, overwrite=True) == {"actions.pdf", "index.html", "links.csv"}
    assert differing(atlas, built) == ["mine.txt"]


@pytest.mark.parametrize("names", [("INDEX",), ("a", "A"), ("Fiche-q1",)])
def test_maps_whose_files_are_others_on_some_systems_are_refused(workspace, names):
    territory, _ = workspace
    (territory / "maps").mkdir()
    for name in names:
        recipe = 'title = "Carte"\n[[layers]]\nkind = "communes"\n'
        (territory / "maps" / f"{name}.toml").write_text(recipe, encoding="utf-8")
    with pytest.raises(cdv_geo.RecipeError, match=r"no second file called “(INDEX|A|a|Fiche-q1)”"):
        Atlas(cdv_geo.load_territory(territory), generation=2024)


@pytest.mark.parametrize("name", [b"con", b"a:b", b"caf\xe9", b"a" * 245])
def test_a_map_whose_file_some_system_does_not_take_is_refused(workspace, name):
    territory, _ = workspace
    (territory / "maps").mkdir()
    path = os.path.join(os.fsencode(territory / "maps"), name + b".toml")  # noqa: PTH118
    with open(path, "w") as file:  # noqa: PTH123
        file.write('title = "Carte"\n[[layers]]\nkind = "communes"\n')
    with pytest.raises(cdv_geo.RecipeError, match=r"a map cannot be called “.*; rename the recipe"):
        Atlas(cdv_geo.load_territory(territory), generation=2024)


def test_what_a_recipe_makes_no_more_is_removed(workspace, built):
    territory, atlas = workspace
    (territory / "maps").mkdir()
    recipe = territory / "maps" / "extra.toml"
    recipe.write_text('title = "Carte"\n[[layers]]\nkind = "communes"\n', encoding="utf-8")
    maps = {f"extra{ending}" for ending in (".html", ".pdf", ".png", ".svg")}
    assert make(territory, atlas) == {*maps, "index.html", "atlas.pdf"}
    recipe.unlink()
    assert make(territory, atlas) == {"index.html", "atlas.pdf"}
    assert differing(atlas, built) == []


NO_SUCH_DATA = 'title = "Piscines"\n[[layers]]\nkind = "equipment"\ntypes = ["piscine"]\n'
NOT_ACCEPTED = "la recette de la carte n’est pas acceptée, ou demande ce que le territoire n’a pas"
NO_LAYOUT = "un contenu ne peut être mis en page ou écrit"
UNFORESEEN = "le programme a rencontré une erreur qu’il n’avait pas prévue"


def missing_said(atlas):
    """What the index says is missing, when all that it leads to is there."""
    text = (atlas / "index.html").read_text(encoding="utf-8")
    led_to = set(re.findall(r'(?:href|src)="([^"]+)"', text))
    assert led_to == {path.name for path in atlas.iterdir()} - {"index.html", MANIFEST}
    box = re.search(r'<h2 id="missing">Cet atlas est incomplet</h2>.*?</section>', text, re.DOTALL)
    return re.findall("<li>(.*?)</li>", box[0])


def titles_in_print(atlas):
    with pikepdf.open(atlas / "atlas.pdf") as pdf, pdf.open_outline() as outline:
        return [part.title for top in outline.root for part in (top, *top.children)]


def test_maps_that_cannot_be_composed_or_read_are_said_and_all_else_is_made(workspace, built):
    territory, atlas = workspace
    (territory / "maps").mkdir()
    (territory / "maps" / "actions.toml").write_text(NO_SUCH_DATA, encoding="utf-8")
    (territory / "maps" / "broken.toml").write_text('title = "Cas', encoding="utf-8")
    run = run_here("--territory", territory, "atlas", "-o", atlas, "--jobs", 1)
    assert run.returncode == 1
    *said, first, second = run.stderr.splitlines()
    assert first == (
        "Error: actions.html, .pdf, .png, .svg could not be made: actions: the territory has no "
        "data for its layers (equipment)."
    )
    assert second.startswith("Error: broken could not be made: ")
    assert "broken.toml is not valid TOML: " in second
    lost = {f"actions{ending}" for ending in (".html", ".pdf", ".png", ".svg")}
    why = "an earlier run wrote it, and it could not be made now."
    assert {f"Removed {atlas / name}: {why}" for name in lost} < {*said}
    there = {path.name for path in built.iterdir()} - lost
    assert {path.name for path in atlas.iterdir()} == there
    assert names_of(run.stdout) == there - {MANIFEST}
    assert differing(atlas, built) == sorted({*lost, "atlas.pdf", "index.html", MANIFEST})
    assert missing_said(atlas) == [
        f"actions.html, .pdf, .png, .svg\u00a0: {NOT_ACCEPTED}.",
        f"broken\u00a0: {NOT_ACCEPTED}.",
    ]
    titles = titles_in_print(atlas)
    assert "Cet atlas est incomplet" in titles
    assert len(titles) == len(titles_in_print(built))  # less a map, and with what is missing
    before = contents(atlas)
    assert make(territory, atlas) == set()
    assert contents(atlas) == before
    shutil.rmtree(territory / "maps")
    assert make(territory, atlas) == {*lost, "atlas.pdf", "index.html"}
    assert differing(atlas, built) == []


def refuse(_content, _paths):
    raise cdv_geo.OutputError("there is no room.")


def fall_over(_content, _paths):
    raise shapely.errors.GEOSException("a ring\nis open")


class FailingAtlas(Atlas):
    """One of which a sheet and a fiche cannot be written, by whatever process."""

    def _pieces(self):
        writers = {"actions.svg": refuse, "fiche-Q1.pdf": fall_over}
        return [
            replace(piece, write=next(map(writers.get, writers.keys() & piece.names), piece.write))
            for piece in super()._pieces()
        ]


def test_what_fails_in_another_process_is_said_and_all_else_is_made(workspace, built):
    territory, atlas = workspace
    lost = {"actions.pdf", "actions.png", "actions.svg", "fiche-Q1.docx", "fiche-Q1.pdf"}
    pages = {path.name for path in atlas.glob("*.html")} - {"index.html", "sources.html"}
    for name in {*lost, *pages}:
        (atlas / name).unlink()
    failing = FailingAtlas(cdv_geo.load_territory(territory), generation=2024)
    result = failing.write(atlas, overwrite=False, step=lambda *_: None, jobs=2)
    assert {path.name for path in result.made} == {*pages, "atlas.pdf", "index.html"}
    assert differing(atlas, built) == sorted({*lost, "atlas.pdf", "index.html", MANIFEST})
    assert [(files, str(error)) for files, error in failing.failures.told()] == [
        ("actions.pdf, .png, .svg", "there is no room."),
        ("fiche-Q1.docx, .pdf", "a ring\nis open"),
    ]
    assert "fall_over" in failing.failures["fiche-Q1.pdf"].__notes__[0]  # of the other process
    assert missing_said(atlas) == [
        f"actions.pdf, .png, .svg\u00a0: {NO_LAYOUT}.",
        f"fiche-Q1.docx, .pdf\u00a0: {UNFORESEEN}.",
    ]
    title = "Les actions et les quartiers qu’elles touchent"
    for folder, times in ((built, 1), (atlas, 0)):
        titles = titles_in_print(folder)
        assert (titles.count(title), titles.count("Q1"), titles.count("Q2")) == (times, times, 1)
    assert make(territory, atlas) == {*lost, "atlas.pdf", "index.html"}
    assert differing(atlas, built) == []


def test_a_sheet_of_an_atlas_is_that_of_its_map(squares_folder, built):
    """What is left out of its digest is nothing that it shows."""
    territory = cdv_geo.load_territory(squares_folder)
    recipe = cdv_geo.load_recipe(find_recipe("zoom-quartier", territory.recipe_folders()))
    scene = cdv_geo.compose(recipe, territory, perimeter="Q1")
    for suffix in (".pdf", ".svg", ".html"):
        assert (built / f"zoom-quartier-Q1{suffix}").read_bytes() == render_scene(scene, suffix)


@pytest.mark.parametrize("jobs", some(["2", "1"], 1))
def test_killed_and_started_again_it_is_the_atlas(workspace, built, jobs):
    territory, atlas = workspace
    lost = some(sorted(whole_files(atlas)), 12)
    for name in lost:
        (atlas / name).unlink()
    left = {name: e for name, e in read_manifest(atlas).items() if name not in lost}
    write_manifest(atlas, left)
    chance = random.Random(int(jobs))  # noqa: S311  # it only says when to kill
    for _ in some(range(2), 1):
        before, more = len(whole_files(atlas)), chance.randint(2, 5)
        run = program(territory, atlas, "--jobs", jobs)
        while run.poll() is None and len(whole_files(atlas)) < before + more:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.3))
        run.kill()
        run.communicate()
    left = {*whole_files(atlas)} & {*lost}
    made = make(territory, atlas)
    assert differing(atlas, built) == []
    assert left - made  # or nothing was kept
    assert made


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("sign", "code", "last"),
    some(
        [
            (signal.SIGINT, 130, "Error: interrupted while making "),
            (signal.SIGTERM, 143, "rejected"),
        ],
        1,
    ),
)
def test_a_run_that_is_told_to_end_clears_away_what_it_began(
    squares_folder, built, tmp_path, sign, code, last
):
    atlas = tmp_path / "atlas"
    run = program(squares_folder, atlas, "--jobs", "2")
    while run.poll() is None and not whole_files(atlas):
        time.sleep(0.01)
    os.killpg(run.pid, sign)
    _, said = run.communicate(timeout=60)
    assert run.returncode == code, said
    assert "Traceback" not in said
    assert last in said.splitlines()[-1]
    whole = contents(built)
    assert all(
        content == whole[name] for name, content in contents(atlas).items() if name != MANIFEST
    )


def test_the_index_leads_to_fiches_whose_names_are_text(squares_folder, built, tmp_path):
    text = (built / "index.html").read_text(encoding="utf-8")
    for name in ("fiche-Q1.pdf", "fiche-Q2.docx", "cdv_geo.xlsx", "atlas.pdf"):
        assert f'href="{name}"' in text
    values = Atlas(cdv_geo.load_territory(squares_folder), generation=2024)._index()
    values["fiches"][0]["name"] = "L’<b>Aval</b>"
    atlas_module._write_index(values, [tmp_path / "index.html"])
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'L’&lt;b&gt;Aval&lt;/b&gt;</th><td><a href="fiche-' in text
    assert "</td><td>QPV</td><td>Aval</td></tr>" in text


def test_a_number_of_processes_is_at_least_one(squares_folder, tmp_path):
    run = program(squares_folder, tmp_path / "atlas", "--jobs", "0")
    _, said = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "0 is not in the range x>=1" in said
    assert not (tmp_path / "atlas").exists()


def test_where_the_territory_lies_makes_no_other_atlas(squares_folder, tmp_path):
    moved = shutil.copytree(squares_folder, tmp_path / "moved")
    atlases = [Atlas(cdv_geo.load_territory(f), generation=2024) for f in (squares_folder, moved)]
    assert atlases[0]._inputs() == atlases[1]._inputs()
    description = moved / "territory.toml"
    text = description.read_text(encoding="utf-8").replace('"2026-01"', '"2026-02"')
    description.write_text(text, encoding="utf-8")
    other = Atlas(cdv_geo.load_territory(moved), generation=2024)
    assert other._inputs() != atlases[0]._inputs()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"# a\n" * 70_000, "has more than 256 kB"), ("Données".encode("cp1252"), "no UTF-8 text")],
)
def test_an_account_of_the_sources_that_cannot_be_shown_is_refused(workspace, content, said):
    territory, atlas = workspace
    (territory / "SOURCES.md").write_bytes(content)
    with pytest.raises(cdv_geo.DataError, match=rf"SOURCES\.md .*{said}"):
        make(territory, atlas)


def test_an_account_of_the_sources_may_begin_with_a_byte_order_mark(workspace):
    territory, atlas = workspace
    (territory / "SOURCES.md").write_text("# Titre", encoding="utf-8-sig")
    make(territory, atlas)
    assert "<h1>Titre</h1>" in (atlas / "sources.html").read_text(encoding="utf-8")
