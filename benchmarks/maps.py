"""Put the maps of cdv_geo beside those of its peers, made of the same data, and report it.

Pages are opened in Chromium without a network, sheets are looked into with poppler. The tables are
written between the marks of the report (`<!-- pages -->` … `<!-- /pages -->`), so that the text
around them stays. With CDV_GEO_BENCH_DATA=FOLDER the page of all metropolitan quartiers too.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import national
import pages
import recipes
import sheets
from chromium import chromium
from france import FOLDER_VARIABLE
from mapmakers import page_makers, qgis_version, sheet_makers
from trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PACKAGES: Final = ("folium", "geopandas", "mapclassify", "matplotlib", "playwright")


def main() -> None:
    """Make, open and compare what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, help="Markdown file whose tables are renewed")
    report = parser.parse_args().report
    with tempfile.TemporaryDirectory() as name:
        for mark, lines in _measured(Path(name)).items():
            print(f"{lines}\n", file=sys.stderr)
            if report:
                old = report.read_text(encoding="utf-8")
                report.write_text(_renewed(old, mark, lines), encoding="utf-8")


def _measured(folder: Path) -> dict[str, str]:
    """Give each table, and what it was measured on, by its mark."""
    trial = Trial.begin(folder)
    with chromium() as browser:
        of_pages = {
            name: pages.look_at(name, make, trial, browser) for name, make in page_makers().items()
        }
        of_sheets = {
            name: sheets.look_at(name, make, trial) for name, make in sheet_makers().items()
        }
        found = {
            "machine": _machine(browser.version),
            "pages": _side_by_side(of_pages, pages.ROWS),
            "sheets": _side_by_side(of_sheets, sheets.ROWS),
            "recipes": recipes.table(),
        }
        if data := os.environ.get(FOLDER_VARIABLE):
            found["national"] = national.table(Path(data), folder, browser)
    return found


def _side_by_side(facts: Mapping[str, Any], rows: Mapping[str, Callable[[Any], str]]) -> str:
    """Set the contenders beside each other, ours first."""
    lines = [["", *facts], ["---"] * (len(facts) + 1)]
    lines += [[row, *(cell(fact) for fact in facts.values())] for row, cell in rows.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _renewed(report: str, mark: str, lines: str) -> str:
    """Put a table in the place of the one between its marks."""
    between = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    renewed, places = between.subn(lambda match: f"{match[1]}{lines}\n{match[2]}", report)
    if places != 1:
        sys.exit(f"the report has {places} places for “{mark}”; 1 is expected")
    return renewed


def _machine(browser: str) -> str:
    """Name what the figures depend on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}; Chromium {browser}; {packages}; {qgis_version()}."
    )


if __name__ == "__main__":
    main()
