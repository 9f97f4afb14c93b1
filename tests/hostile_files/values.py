"""CSV files whose cells hold wrong positions, codes, numbers and dates."""

from __future__ import annotations

from hostile_files.case import accepted, lost, noticed, partly, text
from hostile_files.rows import COLUMNS, TWO, action, actions, row, table

_L93 = (("928000", "6501000"), ("928100", "6501100"))


def _one(**changed: str):
    """Two good rows, and one that is spoilt."""
    return table(*TWO, row(3, **changed))


def _metric(*places: tuple[str, str], columns: str = "x;y"):
    rows = [f"e{n};Crèche {n};crèche;{x};{y}" for n, (x, y) in enumerate(places)]
    return text("a.csv", "".join(f"{r}\n" for r in (f"id;nom;type;{columns}", *rows)))


def _in_one_field(column: str):
    rows = [f'e{n};Crèche {n};"45.57{n}, 5.92{n}"' for n in (1, 2)]
    return text("a.csv", "".join(f"{r}\n" for r in (f"id;nom;{column}", *rows)))


_SWAPPED = [row(n, latitude=f"5,92{n}", longitude=f"45,57{n}") for n in (1, 2, 3)]
_IN_METRES = [row(n, latitude="6501000", longitude=f"92800{n}") for n in (1, 2)]

POSITIONS = (
    partly("one row with swapped axes", _one(latitude="5,92", longitude="45,57"),
           "swap|exchang|invert|revers", kept=2),
    lost("all rows with swapped axes", table(*_SWAPPED), "swap|exchang|invert|revers"),
    partly("null island", _one(latitude="0", longitude="0"), r"0.*0|null island", kept=2),
    partly("null island with decimals", _one(latitude="0,0", longitude="0.00"), "0", kept=2),
    partly("a latitude beyond the pole", _one(latitude="95,5"), "95,5", kept=2),
    partly("decimal commas lost", _one(latitude="45573", longitude="5923"), "45573|latitude",
           kept=2),
    partly("half a position", _one(longitude=""), "longitude|together", kept=2),
    partly("a position that is text", _one(latitude="à côté"), "à côté", kept=2),
    partly("an infinite position", _one(latitude="inf"), "inf", kept=2),
    partly("NaN written out", _one(latitude="NaN", longitude="NaN"), "NaN", kept=2),
    partly("a number beyond all numbers", _one(latitude="1e400"), "1e400", kept=2),
    partly("an error value of a spreadsheet", _one(latitude="#REF!"), "#REF!", kept=2),
    noticed("degrees, minutes and seconds", _one(
        latitude="45°34'21\"N".replace('"', "″"), longitude="5°55'21″E"), "45°34|degree"),
    noticed("N and E beside the numbers", _one(latitude="45,573 N", longitude="5,923 E"),
            "45,573"),
    noticed("a minus sign of typography", _one(longitude="−5,92"), "5,92"),
    noticed("a position in the sea", _one(latitude="45,57", longitude="-35,92"),
            "-35,92|far|outside|france"),
    noticed("a sign that was lost", _one(latitude="-45,573"), "-45,573|far|outside|france"),
    accepted("spaces around the numbers", table(row(1, latitude=" 45,57 "), row(2)), kept=2),
    accepted("no position at all", table(row(1, latitude="", longitude=""), row(2)), kept=2),
    noticed("latitude and longitude in one cell", _in_one_field("geo_point_2d"),
            "geo_point_2d|one cell|position"),
    noticed("a pair without order in one cell", _in_one_field("coordonnées"), "coordonnées"),
    lost("Lambert-93 in latitude and longitude", table(*_IN_METRES), "lambert|2154|metre|range"),
    accepted("x and y without a CRS", _metric(*_L93), "--crs", "2154|lambert", kept=2),
    accepted("x and y with a CRS", _metric(*_L93), "2154", kept=2,
             arguments=("--crs", "EPSG:2154")),
    lost("x and y swapped", _metric(*((y, x) for x, y in _L93)), "swap|exchang|outside|range|area",
         arguments=("--crs", "EPSG:2154")),
    lost("x and y in another CRS than declared", _metric(("1928000", "4267000")),
         "outside|area|range|3945|far", arguments=("--crs", "EPSG:2154")),
    lost("degrees declared as metres", _metric(("5.92", "45.57")), "degree|outside|area|range",
         arguments=("--crs", "EPSG:2154")),
    lost("a CRS that does not exist", _metric(*_L93), "999999", usage=True,
         arguments=("--crs", "EPSG:999999")),
    lost("a CRS that is a path", _metric(*_L93), "crs", usage=True,
         arguments=("--crs", "/etc/passwd")),
    lost("a CRS with a grid file", _metric(*_L93), "crs|EPSG", usage=True,
         arguments=("--crs", "+proj=longlat +nadgrids=@/etc/passwd +type=crs")),
)  # fmt: skip

CODES = (
    accepted("codes with a leading zero", table(
        row(1, code_insee="01004"), row(2, code_insee="2A004")), kept=2, repaired=0),
    accepted("a leading zero that was lost", table(row(1, code_insee="1004"), row(2)), "01004",
             kept=2, repaired=1),
    accepted("a code with decimals", table(row(1, code_insee="73065.0"), row(2)), "73065", kept=2,
             repaired=1),
    noticed("a code of Corsica in small letters", table(row(1, code_insee="2a004"), row(2)),
             "2A004"),
    noticed("a code as thousands", table(row(1, code_insee="1 004"), row(2)), "1 004"),
    partly("a code as power of ten", _one(code_insee="2E004"), "2E004", kept=2),
    partly("a code as power of ten with sign", _one(code_insee="7,3E+04"), r"7,3E\+04", kept=2),
    partly("a code of six digits", _one(code_insee="730650"), "730650", kept=2),
    partly("the letter O for zero", _one(code_insee="73O65"), "73O65", kept=2),
    partly("digits of another script", _one(code_insee="٧٣٠٦٥"), "٧٣٠٦٥", kept=2),
    partly("the département alone", _one(code_insee="73"), "73", kept=2),
    partly("a row without id", _one(id=""), r"\bid\b", kept=2),
    partly("an id of spaces", _one(id="   "), r"\bid\b", kept=2),
    noticed("one id for two things", table(row(1), row(2, id="e1")), "e1"),
    noticed("ids that differ in case", table(row(1), row(2, id="E1")), "e1"),
    noticed("ids that differ in spaces", table(row(1), row(2, id="e1 ")), "e1"),
    partly("a status that nobody knows", _one(statut="peut-être"), "peut-être", kept=2),
    accepted("escape sequences of a terminal", table(
        row(1, nom="Cr\x1b[2J\x1b[31mche"), row(2)), kept=2),
)  # fmt: skip


def _amount(amount: str):
    return actions(action(1), action(2, montant=amount))


AMOUNTS = (
    accepted("thousands with a space", _amount("1 234,5"), kept=2),
    accepted("thousands with a no-break space", _amount("1\u00a0234,5"), kept=2),
    accepted("thousands with a narrow no-break space", _amount("1\u202f234,5"), kept=2),
    noticed("thousands with a point", _amount("1.234,5"), r"1\.234,5"),
    noticed("thousands with a comma", _amount("1,234.5"), r"1,234\.5"),
    noticed("thousands or thousandths", _amount("1,234"), "1,234"),
    accepted("an amount with its unit", _amount("1 200 €")),
    partly("a negative amount", _amount("-1200"), "-1200", kept=1),
    partly("an amount to be settled", _amount("à définir"), "à définir", kept=1),
    partly("two amounts", _amount("1200 + 300"), r"1200 \+ 300", kept=1),
    partly("hexadecimal", _amount("0x1F"), "0x1F", kept=1),
    partly("an underscore", _amount("1_200"), "1_200", kept=1),
    partly("a scope that nobody knows", actions(action(1), action(2, portee="partout")), "partout",
           kept=1),
)  # fmt: skip


def _dated(*dates: str):
    header = "id;intitule;portee;montant;date;source"
    rows = [f"a{n};Atelier {n};contrat;1;{date};x" for n, date in enumerate(dates)]
    return text("a.csv", "".join(f"{line}\n" for line in (header, *rows)))


DATES = (
    partly("a day that does not exist", _dated("04/03/2024", "31/02/2024"), "31/02/2024", kept=1),
    partly("a month that does not exist", _dated("2024-03-04", "2024-13-01"), "2024-13-01",
           kept=1),
    noticed("days before months", _dated("04/03/2024", "25/12/2024"), "day|04/03/2024|date"),
    accepted("ISO dates", _dated("2024-03-04", "2024-12-25"), kept=2),
)  # fmt: skip

CASES = (*POSITIONS, *CODES, *AMOUNTS, *DATES)
assert len(COLUMNS) == len(row(1).split(";"))
