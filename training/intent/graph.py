"""BERT weights to an int8 graph, built node by node.

A few channels of BERT's hidden state are ten times larger than the rest. `smoothing` moves them
into the weights. What a norm gives is then quantized by one fixed scale, for norms make tokens
alike; attention's context and the feed-forward's hidden state by a scale for each token. So the
logits of a text do not depend on which others are in its batch.

Products take uint8 activations around a zero point of 128 (32 behind GELU, which has next to
nothing below zero) and signed 7-bit weights per output channel: see `training.intent.quantize`,
`training.intent.numbers` and `training.intent.rounding`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from training.errors import DataError
from training.graph_builder import value_info
from training.intent.model import BertIntentClassifier
from training.intent.numbers import LOW_ZERO, ZERO, LayerNames, Numbers
from training.intent.token_builder import TokenBuilder

# Added to a score with padding: e^-60 is lost in any sum, and is still far from the numbers below
# 1e-38 that processors are slow with, which attention by the texts' lengths gives.
OF_PADDING = -60.0


@dataclass(frozen=True)
class Outline:
    """What a graph is beside its numbers.

    Attributes:
        layers: of the encoder.
        heads: of attention.
        epsilon: of the norms.
        centred: whether a text's vector is the mean of its states, or that of unit length.
    """

    layers: int
    heads: int
    epsilon: float
    centred: bool

    @classmethod
    def of(cls, config: Any) -> "Outline":
        """That of a model, by its config."""
        heads, epsilon = config.num_attention_heads, config.layer_norm_eps
        return cls(config.num_hidden_layers, heads, epsilon, config.centred)


class BertBuilder(TokenBuilder):
    """Nodes and initializers of the classifier.

    Args:
        numbers: its constants by name, as `training.intent.numbers` makes them.
        outline: what it is beside these.
    """

    def __init__(self, numbers: Numbers, outline: Outline) -> None:
        super().__init__(numbers, outline.epsilon)
        self.outline = outline

    def embeddings(self) -> str:
        """Token ids (B, T) to the first hidden state, (B, T, H)."""
        table, scale = self.number("embedding"), self.number("embedding_scale")
        self.node("Gather", [table, "input_ids"], "embedding_int8")
        self.node("Cast", ["embedding_int8"], "embedding_float", to=TensorProto.FLOAT)
        self.node("Gather", [scale, "input_ids"], "embedding_scales")
        self.node("Mul", ["embedding_float", "embedding_scales"], "embedded")
        self.constant("first", np.array([0]))
        self.node("Shape", ["input_ids"], "width", start=1, end=2)
        self.node("Slice", [self.number("positions"), "first", "width", "first"], "position_rows")
        self.node("Add", ["embedded", "position_rows"], "placed")
        return self.norm("placed", "bert.embeddings.LayerNorm", "embeddings")

    def of_the_batch(self) -> None:
        """What is added to attention's scores, and the zero points of every token."""
        self.constant("second", np.array([1]))
        self.node("Unsqueeze", ["attention_mask", "last"], "token_mask")  # (B, T, 1)
        self.node("Cast", ["token_mask"], "mask", to=TensorProto.FLOAT)
        self.constant("of_padding", np.array(OF_PADDING, np.float32))
        self.node("Sub", ["one", "mask"], "is_padding")
        self.node("Mul", ["is_padding", "of_padding"], "added")  # (B, T, 1)
        self.constant("score_axes", np.array([1, 2]))
        self.node("Squeeze", ["added", "last"], "added_to_keys")  # (B, T)
        self.node("Unsqueeze", ["added_to_keys", "score_axes"], "added_alike")  # (B, 1, 1, T)
        self.node("Concat", ["second", "second", "width", "second"], "queries", axis=0)
        self.node("Expand", ["added_alike", "queries"], "added_to_scores")  # (B, 1, T, T)
        self.node("Shape", ["token_mask"], "token_shape")
        for name, zero in (("zero_points", ZERO), ("low_zero_points", LOW_ZERO)):
            value = helper.make_tensor("value", TensorProto.UINT8, [1], [zero])
            self.node("ConstantOfShape", ["token_shape"], name, value=value)

    def layer_of(self, states: str, names: LayerNames) -> str:
        """One layer of the encoder."""
        query, key, value = names.attention_inputs
        entered = self.enter_normed(states, query)
        products = [self.linear(entered, query), *(self.product(entered, x) for x in (key, value))]
        heads = self.outline.heads
        context = self.masked_attention(products, heads, f"{names.prefix}.context")
        mixed = self.linear(
            self.enter_by_token(context, f"{names.attended}.dense"), f"{names.attended}.dense"
        )
        attended, behind = names.norms
        states = self.add_and_norm(mixed, states, attended, f"{names.prefix}.attended")
        hidden = self.linear(self.enter_normed(states, names.wide), names.wide)
        # GELU by its tanh: within 0.0005 of the exact one, and quicker.
        active = self.node(
            "Gelu", [hidden], f"{names.prefix}.active", domain="", approximate="tanh"
        )
        entered = self.enter_by_token(active, names.narrow, behind_gelu=True)
        mixed = self.linear(entered, names.narrow)
        return self.add_and_norm(mixed, states, behind, f"{names.prefix}.out")

    def masked_attention(self, parts: Sequence[str], heads: int, out: str) -> str:
        """Queries over keys and values, (B, T, H) each, of which padding is left out."""
        inputs = [*parts, "added_to_scores"]
        return str(self.node("Attention", inputs, out, q_num_heads=heads, kv_num_heads=heads))

    def heads(self, states: str) -> list[str]:
        """The texts' heads on their mean-pooled states, the tokens' on each of them.

        Returns:
            The names of the outputs.
        """
        self.node("Mul", [states, "mask"], "masked")
        self.node("ReduceSum", ["masked", "second"], "pooled", keepdims=0)
        if self.outline.centred:
            self.node("ReduceSum", ["mask", "second"], "token_counts", keepdims=0)  # (B, 1)
            text = self.node("Div", ["pooled", "token_counts"], "embedding_of_text")
        else:
            # Its length goes, so that the sum will do for the mean.
            text = self.node("LpNormalization", ["pooled"], "embedding_of_text", axis=-1, p=2)
        outputs = []
        for output, layer in (("logits", "classifier"), ("denied", "denied")):
            if f"{layer}_head" in self.weights:
                head = [self.number(f"{layer}_head"), self.number(f"{layer}_head_bias")]
                outputs.append(self.node("Gemm", [text, *head], output))
        if "token_weight" in self.weights:
            self.node("MatMul", [states, self.number("token_weight")], "token_products")
            outputs.append(
                self.node("Add", ["token_products", self.number("token_bias")], "tokens")
            )
        return outputs


def supports(model: BertIntentClassifier) -> bool:
    """Whether `build` knows all that this encoder does."""
    config = model.config
    positions = getattr(config, "position_embedding_type", "absolute")
    return config.hidden_act == "gelu" and positions == "absolute"


def build(numbers: Numbers, outline: Outline) -> onnx.ModelProto:
    """The int8 graph: (B, T) int64 ``input_ids`` and ``attention_mask`` to (B, C) ``logits``.

    Where the numbers have their heads, also to (B, C) ``denied`` and (B, T, S) ``tokens``.

    Args:
        numbers: of a model that `supports` finds can be built.
        outline: what it is beside these.
    """
    g = BertBuilder(numbers, outline)
    states = g.embeddings()
    g.of_the_batch()
    for number in range(outline.layers):
        states = g.layer_of(states, LayerNames(number))
    outputs = g.heads(states)
    batch, length = "batch_size", "sequence_length"
    classes = len(numbers["classifier_head_bias"])
    shapes: dict[str, list[str | int]] = {}
    if "tokens" in outputs:
        shapes["tokens"] = [batch, length, len(numbers["token_bias"])]
    feeds = ("input_ids", "attention_mask")
    return g.model(
        [value_info(name, TensorProto.INT64, [batch, length]) for name in feeds],
        [
            value_info(name, TensorProto.FLOAT, shapes.get(name, [batch, classes]))
            for name in outputs
        ],
    )


def outline_in(graph: onnx.ModelProto) -> Outline:
    """What a graph that `build` made, here or in an earlier version, is beside its numbers.

    Raises:
        DataError: it was made otherwise.
    """
    kinds: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.graph.node:
        kinds.setdefault(node.op_type, []).append(node)
    if "Attention" not in kinds or "MatMulIntegerToFloat" not in kinds:
        raise DataError("the graph is not of int8 products built node by node: train it again")
    attributes = {
        entry.name: helper.get_attribute_value(entry)
        for node in (kinds["Attention"][0], kinds["LayerNormalization"][0])
        for entry in node.attribute
    }
    return Outline(
        len(kinds["Attention"]), attributes["q_num_heads"], attributes["epsilon"], "Div" in kinds
    )
