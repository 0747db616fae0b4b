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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
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

OPSET = 17
IR_VERSION = 9
CONTRIB = "com.microsoft"
WEIGHT_MAX = 63  # signed 7-bit
EPSILON = 1e-5  # of torch's LayerNorm
CROSS, OUTPUT = "cross", "output"  # products that are not one of torch's layers

Array = NDArray[Any]
Ranges = Mapping[str, tuple[float, float]]


@dataclass
class GraphBuilder:
    """Nodes and initializers of one graph.

    Attributes:
        weights: the torch state dict as arrays.
        ranges: least and greatest value that enters each product, by the name of its layer; None
            builds fp32.
    """

    weights: Mapping[str, Array]
    ranges: Ranges | None
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def constant(self, name: str, value: Array) -> str:
        if name not in self.known:
            self.known.add(name)
            self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def external(self, name: str, data_type: int, shape: Sequence[int]) -> str:
        """An initializer whose data the session is given when it is made."""
        tensor = TensorProto(name=name, data_type=data_type, dims=list(shape))
        tensor.data_location = TensorProto.EXTERNAL
        size = math.prod(shape) * (1 if data_type == TensorProto.INT8 else 4)
        for key, value in (("location", "given"), ("offset", "0"), ("length", str(size))):
            tensor.external_data.add(key=key, value=value)
        self.initializers.append(tensor)
        return name

    def node(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str] | str, **attributes: Any
    ) -> Any:
        names = [outputs] if isinstance(outputs, str) else list(outputs)
        domain = CONTRIB if kind in _CONTRIB_KINDS else ""
        self.nodes.append(
            helper.make_node(kind, list(inputs), names, name=names[0], domain=domain, **attributes)
        )
        return outputs

    def quantize(self, source: str, layer: str) -> tuple[str, str, str]:
        """uint8 values, scale and zero point of the tensor that enters ``layer``."""
        assert self.ranges is not None
        low, high = self.ranges[layer]
        scale = max((high - low) / 255, 1e-8)
        zero = int(np.clip(round(-low / scale), 0, 255))
        names = f"{layer}.in_scale", f"{layer}.in_zero"
        self.constant(names[0], np.array(scale, np.float32))
        self.constant(names[1], np.array(zero, np.uint8))
        return self.node("QuantizeLinear", [source, *names], f"{layer}.in"), *names

    def linear(self, source: str, layer: str, weight: Array, bias: Array, out: str) -> str:
        """``source @ weight + bias``.

        Args:
            source: (..., K) float32.
            layer: name of the product, which its range is kept under.
            weight: (K, N).
            bias: (N,).
            out: name of the result, (..., N) float32.
        """
        self.constant(f"{layer}.bias", bias.astype(np.float32))
        if self.ranges is None:
            self.constant(f"{layer}.weight", weight.astype(np.float32))
            self.node("MatMul", [source, f"{layer}.weight"], f"{out}.product")
            return str(self.node("Add", [f"{out}.product", f"{layer}.bias"], out))
        values, scale, zero = self.quantize(source, layer)
        quantized, weight_scale = quantize_columns(weight)
        self.constant(f"{layer}.weight", quantized)
        self.constant(f"{layer}.weight_scale", weight_scale)
        inputs = [values, f"{layer}.weight", scale, f"{layer}.weight_scale", zero, ""]
        return str(self.node("MatMulIntegerToFloat", [*inputs, f"{layer}.bias"], out))

    def projection(self, source: str, prefix: str, names: Sequence[str], out: str) -> str:
        """One product for several of torch's linear layers that read the same tensor."""
        weight = np.concatenate([self.weights[f"{prefix}.{n}.weight"] for n in names]).T
        bias = np.concatenate([self.weights[f"{prefix}.{n}.bias"] for n in names])
        return self.linear(source, f"{prefix}.{names[0]}", weight, bias, out)

    def add_and_norm(self, source: str, skip: str, prefix: str, out: str) -> str:
        gamma = self.constant(f"{prefix}.weight", self.weights[f"{prefix}.weight"])
        beta = self.constant(f"{prefix}.bias", self.weights[f"{prefix}.bias"])
        # Two nodes: the fused SkipLayerNormalization is several times slower on a processor.
        total = self.node("Add", [source, skip], f"{out}.sum")
        return str(
            self.node("LayerNormalization", [total, gamma, beta], out, axis=-1, epsilon=EPSILON)
        )

    def feed_forward(self, source: str, prefix: str, activation: str) -> str:
        """Both products of the block with its activation, residual and norm."""
        hidden = self.projection(source, prefix, ["fc1"], f"{prefix}.hidden")
        if activation in ("swish", "silu"):
            hidden = self.node("QuickGelu", [hidden], f"{prefix}.active", alpha=1.0)
        elif activation == "gelu":
            hidden = self.node("Gelu", [hidden], f"{prefix}.active")
        elif self.ranges is None:
            hidden = self.node("Relu", [hidden], f"{prefix}.active")
        # int8: quantizing with a zero point of 0 cuts off what is negative, as ReLU does.
        narrow = self.projection(hidden, prefix, ["fc2"], f"{prefix}.narrow")
        return self.add_and_norm(narrow, source, f"{prefix}.final_layer_norm", f"{prefix}.out")

    def embed(self, ids: str, positions: str, config: MarianConfig, table: str) -> str:
        """Scaled embeddings of ``ids`` plus ``positions``, which broadcasts over the batch.

        The scale of a row, handed in by serving, includes Marian's sqrt(H).
        """
        data_type = TensorProto.FLOAT if self.ranges is None else TensorProto.INT8
        shape = config.vocab_size, config.d_model
        embedding = self.external(table, data_type, shape)
        scales = self.external(f"{table}_scale", TensorProto.FLOAT, (config.vocab_size, 1))
        rows = self.node("Gather", [embedding, ids], "rows")
        if self.ranges is not None:
            rows = self.node("Cast", [rows], "rows_float", to=TensorProto.FLOAT)
        self.node("Gather", [scales, ids], "row_scale")
        self.node("Mul", [rows, "row_scale"], "embedded")
        return str(self.node("Add", ["embedded", positions], "states"))

    def model(
        self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "marian", inputs, outputs, self.initializers)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


_CONTRIB_KINDS = {
    "MatMulIntegerToFloat",
    "DecoderMaskedMultiHeadAttention",
    "MultiHeadAttention",
    "QuickGelu",
    "Gelu",
}


def quantize_columns(weight: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(K, N) int8 within ±`WEIGHT_MAX`, and the scale of each column, (N,)."""
    scale = np.maximum(np.abs(weight).max(axis=0) / WEIGHT_MAX, 1e-12).astype(np.float32)
    return np.round(weight / scale).astype(np.int8), scale


def _value(name: str, data_type: int, shape: Sequence[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, data_type, shape)


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
            _value("input_ids", TensorProto.INT64, ["batch", "source"]),
            _value("attention_mask", TensorProto.INT32, ["batch", "source"]),
        ],
        [_value(name, TensorProto.FLOAT, shape) for name in outputs],
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
        _value("input_ids", TensorProto.INT64, ["batch", 1]),
        _value("position", TensorProto.INT32, [1]),
        _value("beam_width", TensorProto.INT32, [1]),
        _value("cache_indirection", TensorProto.INT32, ["sources", "beams", "target"]),
        _value("attention_mask", TensorProto.INT32, ["batch", "source"]),
    ]
    outputs = [_value("logits", TensorProto.FLOAT, ["batch", shortlist])]
    for layer in range(config.decoder_layers):
        prefix = f"model.decoder.layers.{layer}"
        caches = [name.format(layer) for name in (PAST_KEY, PAST_VALUE)]
        grown = [name.format(layer) for name in (PRESENT_KEY, PRESENT_VALUE)]
        cross = [name.format(layer) for name in (CROSS_KEY, CROSS_VALUE)]
        inputs += [_value(name, TensorProto.FLOAT, shape) for name in caches]
        inputs += [_value(name, TensorProto.FLOAT, source) for name in cross]
        outputs += [_value(name, TensorProto.FLOAT, shape) for name in grown]
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
            _value("logits", TensorProto.FLOAT, ["batch", "columns"]),
            _value("totals", TensorProto.FLOAT, ["batch", 1]),
            _value("shape", TensorProto.INT64, [2]),
            _value("count", TensorProto.INT64, [1]),
        ],
        [
            _value("scores", TensorProto.FLOAT, ["sources", "best"]),
            _value("candidates", TensorProto.INT64, ["sources", "best"]),
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
