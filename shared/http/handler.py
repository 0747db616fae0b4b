"""The Lambda entry of a service's HTTP function: API Gateway's events, and direct ones."""

import asyncio
import json
import logging
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mangum import Mangum

from shared.errors import ServiceError, UnsupportedEvent
from shared.http.app import HttpApp
from shared.http.problem_responses import PROBLEM_MEDIA_TYPE, unexpected
from shared.operations import Service
from shared.problems import check_size, parse
from shared.process import telemetry
from shared.process.deadline import start_invocation
from shared.process.snapshot import on_snapshot
from shared.settings import get_settings

if TYPE_CHECKING:
    from shared.http.console import WithConsole

TEXT_MIME_TYPES = ["text/", "application/json", "application/x-amz-json", PROBLEM_MEDIA_TYPE]
logging.getLogger("mangum").setLevel(logging.WARNING)  # it would log paths, which name items

Handler = Callable[[Any, Any], dict[str, Any]]


def _direct_answer(service: Service, event: Any) -> dict[str, Any] | ServiceError:
    try:
        check_size(len(json.dumps(event).encode()))
        outcome = service.answer(service.default, parse(service.default.request, event))
    except ServiceError as error:
        return error
    return outcome if isinstance(outcome, ServiceError) else outcome.model_dump(mode="json")


def invoke_directly(service: Service, event: Any, context: Any) -> dict[str, Any]:
    """Answer an event whose payload is the request itself.

    A client's mistake comes back as a problem document, since Lambda would only repeat a
    raised one; what may succeed later is raised.
    """
    request_id = getattr(context, "aws_request_id", None)
    with telemetry.invocation("direct", request_id) as current:
        try:
            answer = _direct_answer(service, event)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be logged as it is
            telemetry.log_failure(error, request_id)
            # Lambda logs what is raised: without the cause, which may quote the customer.
            raise unexpected() from None
        if not isinstance(answer, ServiceError):
            return answer
        if answer.retryable:
            raise answer
        telemetry.log_model_error(answer, request_id)
        current.failures, current.counts["faults"] = 1, int(answer.status >= 500)
        return answer.problem(request_id)


def _warm_up(app: HttpApp, service: Service, handler: Handler) -> None:
    """Answer a request as if API Gateway had sent it, and make ready what only some requests need.

    Raises:
        ServiceError: the answer is a problem.
    """
    from shared.http.idempotency import get_answers  # noqa: PLC0415
    from shared.queue.jobs import get_job_store  # noqa: PLC0415

    path = service.warm_up.path
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": "127.0.0.1"}},
        "body": json.dumps(service.warm_up.sample),
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    if answer["statusCode"] != HTTPStatus.OK:
        raise ServiceError(f"POST {path} cannot be answered: {answer['body']}")
    get_answers()
    get_job_store()
    _ = app.whole


@lru_cache(maxsize=1)
def _make_event_loop() -> None:
    """The adapter runs on the main thread's loop, which Python 3.14 no longer makes by itself."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def _whole(app: HttpApp) -> "HttpApp | WithConsole":
    """The application, with the console before it where the settings say so."""
    if not get_settings().console:
        return app
    from shared.http.console import WithConsole  # noqa: PLC0415 - for few

    return WithConsole(app)


def lambda_handler(app: HttpApp, service: Service, preload: Callable[[], object]) -> Handler:
    """The Lambda entry of a service: HTTP API (v2), REST API (v1), direct and warm-up events.

    Args:
        app: answers HTTP events.
        service: answers direct events.
        preload: loads what the first request needs, or waits until it is loaded, during Lambda's
            init phase.
    """
    on_snapshot(lambda: _warm_up(app, service, handler))
    _make_event_loop()
    http = Mangum(_whole(app), lifespan="off", text_mime_types=TEXT_MIME_TYPES)
    telemetry.run_or_log(preload)

    def handler(event: Any, context: Any) -> dict[str, Any]:
        start_invocation(context)
        if not isinstance(event, dict):
            return invoke_directly(service, event, context)
        if "requestContext" in event:
            return http(event, context)
        if event.get("warmup") is True:
            return {"warm": True, "cold_start": telemetry.take_cold_start()}
        if "Records" in event:
            raise UnsupportedEvent("Queue records go to the worker function, not to the API one.")
        if "detail-type" in event:  # whose sender reads no answer
            raise UnsupportedEvent(
                "Events of EventBridge go to a queue, with their 'detail' as the message: give the "
                "rule's target an InputPath of $.detail."
            )
        return invoke_directly(service, event, context)

    return handler
