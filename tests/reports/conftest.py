"""The survey of a territory of squares, of which every report is made."""

from __future__ import annotations

import pytest
from reports.small_territory import TABLES, TWO_QUARTIERS, write_grid

import cdv_geo
from cdv_geo.reports.survey import Survey


@pytest.fixture
def survey_of(make_territory):
    """Make the survey of a territory of squares, with a grid where asked."""

    def make(table=TWO_QUARTIERS, *, with_grid=True, generation=None, **tables):
        folder = make_territory(table, **tables)
        description = folder / "territory.toml"
        text = description.read_text(encoding="utf-8")
        text = text.replace('"rue" = 50', '"rue" = 50\n"ville" = 2000')
        text = text.replace("[indicators]", '[indicators]\npopulation = ["pop_q", "pop_c"]')
        if with_grid:
            write_grid(folder)
            text += '\n[population]\npath = "grid.tif"\nsource = "à la main"\n'
        description.write_text(text, encoding="utf-8")
        return Survey(cdv_geo.load_territory(folder), generation=generation)

    return make


_MADE = []


@pytest.fixture
def survey(survey_of):
    """The survey of all the tables, made once: no question changes it."""
    if not _MADE:
        _MADE.append(survey_of(**TABLES))
    return _MADE[0]
