import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.onnx import MAX_BATCH, OnnxModel, length_batches, pad
from shared.settings import get_settings


@given(st.lists(st.integers(min_value=1, max_value=128), max_size=200))
def test_batches_hold_every_index_once_and_pad_little(lengths):
    batches = list(length_batches(lengths))
    assert sorted(itertools.chain(*batches)) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= MAX_BATCH
        widths = [lengths[index] for index in batch]
        assert max(widths) <= min(widths) * 1.25 + 4


@pytest.fixture(scope="module")
def model():
    return OnnxModel.load(get_settings().model_dir("intent"))


def test_padding_is_masked(model):
    encodings = model.tokenize(["hi", "where is my package?"])
    feeds = pad(encodings)
    assert feeds["input_ids"].shape == feeds["attention_mask"].shape
    assert feeds["attention_mask"].sum(axis=1).tolist() == [len(e) for e in encodings]
    assert not feeds["input_ids"][feeds["attention_mask"] == 0].any()


def test_a_text_gets_the_same_logits_alone_and_among_others(model):
    texts = ["where is my package?", "hi", "I would like my money back " * 8]
    together = model.run_padded(model.tokenize(texts))
    alone = np.concatenate([model.run_padded(model.tokenize([text])) for text in texts])
    # Activations are scaled by token: neighbours move what float32 adds up, and nothing else.
    assert np.abs(together - alone).max() < 1e-5
    assert (together.argmax(axis=1) == alone.argmax(axis=1)).all()


def test_golden_outputs_come_out(model):
    golden = model.spec.golden
    for text, expected in zip(golden.inputs, golden.outputs, strict=True):
        actual = model.run_padded(model.tokenize([text]))[0]
        assert np.abs(actual - np.asarray(expected)).max() <= golden.tolerance
        assert actual.argmax() == np.argmax(expected)
