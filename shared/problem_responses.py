"""This product's errors as HTTP responses, and as the OpenAPI documents tell of them."""

from typing import Any

from shared.errors import ServiceError
from shared.framework import JSONResponse

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


class ProblemResponse(JSONResponse):
    media_type = PROBLEM_MEDIA_TYPE


def problem_response(error: ServiceError, request_id: str) -> ProblemResponse:
    """The answer to a request that met an error."""
    headers = {"retry-after": "1"} if error.retryable else None
    return ProblemResponse(error.problem(request_id), error.status, headers)


def unexpected() -> ServiceError:
    """What is told of an error that should not have been; the log knows more."""
    return ServiceError("An unexpected error; the log has it under this request_id.")
