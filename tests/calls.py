"""Requests as API Gateway and SQS bring them to the real handlers."""

import base64
import copy
import json
from collections.abc import Mapping
from typing import Any

from local.services import entry
from tests.expectations import load_event


def call(
    service: str,
    method: str,
    path: str,
    context: object,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    raw: str | bytes | None = None,
    query: str = "",
    authorizer: object = None,
) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of a request through a service's HTTP handler.

    Args:
        service: whose handler.
        method: of HTTP.
        path: without the query.
        context: Lambda's.
        body: sent as JSON; none where it is None.
        headers: beside those of every request.
        raw: sent as it is in place of ``body``.
        query: behind the path's question mark.
        authorizer: what API Gateway tells of who is calling.
    """
    event = copy.deepcopy(load_event(f"{service}_http.json"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["rawQueryString"] = query
    event["headers"] |= headers or {}
    event["body"] = None if body is None else json.dumps(body)
    if raw is not None:
        event["isBase64Encoded"] = isinstance(raw, bytes)
        event["body"] = base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    answer = entry(service, "api").handler(event, context)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def post(
    service: str, path: str, body: object, context: object, headers: Any = None
) -> tuple[int, Any, dict[str, str]]:
    """The same of a POST."""
    return call(service, "POST", path, context, body, headers)


def by_token(
    method: str,
    path: str,
    context: object,
    body: object = None,
    claims: Mapping[str, Any] | None = None,
    headers: Any = None,
    query: str = "",
) -> tuple[int, Any]:
    """Status and body of a request of recommendation, with a token where ``claims`` are given."""
    authorizer = None if claims is None else {"jwt": {"claims": claims, "scopes": None}}
    return call(
        *("recommendation", method, path, context, body, headers),
        query=query,
        authorizer=authorizer,
    )[:2]


def work(service: str, records: Mapping[str, Any], context: object) -> list[dict[str, str]]:
    """The messages of a batch that a service's worker says have failed."""
    failures: list[dict[str, str]] = entry(service, "worker").handler(records, context)[
        "batchItemFailures"
    ]
    return failures
