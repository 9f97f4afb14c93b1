"""`cdv-geo fiche`: the fiche of a quartier, as PDF or Word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.options import (
    TEXT,
    Session,
    accepted_target,
    generation_option,
    made_folder,
    overwrite_option,
    strict_option,
    territory_option,
)
from cdv_geo.errors import NameResolutionError
from cdv_geo.file_names import file_names
from cdv_geo.gazetteer import normalise

if TYPE_CHECKING:
    from cdv_geo.gazetteer import Place
    from cdv_geo.study import Study

_ENDINGS = (".pdf", ".docx")


@click.command(name="fiche")
@click.argument("perimeter", metavar="[CODE|NAME]", required=False, type=TEXT)
@click.option(
    "-o",
    "--output",
    metavar=f"FILE[{'|'.join(_ENDINGS)}]|DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to write; the ending chooses the format. With --all, a folder.",
)
@click.option("--all", "each", is_flag=True, help="Make the fiche of every perimeter.")
@click.option(
    "--as",
    "ending",
    type=click.Choice([ending.removeprefix(".") for ending in _ENDINGS]),
    help="Format of the fiches of --all; PDF where not given.",
)
@generation_option()
@overwrite_option()
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    perimeter: str | None,
    output: Path,
    each: bool,
    ending: str | None,
    generation: int | None,
    overwrite: bool,
    strict: bool,
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
    if each == (perimeter is not None):
        raise click.UsageError("CODE|NAME or --all is needed, and not both.")
    if ending is not None and not each:
        raise click.UsageError("--as goes with --all; else the ending of -o chooses the format.")
    if each and output.suffix.lower() in _ENDINGS:
        raise click.BadParameter(f"“{output}” names a file; --all needs a folder.", param_hint="-o")
    if not each:
        accepted_target(output, _ENDINGS, "-o")
    territory = session.load(strict=strict)
    study = territory.study(generation=generation)
    if each:
        targets = _targets(study, output, f".{ending or 'pdf'}")
    else:
        targets = {output: _code(session, study, str(perimeter))}
    _write(session, study, targets, overwrite=overwrite)
    session.explain_generations(territory, generation)


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


def _targets(study: Study, folder: Path, ending: str) -> dict[Path, str]:
    """Name a file for every perimeter."""
    names = file_names("fiche", study.perimeters["code"].tolist())
    return {made_folder(folder) / f"{name}{ending}": code for name, code in names.items()}


def _write(session: Session, study: Study, targets: dict[Path, str], *, overwrite: bool) -> None:
    from cdv_geo.cli.progress import progress
    from cdv_geo.io.writing.atomic_replacing import require_free
    from cdv_geo.io.writing.output_files import write_bytes
    from cdv_geo.reports.document_formats import render_document, unshown_in_document
    from cdv_geo.reports.fiche import fiche

    for path in targets:
        require_free(path, overwrite=overwrite)
    replaced: dict[str, str] = {}
    with progress(session) as step:
        for done, (path, code) in enumerate(targets.items()):
            step(path.name, done, len(targets))
            document = fiche(study, code)
            write_bytes(render_document(document, path.suffix.lower()), path, overwrite=overwrite)
            replaced |= unshown_in_document(document, path.suffix.lower())
    session.explain_letters(replaced)
    for path in targets:
        session.notice(f"Wrote {path}.")
