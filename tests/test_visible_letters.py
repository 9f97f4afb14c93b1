"""Any letter in a name: it is shown, or replaced and said, in every output that is read."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET

import docx
import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from matplotlib.ft2font import FT2Font

from cdv_geo.cartography.printed_sheet import map_file, render_sheet
from cdv_geo.cartography.scene import Layer, Scene, SymbolClass, TextList
from cdv_geo.cartography.style import Style
from cdv_geo.cartography.web_page import render_page
from cdv_geo.cli.command_group import cli
from cdv_geo.french.shared_texts import letters_said
from cdv_geo.reports.document import Document, Section, Text
from cdv_geo.reports.pdf import render_pdf
from cdv_geo.reports.word import render_docx
from cdv_geo.typesetting.fonts import FOLDER, paper_letters, quiet_capitals, text_width
from cdv_geo.visible_letters import UNKNOWN, Letters, isolated

from squares import perimeters, square

# One character of each kind that is odd in a way of its own.
KINDS = {
    "arabic": "Aval ع",
    "hebrew": "שלום עולם",
    "greek": "Ωμέγα",
    "georgian": "თბილისი",
    "hindi": "नमस्ते",
    "thai": "สวัสดี",
    "lao": "ນ້ຳ",
    "chinese": "中文",
    "emoji": "\U0001f469\u200d\U0001f52c\ufe0f",
    "plane 2": "\U00020000",
    "decomposed": "E\u0301te\u0301",
    "zalgo": "a" + "\u0301" * 100,
    "thai zalgo": "ส" + "\u0e49" * 100,
    "controls": "a\x00b\x1b\x7f\x85c",
    "turning": "a\u202eb\u202dc\u2066d\u2069e",
    "right-to-left marks": "a\u200f\u061cb\u200ec",
    "without ink": "a\u00adb\u200bc\u2060d\ufeffe\u180ef",
    "joiners": "a\u200db\u200cc",
    "surrogates": "a\ud800b\udfff",
    "private": "\ue000\U0010fffd",
    "unassigned": "\u0378\U0003fffd",
    "no characters": "\ufffe\uffff\ufdd0\U0001ffff",
    "line ends": "a\u2028b\u2029c\r\nd\te",
    "long": "é" * 300,
    "long in hebrew": "א" * 200,
    "blanks": "  \u2003 ",
    "nothing to see": "\u200b\ufe0f",
    "joiners alone": "\u200d\u200c",
    "signs for other things": "a\ufff9b\ufffbc\ufffcd",
    "braille": "⠉⠓\u2800⠁",
    "empty": "",
}


SVG = "{http://www.w3.org/2000/svg}"


def scene(name: str) -> Scene:
    """A map that bears one text in each place that can hold one."""
    told = re.sub("[\ud800-\udfff]", "?", name)  # no table holds halves of characters
    look = SymbolClass(name, Style(fill="#56b4e9", stroke="#0b3c5d"))
    layers = [
        Layer(
            name,
            gpd.GeoDataFrame(
                {"class_index": [0], "label": [told], "Nom": [told]},
                geometry=[shapely.box(0, 0, side, side)],
                crs=2154,
            ),
            (look,),
            ("Nom",),
            label_role=role,
        )
        for role, side in (("commune", 3000), ("quartier", 900))
    ]
    heading = name or "T"  # none is ever empty
    return Scene(
        heading,
        name,
        tuple(layers),
        (-500, -500, 3500, 3500),
        notes=(name,),
        lists=(TextList(heading, (name,)),),
        not_drawn=(TextList(heading, (name,)),),
        sources=(name,),
    )


def document(*texts: str) -> Document:
    first = texts[0]
    return Document(first, first, (Section(first, tuple(map(Text, texts))),), first)


def letters_of(text: str) -> set[str]:
    """The characters of a text but blanks and what has no ink of its own."""
    return {c for c in text if not c.isspace() and unicodedata.category(c) != "Cf"}


def on_paper(name: str) -> tuple[str, dict[str, str]]:
    letters = paper_letters()
    return letters(name), letters.replaced


@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS)
def test_on_a_sheet_it_is_shown_or_replaced_and_said(name):
    made = {kind: render_sheet(scene(name), kind) for kind in ("pdf", "svg")}
    written = poppler(made["pdf"])
    shown, replaced = on_paper(name)
    assert letters_of(shown) <= letters_of(written)
    assert letters_of(written) & set(replaced) <= letters_of(shown)
    said = [f"U+{ord(c):04X}" for c in list(replaced)[:5]]
    assert all(number in written for number in said)
    assert ("ne peu" in written) == (UNKNOWN in shown) == bool(replaced)
    title = ET.fromstring(made["svg"]).findtext(f"{SVG}title")  # noqa: S314  # our own
    assert title == (shown.replace("\n", " ") or "T")


# One without a blank is wider than the map, and stands beside it.
@pytest.mark.parametrize("name", [name for kind, name in KINDS.items() if "long" not in kind])
def test_on_a_map_alone_it_is_text_that_is_shown_or_replaced(name):
    """A commune is in capitals, and a quartier as it is written, without signs of direction."""
    drawn = ET.fromstring(map_file(scene(name)))  # noqa: S314  # our own
    written = ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]
    told, _ = on_paper(re.sub("[\ud800-\udfff]", "?", name))
    of_quartier, of_commune = (letters_of(text) for text in (told, quiet_capitals(told)[0]))
    assert set(map(frozenset, map(letters_of, written))) == {
        frozenset(letters) for letters in (of_quartier, of_commune) if letters
    }


@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS)
def test_in_a_page_it_is_shown_or_replaced_and_said(name):
    page = render_page(scene(name)).encode("utf-8").decode("utf-8")
    blocks = re.findall(r'<script type="application/json" id="data-\d+">(.*?)</script>', page)
    texts = next(block for block in map(json.loads, blocks) if "notes" in block)
    letters = Letters()
    assert texts["title"] == (letters(name) or "T")
    assert texts["notes"][1:] == [letters_said(letters.replaced)] * bool(letters.replaced)


@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS)
def test_in_word_it_is_shown_or_replaced_and_said(name):
    file = docx.Document(io.BytesIO(render_docx(document(name))))
    letters = Letters()
    *_, last = [paragraph.text for paragraph in file.paragraphs]
    shown = letters(name)
    assert file.paragraphs[0].text == shown
    assert last == (letters_said(letters.replaced) or shown)


@pytest.mark.parametrize("name", KINDS.values(), ids=KINDS)
def test_in_a_fiche_as_pdf_it_is_shown_or_replaced_and_said(name):
    read = poppler(render_pdf(document(name or "T", name)))
    shown, replaced = on_paper(name)
    assert letters_of(shown) <= letters_of(read)
    assert letters_of(read) & set(replaced) <= letters_of(shown)
    assert ("ne peu" in read) == bool(replaced)


def in_parts(characters: list[str], size: int, between: str = "") -> list[str]:
    starts = range(0, len(characters), size)
    return [between.join(characters[start : start + size]) for start in starts]


def poppler(content: bytes) -> str:
    command = ["pdftotext", "-", "-"]
    return subprocess.run(command, input=content, check=True, capture_output=True).stdout.decode()


def test_every_character_of_unicode_is_shown_on_paper_without_ink_or_replaced():
    faces = [set(charmap("")), set(charmap("-Bold"))]
    # Of the planes that hold no letters of these fonts, some are enough.
    for character in map(chr, [*range(0x20000), *range(0x20000, sys.maxunicode + 1, 0xFF)]):
        shown, replaced = on_paper(character)
        assert bool(replaced) == (UNKNOWN in shown and character != UNKNOWN)
        drawn = shown.strip("\u2067\u2069\n")
        assert all(ord(c) in face for c in drawn for face in faces)
        if unicodedata.category(character)[0] in "LNPS" and not replaced and shown.strip():
            assert unicodedata.normalize("NFC", character) == drawn


def charmap(face: str) -> dict[int, int]:
    return FT2Font(str(FOLDER / f"DejaVuSans{face}.ttf")).get_charmap()


def drawable() -> list[str]:
    """Every character that both faces have and that has ink."""
    kept = [c for c in map(chr, charmap("")) if on_paper(c)[0] == c and not c.isspace()]
    return [c for c in kept if unicodedata.category(c)[0] not in "MC"]


def test_every_character_that_is_shown_is_read_back_from_a_sheet_and_a_fiche():
    names = in_parts(drawable(), 80)
    read = poppler(render_pdf(document("T", *names)))
    assert set("".join(names)) - set(read) == set()
    long = Scene("T", "", scene("x").layers, (0, 0, 4000, 4000), "A3 portrait", notes=tuple(names))
    read = poppler(render_sheet(long))
    assert set("".join(names)) - set(read) == set()


def test_every_character_of_unicode_comes_back_from_word_and_the_page():
    every = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) != "Cn"]
    names = in_parts(every, 2000, " ")
    letters = Letters()
    shown = [letters(name) for name in names]
    kinds = {unicodedata.category(c) for c in letters.replaced}
    assert kinds == {"Cc", "Cs", "Co", "Cf", "So"}
    others = {c for c in letters.replaced if unicodedata.category(c) in {"Cf", "So"}}
    assert others == {
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb\ufffc"
    }
    file = docx.Document(io.BytesIO(render_docx(document("T", *names))))
    assert set(shown) <= {paragraph.text for paragraph in file.paragraphs}


def test_more_than_three_marks_on_a_letter_are_one_sign():
    shown, replaced = on_paper("xa" + "\u0323" * 100 + "b")
    assert (shown, set(replaced)) == ("xạ\u0323\u0323\u0323\ufffdb", {"\u0323"})
    assert on_paper("Việt ẹ́ שִׁ") == ("Việt ẹ́ \u2067שִׁ\u2069", {})


def test_what_is_written_from_right_to_left_keeps_figures_in_their_places():
    assert isolated("Asso الأمل 12 sur 34") == "Asso \u2067الأمل\u2069 12 sur 34"
    assert isolated("שלום, עולם (3)") == "\u2067שלום, עולם\u2069 (3)"
    assert isolated("א\nב 1") == "\u2067א\u2069\n\u2067ב\u2069 1"
    assert isolated("Biollay 12") == "Biollay 12"
    assert text_width("\u2067שלום\u2069", 8) == text_width("שלום", 8) > 0


def test_a_commune_stands_upright_where_the_italic_face_lacks_a_letter():
    assert quiet_capitals("Aval") == ("AVAL", "italic")
    assert quiet_capitals("Aval ع") == ("AVAL ع", "regular")
    assert quiet_capitals("თბილისი") == ("თბილისი", "italic")  # the font has no capitals of it


def test_what_was_replaced_is_said_in_french():
    assert letters_said({}) == ""
    assert (
        letters_said("中")
        == "1\u00a0caractère ne peut être montré ici, � le remplace\u00a0: U+4E2D."
    )
    assert letters_said("中文नमतस").endswith("U+0928, U+092E, U+0924, et 1 de plus.")


@pytest.fixture
def folder(make_territory, communes):
    """A territory whose communes, perimeters and actions bear odd names."""
    communes["nom"] = ["Aval ع", "Amont 中"]
    haut = perimeters({"code": "QN1", "nom": "Le \u202etuaH", "geometry": square(400, 400, 400)})
    rows = {"id": ["1"], "intitule": ["Café नम"], "portee": ["contrat"], "source": ["x"]}
    return make_territory(haut, actions=pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("command", "ending", "replaced"),
    [
        ("map", "svg", ["U+4E2D of “Amont 中”", "U+202E of “Le \\u202etuaH”"]),
        ("map", "html", ["U+202E of “Le \\u202etuaH”"]),
        ("fiche", "pdf", ["U+202E of “Le \\u202etuaH”", "U+4E2D of “Amont 中”", "U+0928 of “Café"]),
        ("fiche", "docx", ["U+202E of “Le \\u202etuaH”"]),
    ],
)
def test_the_command_says_once_what_it_replaced(folder, tmp_path, command, ending, replaced):
    thing = ["equipements"] if command == "map" else ["QN1"]
    asked = ["--territory", str(folder), command, *thing, "-o", str(tmp_path / f"x.{ending}")]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0, done.output
    (said,) = [line for line in done.stderr.splitlines() if UNKNOWN in line]
    assert said.startswith("Note: � stands for what cannot be shown: ")
    assert all(part in said for part in replaced)
    assert "ع" not in said
