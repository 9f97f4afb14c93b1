"""Paper as its readers find it: words on pages, tags that are read aloud, shapes of a map."""

from __future__ import annotations

import html
import io
import re
import subprocess
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree as ET

import pikepdf
import shapely
from pypdf import PdfReader

SVG = "{http://www.w3.org/2000/svg}"
_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')
_WORD = re.compile(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)<'
)


@dataclass(frozen=True)
class Word:
    """A word in its rectangle, points from the upper left corner of its page."""

    text: str
    page: int
    box: shapely.Polygon

    @property
    def size(self) -> float:
        """Of its letters: poppler gives them the height of their font."""
        return self.box.bounds[3] - self.box.bounds[1]


@dataclass(frozen=True)
class Paper:
    """The pages of a PDF, each of a width and a height in points, and their words."""

    pages: tuple[tuple[float, float], ...]
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """All words in their order."""
        return " ".join(word.text for word in self.words)

    def on_page(self, page: int) -> str:
        """Give the words of a page, the first of which is 1."""
        return " ".join(word.text for word in self.words if word.page == page)


def read_paper(pdf: bytes) -> Paper:
    """Read a PDF as poppler finds its words."""
    command = ["pdftotext", "-bbox", "-", "-"]
    shown = subprocess.run(command, input=pdf, check=True, capture_output=True).stdout.decode()
    _, *pages = shown.split("<page ")
    sizes, words = [], []
    for number, page in enumerate(pages, start=1):
        size = _PAGE.match(f"<page {page}")
        sizes.append((float(size[1]), float(size[2])))
        for *sides, text in _WORD.findall(page):
            words.append(Word(html.unescape(text), number, shapely.box(*map(float, sides))))
    return Paper(tuple(sizes), tuple(words))


def overlapping(paper: Paper) -> list[tuple[str, str]]:
    """Find words of one page that lie over each other, by more than a hair."""
    found = []
    for _, group in groupby(paper.words, key=lambda word: word.page):
        words = list(group)
        boxes = [word.box.buffer(-0.3) for word in words]
        pairs = shapely.STRtree(boxes).query(boxes, predicate="intersects").T.tolist()
        found += [(words[one].text, words[other].text) for one, other in pairs if one < other]
    return found


def off_the_page(paper: Paper) -> list[str]:
    """Find words that leave their page."""
    pages = [shapely.box(0, 0, *size) for size in paper.pages]
    return [word.text for word in paper.words if not pages[word.page - 1].covers(word.box)]


def read_aloud(pdf: bytes) -> str:
    """Give the text in the order in which the file has it."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@dataclass(frozen=True)
class Tag:
    """A tag of a PDF, with the text of a heading and the alternative of a figure."""

    name: str
    heading: str
    alternative: str


def tags(pdf: bytes) -> list[Tag]:
    """Give the tags of a PDF, in the order of reading."""
    found: list[Tag] = []

    def walk(node: pikepdf.Object) -> None:
        if not isinstance(node, pikepdf.Dictionary):
            return
        if "/S" in node:
            said = (str(node.get(key, "")) for key in ("/T", "/Alt"))
            found.append(Tag(str(node.S)[1:], *said))
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            walk(kid)

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        walk(opened.Root.StructTreeRoot)
    return found


def read_svg(svg: str | bytes) -> ET.Element:
    """Give the root of an SVG file."""
    return ET.fromstring(svg)  # noqa: S314  # our own
