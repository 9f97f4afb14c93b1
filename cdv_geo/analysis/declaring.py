"""What a thing declares: the quartiers, communes or whole contract that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from cdv_geo.errors import NameResolutionError
from cdv_geo.names import split_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdv_geo.names import Gazetteer, Place

_COLUMNS: Final = ("thing", "code", "basis", "status", "cited", "quartier", "reason")
_CITATIONS: Final = ("territoires_cites", "quartier_cite")
_WIDE_SCOPES: Final = {"veille active": ("veille_active",), "contrat": ("qpv", "veille_active")}


def declared_links(
    things: pd.DataFrame, zones: pd.DataFrame, gazetteer: Gazetteer
) -> tuple[pd.DataFrame, pd.Series]:
    """Link things to the perimeters they name (`declared`) or cover by name (`declared_wide`).

    A thing that names a commune, all of veille active or the whole contract is for many: that is
    kept apart from one that names the quartier itself.

    Parameters
    ----------
    things
        Citations in `territoires_cites` or `quartier_cite`; `portee` and `code_insee` if known.
    zones
        Perimeters that count.
    gazetteer
        Their names.

    Returns
    -------
    The links (`thing` is the position of the row), and for each thing what could not be resolved
    (missing where all could).
    """
    rows: list[tuple[object, ...]] = []
    problems: dict[int, str] = {}
    for thing, citation in _citations(things):
        try:
            rows += _resolved_rows(thing, citation, zones, gazetteer)
        except NameResolutionError as error:
            problems[thing] = str(error)
            rows += [
                (
                    thing,
                    place.code,
                    "declared",
                    "undetermined",
                    citation[0],
                    place.quartier,
                    str(error),
                )
                for place in gazetteer.candidates(citation[0])
                if place.kind != "commune"
            ]
    rows += _scope_rows(things, zones)
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"thing": "int64"})
    frame = frame.drop_duplicates(["thing", "code", "basis", "quartier"])
    return frame, pd.Series(problems, dtype="str").reindex(things.index)


def _citations(things: pd.DataFrame) -> Iterator[tuple[int, tuple[str, str | None]]]:
    """Yield each name cited, with the commune of the thing where it is known."""
    for column in _CITATIONS:
        if column not in things:
            continue
        communes = things["code_insee"] if "code_insee" in things else [None] * len(things)
        for thing, (cell, commune) in enumerate(zip(things[column], communes, strict=True)):
            known = commune if isinstance(commune, str) else None
            for name in split_list(cell):
                yield thing, (name, known)


def _resolved_rows(
    thing: int, citation: tuple[str, str | None], zones: pd.DataFrame, gazetteer: Gazetteer
) -> list[tuple[object, ...]]:
    name, commune = citation
    rows: list[tuple[object, ...]] = []
    for place in gazetteer.resolve(name, commune=commune):
        if place.kind == "commune":
            rows += [
                (thing, code, "declared_wide", "certain", name, None, None)
                for code in _perimeters_of_commune(place, zones)
            ]
        else:
            quartier, note = place.quartier, place.note
            rows.append((thing, place.code, "declared", "certain", name, quartier, note))
    return rows


def _perimeters_of_commune(place: Place, zones: pd.DataFrame) -> list[str]:
    return [
        str(code)
        for code, communes in zip(zones["code"], zones["communes"], strict=True)
        if place.code in split_list(communes)
    ]


def _scope_rows(things: pd.DataFrame, zones: pd.DataFrame) -> list[tuple[object, ...]]:
    if "portee" not in things:
        return []
    return [
        (thing, code, "declared_wide", "certain", scope, None, None)
        for thing, scope in enumerate(things["portee"])
        for code in zones.loc[zones["type"].isin(_WIDE_SCOPES.get(scope, ())), "code"]
    ]
