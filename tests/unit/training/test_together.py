"""What is bought together, counted from baskets."""

import numpy as np
import pytest

from training.recommendation import together
from training.recommendation.interactions import EVENTS, Case, History
from training.recommendation.together import (
    MOST_ITEMS,
    MOST_PARTNERS,
    baskets_of,
    count_pairs,
    hit_rate,
    together_of,
)

PURCHASE, VIEW = EVENTS.index("purchase"), EVENTS.index("view")


def history(*baskets: list[int], kind: int = PURCHASE) -> History:
    items = [item for basket in baskets for item in basket]
    times = [float(place) for place, basket in enumerate(baskets) for _ in basket]
    return History(np.array(items, np.int64), np.full(len(items), kind), np.array(times))


def strengths(table, item: int) -> dict[int, float]:
    pairs = slice(table.starts[item], table.starts[item + 1])
    return dict(zip(table.others[pairs].tolist(), table.strengths[pairs].tolist(), strict=True))


def test_baskets_are_what_was_bought_at_one_time():
    mixed = history([1, 2, 2], [3], [4, 5])
    assert [it.tolist() for it in baskets_of([mixed])] == [[1, 2], [4, 5]]
    viewed = history([1, 2], kind=VIEW)
    assert [it.tolist() for it in baskets_of([viewed])] == [[1, 2]]
    assert [it.tolist() for it in baskets_of([mixed, viewed])] == [[1, 2], [4, 5]]
    assert list(baskets_of([history(list(range(MOST_ITEMS + 1)))])) == []


@pytest.mark.parametrize("at_once", [1, 5, 10**9])
def test_pairs_are_counted_however_many_at_once(at_once, monkeypatch):
    monkeypatch.setattr(together, "_PAIRS_AT_ONCE", at_once)
    baskets = [np.array(basket) for basket in ([0, 1, 2], [0, 1], [1, 2], [0, 1])]
    codes, counts = count_pairs(baskets, 3)
    found = {divmod(int(code), 3): int(n) for code, n in zip(codes, counts, strict=True)}
    assert found == {(0, 1): 3, (0, 2): 1, (1, 2): 2}


def test_a_pair_counts_more_than_what_everyone_buys():
    everyone, cup, saucer = 9, 0, 1
    baskets = [[cup, saucer, everyone]] * 6 + [[item, everyone] for item in range(2, 9)] * 6
    table = together_of([history(*baskets)], 10)
    assert strengths(table, cup)[saucer] == strengths(table, saucer)[cup] > 0.3
    assert everyone not in strengths(table, cup)  # which is with all alike


def test_few_baskets_are_believed_less_and_fewer_not_at_all():
    others = [[n, n + 1] for n in range(10, 60, 2)] * 3
    often, seldom = [[0, 1]] * 30, [[2, 3]] * 3
    table = together_of([history(*often, *seldom, [4, 5], [4, 5], *others)], 60)
    assert strengths(table, 0)[1] > strengths(table, 2)[3] > 0
    assert strengths(table, 4) == {}


def test_an_item_has_few_partners_of_its_own_choice_and_the_table_is_symmetrical():
    rng = np.random.default_rng(0)
    baskets = [rng.choice(40, 5, replace=False).tolist() for _ in range(400)]
    table = together_of([history(*baskets)], 40)
    assert 0 < len(table.others) <= 2 * MOST_PARTNERS * 40
    for item in range(40):
        for other, strength in strengths(table, item).items():
            assert strengths(table, other)[item] == strength


def test_no_baskets_make_an_empty_table():
    table = together_of([], 5)
    assert table.starts.tolist() == [0] * 6
    assert table.with_basket([1]).tolist() == [0] * 5


def test_the_hit_rate_is_of_an_item_left_out():
    table = together_of(
        [history(*([[0, 1, 2]] * 5 + [[n, n + 1] for n in range(3, 20, 2)] * 5))], 30
    )
    case = Case(history([5]), np.array([0, 1, 2]), 1.0)
    assert hit_rate(table, list(range(29, -1, -1)), [case], k=2) == (1.0, 0.0)
    assert hit_rate(table, [], []) == (0.0, 0.0)
