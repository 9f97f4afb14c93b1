"""Files can be called alike on Linux, Windows and macOS."""

from __future__ import annotations

import pytest

from cdv_geo.errors import DataError
from cdv_geo.file_names import file_names, unfit_as_file_name


def test_files_are_named_by_codes():
    assert file_names("fiche", ["Q1", "V/1"]) == {"fiche-Q1": "Q1", "fiche-V_1": "V/1"}


@pytest.mark.parametrize("codes", [("Q/1", "Q?1"), ("QN07301M", "qn07301m"), ("Straße", "STRASSE")])
def test_codes_whose_files_would_be_one_somewhere_are_refused(codes):
    with pytest.raises(DataError, match="two perimeters would have files of one name"):
        file_names("fiche", codes)


def test_a_code_that_is_too_long_for_a_file_is_refused():
    assert len(file_names("fiche", ["Q" * 234])) == 1
    with pytest.raises(DataError, match=r"named after “Q{80}”: it is longer than 240"):
        file_names("fiche", ["Q" * 235])


@pytest.mark.parametrize("name", ["vue-d-ensemble", "zoom-Q1", "Équipements", "console", "nul1"])
def test_a_usual_name_is_fit(name):
    assert unfit_as_file_name(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("con", "device"),
        ("AUX.2024", "device"),
        ("nul ", "device"),
        ("LPT1", "device"),
        ("com\u00b2", "device"),
        ("a:b", "':' is no character"),
        ("a\\b", "no character"),
        ("a\nb", "no character"),
        ("caf\udce9", "no character"),
        ("é" * 121, "longer than 240 bytes"),
    ],
)
def test_a_name_that_some_system_does_not_take_is_told(name, why):
    assert why in unfit_as_file_name(name)
