"""The Lambda entry of a service's HTTP function: API Gateway's events, and direct ones."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar

from mangum import Mangum
from pydantic import BaseModel

from shared.errors import ServiceError, UnsupportedEvent
from shared.http.app import HttpApp
from shared.http.problem_responses import PROBLEM_MEDIA_TYPE, unexpected
from shared.operations import Sample
from shared.problems import parse
from shared.process import telemetry
from shared.process.deadline import start_invocation
from shared.process.snapshot import on_snapshot

TEXT_MIME_TYPES = ["text/", "application/json", PROBLEM_MEDIA_TYPE]
logging.getLogger("mangum").setLevel(logging.WARNING)  # it would log paths, which name items

Payload = TypeVar("Payload", bound=BaseModel)
Direct = Callable[[Any], dict[str, Any]]
Handler = Callable[[Any, Any], dict[str, Any]]


def invoke_directly(direct: Direct, event: Any, context: Any) -> dict[str, Any]:
    """Answer an event whose payload is the request itself.

    A client's mistake comes back as a problem document, since Lambda would only repeat a
    raised one; what may succeed later is raised.
    """
    start = time.perf_counter()
    cold = telemetry.take_cold_start()
    telemetry.collect_spans()
    request_id = getattr(context, "aws_request_id", None)
    failures = 0
    try:
        answer = direct(event)
    except ServiceError as error:
        if error.retryable:
            raise
        failures = 1
        telemetry.note(faults=int(error.status >= 500))
        answer = error.problem(request_id)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not be logged as it is
        telemetry.log_failure(error, request_id)
        # Lambda logs what is raised: without the cause, which may quote the customer.
        raise unexpected() from None
    telemetry.record_invocation(
        "direct",
        request_id,
        cold=cold,
        items=1,
        failures=failures,
        total_ms=(time.perf_counter() - start) * 1e3,
    )
    return answer


def _warm_up(app: HttpApp, handler: Handler, sample: Sample) -> None:
    """Answer a request as if API Gateway had sent it, and make ready what only some requests need.

    Raises:
        ServiceError: the answer is a problem.
    """
    from shared.http.idempotency import get_answers  # noqa: PLC0415
    from shared.queue.jobs import get_job_store  # noqa: PLC0415

    http = {"method": "POST", "path": sample.path, "sourceIp": "127.0.0.1"}
    event = {
        "version": "2.0",
        "rawPath": sample.path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": http},
        "body": json.dumps(sample.body),
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    if answer["statusCode"] != HTTPStatus.OK:
        raise ServiceError(f"POST {sample.path} cannot be answered: {answer['body']}")
    get_answers()
    get_job_store()
    app.load_whole()


@lru_cache(maxsize=1)
def _make_event_loop() -> None:
    """The adapter runs on the main thread's loop, which Python 3.14 no longer makes by itself."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def lambda_handler(
    app: HttpApp,
    model: type[Payload],
    answer: Callable[[Payload], BaseModel],
    preload: Callable[[], object],
    sample: Sample,
) -> Handler:
    """The Lambda entry of a service: HTTP API (v2), REST API (v1), direct and warm-up events.

    Args:
        app: answers HTTP events.
        model: what the payload of a direct event must be.
        answer: answers it.
        preload: loads what the first request needs, or waits until it is loaded, during Lambda's
            init phase.
        sample: what is answered before a snapshot is taken.
    """
    on_snapshot(lambda: _warm_up(app, handler, sample))
    _make_event_loop()
    http = Mangum(app, lifespan="off", text_mime_types=TEXT_MIME_TYPES)
    telemetry.run_or_log(preload)

    def direct(event: Any) -> dict[str, Any]:
        return answer(parse(model, event)).model_dump(mode="json")

    def handler(event: Any, context: Any) -> dict[str, Any]:
        start_invocation(context)
        if not isinstance(event, dict):
            return invoke_directly(direct, event, context)
        if "requestContext" in event:
            return http(event, context)
        if event.get("warmup") is True:
            return {"warm": True, "cold_start": telemetry.take_cold_start()}
        if "Records" in event:
            raise UnsupportedEvent("Queue records go to the worker function, not to the API one.")
        return invoke_directly(direct, event, context)

    return handler
