"""What is on the rise, and what is bought together."""

import time

import numpy as np
import pytest

from functions.recommendation.counts import KEPT_HOURS, Counted, counted, expiry_of, hour_of
from functions.recommendation.history import get_history_store
from functions.recommendation.together import Together
from functions.recommendation.trending import LATE_S, MAX_AGE_S, Trending, rank_trending

NOW = 500_000 * 3600.0 + 1800  # in the middle of an hour
WEIGHTS = (0.3, 0.6, 1.0)


class CountingStore:
    """Hours with counts, and the hours that were asked for."""

    def __init__(self, *counts: Counted) -> None:
        self.all, self.asked = list(counts), []

    def counts(self, hours):
        self.asked.append(list(hours))
        return [count for count in self.all if count.hour in set(hours)]


@pytest.fixture
def trending(model) -> Trending:
    return Trending(model, WEIGHTS)


def hours_ago(hours: int, item_id: str, event: str = "purchase", times: int = 1) -> Counted:
    return Counted(hour_of(NOW) - hours, item_id, event, times)


def test_an_hour_counts_half_of_one_that_is_a_half_life_younger(trending, model):
    store = CountingStore(
        hours_ago(0, "22697"), hours_ago(24, "22698", times=2), hours_ago(48, "22699")
    )
    sums = trending.sums(store, NOW, 24, None)
    found = [sums[model.row(item_id)] for item_id in ("22697", "22698", "22699")]
    assert found == pytest.approx([1, 1, 0.25])
    assert np.count_nonzero(sums) == 3


def test_kinds_are_weighted_or_counted_alone(trending, model):
    store = CountingStore(hours_ago(0, "22697", "view", 10), hours_ago(0, "22697", "cart", 2))
    row = model.row("22697")
    assert trending.sums(store, NOW, 24, None)[row] == pytest.approx(10 * 0.3 + 2 * 0.6)
    assert trending.sums(store, NOW, 24, "view")[row] == pytest.approx(10)
    assert trending.sums(store, NOW, 24, "purchase")[row] == 0


def test_past_hours_are_read_once_and_new_ones_anew(trending):
    store = CountingStore(hours_ago(0, "22697"))
    trending.sums(store, NOW, 1, None)
    trending.sums(store, NOW + MAX_AGE_S - 1, 1, None)
    assert [len(asked) for asked in store.asked] == [5]
    trending.sums(store, NOW + MAX_AGE_S + 1, 1, None)
    newest = hour_of(NOW)
    assert store.asked[-1] == [newest - 1, newest]  # that may still get late events
    assert LATE_S == 3600
    trending.forget({newest - 3})
    trending.sums(store, NOW + MAX_AGE_S + 2, 1, None)
    assert store.asked[-1] == [newest - 3]


def test_items_without_a_sum_are_not_on_the_rise():
    ranked = rank_trending(np.array([0, 3.0, 1.0, 3.0, 0]), 10, None)
    assert (ranked.rows, ranked.scores) == ([1, 3, 2], [3.0, 3.0, 1.0])
    allowed = np.array([True, False, True, True, True])
    assert rank_trending(np.array([0, 3.0, 1.0, 3.0, 0]), 1, allowed).rows == [3]


def test_old_events_are_not_counted():
    now = time.time()
    recent, old = ("a", "view", now), ("a", "view", now - (KEPT_HOURS + 2) * 3600)
    assert [it.times for it in counted([recent, recent, old], now)] == [2]
    assert expiry_of(hour_of(now)) > now + KEPT_HOURS * 3600


def test_counts_come_from_the_events_of_the_store(trending, model):
    from functions.recommendation.history import UserEvent

    now = time.time()
    get_history_store().record([UserEvent(f"u{n}", "22697", "purchase", now) for n in range(3)])
    assert trending.sums(get_history_store(), now, 24, None)[model.row("22697")] > 2.9


# ---- bought together ------------------------------------------------------------------------


def test_the_default_table_is_symmetrical_and_small(model):
    table = model.together
    rows = np.repeat(np.arange(model.count), np.diff(table.starts))
    there = dict(
        zip(zip(rows.tolist(), table.others.tolist(), strict=True), table.strengths, strict=True)
    )
    assert all(there[second, first] == strength for (first, second), strength in there.items())
    assert not any(first == second for first, second in there)
    assert 0 < table.strengths.min() <= table.strengths.max() <= 1
    assert model.spec.files["together.npz"].size_bytes < 200_000


def test_the_other_teacups_are_bought_with_a_teacup(model):
    strengths = model.together.with_basket([model.row("22697")])
    best = [model.catalogue.ids[row] for row in np.argsort(-strengths)[:2]]
    assert set(best) == {"22698", "22699"}


def test_popularity_is_taken_out(model):
    """What everyone buys is with most items, and named for few."""
    popular = set(np.argsort(-model.catalogue.popularity)[:10].tolist())
    named = [
        row
        for first in range(0, model.count, 20)
        for row in np.argsort(-model.together.with_basket([first]), kind="stable")[:3]
    ]
    assert sum(int(row) in popular for row in named) < 0.1 * len(named)


def test_a_basket_takes_the_mean_and_leaves_itself_out(tmp_path):
    table = Together(np.array([0, 2, 3, 4]), np.array([1, 2, 0, 0]), np.array([0.6, 0.2, 0.6, 0.2]))
    assert table.with_basket([1]).tolist() == [0.6, 0, 0]
    assert table.with_basket([1, 2]).tolist() == pytest.approx([0.4, 0, 0])
    assert table.with_basket([]).tolist() == [0, 0, 0]
    table.save(tmp_path / "together.npz")
    again = Together.load(tmp_path / "together.npz")
    assert again.starts.tolist() == table.starts.tolist()
    assert again.strengths == pytest.approx(table.strengths, abs=1 / 255)
