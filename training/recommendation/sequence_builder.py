"""Building the served graphs node by node, with as few nodes as onnxruntime's operators allow."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.recommendation.model import EPSILON

OPSET = 18  # the first whose ScatterElements adds up
IR_VERSION = 9
FUSED = "com.microsoft"  # the domain of onnxruntime's own operators

Array = NDArray[Any]


@dataclass
class SequenceBuilder:
    """Nodes and initializers of one graph."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: Array) -> str:
        self.initializers.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def external(self, name: str, dtype: np.dtype[Any], *shape: int) -> str:
        """An initializer whose data the session is given when it is made."""
        kind, size_bytes = helper.np_dtype_to_tensor_dtype(dtype), math.prod(shape) * dtype.itemsize
        tensor = TensorProto(name=name, data_type=kind, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "given"), ("offset", "0"), ("length", str(size_bytes))):
            tensor.external_data.add(key=key, value=value)
        self.initializers.append(tensor)
        return name

    def node(self, kind: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        """A node of that operator; its first output names it."""
        name = outputs[0]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, name=name, **attributes))
        return name

    def linear(self, source: str, layer: str, weights: Mapping[str, Array]) -> str:
        """A linear layer of a matrix."""
        self.constant(f"{layer}.weight", weights[f"{layer}.weight"].T)
        self.constant(f"{layer}.bias", weights[f"{layer}.bias"])
        return self.node("Gemm", [source, f"{layer}.weight", f"{layer}.bias"], f"{layer}.out")

    def norm(
        self, source: str, layer: str, weights: Mapping[str, Array], epsilon: float = EPSILON
    ) -> str:
        """The norm of each row."""
        names = [source, *self._norm_weights(layer, weights)]
        kind = "LayerNormalization"
        return self.node(kind, names, f"{layer}.out", axis=-1, epsilon=epsilon)

    def norm_of_sum(
        self, sources: tuple[str, str], layer: str, weights: Mapping[str, Array], output: str
    ) -> str:
        """The norm of the sum of two matrices, which is kept as ``<layer>.sum``."""
        names = [*sources, *self._norm_weights(layer, weights)]
        outputs = [output, "", "", f"{layer}.sum"]
        kind = "SkipLayerNormalization"
        return self.node(kind, names, *outputs, domain=FUSED, epsilon=EPSILON)

    def _norm_weights(self, layer: str, weights: Mapping[str, Array]) -> list[str]:
        names = [f"{layer}.{part}" for part in ("weight", "bias")]
        return [self.constant(name, weights[name]) for name in names]

    def save(
        self, path: Path, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> None:
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, self.initializers)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        path.write_bytes(model.SerializeToString())


def tensor_info(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
