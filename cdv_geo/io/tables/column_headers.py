"""Which column of a file is which: names as offices write them, and the row they stand in."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cdv_geo.errors import DataError, listed
from cdv_geo.faults import ACCEPTED, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

# By the name that a column has here, others that it bears in files, as `plain_name` writes them.
# From the exports of SIG Ville, INSEE, FINESS, BAN, OpenStreetMap, GTFS and open-data portals,
# and from the field lists of SCDL « subventions » and « équipements » (schema.data.gouv.fr).
# `result_citycode` is none: a geocoder finds the commune together with the position, and where the
# one is doubtful so is the other.
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "id": (
        "identifiant", "equip_uid", "uid", "id_equipement", "id_action", "numero_action",
        "nofinesset", "numequip", "equip_numero", "identifiant_de_l_etablissement", "numero_uai",
        "uai", "stop_id", "full_id", "osm_id", "id_pdc_itinerance", "rnb_id", "siret",
        "equnumero",
    ),
    "code": ("code_qp", "codeqp", "code_qpv", "code_quartier", "id_qp", "qp"),
    "nom": (
        "nom_qp", "nom_qpv", "lib_qp", "lib_qpv", "equip_nom", "nom_equipement", "denomination",
        "nom_quartier", "quartier_nom", "nom_etablissement", "nom_de_l_etablissement",
        "appellation_officielle", "nom_station", "nomrs", "stop_name", "name", "rs",
        "equnom", "denominationusuelleetablissement",
    ),
    "code_insee": (
        "insee", "insee_com", "code_commune", "code_commune_insee", "codgeo", "depcom", "codcom",
        "code_insee_commune", "commune_insee", "adr_codecommune", "code_com", "com_insee",
        "code_insee_de_la_commune", "codecommune", "codecommuneetablissement",
        "plg_code_commune", "cominsee", "adrs_codeinsee",
    ),
    "longitude": (
        "lon", "long", "lng", "equip_long", "longitude_wgs84", "x_wgs84", "lon_wgs84",
        "coord_lon", "gps_lon", "geo_lon", "stop_lon", "x_longitude", "consolidated_longitude",
        "result_longitude", "coordonnees_lon", "coordonnees_long", "coordonnees_longitude",
        "gps_long", "gps_longitude", "longitude_gps",
    ),
    "latitude": (
        "lat", "equip_lat", "latitude_wgs84", "y_wgs84", "lat_wgs84", "coord_lat", "gps_lat",
        "geo_lat", "stop_lat", "y_latitude", "consolidated_latitude", "result_latitude",
        "coordonnees_lat", "coordonnees_latitude", "gps_latitude", "latitude_gps",
    ),
    "x": (
        "x_l93", "x_lambert93", "x_lambert_93", "lambert_x", "x_lambert", "coord_x",
        "coordonnee_x", "x_rgf93", "coordxet", "equip_x", "coordx", "x_coord",
        "coordonneelambertabscisseetablissement", "result_x", "gps_x", "gpsx", "x_gps", "equgpsx",
        "coordgps_x", "coordgpsx", "abscisse",
    ),
    "y": (
        "y_l93", "y_lambert93", "y_lambert_93", "lambert_y", "y_lambert", "coord_y",
        "coordonnee_y", "y_rgf93", "coordyet", "equip_y", "coordy", "y_coord",
        "coordonneelambertordonneeetablissement", "result_y", "gps_y", "gpsy", "y_gps", "equgpsy",
        "coordgps_y", "coordgpsy", "ordonnee",
    ),
    "coordonnees": (
        "geo_point_2d", "geo_point", "coordonnees_gps", "gps", "lat_lon", "latlon", "latlong",
        "lat_long", "coordonnees_geographiques", "geolocalisation", "geoloc", "coordonnees_lat_lon",
        "latitude_longitude", "coordonneesxy", "coordonnees_xy", "lon_lat", "lonlat", "latlng",
        "wkt", "ewkt", "geom", "the_geom", "geometry", "geometrie", "wkb", "ewkb", "wkb_geometry",
        "geo_shape", "geoshape", "geojson", "point",
    ),
    "adresse": ("adresse_postale", "adresse_complete", "adr", "adr_nomvoie", "adr_complete"),
    "intitule": (
        "intitule_action", "intitule_de_l_action", "libelle_action", "nom_action",
        "titre_action", "nom_de_l_action", "titre", "objet", "action",
    ),
    "porteur": (
        "nombeneficiaire", "nom_beneficiaire", "beneficiaire", "association", "structure",
        "nom_association", "nom_de_l_association", "porteur_de_projet", "nom_structure",
    ),
    "montant": (
        "montant_attribue", "montant_subvention", "subvention", "montant_vote", "montant_en_euros",
        "montant_euros",
    ),
    "financeur": ("nomattribuant", "nom_attribuant", "attribuant"),
    "annee": ("exercice", "an", "millesime_action", "dateconvention", "date_convention"),
    "etat": ("etat_action", "etat_de_l_action", "etat_d_avancement", "avancement"),
    "objectifs": ("objectif", "objectif_operationnel", "objectifs_operationnels"),
    "portee": (),
    "territoires_cites": (
        "quartiers", "quartier_s", "territoire", "territoires", "quartiers_concernes",
        "quartier_concerne", "quartiers_cites",
    ),
    "quartier_cite": ("quartier",),
    "type": ("equip_type", "type_equipement", "type_d_equipement", "categorie", "typequ"),
    "statut": (),
    "source": (),
    "precision_position": ("precision", "precision_geocodage"),
    "generation": (),
    "communes": (),
    "statut_geometrie": (),
    "precision_m": (),
    "indicateur": ("code_indicateur",),
    "libelle": ("libelle_indicateur",),
    "valeur": (),
    "unite": (),
    "millesime": ("millesime_donnees",),
}  # fmt: skip
# Synonyms that yield to any other, and to those before them: a date of a grant to its year, what a
# geocoder found to what was there before, a shape to its point, a number of another register.
_YIELDING: Final = (
    "date_convention", "dateconvention", "osm_id", "siret", "stop_name", "name", "nomrs", "rs",
    "codecommuneetablissement", "plg_code_commune", "adrs_codeinsee",
    "x_longitude", "y_latitude", "consolidated_longitude", "consolidated_latitude",
    "coordonnees_lon", "coordonnees_long", "coordonnees_longitude", "gps_long", "gps_longitude",
    "longitude_gps", "coordonnees_lat", "coordonnees_latitude", "gps_latitude", "latitude_gps",
    "gps_x", "gpsx", "x_gps", "equgpsx", "coordgps_x", "coordgpsx", "abscisse",
    "gps_y", "gpsy", "y_gps", "equgpsy", "coordgps_y", "coordgpsy", "ordonnee",
    "coordonneelambertabscisseetablissement", "coordonneelambertordonneeetablissement",
    "result_longitude", "result_latitude", "result_x", "result_y", "equip_x",
    "equip_y", "coordonneesxy", "wkt", "ewkt", "geom", "the_geom", "geometry", "geometrie", "wkb",
    "ewkb", "wkb_geometry", "geo_shape", "geoshape", "geojson", "point",
)  # fmt: skip
# Of these names the synonyms go in their order: whichever is read, no row is elsewhere by it.
_LABELS: Final = {"nom", "adresse", "intitule", "porteur"}
# Numbers of an establishment: in many tables several rows are of one of them.
_OF_ESTABLISHMENTS: Final = {
    "siret", "uai", "numero_uai", "nofinesset", "identifiant_de_l_etablissement",
}  # fmt: skip
_OF_ACTIONS: Final = {"intitule", "montant", "porteur", "objectifs"}
# What tells a table of things, in which the code of a QPV is a quartier that each row names.
_OF_THINGS: Final = {
    "id", "intitule", "porteur", "montant", "adresse", "quartier_cite", "territoires_cites",
}  # fmt: skip
_OF_FIGURES: Final = {"indicateur", "valeur", "statut_geometrie"}
_CITING: Final = ("quartier_cite", "territoires_cites")
# What the columns of a layer of communes are called; elsewhere these names mean other things.
_OF_COMMUNES: Final = {
    "code_insee": ("code", "code_geo", "code_officiel", "com"),
    "nom": ("nom_officiel", "nom_com", "nom_commune", "libgeo", "lib_com", "libcom", "libelle"),
}
_NAME_OF: Final = {other: name for name, others in SYNONYMS.items() for other in (name, *others)}
_BRACKETED: Final = re.compile(r"\([^)]*+(?:\)|\Z)|\*")
_SEARCHED_ROWS: Final = 30
MOST_COLUMNS: Final = 1_000


@lru_cache(maxsize=1 << 12)
def plain_name(text: str) -> str:
    """Reduce the name of a column to small letters without accents, and `_` for all else."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


@lru_cache(maxsize=1 << 12)
def known_name(text: str) -> str | None:
    """Give the name by which a column is known here, None if it is not."""
    plain = plain_name(text)
    return _NAME_OF.get(plain) or _NAME_OF.get(plain_name(_BRACKETED.sub(" ", text)))


def match_columns(
    path: Path, names: Sequence[str], stated: Mapping[str, str], own: Sequence[str] = ()
) -> dict[str, str]:
    """Find which columns of a file are which.

    Parameters
    ----------
    path
        The file, for the message.
    names
        As the file has them.
    stated
        What the user says of some of them; it goes first.
    own
        Names of the schema that the file is read by: they stand for themselves.

    Returns
    -------
    By the name in the file, the name here; columns that are not known are left out.

    Raises
    ------
    DataError
        Two columns stand for the same, or one that is stated is not there.
    """
    if len(names) > MOST_COLUMNS:
        raise DataError(f"{path} has {len(names):,} columns; at most {MOST_COLUMNS:,} are read.")
    for name in stated:
        if name not in names:
            raise DataError(
                f"{path} has no column “{name}”, which is stated; its columns are {listed(names)}."
            )
    found = {**stated, **{name: name for name in names if name in own and name not in stated}}
    _require_one_each(path, found)
    bearers: dict[str, list[str]] = {}
    for name in names:
        known = _known_among(name, names)
        if name not in found and known is not None and known not in found.values():
            bearers.setdefault(known, []).append(name)
    best = {_best(path, known, bearing): known for known, bearing in bearers.items()}
    return found | {name: best[name] for name in names if name in best}


def with_cited_codes(found: Mapping[str, str], stated: Mapping[str, str]) -> dict[str, str]:
    """Take the code of a QPV in a table of things for what it is there: a quartier that is named.

    Parameters
    ----------
    found
        By the name in the file, the name here.
    stated
        What the user says of some of them.
    """
    known = dict(found)
    bearer = next((name for name, k in found.items() if k == "code" != plain_name(name)), None)
    held = set(known.values())
    if bearer is None or bearer in stated or not _OF_THINGS & held or _OF_FIGURES & held:
        return known
    free = next((name for name in _CITING if name not in held), "code")
    return {**known, bearer: free}


def _known_among(name: str, names: Sequence[str]) -> str | None:
    """Give the name by which a column is known in the table that has all these."""
    known = known_name(name)
    if plain_name(name) in _OF_ESTABLISHMENTS and _OF_ACTIONS & {known_name(n) for n in names}:
        return None
    if plain_name(name) == "point" and not any(plain_name(n) == "rnb_id" for n in names):
        return None  # the register of buildings alone calls its positions so
    return known


def id_of_establishments(renamed: Mapping[str, str]) -> str | None:
    """Give the column that is read as `id` and is a number of an establishment, if any is."""
    ids = (name for name, known in renamed.items() if known == "id")
    return next((name for name in ids if plain_name(name) in _OF_ESTABLISHMENTS), None)


def _best(path: Path, known: str, names: Sequence[str]) -> str:
    """Choose the column that stands for a name: the very name, its plain form, then synonyms.

    Raises
    ------
    DataError
        Two synonyms are as good as each other.
    """
    ranks = {name: _rank(name, known) for name in names}
    first = [name for name in names if ranks[name] == min(ranks.values())]
    _require_one_each(path, dict.fromkeys(first, known))
    return first[0]


def _rank(name: str, known: str) -> tuple[int, int]:
    plain = plain_name(name)
    if known in {name, plain}:
        return (0, 0) if known == name else (1, 0)
    if plain in _YIELDING:
        return 3, _YIELDING.index(plain)
    others = SYNONYMS[known]
    return 2, others.index(plain) if known in _LABELS and plain in others else 0


def named_as_communes(frame: pd.DataFrame) -> pd.DataFrame:
    """Call the columns of a layer of communes as they are known here, where they are not yet."""
    names = {}
    for known, others in _OF_COMMUNES.items():
        plain = {plain_name(str(name)): str(name) for name in frame.columns}
        bearers = [plain[other] for other in others if other in plain]
        if known not in frame and bearers:
            names[bearers[0]] = known
    return frame.rename(columns=names)


def cut_name(name: str, length: int) -> str | None:
    """Give the name that a format cut to some length, if one alone begins so."""
    if len(name) != length:
        return None
    begun = {known for other, known in _NAME_OF.items() if other.startswith(name.lower())}
    own = {known for known in begun if known.startswith(name.lower())}  # before its synonyms
    likely = own or begun
    return likely.pop() if len(likely) == 1 else None


def unread_synonyms(names: Sequence[str], renamed: Mapping[str, str]) -> list[Fault]:
    """Point to columns that are not read, since another one stands for the same and goes first.

    Parameters
    ----------
    names
        As the file has them.
    renamed
        Those that are known by another name here.
    """
    faults = []
    read = {known: name for name, known in renamed.items()} | {n: n for n in names if n in SYNONYMS}
    for name in names:
        known = _known_among(name, names)
        if known not in {None, name} and name not in renamed and known in read:
            why = f"the column “{name}” is not read: “{read[known]}” is there too"
            faults.append(Fault(None, name, why, name, ACCEPTED))
    return faults


def not_used(names: Iterable[str], read: Iterable[str]) -> dict[str, list[str]]:
    """Name the columns that are not used: one of them may be a name that is misspelt.

    Parameters
    ----------
    names
        By which they are known here, or their own.
    read
        Those that are read, besides all that are known by several names.
    """
    used = {*SYNONYMS, *read}
    unused = [name for name in names if name not in used]
    return {"not_used": unused} if unused else {}


def _require_one_each(path: Path, found: Mapping[str, str]) -> None:
    bearers: dict[str, list[str]] = {}
    for name, known in found.items():
        bearers.setdefault(known, []).append(name)
    for known, names in bearers.items():
        if len(names) > 1:
            raise DataError(
                f"{path}: the columns {' and '.join(f'“{n}”' for n in names)} both read as "
                f"“{known}”; a mapping file says which one is meant."
            )


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Find the row that holds the names of the columns, below any lines of title.

    It is the one with the most names that are known here; where none is known, the first of the
    widest ones.

    Parameters
    ----------
    rows
        Cells of the first rows, text.

    Returns
    -------
    Its position among them.
    """
    searched = rows[:_SEARCHED_ROWS]
    known = [len({known_name(cell) for cell in row} - {None}) for row in searched]
    width = [sum(bool(cell.strip()) for cell in row) for row in searched]
    best = max(range(len(searched)), key=lambda i: (known[i], width[i] if known[i] else 0, -i))
    if known[best]:
        return best
    usual = max(set(width), key=width.count)
    return next(i for i, cells in enumerate(width) if cells >= min(usual, max(width)) and cells)
