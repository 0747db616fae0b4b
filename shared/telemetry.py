"""Logs, metrics and timings of a request. Nothing here is ever given customer text."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from shared.errors import ServiceError
from shared.settings import get_settings

METRICS_NAMESPACE = "RetailInference"

logger = Logger(service=get_settings().function_name, level=get_settings().log_level)
_metrics = Metrics(namespace=METRICS_NAMESPACE, service=get_settings().function_name)
_spans_ms: ContextVar[dict[str, float] | None] = ContextVar("spans_ms", default=None)
_started = False


def take_cold_start() -> bool:
    """True for the first invocation of this process, False ever after."""
    global _started
    cold, _started = not _started, True
    return cold


def collect_spans() -> dict[str, float]:
    """Begin a request's timings; `span` adds to the returned mapping (name -> ms)."""
    spans: dict[str, float] = {}
    _spans_ms.set(spans)
    return spans


@contextmanager
def span(name: str) -> Iterator[None]:
    """Time a step of the current request; repeated steps add up."""
    start = time.perf_counter()
    try:
        yield
    finally:
        spans = _spans_ms.get()
        if spans is not None:
            spans[name] = spans.get(name, 0.0) + (time.perf_counter() - start) * 1e3


def server_timing(spans: dict[str, float]) -> str:
    """Value of the ``Server-Timing`` header (W3C Server Timing), durations in ms."""
    return ", ".join(f"{name};dur={ms:.2f}" for name, ms in spans.items())


def record_invocation(
    kind: str, request_id: str | None, *, cold: bool, items: int, failures: int, total_ms: float
) -> None:
    """One log line and one set of EMF metrics for an invocation.

    Args:
        kind: how it came: ``http``, ``sqs`` or ``direct``.
        request_id: as answered to the caller, or Lambda's.
        cold: whether it was the first of its process.
        items: requests or messages in it.
        failures: how many of them failed.
        total_ms: wall time.
    """
    logger.info(
        "invocation",
        extra={
            "kind": kind,
            "request_id": request_id,
            "cold": cold,
            "items": items,
            "failures": failures,
            "ms": round(total_ms, 2),
        },
    )
    if not get_settings().in_lambda:
        return
    _metrics.add_metric("Items", MetricUnit.Count, items)
    _metrics.add_metric("Failures", MetricUnit.Count, failures)
    _metrics.add_metric("ColdStarts", MetricUnit.Count, int(cold))
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
