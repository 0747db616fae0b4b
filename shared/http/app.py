"""A service's HTTP application: from ASGI to a request, through the layers, and back."""

import asyncio
import re
from collections.abc import Awaitable
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import uuid4

from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.documents import read_json
from shared.errors import MethodNotAllowed, ServiceError
from shared.http.context import as_problems, identified, within_limits
from shared.http.elsewhere import Elsewhere
from shared.http.foreign import read_foreign
from shared.http.idempotency import HEADER, idempotent
from shared.http.messages import JSON, Next, Request, Response
from shared.http.permissions import check_users, permitted
from shared.http.problem_responses import problem_response
from shared.http.respond_async import respond_async
from shared.operations import HttpAnswer, Service
from shared.settings import get_settings

if TYPE_CHECKING:
    from shared.http.deferred_fastapi import FastAPI

_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")
_NAMED = re.compile(r"\\\{\w+\\\}")  # of an escaped path: what an id stands for
_PREFER = "prefer"  # whose values are a list, which may come in several headers


class Act(Protocol):
    """Answers a request by itself, or by what it stands around."""

    def __call__(self, request: Request, answer: Next) -> Awaitable[Response]: ...


class Layer(NamedTuple):
    """What stands around the answer of a request.

    Attributes:
        act: what it does.
        header: only requests that have this header pass through it; all do where there is none.
    """

    act: Act
    header: str | None = None


# In the order in which they act.
LAYERS = (
    Layer(identified),
    Layer(as_problems),
    Layer(within_limits),
    Layer(permitted),
    Layer(idempotent, header=HEADER),
    Layer(respond_async, header=_PREFER),
)


class HttpApp:
    """ASGI application over the operations of services.

    A POST that fits its operation is answered at once. FastAPI, whose import is a quarter of a
    function's start, answers all else when the first such request comes: it says why a body does
    not fit, and has the other routes and the OpenAPI document.

    Args:
        services: whose routes it has; the first one's models are listed first.
        title: of the OpenAPI document; the first service's where absent.
        description: of the OpenAPI document; the first service's where absent.
    """

    def __init__(
        self, *services: Service, title: str | None = None, description: str | None = None
    ) -> None:
        self._services = services
        self._title, self._description = title, description
        self._routes = {
            path: (service, operation)
            for service in services
            for path, operation in service.posts.items()
        }
        rows = [row for service in services for row in service.operations]
        self._methods: dict[str | None, set[str]] = {}
        for row in rows:
            self._methods.setdefault(row.path, set()).add(row.method)
        self._dialects = {row.path: row.dialect for row in rows}
        self._elsewhere = Elsewhere(services)
        named = sorted((path for path in self._methods if path and "{" in path), key=_named_most)
        self._named = [(_NAMED.sub(".+", re.escape(path)), self._methods[path]) for path in named]

    @cached_property
    def whole(self) -> "FastAPI":
        """The application of every route; asked for the first time, FastAPI is imported."""
        from shared.http.openapi import create_app  # noqa: PLC0415 - which few requests need

        first = self._services[0]
        title, description = self._title or first.title, self._description or first.description
        return create_app(title, description, self._services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.whole(scope, receive, send)
            return
        request = await self._read(scope, receive)
        answer: Next = self._answer
        for layer in reversed(LAYERS):
            if layer.header is None or layer.header in request.headers:
                answer = partial(layer.act, answer=answer)
        response = await answer(request)
        headers = {**response.headers, "content-length": str(len(response.body))}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        await send({"type": "http.response.body", "body": response.body})

    async def _read(self, scope: Scope, receive: Receive) -> Request:
        headers, method, path = _headers(scope), scope["method"], _path(scope)
        given = headers.get("x-request-id", "")
        invocation_id = getattr(scope.get("aws.context"), "aws_request_id", None)
        route = self._routes.get(path) if method == "POST" else None
        parameters: dict[str, str] = {}
        if route is None and (found := self._elsewhere.find(method, path, headers)):
            route, parameters = (found.service, found.operation), found.parameters
        return Request(
            method,
            path,
            headers,
            await _body(receive, get_settings().max_body_bytes),
            id=given if _REQUEST_ID.fullmatch(given) else invocation_id or str(uuid4()),
            media_type=(headers.get("content-type") or JSON).partition(";")[0].strip().lower(),
            route=route,
            scope=dict(scope, path=path),
            path_dialect=self._dialects.get(path),
            parameters=parameters,
        )

    async def _answer(self, request: Request) -> Response:
        """The answer of the operation, or FastAPI's."""
        if request.route is None:
            methods = self._methods_of(request.path)
            if methods and request.method not in methods:
                raise MethodNotAllowed(", ".join(sorted(methods)))
            if request.body and methods and request.method == "PUT":
                read_json(request.body)  # FastAPI, which reads it again, would not tell each cause
            return await _ask(self.whole, request)
        service, operation = request.route
        if operation.dialect is not None:
            content_type = request.headers.get("content-type", request.media_type)
            payload = read_foreign(operation, request.body, content_type, request.parameters)
        elif not request.body:
            return await _ask(self.whole, request)
        else:
            if query := request.scope["query_string"]:
                from shared.http.queries import check_query  # noqa: PLC0415 - which few have

                check_query(query.decode("latin-1"), ())
            document = read_json(request.body)
            try:
                payload = operation.request.model_validate(document)
            except ValidationError:
                return await _ask(self.whole, request)
        check_users(operation, payload)
        (outcome,) = operation.handle(service.load(), [payload])
        if isinstance(outcome, ServiceError):
            return problem_response(outcome, request.id, request.dialect)
        if isinstance(outcome, HttpAnswer):
            return Response(200, outcome.body, outcome.headers)
        body = outcome.model_dump_json(by_alias=True).encode()
        media_type = operation.dialect.media_type if operation.dialect else JSON
        return Response(200, body, {"content-type": media_type})

    def _methods_of(self, path: str) -> set[str]:
        """Methods of the operations at a path; with ids in it, of those that say most of it."""
        if path in self._methods:
            return self._methods[path]
        found = (methods for pattern, methods in self._named if re.fullmatch(pattern, path))
        return next(found, set())


def _named_most(path: str) -> int:
    """Less for a path that has more in it than ids."""
    return -len(re.sub(r"\{\w+\}", "", path))


def _path(scope: Scope) -> str:
    """The path without the stage's name before it and a slash after it."""
    path: str = scope["path"]
    stage = scope.get("aws.event", {}).get("requestContext", {}).get("stage") or ""
    path = path.removeprefix(f"/{stage}") if path.startswith(f"/{stage}/") else path
    encoded = scope.get("raw_path") or path.encode()
    return path.rstrip("/") or "/" if encoded.endswith(b"/") else path


def _headers(scope: Scope) -> dict[str, str]:
    """Headers by name: the first of one that came repeatedly, or all of it where it is a list."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name not in headers:
            headers[name] = value
        elif name == _PREFER:
            headers[name] += f", {value}"
    return headers


async def _body(receive: Receive, allowed_bytes: int) -> bytes:
    """The body, whole or as far as it is within the limit."""
    body, more = bytearray(), True
    while more and len(body) <= allowed_bytes:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _ask(app: ASGIApp, request: Request) -> Response:
    """The response of an ASGI application."""
    response = Response(500, b"", {})
    messages = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()  # for what the client does next, until this is answered
        return messages.pop()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            headers = [(name.decode("latin-1"), value) for name, value in message["headers"]]
            response.headers = {name: value.decode("latin-1") for name, value in headers}
        else:
            response.body += message.get("body", b"")

    scope = request.scope
    if request.media_type.endswith("json"):  # which FastAPI reads under its own name alone
        others = [header for header in scope["headers"] if header[0] != b"content-type"]
        scope = dict(scope, headers=[*others, (b"content-type", JSON.encode())])
    await app(scope, receive, send)
    return response
