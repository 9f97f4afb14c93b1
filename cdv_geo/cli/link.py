"""`cdv-geo link`: which things reach which perimeters."""

from __future__ import annotations

import contextlib
from collections import Counter
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
    from collections.abc import Iterator

    import pandas as pd
    from distributed import Client

    from cdv_geo.analysis.linking import Linker, Linking
    from cdv_geo.io.sources import Source
    from cdv_geo.territory import Territory

_REASONS_SHOWN = 10
_PATIENCE = "10s"


@click.command(name="link")
@click.argument("things", metavar="actions|equipment|FILE…", nargs=-1, required=True)
@click.option(
    "--within",
    type=FiniteRange(min=0, min_open=True),
    metavar="METRES",
    multiple=True,
    help="Link what lies within this distance too, as the crow flies; may be given several times.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Link .parquet files on the Dask cluster of this scheduler, such as tcp://10.0.0.1:8786.",
)
@generation_option()
@output_option([".csv", ".gpkg", ".parquet"])
@overwrite_option()
@click.pass_obj
def command(
    session: Session,
    things: tuple[str, ...],
    within: tuple[float, ...],
    scheduler: str | None,
    generation: int | None,
    output: Path,
    overwrite: bool,
) -> None:
    """Link actions, equipment or files of your own to the perimeters.

    One row per thing, perimeter and basis: declared (it names the quartier), declared_wide (it
    names a commune, all of veille active or the contract), inside, within. A file is a CSV with
    id and longitude, latitude (or territoires_cites), or a layer of points with id. It may be
    larger than memory.

    \b
    Examples:
      cdv-geo link actions -o actions.csv
      cdv-geo link equipment --within 300 --within 500 -o equipment.gpkg
      cdv-geo link sirene-*.parquet -o links.parquet
      cdv-geo link big/*.parquet --scheduler tcp://127.0.0.1:8786 -o links.parquet
    """
    from cdv_geo.cli.progress import row_progress
    from cdv_geo.io.outputs import writing_table

    territory = session.load()
    linker = territory.linker(generation=generation, within=within)
    report = _Report(session)
    with (
        _links(territory, linker, things, scheduler) as (rows, linkings),
        row_progress(session, rows) as advance,
        writing_table(output, overwrite=overwrite, title="links") as write,
    ):
        for linking in linkings:
            write(linking.links if output.suffix == ".csv" else linking.with_places(territory.crs))
            report.add(linking)
            advance(len(linking.outcomes))
    session.explain_generations(territory, generation)
    report.say(output)


@contextlib.contextmanager
def _links(
    territory: Territory, linker: Linker, things: tuple[str, ...], scheduler: str | None
) -> Iterator[tuple[int, Iterator[Linking]]]:
    """Give about how many rows there are, and their links, batch by batch."""
    from cdv_geo.analysis.things import Things
    from cdv_geo.io.sources import Reading, open_parts, open_sources

    embedded = {"actions": territory.actions, "equipment": territory.equipment}
    reading = Reading(territory.crs, territory.position_error_m)
    if scheduler is not None:
        parts = open_parts([path.resolve() for path in _paths(things)], reading)
        with _connected(scheduler) as client:
            from cdv_geo.cluster import link_on_cluster

            yield _rows(parts), link_on_cluster(client, linker, parts)
    elif len(things) == 1 and things[0] in embedded:
        table = embedded[things[0]]
        yield len(table), linker.link_batches([Things.of(table)])
    else:
        sources = open_sources(_paths(things), reading)
        batches = (batch for source in sources for batch in source.batches())
        yield _rows(sources), linker.link_batches(batches)


def _paths(things: tuple[str, ...]) -> list[Path]:
    for name in things:
        if not Path(name).is_file():
            raise click.BadParameter(
                f"“{name}” is no file; accepted are actions, equipment or the paths of files."
            )
    return [Path(name) for name in things]


def _rows(sources: list[Source]) -> int:
    return sum(source.rows for source in sources)


def _connected(scheduler: str) -> Client:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise click.UsageError(
            "--scheduler needs Dask, which is not installed; pip install 'cdv-geo[dask]'."
        ) from None
    try:
        return Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"no Dask scheduler answers at “{scheduler}”: {error}") from None


class _Report:
    """What is said of the links when all are written: counts, and the first findings."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._counts: Counter[str] = Counter()
        self._disagreeing: set[object] = set()
        self._findings: list[str] = []
        self._rejections: list[str] = []

    def add(self, linking: Linking) -> None:
        """Count what became of one batch."""
        from cdv_geo.analysis.outcomes import OUTSIDE_COMMUNES

        outcomes, links = linking.outcomes, linking.links
        found = outcomes[outcomes["finding"].notna()]
        rejected = outcomes[outcomes["outcome"] == "rejected"]
        self._counts.update(linking.counts())
        self._counts["links"] += len(links)
        self._counts["findings"] += len(found)
        self._counts["outside"] += int((outcomes["reason"] == OUTSIDE_COMMUNES).sum())
        self._disagreeing |= set(links.loc[links["agreement"] == "disagrees", "id"])
        self._findings = _first(self._findings, found, "finding")
        self._rejections = _first(self._rejections, rejected, "reason")
        if self._session.verbose:
            unlinked = outcomes[outcomes["outcome"] == "unlinked"]
            for row in unlinked.itertuples():
                self._session.detail(f"Unlinked: id {row.id}: {row.reason}")

    def say(self, output: Path) -> None:
        """Say it on stderr."""
        counts, notice = self._counts, self._session.notice
        notice(
            f"{counts['input']} in = {counts['linked']} linked + {counts['unlinked']} unlinked "
            f"(of them {counts['undetermined']} undetermined) + {counts['rejected']} rejected"
        )
        for finding in self._findings:
            notice(f"Finding: {finding}")
        if counts["findings"] > len(self._findings):
            notice(f"Finding: and {counts['findings'] - len(self._findings)} more.")
        if counts["outside"]:
            notice(f"{counts['outside']} of the unlinked lie outside the communes of the contract.")
        if self._disagreeing:
            notice(
                f"Finding: {len(self._disagreeing)} thing(s) declared for a quartier lie outside "
                "it: column agreement, “disagrees”."
            )
        for rejection in self._rejections:
            notice(f"Rejected: {rejection}")
        notice(f"Wrote {output} ({counts['links']} rows).")


def _first(known: list[str], rows: pd.DataFrame, column: str) -> list[str]:
    """Add to the first few of all batches."""
    added = rows.head(_REASONS_SHOWN - len(known))
    return [*known, *(f"id {row.id}: {getattr(row, column)}" for row in added.itertuples())]
