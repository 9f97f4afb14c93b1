"""The home territory is loaded once for all files that are checked beside it."""

from __future__ import annotations

import pytest

from cdv_geo.cli.options import Session


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch, territory):
    load = Session.load

    def once(session: Session, **asked: bool):
        return territory if session._folder is None else load(session, **asked)

    monkeypatch.setattr(Session, "load", once)
