"""Chromium without a network, and pages opened in it from their files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from browser.page_scenes import PATIENCE_S, wait_for_a_frame
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from cdv_geo.cartography.web_page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdv_geo.cartography.scene import Scene

CHROMIUM = Path("/usr/bin/chromium")
# Pages are this project's own and opened one by one: what keeps sites apart, and draws fast on a
# graphics card, would only cost each of them a process.
FLAGS = [
    "--no-sandbox",
    "--process-per-site",
    "--renderer-process-limit=1",
    "--disable-gpu",
    "--disable-software-rasterizer",
]
PATIENCE_MS = 1000 * PATIENCE_S


@dataclass
class OpenedPage:
    """A page with all that it asked for and all that went wrong in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class OpenPage(Protocol):
    """Open a file in a window of so many pixels."""

    def __call__(self, path: Path, *, width: int = 1280, height: int = 860) -> OpenedPage: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; without it, skip on a developer's machine and fail in CI."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=FLAGS, timeout=PATIENCE_MS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make contexts that wait as long as a busy machine needs, and close them at the end."""
    contexts = []

    def made(**options: object) -> BrowserContext:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        return context

    yield made
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(new_context: Callable[..., BrowserContext]) -> OpenPage:
    """Open files as a reader does who has no network; count requests, collect errors."""

    def only_files(route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    def opened(path: Path, *, width: int = 1280, height: int = 860) -> OpenedPage:
        context = new_context(viewport={"width": width, "height": height}, offline=True)
        context.route("**/*", only_files)
        result = OpenedPage(context.new_page())
        result.page.on("request", lambda request: result.requests.append(request.url))
        result.page.on("pageerror", lambda error: result.errors.append(str(error)))
        result.page.on(
            "console",
            lambda message: (
                result.errors.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        result.page.goto(path.as_uri())
        # A browser may drop what is clicked before anything was drawn.
        wait_for_a_frame(result.page)
        return result

    return opened


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Scene], Path]:
    """Write a scene as a page, which `open_page` can open."""

    def written(scene: Scene) -> Path:
        path = tmp_path / "carte.html"
        path.write_text(render_page(scene), encoding="utf-8", newline="\n")
        return path

    return written
