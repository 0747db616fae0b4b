"""BERT weights to an int8 graph, built node by node.

A few channels of BERT's hidden state are ten times larger than the rest. `smoothing` moves them
into the weights. What a norm gives is then quantized by one fixed scale, for norms make tokens
alike; attention's context and the feed-forward's hidden state by a scale for each token. So the
logits of a text do not depend on which others are in its batch.

Products take uint8 activations around a zero point of 128 (32 behind GELU, which has next to
nothing below zero) and signed 7-bit weights per output channel: see `training.intent.quantize`
and `training.intent.rounding`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from training.graph_builder import Array, value_info
from training.intent.inputs import Inputs
from training.intent.model import SCALE, BertIntentClassifier
from training.intent.token_builder import LARGEST, LOW_ZERO, ZERO, TokenBuilder

LEAST_GELU = -0.1701


class BertBuilder(TokenBuilder):
    """Nodes and initializers of the classifier.

    Args:
        weights: the torch state dict as arrays.
        config: of the model.
        inputs: from `layer_inputs`.
        smoothing: share of the activations' range moved into the weights.
        tokens: most of one text.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        config: Any,
        inputs: Mapping[str, Inputs],
        smoothing: float,
        tokens: int,
    ) -> None:
        super().__init__(weights, config.layer_norm_eps, inputs, smoothing)
        self.config, self.tokens = config, tokens

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
        """How many tokens each text has, and the zero points of every token."""
        self.constant("second", np.array([1]))
        self.node("ReduceSum", ["attention_mask", "second"], "lengths", keepdims=0)
        self.node("Unsqueeze", ["attention_mask", "last"], "token_mask")  # (B, T, 1)
        self.node("Shape", ["token_mask"], "token_shape")
        for name, zero in (("zero_points", ZERO), ("low_zero_points", LOW_ZERO)):
            value = helper.make_tensor("value", TensorProto.UINT8, [1], [zero])
            self.node("ConstantOfShape", ["token_shape"], name, value=value)

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

    def heads(self, states: str) -> list[str]:
        """The text's heads on its mean-pooled states, the tokens' on each of them.

        Returns:
            The names of the outputs.
        """
        self.node("Cast", ["token_mask"], "mask", to=TensorProto.FLOAT)
        self.node("Mul", [states, "mask"], "masked")
        self.node("ReduceSum", ["masked", "second"], "pooled", keepdims=0)
        if self.config.centred:
            self.node("ReduceSum", ["mask", "second"], "token_counts", keepdims=0)  # (B, 1)
            text = self.node("Div", ["pooled", "token_counts"], "embedding_of_text")
        else:
            # Its length goes, so that the sum will do for the mean.
            text = self.node("LpNormalization", ["pooled"], "embedding_of_text", axis=-1, p=2)
        names = {"logits": "classifier"} | ({"denied": "denied"} if self.config.denies else {})
        for output, layer in names.items():
            weight, bias = self._head_of(layer, "pooled")
            self.constant(f"{layer}_head", weight)
            self.constant(f"{layer}_head_bias", bias)
            self.node("Gemm", [text, f"{layer}_head", f"{layer}_head_bias"], output)
        if self.config.slots:
            weight, bias = self._head_of("token_head", "token")
            self.constant("token_weight", weight)
            self.constant("token_bias", bias)
            self.node("MatMul", [states, "token_weight"], "token_products")
            self.node("Add", ["token_products", "token_bias"], "tokens")
        return [*names, *(["tokens"] if self.config.slots else [])]

    def _head_of(self, layer: str, scaled_as: str) -> tuple[Array, Array]:
        """A head's weights (H, C) and bias (C,), with what scales its input worked into them."""
        weight = self.weights[f"{layer}.weight"].T  # (H, C)
        bias = self.weights[f"{layer}.bias"]
        if scaled_as == "pooled" and not self.config.centred:
            # The other heads take the vector of unit length.
            return (SCALE if layer == "classifier" else 1) * weight, bias
        mean = self.weights[f"{scaled_as}_mean"]
        weight = weight / self.weights[f"{scaled_as}_deviation"][:, None]
        return weight, bias - mean @ weight


def supports(model: BertIntentClassifier) -> bool:
    """Whether `build` knows all that this encoder does."""
    config = model.config
    positions = getattr(config, "position_embedding_type", "absolute")
    return config.hidden_act == "gelu" and positions == "absolute"


def build(
    model: BertIntentClassifier, inputs: Mapping[str, Inputs], smoothing: float, tokens: int
) -> onnx.ModelProto:
    """The int8 graph: (B, T) int64 ``input_ids`` and ``attention_mask`` to (B, C) ``logits``.

    Where the model has them, also to (B, C) ``denied`` and (B, T, S) ``tokens``.

    Args:
        model: fp32, on the CPU, one that it `supports`.
        inputs: from `layer_inputs`.
        smoothing: share of the activations' range moved into the weights.
        tokens: most of one text.
    """
    weights = {name: tensor.float().numpy() for name, tensor in model.state_dict().items()}
    g = BertBuilder(weights, model.config, inputs, smoothing, tokens)
    states = g.embeddings()
    g.of_the_batch()
    for number in range(model.config.num_hidden_layers):
        states = g.layer_of(states, number)
    outputs = g.heads(states)
    batch, length = "batch_size", "sequence_length"
    classes = model.config.num_labels
    shapes = {"tokens": [batch, length, model.tags]}
    feeds = ("input_ids", "attention_mask")
    return g.model(
        [value_info(name, TensorProto.INT64, [batch, length]) for name in feeds],
        [
            value_info(name, TensorProto.FLOAT, shapes.get(name, [batch, classes]))
            for name in outputs
        ],
    )
