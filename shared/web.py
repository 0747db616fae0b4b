"""A service's FastAPI application: its routes, middlewares, errors and OpenAPI document."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException

from shared.errors import InvalidRequest, MethodNotAllowed, NotFound, ServiceError
from shared.framework import APIRouter, FastAPI, Request, RequestValidationError
from shared.idempotency import HEADER as IDEMPOTENCY_HEADER
from shared.idempotency import Idempotent
from shared.operations import Operations
from shared.problem_responses import ProblemResponse, problem_response
from shared.problems import Problem, invalid_request
from shared.request_context import RequestContext
from shared.respond_async import JobStatus, RespondAsync, jobs_router


async def _on_service_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, ServiceError)
    return problem_response(error, request.state.request_id)


async def _on_invalid(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    return problem_response(invalid_request(error.errors(), skip=1), request.state.request_id)


async def _on_http_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    problem: ServiceError = InvalidRequest(str(error.detail))
    if error.status_code == NotFound.status:
        problem = NotFound("No such path. GET /openapi.json lists them.")
    elif error.status_code == MethodNotAllowed.status:
        problem = MethodNotAllowed("The path does not take this method; see the Allow header.")
    response = problem_response(problem, request.state.request_id)
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
    for router in (*routers, jobs_router()):
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
