"""What the atlas to print says besides its maps and fiches."""

from __future__ import annotations

from typing import Final

from cdv_geo.french.typography import typeset

CONTENTS: Final = "Sommaire"


def book_title(territory: str) -> str:
    """Give the title of the atlas: `Atlas – Contrat de ville de Grand Chambéry`."""
    return typeset(f"Atlas – {territory}")
