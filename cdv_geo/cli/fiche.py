"""`cdv-geo fiche`: the fiche of a quartier, as PDF or Word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdv_geo.cli.output_options import AskedFiles, asked_files, write_each
from cdv_geo.cli.shared_options import (
    TEXT,
    generation_option,
    overwrite_option,
    strict_option,
    territory_option,
)
from cdv_geo.errors import NameResolutionError
from cdv_geo.file_names import file_names
from cdv_geo.gazetteer import normalise

if TYPE_CHECKING:
    from cdv_geo.cli.session import Session
    from cdv_geo.gazetteer import Place
    from cdv_geo.study import Study

_ENDINGS = (".pdf", ".docx")


@click.command(name="fiche")
@click.argument("perimeter", metavar="[CODE|NAME]", required=False, type=TEXT)
@asked_files(_ENDINGS, "fiche")
@generation_option()
@overwrite_option()
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    perimeter: str | None,
    files: AskedFiles,
    generation: int | None,
) -> None:
    """Write the fiche of a quartier: two pages of all that is known of it, and of what is not.

    CODE|NAME is the code of a perimeter or an everyday name: Bellevue gives the fiche of the QPV
    that holds it. A quartier in veille active without an outline has a fiche too.

    \b
    Examples:
      cdv-geo fiche QN07302M -o hauts-de-chambery.pdf
      cdv-geo fiche "La Poterie" -o poterie.docx
      cdv-geo fiche --all -o fiches/
    """
    from cdv_geo.reports.document_formats import render_document, unshown_in_document
    from cdv_geo.reports.fiche import fiche

    if files.each == (perimeter is not None):
        raise click.UsageError("CODE|NAME or --all is needed, and not both.")
    files.require_possible()
    territory = session.load()
    study = territory.study(generation=generation)
    if files.each:
        codes = study.perimeters["code"].tolist()
        targets = files.in_folder(file_names("fiche", codes))
    else:
        targets = {files.output: _code(session, study, str(perimeter))}

    def make(code: str, suffix: str) -> tuple[bytes, dict[str, str]]:
        document = fiche(study, code)
        return render_document(document, suffix), unshown_in_document(document, suffix)

    session.explain_generations(territory, generation)
    write_each(session, files, targets, make)


def _code(session: Session, study: Study, name: str) -> str:
    """Find the perimeter of a name, and say which it is where it holds more than the name says."""
    try:
        code = study.code_of(name)
    except NameResolutionError as error:
        said = _refusal(study, name, error)
        raise click.BadParameter(said, param_hint="CODE|NAME") from None
    if name != code:
        places, _ = study.bearers(name)
        for told in dict.fromkeys(map(_told, places)):
            session.notice(f"{name}: {told}.")
    return code


def _told(place: Place) -> str:
    """Say which perimeter a name stood for, and how it differs from what the name says."""
    differs = (place.note or "").removeprefix(f"{place.code} « {place.nom} » ")
    found = f"{place.code} “{place.nom}”"
    return f"{found}, which {differs}" if differs else found


def _refusal(study: Study, name: str, error: NameResolutionError) -> str:
    """Say why a name gives no fiche, and what can be given instead."""
    perimeters = study.territory.perimeters
    years = perimeters.loc[perimeters["code"] == name.strip(), "generation"].tolist()
    if years:
        return f"{str(error).removesuffix('.')}; give --generation {years[0]}."
    bearers = [place for place in study.gazetteer.candidates(name) if place.kind != "commune"]
    if not bearers:
        return str(error)
    first = bearers[0]
    full = f"“{first.nom}” or " if normalise(first.nom) != normalise(name) else ""
    return f"{str(error).rpartition('; ')[0]}; give one of them, such as {full}{first.code}."
