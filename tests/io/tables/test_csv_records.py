from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.faults import located
from cdv_geo.io.tables.csv_records import Framer, grammar_of
from cdv_geo.io.tables.text_encodings import BLOCK
from cdv_geo.io.tables.text_tables import read_records

from hostile_files.opening import open_table

_HEADER = ["id", "intitule", "porteur", "portee", "territoires_cites", "montant"]
_ALONE = "is no whole quotation; line {} was read by itself, with its marks as they stand"


def plain(number):
    return [f"a{number}", f"Action {number}", f"Asso {number}", "quartier", "Bellevue", "100"]


def with_cell(number, name, text):
    return [text if n == name else cell for n, cell in zip(_HEADER, plain(number), strict=True)]


def joined(rows, separator=";"):
    return "".join(separator.join(row) + "\n" for row in [_HEADER, *rows])


def records(tmp_path, text, encoding="utf-8", end="\n"):
    path = tmp_path / "t.csv"
    path.write_bytes(text.replace("\n", end).encode(encoding))
    return read_records(open_table(path))


def said(found):
    return [located(fault) for fault in found.faults if fault.row is not None]


def openers(count=8):
    rows = [plain(n) for n in range(1, count + 1)]
    rows[2], rows[5] = with_cell(3, "porteur", '"Les Amis'), with_cell(6, "porteur", '"Sport')
    return rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_two_cells_that_open_a_quotation_swallow_no_row(tmp_path, separator, end, encoding):
    found = records(tmp_path, joined(openers(), separator), encoding, end)
    assert found.frame["id"].tolist() == [f"a{n}" for n in range(1, 9)]
    assert found.frame["porteur"].tolist()[2:6] == ['"Les Amis', "Asso 4", "Asso 5", '"Sport']
    assert said(found) == [
        f'row 4: “"Les Amis” {_ALONE.format(4)}',
        f'row 7: “"Sport” {_ALONE.format(7)}',
    ]
    assert {fault.done for fault in found.faults if fault.row} == {"repaired"}


def test_rows_between_a_mark_that_opens_and_one_that_closes_are_rows(tmp_path):
    rows = [plain(n) for n in range(1, 9)]
    rows[2], rows[5] = with_cell(3, "intitule", '"Vélo'), with_cell(6, "intitule", 'Stage"')
    found = records(tmp_path, joined(rows))
    assert found.frame["id"].tolist() == [f"a{n}" for n in range(1, 9)]
    assert found.frame["intitule"].tolist()[2:6] == ['"Vélo', "Action 4", "Action 5", 'Stage"']
    assert said(found) == [f'row 4: “"Vélo” {_ALONE.format(4)}']


def test_a_quotation_that_ends_within_its_cell_is_read_with_its_marks(tmp_path):
    title = '"Les jeunes d\'abord" : stages'
    found = records(tmp_path, joined([plain(1), with_cell(2, "intitule", title), plain(3)]))
    assert found.frame["intitule"].tolist() == ["Action 1", title, "Action 3"]
    assert said(found) == [f"row 3: “{title}” {_ALONE.format(3)}"]


def test_a_mark_that_is_never_closed_spoils_no_other_row_of_a_large_file(tmp_path):
    rows = [plain(n) for n in range(1, 200_001)]  # some ten megabytes, more than is held at a time
    rows[150_000] = with_cell(150_001, "porteur", '"Les Amis')
    text = joined(rows)
    assert len(text) > BLOCK
    found = records(tmp_path, text)
    assert found.frame["id"].tolist() == [f"a{n}" for n in range(1, 200_001)]
    assert said(found) == [f'row 150002: “"Les Amis” {_ALONE.format(150002)}']


def test_what_may_be_one_row_or_several_is_rejected_with_its_lines(tmp_path):
    found = records(tmp_path, 'a;b\n1;"x\n2;y\n3;z"\n4;t\n')
    (reason,) = said(found)
    assert reason == (
        "row 2: lines 2 to 4 are one row by their quotation marks, and may be several by their "
        "separators; is a quotation closed?"
    )
    assert found.rejected == {2}
    assert found.frame.index.tolist() == [2, 3]  # as a spreadsheet numbers them
    assert found.frame.loc[3].tolist() == ["4", "t"]


@pytest.mark.parametrize(
    "text",
    [
        'id,nom,type,source\n1,a,b,"Le soir :\ndanse, musique, chant, jeux"\n',
        'id,adresse,commune\n1,"12 rue des Combes, bât. B\n73000 Chambéry, France",c\n',
    ],
)
def test_a_text_with_as_many_commas_as_rows_have_is_told_by_its_blanks(tmp_path, text):
    assert not records(tmp_path, text).faults
    assert records(tmp_path, text.replace(", ", ",")).rejected == {2}


def test_a_row_of_several_lines_that_does_not_fit_is_rejected_with_its_lines(tmp_path):
    found = records(tmp_path, 'a;b;c\n1;"x\ny";2;3\n4;5;6\n')
    assert said(found) == [
        "row 2: lines 2 to 3: 4 fields, 3 expected by the header; is a quotation closed?"
    ]
    assert found.frame.loc[3].tolist() == ["4", "5", "6"]


def test_a_text_that_breaks_off_after_a_line_is_rejected_and_not_cut(tmp_path):
    found = records(tmp_path, 'a;b\n1;"Atelier "cuisine" pour\ntous\n4;t\n')
    first, second = said(found)
    assert first == (
        'row 2: “"Atelier "cuisine" pour” is no whole quotation, and line 3, which is no row, '
        "may belong to it"
    )
    assert second == "row 3: 1 fields, 2 expected by the header"
    assert found.frame.loc[4].tolist() == ["4", "t"]


def test_a_stray_mark_in_the_header_swallows_no_row(tmp_path):
    header = ";".join(_HEADER).replace("intitule", '"intitule')
    for name in ("intitule", "montant"):  # in the same column, and in another
        rows = [plain(1), with_cell(2, name, 'Stage"'), plain(3)]
        found = records(tmp_path, "\n".join([header, *(";".join(row) for row in rows), ""]))
        assert list(found.frame) == _HEADER
        assert found.frame["id"].tolist() == ["a1", "a2", "a3"]
        (fault,) = found.faults
        assert fault.message.startswith('the header holds “"intitule”, which is no whole quotation')


def test_a_header_that_may_hold_rows_is_refused_with_its_lines(tmp_path):
    with pytest.raises(cdv_geo.DataError, match=r"its header takes 2 lines, from “a;\"b” on"):
        records(tmp_path, 'a;"b\n1;2"\n7;8\n')


def test_a_header_of_several_lines_is_read(tmp_path):
    header = 'a;b;c;"Numéro\nde l\'action";d;e;f\n1;2;3;4;5;6;7\n'
    found = records(tmp_path, header)
    assert list(found.frame) == ["a", "b", "c", "Numéro\nde l'action", "d", "e", "f"]
    assert found.frame.index.tolist() == [2]


@pytest.mark.parametrize(
    "text",
    [
        "12 rue des Combes\nBât. B\n73000 Chambéry",
        'Trois temps :\n- cuisine ; jardin\n- sport, musique, "théâtre"',
        "\n\nligne\n",
        "a;b\nc;d;e",
        'Salle "Le Scarabée"\n;',
    ],
)
@pytest.mark.parametrize("name", _HEADER[1:])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quoted_cell_of_several_lines_is_one_cell(tmp_path, text, name, end):
    rows = [plain(1), with_cell(2, name, text), with_cell(3, name, text), plain(4)]
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\n").writerows([_HEADER, *rows])
    found = records(tmp_path, stream.getvalue(), end=end)
    assert not found.faults
    assert found.frame.index.tolist() == [2, 3, 4, 5]  # as a spreadsheet numbers them
    assert found.frame[name].loc[[3, 4]].tolist() == [text.replace("\n", end).strip()] * 2


_TEXTS = st.text(st.sampled_from('ab ;"\n'), max_size=12).filter(lambda text: text.count(";") < 3)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(_TEXTS, min_size=40, max_size=40), min_size=1, max_size=4))
def test_whatever_a_careful_writer_quotes_passes_as_it_is(rows):
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\n").writerows(rows)
    data = stream.getvalue().encode()
    pieces = list(Framer(grammar_of(";"), 40).pieces([data]))
    assert b"".join(piece.data for piece in pieces) == data
    assert not any(piece.faults or piece.lines for piece in pieces)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from('a;"\n'), max_size=60).map(str.encode), st.integers(1, 4))
def test_where_a_file_is_cut_into_blocks_changes_nothing(data, width):
    def read(blocks):
        pieces = list(Framer(grammar_of(";"), width).pieces(blocks))
        faults = [fault for piece in pieces for fault in piece.faults]
        return b"".join(piece.data for piece in pieces).rstrip(b"\n"), faults

    assert read([data]) == read(re.findall(rb"[^\n]*\n|[^\n]+", data))
