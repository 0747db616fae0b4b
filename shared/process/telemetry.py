"""Logs, metrics and timings of a request. Nothing here is ever given customer text.

One invocation is one log line and one set of metrics, in CloudWatch's embedded metric format.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from shared.errors import ModelError, ServiceError
from shared.process.snapshot import on_restore
from shared.settings import get_settings

METRICS_NAMESPACE = "RetailInference"

logger = Logger(service=get_settings().function_name, level=get_settings().log_level)
_metrics = Metrics(namespace=METRICS_NAMESPACE, service=get_settings().function_name)
_started = Event()
on_restore(_started.clear)  # a copy's first invocation is a cold start too


@dataclass(slots=True)
class Invocation:
    """One invocation of the function, and what is known of it.

    Attributes:
        kind: how it came: ``http``, ``sqs``, ``direct`` or ``bulk``.
        request_id: as answered to the caller, or Lambda's.
        cold: whether it is the first of its process, or of the process's copy after a snapshot.
        items: requests or messages in it.
        failures: how many of them failed.
        spans_ms: how long its steps took, by name.
        models: identifiers of the models that answered.
        counts: sizes of what came in, such as ``texts`` and ``characters``; of these ``bytes`` is
            the whole of what was not refused unread, and ``faults`` the failures with a status of
            500 or above, which are no mistakes of the caller.
        metrics: further counts that CloudWatch is told of, by the metric's name.
    """

    kind: str
    request_id: str | None
    cold: bool
    items: int = 1
    failures: int = 0
    start_s: float = field(default_factory=time.perf_counter)
    spans_ms: dict[str, float] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)

    def elapsed_ms(self) -> float:
        """Wall time since it began."""
        return (time.perf_counter() - self.start_s) * 1e3


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


@contextmanager
def invocation(kind: str, request_id: str | None, items: int = 1) -> Iterator[Invocation]:
    """Watch an invocation: one log line and one set of EMF metrics when it ends.

    Nothing is written where it ends with an exception, which Lambda logs and counts itself.

    Args:
        kind: see `Invocation`.
        request_id: as answered to the caller, or Lambda's.
        items: requests or messages in it.
    """
    current = Invocation(kind, request_id, take_cold_start(), items)
    _current.set(current)
    yield current
    _record(current)


def take_cold_start() -> bool:
    """True for the first invocation of this process or of its copy, False ever after."""
    if _started.is_set():
        return False
    _started.set()
    return True


def note(model: str | None = None, **counts: int) -> None:
    """Add to the current invocation's figures; counts of one name add up."""
    if (current := _current.get()) is not None:
        for name, count in counts.items():
            current.counts[name] = current.counts.get(name, 0) + count
        if model is not None:
            current.models.add(model)


def measure(metric: str, count: int) -> None:
    """Add to a metric of the current invocation; those of one name add up."""
    if (current := _current.get()) is not None:
        current.metrics[metric] = current.metrics.get(metric, 0) + count


@contextmanager
def span(name: str) -> Iterator[None]:
    """Time a step of the current invocation; repeated steps add up."""
    start = time.perf_counter()
    try:
        yield
    finally:
        if (current := _current.get()) is not None:
            spans_ms = current.spans_ms
            spans_ms[name] = spans_ms.get(name, 0.0) + (time.perf_counter() - start) * 1e3


def server_timing(spans_ms: dict[str, float]) -> str:
    """Value of the ``Server-Timing`` header (W3C Server Timing), durations in ms."""
    return ", ".join([f"{name};dur={ms:.2f}" for name, ms in spans_ms.items()])


def _record(ended: Invocation) -> None:
    """One log line and one set of EMF metrics."""
    total_ms = ended.elapsed_ms()
    models = sorted(ended.models)
    logger.info(
        "invocation",
        extra={
            "kind": ended.kind,
            "request_id": ended.request_id,
            "cold": ended.cold,
            "items": ended.items,
            "failures": ended.failures,
            "models": models,
            **ended.counts,
            "ms": round(total_ms, 2),
        },
    )
    if not get_settings().in_lambda:
        return
    _metrics.add_metadata("models", models)
    _metrics.add_metric("Items", MetricUnit.Count, ended.items)
    _metrics.add_metric("Failures", MetricUnit.Count, ended.failures)
    _metrics.add_metric("Faults", MetricUnit.Count, ended.counts.get("faults", 0))
    _metrics.add_metric("ColdStarts", MetricUnit.Count, int(ended.cold))
    _metrics.add_metric("InputBytes", MetricUnit.Bytes, ended.counts.get("bytes", 0))
    _metrics.add_metric("Latency", MetricUnit.Milliseconds, total_ms)
    for name, count in ended.metrics.items():
        _metrics.add_metric(name, MetricUnit.Count, count)
    _metrics.flush_metrics()


def log_failure(error: BaseException, request_id: str | None = None) -> None:
    """Log where an unexpected error arose, without its message, which may quote the customer."""
    frames = traceback.extract_tb(error.__traceback__)
    logger.error(
        "unexpected error",
        extra={
            "error": type(error).__qualname__,
            "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            "request_id": request_id,
        },
    )


def log_model_error(error: ServiceError, request_id: str | None = None) -> None:
    """Log what callers are not told of a model that cannot be served."""
    if isinstance(error, ModelError):
        extra = {"code": error.code, "detail": error.detail, "request_id": request_id}
        logger.error("model cannot be served", extra=extra)


def run_or_log(preload: Callable[[], object]) -> None:
    """Load something early; a failure is logged now and answered to each request later."""
    try:
        preload()
    except ServiceError as error:
        told = error.problem() | {"detail": error.detail}
        # Without the traceback: the problem says it all, and tracebacks may quote data.
        logger.error("preload failed", extra={"problem": told})  # noqa: TRY400
