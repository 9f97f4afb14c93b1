"""What a spoilt file is given to: every reader, and through them every writer."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cdv_geo.atlas import Atlas
from cdv_geo.failures import Failures
from cdv_geo.io.writing.incremental_folder import Piece, rebuild_folder
from cdv_geo.territory import load_territory

from hostile_files.rows import TWO, lines

TABLES, LAYERS = (".csv", ".xlsx", ".parquet"), (".geojson", ".json", ".gpkg", ".zip", ".parquet")
_ANY = (*TABLES, *LAYERS[:-1], ".tif")


@dataclass(frozen=True)
class Target:
    """One command, and where the spoilt file stands in its folder.

    `{file}`, `{territory}` and `{out}` are put in place; `part` is the file of the territory that
    is spoilt, and `call` stands for a command that would take too long.
    """

    command: str
    suffixes: tuple[str, ...]
    part: str | None = None
    call: Callable[[Path], object] | None = None
    heavy: bool = False

    def arguments(self, folder: Path, content: bytes, suffix: str, base: Path) -> list[str]:
        """Lay out the folder and give the arguments of the command."""
        territory = folder / "territory"
        if "{territory}" in self.command:
            shutil.copytree(base, territory)
        file = folder / f"spoilt{suffix}" if self.part is None else territory / self.part
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if "{unpacked}" in self.command:
            file = unpacked(file)
        (folder / "good.csv").write_text(lines(*TWO), encoding="utf-8")
        places = {"file": file, "unpacked": file, "territory": territory, "out": folder / "out"}
        good = {"good": folder / "good.csv"}
        return [word.format(**places, **good) for word in self.command.split()]


def unpacked(file: Path) -> Path:
    """Unpack a Shapefile beside its zip; the zip itself where there is none in it."""
    try:
        with zipfile.ZipFile(file) as packed:
            packed.extractall(file.parent / "parts")
    except Exception:  # noqa: BLE001  # no zip any more
        return file
    return next((file.parent / "parts").rglob("*.shp"), file)


def _rebuilt(folder: Path) -> None:
    """Make a folder of one file, over what its manifest says."""
    made = folder / "made"
    made.mkdir()
    shutil.copy(folder / "spoilt.json", made / "manifest.json")
    piece = Piece(("a.txt",), lambda: "a", _write_nothing)
    rebuild_folder(
        made, [piece], inputs="", failures=Failures(), overwrite=False, step=lambda *_: None
    )
    json.loads((made / "manifest.json").read_text(encoding="utf-8"))


def _write_nothing(content: str, paths: tuple[Path, ...]) -> None:
    for path in paths:
        path.write_text(content, encoding="utf-8")


def _sources(folder: Path) -> None:
    Atlas(load_territory(folder / "territory"), generation=2024)._sources()


_ROLES = ("perimeters", "actions", "equipment", "indicators", "raster")
_LINKED = ("csv", "gpkg", "parquet", "geojson")
_PARTS = {
    "territory.toml": (".toml",), "communes.gpkg": (".gpkg",), "perimeters.gpkg": (".gpkg",),
    "actions.csv": (".csv",), "equipment.csv": (".csv",), "indicators.csv": (".csv",),
    "quartiers.csv": (".csv",), "population.tif": (".tif",), "maps/own.toml": (".toml",),
}  # fmt: skip
TARGETS: dict[str, Target] = {
    "check": Target("check --format json -- {file}", _ANY),
    "check-table": Target("check -- {file}", _ANY),
    **{f"check-{r}": Target(f"check --format json --as {r} -- {{file}}", _ANY) for r in _ROLES},
    "check-crs": Target("check --format json --crs EPSG:2154 -- {file}", LAYERS),
    "check-unpacked": Target("check --format json -- {unpacked}", (".zip",)),
    "columns": Target("check --format json --columns {file} -- {good}", (".toml",)),
    **{f"link-{s}": Target(f"link {{file}} -o {{out}}.{s}", TABLES + LAYERS) for s in _LINKED},
    "link-excel": Target("link {file} -o {out}.csv --dialect excel-fr", TABLES + LAYERS),
    "link-within": Target("link {file} --within 300 -o {out}.csv --unlocated {out}.xlsx", TABLES),
    **{
        f"in-{Path(part).stem}": Target(
            "--territory {territory} coverage -o {out}.xlsx", suffixes, part, heavy=True
        )
        for part, suffixes in _PARTS.items()
    },
    "list-own": Target("--territory {territory} map --list", (".toml",), "maps/own.toml"),
    **{
        f"map-{s}": Target(
            f"--territory {{territory}} map {{file}} -o {{out}}.{s}", (".toml",), heavy=True
        )
        for s in ("svg", "html")
    },
    "page-actions": Target(
        "--territory {territory} map actions -o {out}.html", (".csv",), "actions.csv", heavy=True
    ),
    "report-actions": Target(
        "--territory {territory} report -o {out}.xlsx", (".csv",), "actions.csv", heavy=True
    ),
    "fiche-actions": Target(
        "--territory {territory} fiche Q -o {out}.docx", (".csv",), "actions.csv", heavy=True
    ),
    "template-territory": Target(
        "--territory {territory} template actions -o {out}.xlsx", (".toml",), "territory.toml"
    ),
    "manifest": Target("{file}", (".json",), call=_rebuilt),
    "sources": Target("{territory}", (".md",), "SOURCES.md", call=_sources),
}
