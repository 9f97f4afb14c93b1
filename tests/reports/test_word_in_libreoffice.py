"""Word files as LibreOffice sets them: what is on its pages, and where they break."""

import re
import subprocess
from pathlib import Path

import docx
import pytest
from reports.test_word import HOSTILE, sample, texts_in

from cdv_geo.reports.document import Document, KeyFigure, KeyFigures, Section, Table
from cdv_geo.reports.fiche import fiche
from cdv_geo.reports.word import render_docx

HAUTS = "QN07302M"
A4_AND_MARGINS = (595.3, 841.9, 48.2)


@pytest.fixture(scope="module")
def set_by_libreoffice(territory, tmp_path_factory) -> Path:
    """The folder of all documents of these tests, set in one run."""
    folder = tmp_path_factory.mktemp("libreoffice")
    documents = {"sample": sample(), "long": too_long(), "fiche": fiche(territory.study(), HAUTS)}
    files = [folder / f"{name}.docx" for name in documents]
    for file, document in zip(files, documents.values(), strict=True):
        file.write_bytes(render_docx(document))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def too_long() -> Document:
    """Words that are longer than their place, and a table that is longer than a page."""
    rows = tuple((f"Action {i}", "m" * 70, HOSTILE[i % len(HOSTILE)]) for i in range(80))
    long = Table("L" * 150, ("Intitulé", "W" * 60, "Nom"), rows, (1.0, 1.0, 1.0), (2,))
    figures = KeyFigures(tuple(KeyFigure("9" * 40, "x" * 80) for _ in range(4)))
    return Document("T" * 150, "S" * 150, (Section("H" * 150, (long, figures)),), "F" * 150)


def pdf_text(path: Path, *options: str) -> str:
    command = ["pdftotext", *options, path, "-"]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def test_libreoffice_shows_it_whole(set_by_libreoffice):
    text = pdf_text(set_by_libreoffice / "sample.pdf", "-layout")
    lines = [" ".join(line.split()) for line in text.split("\n")]  # every kind of space alike
    for line in (
        "Le Biollay",
        "2 345 36,4 % n. d.",
        "Niveau de vie médian 14 900 € 21 340 €",
        "nommément plus largement",
        "Santé 5 nommément",
        "– Collège proche",
    ):
        assert line in lines
    assert re.fullmatch("Contrat de ville 2024-2030 2 ?/ ?2", lines[-2])


def test_libreoffice_repeats_headers_and_keeps_long_words_on_the_page(set_by_libreoffice):
    path = set_by_libreoffice / "long.pdf"
    with_table = [page for page in pdf_text(path).split("\f") if "mmm" in page]
    assert len(with_table) > 2
    assert all("Intitulé" in page for page in with_table)
    assert "<img src=x" in pdf_text(path)
    width, height, margin = A4_AND_MARGINS
    boxes = re.findall(
        r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="([\d.]+)"',
        pdf_text(path, "-bbox"),
    )
    assert len(boxes) > 200
    assert min(float(left) for left, _, _ in boxes) > margin - 1
    assert max(float(right) for _, right, _ in boxes) < width - margin + 1
    assert max(float(bottom) for _, _, bottom in boxes) < height


def test_libreoffice_breaks_no_word_and_leaves_no_heading_alone(set_by_libreoffice):
    file = docx.Document(set_by_libreoffice / "fiche.docx")
    text = pdf_text(set_by_libreoffice / "fiche.pdf")
    shown = set(text.split())
    for cell in (c for table in file.tables for row in table.rows for c in row.cells):
        assert {part for word in cell.text.split() for part in re.findall("[^-]+-?", word)} <= {
            part for word in shown for part in re.findall("[^-]+-?", word)
        }
    headings = {
        line for style in ("Heading 1", "Heading 2") for line in texts_in(file, style) if line
    }
    # The last two lines of a page are its footer.
    pages = [[line for line in page.splitlines() if line] for page in text.split("\f")[:-1]]
    assert len(pages) > 3
    assert not headings & {page[-3] for page in pages}
