"""This product's errors as HTTP responses, and as the OpenAPI documents tell of them."""

import json
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import ServiceError
from shared.http.asgi import respond
from shared.process import telemetry

PROBLEM_MEDIA_TYPE = "application/problem+json"
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


class Problems:
    """ASGI middleware: an error becomes a problem document, an unexpected one after it is logged.

    Args:
        app: what it stands before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except ServiceError as error:
            await _send(error, scope, send)
        except Exception as error:  # noqa: BLE001 - the last line of defence answers as a problem
            telemetry.log_failure(error, scope["state"]["request_id"])
            await _send(unexpected(), scope, send)


async def _send(error: ServiceError, scope: Scope, send: Send) -> None:
    document = error.problem(scope["state"]["request_id"])
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    await respond(send, error.status, body, PROBLEM_MEDIA_TYPE, error.headers)


def unexpected() -> ServiceError:
    """What is told of an error that should not have been; the log knows more."""
    return ServiceError("An unexpected error; the log has it under this request_id.")
