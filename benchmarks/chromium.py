"""Open a page in Chromium as a reader does, and say what happens: requests, paint, names, keys."""

from __future__ import annotations

import statistics
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from xstatic.pkg import jquery, leaflet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

RUNS: Final = 5
_CHROMIUM: Final = "/usr/bin/chromium"
_WINDOW: Final = {"width": 1280, "height": 860}
# What Leaflet draws: vector shapes, symbols of its own, and canvases.
SHAPES: Final = (
    ".leaflet-pane path, .leaflet-marker-icon, .leaflet-pane canvas, .leaflet-image-layer"
)
# The clock stops with the first frame after loading in which as much is drawn as in the one before;
# where nothing is drawn within two seconds, nothing is.
_CLOCK: Final = f"""
window.addEventListener("load", () => {{
  const loaded = performance.now();
  let before = 0;
  const look = () => {{
    const drawn = document.querySelectorAll({SHAPES!r}).length;
    if (drawn && drawn === before) window.__painted = performance.now();
    else if (performance.now() - loaded > 2000) window.__painted = 0;
    else requestAnimationFrame(look);
    before = drawn;
  }};
  requestAnimationFrame(look);
}});
"""
_TOUCH_ALL: Final = f"""() => {{
  for (const shape of document.querySelectorAll({SHAPES!r}))
    for (const kind of ["mouseover", "mousemove", "mousedown", "mouseup", "click"])
      shape.dispatchEvent(new MouseEvent(kind, {{bubbles: true, view: window}}));
}}"""
_FOCUSED: Final = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  window.__stops ??= new Map();
  const known = window.__stops.has(e);
  window.__stops.set(e, true);
  return known ? null : (e.labels?.[0]?.innerText || e.getAttribute("aria-label") || e.innerText
    || e.alt || e.title || "").trim();
}"""
_STOPS: Final = 300


@dataclass
class Opened:
    """A page, and the addresses that it asked for outside its own file."""

    page: Page
    asked: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> list[str]:
        """The computers that would have learned that somebody opens the page."""
        return sorted({urlsplit(address).netloc for address in self.asked})

    @property
    def shapes(self) -> int:
        """How many shapes and symbols are drawn."""
        return self.page.locator(SHAPES).count()

    def painted_s(self) -> float | None:
        """Give the seconds from navigation until all was drawn; None where nothing ever is."""
        self.page.wait_for_function("() => window.__painted !== undefined")
        milliseconds: float = self.page.evaluate("window.__painted")
        return milliseconds / 1000 or None

    def runs_names(self) -> bool:
        """Say whether a name in the data ran as script, once every shape was pointed at."""
        self.page.evaluate(_TOUCH_ALL)
        self.page.wait_for_timeout(500)
        return bool(self.page.evaluate("window.__pwned"))

    def tab_stops(self) -> list[str]:
        """Press the tab key through the page; give the name of each place that it stops at."""
        names: list[str] = []
        for _ in range(_STOPS):
            self.page.keyboard.press("Tab")
            name = self.page.evaluate(_FOCUSED)
            if name is None:
                break
            names.append(name)
        return names

    def serious_faults(self) -> list[str]:
        """Name the rules of axe-core that are broken so that a reader is kept out."""
        found = Axe().run(self.page).response["violations"]
        return [fault["id"] for fault in found if fault["impact"] in {"serious", "critical"}]

    def unfold(self) -> None:
        """Open all that is folded, as a reader would who looks for it."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        self.page.wait_for_timeout(500)  # what is made when it is first opened

    def spoken(self) -> str:
        """Give all text of the accessibility tree, which is what a screen reader reads."""
        session = self.page.context.new_cdp_session(self.page)
        tree = session.send("Accessibility.getFullAXTree")["nodes"]
        return "\n".join(_name(node) for node in tree if not node["ignored"])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, *, with_leaflet: bool = False) -> Iterator[Opened]:
    """Open a file in a fresh profile; nothing outside the file answers.

    With `with_leaflet` Leaflet and jQuery come from their Python packages, where a page asks for
    them: so a page that needs a network draws its own part, and only the background is missing.
    """
    context = browser.new_context(viewport=_WINDOW)
    context.add_init_script(_CLOCK)
    result = Opened(context.new_page())
    _answer(context, result, _libraries() if with_leaflet else {})
    result.page.goto(path.as_uri(), wait_until="load")
    yield result
    context.close()


def painted(browser: Browser, path: Path, *, with_leaflet: bool = False) -> float | None:
    """Give the median of the seconds until all is drawn, each time in a fresh profile."""
    times = []
    for _ in range(RUNS):
        with opened(browser, path, with_leaflet=with_leaflet) as one:
            seconds = one.painted_s()
            if seconds is None:
                return None
            times.append(seconds)
    return statistics.median(times)


def _answer(context: BrowserContext, result: Opened, libraries: dict[str, Path]) -> None:
    """Note each request, and hand out the libraries by the names of their files."""

    def answer(route: Route) -> None:
        address = route.request.url
        if address.startswith(("file:", "data:", "blob:")):
            route.continue_()
            return
        result.asked.append(address)
        wanted = next((p for name, p in libraries.items() if name in address), None)
        if wanted:
            route.fulfill(path=wanted)
        else:
            route.abort()

    context.route("**/*", answer)


def _libraries() -> dict[str, Path]:
    folder = Path(leaflet.BASE_DIR)
    return {
        "leaflet.js": folder / "leaflet.js",
        "leaflet.css": folder / "leaflet.css",
        "jquery": Path(jquery.BASE_DIR) / "jquery.min.js",
    }


def _name(node: dict[str, Any]) -> str:
    return str(node.get("name", {}).get("value", ""))
