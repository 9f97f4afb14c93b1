from __future__ import annotations

import pytest

import cdv_geo
from cdv_geo.toml_files import read_toml, value_shown


def read(tmp_path, content):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    return read_toml(path, cdv_geo.DataError)


@pytest.mark.parametrize(
    "content",
    [
        b'a = "\xc3\xa9"\r\n',
        b'\xef\xbb\xbfa = "\xc3\xa9"\n',
        b"a = '\xc3\xa9' # 1.2.3.4.5.6.7.8.9\n",
    ],
)
def test_what_a_hand_has_written_is_read(tmp_path, content):
    assert read(tmp_path, content) == {"a": "é"}


def test_numbers_of_64_bits_are_read(tmp_path):
    content = b"a = 9223372036854775807\nb = -9223372036854775808\nc = 1e999\n"
    assert read(tmp_path, content) == {"a": 2**63 - 1, "b": -(2**63), "c": float("inf")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = 1\nb = 'd\xe9j\xe0'\n", "is no UTF-8, which TOML is, in line 2"),
        ("a = 1\n".encode("utf-16"), "is no UTF-8"),
        (b"a", "Expected '=' after a key"),
        (b"a = 2024-02-30\n", "Invalid date"),
        (b"a = " + b"1" * 5_000, "a number or a date that is none"),
        (b"a = " + b"1" * 4_000, "a whole number of more than 64 bits"),
        (b"a = [{b = 0x" + b"f" * 100_000 + b"}]", "a whole number of more than 64 bits"),
        (b"a = " + b"[" * 100_000, "nest too deeply"),
        (b"a = " + b"{a = " * 100_000, "nest too deeply"),
        (b"a = " + b"[" * 40 + b"]" * 40, "nest too deeply"),
        (b"a = " + b"{a.a.a.a = " * 20 + b"1" + b"}" * 20, "nest too deeply"),
        (b"a." * 400_000 + b"a = 1", "nest too deeply"),
        (b'[ "a" . ' + b"'a' . " * 100_000 + b"a]", "nest too deeply"),
        (b"a = '" + b"x" * (1 << 20) + b"'", "has more than 1 MB"),
    ],
)
def test_what_is_no_toml_of_a_hand_is_one_sentence(tmp_path, content, said):
    with pytest.raises(cdv_geo.DataError, match=rf"a\.toml {said}|a\.toml is not valid .*{said}"):
        read(tmp_path, content)


def test_a_file_that_is_not_there_or_no_file_is_named(tmp_path):
    with pytest.raises(cdv_geo.RecipeError, match=r"b\.toml does not exist"):
        read_toml(tmp_path / "b.toml", cdv_geo.RecipeError)
    with pytest.raises(cdv_geo.RecipeError, match="cannot be read: Is a directory"):
        read_toml(tmp_path, cdv_geo.RecipeError)


def test_a_long_value_is_shown_by_its_beginning():
    assert value_shown(2024.0) == "2024.0"
    assert value_shown("x" * 100) == "x" * 60 + "…"
