"""The rules of decoding that need no model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.translation.decoding.hypotheses import (
    MAX_PERIOD,
    MAX_REPEATS,
    Hypothesis,
    best,
    repeats,
    step_limit,
    without_repetition,
)


@pytest.mark.parametrize(
    ("ids", "period"),
    [
        ([], 0),
        ([1, 1], 0),
        ([1, 1, 1], 1),
        ([9, 1, 2, 1, 2, 1, 2], 2),
        ([1, 2, 1, 2, 1], 0),
        ([1, 1, 1, 2], 0),
        (list(range(MAX_PERIOD)) * MAX_REPEATS, MAX_PERIOD),
        (list(range(MAX_PERIOD + 1)) * MAX_REPEATS, 0),
    ],
)
def test_the_run_that_a_sequence_ends_with_is_found(ids, period):
    assert repeats(ids) == period


def test_only_the_first_run_is_kept():
    assert without_repetition([7, 8, 1, 2, 1, 2, 1, 2]) == [7, 8, 1, 2]
    assert without_repetition([7, 8, 8]) == [7, 8, 8]


@given(
    st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=6)
)
def test_of_any_sequence_a_start_is_kept(start, run):
    ids = start + run * MAX_REPEATS
    kept = without_repetition(ids)
    assert kept == ids[: len(kept)]
    assert len(kept) == len(ids) - (MAX_REPEATS - 1) * repeats(ids) < len(ids)


def test_the_limit_grows_with_the_source_up_to_the_models():
    assert step_limit(4, 255) == 16
    assert step_limit(200, 255) == 255


def test_the_best_are_distinct_and_complete_ones_come_first():
    found = [
        Hypothesis([1], -0.1, complete=False),
        Hypothesis([2], -0.9),
        Hypothesis([3], -0.5),
        Hypothesis([2], -0.3),
        Hypothesis([2], -0.4),
        Hypothesis([4], -0.8),
    ]
    assert [(one.ids, one.score) for one in best(found, 3)] == [
        ([2], -0.3),
        ([3], -0.5),
        ([4], -0.8),
    ]
    assert best(found, 9)[-1] == found[0]
