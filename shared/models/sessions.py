"""Sessions: opened graphs. The only module that imports onnxruntime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from shared.errors import ModelMissing
from shared.process.deadline import check_deadline

Tensor: TypeAlias = ort.OrtValue
Session: TypeAlias = ort.InferenceSession
Binding: TypeAlias = ort.IOBinding


def session_options(threads: int) -> ort.SessionOptions:
    """Options for a graph that was optimised when it was exported.

    Spinning is off: in Lambda a spinning thread burns the CPU share of the running one.
    """
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def open_session(
    path: Path, threads: int, initializers: Mapping[str, NDArray[np.generic]] | None = None
) -> ort.InferenceSession:
    """A session over a graph file.

    Args:
        path: the graph.
        threads: of one run.
        initializers: contiguous arrays for the constants that the graph names but does not
            hold, so that several graphs can share one. The session needs them only while it is
            made, where it keeps a packed copy; else the caller must keep them alive.

    Raises:
        ModelMissing: the file has vanished since its folder was verified.
    """
    if not path.is_file():
        raise ModelMissing(f"{path} is not there any more.")
    options = session_options(threads)
    if initializers:
        values = [ort.OrtValue.ortvalue_from_numpy(array) for array in initializers.values()]
        options.add_external_initializers(list(initializers), values)
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(
    session: Session, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]
) -> list[NDArray[Any]]:
    """One run over named inputs: the named outputs, in their order.

    Raises:
        DeadlineNear: the function is about to be stopped.
    """
    check_deadline()
    found: list[NDArray[Any]] = session.run(outputs, feeds)
    return found


def run_bound(session: Session, binding: Binding) -> None:
    """One run over bound inputs and outputs.

    Raises:
        DeadlineNear: the function is about to be stopped.
    """
    check_deadline()
    session.run_with_iobinding(binding)


def to_tensor(array: NDArray[Any]) -> Tensor:
    """The array, which must be contiguous, as a value for `run_with_ort_values`; not a copy."""
    return ort.OrtValue.ortvalue_from_numpy(array)
