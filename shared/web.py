"""HTTP through API Gateway: a FastAPI application, its errors, and the Lambda handler."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import uuid4

from mangum import Mangum
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import telemetry
from shared.asgi import replay
from shared.deadline import start_invocation
from shared.errors import (
    BodyTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    ServiceError,
    UnsupportedEvent,
    UnsupportedMedia,
)
from shared.framework import (
    APIRouter,
    FastAPI,
    JSONResponse,
    Request,
    RequestValidationError,
)
from shared.idempotency import HEADER as IDEMPOTENCY_HEADER
from shared.idempotency import Idempotent
from shared.operations import Operations, Sample
from shared.problems import Problem, invalid_request, parse
from shared.respond_async import JobStatus, RespondAsync, jobs_router
from shared.settings import get_settings
from shared.snapshot import on_snapshot

PROBLEM_MEDIA_TYPE = "application/problem+json"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in (
        (400, "The body is not JSON"),
        (409, "The same request is being answered right now; ask again"),
        (413, "The body is too large"),
        (415, "The body is not declared as JSON"),
        (422, "The request does not fit its schema or passes a named limit"),
        (500, "The service failed"),
        (503, "The service is not ready; try again"),
    )
}
TEXT_MIME_TYPES = ["text/", "application/json", PROBLEM_MEDIA_TYPE]
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")
logging.getLogger("mangum").setLevel(logging.WARNING)  # it would log paths, which name items

Payload = TypeVar("Payload", bound=BaseModel)
Direct = Callable[[Any], dict[str, Any]]
Handler = Callable[[Any, Any], dict[str, Any]]


class ProblemResponse(JSONResponse):
    media_type = PROBLEM_MEDIA_TYPE


class RequestContext:
    """ASGI middleware: request id, body limit, timings, cold start and unexpected errors.

    Args:
        app: what it stands before.
        form_paths: paths whose body may be a form, which they read themselves.
    """

    def __init__(self, app: ASGIApp, form_paths: Collection[str] = ()) -> None:
        self.app = app
        self._form_paths = form_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        spans = telemetry.collect_spans()
        cold = telemetry.take_cold_start()
        request_id = scope.setdefault("state", {})["request_id"] = _request_id(scope)
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                spans["total"] = (time.perf_counter() - start) * 1e3
                told = {
                    "x-request-id": request_id,
                    "server-timing": telemetry.server_timing(spans),
                    "x-cold-start": "true" if cold else "false",
                }
                if get_settings().cost_header:
                    from shared.pricing import estimated_cost  # noqa: PLC0415 - seldom wanted

                    told["x-estimated-cost-usd"] = estimated_cost(spans["total"])
                raw = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
                message["headers"] = [*message["headers"], *raw]
            await send(message)

        try:
            forms = scope["path"] in self._form_paths
            body = await _read_body(scope, receive, forms=forms)
            telemetry.note(bytes=len(body))
            await self.app(scope, replay(body, receive), send_with_headers)
        except ServiceError as error:
            await _problem(error, request_id)(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last line of defence answers as a problem
            telemetry.log_failure(error, request_id)
            await _problem(_unexpected(), request_id)(scope, receive, send_with_headers)
        telemetry.note(faults=int(status >= 500))
        telemetry.record_invocation(
            "http",
            request_id,
            cold=cold,
            items=1,
            failures=int(status >= 400),
            total_ms=(time.perf_counter() - start) * 1e3,
        )


def _unexpected() -> ServiceError:
    return ServiceError("An unexpected error; the log has it under this request_id.")


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    if _REQUEST_ID.fullmatch(given):
        return given
    context = scope.get("aws.context")
    return getattr(context, "aws_request_id", None) or str(uuid4())


async def _read_body(scope: Scope, receive: Receive, *, forms: bool) -> bytes:
    """The whole body.

    Raises:
        BodyTooLarge: it has more bytes than the setting allows.
        UnsupportedMedia: it is declared as something other than JSON.
    """
    allowed = get_settings().max_body_bytes
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > allowed:
            hint = "Send the texts in several requests."
            raise BodyTooLarge("bytes", allowed, len(body), hint)
    media_type = Headers(scope=scope).get("content-type", "application/json").partition(";")[0]
    media_type = media_type.strip().lower()
    if body and not media_type.endswith("json") and not (forms and media_type == FORM_MEDIA_TYPE):
        raise UnsupportedMedia("The body must be JSON: send 'Content-Type: application/json'.")
    return bytes(body)


def _problem(error: ServiceError, request_id: str) -> ProblemResponse:
    headers = {"retry-after": "1"} if error.retryable else None
    return ProblemResponse(error.problem(request_id), error.status, headers)


async def _on_service_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, ServiceError)
    return _problem(error, request.state.request_id)


async def _on_invalid(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    return _problem(invalid_request(error.errors(), skip=1), request.state.request_id)


async def _on_http_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    problem: ServiceError = InvalidRequest(str(error.detail))
    if error.status_code == NotFound.status:
        problem = NotFound("No such path. GET /openapi.json lists them.")
    elif error.status_code == MethodNotAllowed.status:
        problem = MethodNotAllowed("The path does not take this method; see the Allow header.")
    response = _problem(problem, request.state.request_id)
    response.headers.update(error.headers or {})
    return response


def create_app(
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    operations: Mapping[str, Operations],
    form_paths: Collection[str] = (),
) -> FastAPI:
    """A FastAPI application whose every error is problem+json.

    Args:
        title: of the OpenAPI document.
        description: the same.
        routers: routes, each under its full path.
        operations: per service, the requests that may be answered by way of its queue, by path.
        form_paths: paths that read forms beside JSON.
    """
    app = FastAPI(title=title, description=description, version="1", strict_content_type=False)
    for router in (*routers, jobs_router(PROBLEM_RESPONSES)):
        app.include_router(router)
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    # The last one added is the first that a request meets.
    app.add_middleware(RespondAsync, operations=operations)
    app.add_middleware(Idempotent)
    app.add_middleware(RequestContext, form_paths=form_paths)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema())
        for found in operations.values():
            for path in found.keys() & document["paths"].keys():
                _document_jobs(document["paths"][path]["post"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _document_jobs(operation: dict[str, Any]) -> None:
    """Add what `RespondAsync` and `Idempotent` take and answer to a POST's documentation."""
    if "202" in operation["responses"]:  # FastAPI gives the same document each time
        return
    described = {
        "Prefer": "`respond-async`: answer 202 and run the request by way of the queue.",
        IDEMPOTENCY_HEADER.title(): "Run a repeated request once; the first answer comes again.",
    }
    operation["parameters"] = operation.get("parameters", []) + [
        {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
        for name, text in described.items()
    ]
    operation["responses"]["202"] = {
        "description": "Queued; `Location` says where to ask for the answer",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{JobStatus.__name__}"}}
        },
    }


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
        raise _unexpected() from None
    telemetry.record_invocation(
        "direct",
        request_id,
        cold=cold,
        items=1,
        failures=failures,
        total_ms=(time.perf_counter() - start) * 1e3,
    )
    return answer


def _warm_up(handler: Handler, sample: Sample) -> None:
    """Answer a request as if API Gateway had sent it, and open the stores that some requests need.

    Raises:
        ServiceError: the answer is a problem.
    """
    from shared.idempotency import get_answers  # noqa: PLC0415
    from shared.jobs import get_job_store  # noqa: PLC0415

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


@lru_cache(maxsize=1)
def _make_event_loop() -> None:
    """The adapter runs on the main thread's loop, which Python 3.14 no longer makes by itself."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def lambda_handler(
    app: FastAPI,
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
    on_snapshot(lambda: _warm_up(handler, sample))
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
