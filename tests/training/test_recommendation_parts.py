"""Figures, the model, the training and the vectors of unsold items, each by hand or by property."""

import math

import numpy as np
import pytest
import torch

from functions.recommendation.model import AGE_BUCKETS
from functions.recommendation.model import age_buckets as served_age_buckets
from tests.training import toy_recommendation as toy
from training.errors import DataError
from training.recommendation import trainer as training
from training.recommendation.batches import training_batches
from training.recommendation.config import ModelConfig, TrainConfig
from training.recommendation.interactions import split
from training.recommendation.measures import (
    own_frequency,
    popularity,
    ranking_metrics,
    rankings,
    transitions,
)
from training.recommendation.model import SequenceModel, age_buckets
from training.recommendation.titles import place_items, words_alone
from training.recommendation.trainer import batch_loss, scorer, train

pytestmark = pytest.mark.filterwarnings("default")

ITEMS = 30
WELL_KNOWN = 10_000  # events
# Two users' baskets: {1, 2} {3} {2}, and {1} {3} {1, 3}.
HISTORIES = [
    toy.history([1, 2, 3, 2], [1, 1, 2, 3]),
    toy.history([1, 3, 1, 3], [1, 2, 3, 3]),
]


def test_the_figures_are_those_of_a_hand():
    ranked = np.array([range(20), range(20)])
    cases = [toy.case([50], [0, 3, 7, 40]), toy.case([50], [12])]
    values = ranking_metrics(ranked, cases)
    gains = [1 / math.log2(rank + 1) for rank in range(1, 21)]
    ideal = sum(gains[:4])
    assert values == pytest.approx(
        {
            "hr@5": 0.5,
            "hr@10": 0.5,
            "hr@20": 1,
            "recall@5": (2 / 4) / 2,
            "recall@10": (3 / 4) / 2,
            "recall@20": (3 / 4 + 1) / 2,
            "ndcg@5": (gains[0] + gains[3]) / ideal / 2,
            "ndcg@10": (gains[0] + gains[3] + gains[7]) / ideal / 2,
            "ndcg@20": ((gains[0] + gains[3] + gains[7]) / ideal + gains[12]) / 2,
        }
    )


def test_a_basket_larger_than_the_list_can_be_ranked_perfectly():
    cases = [toy.case([50], list(range(30)))]
    values = ranking_metrics(np.arange(20)[None], cases)
    assert values["ndcg@5"] == pytest.approx(1)
    assert values["recall@5"] == pytest.approx(5 / 30)


def test_popularity_counts_events():
    scores = popularity(HISTORIES, ITEMS)([toy.case([0], [1])] * 2)
    assert scores[:, :5].tolist() == [[0, 3, 2, 3, 0]] * 2


def test_transitions_count_what_followed_the_last_basket():
    score = transitions(HISTORIES, ITEMS)
    after_three, after_both = score(
        [toy.case([1, 3], [0]), toy.case([3, 1, 2], [0], times=[1, 2, 2])]
    )
    np.testing.assert_allclose(after_three[:5], [0, 1, 1, 1, 0], atol=1e-5)
    np.testing.assert_allclose(after_both[:5], [0, 0, 0, 3, 0], atol=1e-5)
    assert after_three[1] > after_three[2]  # the more popular of two equals


def test_without_transitions_popularity_decides():
    (scores,) = transitions([toy.history([1, 2, 2], [5, 5, 5])], ITEMS)([toy.case([1], [0])])
    assert np.argsort(-scores)[:2].tolist() == [2, 1]


def test_own_frequency_counts_the_user_s_events():
    (scores,) = own_frequency(HISTORIES, ITEMS)([toy.case([5, 2, 5], [0])])
    np.testing.assert_allclose(scores[:6], [0, 0, 1, 0, 0, 2], atol=1e-5)
    assert scores[1] == scores[3] > scores[4]  # popularity decides between equals


@pytest.mark.parametrize("items", [300, 22, 8])
def test_rankings_are_the_best_first_and_leave_out_what_was_seen(items):
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((300, items)).astype(np.float32)
    cases = [toy.case([row % items, (row + 1) % items], [0]) for row in range(300)]
    place = {id(case): row for row, case in enumerate(cases)}

    def known(chunk):
        return scores[[place[id(case)] for case in chunk]].copy()

    found = rankings(known, cases, exclude_seen=False)
    np.testing.assert_array_equal(found, np.argsort(-scores, axis=1)[:, :20])
    fresh = rankings(known, cases, exclude_seen=True, k=min(5, items))
    for row, case in enumerate(cases):
        wanted = [i for i in np.argsort(-scores[row]) if i not in case.history.items]
        assert fresh[row].tolist() == wanted[: fresh.shape[1]]
    assert 0 <= ranking_metrics(found, cases)["ndcg@20"] <= 1


def randomized(seed=0, **shape):
    """A model whose every weight matters."""
    torch.manual_seed(seed)
    config = ModelConfig(**{"items": ITEMS, "length": 8, "hidden": 16, "dropout": 0.0, **shape})
    model = SequenceModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name != "item.weight":
                parameter.normal_(std=0.4)
    return model


def test_ages_fall_into_the_served_buckets():
    ages = np.concatenate([np.arange(-10, 90_000), np.arange(90_000, 5e7, 977), [1e9]])
    expected = served_age_buckets(ages)
    np.testing.assert_array_equal(age_buckets(torch.from_numpy(ages)).numpy(), expected)
    np.testing.assert_array_equal(age_buckets(torch.from_numpy(ages).float()).numpy(), expected)
    assert set(expected.tolist()) == set(range(AGE_BUCKETS))


def inputs(seed=1, users=4, width=8):
    torch.manual_seed(seed)
    times = torch.rand(users, width, dtype=torch.float64).cumsum(1) * 1e6
    queries = torch.cat([times[:, 1:], times[:, -1:] + 1e5], 1)
    items, events = torch.randint(ITEMS, (users, width)), torch.randint(3, (users, width))
    return items, events, queries, times


@torch.no_grad()
def test_a_later_event_does_not_change_an_earlier_state():
    model = randomized()
    items, events, queries, times = inputs()
    before = model.states(items, events, queries, times)
    items[:, 5:], events[:, 5:] = (items[:, 5:] + 1) % ITEMS, (events[:, 5:] + 1) % 3
    after = model.states(items, events, queries, times)
    torch.testing.assert_close(after[:, :5], before[:, :5])
    assert (after[:, 5:] - before[:, 5:]).abs().amax(2).min() > 1e-3


@torch.no_grad()
def test_padding_does_not_change_a_state():
    model = randomized()
    items, events, queries, times = (column[:, -5:] for column in inputs())
    alone = model.states(items, events, queries, times)
    padded = [
        torch.cat([torch.full((4, 3), value, dtype=column.dtype), column], 1)
        for value, column in ((ITEMS, items), (1, events), (3e6, queries), (7.0, times))
    ]
    found = model.states(*padded)
    assert found.isfinite().all()
    torch.testing.assert_close(found[:, 3:], alone)


@torch.no_grad()
@pytest.mark.parametrize(("part", "timed", "typed"), [("ages", 0, 1), ("events", 1, 0)])
def test_what_the_data_lack_is_not_looked_at(part, timed, typed):
    items, events, queries, times = inputs()
    other = (items, events, queries + 1e6, times * 0.5)
    if part == "events":
        other = (items, (events + 1) % 3, queries, times)
    without = randomized(timed=bool(timed), typed=bool(typed))
    torch.testing.assert_close(
        without.states(items, events, queries, times), without.states(*other)
    )
    model = randomized()
    difference = model.states(items, events, queries, times) - model.states(*other)
    assert difference.abs().max() > 1e-2


def test_without_times_what_was_had_counts_alike_at_every_age():
    model = randomized(timed=False)
    near, far = (toy.case([3, 4, 3], [1], times) for times in ([1, 2, 3], [1, 2e6, 4e6]))
    np.testing.assert_allclose(scorer(model)([near]), scorer(model)([far]), atol=1e-6)


@torch.no_grad()
def test_repeat_scores_are_those_of_a_hand():
    model = randomized()
    state = torch.randn(1, 16)
    items, ages = torch.tensor([[4, 7, 4, 9, ITEMS]]), torch.tensor([[3, 1, 0, 5, 2]])
    seen = torch.tensor([[True, True, True, False, False]])
    (found,) = model.repeat_scores(state, items, ages, seen)
    gate = float(state @ model.repeat_gate.weight.T + model.repeat_gate.bias)
    age = model.repeat_age.exp().tolist()
    power = float(model.repeat_power)
    expected = torch.zeros(ITEMS)
    often = float(model.repeat_often)
    expected[4] = gate + power * math.log(age[3] + age[0]) + often * math.log(3)
    expected[7] = gate + power * math.log(age[1]) + often * math.log(2)
    torch.testing.assert_close(found, expected)


def test_the_loss_is_the_cross_entropy_of_the_scores():
    """At the last state with a target, where the scores can be had from the scorer as well."""
    model = randomized()
    whole = toy.history([3, 5, 3, 8], np.array([1, 2, 4, 9]) * 1e5)
    (batch,) = training_batches([whole], 1, ITEMS, 0)
    batch.targets[0, :2] = -1
    before = toy.case([3, 5, 3], [8], np.array([1, 2, 4]) * 1e5)
    before = type(before)(before.history, before.basket, 9e5)
    (scores,) = scorer(model)([before])
    wanted = -torch.from_numpy(scores).log_softmax(0)[8]
    torch.testing.assert_close(batch_loss(model, batch, 0).detach(), wanted)


def test_drawn_negatives_stand_for_all_items(monkeypatch):
    monkeypatch.setattr(training, "FULL_SOFTMAX_ITEMS", 0)
    model = randomized(items=300, repeats=False)
    histories = [toy.history(np.random.default_rng(n).permutation(300)[:8]) for n in range(20)]
    (batch,) = training_batches(histories, 20, 300, 0)
    torch.manual_seed(0)
    sampled = np.mean([float(batch_loss(model, batch, 2_000).detach()) for _ in range(20)])
    monkeypatch.undo()
    assert sampled == pytest.approx(float(batch_loss(model, batch, 0).detach()), abs=0.03)


def cyclic(users=120, themes=1, items=ITEMS, seed=0):
    """Users who go through the items of one theme in order, from anywhere."""
    rng = np.random.default_rng(seed)
    size = items // themes
    found = []
    for _ in range(users):
        start, theme = rng.integers(size), rng.integers(themes)
        found.append(toy.history((start + np.arange(9)) % size + theme * size, np.arange(9) * 1e5))
    return found


def test_training_learns_what_comes_next_and_keeps_the_best_weights():
    parts = split(toy.interactions(cyclic(), ITEMS))
    shape = ModelConfig(items=ITEMS, length=10, hidden=16, dropout=0.0, repeats=False)
    config = TrainConfig(epochs=20, batch_size=16, learning_rate=1e-2, patience=3)
    found = train(shape, parts.train, parts.validation, config, exclude_seen=True)
    assert not found.model.training
    values = [told["ndcg@10"] for told in found.history]
    best = found.history[int(np.argmax(values))]
    assert found.epochs == best["epoch"]
    assert best["ndcg@10"] > 0.9
    ranked = rankings(scorer(found.model), parts.validation, exclude_seen=True)
    assert ranking_metrics(ranked, parts.validation)["ndcg@10"] == pytest.approx(best["ndcg@10"])


@pytest.mark.parametrize(
    "histories",
    [
        [toy.history([1]), toy.history([2])],
        [toy.history([1, 2], [1, 1])],
        [toy.history([1, 2, 3])] * 5,
    ],
)
def test_too_little_to_train_on_is_told(histories):
    parts = split(toy.interactions(histories, ITEMS))
    with pytest.raises(DataError, match="Too little to train on"):
        train(ModelConfig(ITEMS), parts.train, parts.validation, TrainConfig(1), exclude_seen=False)


def placed(titles, vectors, biases, known):
    """What the words of titles say of unknown items, where all others are known equally well."""
    counts = np.where(known, WELL_KNOWN, 0).astype(np.int64)
    return place_items(words_alone(titles), vectors, biases, counts)


def test_unsold_items_land_near_those_that_are_named_alike():
    rng = np.random.default_rng(0)
    centres = {"mug": rng.standard_normal(8), "lamp": rng.standard_normal(8)}
    titles = [f"{name} number{i}" for i in range(20) for name in centres]
    vectors = np.array([centres[title.split()[0]] for title in titles], np.float32)
    vectors += rng.standard_normal(vectors.shape).astype(np.float32) * 0.1
    biases = np.array([1.0 if "mug" in title else -1.0 for title in titles], np.float32)
    known = np.ones(40, bool)
    known[[0, 1]] = False  # a mug and a lamp
    vectors[:2], biases[:2] = 99, 99
    given = vectors.copy(), biases.copy()
    filled, offsets = placed(titles, vectors, biases, known)
    np.testing.assert_array_equal(filled[2:], vectors[2:])
    np.testing.assert_array_equal(offsets[2:], biases[2:])
    np.testing.assert_array_equal(vectors, given[0])
    np.testing.assert_array_equal(biases, given[1])
    assert (filled.dtype, offsets.dtype) == (np.float32, np.float32)
    for row, (near, far) in enumerate((("mug", "lamp"), ("lamp", "mug"))):
        to_near, to_far = (np.linalg.norm(filled[row] - centres[name]) for name in (near, far))
        assert to_near < 0.5 * to_far
    assert offsets[0] > 0.3
    assert offsets[1] < -0.3


def test_where_all_items_are_sold_nothing_changes():
    vectors, biases = np.ones((2, 3), np.float32), np.ones(2, np.float32)
    filled, offsets = placed(["a mug", "a lamp"], vectors, biases, np.ones(2, bool))
    assert filled is vectors
    assert offsets is biases


def test_unsold_items_without_any_words_get_the_mean():
    vectors = np.array([[1, 2], [3, 4], [9, 9]], np.float32)
    known = np.array([True, True, False])
    filled, offsets = placed(["", "1", "2"], vectors, np.array([0, 1, 9], np.float32), known)
    np.testing.assert_allclose(filled, [[1, 2], [3, 4], [2, 3]])
    np.testing.assert_allclose(offsets, [0, 1, 0.5])


def test_items_that_nobody_had_are_recommended_by_their_titles():
    """Six themes whose items share words; two items of each are never bought."""
    themes, size = 6, 12
    items = themes * size
    words = ["garden rake", "kitchen knife", "office pen", "baby toy", "beach towel", "party hat"]
    titles = [f"{words[row // size]} model{row}" for row in range(items)]
    cold = np.arange(items) % size >= size - 2
    rng = np.random.default_rng(0)
    histories = [
        toy.history(user % themes * size + rng.permutation(size - 2)[:6], np.arange(6) * 1e5)
        for user in range(240)
    ]
    parts = split(toy.interactions(histories, items))
    shape = ModelConfig(items=items, length=8, hidden=16, dropout=0.1, repeats=False)
    config = TrainConfig(epochs=12, batch_size=24, learning_rate=1e-2)
    model = train(shape, parts.train, parts.validation, config, exclude_seen=True).model
    weight = model.vectors().detach().numpy()
    vectors, biases = placed(titles, weight, model.bias.detach().numpy(), ~cold)
    with torch.no_grad():
        model.item.weight[:items] = torch.from_numpy(vectors)
        model.bias[:] = torch.from_numpy(biases)
    scores = scorer(model)(parts.test)
    scores[:, ~cold] = -np.inf
    best = np.argsort(-scores, axis=1)[:, :2] // size
    own = np.array([case.history.items[0] // size for case in parts.test])
    assert np.mean(best == own[:, None]) > 0.8  # by chance 1 in 6
