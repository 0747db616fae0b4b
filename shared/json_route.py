"""Routes whose request is one JSON document, without what FastAPI does for all other ones.

FastAPI looks for path, query, header and form parameters, for dependencies and what is to be
closed after them, and validates in two steps. Where an endpoint is a coroutine over one pydantic
model, nothing of that is needed. Whatever does not fit goes FastAPI's whole way, which says why.
"""

import json
from collections.abc import Callable
from inspect import iscoroutinefunction, signature
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.asgi import read_body, replay
from shared.framework import APIRoute

JSON = "application/json"


class JsonRoute(APIRoute):
    """A POST route that answers one model with another; as a ``route_class``, any other as ever."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._request = _only_model(endpoint) if self.methods == {"POST"} else None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what fits at once."""
        if self._request is None or scope["method"] != "POST" or not _declares_json(scope):
            await super().handle(scope, receive, send)
            return
        body = await read_body(receive)
        try:
            request = self._request.model_validate(json.loads(body))
        except (ValueError, RecursionError):
            await super().handle(scope, replay(body, receive), send)
            return
        answer: BaseModel = await self.endpoint(request)
        response = Response(answer.model_dump_json(by_alias=True), media_type=JSON)
        await response(scope, receive, send)


def _only_model(endpoint: Callable[..., Any]) -> type[BaseModel] | None:
    """The model that is all that an endpoint takes, where it gives one too."""
    told = signature(endpoint)
    types = [parameter.annotation for parameter in told.parameters.values()]
    if not iscoroutinefunction(endpoint) or len(types) != 1:
        return None
    models = [kind for kind in (*types, told.return_annotation) if _is_model(kind)]
    return models[0] if len(models) == 2 else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _declares_json(scope: Scope) -> bool:
    declared = dict(scope["headers"]).get(b"content-type", JSON.encode())
    return bool(declared.startswith(JSON.encode()))
