"""Products of an int8 graph over tokens, and what enters them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from training.graph_builder import Array, GraphBuilder, quantize_columns
from training.intent.model import BertIntentClassifier

LARGEST = 127  # of a token's quantized values, on either side of ZERO
ZERO = 128

Maxima = Mapping[str, Array]


def layer_maxima(model: BertIntentClassifier, texts: Sequence[Sequence[int]]) -> dict[str, Array]:
    """Largest absolute value of each channel that enters a linear layer, by the layer's name.

    Args:
        model: fp32, on the CPU.
        texts: token ids; one is run at a time, for padding has no range.
    """
    maxima: dict[str, Array] = {}

    def remember(name: str) -> object:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            values = inputs[0].abs().flatten(0, -2).amax(dim=0).numpy()  # (K,)
            maxima[name] = np.maximum(maxima.get(name, np.float32(0)), values)

        return hook

    hooks = [
        module.register_forward_pre_hook(remember(name))
        for name, module in model.bert.encoder.named_modules(prefix="bert.encoder")
        if isinstance(module, nn.Linear)
    ]
    try:
        with torch.inference_mode():
            for ids in texts:
                row = torch.tensor([list(ids)])
                model(input_ids=row, attention_mask=torch.ones_like(row))
    finally:
        for hook in hooks:
            hook.remove()
    return maxima


@dataclass(frozen=True)
class Entered:
    """A tensor on its way into products.

    Attributes:
        values: uint8 (B, T, K).
        scale: of all tokens, ().
        token_scale: of each token beside that, (B, T, 1), if any.
        smoothing: what each channel was divided by, (K,).
    """

    values: str
    scale: str
    token_scale: str | None
    smoothing: Array


class TokenBuilder(GraphBuilder):
    """Nodes and initializers of a graph whose activations are (B, T, K).

    Args:
        weights: the torch state dict as arrays.
        epsilon: of the norms.
        maxima: from `layer_maxima`.
        smoothing: share of the activations' range moved into the weights.
    """

    def __init__(
        self, weights: Mapping[str, Array], epsilon: float, maxima: Maxima, smoothing: float
    ) -> None:
        super().__init__(weights, None, epsilon=epsilon)
        self.maxima, self.smoothing = maxima, smoothing
        self.constant("last", np.array([-1]))
        self.constant("step", np.array(1 / LARGEST, np.float32))
        self.constant("one", np.array(1, np.float32))
        self.constant("zero_point", np.array(ZERO, np.uint8))

    def enter_normed(self, source: str, layers: Sequence[str]) -> Entered:
        """Quantize what comes from a norm, (B, T, K), by one fixed scale.

        Args:
            source: the tensor; its tokens are alike.
            layers: the products that take it.
        """
        name, smoothing = f"{layers[0]}.in", self.smoothing_of(layers)
        self.constant(f"{name}_smoothing", 1 / smoothing)
        smoothed = self.node("Mul", [source, f"{name}_smoothing"], f"{name}_smoothed")
        largest = float(np.max(self.maxima[layers[0]] / smoothing))
        scale = self.constant(f"{name}_scale", np.array(largest / LARGEST, np.float32))
        inputs = [smoothed, scale, "zero_point"]
        return Entered(self.node("QuantizeLinear", inputs, name), scale, None, smoothing)

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
        sizes = source if least is not None else self.node("Abs", [source], f"{name}_sizes")
        largest = self.node("ReduceMax", [sizes, "last"], f"{name}_largest", keepdims=1)
        if least is not None:
            bound = self.constant("bound", np.array(-least, np.float32))
            largest = self.node("Max", [largest, bound], f"{name}_bounded")
        # A token of zeros has the scale 0: whatever its values become, the products are 0 again.
        self.node("Mul", [largest, "step"], f"{name}_scale")  # (B, T, 1)
        inputs = [source, f"{name}_scale", "zero_points"]
        values = self.node("QuantizeLinear", inputs, name, axis=-1, block_size=size)
        if smoothing is None:
            smoothing = np.ones(size, np.float32)
        return Entered(values, "one", f"{name}_scale", smoothing)

    def smoothing_of(self, layers: Sequence[str]) -> Array:
        """What each channel is divided by, (K,) (SmoothQuant: Xiao et al., arXiv:2211.10438)."""
        activation = np.maximum(self.maxima[layers[0]], 1e-5)
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
        quantized, scale = quantize_columns(weight if divided_by is None else weight / divided_by)
        self.constant(f"{layer}.weight", quantized)
        self.constant(f"{layer}.weight_scale", scale)
        scales = [entered.scale, f"{layer}.weight_scale"]
        inputs = [entered.values, f"{layer}.weight", *scales, "zero_point"]
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
