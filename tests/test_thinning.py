from __future__ import annotations

from itertools import product

import pytest

import thinning
from thinning import examples, pairs, singles, some

SIDES, SIZES, COLOURS = ("left", "right"), (1, 2), ("red", "blue")


@pytest.fixture
def long(monkeypatch):
    monkeypatch.setattr(thinning, "LONG", True)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(thinning, "LONG", False)


@pytest.mark.usefixtures("short")
def test_four_of_eight_rows_hold_every_pair_of_three_times_two_values():
    assert pairs(product(SIDES, SIZES, COLOURS)) == [
        ("left", 1, "red"),
        ("left", 2, "blue"),
        ("right", 1, "blue"),
        ("right", 2, "red"),
    ]


@pytest.mark.usefixtures("short")
def test_two_columns_are_taken_whole_and_what_never_meets_is_not_made():
    assert pairs(product(SIDES, SIZES)) == list(product(SIDES, SIZES))
    rows = [("left", 1, "red"), ("right", 2, "red")]
    assert pairs(rows) == rows


@pytest.mark.usefixtures("short")
def test_each_value_occurs_once():
    assert singles(product(SIDES, (1, 2, 3))) == [("left", 1), ("left", 3), ("right", 2)]


@pytest.mark.usefixtures("short")
def test_some_lie_apart():
    assert list(some(range(10), 3)) == [0, 3, 6]
    assert list(some(range(2), 3)) == [0, 1]
    assert (examples(300), examples(5)) == (15, 5)


@pytest.mark.usefixtures("long")
def test_the_long_run_takes_all():
    rows = list(product(SIDES, SIZES, COLOURS))
    assert pairs(rows) == singles(rows) == rows
    assert some(range(10), 3) == range(10)
    assert examples(300) == 300


def test_what_is_made_once_is_made_by_who_asks_first(made_once):
    folder = made_once("twice", lambda folder: (folder / "a").write_text("first"))
    again = made_once("twice", lambda folder: (folder / "a").write_text("second"))
    assert folder == again
    assert (folder / "a").read_text() == "first"


def test_what_failed_is_tried_again(made_once):
    def fail(folder):
        (folder / "a").write_text("half")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        made_once("failing", fail)
    assert [path.name for path in made_once("failing", lambda _: None).iterdir()] == []
