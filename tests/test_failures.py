"""Which errors end one file, and which end the run."""

from __future__ import annotations

import pytest
import shapely

import cdv_geo
from cdv_geo.errors import WritingStoppedError
from cdv_geo.failures import Failures


class PanicError(BaseException):
    """One that is no `Exception`, as those of typst are."""


NOTED = [
    cdv_geo.RecipeError("no such layer."),
    cdv_geo.OutputError("too long."),
    shapely.errors.GEOSException("open ring"),
    PanicError("no typesetter"),
]


@pytest.mark.parametrize("error", NOTED, ids=repr)
def test_what_is_wrong_with_a_file_is_noted_for_each_of_its_names(error):
    failures = Failures()
    with failures.noting("b.pdf", "a.pdf"):
        raise error
    assert failures == {"b.pdf": error, "a.pdf": error}
    kind = type(error).__name__ if isinstance(error, cdv_geo.CdvGeoError) else ""
    assert list(failures.kinds().items()) == [("a.pdf", kind), ("b.pdf", kind)]


@pytest.mark.parametrize(
    "kind", [MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit, WritingStoppedError]
)
def test_what_would_meet_the_next_file_too_or_asks_to_end_ends_the_run(kind):
    failures = Failures()
    with pytest.raises(kind), failures.noting("a.pdf"):
        raise kind
    assert failures == {}


def test_files_of_one_name_that_failed_alike_are_told_at_once():
    failures = Failures()
    for name, why in (("b.svg", "x"), ("a.pdf", "y"), ("b.html", "z"), ("b.pdf", "x")):
        with failures.noting(name):
            raise ValueError(why)
    told = [(files, str(error)) for files, error in failures.told()]
    assert told == [("a.pdf", "y"), ("b.html", "z"), ("b.pdf, .svg", "x")]
