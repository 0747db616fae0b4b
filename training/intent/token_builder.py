"""Products of an int8 graph over tokens, and what enters them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.graph_builder import Array, GraphBuilder
from training.intent.inputs import Inputs
from training.intent.rounding import round_columns

LARGEST = 127  # of a token's quantized values, on either side of ZERO
ZERO = 128
# Of a tensor whose values lie close above zero or far: most of the 255 steps are for the far.
LOW_ZERO = 32


@dataclass(frozen=True)
class Entered:
    """A tensor on its way into products.

    Attributes:
        values: uint8 (B, T, K).
        scale: of all tokens, ().
        token_scale: of each token beside that, (B, T, 1), if any.
        smoothing: what each channel was divided by, (K,).
        layer: the first of the products.
        zero_point: of the values, ().
    """

    values: str
    scale: str
    token_scale: str | None
    smoothing: Array
    layer: str
    zero_point: str = "zero_point"


class TokenBuilder(GraphBuilder):
    """Nodes and initializers of a graph whose activations are (B, T, K).

    Args:
        weights: the torch state dict as arrays.
        epsilon: of the norms.
        inputs: from `layer_inputs`.
        smoothing: share of the activations' range moved into the weights.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        epsilon: float,
        inputs: Mapping[str, Inputs],
        smoothing: float,
    ) -> None:
        super().__init__(weights, None, epsilon=epsilon)
        self.inputs, self.smoothing = inputs, smoothing
        self.constant("last", np.array([-1]))
        self.constant("step", np.array(1 / LARGEST, np.float32))
        self.constant("one", np.array(1, np.float32))
        self.constant("zero_point", np.array(ZERO, np.uint8))
        self.constant("low_step", np.array(1 / (255 - LOW_ZERO), np.float32))
        self.constant("low_zero_point", np.array(LOW_ZERO, np.uint8))

    def enter_normed(self, source: str, layers: Sequence[str]) -> Entered:
        """Quantize what comes from a norm, (B, T, K), by one fixed scale.

        Args:
            source: the tensor; its tokens are alike.
            layers: the products that take it.
        """
        name, smoothing = f"{layers[0]}.in", self.smoothing_of(layers)
        self.constant(f"{name}_smoothing", 1 / smoothing)
        smoothed = self.node("Mul", [source, f"{name}_smoothing"], f"{name}_smoothed")
        largest = float(np.max(self.inputs[layers[0]].maxima / smoothing))
        scale = self.constant(f"{name}_scale", np.array(largest / LARGEST, np.float32))
        inputs = [smoothed, scale, "zero_point"]
        values = self.node("QuantizeLinear", inputs, name)
        return Entered(values, scale, None, smoothing, layers[0])

    def enter_by_token(
        self,
        source: str,
        layer: str,
        smoothing: Array | None = None,
        least: float | None = None,
    ) -> Entered:
        """Quantize a tensor (B, T, K), each token by its own scale.

        Args:
            source: the tensor.
            layer: the product that takes it.
            smoothing: what it was divided by before, if it was.
            least: a bound that no value is below, if there is one close to zero.
        """
        name = f"{layer}.in"
        size = self.weights[f"{layer}.weight"].shape[1]
        low = "" if least is None else "low_"
        sizes = source if low else self.node("Abs", [source], f"{name}_sizes")
        largest = self.node("ReduceMax", [sizes, "last"], f"{name}_largest", keepdims=1)
        if least is not None:
            span = -least * (255 - LOW_ZERO) / LOW_ZERO
            bound = self.constant("bound", np.array(span, np.float32))
            largest = self.node("Max", [largest, bound], f"{name}_bounded")
        # A token of zeros has the scale 0: whatever its values become, the products are 0 again.
        self.node("Mul", [largest, f"{low}step"], f"{name}_scale")  # (B, T, 1)
        inputs = [source, f"{name}_scale", f"{low}zero_points"]
        values = self.node("QuantizeLinear", inputs, name, axis=-1, block_size=size)
        if smoothing is None:
            smoothing = np.ones(size, np.float32)
        scale = f"{name}_scale"
        return Entered(values, "one", scale, smoothing, layer, f"{low}zero_point")

    def smoothing_of(self, layers: Sequence[str]) -> Array:
        """What each channel is divided by, (K,) (SmoothQuant: Xiao et al., arXiv:2211.10438)."""
        activation = np.maximum(self.inputs[layers[0]].maxima, 1e-5)
        sizes = [np.abs(self.weights[f"{layer}.weight"]).max(axis=0) for layer in layers]
        weight = np.maximum(np.max(sizes, axis=0), 1e-5)
        scale = activation**self.smoothing / weight ** (1 - self.smoothing)
        return (scale / np.exp(np.log(scale).mean())).astype(np.float32)

    def product(self, entered: Entered, layer: str, divided_by: Array | None = None) -> str:
        """A linear layer without its bias, (B, T, M) float32.

        Args:
            entered: what it takes.
            layer: its name.
            divided_by: what each channel of the result is to be divided by, (M,).
        """
        weight = self.weights[f"{layer}.weight"].T * entered.smoothing[:, None]  # (K, M)
        weight = weight if divided_by is None else weight / divided_by
        moments = self.inputs[entered.layer].moments
        moments = moments / np.outer(entered.smoothing, entered.smoothing)
        quantized, scale = round_columns(weight, moments)
        self.constant(f"{layer}.weight", quantized)
        self.constant(f"{layer}.weight_scale", scale)
        scales = [entered.scale, f"{layer}.weight_scale"]
        inputs = [entered.values, f"{layer}.weight", *scales, entered.zero_point]
        product = self.node("MatMulIntegerToFloat", inputs, f"{layer}.product")
        if entered.token_scale is None:
            return str(product)
        return str(self.node("Mul", [product, entered.token_scale], f"{layer}.scaled"))

    def bias(self, layer: str, more: Array | None = None) -> str:
        """A layer's bias, and what is to be added beside it, (M,)."""
        bias = self.weights[f"{layer}.bias"]
        return self.constant(f"{layer}.bias", bias if more is None else bias + more)

    def linear(self, entered: Entered, layer: str, more: Array | None = None) -> str:
        """A linear layer, (B, T, M) float32."""
        return str(
            self.node("Add", [self.product(entered, layer), self.bias(layer, more)], f"{layer}.out")
        )
