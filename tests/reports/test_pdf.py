"""The PDF of a fiche: read back and held against the tables, and checked as PDF/UA-1.

veraPDF, which checks the whole of PDF/UA, could not be had. What stands here is what pikepdf shows
of a file: tags, their order, language, title, alternative texts, fonts. typst itself refuses to
write a file that it knows to break PDF/UA-1.
"""

from __future__ import annotations

import io
import math
import re
import subprocess
from itertools import pairwise

import docx
import geopandas as gpd
import pikepdf
import pytest
import shapely
from cli.in_process import run
from pypdf import PdfReader

from cdv_geo.analysis.proximity import equipment_prefix
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.cartography.style import Style
from cdv_geo.french.typography import typeset
from cdv_geo.reports.document import (
    Bar,
    Bars,
    Document,
    Drawing,
    Items,
    KeyFigure,
    KeyFigures,
    Picture,
    Section,
    Table,
    Text,
)
from cdv_geo.reports.fiche import fiche
from cdv_geo.reports.pdf import render_pdf
from cdv_geo.reports.word import render_docx
from cdv_geo.study import Study

HAUTS, BIOLLAY = "QN07302M", "QN07301M"
QPV = {HAUTS: ("Hauts-de-Chambéry",), BIOLLAY: ("Bellevue", "Biollay")}
VEILLE_ACTIVE = (
    "QVA-73087-poterie",
    "QVA-73030-epinettes",
    "QVA-73029-galerie-de-chartreuse",
)
MADE = (*QPV, *VEILLE_ACTIVE)
MARKUP = (
    '#read("/etc/passwd")',
    '#import "@preview/x:0.1.0"',
    "$x^2$ *a* _b_ `raw` ~ -- '",
    "@label <lab> = titre",
    "] #] [ } {",
    r"\u{41} \\ \n",
    "//comment /* x */",
    "http://x.y/z",
    "#sys.inputs #panic()",
    'un "mot" et l’autre',
)
CONTROLS = (
    "deux\nlignes",
    "fin\r\nde ligne",
    "tabu\tlateur",
    "a\x00b\x01c\x7fd",
    "nom\u202eesrevni",
    "\ud800seul",
    "licorne \U0001f984",
    "\ufffe \ue000",
    "日本",
)

# Letters that the font of the PDF does not have; Word finds one that does.
FOREIGN = "\U0001f984日本"
NOT_SHOWN = {*FOREIGN, "\x00", "\x01", "\x7f", "\u202e", "\ud800", "\ufffe", "\ue000"}


@pytest.fixture(scope="module")
def study(territory) -> Study:
    return territory.study()


@pytest.fixture(scope="module")
def made(atlas) -> dict[str, bytes]:
    """The fiches of both QPV and of three quartiers in veille active."""
    return {code: (atlas / f"fiche-{code}.pdf").read_bytes() for code in MADE}


@pytest.fixture(scope="module")
def texts(made) -> dict[str, str]:
    return {code: squeezed(text_of(content)) for code, content in made.items()}


def text_of(content: bytes) -> str:
    """The text in the order of reading, as pypdf finds it."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def lines_of(content: bytes) -> list[str]:
    """The lines as they stand on paper, as poppler finds them; every kind of space alike."""
    command = ["pdftotext", "-layout", "-", "-"]
    done = subprocess.run(command, input=content, check=True, capture_output=True)
    return [" ".join(line.split()) for line in done.stdout.decode("utf-8").splitlines()]


def squeezed(text: str) -> str:
    """Leave out every space: a line may break wherever one is."""
    return "".join(text.split())


def french(number: float, decimals: int = 0) -> str:
    return f"{number:,.{decimals}f}".replace(",", " ").replace(".", ",")


def latest(territory, code: str, indicator: str) -> float:
    table = territory.indicators
    found = table[(table["code"] == code) & (table["indicateur"] == indicator)]
    return float(found.sort_values("millesime")["valeur"].iloc[-1])


# What the fiches of the home territory say, beside the tables.


@pytest.mark.parametrize("code", MADE)
def test_a_fiche_is_two_pages_of_a4(made, code):
    pages = PdfReader(io.BytesIO(made[code])).pages
    assert len(pages) == 2
    millimetres = [float(side) / 72 * 25.4 for side in pages[0].mediabox[2:]]
    assert millimetres == pytest.approx([210, 297], abs=0.1)


@pytest.mark.parametrize(
    ("code", "population", "area"), [(HAUTS, 7078, 79.4), (BIOLLAY, 3710, 37.5)]
)
def test_population_and_area_are_those_of_the_tables(territory, made, code, population, area):
    table = territory.perimeters.set_index("code")
    assert latest(territory, code, "popmuniqpv") == population
    assert table.geometry[code].area / 10_000 == pytest.approx(area, abs=0.05)
    lines = lines_of(made[code])
    assert any(line.startswith(f"{french(population)} ") for line in lines)
    assert any(line.startswith(f"Surface {french(area, 1)} ha") for line in lines)


@pytest.mark.parametrize("code", QPV)
def test_gap_of_poverty_is_that_of_the_indicators(territory, made, code):
    own = latest(territory, code, "taux_pauvrete_60")
    chambery = latest(territory, "73065", "taux_de_pauvrete")
    row = (
        f"Taux de pauvreté au seuil de 60 % {french(own, 1)} % non précisé "
        f"{french(chambery, 1)} % 2016 + {french(own - chambery, 1)} points (millésimes différents)"
    )
    assert row in lines_of(made[code])


@pytest.mark.parametrize("code", MADE)
def test_actions_are_counted_as_in_the_links(study, texts, code):
    links = study.linking("action").links
    sure = links[(links["code"] == code) & (links["status"] == "certain")]
    for basis, words in (
        ("declared", "déclarées pour le quartier"),
        ("declared_wide", "déclarées plus largement"),
        ("inside", "situées dedans"),
    ):
        count = sure.loc[sure["basis"] == basis, "id"].nunique()
        assert (f"{count}{squeezed(words)}" in texts[code]) == (count > 0)
    assert squeezed(f"{sure['id'].nunique()} actions l’atteignent") in texts[code]


def test_residents_are_estimated_as_in_the_coverage_table(study, texts):
    row = study.coverage.set_index("code").loc[HAUTS]
    assert (round(row["cell_residents"]), round(100 * row["cell_share_of_population"], 1)) == (
        6365,
        89.9,
    )
    assert squeezed("6 365 habitants estimés (carreaux)") in texts[HAUTS]
    assert squeezed("89,9 % de la population publiée") in texts[HAUTS]


@pytest.mark.parametrize("code", QPV)
def test_residents_near_each_type_are_those_of_the_coverage_table(study, texts, code):
    row = study.coverage.set_index("code").loc[code]
    seen = 0
    for kind in study.territory.equipment["type"].unique():
        prefix = equipment_prefix(kind)
        median = row[f"{prefix}_distance_median_m"]
        if math.isnan(median):  # no place of the type is known
            continue
        shares = [row[f"{prefix}_reached_within_{metres}m_share"] for metres in (300, 500)]
        written = [
            "< 1" if 0 < share < 0.005 else "> 99" if 0.995 <= share < 1 else f"{100 * share:.0f}"
            for share in shares
        ]
        end = squeezed(f"{french(median)} m {written[0]} % {written[1]} %")
        start = kind[0].upper() + kind[1:].replace("'", "’")
        assert re.search(f"{squeezed(start)}.{{1,120}}?{end}", texts[code])
        seen += 1
    assert seen == 9


@pytest.mark.parametrize("code", QPV)
def test_priorities_and_accounts_are_those_of_the_quartier_and_of_no_other(territory, texts, code):
    constats, priorites = territory.constats, territory.priorites
    ours = constats["territoire"].isin(QPV[code])
    own = [squeezed(typeset(text)) for text in constats.loc[ours, "constat"]]
    others = [squeezed(typeset(text)) for text in constats.loc[~ours, "constat"]]
    assert [text for text in own if text not in texts[code]] == []
    assert [text for text in others if text in texts[code]] == []
    themes = priorites["quartier"].isin(QPV[code])
    for theme in priorites.loc[themes, "theme"]:
        assert squeezed(typeset(theme)) in texts[code]
    strange = set(priorites.loc[~themes, "theme"]) - set(priorites.loc[themes, "theme"])
    assert [theme for theme in strange if squeezed(typeset(theme)) in texts[code]] == []


def test_bellevue_and_biollay_keep_lists_of_their_own(texts):
    bellevue = texts[BIOLLAY].index("servent:Bellevue")
    biollay = texts[BIOLLAY].index("servent:Biollay")
    end = texts[BIOLLAY].index("Constats:Bellevue")
    assert "Favoriserlasécurité" not in texts[BIOLLAY][bellevue:biollay]
    assert "Favoriserlasécurité" in texts[BIOLLAY][biollay:end]
    mobility = "Permettre la mobilité des habitants – indéterminé indéterminé"
    assert squeezed(mobility) in texts[BIOLLAY]


@pytest.mark.parametrize("code", MADE)
def test_key_figures_stand_with_their_reserves(territory, texts, code):
    table = territory.key_figures
    names = {"Contrat", *QPV.get(code, ("Veille active",))}
    told = table[table["territoire"].isin(names)]
    for row in told.fillna("").to_dict("records"):
        assert squeezed(typeset(row["chiffre"]))[1:] in texts[code]
        assert squeezed(typeset(row["reserve"])) in texts[code]
    reserves = table.loc[~table["territoire"].isin(names), "reserve"].dropna()
    assert [text for text in reserves if squeezed(typeset(text)) in texts[code]] == []


@pytest.mark.parametrize("code", VEILLE_ACTIVE)
def test_a_quartier_without_outline_says_so(made, texts, code):
    for said in (
        "Surface n. d.",
        "Contour sans contour",
        "Position dans le contrat ; sans contour",
    ):
        assert squeezed(said) in texts[code]
    assert "habitantsestimés(" not in texts[code]
    with pikepdf.open(io.BytesIO(made[code])) as pdf:
        position = next(e for e in elements(pdf) if str(e.S) == "/Figure")
        assert str(position.Alt).endswith("sa place exacte est inconnue.")


def test_the_older_generation_has_fiches_too(territory):
    content = render_pdf(fiche(territory.study(generation=2015), "QP073002"))
    text = squeezed(text_of(content))
    assert "QPV·QP073002·génération2015·Chambéry" in text
    assert french(latest(territory, "QP073002", "DEMO.POP_MUN")).replace(" ", "") in text


def test_the_same_fiche_has_the_same_bytes_in_any_process(made, tmp_path):
    """Asked for by itself, and in the atlas, which other processes made."""
    here = tmp_path / "here.pdf"
    assert run("-q", "fiche", BIOLLAY, "-o", here).returncode == 0
    assert here.read_bytes() == made[BIOLLAY]


# PDF/UA-1, as far as pikepdf shows it.


def elements(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """The tags of a file, in the order of reading."""
    found: list[pikepdf.Dictionary] = []

    def walk(node: pikepdf.Object) -> None:
        if not isinstance(node, pikepdf.Dictionary):
            return
        if "/S" in node:
            found.append(node)
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            walk(kid)

    walk(pdf.Root.StructTreeRoot)
    return found


def tags(pdf: pikepdf.Pdf) -> list[str]:
    return [str(element.S)[1:] for element in elements(pdf)]


def attribute(element: pikepdf.Dictionary, name: str) -> str:
    owners = element.get("/A", [])
    for owner in owners if isinstance(owners, pikepdf.Array) else [owners]:
        if name in owner:
            return str(owner[name])
    return ""


@pytest.fixture(params=[HAUTS, VEILLE_ACTIVE[0]])
def opened(made, request):
    with pikepdf.open(io.BytesIO(made[request.param])) as pdf:
        yield pdf


def test_file_says_its_language_its_title_and_its_standard(opened, study):
    root = opened.Root
    assert bool(root.MarkInfo.Marked)
    assert str(root.Lang).split("-")[0] == "fr"
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    title = str(opened.docinfo["/Title"])
    assert title in {typeset(name) for name in study.perimeters["nom"]}
    with opened.open_metadata() as metadata:
        assert metadata["dc:title"] == title
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:language"] in ({"fr-FR"}, ["fr-FR"])


def test_every_kind_of_content_has_its_tag(opened):
    wanted = {"H1", "H2", "H3", "P", "Table", "TR", "TH", "TD", "L", "LI", "LBody", "Figure"}
    assert wanted - set(tags(opened)) == set()


def test_headers_of_tables_say_that_they_head_columns(opened):
    heads = [element for element in elements(opened) if str(element.S) == "/TH"]
    assert heads
    assert {attribute(element, "/Scope") for element in heads} == {"/Column"}


def test_every_figure_has_an_alternative(opened):
    figures = [element for element in elements(opened) if str(element.S) == "/Figure"]
    alternatives = [str(figure.get("/Alt", "")) for figure in figures]
    assert len(alternatives) == (3 if "QPV" in text_of_pages(opened) else 2)
    assert all(len(text) > 20 for text in alternatives)
    assert len(set(alternatives)) == len(alternatives)


def text_of_pages(pdf: pikepdf.Pdf) -> str:
    stream = io.BytesIO()
    pdf.save(stream)
    return PdfReader(stream).pages[0].extract_text().splitlines()[1]


def test_headings_skip_no_level_and_reading_begins_with_the_title(opened):
    inner = [tag for tag in tags(opened) if tag != "Document"]
    levels = [int(tag[1]) for tag in inner if re.fullmatch(r"H\d", tag)]
    assert inner[0] == "H1"
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_text_is_tagged_or_marked_as_an_artifact(opened):
    for page in opened.pages:
        assert "/StructParents" in page.obj
        assert str(page.obj.Tabs) == "/S"
        depth, shown = 0, 0
        for _, operator in pikepdf.parse_content_stream(page):
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
            if str(operator) in {"Tj", "TJ", "'", '"'}:
                shown += 1
                assert depth > 0
        assert shown > 50
        assert depth == 0


def test_every_font_is_embedded_and_says_what_its_letters_are(opened):
    fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
    assert fonts
    for font in fonts:
        assert "DejaVuSans" in str(font.BaseFont)
        assert "/ToUnicode" in font
        descriptor = font.DescendantFonts[0].FontDescriptor
        assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())


def test_nothing_in_the_file_acts_or_leads_elsewhere(opened):
    forbidden = {"/JavaScript", "/JS", "/OpenAction", "/AA", "/URI", "/EmbeddedFiles", "/Launch"}
    for thing in opened.objects:
        if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
            assert forbidden & set(thing.keys()) == set()
    assert all("/Annots" not in page.obj for page in opened.pages)


# Whatever a text is, it is shown as text.


def map_of(name: str) -> Picture:
    features = gpd.GeoDataFrame(
        {"class_index": [0], "label": [name]}, geometry=[shapely.box(0, 0, 900, 900)], crs=2154
    )
    look = SymbolClass("Quartier", Style(fill="#56b4e9", stroke="#0b3c5d"))
    scene = Scene(name, "", (Layer("Quartiers", features, (look,)),), (-500, -500, 1500, 1500))
    return Picture(Drawing(scene, 80.0, 60.0), name, name)


def everywhere(name: str) -> Document:
    """A document that bears one text in each place that can hold one."""
    blocks = (
        Text(name),
        Text(name, "note"),
        Items((name,), name),
        Items((name,), numbered=True),
        KeyFigures((KeyFigure(name, name, name),)),
        Table(name, (name,), ((name,),), (1.0,), (0,)),
        Bars(name, (name,), (Bar(name, (1.0,), name),), name),
    )
    return Document(name, name, (Section(name, blocks),), name)


# Title, subtitle, heading, text, note, item and its heading, numbered item, three of a key figure,
# three of a table, four of a chart, and the foot of the page.
TIMES = 19


def as_shown(name: str) -> str:
    """A text with the sign for an unknown character in place of what is no letter."""
    whole = name.replace("\r\n", "\n").replace("\t", " ")
    return "".join(c if c == "\n" or c not in NOT_SHOWN else "\ufffd" for c in whole)


@pytest.mark.parametrize("name", [*MARKUP, *CONTROLS])
def test_any_text_is_set_as_text(name):
    content = render_pdf(everywhere(name))
    assert squeezed(text_of(content)).count(squeezed(as_shown(name))) >= TIMES
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert all("/Annots" not in page.obj for page in pdf.pages)
        figure = next(e for e in elements(pdf) if str(e.S) == "/Figure")
        assert squeezed(str(figure.Alt)) == squeezed(as_shown(name))


@pytest.mark.parametrize("name", [*MARKUP, *CONTROLS])
def test_any_text_is_set_as_text_in_word_too(name):
    file = docx.Document(io.BytesIO(render_docx(everywhere(name))))
    title = next(p.text for p in file.paragraphs if p.style.name == "Title")
    in_word = "".join(c if c in FOREIGN else as_shown(c) for c in name.replace("\r\n", "\n"))
    assert squeezed(title) == squeezed(in_word)


@pytest.mark.parametrize("name", [MARKUP[0], MARKUP[2], "a --> <b>&amp;", "\u202enom"])
def test_maps_of_any_name_can_be_set(name):
    picture = map_of(name)
    content = render_pdf(Document("T", "", (Section("Carte", (picture,)),)))
    assert squeezed(as_shown(name)) in squeezed(text_of(content))  # its caption
    with pikepdf.open(io.BytesIO(content)) as pdf:
        figure = next(e for e in elements(pdf) if str(e.S) == "/Figure")
        assert squeezed(str(figure.Alt)) == squeezed(as_shown(name))


def words_of(content: bytes) -> list[tuple[str, float, float]]:
    """The words of a PDF with where each ends and how high it is, points."""
    command = ["pdftotext", "-bbox", "-", "-"]
    shown = subprocess.run(command, input=content, check=True, capture_output=True).stdout
    pattern = r'xMin="[\d.]+" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<'
    found = re.findall(pattern, shown.decode("utf-8"))
    return [(word, float(right), float(low) - float(top)) for top, right, low, word in found]


def test_a_word_longer_than_its_column_stays_whole_and_on_the_page():
    word = "".join(chr(ord("a") + n % 26) for n in range(400))
    content = render_pdf(everywhere(word))
    assert squeezed(text_of(content)).count(word) >= TIMES
    assert max(right for _, right, _ in words_of(content)) < 595 - 20


# How much room there is.


def rows(count: int) -> Document:
    table = Table("", ("Nom", "Valeur"), tuple((f"rang{n}", str(n)) for n in range(count)), (1, 1))
    return Document("T", "S", (Section("H", (table,)),))


def test_text_gets_smaller_before_there_is_a_third_page():
    sizes = {}
    for count in (20, 145):
        content = render_pdf(rows(count))
        assert len(PdfReader(io.BytesIO(content)).pages) <= 2
        (sizes[count],) = [high for word, _, high in words_of(content) if word == "rang7"]
    assert sizes[145] < sizes[20]


def test_what_is_too_much_for_two_pages_goes_on():
    content = render_pdf(rows(400))
    assert len(PdfReader(io.BytesIO(content)).pages) > 2
    shown = {word for word, _, _ in words_of(content)}
    assert {f"rang{n}" for n in range(400)} - shown == set()
    # the header of the table stands on every page
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert all("Valeur" in page for page in pages)
