"""The served translation model's weights as a `transformers` model, for the peers to run.

The int8 weights are multiplied out, so every peer computes with the same numbers, and nothing but
the repository is needed.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer
from transformers import MarianConfig, MarianMTModel

from functions.translation.graphs import (
    DECODER_FILE,
    EMBEDDING,
    ENCODER_FILE,
    OUTPUT_BIAS,
    OUTPUT_SCALE,
    TABLES_FILE,
)
from shared.inference import TOKENIZER_FILE
from shared.model_spec import ModelSpec, read_spec

Weights = dict[str, NDArray[Any]]
JOINT = ("q_proj", "k_proj", "v_proj")  # one product of the graphs


def _constants(path: Path) -> Weights:
    """A graph's constants, int8 weights multiplied by their scales."""
    graph = onnx.load(path, load_external_data=False).graph
    found = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_location != onnx.TensorProto.EXTERNAL
    }
    for name in [name for name in found if f"{name}_scale" in found]:
        found[name] = found[name].astype(np.float32) * found[f"{name}_scale"]
    return found


def _split(found: Weights, state: Weights) -> None:
    """Put joint products' weights under the names of torch's layers, as (out, in)."""
    for name, value in found.items():
        layer, _, kind = name.rpartition(".")
        if kind not in ("weight", "bias") or not layer.startswith("model."):
            continue
        joint = layer.endswith("self_attn.q_proj")
        targets = [layer.replace("q_proj", part) for part in JOINT] if joint else [layer]
        for target, part in zip(targets, np.split(value, len(targets), axis=-1), strict=True):
            state[f"{target}.{kind}"] = part.T


def _cross(found: Weights, state: Weights, layers: int) -> None:
    """The same for the keys and values of the cross-attention."""
    names = [
        f"model.decoder.layers.{layer}.encoder_attn.{part}"
        for layer in range(layers)
        for part in ("k_proj", "v_proj")
    ]
    for kind in ("weight", "bias"):
        parts = np.split(found[f"cross.{kind}"], len(names), axis=-1)
        state |= {f"{name}.{kind}": part.T for name, part in zip(names, parts, strict=True)}


def load(folder: Path) -> tuple[MarianMTModel, Tokenizer, ModelSpec]:
    """Model, tokenizer and spec of a served folder."""
    spec = read_spec(folder)
    shape = {name: int(value) for name, value in spec.parameters.items()}  # type: ignore[arg-type]
    tables = np.load(folder / TABLES_FILE)
    encoder, decoder = (_constants(folder / name) for name in (ENCODER_FILE, DECODER_FILE))
    state: Weights = {}
    _split(encoder, state)
    _split(decoder, state)
    _cross(encoder, state, shape["decoder_layers"])
    embedding = tables[EMBEDDING].astype(np.float32) * tables[OUTPUT_SCALE][:, None]
    for name in ("model.shared", "model.encoder.embed_tokens", "model.decoder.embed_tokens"):
        state[f"{name}.weight"] = embedding
    state["lm_head.weight"] = embedding
    state["final_logits_bias"] = tables[OUTPUT_BIAS][None]
    for side, found in (("encoder", encoder), ("decoder", decoder)):
        state[f"model.{side}.embed_positions.weight"] = found["positions"]
    feed_forward = len(state["model.encoder.layers.0.fc1.bias"])
    config = MarianConfig(
        **shape,
        decoder_vocab_size=shape["vocab_size"],
        encoder_attention_heads=_heads(folder),
        decoder_attention_heads=_heads(folder),
        encoder_ffn_dim=feed_forward,
        decoder_ffn_dim=feed_forward,
        max_position_embeddings=len(encoder["positions"]),
        activation_function="relu",
        scale_embedding=True,
        pad_token_id=shape["decoder_start_token_id"],
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config)
    model.load_state_dict(
        {name: torch.from_numpy(np.array(value)) for name, value in state.items()}
    )
    return model.eval(), Tokenizer.from_file(str(folder / TOKENIZER_FILE)), spec


def _heads(folder: Path) -> int:
    """Attention heads, which the decoder graph's caches tell."""
    graph = onnx.load(folder / DECODER_FILE, load_external_data=False).graph
    (cache,) = [entry for entry in graph.input if entry.name == "past_key_0"]
    return int(cache.type.tensor_type.shape.dim[1].dim_value)
