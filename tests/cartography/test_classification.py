from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cdv_geo
from cdv_geo.cartography.classification import Cut, class_limits, classed

TWO_GROUPS = np.array([1.0, 2.0, 3.0, 100.0, 101.0])


def in_classes(values, cut, darkest="high"):
    return classed(np.asarray(values), cut, darkest=darkest, write=lambda value: f"{value:g}")


def test_natural_breaks_part_the_groups_and_quantiles_the_count():
    assert class_limits(TWO_GROUPS, Cut("natural_breaks", 2)).tolist() == [1, 3, 101]
    assert class_limits(TWO_GROUPS, Cut("quantiles", 2)).tolist() == [1, 3, 101]
    six = np.array([1.0, 2.0, 3.0, 4.0, 100.0, 101.0])
    assert in_classes(six, Cut("natural_breaks", 2)).class_index.tolist() == [0, 0, 0, 0, 1, 1]
    assert in_classes(six, Cut("quantiles", 2)).class_index.tolist() == [0, 0, 0, 1, 1, 1]


def test_the_upper_limit_belongs_to_a_class_and_the_legend_counts_each():
    found = in_classes([5, 10, 10.5, 20, 25, np.nan], Cut("fixed", breaks=(10, 20)))
    assert found.class_index.tolist() == [0, 0, 1, 1, 2, -1]
    assert [c.label for c in found.classes] == [
        "10 ou moins (2)",
        "plus de 10 à 20 (2)",
        "plus de 20 (1)",
    ]


def test_the_darkest_end_is_the_one_that_is_asked_for():
    high = [c.style.fill for c in in_classes(TWO_GROUPS, Cut(classes=2)).classes]
    low = [c.style.fill for c in in_classes(TWO_GROUPS, Cut(classes=2), "low").classes]
    assert high == low[::-1] != low


@pytest.mark.parametrize("method", ["quantiles", "natural_breaks"])
def test_few_values_make_few_classes(method):
    assert len(in_classes([7.0, 7.0], Cut(method, 5)).classes) == 1
    found = in_classes([7.0, 7.0, 9.0], Cut(method, 5))
    assert found.class_index.tolist() == [0, 0, 1]
    assert [c.label for c in found.classes] == ["7 (2)", "9 (1)"]


def test_a_limit_stands_in_one_class_alone():
    """Four times 1: they are a class of their own, and the legend says what each class holds."""
    values = [1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    found = in_classes(values, Cut(classes=3))
    assert [c.label for c in found.classes] == ["1 (4)", "2 à 5 (4)", "6 à 9 (4)"]
    assert found.class_index.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_classes_of_equal_numbers_hold_equal_numbers():
    ten = in_classes(np.arange(1.0, 11.0), Cut(classes=5))
    assert [c.label for c in ten.classes] == [
        *("1 à 2 (2)", "3 à 4 (2)", "5 à 6 (2)", "7 à 8 (2)", "9 à 10 (2)")
    ]


def test_natural_breaks_of_very_many_values_part_them_too():
    """Two heaps of 20,000 values, from 0 to 1 and from 9 to 10."""
    heap = np.linspace(0, 1, 20_000)
    found = in_classes(np.concatenate([heap, 9 + heap]), Cut("natural_breaks", 2))
    assert np.bincount(found.class_index).tolist() == [20_000, 20_000]
    assert found.classes[1].label == "9 à 10 (20\u202f000)"


def test_more_classes_than_there_are_colours_are_refused():
    with pytest.raises(cdv_geo.RecipeError, match="8 classes are not accepted; accepted are 1, 2"):
        in_classes(np.arange(100.0), Cut(classes=8))


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.sampled_from(["quantiles", "natural_breaks"]),
    st.integers(1, 7),
)
def test_every_value_is_in_one_class_and_classes_are_ordered(values, method, classes):
    array = np.array(values)
    found = in_classes(array, Cut(method, classes))
    assert found.class_index.min() >= 0
    assert found.class_index.max() < len(found.classes) <= classes
    order = np.argsort(array, kind="stable")
    assert (np.diff(found.class_index[order]) >= 0).all()
    counts = np.bincount(found.class_index, minlength=len(found.classes))
    assert [c.label.rsplit("(")[-1] for c in found.classes] == [f"{n})" for n in counts]
