"""`cdv-geo perimeters`: list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdv_geo.cli.shared_options import (
    generation_option,
    strict_option,
    territory_option,
)
from cdv_geo.cli.stdout_answers import echo_json, echo_table
from cdv_geo.vocabulary import KINDS

if TYPE_CHECKING:
    from cdv_geo.cli.session import Session


@click.command(name="perimeters")
@click.option("--kind", type=click.Choice(KINDS), help="Only perimeters of this kind.")
@generation_option()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "geojson"]),
    default="table",
    show_default=True,
    help="Of what goes to stdout.",
)
@strict_option()
@territory_option()
@click.pass_obj
def command(session: Session, kind: str | None, generation: int | None, form: str) -> None:
    """List the perimeters.

    A quartier whose outline is not known is listed, with statut_geometrie “absente”. GeoJSON is
    in longitude and latitude (WGS84).

    \b
    Examples:
      cdv-geo perimeters --kind qpv --generation 2015
      cdv-geo perimeters --format geojson > perimeters.geojson
    """
    from cdv_geo.analysis.containment import select_generation

    territory = session.load(perimeters_only=True)
    frame = select_generation(territory.perimeters, territory.generation(generation))
    if kind is not None:
        frame = frame[frame["type"] == kind]
    session.explain_generations(territory, generation)
    plain = frame.drop(columns="geometry")
    if form == "geojson":
        click.echo(frame.to_crs("EPSG:4326").to_json(ensure_ascii=False, drop_id=True))
    elif form == "json":
        echo_json(plain.astype(object).where(plain.notna(), None).to_dict("records"))
    elif form == "csv":
        click.echo(plain.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        shown = plain.drop(columns="source")
        echo_table(list(shown.columns), shown.to_numpy().tolist())
