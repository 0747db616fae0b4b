"""This product's errors as HTTP responses, and as the OpenAPI documents tell of them."""

import json
from typing import Any

from shared.errors import ServiceError
from shared.http.messages import Response
from shared.operations import Dialect
from shared.process.telemetry import log_model_error

PROBLEM_MEDIA_TYPE = "application/problem+json"
Responses = dict[int | str, dict[str, Any]]


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


PROBLEM_RESPONSES: Responses = {
    status: _problem(description)
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
FORBIDDEN: Responses = {403: _problem("The token may not name this user")}
FOUND_RESPONSES: Responses = {**PROBLEM_RESPONSES, 404: _problem("Nothing is known under this id")}


def problem_response(
    error: ServiceError, request_id: str, dialect: Dialect | None = None
) -> Response:
    """The error as a problem document (RFC 9457), or as a dialect tells errors."""
    log_model_error(error, request_id)
    status, document, media_type = error.status, error.problem(request_id), PROBLEM_MEDIA_TYPE
    if dialect is not None:
        (status, document), media_type = dialect.error(error.public), dialect.media_type
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"content-type": media_type, **error.headers}
    if dialect is not None and dialect.kind_header is not None:
        headers[dialect.kind_header] = document["__type"]
    return Response(status, body, headers)


def unexpected() -> ServiceError:
    """What is told of an error that should not have been; the log knows more."""
    return ServiceError("An unexpected error; the log has it under this request_id.")
