"""The layers a recipe may ask for, each made from the tables of a territory.

Every builder answers with finished French text and finished styles: a renderer only draws.
"""

from __future__ import annotations

from typing import Final

from cdv_geo.cartography.layers.areas import change, communes, perimeters, reach
from cdv_geo.cartography.layers.figures import cells, choropleth, raster, symbols
from cdv_geo.cartography.layers.things import action_places, actions, equipment

BUILDERS: Final = {
    "communes": communes,
    "perimeters": perimeters,
    "actions": actions,
    "action_places": action_places,
    "equipment": equipment,
    "reach": reach,
    "change": change,
    "cells": cells,
    "choropleth": choropleth,
    "symbols": symbols,
    "raster": raster,
}
