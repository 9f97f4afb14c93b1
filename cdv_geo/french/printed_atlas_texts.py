"""What the atlas to print says besides its maps and fiches."""

from __future__ import annotations

from typing import Final

from cdv_geo.french.typography import typeset

CONTENTS: Final = "Sommaire"
MAP: Final = "Carte"


def book_title(territory: str) -> str:
    """Give the title of the atlas: `Atlas – Contrat de ville de Grand Chambéry`."""
    return typeset(f"Atlas – {territory}")


def layer_said(name: str, lines: list[str]) -> str:
    """Write a layer with the lines of its legend."""
    others = [line for line in lines if line != name]
    return typeset(f"{name} : {', '.join(others)}" if others else name)


def map_alternative(title: str, layers: list[str]) -> str:
    """Describe a map by its legend."""
    return typeset(f"Carte : {title}. {' ; '.join(layers)}.")
