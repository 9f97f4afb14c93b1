"""One run of the command: its territory, and what it says on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdv_geo.cli.terminal_text import say
from cdv_geo.cli.territory_choice import answering
from cdv_geo.errors import DataError, listed
from cdv_geo.vocabulary import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdv_geo.io.checked_tables import Checked
    from cdv_geo.territory import Territory

_OVERLAPS_SHOWN = 10
_LETTERS_SHOWN = 5
_LONGEST_QUOTED = 40


class Session:
    """What the options that every command has set: which territory, what is said on stderr.

    Attributes
    ----------
    quiet, verbose
        Whether nothing is said on stderr but errors; how much more is said.
    strict
        Whether any row that is rejected is one too many.
    overwrite
        Whether a file that exists is replaced.
    now
        What is being done, as in “checking t.csv”, for what is said if it cannot be.
    """

    def __init__(
        self, folder: str | Path | None = None, *, quiet: bool = False, verbose: int = 0
    ) -> None:
        self._folder = folder
        self.quiet = quiet
        self.verbose = verbose
        self.strict = False
        self.overwrite = False
        self.now = "starting"

    def name_territory(self, folder: str | Path) -> None:
        """Take a folder for the territory; two that are not the same are one too many."""
        if self._folder is not None and not Path(self._folder).samefile(folder):
            raise click.UsageError(
                f"--territory names “{self._folder}” and “{folder}”; one is expected."
            )
        self._folder = folder

    def load(self, *, summary: bool = True, perimeters_only: bool = False) -> Territory:
        """Load the territory, and say what was repaired or rejected of its tables.

        Parameters
        ----------
        summary
            Whether the counts are said where all is accepted.
        perimeters_only
            Whether the perimeters and communes answer the question, and no other table is read
            unless the session is strict.

        Raises
        ------
        DataError
            The territory cannot be loaded; or the session is strict, and a row is rejected.
        """
        from cdv_geo.analysis.containment import overlapping
        from cdv_geo.territory import load_territory

        before = self.now
        folder, reason = answering(self._folder)
        self.now = f"reading the territory {folder or 'of home'}"
        territory = load_territory(folder)
        self.detail(f"territory: {territory.name}, edition {territory.edition}")
        if reason:
            self.notice(f"Territory: {territory.name} ({reason}; --territory DIR names another).")
        tables = (
            territory.checked if self.strict or not perimeters_only else territory.checked_so_far
        )
        self._say_what_was_found(territory.name, tables, summary=summary)
        pairs = overlapping(territory.perimeters)
        for first, second in pairs[:_OVERLAPS_SHOWN]:
            self.notice(f"Note: {first} and {second} overlap; what lies in both counts in both.")
        if len(pairs) > _OVERLAPS_SHOWN:
            self.notice(f"Note: and {len(pairs) - _OVERLAPS_SHOWN} more pairs overlap.")
        self.now = before
        return territory

    def _say_what_was_found(self, name: str, tables: Sequence[Checked], *, summary: bool) -> None:
        from cdv_geo.cli.file_findings import Found, say_written
        from cdv_geo.faults import ACCEPTED, REJECTED, add_up

        total = add_up(checked.counts() for checked in tables)
        clean = total["input"] == total[ACCEPTED]
        (self.detail if clean and not summary else self.notice)(
            f"{name}: {total['input']} rows of {len(tables)} tables = "
            f"{total['accepted']} accepted + "
            f"{total['repaired']} repaired + {total['rejected']} rejected"
        )
        found = Found(self.notice)
        for checked in tables:
            found.add(checked.path.name, checked.faults)
            if unused := checked.detected.get("not_used"):
                found.note(f"{checked.path.name}: columns that are not used: {listed(unused)}")
        found.say()
        say_written(self.detail, [(c.path.name, c.kind, c.detected) for c in tables])
        self.require_none_rejected(total[REJECTED])

    def require_none_rejected(self, rejected: int) -> None:
        """Leave nothing written where rows are rejected and the session is strict.

        Raises
        ------
        DataError
            So it is.
        """
        if self.strict and rejected:
            raise DataError(
                f"{rejected} row(s) are rejected, and --strict was given: nothing is written."
            )

    def notice(self, message: str) -> None:
        """Say something that the user should know."""
        if not self.quiet:
            say(message)

    def detail(self, message: str) -> None:
        """Say something that only `--verbose` asks for."""
        if self.verbose and not self.quiet:
            say(message)

    def explain_letters(self, replaced: Mapping[str, str]) -> None:
        """Say which characters could not be shown, each with a text that holds it."""
        if not replaced:
            return
        from cdv_geo.visible_letters import UNKNOWN, code_points

        shown = list(replaced.items())[:_LETTERS_SHOWN]
        first = [f"{code_points(c, 1)} of “{text[:_LONGEST_QUOTED]}”" for c, text in shown]
        others = len(replaced) - len(first)
        more = f" and {others} more" if others else ""
        self.notice(f"Note: {UNKNOWN} stands for what cannot be shown: {listed(first)}{more}.")

    def explain_generations(self, territory: Territory, generation: int | None) -> None:
        """Say that the veille-active list belongs to an older contract than the QPV."""
        generation = territory.generation(generation)
        if territory.veille_active_list and generation != min(GENERATIONS):
            self.notice(
                f"Note: the quartiers in veille active ({territory.veille_active_list}) stand "
                f"beside the QPV of {generation}."
            )
