"""Marian or BART weights to two ONNX graphs, fp32 or int8, built node by node.

A trace of the torch model would give three graphs with an embedding each, and attention in a
dozen nodes. Here the encoder graph also computes the keys and values of the decoder's
cross-attention, once for a sentence; one decoder graph computes a step, the first one with empty
caches; and the tied embedding is in neither: serving hands the same array to both.

Attention keeps no heads apart in memory: keys and values are (B, T, H), as the products that make
them give them, and several beams of a source share its own.

Products of the int8 graphs take uint8 activations with one fixed scale for each tensor, found on
sample text, so a sentence's translation does not depend on which others are in its batch; where a
model needs it, its `Precision` names products that are more exact. Weights are signed 7-bit per
output channel: see training/intent/quantize.py for why not 8.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from functions.translation.contract import (
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
    SEARCH_FILE,
    TABLES_FILE,
    present_of,
)
from functions.translation.decoding.columns import NEVER
from training.graph_builder import Array, quantize_columns, value_info
from training.translation.marian_builder import MarianBuilder
from training.translation.precision import CROSS, OUTPUT, Precision
from training.translation.search_graph import build_search
from training.translation.shapes import Config


def _builder(weights: Mapping[str, Array], precision: Precision) -> MarianBuilder:
    return MarianBuilder(
        weights,
        precision.ranges,
        exact=precision.exact,
        dynamic=precision.dynamic,
        factors=precision.smoothing,
        apart=precision.apart,
    )


def build_encoder(
    config: Config, weights: Mapping[str, Array], precision: Precision
) -> onnx.ModelProto:
    """The encoder: (B, T) ids and (B,) lengths to keys and values of every decoder layer.

    Each output is (B, T, H) float32.
    """
    g = _builder(weights, precision)
    heads, width = config.encoder_attention_heads, config.d_model
    table = g.constant("positions", weights["model.encoder.embed_positions.weight"])
    g.constant("zero", np.array([0]))
    g.constant("first_axis", np.array([0]))
    g.node("Shape", ["input_ids"], "length", start=1, end=2)
    positions = g.node("Slice", [table, "zero", "length", "first_axis"], "position_rows")
    states = g.embed("input_ids", positions, config, "model.encoder")
    for layer in range(config.encoder_layers):
        prefix = f"model.encoder.layers.{layer}"
        attention = f"{prefix}.self_attn"
        parts = g.projections(states, attention, ["q_proj", "k_proj", "v_proj"])
        context = g.attention(parts, "lengths", heads, f"{prefix}.context")
        mixed = g.projection(context, f"{attention}.out_proj")
        norm = f"{prefix}.self_attn_layer_norm"
        states = g.add_and_norm(mixed, states, norm, f"{prefix}.attended")
        states = g.feed_forward(states, prefix, config.activation_function)
    outputs = _cross_attention_inputs(g, states, config)
    return g.model(
        [
            value_info("input_ids", TensorProto.INT64, ["batch", "source"]),
            value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [value_info(name, TensorProto.FLOAT, ["batch", "source", width]) for name in outputs],
    )


def _cross_attention_inputs(g: MarianBuilder, states: str, config: Config) -> list[str]:
    """Keys and values of all decoder layers."""
    entered = g.entering(states, CROSS)
    return [
        g.layer(entered, f"model.decoder.layers.{number}.encoder_attn.{part}", name.format(number))
        for number in range(config.decoder_layers)
        for part, name in (("k_proj", CROSS_KEY), ("v_proj", CROSS_VALUE))
    ]


def build_decoder(
    config: Config, weights: Mapping[str, Array], precision: Precision, shortlist: int
) -> onnx.ModelProto:
    """One step of the decoder: (B, 1) ids and caches to (B, 1, ``shortlist``) logits.

    A row is a beam of one of S sources. The caches, (B, heads, T, H / heads), are written in place
    at ``position``: serving binds each one as input and output. ``cache_indirection`` (S, beams,
    T) tells which beam of its source holds the cache of each past position, so a beam search never
    moves a cache. ``by_source`` is the shape (S, beams, H) of one row's beams together.
    """
    g = _builder(weights, precision)
    heads, width = config.decoder_attention_heads, config.d_model
    table = g.constant("positions", weights["model.decoder.embed_positions.weight"])
    position = g.node("Gather", [table, "position"], "position_row")
    states = g.embed("input_ids", position, config, "model.decoder")
    for number in range(config.decoder_layers):
        prefix = f"model.decoder.layers.{number}"
        context = _self_attention(g, states, prefix, number, heads)
        mixed = g.projection(context, f"{prefix}.self_attn.out_proj")
        states = g.add_and_norm(
            mixed, states, f"{prefix}.self_attn_layer_norm", f"{prefix}.attended"
        )
        context = _cross_attention(g, states, prefix, number, config)
        mixed = g.projection(context, f"{prefix}.encoder_attn.out_proj")
        norm = f"{prefix}.encoder_attn_layer_norm"
        states = g.add_and_norm(mixed, states, norm, f"{prefix}.informed")
        states = g.feed_forward(states, prefix, config.activation_function)
    _output_layer(g, states, config, shortlist)
    layers = range(config.decoder_layers)
    caches = [name.format(number) for number in layers for name in (PAST_KEY, PAST_VALUE)]
    cross = [name.format(number) for number in layers for name in (CROSS_KEY, CROSS_VALUE)]
    cached = ["batch", heads, "target", width // heads]
    return g.model(
        [
            value_info("input_ids", TensorProto.INT64, ["batch", 1]),
            value_info("position", TensorProto.INT32, [1]),
            value_info("beam_width", TensorProto.INT32, [1]),
            value_info("cache_indirection", TensorProto.INT32, ["sources", "beams", "target"]),
            value_info("lengths", TensorProto.INT64, ["sources"]),
            value_info("by_source", TensorProto.INT64, [3]),
            *[value_info(name, TensorProto.FLOAT, cached) for name in caches],
            *[value_info(name, TensorProto.FLOAT, ["sources", "source", width]) for name in cross],
        ],
        [
            value_info("logits", TensorProto.FLOAT, ["batch", 1, shortlist]),
            *[value_info(present_of(name), TensorProto.FLOAT, cached) for name in caches],
        ],
    )


def _self_attention(g: MarianBuilder, states: str, prefix: str, number: int, heads: int) -> str:
    """Each row over its own past, whose caches it extends."""
    parts = g.projections(states, f"{prefix}.self_attn", ["q_proj", "k_proj", "v_proj"])
    caches = [name.format(number) for name in (PAST_KEY, PAST_VALUE)]
    context = f"{prefix}.context"
    g.node(
        "DecoderMaskedMultiHeadAttention",
        [*parts, "", "", *caches, "position", "beam_width", "cache_indirection"],
        [context, *map(present_of, caches)],
        num_heads=heads,
        past_present_share_buffer=1,
    )
    return context


def _cross_attention(
    g: MarianBuilder, states: str, prefix: str, number: int, config: Config
) -> str:
    """The beams of a source together, over what its encoder gave."""
    cross = [name.format(number) for name in (CROSS_KEY, CROSS_VALUE)]
    query = g.projection(states, f"{prefix}.encoder_attn.q_proj")
    query = g.node("Reshape", [query, "by_source"], f"{prefix}.queries")
    heads, out = config.decoder_attention_heads, f"{prefix}.cross_context"
    context = g.attention([query, *cross], "lengths", heads, out)
    shape = g.constant("rows_shape", np.array([-1, 1, config.d_model]))
    return str(g.node("Reshape", [context, shape], f"{prefix}.cross_rows"))


def _output_layer(g: MarianBuilder, states: str, config: Config, shortlist: int) -> None:
    """Logits over the pieces of one target language, whose columns serving hands in."""
    data_type = TensorProto.FLOAT if g.ranges is None else TensorProto.INT8
    weight = g.external(OUTPUT_WEIGHT, data_type, (config.d_model, shortlist))
    bias = g.external(OUTPUT_BIAS, TensorProto.FLOAT, (shortlist,))
    if g.ranges is None:
        g.node("MatMul", [states, weight], "products")
        g.node("Add", ["products", bias], "logits")
        return
    column_scale = g.external(OUTPUT_SCALE, TensorProto.FLOAT, (shortlist,))
    values, scale, zero = g.quantize(states, OUTPUT)
    inputs = [values, weight, scale, column_scale, zero, "", bias]
    g.node("MatMulIntegerToFloat", inputs, "logits")


def write_graphs(
    config: Config,
    weights: Mapping[str, Array],
    precision: Precision,
    width: int,
    folder: Path,
) -> None:
    """Write encoder, decoder and search.

    Args:
        config: of the model.
        weights: as `shapes.state_of` gives them, or as many of them as the graphs hold.
        precision: of the products.
        width: how many pieces each target language is written with.
        folder: where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(build_encoder(config, weights, precision), folder / ENCODER_FILE)
    onnx.save(build_decoder(config, weights, precision, width), folder / DECODER_FILE)
    onnx.save(build_search(), folder / SEARCH_FILE)


def write_tables(
    config: Config,
    weights: Mapping[str, Array],
    pieces: Mapping[str, Array],
    folder: Path,
    *,
    int8: bool,
) -> None:
    """Write what serving hands to the graphs: the embedding, and each language's pieces."""
    embedding = weights["model.shared.weight"]  # (V, H)
    factor = math.sqrt(config.d_model) if config.scale_embedding else 1.0
    bias = weights["final_logits_bias"][0].copy()  # (V,)
    bias[config.pad_token_id] = NEVER
    tables = {OUTPUT_BIAS: bias, **{PIECES.format(name): ids for name, ids in pieces.items()}}
    if int8:
        quantized, scale = quantize_columns(embedding.T)  # (H, V), (V,)
        tables[EMBEDDING] = np.ascontiguousarray(quantized.T)
        tables[EMBEDDING_SCALE] = (scale * factor)[:, None].astype(np.float32)
        tables[OUTPUT_SCALE] = scale
    else:
        tables[EMBEDDING] = embedding
        tables[EMBEDDING_SCALE] = np.full((len(embedding), 1), factor, np.float32)
    np.savez(folder / TABLES_FILE, **tables)
