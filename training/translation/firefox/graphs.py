"""A Firefox model's encoder and decoder step, fp32 or int8, built node by node.

The step of an SSRU decoder (Kim et al. 2019, "From Research to Production and Back") holds a vector
for each layer and hypothesis: no cache grows. One with self-attention has the caches of
`training.translation.export`. Both are run by `functions.translation.decoding`.
"""

import math
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from functions.translation.contract import (
    CROSS_KEY,
    CROSS_VALUE,
    DECODER_FILE,
    EMBEDDING,
    ENCODER_FILE,
    OUTPUT_BIAS,
    OUTPUT_WEIGHT,
    PAST_CELL,
    PAST_KEY,
    PAST_VALUE,
    SEARCH_FILE,
    SOURCE_EMBEDDING,
    present_of,
)
from training.graph_builder import value_info
from training.translation.firefox.builder import FirefoxBuilder
from training.translation.firefox.weights import Weights
from training.translation.search_graph import build_search

POSITIONS = 256
_TIMESCALE = 10_000


def positions(width: int) -> NDArray[np.float32]:
    """(POSITIONS, width) float32: sines, then cosines, as in Marian."""
    half = width // 2
    rates = np.exp(np.arange(half) * -(math.log(_TIMESCALE) / (half - 1)))
    angles = np.arange(POSITIONS)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def build_encoder(model: Weights, rows: int, *, int8: bool) -> onnx.ModelProto:
    """The encoder: (B, T) ids and (B,) lengths to keys and values of every decoder layer.

    Each output is (B, T, H) float32.

    Args:
        model: its weights.
        rows: of the table of embeddings.
        int8: whether products are of the model's own int8 values, else of what they stand for.
    """
    g = FirefoxBuilder.of(model, int8=int8)
    shape = model.architecture
    table = EMBEDDING if shape.one_vocabulary else SOURCE_EMBEDDING
    states = g.embed("input_ids", table, model.source_table, rows)
    if shape.one_vocabulary:
        order = g.constant("channel_order", model.source_order.astype(np.int64))
        states = g.node("Gather", [states, order], "ordered", axis=-1)
    known = g.constant("positions", positions(shape.width)[:, model.encoder_order])
    g.constant("zero", np.array([0]))
    g.constant("first_axis", np.array([0]))
    g.node("Shape", ["input_ids"], "length", start=1, end=2)
    g.node("Slice", [known, "zero", "length", "first_axis"], "position_rows")
    states = g.node("Add", [states, "position_rows"], "states")
    for number in range(1, shape.encoder_layers + 1):
        prefix = f"encoder_l{number}"
        parts = g.attention_inputs(states, f"{prefix}_self", "qkv")
        context = g.attention(parts, "lengths", shape.heads, f"{prefix}.context")
        mixed = g.linear(context, f"{prefix}_self_Wo", f"{prefix}_self_bo")
        states = g.close(mixed, states, f"{prefix}_self_Wo")
        states = g.feed_forward(states, f"{prefix}_ffn")
    outputs = _cross_attention_inputs(g, states)
    return g.model(
        [
            value_info("input_ids", TensorProto.INT64, ["batch", "source"]),
            value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [value_info(n, TensorProto.FLOAT, ["batch", "source", shape.width]) for n in outputs],
    )


def _cross_attention_inputs(g: FirefoxBuilder, states: str) -> list[str]:
    layers = range(1, g.network.architecture.decoder_layers + 1)
    parts = [(number, part) for number in layers for part in "kv"]
    names = [f"decoder_l{number}_context_W{part}" for number, part in parts]
    return [
        g.multiply(
            entered,
            name,
            f"decoder_l{number}_context_b{part}",
            (CROSS_KEY if part == "k" else CROSS_VALUE).format(number - 1),
        )
        for entered, name, (number, part) in zip(
            g.entering_all(states, names), names, parts, strict=True
        )
    ]


def build_decoder(model: Weights, rows: int, columns: int | None, *, int8: bool) -> onnx.ModelProto:
    """One step of the decoder: (B, 1) ids and its state to (B, 1, L) logits.

    A row is a beam of one of S sources; ``by_source`` is the shape (S, beams, H) of the beams of a
    source together. What is past is written in place.

    Args:
        model: its weights.
        rows: of the table of embeddings.
        columns: of the output layer, where it is the same for all batches and handed in once; else
            each batch hands in its own.
        int8: as of `build_encoder`.
    """
    g = FirefoxBuilder.of(model, int8=int8)
    shape = model.architecture
    states = g.embed("input_ids", EMBEDDING, model.target_table, rows)
    known = g.constant("positions", positions(shape.width)[:, model.decoder_order])
    g.node("Gather", [known, "position"], "position_row")
    states = g.node("Add", [states, "position_row"], "states")
    for number in range(shape.decoder_layers):
        prefix = f"decoder_l{number + 1}"
        past = _recurrence if shape.cell == "ssru" else _self_attention
        states = past(g, states, prefix, number)
        states = _cross_attention(g, states, prefix, number)
        states = g.feed_forward(states, f"{prefix}_ffn")
    given = _output_layer(g, states, columns)
    caches = _caches(model)
    cross = [n.format(i) for i in range(shape.decoder_layers) for n in (CROSS_KEY, CROSS_VALUE)]
    return g.model(
        [
            value_info("input_ids", TensorProto.INT64, ["batch", 1]),
            value_info("position", TensorProto.INT32, [1]),
            value_info("lengths", TensorProto.INT64, ["sources"]),
            value_info("by_source", TensorProto.INT64, [3]),
            *_beam_inputs(model),
            *[value_info(name, TensorProto.FLOAT, dims) for name, dims in caches.items()],
            *[
                value_info(name, TensorProto.FLOAT, ["sources", "source", shape.width])
                for name in cross
            ],
            *given,
        ],
        [
            value_info("logits", TensorProto.FLOAT, ["batch", 1, columns or "columns"]),
            *[value_info(present_of(n), TensorProto.FLOAT, dims) for n, dims in caches.items()],
        ],
    )


def _caches(model: Weights) -> dict[str, list[str | int]]:
    """What a hypothesis has been through, by the names of the inputs."""
    shape = model.architecture
    layers = range(shape.decoder_layers)
    if shape.cell == "ssru":
        return {PAST_CELL.format(number): ["batch", 1, shape.width] for number in layers}
    dims: list[str | int] = ["batch", shape.heads, "target", shape.width // shape.heads]
    return {name.format(number): dims for number in layers for name in (PAST_KEY, PAST_VALUE)}


def _beam_inputs(model: Weights) -> list[onnx.ValueInfoProto]:
    """What attention over the caches of several beams takes more."""
    if model.architecture.cell == "ssru":
        return []
    return [
        value_info("beam_width", TensorProto.INT32, [1]),
        value_info("cache_indirection", TensorProto.INT32, ["sources", "beams", "target"]),
    ]


def _recurrence(g: FirefoxBuilder, states: str, prefix: str, number: int) -> str:
    """F = sigmoid(x Wf + bf); c = f c + (1 - f) x W; relu(c)."""
    cell = PAST_CELL.format(number)
    names = [f"{prefix}_rnn_Wf", f"{prefix}_rnn_W"]
    gate_in, value_in = g.entering_all(states, names)
    opened = g.multiply(gate_in, names[0], f"{prefix}_rnn_bf", f"{prefix}.gate_sum")
    gate = g.node("Sigmoid", [opened], f"{prefix}.gate")
    value = g.multiply(value_in, names[1], "", f"{prefix}.value")
    g.node("Sub", [cell, value], f"{prefix}.difference")
    g.node("Mul", [gate, f"{prefix}.difference"], f"{prefix}.kept")
    # The last to read the old cell has run before this writes the new one over it.
    new = g.node("Add", [f"{prefix}.kept", value], present_of(cell))
    out = g.node("Relu", [new], f"{prefix}.recalled")
    return g.close(out, states, f"{prefix}_rnn_ffn")


def _self_attention(g: FirefoxBuilder, states: str, prefix: str, number: int) -> str:
    """Each row over its own past, whose caches it extends."""
    parts = g.attention_inputs(states, f"{prefix}_self", "qkv")
    caches = [name.format(number) for name in (PAST_KEY, PAST_VALUE)]
    context = f"{prefix}.context"
    g.node(
        "DecoderMaskedMultiHeadAttention",
        [*parts, "", "", *caches, "position", "beam_width", "cache_indirection"],
        [context, *map(present_of, caches)],
        num_heads=g.network.architecture.heads,
        past_present_share_buffer=1,
    )
    mixed = g.linear(context, f"{prefix}_self_Wo", f"{prefix}_self_bo")
    return g.close(mixed, states, f"{prefix}_self_Wo")


def _cross_attention(g: FirefoxBuilder, states: str, prefix: str, number: int) -> str:
    """The beams of a source together, over what its encoder gave."""
    shape = g.network.architecture
    cross = [name.format(number) for name in (CROSS_KEY, CROSS_VALUE)]
    (query,) = g.attention_inputs(states, f"{prefix}_context", "q")
    query = g.node("Reshape", [query, "by_source"], f"{prefix}.queries")
    context = g.attention([query, *cross], "lengths", shape.heads, f"{prefix}.cross_context")
    dims = g.constant("rows_shape", np.array([-1, 1, shape.width]))
    context = g.node("Reshape", [context, dims], f"{prefix}.cross_rows")
    mixed = g.linear(context, f"{prefix}_context_Wo", f"{prefix}_context_bo")
    return g.close(mixed, states, f"{prefix}_context_Wo")


def _output_layer(g: FirefoxBuilder, states: str, columns: int | None) -> list[onnx.ValueInfoProto]:
    """Logits over the columns that serving hands in; the inputs that it needs for that."""
    int8 = g.ranges is not None
    data_type, width = TensorProto.INT8 if int8 else TensorProto.FLOAT, g.network.architecture.width
    given = []
    if columns:
        g.external(OUTPUT_WEIGHT, data_type, (width, columns))
        g.external(OUTPUT_BIAS, TensorProto.FLOAT, (columns,))
    else:
        given = [
            value_info(OUTPUT_WEIGHT, data_type, [width, "columns"]),
            value_info(OUTPUT_BIAS, TensorProto.FLOAT, ["columns"]),
        ]
    if not int8:
        g.node("MatMul", [states, OUTPUT_WEIGHT], "products")
        g.node("Add", ["products", OUTPUT_BIAS], "logits")
        return given
    values, scale, zero = g.enter(states, g.network.output_multiplier, "output")
    table = g.network.target_table
    column_scale = g.constant("output.scale", np.array(1 / table.multiplier, np.float32))
    inputs = [values, OUTPUT_WEIGHT, scale, column_scale, zero, "", OUTPUT_BIAS]
    g.node("MatMulIntegerToFloat", inputs, "logits")
    return given


def write_graphs(
    model: Weights, rows: tuple[int, int], columns: int | None, folder: Path, *, int8: bool
) -> None:
    """Write encoder, decoder and search.

    Args:
        model: its weights.
        rows: of the source's and the target's table of embeddings.
        columns: as of `build_decoder`.
        folder: where to.
        int8: as of `build_encoder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(build_encoder(model, rows[0], int8=int8), folder / ENCODER_FILE)
    onnx.save(build_decoder(model, rows[1], columns, int8=int8), folder / DECODER_FILE)
    onnx.save(build_search(), folder / SEARCH_FILE)
