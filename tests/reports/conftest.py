"""The study of a territory of squares, of which every report is made."""

from __future__ import annotations

import pytest
from reports.small_territory import TABLES, TWO_QUARTIERS, write_grid

import cdv_geo


@pytest.fixture
def study_of(make_territory):
    """Make the study of a territory of squares, with a grid where asked."""

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
        return cdv_geo.load_territory(folder).study(generation=generation)

    return make


_MADE = []


@pytest.fixture
def study(study_of):
    """The study of all the tables, made once: no question changes it."""
    if not _MADE:
        _MADE.append(study_of(**TABLES))
    return _MADE[0]
