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
    kept apart from one that names the quartier itself. A name that is not known is kept too, in a
    row without `code`: it may stand for any perimeter.

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
    problems: dict[int, list[str]] = {}
    for thing, citation in _citations(things):
        try:
            rows += _resolved_rows(thing, citation, zones, gazetteer)
        except NameResolutionError as error:
            problems.setdefault(thing, []).append(str(error))
            rows += _doubtful_rows(thing, citation[0], gazetteer, str(error))
    rows += _scope_rows(things, zones)
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"thing": "int64"})
    # "certain" sorts before "undetermined": of two rows on one link the certain one stays
    frame = frame.sort_values("status", kind="stable").drop_duplicates(
        ["thing", "code", "basis", "quartier", "cited"]
    )
    frame = frame[~frame.duplicated(["thing", "code", "basis", "quartier"]) | frame["code"].isna()]
    texts = {thing: " ".join(said) for thing, said in problems.items()}
    said = pd.Series(texts, dtype="str").reindex(range(len(things))).set_axis(things.index)
    return frame.reset_index(drop=True), said


def _doubtful_rows(
    thing: int, name: str, gazetteer: Gazetteer, reason: str
) -> list[tuple[object, ...]]:
    """Link to every quartier that bears an ambiguous name, or to none for an unknown one."""
    places = [place for place in gazetteer.candidates(name) if place.kind != "commune"]
    if not places:
        return [(thing, None, "declared", "undetermined", name, None, reason)]
    return [
        (thing, place.code, "declared", "undetermined", name, place.quartier, reason)
        for place in places
    ]


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
            codes = _perimeters_of_commune(place, zones)
            if not codes:
                raise NameResolutionError(f"{place.nom} ({place.code}) has no perimeter.")
            rows += [(thing, code, "declared_wide", "certain", name, None, None) for code in codes]
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
