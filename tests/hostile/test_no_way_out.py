"""No file makes the program ask the network or read another file."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdv_geo.cli.group import cli

from hostile_files.checking import assert_no_traceback, limit
from hostile_files.layers import frame, geopackage
from hostile_files.traps import Bait, traps
from squares import perimeters, square

CANARY = "canary-4f1c9e27"
_NAMES = tuple(traps(Bait("http://127.0.0.1:9/x", Path("/nonexistent/canary.geojson"))))
_PROXIES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "GDAL_HTTP_PROXY")


class Trap(socketserver.ThreadingTCPServer):
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
    with Trap() as trap:
        threading.Thread(target=trap.serve_forever, daemon=True).start()
        yield trap
        trap.shutdown()


@pytest.fixture
def trap(server: Trap, monkeypatch):
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


@pytest.mark.parametrize("name", _NAMES)
def test_check_stays_inside(name: str, trap: Trap, canary: Path, folder: Path):
    file = traps(Bait(f"{trap.address}/bait", canary))[name](folder)
    result = _run("check", "--format", "json", str(file))
    assert result.exit_code in {0, 2, 3}, result.output
    _assert_kept_inside(result.output, folder)


@pytest.mark.parametrize("name", _NAMES)
def test_link_stays_inside(name: str, trap: Trap, canary: Path, folder: Path, tmp_path: Path):
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
    folder = make_territory(perimeters({"code": "Q", "geometry": square(0, 0, 100)}))
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
def test_a_territory_does_not_call_the_network(path: str, trap: Trap, territory_folder: Path):
    port = trap.server_address[1]
    named = path.format(address=trap.address, port=port)
    description = territory_folder / "territory.toml"
    text = description.read_text(encoding="utf-8").replace("communes.gpkg", named)
    description.write_text(text, encoding="utf-8")
    result = _run("--territory", str(territory_folder), "perimeters")
    assert result.exit_code == 3, result.output


@pytest.mark.parametrize("crs", ["EPSG:27572", "EPSG:4275", "EPSG:3945"])
@pytest.mark.usefixtures("trap")
def test_grids_are_not_fetched(crs: str, folder: Path):
    """PROJ asks for grids of the old French systems where its environment lets it."""
    file = geopackage(frame(crs=crs))(folder)
    command = [sys.executable, "-m", "cdv_geo", "check", "--format", "json", str(file)]
    done = subprocess.run(
        command, env=dict(os.environ), capture_output=True, timeout=60, check=False
    )
    assert done.returncode in {0, 3}, done.stderr
    assert b"Traceback" not in done.stderr
    assert crs.encode() in done.stdout
