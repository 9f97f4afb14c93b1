"""Open a file as the commands do: looked at first, then as a table or as a layer."""

from __future__ import annotations

from cdv_geo.io import guard, tables, vectors
from cdv_geo.io.stated import NOTHING_STATED


def open_table(path, stated=NOTHING_STATED):
    with guard.admitted(path, guard.TABLES) as opened:
        return tables.open_table(opened, stated)


def open_layer(path, stated=NOTHING_STATED):
    with guard.admitted(path, guard.LAYERS) as opened:
        return vectors.open_layer(opened, stated)
