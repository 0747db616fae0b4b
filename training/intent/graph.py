"""BERT weights to an int8 graph, built node by node.

A few channels of BERT's hidden state are ten times larger than the rest. `smoothing` moves them
into the weights. What a norm gives is then quantized by one fixed scale, for norms make tokens
alike; attention's context and the feed-forward's hidden state by a scale for each token. So the
logits of a text do not depend on which others are in its batch.

Products take uint8 activations around a zero point of 128 and signed 7-bit weights per output
channel: see `training.intent.quantize`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from training.graph_builder import (
    Array,
    GraphBuilder,
    quantize_columns,
    value_info,
)
from training.intent.model import SCALE, BertIntentClassifier

LARGEST = 127  # of a token's quantized values, on either side of ZERO
ZERO = 128
LEAST_GELU = -0.1701

Maxima = Mapping[str, Array]


def activation_maxima(
    model: BertIntentClassifier, texts: Sequence[Sequence[int]]
) -> dict[str, Array]:
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


class BertBuilder(GraphBuilder):
    """Nodes and initializers of the classifier, whose activations are (B, T, K).

    Args:
        weights: the torch state dict as arrays.
        config: of the model.
        maxima: from `activation_maxima`.
        smoothing: share of the activations' range moved into the weights.
        tokens: most of one text.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        config: Any,
        maxima: Maxima,
        smoothing: float,
        tokens: int,
    ) -> None:
        super().__init__(weights, None, epsilon=config.layer_norm_eps)
        self.config, self.maxima, self.smoothing, self.tokens = config, maxima, smoothing, tokens
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

    def embeddings(self) -> str:
        """Token ids to the first hidden state, (N, H); a token's row has its own int8 scale."""
        prefix = "bert.embeddings"
        table = self.weights[f"{prefix}.word_embeddings.weight"]  # (V, H)
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / LARGEST, 1e-12)  # (V, 1)
        self.constant("embedding", np.round(table / scale).astype(np.int8))
        self.constant("embedding_scale", scale.astype(np.float32))
        self.node("Gather", ["embedding", "input_ids"], "embedding_int8")
        self.node("Cast", ["embedding_int8"], "embedding_float", to=TensorProto.FLOAT)
        self.node("Gather", ["embedding_scale", "input_ids"], "embedding_scales")
        self.node("Mul", ["embedding_float", "embedding_scales"], "embedded")
        # Every message is one segment.
        positions = self.weights[f"{prefix}.position_embeddings.weight"][: self.tokens]
        segment = self.weights[f"{prefix}.token_type_embeddings.weight"][0]
        self.constant("positions", positions + segment)
        self.constant("first", np.array([0]))
        self.node("Shape", ["input_ids"], "width", start=1, end=2)
        self.node("Slice", ["positions", "first", "width", "first"], "position_rows")
        self.node("Add", ["embedded", "position_rows"], "placed")
        return self.norm("placed", f"{prefix}.LayerNorm", "embeddings")

    def of_the_batch(self) -> None:
        """How many tokens each text has, and the zero point of every token."""
        self.constant("second", np.array([1]))
        self.node("ReduceSum", ["attention_mask", "second"], "lengths", keepdims=0)
        self.node("Unsqueeze", ["attention_mask", "last"], "token_mask")  # (B, T, 1)
        self.node("Shape", ["token_mask"], "token_shape")
        zero = helper.make_tensor("value", TensorProto.UINT8, [1], [ZERO])
        self.node("ConstantOfShape", ["token_shape"], "zero_points", value=zero)

    def layer_of(self, states: str, number: int) -> str:
        """One layer of the encoder."""
        prefix = f"bert.encoder.layer.{number}"
        query, key, value = (f"{prefix}.attention.self.{x}" for x in ("query", "key", "value"))
        out = f"{prefix}.attention.output"
        # The weights that make the values smooth the context, which is a mean of them.
        smooth = self.smoothing_of([f"{out}.dense"])
        entered = self.enter_normed(states, [query, key, value])
        # A bias of the keys adds the same to all scores of a query, which softmax ignores; that
        # of the values reaches each context whole, and is added behind the next product.
        parts = [
            self.linear(entered, query),
            self.product(entered, key),
            self.product(entered, value, divided_by=smooth),
        ]
        heads = self.config.num_attention_heads
        context = self.attention(parts, "lengths", heads, f"{prefix}.context")
        carried = self.weights[f"{out}.dense.weight"] @ self.weights[f"{value}.bias"]  # (H,)
        entered = self.enter_by_token(context, f"{out}.dense", smooth)
        mixed = self.linear(entered, f"{out}.dense", carried)
        states = self.add_and_norm(mixed, states, f"{out}.LayerNorm", f"{prefix}.attended")
        wide, narrow = f"{prefix}.intermediate.dense", f"{prefix}.output.dense"
        hidden = self.product(self.enter_normed(states, [wide]), wide)
        # GELU by its tanh: within 0.0005 of the exact one, and a quarter faster.
        active = self.node("FastGelu", [hidden, self.bias(wide)], f"{prefix}.active")
        mixed = self.linear(self.enter_by_token(active, narrow, least=LEAST_GELU), narrow)
        return self.add_and_norm(mixed, states, f"{prefix}.output.LayerNorm", f"{prefix}.out")

    def head(self, states: str) -> None:
        """Mean pooling over a text's tokens, unit length, and the logits (B, C)."""
        self.node("Cast", ["token_mask"], "mask", to=TensorProto.FLOAT)
        self.node("Mul", [states, "mask"], "masked")
        self.node("ReduceSum", ["masked", "second"], "pooled", keepdims=0)
        # Its length goes, so that the sum will do for the mean.
        self.node("LpNormalization", ["pooled"], "embedding_of_text", axis=-1, p=2)
        self.constant("classifier", SCALE * self.weights["classifier.weight"].T)
        self.constant("classifier_bias", self.weights["classifier.bias"])
        self.node("Gemm", ["embedding_of_text", "classifier", "classifier_bias"], "logits")


def supports(model: BertIntentClassifier) -> bool:
    """Whether `build` knows all that this encoder does."""
    config = model.config
    positions = getattr(config, "position_embedding_type", "absolute")
    return config.hidden_act == "gelu" and positions == "absolute"


def build(
    model: BertIntentClassifier, maxima: Maxima, smoothing: float, tokens: int
) -> onnx.ModelProto:
    """The int8 graph: (B, T) int64 ``input_ids`` and ``attention_mask`` to (B, C) ``logits``.

    Args:
        model: fp32, on the CPU, one that it `supports`.
        maxima: from `activation_maxima`.
        smoothing: share of the activations' range moved into the weights.
        tokens: most of one text.
    """
    weights = {name: tensor.float().numpy() for name, tensor in model.state_dict().items()}
    g = BertBuilder(weights, model.config, maxima, smoothing, tokens)
    states = g.embeddings()
    g.of_the_batch()
    for number in range(model.config.num_hidden_layers):
        states = g.layer_of(states, number)
    g.head(states)
    shape = ["batch_size", "sequence_length"]
    return g.model(
        [value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [value_info("logits", TensorProto.FLOAT, ["batch_size", model.config.num_labels])],
    )
