from __future__ import annotations

import pytest

import cdv_geo
from cdv_geo.io.tables import read_table


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_codes_stay_text_and_no_name_becomes_missing(tmp_path):
    table = read_table(write(tmp_path / "t.csv", "code,nom\n01004,NA\n2A004,\n"))
    assert table["code"].tolist() == ["01004", "2A004"]
    assert table["nom"].iloc[0] == "NA"
    assert table["nom"].isna().tolist() == [False, True]


@pytest.mark.parametrize("text", ["a;b\n1,5;2\n", "\ufeffa;b\n1,5;2\n"])
def test_a_semicolon_and_a_byte_order_mark_are_understood(tmp_path, text):
    table = read_table(write(tmp_path / "t.csv", text))
    assert table.to_dict("list") == {"a": ["1,5"], "b": ["2"]}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(cdv_geo.DataError, match=r"none\.csv does not exist"):
        read_table(tmp_path / "none.csv")


def test_text_that_is_not_utf8_is_refused_with_the_byte(tmp_path):
    path = write(tmp_path / "t.csv", "nom\nChambéry\n", "cp1252")
    with pytest.raises(cdv_geo.DataError, match=r"not UTF-8 text: byte .* is 0xe9"):
        read_table(path)


@pytest.mark.parametrize("text", ["", "a,b\n1,2,3\n", "a,b\n1,2\n3,4,5\n"])
def test_an_empty_file_and_a_row_too_long_are_refused(tmp_path, text):
    with pytest.raises(cdv_geo.DataError, match="cannot be read as a table"):
        read_table(write(tmp_path / "t.csv", text))


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "\n\na,b\r\n", '"a","b"\n\n'])
def test_a_header_alone_is_a_table_without_rows(tmp_path, text):
    table = read_table(write(tmp_path / "t.csv", text))
    assert (list(table), len(table)) == (["a", "b"], 0)


def test_quoted_lines_blank_lines_and_windows_ends_of_line_are_understood(tmp_path):
    text = '\n"a\nb",c\r\n\r\n"1\n2",3\r\n'
    table = read_table(write(tmp_path / "t.csv", text))
    assert table.to_dict("list") == {"a\nb": ["1\n2"], "c": ["3"]}


def test_a_name_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(cdv_geo.DataError, match="the column “a” stands twice"):
        read_table(write(tmp_path / "t.csv", "a,b,a\n1,2,3\n"))
