"""The two served graphs and the table they share, in int8 or in fp32.

The item table is nearly all of the weights, and the product with it nearly all of the time: both
are int8. The encoder's few products over a history stay fp32. A state enters the product as two
7-bit digits, so that only the table is rounded, and the sum of two products of a uint8 and an int8
cannot saturate on processors without VNNI.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from functions.recommendation.model import ENCODER_FILE, RANKER_FILE, TABLES_FILE
from training.recommendation.model import EPSILON, SequenceModel

OPSET = 18  # the first whose ScatterElements adds up
IR_VERSION = 9
DIGIT = 63  # of a state: 7 bits with its sign
FINE = 126  # of its second digit: 63 of them are half of a first digit's step
TABLE_MAX = 127
FLOAT, INT8, INT64 = TensorProto.FLOAT, TensorProto.INT8, TensorProto.INT64

Array = NDArray[Any]


@dataclass
class _Graph:
    """Nodes and initializers of one graph."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: Array) -> str:
        self.initializers.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def external(self, name: str, array: Array) -> str:
        """An initializer whose data the session is given when it is made."""
        tensor = helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), (0,), [])
        tensor = TensorProto(name=name, data_type=tensor.data_type, dims=list(array.shape))
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "given"), ("offset", "0"), ("length", str(array.nbytes))):
            tensor.external_data.add(key=key, value=value)
        self.initializers.append(tensor)
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def linear(self, source: str, layer: str, weights: Mapping[str, Array]) -> str:
        self.constant(f"{layer}.weight", weights[f"{layer}.weight"].T)
        self.constant(f"{layer}.bias", weights[f"{layer}.bias"])
        self.node("MatMul", [source, f"{layer}.weight"], f"{layer}.product")
        return self.node("Add", [f"{layer}.product", f"{layer}.bias"], f"{layer}.out")

    def norm(self, source: str, layer: str, weights: Mapping[str, Array]) -> str:
        names = [
            self.constant(f"{layer}.{part}", weights[f"{layer}.{part}"])
            for part in ("weight", "bias")
        ]
        return self.node(
            "LayerNormalization", [source, *names], f"{layer}.out", axis=-1, epsilon=EPSILON
        )

    def save(
        self, path: Path, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> None:
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, self.initializers)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        path.write_bytes(model.SerializeToString())


def _value(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def tables(vectors: Array, biases: Array, *, int8: bool) -> dict[str, Array]:
    """The item table as both graphs read it.

    Args:
        vectors: (N, H) float32.
        biases: (N,) float32.
        int8: whether to round it.

    Returns:
        ``items`` (H, N + 1), ``scales`` (N + 1,) and ``biases`` (N + 1,); the last item is padding,
        which is never shown.
    """
    padded = np.concatenate([vectors, np.zeros_like(vectors[:1])])  # (N + 1, H)
    offsets = np.append(biases, -np.inf).astype(np.float32)
    if not int8:
        scales = np.ones(len(padded), np.float32)
        return {"items": np.ascontiguousarray(padded.T), "scales": scales, "biases": offsets}
    scales = np.maximum(np.abs(padded).max(axis=1) / TABLE_MAX, 1e-12).astype(np.float32)
    rounded = np.rint(padded / scales[:, None]).astype(np.int8)
    return {"items": np.ascontiguousarray(rounded.T), "scales": scales, "biases": offsets}


def _embed(graph: _Graph, table: Mapping[str, Array], scale: float) -> str:
    """Vectors of the history's items times a scale, (B, T, H)."""
    graph.external("items", table["items"])
    graph.external("scales", table["scales"])
    graph.node("Gather", ["items", "item_ids"], "columns", axis=1)  # (H, B, T)
    graph.node("Transpose", ["columns"], "rows", perm=[1, 2, 0])  # (B, T, H)
    graph.node("Cast", ["rows"], "rows_float", to=FLOAT)
    graph.constant("input_scale", np.array(scale, np.float32))
    graph.constant("last", np.array([-1], np.int64))
    graph.node("Gather", ["scales", "item_ids"], "row_scales")
    graph.node("Mul", ["row_scales", "input_scale"], "input_scales")
    graph.node("Unsqueeze", ["input_scales", "last"], "input_scale_column")
    return graph.node("Mul", ["rows_float", "input_scale_column"], "embedded")


def write_encoder(model: SequenceModel, table: Mapping[str, Array], path: Path) -> None:
    """History to state: the last state only, since no other is wanted."""
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    config, graph = model.config, _Graph()
    states = _embed(graph, table, model.input_scale)
    if config.typed:
        graph.constant("event.weight", weights["event.weight"])
        kinds = graph.node("Gather", ["event.weight", "event_ids"], "kinds")
        states = graph.node("Add", [states, kinds], "typed")
    normed = graph.norm(states, "attention_norm", weights)
    query = graph.constant("newest", np.array(-1, np.int64))
    own = graph.node("Gather", [normed, query], "own", axis=1)  # (B, H)
    asked = graph.linear(own, "query", weights)
    keys = graph.linear(normed, "key", weights)  # (B, T, H)
    values = graph.linear(normed, "value", weights)
    graph.constant("middle", np.array([1], np.int64))
    graph.node("Unsqueeze", [asked, "middle"], "asked")  # (B, 1, H)
    graph.node("Transpose", [keys], "keys_turned", perm=[0, 2, 1])
    graph.node("MatMul", ["asked", "keys_turned"], "products")  # (B, 1, T)
    graph.constant("width_root", np.array(config.hidden**-0.5, np.float32))
    graph.node("Mul", ["products", "width_root"], "logits_plain")
    graph.node("Unsqueeze", [_bias(graph, weights, timed=config.timed), "middle"], "bias")
    graph.node("Add", ["logits_plain", "bias"], "logits")
    graph.node("Softmax", ["logits"], "attention", axis=-1)
    graph.node("MatMul", ["attention", values], "mixed_row")
    graph.node("Squeeze", ["mixed_row", "middle"], "mixed")  # (B, H)
    graph.node("Gather", [states, query], "own_state", axis=1)
    attended = graph.linear("mixed", "output", weights)
    if config.timed:
        graph.constant("own_age.weight", weights["own_age.weight"])
        graph.node("Gather", ["ages", query], "own_ages", axis=1)  # (B,)
        graph.node("Gather", ["own_age.weight", "own_ages"], "own_age")
        attended = graph.node("Add", [attended, "own_age"], "attended_aged")
    graph.node("Add", ["own_state", attended], "attended")
    inner = graph.linear(graph.norm("attended", "forward_norm", weights), "inner", weights)
    outer = graph.linear(_gelu(graph, inner), "outer", weights)
    graph.node("Add", ["attended", outer], "summed")
    normed = graph.norm("summed", "norm", weights)
    if config.temperature:
        graph.node("LpNormalization", [normed], "states", axis=-1, p=2)
    else:
        graph.node("Identity", [normed], "states")
    _repeats(graph, weights, repeats=config.repeats, timed=config.timed)
    inputs = [_value(name, INT64, "B", "T") for name in ("item_ids", "event_ids", "ages")]
    inputs.append(_value("log_weights", FLOAT, "B", "T"))
    outputs = [_value("states", FLOAT, "B", config.hidden), _value("added", FLOAT, "B", "T")]
    graph.save(path, inputs, outputs)


def _gelu(graph: _Graph, source: str) -> str:
    """The exact GELU: x / 2 (1 + erf(x / sqrt 2))."""
    graph.constant("half_root", np.array(2**-0.5, np.float32))
    graph.constant("half", np.array(0.5, np.float32))
    graph.constant("one", np.array(1.0, np.float32))
    graph.node("Mul", [source, "half_root"], "gelu.narrow")
    graph.node("Erf", ["gelu.narrow"], "gelu.erf")
    graph.node("Add", ["gelu.erf", "one"], "gelu.shifted")
    graph.node("Mul", [source, "gelu.shifted"], "gelu.double")
    return graph.node("Mul", ["gelu.double", "half"], "gelu.out")


def _bias(graph: _Graph, weights: Mapping[str, Array], *, timed: bool) -> str:
    """How much each event is looked at before its content counts, (B, T)."""
    length = len(weights["place_bias"])
    graph.constant("places", weights["place_bias"][::-1, 0])  # oldest first
    graph.constant("first", np.array([0], np.int64))
    graph.constant("length", np.array([length], np.int64))
    graph.node("Shape", ["item_ids"], "width", start=1, end=2)
    graph.node("Sub", ["length", "width"], "start")
    graph.node("Slice", ["places", "start", "length", "first"], "place_row")
    bias = graph.node("Add", ["log_weights", "place_row"], "placed")
    if timed:
        graph.constant("age_bias", weights["age_bias"][:, 0])
        ages = graph.node("Gather", ["age_bias", "ages"], "age_row")
        bias = graph.node("Add", [bias, ages], "aged")
    return bias


def _repeats(graph: _Graph, weights: Mapping[str, Array], *, repeats: bool, timed: bool) -> None:
    """What each event adds to the score of its own item: its share of what all of them add."""
    graph.node("Exp", ["log_weights"], "event_weights")
    if not repeats:
        graph.constant("nothing", np.array(0, np.float32))
        graph.node("Mul", ["event_weights", "nothing"], "added")
        return
    # Without times only the first age was trained, but events are served with theirs.
    ages = weights["repeat_age"]
    graph.constant("repeat_age", np.exp(ages if timed else np.full_like(ages, ages[0])))
    graph.constant("repeat_power", weights["repeat_power"])
    graph.constant("least_count", np.array(1e-6, np.float32))
    graph.node("Gather", ["repeat_age", "ages"], "age_counts")
    graph.node("Mul", ["age_counts", "event_weights"], "counted")  # (B, T), 0 for padding
    graph.constant("right", np.array([2], np.int64))
    graph.node("Unsqueeze", ["item_ids", "right"], "down")
    graph.node("Unsqueeze", ["item_ids", "middle"], "across")
    graph.node("Equal", ["down", "across"], "same")
    graph.node("Cast", ["same"], "same_float", to=FLOAT)  # (B, T, T)
    graph.node("Unsqueeze", ["counted", "right"], "counted_column")
    graph.node("MatMul", ["same_float", "counted_column"], "counts_column")
    graph.node("ReduceSum", ["same_float", "right"], "times_had", keepdims=0)  # (B, T)
    graph.node("Squeeze", ["counts_column", "right"], "counts_plain")
    graph.node("Max", ["counts_plain", "least_count"], "counts")
    graph.node("Log", ["counts"], "log_counts")
    graph.node("Mul", ["log_counts", "repeat_power"], "powered")
    gate = graph.linear("states", "repeat_gate", weights)  # (B, 1)
    graph.node("Add", ["powered", gate], "raised")
    graph.node("Div", ["raised", "times_had"], "added")


def write_ranker(table: Mapping[str, Array], path: Path) -> None:
    """States to the best items: scores, what is added to some, the best k."""
    graph = _Graph()
    items, hidden = table["items"], len(table["items"])
    graph.external("items", items)
    if items.dtype == np.int8:
        products = _digits(graph)
    else:
        products = graph.node("MatMul", ["states", "items"], "products")
    graph.node("Mul", [products, "scales"], "scaled")
    graph.node("Add", ["scaled", "offsets"], "plain")
    graph.node("ScatterElements", ["plain", "item_ids", "added"], "scores", axis=1, reduction="add")
    graph.nodes.append(
        helper.make_node("TopK", ["scores", "k"], ["top_scores", "top_rows"], name="top", axis=1)
    )
    count = items.shape[1]
    inputs = [
        _value("states", FLOAT, "B", hidden),
        _value("scales", FLOAT, count),
        _value("offsets", FLOAT, "R", count),
        _value("item_ids", INT64, "B", "T"),
        _value("added", FLOAT, "B", "T"),
        _value("k", INT64, 1),
    ]
    outputs = [
        _value("top_scores", FLOAT, "B", "K"),
        _value("top_rows", INT64, "B", "K"),
        _value("scores", FLOAT, "B", count),
    ]
    graph.save(path, inputs, outputs)


def _digits(graph: _Graph) -> str:
    """The product with the int8 table, of a state as two 7-bit digits, (B, N + 1)."""
    for name, value in (("digit", DIGIT), ("fine", FINE), ("tiny", 1e-9)):
        graph.constant(name, np.array(value, np.float32))
    graph.constant("zero", np.array(DIGIT + 1, np.uint8))
    graph.constant("last", np.array([-1], np.int64))
    graph.node("Abs", ["states"], "sizes")
    graph.node("ReduceMax", ["sizes", "last"], "largest", keepdims=1)
    graph.node("Max", ["largest", "tiny"], "bounded")
    graph.node("Div", ["bounded", "digit"], "step")  # (B, 1)
    graph.node("Div", ["states", "step"], "steps")
    graph.node("Round", ["steps"], "coarse")
    graph.node("Sub", ["steps", "coarse"], "rest")  # at most 1/2
    graph.node("Mul", ["rest", "fine"], "rest_steps")
    graph.node("Round", ["rest_steps"], "refined")
    products = []
    graph.constant("shift", np.array(DIGIT + 1, np.float32))
    for name in ("coarse", "refined"):
        graph.node("Add", [name, "shift"], f"{name}.shifted")
        graph.node("Cast", [f"{name}.shifted"], f"{name}.digits", to=TensorProto.UINT8)
        graph.node("MatMulInteger", [f"{name}.digits", "items", "zero"], f"{name}.sums")
        products.append(graph.node("Cast", [f"{name}.sums"], f"{name}.products", to=FLOAT))
    graph.node("Div", [products[1], "fine"], "fine_part")
    graph.node("Add", [products[0], "fine_part"], "both")
    return graph.node("Mul", ["both", "step"], "products")


def write_graphs(model: SequenceModel, vectors: Array, folder: Path, *, int8: bool) -> None:
    """Both graphs and their table.

    Args:
        model: trained.
        vectors: (N, H), the item vectors, with those of cold items.
        folder: to write into.
        int8: whether the table is rounded.
    """
    table = tables(vectors, model.bias.detach().numpy(), int8=int8)
    write_encoder(model, table, folder / ENCODER_FILE)
    write_ranker(table, folder / RANKER_FILE)
    np.savez(folder / TABLES_FILE, **table)  # type: ignore[arg-type]
