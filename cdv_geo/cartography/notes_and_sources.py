"""What stands beside a map: notes, lists of what is numbered or not drawn, sources."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cdv_geo import vocabulary
from cdv_geo.cartography.layers import KINDS
from cdv_geo.cartography.layers.action_counts import actions_by_basis
from cdv_geo.cartography.layers.equipment_places import MOST_NUMBERED, numbered_equipment
from cdv_geo.cartography.scene import TextList
from cdv_geo.french import map_texts, shared_texts, typography
from cdv_geo.french.table_labels import THING_NAMES
from cdv_geo.french.typography import NOT_FILLED_IN
from cdv_geo.gazetteer import split_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdv_geo.analysis.things import ThingKind
    from cdv_geo.cartography.map_view import View
    from cdv_geo.cartography.recipe import LayerRecipe


def notes_beside(view: View, shown: Sequence[LayerRecipe]) -> tuple[str, ...]:
    """Say what the reader must know to read the map right, the author's own notes first."""
    kinds = dict.fromkeys(KINDS[layer.kind] for layer in shown)
    notes = [typography.typeset(note) for note in view.recipe.notes]
    if _about("action", shown):
        notes += _totals(view)
    notes += [typography.typeset(note) for kind in kinds for note in kind.notes]
    if _about("equipment", shown):
        is_list = any(layer.numbered for layer in shown)
        notes.append(map_texts.COUNTS_OF_LIST if is_list else map_texts.COUNTS_OF_ALL)
    notes += [
        map_texts.METHOD_NOTES[layer.method]
        for layer in shown
        if "method" in KINDS[layer.kind].keys
    ]
    return tuple(dict.fromkeys([*notes, *_rough_outlines(view, shown)]))


def _about(things: ThingKind, shown: Sequence[LayerRecipe]) -> list[LayerRecipe]:
    """Give the layers that show or count actions, or équipements."""
    return [layer for layer in shown if KINDS[layer.kind].things == things]


def _draws_quartiers(layer: LayerRecipe) -> bool:
    """Tell the layers that owe an account of outlines that are rough or missing."""
    return KINDS[layer.kind].outlines == "generation" or layer.of == "perimeters"


def _compares(layer: LayerRecipe) -> bool:
    """Tell the layers that owe one of the outlines of both generations."""
    return KINDS[layer.kind].outlines == "both"


def _rough_outlines(view: View, shown: Sequence[LayerRecipe]) -> list[str]:
    """Say how exact the outlines are that are drawn and are not official."""
    frames = [view.study.drawn] if any(map(_draws_quartiers, shown)) else []
    frames += [view.compared] if any(map(_compares, shown)) else []
    rough = [frame[frame["statut_geometrie"] != "officielle"] for frame in frames]
    statuses = {status for frame in rough for status in frame["statut_geometrie"]}
    if not statuses:
        return []
    precision = max(metres for frame in rough for metres in frame["precision_m"])
    return [map_texts.rough_outline_note(statuses, float(precision))]


def lists_beside(view: View, shown: Sequence[LayerRecipe]) -> tuple[TextList, ...]:
    """List the numbered places, in the order of their numbers."""
    return tuple(_numbered_places(view, layer) for layer in shown if layer.numbered)


def _numbered_places(view: View, layer: LayerRecipe) -> TextList:
    """Name each place with its distance, and say where it is nearer to a limit than its error."""
    if not view.study.is_known("equipment"):
        return TextList(map_texts.NUMBERED_HEADING, (typography.capitalised(NOT_FILLED_IN),))
    near = numbered_equipment(view, layer.types)
    items = tuple(
        map_texts.numbered_place(
            number,
            map_texts.typed_name(nom, kind if status == vocabulary.OPEN else f"{kind}, {status}"),
            distance,
            certain=certain,
        )
        for number, nom, kind, status, distance, certain in zip(
            *(near[n] for n in ("number", "nom", "type", "statut", "distance_m", "certain")),
            strict=True,
        )
    )
    heading = map_texts.numbered_heading(len(items), view.study.within[-1], MOST_NUMBERED)
    return TextList(heading, items or (map_texts.NONE_NUMBERED,))


def not_drawn(
    view: View, shown: Sequence[LayerRecipe], empty: Sequence[LayerRecipe]
) -> tuple[TextList, ...]:
    """Name what belongs on the map and has no place on it."""
    actions = _about("action", shown)
    equipment = _about("equipment", shown)
    blocks = [*_without_data(view, shown, empty), *_without_value(view, shown)]
    if any(map(_draws_quartiers, shown)):
        blocks += _hidden_quartiers(view, with_counts=any(map(_draws_quartiers, actions)))
    if any(map(_compares, shown)):
        blocks += _uncompared(view)
    if actions and view.perimeter is None:
        blocks += _unlinked_actions(view)
    if equipment:
        blocks += _unplaced_equipment(view, [layer.types for layer in equipment])
    return tuple(blocks)


def source_lines(view: View, shown: Sequence[LayerRecipe]) -> tuple[str, ...]:
    """Give the source line of every table drawn, then the projection and the edition."""
    territory = view.territory
    names = dict.fromkeys(name for layer in shown for name in KINDS[layer.kind].tables(view, layer))
    lines = [territory.sources[name] for name in names if name in territory.sources]
    return shared_texts.source_sentences(lines, territory.crs, territory.edition)


def _without_data(
    view: View, shown: Sequence[LayerRecipe], empty: Sequence[LayerRecipe]
) -> list[TextList]:
    """Name what the territory has no data for: layers of the recipe, and what these count."""
    asked = [(KINDS[layer.kind].french_name, layer.value or layer.raster) for layer in empty]
    names = [map_texts.list_behind(name, [figure]) if figure else name for name, figure in asked]
    unknown = [things for things in THING_NAMES if not view.study.is_known(things)]
    names += [THING_NAMES[things] for things in unknown if _about(things, shown)]
    return [TextList(map_texts.NO_DATA, tuple(dict.fromkeys(names)))] if names else []


def _without_value(view: View, shown: Sequence[LayerRecipe]) -> list[TextList]:
    names = [name for layer in shown for name in KINDS[layer.kind].without_value(view, layer)]
    return [TextList(map_texts.missing_values_heading(len(names)), tuple(names))] if names else []


def _hidden_quartiers(view: View, *, with_counts: bool) -> list[TextList]:
    """Name the perimeters without outline by commune, with their counts where actions are shown.

    On a map of one perimeter these are the ones of its communes, which may lie in the frame.
    """
    hidden = view.study.hidden
    if view.perimeter is not None:
        around = set(split_list(view.centre["communes"].iloc[0]))
        hidden = hidden[[bool(around & set(split_list(c))) for c in hidden["communes"]]]
    if hidden.empty:
        return []
    items = []
    for codes, group in hidden.groupby("communes", sort=True):
        names = [
            f"{nom} ({' · '.join(actions_by_basis(view.study, code))})" if with_counts else str(nom)
            for code, nom in zip(group["code"], group["nom"], strict=True)
        ]
        items.append(map_texts.list_behind(view.commune_names(str(codes)), names))
    only_veille_active = set(hidden["type"]) == {"veille_active"}
    heading = map_texts.hidden_quartiers_heading(
        len(hidden), view.territory.veille_active_list if only_veille_active else ""
    )
    return [TextList(heading, tuple(items))]


def _uncompared(view: View) -> list[TextList]:
    """Name the QPV without an outline: where they lay may be drawn as entered or left."""
    hidden = view.not_compared.sort_values(["generation", "code"])
    if hidden.empty:
        return []
    items = [
        map_texts.list_behind(f"QPV {year}", group["nom"].tolist())
        for year, group in hidden.groupby("generation")
    ]
    return [TextList(map_texts.uncompared_heading(len(hidden)), tuple(items))]


def _totals(view: View) -> list[str]:
    """Say how many actions there are, on which basis they are linked, and of which years."""
    if not view.study.is_known("action"):
        return []
    years = view.territory.actions["annee"].fillna(vocabulary.YEAR_UNKNOWN).value_counts()
    parted = any(map(view.study.parts_of, view.study.drawn["code"]))
    return [
        map_texts.action_totals(view.study.known("action"), view.study.totals("action")),
        map_texts.action_years({str(year): int(count) for year, count in years.items()}),
        *([map_texts.PARTS_NOTE] if parted else []),
    ]


def _unlinked_actions(view: View) -> list[TextList]:
    """Name the actions that reach no quartier in any way, not even perhaps."""
    table = view.study.things("action").table
    names = table.loc[~table["id"].isin(view.study.ways("action")["id"]), "intitule"]
    if names.empty:
        return []
    heading = map_texts.unlinked_actions_heading(len(names))
    return [TextList(heading, (" ; ".join(map(typography.typeset, names)),))]


def _unplaced_equipment(view: View, types: Sequence[tuple[str, ...]]) -> list[TextList]:
    """Name the équipements without a position, of the types that the layers show.

    On a map of one perimeter these are those that name it.
    """
    table = view.territory.equipment
    frame = table[table.geometry.isna()]
    if all(types):
        frame = frame[frame["type"].isin(itertools.chain(*types))]
    if view.perimeter is not None:
        ways = view.study.ways("equipment", view.perimeter)
        frame = frame[frame["id"].isin(ways.loc[ways["basis"] == "declared", "id"])]
    if frame.empty:
        return []
    quartiers = frame["quartier_cite"].fillna(map_texts.QUARTIER_NOT_CITED)
    items = [
        map_texts.list_behind(str(quartier), group["nom"].tolist())
        for quartier, group in frame.groupby(quartiers)
    ]
    heading = map_texts.unplaced_equipment_heading(len(frame), named=view.perimeter is not None)
    return [TextList(heading, tuple(items))]
