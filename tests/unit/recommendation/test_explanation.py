import numpy as np
import pytest

from functions.recommendation.explanation import MOST_NAMED, because
from functions.recommendation.model import Events


def events_of(rows: list[int]) -> Events:
    count = len(rows)
    ages = [86_400.0 * (count - place) for place in range(count)]
    kinds = [place % 3 for place in range(count)]
    return Events(rows, kinds, ages, [1.0 if kind == 2 else 0.5 for kind in kinds])


def scores_of(model, events: Events) -> np.ndarray:
    """Scores of all items by the served ranker; popularity's alone where nothing is left."""
    if not events.items:
        return model.biases[: model.count]
    states, items, added = model.encode([events])
    feeds = model.ranking(states) | {"item_ids": items, "added": added}
    return model.scores(feeds)[0, : model.count]


def falls_of(model, events: Events, shown: list[int]) -> dict[int, np.ndarray]:
    """How far each shown item's score falls without each item of the history, one by one."""
    whole = scores_of(model, events)
    falls = {}
    for row in set(events.items):
        kept = [place for place, item in enumerate(events.items) if item != row]
        rest = Events(*([column[place] for place in kept] for column in events.columns))
        falls[row] = (whole - scores_of(model, rest))[shown]
    return falls


@pytest.fixture
def popular(model) -> list[int]:
    return np.argsort(-model.catalogue.popularity, kind="stable").tolist()


@pytest.mark.parametrize("places", [[0, 1, 2, 3, 4], [7, 3, 7, 7, 2, 3], [5, 9], [0]])
def test_weights_are_what_the_score_falls_without_the_item(places, model, popular):
    events = events_of([popular[place] for place in places])
    others = [popular[place] for place in (0, 7, 20, 21, 300)]
    shown = list(dict.fromkeys([*others, *np.argsort(-scores_of(model, events))[:5].tolist()]))
    falls = falls_of(model, events, shown)
    tolerance = 2 * model.spec.golden.tolerance  # the ranker's states are rounded, the others not
    for place, found in enumerate(because(model, events, shown)):
        for row, weight in found:
            assert weight == pytest.approx(falls[row][place], abs=tolerance)
        expected = sorted((fall[place] for fall in falls.values()), reverse=True)
        expected = [fall for fall in expected[:MOST_NAMED] if fall > tolerance]
        assert len(found) >= len(expected)
        weights = [weight for _, weight in found]
        assert weights[: len(expected)] == pytest.approx(expected, abs=tolerance)


def test_the_greatest_come_first_each_item_once_and_only_those_that_raised_it(model, popular):
    events = events_of(popular[:12] + popular[:12])
    answer = because(model, events, popular[20:60])
    assert len(answer) == 40
    for found in answer:
        rows, weights = [row for row, _ in found], [weight for _, weight in found]
        assert len(found) <= MOST_NAMED
        assert len(set(rows)) == len(rows)
        assert set(rows) <= set(popular[:12])
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)


def test_all_variants_are_one_run_of_the_encoder(model, popular, monkeypatch):
    sizes, encode = [], model.encode
    monkeypatch.setattr(model, "encode", lambda h: sizes.append(len(h)) or encode(h))
    because(model, events_of([*popular[:5], *popular[:5]]), popular[10:13])
    assert sizes == [1 + 5]


def test_only_the_events_that_the_model_takes_are_named(model, popular):
    old, rest = popular[0], popular[1:4]
    rows = [old] * 3 + [rest[place % 3] for place in range(model.length)]
    for found in because(model, events_of(rows), popular[20:40]):
        assert old not in [row for row, _ in found]
