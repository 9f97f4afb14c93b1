"""The home territory is loaded once for all files that are checked beside it."""

from __future__ import annotations

import pytest

from cdv_geo.cli.session import Session

from hostile_files.checking import loading_once


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch, territory):
    monkeypatch.setattr(Session, "load", loading_once(territory))
