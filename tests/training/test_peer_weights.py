"""What peers are timed with computes what the served graph does."""

import numpy as np
import onnx
import pytest
import torch

from benchmarks.peers.checkpoint import model_of
from training.intent.batches import collate, encode
from training.intent.export import Graph, to_fused_fp32
from training.intent.model import load_base
from training.intent.quantize import quantize

from .conftest import WORDS, sentences

pytestmark = pytest.mark.filterwarnings("default")
TEXTS = [text for intent in WORDS for text in sentences(intent)]


@pytest.mark.parametrize("centred", [False, True], ids=["unit length", "centred"])
def test_the_weights_of_a_graph_give_its_logits(base, tmp_path, centred):
    model, tokenizer = load_base(str(base), list(WORDS))
    model.config.centred = centred
    torch.manual_seed(1)
    model.pooled_mean.normal_()
    model.pooled_deviation.uniform_(0.5, 2.0)
    path = tmp_path / "int8.onnx"
    quantize(model.eval(), to_fused_fp32(model), TEXTS, tokenizer, 32, path)
    expected = Graph(path, tokenizer).logits(TEXTS, 32)
    ids = encode(tokenizer, TEXTS, 32)
    batch = collate(ids, [0] * len(ids), torch.device("cpu"))
    with torch.inference_mode():
        found = model_of(onnx.load(path))(batch.input_ids, batch.attention_mask).logits.numpy()
    assert np.linalg.norm(found - expected) < 0.02 * np.linalg.norm(expected)
