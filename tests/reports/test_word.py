import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import geopandas as gpd
import pytest
import shapely
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn

from cdv_geo.cartography.scene import Layer, Scene, SymbolClass
from cdv_geo.cartography.style import Style
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
from cdv_geo.reports.word import render_docx
from cdv_geo.typesetting.fonts import text_width

from thinning import some

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "${jndi:ldap://x}",
    "]]>",
    "&amp;",
    '=HYPERLINK("http://x")',
    "{{ 7*7 }}",
    "a\x0bb\x00c",
    "\ud800seul",
    "nom\u202eesrevni",
    "deux\nlignes",
    "fin\r\nde ligne",
    "</w:t></w:r>",
    "\ufffe",
)
RENDER_AGAIN = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from reports.test_word import sample
from cdv_geo.reports.word import render_docx
print(hashlib.sha256(render_docx(sample())).hexdigest())
"""


def scene() -> Scene:
    communes = gpd.GeoDataFrame(
        {"class_index": [0, 0], "label": ["Chambéry", "Barby"]},
        geometry=[shapely.box(0, 0, 2000, 3000), shapely.box(2000, 0, 4000, 3000)],
        crs=2154,
    )
    quartiers = gpd.GeoDataFrame(
        {"class_index": [0], "label": ["Biollay"]},
        geometry=[shapely.box(900, 900, 1500, 1500)],
        crs=2154,
    )
    grey = Style(fill="#fcfbf8", stroke="#8b959d", stroke_width=0.8)
    blue = Style(fill="#56b4e9", fill_opacity=0.8, stroke="#0b3c5d", stroke_width=1.2)
    return Scene(
        "Le Biollay",
        "Génération 2024",
        (
            Layer("Communes", communes, (SymbolClass("Commune", grey),), label_role="commune"),
            Layer("Quartiers", quartiers, (SymbolClass("QPV, contour officiel", blue),)),
        ),
        (0.0, 0.0, 4000.0, 3000.0),
    )


KEY_FIGURES = KeyFigures(
    (
        KeyFigure("2\u202f345", "habitants", "2018\u00a0; INSEE, recensement"),
        KeyFigure("36,4\u00a0%", "taux de pauvreté", "2021\u00a0; INSEE, Filosofi"),
        KeyFigure("n.\u00a0d.", "taux de chômage", "non diffusé"),
    )
)
TABLE = Table(
    "Écart à la commune",
    ("Indicateur", "Quartier", "Commune"),
    (
        ("Part des moins de 25 ans", "38,1\u00a0%", "29,0\u00a0%"),
        ("Niveau de vie médian", "14\u202f900\u00a0€", "21\u202f340\u00a0€"),
    ),
    (3.0, 1.0, 1.0),
    (1, 2),
)
BARS = Bars(
    "Actions par priorité",
    ("nommément", "plus largement"),
    (
        Bar("Emploi et insertion", (6.0, 4.0), "6 nommément, 4 plus largement"),
        Bar("Santé", (5.0, 0.0), "5 nommément"),
        Bar("Culture", (float("nan"), 0.0), "n.\u00a0d."),
    ),
    "Emploi et insertion\u00a0: 10 actions. Santé\u00a0: 5. Culture\u00a0: inconnu.",
)
PICTURE = Picture(
    Drawing(scene(), 110.0, 80.0), "Carte\u00a0: le Biollay, au sud de Chambéry.", "Le Biollay."
)


def sample() -> Document:
    sections = (
        Section("Chiffres clés", (KEY_FIGURES, Text("Deux années sont montrées.", "note"), TABLE)),
        Section(
            "Actions",
            (
                Text("Dix actions nomment le quartier ou le touchent plus largement."),
                BARS,
                Items(("Réseau d’associations", "Collège proche"), heading="Forces"),
                Items(("Un point sans titre",)),
            ),
            half=True,
        ),
        Section("Carte", (PICTURE,), half=True),
    )
    return Document("Le Biollay", "QPV QN07302M, Chambéry", sections, "Contrat de ville 2024-2030")


def document_of(*blocks: object, **texts: str) -> Document:
    given = {"title": "T", "subtitle": "S", "footer": "F"} | texts
    return Document(sections=(Section("H", tuple(blocks)),), **given)


def opened(document: Document) -> docx.document.Document:
    return docx.Document(io.BytesIO(render_docx(document)))


def texts_in(file: docx.document.Document, style: str) -> list[str]:
    body = [p.text for p in file.paragraphs if p.style.name == style]
    cells = [c for table in file.tables for row in table.rows for c in row.cells]
    return body + [p.text for c in cells for p in c.paragraphs if p.style.name == style]


def table_property(table: docx.table.Table, name: str) -> str:
    return table._tbl.tblPr.find(qn(f"w:{name}")).get(qn("w:val"))


def xml_of(content: bytes, name: str = "word/document.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode("utf-8")


def test_every_text_has_the_style_of_what_it_is():
    file = opened(sample())
    assert texts_in(file, "Title") == ["Le Biollay"]
    assert texts_in(file, "Subtitle") == ["QPV QN07302M, Chambéry"]
    assert texts_in(file, "Heading 1") == ["Chiffres clés", "Actions", "Carte"]
    assert texts_in(file, "Heading 2") == ["Forces"]
    assert texts_in(file, "Normal") == [
        "Dix actions nomment le quartier ou le touchent plus largement."
    ]
    assert texts_in(file, "Note")[0] == "Deux années sont montrées."
    assert texts_in(file, "List Bullet") == [
        "Réseau d’associations",
        "Collège proche",
        "Un point sans titre",
    ]
    assert texts_in(file, "Légende au-dessus") == ["Écart à la commune", "Actions par priorité"]
    assert texts_in(file, "Caption") == ["Le Biollay."]


def test_styles_alone_say_how_things_look():
    content = render_docx(sample())
    by_hand = [
        inner
        for inner in re.findall("<w:rPr>(.*?)</w:rPr>", xml_of(content), re.DOTALL)
        if not re.fullmatch(r'\s*<w:rStyle w:val="Part\d"/>\s*', inner)
    ]
    assert by_hand == []


@pytest.mark.parametrize("name", ["word/document.xml", "word/footer1.xml", "word/numbering.xml"])
def test_every_style_in_use_is_defined(name):
    content = render_docx(sample())
    defined = set(re.findall(r'w:styleId="(\w+)"', xml_of(content, "word/styles.xml")))
    used = set(re.findall(r'<w:(?:p|r|tbl)Style w:val="(\w+)"', xml_of(content, name)))
    assert used
    assert used <= defined


def test_language_and_title_are_stated():
    file = opened(sample())
    assert file.core_properties.language == "fr-FR"
    assert file.core_properties.title == "Le Biollay"
    language = file.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert language.get(qn("w:val")) == "fr-FR"


def test_nothing_is_left_of_the_file_that_python_docx_starts_from():
    content = render_docx(sample())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        whole = b"".join(map(archive.read, names))
    assert [name for name in names if not name.endswith(".rels")] == [
        "[Content_Types].xml",
        "docProps/core.xml",
        "word/document.xml",
        "word/footer1.xml",
        "word/media/image1.png",
        "word/numbering.xml",
        "word/settings.xml",
        "word/styles.xml",
        "word/theme/theme1.xml",
    ]
    assert b"python-docx" not in whole
    assert b"en-US" not in whole


def test_paper_is_a4_upright():
    page = opened(sample()).sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)


def test_key_figures_stand_side_by_side():
    table = opened(document_of(KEY_FIGURES)).tables[0]
    assert [cell.text for cell in table.rows[0].cells] == [
        "2\u202f345\nhabitants\n2018\u00a0; INSEE, recensement",
        "36,4\u00a0%\ntaux de pauvreté\n2021\u00a0; INSEE, Filosofi",
        "n.\u00a0d.\ntaux de chômage\nnon diffusé",
    ]
    styles = [p.style.name for p in table.rows[0].cells[0].paragraphs]
    assert styles == ["Chiffre clé", "Libellé de chiffre clé", "Note"]


def test_five_key_figures_are_three_and_two():
    figures = tuple(KeyFigure(str(i), "l") for i in range(5))
    table = opened(document_of(KeyFigures(figures))).tables[0]
    assert [[c.text for c in r.cells] for r in table.rows] == [
        ["0\nl", "1\nl", "2\nl"],
        ["3\nl", "4\nl", ""],
    ]


def test_table_keeps_texts_widths_and_sides():
    table = opened(document_of(TABLE)).tables[0]
    assert [[c.text for c in r.cells] for r in table.rows] == [
        ["Indicateur", "Quartier", "Commune"],
        ["Part des moins de 25 ans", "38,1\u00a0%", "29,0\u00a0%"],
        ["Niveau de vie médian", "14\u202f900\u00a0€", "21\u202f340\u00a0€"],
    ]
    # 9978 twips are 176 mm, the width between the margins.
    assert [column.width.twips for column in table.columns] == [5987, 1995, 1996]
    right = WD_ALIGN_PARAGRAPH.RIGHT
    for row in table.rows:
        sides = [cell.paragraphs[0].style.paragraph_format.alignment for cell in row.cells]
        assert sides == [None, right, right]


def test_no_column_is_narrower_than_its_longest_word():
    headers = ("Indicateur", "Quartier", "Année", "Commune")
    word = "60\u202f251\u00a0habitants"
    row = ("Population municipale", word, "non précisée", "12\u00a0habitants")
    table = Table("", headers, (row,), (17.0, 1.0, 1.0, 1.0), (1, 3))
    file = opened(document_of(table))
    cell = file.styles["Cellule"].font.size.pt
    widths = [column.width.pt for column in file.tables[0].columns]
    for width, longest in zip(widths, ("municipale", word, "précisée", row[3]), strict=True):
        assert width >= text_width(longest, cell) + 5  # two margins of 50 twips
    assert widths[0] == max(widths)
    assert sum(widths) == 498.9


def test_a_word_wider_than_the_page_takes_no_more_than_the_others_can_spare():
    table = Table("", ("Nom", "W" * 200), (("Biollay", "x"),), (1.0, 1.0))
    widths = [c.width.pt for c in opened(document_of(table)).tables[0].columns]
    assert widths[0] >= text_width("Biollay", 8) + 5
    assert sum(widths) == 498.9


def test_header_row_is_marked_and_no_row_is_split():
    table = opened(document_of(TABLE)).tables[0]
    rows = [row._tr.trPr for row in table.rows]
    assert [r.find(qn("w:tblHeader")) is not None for r in rows] == [True, False, False]
    assert all(r.find(qn("w:cantSplit")) is not None for r in rows)
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    assert look.get(qn("w:firstRow")) == look.get(qn("w:firstColumn")) == "1"
    assert table_property(table, "tblCaption") == "Écart à la commune"


def test_bars_are_as_long_as_their_figures():
    table = opened(document_of(BARS)).tables[0]
    drawn = [row.cells[1].paragraphs[0] for row in table.rows[1:]]
    stops = [[t.position.twips for t in p.paragraph_format.tab_stops] for p in drawn]
    # 6 and 4 of 10 over 4290 twips; 5 of 10; an unknown length is not drawn.
    assert stops == [[2574, 4290], [2145], []]
    assert [[run.style.name for run in p.runs] for p in drawn] == [
        ["Partie 1", "Partie 2"],
        ["Partie 1"],
        [],
    ]


def test_bars_are_said_in_words():
    table = opened(document_of(BARS)).tables[0]
    assert table_property(table, "tblDescription") == BARS.alternative
    assert table.rows[0].cells[1].text.split() == ["nommément", "plus", "largement"]
    assert [(r.cells[0].text, r.cells[2].text) for r in table.rows[1:]] == [
        ("Emploi et insertion", "6 nommément, 4 plus largement"),
        ("Santé", "5 nommément"),
        ("Culture", "n.\u00a0d."),
    ]


def test_a_short_bar_is_still_seen():
    bars = replace(BARS, bars=(Bar("a", (1e6,), "1"), Bar("b", (1.0,), "2")))
    table = opened(document_of(bars)).tables[0]
    short = table.rows[2].cells[1].paragraphs[0].paragraph_format.tab_stops
    assert [stop.position.pt for stop in short] == [1.0]


def test_map_is_half_as_large_again_and_has_its_alternative_text():
    shape = opened(document_of(PICTURE)).inline_shapes[0]
    assert (round(shape.width.mm), round(shape.height.mm)) == (165, 120)
    assert shape._inline.docPr.get("descr") == PICTURE.alternative
    # Where it is missing, LibreOffice sets the map some way off the margin.
    assert shape._inline.get("distL") == "0"


def test_map_wider_than_the_page_is_made_to_fit():
    wide = replace(PICTURE, drawing=Drawing(scene(), 220.0, 110.0))
    shape = opened(document_of(wide)).inline_shapes[0]
    assert (round(shape.width.mm), round(shape.height.mm)) == (176, 88)


def test_map_leaves_room_for_its_heading_and_caption():
    high = replace(PICTURE, drawing=Drawing(scene(), 100.0, 220.0))
    shape = opened(document_of(high)).inline_shapes[0]
    # 297 mm of paper without two margins of 17 mm and 30 mm for what stands around it.
    assert (round(shape.width.mm), round(shape.height.mm)) == (106, 233)


def test_numbered_points_bear_their_own_numbers_and_no_bullet():
    numbered = Items(("1. Collège, 120 m", "2. Gare, 300 m"), "À moins de 500 m", numbered=True)
    file = opened(document_of(numbered))
    assert texts_in(file, "Point numéroté") == ["1. Collège, 120 m", "2. Gare, 300 m"]
    assert texts_in(file, "List Bullet") == []
    properties = file.styles["Point numéroté"].element.pPr
    assert properties.find(qn("w:numPr")) is None


def test_headings_and_captions_are_kept_with_what_follows():
    styles = opened(sample()).styles
    names = ("Title", "Heading 1", "Heading 2", "Légende au-dessus", "Image", "En-tête de colonne")
    assert [n for n in names if not styles[n].paragraph_format.keep_with_next] == []
    assert not styles["Caption"].paragraph_format.keep_with_next


def test_of_a_chart_no_more_than_its_head_and_two_bars_are_kept_together():
    file = opened(document_of(replace(BARS, bars=BARS.bars * 2)))
    kept = [
        [bool(cell.paragraphs[0].style.paragraph_format.keep_with_next) for cell in row.cells]
        for row in file.tables[0].rows
    ]
    assert kept == [[True] * 3] * 2 + [[False] * 3] * 5


def test_tables_in_a_row_stay_two():
    body = opened(document_of(KEY_FIGURES, replace(TABLE, caption=""))).element.body
    tags = [child.tag.rpartition("}")[2] for child in body]
    assert tags == ["p", "p", "p", "tbl", "p", "tbl", "p", "sectPr"]


def test_blocks_without_content_make_a_file_that_opens():
    file = opened(
        document_of(
            KeyFigures(()),
            Items(()),
            replace(TABLE, rows=(), caption=""),
            replace(BARS, bars=(), caption=""),
            subtitle="",
            footer="",
        )
    )
    assert [len(table.rows) for table in file.tables] == [1, 1]


def everywhere(name: str) -> Document:
    return Document(
        name,
        name,
        (
            Section(
                name,
                (
                    Text(name),
                    Items((name,), name),
                    KeyFigures((KeyFigure(name, name, name),)),
                    Table(name, (name,), ((name,),), (1.0,), (0,)),
                    Bars(name, (name,), (Bar(name, (1.0,), name),), name),
                    replace(PICTURE, alternative=name, caption=name),
                ),
            ),
        ),
        name,
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name):
    content = render_docx(everywhere(name))
    file = docx.Document(io.BytesIO(content))
    shown = re.sub("[\x00\x0b\ud800\u202e\ufffe]", "\ufffd", name.replace("\r\n", "\n"))
    styles = ["Title", "Subtitle", "Heading 1", "Heading 2", "Normal", "List Bullet", "Caption"]
    assert [texts_in(file, style) for style in styles] == [[shown]] * 7
    assert texts_in(file, "Cellule, nombre") == [shown]
    flat = shown.replace("\n", " ")
    assert file.core_properties.title == flat
    assert file.inline_shapes[0]._inline.docPr.get("descr") == flat
    assert table_property(file.tables[2], "tblDescription") == flat
    assert file.sections[0].footer.paragraphs[0].text.startswith(flat)


def test_a_title_longer_than_a_property_is_cut_there_alone():
    file = opened(document_of(title="é" * 300))
    assert file.core_properties.title == "é" * 255
    assert texts_in(file, "Title") == ["é" * 300]


def test_same_report_gives_the_same_bytes_in_any_process():
    expected = hashlib.sha256(render_docx(sample())).hexdigest()
    for seed in some(("1", "2"), 1):
        done = subprocess.run(
            [sys.executable, "-c", RENDER_AGAIN, Path(__file__).parents[1]],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == expected


def test_archive_bears_no_date_of_its_making():
    content = render_docx(sample())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        dates = {info.date_time for info in archive.infolist()}
    assert names == sorted(names)
    assert names[0] == "[Content_Types].xml"
    assert dates == {(2000, 1, 1, 0, 0, 0)}
    stated = re.findall(r">(\d{4}-\d\d-\d\dT[^<]*)<", xml_of(content, "docProps/core.xml"))
    assert stated == ["2000-01-01T00:00:00Z"] * 2
