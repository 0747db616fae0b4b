"""Marian weights to two ONNX graphs, fp32 or int8, built node by node.

A trace of the torch model would give three graphs with an embedding each, and attention in a
dozen nodes. Here the encoder graph also computes the keys and values of the decoder's
cross-attention, once for a sentence; one decoder graph computes a step, the first one with empty
caches; and the tied embedding is in neither: serving hands the same array to both.

Products of the int8 graphs take uint8 activations with one fixed scale for each tensor, found on
sample text, so a sentence's translation does not depend on which others are in its batch. Weights
are signed 7-bit per output channel: see training/intent/quantize.py for why not 8.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto
from transformers import MarianConfig, MarianMTModel

from functions.translation.graphs import (
    CROSS_KEY,
    CROSS_VALUE,
    DECODER_FILE,
    EMBEDDING,
    EMBEDDING_SCALE,
    ENCODER_FILE,
    OUTPUT_BIAS,
    OUTPUT_SCALE,
    OUTPUT_WEIGHT,
    PAST_KEY,
    PAST_VALUE,
    PIECES,
    PRESENT_KEY,
    PRESENT_VALUE,
    SEARCH_FILE,
    TABLES_FILE,
)
from functions.translation.model import NEVER
from training.translation.graph_builder import (
    Array,
    GraphBuilder,
    Ranges,
    quantize_columns,
    value_info,
)

CROSS, OUTPUT = "cross", "output"  # products that are not one of torch's layers


def build_encoder(
    config: MarianConfig, weights: Mapping[str, Array], ranges: Ranges | None
) -> onnx.ModelProto:
    """The encoder: (B, S) ids and mask to keys and values of every decoder layer.

    Each output is (B, heads, S, H / heads) float32.
    """
    g = GraphBuilder(weights, ranges)
    heads, width = config.encoder_attention_heads, config.d_model
    table = g.constant("positions", weights["model.encoder.embed_positions.weight"])
    g.constant("zero", np.array([0]))
    g.constant("first_axis", np.array([0]))
    g.node("Shape", ["input_ids"], "length", start=1, end=2)
    positions = g.node("Slice", [table, "zero", "length", "first_axis"], "position_rows")
    states = g.embed("input_ids", positions, config, EMBEDDING)
    for layer in range(config.encoder_layers):
        prefix = f"model.encoder.layers.{layer}"
        attention = f"{prefix}.self_attn"
        joint = g.projection(states, attention, ["q_proj", "k_proj", "v_proj"], f"{prefix}.qkv")
        parts = [f"{prefix}.{part}" for part in ("query", "key", "value")]
        g.node("Split", [joint, g.constant("thirds", np.array([width] * 3))], parts, axis=-1)
        context = g.node(
            "MultiHeadAttention",
            [*parts, "", "attention_mask"],
            f"{prefix}.context",
            num_heads=heads,
        )
        mixed = g.projection(context, attention, ["out_proj"], f"{prefix}.mixed")
        norm = f"{prefix}.self_attn_layer_norm"
        states = g.add_and_norm(mixed, states, norm, f"{prefix}.attended")
        states = g.feed_forward(states, prefix, config.activation_function)
    outputs = _cross_attention_inputs(g, states, config)
    shape = ["batch", config.decoder_attention_heads, "source", width // heads]
    return g.model(
        [
            value_info("input_ids", TensorProto.INT64, ["batch", "source"]),
            value_info("attention_mask", TensorProto.INT32, ["batch", "source"]),
        ],
        [value_info(name, TensorProto.FLOAT, shape) for name in outputs],
    )


def _cross_attention_inputs(g: GraphBuilder, states: str, config: MarianConfig) -> list[str]:
    """Keys and values of all decoder layers from one product."""
    heads, width = config.decoder_attention_heads, config.d_model
    prefixes = [f"model.decoder.layers.{i}.encoder_attn" for i in range(config.decoder_layers)]
    parts = [f"{prefix}.{name}" for prefix in prefixes for name in ("k_proj", "v_proj")]
    weight = np.concatenate([g.weights[f"{part}.weight"] for part in parts]).T
    bias = np.concatenate([g.weights[f"{part}.bias"] for part in parts])
    joint = g.linear(states, CROSS, weight, bias, "cross_joint")
    shape = np.array([0, 0, len(parts) * heads, width // heads])
    g.node("Reshape", [joint, g.constant("split_heads", shape)], "cross_heads")
    g.node("Transpose", ["cross_heads"], "cross_turned", perm=[0, 2, 1, 3])
    names = [
        name.format(layer)
        for layer in range(config.decoder_layers)
        for name in (CROSS_KEY, CROSS_VALUE)
    ]
    sizes = g.constant("head_groups", np.array([heads] * len(parts)))
    g.node("Split", ["cross_turned", sizes], names, axis=1)
    return names


def build_decoder(
    config: MarianConfig, weights: Mapping[str, Array], ranges: Ranges | None, shortlist: int
) -> onnx.ModelProto:
    """One step of the decoder: (B, 1) ids and caches to (B, ``shortlist``) logits.

    The caches, (B, heads, T, H / heads), are written in place at ``position``: serving binds each
    one as input and output. ``cache_indirection`` (S, beams, T) tells which beam of its source
    holds the cache of each past position, so a beam search never moves a cache.
    """
    g = GraphBuilder(weights, ranges)
    heads, width = config.decoder_attention_heads, config.d_model
    table = g.constant("positions", weights["model.decoder.embed_positions.weight"])
    position = g.node("Gather", [table, "position"], "position_row")
    states = g.embed("input_ids", position, config, EMBEDDING)
    shape: list[str | int] = ["batch", heads, "target", width // heads]
    source: list[str | int] = ["batch", heads, "source", width // heads]
    inputs = [
        value_info("input_ids", TensorProto.INT64, ["batch", 1]),
        value_info("position", TensorProto.INT32, [1]),
        value_info("beam_width", TensorProto.INT32, [1]),
        value_info("cache_indirection", TensorProto.INT32, ["sources", "beams", "target"]),
        value_info("attention_mask", TensorProto.INT32, ["batch", "source"]),
    ]
    outputs = [value_info("logits", TensorProto.FLOAT, ["batch", shortlist])]
    for layer in range(config.decoder_layers):
        prefix = f"model.decoder.layers.{layer}"
        caches = [name.format(layer) for name in (PAST_KEY, PAST_VALUE)]
        grown = [name.format(layer) for name in (PRESENT_KEY, PRESENT_VALUE)]
        cross = [name.format(layer) for name in (CROSS_KEY, CROSS_VALUE)]
        inputs += [value_info(name, TensorProto.FLOAT, shape) for name in caches]
        inputs += [value_info(name, TensorProto.FLOAT, source) for name in cross]
        outputs += [value_info(name, TensorProto.FLOAT, shape) for name in grown]
        attention = f"{prefix}.self_attn"
        joint = g.projection(states, attention, ["q_proj", "k_proj", "v_proj"], f"{prefix}.qkv")
        parts = [f"{prefix}.{part}" for part in ("query", "key", "value")]
        g.node("Split", [joint, g.constant("thirds", np.array([width] * 3))], parts, axis=-1)
        names = [f"{prefix}.context", *grown]
        g.node(
            "DecoderMaskedMultiHeadAttention",
            [*parts, "", "", *caches, "position", "beam_width", "cache_indirection"],
            names,
            num_heads=heads,
            past_present_share_buffer=1,
        )
        mixed = g.projection(names[0], attention, ["out_proj"], f"{prefix}.mixed")
        norm = f"{prefix}.self_attn_layer_norm"
        states = g.add_and_norm(mixed, states, norm, f"{prefix}.attended")
        attention = f"{prefix}.encoder_attn"
        query = g.projection(states, attention, ["q_proj"], f"{prefix}.cross_query")
        context = g.node(
            "MultiHeadAttention",
            [query, *cross, "", "attention_mask"],
            f"{prefix}.cross_context",
            num_heads=heads,
        )
        mixed = g.projection(context, attention, ["out_proj"], f"{prefix}.cross_mixed")
        norm = f"{prefix}.encoder_attn_layer_norm"
        states = g.add_and_norm(mixed, states, norm, f"{prefix}.informed")
        states = g.feed_forward(states, prefix, config.activation_function)
    _output_layer(g, states, config, shortlist)
    return g.model(inputs, outputs)


def build_search() -> onnx.ModelProto:
    """The best continuations of each source: logits and totals of its beams to (S, K).

    ``logits`` (B, L) and ``totals`` (B, 1), the log-probabilities so far, become ``scores`` and
    ``candidates``, which count over a source's ``shape`` = (S, beams * L) columns.
    """
    g = GraphBuilder({}, None)
    g.node("LogSoftmax", ["logits"], "likelihoods", axis=-1)
    g.node("Add", ["likelihoods", "totals"], "sums")
    g.node("Reshape", ["sums", "shape"], "by_source")
    g.node("TopK", ["by_source", "count"], ["scores", "candidates"], axis=-1)
    return g.model(
        [
            value_info("logits", TensorProto.FLOAT, ["batch", "columns"]),
            value_info("totals", TensorProto.FLOAT, ["batch", 1]),
            value_info("shape", TensorProto.INT64, [2]),
            value_info("count", TensorProto.INT64, [1]),
        ],
        [
            value_info("scores", TensorProto.FLOAT, ["sources", "best"]),
            value_info("candidates", TensorProto.INT64, ["sources", "best"]),
        ],
    )


def _output_layer(g: GraphBuilder, states: str, config: MarianConfig, shortlist: int) -> None:
    """Logits over the pieces of one target language, whose columns serving hands in."""
    g.node("Reshape", [states, g.constant("flat", np.array([-1, config.d_model]))], "last_states")
    data_type = TensorProto.FLOAT if g.ranges is None else TensorProto.INT8
    weight = g.external(OUTPUT_WEIGHT, data_type, (config.d_model, shortlist))
    bias = g.external(OUTPUT_BIAS, TensorProto.FLOAT, (shortlist,))
    if g.ranges is None:
        g.node("MatMul", ["last_states", weight], "products")
        g.node("Add", ["products", bias], "logits")
        return
    column_scale = g.external(OUTPUT_SCALE, TensorProto.FLOAT, (shortlist,))
    values, scale, zero = g.quantize("last_states", OUTPUT)
    inputs = [values, weight, scale, column_scale, zero, "", bias]
    g.node("MatMulIntegerToFloat", inputs, "logits")


def arrays(model: MarianMTModel) -> dict[str, Array]:
    """The state dict as float32 arrays."""
    return {name: tensor.float().numpy() for name, tensor in model.state_dict().items()}


def write_graphs(
    model: MarianMTModel, ranges: Ranges | None, pieces: Mapping[str, Array], folder: Path
) -> None:
    """Write encoder, decoder and the tables that serving hands to both.

    Args:
        model: fp32, on the CPU.
        ranges: of activations, for int8; None for fp32.
        pieces: ids that each target language is written with, all of one length.
        folder: where to.
    """
    config, weights = model.config, arrays(model)
    (width,) = {len(ids) for ids in pieces.values()}
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(build_encoder(config, weights, ranges), folder / ENCODER_FILE)
    onnx.save(build_decoder(config, weights, ranges, width), folder / DECODER_FILE)
    onnx.save(build_search(), folder / SEARCH_FILE)
    embedding = weights["model.shared.weight"]  # (V, H)
    factor = math.sqrt(config.d_model) if config.scale_embedding else 1.0
    bias = weights["final_logits_bias"][0].copy()  # (V,)
    bias[config.pad_token_id] = NEVER
    tables = {OUTPUT_BIAS: bias, **{PIECES.format(name): ids for name, ids in pieces.items()}}
    if ranges is None:
        tables[EMBEDDING] = embedding
        tables[EMBEDDING_SCALE] = np.full((len(embedding), 1), factor, np.float32)
    else:
        quantized, scale = quantize_columns(embedding.T)  # (H, V), (V,)
        tables[EMBEDDING] = np.ascontiguousarray(quantized.T)
        tables[EMBEDDING_SCALE] = (scale * factor)[:, None].astype(np.float32)
        tables[OUTPUT_SCALE] = scale
    np.savez(folder / TABLES_FILE, **tables)
