"""The two served graphs and the table they share, in int8 or in fp32.

The item table is nearly all of the weights, and the product with it nearly all of the time: both
are int8. The encoder's few products over a history stay fp32. A state enters the product as two
7-bit digits, so that only the table is rounded, and the sum of two products of a uint8 and an int8
cannot saturate on processors without VNNI. For one user a node costs more than its arithmetic, so
the graphs are written with as few as onnxruntime's own operators allow.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import TensorProto

from functions.recommendation.model import ENCODER_FILE, RANKER_FILE, TABLES_FILE
from training.recommendation.model import EPSILON, SequenceModel
from training.recommendation.sequence_builder import FUSED, Array, SequenceBuilder, tensor_info

DIGIT = 63  # of a state: 7 bits with its sign
ZERO = DIGIT + 1  # the uint8 that stands for it
FINE = 126  # of its second digit: 63 of them are half of a first digit's step
TABLE_MAX = 127
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


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


def _embed(graph: SequenceBuilder, table: Mapping[str, Array]) -> str:
    """Vectors of the history's items, (B, T, H)."""
    items = table["items"]
    hidden, count = items.shape
    graph.external("item_rows", items.dtype, count, hidden)
    graph.external("row_scales", table["scales"].dtype, count, 1)
    graph.node("Gather", ["item_rows", "item_ids"], "rows")  # (B, T, H)
    graph.node("Cast", ["rows"], "rows_float", to=FLOAT)
    graph.node("Gather", ["row_scales", "item_ids"], "history_scales")  # (B, T, 1)
    return graph.node("Mul", ["rows_float", "history_scales"], "embedded")


def _folded(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The attention's four linear layers as two, since only one state asks.

    The keys' weights are multiplied into the query's, and the output's into the values', so that
    neither is applied to every event. The keys' bias adds the same to all logits: the softmax
    takes it away.
    """
    exact = {name: value.astype(np.float64) for name, value in weights.items()}
    root = len(exact["key.weight"]) ** -0.5
    folded = {
        "asked.weight": exact["key.weight"].T @ exact["query.weight"] * root,
        "asked.bias": exact["query.bias"] @ exact["key.weight"] * root,
        "mixed.weight": exact["output.weight"] @ exact["value.weight"],
        "mixed.bias": exact["output.weight"] @ exact["value.bias"] + exact["output.bias"],
    }
    return {name: value.astype(np.float32) for name, value in folded.items()}


def write_encoder(model: SequenceModel, table: Mapping[str, Array], path: Path) -> None:
    """History to state: the last state only, since no other is wanted."""
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    config, graph = model.config, SequenceBuilder()
    # What the states are multiplied with, a norm takes away again: it is left to its epsilon.
    scale = model.input_scale
    states = _embed(graph, table)
    if config.typed:
        graph.constant("event.weight", weights["event.weight"] / scale)
        kinds = graph.node("Gather", ["event.weight", "event_ids"], "kinds")
        states = graph.node("Add", [states, kinds], "typed")
    normed = graph.norm(states, "attention_norm", weights, EPSILON / scale**2)  # (B, T, H)
    mixed = _attention(graph, normed, weights | _folded(weights), timed=config.timed)
    if config.timed:
        graph.constant("own_age.weight", weights["own_age.weight"])
        graph.node("Gather", ["ages", "newest"], "own_ages", axis=1)  # (B,)
        own_age = graph.node("Gather", ["own_age.weight", "own_ages"], "own_age")
        mixed = graph.node("Add", [mixed, own_age], "mixed_aged")
    graph.constant("input_scale", np.array(scale, np.float32))
    graph.node("Gather", [states, "newest"], "own_plain", axis=1)  # (B, H)
    own_state = graph.node("Mul", ["own_plain", "input_scale"], "own_state")
    normed = graph.norm_of_sum((mixed, own_state), "forward_norm", weights, "forward_norm.out")
    inner = graph.linear(normed, "inner", weights)
    graph.node("Gelu", [inner], "activated", domain=FUSED)
    outer = graph.linear("activated", "outer", weights)
    final = "unscaled" if config.temperature else "states"
    graph.norm_of_sum((outer, "forward_norm.sum"), "norm", weights, final)
    if config.temperature:
        graph.node("LpNormalization", [final], "states", axis=-1, p=2)
    _repeats(graph, weights, repeats=config.repeats, timed=config.timed)
    inputs = [tensor_info(name, INT64, "B", "T") for name in ("item_ids", "ages")]
    inputs.append(tensor_info("log_weights", FLOAT, "B", "T"))
    if config.typed:
        inputs.append(tensor_info("event_ids", INT64, "B", "T"))
    outputs = [
        tensor_info("states", FLOAT, "B", config.hidden),
        tensor_info("added", FLOAT, "B", "T"),
    ]
    graph.save(path, inputs, outputs)


def _attention(
    graph: SequenceBuilder, normed: str, weights: Mapping[str, Array], *, timed: bool
) -> str:
    """What the newest event's state takes from all of them, (B, H)."""
    graph.constant("newest", np.array(-1, np.int64))
    own = graph.node("Gather", [normed, "newest"], "own", axis=1)  # (B, H)
    graph.constant("middle", np.array([1], np.int64))
    graph.constant("right", np.array([2], np.int64))
    graph.node("Unsqueeze", [graph.linear(own, "asked", weights), "right"], "asked")  # (B, H, 1)
    graph.node("MatMul", [normed, "asked"], "products")  # (B, T, 1)
    graph.node("Squeeze", ["products", "right"], "logits_plain")
    graph.node("Add", ["logits_plain", _bias(graph, weights, timed=timed)], "logits")
    graph.node("Softmax", ["logits"], "attention", axis=-1)  # (B, T)
    graph.node("Unsqueeze", ["attention", "middle"], "attention_row")
    graph.node("MatMul", ["attention_row", normed], "taken_row")  # (B, 1, H)
    graph.node("Squeeze", ["taken_row", "middle"], "taken")
    return graph.linear("taken", "mixed", weights)


def _bias(graph: SequenceBuilder, weights: Mapping[str, Array], *, timed: bool) -> str:
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


def _repeats(
    graph: SequenceBuilder, weights: Mapping[str, Array], *, repeats: bool, timed: bool
) -> None:
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
    graph.node("Unsqueeze", ["item_ids", "right"], "down")
    graph.node("Unsqueeze", ["item_ids", "middle"], "across")
    graph.node("Equal", ["down", "across"], "same")
    graph.node("Cast", ["same"], "same_float", to=FLOAT)  # (B, T, T)
    graph.node("ReduceSum", ["same_float", "right"], "times_had", keepdims=0)  # (B, T)
    counts = _sums(graph, "counted")
    graph.node("Max", [counts, "least_count"], "counts")
    graph.node("Log", ["counts"], "log_counts")
    graph.node("Mul", ["log_counts", "repeat_power"], "powered")
    gate = graph.linear("states", "repeat_gate", weights)  # (B, 1)
    raised = graph.node("Add", ["powered", gate], "raised")
    if weights["repeat_often"].item():
        graph.constant("repeat_often", weights["repeat_often"])
        graph.constant("one", np.array(1, np.float32))
        times = _sums(graph, "event_weights")
        graph.node("Add", [times, "one"], "times_and_one")
        graph.node("Log", ["times_and_one"], "log_times")
        graph.node("Mul", ["log_times", "repeat_often"], "often")
        raised = graph.node("Add", [raised, "often"], "raised_often")
    graph.node("Div", [raised, "times_had"], "added")


def _sums(graph: SequenceBuilder, column: str) -> str:
    """For each event the sum of a column over all events of its item, (B, T)."""
    graph.node("Unsqueeze", [column, "right"], f"{column}_column")
    graph.node("MatMul", ["same_float", f"{column}_column"], f"{column}_sums")
    return graph.node("Squeeze", [f"{column}_sums", "right"], f"{column}_sum")


def write_ranker(table: Mapping[str, Array], path: Path) -> None:
    """States to the best items: scores, what is added to some, the best k."""
    graph, items = SequenceBuilder(), table["items"]
    hidden, count = items.shape
    graph.external("items", items.dtype, hidden, count)
    if items.dtype == np.int8:
        products = _digits(graph)
    else:
        products = graph.node("MatMul", ["states", "items"], "products")
    graph.node("Mul", [products, "scales"], "scaled")
    graph.node("Add", ["scaled", "offsets"], "plain")
    graph.node("ScatterElements", ["plain", "item_ids", "added"], "scores", axis=1, reduction="add")
    graph.node("TopK", ["scores", "k"], "top_scores", "top_rows", axis=1)
    inputs = [
        tensor_info("states", FLOAT, "B", hidden),
        tensor_info("scales", FLOAT, count),
        tensor_info("offsets", FLOAT, "R", count),
        tensor_info("item_ids", INT64, "B", "T"),
        tensor_info("added", FLOAT, "B", "T"),
        tensor_info("k", INT64, 1),
    ]
    outputs = [
        tensor_info("top_scores", FLOAT, "B", "K"),
        tensor_info("top_rows", INT64, "B", "K"),
        tensor_info("scores", FLOAT, "B", count),
    ]
    graph.save(path, inputs, outputs)


def _digits(graph: SequenceBuilder) -> str:
    """The product with the int8 table, of a state as two 7-bit digits, (B, N + 1)."""
    for name, value in (("digit", DIGIT), ("fine", FINE), ("tiny", 1e-9)):
        graph.constant(name, np.array(value, np.float32))
    graph.constant("middle", np.array([1], np.int64))
    graph.constant("last", np.array([-1], np.int64))
    graph.node("Unsqueeze", ["states", "middle"], "state_row")  # (B, 1, H)
    graph.node("Abs", ["state_row"], "sizes")
    graph.node("ReduceMax", ["sizes", "last"], "largest", keepdims=1)
    graph.node("Max", ["largest", "tiny"], "bounded")
    graph.node("Div", ["bounded", "digit"], "step")  # (B, 1, 1)
    graph.node("Div", ["state_row", "step"], "steps")
    graph.node("Round", ["steps"], "coarse")
    graph.node("Sub", ["steps", "coarse"], "rest")  # at most 1/2
    graph.node("Mul", ["rest", "fine"], "rest_steps")
    graph.node("Concat", ["coarse", "rest_steps"], "both", axis=1)  # (B, 2, H)
    graph.constant("shift", np.array(ZERO + 0.5, np.float32))  # for the cast cuts off
    graph.node("Add", ["both", "shift"], "shifted")
    graph.node("Cast", ["shifted"], "digits", to=TensorProto.UINT8)
    graph.constant("zero", np.array(ZERO, np.uint8))
    graph.node("MatMulInteger", ["digits", "items", "zero"], "sums")  # (B, 2, N + 1)
    graph.node("Cast", ["sums"], "digit_products", to=FLOAT)
    graph.constant("digit_values", np.array([[[1, 1 / FINE]]], np.float32))
    graph.node("Mul", ["step", "digit_values"], "digit_steps")  # (B, 1, 2)
    graph.node("MatMul", ["digit_steps", "digit_products"], "product_row")  # (B, 1, N + 1)
    return graph.node("Squeeze", ["product_row", "middle"], "products")


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
