from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from cdv_geo.analysis.repeated_ids import SeenIds, hashes_of

from squares import points


def repeated(*batches):
    seen = SeenIds()
    return [seen.repeated(hashes_of(pd.Series(batch))).tolist() for batch in batches]


def test_an_id_is_repeated_within_its_batch_and_in_every_later_one():
    assert repeated(["a", "b", "a"], ["c", "b"], ["d"], ["c", "d", "a"]) == [
        [False, False, True],
        [False, True],
        [False],
        [True, True, True],
    ]


def test_whole_numbers_and_no_rows_are_understood():
    assert repeated([1, 2], [], [2, 3, 3]) == [[False, False], [], [True, False, True]]


@given(st.lists(st.lists(st.integers(-3, 9), max_size=6), max_size=6))
def test_cutting_rows_into_batches_changes_nothing(batches):
    every = [row for batch in batches for row in batch]
    found = [answer for answers in repeated(*batches) for answer in answers]
    assert found == pd.Series(every, dtype="int64").duplicated().tolist()


def test_an_id_is_accepted_once_in_all_batches(territory):
    from cdv_geo.analysis.things import Things  # noqa: PLC0415

    first, second = (Things.of(points(None, None)) for _ in range(2))
    outcomes = [linking.outcomes for linking in territory.linker().link_batches([first, second])]
    assert outcomes[0]["outcome"].tolist() == ["unlinked", "unlinked"]
    assert outcomes[1]["outcome"].tolist() == ["rejected", "rejected"]
    assert outcomes[1]["reason"].iloc[0] == "its id stands on an earlier row"


def test_whole_numbers_are_exact_beside_a_gap():
    gapped = pd.Series([2**53, 2**53 + 1, None, 7], dtype="Int64")
    seen = SeenIds()
    assert seen.repeated(hashes_of(gapped)).tolist() == [False] * 4
    assert seen.repeated(hashes_of(pd.Series([7, 8]))).tolist() == [True, False]
