"""Look into a PDF: its words and where they stand, its fonts and its images."""

from __future__ import annotations

import html
import re
import subprocess
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import shapely
from pypdf import PdfReader
from trial import found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mapmakers import Maker
    from trial import Trial

_WORD: Final = re.compile(
    r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>'
)
_COUNTED: Final = re.compile(r"[(\[]\d+[)\]]\s*$", re.MULTILINE)  # a line with its count
_SCALE: Final = re.compile(r"\b\d+\s?k?m\b")
_LEADING: Final = 0.25  # share of a line that poppler adds above and below its letters
_SHARED: Final = 0.2  # share of the smaller word that may lie under another


def words(path: Path) -> list[tuple[str, shapely.Polygon]]:
    """Give each word of a PDF with the box of its letters, in points."""
    done = subprocess.run(
        ["pdftotext", "-bbox", path, "-"], check=True, capture_output=True, text=True
    )
    boxes = []
    for left, top, right, bottom, text in _WORD.findall(done.stdout):
        inset = (float(bottom) - float(top)) * _LEADING
        box = shapely.box(float(left), float(top) + inset, float(right), float(bottom) - inset)
        boxes.append((html.unescape(text), box))
    return boxes


def overlapping(path: Path) -> int:
    """Count the pairs of words that lie over each other."""
    boxes = [box for _, box in words(path) if box.area]
    return sum(
        one.intersection(other).area > _SHARED * min(one.area, other.area)
        for one, other in combinations(boxes, 2)
    )


def images(path: Path) -> int:
    """Count the images of a PDF; a sheet of lines and letters has none."""
    return sum(len(page.images) for page in PdfReader(path).pages)


def fonts(path: Path) -> tuple[int, int]:
    """Count the fonts of a PDF, and those of them that are embedded."""
    done = subprocess.run(["pdffonts", path], check=True, capture_output=True, text=True)
    rows = [line.split()[-5] for line in done.stdout.splitlines()[2:]]
    return len(rows), rows.count("yes")


def text(path: Path) -> str:
    """Give the text of a PDF in reading order, as a search in it finds it."""
    done = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True)
    return done.stdout


@dataclass(frozen=True)
class SheetFacts:
    """What was found of one sheet."""

    size_kb: float
    images: int
    fonts: tuple[int, int]
    searchable: str
    overlapping: int
    legend_counts: int
    missing: str
    licence: bool
    scale_bar: bool
    same_bytes: bool
    made_s: float


def look_at(name: str, make: Maker, trial: Trial) -> SheetFacts:
    """Make the sheet of one contender, and look into it."""
    path = trial.folder / f"{name}.pdf"
    made_s = trial.seconds(make, path)
    words_found = text(path)
    return SheetFacts(
        size_kb=path.stat().st_size / 1e3,
        images=images(path),
        fonts=fonts(path),
        searchable=found([*trial.communes, *trial.quartiers], words_found),
        overlapping=overlapping(path),
        legend_counts=len(_COUNTED.findall(words_found)),
        missing=found(trial.unplaced, words_found),
        licence="Licence" in words_found,
        scale_bar=bool(_SCALE.search(words_found)),
        same_bytes=trial.same_bytes(make, path),
        made_s=made_s,
    )


ROWS: Final[dict[str, Callable[[SheetFacts], str]]] = {
    "size of the file": lambda f: f"{f.size_kb:,.0f} kB",
    "images in it": lambda f: str(f.images or "none: lines and letters"),
    "fonts, embedded": lambda f: f"{f.fonts[0]}, {f.fonts[1]}",
    "names of communes and quartiers that a search finds": lambda f: f.searchable,
    "words that lie over each other": lambda f: str(f.overlapping or "none"),
    "lines of the legend with a count": lambda f: str(f.legend_counts or "none"),
    "places without a position that are named": lambda f: f.missing,
    "licences of the sources": lambda f: "yes" if f.licence else "no",
    "scale bar": lambda f: "yes" if f.scale_bar else "no",
    "same bytes when made again": lambda f: "yes" if f.same_bytes else "no",
    "made in": lambda f: f"{f.made_s:.2f} s",
}
