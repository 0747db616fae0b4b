"""The served graphs against the torch model, on random weights in which every part matters."""

import itertools

import numpy as np
import pytest
import torch

from functions.recommendation.model import (
    ENCODER_FILE,
    RANKER_FILE,
    TABLES_FILE,
    Events,
    RecommendationModel,
)
from functions.recommendation.model import age_buckets as served_age_buckets
from tests.training import toy_recommendation as toy
from training.recommendation.config import ModelConfig
from training.recommendation.interactions import Case, History
from training.recommendation.model import SequenceModel
from training.recommendation.publish import Facts, catalogue_of, write_folder
from training.recommendation.served import served_scorer
from training.recommendation.trainer import scorer

pytestmark = pytest.mark.filterwarnings("default")

LENGTH, HIDDEN = 12, 16
FACTS = Facts("exported", "none", {"command": "none"}, exclude_seen=False)
SHAPES = [
    {"timed": timed, "typed": typed, "repeats": repeats}
    for timed, typed, repeats in itertools.product((True, False), repeat=3)
]
SHAPES.append({"timed": True, "typed": True, "repeats": True, "temperature": 0.1})


def randomized(items=40, **shape):
    torch.manual_seed(0)
    config = ModelConfig(**{"items": items, "length": LENGTH, "hidden": HIDDEN, **shape})
    model = SequenceModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name != "item.weight":
                parameter.normal_(std=0.4)
    return model


def served(model, folder, *, int8):
    items = model.config.items
    data = toy.interactions([], items)
    catalogue = catalogue_of(data, np.ones(items, np.int64))
    vectors = model.vectors().detach().numpy()
    write_folder(model, vectors, data, catalogue, folder, FACTS, int8=int8)
    return RecommendationModel.load(folder)


def random_cases(count=30, items=40):
    """Histories of one event up to more than the model looks at, with repeats."""
    rng, found = np.random.default_rng(0), []
    for row in range(count):
        width = 1 + row * (LENGTH + 6) // count
        times = np.sort(rng.uniform(0, 10 ** rng.uniform(3, 7.5), width))
        kept = History(rng.integers(items, size=width) // 2, rng.integers(3, size=width), times)
        found.append(Case(kept, np.array([0]), float(times[-1] + rng.uniform(0, 1e5))))
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(k for k in shape if shape[k]))
def test_the_fp32_folder_scores_as_torch_does(shape, tmp_path):
    model, cases = randomized(**shape), random_cases()
    found = served_scorer(served(model, tmp_path, int8=False), timed=shape["timed"])(cases)
    np.testing.assert_allclose(found, scorer(model)(cases), atol=1e-4, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("repeats", [True, False])
def test_weights_count_as_in_torch(repeats, tmp_path):
    model, rng = randomized(repeats=repeats), np.random.default_rng(1)
    opened = served(model, tmp_path, int8=False)
    for case in random_cases(12):
        history = case.history[-LENGTH:]
        weights = rng.uniform(0.01, 1, len(history))
        items, events, times = (
            torch.from_numpy(column)[None]
            for column in (history.items, history.events, history.times)
        )
        queries = torch.full_like(times, case.time)
        logs = torch.from_numpy(np.log(weights)).float()[None]
        state = model.states(items, events, queries, times, logs)[:, -1]
        expected = state @ model.vectors().T + model.bias
        if repeats:
            ages = torch.from_numpy(served_age_buckets(case.time - history.times))[None]
            expected = expected + model.repeat_scores(state, items, ages, logs.exp())
        given = Events(
            history.items.tolist(),
            history.events.tolist(),
            (case.time - history.times).tolist(),
            weights.tolist(),
        )
        states, rows, added = opened.encode([given])
        feeds = opened.ranking(states) | {"item_ids": rows, "added": added}
        found = opened.scores(feeds)[:, : opened.count]
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-4, rtol=0)


def test_a_model_without_times_is_served_without_them(tmp_path):
    """The service knows when events were, the training data did not."""
    opened = served(randomized(timed=False), tmp_path, int8=False)
    old, new = (opened.encode([Events([3, 4, 3], [0] * 3, [a] * 3, [1.0] * 3)]) for a in (1e6, 0))
    for one, other in zip(old, new, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_batch_of_unlike_lengths_scores_as_its_histories_alone(tmp_path):
    cases = random_cases()
    score = served_scorer(served(randomized(), tmp_path, int8=True), timed=True)
    alone = np.concatenate([score([case]) for case in cases])
    np.testing.assert_allclose(score(cases), alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_the_int8_folder_scores_nearly_as_torch_does(temperature, tmp_path):
    model, cases = randomized(items=400, temperature=temperature), random_cases(items=400)
    found = served_scorer(served(model, tmp_path, int8=True), timed=True)(cases)
    expected = scorer(model)(cases)
    assert np.abs(found - expected).max() < 0.05 * expected.std()
    same = [
        len(set(a) & set(b)) / 10
        for a, b in zip(
            np.argsort(-found)[:, :10].tolist(), np.argsort(-expected)[:, :10].tolist(), strict=True
        )
    ]
    assert np.mean(same) > 0.95


def test_padding_is_never_ranked_and_the_best_come_first(tmp_path):
    opened = served(randomized(), tmp_path, int8=True)
    states, items, added = opened.encode([Events([3, 3], [2, 0], [60.0, 5.0], [1.0, 0.5])])
    feeds = opened.ranking(states) | {"item_ids": items, "added": added}
    scores, rows = opened.top(feeds, 1_000)
    assert sorted(rows[0].tolist()) == list(range(40))
    assert np.all(np.diff(scores[0]) <= 0)
    np.testing.assert_allclose(opened.scores(feeds)[0, rows[0]], scores[0])


def test_the_item_table_is_stored_once(tmp_path):
    sizes = {}
    for items in (40, 4_000):
        folder = tmp_path / str(items)
        served(randomized(items=items), folder, int8=True)
        sizes[items] = {path.name: path.stat().st_size for path in folder.iterdir()}
    for name in (ENCODER_FILE, RANKER_FILE):
        assert sizes[4_000][name] - sizes[40][name] < 100
    table = 4_001 * (HIDDEN + 4 + 4)  # a byte for each number, a scale and a bias for each item
    assert table < sizes[4_000][TABLES_FILE] < table + 2_000


def test_item_vectors_are_those_of_the_model(tmp_path):
    model = randomized()
    opened = served(model, tmp_path, int8=True)
    expected = model.item.weight.detach().numpy()[[0, 5, 39]]
    np.testing.assert_allclose(opened.vectors([0, 5, 39]), expected, atol=0.01)
    assert (opened.row("i5"), opened.row("i40"), opened.row("[PAD]")) == (5, None, None)
