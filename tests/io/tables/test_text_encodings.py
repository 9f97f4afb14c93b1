from __future__ import annotations

import pytest

import cdv_geo
from cdv_geo.faults import located
from cdv_geo.io.open_options import OpenOptions
from cdv_geo.io.tables.text_encodings import SAMPLE
from cdv_geo.io.tables.text_tables import read_records

from hostile_files.opening import open_table

_HEADER = b"id;nom\n"
_AS_CP1252 = "the row is no utf-8, as most rows are; it was read as cp1252"
_AS_UTF8 = "the row is no cp1252, as most rows are; it was read as utf-8"
_LEFT_OUT = "the row is no utf-8, as most rows are, and no French in cp1252; it is not read"


def lines(count, encoding="utf-8", start=1):
    names = (f"e{n};Féjaz {n}\n" for n in range(start, start + count))
    return "".join(names).encode(encoding)


def records(tmp_path, content, **stated):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    return read_records(open_table(path, OpenOptions(**stated)))


def said(found):
    return [located(fault) for fault in found.faults]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_row_of_another_encoding_is_read_in_its_own_and_said(tmp_path, end):
    content = _HEADER + lines(3) + lines(1, "cp1252", 4) + lines(1, start=5)
    found = records(tmp_path, content.replace(b"\n", end))
    assert found.frame["nom"].tolist() == [f"Féjaz {n}" for n in range(1, 6)]
    assert said(found) == [f"row 5: {_AS_CP1252}"]
    assert found.faults[0].done == "repaired"


def test_a_row_of_utf8_in_a_file_of_cp1252_is_read_and_said(tmp_path):
    found = records(tmp_path, _HEADER + lines(3, "cp1252") + lines(1, start=4))
    assert found.frame["nom"].tolist() == [f"Féjaz {n}" for n in range(1, 5)]
    assert said(found) == [
        f"row 5: {_AS_UTF8}",
        "the file is no UTF-8, it is read as cp1252; --encoding states another",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Féjaz ".encode() + b"\xe9",  # both in one row
        b"Chamb\x82ry",  # cp850
        b"Chamb\x8ery",  # of a Mac
        "Chambéry".encode()[:6] + b"ry",  # a letter cut in two
        b"Chamb\x81ry",  # nothing at all
    ],
)
def test_a_row_of_which_the_encoding_cannot_be_known_is_rejected_alone(tmp_path, name):
    found = records(tmp_path, _HEADER + lines(2) + b"x;" + name + b"\n" + lines(1, start=3))
    assert said(found) == [f"row 4: {_LEFT_OUT}"]
    assert found.rejected == {4}
    assert found.frame["nom"].dropna().tolist() == ["Féjaz 1", "Féjaz 2", "Féjaz 3"]


@pytest.mark.parametrize("most", ["utf-8", "cp1252"])
def test_one_row_in_the_middle_of_a_large_file_is_found(tmp_path, most):
    other = {"utf-8": "cp1252", "cp1252": "utf-8"}[most]
    content = _HEADER + lines(100_000, most) + lines(1, other, 100_001) + lines(9, most, 100_002)
    assert len(content) > SAMPLE
    found = records(tmp_path, content)
    assert found.frame["nom"].tolist() == [f"Féjaz {n}" for n in range(1, 100_011)]
    (fault,) = (fault for fault in found.faults if fault.row is not None)
    assert (fault.row, fault.done) == (100_002, "repaired")
    assert fault.value == "e100001;Féjaz 100001"


def test_lines_that_are_no_rows_are_not_counted_as_repaired(tmp_path):
    content = "Équipements ;\n".encode("cp1252") + _HEADER + lines(3)
    found = records(tmp_path, content + "Source : préfecture;\n".encode("cp1252"))
    assert found.apart["title"] == 2
    assert {fault.done for fault in found.faults} == {"accepted"}


def test_a_header_of_another_encoding_is_read_in_its_own_and_said(tmp_path):
    found = records(tmp_path, "id;intitulé\n".encode("cp1252") + lines(3))
    assert list(found.frame) == ["id", "intitule"]
    assert said(found) == ["the header is no utf-8, as most rows are; it was read as cp1252"]
    found = records(tmp_path, b"id;intitul\x82;type\n" + lines(3).replace(b"\n", b";a\n"))
    assert list(found.frame) == ["id", "intitul\ufffd", "type"]
    assert said(found)[0] == (
        "the header is no utf-8, as most rows are, and no French in cp1252; a letter is missing"
    )


def test_a_stray_mark_and_a_foreign_letter_in_one_row_are_both_said(tmp_path):
    row = 'x;"Féjaz\n'.encode("cp1252")
    found = records(tmp_path, _HEADER + lines(3) + row + lines(1, start=4))
    assert found.frame["nom"].tolist()[3:] == ['"Féjaz', "Féjaz 4"]
    quotation, encoding = said(found)
    assert quotation.startswith('row 5: “"Féjaz” is no whole quotation; line 5 was read by itself')
    assert encoding == f"row 5: {_AS_CP1252}"


def test_a_byte_order_mark_says_what_most_rows_are(tmp_path):
    content = b"\xef\xbb\xbf" + _HEADER + lines(2, "cp1252")
    found = records(tmp_path, content)
    assert found.frame["nom"].tolist() == ["Féjaz 1", "Féjaz 2"]
    assert said(found) == [f"row 2: {_AS_CP1252}", f"row 3: {_AS_CP1252}"]


def test_a_file_that_is_not_what_is_stated_is_refused_with_the_line(tmp_path):
    content = _HEADER + lines(2, "cp1252")
    with pytest.raises(cdv_geo.DataError, match="not utf-8 text: byte 11 is 0xe9, in line 2"):
        records(tmp_path, content, encoding="utf-8")
    broken = (_HEADER + lines(2)).decode().encode("utf-16") + b"\x00\xd8\n\x00"
    with pytest.raises(cdv_geo.DataError, match=r"not utf-16 text: .*, in line 4"):
        records(tmp_path, broken)
    with pytest.raises(cdv_geo.DataError, match="zero character, in line 40002"):
        records(tmp_path, _HEADER + lines(40_000) + b"x;\0\n")


def test_neither_utf8_nor_cp1252_is_refused_with_the_line(tmp_path):
    content = _HEADER + "a;Éléments\n".encode("cp850")
    with pytest.raises(cdv_geo.DataError, match="not utf-8 or cp1252 text: byte 9 is 0x90, in lin"):
        records(tmp_path, content)


def test_a_line_longer_than_any_row_is_refused_with_its_beginning(tmp_path):
    with pytest.raises(cdv_geo.DataError, match=r"a line of more than 8 MB, .* it begins “a;xxx"):
        records(tmp_path, _HEADER + b"a;" + b"x" * (9 << 20))
