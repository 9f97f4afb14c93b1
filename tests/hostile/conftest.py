"""The home territory is loaded once for all files that are checked beside it."""

from __future__ import annotations

import pytest

from hostile_files.checking import loading_once


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch, territory):
    monkeypatch.setattr("cdv_geo.territory.load_territory", loading_once(territory))
