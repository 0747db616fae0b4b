"""Parts of a Firefox model's graphs, of its own int8 weights and scales, or of what they stand for.

An activation is rounded with the multiplier that the model carries for it. Firefox holds it as a
signed byte; here 127 is added, as intgemm does, since products take unsigned ones. What enters the
second product of a feed-forward block is never below zero where the activation is ReLU: its zero is
0, rounding cuts off what is negative, and the range of a signed byte gets all 255 steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto

from training.graph_builder import GraphBuilder
from training.translation.firefox.binary import Quantized
from training.translation.firefox.weights import Weights

EPSILON = 1e-9  # of the norms, as in Marian
ZERO = 127

Entered = tuple[str, ...]  # a tensor, or its uint8 values with scale and zero point


@dataclass
class FirefoxBuilder(GraphBuilder):
    """Nodes and initializers of one graph.

    Attributes:
        network: its weights; `ranges` only tells int8 (empty) from fp32 (None).
    """

    name = "firefox"
    epsilon: float = EPSILON
    network: Weights = field(kw_only=True)

    @classmethod
    def of(cls, model: Weights, *, int8: bool) -> "FirefoxBuilder":
        return cls({}, {} if int8 else None, network=model)

    def enter(self, source: str, multiplier: float, name: str, zero: int = ZERO) -> Entered:
        """What a product takes of a tensor.

        Args:
            source: the tensor, float32.
            multiplier: of its entries before they are rounded.
            name: of what is added to the graph.
            zero: what 0 becomes.
        """
        if self.ranges is None:
            return (source,)
        scale = self.constant(f"{name}.in_scale", np.array(1 / multiplier, np.float32))
        point = self.constant(f"{name}.in_zero", np.array(zero, np.uint8))
        return self.node("QuantizeLinear", [source, scale, point], f"{name}.in"), scale, point

    def entering_all(self, source: str, names: Sequence[str]) -> list[Entered]:
        """What each of several products takes of one tensor, which is rounded once if it can be."""
        multipliers = [self.network.input_multiplier(name) for name in names]
        found: dict[float, Entered] = {}
        for name, multiplier in zip(names, multipliers, strict=True):
            if multiplier not in found:
                found[multiplier] = self.enter(source, multiplier, name)
        return [found[multiplier] for multiplier in multipliers]

    def multiply(self, entered: Entered, weight: str, bias: str, out: str) -> str:
        """The product with a matrix of the model, plus a vector of it (none where empty)."""
        matrix = self.network.quantized(weight)
        if bias:
            self.constant(bias, self.network.vector(bias))
        if self.ranges is None:
            self.constant(weight, matrix.exact())
            product = f"{out}.product" if bias else out
            self.node("MatMul", [*entered, weight], product)
            return str(self.node("Add", [product, bias], out)) if bias else out
        values, scale, zero = entered
        self.constant(weight, matrix.values)
        inputs = [values, weight, scale, self._scale_of(weight, matrix), zero, "", bias]
        return str(self.node("MatMulIntegerToFloat", inputs if bias else inputs[:5], out))

    def _scale_of(self, name: str, matrix: Quantized) -> str:
        return self.constant(f"{name}.scale", np.array(1 / matrix.multiplier, np.float32))

    def linear(self, source: str, weight: str, bias: str) -> str:
        """The same on a tensor that only this product takes."""
        entered = self.enter(source, self.network.input_multiplier(weight), weight)
        return self.multiply(entered, weight, bias, f"{weight}.out")

    def attention_inputs(self, source: str, prefix: str, parts: str) -> list[str]:
        """Queries, keys or values, of the letters in ``parts``."""
        names = [f"{prefix}_W{part}" for part in parts]
        return [
            self.multiply(entered, name, f"{prefix}_b{part}", f"{name}.out")
            for entered, name, part in zip(
                self.entering_all(source, names), names, parts, strict=True
            )
        ]

    def close(self, source: str, skip: str, prefix: str) -> str:
        """The sum with what was there before, and its norm."""
        total = self.node("Add", [source, skip], f"{prefix}.sum")
        scale, bias = f"{prefix}_ln_scale", f"{prefix}_ln_bias"
        for name in (scale, bias):
            self.constant(name, self.network.vector(name))
        norm = self.node(
            "LayerNormalization",
            [total, scale, bias],
            f"{prefix}.normed",
            axis=-1,
            epsilon=self.epsilon,
        )
        return str(norm)

    def feed_forward(self, source: str, prefix: str) -> str:
        """Both products of the block with its activation, residual and norm."""
        activation = self.network.architecture.activation
        hidden = self.linear(source, f"{prefix}_W1", f"{prefix}_b1")
        zero, finer = ZERO, 1
        if activation == "swish":
            hidden = self.node("QuickGelu", [hidden], f"{prefix}.active", alpha=1.0)
        elif activation == "gelu":
            hidden = self.node("Gelu", [hidden], f"{prefix}.active")
        elif self.ranges is None:
            hidden = self.node("Relu", [hidden], f"{prefix}.active")
        else:
            zero, finer = 0, 2  # no negative values: the same range in twice as many steps
        name = f"{prefix}_W2"
        entered = self.enter(hidden, self.network.input_multiplier(name) * finer, name, zero)
        narrow = self.multiply(entered, name, f"{prefix}_b2", f"{name}.out")
        return self.close(narrow, source, f"{prefix}_ffn")

    def embed(self, ids: str, table: str, matrix: Quantized, rows: int) -> str:
        """Embeddings of ``ids`` times sqrt(H), from a table that serving hands in."""
        width = self.network.architecture.width
        data_type = TensorProto.FLOAT if self.ranges is None else TensorProto.INT8
        self.external(table, data_type, (rows, width))
        found = self.node("Gather", [table, ids], "rows")
        factor = float(np.sqrt(width))
        if self.ranges is not None:
            found = self.node("Cast", [found], "rows_float", to=TensorProto.FLOAT)
            factor /= matrix.multiplier
        scale = self.constant("embedding_factor", np.array(factor, np.float32))
        return str(self.node("Mul", [found, scale], "embedded"))
