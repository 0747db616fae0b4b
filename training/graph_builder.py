"""Building an ONNX graph node by node, in fp32 or in int8."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 24
IR_VERSION = 11
CONTRIB = "com.microsoft"
WEIGHT_MAX = 63  # signed 7-bit: see training/intent/quantize.py

Array = NDArray[Any]
Ranges = Mapping[str, tuple[float, float]]


@dataclass
class GraphBuilder:
    """Nodes and initializers of one graph.

    Attributes:
        weights: the torch state dict as arrays.
        ranges: least and greatest value that enters each product, by the name of its layer; None
            builds fp32.
        exact: layers whose products stay fp32 in an int8 graph.
        dynamic: layers for which the scale of what enters is found anew at each run.
        factors: by layer, what each channel (K,) that enters is multiplied by before it is
            rounded, and its weights divided by.
        apart: by layer, the channels (C,) of what enters that a product of fp32 takes, so that
            they need not share the others' steps of int8.
        epsilon: of the norms; torch's own.
    """

    name: ClassVar[str] = "served"  # of the graph
    weights: Mapping[str, Array]
    ranges: Ranges | None
    epsilon: float = 1e-5
    exact: frozenset[str] = frozenset()
    dynamic: frozenset[str] = frozenset()
    factors: Mapping[str, Array] = field(default_factory=dict)
    apart: Mapping[str, Array] = field(default_factory=dict)
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
        domain = attributes.pop("domain", CONTRIB if kind in CONTRIB_KINDS else "")
        self.nodes.append(
            helper.make_node(kind, list(inputs), names, name=names[0], domain=domain, **attributes)
        )
        return outputs

    def is_exact(self, layer: str) -> bool:
        """Whether the product of this layer is one of fp32."""
        return self.ranges is None or layer in self.exact

    def quantize(self, source: str, layer: str) -> tuple[str, ...]:
        """uint8 values, scale and zero point of the tensor that enters ``layer``."""
        assert self.ranges is not None
        names = f"{layer}.in_scale", f"{layer}.in_zero"
        if layer in self.factors:
            factors = self.constant(f"{layer}.smoothing", self.factors[layer])
            source = self.node("Mul", [source, factors], f"{layer}.smoothed")
        if layer in self.dynamic:
            outputs = [f"{layer}.in", *names]
            return tuple(self.node("DynamicQuantizeLinear", [source], outputs))
        low, high = self.ranges[layer]
        scale = max((high - low) / 255, 1e-8)
        zero = int(np.clip(round(-low / scale), 0, 255))
        self.constant(names[0], np.array(scale, np.float32))
        self.constant(names[1], np.array(zero, np.uint8))
        return self.node("QuantizeLinear", [source, *names], f"{layer}.in"), *names

    def entering(self, source: str, layer: str) -> tuple[str, ...]:
        """What a product takes: the tensor, or its uint8 values with scale and zero point.

        Where channels are apart, these follow: their values, and the name of their numbers.
        """
        if self.is_exact(layer):
            return (source,)
        entered = self.quantize(source, layer)
        if layer not in self.apart:
            return entered
        numbers = self.constant(f"{layer}.channels", self.apart[layer].astype(np.int64))
        taken = self.node("Gather", [source, numbers], f"{layer}.taken", axis=-1)
        return (*entered, taken, layer)

    def layer(self, entered: Sequence[str], layer: str, out: str) -> str:
        """One of torch's linear layers.

        Args:
            entered: what `entering` gave for a tensor (..., K) float32.
            layer: its name.
            out: name of the result, (..., N) float32.
        """
        weight, bias = f"{layer}.weight", f"{layer}.bias"
        self.constant(bias, self.weights[bias].astype(np.float32))
        turned = self.weights[weight].T  # (K, N)
        if len(entered) == 1:
            self.constant(weight, turned.astype(np.float32))
            self.node("MatMul", [*entered, weight], f"{out}.product")
            return str(self.node("Add", [f"{out}.product", bias], out))
        values, scale, zero, *taken = entered
        added: list[str] = []
        if taken:
            channels = self.apart[taken[1]]
            exact = self.constant(f"{layer}.apart", turned[channels].astype(np.float32))
            added = [self.node("MatMul", [taken[0], exact], f"{out}.apart")]
            turned = turned.copy()
            turned[channels] = 0  # whatever their uint8 values are
        if layer in self.factors:
            turned = turned / self.factors[layer].astype(np.float64)[:, None]
        quantized, weight_scale = quantize_columns(turned)
        self.constant(weight, quantized)
        self.constant(f"{weight}_scale", weight_scale)
        inputs = [values, weight, scale, f"{weight}_scale", zero, "", bias]
        product = self.node("MatMulIntegerToFloat", inputs, f"{out}.rest" if added else out)
        return str(self.node("Add", [product, *added], out) if added else product)

    def projection(self, source: str, layer: str) -> str:
        """One of torch's linear layers on a tensor of its own."""
        return self.layer(self.entering(source, layer), layer, f"{layer}.out")

    def projections(self, source: str, prefix: str, names: Sequence[str]) -> list[str]:
        """Several on the same tensor, of the first one's range.

        One joint product is no faster, and its result would have to be split by copying it.
        """
        entered = self.entering(source, f"{prefix}.{names[0]}")
        layers = [f"{prefix}.{name}" for name in names]
        return [self.layer(entered, layer, f"{layer}.out") for layer in layers]

    def attention(self, parts: Sequence[str], lengths: str, heads: int, out: str) -> str:
        """Queries over keys and values, (B, T, H) each, of which the first ``lengths`` (B,) count.

        `MultiHeadAttention` copies all three to keep heads together, and takes half as long again.
        """
        inputs = [*parts, "", "", "", lengths]
        return str(self.node("Attention", inputs, out, q_num_heads=heads, kv_num_heads=heads))

    def add_and_norm(self, source: str, skip: str, prefix: str, out: str) -> str:
        # Two nodes: the fused SkipLayerNormalization is several times slower on a processor.
        return self.norm(self.node("Add", [source, skip], f"{out}.sum"), prefix, out)

    def norm(self, source: str, prefix: str, out: str) -> str:
        gamma = self.constant(f"{prefix}.weight", self.weights[f"{prefix}.weight"])
        beta = self.constant(f"{prefix}.bias", self.weights[f"{prefix}.bias"])
        inputs = [source, gamma, beta]
        norm = self.node("LayerNormalization", inputs, out, axis=-1, epsilon=self.epsilon)
        return str(norm)

    def model(
        self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.initializers)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


CONTRIB_KINDS = {
    "MatMulIntegerToFloat",
    "DecoderMaskedMultiHeadAttention",
    "QuickGelu",
    "Gelu",
    "FastGelu",
}


def quantize_columns(weight: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(K, N) int8 within ±`WEIGHT_MAX`, and the scale of each column, (N,)."""
    scale = column_scales(weight)
    return np.round(weight / scale).astype(np.int8), scale


def column_scales(weight: Array) -> NDArray[np.float32]:
    """Scale of each column of (K, N), (N,)."""
    scale: Array = np.maximum(np.abs(weight).max(axis=0) / WEIGHT_MAX, 1e-12)
    return scale.astype(np.float32)


def value_info(name: str, data_type: int, shape: Sequence[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, data_type, shape)
