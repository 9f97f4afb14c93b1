"""Rows of a table of équipements that nothing is wrong with, to be spoilt one cell at a time."""

from __future__ import annotations

from hostile_files.case import Make, text

COLUMNS = ("id", "nom", "type", "code_insee", "latitude", "longitude", "statut", "source")
ACTION_COLUMNS = ("id", "intitule", "portee", "territoires_cites", "montant", "annee", "source")


def cells(number: int, **changed: str) -> dict[str, str]:
    """One équipement, with a position near Chambéry."""
    return {
        "id": f"e{number}",
        "nom": f"Équipement n° {number}",
        "type": "crèche",
        "code_insee": "73065",
        "latitude": f"45,57{number}",
        "longitude": f"5,92{number}",
        "statut": "ouvert",
        "source": "relevé de terrain",
        **changed,
    }


def action_cells(number: int, **changed: str) -> dict[str, str]:
    """One action, with an amount."""
    return {
        "id": f"a{number}",
        "intitule": f"Atelier n° {number}",
        "portee": "contrat",
        "territoires_cites": "",
        "montant": "1200",
        "annee": "2024",
        "source": "appel à projets",
        **changed,
    }


def row(number: int, separator: str = ";", **changed: str) -> str:
    """One line of a table of équipements."""
    return separator.join(cells(number, **changed).values())


def action(number: int, **changed: str) -> str:
    """One line of a table of actions."""
    return ";".join(action_cells(number, **changed).values())


def lines(*rows: str, header: str = ";".join(COLUMNS)) -> str:
    """A header and its lines, with a line end after each."""
    return "".join(f"{line}\n" for line in (header, *rows))


def table(*rows: str, header: str = ";".join(COLUMNS), name: str = "table.csv") -> Make:
    """A CSV of équipements."""
    return text(name, lines(*rows, header=header))


def actions(*rows: str) -> Make:
    """A CSV of actions."""
    return text("actions.csv", lines(*rows, header=";".join(ACTION_COLUMNS)))


TWO = (row(1), row(2))
