"""Open a file as the commands do: looked at first, then as a table or as a layer."""

from __future__ import annotations

from cdv_geo.io import guard
from cdv_geo.io.open_options import NO_OPTIONS
from cdv_geo.io.tables import text_tables
from cdv_geo.io.vector import vector_layers


def open_table(path, options=NO_OPTIONS):
    with guard.admitted(path, guard.TABLES) as opened:
        return text_tables.open_table(opened, options)


def open_layer(path, options=NO_OPTIONS):
    with guard.admitted(path, guard.LAYERS) as opened:
        return vector_layers.open_layer(opened, options)
