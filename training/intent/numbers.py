"""The constants of the int8 graph, by the names that the graph has them by.

`numbers_of` makes them from fp32 weights, `numbers_in` takes them from a graph that was built
before: so a graph can be built anew when the weights it was made from are gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from training.graph_builder import Array
from training.intent.inputs import Inputs
from training.intent.model import SCALE
from training.intent.rounding import round_columns

LARGEST = 127  # of a token's quantized values, on either side of ZERO
ZERO = 128
# Of a tensor whose values lie close above zero or far: most of the 255 steps are for the far.
LOW_ZERO = 32
LEAST_GELU = -0.1701

Numbers = Mapping[str, Array]


@dataclass(frozen=True)
class LayerNames:
    """Names of one encoder layer's parts."""

    number: int

    @property
    def prefix(self) -> str:
        """Of all its parts."""
        return f"bert.encoder.layer.{self.number}"

    @property
    def attention_inputs(self) -> list[str]:
        """The products that make queries, keys and values."""
        return [f"{self.prefix}.attention.self.{part}" for part in ("query", "key", "value")]

    @property
    def attended(self) -> str:
        """What follows attention: a product ``.dense`` and a norm ``.LayerNorm``."""
        return f"{self.prefix}.attention.output"

    @property
    def wide(self) -> str:
        """The product before GELU."""
        return f"{self.prefix}.intermediate.dense"

    @property
    def narrow(self) -> str:
        """The product behind GELU."""
        return f"{self.prefix}.output.dense"

    @property
    def norms(self) -> list[str]:
        """Both norms."""
        return [f"{self.attended}.LayerNorm", f"{self.prefix}.output.LayerNorm"]


class _Rounding:
    """fp32 weights on their way to int8.

    Args:
        weights: the torch state dict as arrays.
        inputs: from `layer_inputs`.
        smoothing: share of the activations' range moved into the weights.
    """

    def __init__(self, weights: Numbers, inputs: Mapping[str, Inputs], smoothing: float) -> None:
        self.weights, self.inputs, self.smoothing = weights, inputs, smoothing
        self.numbers: dict[str, Array] = {}

    def smoothing_of(self, layers: Sequence[str]) -> Array:
        """What each channel is divided by, (K,) (SmoothQuant: Xiao et al., arXiv:2211.10438)."""
        activation = np.maximum(self.inputs[layers[0]].maxima, 1e-5)
        sizes = [np.abs(self.weights[f"{layer}.weight"]).max(axis=0) for layer in layers]
        weight = np.maximum(np.max(sizes, axis=0), 1e-5)
        scale = activation**self.smoothing / weight ** (1 - self.smoothing)
        return (scale / np.exp(np.log(scale).mean())).astype(np.float32)

    def enter_normed(self, layers: Sequence[str]) -> Array:
        """What is fixed of a tensor that comes from a norm and enters ``layers``.

        Returns:
            What each of its channels is divided by, (K,).
        """
        smoothing, name = self.smoothing_of(layers), f"{layers[0]}.in"
        self.numbers[f"{name}_smoothing"] = 1 / smoothing
        largest = float(np.max(self.inputs[layers[0]].maxima / smoothing))
        self.numbers[f"{name}_scale"] = np.array(largest / LARGEST, np.float32)
        return smoothing

    def product(
        self, layer: str, entering: str, smoothing: Array | float = 1, divided_by: Array | float = 1
    ) -> None:
        """Round a linear layer.

        Args:
            layer: its name.
            entering: the layer by whose name its input was recorded.
            smoothing: what each channel of its input was divided by, (K,).
            divided_by: what each channel of the result is to be divided by, (M,).
        """
        turned = self.weights[f"{layer}.weight"].T  # (K, M)
        smoothing = np.broadcast_to(np.asarray(smoothing, np.float32), len(turned))
        moments = self.inputs[entering].moments / np.outer(smoothing, smoothing)
        rounded, scale = round_columns(turned * smoothing[:, None] / divided_by, moments)
        self.numbers |= {f"{layer}.weight": rounded, f"{layer}.weight_scale": scale}

    def keep(self, *names: str) -> None:
        """Take weights as they are."""
        self.numbers |= {name: self.weights[name] for name in names}

    def layer_of(self, names: LayerNames) -> None:
        """One layer of the encoder."""
        query, key, value = names.attention_inputs
        out = f"{names.attended}.dense"
        # The weights that make the values smooth the context, which is a mean of them.
        smooth = self.smoothing_of([out])
        smoothing = self.enter_normed([query, key, value])
        self.product(query, query, smoothing)
        self.product(key, query, smoothing)
        self.product(value, query, smoothing, divided_by=smooth)
        self.product(out, out, smooth)
        # A bias of the keys adds the same to all scores of a query, which softmax ignores; that
        # of the values reaches each context whole, and is added behind the next product.
        carried = self.weights[f"{out}.weight"] @ self.weights[f"{value}.bias"]  # (H,)
        self.numbers[f"{out}.bias"] = self.weights[f"{out}.bias"] + carried
        self.product(names.wide, names.wide, self.enter_normed([names.wide]))
        self.product(names.narrow, names.narrow)
        self.keep(f"{query}.bias", f"{names.wide}.bias", f"{names.narrow}.bias")
        self.keep(*(f"{norm}.{part}" for norm in names.norms for part in ("weight", "bias")))

    def embeddings(self, tokens: int) -> None:
        """The tables of tokens and positions; a token's row has its own int8 scale."""
        prefix = "bert.embeddings"
        table = self.weights[f"{prefix}.word_embeddings.weight"]  # (V, H)
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / LARGEST, 1e-12)  # (V, 1)
        # Every message is one segment.
        positions = self.weights[f"{prefix}.position_embeddings.weight"][:tokens]
        segment = self.weights[f"{prefix}.token_type_embeddings.weight"][0]
        self.numbers |= {
            "embedding": np.round(table / scale).astype(np.int8),
            "embedding_scale": scale.astype(np.float32),
            "positions": positions + segment,
        }
        self.keep(f"{prefix}.LayerNorm.weight", f"{prefix}.LayerNorm.bias")

    def heads(self, config: Any) -> None:
        """Weights (H, C) and biases (C,), with what scales their input worked into them."""
        for layer in ("classifier", *(["denied"] if config.denies else [])):
            weight, bias = self.weights[f"{layer}.weight"].T, self.weights[f"{layer}.bias"]
            if config.centred:
                weight, bias = self._centred(weight, bias, "pooled")
            elif layer == "classifier":  # the other head takes the vector of unit length
                weight = SCALE * weight
            self.numbers |= {f"{layer}_head": weight, f"{layer}_head_bias": bias}
        if config.slots:
            weight, bias = self.weights["token_head.weight"].T, self.weights["token_head.bias"]
            weight, bias = self._centred(weight, bias, "token")
            self.numbers |= {"token_weight": weight, "token_bias": bias}

    def _centred(self, weight: Array, bias: Array, scaled_as: str) -> tuple[Array, Array]:
        mean = self.weights[f"{scaled_as}_mean"]
        weight = weight / self.weights[f"{scaled_as}_deviation"][:, None]
        return weight, bias - mean @ weight


def numbers_of(
    weights: Numbers, config: Any, inputs: Mapping[str, Inputs], smoothing: float, tokens: int
) -> dict[str, Array]:
    """The constants of the graph of fp32 weights.

    Args:
        weights: the torch state dict as arrays.
        config: of the model.
        inputs: from `layer_inputs`.
        smoothing: share of the activations' range moved into the weights.
        tokens: most of one text.
    """
    rounding = _Rounding(weights, inputs, smoothing)
    rounding.embeddings(tokens)
    for number in range(config.num_hidden_layers):
        rounding.layer_of(LayerNames(number))
    rounding.heads(config)
    return rounding.numbers


def numbers_in(graph: onnx.ModelProto) -> dict[str, Array]:
    """The constants of a graph that was built of such."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
