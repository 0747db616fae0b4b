"""What texts say, aligned by shoppers' baskets."""

import numpy as np

from tests.training import toy_recommendation as toy
from training.recommendation import aligning
from training.recommendation.aligning import Baskets, fit_map
from training.recommendation.config import ModelConfig
from training.recommendation.interactions import last_baskets
from training.recommendation.model import SequenceModel
from training.recommendation.titles import place_items, words_alone
from training.recommendation.trainer import baskets_of

ITEMS, SHOPPERS, HIDDEN = 400, 600, 4


def shop(noise):
    """Vectors, what texts say of them (two directions, shrunk), and baskets by the vectors."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 1, (ITEMS, HIDDEN)).astype(np.float32)
    said = vectors * np.array([0.2, 0.2, 0, 0], np.float32)
    said[:, 2:] = rng.normal(0, noise, (ITEMS, 2))
    states = (rng.normal(0, 2, (SHOPPERS, HIDDEN))).astype(np.float32)
    logits = states @ vectors.T + rng.gumbel(size=(SHOPPERS, ITEMS))
    return vectors, said, Baskets(states, list(np.argsort(-logits, axis=1)[:, :5]))


def test_what_is_shrunk_grows_and_noise_shrinks():
    vectors, said, baskets = shop(noise=1.0)
    found = fit_map(said, vectors, baskets.states, baskets.shares(np.arange(ITEMS), ITEMS))
    assert (np.diag(found)[:2] > 1.5).all()  # as far as the steps go
    assert (np.abs(np.diag(found)[2:]) < 0.7).all()


def test_nothing_is_changed_by_what_a_few_baskets_say():
    vectors, said, baskets = shop(noise=1.0)
    few = np.arange(aligning.FEWEST)
    shares = baskets.shares(few, ITEMS)
    found = fit_map(said[few], vectors[few], baskets.states, shares)
    np.testing.assert_array_equal(found, np.eye(HIDDEN))


def test_nothing_is_changed_where_that_ranks_other_items_as_well():
    rng = np.random.default_rng(1)
    vectors, _, baskets = shop(noise=1.0)
    by_chance = [rng.choice(ITEMS, 5, replace=False) for _ in range(SHOPPERS)]
    shares = Baskets(baskets.states, by_chance).shares(np.arange(ITEMS), ITEMS)
    found = fit_map(vectors * 0, vectors, baskets.states, shares)
    np.testing.assert_array_equal(found, np.eye(HIDDEN))


def test_a_basket_is_shared_by_its_items_that_are_asked_about():
    baskets = Baskets(np.zeros((2, 1), np.float32), [np.array([0, 2, 3]), np.array([1])])
    np.testing.assert_array_equal(baskets.shares(np.array([0, 3]), 4), [[0.5, 0.5], [0, 0]])


def test_what_a_text_says_of_a_new_item_is_aligned_and_nothing_else(monkeypatch):
    titles = [f"{name} no{row % 7}" for row in range(ITEMS // 2) for name in ("mug", "lamp")]
    vectors, _, baskets = shop(noise=1.0)
    counts = np.full(ITEMS, 100)
    counts[:2] = 0
    texts, biases = words_alone(titles), np.arange(ITEMS, dtype=np.float32)
    plain, offsets = place_items(texts, vectors, biases, counts)
    asked = []

    def doubling(*given):
        asked.append([it.shape for it in given])
        return 2 * np.eye(HIDDEN)

    monkeypatch.setattr("training.recommendation.titles.fit_map", doubling)
    found, aligned_offsets = place_items(texts, vectors, biases, counts, baskets=baskets)
    fitted = ITEMS - 2
    shapes = [(fitted, HIDDEN), (fitted, HIDDEN), (SHOPPERS, HIDDEN), (SHOPPERS, fitted)]
    assert asked == [shapes]
    mean = vectors[2:].mean(axis=0)
    np.testing.assert_allclose(found[:2] - mean, 2 * (plain[:2] - mean), atol=1e-4)
    np.testing.assert_array_equal(found[2:], vectors[2:])
    np.testing.assert_array_equal(aligned_offsets, offsets)


def test_last_baskets_have_the_model_s_states(monkeypatch):
    histories = [toy.history([1, 2, 3], [1, 1, 2]), toy.history([4]), toy.history([5, 6], [1, 2])]
    assert [case.basket.tolist() for case in last_baskets(histories)] == [[3], [6]]
    model = SequenceModel(ModelConfig(9, length=4, hidden=8)).eval()
    found = baskets_of(model, histories)
    assert found.states.shape == (2, 8)
    assert baskets_of(model, []).states.shape == (0, 8)
    monkeypatch.setattr("training.recommendation.trainer.MOST_BASKETS", 1)
    assert len(baskets_of(model, histories).items) == 1
