"""Texts of a Shapefile, whose fields have a width."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo import file_checking
from cdv_geo.io.vector.dbf_texts import cut_texts, without_halves
from cdv_geo.io.vector.vector_features import read_features

from hostile_files.opening import open_layer
from squares import CRS, perimeters, points, square


def dbf(rows, **widths):
    """A DBF of texts, as wide as is said; what is longer is cut."""
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), b"C", width, 0) for name, width in widths.items()
    )
    cells = [
        b" " + b"".join(t[:w].ljust(w) for t, w in zip(row, widths.values(), strict=True))
        for row in rows
    ]
    width = 1 + sum(widths.values())
    head = struct.pack("<B3BIHH20x", 3, 124, 1, 1, len(rows), 33 + len(fields), width)
    return head + fields + b"\r" + b"".join(cells) + b"\x1a"


def shapefile(folder, rows, encoding="utf-8", cpg=None, **widths):
    path = folder / "lieux.shp"
    points(*[(10.0 * n, 0) for n in range(len(rows))]).to_file(path)
    texts = [[text.encode(encoding) for text in row] for row in rows]
    path.with_suffix(".dbf").write_bytes(dbf(texts, **widths))
    path.with_suffix(".cpg").unlink()
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    return path


def said(path):
    layer = open_layer(path)
    found = read_features(layer, crs=CRS).faults
    return [(f.row, f.column, f.message.split(":")[0]) for f in found if f.row is not None]


def flagged(width, *texts):
    content = dbf([[text.encode()] for text in texts], nom=width)
    return sorted(cut_texts(content, content)[0].rows) if cut_texts(content, content) else []


@pytest.mark.parametrize("width", [254, 80, 50, 64, 20])
def test_a_text_that_fills_its_field_is_said_with_its_row(tmp_path, width):
    long = "une maison et " * 20
    path = shapefile(tmp_path, [["court"], [long], ["court"]], nom=width)
    assert said(path) == [(2, "nom", f"the text fills its field of {width} bytes")]


def test_codes_and_fields_made_to_measure_are_not_pointed_at():
    assert flagged(5, "73065", "73213", "2A004") == []
    assert flagged(8, "QP073001", "QN07301M") == []
    assert flagged(14, "20001101300017", "20001101300025") == []
    assert flagged(24, "BATIMENT0000000123456789", "BATIMENT0000000123456780") == []
    assert flagged(40, "d" * 40, "e" * 40) == []  # sums of files, in a field of a round width
    assert flagged(37, "Maison de l'enfance de la Croix-Rouge", "Mairie") == []
    assert flagged(254, "d" * 250) == []
    assert flagged(254, "d" * 251, "d" * 254) == [0, 1]  # the next letter may have had four bytes


@pytest.mark.parametrize("width", [254, 11])
@pytest.mark.parametrize("cpg", [None, "UTF-8"])
def test_half_a_letter_at_the_end_spoils_no_accent_of_the_file(tmp_path, width, cpg):
    long = "x" * (width - 1) + "é"  # of two bytes, one of them beyond the field
    path = shapefile(tmp_path, [["Féjaz"], [long], ["Le Cœur"]], cpg=cpg, nom=width)
    names = read_features(open_layer(path), crs=CRS).frame["nom"].tolist()
    assert names == ["Féjaz", "x" * (width - 1), "Le Cœur"]
    assert said(path) == [(2, "nom", f"the text fills its field of {width} bytes")]


def test_an_accent_at_the_end_of_a_field_of_another_encoding_stays(tmp_path):
    path = shapefile(tmp_path, [["Cité"], ["Bar"]], encoding="cp1252", nom=4)
    assert read_features(open_layer(path), crs=CRS).frame["nom"].tolist() == ["Cité", "Bar"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0 "), min_size=1)))
def test_whole_letters_are_never_taken_for_halves(texts):
    width = max([len(text.encode()) for text in texts], default=1)
    content = dbf([[text.encode()] for text in texts], nom=min(width, 255))
    mended = without_halves(content)
    if width <= 255:
        assert mended == content
    else:
        mended[66:].decode()


@pytest.mark.parametrize(
    ("listed", "certain"),
    [
        ("A ;" + "B;" * 125 + "BELLE", ["A", "B"]),  # the last name is cut
        ("A;" * 127, ["A"]),  # it ends at a separator
        ("A;" * 126 + " B", ["A"]),  # “B” may be the beginning of another name
        ("A;" + "B" * 20, ["A"]),  # not cut: a name that is not known
    ],
)
def test_a_list_that_may_be_cut_leaves_open_what_follows(tmp_path, make_territory, listed, certain):
    folder = make_territory(
        perimeters(
            *({"code": c, "geometry": square(500, i * 200, 100)} for i, c in enumerate("AB"))
        )
    )
    territory = cdv_geo.load_territory(folder)
    path = shapefile(tmp_path, [["1", listed]], id=5, territoire=254)
    frame = read_features(open_layer(path), crs=CRS).frame
    links = territory.link(frame).links
    declared = links[links["basis"] == "declared"]
    assert declared.loc[declared["status"] == "certain", "code"].tolist() == certain
    assert (declared["code"].isna() & (declared["status"] == "undetermined")).sum() == 1
    found = file_checking.check(path, territory)
    cut = [f.row for f in found.faults if "fills its field of 254 bytes" in f.message]
    assert cut == ([1] if len(listed) > 250 else [])
