"""Rows of the table of operations as FastAPI's routes."""

from collections.abc import Callable, Iterator
from copy import copy
from inspect import Parameter, Signature
from typing import Annotated, Any

from pydantic import BaseModel, create_model

from shared.errors import ServiceError
from shared.http.deferred_fastapi import APIRouter, Depends, JSONResponse, Path, Query, Request
from shared.http.foreign import read_foreign
from shared.http.messages import FORM, JSON, MULTIPART
from shared.http.permissions import check_users
from shared.http.problem_responses import FORBIDDEN, FOUND_RESPONSES, PROBLEM_RESPONSES
from shared.http.routes import health_router, query_of
from shared.operations import Dialect, Operation, Service
from shared.problems import parse

Endpoint = Callable[..., Any]


def service_routers(service: Service) -> Iterator[APIRouter]:
    """Routers of a service: its own routes with its health, then those of other dialects."""
    own = APIRouter(tags=[service.name])
    routed = [row for row in service.operations if row.path is not None]
    for row in (row for row in routed if row.dialect is None):
        responses = FOUND_RESPONSES if "{" in (row.path or "") else PROBLEM_RESPONSES
        responses = (
            responses if row.users is None and row.scope is None else {**responses, **FORBIDDEN}
        )
        checks = [Depends(query_of(_names_in_query(row)))]
        _add(own, row, _endpoint(service, row), responses=responses, dependencies=checks)
    own.include_router(health_router(service))
    yield own
    for dialect in dict.fromkeys(row.dialect for row in routed if row.dialect is not None):
        router = APIRouter(tags=[service.name, dialect.name])
        for row in (row for row in routed if row.dialect is dialect):
            _add(router, row, _foreign_endpoint(service, row), **_foreign(row, dialect))
        yield router


def _add(router: APIRouter, row: Operation, endpoint: Endpoint, **options: Any) -> None:
    assert row.path is not None
    last = [part for part in row.path.split("/") if not part.startswith("{")][-1]
    endpoint.__name__ = f"{row.method.lower()}_{last}"
    endpoint.__doc__ = row.doc
    path = row.path.replace("}", ":path}")  # an id may hold a slash
    router.add_api_route(path, endpoint, methods=[row.method], **options)


def _answer(service: Service, row: Operation, request: Any) -> Any:
    check_users(row, request)
    outcome = service.answer(row, request)
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _endpoint(service: Service, row: Operation) -> Endpoint:
    async def from_body(request: Any) -> Any:
        return _answer(service, row, request)

    async def from_parameters(**fields: Any) -> Any:
        return _answer(service, row, row.request(**fields))

    async def from_both(request: Any, **named: Any) -> Any:
        return _answer(service, row, parse(row.request, named | dict(request)))

    if row.method == "POST":
        return _signed(from_body, [_body(row.request)], row.response)
    if row.method == "PUT":
        body = _body(_body_of(row))
        named = [it for it in _parameters(row) if f"{{{it.name}}}" in (row.path or "")]
        return _signed(from_both, [body, *named], row.response)
    return _signed(from_parameters, _parameters(row), row.response)


def _body(model: type[BaseModel]) -> Parameter:
    """The body as FastAPI finds it in a signature.

    Its model is built by then, which FastAPI expects: pydantic would warn of FastAPI's own field.
    """
    model.model_config["defer_build"] = False
    model.model_rebuild()
    return Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=model)


def _body_of(row: Operation) -> type[BaseModel]:
    """What a PUT's body must be: its request without what the path names."""
    fields: dict[str, Any] = {
        name: (field.annotation, copy(field))
        for name, field in row.request.model_fields.items()
        if f"{{{name}}}" not in (row.path or "")
    }
    config = row.request.model_config
    body: type[BaseModel] = create_model(f"{row.request.__name__}Body", __config__=config, **fields)
    body.__doc__ = row.request.__doc__
    return body


def _names_in_query(row: Operation) -> list[str]:
    fields = () if row.method in {"POST", "PUT"} else row.request.model_fields
    return [name for name in fields if f"{{{name}}}" not in (row.path or "")]


def _parameters(row: Operation) -> list[Parameter]:
    """The fields of a GET's request: those that its path names, and those of the query."""
    parameters = []
    annotated: Any = Annotated  # of types that are only known now
    for name, field in row.request.model_fields.items():
        place = Path if f"{{{name}}}" in (row.path or "") else Query
        about = place(description=field.description)
        annotation = annotated[field.annotation, *field.metadata, about]
        default = Parameter.empty if field.is_required() else field.default
        parameters.append(
            Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    return parameters


def _signed(endpoint: Endpoint, parameters: list[Parameter], response: Any) -> Endpoint:
    """The endpoint with the signature that FastAPI reads its documentation from."""
    signature = Signature(parameters, return_annotation=response)
    endpoint.__signature__ = signature  # type: ignore[attr-defined]
    return endpoint


def _foreign_endpoint(service: Service, row: Operation) -> Endpoint:
    if row.method == "GET":
        return _endpoint(service, row)

    async def from_json_or_form(request: Request) -> JSONResponse:
        content_type = request.headers.get("content-type", "")
        payload = read_foreign(row, await request.body(), content_type)
        return JSONResponse(_answer(service, row, payload).model_dump(mode="json"))

    return from_json_or_form


def _foreign(row: Operation, dialect: Dialect) -> dict[str, Any]:
    """How the OpenAPI document tells of a route of another dialect."""
    error = {"model": dialect.error_model}
    if row.method == "GET":
        return {"operation_id": row.name, "responses": dict.fromkeys((500, 503), error)}
    responses = {status: error for status in PROBLEM_RESPONSES if status != 422}
    schema = {"schema": row.request.model_json_schema()}
    types = (JSON, FORM, MULTIPART) if dialect.reads_forms else (JSON,)
    content = dict.fromkeys(types, schema)
    return {
        "operation_id": row.name,
        "responses": responses,
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }
