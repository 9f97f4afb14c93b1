from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cdv_geo.analysis.things import Things
from cdv_geo.faults import HALF_PLACE
from cdv_geo.french import shared_texts
from cdv_geo.french.template_texts import REASON
from cdv_geo.io.reading_context import Reading
from cdv_geo.io.thing_batches import open_sources
from cdv_geo.io.unlocated_rows import unlocated_rows

from squares import CRS

READING = Reading(CRS, {"exacte": 0.0, "rue": 50.0}, home=(5.8, 45.5, 6.0, 45.65))


def outcomes(things):
    """What becomes of rows of which only the faults decide."""
    rejected = [at in things.faults for at in range(len(things))]
    return pd.DataFrame({"outcome": np.where(rejected, "rejected", "unlinked")})


def unlocated(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    (source,) = open_sources([path], READING)
    return pd.concat([unlocated_rows(things, outcomes(things)) for things in source.batches()])


def reasons(tmp_path, row, header="id;nom;code_insee;longitude;latitude;precision_position"):
    sound = "z;sain;73065;5,92;45,57;exacte"
    found = unlocated(tmp_path, f"{header}\n{sound}\n{row}\n")
    return dict(zip(found["id"].fillna(""), found[REASON], strict=True))


def refused(column, value):
    return shared_texts.refused_value(column, value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a;b;73065;5,92;45,57;exacte", None),
        ("a;b;73065;;;", shared_texts.NO_POSITION),
        ("a;b;;;;", shared_texts.NO_POSITION),
        ("a;b;73065;5,92;;", shared_texts.REJECTIONS[HALF_PLACE]),
        ("a;b;73065;;45,57;", shared_texts.REJECTIONS[HALF_PLACE]),
        ("a;b;73065;45,57;5,92;", shared_texts.IMPOSSIBLE_POSITION),
        ("a;b;73065;0;0;", shared_texts.IMPOSSIBLE_POSITION),
        ("a;b;73065;ici;là;", refused("longitude", "ici")),
        ("a;b;73065;500;45;", refused("longitude", "500")),
        ("a;b;Aval;5,92;45,57;", refused("code_insee", "Aval")),
        ("a;b;73065;5,92;45,57;au jugé", refused("precision_position", "au jugé")),
    ],
)
def test_each_row_without_a_usable_position_bears_its_reason(tmp_path, row, reason):
    assert reasons(tmp_path, row) == ({} if reason is None else {"a": reason})


def test_a_date_that_link_does_not_read_is_no_reason(tmp_path):
    header = "id;nom;date_debut;longitude;latitude"
    assert unlocated(tmp_path, f"{header}\na;b;31/02/2024;5,92;45,57\n").empty


def test_a_row_that_does_not_fit_the_header_has_no_id_to_come_back_with(tmp_path):
    found = unlocated(tmp_path, "id;nom;longitude;latitude\na;b;5,92;45,57\nc;d;5,92;45,57;9;9\n")
    assert found.empty


def test_rows_keep_all_their_columns_and_the_order_of_the_file(tmp_path):
    text = "id;nom;longitude;latitude;Notes\nb;Deux;;;x\na;Un;5,92;45,57;y\nc;Trois;9;9;z\n"
    found = unlocated(tmp_path, text)
    assert found["id"].tolist() == ["b", "c"]
    assert found["Notes"].tolist() == ["x", "z"]
    assert list(found.columns)[-1] == REASON


def test_a_table_of_names_alone_has_no_position_at_all(tmp_path):
    found = unlocated(tmp_path, "id;territoires_cites\na;Bellevue\n")
    assert found[REASON].tolist() == [shared_texts.NO_POSITION]


def test_things_that_are_from_no_file_have_reasons_too():
    table = pd.DataFrame({"id": ["a", "b", "c"]})
    x, y = np.array([0.0, np.nan, np.nan]), np.array([0.0, np.nan, np.nan])
    things = Things(table, x, y, np.zeros(3), {2: "its geometry is a LineString"})
    assert unlocated_rows(things, outcomes(things))[REASON].tolist() == [
        shared_texts.NO_POSITION,
        shared_texts.IMPOSSIBLE_POSITION,
    ]


def test_where_all_rows_are_located_there_are_none_and_the_columns_stay(tmp_path):
    found = unlocated(tmp_path, "id;longitude;latitude\na;5,92;45,57\n")
    assert (len(found), list(found)) == (0, ["id", "longitude", "latitude", REASON])


def test_rows_that_bear_the_id_of_another_or_none_are_left_out():
    table = pd.DataFrame({"id": ["a", "a", None]})
    nowhere = np.full(3, np.nan)
    things = Things(table, nowhere, nowhere, np.zeros(3))
    became = pd.DataFrame({"outcome": ["unlinked", "rejected", "rejected"]})
    assert unlocated_rows(things, became)["id"].tolist() == ["a"]
