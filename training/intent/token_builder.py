"""Products of an int8 graph over tokens, and what enters them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.graph_builder import Array, GraphBuilder
from training.intent.numbers import LARGEST, LEAST_GELU, LOW_ZERO, ZERO


@dataclass(frozen=True)
class Entered:
    """A tensor on its way into products.

    Attributes:
        values: uint8 (B, T, K).
        scale: of all tokens, ().
        token_scale: of each token beside that, (B, T, 1), if any.
        zero_point: of the values, ().
    """

    values: str
    scale: str
    token_scale: str | None = None
    zero_point: str = "zero_point"


class TokenBuilder(GraphBuilder):
    """Nodes and initializers of a graph whose activations are (B, T, K).

    Args:
        numbers: its constants by name, as `training.intent.numbers` makes them.
        epsilon: of the norms.
    """

    def __init__(self, numbers: Mapping[str, Array], epsilon: float) -> None:
        super().__init__(numbers, None, epsilon=epsilon)
        self.constant("last", np.array([-1]))
        self.constant("step", np.array(1 / LARGEST, np.float32))
        self.constant("one", np.array(1, np.float32))
        self.constant("zero_point", np.array(ZERO, np.uint8))
        self.constant("low_step", np.array(1 / (255 - LOW_ZERO), np.float32))
        self.constant("low_zero_point", np.array(LOW_ZERO, np.uint8))
        bound = -LEAST_GELU * (255 - LOW_ZERO) / LOW_ZERO
        self.constant("bound", np.array(bound, np.float32))

    def number(self, name: str) -> str:
        """One of the numbers as a constant of the graph."""
        return self.constant(name, self.weights[name])

    def enter_normed(self, source: str, layer: str) -> Entered:
        """Quantize what comes from a norm, (B, T, K), by one fixed scale.

        Args:
            source: the tensor; its tokens are alike.
            layer: the first of the products that take it.
        """
        name = f"{layer}.in"
        smoothing, scale = self.number(f"{name}_smoothing"), self.number(f"{name}_scale")
        smoothed = self.node("Mul", [source, smoothing], f"{name}_smoothed")
        return Entered(self.node("QuantizeLinear", [smoothed, scale, "zero_point"], name), scale)

    def enter_by_token(self, source: str, layer: str, *, behind_gelu: bool = False) -> Entered:
        """Quantize a tensor (B, T, K), each token by its own scale.

        Args:
            source: the tensor.
            layer: the product that takes it.
            behind_gelu: whether no value is far below zero.
        """
        name = f"{layer}.in"
        low = "low_" if behind_gelu else ""
        sizes = source if low else self.node("Abs", [source], f"{name}_sizes")
        largest = self.node("ReduceMax", [sizes, "last"], f"{name}_largest", keepdims=1)
        if low:
            largest = self.node("Max", [largest, "bound"], f"{name}_bounded")
        # A token of zeros has the scale 0: whatever its values become, the products are 0 again.
        scale = self.node("Mul", [largest, f"{low}step"], f"{name}_scale")  # (B, T, 1)
        size = len(self.weights[f"{layer}.weight"])
        inputs = [source, scale, f"{low}zero_points"]
        values = self.node("QuantizeLinear", inputs, name, axis=-1, block_size=size)
        return Entered(values, "one", scale, f"{low}zero_point")

    def product(self, entered: Entered, layer: str, bias: Sequence[str] = ()) -> str:
        """A linear layer on quantized values, (B, T, M) float32.

        Args:
            entered: what it takes.
            layer: its name.
            bias: the constant that is added in the same node, where tokens have no scales.
        """
        scales = [entered.scale, self.number(f"{layer}.weight_scale")]
        inputs = [entered.values, self.number(f"{layer}.weight"), *scales, entered.zero_point]
        inputs += ["", *bias] if bias else []
        product = self.node("MatMulIntegerToFloat", inputs, f"{layer}.product")
        if entered.token_scale is None:
            return str(product)
        return str(self.node("Mul", [product, entered.token_scale], f"{layer}.scaled"))

    def linear(self, entered: Entered, layer: str) -> str:
        """A linear layer with its bias, (B, T, M) float32."""
        bias = self.number(f"{layer}.bias")
        if entered.token_scale is None:
            return self.product(entered, layer, [bias])
        return str(self.node("Add", [self.product(entered, layer), bias], f"{layer}.out"))
