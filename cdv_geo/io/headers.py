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

# By the name that a column has here, others that it bears in files, as `plain_name` writes them.
# From the exports of SIG Ville, INSEE and open-data portals, and from the field lists of SCDL
# « subventions » and « équipements » (schema.data.gouv.fr).
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "id": (
        "identifiant", "equip_uid", "uid", "id_equipement", "id_action", "numero_action",
        "nofinesset",
    ),
    "code": ("code_qp", "codeqp", "code_qpv", "code_quartier", "id_qp", "qp"),
    "nom": (
        "nom_qp", "nom_qpv", "lib_qp", "lib_qpv", "equip_nom", "nom_equipement", "denomination",
        "nom_quartier", "quartier_nom",
    ),
    "code_insee": (
        "insee", "insee_com", "code_commune", "code_commune_insee", "codgeo", "depcom", "codcom",
        "code_insee_commune", "commune_insee", "adr_codecommune", "code_com", "com_insee",
        "code_insee_de_la_commune",
    ),
    "longitude": (
        "lon", "long", "lng", "equip_long", "longitude_wgs84", "x_wgs84", "lon_wgs84",
        "coord_lon", "gps_lon", "geo_lon",
    ),
    "latitude": (
        "lat", "equip_lat", "latitude_wgs84", "y_wgs84", "lat_wgs84", "coord_lat", "gps_lat",
        "geo_lat",
    ),
    "x": (
        "x_l93", "x_lambert93", "x_lambert_93", "lambert_x", "x_lambert", "coord_x",
        "coordonnee_x", "x_rgf93",
        "coordxet",
    ),
    "y": (
        "y_l93", "y_lambert93", "y_lambert_93", "lambert_y", "y_lambert", "coord_y",
        "coordonnee_y", "y_rgf93",
        "coordyet",
    ),
    "coordonnees": (
        "geo_point_2d", "geo_point", "coordonnees_gps", "gps", "lat_lon", "latlon", "latlong",
        "lat_long", "coordonnees_geographiques", "geolocalisation", "geoloc", "coordonnees_lat_lon",
        "latitude_longitude",
    ),
    "adresse": ("adresse_postale", "adresse_complete", "adr", "adr_nomvoie", "adr_complete"),
    "intitule": (
        "objet", "intitule_action", "intitule_de_l_action", "libelle_action", "nom_action",
        "titre_action", "nom_de_l_action", "titre",
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
    "type": ("equip_type", "type_equipement", "type_d_equipement", "categorie"),
    "statut": (),
    "source": (),
    "precision_position": ("precision", "precision_geocodage", "qualite_geoloc"),
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
_NAME_OF: Final = {other: name for name, others in SYNONYMS.items() for other in (name, *others)}
_BRACKETED: Final = re.compile(r"\([^)]*\)|\*")
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
    taken = set(found.values())
    # The very name goes before its synonyms: `code` is the code where a file has `code_qp` too.
    for exact in (True, False):
        for name in names:
            known = known_name(name)
            if name in found or known is None or known in taken or (known == name) != exact:
                continue
            found[name] = known
            if exact:
                taken.add(known)
    _require_one_each(path, found)
    return found


def cut_name(name: str, length: int) -> str | None:
    """Give the name that a format cut to some length, if one alone begins so."""
    if len(name) != length:
        return None
    begun = {known for other, known in _NAME_OF.items() if other.startswith(name.lower())}
    own = {known for known in begun if known.startswith(name.lower())}  # before its synonyms
    likely = own or begun
    return likely.pop() if len(likely) == 1 else None


def unread_synonyms(names: Sequence[str], renamed: Mapping[str, str]) -> list[Fault]:
    """Point to columns that are not read, since another one bears the very name they stand for.

    Parameters
    ----------
    names
        As the file has them.
    renamed
        Those that are known by another name here.
    """
    faults = []
    for name in names:
        known = known_name(name)
        if known not in {None, name} and name not in renamed and known in names:
            why = f"the column “{name}” is not read: “{known}” is there too"
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
