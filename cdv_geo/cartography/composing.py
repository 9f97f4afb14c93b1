"""From a recipe and a territory to the scene that both renderers draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdv_geo import vocabulary
from cdv_geo.cartography.layers import (
    BUILDERS,
    commune_names,
    count_by_basis,
    drawn_perimeters,
    quartiers_without_outline,
)
from cdv_geo.cartography.scene import Scene, TextList
from cdv_geo.errors import RecipeError

if TYPE_CHECKING:
    import pandas as pd

    from cdv_geo.analysis.linking import Linking
    from cdv_geo.cartography.recipe import MapRecipe
    from cdv_geo.territory import Territory

_MARGIN: Final = {"communes": 200.0, "qpv": 650.0, "perimeter": 600.0}  # metres around the extent
# Layers that draw quartiers, and so owe an account of outlines that are rough or missing.
_OUTLINED: Final = {"perimeters", "actions", "reach"}
_SOURCES: Final = {
    "communes": ("communes",),
    "perimeters": ("perimeters", "indicators"),
    "actions": ("perimeters", "actions"),
    "equipment": ("equipment",),
    "reach": ("perimeters",),
    "change": ("perimeters",),
    "cells": ("population",),
}


def compose(recipe: MapRecipe, territory: Territory) -> Scene:
    """Make the scene of a recipe: its layers, and all that must be said beside them.

    Raises
    ------
    RecipeError
        The extent is no code of a perimeter with an outline.
    DataError
        No QPV bears the recipe's generation.
    """
    made = {wanted: BUILDERS[wanted.kind](territory, recipe, wanted) for wanted in recipe.layers}
    kinds = [wanted.kind for wanted, layers in made.items() if layers]
    empty = [wanted.kind for wanted, layers in made.items() if not layers]
    linking = None
    if "actions" in kinds:
        linking = territory.link(territory.actions, generation=recipe.generation)
    return Scene(
        title=_filled(recipe.title, recipe, territory),
        subtitle=_filled(recipe.subtitle, recipe, territory),
        layers=tuple(layer for layers in made.values() for layer in layers),
        extent=_extent(recipe, territory),
        page=recipe.page,
        notes=(
            *map(vocabulary.typeset, recipe.notes),
            *(_totals(linking, territory) if linking else []),
            *_notes(kinds, recipe, territory),
        ),
        not_drawn=(*_without_data(empty), *_not_drawn(kinds, recipe, territory, linking)),
        sources=_sources(kinds, territory),
    )


def _filled(text: str, recipe: MapRecipe, territory: Territory) -> str:
    """Put the name of the territory and the generation into a text of the recipe."""
    filled = text.replace("{territory}", territory.name)
    return vocabulary.typeset(filled.replace("{generation}", str(recipe.generation)))


def _extent(recipe: MapRecipe, territory: Territory) -> tuple[float, float, float, float]:
    drawn = drawn_perimeters(territory, recipe.generation)
    frames = {"communes": territory.communes, "qpv": drawn[drawn["type"] == "qpv"]}
    frame = frames.get(recipe.extent, drawn[drawn["code"] == recipe.extent])
    if frame.empty:
        accepted = ", ".join((*(n for n in frames if len(frames[n])), *drawn["code"]))
        raise RecipeError(
            f"{recipe.name}: extent “{recipe.extent}” is not accepted; accepted are {accepted}."
        )
    margin = _MARGIN.get(recipe.extent, _MARGIN["perimeter"])
    left, bottom, right, top = (float(bound) for bound in frame.total_bounds)
    return left - margin, bottom - margin, right + margin, top + margin


def _notes(kinds: list[str], recipe: MapRecipe, territory: Territory) -> list[str]:
    notes = [note for kind in kinds for note in vocabulary.MAP_NOTES.get(kind, ())]
    drawn = drawn_perimeters(territory, recipe.generation)
    rough = drawn[drawn["statut_geometrie"] != "officielle"]
    if len(rough) and {*_OUTLINED, "change"} & set(kinds):
        statuses = set(rough["statut_geometrie"])
        notes.append(vocabulary.rough_outline_note(statuses, float(rough["precision_m"].max())))
    return notes


def _not_drawn(
    kinds: list[str], recipe: MapRecipe, territory: Territory, linking: Linking | None
) -> list[TextList]:
    blocks: list[TextList] = []
    if _OUTLINED & set(kinds):
        blocks += _hidden_quartiers(recipe, territory, linking.links if linking else None)
    if linking:
        blocks += _unlinked_actions(linking, territory)
    if "equipment" in kinds:
        blocks += _unplaced_equipment(territory)
    return blocks


def _without_data(kinds: list[str]) -> list[TextList]:
    """Name the layers of the recipe for which the territory has no data."""
    if not kinds:
        return []
    return [TextList(vocabulary.NO_DATA, tuple(vocabulary.LAYER_NAMES[kind] for kind in kinds))]


def _hidden_quartiers(
    recipe: MapRecipe, territory: Territory, links: pd.DataFrame | None
) -> list[TextList]:
    """Name the perimeters without outline by commune, with their counts where actions are shown."""
    hidden = quartiers_without_outline(territory, recipe.generation)
    if hidden.empty:
        return []
    items = []
    for codes, group in hidden.groupby("communes", sort=True):
        names = [
            nom
            if links is None
            else f"{nom} ({vocabulary.counts_by_basis(count_by_basis(links, code))})"
            for code, nom in zip(group["code"], group["nom"], strict=True)
        ]
        items.append(vocabulary.listed(commune_names(territory, str(codes)), names))
    only_veille_active = set(hidden["type"]) == {"veille_active"}
    heading = vocabulary.hidden_quartiers_heading(
        len(hidden), territory.veille_active_list if only_veille_active else ""
    )
    return [TextList(heading, tuple(items))]


def _totals(linking: Linking, territory: Territory) -> list[str]:
    """Say how many actions there are, on which basis they are linked, and of which years."""
    sure = linking.links[(linking.links["status"] == "certain") & linking.links["code"].notna()]
    named = set(sure.loc[sure["basis"] == "declared", "id"])
    years = territory.actions["annee"].fillna(vocabulary.YEAR_UNKNOWN).value_counts()
    return [
        vocabulary.action_totals(linking.counts(), len(named)),
        vocabulary.action_years({str(year): int(count) for year, count in years.items()}),
    ]


def _unlinked_actions(linking: Linking, territory: Territory) -> list[TextList]:
    lost = linking.outcomes.loc[linking.outcomes["outcome"] != "linked", "id"]
    names = territory.actions.set_index("id").loc[lost, "intitule"]
    if names.empty:
        return []
    heading = vocabulary.unlinked_actions_heading(len(names))
    return [TextList(heading, (" ; ".join(map(vocabulary.typeset, names)),))]


def _unplaced_equipment(territory: Territory) -> list[TextList]:
    frame = territory.equipment[territory.equipment.geometry.isna()]
    if frame.empty:
        return []
    quartiers = frame["quartier_cite"].fillna(vocabulary.QUARTIER_NOT_CITED)
    items = [
        vocabulary.listed(str(quartier), group["nom"].tolist())
        for quartier, group in frame.groupby(quartiers)
    ]
    return [TextList(vocabulary.unplaced_equipment_heading(len(frame)), tuple(items))]


def _sources(kinds: list[str], territory: Territory) -> tuple[str, ...]:
    layers = dict.fromkeys(layer for kind in kinds for layer in _SOURCES[kind])
    lines = [territory.sources[layer] for layer in layers if layer in territory.sources]
    sentences = [vocabulary.typeset(f"{line[0].upper()}{line[1:]}.") for line in lines]
    return (*sentences, vocabulary.edition_line(territory.crs, territory.edition))
