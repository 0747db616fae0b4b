"""fp32 to int8, by the fastest scheme that keeps decisions.

Embeddings are int8 with one scale per row, and outlier channels of activations are smoothed into
the weights. The matrix products are quantized in one of two ways:

- node by node (`training.intent.graph`): signed 7-bit weights per output channel, rounded to
  their inputs (`training.intent.rounding`), uint8 activations with a fixed scale behind norms and
  a scale for each token elsewhere. Without VNNI (much of x86 Lambda) pairs of 8-bit products are
  added in 16 bits, which saturate on full-range weights and silently change logits; with 7-bit
  weights the largest pair sum is 2 * 255 * 63 = 32,130 < 32,768.
- in blocks: 8-bit weights and activations with a scale for each block of channels of each token
  (MatMulNBits at accuracy level 4) of the traced graph. Slower and more faithful.

Where neither passes the gate, products stay in fp32 and the card says so.

With any, a text's logits do not depend on which others are in its batch. The pipeline takes the
first of `SCHEMES` that passes its gate.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from tokenizers import Tokenizer

from training.intent import graph
from training.intent.batches import encode
from training.intent.export import Graph
from training.intent.inputs import layer_inputs
from training.intent.model import BertIntentClassifier
from training.intent.numbers import numbers_of

QUANTIZED_OPS = ["MatMul"]
EMBEDDING_MIN_ROWS = 2_000
INT8_COMPUTE = 4  # MatMulNBits' accuracy_level for int8 activations
BLOCK_SIZE = 64  # channels that share a scale
CALIBRATION_TEXTS = 1_400


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to quantize the matrix products.

    Attributes:
        name: which.
        smoothing: share of the activations' range moved into the weights.
    """

    name: Literal["tokens", "blocks", "exact"]
    smoothing: float


# The last leaves products in fp32: larger and slower, it never ends a good training with nothing.
SCHEMES = (
    Scheme("tokens", smoothing=0.72),
    Scheme("blocks", smoothing=0.6),
    Scheme("exact", smoothing=0.0),
)

Maxima = dict[str, NDArray[np.float32]]


def _initializers(model: onnx.ModelProto) -> dict[str, TensorProto]:
    return {tensor.name: tensor for tensor in model.graph.initializer}


def quantize_embedding_rows(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large lookup tables as int8 with one scale per row (a token's own range)."""
    model = copy.deepcopy(model)
    graph = model.graph
    tables = _initializers(model)
    for node in list(graph.node):
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or len(table.dims) != 2 or table.dims[0] < EMBEDDING_MIN_ROWS:
            continue
        weights = numpy_helper.to_array(table)  # (V, H)
        scale = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / 127, 1e-12)  # (V, 1)
        quantized, scales = f"{table.name}_int8", f"{table.name}_scale"
        graph.initializer.remove(table)
        graph.initializer.append(
            numpy_helper.from_array(np.round(weights / scale).astype(np.int8), quantized)
        )
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), scales))
        ids, out = node.input[1], node.output[0]
        position = list(graph.node).index(node)
        graph.node.remove(node)
        for new in reversed(
            (
                helper.make_node("Gather", [quantized, ids], [f"{out}_int8"]),
                helper.make_node("Cast", [f"{out}_int8"], [f"{out}_float"], to=TensorProto.FLOAT),
                helper.make_node("Gather", [scales, ids], [f"{out}_scale"]),
                helper.make_node("Mul", [f"{out}_float", f"{out}_scale"], [out]),
            )
        ):
            graph.node.insert(position, new)
    return model


def keep_positions(model: onnx.ModelProto, count: int) -> onnx.ModelProto:
    """The graph with the embeddings of the first ``count`` positions alone."""
    model = copy.deepcopy(model)
    for name, table in _initializers(model).items():
        if name.endswith("position_embeddings.weight"):
            rows = numpy_helper.to_array(table)[:count]  # (T, H)
            table.CopyFrom(numpy_helper.from_array(rows, name))
    return model


def _weighted_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """Nodes that multiply an activation with a constant matrix."""
    constants = _initializers(model)
    return [
        node
        for node in model.graph.node
        if node.op_type in QUANTIZED_OPS and node.input[1] in constants
    ]


def activation_maxima(
    model: onnx.ModelProto, texts: Sequence[str], tokenizer: Tokenizer, max_tokens: int
) -> Maxima:
    """Largest absolute value of each channel that enters a matrix product, over ``texts``."""
    probe = copy.deepcopy(model)
    names = sorted({node.input[0] for node in _weighted_nodes(probe)})
    for name in names:
        probe.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    maxima: Maxima = {}
    for _, values in Graph(probe, tokenizer).run(texts, names, max_tokens):
        for name, value in zip(names, values, strict=True):
            channels = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            maxima[name] = np.maximum(maxima.get(name, np.float32(0)), channels)
    return maxima


def smooth(model: onnx.ModelProto, maxima: Maxima, strength: float) -> onnx.ModelProto:
    """Move outlier channels from activations into weights, leaving every product as it was.

    int8 activations share one scale per run, and a few channels of BERT are ten times larger
    than the rest (SmoothQuant: Xiao et al., 2022, arXiv:2211.10438).
    """
    model = copy.deepcopy(model)
    constants = _initializers(model)
    for node in _weighted_nodes(model):
        weights = numpy_helper.to_array(constants[node.input[1]])  # (in, out)
        reach = np.maximum(np.abs(weights).max(axis=1), 1e-5)  # (in,)
        activation = np.maximum(maxima[node.input[0]], 1e-5)  # (in,)
        scale = activation**strength / reach ** (1 - strength)
        scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
        constants[node.input[1]].CopyFrom(
            numpy_helper.from_array(weights * scale[:, None], node.input[1])
        )
        inverse, smoothed = f"{node.name}_inverse_scale", f"{node.name}_smoothed"
        model.graph.initializer.append(numpy_helper.from_array(1 / scale, inverse))
        multiply = helper.make_node("Mul", [node.input[0], inverse], [smoothed])
        model.graph.node.insert(list(model.graph.node).index(node), multiply)
        node.input[0] = smoothed
    return model


def quantize_blocks(model: onnx.ModelProto) -> onnx.ModelProto:
    """Every product with constant weights in blocks."""
    chosen = {node.name for node in _weighted_nodes(model)}
    quantizer = MatMulNBitsQuantizer(
        model,
        bits=8,
        block_size=BLOCK_SIZE,
        is_symmetric=True,
        accuracy_level=INT8_COMPUTE,
        nodes_to_exclude=[node.name for node in model.graph.node if node.name not in chosen],
    )
    quantizer.process()
    return quantizer.model.model


def quantize(
    model: BertIntentClassifier,
    fp32: onnx.ModelProto,
    texts: Sequence[str],
    tokenizer: Tokenizer,
    max_tokens: int,
    path: Path,
    scheme: Scheme = SCHEMES[0],
) -> None:
    """Write the int8 graph.

    Args:
        model: fp32, on the CPU.
        fp32: its fused graph.
        texts: training texts that stand for what the model will see.
        tokenizer: of the model.
        max_tokens: longest text it takes.
        path: where the int8 graph is written.
        scheme: how.
    """
    sample = list(texts)[:: max(1, len(texts) // CALIBRATION_TEXTS)]
    if scheme.name == "tokens":
        inputs = layer_inputs(model, encode(tokenizer, sample, max_tokens))
        weights = {name: tensor.float().numpy() for name, tensor in model.state_dict().items()}
        numbers = numbers_of(weights, model.config, inputs, scheme.smoothing, max_tokens)
        onnx.save(graph.build(numbers, graph.Outline.of(model.config)), path)
        return
    compact = quantize_embedding_rows(keep_positions(fp32, max_tokens))
    if scheme.name == "exact":
        onnx.save(compact, path)
        return
    smoothed = smooth(
        compact,
        activation_maxima(fp32, sample, tokenizer, max_tokens),
        scheme.smoothing,
    )
    onnx.save(quantize_blocks(smoothed), path)


def describe(scheme: Scheme) -> dict[str, str | float]:
    """The scheme, as spec.json states it."""
    products = {
        "tokens": "int8 weights per output channel (7 bits used), rounded by GPTQ; uint8 "
        "activations, by fixed scales behind norms and by token elsewhere",
        "blocks": f"int8 weights and activations in blocks of {BLOCK_SIZE}",
        "exact": "fp32: int8 products decided otherwise too often",
    }
    return {
        "products": products[scheme.name],
        "embeddings": "int8 per row",
        "smoothing": scheme.smoothing,
    }
