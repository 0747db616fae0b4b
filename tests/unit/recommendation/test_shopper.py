import numpy as np
import pytest

from functions.recommendation.event_requests import HistoryEvent
from functions.recommendation.history import UserEvent
from functions.recommendation.shopper import Shopper, shopper_of

NOW = 1_700_000_000.0
ROWS = {"a": 0, "b": 1, "c": 2, "d": 3}


class FewItems:
    length = 5

    def row(self, item_id: str) -> int | None:
        return ROWS.get(item_id)


class ByKind:
    def weights(self, kinds: list[int], ages_s: list[float]) -> list[float]:
        several = zip(kinds, ages_s, strict=True)
        return [(kind + 1) / 4 + (0.1 if age_s > 100 else 0) for kind, age_s in several]


def stored(item: str, ago: float, kind: str = "view") -> UserEvent:
    return UserEvent("ann", item, kind, NOW - ago)


def sent(item: str, ago: float | None = None, kind: str = "view") -> HistoryEvent:
    timestamp = None if ago is None else NOW - ago
    return HistoryEvent(item_id=item, event=kind, timestamp=timestamp)


def shopper(kept=(), history=()) -> Shopper:
    return shopper_of(list(kept), list(history), FewItems(), ByKind(), NOW)


def order(found: Shopper) -> str:
    return "".join("abcd"[row] for row in found.events.items)


def test_nobody_has_no_events_and_no_warnings():
    found = shopper()
    assert found.events.columns == ([], [], [], [])
    assert found.warnings == []


def test_both_histories_come_in_the_order_of_time():
    found = shopper([stored("a", 30), stored("b", 10)], [sent("c", 20), sent("d", 5)])
    assert order(found) == "acbd"
    assert found.events.ages_s == [30, 20, 10, 5]


def test_at_the_same_time_the_stored_ones_come_first_and_lists_keep_their_order():
    found = shopper([stored("a", 7), stored("b", 7)], [sent("d", 7), sent("c", 7)])
    assert order(found) == "abdc"


def test_a_history_out_of_order_is_put_in_order():
    assert order(shopper([], [sent("a", 1), sent("b", 3), sent("c", 2)])) == "bca"


def test_kinds_and_weights_are_those_of_each_event():
    history = [sent("a", 200, "purchase"), sent("b", 50, "cart"), sent("c", 0, "view")]
    found = shopper([], history)
    assert found.events.kinds == [2, 1, 0]
    assert found.events.weights == pytest.approx([0.85, 0.5, 0.25])


def test_without_times_all_are_new_and_keep_their_order():
    found = shopper([stored("d", 60)], [sent("c"), sent("a"), sent("b")])
    assert order(found) == "dcab"
    assert found.events.ages_s == [60, 0, 0, 0]


def test_a_missing_time_is_that_of_the_event_after_it():
    history = [sent("a"), sent("b", 40), sent("c"), sent("a"), sent("d", 10), sent("b")]
    found = shopper([], history)
    assert order(found) == "abcadb"
    assert found.events.ages_s == [40, 40, 10, 10, 10, 0]


def test_an_event_of_the_future_has_no_negative_age():
    assert shopper([], [sent("a", -50)]).events.ages_s == [0]


def test_the_same_event_in_both_histories_counts_twice_and_no_item_is_lost():
    assert order(shopper([stored("a", 9)], [sent("a", 9)])) == "aa"


def test_unknown_items_are_left_out_and_told_once_each():
    found = shopper([stored("x1", 9), stored("a", 8)], [sent("x2", 7), sent("x1", 6), sent("b", 5)])
    assert order(found) == "ab"
    assert len(found.events.ages_s) == len(found.events.kinds) == len(found.events.weights) == 2
    (warning,) = found.warnings
    assert "x1, x2." in warning


def test_a_warning_names_a_few_of_many_unknown_items():
    (warning,) = shopper([], [sent(f"x{n}") for n in range(9)]).warnings
    assert "x4, ..." in warning
    assert "x5" not in warning
    (warning,) = shopper([], [sent(f"x{n}") for n in range(5)]).warnings
    assert warning.endswith("x4.")


def test_more_than_the_model_takes_are_kept_as_seen_and_told():
    kept, history = [stored("a", 100 - n) for n in range(5)], [sent("b", 1)]
    assert shopper(kept).warnings == []
    found = shopper(kept, history)
    assert order(found) == "aaaaab"
    (warning,) = found.warnings
    assert "of 6 events" in warning
    assert "newest 5" in warning


def test_the_model_reads_only_the_newest_that_it_takes(model):
    popular = np.argsort(-model.catalogue.popularity).tolist()
    ids = [model.catalogue.ids[row] for row in popular[: model.length + 30]]
    history = [sent(item_id, 10.0 * (len(ids) - n)) for n, item_id in enumerate(ids)]
    whole, newest = (shopper_of([], part, model, ByKind(), NOW) for part in (history, history[30:]))
    assert len(whole.events.items) == model.length + 30
    assert (len(whole.warnings), len(newest.warnings)) == (1, 0)
    for mine, other in zip(
        model.encode([whole.events]), model.encode([newest.events]), strict=True
    ):
        assert np.array_equal(mine, other)
