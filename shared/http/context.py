"""What every HTTP request has around it: an id, a body limit, timings, and no unhandled error."""

import re
import time
from collections.abc import Collection
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import UnsupportedMedia
from shared.http.asgi import header, read_body, replay
from shared.http.problem_responses import Problems
from shared.process import telemetry
from shared.settings import get_settings

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")


class RequestContext:
    """ASGI middleware: request id, body limit, timings, cold start and unexpected errors.

    Args:
        app: what it stands before.
        form_paths: paths whose body may be a form, which they read themselves.
    """

    def __init__(self, app: ASGIApp, form_paths: Collection[str] = ()) -> None:
        self.app = app
        self._form_paths = form_paths
        self._answered = Problems(self._checked)

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
                    from shared.process.pricing import estimated_cost  # noqa: PLC0415 - seldom wanted

                    told["x-estimated-cost-usd"] = estimated_cost(spans["total"])
                raw = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
                message["headers"] = [*message["headers"], *raw]
            await send(message)

        await self._answered(scope, receive, send_with_headers)
        telemetry.note(faults=int(status >= 500))
        telemetry.record_invocation(
            "http",
            request_id,
            cold=cold,
            items=1,
            failures=int(status >= 400),
            total_ms=(time.perf_counter() - start) * 1e3,
        )

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body is no larger than allowed and of a kind that is."""
        body = await read_body(receive, get_settings().max_body_bytes)
        _check_media_type(scope, body, forms=scope["path"] in self._form_paths)
        telemetry.note(bytes=len(body))
        await self.app(scope, replay(body, receive), send)


def _request_id(scope: Scope) -> str:
    given = header(scope, "x-request-id") or ""
    if _REQUEST_ID.fullmatch(given):
        return given
    context = scope.get("aws.context")
    return getattr(context, "aws_request_id", None) or str(uuid4())


def _check_media_type(scope: Scope, body: bytes, *, forms: bool) -> None:
    """Refuse a body that is declared as something other than JSON, or a form where one may be.

    Raises:
        UnsupportedMedia: it is.
    """
    media_type = (header(scope, "content-type") or "application/json").partition(";")[0]
    media_type = media_type.strip().lower()
    if body and not media_type.endswith("json") and not (forms and media_type == FORM_MEDIA_TYPE):
        raise UnsupportedMedia("The body must be JSON: send 'Content-Type: application/json'.")
