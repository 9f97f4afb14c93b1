"""No file makes the program ask the network or read another file."""

from __future__ import annotations

import json
import os
import re
import socketserver
import subprocess
import sys
import threading
from itertools import product
from pathlib import Path

import pytest
from cli.in_process import Done, run
from click.testing import CliRunner

from cdv_geo.cli.command_group import cli

from hostile_files.checking import assert_no_traceback, limit
from hostile_files.layers import frame, geopackage
from hostile_files.traps import Bait, Trap, traps
from squares import keep_one_map, perimeters
from thinning import pairs, singles

CANARY = "canary-4f1c9e27"
_TRAPS = traps(Bait("http://127.0.0.1:9/x", Path("/nonexistent/canary.geojson")))
_TRIED = pairs((*trap, command) for trap in _TRAPS for command in ("check", "link"))
_PROXIES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "GDAL_HTTP_PROXY")


class Server(socketserver.ThreadingTCPServer):
    """A server on this machine that remembers whoever calls."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.calls: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(socketserver.StreamRequestHandler):
    timeout = 2

    def handle(self) -> None:
        self.server.calls.append("a connection")
        self.server.calls[-1] = self.rfile.readline(1_000).decode("latin-1").strip()
        self.wfile.write(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )


@pytest.fixture(scope="module")
def server():
    with Server() as trap:
        threading.Thread(target=trap.serve_forever, daemon=True).start()
        yield trap
        trap.shutdown()


@pytest.fixture
def trap(server: Server, monkeypatch):
    """The trap is also the proxy of all other addresses; nobody may have called it in the end."""
    for name in _PROXIES:
        monkeypatch.setenv(name, server.address)
    monkeypatch.setenv("PROJ_NETWORK", "ON")
    monkeypatch.setenv("PROJ_NETWORK_ENDPOINT", server.address)
    server.calls.clear()
    yield server
    assert server.calls == []


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A layer outside the folder of the files, whose every name is the secret."""
    outside = tmp_path / "outside"
    outside.mkdir()
    table = frame().assign(id=[CANARY, f"{CANARY}-2"], nom=CANARY, code_qp=CANARY)
    table.geometry = table.geometry.representative_point()
    path = outside / "canary.geojson"
    table.to_file(path, driver="GeoJSON")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    return inside


def _run(*arguments: str):
    with limit():
        result = CliRunner().invoke(cli, list(arguments))
    assert_no_traceback(result)
    return result


def _assert_kept_inside(output: str, *folders: Path) -> None:
    assert CANARY not in output
    written = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    for path in written:
        assert path.is_symlink() or CANARY.encode() not in path.read_bytes(), path.name


def _tried_on(command: str):
    found = [tried[:3] for tried in _TRIED if tried[3] == command]
    return pytest.mark.parametrize("name", found, ids=" ".join)


@_tried_on("check")
def test_check_stays_inside(name: Trap, trap: Server, canary: Path, folder: Path):
    file = traps(Bait(f"{trap.address}/bait", canary))[name](folder)
    result = _run("check", "--format", "json", str(file))
    assert result.exit_code in {0, 2, 3}, result.output
    _assert_kept_inside(result.output, folder)


@_tried_on("link")
def test_link_stays_inside(name: Trap, trap: Server, canary: Path, folder: Path, tmp_path: Path):
    file = traps(Bait(f"{trap.address}/bait", canary))[name](folder)
    out = tmp_path / "out"
    out.mkdir()
    result = _run("link", str(file), "-o", str(out / "links.csv"))
    _assert_kept_inside(result.output, folder, out)


_EQUIPMENT = (
    f"id,nom,type,quartier_cite,statut,source\n{CANARY},{CANARY},crèche,Q,ouvert,{CANARY}\n"
)


@pytest.fixture
def outer_table(tmp_path: Path) -> Path:
    """A table of équipements outside the territory's folder, which a folder may not reach."""
    path = tmp_path / "outside.csv"
    path.write_text(_EQUIPMENT, encoding="utf-8")
    return path


def _link_equipment(territory: Path, path: str, out: Path):
    description = territory / "territory.toml"
    text = description.read_text(encoding="utf-8").replace("equipment.csv", path)
    description.write_text(text, encoding="utf-8")
    return _run("--territory", str(territory), "link", "equipment", "-o", str(out))


@pytest.fixture
def territory_folder(make_territory) -> Path:
    folder = make_territory(perimeters({"code": "Q"}))
    section = '\n[equipment]\npath = "equipment.csv"\nsource = "à la main"\n'
    with (folder / "territory.toml").open("a", encoding="utf-8") as file:
        file.write(section)
    return folder


def test_a_territory_reads_its_own_table(territory_folder: Path, tmp_path: Path):
    (territory_folder / "equipment.csv").write_text(_EQUIPMENT, encoding="utf-8")
    result = _link_equipment(territory_folder, "equipment.csv", tmp_path / "links.csv")
    assert result.exit_code == 0, result.output
    assert CANARY in (tmp_path / "links.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "way", ["../outside.csv", "x/../../outside.csv", "absolute", "uri", "link"]
)
@pytest.mark.usefixtures("trap")
def test_a_territory_does_not_reach_out(
    way: str, territory_folder: Path, outer_table: Path, tmp_path: Path
):
    path = {"absolute": str(outer_table), "uri": outer_table.as_uri(), "link": "equipment.csv"}
    if way == "link":
        (territory_folder / "equipment.csv").symlink_to(outer_table)
    result = _link_equipment(territory_folder, path.get(way, way), tmp_path / "links.csv")
    assert result.exit_code == 3, result.output
    assert CANARY not in result.output
    assert not (tmp_path / "links.csv").exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../../etc/passwd", "/dev/zero"])
@pytest.mark.usefixtures("trap")
def test_a_territory_does_not_read_the_system(path: str, territory_folder: Path, tmp_path: Path):
    result = _link_equipment(territory_folder, path, tmp_path / "links.csv")
    assert result.exit_code == 3, result.output
    assert "root:" not in result.output


@pytest.mark.parametrize("name", ["communes.gpkg", "perimeters.gpkg"])
@pytest.mark.usefixtures("trap")
def test_a_territory_does_not_follow_a_layer_out(name: str, territory_folder: Path, tmp_path: Path):
    own = territory_folder / name
    moved = own.rename(tmp_path / name)
    own.symlink_to(moved)
    result = _run("--territory", str(territory_folder), "perimeters", "--format", "json")
    assert result.exit_code == 3, result.output
    description = territory_folder / "territory.toml"
    text = description.read_text(encoding="utf-8").replace(name, f"../{name}")
    description.write_text(text, encoding="utf-8")
    result = _run("--territory", str(territory_folder), "perimeters", "--format", "json")
    assert result.exit_code == 3, result.output


@pytest.mark.parametrize(
    "path", ["{address}/a.gpkg", "/vsicurl/{address}/a.gpkg", "PG:host=127.0.0.1 port={port}"]
)
def test_a_territory_does_not_call_the_network(path: str, trap: Server, territory_folder: Path):
    port = trap.server_address[1]
    named = path.format(address=trap.address, port=port)
    description = territory_folder / "territory.toml"
    text = description.read_text(encoding="utf-8").replace("communes.gpkg", named)
    description.write_text(text, encoding="utf-8")
    result = _run("--territory", str(territory_folder), "perimeters")
    assert result.exit_code == 3, result.output


@pytest.mark.usefixtures("trap")
def test_grids_are_not_fetched(folder: Path):
    """PROJ asks for grids of the old French systems where its environment lets it."""
    systems = ("EPSG:27572", "EPSG:4275", "EPSG:3945")
    files = [geopackage(frame(crs=crs), name=f"{crs[5:]}.gpkg")(folder) for crs in systems]
    command = [sys.executable, "-m", "cdv_geo", "check", "--format", "json", *map(str, files)]
    done = subprocess.run(
        command, env=dict(os.environ), capture_output=True, timeout=60, check=False
    )
    assert done.returncode in {0, 3}, done.stderr
    assert b"Traceback" not in done.stderr
    assert all(crs.encode() in done.stdout for crs in systems)


# Links, each to a file or folder outside whose every text is the canary.

_RECIPE = f'title = "{CANARY}"\n[[layers]]\nkind = "communes"\n'


def _assert_refused(result, *folders: Path, exit_codes: tuple[int, ...] = (3,)) -> None:
    assert result.exit_code in exit_codes, result.output
    assert re.search(r"Error: .*\blink", result.output), result.output
    _assert_kept_inside(result.output, *folders)


def test_a_territory_does_not_reach_out_by_a_folder_that_is_a_link(
    territory_folder: Path, outer_table: Path, tmp_path: Path
):
    (territory_folder / "sub").symlink_to(outer_table.parent)
    result = _link_equipment(territory_folder, f"sub/{outer_table.name}", tmp_path / "links.csv")
    _assert_refused(result)
    assert not (tmp_path / "links.csv").exists()


def test_a_layer_of_a_territory_is_not_read_by_a_folder_that_is_a_link(
    territory_folder: Path, tmp_path: Path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (territory_folder / "communes.gpkg").rename(elsewhere / "communes.gpkg")
    (territory_folder / "sub").symlink_to(elsewhere)
    description = territory_folder / "territory.toml"
    text = description.read_text(encoding="utf-8").replace("communes.gpkg", "sub/communes.gpkg")
    description.write_text(text, encoding="utf-8")
    _assert_refused(_run("--territory", str(territory_folder), "perimeters"))


def test_a_description_of_a_territory_is_no_link_that_leads_away(
    territory_folder: Path, tmp_path: Path
):
    description = territory_folder / "territory.toml"
    (territory_folder / "equipment.csv").write_text(_EQUIPMENT, encoding="utf-8")
    description.symlink_to(description.rename(tmp_path / "other.toml"))
    _assert_refused(_run("--territory", str(territory_folder), "perimeters"))


@pytest.fixture
def outer_recipe(tmp_path: Path) -> Path:
    """A recipe in a folder outside the territory, whose title is the secret."""
    path = tmp_path / "recipes" / "own.toml"
    path.parent.mkdir()
    path.write_text(_RECIPE, encoding="utf-8")
    return path


@pytest.mark.parametrize("linked", ["the folder", "a recipe"])
@pytest.mark.parametrize("command", [["map", "--list"], ["map", "own", "-o", "own.svg"]])
def test_recipes_of_a_territory_are_not_read_by_links(
    linked: str, command: list[str], territory_folder: Path, outer_recipe: Path, monkeypatch
):
    monkeypatch.chdir(outer_recipe.parent.parent)
    (territory_folder / "equipment.csv").write_text(_EQUIPMENT.replace(CANARY, "a"), "utf-8")
    maps = territory_folder / "maps"
    if linked == "the folder":
        maps.symlink_to(outer_recipe.parent)
    else:
        maps.mkdir()
        (maps / "own.toml").symlink_to(outer_recipe)
    result = _run("--territory", str(territory_folder), *command)
    _assert_refused(result, exit_codes=(2, 3))
    assert not Path("own.svg").exists()


def test_a_recipe_that_is_named_is_no_link_that_leads_away(
    territory_folder: Path, outer_recipe: Path, folder: Path
):
    (territory_folder / "equipment.csv").write_text(_EQUIPMENT.replace(CANARY, "a"), "utf-8")
    (folder / "own.toml").symlink_to(outer_recipe)
    out = folder / "own.svg"
    named = str(folder / "own.toml")
    _assert_refused(_run("--territory", str(territory_folder), "map", named, "-o", str(out)))
    assert not out.exists()


def test_a_mapping_of_columns_is_no_link_that_leads_away(folder: Path, tmp_path: Path):
    outside = tmp_path / "columns.toml"
    outside.write_text(f'[columns]\n"{CANARY}" = "nom"\n', encoding="utf-8")
    (folder / "columns.toml").symlink_to(outside)
    (folder / "a.csv").write_text(f"id;{CANARY[:6]}\ne1;a\n", encoding="utf-8")
    mapping, file = str(folder / "columns.toml"), str(folder / "a.csv")
    result = _run("check", "--columns", mapping, file)
    _assert_refused(result, exit_codes=(2, 3))


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf", ".prj", ".cpg"])
@pytest.mark.parametrize("command", ["check", "link"])
def test_no_part_of_a_shapefile_is_a_link_that_leads_away(
    part: str, command: str, folder: Path, tmp_path: Path
):
    table = frame().assign(id=[CANARY, f"{CANARY}-2"], nom=CANARY)
    table.geometry = table.to_crs("EPSG:2154").representative_point().to_crs(table.crs)
    table.to_file(folder / "a.shp", encoding="UTF-8")
    own = (folder / "a").with_suffix(part)
    own.symlink_to(own.rename(tmp_path / own.name))
    output = ["-o", str(tmp_path / "links.csv")] if command == "link" else ["--format", "json"]
    result = _run(command, str(folder / "a.shp"), *output)
    assert result.exit_code == 3, result.output
    assert "link" in result.output
    assert not (tmp_path / "links.csv").exists()
    if part == ".dbf":
        assert CANARY not in result.output


def _atlas(territory: Path, out: Path, *options: str) -> Done:
    done = run("--territory", territory, "atlas", "-o", out, "--jobs", "1", *options)
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stdout + done.stderr
    return done


def test_an_account_of_the_data_is_no_link_that_leads_away(territory_folder: Path, tmp_path: Path):
    (tmp_path / "SOURCES.md").write_text(CANARY, encoding="utf-8")
    (territory_folder / "equipment.csv").write_text(_EQUIPMENT.replace(CANARY, "a"), "utf-8")
    (territory_folder / "SOURCES.md").symlink_to(tmp_path / "SOURCES.md")
    done = _atlas(territory_folder, tmp_path / "atlas")
    assert done.returncode == 3, done.stderr
    assert re.search("SOURCES.md leads out of .* by a link", done.stderr)
    _assert_kept_inside(done.stdout, tmp_path / "atlas")


@pytest.mark.parametrize(
    ("name", "options"),
    singles(
        product(
            ("index.html", "coverage.csv", "fiche-Q.pdf", "manifest.json"), ((), ("--overwrite",))
        )
    ),
)
def test_an_atlas_writes_over_nothing_that_its_folder_has_links_to(
    name: str, options: tuple[str, ...], territory_folder: Path, tmp_path: Path
):
    (territory_folder / "equipment.csv").write_text(_EQUIPMENT.replace(CANARY, "a"), "utf-8")
    atlas, outside = tmp_path / "atlas", tmp_path / "canary"
    atlas.mkdir()
    content = json.dumps({"made_by": "cdv_geo", "files": {"mine.txt": {}}, "of": CANARY})
    outside.write_text(content, encoding="utf-8")
    (atlas / "mine.txt").write_text("mine", encoding="utf-8")
    (atlas / name).symlink_to(outside)
    keep_one_map(territory_folder)
    done = _atlas(territory_folder, atlas, *options)
    assert done.returncode in {1, 3}, done.stderr
    assert re.search(
        "link|not made by|is not what an earlier run wrote there", done.stderr.splitlines()[-1]
    )
    assert outside.read_text(encoding="utf-8") == content
    assert (atlas / name).is_symlink()
    assert (atlas / "mine.txt").read_text(encoding="utf-8") == "mine"
