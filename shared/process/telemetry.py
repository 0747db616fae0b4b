"""Logs, metrics and timings of a request. Nothing here is ever given customer text.

One invocation is one log line and one set of metrics, in CloudWatch's embedded metric format.
"""

import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from shared.errors import ServiceError
from shared.process.snapshot import on_restore
from shared.settings import get_settings

METRICS_NAMESPACE = "RetailInference"

logger = Logger(service=get_settings().function_name, level=get_settings().log_level)
_metrics = Metrics(namespace=METRICS_NAMESPACE, service=get_settings().function_name)
_started = Event()
on_restore(_started.clear)  # a copy's first invocation is a cold start too


@dataclass(slots=True)
class Figures:
    """What is known of the current invocation.

    Attributes:
        spans_ms: how long its steps took.
        models: identifiers of the models that answered.
        counts: sizes of what came in, such as ``texts`` and ``characters``.
    """

    spans_ms: dict[str, float] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


_figures: ContextVar[Figures | None] = ContextVar("figures", default=None)


def take_cold_start() -> bool:
    """True for the first invocation of this process or of its copy, False ever after."""
    if _started.is_set():
        return False
    _started.set()
    return True


def collect_spans() -> dict[str, float]:
    """Begin an invocation's figures; `span` adds to the returned mapping (name -> ms)."""
    figures = Figures()
    _figures.set(figures)
    return figures.spans_ms


def note(model: str | None = None, **counts: int) -> None:
    """Add to the current invocation's figures; counts of one name add up."""
    if (figures := _figures.get()) is not None:
        for name, count in counts.items():
            figures.counts[name] += count
        if model is not None:
            figures.models.add(model)


@contextmanager
def span(name: str) -> Iterator[None]:
    """Time a step of the current request; repeated steps add up."""
    start = time.perf_counter()
    try:
        yield
    finally:
        figures = _figures.get()
        if figures is not None:
            spans_ms = figures.spans_ms
            spans_ms[name] = spans_ms.get(name, 0.0) + (time.perf_counter() - start) * 1e3


def server_timing(spans: dict[str, float]) -> str:
    """Value of the ``Server-Timing`` header (W3C Server Timing), durations in ms."""
    return ", ".join(f"{name};dur={ms:.2f}" for name, ms in spans.items())


def record_invocation(
    kind: str, request_id: str | None, *, cold: bool, items: int, failures: int, total_ms: float
) -> None:
    """One log line and one set of EMF metrics for an invocation, with its figures.

    Of these, ``bytes`` is what came in, and ``faults`` the failures with a status of 500 or above,
    which are no mistakes of the caller.

    Args:
        kind: how it came: ``http``, ``sqs``, ``direct`` or ``bulk``.
        request_id: as answered to the caller, or Lambda's.
        cold: whether it was the first of its process, or of the process's copy after a snapshot.
        items: requests or messages in it.
        failures: how many of them failed.
        total_ms: wall time.
    """
    figures = _figures.get() or Figures()
    models = sorted(figures.models)
    logger.info(
        "invocation",
        extra={
            "kind": kind,
            "request_id": request_id,
            "cold": cold,
            "items": items,
            "failures": failures,
            "models": models,
            **figures.counts,
            "ms": round(total_ms, 2),
        },
    )
    if not get_settings().in_lambda:
        return
    _metrics.add_metadata("models", models)
    _metrics.add_metric("Items", MetricUnit.Count, items)
    _metrics.add_metric("Failures", MetricUnit.Count, failures)
    _metrics.add_metric("Faults", MetricUnit.Count, figures.counts["faults"])
    _metrics.add_metric("ColdStarts", MetricUnit.Count, int(cold))
    _metrics.add_metric("InputBytes", MetricUnit.Bytes, figures.counts["bytes"])
    _metrics.add_metric("Latency", MetricUnit.Milliseconds, total_ms)
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


def run_or_log(preload: Callable[[], object]) -> None:
    """Load something early; a failure is logged now and answered to each request later."""
    try:
        preload()
    except ServiceError as error:
        # Without the traceback: the problem says it all, and tracebacks may quote data.
        logger.error("preload failed", extra={"problem": error.problem()})  # noqa: TRY400
