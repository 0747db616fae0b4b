"""The search graph, which beam search runs after each step of any decoder."""

import numpy as np
import onnx
from onnx import TensorProto

from functions.translation.contract import BLOCK
from training.graph_builder import GraphBuilder, value_info


class _SearchBuilder(GraphBuilder):
    name = "marian"  # as in the graphs that are published: another one would be another version


def build_search() -> onnx.ModelProto:
    """The best continuations of each source: logits and totals of its beams to (S, K).

    ``logits`` (B, 1, L) and ``totals`` (B, 1), the log-probabilities so far, become ``scores``
    and ``candidates``, which count over a source's beams * L columns; of equal ones the first.

    A source's K best columns are in the K blocks of columns whose greatest ones are best, so only
    those are sorted.
    """
    g = _SearchBuilder({}, None)
    _best_blocks(g)
    block = g.constant("block", np.array(BLOCK))
    g.node("Add", ["places", "first_blocks"], "rows")  # (S, K) of all (B * L / BLOCK) blocks
    g.node("Reshape", ["likelihoods", g.constant("in_rows", np.array([-1, BLOCK]))], "all_rows")
    g.node("Gather", ["all_rows", "rows"], "found")  # (S, K, BLOCK)
    g.node("Div", ["rows", "blocks_a_beam"], "beams")
    g.node("Gather", ["totals", "beams"], "found_totals")  # (S, K, 1)
    g.node("Add", ["found", "found_totals"], "sums")
    g.node("Reshape", ["sums", g.constant("flat", np.array([0, -1]))], "pool")
    g.node("TopK", ["pool", "count"], ["scores", "chosen"], axis=-1)
    g.node("Div", ["chosen", block], "rank")
    g.node("GatherElements", ["places", "rank"], "place", axis=1)
    g.node("Sub", ["place", "rank"], "moved")
    g.node("Mul", ["moved", block], "shift")
    g.node("Add", ["chosen", "shift"], "candidates")
    return g.model(
        [
            value_info("logits", TensorProto.FLOAT, ["batch", 1, "columns"]),
            value_info("totals", TensorProto.FLOAT, ["batch", 1]),
            value_info("by_source", TensorProto.INT64, [2]),
            value_info("first_blocks", TensorProto.INT64, ["sources", 1]),
            value_info("blocks_a_beam", TensorProto.INT64, []),
            value_info("block_count", TensorProto.INT64, [1]),
            value_info("count", TensorProto.INT64, [1]),
        ],
        [
            value_info("scores", TensorProto.FLOAT, ["sources", "best"]),
            value_info("candidates", TensorProto.INT64, ["sources", "best"]),
        ],
    )


def _best_blocks(g: GraphBuilder) -> None:
    """The ``places`` (S, K) of the best blocks among those of a source's beams, in their order."""
    g.node("LogSoftmax", ["logits"], "likelihoods", axis=-1)
    g.node("Reshape", ["likelihoods", g.constant("in_blocks", np.array([0, -1, BLOCK]))], "blocks")
    g.node("ReduceMax", ["blocks", g.constant("last", np.array([-1]))], "tops", keepdims=0)
    g.node("Add", ["tops", "totals"], "top_sums")
    g.node("Reshape", ["top_sums", "by_source"], "source_tops")  # (S, beams * L / BLOCK)
    g.node("TopK", ["source_tops", "block_count"], ["best_tops", "unordered"], axis=-1)
    # In order, so that of equal columns the first one is the first of all.
    g.node("TopK", ["unordered", "block_count"], ["places", "order"], axis=-1, largest=0)
