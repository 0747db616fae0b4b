"""FastAPI's part of services: every route of their tables, and the OpenAPI document."""

from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from shared.errors import InvalidRequest, MethodNotAllowed, NotFound
from shared.http.deferred_fastapi import FastAPI, Request, RequestValidationError
from shared.http.endpoints import service_routers
from shared.http.idempotency import HEADER as IDEMPOTENCY_HEADER
from shared.http.idempotency import KEY as IDEMPOTENCY_KEY
from shared.http.respond_async import JobStatus
from shared.http.routes import jobs_router, models_router
from shared.operations import Service
from shared.problems import Problem, invalid_request


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    raise invalid_request(error.errors(), skip=1) from None


def _allowed(request: Request) -> str:
    """Methods of all routes of a path; Starlette tells of the first alone."""
    methods: set[str] = set()
    for method in ("DELETE", "GET", "POST"):
        scope = {**request.scope, "method": method}
        matches = (route.matches(scope)[0] for route in request.app.router.routes)
        methods |= {method for match in matches if match is Match.FULL}
    return ", ".join(sorted(methods))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == NotFound.status:
        raise NotFound("No such path. GET /openapi.json lists them.") from None
    if error.status_code == MethodNotAllowed.status:
        raise MethodNotAllowed(_allowed(request)) from None
    raise InvalidRequest(str(error.detail)) from None


def create_app(title: str, description: str, services: Sequence[Service]) -> FastAPI:
    """A FastAPI application over the routes of services.

    It raises `ServiceError` instead of answering problems: `shared.http.context` answers them.

    Args:
        title: of the OpenAPI document.
        description: of the OpenAPI document.
        services: whose routes; the first one's models are listed first.
    """
    # Redirections would lead to the host that a request names; `shared.http.app` needs none.
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        strict_content_type=False,
        redirect_slashes=False,
    )
    for service in services:
        for router in service_routers(service):
            app.include_router(router)
    app.include_router(models_router(services[0].name))
    app.include_router(jobs_router())
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema())
        for service in services:
            for path in service.posts:
                _document_jobs(document["paths"][path]["post"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _document_jobs(operation: dict[str, Any]) -> None:
    """Add what `respond_async` and `idempotent` take and answer to a POST's documentation."""
    if "202" in operation["responses"]:  # FastAPI gives the same document each time
        return
    described = {
        "Prefer": (
            "`respond-async`: answer 202 and run the request by way of the queue.",
            {"type": "string"},
        ),
        IDEMPOTENCY_HEADER.title(): (
            "Run a repeated request once; the first answer comes again.",
            {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"},
        ),
    }
    operation["parameters"] = operation.get("parameters", []) + [
        {"name": name, "in": "header", "description": text, "schema": schema}
        for name, (text, schema) in described.items()
    ]
    operation["responses"]["202"] = {
        "description": "Queued; `Location` says where to ask for the answer",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{JobStatus.__name__}"}}
        },
    }
