"""The workbook of a territory: what stands in its sheets, and that LibreOffice opens it."""

from __future__ import annotations

import csv
import re
import subprocess
import zipfile

import openpyxl
import pandas as pd
import pytest
from cli.in_process import run

import cdv_geo
from cdv_geo.faults import ACCEPTED, PLACE, REPAIRED, Fault
from cdv_geo.french import workbook_texts as texts
from cdv_geo.french.shared_texts import IMPOSSIBLE_POSITION
from cdv_geo.french.typography import typeset
from cdv_geo.io.writing.workbook_writing import SheetColumn, TableSheet, write_workbook
from cdv_geo.reports.workbook import report_sheets

from squares import perimeters, points, square

NAMES = (
    "Lisez-moi",
    "Périmètres",
    "Couverture",
    "Couverture par type",
    "Quartiers d’usage",
    "Actions × quartiers",
    "Équipements",
    "Liens",
    "Indicateurs",
    "Priorités",
    "Constats",
    "Non localisés",
    "Anomalies",
)
HOSTILE = ("=1+1", "<img src=x>", "_x000D_", "@SUM(A1)", "+1", "-1")


def table_of(sheet):
    """A sheet as a frame, by its headers."""
    return pd.DataFrame({column.header: list(column.cells) for column in sheet.columns})


def tables_of(territory, **options):
    return {s.name: table_of(s) for s in report_sheets(territory.study(**options))}


def open_office(path, target, folder):
    """Convert a workbook with LibreOffice, under a profile of its own."""
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            target,
            "--outdir",
            str(folder),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def home(territory):
    return tables_of(territory)


@pytest.fixture(scope="module")
def written(tmp_path_factory, atlas):
    """The workbook of the home territory, and that of the atlas, which another process made."""
    path = tmp_path_factory.mktemp("workbook") / "a.xlsx"
    done = run("report", "-o", path)
    assert done.returncode == 0, done.stderr
    assert f"Wrote {path} (13 sheets, " in done.stderr
    return [path, atlas / "cdv_geo.xlsx"]


@pytest.fixture
def squares(make_territory):
    """Two QPV and two quartiers without outline in Aval, and what is odd of them.

    Nord is a square from (1000, 1000) to (1200, 1200); the other goes from (100, 100) to
    (300, 300) and has a name that a spreadsheet would compute. Two quartiers are called Sud.
    """
    outlines = perimeters(
        {"code": "QN1", "nom": "Nord", "geometry": square(1000, 1000, 200)},
        {"code": "QN2", "nom": "=1+1", "geometry": square(100, 100, 200)},
        {"code": "V1", "nom": "Sud", "type": "veille_active", "generation": 2015},
        {"code": "V2", "nom": "Sud", "type": "veille_active", "generation": 2015},
    )
    middle = points_in_degrees((1100, 1100), (1400, 1100), (1120, 1100))
    actions = pd.DataFrame(
        {
            "id": ["a1", "a2", "a3", "a4"],
            "intitule": ["Dedans", "À côté", "=1+1", "@SUM(A1)"],
            "nom": "à moi",
            "place": "à moi aussi",
            "portee": ["quartier", "quartier", "contrat", "quartier"],
            "territoires_cites": ["Nord", "Nord", "", "Sud;Nulle part"],
            "longitude": [middle[0][0], middle[1][0], None, None],
            "latitude": [middle[0][1], middle[1][1], None, None],
            "precision_position": ["exacte", "exacte", None, None],
            "source": "à la main",
        }
    )
    equipment = pd.DataFrame(
        {
            "id": ["e1", "e2", "e3"],
            "nom": ["<img src=x>", "_x000D_", "<img src=x>"],
            "type": ["collège", "gare", "collège"],
            "code_insee": "73001",
            "longitude": [middle[0][0], None, middle[2][0]],
            "latitude": [middle[0][1], None, middle[2][1]],
            "precision_position": ["exacte", None, "exacte"],
            "commune": "à moi",
            "equipment_type": "à moi aussi",
            "statut": "ouvert",
            "source": "à la main",
        }
    )
    figures = pd.DataFrame(
        {
            "territoire": "Contrat",
            "chiffre": ["porteurs", "axes"],
            "valeur": [80, 5],
            "reserve": ["contradiction : 468 ailleurs", ""],
            "source": "diaporama",
        }
    )
    folder = make_territory(outlines, actions=actions, equipment=equipment, key_figures=figures)
    return cdv_geo.load_territory(folder)


def points_in_degrees(*places):
    return [(p.x, p.y) for p in points(*places).geometry.to_crs("EPSG:4326")]


def test_every_row_of_the_tables_is_on_its_sheet(home, territory):
    assert tuple(home) == NAMES
    assert len(home["Périmètres"]) == len(territory.perimeters) == 21
    assert len(home["Couverture"]) == 19 + 9 + 1
    kinds = territory.equipment["type"].nunique()
    assert len(home["Couverture par type"]) == (19 + 9 + 1) * kinds
    assert home["Actions × quartiers"]["Identifiant"].tolist() == territory.actions["id"].tolist()
    assert home["Équipements"]["Identifiant"].tolist() == territory.equipment["id"].tolist()
    figures = [territory.indicators["valeur"], territory.key_figures["valeur"]]
    assert len(home["Indicateurs"]) == sum(map(len, figures)) == 722 + 14
    known = [v for v in home["Indicateurs"]["Valeur"] if v != "n. d."]
    assert known == pd.concat(figures).dropna().tolist()
    links = [territory.study().linking(kind).links for kind in ("action", "equipment")]
    assert len(home["Liens"]) == sum(map(len, links))
    assert home["Liens"]["Certitude"].value_counts().to_dict() == {
        "indéterminé": sum((part["status"] == "undetermined").sum() for part in links),
        "certain": sum((part["status"] == "certain").sum() for part in links),
    }


def test_the_counts_of_the_first_sheet_add_up(home):
    first = home["Lisez-moi"]
    sheets = first[first["Rubrique"] == "Feuilles"]
    assert sheets["Sujet"].tolist() == list(NAMES[1:])
    assert sheets["Lignes"].tolist() == [len(home[name]) for name in NAMES[1:]]
    counts = first[first["Rubrique"] == "Décompte"]
    for text, rows in zip(counts["Ce qu’il faut savoir"], counts["Lignes"], strict=True):
        whole, *parts = [int(number) for number in re.findall(r"\d+", text)]
        assert whole == sum(parts) == rows
    said = first.set_index("Sujet")["Ce qu’il faut savoir"]
    assert said["édition des données"] == "novembre 2026"
    assert said["proximité"] == "300\u00a0m, 500\u00a0m, à vol d’oiseau"
    sources = first[first["Rubrique"] == "Sources"]["Ce qu’il faut savoir"]
    assert any("Filosofi 2019" in text for text in sources)


def test_the_matrix_says_the_basis(home, territory):
    matrix = home["Actions × quartiers"].set_index("Identifiant")
    quartiers = select(territory)
    assert matrix.loc["ac-035", "Les Hauts De Chambéry"] == "déclaré"
    assert matrix.loc["ac-035", "Biollay - Bellevue"] == ""
    assert set(matrix.loc["ac-025", quartiers]) == {"plus large"}
    assert set(matrix["Lieu"]) == {"lieu inconnu : indéterminé pour tous"}
    declared = matrix["Les Hauts De Chambéry"].str.startswith("déclaré").sum()
    coverage = home["Couverture"].set_index("Code")
    assert coverage.loc["QN07302M", "Actions déclarées pour le quartier"] == declared


def select(territory):
    frame = territory.perimeters
    return (
        frame.loc[(frame["type"] != "qpv") | (frame["generation"] == 2024), "nom"]
        .map(typeset)
        .tolist()
    )


def test_the_other_generation_and_another_distance(territory):
    tables = tables_of(territory, generation=2015, within=400)
    studied = tables["Périmètres"].set_index("Code")["Étudié ici"]
    assert studied[["QP073001", "QN07301M", "QVA-73065-piochet"]].tolist() == ["oui", "non", "oui"]
    assert set(tables["Couverture"]["Code"]) >= {"QP073001", "QP073002"}
    assert "À moins de 400\u00a0m à vol d’oiseau" in tables["Équipements"]
    assert set(tables["Liens"]["Rayon (m)"]) == {"", 400.0}


def test_types_in_rows_say_what_the_wide_coverage_says(home, territory):
    wide = territory.study().coverage.set_index("code")
    long = home["Couverture par type"].set_index(["Code", "Type d’équipement"])
    row = long.loc[("QN07302M", "médiation numérique")]
    column = "equipment_médiation_numérique_inside_count"
    assert row["Équipements\u00a0: dedans"] == wide.loc["QN07302M", column] > 0
    assert not any("collège" in header for header in home["Couverture"])


def test_unlocated_things_and_reasons_are_in_french(home):
    assert home["Non localisés"]["Objet"].value_counts().to_dict() == {
        "action": 46,
        "équipement": 25,
    }
    assert set(home["Non localisés"]["Motif"]) == {"aucune position n’est donnée"}
    reasons = set(home["Liens"]["Motif"]) - {""}
    assert not [text for text in reasons if re.search(r"\b(the|holds|than|stated)\b", text)]
    assert "le contour du périmètre n’est pas connu" in reasons


def test_anomalies_of_the_home_territory(home):
    table = home["Anomalies"]
    assert table["Nature"].value_counts().to_dict() == {
        "Chiffre sous réserve": 7,
        "Doublon probable": 1,
        "Même nom, positions différentes": 1,
        "Nom porté deux fois": 1,
    }
    twice = table[table["Nature"] == "Nom porté deux fois"]["Constat"].item()
    assert "QVA-73030-epinettes" in twice
    assert "QVA-73213-epinettes" in twice
    apart = table[table["Nature"] == "Même nom, positions différentes"].iloc[0]
    assert apart["Ligne ou identifiant"] == "eq-037"
    assert apart["Constat"].startswith("même nom et même adresse que «\u00a0eq-029, ")
    assert "Message du programme (en anglais)" not in table


def test_priorities_and_accounts_are_those_of_the_documents(home, territory):
    priorities, accounts = home["Priorités"], home["Constats"]
    assert priorities["Quartier"].tolist() == territory.priorites["quartier"].tolist()
    first = priorities.iloc[0]
    assert (first["Quartier"], first["Rang"]) == ("Bellevue", 1)
    assert first["Thème"] == "Répondre aux besoins des jeunes"
    assert len(accounts) == len(territory.constats) > 0
    said = accounts["Constat"].iloc[0]
    assert said == "Mixité sociale\u00a0: pavillons et renouvellement urbain récent"


def test_names_are_typeset_and_spellings_are_kept(home):
    assert "L’Espinier" in home["Actions × quartiers"]
    place = home["Périmètres"].set_index("Code").loc["QVA-73225-espinier"]
    assert place["Nom"] == "L’Espinier"
    assert "L'Espinier" in place["Graphies reconnues"]
    reserves = home["Indicateurs"]["Réserve"]
    assert not reserves.str.contains("'").any()


def test_what_can_be_computed_in_the_head(squares):
    tables = tables_of(squares, within=(100, 300))
    matrix = tables["Actions × quartiers"].set_index("Identifiant")
    nord, odd, first, second = ["Nord", "=1+1", "Sud (V1)", "Sud (V2)"]
    # In the middle of the square; 200 m east of it; declared for all; for one of two Suds.
    assert matrix.loc["a1", nord] == "déclaré, dedans"
    assert matrix.loc["a2", nord] == "déclaré, 300\u00a0m"
    assert matrix.loc["a1", odd] == ""
    assert matrix.loc["a1", first] == "dedans\u00a0?"
    assert matrix.loc["a3", [nord, odd, first, second]].tolist() == ["plus large"] * 4
    assert matrix.loc["a4", [first, second]].tolist() == ["déclaré\u00a0?"] * 2
    assert matrix.loc["a4", "Noms cités non reconnus"] == "Nulle part"
    places = ["lieu connu", "lieu connu", *["lieu inconnu : indéterminé pour tous"] * 2]
    assert matrix["Lieu"].tolist() == places
    equipment = tables["Équipements"].set_index("Identifiant")
    assert equipment.loc["e1", "Situé dedans"] == "Nord"
    assert equipment.loc["e1", "Peut-être dedans (indéterminé)"] == "Sud (V1), Sud (V2)"
    maybe = equipment.loc["e2", "Peut-être dedans (indéterminé)"]
    assert maybe == "lieu inconnu : tous les périmètres de sa commune"
    areas = tables["Périmètres"].set_index("Code")["Surface (ha)"].to_dict()
    assert areas == {"QN1": 4.0, "QN2": 4.0, "V1": "n. d.", "V2": "n. d."}
    assert tables["Non localisés"]["Identifiant"].tolist() == ["a3", "a4", "e2"]


def test_columns_of_its_own_are_kept_whatever_they_are_called(squares):
    sheets = {sheet.name: sheet for sheet in report_sheets(squares.study())}
    ends = {
        "Actions × quartiers": [("nom", "à moi"), ("place", "à moi aussi")],
        "Équipements": [("commune", "à moi"), ("equipment_type", "à moi aussi")],
    }
    for name, expected in ends.items():
        last = sheets[name].columns[-2:]
        assert [(column.header, column.cells[0]) for column in last] == expected
    named = table_of(sheets["Non localisés"])["Intitulé"].tolist()
    assert named == ["=1+1", "@SUM(A1)", "_x000D_"]


def test_anomalies_that_can_be_computed_in_the_head(squares):
    table = tables_of(squares)["Anomalies"]
    found = {
        (nature, row): text
        for nature, row, text in table[["Nature", "Ligne ou identifiant", "Constat"]].to_numpy()
    }
    apart = found["Déclaration et lieu divergent", "a2"]
    assert apart == "déclaré pour «\u00a0Nord\u00a0», situé à 200\u00a0m de son contour"
    assert "désigne 2 lieux" in found["Nom ambigu", "a4"]
    assert "Nulle part" in found["Nom non reconnu", "a4"]
    twin = found["Doublon probable", "e3"]
    assert twin == "même nom que «\u00a0e1, <img src=x>\u00a0», à 20\u00a0m l’un de l’autre"
    assert found["Chiffre sous réserve", "Contrat"] == "contradiction\u00a0: 468 ailleurs"


def test_what_no_fiche_tells_is_an_anomaly(squares):
    names = ["nord", "Hors d’ici", "Veille active"]
    told = {"territoire": names, "nature": "force", "constat": "Un parc", "source": "diaporama"}
    pd.DataFrame(told).to_csv(squares.folder / "constats.csv", index=False)
    with (squares.folder / "territory.toml").open("a", encoding="utf-8") as description:
        description.write('[constats]\npath = "constats.csv"\n')
    table = tables_of(cdv_geo.load_territory(squares.folder))["Anomalies"]
    rows = table[table["Fichier ou table"] == "Constats"]
    assert rows["Nature"].tolist() == ["Nom non reconnu"]
    assert "Hors d’ici" in rows["Constat"].iloc[0]


def test_what_is_rejected_is_said_in_french(squares):
    path = squares.folder / "equipment.csv"
    text = path.read_text(encoding="utf-8").replace("ouvert", "ruine", 1)
    path.write_text(text, encoding="utf-8")
    table = tables_of(cdv_geo.load_territory(squares.folder))["Anomalies"]
    row = table[table["Nature"] == "Lecture"].iloc[0]
    assert row["Fichier ou table"] == "equipment.csv"
    assert row["Ligne ou identifiant"] == "2"
    refused = "valeur refusée dans la colonne «\u00a0statut\u00a0»\u00a0: «\u00a0ruine\u00a0»"
    assert row["Constat"] == refused
    assert row["Suite donnée"] == "ligne écartée"
    assert "accepted are ouvert" in row["Message du programme (en anglais)"]


def test_a_territory_of_outlines_alone_has_every_sheet(make_territory, tmp_path):
    folder = make_territory(perimeters({"code": "Q", "geometry": square(100, 100, 100)}))
    sheets = report_sheets(cdv_geo.load_territory(folder).study(within=300))
    assert [len(sheet) for sheet in sheets[1:]] == [1, 1 + 2 + 1, 0, 1, *[0] * 8]
    write_workbook(sheets, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book["Couverture par type"]["D1"].value == "Type d’équipement"


def test_hostile_texts_stay_texts(tmp_path, squares):
    write_workbook(report_sheets(squares.study()), tmp_path / "a.xlsx", title="<b>\x01&")
    names = TableSheet("=1+1", (SheetColumn("=2+2", HOSTILE), SheetColumn("<b>", HOSTILE[::-1])))
    write_workbook([names], tmp_path / "b.xlsx")
    for path in (tmp_path / "a.xlsx", tmp_path / "b.xlsx"):
        with zipfile.ZipFile(path) as archive:
            parts = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
            assert not any(b"<f>" in archive.read(part) for part in parts)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Actions × quartiers"]
    headers = [cell.value for cell in sheet[1]]
    assert "=1+1" in headers
    assert (sheet["B4"].value, sheet["B4"].data_type) == ("=1+1", "s")
    open_office(tmp_path / "b.xlsx", "csv:Text - txt - csv (StarCalc):44,34,76", tmp_path)
    with (tmp_path / "b.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["=2+2", "<b>"], *map(list, zip(HOSTILE, HOSTILE[::-1], strict=True))]


def test_the_same_territory_gives_the_same_bytes(written):
    assert written[0].read_bytes() == written[1].read_bytes()


def test_the_book_is_set_up_to_be_filtered_and_printed(written):
    book = openpyxl.load_workbook(written[0])
    assert tuple(book.sheetnames) == NAMES
    assert book.properties.title == "Contrat de ville de Grand Chambéry"
    assert book.properties.subject == "Données de novembre 2026, QPV 2024"
    for sheet in book:
        assert sheet.auto_filter.ref.startswith("A1:")
        assert sheet.freeze_panes[1:] == "2"
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.row_dimensions[1].height <= 60
        assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("&A", "&P / &N")
    assert (book["Anomalies"].page_setup.fitToWidth or 1) == 1
    figures = book["Indicateurs"]
    places = {cell.value: cell.column - 1 for cell in figures[1]}
    rows = [r for r in figures.iter_rows(min_row=2) if r[places["Unité"]].value == "%"]
    assert {row[places["Valeur"]].number_format for row in rows} == {"0.0"}
    assert all(isinstance(r[places["Valeur"]].value, int | float | str) for r in rows)
    assert isinstance(figures["F2"].value, float)


def test_libreoffice_opens_it_and_reads_the_values_back(written, tmp_path, home):
    open_office(
        written[0],
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
        tmp_path,
    )
    assert {path.name for path in tmp_path.glob("*.csv")} == {f"a-{name}.csv" for name in NAMES}
    with (tmp_path / "a-Actions × quartiers.csv").open(encoding="utf-8", newline="") as file:
        matrix = {row["Identifiant"]: row for row in csv.DictReader(file)}
    assert matrix["ac-035"]["Les Hauts De Chambéry"] == "déclaré"
    assert len(matrix) == 46
    with (tmp_path / "a-Couverture.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["Code"]: row for row in csv.DictReader(file)}
    coverage = home["Couverture"].set_index("Code")
    assert float(rows["QN07302M"]["Surface (ha)"].replace(",", "")) == pytest.approx(
        coverage.loc["QN07302M", "Surface (ha)"], abs=0.005
    )
    assert rows["QVA-73065-piochet"]["Surface (ha)"] == "n. d."


def test_it_prints_with_names_and_numbers_of_pages(written, tmp_path):
    first_page = '{"PageRange": {"type": "string", "value": "1"}}'
    open_office(written[0], f"pdf:calc_pdf_Export:{first_page}", tmp_path)
    command = ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"]
    pages = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    first = pages.split("\f")[0]
    assert "Contrat de ville de Grand Chambéry" in first
    assert re.search(r"Lisez-moi +1 / \d+\s*$", first)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "a.csv"], 2, "ends in none of the accepted: .xlsx"),
        (["-o", "there.xlsx"], 1, "there.xlsx exists already; give --overwrite"),
        (["-o", "a.xlsx", "--within", "0"], 2, "0"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, arguments, code, message):
    (tmp_path / "there.xlsx").write_text("mine")
    done = run("report", *arguments, folder=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert message in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there.xlsx"]


def test_strict_writes_nothing_where_a_row_is_rejected(squares):
    path = squares.folder / "equipment.csv"
    text = path.read_text(encoding="utf-8").replace("ouvert", "ruine", 1)
    path.write_text(text, encoding="utf-8")
    target = squares.folder / "a.xlsx"
    done = run("--territory", squares.folder, "report", "--strict", "-o", target)
    assert (done.returncode, target.exists()) == (3, False)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(3, "", "why", "v", ACCEPTED), "à vérifier"),
        (
            Fault(3, "nom", "why", "v", REPAIRED),
            "valeur corrigée dans la colonne «\u00a0nom\u00a0»\u00a0: «\u00a0v\u00a0»",
        ),
        (Fault(3, "longitude", "why", "v", kind=PLACE), IMPOSSIBLE_POSITION),
        (Fault(3, "nom", "why"), "la colonne «\u00a0nom\u00a0» doit être remplie"),
    ],
)
def test_what_the_reading_found_is_said_in_french(fault, text):
    assert texts.fault_text(fault) == text


def test_every_reason_that_the_program_gives_is_known_in_french():
    for reason in (
        "the thing has no position",
        "the perimeter has no outline",
        "nearer to the limit than the stated error, 50 m",
        "“X” is not a known quartier, QPV or commune; no known name is near.",
        "QP1 is a QPV of 2015; those of 2024 were asked for.",
        "QP1 is a QPV of 2015; those of 2024 were asked for; no QPV lies there since.",
        "“QN1 - Y” has the code of X and the name of QN2 « Y » (73001).",
        "Aval (73001) has no perimeter.",
        "“X” is not a quartier of Aval; it is known as Q1 « X » (73002).",
        "code_insee is 73001, and its place lies in 73002.",
        "code_insee is 73001, and its place lies in no commune.",
    ):
        assert texts.in_french(reason) != reason
    became = (
        "QP1 is a QPV of 2015; those of 2024 were asked for; it became QN1 “X” (85% of its area)."
    )
    told = texts.in_french(became).replace("\u202f", " ").replace("\u00a0", " ")
    assert told == (
        "« QP1 » est un QPV de 2015 ; ce classeur étudie ceux de 2024, où il est devenu QN1 « X » "
        "(85 % de sa surface)"
    )
