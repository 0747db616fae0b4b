import gc
import weakref

import numpy as np
import pytest

from functions.recommendation.model import RANKER_FILE, TABLES_FILE
from shared.models.sessions import open_session, session_options, to_tensor
from shared.settings import get_settings


@pytest.fixture(scope="module")
def ranker():
    """A graph that names a constant, ``items``, which it does not hold."""
    return get_settings().model_dir("recommendation") / RANKER_FILE


@pytest.fixture(scope="module")
def items(ranker):
    """That constant, (H, N + 1) int8."""
    with np.load(ranker.with_name(TABLES_FILE)) as stored:
        return np.ascontiguousarray(stored["items"])


def state_of(items):
    return np.linspace(-1, 1, len(items), dtype=np.float32)


def scores(session, items):
    """Of every item for one state, (N + 1,)."""
    count = items.shape[1]
    feeds = {
        "states": state_of(items)[None],
        "scales": np.ones(count, np.float32),
        "offsets": np.zeros((1, count), np.float32),
        "item_ids": np.zeros((1, 1), np.int64),
        "added": np.zeros((1, 1), np.float32),
        "k": np.array([5], np.int64),
    }
    return session.run(["scores"], feeds)[0][0]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_run_has_the_threads_it_is_given_and_none_spins(threads):
    options = session_options(threads)
    assert options.intra_op_num_threads == threads
    assert options.inter_op_num_threads == 1
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.graph_optimization_level.name == "ORT_DISABLE_ALL"


def test_a_session_computes_with_the_constants_it_is_given(ranker, items):
    found = scores(open_session(ranker, 1, {"items": items}), items)
    expected = state_of(items) @ items.astype(np.float32)  # where the graph has int8
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()
    zeros = np.zeros_like(items)
    assert not scores(open_session(ranker, 1, {"items": zeros}), items).any()


def test_a_session_looks_up_in_a_shared_table_where_it_is():
    folder = get_settings().model_dir("translation") / "en-de-fr-es"
    with np.load(folder / "tables.npz") as stored:
        table, scale = (np.ascontiguousarray(stored[n]) for n in ("embedding", "embedding_scale"))
    given = {"embedding": table, "embedding_scale": scale}
    copied = open_session(folder / "encoder.onnx", 1, given)
    shared = open_session(folder / "encoder.onnx", 1, shared=given)
    feeds = {"input_ids": np.array([[5, 9, 0]]), "lengths": np.array([3])}
    before, same = (session.run(None, feeds)[0] for session in (copied, shared))
    assert (before == same).all()
    table[:] = 0
    assert (copied.run(None, feeds)[0] == before).all()
    assert (shared.run(None, feeds)[0] != before).any()


def test_a_shared_table_lives_as_long_as_its_session():
    folder = get_settings().model_dir("translation") / "en-de-fr-es"
    with np.load(folder / "tables.npz") as stored:
        tables = {n: np.ascontiguousarray(stored[n]) for n in ("embedding", "embedding_scale")}
    session = open_session(folder / "encoder.onnx", 1, shared=tables)
    alive = weakref.ref(tables["embedding"])
    del tables
    gc.collect()
    assert alive() is not None
    del session
    gc.collect()
    assert alive() is None


def test_a_session_without_its_constants_is_not_opened(ranker):
    with pytest.raises(Exception, match="items"):
        open_session(ranker, 1)


def test_a_session_runs_on_the_processor_alone(ranker, items):
    assert open_session(ranker, 1, {"items": items}).get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.int8])
def test_a_tensor_is_the_array_itself(dtype):
    array = np.arange(6, dtype=dtype).reshape(2, 3)
    tensor = to_tensor(array)
    array[1, 2] = 42
    assert tensor.numpy().tolist() == [[0, 1, 2], [3, 4, 42]]
    assert tuple(tensor.shape()) == (2, 3)
