import itertools

import numpy as np
import pytest

from functions.recommendation.model import EVENT_TYPES, Events
from functions.recommendation.schemas import RerankRequest
from functions.recommendation.weighting import (
    DAY_S,
    DEFAULT_PARAMETERS,
    LEAST_WEIGHT,
    Weighting,
)

VIEW, CART, PURCHASE = range(3)


@pytest.fixture
def weighting(model):
    def make(*, typed: bool, timed: bool, **others) -> Weighting:
        parameters = {**DEFAULT_PARAMETERS, "typed": int(typed), "timed": int(timed), **others}
        return Weighting(model.spec.model_copy(update={"parameters": parameters}))

    return make


def test_the_kinds_are_where_the_model_has_them():
    assert EVENT_TYPES == ("view", "cart", "purchase")


def test_a_purchase_counts_more_than_a_cart_and_a_cart_more_than_a_view(weighting):
    weights = weighting(typed=False, timed=True)
    assert 1 == weights.weight(PURCHASE, 0) > weights.weight(CART, 0) > weights.weight(VIEW, 0) > 0


def test_a_model_that_learned_kinds_weighs_them_alike(weighting):
    weights = weighting(typed=True, timed=True)
    assert {weights.weight(kind, age) for kind in range(3) for age in (0, 1e9)} == {1.0}


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("timed", [True, False])
def test_weights_of_several_are_those_of_each(typed, timed, weighting):
    weights = weighting(typed=typed, timed=timed)
    kinds, ages = [VIEW, PURCHASE, CART, VIEW], [5 * DAY_S, 0.0, 1e12, -3.0]
    each = [weights.weight(kind, age) for kind, age in zip(kinds, ages, strict=True)]
    assert weights.weights(kinds, ages) == each
    assert weights.weights([], []) == []


def test_what_is_recent_counts_more_and_half_after_the_half_life(weighting):
    weights = weighting(typed=True, timed=False, half_life_days=10.0)
    ages = [0, 1, 5, 10, 20, 30]
    found = [weights.weight(VIEW, age * DAY_S) for age in ages]
    assert found == pytest.approx([0.5 ** (age / 10) for age in ages])
    assert all(newer > older for newer, older in itertools.pairwise(found))


def test_a_model_that_learned_time_leaves_it_to_the_model(weighting):
    weights = weighting(typed=False, timed=True)
    assert weights.weight(VIEW, 0) == weights.weight(VIEW, 1e9)


def test_kind_and_age_multiply_where_neither_was_learned(weighting):
    weights = weighting(typed=False, timed=False, half_life_days=10.0)
    assert weights.weight(CART, 10 * DAY_S) == pytest.approx(weights.weight(CART, 0) / 2)
    assert weights.weight(PURCHASE, 3 * DAY_S) > weights.weight(VIEW, 3 * DAY_S)


@pytest.mark.parametrize("age_s", [1e9, 1e15, 4e300])
def test_no_weight_is_less_than_the_least(age_s, weighting):
    weights = weighting(typed=False, timed=False)
    assert weights.weight(PURCHASE, age_s) == weights.weight(VIEW, age_s) == LEAST_WEIGHT
    assert weighting(typed=False, timed=True, view_weight=0.0).weight(VIEW, 0) == LEAST_WEIGHT


def test_an_event_of_the_future_counts_as_new(weighting):
    weights = weighting(typed=True, timed=False)
    assert weights.weight(VIEW, -5.0) == 1.0


def test_every_weight_of_the_served_model_is_one_that_it_can_read(model):
    weights = Weighting(model.spec)
    found = [weights.weight(kind, age) for kind in range(3) for age in (0, 3_600, 1e6, 1e12)]
    assert all(LEAST_WEIGHT <= weight <= 1 for weight in found)


def scores_of(model, items: list[int], weights: list[float]) -> np.ndarray:
    count = len(items)
    events = Events(items, [PURCHASE] * count, [float(count - n) for n in range(count)], weights)
    states, rows, added = model.encode([events])
    feeds = model.ranking(states) | {"item_ids": rows, "added": added}
    return model.scores(feeds)[0, : model.count]


def test_an_event_of_less_weight_moves_the_models_scores_less(model):
    popular = np.argsort(-model.catalogue.popularity)
    old, new = popular[:4].tolist(), popular[10:13].tolist()
    others = np.setdiff1d(np.arange(model.count), old)
    without = scores_of(model, new, [1.0] * 3)[others]
    moved = [
        np.abs(scores_of(model, old + new, [w] * 4 + [1.0] * 3)[others] - without).mean()
        for w in (1.0, 0.3, 0.1, 0.01)
    ]
    assert all(more > less for more, less in itertools.pairwise(moved)), moved


def test_a_view_moves_the_answer_less_than_a_purchase(service, model, weighting, monkeypatch):
    monkeypatch.setattr(service, "_weighting", weighting(typed=False, timed=True, view_weight=0.05))
    ids = model.catalogue.ids
    popular = [ids[row] for row in np.argsort(-model.catalogue.popularity)]
    old, new, shown = popular[:4], popular[10:13], popular[20:220]

    def scores(history: list[dict]) -> np.ndarray:
        (answer,) = service.rank([RerankRequest(history=history, item_ids=shown)])
        found = {item.item_id: item.score for item in answer.items}
        return np.array([found[item_id] for item_id in shown])

    end = [{"item_id": item_id, "event": "purchase"} for item_id in new]
    alone = scores(end)
    viewed, bought = (
        np.abs(scores([{"item_id": i, "event": kind} for i in old] + end) - alone).mean()
        for kind in ("view", "purchase")
    )
    assert viewed < bought
