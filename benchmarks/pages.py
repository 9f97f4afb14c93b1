"""What is looked at in a page, and how it stands in the table."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chromium import opened, painted
from pypdf import PdfReader
from trial import found

if TYPE_CHECKING:
    from collections.abc import Callable

    from chromium import Opened
    from mapmakers import Maker
    from playwright.sync_api import Browser
    from trial import Trial

_COUNTED: Final = re.compile(r"[(\[]\d+[)\]]$", re.MULTILINE)  # a line of a legend with its count
_SEARCH: Final = "input[type=search], [role=combobox], [role=searchbox]"


@dataclass(frozen=True)
class PageFacts:
    """What was found of one page; texts and numbers, ready for a cell."""

    size_kb: float
    asked: int
    hosts: list[str]
    shapes_offline: int
    painted_s: float | None
    painted_with_libraries_s: float | None
    names_run: bool
    tab_stops: list[str]
    search_fields: int
    faults: list[str]
    spoken: str
    legend_counts: int
    missing: str
    printed: str
    same_bytes: bool
    made_s: float


def look_at(name: str, make: Maker, trial: Trial, browser: Browser) -> PageFacts:
    """Make the page of one contender, and open it in every way that the table speaks of."""
    path = trial.folder / f"{name}.html"
    made_s = trial.seconds(make, path)
    hostile = trial.folder / f"{name}-hostile.html"
    make(trial.hostile, hostile)
    with opened(browser, hostile, with_leaflet=True) as page:
        names_run = page.runs_names()
    with opened(browser, path) as page:
        page.painted_s()
        shapes = page.shapes
    with opened(browser, path, with_leaflet=True) as page:
        page.painted_s()
        facts = _of_opened(page, trial)
        asked, hosts = len(page.asked), page.hosts
    return PageFacts(
        **facts,
        size_kb=path.stat().st_size / 1e3,
        asked=asked,
        hosts=hosts,
        shapes_offline=shapes,
        painted_s=painted(browser, path),
        painted_with_libraries_s=painted(browser, path, with_leaflet=True),
        names_run=names_run,
        same_bytes=trial.same_bytes(make, path),
        made_s=made_s,
    )


def _of_opened(page: Opened, trial: Trial) -> dict[str, object]:
    """Look at an open page; what changes it comes last."""
    faults, stops = page.serious_faults(), page.tab_stops()
    search_fields = page.page.locator(_SEARCH).count()
    printed = _printed(page, trial)
    legend_counts = len(_COUNTED.findall(page.page.locator("body").inner_text()))
    page.unfold()
    return {
        "faults": faults,
        "tab_stops": stops,
        "search_fields": search_fields,
        "printed": printed,
        "spoken": found(trial.places, page.spoken()),
        "legend_counts": legend_counts,
        "missing": found(trial.unplaced, page.page.locator("body").inner_text()),
    }


def _printed(page: Opened, trial: Trial) -> str:
    """Print it as the browser does, on A4 across; say what is on the paper."""
    paper = page.page.pdf(format="A4", landscape=True, print_background=True)
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(paper)).pages]
    first = sheets[0]
    return (
        f"sheets: {len(sheets)}; on the first, names of quartiers: "
        f"{found(trial.quartiers, first)}, counts of the legend: {len(_COUNTED.findall(first))}"
    )


def _own_names(facts: PageFacts) -> str:
    named = {stop for stop in facts.tab_stops if stop}
    return f"{len(facts.tab_stops)}, with {len(named)} different names"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.2f} s"


ROWS: Final[dict[str, Callable[[PageFacts], str]]] = {
    "size of the file": lambda f: f"{f.size_kb:,.0f} kB",
    "requests when it is opened": lambda f: str(f.asked),
    "hosts that learn of it": lambda f: ", ".join(f.hosts) or "none",
    "shapes and symbols drawn offline": lambda f: str(
        f.shapes_offline or "none: the page is blank"
    ),
    "all drawn, offline": lambda f: _seconds(f.painted_s),
    "all drawn, Leaflet and jQuery at hand": lambda f: _seconds(f.painted_with_libraries_s),
    "HTML in the name of a place": lambda f: "runs as script" if f.names_run else "stands as text",
    "stops of the tab key": _own_names,
    "search field": lambda f: "yes" if f.search_fields else "no",
    "drawn places that a screen reader names": lambda f: f.spoken,
    "serious faults by axe-core": lambda f: ", ".join(f.faults) or "none",
    "lines of the legend with a count": lambda f: str(f.legend_counts or "none"),
    "places without a position that are named": lambda f: f.missing,
    "printed from the browser": lambda f: f.printed,
    "same bytes when made again": lambda f: "yes" if f.same_bytes else "no",
    "made in": lambda f: _seconds(f.made_s),
}
