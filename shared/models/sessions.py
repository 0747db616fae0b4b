"""Sessions: opened graphs. The only module that imports onnxruntime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import onnxruntime as ort
from numpy.typing import NDArray

from shared.errors import ModelMissing
from shared.process.deadline import check_deadline

Array: TypeAlias = NDArray[Any]
Tensor: TypeAlias = ort.OrtValue
Binding: TypeAlias = ort.IOBinding


class Session(ort.InferenceSession):  # type: ignore[misc]
    """An opened graph.

    Attributes:
        shared: the arrays that it reads without owning them, by the names of its constants.
    """

    shared: Mapping[str, Array]


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
    path: Path,
    threads: int,
    initializers: Mapping[str, Array] | None = None,
    shared: Mapping[str, Array] | None = None,
) -> Session:
    """A session over a graph file.

    Args:
        path: the graph.
        threads: of one run.
        initializers: contiguous arrays for constants that the graph names but does not hold. The
            session needs them only while it is made: it keeps a copy, packed where it is a factor.
        shared: the same for tables that the graph looks rows up in, which several graphs can share:
            they are read where they are, and live as long as the session.

    Raises:
        ModelMissing: the file has vanished since its folder was verified.
    """
    if not path.is_file():
        raise ModelMissing(f"{path} is not there any more.")
    options, tables = session_options(threads), dict(shared or {})
    given = {name: to_tensor(array) for name, array in {**(initializers or {}), **tables}.items()}
    if given:
        # Said of all of them, or a file is looked for; of these alone it would copy them.
        options.add_external_initializers(list(given), list(given.values()))
    for name in tables:
        options.add_initializer(name, given[name])
    session = Session(str(path), options, providers=["CPUExecutionProvider"])
    session.shared = tables
    return session


def run(session: Session, outputs: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
    """One run over named inputs: the named outputs, in their order.

    Raises:
        DeadlineNear: the function is about to be stopped.
    """
    check_deadline()
    found: list[Array] = session.run(outputs, feeds)
    return found


def run_bound(session: Session, binding: Binding) -> None:
    """One run over bound inputs and outputs.

    Raises:
        DeadlineNear: the function is about to be stopped.
    """
    check_deadline()
    session.run_with_iobinding(binding)


def to_tensor(array: Array) -> Tensor:
    """The array, which must be contiguous, as a value for `run_with_ort_values`; not a copy."""
    return ort.OrtValue.ortvalue_from_numpy(array)
