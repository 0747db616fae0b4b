"""Weights rounded to what enters their product, and how that is recorded."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from torch import nn

from training.graph_builder import WEIGHT_MAX, quantize_columns
from training.intent.batches import encode
from training.intent.export import to_fused_fp32
from training.intent.inputs import layer_inputs
from training.intent.model import load_base
from training.intent.quantize import quantize
from training.intent.rounding import BLOCK, round_columns

from .conftest import WORDS, sentences

pytestmark = pytest.mark.filterwarnings("default")
TEXTS = [text for intent in WORDS for text in sentences(intent)]


def correlated(tokens: int, channels: int) -> np.ndarray:
    """Inputs (N, K) of which few directions hold most."""
    random = np.random.default_rng(0)
    mixing = random.normal(size=(channels // 4, channels))
    return random.normal(size=(tokens, len(mixing))) @ mixing + 0.1 * random.normal(
        size=(tokens, channels)
    )


@pytest.mark.parametrize("channels", [24, BLOCK, 2 * BLOCK + 40])
def test_the_results_of_a_product_err_less_than_by_rounding_weights_one_by_one(channels):
    seen, unseen = np.split(correlated(4_000, channels), 2)
    weight = np.random.default_rng(1).normal(size=(channels, 16)).astype(np.float32)

    def error(rounded: tuple[np.ndarray, np.ndarray]) -> float:
        values, scale = rounded
        return float(np.square(unseen @ (values * scale - weight)).mean())

    rounded = round_columns(weight, seen.T @ seen / len(seen))
    assert error(rounded) < 0.3 * error(quantize_columns(weight))


def test_bits_are_those_of_plain_rounding_and_no_scale_is_larger():
    weight = np.random.default_rng(1).normal(size=(64, 16)).astype(np.float32)
    seen = correlated(500, 64)
    values, scale = round_columns(weight, seen.T @ seen / len(seen))
    assert values.dtype == np.int8
    assert np.abs(values.astype(int)).max() <= WEIGHT_MAX
    assert (scale <= quantize_columns(weight)[1]).all()
    assert (scale >= 0.5 * quantize_columns(weight)[1]).all()


@pytest.mark.parametrize("moments", [np.eye(8), np.zeros((8, 8))], ids=["apart", "absent"])
def test_inputs_that_do_not_go_together_leave_plain_rounding(moments):
    weight = np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32)
    assert np.array_equal(round_columns(weight, moments)[0], quantize_columns(weight)[0])


def test_fewer_tokens_than_channels_are_enough():
    weight = np.random.default_rng(1).normal(size=(64, 4)).astype(np.float32)
    seen = correlated(5, 64)
    values, scale = round_columns(weight, seen.T @ seen / len(seen))
    assert np.abs(values * scale - weight).max() < 0.5 * np.abs(weight).max()


def test_inputs_are_those_of_each_layer_over_all_tokens(base: Path, monkeypatch):
    monkeypatch.setattr("training.intent.inputs.ROWS", 7)  # some are multiplied on the way
    model, tokenizer = load_base(str(base), list(WORDS))
    ids = encode(tokenizer, TEXTS[:5], 32)
    name = "bert.encoder.layer.1.output.dense"
    rows = []
    layer = model.eval().get_submodule(name)
    assert isinstance(layer, nn.Linear)
    hook = layer.register_forward_pre_hook(lambda _, x: rows.append(x[0][0].numpy()))
    found = layer_inputs(model, ids)
    hook.remove()
    seen = np.concatenate(rows)  # (N, K)
    assert len(seen) == sum(map(len, ids))
    assert np.allclose(found[name].maxima, np.abs(seen).max(axis=0))
    assert np.allclose(found[name].moments, seen.T @ seen / len(seen), atol=1e-6)
    assert not layer._forward_pre_hooks
    assert len(found) == 2 * 4  # keys and values take the query's


def test_the_weights_of_the_served_graph_are_rounded_so(base: Path, tmp_path: Path):
    model, tokenizer = load_base(str(base), list(WORDS))
    path, name = tmp_path / "int8.onnx", "bert.encoder.layer.1.output.dense"
    quantize(model.eval(), to_fused_fp32(model), TEXTS, tokenizer, 32, path)
    served = {x.name: numpy_helper.to_array(x) for x in onnx.load(path).graph.initializer}
    weight = model.get_submodule(name).weight.detach().numpy().T  # (K, M)
    moments = layer_inputs(model, encode(tokenizer, TEXTS, 32))[name].moments

    def error(values: np.ndarray, scale: np.ndarray) -> float:
        lost = values * scale - weight
        return float((lost * (moments @ lost)).sum())

    rounded = error(served[f"{name}.weight"], served[f"{name}.weight_scale"])
    assert rounded < 0.5 * error(*quantize_columns(weight))
