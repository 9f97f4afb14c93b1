"""The page of all metropolitan quartiers and 20,000 places: how large and how fast it is.

The territory is written as a folder and drawn by the command line, as a user would do it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chromium import RUNS, opened
from country import PLACES, write_territory

if TYPE_CHECKING:
    from pathlib import Path

    from chromium import Opened
    from playwright.sync_api import Browser

_FIRST_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# Two frames after the animation the new step is on the screen.
_STEP_IN: Final = """() => new Promise(done => {
  const start = performance.now();
  const still = () => !document.querySelector(".leaflet-zoom-anim");
  const wait = () => {
    if (still()) requestAnimationFrame(() => done(performance.now() - start));
    else requestAnimationFrame(wait);
  };
  document.querySelector(".leaflet-control-zoom-in").click();
  requestAnimationFrame(wait);
})"""
# The place nearest to the middle of the map, among the pixels that a symbol covers.
_A_PLACE: Final = """() => {
  const map = document.querySelector(".leaflet-container").getBoundingClientRect();
  for (let away = 0; away < map.height / 2; away += 2)
    for (let turn = 0; turn < 6.28; turn += 0.1) {
      const x = map.x + map.width / 2 + away * Math.cos(turn);
      const y = map.y + map.height / 2 + away * Math.sin(turn);
      if (document.elementFromPoint(x, y).matches("path.leaflet-interactive")) return [x, y];
    }
}"""
_WATCH_CARD: Final = """() => {
  let start;
  const look = () => {
    if (document.querySelector(".leaflet-popup")) window.__card = performance.now() - start;
    else requestAnimationFrame(look);
  };
  addEventListener("mousedown", () => { start = performance.now(); look(); }, true);
}"""


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one opening, and how long a zoom and a click keep the reader waiting."""

    contentful: float
    painted: float
    zoomed: float
    clicked: float


def table(data: Path, folder: Path, browser: Browser) -> str:
    """Write the territory, draw it, open it, and give the figures as Markdown."""
    home = folder / "national"
    quartiers = write_territory(data, home)
    page = folder / "national.html"
    start = time.perf_counter()
    command = [sys.executable, "-m", "cdv_geo", "-q", "--territory", home]
    subprocess.run([*command, "map", "nationale", "-o", page], check=True)
    made_s = time.perf_counter() - start
    timings = [_timing(browser, page) for _ in range(RUNS)]
    rows = {
        "quartiers and places": f"{quartiers:,} and {PLACES:,}",
        "made by the command line in": f"{made_s:.1f} s",
        "size of the file": f"{page.stat().st_size / 1e6:.2f} MB",
        "first text on the screen": _median(timings, "contentful"),
        "all layers drawn": _median(timings, "painted"),
        "a step of the zoom, with its animation": _median(timings, "zoomed"),
        "from a click to the card of what was clicked": _median(timings, "clicked"),
    }
    lines = [f"| {name} | {figure} |" for name, figure in rows.items()]
    return "\n".join(["| | |", "| --- | ---: |", *lines])


def _timing(browser: Browser, path: Path) -> Timing:
    """Open the page in a fresh profile, zoom by one step, and click on a place."""
    with opened(browser, path) as one:
        painted = one.painted_s()
        contentful = one.page.evaluate(_FIRST_PAINT)
        if painted is None:
            sys.exit(f"{path} was not drawn")
        return Timing(contentful, painted * 1000, _zoom(one), _click(one))


def _median(timings: list[Timing], name: str) -> str:
    return f"{statistics.median(getattr(timing, name) for timing in timings) / 1000:.2f} s"


def _zoom(one: Opened) -> float:
    """Give the milliseconds of one step of the zoom, until the map stands still again."""
    one.page.locator(".leaflet-control-zoom-in").click(trial=True)
    milliseconds: float = one.page.evaluate(_STEP_IN)
    return milliseconds


def _click(one: Opened) -> float:
    """Click where a place is drawn; give the milliseconds until its card is in the page."""
    place = one.page.evaluate(_A_PLACE)
    one.page.evaluate(_WATCH_CARD)
    one.page.mouse.click(*place)
    one.page.wait_for_function("() => window.__card")
    milliseconds: float = one.page.evaluate("window.__card")
    return milliseconds
