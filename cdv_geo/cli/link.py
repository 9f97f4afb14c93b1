"""`cdv-geo link`: which things reach which perimeters."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdv_geo.cli.file_findings import VARYING, Found, say_written
from cdv_geo.cli.shared_options import (
    TEXT,
    FiniteRange,
    accepted_target,
    dialect_option,
    generation_option,
    open_options_of,
    output_option,
    overwrite_option,
    reading_options,
    strict_option,
    territory_option,
)
from cdv_geo.file_names import name_as_text
from cdv_geo.toml_files import value_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from distributed import Client

    from cdv_geo.analysis.linking import Linker, Linking
    from cdv_geo.analysis.things import ThingKind, Things
    from cdv_geo.cli.session import Session
    from cdv_geo.io.reading_context import Reading
    from cdv_geo.io.thing_batches import Source
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
    type=TEXT,
    metavar="ADDRESS",
    help="Link .parquet files on the Dask cluster of this scheduler, such as tcp://10.0.0.1:8786.",
)
@click.option(
    "--unlocated",
    metavar="FILE.xlsx",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what has no usable position to a workbook, to be completed and read again.",
)
@reading_options()
@generation_option()
@output_option([".csv", ".gpkg", ".parquet", ".geojson"])
@dialect_option()
@overwrite_option()
@strict_option()
@territory_option()
@click.pass_obj
def command(
    session: Session,
    /,
    *,
    things: tuple[str, ...],
    within: tuple[float, ...],
    scheduler: str | None,
    unlocated: Path | None,
    generation: int | None,
    output: Path,
    dialect: str,
    **said: Any,  # noqa: ANN401  # the options of reading_options
) -> None:
    """Link actions, equipment or files of your own to the perimeters.

    One row per thing, perimeter and basis: declared (it names the quartier), declared_wide (it
    names a commune, all of veille active or the contract), inside, within. A file is a table (CSV,
    XLSX, Parquet) with positions or names of quartiers, or a layer of points. It may be larger
    than memory; `cdv-geo check` says beforehand what is wrong with it.

    \b
    Examples:
      cdv-geo link actions -o actions.csv
      cdv-geo link equipment --within 300 --within 500 -o equipment.gpkg
      cdv-geo link sirene-*.parquet -o links.parquet
      cdv-geo link big/*.parquet --scheduler tcp://127.0.0.1:8786 -o links.parquet
    """
    from cdv_geo.cli.progress import row_progress
    from cdv_geo.io.writing.output_files import writing_table

    _require_unlocated(session, unlocated, output, scheduler)
    _require_apart(things, (output, unlocated))
    territory = session.load()
    linker = territory.linker(generation=generation, within=within)
    report = _Report(session, keep_unlocated=unlocated is not None)
    reading = territory.reading(open_options_of(said))
    with (
        _links(territory, linker, (things, scheduler, reading), report) as (expected, linkings),
        row_progress(session, expected) as advance,
        writing_table(output, overwrite=session.overwrite, title="links", dialect=dialect) as write,
    ):
        for linking in linkings:
            plain = output.suffix.lower() == ".csv"
            write(linking.links if plain else linking.with_places(territory.crs))
            report.add(linking)
            advance(len(linking.outcomes))
        report.require_none_rejected()
        if unlocated is not None:
            # Before the links go to their place: either both files are written or none.
            _write_unlocated(session, report, territory, unlocated)
    session.explain_generations(territory, generation)
    report.say(output)
    if unlocated is not None:
        rows = sum(map(len, report.unlocated))
        session.notice(f"Wrote {unlocated} ({rows} rows to be completed).")


def _require_unlocated(
    session: Session, unlocated: Path | None, output: Path, scheduler: str | None
) -> None:
    """Refuse what cannot be written before anything is."""
    from cdv_geo.io.writing.atomic_replacing import require_free

    if unlocated is None:
        return
    if scheduler is not None:
        raise click.UsageError("--unlocated is for one machine; it goes with no --scheduler.")
    accepted_target(unlocated, (".xlsx",), "--unlocated")
    if _same(unlocated, output):
        raise click.UsageError("--unlocated and --output are the same file; two are expected.")
    require_free(unlocated, overwrite=session.overwrite)


def _same(one: Path, other: Path) -> bool:
    """Tell whether two names are of one file, or will be; also where the current folder is gone."""
    with contextlib.suppress(OSError):  # one of them is not there yet
        return one.samefile(other)
    with contextlib.suppress(OSError):
        return one.name == other.name and one.parent.samefile(other.parent)
    return False


def _require_apart(things: tuple[str, ...], written: tuple[Path | None, ...]) -> None:
    """Refuse to write over what is read."""
    for path in written:
        if path is not None and any(_same(path, Path(name)) for name in things):
            raise click.UsageError(f"“{path}” is read; it cannot be written too.")


def _write_unlocated(session: Session, report: _Report, territory: Territory, path: Path) -> None:
    import pandas as pd

    from cdv_geo.io.templates.workbook_templates import write_unlocated

    rows = pd.concat(report.unlocated, ignore_index=True)
    write_unlocated(rows, path, overwrite=session.overwrite, precisions=territory.position_error_m)


@contextlib.contextmanager
def _links(
    territory: Territory,
    linker: Linker,
    asked: tuple[tuple[str, ...], str | None, Reading],
    report: _Report,
) -> Iterator[tuple[int, Iterator[Linking]]]:
    """Give about how many rows there are, and their links, batch by batch."""
    from cdv_geo.io.thing_batches import open_parts, open_sources

    things, scheduler, reading = asked
    embedded: dict[str, ThingKind] = {"actions": "action", "equipment": "equipment"}
    if scheduler is not None:
        parts = open_parts([path.resolve() for path in _paths(things)], reading)
        report.say_how_written(parts)
        with _connected(scheduler) as client:
            from cdv_geo.dask_cluster import link_on_cluster

            yield _rows(parts), link_on_cluster(client, linker, parts)
    elif len(things) == 1 and things[0] in embedded:
        table = territory.things(embedded[things[0]])
        yield len(table), linker.link_batches(report.reading(things[0], [table]))
    else:
        sources = open_sources(_paths(things), reading)
        report.say_how_written(sources)
        batches = (
            batch if len(sources) == 1 else _named_after(source, batch)
            for source in sources
            for batch in report.reading(source.path.name, source.batches())
        )
        yield _rows(sources), linker.link_batches(batches)


def _named_after(source: Source, batch: Things) -> Things:
    """Say of each row that is rejected which of several files it is in."""
    from dataclasses import replace

    name = name_as_text(source.path.name)
    return replace(batch, faults={at: f"{name}, {why}" for at, why in batch.faults.items()})


def _paths(things: tuple[str, ...]) -> list[Path]:
    for name in things:
        if not os.path.isfile(name):  # noqa: PTH113  # a name that is too long is that of none
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

    def __init__(self, session: Session, *, keep_unlocated: bool) -> None:
        self._session = session
        self._keep_unlocated = keep_unlocated
        self._counts: Counter[str] = Counter()
        self._apart: Counter[str] = Counter()
        self._disagreeing: set[object] = set()
        self._findings: list[str] = []
        self._batch: Things | None = None
        self.found = Found(session.notice)
        self.unlocated: list[pd.DataFrame] = []

    def require_none_rejected(self) -> None:
        """Say what was found and end where rows are rejected and the session is strict."""
        if self._session.strict and self._counts["rejected"]:
            self.found.say()
        self._session.require_none_rejected(self._counts["rejected"])

    def say_how_written(self, sources: Iterable[Source]) -> None:
        """Say how files are written, and what was found out when they were opened."""
        every = list(sources)
        say_written(self._session.notice, [(s.path.name, s.kind, s.detected) for s in every])
        for source in every:
            self.found.add(source.path.name, (n for n in source.notes if n.row is None))

    def reading(self, name: str, batches: Iterable[Things]) -> Iterator[Things]:
        """Let batches of a file pass, and keep what was found in them."""
        from cdv_geo.faults import REJECTED, count_rows

        self._session.now = f"linking {name}"
        for things in batches:
            self._counts["repaired"] += count_rows(len(things), things.notes)["repaired"]
            self._apart.update(things.apart)
            # Why rows are rejected is said when they are linked: an id may stand in two batches.
            self.found.add(name, things.notes, but=(REJECTED,))
            self._batch = things
            yield things

    def add(self, linking: Linking) -> None:
        """Count what became of one batch."""
        from cdv_geo.analysis.link_outcomes import OUTSIDE_COMMUNES

        outcomes, links = linking.outcomes, linking.links
        found = outcomes[outcomes["finding"].notna()]
        rejected = outcomes[outcomes["outcome"] == "rejected"]
        self._counts.update(linking.counts())
        self._counts["links"] += len(links)
        self._counts["findings"] += len(found)
        self._counts["outside"] += int((outcomes["reason"] == OUTSIDE_COMMUNES).sum())
        self._disagreeing |= set(links.loc[links["agreement"] == "disagrees", "id"])
        if self._keep_unlocated and self._batch is not None:
            from cdv_geo.io.unlocated_rows import unlocated_rows

            self.unlocated.append(unlocated_rows(self._batch, outcomes))
        self._findings = _first(self._findings, found, "finding")
        self._keep_rejections(rejected)
        if self._session.verbose:
            unlinked = outcomes[outcomes["outcome"] == "unlinked"]
            for row in unlinked.itertuples():
                self._session.detail(f"Unlinked: id {row.id}: {row.reason}")

    def _keep_rejections(self, rejected: pd.DataFrame) -> None:
        from cdv_geo.faults import REJECTED

        kinds = rejected["reason"].astype("str").str.replace(VARYING, "", regex=True)
        for kind, rows in rejected.groupby(kinds, sort=False):
            first = next(rows.itertuples())
            self.found.count(REJECTED, str(kind), _named(first.id, str(first.reason)), len(rows))

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
        apart = [f"{count} {what}" for what, count in self._apart.items() if count]
        if apart:
            notice(f"Set apart: {', '.join(apart)} lines, which are no rows.")
        if counts["repaired"]:
            notice(f"{counts['repaired']} rows were repaired.")
        self.found.say()
        notice(f"Wrote {output} ({counts['links']} rows).")


def _first(known: list[str], rows: pd.DataFrame, column: str) -> list[str]:
    """Add to the first few of all batches."""
    added = rows.head(_REASONS_SHOWN - len(known))
    return [*known, *(_named(row.id, getattr(row, column)) for row in added.itertuples())]


def _named(identity: object, what: str) -> str:
    """Say of a row what it is called, where it is called anything."""
    missing = identity is None or str(identity) in {"nan", "<NA>", "None"}
    return what if missing else f"id {value_shown(identity)}: {what}"
