"""Each step from torch to int8 against the one before it."""

import copy
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from training.intent.batches import collate, encode
from training.intent.export import Graph, to_fused_fp32
from training.intent.graph import supports
from training.intent.model import load_base
from training.intent.quantize import (
    EMBEDDING_MIN_ROWS,
    SCHEMES,
    activation_maxima,
    quantize,
    quantize_embedding_rows,
    smooth,
)

from .conftest import WORDS, sentences

pytestmark = pytest.mark.filterwarnings("default")
MAX_TOKENS = 32
TEXTS = [text for intent in WORDS for text in sentences(intent)]


@pytest.fixture(scope="module")
def model(base: Path):
    return load_base(str(base), list(WORDS))


@pytest.fixture(scope="module")
def fp32(model) -> onnx.ModelProto:
    return to_fused_fp32(model[0].eval())


@pytest.fixture(scope="module")
def int8(model, fp32, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("int8") / "int8.onnx"
    quantize(model[0], fp32, TEXTS, model[1], MAX_TOKENS, path)
    return path


def constants(graph: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {x.name: numpy_helper.to_array(x) for x in graph.graph.initializer}


def test_the_fused_graph_is_what_torch_computes(model, fp32):
    classifier, tokenizer = model
    ids = encode(tokenizer, TEXTS, MAX_TOKENS)
    batch = collate(ids, [0] * len(ids), torch.device("cpu"))
    with torch.inference_mode():
        expected = classifier(batch.input_ids, batch.attention_mask).logits.numpy()
    assert np.allclose(Graph(fp32, tokenizer).logits(TEXTS, MAX_TOKENS), expected, atol=1e-4)


def test_inputs_and_outputs_are_those_of_the_contract(int8):
    graph = onnx.load(int8).graph
    assert [x.name for x in graph.input] == ["input_ids", "attention_mask"]
    assert [x.name for x in graph.output] == ["logits"]


def test_padding_does_not_change_an_fp32_row(model, fp32):
    graph = Graph(fp32, model[1])
    long = " ".join(WORDS["get_refund"] * 2)
    together = graph.logits(["my parcel", "please where now", long], MAX_TOKENS)
    assert np.allclose(graph.logits(["my parcel"], MAX_TOKENS)[0], together[0], atol=1e-4)


def test_smoothing_leaves_every_product_as_it_was(model, fp32):
    tokenizer = model[1]
    maxima = activation_maxima(fp32, TEXTS, tokenizer, MAX_TOKENS)
    before = Graph(fp32, tokenizer).logits(TEXTS, MAX_TOKENS)
    after = Graph(smooth(fp32, maxima, 0.7), tokenizer).logits(TEXTS, MAX_TOKENS)
    assert np.allclose(before, after, atol=1e-3)


def test_embeddings_lose_at_most_half_a_step_of_their_row(fp32):
    table = next(x for x in constants(fp32).values() if x.shape[:1] >= (EMBEDDING_MIN_ROWS,))
    after = constants(quantize_embedding_rows(fp32))
    quantized = next(x for name, x in after.items() if name.endswith("_int8"))
    scale = next(x for x in after.values() if x.shape == (len(table), 1))
    assert quantized.dtype == np.int8
    assert (np.abs(quantized * scale - table) <= scale * 0.501).all()


def test_weights_of_products_by_token_use_seven_bits(int8):
    """Without VNNI, two products of uint8 with full-range int8 overflow their 16-bit sum."""
    graph = onnx.load(int8)
    values = constants(graph)
    nodes = [node for node in graph.graph.node if node.op_type == "MatMulIntegerToFloat"]
    assert len(nodes) == 2 * 6
    for node in nodes:
        assert np.abs(values[node.input[1]].astype(int)).max() == 63


def test_int8_stays_close_to_fp32(model, fp32, int8):
    tokenizer = model[1]
    before = Graph(fp32, tokenizer).logits(TEXTS, MAX_TOKENS)
    after = Graph(int8, tokenizer).logits(TEXTS, MAX_TOKENS)
    assert np.linalg.norm(after - before) < 0.05 * np.linalg.norm(before)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_every_scheme_stays_close_to_fp32_whatever_a_text_is_batched_with(
    model, fp32, scheme, tmp_path
):
    classifier, tokenizer = model
    path = tmp_path / "int8.onnx"
    quantize(classifier, fp32, TEXTS, tokenizer, MAX_TOKENS, path, scheme)
    expected = Graph(fp32, tokenizer).logits(TEXTS, MAX_TOKENS)
    # The base has 160 positions, of which MAX_TOKENS can be used.
    assert all(x.shape[:1] != (160,) for x in constants(onnx.load(path)).values())
    graph = Graph(path, tokenizer)
    together = graph.logits(TEXTS, MAX_TOKENS)
    assert np.linalg.norm(together - expected) / np.linalg.norm(expected) < 0.1
    alone = np.concatenate([graph.logits([text], MAX_TOKENS) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-4)
    operators = {node.op_type for node in onnx.load(path).graph.node}
    products = {"tokens": "MatMulIntegerToFloat", "blocks": "MatMulNBits"}
    expected = {products[scheme.name]} if scheme.name in products else set()  # exact: fp32
    assert operators & set(products.values()) == expected


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_the_longest_text_is_served(model, fp32, scheme, tmp_path):
    path = tmp_path / "int8.onnx"
    quantize(model[0], fp32, TEXTS, model[1], MAX_TOKENS, path, scheme)
    graph = Graph(path, model[1])
    assert np.isfinite(graph.logits(["my " * MAX_TOKENS], MAX_TOKENS)).all()


def test_an_encoder_with_another_activation_is_not_built_node_by_node(model):
    classifier = copy.deepcopy(model[0])
    assert supports(classifier)
    classifier.config.hidden_act = "relu"
    assert not supports(classifier)
