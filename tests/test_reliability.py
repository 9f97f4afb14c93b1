from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("reliability.md", "security.md")
}
_TEST = re.compile(r"`(tests/\S+\.py)::(test_\w+)`")
NAMED = sorted({found for page in PAGES.values() for found in _TEST.findall(page)})


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_that_a_promise_names_is_there(file, test):
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_promise_names_a_test(name):
    rows = [line for line in PAGES[name].splitlines() if line.startswith("| ")]
    promises = [row for row in rows if "held by" not in row]
    assert promises
    assert all("::test_" in row for row in promises)
