"""`cdv-geo link`: which things reach which perimeters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.options import (
    FiniteRange,
    Session,
    generation_option,
    output_option,
    overwrite_option,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from cdv_geo.analysis.linking import Linking
    from cdv_geo.territory import Territory

_REASONS_SHOWN = 10


@click.command(name="link")
@click.argument("things", metavar="actions|equipment|FILE")
@click.option(
    "--within",
    type=FiniteRange(min=0, min_open=True),
    metavar="METRES",
    multiple=True,
    help="Link what lies within this distance too, as the crow flies; may be given several times.",
)
@generation_option()
@output_option([".csv", ".gpkg", ".parquet"])
@overwrite_option()
@click.pass_obj
def command(
    session: Session,
    things: str,
    within: tuple[float, ...],
    generation: int | None,
    output: Path,
    overwrite: bool,
) -> None:
    """Link actions, equipment or a file of your own to the perimeters.

    One row per thing, perimeter and basis: declared (it names the quartier), declared_wide (it
    names a commune, all of veille active or the contract), inside, within. A file is a CSV with
    id and longitude, latitude (or territoires_cites), or a layer of points with id.

    \b
    Examples:
      cdv-geo link actions -o actions.csv
      cdv-geo link equipment --within 300 --within 500 -o equipment.gpkg
    """
    from cdv_geo.io.outputs import write_table

    territory = session.load()
    frame = _things(territory, things)
    linking = territory.link(frame, generation=generation, within=within)
    rows = linking.with_places(frame) if output.suffix != ".csv" else linking.links
    write_table(rows, output, overwrite=overwrite, title="links")
    session.explain_generations(territory, generation)
    _report(session, linking, output)


def _things(territory: Territory, things: str) -> gpd.GeoDataFrame:
    from cdv_geo.io.things import read_things

    embedded = {"actions": territory.actions, "equipment": territory.equipment}
    if things in embedded:
        return embedded[things]
    if not Path(things).is_file():
        raise click.BadParameter(
            f"“{things}” is no file; accepted are actions, equipment or the path of a file."
        )
    return read_things(Path(things), crs=territory.crs, errors=territory.position_error_m)


def _report(session: Session, linking: Linking, output: Path) -> None:
    from cdv_geo.analysis.linking import OUTSIDE_COMMUNES

    counts = linking.counts()
    session.notice(
        f"{counts['input']} in = {counts['linked']} linked + {counts['unlinked']} unlinked "
        f"(of them {counts['undetermined']} undetermined) + {counts['rejected']} rejected"
    )
    found = linking.outcomes.dropna(subset="finding")
    for row in found.head(_REASONS_SHOWN).itertuples():
        session.notice(f"Finding: id {row.id}: {row.finding}")
    if len(found) > _REASONS_SHOWN:
        session.notice(f"Finding: and {len(found) - _REASONS_SHOWN} more.")
    outside = (linking.outcomes["reason"] == OUTSIDE_COMMUNES).sum()
    if outside:
        session.notice(f"{outside} of the unlinked lie outside the communes of the contract.")
    disagreeing = linking.links[linking.links["agreement"] == "disagrees"]
    if len(disagreeing):
        session.notice(
            f"Finding: {disagreeing['id'].nunique()} thing(s) declared for a quartier lie outside "
            "it: column agreement, “disagrees”."
        )
    faults = linking.outcomes[linking.outcomes["outcome"] == "rejected"]
    for fault in faults.head(_REASONS_SHOWN).itertuples():
        session.notice(f"Rejected: id {fault.id}: {fault.reason}")
    for row in linking.outcomes[linking.outcomes["outcome"] == "unlinked"].itertuples():
        session.detail(f"Unlinked: id {row.id}: {row.reason}")
    session.notice(f"Wrote {output} ({len(linking.links)} rows).")
