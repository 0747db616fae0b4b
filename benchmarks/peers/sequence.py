"""The served recommendation model's own weights in torch, eager, as a timed process.

python -m benchmarks.peers.sequence MODEL_DIR
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from benchmarks.blocks import Timed, serve
from benchmarks.recommendation_blocks import HISTORY, K, batches, users
from functions.recommendation.model import ENCODER_FILE, TABLES_FILE
from shared.models.spec import read_spec
from training.recommendation.config import ModelConfig
from training.recommendation.model import SequenceModel


def _linear(model: SequenceModel) -> set[str]:
    layers = model.named_modules()
    return {f"{name}.weight" for name, layer in layers if isinstance(layer, torch.nn.Linear)}


def _attention(stored: dict[str, torch.Tensor], hidden: int) -> dict[str, torch.Tensor]:
    """Four layers that do what the stored two do; torch has as much to do as with any others."""
    root, unchanged, nothing = hidden**0.5, torch.eye(hidden), torch.zeros(hidden)
    return {
        "query.weight": stored["asked.weight"].T * root,
        "query.bias": stored["asked.bias"] * root,
        "key.weight": unchanged,
        "key.bias": nothing,
        "value.weight": unchanged,
        "value.bias": nothing,
        "output.weight": stored["mixed.weight"].T,
        "output.bias": stored["mixed.bias"],
    }


def load(folder: Path) -> SequenceModel:
    """The torch model of a served folder, its int8 item table as float32."""
    spec = read_spec(folder)
    with np.load(folder / TABLES_FILE) as stored:
        vectors = (stored["items"].astype(np.float32) * stored["scales"]).T  # (N + 1, H)
        biases = stored["biases"][:-1]
    config = ModelConfig(
        items=len(biases),
        length=spec.limits["history"],
        hidden=vectors.shape[1],
        timed=bool(spec.parameters["timed"]),
        typed=bool(spec.parameters["typed"]),
    )
    model = SequenceModel(config).eval()
    graph = onnx.load(folder / ENCODER_FILE, load_external_data=False).graph
    stored_weights = {
        tensor.name: torch.tensor(numpy_helper.to_array(tensor))
        for tensor in graph.initializer
        if tensor.data_location != onnx.TensorProto.EXTERNAL
    }
    # Linear layers are stored as their inputs are multiplied; tables are as in torch.
    weights = {
        name: stored_weights[name].T if name in _linear(model) else stored_weights[name]
        for name in model.state_dict()
        if name in stored_weights and name != "repeat_age"
    }
    weights |= _attention(stored_weights, config.hidden)
    weights["repeat_age"] = stored_weights["repeat_age"].log()
    weights["place_bias"] = stored_weights["places"].flip(0)[:, None]
    weights["item.weight"], weights["bias"] = torch.tensor(vectors), torch.tensor(biases)
    if config.timed:
        weights["age_bias"] = stored_weights["age_bias"][:, None]
    if config.typed:
        weights["event.weight"] = stored_weights["event.weight"] * model.input_scale
    model.load_state_dict(weights, strict=False)
    return model


def make() -> Timed:
    """Best items of several users, seen ones left out."""
    torch.set_num_threads(1)
    model = load(Path(sys.argv[1]))
    count = model.config.items

    @torch.no_grad()
    def recommend(lines: list[str]) -> object:
        rows = torch.tensor(users([int(line) for line in lines], count))  # (B, T)
        times = torch.arange(HISTORY, dtype=torch.float64).expand(len(rows), HISTORY)
        queries = torch.full_like(times, float(HISTORY))
        state = model.states(rows, torch.zeros_like(rows), queries, times)[:, -1]
        scores = state @ model.vectors().T + model.bias
        ages = torch.zeros_like(rows)
        scores = scores + model.repeat_scores(state, rows, ages, torch.ones_like(rows, dtype=bool))
        return torch.topk(scores.scatter(1, rows, float("-inf")), K)

    return {"torch eager, fp32": recommend}


if __name__ == "__main__":
    timed = make()
    serve(lambda: timed, batches)
