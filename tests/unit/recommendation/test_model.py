import shutil

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.recommendation.catalogue import CATALOGUE_FILE, Catalogue
from functions.recommendation.model import (
    AGE_BUCKETS,
    MODEL_FILES,
    RANKER_FILE,
    TABLES_FILE,
    Events,
    RecommendationModel,
    age_buckets,
)
from functions.recommendation.together import TOGETHER_FILE
from shared.errors import ModelAltered, ModelMissing
from shared.models.folder import SPEC_FILE
from shared.models.sessions import open_session
from shared.settings import get_settings

HOUR, DAY = 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("age_s", "bucket"),
    [
        (-1e6, 0),
        (0, 0),
        (60, 0),
        (30 * 60, 0),  # 1 + log2(1 / 2) = 0
        (40 * 60, 0),  # 0.42
        (43 * 60, 1),  # 0.52
        (HOUR, 1),
        (2 * HOUR, 2),
        (4 * HOUR, 3),
        (12 * HOUR, 5),  # 4.58
        (DAY, 6),  # 5.58
        (2 * DAY, 7),
        (7 * DAY, 8),  # 8.39
        (30 * DAY, 10),  # 10.49
        (90 * DAY, 12),  # 12.08
        (180 * DAY, 13),
        (365 * DAY, 14),  # 14.10
        (730 * DAY, 15),
        (1_400 * DAY, 15),  # 16.04 would be 16
        (1e18, 15),
    ],
)
def test_age_buckets(age_s, bucket):
    assert age_buckets(np.array([age_s])).tolist() == [bucket]


def test_age_buckets_of_a_batch_keep_its_shape_and_never_fall_with_age():
    ages = np.geomspace(1, 1e12, 600).reshape(3, 200)
    buckets = age_buckets(ages)
    assert (buckets.shape, buckets.dtype) == (ages.shape, np.int64)
    assert set(np.diff(buckets.ravel())) <= {0, 1}
    assert set(buckets.ravel()) == set(range(AGE_BUCKETS))


@given(st.floats(0, 1e18))
def test_an_age_bucket_is_the_doublings_of_an_hour_rounded(age_s):
    doublings = np.log2(max(age_s, 1e-9) / HOUR)
    assume(abs(doublings % 1 - 0.5) > 1e-9)
    assert age_buckets(np.array([age_s])) == [np.clip(np.rint(doublings) + 1, 0, AGE_BUCKETS - 1)]


def test_events_without_an_item_and_the_newest_of_them():
    events = Events([1, 2, 1, 3], [0, 1, 2, 0], [9.0, 8.0, 7.0, 6.0], [0.1, 0.2, 0.3, 0.4])
    assert events.without(1) == Events([2, 3], [1, 0], [8.0, 6.0], [0.2, 0.4])
    assert events.without(7) == events == events.newest(4) == events.newest(99)
    assert events.newest(2) == Events([1, 3], [2, 0], [7.0, 6.0], [0.3, 0.4])


def histories(model, count: int, seed: int = 7) -> list[Events]:
    """Some of each length, with popular and rare items, and items had twice."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        size = [1, 2, 5, 30, model.length, model.length + 9][number % 6]
        items = random.choice(model.count, size).tolist()
        ages = np.sort(random.exponential(30 * DAY, size))[::-1].tolist()
        kinds = random.integers(0, 3, size).tolist()
        found.append(Events(items, kinds, ages, random.uniform(0.01, 1, size).tolist()))
    return found


def feeds_of(model, several: list[Events], **given) -> dict:
    states, items, added = model.encode(several)
    return model.ranking(states, **given) | {"item_ids": items, "added": added}


@pytest.mark.parametrize("k", [1, 10, 500])
def test_the_best_are_those_of_all_scores(k, model):
    feeds = feeds_of(model, histories(model, 6))
    every = model.scores(feeds)
    assert every.shape == (6, model.count + 1)
    scores, rows = model.top(feeds, k)
    assert scores.shape == rows.shape == (6, k)
    order = np.argsort(-every, axis=1, kind="stable")[:, :k]
    assert np.array_equal(scores, np.take_along_axis(every, order, axis=1))
    assert np.array_equal(np.take_along_axis(every, rows, axis=1), scores)
    assert all(len(set(row)) == k for row in rows.tolist())


def test_the_whole_catalogue_can_be_ranked_and_padding_is_no_item(model):
    for k in (model.count, model.count + 50):
        scores, rows = model.top(feeds_of(model, histories(model, 1)), k)
        assert sorted(rows[0].tolist()) == list(range(model.count))
        assert np.all(np.diff(scores[0]) <= 0)


def test_scores_are_inner_products_biases_and_what_an_event_adds(model):
    several = histories(model, 6)
    states, items, added = model.encode(several)
    feeds = model.ranking(states) | {"item_ids": items, "added": added}
    expected = states @ model.vectors(range(model.count)).T + model.biases[: model.count]
    for row in range(len(several)):
        known = items[row] < model.count
        np.add.at(expected[row], items[row][known], added[row][known])
    tolerance = model.spec.golden.tolerance  # the ranker's states are two 7-bit digits
    assert np.abs(model.scores(feeds)[:, : model.count] - expected).max() < tolerance


def test_a_hidden_item_is_last_with_minus_infinity(model):
    several = histories(model, 2)
    _, rows = model.top(feeds_of(model, several), 20)
    offsets = np.repeat(model.biases[None], 2, axis=0)
    offsets[0, rows[0, :5]] = -np.inf
    scores, left = model.top(feeds_of(model, several, offsets=offsets), model.count)
    assert set(left[0, -5:].tolist()) == set(rows[0, :5].tolist())
    assert np.array_equal(np.flatnonzero(np.isneginf(scores[0])), np.arange(model.count)[-5:])
    assert np.isfinite(scores[1]).all()
    assert np.array_equal(left[1, :20], rows[1])


def test_a_batch_gives_what_each_alone_gives(model):
    several = histories(model, 12)
    together = model.encode(several)
    all_scores = model.scores(feeds_of(model, several))
    for place, events in enumerate(several):
        states, items, added = model.encode([events])
        width = items.shape[1]
        assert np.allclose(states[0], together[0][place], atol=1e-4)
        assert np.array_equal(items[0], together[1][place, -width:])
        assert np.all(together[1][place, :-width] == model.count)
        # An item that was had twice may have its sum at any of its events.
        mine, other = np.zeros(model.count + 1), np.zeros(model.count + 1)
        np.add.at(mine, items[0], added[0])
        np.add.at(other, together[1][place], together[2][place])
        assert np.allclose(mine[:-1], other[:-1], atol=1e-4)
        scores = model.scores(feeds_of(model, [events]))[0, : model.count]
        tolerance = model.spec.golden.tolerance
        assert np.abs(scores - all_scores[place, : model.count]).max() < tolerance


def test_only_the_newest_events_that_it_takes_count(model):
    (events,) = histories(model, 6)[5:]
    assert len(events.items) > model.length
    for mine, other in zip(
        model.encode([events]), model.encode([events.newest(model.length)]), strict=True
    ):
        assert np.array_equal(mine, other)


def test_what_an_event_adds_can_hide_its_item(model):
    several = histories(model, 6)[1:4]
    states, items, added = model.encode(several)
    everywhere = model.scores(model.ranking(states, events=(items, added)))
    added[:2] = -np.inf
    found = model.scores(model.ranking(states, events=(items, added)))
    for place, events in enumerate(several[:2]):
        assert set(np.flatnonzero(np.isneginf(found[place, :-1]))) == set(events.items)
        shown = np.isfinite(found[place])
        assert np.array_equal(found[place, shown], everywhere[place, shown])
    assert np.array_equal(found[2], everywhere[2])


def test_the_ranker_has_a_copy_of_the_columns_it_is_given(folder):
    with np.load(folder / TABLES_FILE) as stored:
        tables = dict(stored)
    columns = tables["items"]
    session = open_session(folder / RANKER_FILE, 1, {"items": columns})
    feeds = {
        "states": np.ones((1, len(columns)), np.float32),
        "scales": tables["scales"],
        "offsets": tables["biases"][None],
        "item_ids": np.zeros((1, 1), np.int64),
        "added": np.zeros((1, 1), np.float32),
        "k": np.array([10]),
    }
    before = session.run(["top_scores", "top_rows"], feeds)
    columns[:] = 0
    for one, other in zip(before, session.run(["top_scores", "top_rows"], feeds), strict=True):
        assert np.array_equal(one, other)


def test_the_order_of_events_matters(model):
    one, two = np.argsort(-model.catalogue.popularity)[:2].tolist()
    first, second = (
        model.encode([Events(rows, [2, 2], [60.0, 0.0], [1.0, 1.0])])[0]
        for rows in ([one, two], [two, one])
    )
    assert not np.allclose(first, second, atol=1e-3)


def test_every_golden_example_comes_out(model):
    golden = model.spec.golden
    assert len(golden.inputs) == len(golden.outputs) > 0
    for asked, wanted in zip(golden.inputs, golden.outputs, strict=True):
        scores, _ = model.top(feeds_of(model, [Events(*asked)]), len(wanted))
        assert np.abs(scores[0] - [score for _, score in wanted]).max() <= golden.tolerance


def test_an_item_has_the_row_of_the_catalogue(model):
    ids = model.catalogue.ids
    assert len(set(ids)) == len(ids) == model.count
    assert [model.row(item_id) for item_id in ids] == list(range(model.count))
    for unknown in ("no such item", "", "[PAD]", " 22697", "22697\n"):
        assert model.row(unknown) is None


def test_cosine_scales_make_vectors_as_long_as_one(model):
    scales = (model.cosine_scales / model.scales)[: model.count, None]
    vectors = model.vectors(range(model.count)) * scales
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.allclose(lengths[lengths > 0], 1, atol=1e-4)
    assert (lengths > 0).mean() > 0.9
    assert np.isfinite(model.cosine_scales).all()


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(get_settings().model_dir("recommendation"), tmp_path / "model")


@pytest.mark.parametrize("name", MODEL_FILES)
def test_an_altered_file_is_refused(name, folder):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelAltered, match=name):
        RecommendationModel.load(folder)


@pytest.mark.parametrize("name", [*MODEL_FILES, SPEC_FILE])
def test_a_missing_file_is_told(name, folder):
    (folder / name).unlink()
    with pytest.raises(ModelMissing, match=name):
        RecommendationModel.load(folder)


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(ModelMissing, match="nowhere"):
        RecommendationModel.load(tmp_path / "nowhere")


def test_the_spec_names_every_file_that_is_opened(model):
    assert set(model.spec.files) == {*MODEL_FILES, TOGETHER_FILE}
    assert model.spec.task == "recommendation"


def test_a_catalogue_comes_back_as_it_was_saved(tmp_path):
    saved = Catalogue(
        ["a", "ü1"],
        ["Täfelchen", "Plate"],
        {"price": np.array([1.5, np.nan]), "colour": np.array(["", "grün"])},
        np.array([3.0, 0.0]),
        np.array([True, False]),
    )
    saved.save(tmp_path / CATALOGUE_FILE)
    loaded = Catalogue.load(tmp_path / CATALOGUE_FILE)
    assert (loaded.ids, loaded.titles, len(loaded)) == (saved.ids, saved.titles, 2)
    assert list(loaded.fields) == ["price", "colour"]
    assert np.array_equal(loaded.fields["price"], saved.fields["price"], equal_nan=True)
    assert loaded.fields["colour"].tolist() == ["", "grün"]
    assert loaded.popularity.tolist() == [3.0, 0.0]
    assert (loaded.known.tolist(), loaded.known.dtype) == ([True, False], bool)


def test_the_served_catalogue_is_whole(model):
    catalogue = model.catalogue
    columns = [catalogue.titles, catalogue.popularity, catalogue.known, *catalogue.fields.values()]
    assert {len(column) for column in columns} == {model.count}
    assert all(catalogue.titles)
    assert np.isfinite(catalogue.popularity).all()
    assert model.scales.shape == model.biases.shape == (model.count + 1,)
